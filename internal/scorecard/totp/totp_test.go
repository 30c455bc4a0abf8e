package totp

import (
	"encoding/base32"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// The vectors of RFC 6238, appendix B: the secrets are the ASCII digits,
// as many as the hash is long.
func TestCodesOfTheSpecification(t *testing.T) {
	secrets := map[string]int{"SHA1": 20, "SHA256": 32, "SHA512": 64}
	tests := []struct {
		at    int64
		codes map[string]string
	}{
		{59, map[string]string{"SHA1": "94287082", "SHA256": "46119246", "SHA512": "90693936"}},
		{1111111109, map[string]string{"SHA1": "07081804", "SHA256": "68084774", "SHA512": "25091201"}},
		{1111111111, map[string]string{"SHA1": "14050471", "SHA256": "67062674", "SHA512": "99943326"}},
		{1234567890, map[string]string{"SHA1": "89005924", "SHA256": "91819424", "SHA512": "93441116"}},
		{2000000000, map[string]string{"SHA1": "69279037", "SHA256": "90698825", "SHA512": "38618901"}},
		{20000000000, map[string]string{"SHA1": "65353130", "SHA256": "77737706", "SHA512": "47863826"}},
	}
	for _, tt := range tests {
		for algorithm, want := range tt.codes {
			secret := strings.Repeat("1234567890", 7)[:secrets[algorithm]]
			k, err := Parse(fmt.Sprintf("otpauth://totp/Example:reader?secret=%s&algorithm=%s&digits=8&issuer=Example",
				base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(secret)), algorithm))
			if err != nil {
				t.Fatal(err)
			}
			if got := k.Code(time.Unix(tt.at, 0)); got != want {
				t.Errorf("%s at %d: %s, want %s", algorithm, tt.at, got, want)
			}
			if k.Bits() != len(secret)*8 {
				t.Errorf("%s: %d bits", algorithm, k.Bits())
			}
		}
	}
}

const sound = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" // 20 bytes

func TestParse(t *testing.T) {
	tests := []struct {
		name, address string
		want          Key // without its secret
		refused       string
	}{
		{name: "all defaults", address: "otpauth://totp/a?secret=" + sound, want: Key{Algorithm: "SHA1", Digits: 6, Period: 30 * time.Second}},
		{name: "everything said", address: "otpauth://totp/A:b?secret=" + sound + "&algorithm=sha256&digits=8&period=60&issuer=A",
			want: Key{Algorithm: "SHA256", Digits: 8, Period: time.Minute}},
		{name: "small letters, padding and spaces", address: "otpauth://totp/a?secret=jbswy3dp+ehpk3pxp%20jbswy3dpehpk3pxp%3D%3D",
			want: Key{Algorithm: "SHA1", Digits: 6, Period: 30 * time.Second}},
		{name: "no label", address: "otpauth://totp?secret=" + sound, want: Key{Algorithm: "SHA1", Digits: 6, Period: 30 * time.Second}},
		{name: "nothing", refused: "otpauth://"},
		{name: "a web address", address: "https://registry.example/?secret=" + sound, refused: "otpauth://"},
		{name: "counter-based", address: "otpauth://hotp/a?secret=" + sound + "&counter=1", refused: "time-based"},
		{name: "no secret", address: "otpauth://totp/a", refused: "no secret"},
		{name: "an empty secret", address: "otpauth://totp/a?secret===", refused: "no secret"},
		{name: "two secrets", address: "otpauth://totp/a?secret=" + sound + "&secret=AAAA", refused: "more than once"},
		{name: "digits that are not of base32", address: "otpauth://totp/a?secret=JBSWY3D1", refused: "not base32"},
		{name: "a letter that only looks like one", address: "otpauth://totp/a?secret=JBSWY3D%C4%B1", refused: "not base32"},
		{name: "a line end in the secret", address: "otpauth://totp/a?secret=JBSW%0AY3DP", refused: "not base32"},
		{name: "a length that base32 cannot have", address: "otpauth://totp/a?secret=J", refused: "not base32"},
		{name: "a weak hash", address: "otpauth://totp/a?secret=" + sound + "&algorithm=MD5", refused: "algorithm"},
		{name: "one digit", address: "otpauth://totp/a?secret=" + sound + "&digits=1", refused: "digits"},
		{name: "digits with a sign", address: "otpauth://totp/a?secret=" + sound + "&digits=%2B6", refused: "digits"},
		{name: "a period of nothing", address: "otpauth://totp/a?secret=" + sound + "&period=0", refused: "period"},
		{name: "a period of a year", address: "otpauth://totp/a?secret=" + sound + "&period=31536000", refused: "period"},
		{name: "periods twice", address: "otpauth://totp/a?secret=" + sound + "&period=30&period=60", refused: "more than once"},
		{name: "a name before the host", address: "otpauth://me@totp/a?secret=" + sound, refused: "parts"},
		{name: "broken escapes", address: "otpauth://totp/a?secret=%zz", refused: "parameters"},
		{name: "endless", address: "otpauth://totp/a?secret=" + strings.Repeat("A", 4000), refused: "longer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(tt.address)
			if tt.refused != "" {
				if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("got %v and %v, want a refusal that says %q", got, err, tt.refused)
				}
				if strings.Contains(err.Error(), sound) {
					t.Error("the error repeats the secret")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Algorithm != tt.want.Algorithm || got.Digits != tt.want.Digits || got.Period != tt.want.Period || got.Bits() != 160 {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAWrongCodeIsNeverARightOne(t *testing.T) {
	k, err := Parse("otpauth://totp/a?secret=" + sound)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		at := time.Unix(int64(i)*31, 0)
		wrong := k.Wrong(at)
		for steps := -1; steps <= 1; steps++ {
			if wrong == k.Code(at.Add(time.Duration(steps)*k.Period)) || len(wrong) != 6 {
				t.Fatalf("%s is a right code at %s", wrong, at)
			}
		}
	}
}

func TestTheSecretIsNotPrinted(t *testing.T) {
	k, err := Parse("otpauth://totp/a?secret=" + sound)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, k); text != "160-bit SHA1 key with 6 digits each 30s" {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	if k.Secret() != sound {
		t.Errorf("the secret to search for is %q", k.Secret())
	}
	if (Key{}).Code(time.Now()) != "" {
		t.Error("a key of nothing has a code")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("otpauth://totp/a?secret=" + sound + "&algorithm=SHA512&digits=7&period=15")
	f.Add("otpauth://hotp/a?secret=A")
	f.Add("otpauth://totp?secret=%20=&digits=06")
	f.Fuzz(func(t *testing.T, address string) {
		k, err := Parse(address)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("an error of kind %s", assay.KindOf(err))
			}
			return
		}
		if code := k.Code(time.Unix(59, 0)); len(code) != k.Digits || strings.Trim(code, "0123456789") != "" || k.Bits() < 8 {
			t.Fatalf("%s gives the code %q", k, code)
		}
	})
}

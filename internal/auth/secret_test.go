package auth

import (
	"regexp"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// known is a secret without its checksum.
const known = "assay_0000000000000000000000000000000000000000000"

func TestSecretsAreWrittenAsScannersExpect(t *testing.T) {
	form := regexp.MustCompile(`^assay_[0-9A-Za-z]{43}[0-9A-Za-z]{6}$`)
	seen := map[string]bool{}
	for range 200 {
		s := newSecret()
		if !form.MatchString(s) || seen[s] || CheckSecret(s) != nil {
			t.Fatalf("%q", s)
		}
		seen[s] = true
	}
}

func TestTheChecksumIsTheCommonOne(t *testing.T) {
	// Computed by another program.
	for body, want := range map[string]string{
		"123456789": "3jZRME", // the check value of CRC-32, cbf43926
		"":          "000000",
	} {
		if got := checksum(body); got != want {
			t.Errorf("checksum(%q) is %q, want %q", body, got, want)
		}
	}
	if err := CheckSecret(known + checksum(strings.TrimPrefix(known, Prefix))); err != nil {
		t.Error(err)
	}
}

func TestEverySingleMistakeIsSeen(t *testing.T) {
	s := newSecret()
	for i := range s {
		for _, c := range "0aZ_- é" {
			wrong := s[:i] + string(c) + s[i+1:]
			if wrong != s && CheckSecret(wrong) == nil {
				t.Errorf("%q passes for %q", wrong, s)
			}
		}
	}
	for i := len(Prefix); i+1 < len(s); i++ {
		if s[i] == s[i+1] {
			continue
		}
		if swapped := s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]; CheckSecret(swapped) == nil {
			t.Errorf("two letters in the wrong order pass: %q", swapped)
		}
	}
	for _, wrong := range []string{"", Prefix, s + "0", s[:len(s)-1], " " + s, s + "\n", strings.ToUpper(s), s[len(Prefix):], strings.Repeat("x", 1<<20)} {
		err := CheckSecret(wrong)
		if !assay.Is(err, assay.Unauthenticated) || err.Error() != unknown().Error() {
			t.Errorf("%.60q: %v", wrong, err)
		}
	}
}

func FuzzCheckSecret(f *testing.F) {
	f.Add("")
	f.Add(known)
	f.Add(known + "000000")
	f.Add(newSecret())
	f.Add("assay_" + strings.Repeat("\xff", 49))
	f.Fuzz(func(t *testing.T, s string) {
		err := CheckSecret(s)
		if err != nil {
			if len(s) > 20 && strings.Contains(err.Error(), s) {
				t.Fatalf("the error repeats the secret: %v", err)
			}
			return
		}
		if len(s) != secretLen || !strings.HasPrefix(s, Prefix) || checksum(s[len(Prefix):len(Prefix)+bodyLen]) != s[len(s)-checksumLen:] {
			t.Fatalf("%q passes", s)
		}
	})
}

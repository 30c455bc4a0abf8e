// Package totp makes the one-time codes of RFC 6238 from the address that a
// server shows as a QR code (otpauth://totp/...), so that a trial can hold a
// second factor of its own.
//
// An address comes from the subject and is outside bytes: Parse takes only
// what the form says, within bounds, and refuses what two programs could
// read in two ways (a parameter given twice, a secret that is not base32).
// Codes are made and never checked here, the clock is the caller's, and
// neither a secret nor a code stands in an error.
package totp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Bounds of what is taken from an address.
const (
	maxAddress = 2048
	maxSecret  = 512 // bytes after decoding
	minPeriod  = 5
	maxPeriod  = 300
)

// Key is what an address says. Its secret is not printed by any verb.
type Key struct {
	secret []byte
	text   string
	// Algorithm is "SHA1", "SHA256" or "SHA512".
	Algorithm string
	// Digits is how long a code is: 6, 7 or 8.
	Digits int
	// Period is for how long one code is good.
	Period time.Duration
}

// Bits is how long the secret is. RFC 4226, section 4, asks for 128.
func (k Key) Bits() int { return len(k.secret) * 8 }

// Secret is the secret as the address wrote it, for searching for it where it
// must not stand.
func (k Key) Secret() string { return k.text }

// String says what kind of key it is, without the secret.
func (k Key) String() string {
	return fmt.Sprintf("%d-bit %s key with %d digits each %s", k.Bits(), k.Algorithm, k.Digits, k.Period)
}

// GoString keeps %#v from printing the secret.
func (k Key) GoString() string { return k.String() }

// Parse reads an otpauth address of time-based codes. Its errors are Invalid
// and do not repeat the address, which holds a secret.
func Parse(address string) (Key, error) {
	if len(address) > maxAddress {
		return Key{}, invalid("it is longer than %d bytes", maxAddress)
	}
	u, err := url.Parse(address)
	if err != nil {
		return Key{}, invalid("it is no address")
	}
	if u.Scheme != "otpauth" {
		return Key{}, invalid("it does not begin with otpauth://")
	}
	if u.Host != "totp" {
		return Key{}, invalid("it is not of the time-based kind (otpauth://totp/)")
	}
	if u.User != nil || u.Fragment != "" {
		return Key{}, invalid("it has parts that such an address does not have")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Key{}, invalid("its parameters cannot be read")
	}
	one := func(name, otherwise string) (string, error) {
		switch values := query[name]; len(values) {
		case 0:
			return otherwise, nil
		case 1:
			return values[0], nil
		}
		return "", invalid("it gives %s more than once", name)
	}
	k := Key{}
	text, err := one("secret", "")
	if err != nil {
		return Key{}, err
	}
	if k.secret, err = decode(text); err != nil {
		return Key{}, err
	}
	k.text = text
	if k.Algorithm, err = one("algorithm", "SHA1"); err != nil {
		return Key{}, err
	}
	k.Algorithm = strings.ToUpper(k.Algorithm)
	if newHash(k.Algorithm) == nil {
		return Key{}, invalid("its algorithm is none of SHA1, SHA256 and SHA512")
	}
	if text, err = one("digits", "6"); err != nil {
		return Key{}, err
	}
	if k.Digits, err = number(text, 6, 8); err != nil {
		return Key{}, invalid("its digits are not 6, 7 or 8")
	}
	if text, err = one("period", "30"); err != nil {
		return Key{}, err
	}
	seconds, err := number(text, minPeriod, maxPeriod)
	if err != nil {
		return Key{}, invalid("its period is not between %d and %d seconds", minPeriod, maxPeriod)
	}
	k.Period = time.Duration(seconds) * time.Second
	return k, nil
}

// decode reads base32 as people meet it: either case, with or without the
// padding, and in groups with spaces.
func decode(text string) ([]byte, error) {
	text = strings.TrimRight(strings.ReplaceAll(text, " ", ""), "=")
	if text == "" {
		return nil, invalid("it has no secret")
	}
	// The decoder skips line ends, and ToUpper turns letters that are none
	// of base32's (a dotless i) into some that are.
	for i := range len(text) {
		if c := text[i]; (c|0x20 < 'a' || c|0x20 > 'z') && (c < '2' || c > '7') {
			return nil, invalid("its secret is not base32")
		}
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(text))
	if err != nil || len(secret) == 0 {
		return nil, invalid("its secret is not base32")
	}
	if len(secret) > maxSecret {
		return nil, invalid("its secret is longer than %d bytes", maxSecret)
	}
	return secret, nil
}

// number reads digits alone: no sign, no blank, no second way to write it.
func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most || strconv.Itoa(n) != text {
		return 0, invalid("a number is out of bounds")
	}
	return n, nil
}

func invalid(format string, args ...any) error {
	return assay.Errorf(assay.Invalid, "this otpauth address cannot be used: "+format, args...)
}

func newHash(algorithm string) func() hash.Hash {
	switch algorithm {
	case "SHA1":
		return sha1.New
	case "SHA256":
		return sha256.New
	case "SHA512":
		return sha512.New
	}
	return nil
}

// Code is the code at a time: RFC 6238, section 4, over the truncation of
// RFC 4226, section 5.3.
func (k Key) Code(at time.Time) string {
	if len(k.secret) == 0 {
		return ""
	}
	step := at.Unix() / int64(k.Period/time.Second)
	mac := hmac.New(newHash(k.Algorithm), k.secret)
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	modulus := uint32(1)
	for range k.Digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", k.Digits, n%modulus)
}

// Wrong is a code that is good at no time near: what somebody would send who
// does not have the secret.
func (k Key) Wrong(at time.Time) string {
	near := map[string]bool{}
	for steps := -3; steps <= 3; steps++ {
		near[k.Code(at.Add(time.Duration(steps)*k.Period))] = true
	}
	for first := '0'; ; first++ { // seven codes cannot cover ten
		if code := strings.Repeat(string(first), k.Digits); !near[code] {
			return code
		}
	}
}

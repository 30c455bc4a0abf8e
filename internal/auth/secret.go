package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"math/big"
	"strings"

	"assay.invalid/internal/assay"
)

// Prefix is what every secret begins with.
const Prefix = "assay_"

const (
	randomBytes = 32
	bodyLen     = 43 // of base 62, enough for 32 bytes
	checksumLen = 6  // of base 62, enough for 32 bits
	secretLen   = len(Prefix) + bodyLen + checksumLen
	base62      = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newSecret makes a secret of the system's randomness, which does not fail
// (crypto/rand ends the process instead).
func newSecret() string {
	random := make([]byte, randomBytes)
	_, _ = rand.Read(random) // it never returns an error
	body := encode(new(big.Int).SetBytes(random), bodyLen)
	return Prefix + body + checksum(body)
}

// CheckSecret tells whether a text is written as a secret is, checksum
// included. It asks nobody: one that is well written may be unknown. The
// error is Unauthenticated and does not repeat the text.
func CheckSecret(text string) error {
	body, ok := strings.CutPrefix(text, Prefix)
	if !ok || len(text) != secretLen {
		return unknown()
	}
	for i := range len(body) {
		if strings.IndexByte(base62, body[i]) < 0 {
			return unknown()
		}
	}
	// The checksum is no secret: it follows from what stands before it.
	if checksum(body[:bodyLen]) != body[bodyLen:] {
		return unknown()
	}
	return nil
}

// unknown is the answer to every secret that names no token. It is the same
// for all, so that nobody learns from it how near a guess was.
func unknown() error {
	return assay.Errorf(assay.Unauthenticated,
		"this token is not known here: it may be cut short or of another server; an administrator makes one with assay token create")
}

func checksum(body string) string {
	return encode(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), checksumLen)
}

// encode writes n in base 62 with leading zeros.
func encode(n *big.Int, length int) string {
	out := make([]byte, length)
	radix, digit := big.NewInt(int64(len(base62))), new(big.Int)
	for i := length - 1; i >= 0; i-- {
		n.DivMod(n, radix, digit)
		out[i] = base62[digit.Int64()]
	}
	return string(out)
}

// digest is what is kept of a secret.
func digest(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

package assay

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// Digest is an algorithm and a value: "sha256:<lower-case hex>" (also sha512,
// sha1, md5), or "h1:<base64>" for the directory hash of the go command.
// The empty Digest means none is known.
type Digest string

// sizes of the hexadecimal algorithms, in bytes.
var digestSizes = map[string]int{"sha512": 64, "sha384": 48, "sha256": 32, "sha1": 20, "md5": 16}

// ParseDigest checks the form of a digest; errors are of kind Invalid.
func ParseDigest(s string) (Digest, error) {
	alg, value, ok := strings.Cut(s, ":")
	if ok && alg == "h1" {
		if sum, err := base64.StdEncoding.DecodeString(value); err == nil && len(sum) == 32 {
			return Digest(s), nil
		}
	}
	if size, known := digestSizes[alg]; ok && known {
		value = strings.ToLower(value)
		if sum, err := hex.DecodeString(value); err == nil && len(sum) == size {
			return Digest(alg + ":" + value), nil
		}
	}
	return "", Errorf(Invalid, "%q is not a digest that Assay knows", s)
}

// NewDigest makes a digest from the raw sum of a hexadecimal algorithm.
func NewDigest(algorithm string, sum []byte) Digest {
	return Digest(algorithm + ":" + hex.EncodeToString(sum))
}

// Algorithm returns the part before the colon.
func (d Digest) Algorithm() string {
	alg, _, _ := strings.Cut(string(d), ":")
	return alg
}

// Value returns the part after the colon.
func (d Digest) Value() string {
	_, value, _ := strings.Cut(string(d), ":")
	return value
}

// strength orders algorithms; 0 is unknown. h1 is SHA-256 over a sorted list
// of SHA-256 sums.
func (d Digest) strength() int {
	switch d.Algorithm() {
	case "sha512":
		return 6
	case "sha384":
		return 5
	case "sha256", "h1":
		return 4
	case "sha1":
		return 2
	case "md5":
		return 1
	}
	return 0
}

// Strong tells whether the digest resists deliberate collisions.
func (d Digest) Strong() bool { return d.strength() >= 4 }

// Strongest returns the strongest of the digests, or the empty one.
func Strongest(digests []Digest) Digest {
	var best Digest
	for _, d := range digests {
		if d.strength() > best.strength() {
			best = d
		}
	}
	return best
}

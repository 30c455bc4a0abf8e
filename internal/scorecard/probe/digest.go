package probe

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"

	"assay.invalid/internal/scorecard"
)

// strong are the digests with which nobody can make two files that look the
// same, strongest first. h1 is Go's SHA-256 over the files of a module.
var strong = []string{"sha512", "sha384", "sha256", "h1"}

// StrongDigest is the strongest of a version's digests that counts as strong;
// the algorithm is "" if there is none.
func StrongDigest(v scorecard.Version) (algorithm, digest string) {
	for _, a := range strong {
		if d := v.Digests[a]; d != "" {
			return a, d
		}
	}
	return "", ""
}

// DigestOf is a file's digest by an algorithm, "" if it cannot be told. What
// can be computed from the bytes is: the file's own table might have been
// filled from what the subject said.
func DigestOf(f scorecard.File, algorithm string) string {
	switch algorithm {
	case "sha512":
		sum := sha512.Sum512(f.Body)
		return hex.EncodeToString(sum[:])
	case "sha384":
		sum := sha512.Sum384(f.Body)
		return hex.EncodeToString(sum[:])
	case "sha256":
		sum := sha256.Sum256(f.Body)
		return hex.EncodeToString(sum[:])
	}
	return f.Digests[algorithm]
}

// SameDigest compares two digests of an algorithm. Only those of h1 are in
// base64, where case has a meaning.
func SameDigest(algorithm, a, b string) bool {
	if algorithm == "h1" {
		return strings.TrimPrefix(a, "h1:") == strings.TrimPrefix(b, "h1:")
	}
	return strings.EqualFold(a, b)
}

// WeakDigests are the names of a version's other digests, or "no digest".
func WeakDigests(v scorecard.Version) string {
	var names []string
	for _, a := range []string{"sha1", "md5"} {
		if v.Digests[a] != "" {
			names = append(names, a)
		}
	}
	return cmp.Or(strings.Join(names, " and "), "no digest")
}

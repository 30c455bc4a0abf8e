package wire

import (
	"encoding/hex"
	"strings"

	"assay.invalid/internal/assay"
)

// MaxSum bounds a side file, in bytes: a digest, and perhaps a file's name.
const MaxSum = 4 << 10

var sumSizes = map[string]int{"sha512": 64, "sha256": 32, "sha1": 20, "md5": 16}

// DecodeSum reads a side file: the digest alone, or as the common tools print
// it, with the file's name after it or before it. Two digests of the right
// length mean that nobody knows which is meant.
func DecodeSum(algorithm string, text []byte) (assay.Digest, error) {
	var found assay.Digest
	if len(text) > MaxSum {
		return "", assay.Errorf(assay.Invalid, "a side file of %d bytes is no %s digest", len(text), algorithm)
	}
	for _, field := range strings.FieldsFunc(string(text), func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == '=' }) {
		sum, err := hex.DecodeString(field)
		if err != nil || len(sum) != sumSizes[algorithm] {
			continue
		}
		d := assay.NewDigest(algorithm, sum)
		if found != "" && found != d {
			return "", assay.Errorf(assay.Invalid, "a side file holds two %s digests", algorithm)
		}
		found = d
	}
	if found == "" {
		return "", assay.Errorf(assay.Invalid, "a side file holds no %s digest: it begins %q", algorithm, short(string(text)))
	}
	return found, nil
}

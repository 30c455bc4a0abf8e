package wire

import (
	"encoding/base64"
	"encoding/hex"
	"strings"

	"assay.invalid/internal/assay"
)

// integrityDigest reads a subresource-integrity value ("sha512-<base64>",
// perhaps several, perhaps with options) and returns its strongest digest.
// npm accepts content that matches any one of several equally strong digests;
// we take the first, so that a second cannot smuggle other bytes in.
func integrityDigest(s string) assay.Digest {
	var all []assay.Digest
	for field := range strings.FieldsSeq(s) {
		field, _, _ = strings.Cut(field, "?")
		alg, value, ok := strings.Cut(field, "-")
		if !ok {
			continue
		}
		sum, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			continue
		}
		if d, err := assay.ParseDigest(alg + ":" + hex.EncodeToString(sum)); err == nil {
			all = append(all, d)
		}
	}
	return assay.Strongest(all)
}

// shasumDigest reads dist.shasum, a SHA-1 in hexadecimal.
func shasumDigest(s string) assay.Digest {
	d, err := assay.ParseDigest("sha1:" + s)
	if err != nil {
		return ""
	}
	return d
}

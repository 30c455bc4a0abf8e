package admission

import (
	"context"
	"crypto/md5"
	"crypto/sha512"
	"errors"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestDigests(t *testing.T) {
	strong, weak, middle := sha512.Sum512([]byte("bytes")), md5.Sum([]byte("bytes")), sha512.Sum384([]byte("bytes"))
	other := sha512.Sum512([]byte("other"))
	h1 := assay.Digest("h1:" + strings.Repeat("A", 43) + "=")
	structural := func(context.Context) ([]assay.Digest, error) { return []assay.Digest{h1}, nil }
	for _, tc := range []struct {
		what       string
		sent       []assay.Digest
		structural func(context.Context) ([]assay.Digest, error)
		says       string // "" for those that are admitted
	}{
		{"none was sent", nil, nil, ""},
		{"one that holds", []assay.Digest{assay.NewDigest("sha512", strong[:])}, nil, ""},
		{"several that hold", []assay.Digest{assay.NewDigest("md5", weak[:]), assay.NewDigest("sha384", middle[:]), h1}, structural, ""},
		{"one that does not", []assay.Digest{assay.NewDigest("sha512", other[:])}, nil, "not what was announced"},
		{"one of two that does not", []assay.Digest{assay.NewDigest("md5", weak[:]), assay.NewDigest("sha512", other[:])}, nil, "not what was announced"},
		{"one that nobody can check", []assay.Digest{h1}, nil, "cannot be checked"},
	} {
		c := candidate()
		c.Files[0].Digests, c.Files[0].Structural = tc.sent, tc.structural
		if tc.says != "" {
			refused(t, tc.what, digestsStep{}, c, assay.Invalid, tc.says)
			continue
		}
		admitted(t, tc.what, digestsStep{}, c)
		for _, d := range tc.sent {
			if !slices.Contains(c.Files[0].Computed, d) {
				t.Errorf("%s: computed %v without %s", tc.what, c.Files[0].Computed, d)
			}
		}
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("disk on fire") }

// What cannot be read is a fault of ours and no refusal.
func TestDigestsOfWhatCannotBeRead(t *testing.T) {
	c := candidate()
	c.Files[0].Content = failing{}
	if err := New(digestsStep{}).Check(t.Context(), c); !assay.Is(err, assay.Internal) {
		t.Errorf("%v", err)
	}
	c = candidate()
	c.Files[0].Size++
	if err := New(digestsStep{}).Check(t.Context(), c); !assay.Is(err, assay.Internal) {
		t.Errorf("a file that ends early: %v", err)
	}
	c = candidate()
	c.Files[0].Structural = func(context.Context) ([]assay.Digest, error) { return nil, assay.Errorf(assay.Invalid, "no module") }
	refused(t, "a structure that has no digest", digestsStep{}, c, assay.Invalid, "no module")
}

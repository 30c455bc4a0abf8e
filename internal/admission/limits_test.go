package admission

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestLimits(t *testing.T) {
	step := limitsStep{Limits{File: 10, Total: 15, Files: 2, Manifest: 4, Tags: 1, Versions: 3}}
	two := func(a, b string) []File {
		x, y := content(a), content(b)
		y.Name = "y.tgz"
		return []File{x, y}
	}
	for _, tc := range []struct {
		what string
		edit func(*Candidate)
		kind assay.Kind
		says string // "" for those that are admitted
	}{
		{"all within", func(*Candidate) {}, 0, ""},
		{"two files within", func(c *Candidate) { c.Files = two("1234567890", "12345") }, 0, ""},
		{"no file", func(c *Candidate) { c.Files = nil }, assay.Invalid, "no file"},
		{"an empty file", func(c *Candidate) { c.Files = []File{content("")} }, assay.Invalid, "is empty"},
		{"a size below nothing", func(c *Candidate) { c.Files[0].Size = -1 }, assay.Invalid, "is empty"},
		{"a large file", func(c *Candidate) { c.Files = []File{content("12345678901")} }, assay.TooLarge, "limit is 10"},
		{"files that are large together", func(c *Candidate) { c.Files = two("1234567890", "123456") }, assay.TooLarge, "16 bytes together"},
		{"too many files", func(c *Candidate) { c.Files = append(two("1", "2"), content("3")) }, assay.TooLarge, "3 files"},
		{"a file twice", func(c *Candidate) { c.Files = []File{content("1"), content("2")} }, assay.Invalid, "twice"},
		{"a large manifest", func(c *Candidate) { c.Manifest = []byte(`{"a":1}`) }, assay.TooLarge, "manifest"},
		{"too many tags", func(c *Candidate) { c.Tags = []string{"a", "b"} }, assay.TooLarge, "2 tags"},
		{"too many versions", func(c *Candidate) { c.Existing = []string{"0", "1", "2"} }, assay.TooLarge, "3 versions already"},
	} {
		c := candidate()
		tc.edit(c)
		if tc.says == "" {
			admitted(t, tc.what, step, c)
		} else {
			refused(t, tc.what, step, c, tc.kind, tc.says)
		}
	}
}

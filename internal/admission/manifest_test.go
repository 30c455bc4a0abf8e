package admission

import (
	"strings"
	"testing"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

func TestManifest(t *testing.T) {
	many := strings.Fields("a b c d e f g h i j")
	for _, tc := range []struct {
		what   string
		report Report
		says   string // "" for those that are admitted
	}{
		{"the same inside and outside", Report{Name: "widgets", Version: "3"}, ""},
		{"an archive that does not say", Report{}, ""},
		{"another name inside", Report{Name: "gadgets", Version: "3"}, "says that it is gadgets"},
		{"another version inside", Report{Name: "widgets", Version: "4"}, "says that it is version 4"},
		{"a hidden script", Report{Disagreements: []string{"scripts.postinstall"}}, "differ in scripts.postinstall: "},
		{"many differences", Report{Disagreements: many}, "a, b, c, d, e, f, g, h and 2 more: "},
	} {
		c := candidate()
		c.Inspect = reporting(tc.report)
		if err := (archiveStep{Limits{Archive: archive.Limits{}}}).Check(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if tc.says == "" {
			admitted(t, tc.what, manifestStep{}, c)
		} else {
			refused(t, tc.what, manifestStep{}, c, assay.Invalid, tc.says)
		}
	}
	c := candidate()
	c.Inspect = nil
	admitted(t, "an ecosystem whose archives say nothing", manifestStep{}, c)
}

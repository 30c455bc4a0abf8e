package admission

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestVersion(t *testing.T) {
	for _, tc := range []struct {
		what, version string
		kind          assay.Kind
		says          string // "" for those that are admitted
	}{
		{"a new version", "3", 0, ""},
		{"one below the others", "0", 0, ""},
		{"another spelling", "v3", assay.Invalid, `written "3"`},
		{"no version", "latest", assay.Invalid, "is no version"},
		{"the same again", "2", assay.Conflict, "never used twice"},
		{"one that is ordered like another", "2+rebuilt", assay.Conflict, "cannot be told from 2"},
	} {
		c := candidate()
		c.Coordinate.Version = tc.version
		if tc.says == "" {
			admitted(t, tc.what, versionStep{}, c)
		} else {
			refused(t, tc.what, versionStep{}, c, tc.kind, tc.says)
		}
	}
}

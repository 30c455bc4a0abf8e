package insight

import (
	"testing"

	"assay.invalid/internal/assay"
)

func TestNear(t *testing.T) {
	hosted := []string{"kettle-works", "teapot-service", "quill"}
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.PyPI, assay.Cargo} {
		for name, target := range map[string]string{
			"kettle-works": "", "ketle-works": "kettle-works", "kettle_works": "kettle-works", "kettel-works": "kettle-works",
			"teapot-servise": "teapot-service", "inkwell": "", "something-else-entirely": "",
		} {
			got := (&Service{}).Near(assay.Coordinate{Ecosystem: eco, Name: name}, hosted)
			switch {
			case got == nil && target != "":
				t.Errorf("%s %s looks like nothing, want %s", eco, name, target)
			case got != nil && got.Target != target:
				t.Errorf("%s %s looks like %s (%s, %v), want %q", eco, name, got.Target, got.Class, got.Score, target)
			}
		}
	}
	if got := (&Service{}).Near(assay.Coordinate{Ecosystem: assay.NPM, Name: "kettle"}, nil); got != nil {
		t.Errorf("near nothing: %+v", got)
	}
}

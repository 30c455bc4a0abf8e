package cli

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestMistakesNameFileAndLine(t *testing.T) {
	err := mistakes(assay.Errorf(assay.Invalid, "line 3: no such key\nline 12: bad: duration\nand 2 more"), "p.yaml")
	want := "p.yaml is no sound policy, and is not in force:\np.yaml:3: no such key\np.yaml:12: bad: duration\nand 2 more"
	if err.Error() != want || !assay.Is(err, assay.Invalid) {
		t.Errorf("%q, want %q", err, want)
	}
	whole := assay.Errorf(assay.TooLarge, "the policy is too long")
	if got := mistakes(whole, "p.yaml"); got != error(whole) {
		t.Errorf("an error without lines became %v", got)
	}
}

func TestOriginsFromTheCommandLine(t *testing.T) {
	one, two := "https://one.example/", "https://two.example/"
	layers, _, err := readOrigins([]string{one, two}, false)
	if err != nil || len(layers) != 2 || layers[1].Address != two || len(layers[0].Mirrors) != 0 {
		t.Errorf("layers %+v (%v)", layers, err)
	}
	mirrors, notes, err := readOrigins([]string{"https://u:hunter2@one.example", two}, true)
	if err != nil || len(mirrors) != 1 || mirrors[0].Address != one || len(mirrors[0].Mirrors) != 1 || len(notes) != 1 {
		t.Errorf("mirrors %+v, notes %q (%v)", mirrors, notes, err)
	}
	if none, _, err := readOrigins(nil, false); err != nil || len(none) != 0 {
		t.Errorf("none: %+v (%v)", none, err)
	}
	for _, bad := range [][]string{{one, one}, {"ftp://x.example"}, {"one.example"}, {"https://u:hunter2@%zz"}} {
		if _, _, err := readOrigins(bad, false); !assay.Is(err, assay.Invalid) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v, want Invalid without the password", bad, err)
		}
	}
}

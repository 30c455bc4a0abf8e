package checks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
)

func TestEveryCheckIsWhatItsFolderSays(t *testing.T) {
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range Checks() {
		d := c.Definition()
		if seen[d.ID] {
			t.Errorf("%s stands in the table twice", d.ID)
		}
		seen[d.ID] = true
		if _, err := os.Stat(filepath.Join("..", string(d.Kind), d.ID)); err != nil {
			t.Errorf("%s, a %s, has no folder of its name: %v", d.ID, d.Kind, err)
		}
		k, ok := cat.Capability(d.Capability)
		if !ok {
			t.Errorf("%s speaks of %q, which is no capability", d.ID, d.Capability)
		}
		if k.Verify.Method == catalogue.Document || k.Verify.Method == catalogue.Review {
			t.Errorf("%s checks %s, of which the catalogue says that it needs a %s", d.ID, d.Capability, k.Verify.Method)
		}
		if d.Version < 1 || !strings.HasSuffix(d.Question, "?") {
			t.Errorf("%s: version %d, question %q", d.ID, d.Version, d.Question)
		}
		if d.Kind == scorecard.Trial && len(d.Creates) == 0 {
			t.Errorf("%s is a trial and does not say what it creates", d.ID)
		}
		if d.Kind == scorecard.Probe && len(d.Creates)+len(d.Leaves) > 0 {
			t.Errorf("%s is a probe and creates something", d.ID)
		}
	}
	for _, kind := range []string{"probe", "trial"} {
		entries, err := os.ReadDir(filepath.Join("..", kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, err := os.Stat(filepath.Join("..", kind, e.Name(), e.Name()+".go")); err == nil && !seen[e.Name()] && e.Name() != kind+"test" {
				if hasCheck(t, filepath.Join("..", kind, e.Name(), e.Name()+".go")) {
					t.Errorf("%s/%s is not in the table", kind, e.Name())
				}
			}
		}
	}
}

func hasCheck(t *testing.T, file string) bool {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(raw), "func Check() scorecard.Check")
}

// A capability that the catalogue marks as checked by a probe or a trial has
// a check or a reason, and never both.
func TestEveryCapabilityIsCheckedOrSaysWhyNot(t *testing.T) {
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	var spoken []string
	for _, c := range Checks() {
		spoken = append(spoken, c.Definition().Capability)
	}
	without := Without()
	for _, k := range cat.All() {
		checkable := k.Verify.Method == catalogue.Probe || k.Verify.Method == catalogue.Trial
		reason, excused := without[k.ID]
		switch has := slices.Contains(spoken, k.ID); {
		case checkable && !has && !excused:
			t.Errorf("%s is to be checked by a %s and has none, and no reason", k.ID, k.Verify.Method)
		case has && excused:
			t.Errorf("%s has a check and a reason why it has none", k.ID)
		case excused && (!checkable || len(reason) < 40):
			t.Errorf("%s: the reason is not needed, or says nothing: %q", k.ID, reason)
		}
		delete(without, k.ID)
	}
	for id := range without {
		t.Errorf("%s has a reason and is no capability", id)
	}
}

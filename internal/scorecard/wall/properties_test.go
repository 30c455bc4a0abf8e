package wall

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"assay.invalid/internal/scorecard/assess"
)

func rank(k assess.Knowledge) int {
	return slices.Index([]assess.Knowledge{assess.Nothing, assess.Stated, assess.Documented, assess.Probed, assess.Witnessed}, k)
}

// anySource is an item of evidence as a file has it.
func anySource() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := []string{rapid.SampledFrom([]string{`url: "https://docs.example/a"`, `where: a report`}).Draw(t, "place"),
			"date: " + rapid.SampledFrom([]string{"2026-10-01", "2022", "2024-05"}).Draw(t, "date")}
		if basis := rapid.SampledFrom(append([]assess.Basis{""}, assess.Bases...)).Draw(t, "basis"); basis != "" {
			parts = append(parts, "basis: "+string(basis))
		}
		if rapid.Bool().Draw(t, "against") {
			parts = append(parts, "against: true")
		}
		return "{" + strings.Join(parts, ", ") + "}"
	})
}

// TestAddingEvidenceNeverLowersHowWellSomethingIsKnown adds sources to what a
// file says, and a card that found something to a file without one: nothing on
// the wall is known less well for it, and nothing is unknown that was known.
func TestAddingEvidenceNeverLowersHowWellSomethingIsKnown(t *testing.T) {
	o := options(t)
	cards := map[bool][]byte{true: sealed(t, "Kettle", true, today.Add(-time.Hour)), false: sealed(t, "Kettle", false, today.Add(-time.Hour))}
	rapid.Check(t, func(rt *rapid.T) {
		capability := rapid.SampledFrom([]string{"security-txt", "mfa-totp", "yank"}).Draw(rt, "capability")
		state := rapid.SampledFrom([]assess.State{assess.Met, assess.Partial, assess.Planned, assess.NotMet, assess.Unknown}).Draw(rt, "state")
		sources := rapid.SliceOfN(anySource(), 0, 4).Draw(rt, "sources")
		more := slices.Concat(sources, rapid.SliceOfN(anySource(), 1, 3).Draw(rt, "more"))
		of := func(sources []string, with []byte) assess.Standing {
			files := fstest.MapFS{"kettle.yaml": {Data: written("Kettle", fmt.Sprintf("  %s: {state: %s, evidence: [%s]}\n", capability, state, strings.Join(sources, ", ")))}}
			if with != nil {
				files["kettle.json"] = &fstest.MapFile{Data: with}
			}
			w := readAll(t, files, o)
			if len(w.LeftOut) > 0 {
				rt.Fatalf("left out: %v", w.LeftOut)
			}
			return lookUp(find(t, w, "kettle").byCapability(), capability)
		}
		before := of(sources, nil)
		for name, after := range map[string]assess.Standing{
			"more sources": of(more, nil), "a card": of(sources, cards[rapid.Bool().Draw(rt, "right")]), "both": of(more, cards[true]),
		} {
			if rank(after.Knowledge) < rank(before.Knowledge) || before.State != assess.Unknown && after.State == assess.Unknown {
				rt.Fatalf("%s made %s of %s", name, after.Line(), before.Line())
			}
			if len(after.Evidence) < len(before.Evidence) {
				rt.Fatalf("%s: a source is gone", name)
			}
		}
	})
}

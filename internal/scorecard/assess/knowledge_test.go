package assess

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestWhatOnlyASurveySaysIsStated: the answer of somebody who was asked is no
// document, and a document against the state does not show it.
func TestWhatOnlyASurveySaysIsStated(t *testing.T) {
	survey, page := Link{Basis: Survey, Date: "2022-12"}, Link{Basis: Documentation, Date: "2026"}
	against := Link{Basis: Documentation, Date: "2026", Against: true}
	for _, c := range []struct {
		name     string
		evidence []Link
		want     Knowledge
	}{
		{"nothing", nil, Stated},
		{"a survey", []Link{survey}, Stated},
		{"only a document that speaks against it", []Link{against}, Stated},
		{"a survey and a document", []Link{survey, page}, Documented},
		{"a document, and one against it", []Link{page, against}, Documented},
		{"a document of which nobody said how strong it is", []Link{{Date: "2026-10-01"}}, Documented},
	} {
		if got := knowledgeOf(Entry{State: Met, Evidence: c.evidence}); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := knowledgeOf(Entry{State: Unknown, Evidence: []Link{page}}); got != Nothing {
		t.Errorf("what is unknown is known as %q", got)
	}
}

// TestMoreEvidenceIsNeverKnownLess: whatever is added, and wherever.
func TestMoreEvidenceIsNeverKnownLess(t *testing.T) {
	degrees := []Knowledge{Nothing, Stated, Documented, Probed, Witnessed}
	rapid.Check(t, func(t *rapid.T) {
		link := rapid.Custom(func(t *rapid.T) Link {
			return Link{Where: "x", Date: "2026", Basis: rapid.SampledFrom(append([]Basis{""}, Bases...)).Draw(t, "basis"), Against: rapid.Bool().Draw(t, "against")}
		})
		e := Entry{State: rapid.SampledFrom(States).Draw(t, "state"), Evidence: rapid.SliceOfN(link, 0, 4).Draw(t, "evidence")}
		more := e
		more.Evidence = slices.Insert(slices.Clone(e.Evidence), rapid.IntRange(0, len(e.Evidence)).Draw(t, "place"), link.Draw(t, "more"))
		if before, after := knowledgeOf(e), knowledgeOf(more); slices.Index(degrees, after) < slices.Index(degrees, before) {
			t.Fatalf("%s, and with more %s", before, after)
		}
	})
}

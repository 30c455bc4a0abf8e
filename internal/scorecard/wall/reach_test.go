package wall

import (
	"strings"
	"testing"
	"testing/fstest"

	"assay.invalid/internal/scorecard/triage"
)

// TestWhatMakesAReach: each of these is shown on the repository's page, and
// not each makes a number that rows of a triage are compared by.
func TestWhatMakesAReach(t *testing.T) {
	const page = `evidence: {where: a page, title: Figures, publisher: Example, date: 2026-10-01, basis: documentation}`
	for _, tt := range []struct {
		name, reach string
		value       float64
		kind        triage.MeasureKind
		shown       string
	}{
		{"downloads of a year", "{of: downloads, number: 5000, per: year, " + page + "}", 5000, triage.Downloads, "5,000 downloads a year (2026-10-01)"},
		{"requests of a day", "{of: requests, number: 6000, per: day, " + page + "}", 6000 * 365, triage.Requests, "6,000 requests a day (2026-10-01)"},
		{"packages", "{of: packages, number: 70, " + page + "}", 70, triage.Packages, "70 packages (2026-10-01)"},
		{"downloads of all time", "{of: downloads, number: 5000, " + page + "}", 0, "", "5,000 downloads (2026-10-01)"},
		{"bytes", "{of: bytes, number: 5000, " + page + "}", 0, "", "5,000 bytes (2026-10-01)"},
		{"an answer to a survey", "{of: packages, number: 886000, " + strings.Replace(page, "basis: documentation", "basis: survey", 1) + "}", 0, "", "886,000 packages (2026-10-01, a survey alone)"},
	} {
		raw := strings.Replace(string(written("Kettle", "  yank: {state: unknown, note: not asked}\n")), "  governance:", "  reach: ["+tt.reach+"]\n  governance:", 1)
		w := readAll(t, fstest.MapFS{"kettle.yaml": {Data: []byte(raw)}}, options(t))
		if len(w.Public) != 1 {
			t.Fatalf("%s: left out %v", tt.name, w.LeftOut)
		}
		got := w.Subjects()[0].Reach
		switch {
		case tt.kind == "" && len(got) > 0:
			t.Errorf("%s makes a reach: %+v", tt.name, got)
		case tt.kind != "" && (len(got) != 1 || got[0].Value != tt.value || got[0].Kind != tt.kind):
			t.Errorf("%s makes %+v", tt.name, got)
		}
		if shown := reachWords(w.Public[0].Assessment); len(shown) != 1 || shown[0] != tt.shown {
			t.Errorf("%s is shown as %q, want %q", tt.name, shown, tt.shown)
		}
	}
}

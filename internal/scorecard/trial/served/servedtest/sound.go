package servedtest

import (
	"encoding/json"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Sound fails the test when a trial's definition lacks something, when its
// judgement takes what Collect cannot have written, or when it calls evidence
// of nothing a success or a failure.
func Sound(t *testing.T, c scorecard.Check) {
	t.Helper()
	d := c.Definition()
	if d.ID == "" || d.Kind != scorecard.Trial || d.Version < 1 || d.Capability == "" || d.Question == "" ||
		len(d.Creates) == 0 || len(d.Leaves) == 0 {
		t.Errorf("the definition lacks something: %+v", d)
	}
	for _, raw := range []string{`null`, `{}`} {
		f, err := c.Judge(json.RawMessage(raw))
		if err != nil {
			t.Errorf("%s does not judge %s: %v", d.ID, raw, err)
		}
		if f.Outcome != scorecard.CouldNotTell || f.Reason == "" {
			t.Errorf("%s judges %s as %s (%s); it shows nothing", d.ID, raw, f.Outcome, f.Reason)
		}
	}
	for _, raw := range []string{``, `[]`, `"holds"`, `{"no such field": 1}`, `{`} {
		if _, err := c.Judge(json.RawMessage(raw)); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s judges %q: %v; want an error of kind Invalid", d.ID, raw, err)
		}
	}
}

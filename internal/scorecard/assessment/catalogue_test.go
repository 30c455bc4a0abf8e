package assessment

import (
	"testing"
	"time"

	"assay.invalid/internal/scorecard/catalogue"
)

// small is a catalogue of few capabilities, one for each kind of condition.
func small() *catalogue.Catalogue {
	capability := func(id string, m catalogue.Method, when catalogue.Condition) catalogue.Capability {
		return catalogue.Capability{ID: id, Title: "Title of " + id, Statement: "The statement of " + id + ".",
			Colour: catalogue.Foundation, AppliesWhen: when, Verify: catalogue.Verify{Method: m}}
	}
	accounts := catalogue.Condition{All: []catalogue.Trait{catalogue.Accounts}}
	return &catalogue.Catalogue{Version: "2026.1", Outcomes: []catalogue.Outcome{
		{Number: 1, ID: "accounts", Title: "First outcome", Capabilities: []catalogue.Capability{
			capability("email-verified", catalogue.Trial, accounts),
			capability("mfa-totp", catalogue.Trial, accounts),
		}},
		{Number: 2, ID: "bytes", Title: "Second outcome", Capabilities: []catalogue.Capability{
			capability("yank", catalogue.Probe, catalogue.Condition{}),
			capability("build-provenance", catalogue.Review, catalogue.Condition{Any: []catalogue.Trait{catalogue.Built, catalogue.Builds}}),
			capability("status-page", catalogue.Document, catalogue.Condition{}),
		}},
	}}
}

func current(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// noon is the moment of these tests.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

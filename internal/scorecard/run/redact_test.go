package run

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

type heard struct {
	Said  string `json:"said"`
	Count int    `json:"count"`
}

// A subject that repeats the token neither gets it into the card nor escapes
// its finding.
func TestASubjectThatRepeatsASecretIsScoredWithoutIt(t *testing.T) {
	const token = "given-to-the-run"
	hears := func(id string, h heard, err error) scorecard.Check {
		return scorecard.Make(scorecard.Definition{ID: id, Kind: scorecard.Trial, Version: 1, Capability: "yank", Question: "?"},
			func(_ context.Context, b *scorecard.Bench) (heard, error) {
				if h.Count == 12345678 {
					b.Keep("12345678")
				}
				return h, err
			},
			func(h heard) scorecard.Finding { return scorecard.Found(scorecard.Fails, "It says: "+h.Said) })
	}
	acts := &toyActs{speaks: scorecard.Accepted, keeps: true}
	c := config(acts,
		hears("repeats", heard{Said: "you sent " + token + "!"}, nil),
		hears("is cut", heard{Said: "you sent given-to-the…"}, nil),
		hears("is a fault", heard{}, scorecard.Untold("could not ask with %s", token)),
		hears("is a number", heard{Said: "x", Count: 12345678}, nil),
		hears("is quiet", heard{Said: "nothing"}, nil),
	)
	c.Publisher = scorecard.Credential{Who: "me", Secret: token}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]scorecard.Finding{
		"repeats":     {Outcome: scorecard.Fails, Reason: "It says: you sent [secret]!"},
		"is cut":      {Outcome: scorecard.Fails, Reason: "It says: you sent [secret]…"},
		"is a fault":  {Outcome: scorecard.CouldNotTell, Reason: "could not ask with [secret]"},
		"is a number": {Outcome: scorecard.CouldNotTell, Reason: "what was seen holds a secret of the run in a place where it cannot be cut out"},
		"is quiet":    {Outcome: scorecard.Fails, Reason: "It says: nothing"},
	} {
		if f := find(t, r, id).Finding; f != want {
			t.Errorf("%s: %+v, want %+v", id, f, want)
		}
	}
	all, err := json.Marshal(r.Judged)
	if err != nil || strings.Contains(string(all), "given-to-the") || strings.Contains(string(all), "12345678") {
		t.Errorf("%v: %s", err, all)
	}
}

package servedtest

import (
	"encoding/json"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

// Protocol is trialtest's, with archives that differ when their contents do
// and with names that have the ecosystem's shape.
type Protocol struct{ trialtest.Protocol }

// ThrowAway makes a path for Go, and what trialtest makes for others.
func (p Protocol) ThrowAway(under, seed, label string) string {
	if under == "" && p.Eco == assay.Golang {
		return "trial.example/assay-" + seed + "/" + label
	}
	return p.Protocol.ThrowAway(under, seed, label)
}

// Archive holds all that a release has inside.
func (Protocol) Archive(r scorecard.Release) ([]byte, error) {
	return json.Marshal([]any{r.Name, r.Version, r.Files, r.Dependencies, r.Scripts})
}

// Spoiled says how it is spoiled, in the words that Registry refuses.
func (Protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	return fmt.Appendf(nil, "spoiled %s@%s: %s", r.Name, r.Version, how), nil
}

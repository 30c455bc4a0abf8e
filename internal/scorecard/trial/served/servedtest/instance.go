package servedtest

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

// Instance is a driver's instance around acts.
type Instance struct {
	scorecard.Acts
	Up scorecard.Upstream
}

var _ scorecard.Instance = Instance{}

// Subject implements scorecard.Instance.
func (i Instance) Subject() scorecard.Subject { return scorecard.Subject{Name: "registry.example"} }

// Publisher implements scorecard.Instance.
func (i Instance) Publisher(assay.Ecosystem) scorecard.Credential { return scorecard.Credential{} }

// Stranger implements scorecard.Instance.
func (i Instance) Stranger(assay.Ecosystem) scorecard.Credential { return scorecard.Credential{} }

// Under implements scorecard.Instance.
func (i Instance) Under(assay.Ecosystem) string { return "" }

// UnderStranger implements scorecard.Instance.
func (i Instance) UnderStranger(assay.Ecosystem) string { return "" }

// Upstream implements scorecard.Instance.
func (i Instance) Upstream(assay.Ecosystem) scorecard.Upstream { return i.Up }

// Identity implements scorecard.Instance.
func (i Instance) Identity(assay.Ecosystem, string) (string, bool) { return "", false }

// Mail implements scorecard.Instance.
func (i Instance) Mail() scorecard.Mailbox { return nil }

// For implements scorecard.Instance.
func (i Instance) For(assay.Ecosystem, scorecard.Visitor) scorecard.Acts { return i.Acts }

// Secrets implements scorecard.Instance.
func (i Instance) Secrets() []string { return nil }

// Close implements scorecard.Instance.
func (i Instance) Close(context.Context) error { return nil }

// Bench puts acts on a bench of the repository's ecosystem, as the acts of an
// instance that a driver started and whose upstream is the repository's.
func (g *Registry) Bench(acts scorecard.Acts) *trialtest.Bench {
	b := trialtest.New(acts)
	b.Protocol = g.Protocol
	b.Instance = Instance{Acts: acts, Up: g.Up}
	return b
}

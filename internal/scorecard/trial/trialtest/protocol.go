package trialtest

import (
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Protocol names and packs like an ecosystem without being one: an archive
// is a text that names its release, and how it was spoiled.
type Protocol struct{ Eco assay.Ecosystem }

var _ scorecard.Protocol = Protocol{}

// Ecosystem is the one it was made with.
func (p Protocol) Ecosystem() assay.Ecosystem { return p.Eco }

// Open answers NoCall to everything: benches here are given their acts.
func (Protocol) Open(string, scorecard.Visitor) scorecard.Acts { return scorecard.NoActs{} }

// ThrowAway puts seed and label where under has its star.
func (Protocol) ThrowAway(under, seed, label string) string {
	if under == "" {
		under = "assay-trial-*"
	}
	return strings.Replace(under, "*", seed+"-"+label, 1)
}

// Archive is a text that names the release.
func (Protocol) Archive(r scorecard.Release) ([]byte, error) {
	return []byte("archive of " + r.Name + "@" + r.Version), nil
}

// Spoiled is a text that says how it is spoiled.
func (Protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	return []byte("spoiled: " + string(how) + ": " + r.Name + "@" + r.Version), nil
}

// Version writes Go's versions with their v.
func (p Protocol) Version(v string) string {
	if p.Eco == assay.Golang {
		return "v" + v
	}
	return v
}

// WellKnown is one name.
func (Protocol) WellKnown() []string { return []string{"well-known"} }

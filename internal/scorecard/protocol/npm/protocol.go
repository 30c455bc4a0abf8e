package npm

import (
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// New makes the protocol.
func New() scorecard.Protocol { return protocol{} }

type protocol struct{}

func (protocol) Ecosystem() assay.Ecosystem { return assay.NPM }

// Open is the subject at a base address, which may lack its last slash.
func (protocol) Open(base string, v scorecard.Visitor) scorecard.Acts {
	return &acts{
		base:   strings.TrimSuffix(base, "/") + "/",
		visit:  v,
		limits: safeLimits(),
		files:  newAddresses(safeLimits().Remembered),
	}
}

func (protocol) ThrowAway(under, seed, label string) string {
	made := seed + "-" + label
	switch {
	case under == "":
		return "assay-trial-" + made
	case strings.Contains(under, "*"):
		return strings.Replace(under, "*", made, 1)
	}
	return under + "-" + made
}

func (protocol) Version(v string) string { return v }

func (protocol) WellKnown() []string { return wellKnown() }

func wellKnown() []string {
	return []string{"lodash", "react", "express", "semver", "typescript", "axios"}
}

// limits bound what one act may read and ask.
type limits struct {
	Document   int64 // bytes of a listing
	Answer     int64 // bytes of any other JSON answer
	File       int64 // bytes of a file
	Searches   int   // searches for samples
	WellKnown  int   // well-known packages that are tried
	Advisories int   // ids of one answer
	Events     int   // newest events
	Remembered int   // addresses of files
}

func safeLimits() limits {
	return limits{
		Document: 16 << 20, Answer: 4 << 20, File: 64 << 20,
		Searches: 3, WellKnown: 6, Advisories: 100, Events: 50, Remembered: 50_000,
	}
}

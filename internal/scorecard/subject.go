package scorecard

import (
	"net/url"

	"assay.invalid/internal/assay"
)

// Subject is the package repository that a scorecard is about: one running
// instance.
type Subject struct {
	// Name is what people call it; the host where nobody said.
	Name string `json:"name"`
	// Addresses are the base addresses by ecosystem, each ending in a slash.
	// Credentials are never part of them.
	Addresses map[assay.Ecosystem]string `json:"addresses"`
	// Software and Version are known when a driver started the instance.
	Software string `json:"software,omitempty"`
	Version  string `json:"version,omitempty"`
	// Pages are addresses that no protocol tells and an assessment may
	// state, by the names of PageNames.
	Pages map[string]string `json:"pages,omitempty"`
}

// PageNames are the pages that an assessment may state, and what each is.
// In "package" the words {name}, {version} and {ecosystem}, as package URLs
// have it, stand for themselves.
var PageNames = map[string]string{
	"package":    "the page of a package, with {name} in it",
	"releases":   "where the server's or client's own releases are",
	"advisories": "the feed or listing of OSV records",
	"events":     "the public event log or change feed",
	"log":        "the transparency log: the address before /checkpoint",
	"root":       "the root metadata of TUF",
	"mirrors":    "the list of mirrors and how far behind they are",
	"assessment": "the machine-readable assessment",
	"card":       "the signed card",
}

// Base is the address for one ecosystem.
func (s Subject) Base(e assay.Ecosystem) (*url.URL, bool) {
	raw, ok := s.Addresses[e]
	if !ok {
		return nil, false
	}
	u, err := url.Parse(raw)
	return u, err == nil
}

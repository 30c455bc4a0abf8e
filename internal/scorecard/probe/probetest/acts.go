package probetest

import (
	"context"

	"assay.invalid/internal/scorecard"
)

// Acts answers with what the test put in; what is nil has no call.
type Acts struct {
	scorecard.NoActs
	OnListing    func(as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer)
	OnFile       func(name, version string) (scorecard.File, scorecard.Answer)
	OnAdvisories func(name, version string) ([]string, scorecard.Answer)
	OnEvents     func() ([]string, scorecard.Answer)
}

var _ scorecard.Acts = Acts{}

// Listing implements scorecard.Acts.
func (a Acts) Listing(_ context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	if a.OnListing == nil {
		return scorecard.Listing{}, No("no call")
	}
	return a.OnListing(as, name)
}

// File implements scorecard.Acts.
func (a Acts) File(_ context.Context, _ scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
	if a.OnFile == nil {
		return scorecard.File{}, No("no call")
	}
	return a.OnFile(name, version)
}

// Advisories implements scorecard.Acts.
func (a Acts) Advisories(_ context.Context, _ scorecard.Credential, name, version string) ([]string, scorecard.Answer) {
	if a.OnAdvisories == nil {
		return nil, No("no call")
	}
	return a.OnAdvisories(name, version)
}

// Events implements scorecard.Acts.
func (a Acts) Events(context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
	if a.OnEvents == nil {
		return nil, No("no call")
	}
	return a.OnEvents()
}

// Yes is an answer that accepts.
func Yes() scorecard.Answer { return scorecard.Answer{Verdict: scorecard.Accepted, Status: 200} }

// No is an answer of another verdict.
func No(v scorecard.Verdict) scorecard.Answer { return scorecard.Answer{Verdict: v} }

// Listings answers for the packages of a table, and Absent for others.
func Listings(table map[string]scorecard.Listing) func(scorecard.Credential, string) (scorecard.Listing, scorecard.Answer) {
	return func(_ scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
		l, ok := table[name]
		if !ok {
			return scorecard.Listing{}, No(scorecard.Absent)
		}
		return l, Yes()
	}
}

package metadataverified

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	bare, marked, hidden := served.Typed{Shown: true}, served.Typed{Shown: true, Unverified: true}, served.Typed{}
	seen := func(page, address served.Typed) Seen {
		return Seen{served.Manifest{Publish: trialtest.Accepted, Listed: true, Fields: map[string]served.Typed{"homepage": page, "mail": address}}}
	}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("both marked", seen(marked, marked), scorecard.Holds, "both shown as not verified"),
		servedtest.Saw("one marked and one left out", seen(marked, hidden), scorecard.Holds, "shown as not verified and not shown"),
		servedtest.Saw("the address is shown bare", seen(marked, bare), scorecard.Partly, "a typed mail address is shown without"),
		servedtest.Saw("the homepage is shown bare", seen(bare, hidden), scorecard.Partly, "a typed homepage is shown without"),
		servedtest.Saw("both bare", seen(bare, bare), scorecard.Fails, "only typed"),
		servedtest.Saw("both called verified", seen(served.Typed{Shown: true, Verified: true}, served.Typed{Shown: true, Verified: true, Unverified: true}), scorecard.Fails, "as verified"),
		servedtest.Saw("refused for them", Seen{served.Manifest{Publish: trialtest.Refused("prove it"), Without: trialtest.Accepted}}, scorecard.Holds, "was refused"),
		servedtest.Saw("refused without them too", Seen{served.Manifest{Publish: trialtest.Refused("no"), Without: trialtest.Refused("no")}}, scorecard.CouldNotTell, "typed metadata"),
		servedtest.Saw("one was not tried", Seen{served.Manifest{Publish: trialtest.Accepted, Listed: true, Fields: map[string]served.Typed{"mail": marked}}}, scorecard.CouldNotTell, "typed metadata"),
	})
}

func TestCollect(t *testing.T) {
	each := func(change func(v *scorecard.Version)) func(*servedtest.Registry) scorecard.Acts {
		return servedtest.Lists(func(l *scorecard.Listing) {
			for number, v := range l.Versions {
				change(&v)
				l.Versions[number] = v
			}
		})
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "both shown as not verified"},
		{What: "all is shown as typed", Want: scorecard.Fails, Words: "only typed",
			Acts: each(func(v *scorecard.Version) { v.Unverified = nil })},
		{What: "the address is hidden", Want: scorecard.Partly, Words: "not shown, but a typed homepage",
			Acts: each(func(v *scorecard.Version) { v.Unverified, v.Mail = nil, "" })},
		{What: "typed metadata is refused", Want: scorecard.Holds, Words: "was refused",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if r.Homepage != "" {
					return trialtest.Refused("prove it")
				}
				return g.Takes(r)
			})},
	})
}

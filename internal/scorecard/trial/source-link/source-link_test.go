package sourcelink

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	seen := func(link served.Typed) Seen {
		return Seen{served.Manifest{Publish: trialtest.Accepted, Listed: true, Fields: map[string]served.Typed{"repository": link}}}
	}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("marked as not verified", seen(served.Typed{Shown: true, Unverified: true}), scorecard.Holds, "as not verified"),
		servedtest.Saw("not shown", seen(served.Typed{}), scorecard.Holds, "not shown"),
		servedtest.Saw("shown as it is", seen(served.Typed{Shown: true}), scorecard.Fails, "without a word"),
		servedtest.Saw("called verified", seen(served.Typed{Shown: true, Verified: true}), scorecard.Fails, "marked as verified"),
		servedtest.Saw("called both", seen(served.Typed{Shown: true, Verified: true, Unverified: true}), scorecard.Fails, "marked as verified"),
		servedtest.Saw("refused for it", Seen{served.Manifest{Publish: trialtest.Refused("prove it"), Without: trialtest.Accepted}}, scorecard.Holds, "was refused"),
		servedtest.Saw("refused without it too", Seen{served.Manifest{Publish: trialtest.Refused("no"), Without: trialtest.Refused("no")}}, scorecard.CouldNotTell, "typed link"),
		servedtest.Saw("not listed", Seen{served.Manifest{Publish: trialtest.Accepted, Fields: map[string]served.Typed{"repository": {}}}}, scorecard.CouldNotTell, "typed link"),
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
		{What: "a good repository", Want: scorecard.Holds, Words: "as not verified"},
		{What: "typed links are shown", Want: scorecard.Fails, Words: "without a word",
			Acts: each(func(v *scorecard.Version) { v.Unverified = nil })},
		{What: "typed links are shown in npm's spelling", Want: scorecard.Fails, Words: "without a word",
			Acts: each(func(v *scorecard.Version) { v.Unverified, v.Repository = nil, "git+"+foreign+".git" })},
		{What: "another field is marked", Want: scorecard.Fails, Words: "without a word",
			Acts: each(func(v *scorecard.Version) { v.Unverified = []string{"homepage"} })},
		{What: "typed links are left out", Want: scorecard.Holds, Words: "not shown",
			Acts: each(func(v *scorecard.Version) { v.Repository = "" })},
		{What: "typed links are called verified", Want: scorecard.Fails, Words: "marked as verified",
			Acts: each(func(v *scorecard.Version) { v.Verified, v.Unverified = []string{"repository"}, nil })},
		{What: "typed links are refused", Want: scorecard.Holds, Words: "was refused",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if r.Repository != "" {
					return trialtest.Refused("prove it")
				}
				return g.Takes(r)
			})},
		{What: "everything is refused", Want: scorecard.CouldNotTell, Words: "read only",
			Acts: servedtest.Publishes(func(*servedtest.Registry, scorecard.Credential, scorecard.Release) scorecard.Answer {
				return trialtest.Refused("read only")
			})},
		{What: "nothing is listed", Want: scorecard.CouldNotTell, Words: "not listed",
			Acts: servedtest.Lists(func(l *scorecard.Listing) { clear(l.Versions) })},
	})
}

package publishtwice

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	one := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	other := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "bb"}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("refused", Seen{First: one, Second: trialtest.Refused("exists"), After: one}, scorecard.Holds, "refused"),
		servedtest.Saw("taken without effect", Seen{First: one, Second: trialtest.Accepted, After: one}, scorecard.Holds, "changed nothing"),
		servedtest.Saw("dependencies changed", Seen{First: one, Second: trialtest.Accepted, After: one, Changed: []string{"dependencies", "homepage"}}, scorecard.Fails, "dependencies and homepage"),
		servedtest.Saw("changed although refused", Seen{First: one, Second: trialtest.Refused("exists"), After: one, Changed: []string{"homepage"}}, scorecard.Fails, "homepage"),
		servedtest.Saw("bytes changed", Seen{First: one, Second: trialtest.Accepted, After: other}, scorecard.Fails, "other bytes"),
		servedtest.Saw("it went away", Seen{First: one, Second: trialtest.Refused("exists"), After: served.Sight{File: trialtest.Absent}}, scorecard.Fails, "no longer"),
		servedtest.Saw("the first was not served", Seen{Second: trialtest.Refused("exists"), After: one}, scorecard.CouldNotTell, "first version"),
		servedtest.Saw("no answer", Seen{First: one, Second: trialtest.Unclear, After: one}, scorecard.CouldNotTell, "second publish"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "refused"},
		{What: "the listing follows the second publish", Want: scorecard.Fails, Words: "dependencies, homepage and time of publishing",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				g.Put(r)
				return trialtest.Accepted
			})},
		{What: "the second is taken and dropped", Want: scorecard.Holds, Words: "changed nothing",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				g.Takes(r)
				return trialtest.Accepted
			})},
		{What: "the second is throttled", Want: scorecard.CouldNotTell, Words: "too many",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if a := g.Takes(r); a.Verdict == scorecard.Accepted {
					return a
				}
				return trialtest.Throttled(1)
			})},
	})
}

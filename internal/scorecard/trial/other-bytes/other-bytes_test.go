package otherbytes

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	sight := func(bytes, digest string) served.Sight {
		return served.Sight{Listed: true, File: trialtest.Accepted, SHA256: bytes, Digest: digest}
	}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("refused and unchanged", Seen{sight("aa", "d"), trialtest.Refused("exists"), sight("aa", "d")}, scorecard.Holds, "refused"),
		servedtest.Saw("refused with not found", Seen{sight("aa", "d"), trialtest.Absent, sight("aa", "d")}, scorecard.Holds, "refused"),
		servedtest.Saw("accepted and changed", Seen{sight("aa", "d"), trialtest.Accepted, sight("bb", "e")}, scorecard.Fails, "other bytes"),
		servedtest.Saw("refused and changed all the same", Seen{sight("aa", "d"), trialtest.Refused("exists"), sight("bb", "e")}, scorecard.Fails, "other bytes"),
		servedtest.Saw("only the digest changed", Seen{sight("aa", "d"), trialtest.Accepted, sight("aa", "e")}, scorecard.Fails, "another digest"),
		servedtest.Saw("accepted and dropped", Seen{sight("aa", "d"), trialtest.Accepted, sight("aa", "d")}, scorecard.Partly, "believes"),
		servedtest.Saw("the file went away", Seen{sight("aa", "d"), trialtest.Refused("exists"), served.Sight{File: trialtest.Absent}}, scorecard.Fails, "no longer"),
		servedtest.Saw("the first was never served", Seen{served.Sight{}, trialtest.Refused("exists"), sight("aa", "d")}, scorecard.CouldNotTell, "first version"),
		servedtest.Saw("never fetched again", Seen{sight("aa", "d"), trialtest.Refused("exists"), served.Sight{}}, scorecard.CouldNotTell, "again"),
		servedtest.Saw("throttled", Seen{sight("aa", "d"), trialtest.Throttled(1), sight("aa", "d")}, scorecard.CouldNotTell, "second publish"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "refused"},
		{What: "versions can be replaced", Want: scorecard.Fails, Words: "other bytes",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				g.Put(r)
				return trialtest.Accepted
			})},
		{What: "other bytes are dropped with success", Want: scorecard.Partly, Words: "believes",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				g.Takes(r)
				return trialtest.Accepted
			})},
		{What: "the server dies at the second publish", Want: scorecard.CouldNotTell, Words: "a second time",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if a := g.Takes(r); a.Verdict == scorecard.Accepted {
					return a
				}
				return trialtest.Unclear
			})},
		{What: "nothing may be published", Want: scorecard.CouldNotTell, Words: "read only",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				g.Refuses = func(scorecard.Credential, scorecard.Release) string { return "read only" }
				return g
			}},
		{What: "what was published is not served", Want: scorecard.CouldNotTell, Words: "not handed out",
			Acts: servedtest.Serves(func(*servedtest.Registry, string, string) (scorecard.File, scorecard.Answer) {
				return scorecard.File{}, trialtest.Absent
			})},
	})
}

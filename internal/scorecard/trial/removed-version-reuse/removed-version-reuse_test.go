package removedversionreuse

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	other := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "bb"}
	gone := served.Sight{File: trialtest.Absent}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("refused", Seen{open, gone, trialtest.Refused("was removed"), gone}, scorecard.Holds, "even from its owner"),
		servedtest.Saw("taken and served", Seen{open, gone, trialtest.Accepted, other}, scorecard.Fails, "other bytes"),
		servedtest.Saw("taken, and not served yet", Seen{open, gone, trialtest.Accepted, gone}, scorecard.Fails, "accepted"),
		servedtest.Saw("refused, and the old bytes are back", Seen{open, gone, trialtest.Refused("exists"), open}, scorecard.Holds, "refused"),
		servedtest.Saw("refused, and other bytes are there", Seen{open, gone, trialtest.Refused("exists"), other}, scorecard.Fails, "other bytes"),
		servedtest.Saw("never removed", Seen{open, open, trialtest.Refused("exists"), open}, scorecard.CouldNotTell, "was removed"),
		servedtest.Saw("never served", Seen{gone, gone, trialtest.Refused("exists"), gone}, scorecard.CouldNotTell, "was served"),
		servedtest.Saw("throttled", Seen{open, gone, trialtest.Throttled(1), gone}, scorecard.CouldNotTell, "answered"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "refused"},
		{What: "removal frees the number", Want: scorecard.Fails, Words: "other bytes",
			Acts: servedtest.Removes(func(g *servedtest.Registry, name, version string) scorecard.Answer {
				g.Drop(name, version)
				return trialtest.Accepted
			})},
		{What: "removal that does nothing", Want: scorecard.CouldNotTell, Words: "was removed",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.Accepted })},
		{What: "no call to remove", Want: scorecard.NotSupported, Words: "no call to remove",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.NoCall })},
		{What: "removal is refused", Want: scorecard.CouldNotTell, Words: "too old to be removed",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer {
				return trialtest.Refused("too old to be removed")
			})},
		{What: "the server dies after the removal", Want: scorecard.CouldNotTell, Words: "bad gateway",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if a := g.Takes(r); a.Verdict == scorecard.Accepted {
					return a
				}
				return trialtest.Unclear
			})},
	})
}

package quarantine

import (
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, Latest: "1.0.1", File: trialtest.Accepted, SHA256: "aa"}
	held := served.Sight{Latest: "1.0.0", File: trialtest.Refused("in quarantine")}
	other := served.Sight{Listed: true, Latest: "1.0.1", File: trialtest.Accepted, SHA256: "bb"}
	offered := served.Sight{Listed: true, Latest: "1.0.1", File: trialtest.Refused("in quarantine")}
	marked := served.Sight{Listed: true, Status: assay.Yanked, Latest: "1.0.0", File: trialtest.Refused("in quarantine")}
	unlisted := served.Sight{Latest: "1.0.0", File: trialtest.Accepted, SHA256: "aa"}
	yes := trialtest.Accepted
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("held and released", Seen{"1.0.1", open, held, open, yes}, scorecard.Holds, "the same as before"),
		servedtest.Saw("held with a mark", Seen{"1.0.1", open, marked, open, yes}, scorecard.Holds, "the same as before"),
		servedtest.Saw("still open", Seen{"1.0.1", open, open, open, yes}, scorecard.Fails, "still handed out"),
		servedtest.Saw("unlisted and open", Seen{"1.0.1", open, unlisted, open, yes}, scorecard.Fails, "still handed out"),
		servedtest.Saw("refused and offered", Seen{"1.0.1", open, offered, open, yes}, scorecard.Partly, "still offers"),
		servedtest.Saw("destroyed", Seen{"1.0.1", open, held, held, yes}, scorecard.Fails, "destroyed"),
		servedtest.Saw("other bytes come back", Seen{"1.0.1", open, held, other, yes}, scorecard.Fails, "other bytes"),
		servedtest.Saw("it comes back unlisted", Seen{"1.0.1", open, held, unlisted, yes}, scorecard.Partly, "not listed"),
		servedtest.Saw("no way to lift it", Seen{"1.0.1", open, held, held, trialtest.NoCall}, scorecard.Partly, "could not be lifted"),
		servedtest.Saw("never served", Seen{"1.0.1", held, held, held, yes}, scorecard.CouldNotTell, "before"),
		servedtest.Saw("never asked for while held", Seen{"1.0.1", open, served.Sight{}, open, yes}, scorecard.CouldNotTell, "during"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "the same as before"},
		{What: "quarantine destroys", Want: scorecard.Fails, Words: "destroyed",
			Acts: servedtest.Sets(func(g *servedtest.Registry, name, version string, _ assay.Status, reason string) scorecard.Answer {
				return g.Deletes(name, version, reason)
			})},
		{What: "quarantine does nothing", Want: scorecard.Fails, Words: "still handed out",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.Accepted
			})},
		{What: "the listing is filtered and the file open", Want: scorecard.Fails, Words: "still handed out",
			Acts: servedtest.Serves((*servedtest.Registry).Anyway)},
		{What: "it cannot be lifted", Want: scorecard.Partly, Words: "could not be lifted",
			Acts: servedtest.Sets(func(g *servedtest.Registry, name, version string, s assay.Status, reason string) scorecard.Answer {
				if s == assay.Active {
					return trialtest.NoCall
				}
				return g.Marks(name, version, s, reason)
			})},
		{What: "no call for it", Want: scorecard.NotSupported, Words: "no call to put",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.NoCall
			})},
	})
}

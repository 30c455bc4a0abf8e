package cooldown

import (
	"context"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	old := served.Sight{Listed: true, Latest: "1.0.0", File: trialtest.Accepted, SHA256: "aa"}
	held := served.Sight{Latest: "1.0.0", File: trialtest.Refused("too new")}
	fixed := served.Sight{Listed: true, Latest: "1.0.1", File: trialtest.Accepted, SHA256: "bb"}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("held, and let through as a fix", Seen{"1.0.1", old, held, trialtest.Accepted, fixed}, scorecard.Holds, "let through"),
		servedtest.Saw("held, also as a fix", Seen{"1.0.1", old, held, trialtest.Accepted, held}, scorecard.Partly, "also after"),
		servedtest.Saw("held, and no call to advise", Seen{"1.0.1", old, held, trialtest.NoCall, served.Sight{}}, scorecard.Partly, "no call"),
		servedtest.Saw("held, and the advisory is refused", Seen{"1.0.1", old, held, trialtest.Refused("no"), served.Sight{}}, scorecard.Partly, "could not be said"),
		servedtest.Saw("chosen", Seen{"1.0.1", old, fixed, scorecard.Answer{}, served.Sight{}}, scorecard.Fails, "clients choose"),
		servedtest.Saw("chosen although its file is refused", Seen{"1.0.1", old, served.Sight{Listed: true, Latest: "1.0.1", File: trialtest.Refused("x")}, trialtest.Accepted, fixed}, scorecard.Fails, "clients choose"),
		servedtest.Saw("not chosen, and its file open", Seen{"1.0.1", old, served.Sight{Latest: "1.0.0", File: trialtest.Accepted}, scorecard.Answer{}, served.Sight{}}, scorecard.Fails, "handed out"),
		servedtest.Saw("nothing is served", Seen{"1.0.1", held, held, trialtest.Accepted, held}, scorecard.CouldNotTell, "old version"),
		servedtest.Saw("the new one was not asked for", Seen{"1.0.1", old, served.Sight{}, trialtest.Accepted, fixed}, scorecard.CouldNotTell, "asked for"),
		servedtest.Saw("no advisory was tried", Seen{"1.0.1", old, held, scorecard.Answer{}, served.Sight{}}, scorecard.CouldNotTell, "made known"),
	})
}

func TestCollect(t *testing.T) {
	advises := func(a scorecard.Answer) func(*servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			return trialtest.Acts{Otherwise: g, OnAdvise: func(context.Context, string, string) scorecard.Answer { return a }}
		}
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "let through"},
		{What: "fixes wait too", Acts: advises(trialtest.Accepted), Want: scorecard.Partly, Words: "also after"},
		{What: "no call to advise", Acts: advises(trialtest.NoCall), Want: scorecard.Partly, Words: "no call"},
		{What: "no cooldown", Want: scorecard.Fails, Words: "clients choose",
			Acts: func(g *servedtest.Registry) scorecard.Acts { g.AtOnce = true; return g }},
		{What: "the new one is hidden and open", Want: scorecard.Fails, Words: "handed out",
			Acts: servedtest.Serves(func(*servedtest.Registry, string, string) (scorecard.File, scorecard.Answer) {
				return scorecard.File{Body: []byte("x")}, trialtest.Accepted
			})},
		{What: "nothing is pulled through", Want: scorecard.CouldNotTell, Words: "not served",
			Acts: servedtest.Serves(func(*servedtest.Registry, string, string) (scorecard.File, scorecard.Answer) {
				return scorecard.File{}, trialtest.Absent
			})},
		{What: "no upstream", Want: scorecard.CouldNotTell, Words: "upstream of ours",
			Bench: func(b *trialtest.Bench) { b.Instance = servedtest.Instance{} }},
	})
}

// What was offered is withdrawn again.
func TestCollectWithdraws(t *testing.T) {
	g := servedtest.New(assay.NPM)
	trialtest.Run(t, Check(), g.Bench(g))
	if g.Up.Offered() {
		t.Error("the upstream still offers what the trial offered")
	}
}

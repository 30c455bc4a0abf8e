package upstreamfailover

import (
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	yes, broken, none := trialtest.Accepted, trialtest.Unclear, scorecard.Answer{}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("served by the other", Seen{2, open, yes, none}, scorecard.Holds, "stood still"),
		servedtest.Saw("not served, and served afterwards", Seen{2, open, broken, yes}, scorecard.Fails, "gone"),
		servedtest.Saw("called absent, and served afterwards", Seen{2, open, trialtest.Absent, yes}, scorecard.Fails, "gone"),
		servedtest.Saw("not served afterwards either", Seen{2, open, broken, broken}, scorecard.CouldNotTell, "neither"),
		servedtest.Saw("one address", Seen{1, open, yes, none}, scorecard.CouldNotTell, "several addresses"),
		servedtest.Saw("nothing was served before", Seen{2, served.Sight{}, yes, none}, scorecard.CouldNotTell, "are served"),
		servedtest.Saw("not asked for", Seen{2, open, none, none}, scorecard.CouldNotTell, "asked for"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "stood still"},
		{What: "one address is all it knows", Want: scorecard.Fails, Words: "second address",
			Acts: func(g *servedtest.Registry) scorecard.Acts { g.Up.Single = true; return g }},
		{What: "an upstream with one address", Want: scorecard.CouldNotTell, Words: "single address",
			Acts: func(g *servedtest.Registry) scorecard.Acts { g.Up.Fewer = 1; return g }},
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

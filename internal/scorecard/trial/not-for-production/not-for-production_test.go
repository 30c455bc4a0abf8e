package notforproduction

import (
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	listed := func(s assay.Status, notice string) served.Sight {
		return served.Sight{Listing: scorecard.Accepted, Listed: true, Status: s, Notice: notice, File: trialtest.Accepted}
	}
	yes := trialtest.Accepted
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("the status is shown", Seen{assay.Experimental, yes, words, listed(assay.Experimental, ""), false}, scorecard.Holds, "as experimental"),
		servedtest.Saw("the words are shown as a warning", Seen{assay.Experimental, yes, words, listed(assay.Deprecated, "experimental: "+words), false}, scorecard.Holds, "as experimental"),
		servedtest.Saw("other words are shown", Seen{assay.Experimental, yes, words, listed(assay.Deprecated, "old"), false}, scorecard.Fails, "says nothing"),
		servedtest.Saw("nothing is shown", Seen{assay.Experimental, yes, words, listed(assay.Active, ""), false}, scorecard.Fails, "says nothing"),
		servedtest.Saw("only deprecated can be said", Seen{assay.Deprecated, yes, words, listed(assay.Deprecated, words), false}, scorecard.Partly, "not as an experiment"),
		servedtest.Saw("deprecated is not shown", Seen{assay.Deprecated, yes, words, listed(assay.Active, ""), false}, scorecard.Fails, "deprecated"),
		servedtest.Saw("the protocol cannot show it", Seen{assay.Experimental, yes, words, listed(assay.Active, ""), true}, scorecard.Partly, "no place"),
		servedtest.Saw("the protocol shows it after all", Seen{assay.Experimental, yes, words, listed(assay.Active, words), true}, scorecard.Holds, "tells"),
		servedtest.Saw("the mark hides it", Seen{assay.Experimental, yes, words, served.Sight{Listing: scorecard.Absent, File: trialtest.Absent}, false}, scorecard.Fails, "hides"),
		servedtest.Saw("the mark was refused", Seen{assay.Experimental, trialtest.Refused("no"), words, listed(assay.Active, ""), false}, scorecard.CouldNotTell, "marked"),
		servedtest.Saw("no words were said", Seen{assay.Experimental, yes, "", listed(assay.Active, "x"), false}, scorecard.Fails, "says nothing"),
		servedtest.Saw("never looked at", Seen{Said: assay.Experimental, Set: yes, Words: words}, scorecard.CouldNotTell, "looked at"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "tells"},
		{What: "only deprecated can be said", Want: scorecard.Partly, Words: "not as an experiment",
			Acts: servedtest.Sets(func(g *servedtest.Registry, name, version string, s assay.Status, reason string) scorecard.Answer {
				if s == assay.Experimental {
					return trialtest.NoCall
				}
				return g.Marks(name, version, s, reason)
			})},
		{What: "no call for it", Want: scorecard.NotSupported, Words: "not for production",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.NoCall
			})},
		{What: "the mark is refused", Want: scorecard.CouldNotTell, Words: "not yours",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.Refused("not yours")
			})},
	})
}

// A mark without effect fails where the protocol could show it, and is half a
// signal where it could not.
func TestCollectMarkWithoutEffect(t *testing.T) {
	ignores := servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
		return trialtest.Accepted
	})
	for eco, want := range map[assay.Ecosystem]scorecard.Outcome{assay.NPM: scorecard.Fails, assay.Golang: scorecard.Partly} {
		g := servedtest.New(eco)
		trialtest.Expect(t, trialtest.Run(t, Check(), g.Bench(ignores(g))), want, "mark")
	}
}

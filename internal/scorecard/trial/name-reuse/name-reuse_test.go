package namereuse

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	gone := served.Sight{File: trialtest.Absent}
	yes, no := trialtest.Accepted, trialtest.Refused("was removed")
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("refused to a stranger", Seen{open, gone, "stranger", yes, no}, scorecard.Holds, "somebody else"),
		servedtest.Saw("refused to its publisher", Seen{open, gone, "publisher", yes, no}, scorecard.Holds, "its own publisher"),
		servedtest.Saw("taken by a stranger", Seen{open, gone, "stranger", yes, yes}, scorecard.Fails, "by somebody else"),
		servedtest.Saw("who tried may not publish at all", Seen{open, gone, "stranger", no, no}, scorecard.CouldNotTell, "at all"),
		servedtest.Saw("still served", Seen{open, open, "stranger", yes, no}, scorecard.CouldNotTell, "was removed"),
		servedtest.Saw("never served", Seen{gone, gone, "stranger", yes, no}, scorecard.CouldNotTell, "served before"),
		servedtest.Saw("no answer", Seen{open, gone, "stranger", yes, trialtest.Unclear}, scorecard.CouldNotTell, "answered"),
	})
}

func TestCollect(t *testing.T) {
	frees := servedtest.Removes(func(g *servedtest.Registry, name, version string) scorecard.Answer {
		g.Drop(name, version)
		return trialtest.Accepted
	})
	alone := func(b *trialtest.Bench) { b.Stranger = scorecard.Credential{} }
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "somebody else"},
		{What: "a good repository without a second party", Bench: alone, Want: scorecard.Holds, Words: "its own publisher"},
		{What: "a good repository where the stranger publishes elsewhere", Want: scorecard.Holds, Words: "its own publisher",
			Bench: func(b *trialtest.Bench) { b.UnderStranger = "elsewhere-*" }},
		{What: "removal frees the name", Acts: frees, Want: scorecard.Fails, Words: "by somebody else"},
		{What: "removal frees the name, without a second party", Acts: frees, Bench: alone, Want: scorecard.Fails, Words: "its own publisher"},
		{What: "the stranger may not publish", Want: scorecard.CouldNotTell, Words: "not you",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if as.Who == "stranger" {
					return trialtest.Refused("not you")
				}
				return g.Takes(r)
			})},
		{What: "no call to remove", Want: scorecard.NotSupported, Words: "no call to remove",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.NoCall })},
		{What: "removal that does nothing", Want: scorecard.CouldNotTell, Words: "was removed",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.Accepted })},
	})
}

package namespaces

import (
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	yes, no := trialtest.Accepted, trialtest.Refused("not your namespace")
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("refused", Seen{"@acme/", open, yes, no}, scorecard.Holds, "@acme/"),
		servedtest.Saw("refused as not found", Seen{"@acme/", open, yes, trialtest.Absent}, scorecard.Holds, "@acme/"),
		servedtest.Saw("accepted", Seen{"@acme/", open, yes, yes}, scorecard.Fails, "@acme/"),
		servedtest.Saw("the stranger may not publish at all", Seen{"@acme/", open, no, no}, scorecard.CouldNotTell, "at all"),
		servedtest.Saw("the publisher has nothing there", Seen{"@acme/", served.Sight{}, yes, no}, scorecard.CouldNotTell, "publisher"),
		servedtest.Saw("throttled", Seen{"@acme/", open, yes, trialtest.Throttled(1)}, scorecard.CouldNotTell, "answered"),
	})
}

func TestCollect(t *testing.T) {
	owned := func(g *servedtest.Registry) scorecard.Acts {
		owners := map[string]string{}
		g.Refuses = func(as scorecard.Credential, r scorecard.Release) string {
			space := r.Name[:strings.LastIndex(r.Name, "/")+1]
			if space != "" && owners[space] != "" && owners[space] != as.Who {
				return space + " is not yours"
			}
			owners[space] = as.Who
			return ""
		}
		return g
	}
	apart := func(b *trialtest.Bench) { b.Under, b.UnderStranger = "@acme/*", "@other/*" }
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Acts: owned, Want: scorecard.Holds, Words: "who may publish elsewhere"},
		{What: "a good repository with given namespaces", Acts: owned, Bench: apart, Want: scorecard.Holds, Words: "@acme/"},
		{What: "open namespaces", Want: scorecard.Fails, Words: "A stranger published"},
		{What: "open namespaces that were given", Bench: apart, Want: scorecard.Fails, Words: "@acme/"},
		{What: "one namespace for both", Want: scorecard.CouldNotTell, Words: "give each its own",
			Bench: func(b *trialtest.Bench) { b.Under, b.UnderStranger = "@acme/*", "@acme/*" }},
		{What: "one inside the other", Want: scorecard.CouldNotTell, Words: "lie in the publisher's namespace",
			Bench: func(b *trialtest.Bench) { b.Under, b.UnderStranger = "@acme/*", "@acme/other-*" }},
		{What: "the stranger may not publish", Want: scorecard.CouldNotTell, Words: "elsewhere as the stranger",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if as.Who == "stranger" {
					return trialtest.Refused("read only")
				}
				return g.Takes(r)
			})},
	})
}

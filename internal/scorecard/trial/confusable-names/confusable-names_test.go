package confusablenames

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
	yes, no := trialtest.Accepted, trialtest.Refused("reads like another")
	form := func(what string, a scorecard.Answer, same bool) Form { return Form{what, "x", a, same} }
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("all refused", Seen{open, "stranger", yes, []Form{form("a dot", no, false), form("capitals", no, false)}}, scorecard.Holds, "refused"),
		servedtest.Saw("the same package", Seen{open, "stranger", yes, []Form{form("a dot", yes, true)}}, scorecard.Holds, "same package"),
		servedtest.Saw("a second package", Seen{open, "stranger", yes, []Form{form("a dot", no, false), form("capitals", yes, false)}}, scorecard.Fails, "capitals"),
		servedtest.Saw("a second package by a look-alike", Seen{open, "stranger", yes, []Form{form("a dot", no, false), form(lookalike, yes, false)}}, scorecard.Partly, "looks like a letter"),
		servedtest.Saw("all forms are packages", Seen{open, "stranger", yes, []Form{form("a dot", yes, false), form(lookalike, yes, false)}}, scorecard.Fails, "a dot and a digit"),
		servedtest.Saw("nothing else is taken", Seen{open, "stranger", no, []Form{form("a dot", no, false)}}, scorecard.CouldNotTell, "reads differently"),
		servedtest.Saw("no form was tried", Seen{open, "stranger", yes, nil}, scorecard.CouldNotTell, "reads differently"),
		servedtest.Saw("the first was not served", Seen{served.Sight{}, "stranger", yes, []Form{form("a dot", no, false)}}, scorecard.CouldNotTell, "first package"),
		servedtest.Saw("one was throttled", Seen{open, "stranger", yes, []Form{form("a dot", trialtest.Throttled(1), false)}}, scorecard.CouldNotTell, "a dot"),
	})
}

func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "", "0", "o").Replace(strings.ToLower(name))
}

func TestCollect(t *testing.T) {
	good := func(g *servedtest.Registry) scorecard.Acts {
		taken := map[string]string{}
		g.Refuses = func(_ scorecard.Credential, r scorecard.Release) string {
			if other, ok := taken[fold(r.Name)]; ok && other != r.Name {
				return r.Name + " reads like " + other
			}
			taken[fold(r.Name)] = r.Name
			return ""
		}
		return g
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Acts: good, Want: scorecard.Holds, Words: "refused"},
		{What: "without a second party", Acts: good, Want: scorecard.Holds, Words: "refused",
			Bench: func(b *trialtest.Bench) { b.Stranger = scorecard.Credential{} }},
		{What: "every spelling is a package", Want: scorecard.Fails, Words: "an underscore, a dot, no separator, capitals and a digit that looks like a letter"},
		{What: "spellings lead to one package", Want: scorecard.Holds, Words: "same package",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if end := strings.LastIndex(strings.ReplaceAll(strings.ToLower(r.Name), "0", "o"), "con"); end > 0 && strings.HasSuffix(fold(r.Name), "confus") {
					r.Name = r.Name[:end] + label
				}
				if a := g.Takes(r); a.Verdict == scorecard.Accepted {
					return a
				}
				return trialtest.Refused("there already")
			})},
		{What: "only case and the kind of separator lead to one package", Want: scorecard.Fails, Words: "only by no separator and a digit that looks like a letter",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				for _, end := range []string{"con_fus", "con.fus", "Con-Fus"} {
					if stem, ok := strings.CutSuffix(r.Name, end); ok {
						r.Name = stem + label
					}
				}
				return g.Takes(r)
			})},
		{What: "a look-alike is another name", Want: scorecard.Partly, Words: "looks like a letter", Acts: func(g *servedtest.Registry) scorecard.Acts {
			good(g)
			refuses := g.Refuses
			g.Refuses = func(as scorecard.Credential, r scorecard.Release) string {
				if strings.HasSuffix(r.Name, "c0n-fus") {
					return ""
				}
				return refuses(as, r)
			}
			return g
		}},
		{What: "names are made otherwise", Want: scorecard.CouldNotTell, Words: "does not end in",
			Bench: func(b *trialtest.Bench) { b.Under = "@acme/*-trial" }},
		{What: "the second party may not publish", Want: scorecard.CouldNotTell, Words: "reads differently",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if as.Who == "stranger" {
					return trialtest.Refused("not yours")
				}
				return g.Takes(r)
			})},
	})
}

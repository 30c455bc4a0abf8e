package typosquatatpublish

import (
	"context"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	taken := func(name string) served.Attempt {
		return served.Attempt{Name: name, Claim: scorecard.NoCall, Publish: trialtest.Accepted, Served: true}
	}
	refused := func(name string) served.Attempt {
		return served.Attempt{Name: name, Claim: scorecard.NoCall, Publish: trialtest.Refused("too close")}
	}
	near := func(a served.Attempt) Near { return Near{Kind: "omission", Popular: "lodash", Attempt: a} }
	short, long := taken("qz"), taken("quiet")
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("all held", Seen{short, long, []Near{near(refused("lodsh"))}}, scorecard.Holds, "All 1"),
		servedtest.Saw("held at the claim", Seen{short, long, []Near{near(served.Attempt{Name: "lodsh", Claim: scorecard.Refused})}}, scorecard.Holds, "All 1"),
		servedtest.Saw("accepted and held back for a review", Seen{short, long, []Near{near(served.Attempt{Name: "lodsh", Publish: trialtest.Accepted})}}, scorecard.Holds, "All 1"),
		servedtest.Saw("some held", Seen{short, long, []Near{near(refused("lodsh")), near(taken("lodsah"))}}, scorecard.Partly, "lodsah"),
		servedtest.Saw("none held", Seen{short, long, []Near{near(taken("lodsh"))}}, scorecard.Fails, "lodsh"),
		servedtest.Saw("short names are all held", Seen{refused("qz"), long, []Near{near(refused("lodsh"))}}, scorecard.Partly, "every short name"),
		servedtest.Saw("all names are refused", Seen{refused("qz"), refused("quiet"), []Near{near(refused("lodsh"))}}, scorecard.CouldNotTell, "taken at all"),
		servedtest.Saw("nothing was tried", Seen{Short: short, Long: long}, scorecard.CouldNotTell, "taken at all"),
		servedtest.Saw("one was throttled", Seen{short, long, []Near{near(served.Attempt{Name: "lodsh", Publish: trialtest.Throttled(1)})}}, scorecard.CouldNotTell, "lodsh"),
	})
}

// refuses holds the names that it is given by a function.
func refuses(f func(name string) bool) func(*servedtest.Registry) scorecard.Acts {
	return func(g *servedtest.Registry) scorecard.Acts {
		g.Refuses = func(_ scorecard.Credential, r scorecard.Release) string {
			if f(r.Name) {
				return "choose another name"
			}
			return ""
		}
		return g
	}
}

func known(name string) bool {
	for _, e := range Check().Definition().Protocols {
		for _, n := range names(e) {
			if n.name == name {
				return true
			}
		}
	}
	return false
}

// separated are the names that differ in separators alone.
var separated = []string{"body.parser", "charsetnormalizer", "serdejson", "org.slf4j/slf4j.api"}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Acts: refuses(known), Want: scorecard.Holds, Words: "one of each kind"},
		{What: "no check", Want: scorecard.Fails, Words: "None of 11"},
		{What: "only separators are checked", Want: scorecard.Partly, Words: "1 of 11",
			Acts: refuses(func(name string) bool {
				return known(name) && strings.ContainsAny(name, "_") || slices.Contains(separated, name)
			})},
		{What: "short names are all held", Want: scorecard.Partly, Words: "every short name",
			Acts: refuses(func(name string) bool { return !strings.Contains(name, "quiet") })},
		{What: "no name may be taken", Acts: refuses(func(string) bool { return true }), Want: scorecard.CouldNotTell, Words: "like nothing"},
		{What: "the claim is refused", Want: scorecard.CouldNotTell, Words: "like nothing",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				return trialtest.Acts{Otherwise: g, OnClaim: func(context.Context, string) scorecard.Answer { return trialtest.Refused("no") }}
			}},
	})
}

// The names must be what they say: near a popular one, and none twice.
func TestNames(t *testing.T) {
	for _, e := range Check().Definition().Protocols {
		kinds, seen := map[string]bool{}, map[string]bool{}
		for _, n := range names(e) {
			if n.name == n.popular || kinds[n.kind] || seen[n.name] {
				t.Errorf("%s: %v is not new", e, n)
			}
			kinds[n.kind], seen[n.name] = true, true
		}
		if len(kinds) != 11 {
			t.Errorf("%s has %d kinds", e, len(kinds))
		}
	}
	if names("rubygems") != nil {
		t.Error("names are known for an ecosystem without any")
	}
}

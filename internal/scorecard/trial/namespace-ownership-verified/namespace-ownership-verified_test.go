package namespaceownershipverified

import (
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	yes, no, none := trialtest.Accepted, trialtest.Refused("prove it first"), trialtest.NoCall
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("publish and claim refused", Seen{"@x/x", open, no, no}, scorecard.Holds, "claim"),
		servedtest.Saw("published without proof", Seen{"@x/x", open, yes, scorecard.Answer{}}, scorecard.Fails, "published without"),
		servedtest.Saw("claimed without proof", Seen{"@x/x", open, no, yes}, scorecard.Fails, "claimed without"),
		servedtest.Saw("no call to claim", Seen{"@x/x", open, no, none}, scorecard.CouldNotTell, "no call"),
		servedtest.Saw("nothing may be published", Seen{"@x/x", served.Sight{}, no, no}, scorecard.CouldNotTell, "at all"),
		servedtest.Saw("throttled", Seen{"@x/x", open, trialtest.Throttled(1), no}, scorecard.CouldNotTell, "answered"),
		servedtest.Saw("the claim had no answer", Seen{"@x/x", open, no, trialtest.Unclear}, scorecard.CouldNotTell, "cannot be told"),
	})
}

func TestCollect(t *testing.T) {
	unproven := func(name string) bool {
		return strings.Contains(name, "example-org") || strings.HasPrefix(name, "example.org/") || strings.HasPrefix(name, "org.example.")
	}
	with := func(claim scorecard.Answer) func(g *servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			g.Refuses = func(_ scorecard.Credential, r scorecard.Release) string {
				if unproven(r.Name) {
					return "prove it first"
				}
				return ""
			}
			return trialtest.Acts{Otherwise: g, OnClaim: func(_ context.Context, name string) scorecard.Answer {
				if !unproven(name) || !strings.HasSuffix(name, "/*") {
					t.Errorf("%q was claimed", name)
				}
				return claim
			}}
		}
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Acts: with(trialtest.Refused("no proof")), Want: scorecard.Holds, Words: "without proof"},
		{What: "claims need no proof", Acts: with(trialtest.Accepted), Want: scorecard.Fails, Words: "claimed without"},
		{What: "no claims", Acts: with(trialtest.NoCall), Want: scorecard.CouldNotTell, Words: "no call to claim"},
		{What: "the server dies", Acts: with(trialtest.Unclear), Want: scorecard.CouldNotTell, Words: "bad gateway"},
		{What: "anything goes", Want: scorecard.Fails, Words: "published without"},
	})
}

package consumerblock

import (
	"context"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, Latest: "1.0.0", File: trialtest.Accepted, SHA256: "aa"}
	other := served.Sight{Listed: true, Latest: "0.9.0", File: trialtest.Accepted, SHA256: "00"}
	blocked := served.Sight{Latest: "0.9.0", File: trialtest.Refused("blocked: " + reason)}
	good := Seen{Version: "1.0.0", Reason: reason, Before: open, Blocked: blocked, After: open, Other: other, Unblock: trialtest.Accepted}
	with := func(change func(*Seen)) Seen { s := good; change(&s); return s }
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("blocked with the reason", good, scorecard.Holds, "with the reason"),
		servedtest.Saw("the file is open", with(func(s *Seen) { s.Blocked = open }), scorecard.Fails, "still handed out"),
		servedtest.Saw("the listing is filtered and the file open", with(func(s *Seen) { s.Blocked = other }), scorecard.Fails, "still handed out"),
		servedtest.Saw("no reason is given", with(func(s *Seen) { s.Blocked.File.Reason = "forbidden" }), scorecard.Partly, "does not give the reason"),
		servedtest.Saw("still offered", with(func(s *Seen) { s.Blocked.Listed = true }), scorecard.Partly, "still offers"),
		servedtest.Saw("still newest", with(func(s *Seen) { s.Blocked.Latest = "1.0.0" }), scorecard.Partly, "still offers"),
		servedtest.Saw("all of the package is blocked", with(func(s *Seen) { s.Other = blocked }), scorecard.Partly, "another version"),
		servedtest.Saw("it does not come back", with(func(s *Seen) { s.After = blocked }), scorecard.Partly, "come back"),
		servedtest.Saw("never served", with(func(s *Seen) { s.Before = blocked }), scorecard.CouldNotTell, "before"),
		servedtest.Saw("never asked for", with(func(s *Seen) { s.Blocked = served.Sight{} }), scorecard.CouldNotTell, "during"),
		servedtest.Saw("the other one was never asked for", with(func(s *Seen) { s.Other = served.Sight{} }), scorecard.CouldNotTell, "during"),
	})
}

func TestCollect(t *testing.T) {
	blocks := func(a scorecard.Answer) func(*servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			return trialtest.Acts{Otherwise: g, OnBlock: func(context.Context, string, string) scorecard.Answer { return a }}
		}
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "with the reason"},
		{What: "blocks are ignored", Acts: blocks(trialtest.Accepted), Want: scorecard.Fails, Words: "still handed out"},
		{What: "blocks hide and do not refuse", Acts: servedtest.Serves((*servedtest.Registry).Anyway), Want: scorecard.Fails, Words: "still handed out"},
		{What: "no call to block", Acts: blocks(trialtest.NoCall), Want: scorecard.NotSupported, Words: "no call to block"},
		{What: "the block is refused", Acts: blocks(trialtest.Refused("bad pattern")), Want: scorecard.CouldNotTell, Words: "bad pattern"},
		{What: "the block stays", Want: scorecard.Partly, Words: "come back",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				return trialtest.Acts{Otherwise: g, OnUnblock: func(context.Context, string) scorecard.Answer { return trialtest.Accepted }}
			}},
	})
}

// A server that fails in the middle must not stay blocked.
func TestCollectUnblocksWhenLookingFails(t *testing.T) {
	for _, eco := range Check().Definition().Protocols {
		g := servedtest.New(eco)
		blocked, unblocked := false, false
		acts := trialtest.Acts{
			Otherwise: g,
			OnBlock: func(ctx context.Context, pattern, why string) scorecard.Answer {
				blocked = true
				return g.Block(ctx, pattern, why)
			},
			OnUnblock: func(ctx context.Context, pattern string) scorecard.Answer {
				unblocked = true
				return g.Unblock(ctx, pattern)
			},
			OnFile: func(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
				if blocked {
					return scorecard.File{}, trialtest.Unclear
				}
				return g.File(ctx, as, name, version)
			},
		}
		trialtest.Expect(t, trialtest.Run(t, Check(), g.Bench(acts)), scorecard.CouldNotTell, "bad gateway")
		if !unblocked {
			t.Errorf("%s: the block was left", eco)
		}
	}
}

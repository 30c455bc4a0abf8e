package takedownfeed

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	gone := served.Sight{File: trialtest.Absent}
	given, wordless := served.Removal{Reason: "no longer wanted"}, served.Removal{Reason: "no longer wanted", Wordless: true}
	yes, no := trialtest.Accepted, trialtest.Refused("log in")
	lines := func(text string) []Line { return []Line{{text, text}} }
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("public with the reason", Seen{open, gone, given, true, yes, lines("removed 1.0.0 (no longer wanted)")}, scorecard.Holds, "why"),
		servedtest.Saw("public with the kind of reason", Seen{open, gone, wordless, true, yes, lines("unpublished 1.0.0 by its owner")}, scorecard.Holds, "why"),
		servedtest.Saw("without the reason", Seen{open, gone, given, true, yes, lines("deleted 1.0.0")}, scorecard.Partly, "not why"),
		servedtest.Saw("only with a credential", Seen{open, gone, given, false, yes, lines("removed 1.0.0 (no longer wanted)")}, scorecard.Partly, "credential"),
		servedtest.Saw("only the publish is told", Seen{open, gone, given, true, yes, lines("published 1.0.0")}, scorecard.Fails, "nothing"),
		servedtest.Saw("no event names it", Seen{open, gone, given, true, yes, nil}, scorecard.Fails, "nothing"),
		servedtest.Saw("refused to everybody", Seen{open, gone, given, false, no, nil}, scorecard.Fails, "refused"),
		servedtest.Saw("not removed", Seen{open, open, given, true, yes, nil}, scorecard.CouldNotTell, "removed"),
		servedtest.Saw("events were not read", Seen{First: open, Removed: gone, Removal: given}, scorecard.CouldNotTell, "were read"),
	})
}

func TestAbout(t *testing.T) {
	const name = "@acme/removed-thing"
	got := about([]string{
		"published lodash 1.0.0",
		"published @acme/removed-thing 1.0.0",
		"yanked pkg:npm/%40acme/removed-thing@1.0.0",
	}, assay.NPM, name)
	if len(got) != 2 {
		t.Fatalf("%d lines name the package: %v", len(got), got)
	}
	for _, line := range got {
		if removes(line.Rest) {
			t.Errorf("%q counts as a removal because of the package's name", line.Text)
		}
	}
	many := make([]string, 50)
	for i := range many {
		many[i] = "removed " + name
	}
	if got := about(many, assay.NPM, name); len(got) != 10 {
		t.Errorf("%d lines are kept", len(got))
	}
}

func TestCollect(t *testing.T) {
	events := func(f func(g *servedtest.Registry, ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer)) func(*servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			return trialtest.Acts{Otherwise: g, OnEvents: func(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) { return f(g, ctx, as) }}
		}
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "why"},
		{What: "events for those who log in", Want: scorecard.Partly, Words: "credential",
			Acts: events(func(g *servedtest.Registry, ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
				if as.Secret == "" {
					return nil, trialtest.Refused("log in")
				}
				return g.Events(ctx, as)
			})},
		{What: "events without what is private", Want: scorecard.Partly, Words: "credential",
			Acts: events(func(g *servedtest.Registry, ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
				if as.Secret == "" {
					return []string{"removed something"}, trialtest.Accepted
				}
				return g.Events(ctx, as)
			})},
		{What: "events for nobody", Want: scorecard.Fails, Words: "refused",
			Acts: events(func(*servedtest.Registry, context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
				return nil, trialtest.Refused("no")
			})},
		{What: "removals are silent", Want: scorecard.Fails, Words: "nothing",
			Acts: servedtest.Removes(func(g *servedtest.Registry, name, version string) scorecard.Answer {
				g.Drop(name, version)
				return trialtest.Accepted
			})},
		{What: "no call for events", Want: scorecard.NotSupported, Words: "no call to read events",
			Acts: events(func(*servedtest.Registry, context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
				return nil, trialtest.NoCall
			})},
		{What: "no call to remove", Want: scorecard.NotSupported, Words: "no call to remove",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.NoCall })},
		{What: "events break", Want: scorecard.CouldNotTell, Words: "bad gateway",
			Acts: events(func(*servedtest.Registry, context.Context, scorecard.Credential) ([]string, scorecard.Answer) {
				return nil, trialtest.Unclear
			})},
	})
}

// A feed may lag by some seconds; it is waited for, and not for long.
func TestCollectWaits(t *testing.T) {
	g := servedtest.New(assay.NPM)
	reads := 0
	acts := trialtest.Acts{Otherwise: g, OnEvents: func(ctx context.Context, as scorecard.Credential) ([]string, scorecard.Answer) {
		reads++
		if reads < 4 {
			return nil, trialtest.Accepted
		}
		return g.Events(ctx, as)
	}}
	b := g.Bench(acts)
	trialtest.Expect(t, trialtest.Run(t, Check(), b), scorecard.Holds, "why")
	if reads != 5 || b.Waited > 10*time.Second {
		t.Errorf("the events were read %d times in %s", reads, b.Waited)
	}
}

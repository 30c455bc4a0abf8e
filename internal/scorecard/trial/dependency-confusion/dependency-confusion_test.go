package dependencyconfusion

import (
	"context"
	"slices"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	shut := served.Sight{File: trialtest.Absent}
	good := Seen{Public: open, Claim: trialtest.Accepted, Own: open, Foreign: shut, ClaimUnused: trialtest.Accepted, Unused: shut}
	with := func(change func(*Seen)) Seen { s := good; change(&s); return s }
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("private alone", good, scorecard.Holds, "even where nothing was published"),
		servedtest.Saw("names are not claimed", with(func(s *Seen) { s.Claim, s.ClaimUnused, s.Unused = trialtest.NoCall, trialtest.NoCall, served.Sight{} }), scorecard.Holds, "A private name"),
		servedtest.Saw("the higher one is served", with(func(s *Seen) { s.Foreign = open }), scorecard.Fails, "listed and handed out"),
		servedtest.Saw("only its file is open", with(func(s *Seen) { s.Foreign.File = trialtest.Accepted }), scorecard.Fails, "is handed out"),
		servedtest.Saw("it is only listed", with(func(s *Seen) { s.Foreign.Listed = true }), scorecard.Fails, "is listed"),
		servedtest.Saw("the unused name falls through", with(func(s *Seen) { s.Unused = open }), scorecard.Fails, "falls through"),
		servedtest.Saw("the upstream was asked", with(func(s *Seen) { s.Asked = []string{"x"} }), scorecard.Partly, "learns the name"),
		servedtest.Saw("nothing is pulled through", with(func(s *Seen) { s.Public = shut }), scorecard.CouldNotTell, "upstream"),
		servedtest.Saw("the private one is not served", with(func(s *Seen) { s.Own = shut }), scorecard.CouldNotTell, "private version"),
		servedtest.Saw("the foreign one was never asked for", with(func(s *Seen) { s.Foreign = served.Sight{} }), scorecard.CouldNotTell, "asked for"),
	})
}

func TestLeaked(t *testing.T) {
	for _, c := range []struct {
		what  string
		asked []string
		from  int
		want  []string
	}{
		{"nothing", nil, 0, nil},
		{"before the claim only", []string{"a", "b"}, 2, nil},
		{"after the claim", []string{"a", "x", "b", "b"}, 1, []string{"b"}},
		{"a list that became shorter", []string{"a"}, 5, nil},
	} {
		if got := leaked(c.asked, c.from, "a", "b"); !slices.Equal(got, c.want) {
			t.Errorf("%s: leaked %v, want %v", c.what, got, c.want)
		}
	}
}

func TestCollect(t *testing.T) {
	merges := func(g *servedtest.Registry) scorecard.Acts {
		both := func(l *scorecard.Listing, name string) {
			if l.Versions != nil && g.Up.Offers(name, g.Protocol.Version("1.99.0")) {
				l.Versions[g.Protocol.Version("1.99.0")] = scorecard.Version{}
			}
		}
		return servedtest.Lists(func(l *scorecard.Listing) { both(l, l.Name) })(g)
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "not asked for them"},
		{What: "no claims, and publishing makes private", Want: scorecard.Holds, Words: "A private name",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				return trialtest.Acts{Otherwise: g, OnClaim: func(context.Context, string) scorecard.Answer { return trialtest.NoCall }}
			}},
		{What: "no claims, and publishing asks whether the name is free", Want: scorecard.Holds, Words: "A private name",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				return trialtest.Acts{
					Otherwise: g,
					OnClaim:   func(context.Context, string) scorecard.Answer { return trialtest.NoCall },
					OnPublish: func(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
						g.Up.Ask(r.Name)
						return g.Publish(ctx, as, r)
					},
				}
			}},
		{What: "claims, and publishing asks all the same", Want: scorecard.Partly, Words: "learns the name",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				g.Up.Ask(r.Name)
				return g.Takes(r)
			})},
		{What: "the private version is never served", Want: scorecard.CouldNotTell, Words: "private version",
			Acts: servedtest.Serves(func(g *servedtest.Registry, name, version string) (scorecard.File, scorecard.Answer) {
				if g.Up.Offers(name, version) {
					return g.Hands(name, version)
				}
				return scorecard.File{}, trialtest.Absent
			})},
		{What: "claims without effect", Want: scorecard.Fails, Words: "falls through",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				return trialtest.Acts{Otherwise: g, OnClaim: func(context.Context, string) scorecard.Answer { return trialtest.Accepted }}
			}},
		{What: "listings are merged", Acts: merges, Want: scorecard.Fails, Words: "is listed"},
		{What: "the upstream is asked all the same", Want: scorecard.Partly, Words: "learns the name",
			Acts: func(g *servedtest.Registry) scorecard.Acts {
				return trialtest.Acts{Otherwise: g, OnFile: func(ctx context.Context, as scorecard.Credential, name, version string) (scorecard.File, scorecard.Answer) {
					g.Up.Ask(name)
					return g.File(ctx, as, name, version)
				}}
			}},
		{What: "nothing is pulled through", Want: scorecard.CouldNotTell, Words: "not served",
			Acts: servedtest.Serves(func(*servedtest.Registry, string, string) (scorecard.File, scorecard.Answer) {
				return scorecard.File{}, trialtest.Absent
			})},
		{What: "no upstream", Want: scorecard.CouldNotTell, Words: "upstream of ours",
			Bench: func(b *trialtest.Bench) { b.Instance = servedtest.Instance{} }},
		{What: "no driver", Want: scorecard.CouldNotTell, Words: "no driver",
			Bench: func(b *trialtest.Bench) { b.Instance = nil }},
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

package servedtest

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

// Case is a repository that behaves in some way, and what a trial should find
// there.
type Case struct {
	What string
	// Acts is the subject, made from a good repository; nil is the good one.
	Acts func(g *Registry) scorecard.Acts
	// Bench changes the bench, if set.
	Bench func(b *trialtest.Bench)
	Want  scorecard.Outcome
	Words string
}

// Collect tries a trial on each case, through each of its protocols, and on
// three more that every trial must bear: a subject that has no call for
// anything, one that does not answer, and one that says yes to everything and
// does nothing.
func Collect(t *testing.T, c scorecard.Check, cases []Case) {
	t.Helper()
	cases = append(cases,
		Case{What: "no call for anything", Want: scorecard.NotSupported, Words: "no call",
			Acts: func(*Registry) scorecard.Acts { return trialtest.Missing() }},
		Case{What: "a dead server", Want: scorecard.CouldNotTell, Words: "no answer from",
			Acts: func(*Registry) scorecard.Acts { return trialtest.Dead() }},
		Case{What: "yes to everything, and nothing done", Want: scorecard.CouldNotTell,
			Acts: func(*Registry) scorecard.Acts { return yes() }},
	)
	for _, eco := range c.Definition().Protocols {
		for _, one := range cases {
			t.Run(string(eco)+", "+one.What, func(t *testing.T) {
				g := New(eco)
				var acts scorecard.Acts = g
				if one.Acts != nil {
					acts = one.Acts(g)
				}
				b := g.Bench(acts)
				if one.Bench != nil {
					one.Bench(b)
				}
				trialtest.Expect(t, trialtest.Run(t, c, b), one.Want, one.Words)
				if g.Up.Stopped() {
					t.Error("a mirror of the upstream was left stopped")
				}
			})
		}
	}
}

// Seen is what a trial wrote down, and what should be found in it.
type Seen struct {
	What  string
	Seen  any
	Want  scorecard.Outcome
	Words string
}

// Judge judges each, and asserts that the definition is sound.
func Judge(t *testing.T, c scorecard.Check, cases []Seen) {
	t.Helper()
	Sound(t, c)
	for _, one := range cases {
		t.Run(one.What, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, c, one.Seen), one.Want, one.Words)
		})
	}
}

// Saw is one case of Judge.
func Saw(what string, seen any, want scorecard.Outcome, words string) Seen {
	return Seen{What: what, Seen: seen, Want: want, Words: words}
}

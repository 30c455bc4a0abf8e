package malformedarchives

import (
	"bytes"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	refused := Attempt{How: scorecard.NoArchive, Publish: trialtest.Refused("no archive")}
	taken := Attempt{How: scorecard.Climbing, Publish: trialtest.Accepted, There: true}
	said := Attempt{How: scorecard.Absolute, Publish: trialtest.Accepted}
	fault := Attempt{How: scorecard.CutShort, Publish: trialtest.Unclear}
	kept := Attempt{How: scorecard.CutShort, Publish: trialtest.Unclear, There: true}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("all refused", Seen{open, []Attempt{refused, refused}}, scorecard.Holds, "All 2 kinds"),
		servedtest.Saw("one taken", Seen{open, []Attempt{refused, taken}}, scorecard.Partly, "climbing path"),
		servedtest.Saw("all taken", Seen{open, []Attempt{taken}}, scorecard.Fails, "All 1"),
		servedtest.Saw("a failure that keeps it", Seen{open, []Attempt{refused, kept}}, scorecard.Partly, "cut short"),
		servedtest.Saw("a failure that keeps nothing", Seen{open, []Attempt{refused, fault}}, scorecard.CouldNotTell, "cut short"),
		servedtest.Saw("dropped with success", Seen{open, []Attempt{refused, said}}, scorecard.Partly, "with success"),
		servedtest.Saw("nothing was tried", Seen{Sound: open}, scorecard.CouldNotTell, "sound archive"),
		servedtest.Saw("sound ones are not taken", Seen{served.Sight{}, []Attempt{refused}}, scorecard.CouldNotTell, "sound archive"),
	})
}

func TestCollect(t *testing.T) {
	takes := func(f func(r scorecard.Release) bool) func(*servedtest.Registry) scorecard.Acts {
		return servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
			if r.Archive != nil && f(r) {
				g.Put(r)
				return trialtest.Accepted
			}
			return g.Takes(r)
		})
	}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "All 7 kinds"},
		{What: "any archive is taken", Want: scorecard.Fails, Words: "All 7",
			Acts: takes(func(scorecard.Release) bool { return true })},
		{What: "links are taken", Want: scorecard.Partly, Words: "6 of 7",
			Acts: takes(func(r scorecard.Release) bool { return bytes.Contains(r.Archive, []byte(scorecard.LinkOutside)) })},
		{What: "the server crashes on them", Want: scorecard.CouldNotTell, Words: "failed instead of refusing",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if r.Archive != nil {
					return trialtest.Unclear
				}
				return g.Takes(r)
			})},
		{What: "uploads are throttled", Want: scorecard.CouldNotTell, Words: "too many",
			Acts: servedtest.Publishes(func(g *servedtest.Registry, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
				if r.Archive != nil {
					return trialtest.Throttled(1)
				}
				return g.Takes(r)
			})},
	})
}

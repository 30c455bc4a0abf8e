package yank

import (
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	before := served.Sight{Listed: true, Latest: "1.0.1", File: trialtest.Accepted, SHA256: "aa"}
	older := served.Sight{Listed: true, Latest: "1.0.0", File: trialtest.Accepted, SHA256: "00"}
	left := served.Sight{Latest: "1.0.0", File: trialtest.Accepted, SHA256: "aa"}
	marked := served.Sight{Listed: true, Status: assay.Yanked, Latest: "1.0.0", File: trialtest.Accepted, SHA256: "aa"}
	with := func(s served.Sight, change func(*served.Sight)) served.Sight { change(&s); return s }
	seen := func(after served.Sight) Seen { return Seen{"1.0.1", before, after, older} }
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("left out", seen(left), scorecard.Holds, "left out"),
		servedtest.Saw("marked", seen(marked), scorecard.Holds, "marked"),
		servedtest.Saw("no newest at all", seen(with(marked, func(s *served.Sight) { s.Latest = "" })), scorecard.Holds, "marked"),
		servedtest.Saw("still newest", seen(with(marked, func(s *served.Sight) { s.Latest = "1.0.1" })), scorecard.Fails, "newest"),
		servedtest.Saw("left out but still newest", seen(with(left, func(s *served.Sight) { s.Latest = "1.0.1" })), scorecard.Fails, "newest"),
		servedtest.Saw("listed without a mark", seen(with(marked, func(s *served.Sight) { s.Status = assay.Active })), scorecard.Fails, "without a mark"),
		servedtest.Saw("only deprecated", seen(with(marked, func(s *served.Sight) { s.Status = assay.Deprecated })), scorecard.Fails, "without a mark"),
		servedtest.Saw("its file is gone", seen(served.Sight{Latest: "1.0.0", File: trialtest.Absent}), scorecard.Fails, "lock files"),
		servedtest.Saw("its file is refused", seen(served.Sight{File: trialtest.Refused("yanked")}), scorecard.Fails, "lock files"),
		servedtest.Saw("other bytes", seen(with(left, func(s *served.Sight) { s.SHA256 = "bb" })), scorecard.Fails, "other bytes"),
		servedtest.Saw("the older one is gone too", Seen{"1.0.1", before, left, served.Sight{File: trialtest.Absent}}, scorecard.Partly, "older"),
		servedtest.Saw("never served before", Seen{"1.0.1", served.Sight{}, left, older}, scorecard.CouldNotTell, "before"),
		servedtest.Saw("never asked for again", seen(served.Sight{}), scorecard.CouldNotTell, "after"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "marked"},
		{What: "yanking destroys", Want: scorecard.Fails, Words: "lock files",
			Acts: servedtest.Sets(func(g *servedtest.Registry, name, version string, _ assay.Status, reason string) scorecard.Answer {
				return g.Deletes(name, version, reason)
			})},
		{What: "yanking does nothing", Want: scorecard.Fails, Words: "newest",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.Accepted
			})},
		{What: "no call to yank", Want: scorecard.NotSupported, Words: "no call to yank",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.NoCall
			})},
		{What: "yanking is refused", Want: scorecard.CouldNotTell, Words: "not yours",
			Acts: servedtest.Sets(func(*servedtest.Registry, string, string, assay.Status, string) scorecard.Answer {
				return trialtest.Refused("not yours")
			})},
	})
}

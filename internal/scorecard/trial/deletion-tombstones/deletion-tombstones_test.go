package deletiontombstones

import (
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func gone(listed string, status int, words string) served.Sight {
	return served.Sight{Gone: listed, File: scorecard.Answer{Verdict: scorecard.Absent, Status: status, Reason: words}}
}

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	never := gone("", 404, "not found")
	const reason = "superseded by a throw-away test"
	given, wordless := served.Removal{Reason: reason}, served.Removal{Reason: reason, Wordless: true}
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("listed as gone with the reason", Seen{open, gone("removed: "+reason, 404, ""), never, given}, scorecard.Holds, "with the reason"),
		servedtest.Saw("the file says why", Seen{open, gone("", 410, "removed: "+reason), never, given}, scorecard.Holds, "with the reason"),
		servedtest.Saw("listed as gone without the reason", Seen{open, gone("2026-11-22", 404, ""), never, given}, scorecard.Partly, "reason for the removal"),
		servedtest.Saw("the file is gone without a word", Seen{open, gone("", 410, ""), never, given}, scorecard.Partly, "reason for the removal"),
		servedtest.Saw("nothing is left", Seen{open, never, never, given}, scorecard.Fails, "never existed"),
		servedtest.Saw("everything is called gone", Seen{open, gone("", 410, ""), gone("", 410, ""), given}, scorecard.Fails, "never existed"),
		servedtest.Saw("not removed", Seen{open, open, never, given}, scorecard.CouldNotTell, "was removed"),
		servedtest.Saw("never served", Seen{never, never, never, given}, scorecard.CouldNotTell, "was served"),
		servedtest.Saw("who removed it is told", Seen{open, gone("unpublished by its owner", 404, ""), never, wordless}, scorecard.Holds, "no place"),
		servedtest.Saw("who removed it is told, where the reason could be", Seen{open, gone("unpublished by its owner", 404, ""), never, given}, scorecard.Partly, "is not"),
		servedtest.Saw("the word is in every answer", Seen{open, gone("", 410, "ask the owner"), gone("", 404, "ask the owner"), wordless}, scorecard.Partly, "is not"),
		servedtest.Saw("no reason was given", Seen{open, gone("removed", 404, ""), never, served.Removal{}}, scorecard.Partly, "reason"),
		servedtest.Saw("the control is missing", Seen{First: open, Removed: never, Removal: given}, scorecard.CouldNotTell, "never existed"),
	})
}

func TestCollect(t *testing.T) {
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Want: scorecard.Holds, Words: "with the"},
		{What: "no trace is left", Want: scorecard.Fails, Words: "never existed",
			Acts: servedtest.Removes(func(g *servedtest.Registry, name, version string) scorecard.Answer {
				g.Drop(name, version)
				return trialtest.Accepted
			})},
		{What: "a trace without the reason", Want: scorecard.Partly, Words: "reason",
			Acts: servedtest.Removes(func(g *servedtest.Registry, name, version string) scorecard.Answer {
				return g.Deletes(name, version, "gone")
			})},
		{What: "no call to remove", Want: scorecard.NotSupported, Words: "no call to remove",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.NoCall })},
		{What: "removal that does nothing", Want: scorecard.CouldNotTell, Words: "was removed",
			Acts: servedtest.Removes(func(*servedtest.Registry, string, string) scorecard.Answer { return trialtest.Accepted })},
	})
}

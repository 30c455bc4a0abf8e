package auditcall

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestCall(t *testing.T) {
	always := func(ids []string, a scorecard.Answer) func(string, string) ([]string, scorecard.Answer) {
		return func(string, string) ([]string, scorecard.Answer) { return ids, a }
	}
	unclear := scorecard.Answer{Verdict: scorecard.Unclear, Reason: "answered with a web page"}
	cases := map[string]struct {
		call func(string, string) ([]string, scorecard.Answer)
		want scorecard.Outcome
		says string
	}{
		"it knows": {always([]string{"GHSA-1", "GHSA-2"}, probetest.Yes()), scorecard.Holds, "2 advisories, such as GHSA-1"},
		"it knows one of them": {func(name, _ string) ([]string, scorecard.Answer) {
			if name == "minimist" {
				return []string{"GHSA-9"}, probetest.Yes()
			}
			return nil, probetest.Yes()
		}, scorecard.Holds, "minimist"},
		"it knows one, after a fault": {func(name, _ string) ([]string, scorecard.Answer) {
			if name == "handlebars" {
				return []string{"GHSA-9"}, probetest.Yes()
			}
			return nil, unclear
		}, scorecard.Holds, "handlebars"},
		"it knows of none":          {always(nil, probetest.Yes()), scorecard.Fails, "4 versions"},
		"no call":                   {nil, scorecard.NotSupported, "no call"},
		"a call that is not there":  {always(nil, probetest.No(scorecard.Absent)), scorecard.NotSupported, "no call"},
		"a web page":                {always(nil, unclear), scorecard.CouldNotTell, "web page"},
		"refused":                   {always(nil, probetest.No(scorecard.Refused)), scorecard.CouldNotTell, "refused"},
		"ids beside a refusal":      {always([]string{"GHSA-1"}, probetest.No(scorecard.Refused)), scorecard.CouldNotTell, "refused"},
		"throttled after the first": {throttled(), scorecard.CouldNotTell, "throttled"},
	}
	for name, c := range cases {
		f := probetest.Find(t, Check(), probetest.Bench(probetest.Acts{OnAdvisories: c.call}, probetest.Dead()))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func throttled() func(string, string) ([]string, scorecard.Answer) {
	n := 0
	return func(string, string) ([]string, scorecard.Answer) {
		if n++; n > 1 {
			return nil, probetest.No(scorecard.Throttled)
		}
		return nil, probetest.Yes()
	}
}

// An index answers for what it has: that some are not there says nothing.
func TestAnIndexIsAskedAboutWhatItHas(t *testing.T) {
	some := func(known map[string][]string) func(string, string) ([]string, scorecard.Answer) {
		return func(name, _ string) ([]string, scorecard.Answer) {
			if ids, there := known[name]; there {
				return ids, probetest.Yes()
			}
			return nil, probetest.No(scorecard.Absent)
		}
	}
	for name, c := range map[string]struct {
		known map[string][]string
		want  scorecard.Outcome
		says  string
	}{
		"one is there and known":  {map[string][]string{"jinja2": {"PYSEC-1"}}, scorecard.Holds, "jinja2 2.10"},
		"two are there":           {map[string][]string{"jinja2": nil, "pyyaml": nil}, scorecard.Fails, "2 versions"},
		"one is there, and quiet": {map[string][]string{"jinja2": nil}, scorecard.CouldNotTell, "enough versions"},
		"none is there":           {nil, scorecard.CouldNotTell, "none of the versions"},
	} {
		b := probetest.Bench(probetest.Acts{OnAdvisories: some(c.known)}, probetest.Dead())
		b.Protocol = probetest.Protocol{Eco: assay.PyPI}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestOneAnswerIsNotEnoughToFail(t *testing.T) {
	f := probetest.Judge(t, Check(), probetest.Seen(t, Seen{Asked: []Asked{{Name: "lodash", Verdict: scorecard.Accepted}}}))
	if f.Outcome != scorecard.CouldNotTell {
		t.Errorf("%s: %s", f.Outcome, f.Reason)
	}
}

func TestEvidenceOfAnotherFormIsRefused(t *testing.T) {
	for _, raw := range []string{`{"asked":[],"more":1}`, `[]`, `{"asked":"lodash"}`, ``} {
		if _, err := Check().Judge([]byte(raw)); err == nil {
			t.Errorf("%q was judged", raw)
		}
	}
}

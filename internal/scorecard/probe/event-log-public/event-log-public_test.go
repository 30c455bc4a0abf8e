package eventlogpublic

import (
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestJudge(t *testing.T) {
	const page = "https://registry.example/events"
	cases := map[string]struct {
		log  probe.EventLog
		want scorecard.Outcome
		says string
	}{
		"whole events":                 {probe.EventLog{Call: scorecard.Accepted, Events: 9, Named: 9, Full: 8}, scorecard.Holds, "8 of 9"},
		"names without times":          {probe.EventLog{Call: scorecard.Accepted, Events: 9, Named: 9}, scorecard.Partly, "none says when"},
		"events without names":         {probe.EventLog{Call: scorecard.Accepted, Events: 9}, scorecard.Fails, "none of the 9"},
		"an empty log":                 {probe.EventLog{Call: scorecard.Accepted}, scorecard.Fails, "empty"},
		"an empty page":                {probe.EventLog{Call: scorecard.NoCall, Page: page, Status: 200, Form: "a JSON array"}, scorecard.Fails, "empty"},
		"a call that refuses":          {probe.EventLog{Call: scorecard.Refused}, scorecard.Fails, "refuses"},
		"a page that refuses":          {probe.EventLog{Call: scorecard.NoCall, Page: page, Status: 403}, scorecard.Fails, "403"},
		"a page that is not there":     {probe.EventLog{Call: scorecard.NoCall, Page: page, Status: 404}, scorecard.Fails, "404"},
		"a page that does not come":    {probe.EventLog{Call: scorecard.NoCall, Page: page, Untold: "too slow"}, scorecard.CouldNotTell, "too slow"},
		"a page in no form":            {probe.EventLog{Call: scorecard.NoCall, Page: page, Status: 200}, scorecard.CouldNotTell, "no form"},
		"a call that is unclear":       {probe.EventLog{Call: scorecard.Unclear, Said: "a web page"}, scorecard.CouldNotTell, "a web page"},
		"a call that is throttled":     {probe.EventLog{Call: scorecard.Throttled}, scorecard.CouldNotTell, "throttled"},
		"a refused call, a whole page": {probe.EventLog{Call: scorecard.Refused, Page: page, Status: 200, Events: 1, Named: 1, Full: 1}, scorecard.Holds, ""},
	}
	for name, c := range cases {
		f := probetest.Judge(t, Check(), probetest.Seen(t, Seen{c.log}))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestCollect(t *testing.T) {
	const address = "https://registry.example/events"
	cases := map[string]struct {
		acts probetest.Acts
		at   scorecard.Visitor
		page string
		want scorecard.Outcome
	}{
		"neither call nor page": {probetest.Acts{}, probetest.Pages{}, "", scorecard.NotSupported},
		"a call that refuses": {probetest.Acts{OnEvents: func() ([]string, scorecard.Answer) { return nil, probetest.No(scorecard.Refused) }},
			probetest.Pages{}, "", scorecard.Fails},
		"an index of Go": {probetest.Acts{}, probetest.Pages{address: probetest.Text("text/plain", `{"Path":"m","Version":"v1.0.0","Timestamp":"2026-01-01T00:00:00Z"}`)}, address, scorecard.Holds},
		"a web page":     {probetest.Acts{}, probetest.Everywhere(`<!doctype html>{"name":"a","time":"2026-01-01T00:00:00Z"}`), address, scorecard.CouldNotTell},
		"no answer":      {probetest.Acts{}, probetest.Dead(), address, scorecard.CouldNotTell},
	}
	for name, c := range cases {
		b := probetest.Bench(c.acts, c.at)
		if c.page != "" {
			b.Subject.Pages["events"] = c.page
		}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

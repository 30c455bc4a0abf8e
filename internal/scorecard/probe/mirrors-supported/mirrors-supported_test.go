package mirrorssupported

import (
	"maps"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestJudge(t *testing.T) {
	open := probe.EventLog{Call: scorecard.Accepted, Events: 3, Named: 3, Full: 3}
	closed := probe.EventLog{Call: scorecard.Refused}
	none := probe.EventLog{Call: scorecard.NoCall}
	slow := probe.EventLog{Call: scorecard.NoCall, Page: "p", Untold: "too slow"}
	means := []string{"signatures"}
	cases := map[string]struct {
		seen Seen
		want scorecard.Outcome
		says string
	}{
		"both":                                {Seen{Log: open, Means: means}, scorecard.Holds, "signatures"},
		"events alone":                        {Seen{Log: open}, scorecard.Partly, "nothing was found to verify"},
		"events, and no sample":               {Seen{Log: open, Untold: []string{"refused"}}, scorecard.CouldNotTell, "refused"},
		"means alone":                         {Seen{Log: closed, Means: means}, scorecard.Partly, "refuses"},
		"means, and no log at all":            {Seen{Log: none, Means: means}, scorecard.Partly, "no event log"},
		"means, and a log that does not come": {Seen{Log: slow, Means: means}, scorecard.CouldNotTell, "too slow"},
		"a closed log and no means":           {Seen{Log: closed}, scorecard.Fails, "refuses"},
		"an empty log and no means":           {Seen{Log: probe.EventLog{Call: scorecard.Accepted}}, scorecard.Fails, "names no package"},
		"nothing that could be asked":         {Seen{Log: none}, scorecard.NotSupported, ""},
		"nothing that comes":                  {Seen{Log: slow}, scorecard.CouldNotTell, "too slow"},
	}
	for name, c := range cases {
		f := probetest.Judge(t, Check(), probetest.Seen(t, c.seen))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestCollect(t *testing.T) {
	events := func() ([]string, scorecard.Answer) {
		return []string{"2026-11-01T10:00:00Z published lodash"}, probetest.Yes()
	}
	listing := func(v scorecard.Version) func(scorecard.Credential, string) (scorecard.Listing, scorecard.Answer) {
		return probetest.Listings(map[string]scorecard.Listing{"lodash": {Versions: map[string]scorecard.Version{"1.0.0": v}}})
	}
	bare := probetest.Acts{OnEvents: events, OnListing: listing(scorecard.Version{})}
	log := probetest.Log(t, "https://registry.example/log", 3, false)
	root := probetest.Pages{}
	maps.Copy(root, probetest.TUF(t, "https://registry.example/tuf/", 2, time.Now().AddDate(1, 0, 0)))
	cases := map[string]struct {
		acts probetest.Acts
		at   scorecard.Visitor
		want scorecard.Outcome
		says string
	}{
		"signed versions":              {probetest.Acts{OnEvents: events, OnListing: listing(scorecard.Version{Signatures: 2})}, probetest.Dead(), scorecard.Holds, "signatures beside 1 of 1"},
		"a checksum database":          {probetest.Acts{OnEvents: events, OnListing: listing(scorecard.Version{Digests: map[string]string{"h1": "x"}})}, probetest.Dead(), scorecard.Holds, "checksum database"},
		"TUF":                          {bare, root, scorecard.Holds, "TUF"},
		"a log":                        {bare, log, scorecard.Holds, "3 entries"},
		"nothing":                      {bare, probetest.Pages{}, scorecard.Partly, ""},
		"a web page for all addresses": {bare, probetest.Everywhere("<!doctype html>"), scorecard.Partly, ""},
		"no listing":                   {probetest.Acts{OnEvents: events}, probetest.Pages{}, scorecard.CouldNotTell, ""},
	}
	for name, c := range cases {
		b := probetest.Bench(c.acts, c.at)
		b.Samples = []string{"lodash"}
		f := probetest.Find(t, Check(), b)
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

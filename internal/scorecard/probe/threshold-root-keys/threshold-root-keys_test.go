package thresholdrootkeys

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
	"assay.invalid/internal/scorecard/tuf"
)

func TestJudge(t *testing.T) {
	cases := map[string]struct {
		role tuf.Role
		want scorecard.Outcome
		says string
	}{
		"two of three":              {tuf.Role{Version: 4, Threshold: 2, Keys: 3, Signed: 2}, scorecard.Holds, "2 of 3 distinct keys"},
		"one of three":              {tuf.Role{Version: 4, Threshold: 1, Keys: 3, Signed: 3}, scorecard.Fails, "one key signs"},
		"two of one key twice":      {tuf.Role{Version: 4, Threshold: 2, Keys: 1, Signed: 1}, scorecard.Fails, "1 distinct keys"},
		"a threshold of nothing":    {tuf.Role{Version: 4, Threshold: 0, Keys: 3, Signed: 3}, scorecard.Fails, ""},
		"keys of other kinds":       {tuf.Role{Version: 4, Threshold: 3, Keys: 1, Signed: 1, Unreadable: 4}, scorecard.CouldNotTell, "not checked"},
		"a threshold below nothing": {tuf.Role{Version: 4, Threshold: -3}, scorecard.Fails, ""},
	}
	for name, c := range cases {
		f := probetest.Judge(t, Check(), probetest.Seen(t, Seen{Root: &tuf.Root{Role: c.role}}))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestCollect(t *testing.T) {
	next := time.Now().AddDate(1, 0, 0)
	const usual, elsewhere = "https://registry.example/tuf/", "https://keys.example/meta/"
	cases := map[string]struct {
		at     scorecard.Visitor
		stated string
		want   scorecard.Outcome
	}{
		"two keys at the usual place":  {probetest.TUF(t, usual, 2, next), "", scorecard.Holds},
		"two keys where it is stated":  {probetest.TUF(t, elsewhere, 2, next), elsewhere + "root.json", scorecard.Holds},
		"one key":                      {probetest.TUF(t, usual, 1, next), "", scorecard.Fails},
		"no root":                      {probetest.Pages{}, "", scorecard.NotSupported},
		"no root where one is stated":  {probetest.Pages{}, elsewhere + "root.json", scorecard.Fails},
		"a web page for all addresses": {probetest.Everywhere("<!doctype html>hello"), "", scorecard.NotSupported},
		"no answer":                    {probetest.Dead(), "", scorecard.CouldNotTell},
	}
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{}, c.at)
		if c.stated != "" {
			b.Subject.Pages["root"] = c.stated
		}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

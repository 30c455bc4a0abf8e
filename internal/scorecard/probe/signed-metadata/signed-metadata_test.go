package signedmetadata

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
	"assay.invalid/internal/scorecard/tuf"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func sound() tuf.Repository {
	role := tuf.Role{Version: 3, Expires: now.AddDate(0, 0, 1), Threshold: 1, Keys: 1, Signed: 1, Named: 3, Same: true}
	r := tuf.Repository{Timestamp: role, Snapshot: role, Targets: role}
	r.Root.Role = tuf.Role{Version: 5, Expires: now.AddDate(1, 0, 0), Threshold: 2, Keys: 3, Signed: 2}
	return r
}

func TestJudgeTUF(t *testing.T) {
	cases := map[string]struct {
		bend func(*tuf.Repository)
		want scorecard.Outcome
		says string
	}{
		"all as it should be":              {func(*tuf.Repository) {}, scorecard.Holds, "timestamp runs out on 2026-11-23"},
		"a timestamp that ran out":         {func(r *tuf.Repository) { r.Timestamp.Expires = now.AddDate(0, -1, 0) }, scorecard.Fails, "ran out on 2026-10-22"},
		"a root that ran out":              {func(r *tuf.Repository) { r.Root.Expires = now }, scorecard.Fails, "root ran out"},
		"no date at all":                   {func(r *tuf.Repository) { r.Targets.Expires = time.Time{} }, scorecard.Fails, "targets ran out"},
		"another snapshot":                 {func(r *tuf.Repository) { r.Snapshot.Same = false }, scorecard.Fails, "snapshot that is served"},
		"too few signatures":               {func(r *tuf.Repository) { r.Root.Signed = 1 }, scorecard.Fails, "1 fitting signatures of the 2"},
		"keys of other kinds":              {func(r *tuf.Repository) { r.Root.Signed, r.Root.Unreadable = 1, 1 }, scorecard.CouldNotTell, "not checked"},
		"a threshold of nothing":           {func(r *tuf.Repository) { r.Targets.Threshold, r.Targets.Signed = 0, 0 }, scorecard.Fails, "how many keys"},
		"no targets":                       {func(r *tuf.Repository) { r.Targets = tuf.Role{Broken: "answers 404"} }, scorecard.Fails, "targets answers 404"},
		"targets that do not come":         {func(r *tuf.Repository) { r.Targets = tuf.Role{Untold: "too slow"} }, scorecard.CouldNotTell, "too slow"},
		"a root its elder did not sign":    {func(r *tuf.Repository) { r.Root.Predecessor = 4 }, scorecard.Fails, "version 4"},
		"a root that its elder signed too": {func(r *tuf.Repository) { r.Root.Predecessor, r.Root.SignedByPredecessor = 4, true }, scorecard.Holds, ""},
	}
	for name, c := range cases {
		r := sound()
		c.bend(&r)
		f := probetest.Judge(t, Check(), probetest.Seen(t, Seen{At: now, TUF: &r}))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestJudgeWithoutTUF(t *testing.T) {
	cases := map[string]struct {
		seen Seen
		want scorecard.Outcome
	}{
		"signatures of versions":            {Seen{None: "none", Looked: 9, Signed: 9}, scorecard.Partly},
		"a checksum database":               {Seen{None: "none", Looked: 3, Vouched: 3}, scorecard.Partly},
		"nothing":                           {Seen{None: "none", Looked: 9}, scorecard.Fails},
		"a root that does not come":         {Seen{Untold: "too slow", Looked: 9}, scorecard.CouldNotTell},
		"a root that does not come, signed": {Seen{Untold: "too slow", Looked: 9, Signed: 1}, scorecard.Partly},
		"no sample":                         {Seen{None: "none", Unread: "refused"}, scorecard.CouldNotTell},
		"a database that was not asked":     {Seen{None: "none", Looked: 9, Unasked: true}, scorecard.CouldNotTell},
	}
	for name, c := range cases {
		if f := probetest.Judge(t, Check(), probetest.Seen(t, c.seen)); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestCollect(t *testing.T) {
	const folder = "https://registry.example/tuf/"
	signed := probetest.Listings(map[string]scorecard.Listing{"lodash": {Versions: map[string]scorecard.Version{"1.0.0": {Signatures: 1}}}})
	bare := probetest.Listings(map[string]scorecard.Listing{"lodash": {Versions: map[string]scorecard.Version{"1.0.0": {}}}})
	next := time.Now().AddDate(0, 0, 2)
	broken := probetest.TUF(t, folder, 2, next)
	broken[folder+"snapshot.json"] = probetest.TUF(t, folder, 2, next)[folder+"snapshot.json"]
	cases := map[string]struct {
		acts probetest.Acts
		at   scorecard.Visitor
		want scorecard.Outcome
	}{
		"a sound repository":           {probetest.Acts{OnListing: bare}, probetest.TUF(t, folder, 2, next), scorecard.Holds},
		"one that ran out":             {probetest.Acts{OnListing: signed}, probetest.TUF(t, folder, 2, time.Now().AddDate(0, 0, -2)), scorecard.Fails},
		"a snapshot of somebody else":  {probetest.Acts{OnListing: signed}, broken, scorecard.Fails},
		"no root, signed versions":     {probetest.Acts{OnListing: signed}, probetest.Pages{}, scorecard.Partly},
		"a web page for all addresses": {probetest.Acts{OnListing: bare}, probetest.Everywhere("<!doctype html>hello"), scorecard.Fails},
		"no answer":                    {probetest.Acts{OnListing: bare}, probetest.Dead(), scorecard.CouldNotTell},
		"no answer to anything":        {probetest.Acts{}, probetest.Dead(), scorecard.CouldNotTell},
	}
	for name, c := range cases {
		b := probetest.Bench(c.acts, c.at)
		b.Samples = []string{"lodash"}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
	b := probetest.Bench(probetest.Acts{OnListing: probetest.Listings(map[string]scorecard.Listing{"m": {Versions: map[string]scorecard.Version{"v1.0.0": {Digests: map[string]string{"h1": "h1:x"}}}}})}, probetest.Pages{})
	b.Protocol, b.Samples = probetest.Protocol{Eco: assay.Golang}, []string{"m"}
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.Partly || !strings.Contains(f.Reason, "checksum database") {
		t.Errorf("Go with a checksum database: %s: %s", f.Outcome, f.Reason)
	}
}

package transparencylogmerkle

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestJudge(t *testing.T) {
	sound := Seen{Address: "https://registry.example/log", Origin: "log.example", Size: 21, Leaves: 21, Whole: true, Entries: 21, Key: keyFits, Later: 22,
		Witnesses: []Witness{{"witness.example", time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}}}
	cases := map[string]struct {
		bend func(*Seen)
		want scorecard.Outcome
		says string
	}{
		"all as it should be":         {func(*Seen) {}, scorecard.Holds, "witness.example (2026-11-22)"},
		"no key served":               {func(s *Seen) { s.Key = "" }, scorecard.Holds, ""},
		"a large tree":                {func(s *Seen) { s.Whole, s.Size, s.Leaves = false, 70000, 115 }, scorecard.Holds, "115 in all"},
		"many witnesses":              {func(s *Seen) { s.Witnesses = append(s.Witnesses, make([]Witness, 4)...) }, scorecard.Holds, "and 2 more"},
		"no witness":                  {func(s *Seen) { s.Witnesses = nil }, scorecard.Partly, "no witness"},
		"no entries":                  {func(s *Seen) { s.Entries = 0 }, scorecard.Partly, "not served"},
		"a lie":                       {func(s *Seen) { s.Lie = "two roots" }, scorecard.Fails, "two roots"},
		"another key":                 {func(s *Seen) { s.Key = keyNot }, scorecard.Fails, "not signed"},
		"an empty log":                {func(s *Seen) { s.Size, s.Entries = 0, 0 }, scorecard.CouldNotTell, "empty"},
		"tiles that do not come":      {func(s *Seen) { s.Untold = "too slow" }, scorecard.CouldNotTell, "too slow"},
		"no log":                      {func(s *Seen) { *s = Seen{None: "answers 404"} }, scorecard.NotSupported, "404"},
		"no log where one is stated":  {func(s *Seen) { *s = Seen{None: "answers 404", Stated: true} }, scorecard.Fails, "404"},
		"a log that is not for all":   {func(s *Seen) { *s = Seen{None: "answers 403", Refused: true, Stated: true} }, scorecard.Fails, "403"},
		"a gate before everything":    {func(s *Seen) { *s = Seen{None: "answers 401", Refused: true} }, scorecard.CouldNotTell, "401"},
		"a checksum database instead": {func(s *Seen) { *s = Seen{None: "answers 404", Vouched: 3} }, scorecard.Partly, "checksum database"},
	}
	for name, c := range cases {
		s := sound
		c.bend(&s)
		f := probetest.Judge(t, Check(), probetest.Seen(t, s))
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestCollect(t *testing.T) {
	const address = "https://registry.example/log"
	with := func(changed probetest.Pages) probetest.Pages {
		p := probetest.Log(t, address, 21, true)
		maps.Copy(p, changed)
		return p
	}
	other := probetest.Log(t, address, 21, true)
	twoHistories := func() scorecard.Visitor {
		pages, n := probetest.Log(t, address, 21, true), 0
		smaller := probetest.Log(t, address, 20, true)
		return probetest.Visits(func(r scorecard.Request) (scorecard.Response, error) {
			if strings.HasSuffix(r.URL, "/checkpoint") {
				if n++; n > 1 {
					c := smaller[r.URL]
					c.Body = []byte(strings.Replace(string(c.Body), "\n20\n", "\n21\n", 1))
					return c, nil
				}
			}
			return pages.Do(t.Context(), r)
		})
	}
	cases := map[string]struct {
		at   scorecard.Visitor
		want scorecard.Outcome
	}{
		"a sound log":                   {with(nil), scorecard.Holds},
		"no witness":                    {probetest.Log(t, address, 21, false), scorecard.Partly},
		"a key of somebody else":        {with(probetest.Pages{address + "/key": other[address+"/key"]}), scorecard.Fails},
		"tiles of somebody else":        {with(probetest.Pages{address + "/tile/0/000.p/21": probetest.Text("x", strings.Repeat("x", 21*32))}), scorecard.Fails},
		"two histories":                 {twoHistories(), scorecard.Fails},
		"a web page for all addresses":  {probetest.Everywhere("<!doctype html>hello\n\nthere"), scorecard.NotSupported},
		"nothing":                       {probetest.Pages{}, scorecard.NotSupported},
		"a log that is not for all":     {probetest.Pages{address + "/checkpoint": probetest.Status(401)}, scorecard.CouldNotTell},
		"no answer":                     {probetest.Dead(), scorecard.CouldNotTell},
		"an answer that is a fault":     {probetest.Pages{address + "/checkpoint": probetest.Status(500)}, scorecard.CouldNotTell},
		"a second checkpoint not given": {firstOnly(with(nil)), scorecard.CouldNotTell},
	}
	for name, c := range cases {
		f := probetest.Find(t, Check(), probetest.Bench(probetest.Acts{}, c.at))
		if f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

// firstOnly hands out one checkpoint.
func firstOnly(pages probetest.Pages) scorecard.Visitor {
	n := 0
	return probetest.Visits(func(r scorecard.Request) (scorecard.Response, error) {
		if strings.HasSuffix(r.URL, "/checkpoint") {
			if n++; n > 1 {
				return probetest.Status(404), nil
			}
		}
		return pages.Do(context.Background(), r)
	})
}

func TestChecksumDatabaseIsPartOfTheWay(t *testing.T) {
	b := probetest.Bench(probetest.Acts{OnListing: probetest.Listings(map[string]scorecard.Listing{
		"m": {Versions: map[string]scorecard.Version{"v1.0.0": {Digests: map[string]string{"h1": "h1:x"}}}}})}, probetest.Pages{})
	b.Protocol, b.Samples = probetest.Protocol{Eco: assay.Golang}, []string{"m"}
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.Partly {
		t.Errorf("%s: %s", f.Outcome, f.Reason)
	}
}

package transportsecurity

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestJudge(t *testing.T) {
	sound := Seen{Host: "registry.example:8443", Version: "TLS 1.3", Old: Offer{No, ""}, HSTS: true, MaxAge: 2 * enough, PlainText: Offer{Onward, ""}}
	cases := map[string]struct {
		bend func(*Seen)
		want scorecard.Outcome
		says string
	}{
		"all as it should be":         {func(*Seen) {}, scorecard.Holds, "360 days"},
		"nothing on port 80":          {func(s *Seen) { s.PlainText.Answer = No }, scorecard.Holds, "refused"},
		"plain http":                  {func(s *Seen) { *s = Seen{Host: "registry.example", Plain: true} }, scorecard.Fails, "plain http"},
		"a bad certificate":           {func(s *Seen) { s.Certificate = "it ran out" }, scorecard.Fails, "ran out"},
		"old TLS":                     {func(s *Seen) { s.Old = Offer{Taken, "TLS 1.0"} }, scorecard.Fails, "TLS 1.0"},
		"plain text as well":          {func(s *Seen) { s.PlainText = Offer{Taken, "answers 200"} }, scorecard.Fails, "answers 200"},
		"no HSTS":                     {func(s *Seen) { s.HSTS, s.MaxAge = false, 0 }, scorecard.Partly, "no Strict"},
		"HSTS that takes itself back": {func(s *Seen) { s.MaxAge = 0 }, scorecard.Partly, "max-age is 0"},
		"a short HSTS":                {func(s *Seen) { s.MaxAge = enough - 1 }, scorecard.Partly, "179 days"},
		"HSTS of just enough":         {func(s *Seen) { s.MaxAge = enough }, scorecard.Holds, "180 days"},
		"old TLS not told":            {func(s *Seen) { s.Old = Offer{Unknown, "too slow"} }, scorecard.CouldNotTell, "too slow"},
		"plain text not told":         {func(s *Seen) { s.PlainText = Offer{Unknown, "not allowed"} }, scorecard.CouldNotTell, "not allowed"},
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

// server answers the three questions as a test wants.
type server struct {
	hsts       string
	modern     error
	method     string // by which it is asked without that fault
	old, plain func() (scorecard.Response, error)
	asked      []string
}

func fault(k scorecard.FaultKind) func() (scorecard.Response, error) {
	return func() (scorecard.Response, error) {
		return scorecard.Response{}, &scorecard.Fault{Kind: k, Text: string(k)}
	}
}

func answer(status int, location string) func() (scorecard.Response, error) {
	return func() (scorecard.Response, error) {
		return scorecard.Response{Status: status, Header: http.Header{"Location": {location}}}, nil
	}
}

func (s *server) do(r scorecard.Request) (scorecard.Response, error) {
	s.asked = append(s.asked, r.URL)
	switch {
	case strings.HasPrefix(r.URL, "http://"):
		return s.plain()
	case r.MaxTLS == tls.VersionTLS11:
		return s.old()
	case s.modern != nil && r.Method != s.method:
		return scorecard.Response{}, s.modern
	}
	return scorecard.Response{Status: 404, TLS: "TLS 1.3", Header: http.Header{"Strict-Transport-Security": {s.hsts}}}, nil
}

func TestCollect(t *testing.T) {
	const long = "max-age=31536000; includeSubDomains"
	cases := map[string]struct {
		base string
		s    server
		want scorecard.Outcome
	}{
		"modern TLS alone":               {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.BadTLS), plain: fault(scorecard.NoConnection)}, scorecard.Holds},
		"port 80 leads to https":         {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.ClosedEarly), plain: answer(301, "https://registry.example/npm/")}, scorecard.Holds},
		"port 80 refuses":                {"https://registry.example:443/npm/", server{hsts: `max-age="31536000"`, old: fault(scorecard.BadTLS), plain: answer(403, "")}, scorecard.Holds},
		"port 80 leads on in plain text": {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.BadTLS), plain: answer(302, "http://www.registry.example/")}, scorecard.Fails},
		"port 80 hands out":              {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.BadTLS), plain: answer(200, "")}, scorecard.Fails},
		"port 80 may not be asked":       {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.BadTLS), plain: fault(scorecard.NotAllowed)}, scorecard.CouldNotTell},
		"old TLS":                        {"https://registry.example/npm/", server{hsts: long, old: answer(200, ""), plain: fault(scorecard.NoConnection)}, scorecard.Fails},
		"old TLS does not come":          {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.TooSlow), plain: fault(scorecard.NoConnection)}, scorecard.CouldNotTell},
		"no HSTS":                        {"https://registry.example/npm/", server{old: fault(scorecard.BadTLS), plain: fault(scorecard.NoConnection)}, scorecard.Partly},
		"HSTS that is no number":         {"https://registry.example/npm/", server{hsts: "max-age=long", old: fault(scorecard.BadTLS), plain: fault(scorecard.NoConnection)}, scorecard.Partly},
		"a bad certificate":              {"https://registry.example/npm/", server{modern: &scorecard.Fault{Kind: scorecard.BadTLS, Text: "bad"}}, scorecard.Fails},
		"more than is read":              {"https://registry.example/npm/", server{hsts: long, old: fault(scorecard.BadTLS), plain: fault(scorecard.NoConnection), method: http.MethodHead, modern: &scorecard.Fault{Kind: scorecard.TooBig, Text: "big"}}, scorecard.Holds},
		"no answer":                      {"https://registry.example/npm/", server{modern: &scorecard.Fault{Kind: scorecard.TooSlow, Text: "slow"}}, scorecard.CouldNotTell},
		"plain http":                     {"http://registry.example/npm/", server{}, scorecard.Fails},
		"plain http on this machine":     {"http://127.0.0.1:8080/npm/", server{}, scorecard.CouldNotTell},
		"plain http on this machine, 6":  {"http://[::1]:8080/npm/", server{}, scorecard.CouldNotTell},
		"plain http on localhost":        {"http://localhost/npm/", server{}, scorecard.CouldNotTell},
		"a name that begins like it":     {"http://127.0.0.1.registry.example/npm/", server{}, scorecard.Fails},
	}
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{}, probetest.Visits(c.s.do))
		b.Subject.Addresses = map[assay.Ecosystem]string{assay.NPM: c.base}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestPlainTextIsAskedWhereItWouldBe(t *testing.T) {
	for base, want := range map[string]string{
		"https://registry.example/npm/":      "http://registry.example/npm/",
		"https://registry.example:443/npm/":  "http://registry.example/npm/",
		"https://registry.example:8443/npm/": "http://registry.example:8443/npm/",
		"https://[2001:db8::1]/npm/":         "http://[2001:db8::1]/npm/",
	} {
		s := &server{old: fault(scorecard.BadTLS), plain: fault(scorecard.NoConnection)}
		b := probetest.Bench(probetest.Acts{}, probetest.Visits(s.do))
		b.Subject.Addresses = map[assay.Ecosystem]string{assay.NPM: base}
		probetest.Find(t, Check(), b)
		if got := s.asked[len(s.asked)-1]; got != want {
			t.Errorf("for %s plain text is asked at %s, want %s", base, got, want)
		}
	}
}

func TestNoAddress(t *testing.T) {
	b := probetest.Bench(probetest.Acts{}, probetest.Dead())
	b.Subject.Addresses = nil
	if f := probetest.Find(t, Check(), b); f.Outcome != scorecard.CouldNotTell {
		t.Errorf("%s: %s", f.Outcome, f.Reason)
	}
}

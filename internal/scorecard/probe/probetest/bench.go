package probetest

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Origin is where the fakes' subject answers.
const Origin = "https://registry.example"

// Protocol is an ecosystem in name alone.
type Protocol struct{ Eco assay.Ecosystem }

var _ scorecard.Protocol = Protocol{}

// Ecosystem implements scorecard.Protocol.
func (p Protocol) Ecosystem() assay.Ecosystem { return p.Eco }

// Open implements scorecard.Protocol.
func (p Protocol) Open(string, scorecard.Visitor) scorecard.Acts { return scorecard.NoActs{} }

// ThrowAway implements scorecard.Protocol.
func (p Protocol) ThrowAway(_, seed, label string) string { return seed + label }

// Archive implements scorecard.Protocol.
func (p Protocol) Archive(scorecard.Release) ([]byte, error) { return nil, nil }

// Spoiled implements scorecard.Protocol.
func (p Protocol) Spoiled(scorecard.Release, scorecard.Spoil) ([]byte, error) { return nil, nil }

// Version implements scorecard.Protocol.
func (p Protocol) Version(v string) string { return v }

// WellKnown implements scorecard.Protocol.
func (p Protocol) WellKnown() []string { return nil }

// Pages answers requests by address; what is not in it is 404.
type Pages map[string]scorecard.Response

var _ scorecard.Visitor = Pages(nil)

// Do implements scorecard.Visitor.
func (p Pages) Do(ctx context.Context, r scorecard.Request) (scorecard.Response, error) {
	if err := ctx.Err(); err != nil {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.TooSlow, Text: "no answer in time", Err: err}
	}
	answer, ok := p[r.URL]
	if !ok {
		return scorecard.Response{Status: http.StatusNotFound, Header: http.Header{}}, nil
	}
	if answer.At == "" {
		answer.At = r.URL
	}
	return answer, nil
}

// Visits is a Visitor written as a function.
type Visits func(r scorecard.Request) (scorecard.Response, error)

var _ scorecard.Visitor = Visits(nil)

// Do implements scorecard.Visitor.
func (v Visits) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) { return v(r) }

// Dead answers nothing.
func Dead() scorecard.Visitor {
	return Visits(func(scorecard.Request) (scorecard.Response, error) {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.TooSlow, Text: "no answer from registry.example within 5 s"}
	})
}

// Text is a page of a media type.
func Text(mediaType, body string) scorecard.Response {
	return scorecard.Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {mediaType}}, Body: []byte(body)}
}

// Status is an empty page of a status.
func Status(status int) scorecard.Response {
	return scorecard.Response{Status: status, Header: http.Header{}}
}

// Bench is a bench for npm around acts and pages.
func Bench(a scorecard.Acts, v scorecard.Visitor) *scorecard.Bench {
	return &scorecard.Bench{
		Acts: a, Visit: v, Protocol: Protocol{assay.NPM}, Seed: "seed",
		Subject: scorecard.Subject{
			Name: "registry.example", Pages: map[string]string{},
			Addresses: map[assay.Ecosystem]string{assay.NPM: Origin + "/npm/", assay.Golang: Origin + "/go/"},
		},
		Keep: func(string) {}, Say: func(string) {},
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// Find collects and judges, as a run would.
func Find(t *testing.T, c scorecard.Check, b *scorecard.Bench) scorecard.Finding {
	t.Helper()
	seen, err := c.Collect(t.Context(), b)
	if err != nil {
		m := scorecard.MissingOf(err)
		return scorecard.Found(m.Outcome, m.Reason)
	}
	return Judge(t, c, seen)
}

// Judge judges what was seen, and checks what every finding promises.
func Judge(t *testing.T, c scorecard.Check, seen json.RawMessage) scorecard.Finding {
	t.Helper()
	f, err := c.Judge(seen)
	if err != nil {
		t.Fatalf("%s cannot judge what it collected, %s: %v", c.Definition().ID, seen, err)
	}
	if f.Reason == "" {
		t.Errorf("%s found %s without a reason", c.Definition().ID, f.Outcome)
	}
	again, err := c.Judge(seen)
	if err != nil || again != f {
		t.Errorf("judged again, %s finds %v", c.Definition().ID, again)
	}
	return f
}

// Seen turns what a check's struct holds into evidence.
func Seen(t *testing.T, seen any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

package trialtest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Bench is a scorecard.Bench and what it was told.
type Bench struct {
	*scorecard.Bench
	// Kept are the secrets that the trial named.
	Kept []string
	// Waited is how long the trial waited, all together.
	Waited time.Duration
	// OnWait, if set, is called with every wait: a fake that keeps time
	// moves its own clock there.
	OnWait func(time.Duration)
}

// New is a bench of npm, with a publisher and a stranger who may publish
// anywhere.
func New(acts scorecard.Acts) *Bench {
	b := &Bench{}
	b.Bench = &scorecard.Bench{
		Acts:      acts,
		Subject:   scorecard.Subject{Name: "registry.example", Addresses: map[assay.Ecosystem]string{assay.NPM: "https://registry.example/"}},
		Protocol:  Protocol{Eco: assay.NPM},
		Publisher: scorecard.Credential{Who: "publisher", Secret: "good_publisherpublisherpublisher"},
		Stranger:  scorecard.Credential{Who: "stranger", Secret: "good_strangerstrangerstranger"},
		Seed:      "k3xw",
		Keep:      func(s string) { b.Kept = append(b.Kept, s) },
		Say:       func(string) {},
	}
	b.Wait = func(ctx context.Context, d time.Duration) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.Waited += d
		if b.OnWait != nil {
			b.OnWait(d)
		}
		return nil
	}
	return b
}

// Run collects and judges, as whoever runs trials does: what Collect could
// not see becomes the finding that says so. It fails the test when a kept
// secret stands in the evidence.
func Run(t testing.TB, c scorecard.Check, b *Bench) scorecard.Finding {
	t.Helper()
	raw, err := c.Collect(t.Context(), b.Bench)
	written := string(raw)
	if err != nil {
		written = err.Error()
	}
	for _, secret := range b.Kept {
		if secret != "" && strings.Contains(written, secret) {
			t.Errorf("the evidence of %s holds the secret %q: %s", c.Definition().ID, secret, written)
		}
	}
	if err != nil {
		m := scorecard.MissingOf(err)
		return scorecard.Found(m.Outcome, m.Reason)
	}
	f, err := c.Judge(raw)
	if err != nil {
		t.Fatalf("%s cannot judge what it saw: %v\n%s", c.Definition().ID, err, raw)
	}
	return f
}

// Judge judges what a test wrote down.
func Judge(t testing.TB, c scorecard.Check, seen any) scorecard.Finding {
	t.Helper()
	raw, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Judge(raw)
	if err != nil {
		t.Fatalf("%s cannot judge %s: %v", c.Definition().ID, raw, err)
	}
	return f
}

// Expect fails the test unless the finding has the outcome and its reason
// holds the words.
func Expect(t testing.TB, f scorecard.Finding, want scorecard.Outcome, words string) {
	t.Helper()
	if f.Outcome != want || !strings.Contains(f.Reason, words) {
		t.Errorf("found %s: %s\nwant %s with %q in its reason", f.Outcome, f.Reason, want, words)
	}
	if strings.Count(f.Reason, ". ")+1 > 2 {
		t.Errorf("the reason has more than two sentences: %s", f.Reason)
	}
}

// Accepted, Refused and the others are answers in few words.
var (
	Accepted = scorecard.Answer{Verdict: scorecard.Accepted, Status: 200}
	Absent   = scorecard.Answer{Verdict: scorecard.Absent, Status: 404, Reason: "not found"}
	NoCall   = scorecard.Answer{Verdict: scorecard.NoCall}
	Unclear  = scorecard.Answer{Verdict: scorecard.Unclear, Status: 502, Reason: "bad gateway"}
)

// Refused is a clear no in these words.
func Refused(words string) scorecard.Answer {
	return scorecard.Answer{Verdict: scorecard.Refused, Status: 403, Reason: words}
}

// Throttled is a no that says to wait.
func Throttled(wait time.Duration) scorecard.Answer {
	return scorecard.Answer{Verdict: scorecard.Throttled, Status: 429, Reason: "too many attempts", RetryAfter: wait}
}

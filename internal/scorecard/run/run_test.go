package run

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/visit"
)

// toy is a protocol whose server is in memory.
type toy struct {
	scorecard.Protocol
	acts *toyActs
}

func (toy) Ecosystem() assay.Ecosystem                      { return assay.NPM }
func (t toy) Open(string, scorecard.Visitor) scorecard.Acts { return t.acts }
func (toy) ThrowAway(under, seed, label string) string      { return under + seed + "-" + label }
func (toy) Version(v string) string                         { return v }

type toyActs struct {
	scorecard.NoActs
	speaks scorecard.Verdict
	keeps  bool // removes nothing

	mu        sync.Mutex
	published []string
	removed   []string
}

func (a *toyActs) Recognise(context.Context) scorecard.Answer {
	return scorecard.Answer{Verdict: a.speaks}
}
func (a *toyActs) Samples(context.Context, int) ([]string, scorecard.Answer) {
	return []string{"sample"}, scorecard.Answer{Verdict: scorecard.Accepted}
}
func (a *toyActs) SignUp(_ context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	return scorecard.Credential{Who: p.Name, Secret: "secret-of-" + p.Name}, scorecard.Answer{Verdict: scorecard.Accepted}
}
func (a *toyActs) Publish(_ context.Context, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.published = append(a.published, r.Name)
	return scorecard.Answer{Verdict: scorecard.Accepted}
}
func (a *toyActs) Remove(ctx context.Context, _ scorecard.Credential, name, _, _ string) scorecard.Answer {
	if ctx.Err() != nil || a.keeps {
		return scorecard.Answer{Verdict: scorecard.Refused, Reason: "never"}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.removed = append(a.removed, name)
	return scorecard.Answer{Verdict: scorecard.Accepted}
}

type nothing struct{}

func checkThat(id string, kind scorecard.Kind, collect func(context.Context, *scorecard.Bench) error, needs ...scorecard.Need) scorecard.Check {
	return scorecard.Make(scorecard.Definition{ID: id, Kind: kind, Version: 1, Capability: "yank", Question: "?", Needs: needs, Creates: []string{"a " + id}},
		func(ctx context.Context, b *scorecard.Bench) (nothing, error) { return nothing{}, collect(ctx, b) },
		func(nothing) scorecard.Finding { return scorecard.Found(scorecard.Holds, "It holds.") })
}

func config(acts *toyActs, checks ...scorecard.Check) Config {
	return Config{
		Subject:   scorecard.Subject{Name: "toy", Addresses: map[assay.Ecosystem]string{assay.NPM: "http://127.0.0.1:1/"}},
		Protocols: []scorecard.Protocol{toy{acts: acts}}, Checks: checks, Trial: true,
		Visitor: visit.New(visit.Config{}),
		Limits:  Limits{Check: 200 * time.Millisecond, CleanUp: time.Second, Parallel: 3, Whole: 10 * time.Second},
	}
}

func find(t *testing.T, r Result, id string) scorecard.Judged {
	t.Helper()
	i := slices.IndexFunc(r.Judged, func(j scorecard.Judged) bool { return j.Evidence.Check == id })
	if i < 0 {
		t.Fatalf("%s is not among the findings", id)
	}
	return r.Judged[i]
}

func TestACheckThatGoesWrongIsOneWithoutAnAnswer(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Accepted}
	r, err := Run(t.Context(), config(acts,
		checkThat("panics", scorecard.Probe, func(context.Context, *scorecard.Bench) error { panic("oh") }),
		checkThat("hangs", scorecard.Probe, func(ctx context.Context, _ *scorecard.Bench) error { <-ctx.Done(); return ctx.Err() }),
		checkThat("cannot", scorecard.Probe, func(context.Context, *scorecard.Bench) error { return scorecard.Unsupported("no call") }),
		checkThat("needs a driver", scorecard.Trial, func(context.Context, *scorecard.Bench) error { return nil }, scorecard.NeedsDriver),
		checkThat("works", scorecard.Probe, func(context.Context, *scorecard.Bench) error { return nil }, scorecard.NeedsSample),
	))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]scorecard.Finding{
		"panics":         {Outcome: scorecard.CouldNotTell, Reason: "the check itself failed"},
		"hangs":          {Outcome: scorecard.CouldNotTell, Reason: "no answer within"},
		"cannot":         {Outcome: scorecard.NotSupported, Reason: "no call"},
		"needs a driver": {Outcome: scorecard.CouldNotTell, Reason: "--start"},
		"works":          {Outcome: scorecard.Holds, Reason: "It holds."},
	} {
		if f := find(t, r, id).Finding; f.Outcome != want.Outcome || !strings.Contains(f.Reason, want.Reason) {
			t.Errorf("%s: %+v, want %+v", id, f, want)
		}
	}
}

func TestWhatTrialsMadeIsRemovedAlsoWhenTheRunIsEnded(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Accepted}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Run(ctx, config(acts, checkThat("makes", scorecard.Trial, func(ctx context.Context, b *scorecard.Bench) error {
		b.Publish(ctx, b.Publisher, scorecard.Release{Name: b.Name("one")})
		b.Publish(ctx, b.Publisher, scorecard.Release{Name: b.Name("two")})
		b.Publish(ctx, b.Publisher, scorecard.Release{Name: b.Name("one"), Version: "2"})
		cancel()
		return nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	if len(acts.removed) != 2 || acts.removed[0] == acts.removed[1] || len(r.Left) != 0 {
		t.Errorf("published %q, removed %q, left %q", acts.published, acts.removed, r.Left)
	}
}

// silentActs keeps what is published and does not say so.
type silentActs struct{ *toyActs }

func (a silentActs) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	a.toyActs.Publish(ctx, as, r)
	return scorecard.Answer{Verdict: scorecard.Unclear, Reason: "no whole answer in time"}
}

type silent struct {
	toy
	acts silentActs
}

func (s silent) Open(string, scorecard.Visitor) scorecard.Acts { return s.acts }

func TestWhatMayHaveBeenMadeIsRemovedToo(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Accepted}
	c := config(acts, checkThat("makes", scorecard.Trial, func(ctx context.Context, b *scorecard.Bench) error {
		b.Publish(ctx, b.Publisher, scorecard.Release{Name: b.Name("one")})
		b.Publish(ctx, b.Publisher, scorecard.Release{Name: b.Name("one"), Version: "2"})
		return nil
	}))
	c.Protocols = []scorecard.Protocol{silent{toy: toy{acts: acts}, acts: silentActs{acts}}}
	if _, err := Run(t.Context(), c); err != nil || len(acts.removed) != 1 {
		t.Errorf("published %q, removed %q, %v", acts.published, acts.removed, err)
	}
}

func TestWhatCannotBeRemovedIsSaid(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Accepted, keeps: true}
	r, err := Run(t.Context(), config(acts, checkThat("makes", scorecard.Trial, func(ctx context.Context, b *scorecard.Bench) error {
		b.Publish(ctx, b.Publisher, scorecard.Release{Name: b.Name("one")})
		return nil
	})))
	if err != nil || len(r.Left) != 1 || !strings.Contains(r.Left[0], "never") {
		t.Errorf("left %q, %v", r.Left, err)
	}
}

func TestASubjectOfAnotherKindIsNotJudged(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Unclear}
	ran := false
	r, err := Run(t.Context(), config(acts, checkThat("asks", scorecard.Probe, func(context.Context, *scorecard.Bench) error { ran = true; return nil })))
	if err != nil || ran {
		t.Fatalf("ran %v, %v", ran, err)
	}
	if f := find(t, r, "asks").Finding; f.Outcome != scorecard.CouldNotTell || !strings.Contains(f.Reason, "does not answer as npm") {
		t.Errorf("%+v", f)
	}
}

func TestProbesAloneTouchNothing(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Accepted}
	c := config(acts,
		checkThat("tries", scorecard.Trial, func(context.Context, *scorecard.Bench) error { t.Error("a trial ran"); return nil }),
		checkThat("looks", scorecard.Probe, func(_ context.Context, b *scorecard.Bench) error {
			if b.Publisher.Secret != "" {
				t.Error("somebody signed up for a probe")
			}
			return nil
		}))
	c.Trial = false
	r, err := Run(t.Context(), c)
	if err != nil || len(r.Judged) != 1 || len(r.Secrets) != 0 {
		t.Errorf("%d findings, secrets %d, %v", len(r.Judged), len(r.Secrets), err)
	}
}

func TestEverySecretIsRemembered(t *testing.T) {
	acts := &toyActs{speaks: scorecard.Accepted}
	c := config(acts, checkThat("signs up", scorecard.Trial, func(ctx context.Context, b *scorecard.Bench) error {
		_, cred, _ := b.SignUp(ctx, "somebody")
		if !strings.HasPrefix(cred.Secret, "secret-of-") || strings.Contains(cred.String(), cred.Secret) {
			t.Errorf("the credential is %v", cred)
		}
		return nil
	}))
	c.Publisher = scorecard.Credential{Who: "me", Secret: "given-to-the-run"}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"given-to-the-run", "somebody", "Blue-"} {
		if !slices.ContainsFunc(r.Secrets, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("%q is not among the secrets", want)
		}
	}
}

// Both layers are asked in turn, for each call: a call that layered forgets
// would be the embedded interface's, which is nil here and panics.
func TestLayersAskTheSecondWhereTheFirstHasNoCall(t *testing.T) {
	l := layered{scorecard.NoActs{}, &toyActs{speaks: scorecard.Accepted}}
	if a := l.Recognise(t.Context()); a.Verdict != scorecard.Accepted {
		t.Errorf("the second was not asked: %s", a)
	}
	if _, a := l.Samples(t.Context(), 1); a.Verdict != scorecard.Accepted {
		t.Errorf("the second was not asked: %s", a)
	}
	first := layered{&toyActs{speaks: scorecard.Refused}, &toyActs{speaks: scorecard.Accepted}}
	if a := first.Recognise(t.Context()); a.Verdict != scorecard.Refused {
		t.Errorf("the second was asked although the first answered: %s", a)
	}
}

func TestTheAnnouncementLeavesOutWhatWillNotRun(t *testing.T) {
	acts := &toyActs{}
	c := config(acts,
		checkThat("first", scorecard.Trial, nil), checkThat("first too", scorecard.Trial, nil),
		checkThat("started", scorecard.Trial, nil, scorecard.NeedsUpstream))
	creates, leaves := Announcement(c)
	if !slices.Equal(creates, []string{"a first", "a first too"}) || len(leaves) != 0 {
		t.Errorf("%q %q", creates, leaves)
	}
}

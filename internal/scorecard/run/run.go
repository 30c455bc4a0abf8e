// Package run carries out the checks of a scorecard: it finds out what the
// subject speaks, gives each check a bench of its own, bounds it, removes
// what it made and returns evidence with findings. It decides nothing about
// states; package assess does.
package run

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/visit"
)

// Limits bound a run.
type Limits struct {
	Check    time.Duration // one check through one protocol
	CleanUp  time.Duration // removing what one check made
	Parallel int           // checks at once
	Whole    time.Duration // everything but cleaning up
}

// Safe are the limits for a person who waits.
func Safe() Limits {
	return Limits{Check: 15 * time.Second, CleanUp: 5 * time.Second, Parallel: 6, Whole: 5 * time.Minute}
}

// Config says what to run against what.
type Config struct {
	Subject   scorecard.Subject
	Protocols []scorecard.Protocol
	Checks    []scorecard.Check
	// Trial runs trials too. Whoever sets it has asked, or the subject is
	// of this machine: the visitor guards the addresses either way.
	Trial   bool
	Visitor *visit.Visitor
	// Instance is set when a driver started the subject.
	Instance scorecard.Instance
	// Publisher and Stranger are credentials that were given. Where none was
	// given, an instance's are used, or throw-away people sign up.
	Publisher, Stranger scorecard.Credential
	// Under is where throw-away names may be made; "" is anywhere.
	Under string
	// Packages are samples that were given.
	Packages []string
	Limits   Limits
	// Progress is told what happens; it may be nil. It is called from
	// several goroutines, one call at a time.
	Progress func(Step)
	Now      func() time.Time
}

// Step is a piece of progress.
type Step struct {
	Done, Of int
	Check    string
	Protocol assay.Ecosystem
	// Finding is nil while the check is at work.
	Finding *scorecard.Finding
	Text    string
}

// Result is what a run brought.
type Result struct {
	Judged []scorecard.Judged
	// Recognised is how the subject answered to being asked whether it
	// speaks a protocol.
	Recognised map[assay.Ecosystem]scorecard.Answer
	// Left is what could not be removed.
	Left []string
	// Secrets are all that the run used or received. They were cut out of
	// the rest, and are for searching the card, and for nothing else.
	Secrets []string
}

// runner is one run under way.
type runner struct {
	cfg  Config
	seed string

	mu      sync.Mutex
	secrets map[string]bool
	done    int
	of      int
	result  Result
}

// party is what the trials of one protocol act as.
type party struct {
	publisher, stranger scorecard.Credential
	under, elsewhere    string
	samples             []string
	answer              scorecard.Answer // to Recognise
}

// job is one check through one protocol.
type job struct {
	check    scorecard.Check
	protocol scorecard.Protocol
}

// Run runs. The error is about the configuration or the context; whatever the
// subject does is evidence. What trials made is removed even when the context
// ends.
func Run(ctx context.Context, cfg Config) (Result, error) {
	if cfg.Limits == (Limits{}) {
		cfg.Limits = Safe()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if len(cfg.Protocols) == 0 {
		return Result{}, &assay.Error{Kind: assay.Invalid, Message: "a subject is scored through a protocol: name one, such as npm"}
	}
	seed, err := newSeed()
	if err != nil {
		return Result{}, err
	}
	r := &runner{cfg: cfg, seed: seed, secrets: map[string]bool{}}
	r.result.Recognised = map[assay.Ecosystem]scorecard.Answer{}
	for _, c := range []scorecard.Credential{cfg.Publisher, cfg.Stranger} {
		r.keep(c.Secret)
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Limits.Whole)
	defer cancel()
	parties := r.meet(ctx)
	together, alone := r.jobs()
	r.of = len(together) + len(alone)
	r.work(ctx, together, parties, cfg.Limits.Parallel)
	r.work(ctx, alone, parties, 1)

	if cfg.Instance != nil {
		for _, s := range cfg.Instance.Secrets() {
			r.keep(s)
		}
	}
	for s := range r.secrets {
		r.result.Secrets = append(r.result.Secrets, s)
	}
	slices.Sort(r.result.Secrets)
	r.redact()
	slices.Sort(r.result.Left)
	slices.SortFunc(r.result.Judged, func(a, b scorecard.Judged) int {
		return strings.Compare(a.Evidence.Check+"\x00"+string(a.Evidence.Protocol), b.Evidence.Check+"\x00"+string(b.Evidence.Protocol))
	})
	return r.result, nil
}

// newSeed is what makes throw-away names of this run nobody else's.
func newSeed() (string, error) {
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "", fmt.Errorf("no random bytes: %w", err)
	}
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return string(b), nil
}

// jobs are the checks to run: those that may run beside others, and those
// that disturb them.
func (r *runner) jobs() (together, alone []job) {
	for _, c := range r.cfg.Checks {
		d := c.Definition()
		if d.Kind == scorecard.Trial && !r.cfg.Trial {
			continue
		}
		for i, p := range r.cfg.Protocols {
			if d.Whole && i > 0 || len(d.Protocols) > 0 && !slices.Contains(d.Protocols, p.Ecosystem()) {
				continue
			}
			if d.Alone {
				alone = append(alone, job{c, p})
			} else {
				together = append(together, job{c, p})
			}
		}
	}
	return together, alone
}

// work runs jobs, some at once.
func (r *runner) work(ctx context.Context, jobs []job, parties map[assay.Ecosystem]party, parallel int) {
	queue := make(chan job)
	var group sync.WaitGroup
	for range max(1, min(parallel, len(jobs))) {
		group.Go(func() {
			for j := range queue {
				r.one(ctx, j, parties[j.protocol.Ecosystem()])
			}
		})
	}
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	group.Wait()
}

// one runs one check through one protocol, and cleans up after it.
func (r *runner) one(ctx context.Context, j job, p party) {
	d := j.check.Definition()
	r.say(Step{Check: d.ID, Protocol: j.protocol.Ecosystem()})
	record := r.cfg.Visitor.Record()
	e := scorecard.Evidence{Check: d.ID, Version: d.Version, Began: r.cfg.Now().UTC()}
	if !d.Whole {
		e.Protocol = j.protocol.Ecosystem()
	}
	b := r.bench(j, p, record)
	if err := r.needs(ctx, d, b, p); err != nil {
		e.Missing = scorecard.MissingOf(err)
	} else {
		seen, err := r.collect(ctx, j, b)
		if err != nil {
			e.Missing = scorecard.MissingOf(err)
		} else {
			e.Seen = seen
		}
	}
	e.Left = r.cleanUp(ctx, b)
	e.Exchanges = record.Exchanges()
	e.Ended = r.cfg.Now().UTC()
	f := judge(j.check, e)
	r.mu.Lock()
	r.done++
	r.result.Judged = append(r.result.Judged, scorecard.Judged{Evidence: e, Finding: f})
	r.result.Left = append(r.result.Left, e.Left...)
	done := r.done
	r.mu.Unlock()
	r.say(Step{Done: done, Check: d.ID, Protocol: j.protocol.Ecosystem(), Finding: &f})
}

// collect runs a check's first half within its time. A fault in a check is
// one check without an answer, not a scorecard that was never made.
func (r *runner) collect(ctx context.Context, j job, b *scorecard.Bench) (seen json.RawMessage, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Limits.Check)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = scorecard.Untold("the check itself failed: %v", p)
		}
	}()
	seen, err = j.check.Collect(ctx, b)
	if err != nil && ctx.Err() != nil {
		return nil, scorecard.Untold("no answer within %s: %s", r.cfg.Limits.Check, scorecard.Words(err.Error()))
	}
	return seen, err
}

// judge is a check's second half. It fails alone as well.
func judge(c scorecard.Check, e scorecard.Evidence) (f scorecard.Finding) {
	defer func() {
		if p := recover(); p != nil {
			f = scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the check itself failed: %v", p))
		}
	}()
	return scorecard.Judge(c, e)
}

// cleanUp removes what the check made, also when the run was ended.
func (r *runner) cleanUp(ctx context.Context, b *scorecard.Bench) []string {
	made := b.Made()
	if d, ok := b.Acts.(*doubtful); ok {
		made = d.all(made)
	}
	if len(made) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.Limits.CleanUp)
	defer cancel()
	var left []string
	for _, m := range slices.Backward(made) {
		a := b.Remove(ctx, m.As, m.Name, "", "made by a trial")
		if a.Verdict != scorecard.Accepted && a.Verdict != scorecard.Absent {
			left = append(left, fmt.Sprintf("%s: %s", m.Name, a))
		}
	}
	return left
}

func (r *runner) bench(j job, p party, record *visit.Record) *scorecard.Bench {
	return &scorecard.Bench{
		Acts:          &doubtful{Acts: r.acts(j.protocol, record)},
		Subject:       r.cfg.Subject,
		Protocol:      j.protocol,
		Visit:         record,
		Instance:      r.cfg.Instance,
		Publisher:     p.publisher,
		Stranger:      p.stranger,
		Samples:       p.samples,
		Under:         p.under,
		UnderStranger: p.elsewhere,
		Seed:          r.seed,
		Keep:          r.keep,
		Say: func(text string) {
			r.say(Step{Check: j.check.Definition().ID, Protocol: j.protocol.Ecosystem(), Text: text})
		},
		Wait: wait,
	}
}

// acts are the protocol's calls, and the driver's where it has none.
func (r *runner) acts(p scorecard.Protocol, v scorecard.Visitor) scorecard.Acts {
	base := r.cfg.Subject.Addresses[p.Ecosystem()]
	acts := p.Open(base, v)
	if r.cfg.Instance != nil {
		return layered{acts, r.cfg.Instance.For(p.Ecosystem(), v)}
	}
	return acts
}

func (r *runner) keep(secret string) {
	if len(secret) < 8 {
		return // too short to be told from ordinary text
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secrets[secret] = true
}

func (r *runner) say(s Step) {
	if r.cfg.Progress == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s.Of = r.of
	r.cfg.Progress(s)
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// recognised reports whether the subject speaks one of the protocols. What is
// no package repository at all is not blamed for lacking what one has.
func (r *runner) recognised() bool {
	for _, a := range r.result.Recognised {
		if a.Verdict == scorecard.Accepted {
			return true
		}
	}
	return false
}

// needs says what a check lacks, if anything.
func (r *runner) needs(ctx context.Context, d scorecard.Definition, b *scorecard.Bench, p party) error {
	if err := ctx.Err(); err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return scorecard.Untold("the run took longer than %s", r.cfg.Limits.Whole)
		}
		return scorecard.Untold("the run was ended before this check")
	}
	if p.answer.Verdict != scorecard.Accepted && !(d.Whole && d.Kind == scorecard.Probe && r.recognised()) {
		return scorecard.Untold("%s does not answer as %s: %s", r.cfg.Subject.Addresses[b.Protocol.Ecosystem()], b.Protocol.Ecosystem(), p.answer)
	}
	for _, n := range d.Needs {
		switch {
		case n == scorecard.NeedsSample && len(b.Samples) == 0:
			return scorecard.Untold("no package is known to look at: name one with --package")
		case n == scorecard.NeedsDriver && b.Instance == nil:
			return scorecard.Untold("this is tried only on an instance that was started for it: --start")
		case n == scorecard.NeedsUpstream && (b.Instance == nil || b.Instance.Upstream(b.Protocol.Ecosystem()) == nil):
			return scorecard.Untold("this needs an instance whose upstream is ours: --start")
		case n == scorecard.NeedsMail && (b.Instance == nil || b.Instance.Mail() == nil):
			return scorecard.Untold("this needs an instance whose mail comes to us")
		case n == scorecard.NeedsPublisher && b.Publisher.Secret == "":
			return scorecard.Untold("no credential may publish here: give one with --token-file")
		case n == scorecard.NeedsStranger && b.Stranger.Secret == "":
			return scorecard.Untold("this needs a credential of a second party, and there is none")
		}
	}
	return nil
}

package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// failure is how a store's next transaction goes wrong.
type failure string

const (
	none            failure = ""
	failed          failure = "failed"
	failedButStored failure = "failed but was stored"
)

var errDisk = assay.Errorf(assay.Internal, "the disk is on fire")

// shelf is an honest store of tokens: transactions that roll back, each run
// twice as the contract allows, and failures on request.
type shelf struct {
	mu     sync.Mutex
	tokens []store.Token
	events []assay.Event

	fail   failure // of the next commit
	failAt int     // the write of a transaction that fails, counted from 1
	down   bool    // nothing can be read, once a commit has failed
	views  int
	// reading is called inside each View, after the state was taken.
	reading func()
}

func (s *shelf) Close() error { return nil }

func (s *shelf) View(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	s.views++
	t := &tx{tokens: slices.Clone(s.tokens)}
	down, reading := s.down, s.reading
	s.mu.Unlock()
	if down {
		return errDisk
	}
	if reading != nil {
		reading()
	}
	if err := ctx.Err(); err != nil {
		return assay.Wrap(assay.Canceled, err, "reading")
	}
	return fn(t)
}

func (s *shelf) Update(ctx context.Context, fn func(store.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var t *tx
	for range 2 { // a transaction may be run again, as after a clash
		if err := ctx.Err(); err != nil {
			return assay.Wrap(assay.Canceled, err, "writing")
		}
		t = &tx{tokens: slices.Clone(s.tokens), events: slices.Clone(s.events), failAt: s.failAt}
		if err := fn(t); err != nil {
			return err
		}
	}
	if s.fail != failed {
		s.tokens, s.events = t.tokens, t.events
	}
	if s.fail != none {
		s.fail = none
		return errDisk
	}
	return nil
}

// state is what is kept, as text that can be compared.
func (s *shelf) state() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, err := json.Marshal([]any{s.tokens, s.events})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (s *shelf) viewed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.views
}

type tx struct {
	store.Tx // what tokens need is below; the rest is not there
	tokens   []store.Token
	events   []assay.Event
	failAt   int
}

func (t *tx) write() error {
	if t.failAt--; t.failAt == 0 {
		return errDisk
	}
	return nil
}

func (t *tx) Tokens(context.Context) ([]store.Token, error) { return slices.Clone(t.tokens), nil }

func (t *tx) TokenByHash(_ context.Context, sum []byte) (store.Token, error) {
	for _, have := range t.tokens {
		if bytes.Equal(have.Hash, sum) {
			return have, nil
		}
	}
	return store.Token{}, assay.Errorf(assay.NotFound, "no such token")
}

func (t *tx) PutToken(_ context.Context, put store.Token) error {
	if err := t.write(); err != nil {
		return err
	}
	if len(put.Hash) != 32 {
		return errors.New("a token is put without its hash")
	}
	for _, at := range []*time.Time{&put.Created, &put.Expires, &put.Revoked, &put.LastUsed} {
		if !at.IsZero() {
			*at = at.UTC().Truncate(time.Microsecond)
		}
	}
	t.tokens = slices.DeleteFunc(t.tokens, func(have store.Token) bool { return have.ID == put.ID })
	t.tokens = append(t.tokens, put)
	return nil
}

func (t *tx) AppendEvent(_ context.Context, e assay.Event) error {
	if err := t.write(); err != nil {
		return err
	}
	if !json.Valid(e.Body) {
		return errors.New("the body is no JSON")
	}
	e.ID = int64(len(t.events) + 1)
	t.events = append(t.events, e)
	return nil
}

// grammar lets every name through in small letters.
type grammar struct{ assay.Grammar }

func (grammar) Name(raw string) (string, error) {
	if raw == "" || raw == "bad!" {
		return "", assay.Errorf(assay.Invalid, "%q is no name", raw)
	}
	return string(bytes.ToLower([]byte(raw))), nil
}

func (grammar) Range(string) (assay.Range, error) { return everything{}, nil }

type everything struct{}

func (everything) Contains(string) bool { return true }

func grammars(eco assay.Ecosystem) (assay.Grammar, bool) {
	return grammar{}, eco == assay.NPM || eco == assay.Golang
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

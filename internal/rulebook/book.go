package rulebook

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// Grammars returns the grammar of an ecosystem; false if there is none here.
type Grammars func(assay.Ecosystem) (assay.Grammar, bool)

// epochSetting is the name under which the store keeps the epoch, as a
// decimal number; before the first change it is not there, which is 0.
const epochSetting = "epoch"

// settleTime bounds how long a call tries to learn what the store holds
// after a commit whose outcome is unknown.
const settleTime = 5 * time.Second

// Book is the rulebook of one store. It is safe for concurrent use.
type Book struct {
	store    store.Store
	grammars Grammars
	now      func() time.Time

	current atomic.Pointer[policy.Ruleset]
	// surroundings is never nil.
	surroundings atomic.Pointer[Surroundings]

	// writing is held by the one call that changes something, from before
	// its transaction until the watchers have been told.
	writing sync.Mutex
	// unsettled is set while the outcome of a commit is unknown.
	unsettled atomic.Bool

	watching sync.Mutex
	watchers []func(old, new *policy.Ruleset)
}

// Open reads the rules that the store holds and puts them in force. Connect
// comes next, where packages are kept too. It fails rather than leave out
// what it cannot read, with two exceptions on the safe
// side: a block whose range is no longer understood refuses the whole
// package, and an exception that is no longer understood lifts nothing.
func Open(ctx context.Context, s store.Store, g Grammars, now func() time.Time) (*Book, error) {
	b := &Book{store: s, grammars: g, now: now}
	b.Connect(Surroundings{})
	state, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	b.current.Store(state.rules)
	return b, nil
}

// Current returns the rules in force; never nil.
func (b *Book) Current() *policy.Ruleset { return b.current.Load() }

// Watch has fn called after each change, when the new rules are current and
// before the call that made the change returns. fn must not change the book,
// which would wait for itself, and holds up the answer while it runs.
func (b *Book) Watch(fn func(old, new *policy.Ruleset)) {
	b.watching.Lock()
	defer b.watching.Unlock()
	b.watchers = append(b.watchers, fn)
}

// Refresh reads the rules from the store again and puts them in force if they
// are other ones. It is for what another process may have written, and for
// after a failure.
func (b *Book) Refresh(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	return b.refresh(ctx)
}

// refresh is called with writing held.
func (b *Book) refresh(ctx context.Context) error {
	state, err := b.read(ctx)
	if err != nil {
		return err
	}
	b.unsettled.Store(false)
	b.enforce(state.rules)
	return nil
}

// enforce exchanges the rules and tells the watchers; writing is held.
func (b *Book) enforce(rules *policy.Ruleset) {
	old := b.current.Load()
	if old.Epoch() == rules.Epoch() {
		return
	}
	b.current.Store(rules)
	b.watching.Lock()
	watchers := b.watchers[:len(b.watchers):len(b.watchers)]
	b.watching.Unlock()
	for _, fn := range watchers {
		fn(old, rules)
	}
}

// settled makes sure that nothing is in doubt before a call that only reads.
func (b *Book) settled(ctx context.Context) error {
	if !b.unsettled.Load() {
		return nil
	}
	return b.Refresh(ctx)
}

// change runs one change: a transaction that checks and writes, after which
// the epoch has risen and the new rules are in force. The function writes
// its rows and returns its events without their common parts; it may run
// more than once. If it returns no event, nothing changes.
func (b *Book) change(ctx context.Context, by assay.Principal, fn func(tx store.Tx, state *state) ([]event, error)) error {
	if err := administrator(by); err != nil {
		return err
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	if b.unsettled.Load() {
		if err := b.refresh(ctx); err != nil {
			return err
		}
	}
	var next *policy.Ruleset // what is in force if the commit succeeds
	reached := false         // some run wrote all it had to
	began := b.moment()
	err := b.store.Update(ctx, func(tx store.Tx) error {
		next = nil
		before, err := b.load(ctx, tx)
		if err != nil {
			return err
		}
		events, err := fn(tx, before)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			next = before.rules // what stands, whoever wrote it
			return nil
		}
		epoch := before.epoch + 1
		if err := tx.PutSetting(ctx, epochSetting, strconv.AppendUint(nil, epoch, 10)); err != nil {
			return err
		}
		for _, e := range events {
			body, err := e.canonical(epoch)
			if err != nil {
				return err
			}
			err = tx.AppendEvent(ctx, assay.Event{Time: began, Kind: e.kind, Subject: e.subject, By: by.ID, Body: body})
			if err != nil {
				return err
			}
		}
		after, err := b.load(ctx, tx)
		if err != nil {
			return err
		}
		next, reached = after.rules, true
		return nil
	})
	if err == nil {
		b.enforce(next)
		return nil
	}
	if !reached {
		return err // refused, or failed before the commit: nothing was stored
	}
	return b.settle(ctx, next, err)
}

// administrator refuses everyone else.
func administrator(by assay.Principal) error {
	if !by.Admin {
		return assay.Errorf(assay.Forbidden, "only an administrator changes the rules")
	}
	return nil
}

// settle finds out whether a transaction was committed whose commit answered
// with an error. This process is the store's only writer and holds writing,
// so the epoch tells. The asker may have gone; the question remains.
func (b *Book) settle(ctx context.Context, next *policy.Ruleset, cause error) error {
	b.unsettled.Store(true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := b.refresh(ctx); err != nil {
		return assay.Wrap(assay.Unavailable, cause,
			"the store failed, and whether the change was kept is unknown; look at the rules again when it is back")
	}
	if next != nil && b.Current().Epoch() == next.Epoch() {
		return nil
	}
	return cause
}

// moment is now, as the store keeps it.
func (b *Book) moment() time.Time { return kept(b.now()) }

// kept is a moment in the precision of the store, so that what a call answers
// equals what is read later.
func kept(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

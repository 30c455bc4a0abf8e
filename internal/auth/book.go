package auth

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"log/slog"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Options are the settings of a Book. Zero values mean the defaults.
type Options struct {
	// Remember is how long a token that was let in is let in again without
	// asking the store; the default is a minute.
	Remember time.Duration
	// MostRemembered bounds the tokens remembered; the default is 10,000.
	MostRemembered int
	// Touch is how exactly LastUsed is kept; the default is an hour.
	Touch time.Duration
	// Flush is how often the uses gathered are written; the default is a
	// minute.
	Flush time.Duration
	// Now is the clock; the default is time.Now.
	Now func() time.Time
	// Log hears of failures; the default is slog.Default.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Remember <= 0 {
		o.Remember = time.Minute
	}
	if o.MostRemembered <= 0 {
		o.MostRemembered = 10000
	}
	if o.Touch <= 0 {
		o.Touch = time.Hour
	}
	if o.Flush <= 0 {
		o.Flush = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// settleTime bounds how long a call tries to learn what the store holds
// after a commit whose outcome is unknown.
const settleTime = 5 * time.Second

// Book is the tokens of one store. It is safe for concurrent use.
type Book struct {
	store    store.Store
	grammars Grammars
	o        Options

	memory memory
	uses   uses
}

// Start returns a Book that writes down uses until it is closed.
func Start(s store.Store, g Grammars, o Options) *Book {
	b := &Book{store: s, grammars: g, o: o.withDefaults()}
	b.memory = memory{most: b.o.MostRemembered, known: map[hash]remembered{}}
	b.uses.start(b)
	return b
}

// Close writes the uses that are not yet written and ends the writer. A
// second Close does nothing.
func (b *Book) Close(ctx context.Context) error { return b.uses.close(ctx) }

// Create makes a token and returns it with its secret, which nobody can
// learn again. Only an administrator may; what is malformed is Invalid.
func (b *Book) Create(ctx context.Context, by assay.Principal, n NewToken) (store.Token, string, error) {
	if !by.Admin {
		return store.Token{}, "", assay.Errorf(assay.Forbidden, "only an administrator makes tokens")
	}
	row, err := b.row(by, n)
	if err != nil {
		return store.Token{}, "", err
	}
	secret := newSecret()
	sum := digest(secret)
	row.Hash = sum[:]
	event, err := createdEvent(&row)
	if err != nil {
		return store.Token{}, "", err
	}
	reached := false
	err = b.store.Update(ctx, func(tx store.Tx) error {
		reached = false
		if err := tx.PutToken(ctx, row); err != nil {
			return err
		}
		if err := tx.AppendEvent(ctx, event); err != nil {
			return err
		}
		reached = true
		return nil
	})
	if err != nil {
		if !reached {
			return store.Token{}, "", err // nothing was stored
		}
		// Whether it was kept is unknown. One that was and whose secret
		// nobody heard of would do no harm, but would stand in the list.
		kept, readErr := b.settle(ctx, sum)
		switch {
		case readErr == nil && kept.ID == row.ID:
		case assay.Is(readErr, assay.NotFound):
			return store.Token{}, "", err
		default:
			return store.Token{}, "", assay.Wrap(assay.Unavailable, err,
				"the store failed, and whether the token %s was kept is unknown; revoke it when the store is back, and make another", row.ID)
		}
	}
	return public(row), secret, nil
}

// Revoke ends a token, named by its id or by the secret itself, for whoever
// found one. When it returns, the token is refused. An administrator may
// revoke every token, others only their own. No such token is NotFound; one
// that is revoked already stays as it is.
func (b *Book) Revoke(ctx context.Context, by assay.Principal, idOrSecret string) (store.Token, error) {
	idOrSecret = strings.TrimSpace(idOrSecret)
	var (
		ended   store.Token
		event   assay.Event
		reached bool
	)
	now := b.moment()
	err := b.store.Update(ctx, func(tx store.Tx) error {
		reached = false
		found, err := find(ctx, tx, idOrSecret)
		if err != nil {
			return err
		}
		if !by.Admin && (by.ID == "" || by.ID != found.ID) {
			return assay.Errorf(assay.Forbidden, "only an administrator revokes other people's tokens")
		}
		ended = found
		if !found.Revoked.IsZero() {
			return nil // history says when and by whom
		}
		ended.Revoked = now
		if event, err = revokedEvent(&ended, by.ID); err != nil {
			return err
		}
		if err := tx.PutToken(ctx, ended); err != nil {
			return err
		}
		if err := tx.AppendEvent(ctx, event); err != nil {
			return err
		}
		reached = true
		return nil
	})
	// Also after a failure: what is forgotten without need is asked for again.
	b.memory.forget()
	if err != nil {
		if !reached {
			return store.Token{}, err
		}
		kept, readErr := b.settle(ctx, hash(ended.Hash))
		switch {
		case readErr != nil:
			return store.Token{}, assay.Wrap(assay.Unavailable, err,
				"the store failed, and whether the token %s is revoked is unknown; revoke it again when the store is back", ended.ID)
		case kept.Revoked.IsZero():
			return store.Token{}, err
		}
		ended = kept
	}
	return public(ended), nil
}

// find returns the token of an id or a secret. A secret is not repeated in
// the error: it may be a good one, mistyped.
func find(ctx context.Context, tokens store.Tokens, idOrSecret string) (store.Token, error) {
	if strings.HasPrefix(idOrSecret, Prefix) {
		sum := digest(idOrSecret)
		t, err := tokens.TokenByHash(ctx, sum[:])
		if assay.Is(err, assay.NotFound) {
			return store.Token{}, assay.Errorf(assay.NotFound, "no token here has that secret: assay tokens lists those there are")
		}
		return t, err
	}
	all, err := tokens.Tokens(ctx)
	if err != nil {
		return store.Token{}, err
	}
	for _, t := range all {
		if t.ID == idOrSecret {
			return t, nil
		}
	}
	return store.Token{}, assay.Errorf(assay.NotFound, "there is no token %q: assay tokens lists them", clip(idOrSecret))
}

// clip keeps an error to a line: an operand may be anything.
func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "..."
	}
	return s
}

// settle finds out what was kept after a commit that answered with an error.
// The asker may have gone; the question remains.
func (b *Book) settle(ctx context.Context, sum hash) (store.Token, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	return b.byHash(ctx, sum)
}

// Tokens returns all, the oldest first, those that have ended too, without
// their hashes.
func (b *Book) Tokens(ctx context.Context) ([]store.Token, error) {
	var all []store.Token
	err := b.store.View(ctx, func(tx store.Tx) error {
		var err error
		all, err = tx.Tokens(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i, t := range all {
		all[i] = public(t)
	}
	slices.SortFunc(all, func(x, y store.Token) int {
		return cmp.Or(x.Created.Compare(y.Created), cmp.Compare(x.ID, y.ID))
	})
	return all, nil
}

// Authenticate returns who holds the secret. Whoever does not hold a token
// that is let in is Unauthenticated; unknown and malformed secrets are
// answered alike, and a malformed one without asking the store. A token that
// was revoked or has expired says so: its holder once had it.
func (b *Book) Authenticate(ctx context.Context, secret string) (assay.Principal, error) {
	if err := CheckSecret(secret); err != nil {
		return assay.Principal{}, err
	}
	sum := digest(secret)
	if p, ok := b.recall(sum); ok {
		return p, nil
	}
	since := b.memory.era()
	t, err := b.byHash(ctx, sum)
	if assay.Is(err, assay.NotFound) {
		return assay.Principal{}, unknown()
	}
	if err != nil {
		return assay.Principal{}, err
	}
	// The look-up compared digests of what was sent, whose timing tells
	// nothing of the secret; that the row is the right one is checked here.
	if subtle.ConstantTimeCompare(t.Hash, sum[:]) != 1 {
		return assay.Principal{}, assay.Errorf(assay.Internal, "the store answered with another token than the one asked for")
	}
	now := b.o.Now()
	if err := usable(&t, now); err != nil {
		return assay.Principal{}, err
	}
	p := b.principal(&t)
	b.memory.keep(sum, remembered{principal: p, expires: t.Expires, until: now.Add(b.o.Remember), used: t.LastUsed}, since, now)
	b.use(sum, t.LastUsed, now)
	return p, nil
}

// Remembered returns the holder of a secret that was let in a moment ago,
// without asking the store; false means that only Authenticate can tell.
func (b *Book) Remembered(secret string) (assay.Principal, bool) {
	if len(secret) != secretLen {
		return assay.Principal{}, false
	}
	return b.recall(digest(secret))
}

func (b *Book) recall(sum hash) (assay.Principal, bool) {
	now := b.o.Now()
	entry, ok := b.memory.recall(sum, now)
	if !ok {
		return assay.Principal{}, false
	}
	b.use(sum, entry.used, now)
	return entry.principal, true
}

// use notes that a token was used, if that is not known for the hour.
func (b *Book) use(sum hash, before, now time.Time) {
	if now.Sub(before) >= b.o.Touch {
		b.uses.note(sum, now)
		b.memory.used(sum, now)
	}
}

func (b *Book) byHash(ctx context.Context, sum hash) (store.Token, error) {
	var t store.Token
	err := b.store.View(ctx, func(tx store.Tx) error {
		var err error
		t, err = tx.TokenByHash(ctx, sum[:])
		return err
	})
	return t, err
}

// public is a token as it may leave this room.
func public(t store.Token) store.Token {
	t.Hash = nil
	return t
}

// newID makes a token's name, which is no secret.
func newID() string { return "t-" + strings.ToLower(rand.Text()[:12]) }

// moment is now, as the store keeps it.
func (b *Book) moment() time.Time { return kept(b.o.Now()) }

// kept is a moment in the precision of the store, so that what a call
// answers equals what is read later.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

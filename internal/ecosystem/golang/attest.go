package golang

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// vouches is who vouches for what Attest returns.
const vouches = "the checksum database"

// Attest returns the h1 digest that the checksum database has for a .zip or
// .mod file. The answer is proven against the database's signed tree, and the
// tree against the one remembered: a database that changes its history is
// found out, also after a restart. Errors: NotFound where the database does
// not know the version, Unavailable where it cannot be asked, Unsound where
// its answer is not proven.
func (f *format) Attest(ctx context.Context, file ecosystem.File, world ecosystem.World) ([]assay.Digest, string, error) {
	if f.notary == nil {
		return nil, "", nil
	}
	name, version, ext, err := identify(file)
	if err != nil {
		return nil, "", err
	}
	line := version
	switch ext {
	case wire.Zip:
	case wire.Mod:
		line = version + "/go.mod"
	default:
		return nil, "", nil // the database says nothing of .info
	}
	digests, err := f.notary.digests(ctx, world, name, version, line)
	return digests, vouches, err
}

// notary asks one checksum database. It is safe for concurrent use.
//
// Each look-up has a sumdb.Client of its own: a client remembers every answer
// and every error for ever, which would make an outage permanent and the
// memory unbounded, and it knows no context. What makes look-ups agree with
// each other is shared below the clients: the tree head in the World,
// replaced by compare-and-swap, and the cache of proven parts.
type notary struct {
	db     SumDB
	head   string // the World's key for the tree head
	proven *proven
	err    error // the database's key is unusable: every look-up fails
}

func newNotary(db SumDB, cache int) *notary {
	n := &notary{db: db, proven: newProven(cache)}
	verifier, err := note.NewVerifier(db.Key)
	if err != nil || verifier.Name() != db.Name {
		n.err = assay.Wrap(assay.Unavailable, err, "the key of the checksum database %s is not its key: correct GOSUMDB where Assay runs", db.Name)
		return n
	}
	// The head is kept under the key's identity, name and hash: after a
	// change of key the old head could not be verified any more.
	identity := db.Key[:strings.LastIndexByte(db.Key, '+')]
	n.head = "sumdb/" + identity + "/latest"
	return n
}

// digests looks a version up; line is the version as go.sum writes it.
func (n *notary) digests(ctx context.Context, world ecosystem.World, name, version, line string) ([]assay.Digest, error) {
	if n.err != nil {
		return nil, n.err
	}
	l := &lookup{ctx: ctx, world: world, notary: n}
	lines, err := sumdb.NewClient(l).Lookup(name, line)
	if err != nil {
		return nil, l.explain(err, name+"@"+version)
	}
	var digests []assay.Digest
	for _, text := range lines {
		_, sum, _ := strings.Cut(text, " "+line+" ")
		if d, err := assay.ParseDigest(sum); err == nil && d.Algorithm() == "h1" && !slices.Contains(digests, d) {
			digests = append(digests, d)
		}
	}
	if len(digests) == 0 {
		return nil, assay.Errorf(assay.Unsound, "the checksum database %s knows %s@%s and has no digest for it", n.db.Name, name, version)
	}
	return digests, nil
}

// lookup is what one sumdb.Client works with. The client flattens errors to
// text and asks for tiles from several goroutines, so what went wrong is
// noted here.
type lookup struct {
	ctx    context.Context
	world  ecosystem.World
	notary *notary

	mu        sync.Mutex
	asked     error // the look-up itself failed
	tile      error // a tile could not be had
	state     error // the remembered head could not be read or written
	conflicts int
	security  string // the proof that the database contradicted itself
}

var _ sumdb.ClientOps = (*lookup)(nil)

// maxConflicts bounds the rounds of compare-and-swap on the head. Each lost
// round means that another look-up has moved it.
const maxConflicts = 50

func (l *lookup) ReadRemote(path string) ([]byte, error) {
	path = strings.TrimPrefix(path, "/")
	data, err := l.world.Fetch(l.ctx, l.notary.db.source(path))
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if strings.HasPrefix(path, "lookup/") {
			l.asked = err
		} else if l.tile == nil || assay.Is(l.tile, assay.NotFound) {
			l.tile = err // a missing partial tile is ordinary; the full one is asked for next
		}
	}
	return data, err
}

func (l *lookup) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(l.notary.db.Key), nil
	}
	if err := l.checkFile(file); err != nil {
		return nil, err
	}
	data, err := l.world.Recall(l.ctx, l.notary.head)
	if err != nil {
		return nil, l.note(err)
	}
	return data, nil
}

func (l *lookup) WriteConfig(file string, old, new []byte) error {
	if err := l.checkFile(file); err != nil {
		return err
	}
	if len(old) == 0 {
		old = nil // as Recall gave it
	}
	err := l.world.Remember(l.ctx, l.notary.head, old, new)
	if !assay.Is(err, assay.Conflict) {
		if err != nil {
			return l.note(err)
		}
		return nil
	}
	l.mu.Lock()
	l.conflicts++
	conflicts := l.conflicts
	l.mu.Unlock()
	if conflicts >= maxConflicts || l.ctx.Err() != nil {
		return l.note(assay.Errorf(assay.Unavailable, "too many look-ups in the checksum database at once: try again"))
	}
	return sumdb.ErrWriteConflict
}

// checkFile knows the one file of state that a client has.
func (l *lookup) checkFile(file string) error {
	if file == l.notary.db.Name+"/latest" {
		return nil
	}
	return l.note(assay.Errorf(assay.Internal, "the checksum database's client asks for %q", file))
}

func (l *lookup) note(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = err
	return err
}

var errNotCached = errors.New("not cached")

func (l *lookup) ReadCache(file string) ([]byte, error) {
	if data, ok := l.notary.proven.get(file); ok {
		return data, nil
	}
	return nil, errNotCached
}

// WriteCache is called with proven data only.
func (l *lookup) WriteCache(file string, data []byte) {
	l.notary.proven.put(file, bytes.Clone(data))
}

// Log is for progress, which nobody follows.
func (l *lookup) Log(string) {}

func (l *lookup) SecurityError(msg string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.security = msg
}

// explain finds the kind and the words for a failed look-up. A contradiction
// outranks everything: it must not look like an outage, which people retry.
func (l *lookup) explain(err error, what string) error {
	l.mu.Lock()
	asked, tile, state, security := l.asked, l.tile, l.state, l.security
	l.mu.Unlock()
	db := &l.notary.db
	switch {
	case security != "":
		return assay.Wrap(assay.Unsound, errors.New(security),
			"the checksum database %s contradicted itself: it has signed two histories that cannot both be true. %s is not accepted; Assay's log has the proof", db.Name, what)
	case errors.Is(l.ctx.Err(), context.Canceled):
		return assay.Wrap(assay.Canceled, err, "the look-up of %s in the checksum database was given up", what)
	case state != nil:
		return assay.Wrap(assay.KindOf(state), state, "the state of the checksum database %s could not be kept", db.Name)
	case assay.Is(asked, assay.NotFound):
		return l.unknown(asked, what)
	case asked != nil:
		return unreachable(db, asked, what)
	case assay.Is(tile, assay.NotFound):
		return assay.Wrap(assay.Unsound, tile, "the checksum database %s lacks a part of its own log that would prove %s", db.Name, what)
	case tile != nil:
		return unreachable(db, tile, what)
	}
	return assay.Wrap(assay.Unsound, err, "the answer of the checksum database %s about %s is not proven by its signed log, or contradicts what was proven before", db.Name, what)
}

// unknown tells a version that the database does not know from an upstream
// that does not carry the database: both answer "not found". The protocol's
// way to ask is /supported.
func (l *lookup) unknown(asked error, what string) error {
	db := &l.notary.db
	if db.proxied() {
		_, err := l.world.Fetch(l.ctx, db.source("supported"))
		if assay.Is(err, assay.NotFound) {
			return assay.Wrap(assay.Unavailable, err,
				"the upstream does not carry the checksum database %s, so %s cannot be checked: set GOSUMDB=\"<key> <address>\" where Assay runs, and the database is asked directly", db.Name, what)
		}
		if err != nil {
			return unreachable(db, err, what)
		}
	}
	return assay.Wrap(assay.NotFound, asked, "the checksum database %s does not know %s", db.Name, what)
}

// unreachable keeps the kind, status and waiting time of the cause.
func unreachable(db *SumDB, cause error, what string) error {
	e := assay.Wrap(assay.KindOf(cause), cause, "the checksum database %s could not be asked about %s: %s", db.Name, what, assay.PublicMessage(cause))
	var inner *assay.Error
	if errors.As(cause, &inner) {
		e.Status, e.RetryAfter = inner.Status, inner.RetryAfter
	}
	return e
}

package tlogread

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/scorecard"
)

// Limits bound what is read of a log.
type Limits struct {
	// Requests is how many tiles are read in all.
	Requests int
	// Whole is the most entries of a tree that is hashed from all its
	// leaves; Spread is how many leaves of a larger one are proven.
	Whole  int64
	Spread int
}

// DefaultLimits keep a look at a log to some twenty requests.
func DefaultLimits() Limits { return Limits{Requests: 16, Whole: 8 * tileWidth, Spread: 3} }

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	// maxBundle is the most bytes of 256 entries and their lengths.
	maxBundle = tileWidth * (2 + 1<<16)
	// maxTile is far more than a tile: what is longer than a tile is to be
	// called by its name and not cut off.
	maxTile = 1 << 20
)

// Lie says where a log contradicts itself.
type Lie struct{ What string }

func (l *Lie) Error() string { return l.What }

// None says that there is no log at an address.
type None struct {
	What string
	// Refused is set when the answer was that it is not for everybody.
	Refused bool
}

func (n *None) Error() string { return n.What }

// Log is a log at an address. It is used by one goroutine.
type Log struct {
	visitor scorecard.Visitor
	base    string // without a slash at the end
	limits  Limits
	read    int
	tiles   map[string][]byte
}

// Open is the log at an address; nothing is asked yet.
func Open(v scorecard.Visitor, address string, limits Limits) *Log {
	return &Log{visitor: v, base: strings.TrimRight(address, "/"), limits: limits, tiles: map[string][]byte{}}
}

// Checkpoint reads the newest checkpoint. Its error is a *None if what is
// there is none.
func (l *Log) Checkpoint(ctx context.Context) (Checkpoint, error) {
	r, err := l.visitor.Do(ctx, scorecard.Request{Method: http.MethodGet, URL: l.base + "/checkpoint", Limit: maxCheckpoint,
		// A cache between us would show an old head as the newest.
		Header: http.Header{"Cache-Control": {"no-cache"}}})
	if err != nil {
		return Checkpoint{}, scorecard.Untold("the log's checkpoint could not be read: %s", faultText(err))
	}
	switch {
	case r.Status == http.StatusTooManyRequests || r.Status >= 500 || r.Status < 200 || r.Status >= 300 && r.Status < 400:
		return Checkpoint{}, scorecard.Untold("the log's checkpoint could not be read: it answers %d", r.Status)
	case r.Status >= 400:
		refused := r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden
		return Checkpoint{}, &None{What: fmt.Sprintf("answers %d", r.Status), Refused: refused}
	}
	c, err := ParseCheckpoint(r.Body)
	if err != nil {
		return Checkpoint{}, &None{What: "is no checkpoint: " + err.Error()}
	}
	return c, nil
}

// Key is the log's verifier key where it is served beside the checkpoint, as
// text in the form of signed notes; false if it is not.
func (l *Log) Key(ctx context.Context) (note.Verifier, bool) {
	r, err := l.visitor.Do(ctx, scorecard.Request{Method: http.MethodGet, URL: l.base + "/key", Limit: 8 << 10})
	if err != nil || r.Status != http.StatusOK {
		return nil, false
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(r.Body)))
	return v, err == nil
}

// Checked says how much of a tree was looked at.
type Checked struct {
	// Leaves is how many leaf hashes lie under the root; Whole says that
	// these are all.
	Leaves int64
	Whole  bool
	// Entries is how many entries were hashed themselves, of the newest
	// bundle; none where entries are not served.
	Entries int
}

// Check checks a checkpoint against the tiles.
func (l *Log) Check(ctx context.Context, c Checkpoint) (Checked, error) {
	if c.Size == 0 {
		if empty, _ := tlog.TreeHash(0, nil); c.Root != empty {
			return Checked{}, &Lie{"the checkpoint is of no entries and its root is not that of an empty tree"}
		}
		return Checked{Whole: true}, nil
	}
	leaves := l.chosen(c.Size)
	hashes, err := l.hashes(ctx, c, leaves)
	if err != nil {
		return Checked{}, err
	}
	done := Checked{Leaves: int64(len(leaves)), Whole: int64(len(leaves)) == c.Size}
	if done.Entries, err = l.entries(ctx, c, hashes); err != nil {
		return Checked{}, err
	}
	return done, nil
}

// chosen are the leaves to look at: all, or the newest bundle and some
// spread evenly before it.
func (l *Log) chosen(size int64) []int64 {
	var leaves []int64
	first := int64(0)
	if size > l.limits.Whole {
		first = (size - 1) / tileWidth * tileWidth
		for i := range int64(l.limits.Spread) {
			// Divided first: size may be close to the largest number.
			leaves = append(leaves, first/int64(l.limits.Spread+1)*(i+1))
		}
	}
	for i := first; i < size; i++ {
		leaves = append(leaves, i)
	}
	return leaves
}

// hashes are the leaves' hashes, proven to lie under the checkpoint's root.
func (l *Log) hashes(ctx context.Context, c Checkpoint, leaves []int64) ([]tlog.Hash, error) {
	indexes := make([]int64, len(leaves))
	for i, n := range leaves {
		indexes[i] = tlog.StoredHashIndex(0, n)
	}
	t := &tileReader{ctx: ctx, log: l}
	hashes, err := tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, t).ReadHashes(indexes)
	switch {
	case t.err != nil:
		return nil, t.err
	case err != nil:
		return nil, &Lie{fmt.Sprintf("the root in the checkpoint of %d entries is not the root of the tiles", c.Size)}
	}
	return hashes, nil
}

// entries hashes the newest bundle, whose leaf hashes stand at the end of
// hashes, and reports how many there were.
func (l *Log) entries(ctx context.Context, c Checkpoint, hashes []tlog.Hash) (int, error) {
	n := (c.Size - 1) / tileWidth
	width := int(c.Size - n*tileWidth)
	body, err := l.get(ctx, "/tile/entries/"+place(n, width), maxBundle)
	if _, none := errors.AsType[*None](err); none && width < tileWidth {
		body, err = l.get(ctx, "/tile/entries/"+place(n, tileWidth), maxBundle)
	}
	if _, none := errors.AsType[*None](err); none {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	want := hashes[len(hashes)-width:]
	for i := range width {
		if len(body) < 2 || len(body)-2 < int(binary.BigEndian.Uint16(body)) {
			return 0, &Lie{fmt.Sprintf("the newest bundle of entries ends after %d of %d", i, width)}
		}
		end := 2 + int(binary.BigEndian.Uint16(body))
		if tlog.RecordHash(body[2:end]) != want[i] {
			return 0, &Lie{fmt.Sprintf("entry %d is not the one whose hash is in the tree", n*tileWidth+int64(i))}
		}
		body = body[end:]
	}
	return width, nil
}

// Consistent checks that of two checkpoints of the log the larger one holds
// the smaller one as its beginning.
func (l *Log) Consistent(ctx context.Context, a, b Checkpoint) error {
	if a.Origin != b.Origin {
		return &Lie{fmt.Sprintf("two checkpoints at one address are of two logs, %q and %q", cut(a.Origin), cut(b.Origin))}
	}
	if a.Size > b.Size {
		a, b = b, a
	}
	if a.Size == b.Size {
		if a.Root != b.Root {
			return &Lie{fmt.Sprintf("two checkpoints of %d entries have two roots", a.Size)}
		}
		return nil
	}
	if a.Size == 0 {
		return nil
	}
	t := &tileReader{ctx: ctx, log: l}
	proof, err := tlog.ProveTree(b.Size, a.Size, tlog.TileHashReader(tlog.Tree{N: b.Size, Hash: b.Root}, t))
	if t.err != nil {
		return t.err
	}
	if err == nil {
		err = tlog.CheckTree(proof, b.Size, b.Root, a.Size, a.Root)
	}
	if err != nil {
		return &Lie{fmt.Sprintf("the tree of %d entries does not begin with the tree of %d", b.Size, a.Size)}
	}
	return nil
}

// get reads what lies below the log's address. A *None says that nothing
// does.
func (l *Log) get(ctx context.Context, path string, limit int64) ([]byte, error) {
	if l.read >= l.limits.Requests {
		return nil, scorecard.Untold("the log needs more than the %d requests that are made of it", l.limits.Requests)
	}
	l.read++
	r, err := l.visitor.Do(ctx, scorecard.Request{Method: http.MethodGet, URL: l.base + path, Limit: limit})
	switch {
	case err != nil:
		return nil, scorecard.Untold("a tile of the log could not be read: %s", faultText(err))
	case r.Status >= 400 && r.Status < 500 && r.Status != http.StatusTooManyRequests:
		return nil, &None{What: fmt.Sprintf("%s answers %d", path, r.Status)}
	case r.Status != http.StatusOK:
		return nil, scorecard.Untold("a tile of the log could not be read: it answers %d", r.Status)
	}
	return bytes.Clone(r.Body), nil
}

func faultText(err error) string {
	if f, ok := errors.AsType[*scorecard.Fault](err); ok {
		return scorecard.Words(f.Text)
	}
	return scorecard.Words(err.Error())
}

func cut(s string) string { return scorecard.Words(s[:min(len(s), 80)]) }

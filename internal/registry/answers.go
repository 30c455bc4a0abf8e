package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
)

// answer is a rendered listing, compressed, with all that it was made from.
// It stands while the snapshot's content, the rules and every decision in it
// stand.
type answer struct {
	listing     ecosystem.Listing
	entries     []*entry
	rules       *policy.Ruleset
	until       time.Time // when a decision in it ends by itself; zero: never
	hosted      bool
	contentType string
	etag        string
	made        time.Time
	body        io.ReaderAt // ecosystem.Bytes, or the spool
	size        int64
	plain       ecosystem.Bytes // a small body without its compression; else nil
	gzip        bool            // the body is compressed
	spool       blob.Staged     // holds a large answer on disk; nil for a small one
	allowed     []*assay.Facts  // of the versions it lists
	err         error           // the format's own refusal of this representation
	hidden      *assay.Decision // leads the versions left out, if any

	mu    sync.Mutex // guards uses and gone
	uses  int
	gone  bool
	freed bool
}

// stands tells whether the answer may be given for that snapshot now.
func (a *answer) stands(sn *snapshot, rules *policy.Ruleset, now time.Time) bool {
	return a.rules == rules && a.listing == sn.listing && sameEntries(a.entries, sn.entries) &&
		(a.until.IsZero() || now.Before(a.until))
}

// sameEntries compares by identity: a snapshot that only confirmed the last
// one shares its entries.
func sameEntries(a, b []*entry) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// maxLost is how often one answer looks again for documents that went away
// under it.
const maxLost = 3

// moved tells whether the facts it rests on were replaced: by something said
// of a version, or by a claim.
func (a *answer) moved(claimed bool) bool {
	return a.hosted != claimed || (len(a.entries) > 0 && a.entries[0].dead.Load())
}

// hold keeps a spooled answer readable until release.
func (a *answer) hold() bool {
	if a.spool == nil {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.freed {
		return false
	}
	a.uses++
	return true
}

func (a *answer) release() {
	if a.spool == nil {
		return
	}
	a.mu.Lock()
	a.uses--
	free := a.gone && a.uses == 0 && !a.freed
	a.freed = a.freed || free
	a.mu.Unlock()
	if free {
		_ = a.spool.Discard() // staging is cleaned at the next start
	}
}

// dropped is called when the answer leaves the cache.
func (a *answer) dropped() {
	if a.spool == nil {
		return
	}
	a.mu.Lock()
	a.gone = true
	free := a.uses == 0 && !a.freed
	a.freed = a.freed || free
	a.mu.Unlock()
	if free {
		_ = a.spool.Discard()
	}
}

// Listing returns a rendered representation of a package: from the cache
// where it still stands, else rendered once for all who wait.
func (pl *Place) Listing(ctx context.Context, name, representation string) (*ecosystem.Answer, error) {
	var a *answer
	var fl *flight
	var stale time.Duration
	for {
		if err := pl.mayRead(ctx, name); err != nil {
			return nil, err
		}
		sn, age, err := pl.load(ctx, name, forListing)
		if err != nil {
			return nil, err
		}
		if sn.missing && sn.hosted {
			return nil, pl.unknown(name)
		}
		if sn.missing {
			return nil, assay.Errorf(assay.NotFound, "%s does not exist upstream", name)
		}
		stale = age
		fl = pl.s.flights.begin()
		a, err = pl.answer(ctx, sn, name, representation, fl)
		if err == nil {
			break
		}
		fl.end()
		if err != errMoved {
			return nil, err
		}
	}
	return &ecosystem.Answer{
		ContentType: a.contentType, ETag: a.etag, Modified: a.made, Gzip: a.gzip, Plain: a.plain,
		Body: a.body, Size: a.size, Stale: stale, Flight: fl,
		Release: func() { fl.end(); a.release() },
	}, nil
}

// answer finds or renders, and ties the flight to what the answer lists.
func (pl *Place) answer(ctx context.Context, sn *snapshot, name, representation string, fl *flight) (*answer, error) {
	key := pl.name + "\x00" + name + "\x00" + representation
	for lost := 0; ; {
		rules, now := pl.s.cfg.Rules.Current(), pl.s.now()
		a, ok := pl.s.answers.get(key)
		if ok && a.stands(sn, rules, now) && a.hold() {
			pl.s.stats.ListingsWarm.Add(1)
		} else {
			var err error
			a, err = pl.s.renders.do(ctx, key, func(ctx context.Context) (*answer, error) {
				a, err := pl.render(ctx, sn, name, representation, rules, now)
				if err == nil {
					pl.s.answers.put(key, a, a.cost())
				}
				return a, err
			})
			if errors.Is(err, errGone) && lost < maxLost && !sn.hosted {
				lost++
				// A refresh has replaced what we hold, or the bytes were lost
				// and have to be fetched again.
				if fresh := pl.current(name); fresh != nil && fresh != sn {
					sn = fresh
				} else if sn, _, err = pl.load(ctx, name, forMissing); err != nil {
					return nil, err
				}
				if sn.missing || sn.hosted {
					return nil, errMoved
				}
				continue
			}
			if err != nil {
				return nil, fromUpstream(err, "rendering the listing of "+name)
			}
			// A render that was under way for others may rest on another
			// state than ours; look again.
			if !a.stands(sn, rules, now) {
				if fresh := pl.current(name); fresh != nil {
					sn = fresh
				}
				if !a.stands(sn, pl.s.cfg.Rules.Current(), now) {
					continue
				}
			}
			if !a.hold() {
				continue
			}
		}
		if a.err != nil {
			a.release()
			return nil, a.err
		}
		fl.carries(a.allowed...)
		if a.moved(pl.Claimed(name)) {
			a.release()
			return nil, errMoved
		}
		if pl.s.cfg.Rules.Current() != a.rules {
			// The rules changed while we decided: the change may not have
			// seen this flight, so decide again.
			a.release()
			continue
		}
		return a, nil
	}
}

func (pl *Place) current(name string) *snapshot {
	if p, ok := pl.packages.get(name); ok {
		return p.current.Load()
	}
	return nil
}

func (a *answer) cost() int64 {
	const own = 512
	if a.spool != nil {
		// It lies on disk, but holds a file open and room there: a share of
		// its size bounds both.
		return own + max(a.size/8, openCost)
	}
	return own + a.size + int64(len(a.plain))
}

// render decides every version and lets the format write the answer.
func (pl *Place) render(ctx context.Context, sn *snapshot, name, representation string, rules *policy.Ruleset, now time.Time) (*answer, error) {
	a := &answer{listing: sn.listing, entries: sn.entries, rules: rules, hosted: sn.hosted, made: now.Truncate(time.Second)}
	decisions := make([]*assay.Decision, len(sn.entries))
	denied := 0
	for i, e := range sn.entries {
		d := e.decide(rules, now)
		decisions[i] = d
		if !d.Until.IsZero() && (a.until.IsZero() || d.Until.Before(a.until)) {
			a.until = d.Until
		}
		if lead, unlisted := d.Unlisted(); unlisted {
			if !d.Denied() {
				decisions[i] = leftOut(d, lead)
			}
			denied++
			if a.hidden == nil {
				a.hidden = decisions[i]
			}
		} else {
			a.allowed = append(a.allowed, e.facts)
		}
	}
	var docs []ecosystem.Document
	if sn.hosted {
		docs = sn.documents(pl.format.Sources(name))
	} else {
		open, closeAll, err := pl.open(ctx, pl.format.Sources(name), sn.docs)
		if err != nil {
			return nil, err
		}
		defer closeAll()
		docs = open
	}
	at := assay.Coordinate{Ecosystem: pl.eco, Name: name}
	spool := &spool{ctx: ctx, blobs: pl.s.cfg.Blobs, inRAM: pl.s.lim.AnswerInRAM}
	kept := false
	defer func() {
		if !kept {
			spool.discard()
		}
	}()
	hash := sha256.New()
	zw, err := gzip.NewWriterLevel(io.MultiWriter(spool, hash), gzip.DefaultCompression)
	if err != nil {
		return nil, err
	}
	plain := &beginning{}
	a.contentType, err = sn.listing.Render(io.MultiWriter(zw, plain), ecosystem.Rendering{
		Representation: representation, Name: name, Base: pl.Base(), Documents: docs,
		Decision: func(i int) *assay.Decision { return decisions[i] },
		DecisionOn: func(i int, published time.Time) *assay.Decision {
			facts := sn.entries[i].factsOn(published)
			if facts == sn.entries[i].facts || decisions[i].Denied() {
				return decisions[i]
			}
			d := rules.Decide(facts, now)
			if !d.Until.IsZero() && (a.until.IsZero() || d.Until.Before(a.until)) {
				a.until = d.Until // a later file may be let in before its version changes
			}
			return &d
		},
		Why: func(version string) string { return pl.s.why(at.At(version)) },
	})
	if kind := assay.KindOf(err); err != nil && (kind == assay.NotFound || kind == assay.Denied) {
		// The format's own answer: no such representation, or a version that
		// is denied. It stands as long as a listing would.
		a.err = err
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	a.etag = `"` + hex.EncodeToString(hash.Sum(nil)[:16]) + `"`
	if body, whole := plain.whole(); whole && len(body) <= uncompressed {
		a.body, a.size = body, int64(len(body))
	} else {
		a.gzip = true
		if whole {
			a.plain = body
		}
		a.body, a.size, a.spool = spool.content()
		kept = true
	}
	pl.s.stats.ListingsRendered.Add(1)
	if denied > 0 {
		if lead := a.hidden.Lead(); lead != nil {
			pl.s.cfg.Usage.Verdict(pl.name, at, *lead, true, assay.Principal{}, lastSegment(pl.s.why(at)))
		}
	}
	return a, nil
}

// leftOut is the decision with which a version that is only to be left out of
// listings is rendered: no resolver may choose it, and whoever asks for it
// hears why.
func leftOut(d *assay.Decision, lead *assay.Opinion) *assay.Decision {
	said := *lead
	said.Effect = assay.Deny
	return &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{said}, Until: d.Until}
}

func lastSegment(address string) string { return address[strings.LastIndexByte(address, '/')+1:] }

// Compressing an answer that fits into one packet gains nothing, and costs
// every client that does not ask for compression. Of one that is a little
// larger both forms are kept.
const (
	uncompressed = 1 << 10
	bothForms    = 32 << 10
)

// beginning keeps what is written to it, up to bothForms.
type beginning struct {
	buf  bytes.Buffer
	more bool
}

func (b *beginning) Write(p []byte) (int, error) {
	if b.more = b.more || b.buf.Len()+len(p) > bothForms; !b.more {
		_, _ = b.buf.Write(p) // never fails (bytes.Buffer)
	}
	return len(p), nil
}

// whole returns all that was written, if it was kept.
func (b *beginning) whole() (body ecosystem.Bytes, ok bool) {
	return bytes.Clone(b.buf.Bytes()), !b.more
}

// spool takes a rendered answer in memory, and on disk once it grows.
type spool struct {
	ctx    context.Context
	blobs  blob.Store
	inRAM  int64
	buf    bytes.Buffer
	staged blob.Staged
	size   int64
}

func (s *spool) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	if s.staged == nil && int64(s.buf.Len()+len(p)) <= s.inRAM {
		return s.buf.Write(p)
	}
	if s.staged == nil {
		staged, err := s.blobs.Stage(s.ctx)
		if err != nil {
			return 0, err
		}
		s.staged = staged
		if _, err := s.staged.Write(s.buf.Bytes()); err != nil {
			return 0, err
		}
		s.buf = bytes.Buffer{}
	}
	return s.staged.Write(p)
}

func (s *spool) content() (io.ReaderAt, int64, blob.Staged) {
	if s.staged != nil {
		return s.staged, s.size, s.staged
	}
	return ecosystem.Bytes(bytes.Clone(s.buf.Bytes())), s.size, nil
}

func (s *spool) discard() {
	if s.staged != nil {
		_ = s.staged.Discard() // staging is cleaned at the next start
	}
}

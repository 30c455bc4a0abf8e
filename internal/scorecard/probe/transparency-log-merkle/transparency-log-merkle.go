// Package transparencylogmerkle asks whether there is an append-only log that
// anybody can verify, and whether what it says of itself is true.
//
// An event log can be edited by whoever runs it. A Merkle tree with signed
// checkpoints cannot, as long as somebody compares: the root must be the root
// of the tiles, the newest entries those that were hashed, and a later
// checkpoint must only add to an earlier one. Witnesses compare for everybody
// (C2SP tlog-checkpoint, tlog-tiles and tlog-cosignature, https://c2sp.org);
// without one the log can show two people two histories.
//
// Small trees are hashed from all their leaves; of large ones the newest leaf
// and some others are proven to lie under the root. The log's signature is
// checked where its key is served beside it, cosignatures by their form alone:
// which witnesses deserve trust is for people to decide. A checksum database
// of Go is part of the way: it logs the digests of versions and nothing else.
package transparencylogmerkle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/tlogread"
)

// Seen is what is written down.
type Seen struct {
	Address string `json:"address"`
	Stated  bool   `json:"stated"`
	// None says what stands there if it is no log, Refused that it is not
	// for everybody, Untold why it could not be told, Lie where it
	// contradicts itself.
	None    string `json:"none,omitempty"`
	Refused bool   `json:"refused,omitempty"`
	Untold  string `json:"untold,omitempty"`
	Lie     string `json:"lie,omitempty"`
	// Origin, Size and Root are those of the first checkpoint.
	Origin string `json:"origin,omitempty"`
	Size   int64  `json:"size,omitempty"`
	Root   string `json:"root,omitempty"`
	// Leaves is how many leaf hashes were proven to lie under the root,
	// Whole says that those are all; Entries is how many entries were hashed.
	Leaves  int64 `json:"leaves,omitempty"`
	Whole   bool  `json:"whole,omitempty"`
	Entries int   `json:"entries,omitempty"`
	// Key is "" where the log serves no key, else "fits" or "does not fit".
	Key string `json:"key,omitempty"`
	// Later is the size of the second checkpoint.
	Later     int64     `json:"later,omitempty"`
	Witnesses []Witness `json:"witnesses,omitempty"`
	// Vouched is how many versions a checksum database vouches for, looked
	// at only where there is no other log.
	Vouched int `json:"vouched,omitempty"`
}

// Witness is a cosignature.
type Witness struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// The words for Key.
const (
	keyFits = "fits"
	keyNot  = "does not fit"
)

// between is how long passes between the two checkpoints, at least.
const between = time.Second

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "transparency-log-merkle", Kind: scorecard.Probe, Version: 1, Capability: "transparency-log-merkle",
		Question: "Is there an append-only log that anybody can verify, does it hold together, and does a witness watch it?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	places, stated, err := probe.Places(b, "log", "/log")
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Address: probe.Shown(places[0]), Stated: stated}
	log := tlogread.Open(b.Visit, places[0], tlogread.DefaultLimits())
	c, err := log.Checkpoint(ctx)
	if none, ok := errors.AsType[*tlogread.None](err); ok {
		seen.None, seen.Refused = scorecard.Words(none.What), none.Refused
		seen.Vouched = vouched(ctx, b)
		return seen, nil
	}
	if err != nil {
		seen.Untold = scorecard.Words(err.Error())
		return seen, nil
	}
	seen.Origin, seen.Size, seen.Root = scorecard.Words(c.Origin), c.Size, c.Root.String()
	for _, s := range c.Signatures {
		if !s.Cosigned.IsZero() && len(seen.Witnesses) < probe.Default().Noted {
			seen.Witnesses = append(seen.Witnesses, Witness{scorecard.Words(s.Name), s.Cosigned})
		}
	}
	if v, ok := log.Key(ctx); ok {
		seen.Key = keyNot
		if c.SignedBy(v) {
			seen.Key = keyFits
		}
	}
	seen.told(verify(ctx, b, log, c, &seen))
	return seen, nil
}

func verify(ctx context.Context, b *scorecard.Bench, log *tlogread.Log, c tlogread.Checkpoint, seen *Seen) error {
	done, err := log.Check(ctx, c)
	if err != nil {
		return err
	}
	seen.Leaves, seen.Whole, seen.Entries = done.Leaves, done.Whole, done.Entries
	if err := b.Wait(ctx, between); err != nil {
		return scorecard.Untold("there was no time to wait for a second checkpoint")
	}
	later, err := log.Checkpoint(ctx)
	if none, ok := errors.AsType[*tlogread.None](err); ok {
		return scorecard.Untold("a second checkpoint could not be had: it %s", none.What)
	}
	if err != nil {
		return err
	}
	seen.Later = later.Size
	return log.Consistent(ctx, c, later)
}

// told writes down how verifying ended.
func (s *Seen) told(err error) {
	if lie, ok := errors.AsType[*tlogread.Lie](err); ok {
		s.Lie = scorecard.Words(lie.What)
	} else if err != nil {
		s.Untold = scorecard.Words(err.Error())
	}
}

// vouched counts the versions of one sample that a checksum database vouches
// for. Only Go has one.
func vouched(ctx context.Context, b *scorecard.Bench) int {
	if b.Protocol.Ecosystem() != assay.Golang {
		return 0
	}
	samples, err := probe.Samples(ctx, b, 1)
	if err != nil {
		return 0
	}
	n := 0
	for _, v := range samples[0].Listing.Versions {
		if v.Digests["h1"] != "" {
			n++
		}
	}
	return n
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Lie != "":
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the log at %s contradicts itself: %s", s.Address, s.Lie))
	case s.Key == keyNot:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the checkpoint of %s is not signed by the key that the log serves", s.Origin))
	case s.Untold != "":
		return scorecard.Found(scorecard.CouldNotTell, s.Untold)
	case s.None != "":
		return judgeNone(s)
	case s.Size == 0:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the log %s is empty, which proves nothing", s.Origin))
	}
	how := fmt.Sprintf("the root of %d entries was computed from the tiles", s.Size)
	if !s.Whole {
		how = fmt.Sprintf("of %d entries the newest and others, %d in all, were proven to lie under the root", s.Size, s.Leaves)
	}
	switch {
	case s.Entries == 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s: %s, but the entries themselves are not served, so nobody can see what was logged", s.Origin, how))
	case len(s.Witnesses) == 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%s: %s and a later checkpoint of %d fits, but no witness has cosigned: the log could show two histories", s.Origin, how, s.Later))
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("%s: %s and a later checkpoint of %d fits; cosigned by %s", s.Origin, how, s.Later, witnesses(s.Witnesses)))
}

func judgeNone(s Seen) scorecard.Finding {
	switch {
	case s.Vouched > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("a checksum database logs the digests of versions (%d of a sample), and nothing else that happens", s.Vouched))
	case s.Refused && !s.Stated:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("no log is stated, and whether there is one at %s is not shown to everybody: its checkpoint %s", s.Address, s.None))
	case s.Refused:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the log at %s is not for everybody: its checkpoint %s", s.Address, s.None))
	case s.Stated:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("a log is stated at %s, but its checkpoint %s", s.Address, s.None))
	}
	return scorecard.Found(scorecard.NotSupported, fmt.Sprintf("no log is stated, and the checkpoint at the usual place, %s, %s", s.Address, s.None))
}

func witnesses(list []Witness) string {
	names := make([]string, 0, len(list))
	for _, w := range list[:min(len(list), 3)] {
		names = append(names, fmt.Sprintf("%s (%s)", w.Name, w.At.Format(time.DateOnly)))
	}
	text := strings.Join(names, ", ")
	if more := len(list) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

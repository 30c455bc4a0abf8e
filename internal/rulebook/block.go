package rulebook

import (
	"context"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// Block refuses every version in a pattern, from now on and until the moment
// given; the zero moment is until it is unblocked. The reason is shown to
// all who meet the refusal.
//
// What is malformed is Invalid: the pattern, an ecosystem that does not exist
// here, an empty reason, a moment that has passed. A pattern that is blocked
// already is a Conflict, which names the block that stands: its reason may be
// quoted elsewhere, so it is unblocked first. One that has run out is
// replaced.
func (b *Book) Block(ctx context.Context, by assay.Principal, pattern, reason string, until time.Time) (store.Block, error) {
	p, err := b.pattern(pattern)
	if err != nil {
		return store.Block{}, err
	}
	now := b.moment()
	until = kept(until)
	row := store.Block{ID: newID("b"), Pattern: p.String(), Created: now, Until: until, By: by.ID}
	if row.Reason, err = policy.CleanReason(reason); err != nil {
		return store.Block{}, err
	}
	if err := ahead(until, now); err != nil {
		return store.Block{}, err
	}
	err = b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		for _, other := range s.blocks {
			if other.Pattern != row.Pattern {
				continue
			}
			if !over(other.Until, now) {
				return nil, assay.Errorf(assay.Conflict, "%s is blocked already (%s: %s); to change it, end that one first: assay unblock %s",
					other.Pattern, other.ID, other.Reason, other.ID)
			}
			if err := tx.DeleteBlock(ctx, other.ID); err != nil {
				return nil, err
			}
		}
		if err := tx.PutBlock(ctx, row); err != nil {
			return nil, err
		}
		return []event{{assay.EventBlocked, subject(p), map[string]any{
			"id": row.ID, "pattern": row.Pattern, "reason": row.Reason, "until": row.Until,
		}}}, nil
	})
	if err != nil {
		return store.Block{}, err
	}
	return row, nil
}

// Unblock ends the block with an id, or the one of a pattern, and returns
// what it ended; nothing to end is NotFound. Blocks of the policy file are
// ended there.
func (b *Book) Unblock(ctx context.Context, by assay.Principal, idOrPattern string) ([]store.Block, error) {
	wanted := strings.TrimSpace(idOrPattern)
	if strings.HasPrefix(wanted, "pkg:") {
		// Written in another way than it is kept; what cannot be read any
		// more is compared as it is.
		if p, err := b.pattern(wanted); err == nil {
			wanted = p.String()
		}
	}
	var ended []store.Block
	err := b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		ended = nil
		var events []event
		for _, row := range s.blocks {
			if row.ID != wanted && row.Pattern != wanted {
				continue
			}
			if err := tx.DeleteBlock(ctx, row.ID); err != nil {
				return nil, err
			}
			var about assay.Coordinate
			if p, known, err := b.patternOf(row); err == nil && known {
				about = subject(p)
			}
			ended = append(ended, row)
			events = append(events, event{assay.EventUnblocked, about, map[string]any{"id": row.ID, "pattern": row.Pattern}})
		}
		if len(ended) > 0 {
			return events, nil
		}
		for _, block := range s.rules.Blocks() {
			if block.FromFile && (block.ID == wanted || block.Pattern.String() == wanted) {
				return nil, assay.Errorf(assay.NotFound, "%s is blocked by the policy file: take it out there and apply the policy", block.Pattern)
			}
		}
		return nil, assay.Errorf(assay.NotFound, "there is no block %q: assay blocks lists them", idOrPattern)
	})
	if err != nil {
		return nil, err
	}
	return ended, nil
}

// Blocks returns the blocks that were made one by one, oldest first, those
// that have run out too. Current().Blocks() has those of the policy file.
func (b *Book) Blocks(ctx context.Context) ([]store.Block, error) {
	if err := b.settled(ctx); err != nil {
		return nil, err
	}
	s, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	return s.blocks, nil
}

func (b *Book) pattern(text string) (assay.Pattern, error) {
	eco, err := assay.PatternEcosystem(text)
	if err != nil {
		return assay.Pattern{}, err
	}
	grammar, known := b.grammars(eco)
	if !known {
		return assay.Pattern{}, noEcosystem(text, eco)
	}
	p, err := assay.ParsePattern(text, grammar)
	if err != nil {
		return assay.Pattern{}, err
	}
	return p, policy.CheckPattern(p)
}

// subject is the package that a pattern speaks of; none for a glob.
func subject(p assay.Pattern) assay.Coordinate {
	if strings.Contains(p.Name, "*") {
		return assay.Coordinate{}
	}
	return assay.Coordinate{Ecosystem: p.Ecosystem, Name: p.Name}
}

// ahead refuses an end that has passed: whoever writes 2026 for 2027 should
// hear of it, and not believe in a block that was never in force.
func ahead(until, now time.Time) error {
	if over(until, now) {
		return assay.Errorf(assay.Invalid, "the end %s has passed already", until.UTC().Format(time.RFC3339))
	}
	return nil
}

// over tells whether an end has come; the zero moment never does.
func over(until, now time.Time) bool { return !until.IsZero() && !now.Before(until) }

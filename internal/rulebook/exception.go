package rulebook

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// Except lets one version through one rule, until the moment given; the zero
// moment is until it is revoked.
//
// What is malformed is Invalid: a package URL without a version or with a
// file, a version that cannot be ordered, a rule that does not exist or
// cannot be lifted, an empty reason, a moment that has passed. A second
// exception to the same rule for the same version is a Conflict, unless the
// first has run out.
func (b *Book) Except(ctx context.Context, by assay.Principal, purl, rule, reason string, until time.Time) (store.Exception, error) {
	c, err := b.version(purl)
	if err != nil {
		return store.Exception{}, err
	}
	if err := b.Current().CheckLiftable(rule); err != nil {
		return store.Exception{}, err
	}
	now := b.moment()
	until = kept(until)
	row := store.Exception{ID: newID("e"), Coordinate: c.String(), Rule: rule, Created: now, Until: until, By: by.ID}
	if row.Reason, err = policy.CleanReason(reason); err != nil {
		return store.Exception{}, err
	}
	if err := ahead(until, now); err != nil {
		return store.Exception{}, err
	}
	err = b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		for _, other := range s.exceptions {
			if other.Coordinate != row.Coordinate || other.Rule != rule {
				continue
			}
			if !over(other.Until, now) {
				return nil, assay.Errorf(assay.Conflict, "%s has an exception to %s already (%s: %s); to change it, revoke that one first",
					other.Coordinate, rule, other.ID, other.Reason)
			}
			if err := tx.DeleteException(ctx, other.ID); err != nil {
				return nil, err
			}
		}
		if err := tx.PutException(ctx, row); err != nil {
			return nil, err
		}
		return []event{{assay.EventExcepted, c, map[string]any{
			"id": row.ID, "version": row.Coordinate, "rule": rule, "reason": row.Reason, "until": row.Until,
		}}}, nil
	})
	if err != nil {
		return store.Exception{}, err
	}
	return row, nil
}

// Unexcept revokes the exception with an id, or all those of a version, and
// returns what it revoked; nothing to revoke is NotFound.
func (b *Book) Unexcept(ctx context.Context, by assay.Principal, idOrPURL string) ([]store.Exception, error) {
	wanted := strings.TrimSpace(idOrPURL)
	if c, err := b.version(wanted); err == nil {
		wanted = c.String()
	}
	var revoked []store.Exception
	err := b.change(ctx, by, func(tx store.Tx, s *state) ([]event, error) {
		revoked = nil
		var events []event
		for _, row := range s.exceptions {
			if row.ID != wanted && row.Coordinate != wanted {
				continue
			}
			if err := tx.DeleteException(ctx, row.ID); err != nil {
				return nil, err
			}
			about, err := assay.ParseCoordinate(row.Coordinate)
			if err != nil {
				about = assay.Coordinate{}
			}
			revoked = append(revoked, row)
			events = append(events, event{assay.EventExceptionRevoked, about, map[string]any{
				"id": row.ID, "version": row.Coordinate, "rule": row.Rule,
			}})
		}
		if len(revoked) == 0 {
			return nil, assay.Errorf(assay.NotFound, "there is no exception %q", idOrPURL)
		}
		return events, nil
	})
	if err != nil {
		return nil, err
	}
	return revoked, nil
}

// Exceptions returns all exceptions, oldest first, those that have run out
// too.
func (b *Book) Exceptions(ctx context.Context) ([]store.Exception, error) {
	if err := b.settled(ctx); err != nil {
		return nil, err
	}
	s, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	return s.exceptions, nil
}

// newID makes an id that a person can copy: a letter for the sort and 60
// random bits, so that ids are never met twice.
func newID(sort string) string {
	return sort + "-" + strings.ToLower(rand.Text()[:12])
}

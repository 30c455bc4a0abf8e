package auth

import (
	"context"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Publishers returns the tokens that may publish a package now, the oldest
// first. Administrators, who may publish everything, are among them.
func (b *Book) Publishers(ctx context.Context, pkg assay.Coordinate) ([]store.Token, error) {
	all, err := b.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	now := b.o.Now()
	return slices.DeleteFunc(all, func(t store.Token) bool {
		p := b.principal(&t)
		return usable(&t, now) != nil || !p.MayPublish(pkg.Ecosystem, pkg.Name)
	}), nil
}

// SetPublisher lets a token publish one package more, or takes that back. Only
// an administrator may. When it returns, it is in force. A right that comes
// from a wider pattern cannot be taken back for one package alone: that is a
// Conflict, as is one that there is or is not already.
func (b *Book) SetPublisher(ctx context.Context, by assay.Principal, pkg assay.Coordinate, id string, may bool) error {
	if !by.Admin {
		return assay.Errorf(assay.Forbidden, "only an administrator says who may publish: ask one to make a token with assay token create --publish '%s'", pkg.Package())
	}
	grants, err := b.grants("publish", []string{pkg.Package().String()})
	if err != nil {
		return err
	}
	grant, now := grants[0], b.moment()
	err = b.store.Update(ctx, func(tx store.Tx) error {
		all, err := tx.Tokens(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(t store.Token) bool { return t.ID == id })
		if i < 0 {
			return assay.Errorf(assay.NotFound, "there is no token %q: assay tokens lists them", clip(id))
		}
		t := all[i]
		if err := usable(&t, now); err != nil {
			return assay.Errorf(assay.Conflict, "%s", assay.PublicMessage(err)) // it is no fault of who asks
		}
		p := b.principal(&t)
		at := slices.Index(t.Publish, grant)
		switch {
		case may && p.MayPublish(pkg.Ecosystem, pkg.Name):
			return assay.Errorf(assay.Conflict, "the token %s may publish %s already", t.ID, pkg.Name)
		case may && len(t.Publish) >= maxPatterns:
			return assay.Errorf(assay.Invalid, "the token %s has %d patterns already, the most that there may be: make one with a wider pattern", t.ID, maxPatterns)
		case may:
			t.Publish = append(slices.Clone(t.Publish), grant)
		case !p.MayPublish(pkg.Ecosystem, pkg.Name):
			return assay.Errorf(assay.Conflict, "the token %s may not publish %s as it is", t.ID, pkg.Name)
		case at < 0:
			return assay.Errorf(assay.Conflict, "the token %s may publish %s by a wider right, which one package cannot be taken out of: revoke it with assay token revoke %s, and make another", t.ID, pkg.Name, t.ID)
		default:
			t.Publish = slices.Delete(slices.Clone(t.Publish), at, at+1)
			if left := b.principal(&t); left.MayPublish(pkg.Ecosystem, pkg.Name) {
				return assay.Errorf(assay.Conflict, "the token %s may publish %s by a wider right too: revoke it with assay token revoke %s, and make another", t.ID, pkg.Name, t.ID)
			}
		}
		event, err := grantEvent(&t, by.ID, now)
		if err != nil {
			return err
		}
		if err := tx.PutToken(ctx, t); err != nil {
			return err
		}
		return tx.AppendEvent(ctx, event)
	})
	// Also after a failure: what is forgotten without need is asked for again.
	b.memory.forget()
	return err
}

// granted is the body of the event token-changed.
type granted struct {
	ID      string   `json:"id"`
	Publish []string `json:"publish"`
}

func grantEvent(t *store.Token, by string, at time.Time) (assay.Event, error) {
	return event(assay.EventTokenChanged, by, at, granted{ID: t.ID, Publish: append([]string{}, t.Publish...)})
}

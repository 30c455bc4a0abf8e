package api

import (
	"context"
	"net/http/httptest"
	"testing"

	"assay.invalid/internal/assay"
)

var (
	oneClaim    = Claim{ID: "c1", Pattern: "pkg:npm/@acme/*", Shadow: true, Created: when, By: "operator"}
	oneStanding = NewStatus{Version: "pkg:npm/%40s/n@1.0.0+x", Status: assay.Quarantined, Reason: "a < b", From: assay.Yanked}
	oneChange   = StatusChange{Version: "pkg:npm/left@1.0.0", Status: assay.Removed, Was: assay.Experimental, Reason: "r", LogIndex: -1}
)

// The asker is noted first: whoever may open the socket is the operator.

func (r *recorder) Claim(ctx context.Context, n NewClaim) (Claim, error) {
	return oneClaim, r.note(assay.PrincipalOf(ctx).ID, n)
}
func (r *recorder) Unclaim(ctx context.Context, which string) (Claim, error) {
	return oneClaim, r.note(assay.PrincipalOf(ctx).ID, which)
}
func (r *recorder) Claims(context.Context) ([]Claim, error) {
	return []Claim{oneClaim}, r.note("claims")
}
func (r *recorder) SetStatus(ctx context.Context, n NewStatus) (StatusChange, error) {
	return oneChange, r.note(assay.PrincipalOf(ctx).ID, n)
}
func (r *recorder) Erase(ctx context.Context, n NewErasure) (StatusChange, error) {
	return oneChange, r.note(assay.PrincipalOf(ctx).ID, n)
}

// From the network nobody becomes the operator, and claims, which name what
// is private, are not told.
func TestClaimsAndStatusesAreNotForTheNetwork(t *testing.T) {
	behind := &recorder{}
	s := httptest.NewServer(asSomebody(&Handler{Control: behind, Reach: FromNetwork}, assay.Principal{ID: "t1"}))
	defer s.Close()
	c := NewClient(s.Client(), s.URL)
	for name, ask := range map[string]func() error{
		"claim":      func() error { _, err := c.Claim(t.Context(), NewClaim{Pattern: "pkg:npm/x"}); return err },
		"unclaim":    func() error { _, err := c.Unclaim(t.Context(), "pkg:npm/x"); return err },
		"claims":     func() error { _, err := c.Claims(t.Context()); return err },
		"set status": func() error { _, err := c.SetStatus(t.Context(), oneStanding); return err },
		"erase":      func() error { _, err := c.Erase(t.Context(), NewErasure{Version: "pkg:npm/x@1"}); return err },
	} {
		if err := ask(); !assay.Is(err, assay.Forbidden) || len(behind.asked) != 0 {
			t.Errorf("%s: %v, asked %v", name, err, behind.asked)
		}
	}
}

package auth

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func TestSetPublisher(t *testing.T) {
	b, s, c := open(t, Options{})
	left := assay.Coordinate{Ecosystem: assay.NPM, Name: "left"}
	narrow, secret := create(t, b, NewToken{Note: "the build", Publish: []string{"pkg:npm/right"}})
	wide, _ := create(t, b, NewToken{Publish: []string{"pkg:npm/*"}})
	both, _ := create(t, b, NewToken{Publish: []string{"pkg:npm/*", "pkg:npm/left"}})
	over, _ := create(t, b, NewToken{Expires: c.now().Add(time.Minute)})
	c.pass(time.Hour)

	may := func() bool {
		t.Helper()
		p, err := b.Authenticate(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		return p.MayPublish(assay.NPM, "left")
	}
	if may() {
		t.Fatal("it may before anybody said so")
	}
	events := len(s.events)
	for name, tc := range map[string]struct {
		by   assay.Principal
		id   string
		set  bool
		kind assay.Kind
		says string
	}{
		"a stranger":                      {stranger, narrow.ID, true, assay.Forbidden, "administrator"},
		"a token that is not there":       {assay.Operator, "t-nobody", true, assay.NotFound, "assay tokens"},
		"a token that has ended":          {assay.Operator, over.ID, true, assay.Conflict, "expired"},
		"one that may already":            {assay.Operator, wide.ID, true, assay.Conflict, "already"},
		"one that may not, taken back":    {assay.Operator, narrow.ID, false, assay.Conflict, "may not"},
		"a wider right, taken back":       {assay.Operator, wide.ID, false, assay.Conflict, "wider"},
		"a wider right beside the narrow": {assay.Operator, both.ID, false, assay.Conflict, "wider"},
	} {
		err := b.SetPublisher(t.Context(), tc.by, left, tc.id, tc.set)
		if !assay.Is(err, tc.kind) || !strings.Contains(assay.PublicMessage(err), tc.says) {
			t.Errorf("%s: %v, want %v that says %q", name, err, tc.kind, tc.says)
		}
	}
	if n := len(s.events); n != events {
		t.Errorf("refusals left %d events", n-events)
	}
	if err := b.SetPublisher(t.Context(), assay.Operator, left, narrow.ID, true); err != nil || !may() {
		t.Fatalf("it may not publish after it was let in: %v", err)
	}
	owners, err := b.Publishers(t.Context(), left)
	if err != nil || len(owners) != 3 || owners[0].ID != narrow.ID && owners[1].ID != narrow.ID && owners[2].ID != narrow.ID {
		t.Errorf("publishers are %+v, %v", owners, err)
	}
	if err := b.SetPublisher(t.Context(), assay.Operator, left, narrow.ID, false); err != nil || may() {
		t.Errorf("it may publish after that was taken back: %v", err)
	}
	kinds := 0
	for _, e := range s.events[events:] {
		if e.Kind == assay.EventTokenChanged && strings.Contains(string(e.Body), narrow.ID) {
			kinds++
		}
	}
	if kinds != 2 {
		t.Errorf("%d events tell of two changes", kinds)
	}
}

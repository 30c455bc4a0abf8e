package registry

import (
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// admin is an administrator who is nobody's publisher.
func (h *house) admin() context.Context {
	return assay.WithPrincipal(h.t.Context(), assay.Principal{ID: "admin-1", Admin: true})
}

func holding(t *testing.T, change ...func(*house)) (*house, context.Context) {
	known := &fakeInsight{bad: map[string]string{}, names: map[string]string{"@a/lodahs": "lodash"}}
	return mine(t, append(change, func(h *house) { h.knows = known })...)
}

func (h *house) heldOnes(ctx context.Context, open bool) []store.Held {
	h.t.Helper()
	held, err := h.svc.Held(ctx, open)
	if err != nil {
		h.t.Fatal(err)
	}
	return held
}

func TestACloseNameIsHeld(t *testing.T) {
	h, ctx := holding(t)
	_, err := h.publisher().Publish(ctx, upload("@a/lodahs", "1"))
	if !assay.Is(err, assay.Forbidden) || !strings.Contains(err.Error(), "looks like lodash") || !strings.Contains(err.Error(), "assay held appeal h-") {
		t.Fatalf("publishing a close name: %v", err)
	}
	if got := h.listAs(ctx, "@a/lodahs"); got != "not found" {
		t.Errorf("what is held is listed: %q", got)
	}
	if got := h.fileAs(ctx, "@a/lodahs", "1.bin"); got != "not found" {
		t.Errorf("what is held answered %q", got)
	}
	if _, err := h.publisher().Publish(ctx, upload("@a/lodahs", "1")); !assay.Is(err, assay.Conflict) {
		t.Errorf("sent again: %v", err)
	}
	if held := h.heldOnes(h.as("pkg:toy/@b/*"), true); len(held) != 1 { // the same token id
		t.Errorf("its publisher sees %d", len(held))
	}
	stranger := assay.WithPrincipal(t.Context(), assay.Principal{ID: "token-2"})
	if held := h.heldOnes(stranger, false); len(held) != 0 {
		t.Errorf("a stranger sees %+v", held)
	}
	if _, err := h.svc.Held(t.Context(), false); !assay.Is(err, assay.Unauthenticated) {
		t.Errorf("nobody in particular: %v", err)
	}
	id := h.heldOnes(h.admin(), true)[0].ID
	if _, err := h.svc.AppealHeld(stranger, id, "let me"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a stranger appeals: %v", err)
	}
	if _, err := h.svc.AppealHeld(ctx, id, "it is ours"); err != nil {
		t.Error(err)
	}
	if _, err := h.svc.ReleaseHeld(ctx, id, "I say so"); !assay.Is(err, assay.Forbidden) {
		t.Errorf("its publisher releases it: %v", err)
	}
	if _, err := h.svc.ReleaseHeld(h.admin(), id, ""); !assay.Is(err, assay.Invalid) {
		t.Errorf("released without a reason: %v", err)
	}
	h.restart()
	if _, err := h.svc.CollectGarbage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.ReleaseHeld(h.admin(), id, "it is theirs"); err != nil {
		t.Fatal(err)
	}
	if got := h.fileAs(ctx, "@a/lodahs", "1.bin"); got != "BIN @a/lodahs 1" {
		t.Errorf("after the release it answered %q", got)
	}
	if _, err := h.svc.ReleaseHeld(h.admin(), id, "again"); !assay.Is(err, assay.Conflict) {
		t.Errorf("released twice: %v", err)
	}
	h.publishHere(ctx, "@a/lodahs", "2") // the name is answered for
	h.check()
}

func TestWhatIsRefusedIsGone(t *testing.T) {
	h, ctx := holding(t)
	if _, err := h.publisher().Publish(ctx, upload("@a/lodahs", "1")); !assay.Is(err, assay.Forbidden) {
		t.Fatal(err)
	}
	id := h.heldOnes(h.admin(), true)[0].ID
	if _, err := h.svc.RefuseHeld(h.admin(), id, "it is a typosquat"); err != nil {
		t.Fatal(err)
	}
	if held := h.heldOnes(h.admin(), true); len(held) != 0 {
		t.Errorf("still open: %+v", held)
	}
	if held := h.heldOnes(ctx, false); len(held) != 1 || held[0].Answer != "it is a typosquat" {
		t.Errorf("its publisher reads %+v", held)
	}
	if got := h.listAs(ctx, "@a/lodahs"); got != "not found" {
		t.Errorf("listed %q", got)
	}
}

func TestFurtherFilesJoinWhatIsHeld(t *testing.T) {
	h, ctx := holding(t, func(h *house) { h.sided = true })
	for _, file := range []string{"one", "two"} {
		if _, err := h.publisher().Publish(ctx, adding("@a/lodahs", "1", file, file)); !assay.Is(err, assay.Forbidden) {
			t.Fatalf("%s: %v", file, err)
		}
	}
	held := h.heldOnes(h.admin(), true)
	if len(held) != 1 || len(held[0].Files) != 2 {
		t.Fatalf("held are %+v", held)
	}
	if _, err := h.svc.ReleaseHeld(h.admin(), held[0].ID, "fine"); err != nil {
		t.Fatal(err)
	}
	if got := h.listAs(ctx, "@a/lodahs"); got != "1/one 1/two" {
		t.Errorf("listed %q", got)
	}
}

func TestHeldIsBounded(t *testing.T) {
	h, ctx := holding(t)
	var err error
	for i := range maxHeld + 1 {
		if _, err = h.publisher().Publish(ctx, upload("@a/lodahs", string(rune('1'+i%9))+strings.Repeat("0", i/9))); !assay.Is(err, assay.Forbidden) {
			break
		}
	}
	if !assay.Is(err, assay.Exhausted) {
		t.Errorf("endless held publications: %v", err)
	}
}

func TestReportsAndRemovalForMalice(t *testing.T) {
	h, ctx := holding(t)
	h.publishHere(ctx, "@a/x", "1")
	h.publish(h.up, "b", "1", "2")
	at := assay.Coordinate{Ecosystem: toyEco, Name: "b", Version: "1"}
	stranger := assay.WithPrincipal(t.Context(), assay.Principal{ID: "token-2"})
	for name, tc := range map[string]struct {
		ctx    context.Context
		at     assay.Coordinate
		reason string
		want   assay.Kind
	}{
		"nobody in particular":         {t.Context(), at, "it steals", assay.Unauthenticated},
		"without a reason":             {stranger, at, " ", assay.Invalid},
		"of a whole package":           {stranger, at.Package(), "it steals", assay.Invalid},
		"of a private package":         {stranger, assay.Coordinate{Ecosystem: toyEco, Name: "@a/x", Version: "1"}, "it steals", assay.NotFound},
		"of a version that is nowhere": {stranger, at.At("77"), "it steals", assay.NotFound},
	} {
		if _, err := h.svc.Report(tc.ctx, tc.at, tc.reason); !assay.Is(err, tc.want) {
			t.Errorf("a report %s: %v", name, err)
		}
	}
	r, err := h.svc.Report(stranger, at, "it steals")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.Report(stranger, at.At("2"), "so does this"); err != nil {
		t.Fatal(err)
	}
	if mine, err := h.svc.Reports(ctx, true); err != nil || len(mine) != 0 {
		t.Errorf("another token sees %+v, %v", mine, err)
	}
	if _, _, err := h.svc.RemoveMalicious(stranger, at, "it steals"); !assay.Is(err, assay.Forbidden) {
		t.Errorf("removed by anybody: %v", err)
	}
	_, id, err := h.svc.RemoveMalicious(h.admin(), at, "it steals tokens")
	if err != nil || !strings.HasPrefix(id, "ASSAY-MAL-") {
		t.Fatalf("%q, %v", id, err)
	}
	if got := h.file("b", "1.bin"); got != "denied" {
		t.Errorf("the removed version answered %q", got)
	}
	all, err := h.svc.Reports(stranger, false)
	if err != nil || len(all) != 2 || all[1].ID != r.ID && all[0].ID != r.ID {
		t.Fatalf("the reporter sees %+v, %v", all, err)
	}
	for _, one := range all {
		if closed := !one.Closed.IsZero(); closed != (one.ID == r.ID) {
			t.Errorf("%s is closed: %v", one.Coordinate, closed)
		}
	}
	own, err := h.svc.OwnAdvisories(t.Context())
	if err != nil || len(own) != 1 || own[0].ID != id || !strings.Contains(string(own[0].Record), "it steals tokens") {
		t.Errorf("own advisories are %+v, %v", own, err)
	}
	if h.knows.reread != 1 {
		t.Errorf("the own feed was read again %d times", h.knows.reread)
	}
	if _, err := h.svc.CloseReport(h.admin(), all[0].ID, "it is fine"); (err == nil) != all[0].Closed.IsZero() {
		t.Errorf("closing: %v", err)
	}
	events := map[assay.EventKind]int{}
	err = h.store.View(t.Context(), func(tx store.Tx) error {
		list, err := tx.Events(t.Context(), 0, 1000)
		for _, e := range list {
			events[e.Kind]++
		}
		return err
	})
	if err != nil || events[assay.EventAdvisory] != 1 || events[assay.EventReported] != 2 || events[assay.EventRemoved] != 1 {
		t.Errorf("events %v, %v", events, err)
	}
}

func TestANameNearAHostedOneOfSomebodyElse(t *testing.T) {
	h, ours := holding(t)
	h.publishHere(ours, "@a/Kettle", "1")
	h.publishHere(ours, "@a/KETTLE", "1") // one's own names may be alike
	pattern, err := assay.ParsePattern("pkg:toy/@a/kettle", numbers{})
	if err != nil {
		t.Fatal(err)
	}
	theirs := assay.WithPrincipal(t.Context(), assay.Principal{ID: "token-2", Publish: []assay.Pattern{pattern}})
	_, err = h.publisher().Publish(theirs, upload("@a/kettle", "1"))
	if !assay.Is(err, assay.Forbidden) || strings.Contains(err.Error(), "Kettle") || !strings.Contains(err.Error(), "hosted here") {
		t.Errorf("a name like one that its publisher may not read: %v", err)
	}
	if held := h.heldOnes(h.admin(), true); len(held) != 1 {
		t.Errorf("held are %+v", held)
	}
}

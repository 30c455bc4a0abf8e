package registry

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func digestOf(text string) assay.Digest { return assay.NewDigest("sha256", sum([]byte(text))) }

func TestAListedDigestReachesWhatIsStored(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1", "2")
	h.publish(h.up, "b", "1")
	for _, file := range [][2]string{{"a", "1"}, {"a", "2"}, {"b", "1"}} {
		h.file(file[0], file[1]+".bin")
	}
	c, err := h.place().File(t.Context(), "a", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	cut := make(chan struct{})
	c.Flight.OnCut(func() { close(cut) })
	bad := digestOf("BIN a 1")
	known.learn(func() { known.bad[string(bad)] = "on the list worms: a worm" })
	if err := h.svc.Rejudge(t.Context(), []assay.Digest{digestOf("nobody has it"), bad}, false); err != nil {
		t.Fatal(err)
	}
	select {
	case <-cut:
	case <-time.After(5 * time.Second):
		t.Error("what was going out of it was not cut")
	}
	for range 2 {
		if got := h.file("a", "1.bin"); got != "denied" {
			t.Errorf("the listed file answered %q", got)
		}
		if got := h.list("a") + ", " + h.list("b") + ", " + h.file("a", "2.bin") + ", " + h.file("b", "1.bin"); got != "2, 1, BIN a 2, BIN b 1" {
			t.Errorf("the others answered %q", got)
		}
		h.restart()
	}

	// The list was wrong: what was marked is served again.
	known.learn(func() { delete(known.bad, string(bad)) })
	if err := h.svc.Rejudge(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("when it was listed no longer, it answered %q", got)
	}
	if got := h.list("a"); got != "1 2" {
		t.Errorf("and was listed as %q", got)
	}
}

func TestWhatWasRefusedForADigestIsJudgedAnewWhenItLeavesTheList(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1")
	bad := digestOf("BIN a 1")
	known.learn(func() { known.bad[string(bad)] = "on the list worms" })
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Fatalf("answered %q", got)
	}
	// Another digest left: this one is still listed, and its bytes are judged
	// when they come.
	if err := h.svc.Rejudge(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("while it was listed, answered %q", got)
	}
	known.learn(func() { delete(known.bad, string(bad)) })
	if err := h.svc.Rejudge(t.Context(), nil, true); err != nil {
		t.Fatal(err)
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("when it was listed no longer, answered %q", got)
	}
}

// A mark is no scan: what nobody has looked into must not seem to be clean.
func TestAMarkIsNoScan(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1")
	h.file("a", "1.bin")
	bad := digestOf("BIN a 1")
	known.learn(func() { known.bad[string(bad)] = "on the list worms" })
	if err := h.svc.Rejudge(t.Context(), []assay.Digest{bad}, false); err != nil {
		t.Fatal(err)
	}
	err := h.svc.cfg.Store.View(t.Context(), func(tx store.Tx) error {
		scan, err := tx.Scan(t.Context(), store.FileKey{Registry: "toy", Name: "a", Version: "1", File: "1.bin"})
		if err == nil && (!scan.Scanned.IsZero() || scan.KnownBad == "") {
			t.Errorf("kept %+v", scan)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDigestsThatNobodyHasCostNoWalk(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1")
	h.file("a", "1.bin")
	var many []assay.Digest
	known.learn(func() {
		for i := range 2500 {
			d := digestOf(string(rune(i)) + "x")
			many = append(many, d)
			known.bad[string(d)] = "listed"
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	if err := h.svc.Rejudge(ctx, many, false); err != nil {
		t.Error(err)
	}
	cancel()
	if err := h.svc.Rejudge(ctx, many, true); err == nil {
		t.Error("a walk that was given up says nothing")
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("answered %q", got)
	}
}

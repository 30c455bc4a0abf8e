package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

func TestListingLeavesDeniedVersionsOut(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2", "3")
	if got := h.list("a"); got != "1 2 3" {
		t.Fatalf("listed %q", got)
	}
	h.rules.set("pkg:toy/a@<3")
	if got := h.list("a"); got != "3" {
		t.Errorf("after the block, listed %q", got)
	}
	if got := h.file("a", "2.bin"); got != "denied" {
		t.Errorf("the blocked file answered %q", got)
	}
	if got := h.file("a", "3.bin"); got != "BIN a 3" {
		t.Errorf("the allowed file answered %q", got)
	}
	h.rules.set()
	if got := h.list("a"); got != "1 2 3" {
		t.Errorf("after the block ended, listed %q", got)
	}
	if n := h.up.count("a/2.bin"); n != 0 {
		t.Errorf("a refused file was asked for upstream %d times", n)
	}
}

func TestWarmAnswersAskNothing(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	for range 5 {
		h.list("a")
		h.file("a", "1.bin")
	}
	if l, f := h.up.count("a/list"), h.up.count("a/1.bin"); l != 1 || f != 1 {
		t.Errorf("the upstream was asked %d times for the list and %d times for the file", l, f)
	}
	h.check()
}

func TestRepresentationThatDoesNotExist(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	if _, err := h.place().Listing(t.Context(), "a", "none"); !assay.Is(err, assay.NotFound) {
		t.Errorf("error %v", err)
	}
}

func TestSixtyFourClientsAreOneRequest(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.up.put("a/1.bin", "BIN a 1")
	h.up.with(func() { h.up.slow = 100 * time.Millisecond })
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if got := h.file("a", "1.bin"); got != "BIN a 1" {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
	if l, f := h.up.count("a/list"), h.up.count("a/1.bin"); l != 1 || f != 1 {
		t.Errorf("64 clients made %d and %d upstream requests", l, f)
	}
	h.check()
}

// Nothing of a bad body is kept or handed out whole.
func TestBadBodies(t *testing.T) {
	for name, tc := range map[string]struct {
		make func(h *house)
		want string
	}{
		"wrong digest": {func(h *house) { h.up.put("a/1.bin", "BIN a other") }, "unsound"},
		"truncated":    {func(h *house) { h.up.with(func() { h.up.truncate = true }) }, "unavailable"},
		"a page instead of a file": {func(h *house) {
			h.up.put("a/1.bin", "<html>")
			h.up.put("a/list", "1 "+old+" -\n")
		}, "unsound"},
		"server error": {func(h *house) { h.up.with(func() { h.up.status = 503 }) }, "unavailable"},
		"not there":    {func(h *house) { h.up.with(func() { delete(h.up.files, "a/1.bin") }) }, "not found"},
		"too large":    {func(h *house) { h.up.put("a/1.bin", "BIN"+strings.Repeat("x", 3000)) }, "unsound"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, func(h *house) { h.lim.File = 2000 })
			h.publish(h.up, "a", "1")
			if name == "a page instead of a file" {
				tc.make(h)
				h.list("a")
			} else {
				h.list("a")
				tc.make(h)
			}
			before := h.blobCount()
			got := h.file("a", "1.bin")
			if got != tc.want && !(name == "truncated" && got == "unsound") {
				t.Errorf("answered %q, want %s", got, tc.want)
			}
			if n := h.blobCount(); n != before {
				t.Errorf("%d blobs were left behind", n-before)
			}
			if _, err := h.svc.places["toy"].stored(t.Context(), store.FileKey{Registry: "toy", Name: "a", Version: "1", File: "1.bin"}); !assay.Is(err, assay.NotFound) {
				t.Errorf("a row was written: %v", err)
			}
			// When the upstream is well again, so are we.
			h.up.with(func() { h.up.status, h.up.truncate = 0, false })
			h.publish(h.up, "a", "1")
			if name != "a page instead of a file" {
				if got := h.file("a", "1.bin"); got != "BIN a 1" {
					t.Errorf("afterwards answered %q", got)
				}
			}
			h.check()
		})
	}
}

// A large wrong file never reaches a client whole: its end is held back.
func TestHeldBackEnd(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.list("a")
	h.up.put("a/1.bin", "BIN"+strings.Repeat("x", 300<<10))
	h.up.with(func() { h.up.slow = 200 * time.Millisecond })
	c, err := h.place().File(t.Context(), "a", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	body, err := io.ReadAll(c.Stream)
	if !assay.Is(err, assay.Unsound) || len(body) == 0 || len(body) > 300<<10+3-(64<<10) {
		t.Errorf("a client read %d bytes of a wrong file, error %v", len(body), err)
	}
}

func TestStaleWithinASecond(t *testing.T) {
	for name, ill := range map[string]func(u *fakeUpstream){
		"hanging":   func(u *fakeUpstream) { u.hang = make(chan struct{}) },
		"failing":   func(u *fakeUpstream) { u.status = 500 },
		"a page":    func(u *fakeUpstream) { u.files["a/list"] = []byte("<html>hello") },
		"refusing":  func(u *fakeUpstream) { u.status = 403 },
		"truncated": func(u *fakeUpstream) { u.truncate = true; u.files["a/list"] = []byte("9 - -\n10 - -\n") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.publish(h.up, "a", "1", "2")
			h.list("a")
			h.file("a", "1.bin")
			h.up.with(func() { ill(h.up) })
			for _, restarted := range []bool{false, true} {
				if restarted {
					h.restart()
				}
				h.later(2 * time.Hour)
				began := time.Now()
				if got := h.list("a"); got != "1 2 stale" {
					t.Errorf("listed %q", got)
				}
				if got := h.file("a", "1.bin"); got != "BIN a 1" {
					t.Errorf("the stored file answered %q", got)
				}
				if d := time.Since(began); d > time.Second {
					t.Errorf("it took %s", d)
				}
			}
		})
	}
}

// An outage stays an outage: it never becomes "does not exist".
func TestOutageOfTheUnknown(t *testing.T) {
	h := newHouse(t)
	h.up.with(func() { h.up.status = 502 })
	_, err := h.place().Listing(t.Context(), "never-seen", "plain")
	var e *assay.Error
	if !errors.As(err, &e) || e.Kind != assay.Unavailable || e.Status != 502 {
		t.Errorf("error %v", err)
	}
}

func TestLayeredOrigins(t *testing.T) {
	layered := func(t *testing.T) (*house, *fakeUpstream) {
		second := newUpstream(t)
		h := newHouse(t, func(h *house) { h.more = []*fakeUpstream{second} })
		return h, second
	}
	t.Run("the first that has it owns it", func(t *testing.T) {
		h, second := layered(t)
		h.publish(h.up, "a", "1")
		h.publish(second, "a", "1", "99")
		if got := h.list("a"); got != "1" {
			t.Errorf("listed %q", got)
		}
		h.later(time.Hour)
		h.up.with(func() { delete(h.up.files, "a/list") })
		if got := h.list("a"); got != "not found" {
			t.Errorf("gone from its owner, the name answered %q", got)
		}
		if n := second.count("a/list"); n != 0 {
			t.Errorf("the second origin was asked %d times", n)
		}
	})
	t.Run("that another offers it too is a fact", func(t *testing.T) {
		h, second := layered(t)
		h.publish(h.up, "a", "1")
		h.publish(second, "a", "99")
		ex, err := h.svc.Explain(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a"})
		if err != nil || !strings.Contains(fmt.Sprint(ex.Facts), second.URL) || len(ex.Versions) != 1 {
			t.Errorf("explained as %+v, %v", ex, err)
		}
	})
	t.Run("what the first lacks, the second owns for ever", func(t *testing.T) {
		h, second := layered(t)
		h.publish(second, "b", "1")
		if got := h.list("b"); got != "1" {
			t.Fatalf("listed %q", got)
		}
		h.publish(h.up, "b", "99")
		h.later(time.Hour)
		if got := h.list("b"); got != "1" {
			t.Errorf("the first origin took the name over: %q", got)
		}
		h.restart()
		h.later(time.Hour)
		if got := h.list("b"); got != "1" {
			t.Errorf("after a restart: %q", got)
		}
	})
	for name, ill := range map[string]func(u *fakeUpstream){
		"an outage":         func(u *fakeUpstream) { u.status = 500 },
		"a refusal":         func(u *fakeUpstream) { u.status = 403 },
		"an unsound answer": func(u *fakeUpstream) { u.files["c/list"] = []byte("<html>") },
	} {
		t.Run(name+" never lets the second answer", func(t *testing.T) {
			h, second := layered(t)
			h.publish(second, "c", "99")
			h.up.with(func() { ill(h.up) })
			if got := h.list("c"); got != "unavailable" && got != "unsound" {
				t.Errorf("answered %q", got)
			}
			if n := second.count("c/list"); n != 0 {
				t.Errorf("the second origin was asked %d times", n)
			}
		})
	}
}

func TestVanishedIsServedButNotChosen(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.file("a", "1.bin")
	h.publish(h.up, "a", "2")
	h.later(time.Hour)
	if got := h.list("a"); got != "2" {
		t.Errorf("listed %q", got)
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("a lock file's version answered %q", got)
	}
	ex, err := h.svc.Explain(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a", Version: "1"})
	if err != nil || ex.Decision.Effect != assay.Warn {
		t.Errorf("explained as %+v, %v", ex.Decision, err)
	}
	h.up.with(func() { delete(h.up.files, "a/list") })
	h.later(time.Hour)
	if got := h.list("a"); got != "not found" {
		t.Errorf("the package is gone and listed %q", got)
	}
	h.restart()
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("after the package went and a restart, its file answered %q", got)
	}
	// It comes back.
	h.publish(h.up, "a", "1", "2")
	h.later(time.Hour)
	if got := h.list("a"); got != "1 2" {
		t.Errorf("returned, listed %q", got)
	}
}

// A version that our last listing lacked cannot be older than that listing.
func TestAgeCountsFromTheLastListingWithout(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.list("a")
	h.later(time.Hour)
	h.list("a")
	h.publish(h.up, "a", "1", "2") // with an old date
	h.later(time.Hour)
	if got := h.list("a"); got != "1" {
		t.Errorf("a backdated version was listed: %q", got)
	}
	if got := h.file("a", "2.bin"); got != "denied" {
		t.Errorf("its file answered %q", got)
	}
	h.later(73 * time.Hour)
	if got := h.list("a"); got != "1 2" {
		t.Errorf("after the cooldown, listed %q", got)
	}
}

func TestPromisedDigestChanged(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.up.put("a/1.bin", "BIN a evil")
	h.up.put("a/list", fmt.Sprintf("1 %s %s\n2 %s %s\n", old, assay.NewDigest("sha256", sum([]byte("BIN a evil"))), old, assay.NewDigest("sha256", sum([]byte("BIN a 2")))))
	h.later(time.Hour)
	if got := h.list("a"); got != "2" {
		t.Errorf("listed %q", got)
	}
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("the changed file answered %q", got)
	}
	h.restart()
	if got := h.list("a"); got != "2" {
		t.Errorf("after a restart, listed %q", got)
	}
}

// Bytes that nobody vouches for are pinned at first sight.
func TestUnvouchedBytesChanged(t *testing.T) {
	h := newHouse(t)
	h.up.put("a/list", "1 "+old+" -\n")
	h.up.put("a/1.bin", "BIN first")
	if got := h.file("a", "1.bin"); got != "BIN first" {
		t.Fatalf("answered %q", got)
	}
	h.evictAll()
	h.up.put("a/1.bin", "BIN other")
	if got := h.file("a", "1.bin"); got != "unsound" {
		t.Errorf("other bytes answered %q", got)
	}
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("and then %q", got)
	}
}

func (h *house) evictAll() {
	h.t.Helper()
	keep := h.svc.lim.Cache
	h.svc.lim.Cache = 0
	if err := h.svc.trim(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.svc.lim.Cache = keep
}

func TestEvictedFilesComeBackTheSame(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.file("a", "1.bin")
	before := h.blobCount()
	h.evictAll()
	if n := h.blobCount(); n != before-1 {
		t.Errorf("%d blobs before, %d after the eviction", before, n)
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("answered %q", got)
	}
	h.check()
}

func TestGarbageIsCollected(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.file("a", "1.bin")
	staged, err := h.blobs.Stage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := staged.Write([]byte("an orphan of a crash")); err != nil {
		t.Fatal(err)
	}
	if _, err := staged.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := staged.Discard(); err != nil {
		t.Fatal(err)
	}
	if n, err := h.svc.CollectGarbage(t.Context()); err != nil || n != 0 {
		t.Errorf("young garbage: %d deleted, %v", n, err)
	}
	h.svc.lim.Garbage = -time.Minute
	if n, err := h.svc.CollectGarbage(t.Context()); err != nil || n != 1 {
		t.Errorf("%d deleted, %v", n, err)
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("afterwards %q", got)
	}
	h.check()
}

func TestMadeUpNamesFillNoDatabase(t *testing.T) {
	h := newHouse(t)
	for i := range 50 {
		if got := h.list(fmt.Sprint("made-up-", i)); got != "not found" {
			t.Fatalf("answered %q", got)
		}
	}
	h.list("made-up-7")
	if n := h.up.count("made-up-7/list"); n != 1 {
		t.Errorf("a negative answer was asked for %d times", n)
	}
	if _, err := h.svc.places["toy"].pkg(t.Context(), "made-up-7"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a row was written: %v", err)
	}
	h.publish(h.up, "made-up-7", "1")
	h.later(time.Minute)
	if got := h.list("made-up-7"); got != "1" {
		t.Errorf("once it exists, listed %q", got)
	}
}

// A new version that the listing in memory lacks is found by an exact request.
func TestFileOfAVersionJustPublished(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.list("a")
	h.publish(h.up, "a", "1", "2")
	h.later(2 * time.Minute)
	h.rules.set()
	if got := h.file("a", "2.bin"); got != "denied" { // backdated, so it is in cooldown
		t.Errorf("answered %q", got)
	}
}

// What may exist and cannot be asked for is not "not found": a client would
// believe it and go elsewhere.
func TestUnknownVersionDuringAnOutage(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.list("a")
	h.later(time.Hour)
	h.up.with(func() { h.up.status = 503 })
	if got := h.file("a", "2.bin"); got != "unavailable" {
		t.Errorf("answered %q", got)
	}
}

func TestBlockCutsADownloadUnderWay(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.file("a", "1.bin")
	for name, pattern := range map[string]string{"the denied one": "pkg:toy/a", "not another": "pkg:toy/b"} {
		t.Run(name, func(t *testing.T) {
			h.rules.set()
			c, err := h.place().File(t.Context(), "a", "1.bin")
			if err != nil {
				t.Fatal(err)
			}
			cut := false
			c.Flight.OnCut(func() { cut = true })
			h.rules.set(pattern)
			if cut != (pattern == "pkg:toy/a") {
				t.Errorf("cut: %v", cut)
			}
			c.Release()
			if cut {
				late := false
				c.Flight.OnCut(func() { late = true })
				if !late {
					t.Error("a flight that was cut before it could be told went on")
				}
			}
		})
	}
}

func TestBlockCutsAListingUnderWay(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	a, err := h.place().Listing(t.Context(), "a", "plain")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	cut := false
	a.Flight.OnCut(func() { cut = true })
	h.rules.set("pkg:toy/a@<2")
	if !cut {
		t.Error("a listing with a version that is now denied went on")
	}
}

// When the change of rules has returned, no answer begun under the old rules
// is handed out.
func TestBlockIsInForceWhenItAnswers(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	var mu sync.Mutex
	blocked := false
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				mu.Lock()
				was := blocked
				mu.Unlock()
				if got := h.list("a"); was && got != "2" {
					t.Errorf("after the block, listed %q", got)
				}
				if got := h.file("a", "1.bin"); was && got != "denied" {
					t.Errorf("after the block, the file answered %q", got)
				}
			}
		})
	}
	time.Sleep(50 * time.Millisecond)
	h.rules.set("pkg:toy/a@<2")
	mu.Lock()
	blocked = true
	mu.Unlock()
	time.Sleep(150 * time.Millisecond)
	stop()
	wg.Wait()
}

func TestDatesFromADocumentAVersion(t *testing.T) {
	h := newHouse(t, func(h *house) { h.toy.dated = true })
	fresh := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	h.up.put("a/list", "1 - -\n2 - -\n3 - -\n")
	h.up.put("a/1.date", old)
	h.up.put("a/2.date", fresh)
	h.up.put("a/1.bin", "BIN 1")
	h.up.put("a/2.bin", "BIN 2")
	if got := h.list("a"); got != "1" { // 2 is too new, 3 has no date
		t.Errorf("listed %q", got)
	}
	if got := h.file("a", "1.bin"); got != "BIN 1" {
		t.Errorf("answered %q", got)
	}
	if got := h.file("a", "2.bin"); got != "denied" {
		t.Errorf("the new one answered %q", got)
	}
	for i := range 3 {
		if n := h.up.count(fmt.Sprintf("a/%d.date", i+1)); i < 2 && n != 1 {
			t.Errorf("version %d was dated %d times", i+1, n)
		}
	}
	t.Run("a version that was never listed", func(t *testing.T) {
		h.up.put("b/7.date", old)
		h.up.put("b/7.bin", "BIN b 7")
		if got := h.file("b", "7.bin"); got != "BIN b 7" {
			t.Errorf("answered %q", got)
		}
		if n := h.up.count("b/list"); n != 0 {
			t.Error("the list was asked for without need")
		}
	})
	t.Run("a version that our listing lacked is no older than that", func(t *testing.T) {
		h.up.put("a/4.date", old)
		h.up.put("a/4.bin", "BIN 4")
		if got := h.file("a", "4.bin"); got != "denied" {
			t.Errorf("answered %q", got)
		}
	})
	t.Run("again with the upstream gone", func(t *testing.T) {
		h.up.with(func() { h.up.status = 500 })
		h.restart()
		h.later(time.Hour)
		if got := h.list("a"); got != "1 stale" {
			t.Errorf("listed %q", got)
		}
		if got := h.file("a", "1.bin"); got != "BIN 1" {
			t.Errorf("answered %q", got)
		}
	})
}

func TestExplain(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2", "3")
	h.rules.set("pkg:toy/a@<2")
	ex, err := h.svc.Explain(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a", Version: "1"})
	if err != nil || !ex.Decision.Denied() || ex.Nearest != "2" || len(ex.Advice) == 0 {
		t.Fatalf("%+v, %v", ex, err)
	}
	again, err := h.svc.ExplainWhy(t.Context(), lastSegment(ex.Why))
	if err != nil || again.Coordinate != ex.Coordinate {
		t.Errorf("by its address: %+v, %v", again, err)
	}
	all, err := h.svc.Explain(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a"})
	if err != nil || len(all.Versions) != 3 || all.Versions[0].Version != "3" || all.Nearest != "3" {
		t.Errorf("the package: %+v, %v", all, err)
	}
	if _, err := h.svc.ExplainWhy(t.Context(), "nosuch"); !assay.Is(err, assay.NotFound) {
		t.Errorf("an unknown address: %v", err)
	}
	unknown, err := h.svc.Explain(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a", Version: "0"})
	if err != nil || !unknown.Decision.Denied() {
		t.Errorf("a blocked version that does not exist: %+v, %v", unknown, err)
	}
}

// failing wraps a store and fails its updates as told.
type failing struct {
	store.Store
	mu   sync.Mutex
	fail func() (before, after error)
}

func (f *failing) Update(ctx context.Context, fn func(store.Tx) error) error {
	f.mu.Lock()
	fail := f.fail
	f.mu.Unlock()
	var before, after error
	if fail != nil {
		before, after = fail()
	}
	if before != nil {
		return before
	}
	if err := f.Store.Update(ctx, fn); err != nil {
		return err
	}
	return after
}

// The failure table of a pull-through: each write in the forms "failed" and
// "failed but was stored", the invariants after each, and a good answer once
// the store is well.
func TestPullThroughFailureTable(t *testing.T) {
	lost := assay.Errorf(assay.Exhausted, "the disk is full")
	for _, step := range []string{"listing", "file"} {
		for _, form := range []string{"failed", "failed but was stored"} {
			t.Run(step+" "+form, func(t *testing.T) {
				var f *failing
				h := newHouse(t, func(h *house) {
					h.wrap = func(s store.Store) store.Store { f = &failing{Store: s}; return f }
				})
				h.publish(h.up, "a", "1")
				if step == "file" {
					h.list("a")
				}
				f.mu.Lock()
				f.fail = func() (error, error) {
					if form == "failed" {
						return lost, nil
					}
					return nil, lost
				}
				f.mu.Unlock()
				if step == "listing" {
					if got := h.list("a"); got != "exhausted" {
						t.Errorf("listed %q", got)
					}
				} else if got := h.file("a", "1.bin"); got != "exhausted" {
					t.Errorf("the file answered %q", got)
				}
				h.check()
				f.mu.Lock()
				f.fail = nil
				f.mu.Unlock()
				if got := h.list("a"); got != "1" {
					t.Errorf("afterwards listed %q", got)
				}
				if got := h.file("a", "1.bin"); got != "BIN a 1" {
					t.Errorf("afterwards the file answered %q", got)
				}
				h.check()
				h.restart()
				if got := h.file("a", "1.bin"); got != "BIN a 1" {
					t.Errorf("after a restart the file answered %q", got)
				}
				h.check()
			})
		}
	}
}

func TestAClientThatLeavesEndsTheWork(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.list("a")
	hang := make(chan struct{})
	h.up.with(func() { h.up.hang = hang })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { _, err := h.place().File(ctx, "a", "1.bin"); done <- err }()
	for h.up.count("a/1.bin") == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !assay.Is(err, assay.Canceled) {
		t.Errorf("error %v", err)
	}
	h.up.with(func() { h.up.hang = nil })
	close(hang)
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("the next client got %q", got)
	}
	h.check()
}

func TestNoUpstreamSaysHowToSetOne(t *testing.T) {
	h := newHouse(t)
	if err := h.store.Update(t.Context(), func(tx store.Tx) error { return tx.PutOrigins(t.Context(), "toy", nil) }); err != nil {
		t.Fatal(err)
	}
	if err := h.svc.ReloadOrigins(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := h.place().Listing(t.Context(), "a", "plain")
	if !assay.Is(err, assay.Unavailable) || !strings.Contains(assay.PublicMessage(err), "assay upstream set toy") {
		t.Errorf("error %v", err)
	}
}

// Lost documents are fetched again; nobody hears "does not exist".
func TestLostDocumentIsFetchedAgain(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	err := h.blobs.Walk(t.Context(), func(info blob.Info) error {
		return h.blobs.Delete(t.Context(), info.Digest, time.Now().Add(time.Hour))
	})
	if err != nil {
		t.Fatal(err)
	}
	h.rules.set("pkg:toy/a@<2") // so that it must be rendered anew
	if got := h.list("a"); got != "2" {
		t.Errorf("listed %q", got)
	}
}

// A clock that once stood in the future condemns nothing afterwards.
func TestClockThatWasInTheFuture(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.later(10 * 365 * 24 * time.Hour)
	h.list("a")
	h.clock.Store(0)
	h.later(time.Minute)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.later(80 * time.Hour)
	if got := h.list("a"); got != "1 2" {
		t.Errorf("listed %q", got)
	}
}

// What is written while an upstream is asked is not forgotten.
func TestRefreshKeepsWhatWasWrittenMeanwhile(t *testing.T) {
	c := &changes{rows: map[string]store.Version{"1": {Version: "1", Digest: "", FirstListed: time.Unix(20, 0)}}, touched: map[string]bool{"1": true}}
	c.merge([]store.Version{
		{Version: "1", Digest: "sha256:aa", ChangedTo: "sha256:bb", ChangedAt: time.Unix(5, 0), FirstListed: time.Unix(10, 0)},
		{Version: "2", Digest: "sha256:cc"},
	})
	got := c.changed()
	want := store.Version{Version: "1", Digest: "sha256:aa", ChangedTo: "sha256:bb", ChangedAt: time.Unix(5, 0), FirstListed: time.Unix(10, 0)}
	if len(got) != 1 || got[0] != want || c.rows["2"].Digest != "sha256:cc" {
		t.Errorf("%+v, %+v", got, c.rows)
	}
}

func TestVersionsThatDoNotExistAreRemembered(t *testing.T) {
	h := newHouse(t, func(h *house) { h.toy.dated = true })
	for range 10 {
		if got := h.file("a", "9.bin"); got != "not found" {
			t.Errorf("answered %q", got)
		}
	}
	if n := h.up.count("a/9.date"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// The cached path of a decision allocates nothing.
func TestCachedDecisionAllocatesNothing(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1")
	h.list("a")
	sn := h.svc.places["toy"].current("a")
	rules, now := h.rules.Current(), h.now()
	sn.entries[0].decide(rules, now)
	if n := testing.AllocsPerRun(100, func() { sn.entries[0].decide(rules, now) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCachedDecision(b *testing.B) {
	rules := &setRules{}
	rules.file = nil
	e := &entry{facts: &assay.Facts{}}
	v := &verdict{decision: assay.Decision{Effect: assay.Allow}}
	e.cached.Store(v)
	now := time.Now()
	for b.Loop() {
		if e.decide(nil, now).Denied() {
			b.Fatal("denied")
		}
	}
}

// The warm paths without HTTP: what a listing and a file cost here.
func BenchmarkWarm(b *testing.B) {
	h := newHouse(b)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.file("a", "1.bin")
	pl, ctx := h.place(), b.Context()
	b.Run("listing", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a, err := pl.Listing(ctx, "a", "plain")
			if err != nil {
				b.Fatal(err)
			}
			a.Release()
		}
	})
	b.Run("file", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			c, err := pl.File(ctx, "a", "1.bin")
			if err != nil {
				b.Fatal(err)
			}
			c.Release()
		}
	})
}

// A format that the operator gave a private address of its own may use it; a
// document's private address may not be followed.
func TestConfiguredAddressMayBePrivate(t *testing.T) {
	second := newUpstream(t)
	second.put("db/latest", "head")
	h := newHouse(t, func(h *house) { h.toy.beside = second.URL + "/db" })
	w := &world{pl: h.svc.places["toy"], name: "a"}
	body, err := w.Fetch(t.Context(), ecosystem.Source{URL: second.URL + "/db/latest"})
	if err != nil || string(body) != "head" {
		t.Errorf("%q, %v", body, err)
	}
	for _, outside := range []string{second.URL + "/other", second.URL + "/dbx/latest"} {
		if _, err := w.Fetch(t.Context(), ecosystem.Source{URL: outside}); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %v", outside, err)
		}
	}
}

package registry

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// openFiles lets every file be kept open instead of in memory.
func openFiles(h *house) { h.lim.HotFile = 0 }

func TestAnOpenFileIsReadToItsEnd(t *testing.T) {
	h := newHouse(t, openFiles)
	h.publish(h.up, "a", "1")
	h.file("a", "1.bin") // streamed; the next one opens what is stored
	first, err := h.place().File(t.Context(), "a", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.place().File(t.Context(), "a", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	key := store.FileKey{Registry: "toy", Name: "a", Version: "1", File: "1.bin"}
	hot, ok := h.svc.hot.get(key)
	if !ok || hot.body != nil || hot.uses != 2 {
		t.Fatalf("kept: %v, %d bytes in memory, %d uses", ok, len(hot.body), hot.uses)
	}
	h.svc.hot.clear()
	for i, c := range []*ecosystem.Content{first, second} {
		body, err := io.ReadAll(c.Seeker)
		if err != nil || string(body) != "BIN a 1" {
			t.Errorf("reader %d got %q, %v after the file left the cache", i, body, err)
		}
		if hot.open == nil {
			t.Errorf("the file was closed under reader %d", i)
		}
		c.Release()
	}
	if hot.open != nil {
		t.Error("the file is still open after its last reader")
	}
	if _, ok := hot.content(); ok {
		t.Error("a closed file was given out")
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("opened again, it answered %q", got)
	}
	if n := h.up.count("a/1.bin"); n != 1 {
		t.Errorf("the upstream was asked %d times", n)
	}
}

func TestOpenFilesAreBounded(t *testing.T) {
	h := newHouse(t, openFiles, func(h *house) { h.lim.HotFiles = 3 * openCost })
	var wg sync.WaitGroup
	for i := range 12 {
		h.publish(h.up, fmt.Sprintf("p%d", i), "1")
	}
	for range 2 {
		for i := range 12 {
			wg.Go(func() {
				if got := h.file(fmt.Sprintf("p%d", i), "1.bin"); got != fmt.Sprintf("BIN p%d 1", i) {
					t.Errorf("p%d answered %q", i, got)
				}
			})
		}
		wg.Wait()
	}
	if n := len(h.svc.hot.items); n != 3 {
		t.Errorf("%d files are open, want 3", n)
	}
}

func TestUsesAreNotedOnceInAWhile(t *testing.T) {
	hot, now := &hotFile{}, time.Now()
	for i, tt := range []struct {
		after time.Duration
		due   bool
	}{{0, true}, {0, false}, {touchEvery - 1, false}, {touchEvery, true}, {touchEvery + 1, false}, {-time.Hour, true}} {
		if got := hot.due(now.Add(tt.after)); got != tt.due {
			t.Errorf("use %d, after %v: due is %v", i, tt.after, got)
		}
	}
}

func TestFindsAreBounded(t *testing.T) {
	var f finds
	for i := range maxFinds + 10 {
		f.put(fmt.Sprint(i), found{file: ecosystem.File{Name: fmt.Sprint(i)}})
	}
	if len(f.by) > maxFinds {
		t.Errorf("%d names are remembered", len(f.by))
	}
	if known, ok := f.get(fmt.Sprint(maxFinds + 9)); !ok || known.file.Name != fmt.Sprint(maxFinds+9) {
		t.Errorf("the last name is forgotten: %v", known)
	}
	var none *finds
	none.put("a", found{})
	if _, ok := none.get("a"); ok {
		t.Error("nothing remembers something")
	}
}

// What a name means is remembered of files that were handed out, or names
// that nobody has would fill the memory.
func TestOnlyFilesThatExistAreRemembered(t *testing.T) {
	h := newHouse(t, func(h *house) { h.toy.dated = true })
	h.up.put("a/list", "1 - -\n")
	h.up.put("a/1.date", old)
	h.up.put("a/1.bin", "BIN 1")
	for range 3 {
		if got := h.file("a", "1.bin"); got != "BIN 1" {
			t.Fatalf("answered %q", got)
		}
	}
	for i := range 20 {
		h.file("a", fmt.Sprintf("%d.bin", 100+i))
	}
	p, ok := h.svc.places["toy"].packages.get("a")
	if !ok {
		t.Fatal("the package is not in memory")
	}
	if _, known := p.named.get("1.bin"); !known || len(p.named.by) != 1 {
		t.Errorf("remembered: %v", p.named.by)
	}
}

// The warm paths hold their number of allocations; HTTP is not in them. A
// listing's are the flight, its place among the others, the answer and how it
// ends; a file's are those, the content and its reader, and five of the toy's
// own, which spells out that it needs a listing.
func TestWarmPathsAllocateLittle(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.file("a", "1.bin")
	h.file("a", "1.bin")
	pl, ctx := h.place(), t.Context()
	listing := testing.AllocsPerRun(200, func() {
		a, err := pl.Listing(ctx, "a", "plain")
		if err != nil {
			t.Fatal(err)
		}
		a.Release()
	})
	file := testing.AllocsPerRun(200, func() {
		c, err := pl.File(ctx, "a", "1.bin")
		if err != nil {
			t.Fatal(err)
		}
		c.Release()
	})
	if listing > 5 || file > 15 {
		t.Errorf("a warm listing makes %v allocations and a warm file %v, want 5 and 15 at most", listing, file)
	}
}

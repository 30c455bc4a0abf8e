package registry

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// The toy's hosting: an archive says "BIN name version".

func (t toy) Admissible(name, version string) error {
	if strings.HasPrefix(name, "bad") {
		return assay.Errorf(assay.Invalid, "%s is no name for a package", name)
	}
	_, err := numbers{}.Version(version)
	return err
}

func (t toy) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	body := make([]byte, up.Files[0].Size)
	if _, err := up.Files[0].Content.ReadAt(body, 0); err != nil {
		return ecosystem.Inspected{}, err
	}
	f := strings.Fields(string(body))
	if len(f) < 3 {
		return ecosystem.Inspected{}, assay.Errorf(assay.Invalid, "the archive says nothing of itself")
	}
	return ecosystem.Inspected{Name: f[1], Version: f[2], Manifest: []byte(`{"description":"a toy"}`)}, nil
}

func (t toy) Compose(_ string, releases []ecosystem.Release, _ map[string]string) ([][]byte, error) {
	var b bytes.Buffer
	for _, r := range releases {
		digest := "-"
		for _, d := range r.Digests {
			if d.Algorithm() == "sha256" {
				digest = string(d)
			}
		}
		fmt.Fprintf(&b, "%s %s %s\n", r.Version, r.Published.Format(time.RFC3339), digest)
	}
	return [][]byte{b.Bytes()}, nil
}

func upload(name, version string) *ecosystem.Upload {
	body := []byte("BIN " + name + " " + version)
	return &ecosystem.Upload{Name: name, Version: version, Files: []ecosystem.UploadFile{{
		Name: version + ".bin", Content: bytes.NewReader(body), Size: int64(len(body)),
		Digests: []assay.Digest{assay.NewDigest("sha256", sum(body))}}}}
}

func (h *house) as(publish ...string) context.Context {
	p := assay.Principal{ID: "token-1"}
	for _, s := range publish {
		pattern, err := assay.ParsePattern(s, numbers{})
		if err != nil {
			h.t.Fatal(err)
		}
		p.Publish = append(p.Publish, pattern)
	}
	return assay.WithPrincipal(h.t.Context(), p)
}

func (h *house) publisher() *Place { return h.svc.places["toy"] }

// mine is a house with a claim on pkg:toy/@a/* and a context that may publish
// there.
func mine(t *testing.T, change ...func(*house)) (*house, context.Context) {
	h := newHouse(t, change...)
	h.rules.claim("pkg:toy/@a/*")
	return h, h.as("pkg:toy/@a/*")
}

func (h *house) publishHere(ctx context.Context, name, version string) {
	h.t.Helper()
	if _, err := h.publisher().Publish(ctx, upload(name, version)); err != nil {
		h.t.Fatal(err)
	}
}

func TestPublish(t *testing.T) {
	h, ctx := mine(t)
	h.publishHere(ctx, "@a/x", "1")
	h.publishHere(ctx, "@a/x", "2")
	for _, restarted := range []bool{false, true} {
		if restarted {
			h.restart()
		}
		if got := h.listAs(ctx, "@a/x"); got != "1 2" {
			t.Errorf("listed %q", got)
		}
		if got := h.fileAs(ctx, "@a/x", "1.bin"); got != "BIN @a/x 1" {
			t.Errorf("the file answered %q", got)
		}
		h.check()
	}
	if got := strings.Join(h.usage.fetches, "; "); got != "token-1 pkg:toy/%40a/x@1; token-1 pkg:toy/%40a/x@1" {
		t.Errorf("counted %q", got)
	}
	found, err := h.publisher().Search(ctx, "x", 10)
	if err != nil || len(found) != 1 || found[0].Name != "@a/x" || found[0].Description != "a toy" {
		t.Errorf("found %+v, %v", found, err)
	}
	if n := len(h.up.asked); n != 0 {
		t.Errorf("the upstream was asked: %v", h.up.asked)
	}
}

// Every refusal stores nothing: no row, no event, and no blob that something
// refers to.
func TestRefusedPublishStoresNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		ctx  func(h *house) context.Context
		up   func() *ecosystem.Upload
		want assay.Kind
	}{
		"anonymous":             {func(h *house) context.Context { return t.Context() }, func() *ecosystem.Upload { return upload("@a/x", "9") }, assay.Unauthenticated},
		"another's token":       {func(h *house) context.Context { return h.as("pkg:toy/@b/*") }, func() *ecosystem.Upload { return upload("@a/x", "9") }, assay.Forbidden},
		"an unclaimed name":     {func(h *house) context.Context { return h.as("pkg:toy/*") }, func() *ecosystem.Upload { return upload("y", "9") }, assay.Forbidden},
		"the same version":      {func(h *house) context.Context { return h.as("pkg:toy/@a/*") }, func() *ecosystem.Upload { return upload("@a/x", "1") }, assay.Conflict},
		"a version that is not": {func(h *house) context.Context { return h.as("pkg:toy/@a/*") }, func() *ecosystem.Upload { return upload("@a/x", "one") }, assay.Invalid},
		"another name inside": {func(h *house) context.Context { return h.as("pkg:toy/@a/*") }, func() *ecosystem.Upload {
			up := upload("@a/y", "9")
			up.Name = "@a/x"
			return up
		}, assay.Invalid},
		"a damaged file": {func(h *house) context.Context { return h.as("pkg:toy/@a/*") }, func() *ecosystem.Upload {
			up := upload("@a/x", "9")
			up.Files[0].Digests = []assay.Digest{assay.NewDigest("sha256", sum([]byte("other")))}
			return up
		}, assay.Invalid},
		"no archive at all": {func(h *house) context.Context { return h.as("pkg:toy/@a/*") }, func() *ecosystem.Upload {
			up := upload("@a/x", "9")
			up.Files[0].Content, up.Files[0].Size, up.Files[0].Digests = strings.NewReader("<html> @a/x 9"), 13, nil
			return up
		}, assay.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			h, ctx := mine(t)
			h.publishHere(ctx, "@a/x", "1")
			before, events := h.blobCount(), h.events()
			if _, err := h.publisher().Publish(tc.ctx(h), tc.up()); !assay.Is(err, tc.want) {
				t.Errorf("error %v, want one of kind %s", err, tc.want)
			}
			if n := h.blobCount(); n != before {
				t.Errorf("%d blobs were left", n-before)
			}
			if n := h.events(); n != events {
				t.Errorf("%d events were written", n-events)
			}
			if got := h.listAs(ctx, "@a/x"); got != "1" {
				t.Errorf("listed %q", got)
			}
			h.check()
		})
	}
}

func (h *house) events() int {
	h.t.Helper()
	var n int
	err := h.store.View(h.t.Context(), func(tx store.Tx) error {
		events, err := tx.Events(h.t.Context(), 0, 10000)
		n = len(events)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// A stranger gets the same answer about what exists and what does not, and no
// upstream hears of either.
func TestStrangersLearnNothing(t *testing.T) {
	h, ctx := mine(t)
	h.publishHere(ctx, "@a/x", "1")
	for _, stranger := range []context.Context{t.Context(), h.as("pkg:toy/@b/*")} {
		var texts []string
		for _, name := range []string{"@a/x", "@a/y"} {
			_, err := h.place().Listing(stranger, name, "plain")
			if !assay.Is(err, assay.NotFound) {
				t.Errorf("listing %s: %v", name, err)
			}
			texts = append(texts, strings.ReplaceAll(err.Error(), name, "NAME"))
			_, err = h.place().File(stranger, name, "1.bin")
			if !assay.Is(err, assay.NotFound) {
				t.Errorf("file of %s: %v", name, err)
			}
			texts = append(texts, strings.ReplaceAll(err.Error(), name, "NAME"))
			_, err = h.svc.Explain(stranger, assay.Coordinate{Ecosystem: toyEco, Name: name, Version: "1"})
			if !assay.Is(err, assay.NotFound) {
				t.Errorf("explain %s: %v", name, err)
			}
			texts = append(texts, strings.ReplaceAll(err.Error(), name, "NAME"))
		}
		for _, text := range texts {
			if text != texts[0] {
				t.Errorf("answers differ: %q and %q", text, texts[0])
			}
		}
		if found, err := h.publisher().Search(stranger, "x", 10); err != nil || len(found) != 0 {
			t.Errorf("found %v, %v", found, err)
		}
	}
	if len(h.up.asked) != 0 {
		t.Errorf("the upstream was asked: %v", h.up.asked)
	}
}

// What was pulled before a name was claimed is no longer handed out, and the
// upstream's higher version never wins.
func TestClaimOfANameThatAnUpstreamHas(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "@a/x", "1", "99")
	h.list("@a/x")
	h.file("@a/x", "99.bin")
	c, err := h.place().File(t.Context(), "@a/x", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	cut := false
	c.Flight.OnCut(func() { cut = true })
	h.rules.claim("pkg:toy/@a/*")
	if !cut {
		t.Error("a download from the upstream went on after the claim")
	}
	c.Release()
	ctx := h.as("pkg:toy/@a/*")
	if got := h.listAs(ctx, "@a/x"); got != "not found" {
		t.Errorf("listed %q", got)
	}
	if got := h.fileAs(ctx, "@a/x", "99.bin"); got != "not found" {
		t.Errorf("the upstream's file answered %q", got)
	}
	h.publishHere(ctx, "@a/x", "2")
	if got := h.listAs(ctx, "@a/x"); got != "2" {
		t.Errorf("listed %q", got)
	}
	if _, err := h.publisher().Publish(ctx, upload("@a/x", "99")); !assay.Is(err, assay.Conflict) {
		t.Errorf("a version pulled from upstream was published anew: %v", err)
	}
	// Unclaimed again, the upstream's are back; what was published here is not
	// mixed in.
	h.rules.set()
	if got := h.list("@a/x"); got != "1 99" {
		t.Errorf("unclaimed, listed %q", got)
	}
}

// No request of any kind carries a claimed name or a parent of one.
func TestClaimedNamesNeverLeave(t *testing.T) {
	h := newHouse(t, func(h *house) { h.toy.dated = true })
	h.rules.claim("pkg:toy/corp/secret/*")
	h.publish(h.up, "corp/secret/x", "1")
	ctx := h.as("pkg:toy/corp/secret/*")
	for _, name := range []string{"corp/secret/x", "corp/secret/none", "corp/secret", "corp"} {
		h.listAs(ctx, name)
		h.fileAs(ctx, name, "1.bin")
		_, _ = h.svc.Explain(ctx, assay.Coordinate{Ecosystem: toyEco, Name: name, Version: "1"}) // only what it asks matters here
		if _, err := h.publisher().Pass(ctx, ecosystem.Passage{Method: "GET", Source: ecosystem.Source{Path: "about/" + name}, Names: []string{"other", name}}); !assay.Is(err, assay.NotFound) {
			t.Errorf("passed on: %v", err)
		}
	}
	if len(h.up.asked) != 0 {
		t.Errorf("the upstream was asked: %v", h.up.asked)
	}
}

func TestStatuses(t *testing.T) {
	for status, want := range map[assay.Status]struct{ list, file string }{
		assay.Deprecated:   {"1 2", "BIN @a/x 1"},
		assay.Experimental: {"1 2", "BIN @a/x 1"},
		assay.Yanked:       {"2", "BIN @a/x 1"},
		assay.Quarantined:  {"2", "denied"},
		assay.Removed:      {"2", "denied"},
	} {
		t.Run(status.String(), func(t *testing.T) {
			h, ctx := mine(t)
			h.publishHere(ctx, "@a/x", "1")
			h.publishHere(ctx, "@a/x", "2")
			h.fileAs(ctx, "@a/x", "1.bin")
			if _, err := h.publisher().SetStatus(ctx, "@a/x", "1", status, ""); !assay.Is(err, assay.Invalid) {
				t.Errorf("without a reason: %v", err)
			}
			if _, err := h.publisher().SetStatus(ctx, "@a/x", "1", status, "because"); err != nil {
				t.Fatal(err)
			}
			for _, restarted := range []bool{false, true} {
				if restarted {
					h.restart()
				}
				if got := h.listAs(ctx, "@a/x"); got != want.list {
					t.Errorf("listed %q, want %q", got, want.list)
				}
				if got := h.fileAs(ctx, "@a/x", "1.bin"); got != want.file {
					t.Errorf("the file answered %q, want %q", got, want.file)
				}
			}
			_, err := h.publisher().SetStatus(ctx, "@a/x", "1", assay.Active, "")
			if status == assay.Removed {
				if !assay.Is(err, assay.Conflict) {
					t.Errorf("a removal was taken back: %v", err)
				}
				if _, err := h.publisher().Publish(ctx, upload("@a/x", "1")); !assay.Is(err, assay.Conflict) {
					t.Errorf("a removed version was published again: %v", err)
				}
				return
			}
			if status == assay.Quarantined {
				if !assay.Is(err, assay.Forbidden) {
					t.Errorf("a publisher ended a quarantine: %v", err)
				}
				_, err = h.publisher().SetStatus(assay.WithPrincipal(t.Context(), assay.Operator), "@a/x", "1", assay.Active, "")
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := h.listAs(ctx, "@a/x"); got != "1 2" {
				t.Errorf("active again, listed %q", got)
			}
		})
	}
}

// A status in force when it answers also holds for an upstream's versions,
// which only an administrator may speak of.
func TestStatusOfAnUpstreamVersion(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.file("a", "1.bin")
	if _, err := h.publisher().SetStatus(h.as("pkg:toy/*"), "a", "1", assay.Quarantined, "odd"); !assay.Is(err, assay.Forbidden) {
		t.Errorf("a publisher said it: %v", err)
	}
	c, err := h.place().File(t.Context(), "a", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	cut := false
	c.Flight.OnCut(func() { cut = true })
	admin := assay.WithPrincipal(t.Context(), assay.Operator)
	if _, err := h.publisher().SetStatus(admin, "a", "1", assay.Quarantined, "odd"); err != nil {
		t.Fatal(err)
	}
	if !cut {
		t.Error("a download under way went on")
	}
	c.Release()
	for range 2 {
		if got := h.list("a"); got != "2" {
			t.Errorf("listed %q", got)
		}
		if got := h.file("a", "1.bin"); got != "denied" {
			t.Errorf("the file answered %q", got)
		}
		h.restart()
		h.later(time.Hour)
	}
}

func TestTags(t *testing.T) {
	h, ctx := mine(t)
	up := upload("@a/x", "1")
	up.Tags = []string{"latest"}
	if _, err := h.publisher().Publish(ctx, up); err != nil {
		t.Fatal(err)
	}
	h.publishHere(ctx, "@a/x", "2")
	if _, err := h.publisher().Tag(ctx, "@a/x", "next", "2"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.publisher().Tag(ctx, "@a/x", "next", "7"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a tag to nowhere: %v", err)
	}
	if _, err := h.publisher().SetStatus(ctx, "@a/x", "1", assay.Removed, "wrong"); err != nil {
		t.Fatal(err)
	}
	tags, err := h.publisher().Tags(ctx, "@a/x")
	if err != nil || fmt.Sprint(tags) != "map[next:2]" {
		t.Errorf("tags %v, %v", tags, err)
	}
	if _, err := h.publisher().Tag(ctx, "@a/x", "next", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := h.publisher().Tag(ctx, "@a/x", "next", ""); !assay.Is(err, assay.NotFound) {
		t.Errorf("a tag dropped twice: %v", err)
	}
}

// Concurrent publishes of one version: exactly one wins.
func TestOnePublisherWins(t *testing.T) {
	h, ctx := mine(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 16 {
		wg.Go(func() {
			_, err := h.publisher().Publish(ctx, upload("@a/x", "1"))
			if err != nil && !assay.Is(err, assay.Conflict) {
				t.Error(err)
			}
			if err == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d publishers won", won)
	}
	h.check()
}

// The failure table of the writes: each in the forms "failed" and "failed but
// was stored", with the invariants after it and after a restart.
func TestPublishFailureTable(t *testing.T) {
	lost := assay.Errorf(assay.Exhausted, "the disk is full")
	steps := map[string]func(h *house, ctx context.Context) error{
		"publish": func(h *house, ctx context.Context) error {
			_, err := h.publisher().Publish(ctx, upload("@a/x", "2"))
			return err
		},
		"yank": func(h *house, ctx context.Context) error {
			_, err := h.publisher().SetStatus(ctx, "@a/x", "1", assay.Yanked, "wrong")
			return err
		},
		"remove": func(h *house, ctx context.Context) error {
			_, err := h.publisher().SetStatus(ctx, "@a/x", "1", assay.Removed, "wrong")
			return err
		},
		"tag": func(h *house, ctx context.Context) error {
			_, err := h.publisher().Tag(ctx, "@a/x", "next", "1")
			return err
		},
	}
	for step, act := range steps {
		for _, form := range []string{"failed", "failed but was stored"} {
			t.Run(step+" "+form, func(t *testing.T) {
				var f *failing
				h, ctx := mine(t, func(h *house) {
					h.wrap = func(s store.Store) store.Store { f = &failing{Store: s}; return f }
				})
				h.publishHere(ctx, "@a/x", "1")
				events := h.events()
				f.mu.Lock()
				f.fail = func() (error, error) {
					if form == "failed" {
						return lost, nil
					}
					return nil, lost
				}
				f.mu.Unlock()
				if err := act(h, ctx); !assay.Is(err, assay.Exhausted) {
					t.Errorf("error %v", err)
				}
				f.mu.Lock()
				f.fail = nil
				f.mu.Unlock()
				h.check()
				live := h.listAs(ctx, "@a/x")
				h.restart()
				h.check()
				if again := h.listAs(ctx, "@a/x"); again != live {
					t.Errorf("before the restart listed %q, after it %q", live, again)
				}
				want := events
				if form == "failed but was stored" {
					want++
				}
				if n := h.events(); n != want {
					t.Errorf("%d events, want %d", n, want)
				}
			})
		}
	}
}

// Erased bytes are gone; tombstone, digests and events stay.
func TestErase(t *testing.T) {
	h, ctx := mine(t)
	h.publishHere(ctx, "@a/x", "1")
	h.publishHere(ctx, "@a/x", "2")
	at := assay.Coordinate{Ecosystem: toyEco, Name: "@a/x", Version: "1"}
	admin := assay.WithPrincipal(t.Context(), assay.Operator)
	refused := func(name string, ctx context.Context, at assay.Coordinate, reason string, kind assay.Kind) {
		t.Helper()
		before := h.events()
		if _, err := h.svc.Erase(ctx, at, reason); !assay.Is(err, kind) {
			t.Errorf("%s: %v", name, err)
		}
		if h.events() != before || h.blobCount() != 2 {
			t.Errorf("%s changed something", name)
		}
	}
	refused("a publisher", ctx, at, "law", assay.Forbidden)
	refused("without a reason", admin, at, "", assay.Invalid)
	refused("what is not removed", admin, at, "law", assay.Conflict)
	refused("what was never published", admin, at.Package().At("9"), "law", assay.NotFound)
	if _, err := h.publisher().SetStatus(ctx, "@a/x", "1", assay.Removed, "wrong"); err != nil {
		t.Fatal(err)
	}
	h.later(time.Minute)
	if _, err := h.svc.Erase(admin, at, "law"); err != nil {
		t.Fatal(err)
	}
	if n := h.blobCount(); n != 1 {
		t.Errorf("%d blobs are left, want that of the other version", n)
	}
	for _, restarted := range []bool{false, true} {
		if restarted {
			h.restart()
		}
		if got := h.fileAs(ctx, "@a/x", "1.bin"); got != "denied" {
			t.Errorf("the erased file answered %q", got)
		}
		if got := h.fileAs(ctx, "@a/x", "2.bin"); got != "BIN @a/x 2" {
			t.Errorf("the other file answered %q", got)
		}
		if _, err := h.publisher().Publish(ctx, upload("@a/x", "1")); !assay.Is(err, assay.Conflict) {
			t.Errorf("an erased version was published again: %v", err)
		}
		if row, err := h.publisher().stored(ctx, store.FileKey{Registry: "toy", Name: "@a/x", Version: "1", File: "1.bin"}); err != nil || row.Blob == "" || row.Stored {
			t.Errorf("its digest: %+v, %v", row, err)
		}
	}
	if _, err := h.svc.Erase(admin, at, "law"); !assay.Is(err, assay.Conflict) {
		t.Errorf("erased twice: %v", err)
	}
}

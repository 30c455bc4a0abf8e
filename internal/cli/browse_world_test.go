package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/datadir"
	"assay.invalid/internal/ecosystem/ecosystemtest"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// furnished is a data directory with its rooms open, as a server has them, and a
// clock that the test moves.
type furnished struct {
	t     *testing.T
	c     *control
	npm   *ecosystemtest.NPM
	clock atomic.Int64 // nanoseconds added to the real time
}

func newFurnished(t *testing.T) *furnished {
	t.Helper()
	f := &furnished{t: t}
	var err error
	if f.npm, err = ecosystemtest.NewNPM(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.npm.Stop)
	dir, _, err := datadir.Make(filepath.Join(t.TempDir(), "data"))
	if err != nil {
		t.Fatal(err)
	}
	lock, _, err := dir.TryLock("a test")
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), dir, slog.New(slog.DiscardHandler), f.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	})
	if h.self, err = selfOf(netip.AddrPort{}, defaultBase); err != nil {
		t.Fatal(err)
	}
	if err := h.openLog(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	f.c = &control{house: h}
	if _, err := f.c.SetUpstream(f.operator(), "npm", []api.Origin{{Address: strings.TrimSuffix(f.npm.URL(), "/") + "/"}}); err != nil {
		t.Fatal(err)
	}
	if err := h.furnish(t.Context(), furniture{base: defaultBase}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *furnished) now() time.Time { return time.Now().Add(time.Duration(f.clock.Load())) }

func (f *furnished) later(d time.Duration) { f.clock.Add(int64(d)) }

func (f *furnished) operator() context.Context {
	return assay.WithPrincipal(f.t.Context(), assay.Operator)
}

// stranger is somebody of whom nothing is known, as on a server without
// anonymous reading of hosted packages.
func (f *furnished) stranger() context.Context { return f.t.Context() }

// reader may read what the pattern says.
func (f *furnished) reader(pattern string) context.Context {
	f.t.Helper()
	eco, err := assay.PatternEcosystem(pattern)
	if err != nil {
		f.t.Fatal(err)
	}
	grammar, _ := f.c.house.table.Grammar(eco)
	p, err := assay.ParsePattern(pattern, grammar)
	if err != nil {
		f.t.Fatal(err)
	}
	return assay.WithPrincipal(f.t.Context(), assay.Principal{ID: "reader", Read: []assay.Pattern{p}})
}

// upstream publishes versions of a package upstream, each with its age.
func (f *furnished) upstream(name string, ages map[string]time.Duration) {
	f.t.Helper()
	for version, age := range ages {
		if err := f.npm.Publish(ecosystemtest.NPMVersion{Name: name, Version: version, Published: f.now().Add(-age)}); err != nil {
			f.t.Fatal(err)
		}
	}
}

// file downloads a file, and tells what became of it.
func (f *furnished) file(ctx context.Context, place, name, file string) string {
	f.t.Helper()
	repo, _ := f.c.house.registry.Place(place)
	content, err := repo.File(ctx, name, file)
	if err != nil {
		return assay.KindOf(err).String()
	}
	defer content.Release()
	from := content.Stream
	if from == nil {
		from = content.Seeker
	}
	if _, err := io.Copy(io.Discard, from); err != nil {
		f.t.Fatal(err)
	}
	return "passed"
}

// publish publishes a Go module here.
func (f *furnished) publish(name, version string) {
	f.t.Helper()
	zip := moduleZip(f.t, name, version)
	if _, err := f.c.PublishModule(f.operator(), "go", name, version, bytes.NewReader(zip), int64(len(zip))); err != nil {
		f.t.Fatal(err)
	}
}

// claim claims a pattern.
func (f *furnished) claim(pattern string) {
	f.t.Helper()
	if _, err := f.c.Claim(f.operator(), api.NewClaim{Pattern: pattern}); err != nil {
		f.t.Fatal(err)
	}
}

// count writes usage down, as the recorder would.
func (f *furnished) count(fetches []store.Fetch, verdicts []store.Verdict) {
	f.t.Helper()
	err := f.c.house.store.Update(f.t.Context(), func(tx store.Tx) error {
		if err := tx.AddFetches(f.t.Context(), fetches); err != nil {
			return err
		}
		return tx.AddVerdicts(f.t.Context(), verdicts)
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

// day is so many days ago.
func (f *furnished) day(ago int) string { return dayBefore(f.now(), ago) }

// verdict is one of yesterday's.
func (f *furnished) verdict(rule, effect, purl, principal string, count int64) store.Verdict {
	registry := "npm"
	if strings.HasPrefix(purl, "pkg:golang/") {
		registry = "go"
	}
	return store.Verdict{Day: f.day(1), Registry: registry, Coordinate: purl, Rule: rule, Effect: effect, Reason: "because", Principal: principal,
		Why: fmt.Sprint("w-", rule, effect, purl), Count: count, Last: f.now().Add(-24 * time.Hour)}
}

// must is for calls that cannot fail in a test.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

package insight

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	cargowire "assay.invalid/internal/ecosystem/cargo/wire"
	gowire "assay.invalid/internal/ecosystem/golang/wire"
	mavenwire "assay.invalid/internal/ecosystem/maven/wire"
	npmwire "assay.invalid/internal/ecosystem/npm/wire"
	pypiwire "assay.invalid/internal/ecosystem/pypi/wire"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

func testGrammars(eco assay.Ecosystem) (assay.Grammar, bool) {
	g, ok := map[assay.Ecosystem]assay.Grammar{assay.NPM: npmwire.Grammar{}, assay.Golang: gowire.Grammar{}, assay.PyPI: pypiwire.Grammar{},
		assay.Cargo: cargowire.Grammar{}, assay.Maven: mavenwire.Grammar{}}[eco]
	return g, ok
}

// house is a Service over a real store, with addresses that a test answers.
type house struct {
	t      *testing.T
	store  store.Store
	dir    string
	net    *fakeNet
	svc    *Service
	o      Options
	told   [][]assay.Coordinate
	mu     sync.Mutex
	clock  time.Time
	judged []judgement
}

type judgement struct {
	listed []assay.Digest
	left   bool
}

func newHouse(t *testing.T, change ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), net: &fakeNet{pages: map[string]page{}}, clock: time.Now().UTC().Truncate(time.Microsecond)}
	var err error
	if h.store, err = sqlite.Open(t.Context(), filepath.Join(h.dir, "assay.db"), discard()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	h.o = Options{Grammars: testGrammars, Dir: filepath.Join(h.dir, "advisories"), Fetcher: h.net, Now: h.now,
		Places: map[assay.Ecosystem]string{assay.NPM: "npm", assay.PyPI: "pypi", assay.Cargo: "cargo", assay.Golang: "go", assay.Maven: "maven"}}
	for _, c := range change {
		c(&h.o)
	}
	h.open()
	return h
}

func (h *house) now() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.clock }

func (h *house) later(d time.Duration) { h.mu.Lock(); h.clock = h.clock.Add(d); h.mu.Unlock() }

// open opens the service and loads it, as a start does.
func (h *house) open() {
	h.t.Helper()
	svc, err := Open(h.t.Context(), h.store, h.o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.svc = svc
	h.t.Cleanup(func() { _ = svc.Close() })
	svc.Watch(func(packages []assay.Coordinate) { h.told = append(h.told, packages) })
	if err := svc.Load(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	err = svc.Connect(h.t.Context(), func(_ context.Context, listed []assay.Digest, left bool) error {
		slices.Sort(listed)
		h.judged = append(h.judged, judgement{listed, left})
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) restart() {
	h.t.Helper()
	if err := h.svc.Close(); err != nil {
		h.t.Error(err)
	}
	h.told, h.judged = nil, nil
	h.open()
}

// write writes a file as somebody else would: its date is that of a moment ago.
func (h *house) write(name, text string) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.later(time.Minute)
	if err := os.Chtimes(path, time.Time{}, h.now().Add(-time.Second*30)); err != nil {
		h.t.Fatal(err)
	}
	return path
}

func (h *house) add(kind Kind, name, from string) Status {
	h.t.Helper()
	st, err := h.svc.Add(h.t.Context(), Source{Kind: kind, Name: name, From: from})
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

func (h *house) refresh(kind Kind, name string) Status {
	h.t.Helper()
	all, err := h.svc.Refresh(h.t.Context(), kind, name)
	if err != nil || len(all) != 1 {
		h.t.Fatalf("refreshing %s: %v, %v", name, all, err)
	}
	return all[0]
}

// ids are the ids of what is said of a version, "!" behind a malicious one, and
// "+" before one that it fixes; "bad: ..." for a list.
func (h *house) ids(purl string) string {
	h.t.Helper()
	f := h.facts(purl)
	var out []string
	for _, a := range f.Advisories {
		id := a.ID
		if a.Malicious {
			id += "!"
		}
		out = append(out, id)
	}
	for _, id := range f.Fixes {
		out = append(out, "+"+id)
	}
	if f.KnownBad != "" {
		out = append(out, "bad: "+f.KnownBad)
	}
	return strings.Join(out, " ")
}

func (h *house) facts(purl string) *assay.Facts {
	h.t.Helper()
	f := &assay.Facts{Coordinate: coordinate(h.t, purl)}
	h.svc.Tell(f)
	return f
}

func coordinate(t testing.TB, purl string) assay.Coordinate {
	t.Helper()
	c, err := assay.ParseCoordinate(purl)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// changed are the packages that were told of since it was asked last; "all"
// for all of them.
func (h *house) changed() string {
	var out []string
	for _, packages := range h.told {
		if packages == nil {
			out = append(out, "all")
		}
		for _, c := range packages {
			out = append(out, c.Name)
		}
	}
	h.told = nil
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

// record is an advisory about all versions of an npm package below the fix; ""
// for all.
func record(id, name, fixed, more string) string {
	events := `{"introduced":"0"}`
	if fixed != "" {
		events += `,{"fixed":"` + fixed + `"}`
	}
	return fmt.Sprintf(`{"id":%q,"modified":"2026-11-01T00:00:00Z"%s,"affected":[{"package":{"ecosystem":"npm","name":%q},"ranges":[{"type":"SEMVER","events":[%s]}]}]}`,
		id, more, name, events)
}

func withdrawn(id, modified string) string {
	return fmt.Sprintf(`{"id":%q,"modified":%q,"withdrawn":%[2]q}`, id, modified)
}

// page is what an address answers.
type page struct {
	body, etag string
	err        error
	short      bool // the connection breaks in the middle
}

// fakeNet is the network of a test.
type fakeNet struct {
	mu    sync.Mutex
	pages map[string]page
	asked []Query
}

func (n *fakeNet) set(address string, p page) { n.mu.Lock(); n.pages[address] = p; n.mu.Unlock() }

func (n *fakeNet) Fetch(_ context.Context, q Query) (*Reply, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, q)
	p, ok := n.pages[q.Address]
	if !ok {
		return nil, assay.Errorf(assay.Unavailable, "%s does not answer", q.Address)
	}
	if p.err != nil {
		return nil, p.err
	}
	if p.etag != "" && p.etag == q.ETag {
		return &Reply{Unchanged: true}, nil
	}
	body := io.Reader(strings.NewReader(p.body))
	if p.short {
		body = io.MultiReader(bytes.NewReader([]byte(p.body[:len(p.body)/2])), broken{})
	}
	return &Reply{ETag: p.etag, Body: io.NopCloser(body)}, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) {
	return 0, assay.Errorf(assay.Unavailable, "the connection broke")
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

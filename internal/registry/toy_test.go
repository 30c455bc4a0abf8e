package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
	"assay.invalid/internal/upstream"
)

// The toy ecosystem: versions are whole numbers; a listing is a line a
// version, "number date digest", with "-" for what is not said; a file is
// <number>.bin and begins with BIN. With dated set, dates come from a
// document a version instead, as in Go.
type toy struct {
	dated  bool
	beside string // an address of the operator's own
}

const toyEco assay.Ecosystem = "toy"

func (t toy) Configured() []string                      { return []string{t.beside} }
func (t toy) Ecosystem() assay.Ecosystem                { return toyEco }
func (t toy) Place() string                             { return "toy" }
func (t toy) Grammar() assay.Grammar                    { return numbers{} }
func (t toy) Format() ecosystem.Format                  { return t }
func (t toy) Handler(ecosystem.Repository) http.Handler { return http.NotFoundHandler() }
func (t toy) Setup(string) []ecosystem.SetupLine        { return nil }
func (t toy) Sources(name string) []ecosystem.Source {
	return []ecosystem.Source{{Key: "list", Path: name + "/list"}}
}
func (t toy) Locate(name, file string, l ecosystem.Listing) (ecosystem.File, error) {
	version, ok := strings.CutSuffix(file, ".bin")
	f := ecosystem.File{Name: file, Version: version, Source: ecosystem.Source{Path: name + "/" + file}, ContentType: "application/x-bin"}
	if t.dated {
		return f, nil
	}
	if !ok || l == nil || l.Find(version) < 0 {
		return f, assay.Errorf(assay.NotFound, "no file %s", file)
	}
	if d := l.Versions()[l.Find(version)].Digest; d != "" {
		f.Digests = []assay.Digest{d}
	}
	return f, nil
}
func (t toy) Fold(name string) string { return strings.ReplaceAll(name, "_", "-") }
func (t toy) VersionSource(name, version string) (ecosystem.Source, bool) {
	return ecosystem.Source{Key: "date/" + version, Path: name + "/" + version + ".date"}, t.dated
}
func (t toy) ReadVersion(_, version string, doc ecosystem.Document) (ecosystem.Version, error) {
	text, err := io.ReadAll(io.NewSectionReader(doc.Content, 0, doc.Size))
	if err != nil {
		return ecosystem.Version{}, err
	}
	when, err := time.Parse(time.RFC3339, strings.TrimSpace(string(text)))
	if err != nil {
		return ecosystem.Version{}, assay.Errorf(assay.Unsound, "no date")
	}
	return ecosystem.Version{Version: version, Published: when, PublishedSource: "date file"}, nil
}
func (t toy) Check(f ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	head := make([]byte, 3)
	if _, err := content.ReadAt(head, 0); err != nil || string(head) != "BIN" {
		return nil, assay.Errorf(assay.Unsound, "%s is no BIN", f.Name)
	}
	return nil, nil
}
func (t toy) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	if docs[0].Missing {
		return nil, assay.Errorf(assay.Unsound, "no list")
	}
	text, err := io.ReadAll(io.NewSectionReader(docs[0].Content, 0, docs[0].Size))
	if err != nil {
		return nil, err
	}
	l := &toyListing{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if line == "withdrawn\n" {
			l.withdrawn = true
			continue
		}
		if len(f) != 3 {
			return nil, assay.Errorf(assay.Unsound, "the list of %s has a line %q", name, line)
		}
		v := ecosystem.Version{Version: f[0]}
		if f[1] != "-" {
			if v.Published, err = time.Parse(time.RFC3339, f[1]); err != nil {
				return nil, assay.Errorf(assay.Unsound, "bad date")
			}
		}
		if f[2] != "-" {
			v.Digest = assay.Digest(f[2])
		}
		l.versions = append(l.versions, v)
	}
	return l, nil
}

type toyListing struct {
	versions  []ecosystem.Version
	withdrawn bool
}

func (l *toyListing) Versions() []ecosystem.Version { return l.versions }
func (l *toyListing) Bytes() int64                  { return 100 }
func (l *toyListing) Find(version string) int {
	for i := range l.versions {
		if (numbers{}).Compare(l.versions[i].Version, version) == 0 {
			return i // 01 is 1
		}
	}
	return -1
}
func (l *toyListing) Withdrawn() bool { return l.withdrawn }
func (l *toyListing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	if r.Representation == "none" {
		return "", assay.Errorf(assay.NotFound, "no such representation")
	}
	for i := range l.versions {
		if !r.Decision(i).Denied() {
			if _, err := fmt.Fprintln(w, l.versions[i].Version); err != nil {
				return "", err
			}
		}
	}
	return "text/plain", nil
}

type numbers struct{}

func (numbers) Name(raw string) (string, error) { return raw, nil }
func (numbers) Version(raw string) (string, error) {
	if _, err := strconv.Atoi(raw); err != nil {
		return "", assay.Errorf(assay.Invalid, "no number")
	}
	return raw, nil
}
func (numbers) Compare(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return x - y
}
func (numbers) Prerelease(string) bool { return false }
func (numbers) Range(expr string) (assay.Range, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(expr, "<"))
	if err != nil {
		return nil, assay.Errorf(assay.Invalid, "no range")
	}
	return below(n), nil
}

type below int

func (b below) Contains(v string) bool { n, err := strconv.Atoi(v); return err != nil || n < int(b) }

// fakeUpstream serves what a test puts into it, and can fall ill.
type fakeUpstream struct {
	*httptest.Server
	mu       sync.Mutex
	files    map[string][]byte
	asked    map[string]int
	status   int           // answered to everything when set
	hang     chan struct{} // every request waits for it when set
	truncate bool
	slow     time.Duration // between halves of a body
}

func newUpstream(t testing.TB) *fakeUpstream {
	u := &fakeUpstream{files: map[string][]byte{}, asked: map[string]int{}}
	u.Server = httptest.NewServer(u)
	t.Cleanup(func() { u.with(func() { u.hang = nil }); u.CloseClientConnections(); u.Close() })
	return u
}

func (u *fakeUpstream) with(f func()) { u.mu.Lock(); defer u.mu.Unlock(); f() }

func (u *fakeUpstream) put(path, body string) { u.with(func() { u.files[path] = []byte(body) }) }

func (u *fakeUpstream) count(path string) (n int) { u.with(func() { n = u.asked[path] }); return }

func (u *fakeUpstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	u.mu.Lock()
	u.asked[path]++
	body, ok := u.files[path]
	status, hang, truncate, slow := u.status, u.hang, u.truncate, u.slow
	u.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-r.Context().Done():
			return
		}
	}
	switch {
	case status != 0:
		http.Error(w, "ill", status)
		return
	case !ok:
		http.NotFound(w, r)
		return
	}
	etag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	half := len(body) / 2
	_, _ = w.Write(body[:half])
	if truncate {
		panic(http.ErrAbortHandler)
	}
	if slow > 0 {
		_ = http.NewResponseController(w).Flush()
		time.Sleep(slow)
	}
	_, _ = w.Write(body[half:])
}

// setRules are rules that a test changes.
type setRules struct {
	now      atomic.Pointer[policy.Ruleset]
	mu       sync.Mutex
	watchers []func(old, new *policy.Ruleset)
	file     *policy.File
	claimed  func(patterns []string) // writes them down, as the rulebook does
}

func (r *setRules) Current() *policy.Ruleset { return r.now.Load() }
func (r *setRules) Watch(fn func(old, new *policy.Ruleset)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watchers = append(r.watchers, fn)
}
func (r *setRules) set(blocks ...string) { r.change(nil, blocks) }

// claim sets claims, and no blocks.
func (r *setRules) claim(claims ...string) { r.change(claims, nil) }

func (r *setRules) change(claims, blocks []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var claimed []policy.Claim
	for _, c := range claims {
		p, err := assay.ParsePattern(c, numbers{})
		if err != nil {
			panic(err)
		}
		claimed = append(claimed, policy.Claim{ID: c, Pattern: p})
	}
	old := r.now.Load()
	epoch := uint64(1)
	if old != nil {
		epoch = old.Epoch() + 1
	}
	var list []policy.Block
	for _, b := range blocks {
		p, err := assay.ParsePattern(b, numbers{})
		if err != nil {
			panic(err)
		}
		list = append(list, policy.Block{ID: b, Reason: "because", Pattern: p})
	}
	rules := policy.Compile(epoch, r.file, list, nil, claimed...)
	if r.claimed != nil {
		r.claimed(claims)
	}
	r.now.Store(rules)
	for _, w := range r.watchers {
		w(old, rules)
	}
}

// counted remembers verdicts and fetches.
type counted struct {
	mu       sync.Mutex
	fetches  []string
	verdicts []string
	decided  []string
	whys     map[string]string
}

func (c *counted) Fetch(at assay.Coordinate, p assay.Principal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fetches = append(c.fetches, p.ID+" "+at.String())
}
func (c *counted) Verdict(_ string, at assay.Coordinate, op assay.Opinion, denied bool, _ assay.Principal, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.verdicts = append(c.verdicts, at.String()+" "+op.Rule)
	if c.whys == nil {
		c.whys = map[string]string{}
	}
	c.whys[why] = at.String()
}
func (c *counted) Decided(at assay.Coordinate, d *assay.Decision) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.decided = append(c.decided, at.String()+" "+d.Effect.String())
}
func (c *counted) Explained(at assay.Coordinate, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whys == nil {
		c.whys = map[string]string{}
	}
	c.whys[why] = at.String()
}
func (c *counted) Why(_ context.Context, id string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if purl, ok := c.whys[id]; ok {
		return purl, nil
	}
	return "", assay.Errorf(assay.NotFound, "no why %s", id)
}

// house is a service with everything around it.
type house struct {
	t     testing.TB
	dir   string
	up    *fakeUpstream
	more  []*fakeUpstream // later origins
	toy   toy
	sided bool // versions have several files: see sided
	knows *fakeInsight

	elsewhere *elsewhere // files lie at another host
	moving    bool       // where files lie stands in a shared document: see moving
	mirrors   []string   // of the first origin
	scans     *fakeScanner
	lim       Limits
	rules     *setRules
	usage     *counted
	store     store.Store
	blobs     blob.Store
	svc       *Service
	clock     atomic.Int64 // seconds added to the real time
	wrap      func(store.Store) store.Store
	close     func()
}

var old = time.Now().Add(-30 * 24 * time.Hour).UTC().Format(time.RFC3339)

func newHouse(t testing.TB, change ...func(*house)) *house {
	h := &house{t: t, dir: t.TempDir(), up: newUpstream(t), lim: DefaultLimits(), rules: &setRules{}, usage: &counted{}}
	h.lim.StaleAfter, h.lim.Upkeep = 700*time.Millisecond, time.Hour
	h.rules.file = policy.Default()
	h.rules.set()
	for _, f := range change {
		f(h)
	}
	h.open()
	t.Cleanup(func() { h.close() })
	return h
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.clock.Load()) * time.Second) }

func (h *house) later(d time.Duration) { h.clock.Add(int64(d / time.Second)) }

func (h *house) open() {
	t := h.t
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(h.dir, "assay.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	h.store = s
	if h.wrap != nil {
		h.store = h.wrap(s)
	}
	if h.blobs, err = dir.Open(filepath.Join(h.dir, "blobs"), dir.Config{}); err != nil {
		t.Fatal(err)
	}
	origins := []store.Origin{{Registry: "toy", Address: h.up.URL + "/", Mirrors: h.mirrors}}
	for _, u := range h.more {
		origins = append(origins, store.Origin{Registry: "toy", Address: u.URL + "/"})
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error { return tx.PutOrigins(t.Context(), "toy", origins) }); err != nil {
		t.Fatal(err)
	}
	cfg := upstream.DefaultConfig()
	cfg.Retries = 0
	client := upstream.New(cfg)
	config := Config{Store: h.store, Blobs: h.blobs, Upstream: client, Rules: h.rules, Usage: h.usage,
		Adapters: []ecosystem.Adapter{h.adapter()}, BaseURL: "http://127.0.0.1:8417", Limits: h.lim, Now: h.now}
	if h.knows != nil {
		config.Insight = h.knows
	}
	if h.scans != nil {
		config.Scanner = h.scans
	}
	if h.svc, err = New(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	h.rules.claimed = func(patterns []string) {
		err := s.Update(t.Context(), func(tx store.Tx) error {
			old, err := tx.Claims(t.Context())
			if err != nil {
				return err
			}
			for _, c := range old {
				if err := tx.DeleteClaim(t.Context(), c.ID); err != nil {
					return err
				}
			}
			for _, p := range patterns {
				if err := tx.PutClaim(t.Context(), store.Claim{ID: p, Pattern: p}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	h.close = func() {
		if err := h.svc.Close(); err != nil {
			t.Error(err)
		}
		_ = client.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func (h *house) adapter() ecosystem.Adapter {
	if h.sided {
		return sided{h.toy}
	}
	if h.elsewhere != nil {
		return *h.elsewhere
	}
	if h.moving {
		return moving{h.toy}
	}
	return h.toy
}

// restart closes and opens the same data directory.
func (h *house) restart() { h.t.Helper(); h.close(); h.open() }

func (h *house) place() ecosystem.Repository {
	pl, ok := h.svc.Place("toy")
	if !ok {
		h.t.Fatal("no place")
	}
	return pl
}

// publish puts a version with its file upstream.
func (h *house) publish(u *fakeUpstream, name string, versions ...string) {
	var list strings.Builder
	for _, v := range versions {
		body := "BIN " + name + " " + v
		fmt.Fprintf(&list, "%s %s sha256:%x\n", v, old, sha256.Sum256([]byte(body)))
		u.put(name+"/"+v+".bin", body)
	}
	u.put(name+"/list", list.String())
}

// list returns the listed versions, blank-separated, or the error's kind.
func (h *house) list(name string) string { h.t.Helper(); return h.listAs(h.t.Context(), name) }

func (h *house) listAs(ctx context.Context, name string) string {
	h.t.Helper()
	a, err := h.place().Listing(ctx, name, "plain")
	if err != nil {
		return assay.KindOf(err).String()
	}
	w := httptest.NewRecorder()
	ecosystem.WriteAnswer(w, httptest.NewRequest("GET", "/", nil), a)
	out := strings.Fields(w.Body.String())
	sort.Strings(out)
	if w.Header().Get(ecosystem.HeaderStale) != "" {
		out = append(out, "stale")
	}
	return strings.Join(out, " ")
}

// file returns a file's content, or the error's kind.
func (h *house) file(name, file string) string {
	h.t.Helper()
	return h.fileAs(h.t.Context(), name, file)
}

func (h *house) fileAs(ctx context.Context, name, file string) string {
	h.t.Helper()
	c, err := h.place().File(ctx, name, file)
	if err != nil {
		return assay.KindOf(err).String()
	}
	defer c.Release()
	r := c.Stream
	if c.Seeker != nil {
		r = c.Seeker
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, r); err != nil {
		return assay.KindOf(err).String()
	}
	return b.String()
}

// check is the invariant checker: every stored file's bytes are there and
// right, and every event of a stored file has its row.
func (h *house) check() {
	h.t.Helper()
	ctx := h.t.Context()
	var files []store.File
	stored := map[string]bool{}
	err := h.store.View(ctx, func(tx store.Tx) error {
		var err error
		if files, err = tx.LeastUsed(ctx, 1000); err != nil {
			return err
		}
		events, err := tx.Events(ctx, 0, 10000)
		for _, e := range events {
			if e.Kind == assay.EventStored {
				stored[e.Subject.String()] = true
			}
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, f := range files {
		b, err := h.blobs.Open(ctx, f.Blob)
		if err != nil {
			h.t.Errorf("%s: its bytes are gone: %v", f.File, err)
			continue
		}
		body, err := io.ReadAll(b.Reader())
		_ = b.Close()
		if err != nil || assay.NewDigest("sha256", sum(body)) != f.Blob || int64(len(body)) != f.Size {
			h.t.Errorf("%s: its bytes are wrong", f.File)
		}
		at := assay.Coordinate{Ecosystem: toyEco, Name: f.Name, Version: f.Version, File: f.File}
		if !stored[at.String()] {
			h.t.Errorf("%s is stored without an event", at)
		}
		delete(stored, at.String())
	}
	for at := range stored {
		h.t.Errorf("an event says that %s was stored, but no row does", at)
	}
}

func sum(b []byte) []byte { s := sha256.Sum256(b); return s[:] }

func (h *house) blobCount() (n int) {
	h.t.Helper()
	if err := h.blobs.Walk(h.t.Context(), func(blob.Info) error { n++; return nil }); err != nil {
		h.t.Fatal(err)
	}
	return n
}

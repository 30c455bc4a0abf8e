package registry

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// fakeInsight knows what a test tells it.
type fakeInsight struct {
	mu       sync.Mutex
	bad      map[string]string // short coordinate or digest: why
	fixes    map[string]string // short coordinate: advisory
	names    map[string]string // name: target
	watchers []func([]assay.Coordinate)
	reread   int
}

func (f *fakeInsight) Tell(facts *assay.Facts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if why := f.bad[facts.Coordinate.Short()]; why != "" {
		facts.Advisories = []assay.Advisory{{ID: why, Malicious: true}}
	}
	if id := f.fixes[facts.Coordinate.Short()]; id != "" {
		facts.Fixes = []string{id}
	}
}
func (f *fakeInsight) KnownBad(d assay.Digest) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bad[string(d)]
}
func (f *fakeInsight) Name(pkg assay.Coordinate) *assay.NameFinding {
	f.mu.Lock()
	defer f.mu.Unlock()
	if target := f.names[pkg.Name]; target != "" {
		return &assay.NameFinding{Class: "omission", Target: target, Score: 0.9}
	}
	return nil
}
func (f *fakeInsight) Near(pkg assay.Coordinate, hosted []string) *assay.NameFinding {
	for _, name := range hosted {
		if name != pkg.Name && strings.EqualFold(name, pkg.Name) {
			return &assay.NameFinding{Class: "case", Target: name, Score: 0.9}
		}
	}
	return nil
}
func (f *fakeInsight) Record(id string, at assay.Coordinate, reason string, _ time.Time) ([]byte, error) {
	return fmt.Appendf(nil, `{"id":%q,"summary":%q,"version":%q}`, id, reason, at.Version), nil
}
func (f *fakeInsight) OwnChanged(context.Context) error  { f.reread++; return nil }
func (f *fakeInsight) Watch(fn func([]assay.Coordinate)) { f.watchers = append(f.watchers, fn) }

// learn changes what is known and tells the registry.
func (f *fakeInsight) learn(change func(), packages ...string) {
	f.mu.Lock()
	change()
	f.mu.Unlock()
	var changed []assay.Coordinate
	for _, name := range packages {
		changed = append(changed, assay.Coordinate{Ecosystem: toyEco, Name: name})
	}
	for _, fn := range f.watchers {
		fn(changed)
	}
}

// fakeScanner finds the word "evil", and says so if the version before had it
// too.
type fakeScanner struct {
	mu    sync.Mutex
	asked []string
}

func (s *fakeScanner) Scan(_ context.Context, file assay.Coordinate, content io.ReaderAt, size int64, before *Before) ([]assay.Signal, error) {
	text, err := io.ReadAll(io.NewSectionReader(content, 0, size))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := file.File
	if before != nil {
		seen += " after " + before.Version
	}
	s.asked = append(s.asked, seen)
	if strings.Contains(string(text), "evil") {
		return []assay.Signal{{ID: "evil-word", File: file.File, Line: 1, Saw: "the word"}}, nil
	}
	return nil, nil
}

func knowing(t *testing.T, change ...func(*house)) (*house, *fakeInsight) {
	known := &fakeInsight{bad: map[string]string{}, fixes: map[string]string{}, names: map[string]string{}}
	return newHouse(t, append(change, func(h *house) { h.knows = known })...), known
}

func TestAnAdvisoryReachesWhatIsStored(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1", "2")
	h.publish(h.up, "b", "1")
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Fatalf("answered %q", got)
	}
	h.list("b")
	known.learn(func() { known.bad["a@1"] = "MAL-1" }, "a")
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("the stored file answered %q", got)
	}
	if got := h.list("a"); got != "2" {
		t.Errorf("listed %q", got)
	}
	asked := h.up.count("a/list")
	known.learn(func() { known.bad = map[string]string{} })
	if got := h.list("a"); got != "1 2" {
		t.Errorf("when the advisory was withdrawn, listed %q", got)
	}
	if n := h.up.count("a/list"); n != asked {
		t.Errorf("the upstream was asked %d times because more was known", n-asked)
	}
}

func TestAnAdvisoryCutsADownloadUnderWay(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1")
	h.up.put("a/1.bin", "BIN a 1")
	c, err := h.place().File(t.Context(), "a", "1.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	cut := make(chan struct{})
	c.Flight.OnCut(func() { close(cut) })
	known.learn(func() { known.bad["a@1"] = "MAL-1" }, "a")
	select {
	case <-cut:
	case <-time.After(5 * time.Second):
		t.Error("the download was not cut")
	}
}

func TestAFixDoesNotWait(t *testing.T) {
	h, known := knowing(t)
	fresh := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	h.up.put("a/list", fmt.Sprintf("1 %s -\n2 %s -\n3 %s -\n", old, fresh, fresh))
	if got := h.list("a"); got != "1" {
		t.Fatalf("listed %q", got)
	}
	known.learn(func() { known.fixes["a@2"] = "GHSA-1" }, "a")
	if got := h.list("a"); got != "1 2" {
		t.Errorf("with 2 named as a fix, listed %q", got)
	}
}

func TestANameIsLookedAtUntilItIsUsed(t *testing.T) {
	h, known := knowing(t, func(h *house) {
		f := *h.rules.file
		f.LookAlike.Effect = assay.Warn
		h.rules.file = &f
		h.rules.set()
	})
	known.names["lodahs"] = "lodash"
	h.publish(h.up, "lodahs", "1")
	warned := func() bool {
		t.Helper()
		c, err := h.place().File(t.Context(), "lodahs", "1.bin")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release()
		if c.Stream != nil {
			_, _ = io.Copy(io.Discard, c.Stream)
		}
		return strings.Contains(c.Warning, policy.RuleLookAlike)
	}
	if !warned() {
		t.Error("the first download of a look-alike is not warned of")
	}
	h.restart()
	if warned() {
		t.Error("a package that is used here is warned of")
	}
}

func TestKnownBadBytes(t *testing.T) {
	h, known := knowing(t)
	h.publish(h.up, "a", "1", "2")
	bad := string(assay.NewDigest("sha256", sum([]byte("BIN a 1"))))
	known.learn(func() { known.bad[bad] = "the list: a worm" })
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("bytes that are known to be bad answered %q", got)
	}
	asked := h.up.count("a/1.bin")
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("and again %q", got)
	}
	if n := h.up.count("a/1.bin"); n != asked {
		t.Errorf("they were fetched again to be refused again")
	}
	if got := h.list("a"); got != "2" {
		t.Errorf("listed %q", got)
	}
	if n := h.blobCount(); n != 1 { // the listing
		t.Errorf("%d blobs are kept", n)
	}
	h.restart()
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("after a restart %q", got)
	}
}

// enforceContent makes a house in which content is looked at before it goes
// out.
func enforceContent(h *house) {
	f := *h.rules.file
	f.Content = policy.ContentSettings{Effect: assay.Deny}
	h.rules.file = &f
	h.rules.set()
}

func TestContentIsLookedAtBeforeItGoesOut(t *testing.T) {
	scanner := &fakeScanner{}
	h := newHouse(t, enforceContent, func(h *house) { h.scans = scanner })
	h.publish(h.up, "a", "1", "2")
	h.up.put("a/list", fmt.Sprintf("1 %s -\n2 %s -\n", old, old))
	h.up.put("a/2.bin", "BIN evil")
	for range 2 {
		if got := h.file("a", "1.bin"); got != "BIN a 1" {
			t.Errorf("an honest file answered %q", got)
		}
		if got := h.file("a", "2.bin"); got != "denied" {
			t.Errorf("an evil file answered %q", got)
		}
	}
	if want := []string{"1.bin", "2.bin after 1"}; !slices.Equal(scanner.asked, want) {
		t.Errorf("scanned %q, want %q", scanner.asked, want)
	}
	if got := h.list("a"); got != "1" {
		t.Errorf("listed %q", got)
	}
}

func TestWhatWasStoredBeforeTheRuleIsScanned(t *testing.T) {
	scanner := &fakeScanner{}
	h := newHouse(t, func(h *house) { h.scans = scanner })
	h.up.put("a/list", "1 "+old+" -\n")
	h.up.put("a/1.bin", "BIN evil")
	if got := h.file("a", "1.bin"); got != "BIN evil" || len(scanner.asked) != 0 {
		t.Fatalf("answered %q, scanned %q", got, scanner.asked)
	}
	enforceContent(h)
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("answered %q", got)
	}
	if n := h.up.count("a/1.bin"); n != 1 {
		t.Errorf("it was fetched %d times", n)
	}
}

func TestUploadsAreLookedAt(t *testing.T) {
	scanner := &fakeScanner{}
	known := &fakeInsight{bad: map[string]string{string(assay.NewDigest("sha256", sum([]byte("BIN @a/x 2")))): "the list"}}
	h, ctx := mine(t, func(h *house) { h.scans, h.knows = scanner, known })
	h.publishHere(ctx, "@a/x", "1")
	if len(scanner.asked) != 1 {
		t.Errorf("scanned %q", scanner.asked)
	}
	if _, err := h.publisher().Publish(ctx, upload("@a/x", "2")); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "the list") {
		t.Errorf("what is known to be bad was published: %v", err)
	}
	err := h.store.View(ctx, func(tx store.Tx) error {
		scans, err := tx.Scans(ctx, "toy", "@a/x")
		if err == nil && len(scans) != 1 {
			t.Errorf("%d scans are kept", len(scans))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

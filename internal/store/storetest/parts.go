package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func testSettings(t *testing.T, s store.Store) {
	wantKind(t, s, assay.NotFound, "a setting never put", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Setting(ctx, "epoch")
		return err
	})
	for _, value := range [][]byte{[]byte("1"), {0, 255, 0}, []byte(strings.Repeat("x", 1<<20)), {}} {
		update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutSetting(ctx, "epoch", value) })
		equal(t, "setting", read(t, s, func(ctx context.Context, tx store.Tx) ([]byte, error) { return tx.Setting(ctx, "epoch") }), value)
	}
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutSetting(ctx, "epoch", nil) })
	if v := read(t, s, func(ctx context.Context, tx store.Tx) ([]byte, error) { return tx.Setting(ctx, "epoch") }); len(v) != 0 {
		t.Errorf("a nil setting came back as %q", v)
	}
}

func testOrigins(t *testing.T, s store.Store) {
	all := func() []store.Origin {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Origin, error) { return tx.Origins(ctx) })
	}
	if got := all(); len(got) != 0 {
		t.Errorf("an empty store has origins %v", got)
	}
	npm := []store.Origin{
		{Registry: "npm", Address: "https://z.example/", Mirrors: []string{"https://m2.example/", "https://m1.example/"}, Source: "npm config get registry", Set: noon},
		{Registry: "npm", Address: "https://a.example/", Source: "assay upstream set", Set: noon.Add(time.Hour)},
	}
	golang := []store.Origin{{Registry: "go", Address: "https://g.example/", Set: noon}}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutOrigins(ctx, "npm", npm), tx.PutOrigins(ctx, "go", golang))
	})
	equal(t, "origins", all(), slices.Concat(golang, npm))
	slices.Reverse(npm)
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutOrigins(ctx, "npm", npm) })
	equal(t, "origins in another order", all(), slices.Concat(golang, npm))
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutOrigins(ctx, "npm", nil) })
	equal(t, "origins after removal", all(), golang)
}

func testDocuments(t *testing.T, s store.Store) {
	get := func(name, source string) store.Document {
		t.Helper()
		return read(t, s, func(ctx context.Context, tx store.Tx) (store.Document, error) {
			return tx.Document(ctx, "npm", name, source)
		})
	}
	d := store.Document{Registry: "npm", Name: "left", Source: "packument", Origin: "https://registry.example/",
		ETag: `W/"1"`, LastModified: "Sun, 22 Nov 2026 12:00:00 GMT", Blob: digestA, Size: 9 << 40, Fetched: noon, Checked: noon.Add(time.Minute)}
	negative := store.Document{Registry: "npm", Name: "right", Source: "packument", Missing: true, Checked: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutDocument(ctx, d), tx.PutDocument(ctx, negative))
	})
	equal(t, "document", get("left", "packument"), d)
	equal(t, "negative answer", get("right", "packument"), negative)
	for what, key := range map[string][3]string{
		"another registry": {"go", "left", "packument"}, "another name": {"npm", "lef", "packument"}, "another source": {"npm", "left", "list"},
	} {
		wantKind(t, s, assay.NotFound, what, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Document(ctx, key[0], key[1], key[2])
			return err
		})
	}
	gone := store.Document{Registry: "npm", Name: "left", Source: "packument", Missing: true, Checked: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutDocument(ctx, gone) })
	equal(t, "replaced document", get("left", "packument"), gone)
}

func testPackages(t *testing.T, s store.Store) {
	wantKind(t, s, assay.NotFound, "an unknown package", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Package(ctx, "npm", "left")
		return err
	})
	for _, p := range []store.Package{
		{Registry: "npm", Name: "left", Origin: "https://registry.example/", Owned: noon, Listed: noon.Add(time.Hour)},
		{Registry: "npm", Name: "left"},
	} {
		update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutPackage(ctx, p) })
		equal(t, "package", read(t, s, func(ctx context.Context, tx store.Tx) (store.Package, error) {
			return tx.Package(ctx, "npm", "left")
		}), p)
	}
}

func sortedVersions(t *testing.T, s store.Store, registry, name string) []store.Version {
	t.Helper()
	got := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Version, error) {
		return tx.Versions(ctx, registry, name)
	})
	slices.SortFunc(got, func(a, b store.Version) int { return strings.Compare(a.Version, b.Version) })
	return got
}

func testPromises(t *testing.T, s store.Store) {
	wheel, sdist := store.Promise{Version: "1.0", File: "a-1.0-py3-none-any.whl", Digest: digestA}, store.Promise{Version: "1.0", File: "a-1.0.tar.gz", Digest: digestB}
	second := store.Promise{Version: "1.0", File: sdist.File, Digest: digestA}
	of := func(registry, name string) []store.Promise {
		got := read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Promise, error) {
			return tx.Promises(ctx, registry, name)
		})
		slices.SortFunc(got, func(a, b store.Promise) int { return strings.Compare(a.File+string(a.Digest), b.File+string(b.Digest)) })
		return got
	}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			tx.PutPromises(ctx, "pypi", "a", []store.Promise{wheel, sdist}),
			tx.PutPromises(ctx, "pypi", "a", []store.Promise{sdist}),
			tx.PutPromises(ctx, "pypi", "b", []store.Promise{second}),
			tx.PutPromises(ctx, "pypi", "a", nil))
	})
	equal(t, "promises, one of them made twice", of("pypi", "a"), []store.Promise{wheel, sdist})
	equal(t, "promises of another registry", len(of("maven", "a")), 0)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.PutPromises(ctx, "pypi", "a", []store.Promise{second})
	})
	equal(t, "two promises for one file", read(t, s, func(ctx context.Context, tx store.Tx) (int, error) {
		digests, err := tx.PromisesFor(ctx, store.FileKey{Registry: "pypi", Name: "a", Version: "1.0", File: sdist.File})
		if err == nil && (!slices.Contains(digests, digestA) || !slices.Contains(digests, digestB)) {
			t.Errorf("the promises are %q", digests)
		}
		return len(digests), err
	}), 2)
	equal(t, "promises for a file of another version", read(t, s, func(ctx context.Context, tx store.Tx) (int, error) {
		digests, err := tx.PromisesFor(ctx, store.FileKey{Registry: "pypi", Name: "a", Version: "2.0", File: sdist.File})
		return len(digests), err
	}), 0)
}

func testScans(t *testing.T, s store.Store) {
	key := func(file string) store.FileKey {
		return store.FileKey{Registry: "npm", Name: "left", Version: "1.0.0", File: file}
	}
	full := store.Scan{Version: "1.0.0", File: "b.tgz", Scanned: noon, KnownBad: "a list: a worm",
		Signals: []assay.Signal{{ID: "credential-read", File: "lib/a.js", Line: 7, Saw: "reads \"x\""}, {ID: "binary", File: "b"}}}
	bare := store.Scan{Version: "1.0.0", File: "a.tgz", Scanned: noon}
	scans := func(name string) []store.Scan {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Scan, error) { return tx.Scans(ctx, "npm", name) })
	}
	used := func(name string) bool {
		return read(t, s, func(ctx context.Context, tx store.Tx) (bool, error) { return tx.Used(ctx, "npm", name) })
	}
	wantKind(t, s, assay.NotFound, "a file that was not scanned", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Scan(ctx, key("a.tgz"))
		return err
	})
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutScan(ctx, "npm", "left", store.Scan{Version: "1.0.0", File: "b.tgz"}), tx.PutScan(ctx, "npm", "left", full), tx.PutScan(ctx, "npm", "left", bare))
	})
	equal(t, "scans of a package", scans("left"), []store.Scan{bare, full})
	equal(t, "scans of another package", len(scans("lefty")), 0)
	equal(t, "one scan", read(t, s, func(ctx context.Context, tx store.Tx) (store.Scan, error) { return tx.Scan(ctx, key("b.tgz")) }), full)

	equal(t, "a package of which nothing was pulled through", used("left"), false)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			tx.PutFile(ctx, store.File{Registry: "npm", Name: "lefty", Version: "1.0.0", File: "a.tgz", Blob: digestA, Origin: "https://registry.example/"}),
			tx.PutFile(ctx, store.File{Registry: "npm", Name: "left", Version: "1.0.0", File: "a.tgz", Blob: digestA, Stored: true}))
	})
	equal(t, "a package of which only hosted files are here", used("left"), false)
	equal(t, "a package whose files were pulled through and evicted", used("lefty"), true)
}

func testVersions(t *testing.T, s store.Store) {
	equal(t, "versions of an unknown package", len(sortedVersions(t, s, "npm", "left")), 0)
	whole := store.Version{Version: "1.0.0", Published: noon, PublishedSource: "packument time", FirstListed: noon.Add(1 * time.Hour),
		LastAbsent: noon.Add(2 * time.Hour), Vanished: noon.Add(3 * time.Hour), Digest: digestA, ChangedTo: digestB, ChangedAt: noon.Add(4 * time.Hour)}
	bare := store.Version{Version: "1.0.1"}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			tx.PutVersions(ctx, "npm", "left", []store.Version{bare, whole}),
			tx.PutVersions(ctx, "npm", "lefty", []store.Version{{Version: "9.9.9"}}),
			tx.PutVersions(ctx, "go", "left", []store.Version{{Version: "8.8.8"}}),
			tx.PutVersions(ctx, "npm", "left", nil))
	})
	equal(t, "versions", sortedVersions(t, s, "npm", "left"), []store.Version{whole, bare})
	equal(t, "version", read(t, s, func(ctx context.Context, tx store.Tx) (store.Version, error) {
		return tx.Version(ctx, "npm", "left", "1.0.0")
	}), whole)
	wantKind(t, s, assay.NotFound, "a version of another package", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Version(ctx, "npm", "left", "9.9.9")
		return err
	})
	whole.Vanished, whole.ChangedTo = time.Time{}, ""
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.PutVersions(ctx, "npm", "left", []store.Version{whole})
	})
	equal(t, "versions after a replacement", sortedVersions(t, s, "npm", "left"), []store.Version{whole, bare})

	const many = 1500
	long := make([]store.Version, many)
	for i := range long {
		long[i] = store.Version{Version: fmt.Sprintf("1.0.%04d", i), Published: noon.Add(time.Duration(i) * time.Second), Digest: digestA}
	}
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutVersions(ctx, "npm", "long", long) })
	equal(t, "a long listing", sortedVersions(t, s, "npm", "long"), long)
}

func file(name string, blob assay.Digest, size int64, used time.Time) store.File {
	return store.File{Registry: "npm", Name: "left", Version: "1.0.0", File: name, Origin: "https://registry.example/", Blob: blob, Size: size,
		FirstSeen: noon, LastUsed: used, Stored: true}
}

func key(f store.File) store.FileKey {
	return store.FileKey{Registry: f.Registry, Name: f.Name, Version: f.Version, File: f.File}
}

func putFiles(t *testing.T, s store.Store, files ...store.File) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		for _, f := range files {
			if err := tx.PutFile(ctx, f); err != nil {
				return err
			}
		}
		return nil
	})
}

func getFile(t *testing.T, s store.Store, k store.FileKey) store.File {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) (store.File, error) { return tx.File(ctx, k) })
}

func testFiles(t *testing.T, s store.Store) {
	f := file("left-1.0.0.tgz", digestA, 1<<40, noon)
	f.Origin, f.Verified = "https://registry.example/", "integrity of the listing"
	f.Digests = []assay.Digest{digestA, "h1:abc", "sha512:00"}
	other := file("left-1.0.0.tgz.sig", digestB, 1, noon)
	putFiles(t, s, f, other)
	equal(t, "file", getFile(t, s, key(f)), f)
	equal(t, "other file", getFile(t, s, key(other)), other)
	for what, k := range map[string]store.FileKey{
		"another registry": {Registry: "go", Name: "left", Version: "1.0.0", File: f.File},
		"another name":     {Registry: "npm", Name: "lefty", Version: "1.0.0", File: f.File},
		"another version":  {Registry: "npm", Name: "left", Version: "1.0", File: f.File},
		"another file":     {Registry: "npm", Name: "left", Version: "1.0.0", File: "left"},
	} {
		wantKind(t, s, assay.NotFound, what, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.File(ctx, k)
			return err
		})
	}
	f.Stored, f.LastUsed = false, noon.Add(time.Hour)
	putFiles(t, s, f)
	equal(t, "an evicted file keeps its digests", getFile(t, s, key(f)), f)
}

func testTouchFiles(t *testing.T, s store.Store) {
	a, b, evicted := file("a", digestA, 1, noon), file("b", digestB, 1, noon), file("c", digestC, 1, noon)
	evicted.Stored = false
	putFiles(t, s, a, b, evicted)
	unknown := store.FileKey{Registry: "npm", Name: "never", Version: "1", File: "x"}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.TouchFiles(ctx, map[store.FileKey]time.Time{
			key(a): noon.Add(time.Second), key(b): noon.Add(-time.Second), unknown: noon}), tx.TouchFiles(ctx, nil))
	})
	a.LastUsed = noon.Add(time.Second)
	equal(t, "touched later", getFile(t, s, key(a)), a)
	equal(t, "touched earlier", getFile(t, s, key(b)), b)
	equal(t, "not touched", getFile(t, s, key(evicted)), evicted)
	wantKind(t, s, assay.NotFound, "touching makes no file", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.File(ctx, unknown)
		return err
	})
}

func testLeastUsed(t *testing.T, s store.Store) {
	least := func(limit int) []string {
		t.Helper()
		var names []string
		for _, f := range read(t, s, func(ctx context.Context, tx store.Tx) ([]store.File, error) { return tx.LeastUsed(ctx, limit) }) {
			if !f.Stored || f.Size != 7 {
				t.Errorf("least used returned %+v", f)
			}
			names = append(names, f.File)
		}
		return names
	}
	if got := least(5); len(got) != 0 {
		t.Errorf("an empty store has least used files %v", got)
	}
	evicted := file("evicted", digestC, 7, noon.Add(-time.Hour))
	evicted.Stored = false
	putFiles(t, s, file("second", digestA, 7, noon.Add(2*time.Microsecond)), file("third", digestA, 7, noon.Add(3*time.Second)),
		file("first", digestB, 7, noon.Add(-time.Second)), file("never used", digestB, 7, time.Time{}), evicted)
	equal(t, "all", least(5), []string{"never used", "first", "second", "third"})
	equal(t, "two", least(2), []string{"never used", "first"})
	for _, limit := range []int{0, -1} {
		if got := least(limit); len(got) != 0 {
			t.Errorf("a limit of %d gave %v", limit, got)
		}
	}
}

func testStoredFiles(t *testing.T, s store.Store) {
	check := func(what string, wantFiles, wantBytes int64) {
		t.Helper()
		view(t, s, func(ctx context.Context, tx store.Tx) error {
			files, bytes, err := tx.StoredFiles(ctx)
			if files != wantFiles || bytes != wantBytes {
				t.Errorf("%s: %d files of %d bytes, want %d of %d", what, files, bytes, wantFiles, wantBytes)
			}
			return err
		})
	}
	check("none", 0, 0)
	a, shared, b := file("a", digestA, 100, noon), file("a again", digestA, 100, noon), file("b", digestB, 7, noon)
	putFiles(t, s, a, shared, b)
	check("two share a blob", 3, 107)
	a.Stored = false
	putFiles(t, s, a)
	check("one of the two evicted", 2, 107)
	shared.Stored = false
	putFiles(t, s, shared)
	check("both evicted", 1, 7)
}

func testBlobInUse(t *testing.T, s store.Store) {
	used := func(blob assay.Digest) bool {
		t.Helper()
		return read(t, s, func(ctx context.Context, tx store.Tx) (bool, error) { return tx.BlobInUse(ctx, blob) })
	}
	f := file("a", digestA, 1, noon)
	putFiles(t, s, f)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutDocument(ctx, store.Document{Registry: "npm", Name: "left", Source: "s", Blob: digestB}),
			tx.PutDocument(ctx, store.Document{Registry: "npm", Name: "right", Source: "s", Missing: true}))
	})
	equal(t, "of a file", used(digestA), true)
	equal(t, "of a document", used(digestB), true)
	equal(t, "of nothing", used(digestC), false)
	equal(t, "no digest", used(""), false)
	f.Stored = false
	putFiles(t, s, f)
	equal(t, "of an evicted file", used(digestA), false)
}

func testBlocks(t *testing.T, s store.Store) {
	all := func() []store.Block {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Block, error) { return tx.Blocks(ctx) })
	}
	if got := all(); len(got) != 0 {
		t.Errorf("an empty store has blocks %v", got)
	}
	a := store.Block{ID: "a", Pattern: "pkg:npm/lodash@<4.17.21", Reason: "prototype pollution", Created: noon.Add(time.Hour), Until: noon.Add(72 * time.Hour), By: "operator"}
	b := store.Block{ID: "b", Pattern: "pkg:golang/example.com/*", Created: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutBlock(ctx, a), tx.PutBlock(ctx, b))
	})
	equal(t, "blocks, oldest first", all(), []store.Block{b, a})
	b.Reason, b.Created = "changed", noon.Add(2*time.Hour)
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutBlock(ctx, b) })
	equal(t, "a replaced block", all(), []store.Block{a, b})
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.DeleteBlock(ctx, "a") })
	equal(t, "one block deleted", all(), []store.Block{b})
	err := s.Update(t.Context(), func(tx store.Tx) error { return tx.DeleteBlock(t.Context(), "a") })
	if !assay.Is(err, assay.NotFound) {
		t.Errorf("deleting a block twice: %v, want not found", err)
	}
}

func testExceptions(t *testing.T, s store.Store) {
	all := func() []store.Exception {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Exception, error) { return tx.Exceptions(ctx) })
	}
	if got := all(); len(got) != 0 {
		t.Errorf("an empty store has exceptions %v", got)
	}
	a := store.Exception{ID: "a", Coordinate: "pkg:npm/lodash@4.17.20", Rule: "cooldown", Reason: "needed", Created: noon.Add(time.Hour), Until: noon.Add(72 * time.Hour), By: "operator"}
	b := store.Exception{ID: "b", Coordinate: "pkg:npm/left@1", Rule: "block", Created: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutException(ctx, a), tx.PutException(ctx, b))
	})
	equal(t, "exceptions, oldest first", all(), []store.Exception{b, a})
	b.Rule, b.Until = "age", noon
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutException(ctx, b) })
	equal(t, "a replaced exception", all(), []store.Exception{b, a})
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.DeleteException(ctx, "b") })
	equal(t, "one exception deleted", all(), []store.Exception{a})
	err := s.Update(t.Context(), func(tx store.Tx) error { return tx.DeleteException(t.Context(), "b") })
	if !assay.Is(err, assay.NotFound) {
		t.Errorf("deleting an exception twice: %v, want not found", err)
	}
}

func testPolicies(t *testing.T, s store.Store) {
	wantKind(t, s, assay.NotFound, "no policy yet", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Policy(ctx)
		return err
	})
	var last int64
	for _, text := range []string{"rules: {}", "rules:\n  cooldown: 72h\n", ""} {
		// The id is the store's to give: one that is passed in counts for nothing.
		update(t, s, func(ctx context.Context, tx store.Tx) error {
			return tx.PutPolicy(ctx, store.Policy{ID: 1, Text: text, Created: noon, By: "operator"})
		})
		p := read(t, s, func(ctx context.Context, tx store.Tx) (store.Policy, error) { return tx.Policy(ctx) })
		if p.ID <= last {
			t.Errorf("the policy id went from %d to %d", last, p.ID)
		}
		last = p.ID
		equal(t, "policy", p, store.Policy{ID: last, Text: text, Created: noon, By: "operator"})
	}
}

func events(t *testing.T, s store.Store, after int64, limit int) []assay.Event {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) ([]assay.Event, error) { return tx.Events(ctx, after, limit) })
}

func testEvents(t *testing.T, s store.Store) {
	if got := events(t, s, 0, 10); len(got) != 0 {
		t.Errorf("an empty store has events %v", got)
	}
	want := []assay.Event{
		{Time: noon, Kind: assay.EventInstanceCreated},
		{Time: noon.Add(time.Second), Kind: assay.EventStored, By: "operator", Body: []byte(`{"size":5}`),
			Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: "@scope/name", Version: "1.0.0", File: "name-1.0.0.tgz"}},
		{Time: noon.Add(-time.Hour), Kind: assay.EventBlocked, Subject: assay.Coordinate{Ecosystem: assay.Golang, Name: "github.com/BurntSushi/toml"}},
		{Kind: assay.EventPolicyChanged, Body: []byte(`[1,"two",null]`)},
	}
	for i := range want {
		e := want[i]
		e.ID = 99 // the id is the store's to give
		update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.AppendEvent(ctx, e) })
	}
	got := events(t, s, 0, 10)
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range got {
		if i > 0 && got[i].ID <= got[i-1].ID {
			t.Errorf("the event ids are %d, then %d", got[i-1].ID, got[i].ID)
		}
		want[i].ID = got[i].ID
	}
	equal(t, "events", got, want)
	equal(t, "two after the first", events(t, s, got[0].ID, 2), want[1:3])
	equal(t, "after the last", len(events(t, s, got[3].ID, 10)), 0)
	equal(t, "none asked for", len(events(t, s, 0, 0)), 0)
	equal(t, "a negative number asked for", len(events(t, s, 0, -1)), 0)
}

func testEventBodies(t *testing.T, s store.Store) {
	for _, c := range []struct{ name, body, want string }{
		{"canonical already", `{"a":1,"b":[true,null]}`, `{"a":1,"b":[true,null]}`},
		{"members out of order, with space", "{ \"b\" : 1,\n\"a\" : 2 }", `{"a":2,"b":1}`},
		{"letters that HTML gives a meaning", `"<a href='x'>&\u2028"`, "\"<a href='x'>&\u2028\""},
		{"escapes", `"\u0041\u0000\n\u00e9"`, "\"A\\u0000\\n\u00e9\""},
		{"none", "", ""},
	} {
		before := events(t, s, 0, 100)
		update(t, s, func(ctx context.Context, tx store.Tx) error {
			return tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Time: noon, Body: []byte(c.body)})
		})
		after := events(t, s, 0, 100)
		if len(after) != len(before)+1 || string(after[len(before)].Body) != c.want {
			t.Errorf("%s: the events are now %v, want one more with the body %s", c.name, after, c.want)
		}
	}
}

func testUnsoundEvents(t *testing.T, s store.Store) {
	for what, e := range map[string]assay.Event{
		"a body that is not JSON":      {Kind: assay.EventStored, Body: []byte(`{"a":`)},
		"two values":                   {Kind: assay.EventStored, Body: []byte(`1 2`)},
		"equal keys":                   {Kind: assay.EventStored, Body: []byte(`{"a":1,"a":2}`)},
		"bad UTF-8 in the body":        {Kind: assay.EventStored, Body: []byte("\"\xff\"")},
		"bad UTF-8 in the name":        {Kind: assay.EventStored, Subject: assay.Coordinate{Name: "\xff"}},
		"bad UTF-8 in the principal":   {Kind: assay.EventStored, By: "\xc0\xaf"},
		"a lone surrogate in the body": {Kind: assay.EventStored, Body: []byte(`"\ud800"`)},
	} {
		for _, hidden := range []bool{false, true} {
			err := s.Update(t.Context(), func(tx store.Tx) error {
				if err := tx.PutSetting(t.Context(), "row", []byte("x")); err != nil {
					return err
				}
				err := tx.AppendEvent(t.Context(), e)
				if hidden {
					return nil
				}
				return err
			})
			if !assay.Is(err, assay.Invalid) {
				t.Errorf("%s: %v, want invalid", what, err)
			}
		}
	}
	wantKind(t, s, assay.NotFound, "the row beside an unsound event", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Setting(ctx, "row")
		return err
	})
	equal(t, "events", len(events(t, s, 0, 10)), 0)
}

func verdicts(t *testing.T, s store.Store, limit int) []store.Verdict {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Verdict, error) { return tx.Verdicts(ctx, limit) })
}

func testVerdicts(t *testing.T, s store.Store) {
	add := func(v ...store.Verdict) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.AddVerdicts(ctx, v) })
	}
	if got := verdicts(t, s, 10); len(got) != 0 {
		t.Errorf("an empty store has verdicts %v", got)
	}
	v := store.Verdict{Day: "2026-11-22", Registry: "npm", Coordinate: "pkg:npm/left@1.0.0", Rule: "block", Effect: "deny",
		Reason: "first reason", Principal: "ci", Why: "w1", Count: 2, Last: noon}
	add(v)
	equal(t, "verdict", verdicts(t, s, 10), []store.Verdict{v})
	later := v
	later.Reason, later.Why, later.Count, later.Last = "second reason", "w2", 3, noon.Add(time.Minute)
	earlier := v
	earlier.Reason, earlier.Why, earlier.Count, earlier.Last = "an old batch", "w0", 1, noon.Add(-time.Minute)
	add(later, earlier)
	sum := later
	sum.Count = 6
	equal(t, "counts are added, the latest reason stays", verdicts(t, s, 10), []store.Verdict{sum})

	want := []store.Verdict{sum}
	for i, change := range []func(*store.Verdict){
		func(v *store.Verdict) { v.Day = "2026-11-23" },
		func(v *store.Verdict) { v.Registry = "npm2" },
		func(v *store.Verdict) { v.Coordinate = "pkg:npm/left@1.0.1" },
		func(v *store.Verdict) { v.Rule = "cooldown" },
		func(v *store.Verdict) { v.Effect = "would deny" },
		func(v *store.Verdict) { v.Principal = "" },
	} {
		other := v
		change(&other)
		other.Last = noon.Add(time.Duration(i+1) * time.Hour)
		add(other)
		want = slices.Insert(want, 0, other)
	}
	equal(t, "each part of the key counts, newest first", verdicts(t, s, 10), want)
	equal(t, "the two newest", verdicts(t, s, 2), want[:2])
	equal(t, "none asked for", len(verdicts(t, s, 0)), 0)
}

func testWhy(t *testing.T, s store.Store) {
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.AddVerdicts(ctx, []store.Verdict{
			{Day: "2026-11-21", Coordinate: "pkg:npm/left@1.0.0", Why: "w1", Count: 1},
			{Day: "2026-11-22", Coordinate: "pkg:npm/left@1.0.0", Why: "w1", Count: 1},
			{Day: "2026-11-22", Coordinate: "pkg:npm/right@1.0.0", Why: "w2", Count: 1},
			{Day: "2026-11-22", Coordinate: "pkg:npm/up@1.0.0", Why: "", Count: 1},
		})
	})
	equal(t, "why", read(t, s, func(ctx context.Context, tx store.Tx) (string, error) { return tx.Why(ctx, "w1") }), "pkg:npm/left@1.0.0")
	// A later decision gives the same row another id; the earlier one stands
	// in somebody's build log.
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.AddVerdicts(ctx, []store.Verdict{{Day: "2026-11-22", Coordinate: "pkg:npm/left@1.0.0", Why: "w9", Count: 1, Last: noon}})
	})
	for _, id := range []string{"w1", "w9"} {
		equal(t, "why "+id, read(t, s, func(ctx context.Context, tx store.Tx) (string, error) { return tx.Why(ctx, id) }), "pkg:npm/left@1.0.0")
	}
	// One that was only explained is no verdict.
	before := len(verdicts(t, s, 100))
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.AddWhys(ctx, []store.Why{{Day: "2026-11-22", ID: "w5", Coordinate: "pkg:npm/down@1.0.0"}, {Day: "2026-11-22", Coordinate: "pkg:npm/down@1.0.1"}})
	})
	equal(t, "why of an explanation", read(t, s, func(ctx context.Context, tx store.Tx) (string, error) { return tx.Why(ctx, "w5") }), "pkg:npm/down@1.0.0")
	equal(t, "verdicts after an explanation", len(verdicts(t, s, 100)), before)
	for _, id := range []string{"w", "W1", "w1'", "%", ""} {
		wantKind(t, s, assay.NotFound, "why "+id, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Why(ctx, id)
			return err
		})
	}
}

func testPruneUsage(t *testing.T, s store.Store) {
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		var v []store.Verdict
		var f []store.Fetch
		for _, day := range []string{"2025-12-31", "2026-01-01", "2026-01-02"} {
			v = append(v, store.Verdict{Day: day, Coordinate: "c", Why: "w" + day, Count: 1, Last: noon})
			f = append(f, store.Fetch{Day: day, Coordinate: "c", Count: 1})
		}
		return errors.Join(tx.AddVerdicts(ctx, v), tx.AddFetches(ctx, f), tx.AddFetches(ctx, f))
	})
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PruneUsage(ctx, "2026-01-01") })
	var days []string
	for _, v := range verdicts(t, s, 10) {
		days = append(days, v.Day)
	}
	slices.Sort(days)
	equal(t, "days left", days, []string{"2026-01-01", "2026-01-02"})
}

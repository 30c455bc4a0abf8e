package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func testPackageNames(t *testing.T, s store.Store) {
	const many = 2500 // more than any store would want to hold at once
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		for i := range many {
			name := fmt.Sprintf("p%04d", (i*7919)%many)
			if err := tx.PutPackage(ctx, store.Package{Registry: "npm", Name: name, Origin: "of " + name, Owned: noon}); err != nil {
				return err
			}
		}
		return tx.PutPackage(ctx, store.Package{Registry: "go", Name: "p0000x"})
	})
	met := 0
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.PackageNames(ctx, "npm", func(p store.Package) error {
			name := fmt.Sprintf("p%04d", met)
			equal(t, "package", p, store.Package{Registry: "npm", Name: name, Origin: "of " + name, Owned: noon})
			if met++; met%1000 != 0 {
				return nil
			}
			again, err := tx.Package(ctx, "npm", p.Name) // the transaction can be used meanwhile
			equal(t, "the package asked for on the way", again, p)
			return err
		})
	})
	equal(t, "number of packages", met, many)

	enough := errors.New("enough")
	met = 0
	err := s.View(t.Context(), func(tx store.Tx) error {
		return tx.PackageNames(t.Context(), "npm", func(store.Package) error { met++; return enough })
	})
	if !errors.Is(err, enough) || met != 1 {
		t.Errorf("a function that had enough was called %d times, and %v came back", met, err)
	}
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		return tx.PackageNames(ctx, "pypi", func(p store.Package) error {
			t.Errorf("a registry that met no package has %v", p)
			return nil
		})
	})
}

func testClaims(t *testing.T, s store.Store) {
	all := func() []store.Claim {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Claim, error) { return tx.Claims(ctx) })
	}
	if got := all(); len(got) != 0 {
		t.Errorf("an empty store has claims %v", got)
	}
	a := store.Claim{ID: "a", Pattern: "pkg:npm/@acme/*", Shadow: true, Created: noon.Add(time.Hour), By: "operator"}
	b := store.Claim{ID: "b", Pattern: "pkg:golang/example.com/acme/*", Created: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutClaim(ctx, a), tx.PutClaim(ctx, b))
	})
	equal(t, "claims, oldest first", all(), []store.Claim{b, a})
	b.Pattern, b.Shadow, b.Created, b.By = "pkg:npm/acme", true, noon.Add(2*time.Hour), "ci"
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutClaim(ctx, b) })
	equal(t, "a replaced claim", all(), []store.Claim{a, b})
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.DeleteClaim(ctx, "a") })
	equal(t, "one claim deleted", all(), []store.Claim{b})
	err := s.Update(t.Context(), func(tx store.Tx) error { return tx.DeleteClaim(t.Context(), "a") })
	if !assay.Is(err, assay.NotFound) {
		t.Errorf("deleting a claim twice: %v, want not found", err)
	}
}

// hashOf is the hash that a token of the tests has.
func hashOf(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func testTokens(t *testing.T, s store.Store) {
	all := func() []store.Token {
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Token, error) { return tx.Tokens(ctx) })
	}
	if got := all(); len(got) != 0 {
		t.Errorf("an empty store has tokens %v", got)
	}
	a := store.Token{ID: "a", Hash: hashOf(0xa), Note: "the build", Publish: []string{"pkg:npm/@acme/*", "pkg:golang/example.com/*"}, Read: []string{"pkg:npm/*"},
		Admin: true, Created: noon.Add(time.Hour), Expires: noon.Add(2 * time.Hour), Revoked: noon.Add(3 * time.Hour), LastUsed: noon.Add(4 * time.Hour), By: "operator"}
	b := store.Token{ID: "b", Hash: hashOf(0), Created: noon}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutToken(ctx, a), tx.PutToken(ctx, b))
	})
	equal(t, "tokens, oldest first", all(), []store.Token{b, a})
	byHash := func(hash []byte) store.Token {
		t.Helper()
		return read(t, s, func(ctx context.Context, tx store.Tx) (store.Token, error) { return tx.TokenByHash(ctx, hash) })
	}
	equal(t, "found by its hash", byHash(a.Hash), a)
	equal(t, "found by a hash of zeros", byHash(b.Hash), b)
	for what, hash := range map[string][]byte{
		"another hash": hashOf(1), "the start of a hash": a.Hash[:31], "a hash and more": append(hashOf(0xa), 0xa), "no hash": nil, "an empty hash": {},
	} {
		wantKind(t, s, assay.NotFound, what, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.TokenByHash(ctx, hash)
			return err
		})
	}

	b.LastUsed, b.Note = noon.Add(time.Minute), "used"
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutToken(ctx, b) })
	equal(t, "replaced, with the same hash", byHash(b.Hash), b)
	b.Hash, b.Read, b.Revoked = hashOf(0xb), []string{"pkg:npm/left"}, noon
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutToken(ctx, b) })
	equal(t, "replaced", byHash(b.Hash), b)
	wantKind(t, s, assay.NotFound, "the hash of before", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.TokenByHash(ctx, hashOf(0))
		return err
	})

	for what, c := range map[string]struct {
		token store.Token
		kind  assay.Kind
	}{
		"a new token with another's hash": {store.Token{ID: "c", Hash: hashOf(0xa)}, assay.Conflict},
		"a token takes another's hash":    {store.Token{ID: "b", Hash: hashOf(0xa)}, assay.Conflict},
		"no hash":                         {store.Token{ID: "c"}, assay.Invalid},
		"a hash that is too short":        {store.Token{ID: "c", Hash: make([]byte, 31)}, assay.Invalid},
		"a hash that is too long":         {store.Token{ID: "a", Hash: make([]byte, 33)}, assay.Invalid},
	} {
		err := s.Update(t.Context(), func(tx store.Tx) error { return tx.PutToken(t.Context(), c.token) })
		if !assay.Is(err, c.kind) {
			t.Errorf("%s: %v, want %v", what, err, c.kind)
		}
	}
	equal(t, "tokens after the refusals", all(), []store.Token{b, a})
}

func releases(t *testing.T, s store.Store, registry, name string) []store.Release {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Release, error) {
		return tx.Releases(ctx, registry, name)
	})
}

func putReleases(t *testing.T, s store.Store, list ...store.Release) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		for _, r := range list {
			if err := tx.PutRelease(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func testReleases(t *testing.T, s store.Store) {
	if got := releases(t, s, "npm", "left"); len(got) != 0 {
		t.Errorf("an unknown package has releases %v", got)
	}
	whole := store.Release{Registry: "npm", Name: "left", Version: "1.0.0", Published: noon.Add(time.Hour), By: "ci",
		Manifest: []byte(`{"name":"left"}`), File: "left-1.0.0.tgz", Description: "Pads", Removed: noon.Add(2 * time.Hour), Erased: noon.Add(3 * time.Hour)}
	earlier := store.Release{Registry: "npm", Name: "left", Version: "2.0.0", Published: noon}
	// Published in the same microsecond: in the order they were put.
	second := store.Release{Registry: "npm", Name: "left", Version: "0.2.0", Published: noon.Add(2 * time.Hour)}
	third := store.Release{Registry: "npm", Name: "left", Version: "0.1.0", Published: noon.Add(2 * time.Hour)}
	putReleases(t, s, whole, earlier, second, third,
		store.Release{Registry: "npm", Name: "lefty", Version: "9.9.9"}, store.Release{Registry: "go", Name: "left", Version: "8.8.8"})
	equal(t, "releases, oldest first", releases(t, s, "npm", "left"), []store.Release{earlier, whole, second, third})
	equal(t, "release", read(t, s, func(ctx context.Context, tx store.Tx) (store.Release, error) {
		return tx.Release(ctx, "npm", "left", "1.0.0")
	}), whole)
	for what, k := range map[string][3]string{
		"another registry": {"go", "left", "1.0.0"}, "another name": {"npm", "Left", "1.0.0"}, "another version": {"npm", "left", "9.9.9"},
	} {
		wantKind(t, s, assay.NotFound, what, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Release(ctx, k[0], k[1], k[2])
			return err
		})
	}
	for _, manifest := range [][]byte{{}, nil} {
		whole.Manifest = manifest
		putReleases(t, s, whole)
		whole.Manifest = nil
		got := releases(t, s, "npm", "left")
		if len(got) != 4 || len(got[1].Manifest) != 0 {
			t.Fatalf("with its manifest erased there is %+v", got)
		}
		got[1].Manifest = nil
		equal(t, "erased, in its old place", got, []store.Release{earlier, whole, second, third})
	}
}

func testSearchReleases(t *testing.T, s store.Store) {
	search := func(text string, limit int) []string {
		t.Helper()
		var found []string
		for _, r := range read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Release, error) {
			return tx.SearchReleases(ctx, "npm", text, limit)
		}) {
			if string(r.Manifest) != "{}" || r.File != "f" || r.By != "ci" || r.Registry != "npm" || !r.Removed.IsZero() {
				t.Errorf("the search found %+v", r)
			}
			found = append(found, r.Name+"@"+r.Version)
		}
		return found
	}
	if got := search("", 10); len(got) != 0 {
		t.Errorf("an empty store has releases %v", got)
	}
	at := func(name, version string, hours int, description string) store.Release {
		return store.Release{Registry: "npm", Name: name, Version: version, Published: noon.Add(time.Duration(hours) * time.Hour),
			By: "ci", Manifest: []byte("{}"), File: "f", Description: description}
	}
	removed := at("@acme/gone", "1.0.0", 1, "tables")
	removed.Removed = noon
	last := at("@acme/tables", "3.0.0", 9, "withdrawn")
	last.Removed = noon
	elsewhere := at("left", "1.0.0", 1, "of another registry")
	elsewhere.Registry = "go"
	putReleases(t, s,
		at("zebra", "1.0.0", 1, "Stripes, 100% of them"),
		at("@acme/tables", "2.0.0", 3, "Draws TABLES"), // the newest that is not removed, though not the last put
		at("@acme/tables", "1.0.0", 1, "An old word: parquet"), last,
		removed, elsewhere,
		at("twins", "1.0.0", 1, ""), at("twins", "0.9.0", 1, ""), // the same moment: the later put is the newest
		at("Ünder_score", "1.0.0", 1, "line one\nline two; Größe ÉTÉ"),
		at("@ACME/tables", "1.0.0", 1, ""))
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"everything, by name", "", []string{"@ACME/tables@1.0.0", "@acme/tables@2.0.0", "twins@0.9.0", "zebra@1.0.0", "Ünder_score@1.0.0"}},
		{"part of a name", "tab", []string{"@ACME/tables@1.0.0", "@acme/tables@2.0.0"}},
		{"another case", "TABLEs", []string{"@ACME/tables@1.0.0", "@acme/tables@2.0.0"}},
		{"a word of the description", "stripes", []string{"zebra@1.0.0"}},
		{"letters beyond ASCII, in another case", "gRÖßE été", []string{"Ünder_score@1.0.0"}},
		{"a name beyond ASCII, in another case", "üNDER", []string{"Ünder_score@1.0.0"}},
		{"the description of an older release", "parquet", nil},
		{"the description of a removed release", "withdrawn", nil},
		{"a package of which everything was removed", "gone", nil},
		{"another registry's", "left", nil},
		{"a percent sign is no wildcard", "0%", []string{"zebra@1.0.0"}},
		{"a lone percent sign", "s%t", nil},
		{"an underscore is no wildcard", "r_s", []string{"Ünder_score@1.0.0"}},
		{"an underscore for another letter", "z_bra", nil},
		{"a backslash", `\`, nil},
		{"a star is no wildcard", "z*", nil},
		{"a quote", "'", nil},
		{"not from the name into the description", "zebra\nstripes", nil},
		{"bytes not in UTF-8", "\xff", nil},
	} {
		equal(t, c.name, search(c.text, 10), c.want)
	}
	equal(t, "at most two", search("", 2), []string{"@ACME/tables@1.0.0", "@acme/tables@2.0.0"})
	for _, limit := range []int{0, -1} {
		if got := search("", limit); len(got) != 0 {
			t.Errorf("a limit of %d gave %v", limit, got)
		}
	}
}

func testFilesOf(t *testing.T, s store.Store) {
	of := func(registry, name, version string) []store.File {
		t.Helper()
		return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.File, error) {
			return tx.FilesOf(ctx, registry, name, version)
		})
	}
	a, b, evicted := file("a.tgz", digestA, 1, noon), file("b.tgz", digestB, 2, noon), file("c.tgz", digestC, 3, noon)
	evicted.Stored = false
	other, elsewhere, foreign := a, a, a
	other.Version, elsewhere.Name, foreign.Registry = "1.0.0-rc.1", "lefty", "go"
	putFiles(t, s, b, evicted, a, other, elsewhere, foreign)
	equal(t, "files, by name", of("npm", "left", "1.0.0"), []store.File{a, b, evicted})
	equal(t, "files of another version", of("npm", "left", "1.0.0-rc.1"), []store.File{other})
	equal(t, "no files", len(of("npm", "left", "1.0")), 0)
}

// testHostedFiles: what was published here can be had from nowhere else, so it
// is neither offered for eviction nor counted against the cache's budget.
func testHostedFiles(t *testing.T, s store.Store) {
	hosted, cached, both := file("hosted", digestA, 100, noon.Add(-time.Hour)), file("cached", digestB, 7, noon), file("both", digestC, 20, noon.Add(time.Hour))
	hosted.Origin = ""
	same := both
	same.Name, same.Origin = "published", "" // the bytes of a cached file, published again
	putFiles(t, s, hosted, cached, both, same)
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		least, err := tx.LeastUsed(ctx, 10)
		equal(t, "least used", least, []store.File{cached, both})
		files, size, err1 := tx.StoredFiles(ctx)
		equal(t, "cached files", [2]int64{files, size}, [2]int64{2, 27})
		used, err2 := tx.BlobInUse(ctx, digestA)
		equal(t, "the blob of a hosted file is in use", used, true)
		return errors.Join(err, err1, err2)
	})
	both.Stored = false
	putFiles(t, s, both)
	equal(t, "a blob that a hosted file still needs", read(t, s, func(ctx context.Context, tx store.Tx) (bool, error) {
		return tx.BlobInUse(ctx, digestC)
	}), true)
}

func standings(t *testing.T, s store.Store, registry, name string) map[string]store.Standing {
	t.Helper()
	out := map[string]store.Standing{}
	for _, st := range read(t, s, func(ctx context.Context, tx store.Tx) ([]store.Standing, error) {
		return tx.Standings(ctx, registry, name)
	}) {
		out[st.Version] = st
	}
	return out
}

func testStandings(t *testing.T, s store.Store) {
	equal(t, "of an unknown package", len(standings(t, s, "npm", "left")), 0)
	put := func(st store.Standing) {
		t.Helper()
		update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.PutStanding(ctx, st) })
	}
	want := map[string]store.Standing{}
	for status := assay.Deprecated; status <= assay.Removed; status++ {
		st := store.Standing{Registry: "npm", Name: "left", Version: "1.0." + status.String(), Status: status, Reason: "is " + status.String(), Set: noon, By: "operator"}
		put(st)
		want[st.Version] = st
	}
	put(store.Standing{Registry: "npm", Name: "lefty", Version: "1", Status: assay.Yanked})
	put(store.Standing{Registry: "go", Name: "left", Version: "1", Status: assay.Yanked})
	equal(t, "standings", standings(t, s, "npm", "left"), want)

	changed := store.Standing{Registry: "npm", Name: "left", Version: "1.0.yanked", Status: assay.Quarantined, Set: noon.Add(time.Hour)}
	put(changed)
	want[changed.Version] = changed
	equal(t, "after one was replaced", standings(t, s, "npm", "left"), want)
	changed.Status = assay.Active
	for range 2 { // the second time there is nothing to drop
		put(changed)
		delete(want, changed.Version)
		equal(t, "after one turned active", standings(t, s, "npm", "left"), want)
	}
	if err := s.Update(t.Context(), func(tx store.Tx) error {
		return tx.PutStanding(t.Context(), store.Standing{Registry: "npm", Name: "left", Version: "1.0.removed", Status: assay.Removed + 1})
	}); !assay.Is(err, assay.Invalid) {
		t.Errorf("a status that does not exist: %v, want invalid", err)
	}
	equal(t, "after the refusal", standings(t, s, "npm", "left"), want)
}

func testTags(t *testing.T, s store.Store) {
	tags := func(registry, name string) map[string]string {
		t.Helper()
		return read(t, s, func(ctx context.Context, tx store.Tx) (map[string]string, error) { return tx.Tags(ctx, registry, name) })
	}
	equal(t, "of an unknown package", len(tags("npm", "left")), 0)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			tx.PutTag(ctx, "npm", "left", "latest", "1.0.0"), tx.PutTag(ctx, "npm", "left", "next", "2.0.0"),
			tx.PutTag(ctx, "npm", "left", "Next", "3.0.0"), tx.PutTag(ctx, "npm", "lefty", "latest", "9.0.0"),
			tx.PutTag(ctx, "go", "left", "latest", "8.0.0"))
	})
	equal(t, "tags", tags("npm", "left"), map[string]string{"latest": "1.0.0", "next": "2.0.0", "Next": "3.0.0"})
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(tx.PutTag(ctx, "npm", "left", "latest", "2.0.0"), tx.PutTag(ctx, "npm", "left", "next", ""),
			tx.PutTag(ctx, "npm", "left", "never", ""))
	})
	equal(t, "one moved, one dropped", tags("npm", "left"), map[string]string{"latest": "2.0.0", "Next": "3.0.0"})
	equal(t, "of another registry", tags("go", "left"), map[string]string{"latest": "8.0.0"})
}

// Package storetest is the suite that every metadata store passes: what the
// contract in package store says, as tests. A back end that passes Run and
// RunReopen means the same as the others.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// Run checks every promise that one open store can keep. open returns an
// empty store of its own to each test; Run closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"settings", testSettings},
		{"origins are replaced and keep their order", testOrigins},
		{"documents", testDocuments},
		{"packages", testPackages},
		{"packages are gone through by name", testPackageNames},
		{"versions", testVersions},
		{"promises", testPromises},
		{"scans", testScans},
		{"held publications", testHeld},
		{"reports", testReports},
		{"own advisories", testOwnAdvisories},
		{"files", testFiles},
		{"files are touched forward only", testTouchFiles},
		{"least used files", testLeastUsed},
		{"stored files are counted, shared blobs once", testStoredFiles},
		{"blobs in use", testBlobInUse},
		{"blocks", testBlocks},
		{"exceptions", testExceptions},
		{"policies", testPolicies},
		{"events", testEvents},
		{"event bodies are canonical", testEventBodies},
		{"unsound events are refused with their rows", testUnsoundEvents},
		{"claims", testClaims},
		{"tokens are found by their hash", testTokens},
		{"releases", testReleases},
		{"releases are searched in any case", testSearchReleases},
		{"files of a version", testFilesOf},
		{"hosted files are not cached", testHostedFiles},
		{"standings", testStandings},
		{"tags", testTags},
		{"an empty log", testEmptyLog},
		{"events get their place in the log", testSequencing},
		{"hashes of the log", testLogHashes},
		{"the log refuses what does not fit", testLogRefuses},
		{"one of many sequencers wins", testSequencersRace},
		{"the log is searched by subject", testLogAbout},
		{"the last event", testLastEventID},
		{"verdicts", testVerdicts},
		{"verdicts are looked up by their why id", testWhy},
		{"usage is pruned by day", testPruneUsage},
		{"packages are searched by words", testSearchPackages},
		{"verdicts are found by rule, registry and effect", testFindVerdicts},
		{"usage is read day by day", testUsageOfADay},
		{"downloads of a package", testDownloads},
		{"the newest events about a subject", testLogNewest},
		{"names are compared byte by byte", testNamesAreExact},
		{"odd names come back as they were", testOddNames},
		{"times keep microseconds in UTC", testTimes},
		{"an error rolls rows and events back", testErrorRollsBack},
		{"a panic rolls rows and events back", testPanicRollsBack},
		{"a failure that the function hides is not committed", testHiddenFailure},
		{"a view cannot write", testViewCannotWrite},
		{"a view sees one state", testViewSnapshot},
		{"an update sees its own writes", testOwnWrites},
		{"updates happen one after the other", testUpdatesSerialise},
		{"canceled contexts", testCanceled},
		{"a transaction ends with its function", testUseAfterEnd},
		{"closed stores refuse", testClosed},
		{"behaves like a simple model", testModel},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t)
			defer func() {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			c.test(t, s)
		})
	}
}

// RunReopen checks that a closed store has kept everything. reopen opens the
// place of the store that open returned, which has been closed before.
func RunReopen(t *testing.T, open func(t *testing.T) (s store.Store, reopen func() store.Store)) {
	s, reopen := open(t)
	fill(t, s)
	before := contents(t, s)
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	s = reopen()
	defer s.Close()
	if after := contents(t, s); !reflect.DeepEqual(before, after) {
		t.Errorf("after reopening there is\n%+v\nwant\n%+v", after, before)
	}
	// Ids go on; none is given twice.
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Time: noon}),
			tx.PutPolicy(ctx, store.Policy{Text: "later"}))
	})
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		old := before["events"].([]assay.Event)
		events, err := tx.Events(ctx, old[len(old)-1].ID, 10)
		if err != nil || len(events) != 1 {
			t.Errorf("after the last event of before there are %v, %v; want one", events, err)
		}
		waiting, err := tx.Unsequenced(ctx, 10)
		if err != nil || len(waiting) != 2 {
			t.Errorf("for the log there wait %v, %v; want the second event of before and the new one", waiting, err)
		}
		p, err := tx.Policy(ctx)
		if was := before["policy"].(store.Policy); err != nil || p.ID <= was.ID || p.Text != "later" {
			t.Errorf("the newest policy is %+v, %v; want one after %d", p, err, was.ID)
		}
		return nil
	})
}

// noon is a time with microseconds that most tests use.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

const (
	digestA = assay.Digest("sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	digestB = assay.Digest("sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
	digestC = assay.Digest("sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc")
)

// update runs fn in an Update that must succeed.
func update(t *testing.T, s store.Store, fn func(context.Context, store.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := s.Update(ctx, func(tx store.Tx) error { return fn(ctx, tx) }); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

// view runs fn in a View that must succeed.
func view(t *testing.T, s store.Store, fn func(context.Context, store.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := s.View(ctx, func(tx store.Tx) error { return fn(ctx, tx) }); err != nil {
		t.Fatalf("View: %v", err)
	}
}

// read returns what fn reads in a View that must succeed.
func read[T any](t *testing.T, s store.Store, fn func(context.Context, store.Tx) (T, error)) T {
	t.Helper()
	var out T
	view(t, s, func(ctx context.Context, tx store.Tx) (err error) {
		out, err = fn(ctx, tx)
		return err
	})
	return out
}

// wantKind checks the kind of the error that a View with fn ends in.
func wantKind(t *testing.T, s store.Store, kind assay.Kind, what string, fn func(context.Context, store.Tx) error) {
	t.Helper()
	ctx := t.Context()
	if err := s.View(ctx, func(tx store.Tx) error { return fn(ctx, tx) }); !assay.Is(err, kind) {
		t.Errorf("%s: got %v, want an error of kind %q", what, err, kind)
	}
}

// equal compares what was read with what was expected.
func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// fill writes something of every part.
func fill(t *testing.T, s store.Store) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		return errors.Join(
			tx.PutSetting(ctx, "instance", []byte{1, 0, 2}),
			tx.PutClaim(ctx, store.Claim{ID: "c1", Pattern: "pkg:npm/@acme/*", Created: noon, By: "operator"}),
			tx.PutToken(ctx, store.Token{ID: "t1", Hash: hashOf(1), Publish: []string{"pkg:npm/@acme/*"}, Created: noon, By: "operator"}),
			tx.PutRelease(ctx, store.Release{Registry: "npm", Name: "@acme/a", Version: "1.0.0", Published: noon, By: "t1", Manifest: []byte("{}"), File: "a-1.0.0.tgz"}),
			tx.PutStanding(ctx, store.Standing{Registry: "npm", Name: "@acme/a", Version: "1.0.0", Status: assay.Yanked, Set: noon, By: "operator"}),
			tx.PutTag(ctx, "npm", "@acme/a", "latest", "1.0.0"),
			tx.PutOrigins(ctx, "npm", []store.Origin{{Registry: "npm", Address: "https://registry.example/", Source: "test", Set: noon}}),
			tx.PutDocument(ctx, store.Document{Registry: "npm", Name: "left", Source: "packument", Blob: digestA, Size: 3, Fetched: noon, Checked: noon}),
			tx.PutPackage(ctx, store.Package{Registry: "npm", Name: "left", Origin: "https://registry.example/", Owned: noon, Listed: noon}),
			tx.PutVersions(ctx, "npm", "left", []store.Version{{Version: "1.0.0", Published: noon, Digest: digestB}}),
			tx.PutFile(ctx, store.File{Registry: "npm", Name: "left", Version: "1.0.0", File: "left-1.0.0.tgz", Blob: digestB, Size: 5, Digests: []assay.Digest{digestB}, FirstSeen: noon, LastUsed: noon, Stored: true}),
			tx.PutBlock(ctx, store.Block{ID: "b1", Pattern: "pkg:npm/left", Reason: "test", Created: noon, By: "operator"}),
			tx.PutException(ctx, store.Exception{ID: "e1", Coordinate: "pkg:npm/left@1.0.0", Rule: "block", Reason: "test", Created: noon, By: "operator"}),
			tx.PutPolicy(ctx, store.Policy{Text: "rules: {}", Created: noon, By: "operator"}),
			tx.AppendEvent(ctx, assay.Event{Time: noon, Kind: assay.EventStored, Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: "left", Version: "1.0.0"}, By: "operator", Body: []byte(`{"size":5}`)}),
			sequence(ctx, tx, 1),
			tx.AppendEvent(ctx, assay.Event{Time: noon, Kind: assay.EventTagged}),
			tx.AddFetches(ctx, []store.Fetch{{Day: "2026-11-22", Coordinate: "pkg:npm/left@1.0.0", Count: 2}}),
			tx.AddVerdicts(ctx, []store.Verdict{{Day: "2026-11-22", Registry: "npm", Coordinate: "pkg:npm/left@1.0.0", Rule: "block", Effect: "deny", Reason: "test", Why: "w1", Count: 1, Last: noon}}),
		)
	})
}

// contents reads everything that fill wrote.
func contents(t *testing.T, s store.Store) map[string]any {
	t.Helper()
	out := map[string]any{}
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		var errs []error
		put := func(name string, value any, err error) {
			out[name] = value
			errs = append(errs, err)
		}
		setting, err := tx.Setting(ctx, "instance")
		put("setting", setting, err)
		origins, err := tx.Origins(ctx)
		put("origins", origins, err)
		document, err := tx.Document(ctx, "npm", "left", "packument")
		put("document", document, err)
		pkg, err := tx.Package(ctx, "npm", "left")
		put("package", pkg, err)
		versions, err := tx.Versions(ctx, "npm", "left")
		put("versions", versions, err)
		file, err := tx.File(ctx, store.FileKey{Registry: "npm", Name: "left", Version: "1.0.0", File: "left-1.0.0.tgz"})
		put("file", file, err)
		claims, err := tx.Claims(ctx)
		put("claims", claims, err)
		tokens, err := tx.Tokens(ctx)
		put("tokens", tokens, err)
		releases, err := tx.Releases(ctx, "npm", "@acme/a")
		put("releases", releases, err)
		standings, err := tx.Standings(ctx, "npm", "@acme/a")
		put("standings", standings, err)
		tags, err := tx.Tags(ctx, "npm", "@acme/a")
		put("tags", tags, err)
		entries, err := tx.LogEntries(ctx, 0, 100)
		put("log entries", entries, err)
		hashes, err := tx.LogHashes(ctx, []int64{0})
		put("log hashes", hashes, err)
		waiting, err := tx.Unsequenced(ctx, 100)
		put("waiting events", waiting, err)
		blocks, err := tx.Blocks(ctx)
		put("blocks", blocks, err)
		exceptions, err := tx.Exceptions(ctx)
		put("exceptions", exceptions, err)
		policy, err := tx.Policy(ctx)
		put("policy", policy, err)
		events, err := tx.Events(ctx, 0, 100)
		put("events", events, err)
		verdicts, err := tx.Verdicts(ctx, 100)
		put("verdicts", verdicts, err)
		why, err := tx.Why(ctx, "w1")
		put("why", why, err)
		return errors.Join(errs...)
	})
	return out
}

// nothing checks that a store holds nothing that fill writes.
func nothing(t *testing.T, s store.Store) {
	t.Helper()
	for what, fn := range map[string]func(context.Context, store.Tx) error{
		"setting": func(ctx context.Context, tx store.Tx) error { _, err := tx.Setting(ctx, "instance"); return err },
		"document": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Document(ctx, "npm", "left", "packument")
			return err
		},
		"package": func(ctx context.Context, tx store.Tx) error { _, err := tx.Package(ctx, "npm", "left"); return err },
		"version": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Version(ctx, "npm", "left", "1.0.0")
			return err
		},
		"file": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.File(ctx, store.FileKey{Registry: "npm", Name: "left", Version: "1.0.0", File: "left-1.0.0.tgz"})
			return err
		},
		"policy": func(ctx context.Context, tx store.Tx) error { _, err := tx.Policy(ctx); return err },
		"why":    func(ctx context.Context, tx store.Tx) error { _, err := tx.Why(ctx, "w1"); return err },
		"token":  func(ctx context.Context, tx store.Tx) error { _, err := tx.TokenByHash(ctx, hashOf(1)); return err },
		"release": func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Release(ctx, "npm", "@acme/a", "1.0.0")
			return err
		},
		"log hash": func(ctx context.Context, tx store.Tx) error { _, err := tx.LogHashes(ctx, []int64{0}); return err },
	} {
		wantKind(t, s, assay.NotFound, what, fn)
	}
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		origins, err1 := tx.Origins(ctx)
		versions, err2 := tx.Versions(ctx, "npm", "left")
		blocks, err3 := tx.Blocks(ctx)
		exceptions, err4 := tx.Exceptions(ctx)
		events, err5 := tx.Events(ctx, 0, 100)
		verdicts, err6 := tx.Verdicts(ctx, 100)
		stored, bytes, err7 := tx.StoredFiles(ctx)
		claims, err8 := tx.Claims(ctx)
		standings, err9 := tx.Standings(ctx, "npm", "@acme/a")
		tags, err10 := tx.Tags(ctx, "npm", "@acme/a")
		entries, err11 := tx.LogEntries(ctx, 0, 100)
		last, err12 := tx.LastEventID(ctx)
		if n := len(claims) + len(standings) + len(tags) + len(entries) + int(last); n != 0 {
			t.Errorf("something was left: %v %v %v %v, event %d", claims, standings, tags, entries, last)
		}
		if n := len(origins) + len(versions) + len(blocks) + len(exceptions) + len(events) + len(verdicts) + int(stored+bytes); n != 0 {
			t.Errorf("something was left: %v %v %v %v %v %v %d %d", origins, versions, blocks, exceptions, events, verdicts, stored, bytes)
		}
		return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12)
	})
}

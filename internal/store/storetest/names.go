package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// testNamesAreExact holds names that a careless collation takes for equal.
func testNamesAreExact(t *testing.T, s store.Store) {
	names := []string{"left", "Left", "LEFT", "left ", " left", "left\x00", "left\x00pad", "l\u00e9ft", "le\u0301ft", "LE\u0301FT", "le\u200dft", "1", "1.0", "01", "1e0", ""}
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		for _, name := range names {
			err := errors.Join(
				tx.PutSetting(ctx, name, []byte(name)),
				tx.PutPackage(ctx, store.Package{Registry: "npm", Name: name, Origin: name}),
				tx.PutVersions(ctx, "npm", "left", []store.Version{{Version: name, PublishedSource: name}}),
				tx.PutFile(ctx, store.File{Registry: "npm", Name: "left", Version: "1", File: name, Verified: name}),
				tx.PutDocument(ctx, store.Document{Registry: "npm", Name: "left", Source: name, ETag: name}),
				tx.PutRelease(ctx, store.Release{Registry: "npm", Name: name, Version: name, By: name}),
				tx.PutStanding(ctx, store.Standing{Registry: "npm", Name: name, Version: name, Status: assay.Yanked, Reason: name}),
				tx.PutTag(ctx, "npm", "left", "tag"+name, "of "+name))
			if err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		for _, name := range names {
			setting, err1 := tx.Setting(ctx, name)
			p, err2 := tx.Package(ctx, "npm", name)
			v, err3 := tx.Version(ctx, "npm", "left", name)
			f, err4 := tx.File(ctx, store.FileKey{Registry: "npm", Name: "left", Version: "1", File: name})
			d, err5 := tx.Document(ctx, "npm", "left", name)
			r, err6 := tx.Releases(ctx, "npm", name)
			st, err7 := tx.Standings(ctx, "npm", name)
			tags, err8 := tx.Tags(ctx, "npm", "left")
			if err := errors.Join(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
				return err
			}
			equal(t, "rows of "+name, []string{string(setting), p.Origin, v.PublishedSource, f.Verified, d.ETag}, slices.Repeat([]string{name}, 5))
			if len(r) != 1 || r[0].By != name || len(st) != 1 || st[0].Reason != name || tags["tag"+name] != "of "+name {
				t.Errorf("of %q there are the releases %v, the standings %v, and the tags %v", name, r, st, tags)
			}
		}
		return nil
	})
	equal(t, "number of versions", len(sortedVersions(t, s, "npm", "left")), len(names))
}

// oddNames are what a name may be made of when nobody checked it before.
var oddNames = map[string]string{
	"quotes":             `a'b"c` + "`d[e]",
	"an injection":       `x'); DROP TABLE version; --`,
	"wildcards":          `%_*?[a]\`,
	"a NUL in the midst": "a\x00b",
	"control characters": "\x01\x1b[31m\r\n\x7f",
	"emoji":              "\U0001F4E6-\U0001F468\u200d\U0001F469",
	"right to left":      "\u202ename",
	"bytes not in UTF-8": "\xff\xfe\xc0\x80",
	"long":               strings.Repeat("long/", 1<<16),
	"a question mark":    "?1 :name @name $name",
}

func testOddNames(t *testing.T, s store.Store) {
	for what, name := range oddNames {
		t.Run(what, func(t *testing.T) {
			sum := sha256.Sum256([]byte(name))
			d := store.Document{Registry: name, Name: name, Source: name, Origin: name, ETag: name, LastModified: name, Blob: assay.Digest(name)}
			p := store.Package{Registry: name, Name: name, Origin: name}
			v := store.Version{Version: name, PublishedSource: name, Digest: assay.Digest(name), ChangedTo: assay.Digest(name)}
			f := store.File{Registry: name, Name: name, Version: name, File: name, Origin: name, Blob: assay.Digest(name), Verified: name, Stored: true}
			o := store.Origin{Registry: name, Address: name, Source: name}
			b := store.Block{ID: name, Pattern: name, Reason: name, By: name}
			e := store.Exception{ID: name, Coordinate: name, Rule: name, Reason: name, By: name}
			c := store.Claim{ID: name, Pattern: name, By: name}
			k := store.Token{ID: name, Hash: sum[:], Note: name, By: name}
			if utf8.ValidString(name) { // patterns always are
				k.Publish, k.Read = []string{name}, []string{name, name}
			}
			r := store.Release{Registry: name, Name: name, Version: name, By: name, Manifest: []byte(name), File: name, Description: name}
			st := store.Standing{Registry: name, Name: name, Version: name, Status: assay.Yanked, Reason: name, By: name}
			u := store.Verdict{Day: "2026-11-22", Registry: name, Coordinate: name, Rule: name, Effect: name, Reason: name, Principal: name, Why: name, Count: 1}
			update(t, s, func(ctx context.Context, tx store.Tx) error {
				return errors.Join(tx.PutSetting(ctx, name, []byte(name)), tx.PutDocument(ctx, d), tx.PutPackage(ctx, p),
					tx.PutVersions(ctx, name, name, []store.Version{v}), tx.PutFile(ctx, f), tx.PutOrigins(ctx, name, []store.Origin{o}),
					tx.PutBlock(ctx, b), tx.PutException(ctx, e), tx.PutPolicy(ctx, store.Policy{Text: name, By: name}),
					tx.AddVerdicts(ctx, []store.Verdict{u}), tx.AddFetches(ctx, []store.Fetch{{Day: name, Coordinate: name, Principal: name, Count: 1}}),
					tx.PutClaim(ctx, c), tx.PutToken(ctx, k), tx.PutRelease(ctx, r), tx.PutStanding(ctx, st), tx.PutTag(ctx, name, name, name, name))
			})
			view(t, s, func(ctx context.Context, tx store.Tx) error {
				setting, err := tx.Setting(ctx, name)
				equal(t, "setting", string(setting), name)
				gotD, err1 := tx.Document(ctx, name, name, name)
				equal(t, "document", gotD, d)
				gotP, err2 := tx.Package(ctx, name, name)
				equal(t, "package", gotP, p)
				gotV, err3 := tx.Versions(ctx, name, name)
				equal(t, "versions", gotV, []store.Version{v})
				gotF, err4 := tx.File(ctx, key(f))
				equal(t, "file", gotF, f)
				used, err5 := tx.BlobInUse(ctx, assay.Digest(name))
				equal(t, "blob in use", used, true)
				origins, err6 := tx.Origins(ctx)
				equal(t, "origin kept", slices.ContainsFunc(origins, func(got store.Origin) bool { return got.Registry == name && got.Address == name && got.Source == name }), true)
				blocks, err7 := tx.Blocks(ctx)
				equal(t, "block kept", slices.Contains(blocks, b), true)
				exceptions, err8 := tx.Exceptions(ctx)
				equal(t, "exception kept", slices.Contains(exceptions, e), true)
				policy, err9 := tx.Policy(ctx)
				equal(t, "policy", policy.Text+policy.By, name+name)
				why, err10 := tx.Why(ctx, name)
				equal(t, "why", why, name)
				kept, err11 := tx.Verdicts(ctx, 100)
				equal(t, "verdict kept", slices.Contains(kept, u), true)
				return errors.Join(err, err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11)
			})
			view(t, s, func(ctx context.Context, tx store.Tx) error {
				claims, err1 := tx.Claims(ctx)
				equal(t, "claim kept", slices.Contains(claims, c), true)
				gotR, err2 := tx.Release(ctx, name, name, name)
				equal(t, "release", gotR, r)
				found, err3 := tx.SearchReleases(ctx, name, name, 10)
				equal(t, "release found by its whole name", found, []store.Release{r})
				files, err4 := tx.FilesOf(ctx, name, name, name)
				equal(t, "files", files, []store.File{f})
				gotSt, err5 := tx.Standings(ctx, name, name)
				equal(t, "standings", gotSt, []store.Standing{st})
				tags, err6 := tx.Tags(ctx, name, name)
				equal(t, "tags", tags, map[string]string{name: name})
				gotK, err7 := tx.TokenByHash(ctx, sum[:])
				equal(t, "token", gotK, k)
				return errors.Join(err1, err2, err3, err4, err5, err6, err7)
			})
			if what == "bytes not in UTF-8" {
				return // a journal of JSON cannot hold them, and refuses: see the unsound events
			}
			event := assay.Event{Kind: assay.EventKind(name), By: name, Subject: assay.Coordinate{Ecosystem: assay.Ecosystem(name), Name: name, Version: name, File: name}}
			before := events(t, s, 0, 100)
			update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.AppendEvent(ctx, event) })
			after := events(t, s, 0, 100)
			event.ID = after[len(after)-1].ID
			equal(t, "events", after, append(before, event))
			update(t, s, func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, 1) })
			if again, err := assay.ParseCoordinate(event.Subject.String()); err == nil && again == event.Subject {
				view(t, s, func(ctx context.Context, tx store.Tx) error {
					about, err := tx.LogAbout(ctx, event.Subject.String(), 10)
					equal(t, "entries about it", len(about), 1)
					return err
				})
			}
		})
	}
}

func testTimes(t *testing.T, s store.Store) {
	far := time.FixedZone("far", 14*3600)
	now := time.Now()
	for _, c := range []struct {
		name    string
		in, out time.Time
	}{
		{"zero", time.Time{}, time.Time{}},
		{"zero in another zone", time.Time{}.In(far), time.Time{}},
		{"microseconds", noon, noon},
		{"nanoseconds are cut", noon.Add(999), noon},
		{"another zone", noon.In(far), noon},
		{"just after 1970 began", time.UnixMicro(1), time.UnixMicro(1).UTC()},
		{"before 1970", time.UnixMicro(-1), time.UnixMicro(-1).UTC()},
		{"a monotonic reading is dropped", now, now.UTC().Truncate(time.Microsecond)},
		{"long ago", time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)},
		{"the last that RFC 3339 can write", time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	} {
		f := store.File{Registry: "npm", Name: "left", Version: "1", File: c.name, FirstSeen: c.in, LastUsed: c.in}
		update(t, s, func(ctx context.Context, tx store.Tx) error {
			return errors.Join(tx.PutFile(ctx, f), tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored, Time: c.in}))
		})
		f.FirstSeen, f.LastUsed = c.out, c.out
		equal(t, c.name, getFile(t, s, key(f)), f)
		all := events(t, s, 0, math.MaxInt32)
		equal(t, c.name+" in an event", all[len(all)-1].Time, c.out)
	}
}

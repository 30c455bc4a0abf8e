package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// model is what a store is expected to hold of one registry, in maps.
type model struct {
	settings map[string]string
	versions map[string]store.Version
	files    map[string]store.File
	missing  map[string]store.Document
	releases map[string]store.Release
	standing map[string]store.Standing
	tags     map[string]string
	events   []string
}

func (m model) clone() model {
	return model{maps.Clone(m.settings), maps.Clone(m.versions), maps.Clone(m.files), maps.Clone(m.missing),
		maps.Clone(m.releases), maps.Clone(m.standing), maps.Clone(m.tags), slices.Clone(m.events)}
}

// modelTime bounds the property test: it stops drawing new transactions then.
const modelTime = 3 * time.Second

var errUndo = errors.New("the model undoes this transaction")

// testModel runs random transactions, some of which are undone, and compares
// the store with the model after each. Every run of the property has a
// registry of its own, so that one store serves all.
func testModel(t *testing.T, s store.Store) {
	var runs atomic.Int64
	end := time.Now().Add(modelTime)
	small := rapid.SampledFrom([]string{"a", "A", "b", "\u00e9", "a'", "a\x00"})
	origin := rapid.SampledFrom([]string{"", "https://registry.example/"})
	at := rapid.Custom(func(t *rapid.T) time.Time {
		if n := rapid.Int64Range(0, 5).Draw(t, "minutes"); n > 0 {
			return noon.Add(time.Duration(n) * time.Minute)
		}
		return time.Time{}
	})
	rapid.Check(t, func(rt *rapid.T) {
		if time.Now().After(end) {
			return
		}
		ctx := t.Context()
		registry := fmt.Sprintf("run %d", runs.Add(1))
		m := model{map[string]string{}, map[string]store.Version{}, map[string]store.File{}, map[string]store.Document{},
			map[string]store.Release{}, map[string]store.Standing{}, map[string]string{}, nil}
		// Events are told apart by their subject, which is made of the registry.
		subject := assay.Coordinate{Ecosystem: assay.NPM, Name: registry}

		step := func(tx store.Tx, m *model) error {
			name := small.Draw(rt, "name")
			switch op := rapid.IntRange(0, 10).Draw(rt, "operation"); op {
			case 0:
				value := rapid.StringN(0, 8, -1).Draw(rt, "value")
				m.settings[name] = value
				return tx.PutSetting(ctx, registry+name, []byte(value))
			case 1:
				v := store.Version{Version: name, Published: at.Draw(rt, "published"), Vanished: at.Draw(rt, "vanished"), Digest: digestA}
				m.versions[name] = v
				return tx.PutVersions(ctx, registry, "p", []store.Version{v})
			case 2:
				f := store.File{Registry: registry, Name: "p", Version: "1", File: name, Origin: origin.Draw(rt, "origin"), Blob: digestB, Size: 3,
					LastUsed: at.Draw(rt, "used"), Stored: rapid.Bool().Draw(rt, "stored")}
				m.files[name] = f
				return tx.PutFile(ctx, f)
			case 3:
				used := at.Draw(rt, "used")
				if f, ok := m.files[name]; ok && used.After(f.LastUsed) {
					f.LastUsed = used
					m.files[name] = f
				}
				return tx.TouchFiles(ctx, map[store.FileKey]time.Time{{Registry: registry, Name: "p", Version: "1", File: name}: used})
			case 4:
				d := store.Document{Registry: registry, Name: name, Source: "s", Missing: true, Checked: at.Draw(rt, "checked")}
				m.missing[name] = d
				return tx.PutDocument(ctx, d)
			case 5:
				r := store.Release{Registry: registry, Name: "p", Version: name, Published: at.Draw(rt, "published"), Removed: at.Draw(rt, "removed")}
				m.releases[name] = r
				return tx.PutRelease(ctx, r)
			case 6:
				st := store.Standing{Registry: registry, Name: "p", Version: name, Status: assay.Status(rapid.Uint8Max(uint8(assay.Removed)).Draw(rt, "status"))}
				m.standing[name] = st
				if st.Status == assay.Active {
					delete(m.standing, name)
				}
				return tx.PutStanding(ctx, st)
			case 7:
				version := rapid.SampledFrom([]string{"", "1", "2"}).Draw(rt, "version")
				m.tags[name] = version
				if version == "" {
					delete(m.tags, name)
				}
				return tx.PutTag(ctx, registry, "p", name, version)
			case 8:
				return sequence(ctx, tx, rapid.IntRange(0, 3).Draw(rt, "entries"))
			default:
				m.events = append(m.events, name)
				e := assay.Event{Kind: assay.EventStored, Time: noon, Subject: subject.At(name)}
				return tx.AppendEvent(ctx, e)
			}
		}
		for range rapid.IntRange(1, 6).Draw(rt, "transactions") {
			next := m.clone()
			steps := rapid.IntRange(1, 8).Draw(rt, "steps")
			undo := rapid.Bool().Draw(rt, "undo")
			err := s.Update(ctx, func(tx store.Tx) error {
				for range steps {
					if err := step(tx, &next); err != nil {
						return err
					}
				}
				// Inside, the transaction sees what it did.
				if err := compare(ctx, tx, registry, subject, next); err != nil || !undo {
					return err
				}
				return errUndo
			})
			switch {
			case undo && !errors.Is(err, errUndo), !undo && err != nil:
				rt.Fatalf("Update: %v", err)
			case !undo:
				m = next
			}
			if err := s.View(ctx, func(tx store.Tx) error { return compare(ctx, tx, registry, subject, m) }); err != nil {
				rt.Fatalf("View: %v", err)
			}
		}
	})
}

// micro orders times as a store does: the zero time is 1970.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// compare reads back all that the model knows.
func compare(ctx context.Context, tx store.Tx, registry string, subject assay.Coordinate, m model) error {
	differ := func(what string, got, want any) error {
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%s: got %+v, want %+v", what, got, want)
		}
		return nil
	}
	var errs []error
	for _, name := range []string{"a", "A", "b", "\u00e9", "a'", "a\x00"} {
		value, err := tx.Setting(ctx, registry+name)
		want, ok := m.settings[name]
		errs = append(errs, absent(ok, err), differ("setting", string(value), want))

		f, err := tx.File(ctx, store.FileKey{Registry: registry, Name: "p", Version: "1", File: name})
		wantFile, ok := m.files[name]
		errs = append(errs, absent(ok, err), differ("file", f, wantFile))

		d, err := tx.Document(ctx, registry, name, "s")
		wantMissing, ok := m.missing[name]
		errs = append(errs, absent(ok, err), differ("document", d, wantMissing))
	}
	versions, err := tx.Versions(ctx, registry, "p")
	byName := map[string]store.Version{}
	for _, v := range versions {
		byName[v.Version] = v
	}
	errs = append(errs, err, differ("versions", byName, m.versions))

	least, err := tx.LeastUsed(ctx, 1<<20)
	errs = append(errs, err)
	var got []string
	var last time.Time
	for _, f := range least {
		if micro(f.LastUsed) < micro(last) {
			errs = append(errs, fmt.Errorf("least used: %v after %v", f.LastUsed, last))
		}
		last = f.LastUsed
		if f.Registry == registry {
			got = append(got, f.File)
		}
	}
	var want []string
	for name, f := range m.files {
		if f.Stored && f.Origin != "" {
			want = append(want, name)
		}
	}
	slices.SortFunc(got, strings.Compare)
	slices.SortFunc(want, strings.Compare)
	errs = append(errs, differ("least used files", got, want))

	releases, err := tx.Releases(ctx, registry, "p")
	byVersion := map[string]store.Release{}
	for i, r := range releases {
		if i > 0 && micro(r.Published) < micro(releases[i-1].Published) {
			errs = append(errs, fmt.Errorf("release %v comes after %v", r, releases[i-1]))
		}
		r.Manifest = nil
		byVersion[r.Version] = r
	}
	errs = append(errs, err, differ("releases", byVersion, m.releases))
	found, err := tx.SearchReleases(ctx, registry, "P", 10)
	errs = append(errs, err, differ("newest release", newest(found), newest(slices.DeleteFunc(releases, func(r store.Release) bool { return !r.Removed.IsZero() }))))

	standings, err := tx.Standings(ctx, registry, "p")
	of := map[string]store.Standing{}
	for _, st := range standings {
		of[st.Version] = st
	}
	errs = append(errs, err, differ("standings", of, m.standing))
	tags, err := tx.Tags(ctx, registry, "p")
	errs = append(errs, err, differ("tags", tags, m.tags))

	list, err := tx.Events(ctx, 0, 1<<20)
	errs = append(errs, err)
	var happened []string
	for _, e := range list {
		if e.Subject.Package() == subject {
			happened = append(happened, e.Subject.Version)
		}
	}
	errs = append(errs, differ("events", happened, m.events), wholeLog(ctx, tx, list))
	return errors.Join(errs...)
}

// newest is the version of the last release, or "".
func newest(releases []store.Release) string {
	if len(releases) == 0 {
		return ""
	}
	return releases[len(releases)-1].Version
}

// wholeLog checks that every event has one place in the log or waits for it,
// that places have no gaps, and that no hash of the tree is missing.
func wholeLog(ctx context.Context, tx store.Tx, events []assay.Event) error {
	size, err1 := tx.LogSize(ctx)
	logged, err2 := tx.LogEntries(ctx, 0, 1<<20)
	waiting, err3 := tx.Unsequenced(ctx, 1<<20)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	if int64(len(logged)) != size || len(logged)+len(waiting) != len(events) {
		return fmt.Errorf("the log says that it has %d entries; it has %d, %d events wait, and there are %d", size, len(logged), len(waiting), len(events))
	}
	met := map[int64]bool{}
	for _, r := range waiting {
		met[r.EventID] = true
	}
	for i, r := range logged {
		if r.Index != int64(i) || string(r.Leaf) != string(leafOf(r.EventID)) || met[r.EventID] {
			return fmt.Errorf("entry %d of the log is %+v", i, r)
		}
		met[r.EventID] = true
	}
	for _, e := range events {
		if !met[e.ID] {
			return fmt.Errorf("event %d is neither in the log nor does it wait", e.ID)
		}
	}
	indexes := make([]int64, hashCount(size))
	for i := range indexes {
		indexes[i] = int64(i)
	}
	hashes, err := tx.LogHashes(ctx, indexes)
	if err != nil {
		return err
	}
	for i, hash := range hashes {
		if hash != logHash(int64(i)) {
			return fmt.Errorf("hash %d of the log is %x", i, hash)
		}
	}
	return nil
}

// absent checks that what the model does not have is not found.
func absent(ok bool, err error) error {
	if ok {
		return err
	}
	if !assay.Is(err, assay.NotFound) {
		return fmt.Errorf("got %v, want not found", err)
	}
	return nil
}

package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

// hashCount is how many hashes the tree of n entries stores, by the numbering
// of golang.org/x/mod/sumdb/tlog: entry k adds one, and one more for each
// power of two that divides k+1.
func hashCount(n int64) int64 {
	count := n
	for step := int64(2); step <= n; step *= 2 {
		count += n / step
	}
	return count
}

// logHash stands for the hash that a tree has at an index. A store keeps
// hashes and does not compute them.
func logHash(index int64) [32]byte { return sha256.Sum256(fmt.Appendf(nil, "hash %d", index)) }

// newHashes are those that n entries add to the tree of size entries.
func newHashes(size, n int64) []store.LogHash {
	var out []store.LogHash
	for i := hashCount(size); i < hashCount(size+n); i++ {
		out = append(out, store.LogHash{Index: i, Hash: logHash(i)})
	}
	return out
}

// leafOf stands for the bytes of an event's log entry.
func leafOf(event int64) []byte { return fmt.Appendf(nil, "leaf of event %d", event) }

// sequence gives at most n waiting events their place in the log, as the
// sequencer does.
func sequence(ctx context.Context, tx store.Tx, n int) error {
	size, err := tx.LogSize(ctx)
	if err != nil {
		return err
	}
	waiting, err := tx.Unsequenced(ctx, n)
	if err != nil {
		return err
	}
	for i := range waiting {
		waiting[i].Index = size + int64(i)
		waiting[i].Leaf = leafOf(waiting[i].EventID)
	}
	return tx.AppendLog(ctx, waiting, newHashes(size, int64(len(waiting))))
}

func appendEvents(t *testing.T, s store.Store, list ...assay.Event) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		for _, e := range list {
			if err := tx.AppendEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func logSize(t *testing.T, s store.Store) int64 {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) (int64, error) { return tx.LogSize(ctx) })
}

func waiting(t *testing.T, s store.Store, limit int) []store.LogRecord {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.LogRecord, error) { return tx.Unsequenced(ctx, limit) })
}

func entries(t *testing.T, s store.Store, from int64, limit int) []store.LogRecord {
	t.Helper()
	return read(t, s, func(ctx context.Context, tx store.Tx) ([]store.LogRecord, error) {
		return tx.LogEntries(ctx, from, limit)
	})
}

func testEmptyLog(t *testing.T, s store.Store) {
	equal(t, "size", logSize(t, s), 0)
	equal(t, "entries", len(entries(t, s, 0, 10)), 0)
	equal(t, "waiting", len(waiting(t, s, 10)), 0)
	view(t, s, func(ctx context.Context, tx store.Tx) error {
		hashes, err := tx.LogHashes(ctx, nil)
		equal(t, "no hashes asked for", len(hashes), 0)
		about, err1 := tx.LogAbout(ctx, "pkg:npm/left", 10)
		equal(t, "about a package", len(about), 0)
		last, err2 := tx.LastEventID(ctx)
		equal(t, "last event", last, 0)
		return errors.Join(err, err1, err2)
	})
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.AppendLog(ctx, nil, nil) })
	equal(t, "size after nothing was appended", logSize(t, s), 0)
	wantKind(t, s, assay.NotFound, "the hash of no entry", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.LogHashes(ctx, []int64{0})
		return err
	})
	wantKind(t, s, assay.NotFound, "the index of no event", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.EventIndex(ctx, 0)
		return err
	})
}

func testSequencing(t *testing.T, s store.Store) {
	list := []assay.Event{
		{Time: noon, Kind: assay.EventInstanceCreated},
		{Time: noon.Add(-time.Hour), Kind: assay.EventPublished, By: "ci", Body: []byte(`{"size":5}`), Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/secret", Version: "1.0.0"}},
		{Time: noon.Add(time.Hour), Kind: assay.EventClaimed, By: "operator", Subject: assay.Coordinate{Ecosystem: assay.Golang, Name: "example.com/Secret"}},
		{Kind: assay.EventTagged},
		{Time: noon, Kind: assay.EventStored, Subject: assay.Coordinate{Ecosystem: assay.NPM, Name: "left", Version: "1.0.0", File: "left.tgz"}},
	}
	appendEvents(t, s, list...)
	kept := events(t, s, 0, 10)
	all := waiting(t, s, 10)
	if len(all) != len(list) || len(kept) != len(list) {
		t.Fatalf("%d events wait and %d are kept, of %d", len(all), len(kept), len(list))
	}
	for i, r := range all {
		if len(r.Salt) != 32 || len(r.Body) == 0 || (i > 0 && slices.Equal(r.Salt, all[i-1].Salt)) {
			t.Errorf("event %d waits with the salt %x and the body %s", r.EventID, r.Salt, r.Body)
		}
		equal(t, "a waiting event", r, store.LogRecord{EventID: kept[i].ID, Time: kept[i].Time, Kind: list[i].Kind, Ecosystem: list[i].Subject.Ecosystem,
			Salt: r.Salt, Body: r.Body, Index: -1})
	}
	equal(t, "two waiting events", waiting(t, s, 2), all[:2])
	equal(t, "none asked for", len(waiting(t, s, 0)), 0)
	equal(t, "a negative number asked for", len(waiting(t, s, -1)), 0)

	for _, step := range []struct{ take, size int }{{2, 2}, {0, 2}, {1, 3}, {10, 5}, {10, 5}} {
		update(t, s, func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, step.take) })
		equal(t, "size", logSize(t, s), int64(step.size))
		equal(t, "waiting", waiting(t, s, 10), slices.Concat(nil, all[step.size:]))
	}
	for i := range all {
		all[i].Index, all[i].Leaf = int64(i), leafOf(all[i].EventID)
	}
	equal(t, "entries", entries(t, s, 0, 10), all)
	equal(t, "two entries from the second on", entries(t, s, 1, 2), all[1:3])
	equal(t, "entries from before the first on", entries(t, s, -5, 2), all[:2])
	equal(t, "entries from after the last on", len(entries(t, s, 5, 10)), 0)
	equal(t, "no entries asked for", len(entries(t, s, 0, 0)), 0)
	equal(t, "a negative number of entries asked for", len(entries(t, s, 0, -1)), 0)
	for i, e := range kept {
		equal(t, "index of an event", read(t, s, func(ctx context.Context, tx store.Tx) (int64, error) { return tx.EventIndex(ctx, e.ID) }), int64(i))
	}

	appendEvents(t, s, list[0])
	late := read(t, s, func(ctx context.Context, tx store.Tx) (int64, error) { return tx.LastEventID(ctx) })
	wantKind(t, s, assay.NotFound, "the index of an event that waits", func(ctx context.Context, tx store.Tx) error {
		_, err := tx.EventIndex(ctx, late)
		return err
	})
	equal(t, "the one that came later waits", len(waiting(t, s, 10)), 1)
}

func testLogHashes(t *testing.T, s store.Store) {
	const size = 1000
	appendEvents(t, s, slices.Repeat([]assay.Event{{Kind: assay.EventStored}}, size)...)
	for _, take := range []int{1, 255, 256, size} {
		update(t, s, func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, take) })
	}
	count := hashCount(size)
	whole := make([]int64, count)
	for i := range whole {
		whole[i] = int64(i)
	}
	backwards := slices.Clone(whole)
	slices.Reverse(backwards)
	for what, indexes := range map[string][]int64{
		"all": whole, "all, backwards": backwards, "one": {7}, "the last": {count - 1}, "one many times": {3, 0, 3, 3},
	} {
		var want [][32]byte
		for _, i := range indexes {
			want = append(want, logHash(i))
		}
		equal(t, what, read(t, s, func(ctx context.Context, tx store.Tx) ([][32]byte, error) { return tx.LogHashes(ctx, indexes) }), want)
	}
	for what, indexes := range map[string][]int64{
		"past the last": {count}, "a negative one": {-1}, "one missing among others": {0, count, 1},
	} {
		wantKind(t, s, assay.NotFound, what, func(ctx context.Context, tx store.Tx) error {
			hashes, err := tx.LogHashes(ctx, indexes)
			if len(hashes) != 0 {
				t.Errorf("%s: %d hashes came with the error", what, len(hashes))
			}
			return err
		})
	}
}

// testLogRefuses appends what does not fit. Nothing of it may be written, even
// when the function goes on as if nothing had happened.
func testLogRefuses(t *testing.T, s store.Store) {
	appendEvents(t, s, slices.Repeat([]assay.Event{{Kind: assay.EventStored}}, 6)...)
	update(t, s, func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, 3) })
	done, next := entries(t, s, 0, 10), waiting(t, s, 10)
	// What would be right: two entries, at 3 and 4, which fill one subtree.
	right := func() ([]store.LogRecord, []store.LogHash) {
		two := slices.Clone(next[:2])
		for i := range two {
			two[i].Index, two[i].Leaf = int64(3+i), leafOf(two[i].EventID)
		}
		return two, newHashes(3, 2)
	}
	for what, spoil := range map[string]func([]store.LogRecord, []store.LogHash) ([]store.LogRecord, []store.LogHash){
		"a gap before": func(e []store.LogRecord, _ []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[0].Index, e[1].Index = 4, 5
			return e, newHashes(4, 2)
		},
		"a gap between": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[1].Index = 5
			return e, h
		},
		"an index that is taken": func(e []store.LogRecord, _ []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[0].Index, e[1].Index = 2, 3
			return e, newHashes(2, 2)
		},
		"one index twice": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[1].Index = 3
			return e, h
		},
		"falling indexes": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[0].Index, e[1].Index = 4, 3
			return e, h
		},
		"not sequenced at all": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			return slices.Clone(next[:2]), h
		},
		"an event that is in the log": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[1].EventID = done[0].EventID
			return e, h
		},
		"one event twice": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[1].EventID = e[0].EventID
			return e, h
		},
		"an event that does not exist": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			e[1].EventID = 1 << 40
			return e, h
		},
		"more entries than events wait": func([]store.LogRecord, []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			all := slices.Concat(next, next[2:])
			for i := range all {
				all[i].Index = int64(3 + i)
			}
			all[3].EventID++ // the next id, that no event has
			return all, newHashes(3, 4)
		},
		"a batch that was appended already": func([]store.LogRecord, []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			return done, newHashes(0, 3)
		},
		"no hashes": func(e []store.LogRecord, _ []store.LogHash) ([]store.LogRecord, []store.LogHash) { return e, nil },
		"a hash is missing": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			return e, h[:len(h)-1]
		},
		"a hash too many": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			return e, append(h, store.LogHash{Index: h[len(h)-1].Index + 1})
		},
		"a hash that is stored already": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			h[0].Index = 0
			return e, h
		},
		"one hash twice": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			h[1].Index = h[0].Index
			return e, h
		},
		"a hash of later": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			h[0].Index = h[len(h)-1].Index + 1
			return e, h
		},
		"a negative hash": func(e []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) {
			h[0].Index = -1
			return e, h
		},
		"hashes of no entries": func(_ []store.LogRecord, h []store.LogHash) ([]store.LogRecord, []store.LogHash) { return nil, h },
	} {
		records, hashes := spoil(right())
		update(t, s, func(ctx context.Context, tx store.Tx) error {
			if err := tx.AppendLog(ctx, records, hashes); !assay.Is(err, assay.Conflict) {
				t.Errorf("%s: %v, want conflict", what, err)
			}
			return nil
		})
		equal(t, what+": entries", entries(t, s, 0, 10), done)
		equal(t, what+": waiting", waiting(t, s, 10), next)
		wantKind(t, s, assay.NotFound, what+": hashes", func(ctx context.Context, tx store.Tx) error {
			_, err := tx.LogHashes(ctx, []int64{hashCount(3)})
			return err
		})
	}

	// An event must not be lost to the log because a later one was taken: it
	// is either refused or goes on waiting.
	records, hashes := right()
	records[0].EventID, records[1].EventID = next[1].EventID, next[2].EventID
	err := s.Update(t.Context(), func(tx store.Tx) error { return tx.AppendLog(t.Context(), records, hashes) })
	left := waiting(t, s, 10)
	if (err != nil && !assay.Is(err, assay.Conflict)) || len(left) == 0 || left[0].EventID != next[0].EventID {
		t.Errorf("an event was passed over (%v); now there wait %+v", err, left)
	}
	if err == nil {
		return
	}
	records, hashes = right()
	slices.Reverse(hashes) // of the hashes only the indexes count
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.AppendLog(ctx, records, hashes) })
	equal(t, "entries after what was right", entries(t, s, 0, 10), slices.Concat(done, records))
}

// testSequencersRace: several sequencers prepare the same batch. One of them
// appends it; the others are told that the log has changed meanwhile.
func testSequencersRace(t *testing.T, s store.Store) {
	const sequencers, rounds = 4, 3
	for round := range rounds {
		appendEvents(t, s, slices.Repeat([]assay.Event{{Kind: assay.EventStored}}, 3)...)
		size, batch := logSize(t, s), waiting(t, s, 3)
		for i := range batch {
			batch[i].Index, batch[i].Leaf = size+int64(i), leafOf(batch[i].EventID)
		}
		errs := make([]error, sequencers)
		var done sync.WaitGroup
		for i := range errs {
			done.Go(func() {
				errs[i] = s.Update(t.Context(), func(tx store.Tx) error {
					return tx.AppendLog(t.Context(), batch, newHashes(size, 3))
				})
			})
		}
		done.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !assay.Is(err, assay.Conflict) {
				t.Errorf("a sequencer that came late: %v, want conflict", err)
			}
		}
		equal(t, "sequencers that won", won, 1)
		view(t, s, func(ctx context.Context, tx store.Tx) error { return wholeLog(ctx, tx, events(t, s, 0, 100)) })
		equal(t, "log entries", logSize(t, s), int64(3*(round+1)))
	}
}

func testLogAbout(t *testing.T, s store.Store) {
	about := func(ecosystem assay.Ecosystem, name, version, file string) assay.Coordinate {
		return assay.Coordinate{Ecosystem: ecosystem, Name: name, Version: version, File: file}
	}
	var list []assay.Event
	for _, c := range []assay.Coordinate{
		0:  about(assay.NPM, "left", "", ""),
		1:  about(assay.NPM, "left", "1.0.0", ""),
		2:  about(assay.NPM, "lefty", "1.0.0", ""),
		3:  about(assay.NPM, "left", "1.0.0", "left-1.0.0.tgz"),
		4:  about(assay.NPM, "left", "1.0.0", "left-1.0.0.tgz.sig"),
		5:  about(assay.NPM, "left", "1.0.0-rc.1", "left-1.0.0-rc.1.tgz"),
		6:  about(assay.Golang, "left", "1.0.0", ""),
		7:  {},
		8:  about(assay.NPM, "@scope/left", "1.0.0+build.5", "left.tgz"),
		9:  about(assay.Golang, "github.com/BurntSushi/toml", "v1.0.0", ""),
		10: about(assay.Golang, "github.com/burntsushi/toml", "v1.0.0", ""),
		11: about(assay.NPM, "a b%2Fc?d#e", "1 & 2@3", "x?y=z/ü"),
		12: about(assay.NPM, "", "1.0.0", ""),
		13: about(assay.NPM, "left", "1.0.0", ""),
	} {
		list = append(list, assay.Event{Time: noon, Kind: assay.EventStored, Subject: c})
	}
	appendEvents(t, s, list...)
	ids := map[int64]int{}
	for i, e := range events(t, s, 0, 100) {
		ids[e.ID] = i
	}
	find := func(purl string, limit int) []int {
		t.Helper()
		var found []int
		for _, r := range read(t, s, func(ctx context.Context, tx store.Tx) ([]store.LogRecord, error) {
			return tx.LogAbout(ctx, purl, limit)
		}) {
			if len(r.Salt) != 32 || len(r.Body) == 0 || r.Index != int64(ids[r.EventID]) || string(r.Leaf) != string(leafOf(r.EventID)) || r.Kind != assay.EventStored || !r.Time.Equal(noon) {
				t.Errorf("found %+v", r)
			}
			found = append(found, ids[r.EventID])
		}
		return found
	}
	if got := find("pkg:npm/left", 10); len(got) != 0 {
		t.Errorf("events that are not in the log were found: %v", got)
	}
	// The last event never gets into the log.
	update(t, s, func(ctx context.Context, tx store.Tx) error { return sequence(ctx, tx, len(list)-1) })
	for _, c := range []struct {
		name, purl string
		want       []int
	}{
		{"a package", "pkg:npm/left", []int{0, 1, 3, 4, 5}},
		{"a version", "pkg:npm/left@1.0.0", []int{1, 3, 4}},
		{"a pre-release", "pkg:npm/left@1.0.0-rc.1", []int{5}},
		{"a file", list[3].Subject.String(), []int{3}},
		{"a version that nothing happened to", "pkg:npm/left@2.0.0", nil},
		{"a file of another version", "pkg:npm/left@1.0.0-rc.1?file_name=left-1.0.0.tgz", nil},
		{"a package that nothing happened to", "pkg:npm/right", nil},
		{"the start of a name", "pkg:npm/lef", nil},
		{"the same name in another ecosystem", "pkg:golang/left", []int{6}},
		{"a scope, escaped", "pkg:npm/%40scope/left", []int{8}},
		{"a scope, as npm writes it", "pkg:npm/@scope/left", []int{8}},
		{"a version with a plus sign, escaped", "pkg:npm/%40scope/left@1.0.0%2Bbuild.5", []int{8}},
		{"the case of a Go path", "pkg:golang/github.com/BurntSushi/toml", []int{9}},
		{"another case of it", "pkg:golang/github.com/burntsushi/toml@v1.0.0", []int{10}},
		{"another case of a name", "pkg:npm/Left", nil},
		{"a name that needs escapes", "pkg:npm/a%20b%252Fc%3Fd%23e", []int{11}},
		{"a file that needs escapes", list[11].Subject.String(), []int{11}},
		{"wildcards", "pkg:npm/%25", nil},
	} {
		equal(t, c.name, find(c.purl, 10), c.want)
	}
	equal(t, "the two oldest of a package", find("pkg:npm/left", 2), []int{0, 1})
	equal(t, "the oldest of a version", find("pkg:npm/left@1.0.0", 1), []int{1})
	equal(t, "none asked for", len(find("pkg:npm/left", 0)), 0)
	equal(t, "a negative number asked for", len(find("pkg:npm/left", -1)), 0)
	for what, purl := range map[string]string{"nothing": "", "no package URL": "left", "no name": "pkg:npm/", "a name that climbs": "pkg:npm/a/../b", "half an escape": "pkg:npm/a%2"} {
		wantKind(t, s, assay.Invalid, what, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.LogAbout(ctx, purl, 10)
			return err
		})
	}
}

func testLastEventID(t *testing.T, s store.Store) {
	var last int64
	for range 3 {
		update(t, s, func(ctx context.Context, tx store.Tx) error {
			if err := tx.AppendEvent(ctx, assay.Event{Kind: assay.EventStored}); err != nil {
				return err
			}
			id, err := tx.LastEventID(ctx)
			list, err1 := tx.Events(ctx, last, 10)
			if len(list) != 1 || list[0].ID != id {
				t.Errorf("the last event is %d; after %d there are %v", id, last, list)
			}
			last = id
			return errors.Join(err, err1)
		})
	}
}

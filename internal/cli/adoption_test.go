package cli

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

func TestEveryPlaceHasAnAsker(t *testing.T) {
	places, askers := grammars().Places(), adopt.Askers()
	for _, place := range places {
		if askers[place] == nil {
			t.Errorf("nobody is asked for the upstream of %s", place)
		}
	}
	for place := range askers {
		if !slices.Contains(places, place) {
			t.Errorf("there is an asker for %s, which is no place", place)
		}
	}
}

// says is an asker with a fixed finding.
func says(f adopt.Finding) adopt.Asker {
	return func(context.Context, adopt.Config) adopt.Finding { return f }
}

// openedStore makes an empty store.
func openedStore(t *testing.T) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "assay.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func events(t *testing.T, s store.Store) (kinds []string) {
	t.Helper()
	err := s.View(t.Context(), func(tx store.Tx) error {
		all, err := tx.Events(t.Context(), 0, 100)
		kinds = nil
		for _, e := range all {
			kinds = append(kinds, string(e.Kind)+" "+string(e.Body))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

func TestAdoptionIsKept(t *testing.T) {
	_, key, err := note.GenerateKey(nil, "sums.example")
	if err != nil {
		t.Fatal(err)
	}
	npm := adopt.Finding{Source: "npm config get registry", Origins: []string{"https://registry.example/"}}
	golang := adopt.Finding{Source: "go env GOPROXY", Origins: []string{"https://one.example/", "https://two.example/"},
		SumDB: &adopt.SumDB{Name: "sums.example", Key: key}}
	absent := adopt.Finding{Source: "npm config get registry", Err: assay.Errorf(assay.NotFound, "npm is not on this machine")}
	only := func(origins ...string) []string { return origins }
	steps := []struct {
		name     string
		npm, go_ adopt.Finding
		byHand   string // set before
		npmSays  string
		npmHas   []string
		goHas    []string
		sumdb    bool
		event    bool
	}{
		{"nothing on the machine", absent, adopt.Finding{Err: assay.Errorf(assay.Unavailable, "'go env' failed")}, "", "", nil, nil, false, false},
		{"both answer", npm, golang, "", "adopted from", only("https://registry.example/"), only("https://one.example/", "https://two.example/"), true, true},
		{"the same again changes nothing", npm, golang, "", "adopted from", only("https://registry.example/"), only("https://one.example/", "https://two.example/"), true, false},
		{"the commands have gone", absent, adopt.Finding{Err: assay.Errorf(assay.NotFound, "go is not on this machine")}, "", "kept from", only("https://registry.example/"), only("https://one.example/", "https://two.example/"), true, false},
		{"npm points at us now", adopt.Finding{Source: "npm config get registry", Dropped: only("x is this Assay itself")}, golang, "", "kept from", only("https://registry.example/"), only("https://one.example/", "https://two.example/"), true, false},
		{"the key cannot be found today", npm, adopt.Finding{Source: "go env GOPROXY", Origins: golang.Origins, SumDBErr: assay.Errorf(assay.Invalid, "no key")}, "", "adopted from", only("https://registry.example/"), only("https://one.example/", "https://two.example/"), true, false},
		{"another proxy, and no database on purpose", npm, adopt.Finding{Source: "go env GOPROXY", Origins: only("https://three.example/")}, "", "adopted from", only("https://registry.example/"), only("https://three.example/"), false, true},
		{"set by hand wins", npm, golang, "npm", "set by hand", only("https://mine.example/"), only("https://one.example/", "https://two.example/"), true, true},
	}
	s := openedStore(t)
	places := grammars().Places()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			if step.byHand != "" {
				err := s.Update(t.Context(), func(tx store.Tx) error {
					return putOrigins(t.Context(), tx, step.byHand, []store.Origin{{Registry: step.byHand, Address: "https://mine.example/", Source: setByHand, Set: now}}, true, now)
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			before, err := readKept(t.Context(), s, places, now)
			if err != nil {
				t.Fatal(err)
			}
			past := len(events(t, s))
			a := adopter{store: s, places: places, kept: before, now: now, askers: map[string]adopt.Asker{"npm": says(step.npm), "go": says(step.go_)}}
			supplies, db, err := a.run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			after, err := readKept(t.Context(), s, places, now)
			if err != nil {
				t.Fatal(err)
			}
			for place, want := range map[string][]string{"npm": step.npmHas, "go": step.goHas} {
				i := slices.Index(places, place)
				if got := addresses(supplies[i].origins); got != strings.Join(want, ", ") {
					t.Errorf("%s pulls from %q, want %q", place, got, want)
				}
				if got := addresses(after.origins[place]); got != strings.Join(want, ", ") {
					t.Errorf("for %s %q is kept, want %q", place, got, want)
				}
			}
			if how := supplies[slices.Index(places, "npm")].how; !strings.HasPrefix(how, step.npmSays) || step.npmSays == "" && how != "" {
				t.Errorf("npm's upstream is said to be %q, want %q", how, step.npmSays)
			}
			if (db != nil) != step.sumdb || !sameSumDB(db, after.sumdb) {
				t.Errorf("checksum database %+v, kept %+v; want one: %v", db, after.sumdb, step.sumdb)
			}
			if now := events(t, s); (len(now) > past) != step.event {
				t.Errorf("events %q", now[past:])
			}
			if before.instance == "" || before.instance != after.instance {
				t.Errorf("the instance id went from %q to %q", before.instance, after.instance)
			}
		})
	}
	all := events(t, s)
	if !slices.Contains(all, `upstream-changed {"origins":[{"address":"https://three.example/","source":"go env GOPROXY"}],"place":"go"}`) {
		t.Errorf("the change is not in the events:\n%s", strings.Join(all, "\n"))
	}
	if !strings.HasPrefix(all[0], "instance-created ") {
		t.Errorf("the first event is %q", all[0])
	}
}

func TestAdoptionStopsWithItsContext(t *testing.T) {
	s := openedStore(t)
	now := time.Now()
	k, err := readKept(t.Context(), s, []string{"npm"}, now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := adopter{store: s, places: []string{"npm"}, kept: k, now: now, askers: map[string]adopt.Asker{
		"npm": says(adopt.Finding{Origins: []string{"https://registry.example/"}})}}
	if _, _, err := a.run(ctx); !assay.Is(err, assay.Canceled) {
		t.Errorf("%v, want Canceled", err)
	}
	if after, err := readKept(t.Context(), s, []string{"npm"}, now); err != nil || len(after.origins) != 0 {
		t.Errorf("kept %v (%v)", after.origins, err)
	}
}

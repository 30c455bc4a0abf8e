package wall

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// shelf is a Place in memory. It fails at the write or removal of that
// number, counted from 1, after it was done if stored says so.
type shelf struct {
	files  map[string]string
	at     int
	stored bool
	acts   int
}

var errFull = errors.New("the disk is full")

func (s *shelf) Read(name string) ([]byte, error) {
	b, ok := s.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(b), nil
}

func (s *shelf) act(do func()) error {
	s.acts++
	if s.acts == s.at {
		if s.stored {
			do()
		}
		return errFull
	}
	do()
	return nil
}

func (s *shelf) Write(name string, content []byte) error {
	return s.act(func() { s.files[name] = string(content) })
}

func (s *shelf) Remove(name string) error { return s.act(func() { delete(s.files, name) }) }

func site(words ...string) Site {
	s := Site{first: []byte("the wall of " + strings.Join(words, ", "))}
	for _, w := range words {
		s["repositories/"+w+".html"] = []byte(w)
	}
	return s
}

// holds fails unless the shelf has the site, its list, and the rest.
func holds(t *testing.T, s *shelf, want Site, others map[string]string) {
	t.Helper()
	have := maps.Clone(s.files)
	delete(have, manifestName)
	all := maps.Clone(others)
	if all == nil {
		all = map[string]string{}
	}
	for name, b := range want {
		all[name] = string(b)
	}
	if !maps.Equal(have, all) {
		t.Errorf("there are %v\nwant %v", slices.Sorted(maps.Keys(have)), slices.Sorted(maps.Keys(all)))
	}
}

func TestASiteIsWrittenAndWrittenAgain(t *testing.T) {
	mine := map[string]string{"mine.txt": "not the wall's", "repositories/notes.txt": "neither"}
	s := &shelf{files: maps.Clone(mine)}
	for _, step := range []struct {
		name             string
		site             Site
		written, removed int
	}{
		{"the first time", site("a", "b"), 3, 0}, {"the same again", site("a", "b"), 0, 0}, {"one more and one less", site("b", "c"), 2, 1},
	} {
		written, removed, err := Write(t.Context(), s, step.site)
		if err != nil || written != step.written || removed != step.removed {
			t.Errorf("%s: %d written, %d removed, %v", step.name, written, removed, err)
		}
		holds(t, s, step.site, mine)
	}
}

func TestWhatIsNotTheWallsIsNeitherWrittenOverNorRemoved(t *testing.T) {
	t.Run("a page of somebody else", func(t *testing.T) {
		s := &shelf{files: map[string]string{first: "my own page"}}
		_, _, err := Write(t.Context(), s, site("a"))
		if !assay.Is(err, assay.Conflict) || !strings.Contains(err.Error(), "index.html is there already") {
			t.Errorf("%v", err)
		}
		if len(s.files) != 1 || s.files[first] != "my own page" {
			t.Errorf("there are %v", s.files)
		}
	})
	t.Run("a page that somebody changed", func(t *testing.T) {
		s := &shelf{files: map[string]string{}}
		if _, _, err := Write(t.Context(), s, site("a", "b")); err != nil {
			t.Fatal(err)
		}
		s.files["repositories/a.html"] = "changed by hand"
		before := maps.Clone(s.files)
		next := site("a", "b")
		next["repositories/a.html"] = []byte("newer")
		if _, _, err := Write(t.Context(), s, next); !assay.Is(err, assay.Conflict) || !maps.Equal(before, s.files) {
			t.Errorf("%v, and there are %v", err, s.files)
		}
		// What is no longer part of the site stays too, if it was changed.
		if _, _, err := Write(t.Context(), s, site("b")); err != nil || s.files["repositories/a.html"] != "changed by hand" {
			t.Errorf("%v, and there are %v", err, s.files)
		}
	})
	t.Run("a list that leads elsewhere", func(t *testing.T) {
		for _, line := range []string{digest(nil) + "  ../../etc/passwd", digest(nil) + "  /etc/passwd", digest(nil) + "  a/../../b", "short  a", digest(nil) + " a", digest(nil) + "  " + manifestName} {
			s := &shelf{files: map[string]string{manifestName: line + "\n", "a": ""}}
			if _, _, err := Write(t.Context(), s, site("a")); !assay.Is(err, assay.Conflict) || len(s.files) != 2 {
				t.Errorf("%q: %v, and there are %v", line, err, s.files)
			}
		}
	})
}

// TestABuildThatIsInterruptedIsCarriedOn fails each write and removal of a
// build, in both forms, and builds again.
func TestABuildThatIsInterruptedIsCarriedOn(t *testing.T) {
	mine := map[string]string{"mine.txt": "not the wall's"}
	older, newer := site("a", "b"), site("b", "c")
	for at := 1; ; at++ {
		failed := false
		for _, stored := range []bool{false, true} {
			s := &shelf{files: maps.Clone(mine)}
			if _, _, err := Write(t.Context(), s, older); err != nil {
				t.Fatal(err)
			}
			s.at, s.acts, s.stored = at, 0, stored
			_, _, err := Write(t.Context(), s, newer)
			failed = errors.Is(err, errFull)
			for name, body := range s.files {
				if body != string(older[name]) && body != string(newer[name]) && name != manifestName && mine[name] != body {
					t.Errorf("failed at %d (stored: %v): %s is neither old nor new", at, stored, name)
				}
			}
			s.at = 0
			if _, _, err := Write(t.Context(), s, newer); err != nil {
				t.Errorf("after a failure at %d (stored: %v): %v", at, stored, err)
			}
			holds(t, s, newer, mine)
		}
		if !failed {
			if at < 4 {
				t.Errorf("only %d acts could fail", at-1)
			}
			return
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(string(manifest(map[string][]string{"a/b.html": {digest(nil)}, first: {digest([]byte("x")), digest(nil)}})))
	f.Add(digest(nil) + "  ../up\n")
	f.Fuzz(func(t *testing.T, raw string) {
		sums, err := readManifest(&shelf{files: map[string]string{manifestName: raw}})
		if err != nil {
			return
		}
		for name := range sums {
			if !fs.ValidPath(name) || name == "." || strings.HasPrefix(name, "/") || slices.Contains(strings.Split(name, "/"), "..") {
				t.Errorf("%q was let through", name)
			}
		}
		again, err := readManifest(&shelf{files: map[string]string{manifestName: string(manifest(sums))}})
		if err != nil || fmt.Sprint(len(again)) != fmt.Sprint(len(sums)) {
			t.Errorf("written again: %v", err)
		}
	})
}

package tlog

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
)

func TestTilePaths(t *testing.T) {
	for name, tc := range map[string]struct {
		tile Tile
		path string
	}{
		"the first":          {Tile{Level: 0, N: 0, Width: 256}, "tile/0/000"},
		"partial":            {Tile{Level: 1, N: 5, Width: 17}, "tile/1/005.p/17"},
		"groups of three":    {Tile{Level: 0, N: 1234067, Width: 256}, "tile/0/x001/x234/067"},
		"groups, partial":    {Tile{Level: 63, N: 1000, Width: 255}, "tile/63/x001/000.p/255"},
		"entries":            {Tile{Entries: true, N: 273, Width: 112}, "tile/entries/273.p/112"},
		"the last of all":    {Tile{Level: 0, N: 999999999999999999, Width: 1}, "tile/0/x999/x999/x999/x999/x999/999.p/1"},
		"a thousand exactly": {Tile{Entries: true, N: 1000, Width: 256}, "tile/entries/x001/000"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.tile.Path(); got != tc.path {
				t.Errorf("the path is %s, want %s", got, tc.path)
			}
			if got, err := ParsePath(tc.path); err != nil || got != tc.tile {
				t.Errorf("%s reads as %+v, %v", tc.path, got, err)
			}
			if !tc.tile.Entries {
				// The library's paths have the height in them.
				if other := strings.Replace(tc.tile.Of().Path(), "tile/8/", "tile/", 1); other != tc.path {
					t.Errorf("golang.org/x/mod says %s", other)
				}
			}
		})
	}
}

func TestTilePathsRefuse(t *testing.T) {
	for name, path := range map[string]string{
		"nothing": "", "no tile": "checkpoint", "no index": "tile/0", "no index after the slash": "tile/0/", "a level too high": "tile/64/000",
		"a level with a zero": "tile/00/000", "a negative level": "tile/-1/000", "data tiles": "tile/data/000", "two digits": "tile/0/00",
		"four digits": "tile/0/0000", "a group without x": "tile/0/001/000", "an x on the last": "tile/0/x000", "leading zero groups": "tile/0/x000/001",
		"width zero": "tile/0/000.p/0", "width of a full tile": "tile/0/000.p/256", "width with a zero": "tile/0/000.p/01", "width with a sign": "tile/0/000.p/+1",
		"traversal": "tile/0/../../key", "traversal in the width": "tile/0/000.p/../1", "a slash too many": "tile//0/000", "a slash at the end": "tile/0/000/",
		"over 63 bits": "tile/0/x999/x999/x999/x999/x999/x999/999", "a sign": "tile/0/+00", "blank": "tile/0/ 00", "very long": "tile/0/" + strings.Repeat("x000/", 1000) + "000",
	} {
		t.Run(name, func(t *testing.T) {
			if tile, err := ParsePath(path); !assay.Is(err, assay.Invalid) {
				t.Errorf("%q reads as %+v, %v", path, tile, err)
			}
		})
	}
}

// FuzzTilePath: a tile has one path, and it stays below the log.
func FuzzTilePath(f *testing.F) {
	f.Add("tile/0/x001/x234/067.p/5")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := ParsePath(path)
		if err != nil {
			return
		}
		if tile.Path() != path || strings.Contains(path, "..") || tile.Width < 1 || tile.Width > Width || tile.N < 0 {
			t.Fatalf("%q reads as %+v", path, tile)
		}
	})
}

func TestNewTilesOfTheSpecification(t *testing.T) {
	// tlog-tiles names the tiles of a tree of 70,000 entries.
	full, partial := map[int]int{}, map[int]int{}
	for _, tile := range NewTiles(0, 70_000) {
		if tile.Entries {
			continue
		}
		if tile.Width == Width {
			full[tile.Level]++
		} else {
			partial[tile.Level] = tile.Width
		}
	}
	if full[0] != 273 || full[1] != 1 || partial[0] != 112 || partial[1] != 17 || partial[2] != 1 || len(partial) != 3 {
		t.Errorf("full %v, partial %v", full, partial)
	}
	if tiles := NewTiles(256, 256); len(tiles) != 0 {
		t.Errorf("nothing new gives %v", tiles)
	}
}

func TestBundles(t *testing.T) {
	entries := [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("x"), MaxEntry)}
	var bundle []byte
	var err error
	for _, e := range entries {
		if bundle, err = AppendEntry(bundle, e); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ParseBundle(bundle)
	if err != nil || !slices.EqualFunc(got, entries, bytes.Equal) {
		t.Errorf("%d entries came back, %v", len(got), err)
	}
	if two, err := CutBundle(bundle, 2); err != nil || string(two) != "\x00\x03one\x00\x00" {
		t.Errorf("the first two are %q, %v", two, err)
	}
	if _, err := CutBundle(bundle, 4); !assay.Is(err, assay.Invalid) {
		t.Errorf("a fourth entry: %v", err)
	}
	if _, err := AppendEntry(nil, make([]byte, MaxEntry+1)); !assay.Is(err, assay.TooLarge) {
		t.Errorf("an entry that is too long: %v", err)
	}
	for name, broken := range map[string][]byte{
		"half a length": {0}, "no entry": {0, 1}, "half an entry": {0, 2, 'x'}, "an entry too many": make([]byte, 2*(Width+1)),
	} {
		if _, err := ParseBundle(broken); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzBundle: what can be read is written the same, and cuts where it is cut.
func FuzzBundle(f *testing.F) {
	f.Add([]byte("\x00\x03one\x00\x00"), 1)
	f.Fuzz(func(t *testing.T, bundle []byte, width int) {
		entries, err := ParseBundle(bundle)
		if err != nil {
			return
		}
		var again []byte
		for i, e := range entries {
			if i == width {
				if part, err := CutBundle(bundle, width); err != nil || !bytes.Equal(part, again) {
					t.Fatalf("cut to %d: %q, %v", width, part, err)
				}
			}
			if again, err = AppendEntry(again, e); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(again, bundle) {
			t.Fatalf("%q became %q", bundle, again)
		}
	})
}

func TestEntriesHashAsTheTreeHashesThem(t *testing.T) {
	leaf := someLeaf().Bytes()
	bundle, err := AppendEntry(nil, leaf)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := ParseBundle(bundle)
	if err != nil || merkle.RecordHash(entries[0]) != merkle.RecordHash(leaf) {
		t.Errorf("%v, %v", entries, err)
	}
}

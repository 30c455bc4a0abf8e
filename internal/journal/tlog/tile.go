package tlog

import (
	"fmt"
	"strconv"
	"strings"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
)

// Height is the height of a tile: Width is 2 to the Height.
const Height = 8

// Tile names a tile of hashes, or a bundle of entries.
type Tile struct {
	Entries bool  // a bundle; Level is 0
	Level   int   // 0 to 63
	N       int64 // index within the level
	Width   int   // 1 to Width; Width is a full one
}

// Path returns the tile's place below the log's address:
// tile/0/x001/x234/067.p/5, tile/entries/000.
func (t Tile) Path() string {
	var b strings.Builder
	b.WriteString("tile/")
	if t.Entries {
		b.WriteString("entries")
	} else {
		b.WriteString(strconv.Itoa(t.Level))
	}
	digits := fmt.Sprintf("%03d", t.N)
	for len(digits)%3 != 0 {
		digits = "0" + digits
	}
	for ; len(digits) > 3; digits = digits[3:] {
		b.WriteString("/x" + digits[:3])
	}
	b.WriteString("/" + digits)
	if t.Width < Width {
		b.WriteString(".p/" + strconv.Itoa(t.Width))
	}
	return b.String()
}

// Partials is the folder that the partial tiles of t's place lie in.
func (t Tile) Partials() string {
	t.Width = Width
	return t.Path() + ".p"
}

// Full returns the tile that t becomes when it is full.
func (t Tile) Full() Tile {
	t.Width = Width
	return t
}

// Of returns the tile of the Go checksum database's library that has the
// same hashes; t must not be a bundle.
func (t Tile) Of() merkle.Tile {
	return merkle.Tile{H: Height, L: t.Level, N: t.N, W: t.Width}
}

// ParsePath reads a tile's path. Only the one spelling of a tile is read;
// everything else is Invalid, so that no request can name a file that is
// not a tile (path traversal), or one tile in two ways.
func ParsePath(path string) (Tile, error) {
	bad := assay.Errorf(assay.Invalid, "this is not the path of a tile: write tile/<level>/<index> or tile/entries/<index>, the index in groups of three digits")
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > 64 {
		return Tile{}, bad
	}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return Tile{}, bad
	}
	t := Tile{Width: Width}
	if level == "entries" {
		t.Entries = true
	} else {
		n, err := strconv.ParseUint(level, 10, 8)
		if err != nil || n > 63 {
			return Tile{}, bad
		}
		t.Level = int(n)
	}
	if number, width, partial := strings.Cut(rest, ".p/"); partial {
		w, err := strconv.ParseUint(width, 10, 16)
		if err != nil || w == 0 || w >= Width {
			return Tile{}, bad
		}
		t.Width, rest = int(w), number
	}
	groups := strings.Split(rest, "/")
	if len(groups) > 6 { // 18 digits: more do not fit into 63 bits
		return Tile{}, bad
	}
	for i, group := range groups {
		if i < len(groups)-1 {
			if group, ok = strings.CutPrefix(group, "x"); !ok {
				return Tile{}, bad
			}
		}
		n, err := strconv.ParseUint(group, 10, 16)
		if err != nil || len(group) != 3 {
			return Tile{}, bad
		}
		t.N = t.N*1000 + int64(n)
	}
	// A leading x000, a sign or a zero too many: a second spelling.
	if t.Path() != path {
		return Tile{}, bad
	}
	return t, nil
}

// NewTiles returns the tiles and bundles that come into being when a tree
// grows from one size to another: full ones that were not full before, and
// the partial ones at the end of each level.
func NewTiles(from, to int64) []Tile {
	var tiles []Tile
	for _, m := range merkle.NewTiles(Height, from, to) {
		t := Tile{Level: m.L, N: m.N, Width: m.W}
		if t.Level == 0 {
			bundle := t
			bundle.Entries = true
			tiles = append(tiles, bundle)
		}
		tiles = append(tiles, t)
	}
	return tiles
}

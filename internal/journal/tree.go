package journal

import (
	"crypto/sha256"
	"encoding/binary"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/journal/tlog"
)

// tree computes the Merkle tree of RFC 6962 anew, entry by entry, with no
// help from what is stored. It keeps the roots of the complete subtrees that
// the size is the sum of, and the tiles that are not full yet.
type tree struct {
	size    int64
	peaks   []merkle.Hash // the largest first
	levels  [][]byte      // hashes of the open tile at each tile level
	bundle  []byte        // entries of the open bundle
	closed  []closedTile  // filled by the last add
	created []merkle.Hash // stored hashes that the last add gave, in tlog's order
}

type closedTile struct {
	tile tlog.Tile
	data []byte
}

func (t *tree) add(leaf []byte) {
	t.closed, t.created = t.closed[:0], t.created[:0]
	h := merkle.RecordHash(leaf)
	t.created = append(t.created, h)
	t.put(0, t.size, h)
	height := 0
	for n := t.size; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		h = merkle.NodeHash(t.peaks[last], h)
		t.peaks = t.peaks[:last]
		t.created = append(t.created, h)
		height++
		if height%tlog.Height == 0 {
			t.put(height/tlog.Height, n>>1, h)
		}
	}
	t.peaks = append(t.peaks, h)
	t.bundle = append(binary.BigEndian.AppendUint16(t.bundle, uint16(len(leaf))), leaf...)
	t.size++
	if t.size%tlog.Width == 0 {
		t.closed = append(t.closed, closedTile{tlog.Tile{Entries: true, N: t.size/tlog.Width - 1, Width: tlog.Width}, t.bundle})
		t.bundle = nil
	}
}

// put places the n-th hash of a tile level in its tile.
func (t *tree) put(level int, n int64, h merkle.Hash) {
	for len(t.levels) <= level {
		t.levels = append(t.levels, nil)
	}
	t.levels[level] = append(t.levels[level], h[:]...)
	if (n+1)%tlog.Width == 0 {
		t.closed = append(t.closed, closedTile{tlog.Tile{Level: level, N: n / tlog.Width, Width: tlog.Width}, t.levels[level]})
		t.levels[level] = nil
	}
}

// open returns the partial tiles of the tree as it is now.
func (t *tree) open() []closedTile {
	var out []closedTile
	if w := int(t.size % tlog.Width); w > 0 {
		out = append(out, closedTile{tlog.Tile{Entries: true, N: t.size / tlog.Width, Width: w}, t.bundle})
	}
	for level, data := range t.levels {
		if w := len(data) / merkle.HashSize; w > 0 {
			n := t.size >> (tlog.Height * (level + 1))
			out = append(out, closedTile{tlog.Tile{Level: level, N: n, Width: w}, append([]byte(nil), data...)})
		}
	}
	return out
}

// root returns the tree's root; that of the empty tree is the hash of nothing.
func (t *tree) root() merkle.Hash {
	if len(t.peaks) == 0 {
		return sha256.Sum256(nil)
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = merkle.NodeHash(t.peaks[i], h)
	}
	return h
}

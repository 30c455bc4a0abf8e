package tlogread

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// tileReader reads tiles for the verifying reader of the Go checksum
// database's library. err keeps why a tile could not be had, to tell it from
// a tile that does not fit.
type tileReader struct {
	ctx context.Context
	log *Log
	err error
}

var _ tlog.TileReader = (*tileReader)(nil)

func (r *tileReader) Height() int                     { return tileHeight }
func (r *tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(tiles))
	for i, t := range tiles {
		data, err := r.log.tile(r.ctx, t)
		if err != nil {
			if r.err == nil {
				r.err = err
			}
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}

// tile reads one tile, each once.
func (l *Log) tile(ctx context.Context, t tlog.Tile) ([]byte, error) {
	path := "/tile/" + strconv.Itoa(t.L) + "/" + place(t.N, t.W)
	if data, ok := l.tiles[path]; ok {
		return data, nil
	}
	data, err := l.get(ctx, path, maxTile)
	if _, none := errors.AsType[*None](err); none && t.W < tileWidth {
		// A log may drop a partial tile once the full one is there.
		full := "/tile/" + strconv.Itoa(t.L) + "/" + place(t.N, tileWidth)
		var fullErr error
		if data, fullErr = l.get(ctx, full, maxTile); fullErr == nil {
			data, err = data[:min(len(data), t.W*tlog.HashSize)], nil
		}
	}
	if none, ok := errors.AsType[*None](err); ok {
		return nil, &Lie{"the checkpoint stands on tiles that are not served: " + none.What}
	}
	if err != nil {
		return nil, err
	}
	if want := t.W * tlog.HashSize; len(data) != want {
		return nil, &Lie{fmt.Sprintf("%s is no tile: it has %d bytes and should have %d", path, len(data), want)}
	}
	l.tiles[path] = data
	return data, nil
}

// place writes a tile's index in groups of three digits, and its width if it
// is a partial one.
func place(n int64, width int) string {
	digits := fmt.Sprintf("%03d", n)
	for len(digits)%3 != 0 {
		digits = "0" + digits
	}
	var b strings.Builder
	for ; len(digits) > 3; digits = digits[3:] {
		b.WriteString("x" + digits[:3] + "/")
	}
	b.WriteString(digits)
	if width < tileWidth {
		b.WriteString(".p/" + strconv.Itoa(width))
	}
	return b.String()
}

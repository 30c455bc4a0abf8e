package keep

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// head is what is signed of the log; size is 0 if nothing is yet.
type head struct {
	size             int64
	signed, cosigned []byte
}

// readHead reads the checkpoint. Whether its signature holds is for the one
// who verifies; here it only says how many entries the tiles must cover.
func readHead(ctx context.Context, files journal.Files) (head, error) {
	// The cosigned one first: it is never newer than the other.
	cosigned, err := optional(files.Get(ctx, "checkpoint.cosigned"))
	if err != nil {
		return head{}, err
	}
	signed, err := optional(files.Get(ctx, "checkpoint"))
	if err != nil || len(signed) == 0 {
		return head{}, err
	}
	text, _, _ := strings.Cut(string(signed), "\n\n")
	c, err := tlog.ParseCheckpoint(text + "\n")
	if err != nil {
		return head{}, assay.Wrap(assay.Unsound, err, "the log's checkpoint cannot be read: run assay log verify")
	}
	return head{size: c.Size, signed: signed, cosigned: cosigned}, nil
}

// writeLog writes the log's files as of a checkpoint, from the database, and
// returns their names in the backup. The live files may be those of a larger
// tree already.
func writeLog(ctx context.Context, from store.Store, at head, to string) (names []string, err error) {
	if at.size == 0 {
		return nil, nil
	}
	if err := os.RemoveAll(to); err != nil { // of an earlier attempt
		return nil, onDisk(err, to)
	}
	files, err := journal.OpenDirectory(to)
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, files.Close(), os.RemoveAll(filepath.Join(to, "tmp")))
	}()
	put := func(name string, data []byte) error {
		names = append(names, folderLog+"/"+name)
		return files.Put(ctx, name, data)
	}
	for _, tile := range tlog.NewTiles(0, at.size) {
		var data []byte
		err := from.View(ctx, func(tx store.Tx) (err error) {
			data, err = tileData(ctx, tx, tile)
			return err
		})
		if err == nil {
			err = put(tile.Path(), data)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(at.cosigned) > 0 {
		if err := put("checkpoint.cosigned", at.cosigned); err != nil {
			return nil, err
		}
	}
	return names, put("checkpoint", at.signed)
}

func tileData(ctx context.Context, tx store.Log, tile tlog.Tile) ([]byte, error) {
	if !tile.Entries {
		return merkle.ReadTileData(tile.Of(), merkle.HashReaderFunc(func(indexes []int64) ([]merkle.Hash, error) {
			read, err := tx.LogHashes(ctx, indexes)
			hashes := make([]merkle.Hash, len(read))
			for i := range read {
				hashes[i] = read[i]
			}
			return hashes, err
		}))
	}
	records, err := tx.LogEntries(ctx, tile.N*tlog.Width, tile.Width)
	if err != nil {
		return nil, err
	}
	if len(records) != tile.Width {
		return nil, assay.Errorf(assay.Unsound, "the database lacks entries of the log that were signed: run assay log verify")
	}
	var bundle []byte
	for i := range records {
		if bundle, err = tlog.AppendEntry(bundle, records[i].Leaf); err != nil {
			return nil, err
		}
	}
	return bundle, nil
}

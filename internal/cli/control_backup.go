package cli

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/keep"
	"assay.invalid/internal/server/api"
)

// Backup implements api.Backing.
func (c *control) Backup(ctx context.Context, b api.NewBackup, progress api.Progress) (api.Backup, error) {
	h := c.house
	if !assay.PrincipalOf(ctx).Admin {
		return api.Backup{}, assay.Errorf(assay.Forbidden, "only an administrator makes backups: there is everything in them")
	}
	done, err := h.alone("a backup")
	if err != nil {
		return api.Backup{}, err
	}
	defer done()
	if err := h.openLogFiles(); err != nil {
		return api.Backup{}, err
	}
	blobs, err := h.openBlobs()
	if err != nil {
		return api.Backup{}, err
	}
	source := keep.Source{
		Path: h.dir.Path(), Store: h.store.Store, Blobs: blobs, BlobFiles: h.dir.Blobs(), Log: h.logFiles,
		Instance: h.kept.instance, Now: h.now, Progress: progress, Journal: h.log,
	}
	if b.WithKey {
		source.LogKey = h.dir.LogKey()
	}
	m, err := keep.Backup(ctx, source, b.Directory)
	if err != nil {
		return api.Backup{}, err
	}
	return api.Backup{Directory: b.Directory, LogEntries: m.Entries, Blobs: m.Blobs(), Bytes: m.Bytes(), WithKey: m.WithKey}, nil
}

package registry

import (
	"context"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// putRelease keeps a new release, or, where files are added to one that is
// there, what the first files could not say: Maven's manifest comes with the
// POM, which may be the last.
func (pl *Place) putRelease(ctx context.Context, tx store.Tx, r store.Release, adds bool) error {
	if !adds {
		return tx.PutRelease(ctx, r)
	}
	before, err := tx.Release(ctx, pl.name, r.Name, r.Version)
	if assay.Is(err, assay.NotFound) {
		return tx.PutRelease(ctx, r)
	}
	if err != nil {
		return err
	}
	if len(before.Manifest) > 0 || len(r.Manifest) == 0 {
		return nil
	}
	before.Manifest, before.Description = r.Manifest, r.Description
	return tx.PutRelease(ctx, before)
}

// maxPromises bounds the digests that a publisher may announce for one
// version.
const maxPromises = 256

// Promise keeps a digest that a publisher sends for a file.
func (pl *Place) Promise(ctx context.Context, name, version, file string, digest assay.Digest) error {
	if _, err := pl.mayPublish(ctx, name); err != nil {
		return err
	}
	key := store.FileKey{Registry: pl.name, Name: name, Version: version, File: file}
	row, err := pl.stored(ctx, key)
	switch {
	case err == nil && row.Origin == "":
		return pl.comparePromised(ctx, row, digest)
	case err == nil:
		return assay.Errorf(assay.Conflict, "%s was pulled from an upstream before the name was claimed", file)
	case !assay.Is(err, assay.NotFound):
		return err
	}
	return pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		if err := pl.checkClaimed(ctx, tx, name); err != nil {
			return err
		}
		if _, err := tx.File(ctx, key); err == nil {
			return assay.Errorf(assay.Conflict, "%s was published while its digest was sent: send the digest again", file)
		} else if !assay.Is(err, assay.NotFound) {
			return err
		}
		promises, err := tx.Promises(ctx, pl.name, name)
		if err != nil {
			return err
		}
		of := slices.DeleteFunc(promises, func(p store.Promise) bool { return p.Version != version })
		if len(of) >= maxPromises {
			return assay.Errorf(assay.TooLarge, "%d digests were sent for %s@%s, of files that never came: send the files first", len(of), name, version)
		}
		for _, p := range of {
			if p.File == file && p.Digest.Algorithm() == digest.Algorithm() && p.Digest != digest {
				return assay.Errorf(assay.Conflict, "another %s was sent before for %s, which never came: publish another version", digest.Algorithm(), file)
			}
		}
		return tx.PutPromises(ctx, pl.name, name, []store.Promise{{Version: version, File: file, Digest: digest}})
	})
}

// comparePromised holds a digest that came after its file against the bytes.
func (pl *Place) comparePromised(ctx context.Context, row store.File, digest assay.Digest) error {
	have := ""
	for _, d := range row.Digests {
		if d.Algorithm() == digest.Algorithm() {
			have = d.Value()
		}
	}
	if have == "" {
		var err error
		if have, err = pl.sum(ctx, row, digest.Algorithm()); err != nil {
			return err
		}
	}
	if have != digest.Value() {
		return assay.Errorf(assay.Conflict, "the %s that was sent for %s is not that of the bytes that are here (%s): it was damaged on its way, or is of another build; files never change, so publish another version", digest.Algorithm(), row.File, have)
	}
	return nil
}

// expectPromised adds to an upload the digests that were sent for its files
// before.
func (pl *Place) expectPromised(ctx context.Context, up *ecosystem.Upload) error {
	if !up.Adds {
		return nil
	}
	return pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		for i := range up.Files {
			f := &up.Files[i]
			promised, err := tx.PromisesFor(ctx, store.FileKey{Registry: pl.name, Name: up.Name, Version: up.Version, File: f.Name})
			if err != nil {
				return err
			}
			for _, d := range promised {
				if !slices.Contains(f.Digests, d) {
					f.Digests = append(slices.Clip(f.Digests), d)
				}
			}
		}
		return nil
	})
}

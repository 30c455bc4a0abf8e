package registry

import (
	"context"
	"slices"

	"assay.invalid/internal/admission"
	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
)

// admit judges an upload before anything of it is kept. It returns the
// candidate with the digests that were computed on the way.
func (pl *Place) admit(ctx context.Context, hosting ecosystem.Hosting, up *ecosystem.Upload) (*admission.Candidate, error) {
	existing, err := pl.existing(ctx, up.Name)
	if err != nil {
		return nil, err
	}
	if up.Adds { // the version itself may be there; its files may not
		existing = slices.DeleteFunc(existing, func(v string) bool { return v == up.Version })
	}
	c := &admission.Candidate{
		Coordinate: assay.Coordinate{Ecosystem: pl.eco, Name: up.Name, Version: up.Version},
		Grammar:    pl.grammar, Admissible: hosting.Admissible, Existing: existing,
		Manifest: up.Manifest, Tags: up.Tags,
		Inspect: func(context.Context) (admission.Report, error) {
			in, err := hosting.Inspect(up)
			return admission.Report{Name: in.Name, Version: in.Version, Manifest: in.Manifest, Disagreements: in.Disagreements}, err
		},
	}
	for i := range up.Files {
		f := &up.Files[i]
		c.Files = append(c.Files, admission.File{Name: f.Name, Content: f.Content, Size: f.Size, Digests: f.Digests,
			Structural: func(context.Context) ([]assay.Digest, error) {
				digests, err := pl.format.Check(ecosystem.File{Name: f.Name, Version: up.Version, ContentType: f.ContentType}, f.Content, f.Size)
				if assay.Is(err, assay.Unsound) { // the words are about an upstream's file
					err = assay.Wrap(assay.Invalid, err, "%s is not a file of the sort that it must be; pack it again", f.Name)
				}
				return digests, err
			}})
	}
	if err := pl.s.admission.Check(ctx, c); err != nil {
		return nil, err
	}
	return c, nil
}

// existing are the versions of a package that were ever published here.
func (pl *Place) existing(ctx context.Context, name string) ([]string, error) {
	var versions []string
	err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		versions = nil
		releases, err := tx.Releases(ctx, pl.name, name)
		for _, r := range releases {
			versions = append(versions, r.Version)
		}
		return err
	})
	return versions, err
}

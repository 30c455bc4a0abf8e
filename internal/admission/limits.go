package admission

import (
	"cmp"
	"context"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// Limits bound what one publication may carry. A zero field means its
// default.
type Limits struct {
	File     int64          // bytes of one file; 256 MiB
	Total    int64          // bytes of all files; 512 MiB
	Files    int            // files of one version; 32
	Manifest int64          // bytes of the manifest sent beside; 4 MiB
	Tags     int            // tags set at once; 16
	Versions int            // versions of one package, removed ones too; 20,000
	Archive  archive.Limits // for archives that the pipeline itself walks
}

func (l Limits) withDefaults() Limits {
	l.File = cmp.Or(l.File, 256<<20)
	l.Total = cmp.Or(l.Total, 512<<20)
	l.Files = cmp.Or(l.Files, 32)
	l.Manifest = cmp.Or(l.Manifest, 4<<20)
	l.Tags = cmp.Or(l.Tags, 16)
	l.Versions = cmp.Or(l.Versions, 20_000)
	return l
}

type limitsStep struct{ limits Limits }

func (limitsStep) Name() string { return "limits" }

func (s limitsStep) Check(_ context.Context, c *Candidate) error {
	l := s.limits
	switch {
	case len(c.Files) == 0:
		return assay.Errorf(assay.Invalid, "it has no file: a version is published with its archive")
	case len(c.Files) > l.Files:
		return assay.Errorf(assay.TooLarge, "it has %d files; the limit is %d", len(c.Files), l.Files)
	case int64(len(c.Manifest)) > l.Manifest:
		return assay.Errorf(assay.TooLarge, "its manifest has %d bytes; the limit is %d", len(c.Manifest), l.Manifest)
	case len(c.Tags) > l.Tags:
		return assay.Errorf(assay.TooLarge, "it sets %d tags at once; the limit is %d", len(c.Tags), l.Tags)
	case len(c.Existing) >= l.Versions:
		// Every listing carries all versions: their number is what each
		// reader pays.
		return assay.Errorf(assay.TooLarge, "the package has %d versions already; the limit is %d", len(c.Existing), l.Versions)
	}
	total := int64(0)
	seen := map[string]bool{}
	for i := range c.Files {
		f := &c.Files[i]
		switch {
		case f.Size <= 0:
			return assay.Errorf(assay.Invalid, "the file %s is empty", f.Name)
		case f.Size > l.File:
			return assay.Errorf(assay.TooLarge, "the file %s has %d bytes; the limit is %d", f.Name, f.Size, l.File)
		case seen[f.Name]:
			return assay.Errorf(assay.Invalid, "the file %s was sent twice", f.Name)
		}
		seen[f.Name] = true
		total += f.Size // each is bounded, and so is their number
	}
	if total > l.Total {
		return assay.Errorf(assay.TooLarge, "its files have %d bytes together; the limit is %d", total, l.Total)
	}
	return nil
}

package wire

import (
	"bytes"
	"context"
	"io"
	"strings"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// InspectLimits bound what reading a tarball that somebody publishes may cost.
type InspectLimits struct {
	Archive  archive.Limits
	Manifest int64 // bytes of the package.json inside
	Depth    int   // levels of nesting in it
	Keys     int64 // keys in it
}

// DefaultInspectLimits fit the largest packages that people publish.
func DefaultInspectLimits() InspectLimits {
	return InspectLimits{
		Archive:  archive.Limits{Packed: 64 << 20, Unpacked: 512 << 20, Entry: 256 << 20, Entries: 50_000},
		Manifest: 4 << 20,
		Depth:    64,
		Keys:     100_000,
	}
}

// Contents is what a tarball holds, as far as it decides something. Paths are
// those below the one top folder, which npm drops when it unpacks.
type Contents struct {
	Manifest []byte   // package.json, without a byte order mark
	Files    []string // all files, in the archive's order
}

// Inspect reads a tarball as npm would unpack it. npm drops the first segment
// of every path, whatever it is, so a second top folder would lay its files
// over those of the first: there must be one. Errors are Invalid or TooLarge.
func Inspect(ctx context.Context, content io.ReaderAt, size int64, limits InspectLimits) (*Contents, error) {
	c := &Contents{}
	top, found := "", false
	err := archive.WalkTarGz(ctx, content, size, limits.Archive, func(e *archive.Entry) error {
		first, rest, below := strings.Cut(e.Name, "/")
		if top == "" {
			top = first
		}
		switch {
		case first != top:
			return assay.Errorf(assay.Invalid, "the tarball holds %q and %q: npm lays both over each other, so there must be one top folder", clip(top, 100), clip(first, 100))
		case e.Kind == archive.Symlink || e.Kind == archive.Hardlink:
			// npm leaves links out when it unpacks: what was reviewed would
			// not be what is installed.
			return assay.Errorf(assay.Invalid, "the tarball holds a %s, %q, which npm would not unpack", e.Kind, clip(e.Name, 100))
		case e.Kind == archive.Folder:
			return nil
		case !below:
			return assay.Errorf(assay.Invalid, "the tarball holds %q outside a folder, which npm would not unpack", clip(e.Name, 100))
		}
		c.Files = append(c.Files, rest)
		if rest != "package.json" {
			return nil
		}
		if e.Size > limits.Manifest {
			return assay.Errorf(assay.TooLarge, "the package.json in the tarball has %d bytes; the limit is %d", e.Size, limits.Manifest)
		}
		raw, err := io.ReadAll(e.Content)
		c.Manifest, found = bytes.TrimPrefix(raw, []byte("\ufeff")), true
		return err
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, assay.Errorf(assay.Invalid, "the tarball holds no package.json in its top folder")
	}
	if err := checkInside(c.Manifest, limits); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the package.json in the tarball cannot be taken: %s", brief(err))
	}
	return c, nil
}

// checkInside refuses what two parsers could read differently.
func checkInside(raw []byte, limits InspectLimits) error {
	s := newScanner(bytes.NewReader(raw), limits.Depth, limits.Manifest, limits.Keys)
	seen := watch{names: manifestKeys}
	err := s.object(func(key []byte, _ int64) error {
		if err := seen.see(key); err != nil {
			return err
		}
		return s.skip()
	})
	if err != nil {
		return err
	}
	return s.end()
}

package wire

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// maxHeader bounds what is read and inflated to see the first tar header: a
// few kilobytes do for an honest file, and a bomb gets no further.
const maxHeader = 1 << 20

// CheckCrate verifies that content is a gzip stream that begins with a tar
// header below the folder that the file's name promises, as every .crate file
// does and Cargo demands of it. Errors are of kind Unsound; a failing reader
// is Internal.
func CheckCrate(file string, content io.ReaderAt, size int64) error {
	source := &sourceReader{r: io.NewSectionReader(content, 0, min(size, maxHeader))}
	err := firstHeader(source, strings.TrimSuffix(file, ".crate"))
	switch {
	case source.err != nil:
		return assay.Wrap(assay.Internal, source.err, "a crate that was just fetched cannot be read")
	case err != nil:
		return assay.Wrap(assay.Unsound, err, "the upstream's file is not the crate %s (gzip and tar): %s", clip(file, 300), brief(err))
	}
	return nil
}

func firstHeader(r io.Reader, folder string) error {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("it is not compressed with gzip: %w", err)
	}
	header, err := tar.NewReader(io.LimitReader(zr, maxHeader)).Next()
	switch {
	case err == io.EOF:
		return errors.New("it holds no files")
	case err != nil && !errors.Is(err, tar.ErrInsecurePath):
		return err
	}
	if first, _, _ := strings.Cut(header.Name, "/"); !strings.EqualFold(first, folder) {
		return fmt.Errorf("its first entry is %q, which lies outside the folder %s", clip(header.Name, 100), clip(folder, 300))
	}
	return nil
}

// Inspect reads a .crate file that somebody publishes, as Cargo would unpack
// it, and returns the Cargo.toml inside. folder is the one top folder that it
// must have: the crate's name as its publisher spells it, a hyphen and the
// version. Errors are Invalid or TooLarge.
func Inspect(ctx context.Context, content io.ReaderAt, size int64, folder string, limits InspectLimits) ([]byte, error) {
	var manifest []byte
	found := false
	err := archive.WalkTarGz(ctx, content, size, limits.Archive, func(e *archive.Entry) error {
		first, rest, below := strings.Cut(e.Name, "/")
		switch {
		case first != folder:
			// Cargo refuses such a file when it unpacks it, so nobody could
			// use the version, and it could not be published again.
			return assay.Errorf(assay.Invalid, "the crate holds %q, and everything in it must lie below %s/: make it with cargo package", clip(e.Name, 100), folder)
		case e.Kind == archive.Symlink || e.Kind == archive.Hardlink:
			// A link that is unpacked before what is written through it leads
			// out of the folder (CVE-2022-36113).
			return assay.Errorf(assay.Invalid, "the crate holds a %s, %q: crates hold files alone", e.Kind, clip(e.Name, 100))
		case e.Kind == archive.Folder:
			return nil
		case !below:
			return assay.Errorf(assay.Invalid, "the crate holds a file %q in place of its folder", clip(e.Name, 100))
		case rest == ".cargo-ok":
			// Cargo writes this file itself to mark what it has unpacked.
			return assay.Errorf(assay.Invalid, "the crate holds the file .cargo-ok, with which Cargo marks crates that it has unpacked: leave it out")
		case rest != "Cargo.toml":
			return nil
		case e.Size > limits.Manifest:
			return assay.Errorf(assay.TooLarge, "the Cargo.toml in the crate has %d bytes; the limit is %d", e.Size, limits.Manifest)
		}
		raw, err := io.ReadAll(e.Content)
		manifest, found = raw, true
		return err
	})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, assay.Errorf(assay.Invalid, "the crate holds no %s/Cargo.toml: make it with cargo package", folder)
	}
	return manifest, nil
}

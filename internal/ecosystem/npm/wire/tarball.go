package wire

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"assay.invalid/internal/assay"
)

// maxHeader bounds what is read and inflated to see the first tar header: a
// few kilobytes do for an honest file, and a bomb gets no further.
const maxHeader = 1 << 20

// CheckTarball verifies that content is a gzip stream that begins with a tar
// header, as every npm tarball does. An error page or a cut download that
// carries the right length is told apart by this where no digest is promised.
// Errors are of kind Unsound; a failing reader is Internal.
func CheckTarball(content io.ReaderAt, size int64) error {
	source := &sourceReader{r: io.NewSectionReader(content, 0, min(size, maxHeader))}
	err := firstHeader(source)
	switch {
	case source.err != nil:
		return assay.Wrap(assay.Internal, source.err, "a tarball that was just fetched cannot be read")
	case err != nil:
		return assay.Wrap(assay.Unsound, err, "the upstream's file is no npm tarball (gzip and tar): %s", brief(err))
	}
	return nil
}

func firstHeader(r io.Reader) error {
	zr, err := gzip.NewReader(r)
	if err != nil {
		return fmt.Errorf("it is not compressed with gzip: %w", err)
	}
	switch _, err := tar.NewReader(io.LimitReader(zr, maxHeader)).Next(); {
	case err == io.EOF:
		return errors.New("it holds no files")
	case err != nil && !errors.Is(err, tar.ErrInsecurePath):
		return err
	}
	return nil
}

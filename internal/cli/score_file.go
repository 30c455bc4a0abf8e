package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"assay.invalid/internal/assay"
)

// maxCardFile bounds what is read of a card, in bytes; what is more is no
// card. maxAssessmentFile bounds an assessment, which is typed by people.
const (
	maxCardFile       = 32 << 20
	maxAssessmentFile = 2 << 20
)

// readBounded reads a file, or the standard input for "-". One byte more than
// the bound is read, so that whoever reads it sees that it is too large.
func (p *program) readBounded(name string, limit int64) ([]byte, error) {
	r := p.stdin
	if name != "-" {
		f, err := os.Open(name)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil, assay.Errorf(assay.NotFound, "there is no file %s", name)
		case err != nil:
			return nil, assay.Wrap(assay.Forbidden, err, "%s cannot be read", name)
		}
		defer f.Close()
		r = f
	}
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "%s cannot be read", name)
	}
	return raw, nil
}

// writeWhole puts a file in place in one step: whoever reads it sees the old
// one or the new one, and a full disk leaves the old one alone.
func writeWhole(name string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return assay.Wrap(assay.Forbidden, err, "%s cannot be written", name)
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return assay.Wrap(assay.Forbidden, errors.Join(err, os.Remove(f.Name())), "%s cannot be written", name)
	}
	return nil
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, content []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	switch {
	case errors.Is(err, os.ErrExist):
		return assay.Errorf(assay.Conflict, "%s is there already, and is not written over: name another file, or move it away", name)
	case err != nil:
		return assay.Wrap(assay.Forbidden, err, "%s cannot be written", name)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err != nil {
		return assay.Wrap(assay.Forbidden, errors.Join(err, os.Remove(name)), "%s cannot be written", name)
	}
	return nil
}

package adopt

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"assay.invalid/internal/assay"
)

// maxSettings bounds a settings file.
const maxSettings = 1 << 20

// readSmall reads a regular file of at most so many bytes. One that is not
// there is NotFound; one that is something else, or larger, is Unsound.
func readSmall(name string, limit int64) ([]byte, error) {
	// Without waiting: a named pipe in the file's place must not hold up the
	// start.
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil, assay.Wrap(assay.NotFound, err, "there is no file %s", filepath.Base(name))
		}
		return nil, assay.Wrap(assay.Unavailable, err, "%s cannot be read", filepath.Base(name))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "%s cannot be read", filepath.Base(name))
	}
	if !info.Mode().IsRegular() {
		return nil, assay.Errorf(assay.Unsound, "%s is no regular file", filepath.Base(name))
	}
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	switch {
	case err != nil:
		return nil, assay.Wrap(assay.Unavailable, err, "%s cannot be read", filepath.Base(name))
	case int64(len(content)) > limit:
		return nil, assay.Errorf(assay.Unsound, "%s has more than %d bytes", filepath.Base(name), limit)
	}
	return content, nil
}

// shown is a file's name for people: below the home directory it begins
// with ~.
func (c Config) shown(name string) string {
	if rest, ok := strings.CutPrefix(name, variable(c.Env, "HOME")+"/"); ok && variable(c.Env, "HOME") != "" {
		return "~/" + rest
	}
	return name
}

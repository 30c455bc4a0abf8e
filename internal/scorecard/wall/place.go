package wall

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// Place is where a site is written: a directory, or what stands for one.
// Names have slashes, and lead nowhere else.
type Place interface {
	// Read reads a file; the error is fs.ErrNotExist where there is none.
	Read(name string) ([]byte, error)
	// Write puts a file in place in one step, with the folders above it.
	// Whoever reads it sees the old bytes or the new ones.
	Write(name string, content []byte) error
	// Remove removes a file, and the folders above it that it leaves empty.
	Remove(name string) error
}

// manifestName lists what was written, as sha256sum does: so that a later
// build can tell its own files from those of others.
const manifestName = "wall-files.txt"

// Write writes a site, and removes the files of an earlier build that the
// site does not have any more. A file that no build of ours wrote, or that
// somebody changed since, is never written over and never removed: the error
// is of kind Conflict and names it, and nothing has been written then. It says
// how many files it wrote and removed; those that are there already, byte for
// byte, are left alone.
//
// A build that is interrupted leaves each file old or new; the next one
// carries it on.
func Write(ctx context.Context, to Place, s Site) (written, removed int, err error) {
	ours, err := readManifest(to)
	if err != nil {
		return 0, 0, err
	}
	var left []string
	intent := map[string][]string{}
	for name, sums := range ours {
		intent[name] = slices.Clone(sums)
	}
	for _, name := range s.Names() {
		have, err := to.Read(name)
		sum := digest(s[name])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			left = append(left, name)
		case err != nil:
			return 0, 0, assay.Wrap(assay.Forbidden, err, "%s of the site cannot be read", name)
		case bytes.Equal(have, s[name]):
		case !slices.Contains(ours[name], digest(have)):
			return 0, 0, assay.Errorf(assay.Conflict, "%s is there already, and is not what a build of a wall wrote: name an empty directory, or move it away", name)
		default:
			left = append(left, name)
		}
		if !slices.Contains(intent[name], sum) {
			intent[name] = append(intent[name], sum)
		}
	}
	// Written before the files: should the build be interrupted, the next
	// one knows both the old bytes and the new ones for its own.
	if err := put(to, manifestName, manifest(intent)); err != nil {
		return 0, 0, err
	}
	for _, name := range left {
		if err := ctx.Err(); err != nil {
			return written, removed, err
		}
		if err := put(to, name, s[name]); err != nil {
			return written, removed, err
		}
		written++
	}
	now := map[string][]string{}
	for name := range s {
		now[name] = []string{digest(s[name])}
	}
	for name, sums := range ours {
		if _, stays := s[name]; stays {
			continue
		}
		have, err := to.Read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil || !slices.Contains(sums, digest(have)) {
			continue // somebody else's by now
		}
		if err := to.Remove(name); err != nil {
			return written, removed, assay.Wrap(assay.Forbidden, err, "%s, which is no longer part of the site, cannot be removed", name)
		}
		removed++
	}
	return written, removed, put(to, manifestName, manifest(now))
}

func put(to Place, name string, content []byte) error {
	if err := to.Write(name, content); err != nil {
		return assay.Wrap(assay.Forbidden, err, "%s of the site cannot be written", name)
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func manifest(sums map[string][]string) []byte {
	var lines []string
	for name, all := range sums {
		for _, sum := range all {
			lines = append(lines, sum+"  "+name+"\n")
		}
	}
	slices.SortFunc(lines, func(a, b string) int { return cmp.Or(strings.Compare(a[64:], b[64:]), strings.Compare(a, b)) })
	return []byte(strings.Join(lines, ""))
}

// readManifest reads the list of an earlier build. A name that leads out of
// the site is refused: the list may have been changed by somebody who wants
// another file removed.
func readManifest(from Place) (map[string][]string, error) {
	raw, err := from.Read(manifestName)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]string{}, nil
	}
	if err != nil {
		return nil, assay.Wrap(assay.Forbidden, err, "%s of the site cannot be read", manifestName)
	}
	out := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for n := 1; lines.Scan(); n++ {
		sum, name, ok := strings.Cut(lines.Text(), "  ")
		if _, err := hex.DecodeString(sum); !ok || err != nil || len(sum) != 64 || !fs.ValidPath(name) || path.Clean(name) != name || name == "." || name == manifestName {
			return nil, assay.Errorf(assay.Conflict, "line %d of %s is not one that a build of a wall wrote: name an empty directory", n, manifestName)
		}
		out[name] = append(out[name], sum)
	}
	if err := lines.Err(); err != nil {
		return nil, assay.Wrap(assay.Conflict, fmt.Errorf("%s: %w", manifestName, err), "the list of the site's files cannot be read")
	}
	return out, nil
}

package wire

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
)

// CheckZip verifies that the content is the module zip of a version, by the
// rules of the module reference (https://go.dev/ref/mod#zip-files) that the
// go command applies before it unpacks, and returns its h1 digest, for which
// every file is read whole. Each check stops an attack:
//
//   - names outside <module>@<version>/ and unclean names: writing elsewhere;
//   - names equal but for case, or both file and directory: two files where
//     a reviewer sees one;
//   - sizes, of the whole, of all files and of the table of contents: bombs.
func CheckZip(name, version string, content io.ReaderAt, size int64, limits Limits) (assay.Digest, error) {
	digest, err := checkZip(name, version, content, size, limits)
	if err != nil {
		return "", assay.Errorf(assay.Unsound, "the upstream's zip of %s@%s is not a module zip: %v", name, version, err)
	}
	return digest, nil
}

func checkZip(name, version string, content io.ReaderAt, size int64, limits Limits) (assay.Digest, error) {
	if !Canonical(name, version) {
		return "", errors.New("the module cannot have that version")
	}
	if size > limits.Zip {
		return "", fmt.Errorf("it has %d bytes, over the limit of %d", size, limits.Zip)
	}
	r, err := openZip(content, size, limits.Directory)
	if err != nil {
		return "", err
	}
	if err := checkEntries(r.File, name+"@"+version+"/", limits); err != nil {
		return "", err
	}
	return hashZip(r.File)
}

// openZip reads the table of contents within a budget: a zip of nothing but
// entries would otherwise take many times its own size in memory.
func openZip(content io.ReaderAt, size, budget int64) (*zip.Reader, error) {
	b := &budgetReader{content: content}
	b.left.Store(budget)
	r, err := zip.NewReader(b, size)
	if err != nil {
		return nil, err
	}
	b.open.Store(true)
	return r, nil
}

// budgetReader fails once more has been read than the budget, until it is
// opened.
type budgetReader struct {
	content io.ReaderAt
	left    atomic.Int64
	open    atomic.Bool
}

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if !b.open.Load() && b.left.Add(-int64(len(p))) < 0 {
		return 0, errors.New("its table of contents is too large")
	}
	return b.content.ReadAt(p, off)
}

func checkEntries(entries []*zip.File, prefix string, limits Limits) error {
	names := names{left: limits.Names, places: map[string]place{}}
	left := limits.Unpacked
	for _, entry := range entries {
		rel, ok := strings.CutPrefix(entry.Name, prefix)
		if !ok {
			return fmt.Errorf("it holds %.200q, which does not lie in %s", entry.Name, prefix)
		}
		if entry.UncompressedSize64 > uint64(left) {
			return fmt.Errorf("its files are larger than %d bytes together", limits.Unpacked)
		}
		left -= int64(entry.UncompressedSize64)
		if rel == "" {
			continue
		}
		if err := names.add(rel); err != nil {
			return fmt.Errorf("it holds %.200q: %w", rel, err)
		}
		if err := checkSpecial(rel, entry.UncompressedSize64); err != nil {
			return fmt.Errorf("it holds %.200q: %w", rel, err)
		}
	}
	return nil
}

// checkSpecial holds the rules for go.mod and LICENSE.
func checkSpecial(rel string, size uint64) error {
	if strings.HasSuffix(rel, "/") {
		return nil
	}
	if base := path.Base(rel); strings.EqualFold(base, "go.mod") && rel != "go.mod" {
		return errors.New("a module has one go.mod, in its root, in lower case")
	}
	if rel == "go.mod" && size > modzip.MaxGoMod || rel == "LICENSE" && size > modzip.MaxLICENSE {
		return errors.New("it is too large for that file")
	}
	return nil
}

// maxPath bounds the path of one file in a zip, in bytes; file systems have
// the same limit.
const maxPath = 4 << 10

// names finds entries that a file system cannot tell apart. The key is the
// name under case folding. The number of keys is bounded: a few long names
// of one-letter directories would otherwise fill the memory.
type names struct {
	left   int
	places map[string]place
}

type place struct {
	name string
	dir  bool
}

func (n *names) add(rel string) error {
	name, dir := strings.CutSuffix(rel, "/")
	if len(name) > maxPath {
		return fmt.Errorf("the name is longer than %d bytes", maxPath)
	}
	if path.Clean(name) != name {
		return errors.New("the name is not clean")
	}
	if err := module.CheckFilePath(name); err != nil {
		return fmt.Errorf("the name cannot be one: %s", cause(err))
	}
	// Folding keeps slashes, so the key of a parent is a part of the key: no
	// copy is made for it.
	key := fold(name)
	for {
		old, taken := n.places[key]
		switch {
		case !taken:
			if n.left--; n.left < 0 {
				return errors.New("there are too many files and directories")
			}
			n.places[key] = place{name, dir}
		case old.name != name:
			return fmt.Errorf("%.200q differs from it in case alone", old.name)
		case old.dir != dir:
			return errors.New("it is both a file and a directory")
		case !dir:
			return errors.New("it is there twice")
		default:
			return nil // a directory that is known, and its parents with it
		}
		if name = path.Dir(name); name == "." {
			return nil
		}
		key, dir = path.Dir(key), true
	}
}

// fold maps names that are equal under Unicode case folding to the same
// text: the smallest rune of each orbit.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			if 'A' <= r && r <= 'Z' {
				return r + ('a' - 'A')
			}
			if r != 'k' && r != 's' && !('a' <= r && r <= 'z') {
				return r
			}
		}
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if 'A' <= least && least <= 'Z' {
			return least + ('a' - 'A')
		}
		return least
	}, s)
}

// hashZip computes h1 as the go command does: over all entries, directories
// too, each read in full, so that sizes and checksums are verified as well.
func hashZip(entries []*zip.File) (assay.Digest, error) {
	list := make([]string, 0, len(entries))
	byName := make(map[string]*zip.File, len(entries))
	for _, entry := range entries {
		list = append(list, entry.Name)
		byName[entry.Name] = entry
	}
	sum, err := dirhash.Hash1(list, func(name string) (io.ReadCloser, error) { return byName[name].Open() })
	if err != nil {
		return "", err
	}
	return assay.Digest(sum), nil
}

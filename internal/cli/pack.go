package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang"
)

// packed is a module zip that is ready to be published.
type packed struct {
	path, version string
	size          int64
	h1            assay.Digest
	notes         []string // what the person should know
}

// packDirectory makes the zip of a module from a directory as it is.
func packDirectory(ctx context.Context, env []string, zip *os.File, dir, version string) (packed, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return packed{}, assay.Wrap(assay.Invalid, err, "the directory %s has no absolute path", dir)
	}
	text, err := readGoMod(filepath.Join(dir, "go.mod"))
	if err != nil {
		return packed{}, err
	}
	m, err := modulePath(text, version)
	if err != nil {
		return packed{}, err
	}
	files, notes, err := filesOf(dir)
	if err != nil {
		return packed{}, err
	}
	if err := modzip.Create(zip, module.Version{Path: m.path, Version: m.version}, files); err != nil {
		return packed{}, notPacked(err)
	}
	m.notes = append(notes, repository{env: env, dir: dir}.beside(ctx, files)...)
	return m.close(zip)
}

// packTag makes the zip of a module from a tag of the git repository that the
// directory lies in.
func packTag(ctx context.Context, env []string, zip *os.File, dir, tag string) (packed, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return packed{}, assay.Wrap(assay.Invalid, err, "the directory %s has no absolute path", dir)
	}
	repo := repository{env: env, dir: dir}
	root, below, err := repo.root(ctx)
	if err != nil {
		return packed{}, err
	}
	version := tag[strings.LastIndexByte(tag, '/')+1:]
	text, err := readGoMod(filepath.Join(dir, "go.mod"))
	if err != nil {
		return packed{}, err
	}
	// The directory only says which tag is meant; the tag's own go.mod counts.
	now, err := modulePath(text, version)
	if err != nil {
		return packed{}, err
	}
	wanted := path.Join(tagPrefix(below, now.path), version)
	if tag != version && tag != wanted {
		return packed{}, assay.Errorf(assay.Invalid, "%s is no tag of the module %s: the go command looks for its version %s at the tag %s", tag, now.path, version, wanted)
	}
	commit, err := repo.commit(ctx, wanted)
	if err != nil {
		return packed{}, err
	}
	if text, err = repo.show(ctx, commit, path.Join(below, "go.mod")); err != nil {
		return packed{}, err
	}
	m, err := modulePath(text, version)
	if err != nil {
		return packed{}, err
	}
	if m.path != now.path {
		return packed{}, assay.Errorf(assay.Invalid, "the go.mod of the tag %s declares the module %s, and the one in the directory %s: check out the tag, then publish it", wanted, m.path, now.path)
	}
	if err := modzip.CreateFromVCS(zip, module.Version{Path: m.path, Version: m.version}, root, commit, below); err != nil {
		if unknown := new(modzip.UnrecognizedVCSError); errors.As(err, &unknown) {
			return packed{}, assay.Wrap(assay.Invalid, err, "%s is not the root of a git repository with its own .git directory: publish from the main work tree", root)
		}
		return packed{}, notPacked(err)
	}
	if changed, err := repo.changed(ctx); err == nil && changed {
		m.notes = append(m.notes, fmt.Sprintf("the work tree has changes that are not in the tag %s; they are not published", wanted))
	}
	return m.close(zip)
}

// tagPrefix is what stands before the version in the tags of a module in a
// directory of its repository: the directory, without a last part that only
// stands for the major version (https://go.dev/ref/mod#vcs-version).
func tagPrefix(below, name string) string {
	if _, major, ok := module.SplitPathVersion(name); ok && strings.HasPrefix(major, "/") && path.Base(below) == major[1:] {
		below = path.Dir(below)
	}
	if below == "." {
		return ""
	}
	return below
}

// close ends the packing: the zip is measured and hashed.
func (m packed) close(zip *os.File) (packed, error) {
	info, err := zip.Stat()
	if err == nil {
		m.size = info.Size()
		var sum string
		sum, err = dirhash.HashZip(zip.Name(), dirhash.Hash1)
		m.h1 = assay.Digest(sum)
	}
	if err != nil {
		return packed{}, assay.Wrap(assay.Internal, err, "the zip cannot be read back")
	}
	return m, nil
}

// notPacked says what the go command's rules do not let into a zip.
func notPacked(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return assay.Wrap(assay.Forbidden, err, "the module cannot be packed")
	}
	return assay.Wrap(assay.Invalid, err, "the go command would not take a zip of this module")
}

// maxGoMod bounds the go.mod file that is read here, in bytes.
const maxGoMod = modzip.MaxGoMod

func readGoMod(name string) ([]byte, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, assay.Errorf(assay.NotFound, "there is no go.mod file at %s: publish from the directory of a Go module, or name it", filepath.Dir(name))
	}
	if err != nil {
		return nil, assay.Wrap(assay.Forbidden, err, "%s cannot be read", name)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxGoMod+1))
	switch {
	case err != nil:
		return nil, assay.Wrap(assay.Forbidden, err, "%s cannot be read", name)
	case len(text) > maxGoMod:
		return nil, assay.Errorf(assay.TooLarge, "%s is larger than a go.mod file may be", name)
	}
	return text, nil
}

// modulePath reads the module path, and checks it and the version by the
// rules for what is published, before anything is packed or sent.
func modulePath(text []byte, version string) (packed, error) {
	name := modfile.ModulePath(text)
	if name == "" {
		return packed{}, assay.Errorf(assay.Invalid, "the go.mod file declares no module: its first line is like 'module corp.example/kettle'")
	}
	if err := golang.Admissible(name, version); err != nil {
		return packed{}, err
	}
	return packed{path: name, version: version}, nil
}

// sourceFile is a file of a directory that is packed.
type sourceFile struct {
	name string // the place on disk
	path string // in the module, with slashes
	info fs.FileInfo
}

func (f sourceFile) Path() string                 { return f.path }
func (f sourceFile) Lstat() (fs.FileInfo, error)  { return f.info, nil }
func (f sourceFile) Open() (io.ReadCloser, error) { return os.Open(f.name) }

// versionControl are directories that the go command never packs.
var versionControl = []string{".bzr", ".git", ".hg", ".svn"}

// dataMark is a file that stands in every data directory.
const dataMark = "assay.db"

// filesOf lists what modzip.Create is offered of a directory; it leaves out
// more by the go command's rules (vendored packages, links, nested modules).
// A data directory of Assay is left out here: 'assay serve' makes one where
// it is started, and its database and keys must not become part of a package.
func filesOf(dir string) (files []modzip.File, notes []string, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch {
			case rel == ".":
			case slices.Contains(versionControl, entry.Name()):
				return filepath.SkipDir
			case has(name, dataMark):
				notes = append(notes, filepath.ToSlash(rel)+" is a data directory of Assay and is left out")
				return filepath.SkipDir
			case has(name, "go.mod"):
				return filepath.SkipDir // a module of its own
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files = append(files, sourceFile{name: name, path: filepath.ToSlash(rel), info: info})
		return nil
	})
	if err != nil {
		return nil, nil, assay.Wrap(assay.Forbidden, err, "the directory %s cannot be read", dir)
	}
	return files, notes, nil
}

// has tells whether a directory holds a file of that name.
func has(dir, name string) bool {
	info, err := os.Lstat(filepath.Join(dir, name))
	return err == nil && !info.IsDir()
}

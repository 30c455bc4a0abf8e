package golang

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

var _ ecosystem.Hosting = (*format)(nil)

// NewUpload makes the upload of a version from its module zip, and returns
// its h1 digest. The go.mod file is the one in the zip, so that the two
// cannot differ; the .info is dated at, the moment of publishing by the
// server's clock, and not by what an author says of a commit. The zip is read
// whole here; content must go on to be readable until the upload is done.
// Errors are Invalid or TooLarge.
func NewUpload(name, version string, content io.ReaderAt, size int64, at time.Time) (*ecosystem.Upload, assay.Digest, error) {
	return newUpload(name, version, content, size, at, wire.DefaultLimits())
}

func newUpload(name, version string, content io.ReaderAt, size int64, at time.Time, limits wire.Limits) (*ecosystem.Upload, assay.Digest, error) {
	if err := wire.Admissible(name, version); err != nil {
		return nil, "", err
	}
	published, err := wire.ReadPublished(name, version, content, size, limits)
	if err != nil {
		return nil, "", err
	}
	info, err := wire.ComposeInfo(version, at)
	if err != nil {
		return nil, "", assay.Wrap(assay.Internal, err, "the description of %s@%s cannot be written", name, version)
	}
	file := func(ext, contentType string, content io.ReaderAt, size int64) ecosystem.UploadFile {
		return ecosystem.UploadFile{Name: version + ext, ContentType: contentType, Content: content, Size: size}
	}
	return &ecosystem.Upload{Name: name, Version: version, Files: []ecosystem.UploadFile{
		file(wire.Zip, zipType, content, size),
		file(wire.Mod, textType, bytes.NewReader(published.GoMod), int64(len(published.GoMod))),
		file(wire.Info, jsonType, bytes.NewReader(info), int64(len(info))),
	}}, published.H1, nil
}

// Admissible checks the path and version of a module that is to be published,
// before its zip is made. Errors are Invalid.
func Admissible(name, version string) error { return wire.Admissible(name, version) }

// Admissible implements ecosystem.Hosting.
func (f *format) Admissible(name, version string) error { return wire.Admissible(name, version) }

// Inspect implements ecosystem.Hosting. An upload is the version's .zip, then
// its .mod and its .info, and nothing else. A .mod that is not the zip's own
// go.mod is a disagreement: the go command would choose dependencies by the
// one and build with the other.
func (f *format) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	refuse := func(format string, args ...any) (ecosystem.Inspected, error) {
		return ecosystem.Inspected{}, assay.Errorf(assay.Invalid, format, args...)
	}
	if err := wire.Admissible(up.Name, up.Version); err != nil {
		return ecosystem.Inspected{}, err
	}
	if len(up.Files) != 3 || up.Files[0].Name != up.Version+wire.Zip || up.Files[1].Name != up.Version+wire.Mod || up.Files[2].Name != up.Version+wire.Info {
		return refuse("a version of a Go module is published as %[1]s.zip, %[1]s.mod and %[1]s.info, in that order, and nothing else", up.Version)
	}
	published, err := wire.ReadPublished(up.Name, up.Version, up.Files[0].Content, up.Files[0].Size, f.limits)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	mod, err := readUpload(up.Files[1], f.limits.Mod)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	text, err := readUpload(up.Files[2], f.limits.Info)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	info, err := wire.DecodeInfo(up.Name, up.Version, text, f.limits)
	if err != nil || info.Time.IsZero() {
		return refuse("the %s of %s does not say its version and time", up.Files[2].Name, up.Name)
	}
	inside := ecosystem.Inspected{Name: published.Path, Version: up.Version, Manifest: published.Manifest}
	if !bytes.Equal(mod, published.GoMod) {
		inside.Disagreements = append(inside.Disagreements, "go.mod")
	}
	return inside, nil
}

// checkUpload returns the h1 digest of an uploaded file. Which module it is
// of, and that it holds what it must, is for Inspect to judge, which sees all
// files of the upload; here a zip is checked as one of the module that it
// says it is of.
func (f *format) checkUpload(file ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	var h1 assay.Digest
	var err error
	switch file.Name {
	case file.Version + wire.Info:
		return nil, nil // has no h1
	case file.Version + wire.Mod:
		var text []byte
		if text, err = readUpload(ecosystem.UploadFile{Name: file.Name, Content: content, Size: size}, f.limits.Mod); err == nil {
			h1, err = wire.HashMod(text)
		}
	case file.Version + wire.Zip:
		var name string
		if name, err = wire.ModuleInZip(file.Version, content, size, f.limits); err == nil {
			h1, err = wire.CheckZip(name, file.Version, content, size, f.limits)
		}
	default:
		err = assay.Errorf(assay.Invalid, "%q is no file of a version %s", file.Name, file.Version)
	}
	if err != nil {
		return nil, err
	}
	return []assay.Digest{h1}, nil
}

func readUpload(file ecosystem.UploadFile, limit int64) ([]byte, error) {
	if file.Size < 0 || file.Size > limit {
		return nil, assay.Errorf(assay.TooLarge, "%s has %d bytes, over the limit of %d", file.Name, file.Size, limit)
	}
	text := make([]byte, file.Size)
	if n, err := file.Content.ReadAt(text, 0); int64(n) < file.Size {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, assay.Errorf(assay.Invalid, "%s is shorter than it says", file.Name)
		}
		return nil, assay.Wrap(assay.Internal, err, "%s cannot be read back", file.Name)
	}
	return text, nil
}

// Compose implements ecosystem.Hosting: the list, and @latest where there is
// a version, else nil.
func (f *format) Compose(name string, releases []ecosystem.Release, _ map[string]string) ([][]byte, error) {
	versions := make([]string, len(releases))
	published := make(map[string]time.Time, len(releases))
	for i, r := range releases {
		if !wire.Canonical(name, r.Version) {
			return nil, assay.Errorf(assay.Internal, "%s is kept with %q, which it cannot have as a version", name, r.Version)
		}
		versions[i] = r.Version
		published[r.Version] = r.Published
	}
	docs := [][]byte{wire.ComposeList(versions), nil}
	if newest := wire.Newest(versions); newest != "" {
		latest, err := wire.ComposeInfo(newest, published[newest])
		if err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the description of %s@%s cannot be written", name, newest)
		}
		docs[1] = latest
	}
	return docs, nil
}

// SetupClaims is the line beside Setup's that keeps claimed modules, given as
// paths or globs of them, from being looked up in a checksum database,
// which would learn their names. ok is false where there is nothing to set.
func SetupClaims(claims []string) (line ecosystem.SetupLine, ok bool) {
	patterns := wire.NoSumDB(claims)
	if len(patterns) == 0 {
		return ecosystem.SetupLine{}, false
	}
	return noSumDBLine(patterns), true
}

func noSumDBLine(patterns []string) ecosystem.SetupLine {
	return ecosystem.SetupLine{Client: "go", Line: "export GONOSUMDB=" + shellWord(strings.Join(patterns, ","))}
}

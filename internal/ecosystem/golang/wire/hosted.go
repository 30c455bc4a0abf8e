package wire

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/modfile"
	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
)

// Published is what a module zip that somebody wants to publish says.
type Published struct {
	Path  string       // as declared in go.mod; equal to the module's own
	GoMod []byte       // the go.mod file, which the version's .mod must equal
	H1    assay.Digest // of the zip, as go.sum has it
	// Manifest is the JSON of what go.mod says: module, go, deprecated,
	// require, retract.
	Manifest []byte
}

// ReadPublished reads the zip of a version that is to be published. All that
// CheckZip refuses is refused, and more, because whoever publishes can put it
// right:
//
//   - a go.mod file must be there and declare the module's own path, or the
//     version could be required under one name and import another;
//   - nothing but plain files and directories: a link would be followed by
//     other tools than the go command;
//   - nothing that the go command leaves out of the zips it makes (vendored
//     packages, version control's own files): a reviewer does not look there;
//   - nothing before the first entry: bytes that h1 does not cover could be
//     read as another kind of file.
//
// Errors are Invalid, or TooLarge.
func ReadPublished(name, version string, content io.ReaderAt, size int64, limits Limits) (Published, error) {
	refuse := func(err error) error {
		return assay.Errorf(assay.Invalid, "this is no module zip of %s@%s: %v", name, version, err)
	}
	if size > limits.Zip {
		return Published{}, assay.Errorf(assay.TooLarge, "the zip of %s@%s has %d bytes, over the limit of %d", name, version, size, limits.Zip)
	}
	var start [4]byte
	if _, err := content.ReadAt(start[:], 0); err != nil || string(start[:]) != "PK\x03\x04" {
		return Published{}, refuse(errors.New("it does not begin as a zip does"))
	}
	r, err := openZip(content, size, limits.Directory)
	if err != nil {
		return Published{}, refuse(err)
	}
	prefix := name + "@" + version + "/"
	if err := checkEntries(r.File, prefix, limits); err != nil {
		return Published{}, refuse(err)
	}
	var p Published
	if p.GoMod, err = readGoMod(r.File, prefix, limits.Mod); err != nil { // before anyone parses it: its size
		return Published{}, refuse(err)
	}
	if err := checkOwn(r.File, prefix); err != nil {
		return Published{}, refuse(err)
	}
	if err := p.describe(name, version); err != nil {
		return Published{}, refuse(err)
	}
	if p.H1, err = hashZip(r.File); err != nil { // reads all, so that bombs and broken files show
		return Published{}, refuse(err)
	}
	return p, nil
}

// ModuleInZip returns the module that a zip says it is of, by its first
// entry. CheckZip with that name proves that all entries say so.
func ModuleInZip(version string, content io.ReaderAt, size int64, limits Limits) (string, error) {
	if size > limits.Zip {
		return "", assay.Errorf(assay.TooLarge, "a module zip of %d bytes is over the limit of %d", size, limits.Zip)
	}
	r, err := openZip(content, size, limits.Directory)
	if err != nil {
		return "", assay.Errorf(assay.Invalid, "this is no module zip: %v", err)
	}
	if len(r.File) > 0 {
		if name, _, ok := strings.Cut(r.File[0].Name, "@"+version+"/"); ok && Canonical(name, version) {
			return name, nil
		}
	}
	return "", assay.Errorf(assay.Invalid, "this is no module zip of a version %s", version)
}

// checkOwn asks the go command's own library for the files that it would
// have put into the zip.
func checkOwn(entries []*zip.File, prefix string) error {
	var files []modzip.File
	for _, entry := range entries {
		mode, dir := entry.Mode(), strings.HasSuffix(entry.Name, "/")
		if !mode.IsRegular() && !(dir && mode.IsDir()) {
			return fmt.Errorf("it holds %.200q, which is neither a file nor a directory", entry.Name)
		}
		if !dir {
			files = append(files, zipEntry{strings.TrimPrefix(entry.Name, prefix), entry})
		}
	}
	checked, err := modzip.CheckFiles(files)
	if err != nil {
		return fmt.Errorf("%.300s", err)
	}
	if len(checked.Omitted) > 0 {
		first := checked.Omitted[0]
		return fmt.Errorf("it holds %.200q, which the go command leaves out of a module zip: %w", first.Path, first.Err)
	}
	return nil
}

// zipEntry is an entry under its path inside the module.
type zipEntry struct {
	path  string
	entry *zip.File
}

func (z zipEntry) Path() string                 { return z.path }
func (z zipEntry) Lstat() (fs.FileInfo, error)  { return z.entry.FileInfo(), nil }
func (z zipEntry) Open() (io.ReadCloser, error) { return z.entry.Open() }

func readGoMod(entries []*zip.File, prefix string, limit int64) ([]byte, error) {
	i := slices.IndexFunc(entries, func(e *zip.File) bool { return e.Name == prefix+"go.mod" })
	if i < 0 {
		return nil, errors.New("it has no go.mod in its root")
	}
	if entries[i].UncompressedSize64 > uint64(limit) {
		return nil, fmt.Errorf("its go.mod has %d bytes, over the limit of %d", entries[i].UncompressedSize64, limit)
	}
	f, err := entries[i].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(text)) > limit {
		return nil, errors.New("its go.mod is larger than it says")
	}
	return text, nil
}

// manifest is go.mod as JSON, in the order of the file.
type manifest struct {
	Module     string        `json:"module"`
	Go         string        `json:"go,omitempty"`
	Deprecated string        `json:"deprecated,omitempty"`
	Require    []requirement `json:"require,omitempty"`
	Retract    []retraction  `json:"retract,omitempty"`
}

type requirement struct {
	Path     string `json:"path"`
	Version  string `json:"version"`
	Indirect bool   `json:"indirect,omitempty"`
}

type retraction struct {
	Low       string `json:"low"`
	High      string `json:"high"`
	Rationale string `json:"rationale,omitempty"`
}

// describe reads go.mod strictly: what is published must be understood
// whole, not only as far as a dependency's is.
func (p *Published) describe(name, version string) error {
	if !utf8.Valid(p.GoMod) {
		return errors.New("its go.mod is not text")
	}
	f, err := modfile.Parse("go.mod", p.GoMod, nil)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return fmt.Errorf("its go.mod cannot be read: %s", short(first))
	}
	if f.Module == nil || f.Module.Mod.Path == "" {
		return errors.New("its go.mod declares no module")
	}
	if p.Path = f.Module.Mod.Path; p.Path != name {
		return fmt.Errorf("its go.mod declares the module %.200q and not %s: the go command would refuse it", p.Path, name)
	}
	m := manifest{Module: p.Path, Deprecated: f.Module.Deprecated}
	if f.Go != nil {
		m.Go = f.Go.Version
	}
	for _, r := range f.Require {
		m.Require = append(m.Require, requirement{r.Mod.Path, r.Mod.Version, r.Indirect})
	}
	for _, r := range f.Retract {
		m.Retract = append(m.Retract, retraction{r.Low, r.High, r.Rationale})
	}
	p.Manifest, err = json.Marshal(m)
	return err
}

// ComposeList makes the list document of a hosted module: its versions in
// order, oldest first.
func ComposeList(versions []string) []byte {
	sorted := slices.Clone(versions)
	slices.SortFunc(sorted, Grammar{}.Compare)
	var b bytes.Buffer
	_ = EncodeList(&b, slices.Compact(sorted)) // a bytes.Buffer takes everything
	return b.Bytes()
}

// ComposeInfo makes the .info document of a version. The time is given to
// the second, in UTC, as the go command prints it.
func ComposeInfo(version string, published time.Time) ([]byte, error) {
	return json.Marshal(struct {
		Version string
		Time    time.Time
	}{version, published.UTC().Truncate(time.Second)})
}

// Newest returns the version that the go command prefers, or "".
func Newest(versions []string) string {
	if len(versions) == 0 {
		return ""
	}
	return slices.MaxFunc(versions, Prefer)
}

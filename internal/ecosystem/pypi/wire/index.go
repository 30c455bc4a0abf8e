package wire

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"assay.invalid/internal/assay"
)

// Index is what stays in memory of a project's page: its versions and files.
// It is never changed once it was read.
type Index struct {
	Project  string
	Status   Status
	Versions []Version

	byVersion map[string]int32 // by what makes a difference, see version.key
	files     []Entry
	byName    []int32        // files in the order of their names
	dropped   map[int32]bool // places on the page whose entry was left out
	sized     bool           // every file says its size
	limits    Limits
	bytes     int64
}

// Version is one version of a project: all files whose versions are equal in
// order, whatever their spelling ("1.0" and "1.0.0"), because installers take
// them for one.
type Version struct {
	Version   string    // as the earliest of its files spells it
	Published time.Time // of the earliest file that has a date
	Yanked    string    // not empty if all of its files are
	// Scripts says whether installing runs code of the package: a source
	// archive is built, and its build is the package's own code.
	Scripts assay.Tristate
	Files   []int32
}

// Entry is one file of an index.
type Entry struct {
	Name           string
	Version        int32
	Yanked         bool
	Metadata       bool
	Digest         assay.Digest // the strongest that the page has
	MetadataDigest assay.Digest
	uploaded       int64  // in microseconds; 0 for none
	folder         string // the address without the name, where that ends it
	address        string // the address where it does not
	provenance     string
}

// URL is where the upstream has the file: an absolute address, or a reference
// relative to the origin's.
func (e *Entry) URL() string {
	if e.address != "" {
		return e.address
	}
	return e.folder + url.PathEscape(e.Name)
}

// Provenance is where the upstream has the file's provenance; "" for nowhere.
func (e *Entry) Provenance() string { return e.provenance }

// Uploaded is when the file was; zero where the page does not say.
func (e *Entry) Uploaded() time.Time {
	if e.uploaded == 0 {
		return time.Time{}
	}
	return time.UnixMicro(e.uploaded).UTC()
}

// File returns one file, by its place in a Version's Files.
func (x *Index) File(i int32) *Entry { return &x.files[i] }

// FindFile returns the file of that name, or nil.
func (x *Index) FindFile(name string) *Entry {
	i, ok := slices.BinarySearchFunc(x.byName, name, func(at int32, name string) int { return strings.Compare(x.files[at].Name, name) })
	if !ok {
		return nil
	}
	return &x.files[x.byName[i]]
}

// Find returns the place of a version, or -1. Another spelling of the same
// version finds it too.
func (x *Index) Find(version string) int {
	if i, ok := x.byVersion[keyOf(version)]; ok {
		return int(i)
	}
	return -1
}

// keyOf is the key of a version, or the text that has no order.
func keyOf(text string) string {
	if v, ok := parseVersion(text); ok {
		return v.key()
	}
	return text
}

// Bytes is roughly what the index holds in memory.
func (x *Index) Bytes() int64 { return x.bytes }

// Read makes the index of a project's page. A name that stands twice and
// means two files is Unsound: which of them an installer takes is chance.
// Files whose names cannot be those of files are left out.
func Read(content io.ReaderAt, size int64, project string, limits Limits) (*Index, error) {
	x := &Index{Project: project, limits: limits, sized: true, dropped: map[int32]bool{}, byVersion: map[string]int32{}}
	g := grouping{index: x, names: map[string]int32{}}
	page, err := Scan(content, size, project, limits, g.add)
	if err != nil {
		return nil, err
	}
	x.Status = page.Status
	g.finish()
	return x, nil
}

// grouping sorts files under versions while a page is read.
type grouping struct {
	index    *Index
	names    map[string]int32
	anywhere []bool // by version: a wheel for every platform
	wheels   []bool
	spelt    []int64 // by version: when the file was uploaded that spells it
	at       int32
	folder   string // of the file before: most share it
}

func (g *grouping) add(f *File) error {
	x, at := g.index, g.at
	g.at++
	if !ValidFile(f.Name) {
		x.dropped[at] = true
		return nil
	}
	if was, twice := g.names[f.Name]; twice {
		if e := &x.files[was]; e.URL() == f.URL && e.Digest == firstDigest(f) {
			x.dropped[at] = true
			return nil
		}
		return fmt.Errorf("it names the file %s twice, and means two different ones", f.Name)
	}
	name := ParseFile(x.Project, f.Name)
	v := g.version(name, f)
	e := Entry{
		Name: strings.Clone(f.Name), Version: v, Yanked: f.Yanked, Metadata: f.Metadata,
		Digest: firstDigest(f), MetadataDigest: f.MetadataDigest, provenance: strings.Clone(f.Provenance),
	}
	if !f.Uploaded.IsZero() {
		e.uploaded = f.Uploaded.UnixMicro()
	}
	if folder, ok := strings.CutSuffix(f.URL, url.PathEscape(f.Name)); ok {
		if folder != g.folder {
			g.folder = strings.Clone(folder)
		}
		e.folder = g.folder
	} else {
		e.address = strings.Clone(f.URL)
	}
	x.sized = x.sized && f.Size >= 0
	i := int32(len(x.files))
	g.names[e.Name] = i
	x.files = append(x.files, e)
	x.Versions[v].Files = append(x.Versions[v].Files, i)
	x.bytes += int64(len(e.Name)+len(e.Digest)+len(e.MetadataDigest)+len(e.folder)+len(e.address)+len(e.provenance)) + 200
	if f.Yanked && x.Versions[v].Yanked == "" {
		x.Versions[v].Yanked = f.YankedReason
	}
	return nil
}

func firstDigest(f *File) assay.Digest {
	if len(f.Digests) == 0 {
		return ""
	}
	return f.Digests[0]
}

// version finds or makes the version of a file.
func (g *grouping) version(name FileName, f *File) int32 {
	x, key := g.index, strings.Clone(keyOf(name.Version))
	stamp := int64(1<<63 - 1) // no date: any date is earlier
	if !f.Uploaded.IsZero() {
		stamp = f.Uploaded.UnixMicro()
	}
	v, known := x.byVersion[key]
	if !known {
		v = int32(len(x.Versions))
		x.byVersion[key] = v
		x.Versions = append(x.Versions, Version{Version: strings.Clone(name.Version)})
		x.bytes += int64(len(name.Version)) + 220
		g.anywhere, g.wheels, g.spelt = append(g.anywhere, false), append(g.wheels, false), append(g.spelt, stamp)
	} else if stamp < g.spelt[v] {
		g.spelt[v], x.Versions[v].Version = stamp, strings.Clone(name.Version)
	}
	g.anywhere[v] = g.anywhere[v] || name.Anywhere
	g.wheels[v] = g.wheels[v] || name.Kind == Wheel
	if p := &x.Versions[v].Published; !f.Uploaded.IsZero() && (p.IsZero() || f.Uploaded.Before(*p)) {
		*p = f.Uploaded
	}
	return v
}

// key is the version without what makes no difference: two versions with one
// key are equal in order.
func (v version) key() string {
	n := len(v.release)
	for n > 1 && v.release[n-1] == "0" {
		n--
	}
	v.release = v.release[:n]
	return v.String()
}

// finish is what can be said once all files are known.
func (g *grouping) finish() {
	x := g.index
	for i := range x.Versions {
		v := &x.Versions[i]
		switch {
		case g.anywhere[i]:
			v.Scripts = assay.No
		case !g.wheels[i]:
			v.Scripts = assay.Yes
		}
		yanked := true
		for _, f := range v.Files {
			yanked = yanked && x.files[f].Yanked
		}
		switch {
		case !yanked:
			v.Yanked = ""
		case v.Yanked == "":
			v.Yanked = "its author gives no reason"
		}
	}
	x.byName = make([]int32, len(x.files))
	for i := range x.byName {
		x.byName[i] = int32(i)
	}
	slices.SortFunc(x.byName, func(a, b int32) int { return strings.Compare(x.files[a].Name, x.files[b].Name) })
}

var errChanged = errors.New("the document is not the one that was read")

// rescan reads the page again, file by file with its entry. content must be
// what Read was given.
func (x *Index) rescan(content io.ReaderAt, size int64, each func(*File, *Entry) error) error {
	at, i := int32(0), 0
	_, err := Scan(content, size, x.Project, x.limits, func(f *File) error {
		skip := x.dropped[at]
		at++
		if skip {
			return nil
		}
		if i >= len(x.files) || x.files[i].Name != f.Name {
			return errChanged
		}
		e := &x.files[i]
		i++
		return each(f, e)
	})
	if err == nil && i != len(x.files) {
		err = errChanged
	}
	return err
}

// plain makes a text from outside fit for a terminal: no control characters,
// nothing that reorders text, on one line, bounded.
func plain(s string) string {
	const most = 1000
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s)), " ")
	return clip(s, most)
}

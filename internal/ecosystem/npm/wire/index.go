package wire

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Limits bound what one document may make us hold and do.
type Limits struct {
	Size     int64 // bytes of the document
	Depth    int   // levels of nesting
	Token    int64 // bytes of a single string, a README for instance
	Keys     int64 // keys of all objects that are open at once
	Versions int   // versions, and entries of time beside them
	Tags     int   // dist-tags
}

// DefaultLimits hold the largest documents there are several times over.
func DefaultLimits() Limits {
	return Limits{Size: 1 << 30, Depth: 64, Token: 16 << 20, Keys: 250_000, Versions: 100_000, Tags: 20_000}
}

// span is a run of bytes in the document.
type span struct{ start, end uint32 }

func (s span) empty() bool { return s.end == 0 }

// section is a run of top-level members, or one that is written anew.
type section struct {
	kind sectionKind
	span span
}

type sectionKind uint8

const (
	sectionCopied   sectionKind = iota // as it stands
	sectionTags                        // dist-tags, repaired
	sectionVersions                    // without the versions left out
	sectionTimes                       // without the times of those
)

// Packument is the index of one package's document. It is read-only once
// made.
type Packument struct {
	Name     string
	Versions []Version // in the document's order
	Tags     []Tag     // in the document's order, as the upstream has them
	Modified string    // the upstream's own words for its last change; "" if none
	// Unpublished is set when the document says that the whole package was
	// withdrawn: it then has no versions.
	Unpublished bool

	size     int64
	sections []section
	times    []timeEntry
	sorted   []int32          // indexes of Versions by name
	ordered  []int32          // indexes of the versions that have an order, lowest first
	files    map[string]int32 // file names that do not follow the convention; -1 if ambiguous
	tarballs string           // what stands before the conventional file name in most tarball addresses
}

// Version is what the document says of one version.
type Version struct {
	Version        string
	Published      time.Time // zero: the document has no date that can be read
	InstallScripts assay.Tristate
	Scripts        []string // the install hooks, by name
	Deprecated     string
	Digests        []assay.Digest // what dist promises, the strongest first

	entry      span   // key and manifest
	manifest   uint32 // where the manifest begins
	deprecated span   // the value, if there is one
	tarball    span   // the value, if there is one
	address    string // dist.tarball; "" if it is Packument.tarballs and the conventional name
	parsed     semver
	orderable  bool
}

// Tag is one dist-tag.
type Tag struct{ Name, Version string }

type timeEntry struct {
	key     string
	span    span
	version int32 // index, or -1
	at      time.Time
}

// Read indexes the document of the package name in one pass over r. Errors
// are of kind Unsound and say what is wrong with the document; an error of r
// itself is Internal.
func Read(r io.ReaderAt, size int64, name string, limits Limits) (*Packument, error) {
	if size > limits.Size || size > math.MaxUint32 {
		return nil, unsound(name, fmt.Errorf("it is larger than %d bytes", limits.Size))
	}
	source := &sourceReader{r: io.NewSectionReader(r, 0, size)}
	reader := &reader{
		scanner: newScanner(source, limits.Depth, limits.Token, limits.Keys),
		limits:  limits,
		p:       &Packument{Name: name, size: size},
		watch:   watch{names: []string{"name", "versions", "time", "dist-tags", "policyRestrictions", "stagedVersions"}},
	}
	err := reader.document()
	if source.err != nil {
		return nil, assay.Wrap(assay.Internal, source.err, "the kept document of %s cannot be read", name)
	}
	if err != nil {
		return nil, unsound(name, err)
	}
	return reader.p, nil
}

// sourceReader tells a failing disk from a bad document.
type sourceReader struct {
	r   io.Reader
	err error
}

func (s *sourceReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func unsound(name string, err error) error {
	return assay.Wrap(assay.Unsound, err, "the upstream's document for %s is not sound: %s", name, brief(err))
}

// brief is the first line of an error, short and printable: a parser quotes
// the document, and the document is not ours.
func brief(err error) string {
	const most = 200
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, err.Error())
	text = strings.TrimPrefix(text, "jsontext: ")
	if len(text) > most {
		text = text[:most] + "..."
	}
	return text
}

type reader struct {
	*scanner
	limits    Limits
	p         *Packument
	watch     watch
	named     bool
	versioned bool
}

func (r *reader) document() error {
	if r.kind() != '{' {
		if _, err := r.d.ReadToken(); err == io.EOF {
			return errors.New("it is empty")
		} else if errors.Is(err, errText) {
			return err
		}
		return errors.New("it is no JSON object (a page of a proxy or a login, perhaps)")
	}
	if err := r.object(r.member); err != nil {
		return err
	}
	if err := r.end(); err != nil {
		return err
	}
	if !r.named {
		return errors.New("it names no package")
	}
	if !r.versioned && !r.p.Unpublished {
		return errors.New("it has no versions")
	}
	return r.p.finish()
}

func (r *reader) member(key []byte, at int64) error {
	if err := r.watch.see(key); err != nil {
		return err
	}
	kind := sectionCopied
	switch string(key) {
	case "name":
		name, ok, err := r.text()
		if err != nil {
			return err
		}
		// A registry that answers for another package (a redirect to a
		// lookalike, a cache mixed up) must not be believed.
		if !ok || name != r.p.Name {
			return fmt.Errorf("it is about %q", clip(name, 100))
		}
		r.named = true
	case "versions":
		kind = sectionVersions
		r.versioned = true
		if err := r.object(r.version); err != nil {
			return err
		}
	case "dist-tags":
		kind = sectionTags
		if err := r.object(r.tag); err != nil {
			return err
		}
	case "time":
		if r.kind() == 'n' {
			if err := r.skip(); err != nil {
				return err
			}
			break
		}
		kind = sectionTimes
		if err := r.object(r.time); err != nil {
			return err
		}
	case "modified":
		modified, _, err := r.text()
		if err != nil {
			return err
		}
		if r.p.Modified == "" {
			r.p.Modified = clip(modified, 64)
		}
	case "policyRestrictions", "stagedVersions", "_attachments":
		// npm can be told to choose from stagedVersions, where nobody has
		// decided; restrictions are written anew; attachments are bytes that
		// have no business in a document that is read.
		return r.skip()
	default:
		if err := r.skip(); err != nil {
			return err
		}
	}
	here := section{kind: kind, span: span{uint32(at), uint32(r.offset())}}
	if last := len(r.p.sections) - 1; kind == sectionCopied && last >= 0 && r.p.sections[last].kind == sectionCopied && r.adjacent(r.p.sections[last].span, here.span) {
		r.p.sections[last].span.end = here.span.end
		return nil
	}
	r.p.sections = append(r.p.sections, here)
	return nil
}

// adjacent tells whether only a comma and white space can lie between the
// two: then they are copied in one piece. Anything dropped lies between
// sections that are further apart, but white space is unbounded, so only the
// narrow case is taken.
func (r *reader) adjacent(a, b span) bool { return b.start-a.end <= 8 }

func (r *reader) tag(key []byte, _ int64) error {
	if len(r.p.Tags) >= r.limits.Tags {
		return fmt.Errorf("it has more than %d dist-tags", r.limits.Tags)
	}
	tag := Tag{Name: string(key)}
	version, ok, err := r.text()
	if err != nil {
		return err
	}
	if !ok || len(version) > maxVersion || !validTag(tag.Name) {
		return fmt.Errorf("its dist-tag %q is malformed", clip(tag.Name, 60))
	}
	tag.Version = version
	r.p.Tags = append(r.p.Tags, tag)
	return nil
}

func (r *reader) time(key []byte, at int64) error {
	if len(r.p.times) >= 2*r.limits.Versions+16 {
		return fmt.Errorf("it has more than %d times", len(r.p.times))
	}
	entry := timeEntry{key: string(key), version: -1}
	if entry.key == "unpublished" && r.kind() == '{' {
		r.p.Unpublished = true
	}
	stamp, _, err := r.text()
	if err != nil {
		return err
	}
	if entry.key == "modified" {
		r.p.Modified = clip(stamp, 64)
	}
	if t, err := time.Parse(time.RFC3339, stamp); err == nil {
		entry.at = t.UTC()
	}
	entry.span = span{uint32(at), uint32(r.offset())}
	r.p.times = append(r.p.times, entry)
	return nil
}

// validTag tells whether a tag's name can be shown and stands for nothing
// else in JavaScript.
func validTag(s string) bool {
	if s == "" || len(s) > 256 || s == "__proto__" {
		return false
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffd {
			return false
		}
	}
	return true
}

// validVersionKey keeps out what would not survive as part of a file name, a
// URL or a JavaScript object; what remains may still have no order.
func validVersionKey(s string) bool { return len(s) <= maxVersion && s != "__proto__" && ValidFile(s) }

// finish makes the orders and looks that need the whole document.
func (p *Packument) finish() error {
	p.sorted = make([]int32, len(p.Versions))
	for i := range p.Versions {
		p.sorted[i] = int32(i)
		v := &p.Versions[i]
		v.parsed, v.orderable = parseVersion(v.Version)
		if v.orderable {
			p.ordered = append(p.ordered, int32(i))
		}
	}
	slices.SortFunc(p.sorted, func(a, b int32) int {
		return strings.Compare(p.Versions[a].Version, p.Versions[b].Version)
	})
	slices.SortStableFunc(p.ordered, func(a, b int32) int {
		return p.Versions[a].parsed.compare(p.Versions[b].parsed)
	})
	for i := range p.times {
		entry := &p.times[i]
		if n := p.Find(entry.key); n >= 0 {
			entry.version = int32(n)
			p.Versions[n].Published = entry.at
		}
		entry.key = "" // only needed here
	}
	p.nameFiles()
	return nil
}

// nameFiles notes the file names of the upstream that do not follow the
// convention: old lock files ask for them.
func (p *Packument) nameFiles() {
	for i := range p.Versions {
		v := &p.Versions[i]
		if v.address == "" {
			continue
		}
		file := FileName(p.Name, v.Version)
		if before, ok := strings.CutSuffix(v.address, file); ok && before != "" && (p.tarballs == "" || p.tarballs == before) {
			p.tarballs, v.address = before, ""
			continue
		}
		base := baseName(v.address)
		if base == "" || base == file {
			continue
		}
		if version, ok := FileVersion(p.Name, base); ok && p.Find(version) >= 0 {
			continue // the convention says which version this is
		}
		if p.files == nil {
			p.files = map[string]int32{}
		}
		if _, taken := p.files[base]; taken {
			p.files[base] = -1
		} else {
			p.files[base] = int32(i)
		}
	}
}

// baseName is the last path segment of an address, decoded; "" if there is
// none that can be a file's name.
func baseName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	base := u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	if !ValidFile(base) {
		return ""
	}
	return base
}

// Find returns the index of a version, or -1.
func (p *Packument) Find(version string) int {
	at, ok := sort.Find(len(p.sorted), func(i int) int {
		return strings.Compare(version, p.Versions[p.sorted[i]].Version)
	})
	if !ok {
		return -1
	}
	return int(p.sorted[at])
}

// FindFile returns the index of the version whose tarball a file name means,
// by the convention or by the name that the upstream gives it, or -1.
func (p *Packument) FindFile(file string) int {
	if version, ok := FileVersion(p.Name, file); ok {
		if i := p.Find(version); i >= 0 {
			return i
		}
	}
	if i, ok := p.files[file]; ok {
		return int(i)
	}
	return -1
}

// Tarball returns the upstream's address of a version's tarball. It answers
// NotFound when the document has none, and Unsound for one that is not a
// plain http or https address: a relative one would be resolved by guesswork,
// and credentials in it would be sent on.
func (p *Packument) Tarball(i int) (string, error) {
	v := &p.Versions[i]
	address := v.address
	if address == "" {
		if v.tarball.empty() {
			return "", assay.Errorf(assay.NotFound, "the upstream names no tarball for %s@%s", p.Name, v.Version)
		}
		address = p.tarballs + FileName(p.Name, v.Version)
	}
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return "", assay.Errorf(assay.Unsound, "the upstream names no usable address for the tarball of %s@%s", p.Name, v.Version)
	}
	return address, nil
}

// maxAddress is the length of a tarball's address, in bytes, at the most.
const maxAddress = 2048

// Placeholder tells whether a security placeholder stands in the package's
// place: the tag latest points to one, or there is nothing else. Registries
// publish such a version (0.0.1-security) over a package that they removed.
func (p *Packument) Placeholder() bool {
	for _, tag := range p.Tags {
		if tag.Name == "latest" {
			return placeholder(tag.Version)
		}
	}
	for i := range p.Versions {
		if !placeholder(p.Versions[i].Version) {
			return false
		}
	}
	return len(p.Versions) > 0
}

func placeholder(version string) bool {
	v, ok := parseVersion(version)
	return ok && (v.pre == "security" || strings.HasPrefix(v.pre, "security."))
}

// Descending orders indexes of versions newest first; those without an order
// come last, as text.
func (p *Packument) Descending(indexes []int) {
	slices.SortFunc(indexes, func(a, b int) int {
		va, vb := &p.Versions[a], &p.Versions[b]
		switch {
		case va.orderable && vb.orderable:
			if c := vb.parsed.compare(va.parsed); c != 0 {
				return c
			}
		case va.orderable:
			return -1
		case vb.orderable:
			return 1
		}
		return cmp.Or(strings.Compare(vb.Version, va.Version), b-a)
	})
}

// Bytes is roughly what the index holds in memory.
func (p *Packument) Bytes() int64 {
	const perVersion, perDigest, perTime, perTag, perFile = 240, 160, 56, 64, 80
	n := int64(512 + len(p.sections)*16)
	for i := range p.Versions {
		v := &p.Versions[i]
		n += perVersion + int64(len(v.Version)+len(v.Deprecated)+len(v.address)+len(v.Digests)*perDigest+len(v.Scripts)*32)
	}
	return n + int64(len(p.times)*perTime+len(p.Tags)*perTag+len(p.files)*perFile)
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

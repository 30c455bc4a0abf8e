package maven

import (
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// Where dates come from, and so how far they can be trusted.
const (
	pomModified = "Last-Modified of the POM"
	listedBy    = "lastUpdated of maven-metadata.xml: not later than"
)

// Content types, as repositories use them.
const (
	xmlType  = "text/xml; charset=utf-8"
	textType = "text/plain; charset=utf-8"
	rawType  = "application/octet-stream"
)

var contentTypes = map[string]string{
	"pom": xmlType, "xml": xmlType, "jar": "application/java-archive", "war": "application/java-archive", "ear": "application/java-archive",
	"aar": "application/zip", "zip": "application/zip", "module": "application/json", "asc": "application/pgp-signature",
}

// format reads the upstream's documents.
type format struct{ limits wire.Limits }

var (
	_ ecosystem.Format   = format{}
	_ ecosystem.Attester = format{}
	_ ecosystem.Hosting  = format{}
)

// Sources is the one document that lists versions.
func (f format) Sources(name string) []ecosystem.Source {
	return []ecosystem.Source{{Key: "metadata", Path: wire.MetadataPath(name), Limit: f.limits.Metadata}}
}

// Read makes a listing of the document. A second one is there for hosted
// packages alone: see Compose.
func (f format) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	if len(docs) == 0 || docs[0].Missing {
		return nil, assay.Errorf(assay.NotFound, "the upstream has no package %s", name)
	}
	doc, err := wire.DecodeMetadata(name, section(docs[0]), f.limits)
	if err != nil {
		return nil, err
	}
	if len(docs) > 1 && !docs[1].Missing {
		text, err := io.ReadAll(section(docs[1]))
		if err != nil {
			return nil, assay.Wrap(assay.Internal, err, "what is kept of %s cannot be read back", name)
		}
		kept, err := wire.DecodeKept(text)
		if err != nil {
			return nil, err
		}
		return newHosted(name, doc, kept), nil
	}
	return newListing(name, doc), nil
}

func section(doc ecosystem.Document) io.Reader { return io.NewSectionReader(doc.Content, 0, doc.Size) }

// VersionSource is the header of the version's POM: every version has one,
// also where no metadata lists it. The empty version stands for any, so that
// a file is never looked for in a listing.
func (f format) VersionSource(name, version string) (ecosystem.Source, bool) {
	if version == "" {
		return ecosystem.Source{}, true
	}
	if normal, err := (wire.Grammar{}).Version(version); err != nil || normal != version || wire.Snapshot(version) {
		return ecosystem.Source{}, false
	}
	return ecosystem.Source{Key: "pom/" + version, Path: wire.FilePath(name, version, wire.POMName(name, version)), Head: true}, true
}

// ReadVersion reads the date of a header. One without a date says only that
// the version exists.
func (f format) ReadVersion(name, version string, doc ecosystem.Document) (ecosystem.Version, error) {
	if doc.Missing {
		return ecosystem.Version{}, assay.Errorf(assay.NotFound, "the upstream has no version %s of %s", version, name)
	}
	v := ecosystem.Version{Version: version, Published: doc.Modified}
	if !doc.Modified.IsZero() {
		v.PublishedSource = pomModified
	}
	return v, nil
}

// Locate finds a file by "version/file". It needs a listing only for hosted
// snapshots, of which the name with SNAPSHOT means the newest build.
func (f format) Locate(name, text string, in ecosystem.Listing) (ecosystem.File, error) {
	version, file, sum, ok := wire.SplitFile(name, text)
	if !ok {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "%s has no file %q", name, text)
	}
	if wire.Snapshot(version) {
		hosted, _ := in.(*listing)
		if hosted == nil || hosted.kept == nil {
			return ecosystem.File{}, noSnapshots(name, version)
		}
		if file, ok = wire.Resolve(name, hosted.kept[version], file); !ok {
			return ecosystem.File{}, assay.Errorf(assay.NotFound, "%s %s has no file of that sort yet", name, version)
		}
	}
	located := ecosystem.File{
		Name: file, Version: version, Beside: true, Sum: sum, ContentType: contentType(file),
		Source: ecosystem.Source{Key: "file/" + version + "/" + file, Path: wire.FilePath(name, version, file)},
	}
	if sum != "" {
		located.ContentType = textType
	}
	if strings.HasSuffix(file, ".pom") {
		located.Source.Limit = f.limits.POM
	}
	return located, nil
}

// noSnapshots refuses what an upstream may change at any time. It is no
// absence: the person must learn that the gateway does this, and what to do.
func noSnapshots(name, version string) error {
	return assay.Errorf(assay.Forbidden, "%s %s is a snapshot, which its upstream may change at any time, so nothing decided on it would hold: depend on a release, or publish a copy of it here under a claimed name", name, version)
}

func contentType(file string) string {
	if t, ok := contentTypes[file[strings.LastIndexByte(file, '.')+1:]]; ok {
		return t
	}
	return rawType
}

// Check reads a POM within bounds and holds its coordinates against the path,
// and reads the table of contents of a jar. Other files are what they are. A
// file without a source is one of an upload, which Inspect has read.
func (f format) Check(file ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	if file.Source.Path == "" {
		return nil, nil
	}
	name, version, base, err := wire.NameOf(file.Source.Path)
	if err != nil {
		return nil, err
	}
	if err := f.checkFile(name, version, base, content, size); err != nil {
		return nil, assay.Errorf(assay.Unsound, "the upstream's %s is not what it must be: %v", base, err)
	}
	return nil, nil
}

// checkFile judges a file by its sort; the errors are plain.
func (f format) checkFile(name, version, file string, content io.ReaderAt, size int64) error {
	parsed, _ := wire.ParseFile(name, version, file)
	switch {
	case parsed.Extension == "pom":
		pom, err := wire.DecodePOM(io.NewSectionReader(content, 0, size), f.limits)
		if err != nil {
			return err
		}
		return pom.Is(name, version)
	case wire.Archive(parsed.Extension):
		return wire.CheckZip(content, size, f.limits)
	}
	return nil
}

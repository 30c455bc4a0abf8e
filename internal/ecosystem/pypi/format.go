package pypi

import (
	"context"
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// acceptPage asks for the JSON form, which alone has dates, and takes the
// HTML form of an index that knows no other.
const acceptPage = wire.MediaJSON + ", " + wire.MediaHTML + ";q=0.2, text/html;q=0.1"

// format implements ecosystem.Format. A project is one document: its page of
// the simple API.
type format struct {
	limits  wire.Limits
	inspect wire.InspectLimits
}

// Sources implements ecosystem.Format. The origin's address is the index
// itself, as pip's index-url has it, so the page lies right below it.
func (format) Sources(name string) []ecosystem.Source {
	return []ecosystem.Source{{Key: "page", Path: name + "/", Accept: acceptPage}}
}

// Read implements ecosystem.Format.
func (f format) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	if len(docs) != 1 || docs[0].Content == nil {
		return nil, assay.Errorf(assay.Internal, "a project's listing is read from one page, and %d documents were given", len(docs))
	}
	index, err := wire.Read(docs[0].Content, docs[0].Size, name, f.limits)
	if err != nil {
		return nil, err
	}
	return newListing(index), nil
}

// VersionSource implements ecosystem.Format: the page says all.
func (format) VersionSource(string, string) (ecosystem.Source, bool) {
	return ecosystem.Source{}, false
}

// ReadVersion implements ecosystem.Format; it is never called.
func (format) ReadVersion(name, version string, _ ecosystem.Document) (ecosystem.Version, error) {
	return ecosystem.Version{}, assay.Errorf(assay.Internal, "PyPI has no document for %s@%s alone", name, version)
}

// errNoListing answers whoever asks without a listing, which the registry does
// of every format and every request. It is never changed.
var errNoListing = &assay.Error{Kind: assay.Internal, Message: "a project's file is located in its page, and none was given"}

// Locate implements ecosystem.Format. A file's metadata is a file beside it.
func (format) Locate(name, file string, of ecosystem.Listing) (ecosystem.File, error) {
	l, ok := of.(*listing)
	if !ok {
		return ecosystem.File{}, errNoListing
	}
	if e := l.index.FindFile(file); e != nil {
		return l.locate(e, file, e.URL(), "", e.Digest, contentType(file)), nil
	}
	if main, ok := wire.MetadataOf(file); ok {
		if e := l.index.FindFile(main); e != nil && e.Metadata {
			return l.locate(e, file, e.URL(), ".metadata", e.MetadataDigest, "text/plain; charset=utf-8"), nil
		}
	}
	return ecosystem.File{}, assay.Errorf(assay.NotFound, "%s has no file %s", name, ecosystem.Printable(file))
}

// VersionOf implements ecosystem.Naming.
func (format) VersionOf(name, file string) (string, bool) {
	if main, ok := wire.MetadataOf(file); ok {
		file = main
	}
	version := wire.ParseFile(name, file).Version
	return version, version != ""
}

func (l *listing) locate(e *wire.Entry, file, address, behind string, digest assay.Digest, contentType string) ecosystem.File {
	version := l.index.Versions[e.Version].Version
	f := ecosystem.File{
		Name: file, Version: version, Beside: true, Published: e.Uploaded(), ContentType: contentType,
		Source: source(address, behind),
	}
	f.Source.Key = "file/" + file
	if digest != "" {
		f.Digests = []assay.Digest{digest}
	}
	return f
}

// source is where an upstream has something: below the origin's address, where
// every mirror has it too, or at an address of its own.
func source(address, behind string) ecosystem.Source {
	if wire.Below(address) {
		return ecosystem.Source{Path: address + behind}
	}
	return ecosystem.Source{URL: wire.Behind(address, behind)}
}

func contentType(file string) string {
	switch wire.KindOf(file) {
	case wire.Wheel, wire.Egg:
		return "application/zip"
	case wire.SourceArchive:
		return "application/gzip"
	}
	return "application/octet-stream"
}

// Check implements ecosystem.Format.
func (format) Check(file ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	return nil, wire.CheckFile(context.Background(), file.Name, content, size)
}

package cargo

import (
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// crateType is the content type of a .crate file.
const crateType = "application/gzip"

// format implements ecosystem.Format. A crate is one document of the index;
// where its files lie stands in the registry's config.json.
type format struct {
	limits  wire.Limits
	inspect wire.InspectLimits
}

// Sources implements ecosystem.Format.
func (f format) Sources(name string) []ecosystem.Source {
	return []ecosystem.Source{
		{Key: "index", Path: wire.IndexPath(name)},
		{Key: "config", Path: wire.ConfigPath, Shared: true, Limit: f.limits.Config},
	}
}

// Read implements ecosystem.Format.
func (f format) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	if len(docs) != 2 || docs[0].Content == nil {
		return nil, assay.Errorf(assay.Internal, "a crate is read from two documents, and %d were given", len(docs))
	}
	if docs[1].Missing || docs[1].Content == nil {
		return nil, assay.Errorf(assay.Unsound, "the upstream has no config.json, so it is no sparse registry of Cargo's: is its address right?")
	}
	config, err := wire.ReadConfig(docs[1].Content, docs[1].Size, f.limits)
	if err != nil {
		return nil, err
	}
	index, err := wire.Read(docs[0].Content, docs[0].Size, name, f.limits)
	if err != nil {
		return nil, err
	}
	return newListing(index, config), nil
}

// VersionSource implements ecosystem.Format: the document says all.
func (format) VersionSource(string, string) (ecosystem.Source, bool) {
	return ecosystem.Source{}, false
}

// ReadVersion implements ecosystem.Format; it is never called.
func (format) ReadVersion(name, version string, _ ecosystem.Document) (ecosystem.Version, error) {
	return ecosystem.Version{}, assay.Errorf(assay.Internal, "Cargo has no document for %s@%s alone", name, version)
}

// errNoListing answers whoever asks without a listing, which the registry does
// of every format and every request. It is never changed.
var errNoListing = &assay.Error{Kind: assay.Internal, Message: "a .crate file is located in its crate's listing, and none was given"}

// Locate implements ecosystem.Format.
func (format) Locate(name, file string, of ecosystem.Listing) (ecosystem.File, error) {
	l, ok := of.(*listing)
	if !ok {
		return ecosystem.File{}, errNoListing
	}
	version, ok := wire.FileVersion(name, file)
	i := -1
	if ok {
		i = l.index.Find(version)
	}
	if i < 0 {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "%s has no file %s", name, ecosystem.Printable(file))
	}
	line := &l.index.Lines[i]
	address, err := l.config.Download(line.Name, version, line.Checksum)
	if err != nil {
		return ecosystem.File{}, assay.Wrap(assay.Unsound, err, "the upstream names no usable address for %s@%s", name, version)
	}
	return ecosystem.File{
		Name: file, Version: version, ContentType: crateType,
		Source:  ecosystem.Source{Key: "crate/" + version, URL: address},
		Digests: []assay.Digest{line.Checksum},
	}, nil
}

// Check implements ecosystem.Format.
func (format) Check(file ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	return nil, wire.CheckCrate(file.Name, content, size)
}

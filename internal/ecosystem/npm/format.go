package npm

import (
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// format implements ecosystem.Format. A package is one document: the full
// one, because the abbreviated one has no dates.
type format struct {
	limits  wire.Limits
	inspect wire.InspectLimits
}

// Sources implements ecosystem.Format.
func (format) Sources(name string) []ecosystem.Source {
	return []ecosystem.Source{{Key: "packument", Path: wire.EscapeName(name), Accept: mediaFull}}
}

// Read implements ecosystem.Format.
func (f format) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	if len(docs) != 1 || docs[0].Content == nil {
		return nil, assay.Errorf(assay.Internal, "an npm listing is read from one document, and %d were given", len(docs))
	}
	p, err := wire.Read(docs[0].Content, docs[0].Size, name, f.limits)
	if err != nil {
		return nil, err
	}
	return newListing(p), nil
}

// VersionSource implements ecosystem.Format: the document says all.
func (format) VersionSource(string, string) (ecosystem.Source, bool) {
	return ecosystem.Source{}, false
}

// ReadVersion implements ecosystem.Format; it is never called.
func (format) ReadVersion(name, version string, _ ecosystem.Document) (ecosystem.Version, error) {
	return ecosystem.Version{}, assay.Errorf(assay.Internal, "npm has no document for %s@%s alone", name, version)
}

// Locate implements ecosystem.Format. A file is found by the conventional
// name or by the one that the upstream's own address ends in, which old lock
// files carry; it is kept under the conventional name either way.
func (format) Locate(name, file string, of ecosystem.Listing) (ecosystem.File, error) {
	l, ok := of.(*listing)
	if !ok {
		return ecosystem.File{}, errNoListing
	}
	i := l.packument.FindFile(file)
	if i < 0 {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "%s has no file %s", name, ecosystem.Printable(file))
	}
	address, err := l.packument.Tarball(i)
	if err != nil {
		return ecosystem.File{}, err
	}
	v := &l.packument.Versions[i]
	return ecosystem.File{
		Name:        wire.FileName(name, v.Version),
		Version:     v.Version,
		Source:      ecosystem.Source{Key: "tarball/" + v.Version, URL: address},
		Digests:     v.Digests,
		ContentType: "application/octet-stream",
	}, nil
}

// errNoListing answers whoever asks without a listing, which the registry does
// of every format and every request. It is never changed.
var errNoListing = &assay.Error{Kind: assay.Internal, Message: "an npm tarball is located in its package's listing, and none was given"}

// Check implements ecosystem.Format.
func (format) Check(_ ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	return nil, wire.CheckTarball(content, size)
}

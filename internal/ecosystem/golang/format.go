package golang

import (
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// commitTime says how far a date can be trusted.
const commitTime = "commit time (author-set)"

// Content types, as module proxies use them.
const (
	textType = "text/plain; charset=utf-8"
	jsonType = "application/json"
	zipType  = "application/zip"
	rawType  = "application/octet-stream"
)

// format reads the upstream's documents.
type format struct {
	limits wire.Limits
	notary *notary // nil: no checksum database
}

var (
	_ ecosystem.Format     = (*format)(nil)
	_ ecosystem.Attester   = (*format)(nil)
	_ ecosystem.Unlister   = (*format)(nil)
	_ ecosystem.Configured = (*format)(nil)
)

// Sources are the list and @latest. An upstream may lack @latest, and a
// module without tags has its only version there.
func (f *format) Sources(name string) []ecosystem.Source {
	list, err := wire.ListPath(name)
	if err != nil {
		return nil // no normalised name comes here
	}
	latest, err := wire.LatestPath(name)
	if err != nil {
		return nil
	}
	return []ecosystem.Source{
		{Key: "list", Path: list, Limit: f.limits.List},
		{Key: "latest", Path: latest, Limit: f.limits.Info, Optional: true},
	}
}

// Read makes a listing of the versions in the list. When there are none, the
// one that @latest names is the listing.
func (f *format) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	if len(docs) == 0 || docs[0].Missing {
		return nil, assay.Errorf(assay.NotFound, "the upstream has no module %s", name)
	}
	text, err := readDocument(docs[0], f.limits.List)
	if err != nil {
		return nil, err
	}
	names, err := wire.DecodeList(name, text, f.limits)
	if err != nil {
		return nil, err
	}
	versions := make([]ecosystem.Version, len(names))
	for i, v := range names {
		versions[i].Version = v
	}
	if len(versions) == 0 && len(docs) > 1 && !docs[1].Missing && docs[1].Content != nil {
		text, err := readDocument(docs[1], f.limits.Info)
		if err != nil {
			return nil, err
		}
		info, err := wire.DecodeInfo(name, "", text, f.limits)
		if err != nil {
			return nil, err
		}
		versions = append(versions, dated(info))
	}
	return newListing(versions), nil
}

// VersionSource is the version's .info: it exists also for pseudo-versions,
// which no list has.
func (f *format) VersionSource(name, version string) (ecosystem.Source, bool) {
	if !wire.Canonical(name, version) {
		return ecosystem.Source{}, false
	}
	src, err := f.source(name, version, wire.Info)
	return src, err == nil
}

// Unlisted tells pseudo-versions: no list has them, and @latest moves from one
// to the next with every commit.
func (f *format) Unlisted(_, version string) bool { return wire.Pseudo(version) }

func (f *format) ReadVersion(name, version string, doc ecosystem.Document) (ecosystem.Version, error) {
	if doc.Missing {
		return ecosystem.Version{}, assay.Errorf(assay.NotFound, "the upstream has no version %s of %s", version, name)
	}
	text, err := readDocument(doc, f.limits.Info)
	if err != nil {
		return ecosystem.Version{}, err
	}
	info, err := wire.DecodeInfo(name, version, text, f.limits)
	if err != nil {
		return ecosystem.Version{}, err
	}
	return dated(info), nil
}

func dated(info wire.VersionInfo) ecosystem.Version {
	v := ecosystem.Version{Version: info.Version, Published: info.Time}
	if !info.Time.IsZero() {
		v.PublishedSource = commitTime
	}
	return v
}

// Locate needs no listing: a version may exist that no list has.
func (f *format) Locate(name, file string, _ ecosystem.Listing) (ecosystem.File, error) {
	version, ext, ok := wire.SplitFile(name, file)
	if !ok {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "%s has no file %q: a version has a .info, a .mod and a .zip", name, file)
	}
	src, err := f.source(name, version, ext)
	if err != nil {
		return ecosystem.File{}, err
	}
	located := ecosystem.File{Name: file, Version: version, Source: src}
	switch ext {
	case wire.Info:
		located.Info, located.ContentType = true, jsonType
	case wire.Mod:
		located.Always, located.ContentType = true, textType // why: see the package comment
	case wire.Zip:
		located.ContentType = zipType
	}
	return located, nil
}

func (f *format) source(name, version, ext string) (ecosystem.Source, error) {
	path, err := wire.FilePath(name, version, ext)
	limit := map[string]int64{wire.Info: f.limits.Info, wire.Mod: f.limits.Mod, wire.Zip: f.limits.Zip}[ext]
	return ecosystem.Source{Key: ext[1:] + "/" + version, Path: path, Limit: limit}, err
}

// Check reads the whole content by the rules for its sort, and returns the
// h1 digest of a .mod or .zip. A file without a source is one of an upload:
// see checkUpload.
func (f *format) Check(file ecosystem.File, content io.ReaderAt, size int64) ([]assay.Digest, error) {
	if file.Source.Path == "" && file.Source.URL == "" {
		return f.checkUpload(file, content, size)
	}
	name, version, ext, err := identify(file)
	if err != nil {
		return nil, err
	}
	if ext == wire.Zip {
		h1, err := wire.CheckZip(name, version, content, size, f.limits)
		if err != nil {
			return nil, err
		}
		return []assay.Digest{h1}, nil
	}
	limit := f.limits.Info
	if ext == wire.Mod {
		limit = f.limits.Mod
	}
	text, err := readAll(content, size, limit)
	if err != nil {
		return nil, err
	}
	if ext == wire.Info {
		_, err := wire.DecodeInfo(name, version, text, f.limits)
		return nil, err
	}
	if _, err := wire.DecodeMod(name, version, text, f.limits); err != nil {
		return nil, err
	}
	h1, err := wire.HashMod(text)
	if err != nil {
		return nil, err
	}
	return []assay.Digest{h1}, nil
}

// identify tells what a File made by Locate is a file of.
func identify(file ecosystem.File) (name, version, ext string, err error) {
	if name, err = wire.ModuleOf(file.Source.Path); err != nil {
		return "", "", "", err
	}
	version, ext, ok := wire.SplitFile(name, file.Name)
	if !ok || version != file.Version {
		return "", "", "", assay.Errorf(assay.Internal, "%q is no file of %s@%s", file.Name, name, file.Version)
	}
	return name, version, ext, nil
}

func readDocument(doc ecosystem.Document, limit int64) ([]byte, error) {
	return readAll(doc.Content, doc.Size, limit)
}

func readAll(content io.ReaderAt, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, assay.Errorf(assay.Unsound, "the upstream's document has %d bytes, over the limit of %d", size, limit)
	}
	text := make([]byte, size)
	if n, err := content.ReadAt(text, 0); int64(n) < size {
		return nil, assay.Wrap(assay.Internal, err, "a document that was kept cannot be read back")
	}
	return text, nil
}

// Configured names the checksum database's own address, if it has one: a
// company's may well be private.
func (f *format) Configured() []string {
	if f.notary == nil || f.notary.db.proxied() {
		return nil
	}
	return []string{f.notary.db.URL}
}

package cargo

import (
	"io"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// The representations of a listing.
const (
	repIndex    = "index"
	repSpelling = "spelling" // the crate's name as its publisher writes it
)

const textType = "text/plain; charset=utf-8"

// What a line says of a version, in words.
const (
	pubtime     = "index pubtime"
	buildScript = "build script (links)"
	yanked      = "yanked by its publisher"
)

// listing implements ecosystem.Listing over the index of a document.
type listing struct {
	index    *wire.Index
	config   wire.Config
	versions []ecosystem.Version
}

func newListing(index *wire.Index, config wire.Config) *listing {
	l := &listing{index: index, config: config, versions: make([]ecosystem.Version, len(index.Lines))}
	for i := range index.Lines {
		line := &index.Lines[i]
		v := &l.versions[i]
		v.Version, v.Published, v.Digest = line.Version, line.Published, line.Checksum
		if !line.Published.IsZero() {
			v.PublishedSource = pubtime
		}
		if line.Yanked {
			v.Yanked = yanked
		}
		// What links to a native library must have a build script, which runs
		// when it is compiled. Of others the index does not say.
		if line.Links != "" {
			v.InstallScripts, v.Scripts = assay.Yes, []string{buildScript}
		}
	}
	return l
}

// Versions implements ecosystem.Listing.
func (l *listing) Versions() []ecosystem.Version { return l.versions }

// Find implements ecosystem.Listing.
func (l *listing) Find(version string) int { return l.index.Find(version) }

// Bytes implements ecosystem.Listing.
func (l *listing) Bytes() int64 {
	const perVersion = 320
	return l.index.Bytes() + int64(len(l.config.DL)+len(l.config.API)) + int64(len(l.versions))*perVersion
}

// Render implements ecosystem.Listing.
func (l *listing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	switch r.Representation {
	case repIndex:
		if len(r.Documents) == 0 || r.Documents[0].Content == nil {
			return "", assay.Errorf(assay.Internal, "a crate's index is rendered from its document, and none was given")
		}
		if err := l.nothingLeft(r); err != nil {
			return "", err
		}
		doc := r.Documents[0]
		return textType, l.index.Write(w, doc.Content, doc.Size, func(i int) bool { return r.Decision(i).Denied() })
	case repSpelling:
		if _, err := io.WriteString(w, l.index.Spelling()); err != nil {
			return "", assay.Wrap(assay.Internal, err, "writing the spelling of %s", l.index.Name)
		}
		return textType, nil
	}
	return "", assay.Errorf(assay.NotFound, "Cargo has no representation %q", r.Representation)
}

// nothingLeft refuses the whole document where every version's file is
// refused: then no build can use the crate, and the index is the one place
// left at which cargo shows the reason. Where even one file is handed out, a
// yanked one too, the document is given, for the lock file that names it.
func (l *listing) nothingLeft(r ecosystem.Rendering) error {
	newest := -1
	for i := range l.index.Lines {
		d := r.Decision(i)
		if lead := d.Lead(); !d.Denied() || lead != nil && lead.Unlist {
			return nil
		}
		if newest < 0 || newer(l.index.Lines[i].Version, l.index.Lines[newest].Version) {
			newest = i
		}
	}
	subject := coordinate(l.index.Name, l.index.Lines[newest].Version)
	return &assay.Error{
		Kind: assay.Denied, Message: "every version of " + l.index.Name + " is refused by policy",
		Decision: r.Decision(newest), Subject: subject,
	}
}

// newer tells which of two versions somebody would rather have had: a release
// before a pre-release, and the higher one.
func newer(a, b string) bool {
	g := wire.Grammar{}
	if pa, pb := g.Prerelease(a), g.Prerelease(b); pa != pb {
		return pb
	}
	return g.Compare(a, b) > 0
}

package npm

import (
	"io"
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// The representations of a listing. A manifest's is followed by a version or
// a tag.
const (
	repFull        = "full"
	repAbbreviated = "abbreviated"
	repTags        = "dist-tags"
	repManifest    = "manifest/"
)

// The media types of a listing.
const (
	mediaFull        = "application/json"
	mediaAbbreviated = "application/vnd.npm.install-v1+json"
)

// listing implements ecosystem.Listing over the index of a document.
type listing struct {
	packument *wire.Packument
	versions  []ecosystem.Version
}

func newListing(p *wire.Packument) *listing {
	l := &listing{packument: p, versions: make([]ecosystem.Version, len(p.Versions))}
	placeholder := p.Placeholder()
	for i := range p.Versions {
		v := &p.Versions[i]
		l.versions[i] = ecosystem.Version{
			Version:        v.Version,
			Published:      v.Published,
			InstallScripts: v.InstallScripts,
			Scripts:        v.Scripts,
			Deprecated:     v.Deprecated,
			Placeholder:    placeholder,
			Digest:         assay.Strongest(v.Digests),
		}
		if !v.Published.IsZero() {
			l.versions[i].PublishedSource = "packument time"
		}
	}
	return l
}

// Versions implements ecosystem.Listing.
func (l *listing) Versions() []ecosystem.Version { return l.versions }

// Find implements ecosystem.Listing.
func (l *listing) Find(version string) int { return l.packument.Find(version) }

// Bytes implements ecosystem.Listing.
func (l *listing) Bytes() int64 {
	const perVersion = 160
	return l.packument.Bytes() + int64(len(l.versions))*perVersion
}

// Render implements ecosystem.Listing.
func (l *listing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	if len(r.Documents) != 1 {
		return "", assay.Errorf(assay.Internal, "an npm listing is rendered from one document, and %d were given", len(r.Documents))
	}
	doc := r.Documents[0]
	decided := l.decide(r)
	edits := wire.Edits{
		Base:       r.Base,
		Denied:     decided.denied,
		Deprecated: decided.deprecated,
	}
	switch {
	case r.Representation == repFull:
		edits.Restrictions = decided.restrictions()
		return mediaFull, l.packument.WriteFull(w, doc.Content, doc.Size, edits)
	case r.Representation == repAbbreviated:
		edits.Restrictions = decided.restrictions()
		modified := ""
		if !doc.Modified.IsZero() {
			modified = doc.Modified.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		return mediaAbbreviated, l.packument.WriteAbbreviated(w, doc.Content, doc.Size, modified, edits)
	case r.Representation == repTags:
		return mediaFull, l.packument.WriteTags(w, edits)
	case strings.HasPrefix(r.Representation, repManifest):
		i, err := l.choose(strings.TrimPrefix(r.Representation, repManifest), decided)
		if err != nil {
			return "", err
		}
		return mediaFull, l.packument.WriteManifest(w, doc.Content, doc.Size, i, edits)
	}
	return "", assay.Errorf(assay.NotFound, "npm has no representation %q", r.Representation)
}

// choose finds the version that a version or tag means. A version is refused
// if it is denied; a tag is repaired first, and refused only when nothing is
// left for it to point to.
func (l *listing) choose(wanted string, d *decided) (int, error) {
	i := l.packument.Find(wanted)
	if i < 0 {
		if version, err := (wire.Grammar{}).Version(wanted); err == nil {
			i = l.packument.Find(version)
		}
	}
	if i >= 0 {
		return i, d.refuse(i)
	}
	for _, tag := range l.packument.RepairedTags(d.denied) {
		if tag.Name == wanted {
			return l.packument.Find(tag.Version), nil
		}
	}
	for _, tag := range l.packument.Tags {
		if i := l.packument.Find(tag.Version); tag.Name == wanted && i >= 0 {
			return i, d.refuse(i)
		}
	}
	return -1, assay.Errorf(assay.NotFound, "%s has no version or tag %s", l.packument.Name, ecosystem.Printable(wanted))
}

// decided is a listing with the decisions that one rendering works from.
type decided struct {
	packument *wire.Packument
	decisions []*assay.Decision
	why       func(version string) string
}

func (l *listing) decide(r ecosystem.Rendering) *decided {
	d := &decided{packument: l.packument, decisions: make([]*assay.Decision, len(l.versions)), why: r.Why}
	for i := range d.decisions {
		d.decisions[i] = r.Decision(i)
	}
	return d
}

func (d *decided) denied(i int) bool { return d.decisions[i].Denied() }

// refuse returns the refusal of a version, or nil if it is not denied.
func (d *decided) refuse(i int) error {
	if !d.denied(i) {
		return nil
	}
	subject := assay.Coordinate{Ecosystem: assay.NPM, Name: d.packument.Name, Version: d.packument.Versions[i].Version}
	return &assay.Error{
		Kind:     assay.Denied,
		Message:  subject.Short() + " is refused by policy",
		Status:   http.StatusForbidden,
		Decision: d.decisions[i],
		Subject:  subject,
	}
}

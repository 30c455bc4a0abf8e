package pypi

import (
	"io"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// The representations of a listing. That of a provenance is followed by the
// name of the file and tells where the upstream has it.
const (
	repJSON       = "json"
	repHTML       = "html"
	repText       = "text" // the HTML form under its old media type
	repProvenance = "provenance/"
)

// listing implements ecosystem.Listing over the index of a page.
type listing struct {
	index    *wire.Index
	versions []ecosystem.Version
}

func newListing(x *wire.Index) *listing {
	l := &listing{index: x, versions: make([]ecosystem.Version, len(x.Versions))}
	deprecated := ""
	if x.Status.Word == "deprecated" {
		if deprecated = x.Status.Reason; deprecated == "" {
			deprecated = "its authors call the project deprecated"
		}
	}
	for i := range x.Versions {
		v := &x.Versions[i]
		l.versions[i] = ecosystem.Version{
			Version:        v.Version,
			Published:      v.Published,
			InstallScripts: v.Scripts,
			Yanked:         v.Yanked,
			Deprecated:     deprecated,
			// What is left of a project in quarantine is not to be had.
			Placeholder: l.Withdrawn(),
			Files:       promises(x, v),
		}
		if !v.Published.IsZero() {
			l.versions[i].PublishedSource = "upload-time of its first file"
		}
		if v.Scripts == assay.Yes {
			l.versions[i].Scripts = sdistBuild
		}
	}
	return l
}

// sdistBuild is what runs when a version without a wheel is installed.
var sdistBuild = []string{"sdist build"}

func promises(x *wire.Index, v *wire.Version) []ecosystem.Promise {
	all := make([]ecosystem.Promise, 0, len(v.Files))
	for _, i := range v.Files {
		if e := x.File(i); e.Digest != "" {
			all = append(all, ecosystem.Promise{File: e.Name, Digest: e.Digest})
		}
	}
	return all
}

// Versions implements ecosystem.Listing.
func (l *listing) Versions() []ecosystem.Version { return l.versions }

// Withdrawn implements ecosystem.Withdrawn: a project in quarantine (PEP 792)
// offers no files, the ones that it had neither.
func (l *listing) Withdrawn() bool { return l.index.Status.Word == "quarantined" }

// Find implements ecosystem.Listing.
func (l *listing) Find(version string) int { return l.index.Find(version) }

// Bytes implements ecosystem.Listing.
func (l *listing) Bytes() int64 {
	const perVersion = 260
	return l.index.Bytes() + int64(len(l.versions))*perVersion
}

// Render implements ecosystem.Listing.
func (l *listing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	if len(r.Documents) != 1 {
		return "", assay.Errorf(assay.Internal, "a project's listing is rendered from one page, and %d documents were given", len(r.Documents))
	}
	doc := r.Documents[0]
	edits := wire.Edits{Base: r.Base, Yanked: l.yanked(r)}
	switch {
	case r.Representation == repJSON:
		return wire.MediaJSON, l.index.WriteJSON(w, doc.Content, doc.Size, edits)
	case r.Representation == repHTML:
		return wire.MediaHTML, l.index.WriteHTML(w, doc.Content, doc.Size, edits)
	case r.Representation == repText:
		return wire.MediaText, l.index.WriteHTML(w, doc.Content, doc.Size, edits)
	case strings.HasPrefix(r.Representation, repProvenance):
		file := strings.TrimPrefix(r.Representation, repProvenance)
		e := l.index.FindFile(file)
		if e == nil || e.Provenance() == "" {
			return "", assay.Errorf(assay.NotFound, "the upstream names no provenance of %s", ecosystem.Printable(file))
		}
		_, err := io.WriteString(w, e.Provenance())
		return "text/plain; charset=utf-8", err
	}
	return "", assay.Errorf(assay.NotFound, "PyPI has no representation %q", r.Representation)
}

// yanked says of each file why it must not be chosen. A file that came later
// than its version is judged by its own date: one that is added to an old
// version is new.
func (l *listing) yanked(r ecosystem.Rendering) func(int, time.Time) string {
	known := make([]*string, len(l.versions))
	return func(i int, date time.Time) string {
		if r.DecisionOn != nil && date.After(l.versions[i].Published) {
			return l.reason(r, i, r.DecisionOn(i, date))
		}
		if known[i] == nil {
			text := l.reason(r, i, r.Decision(i))
			known[i] = &text
		}
		return *known[i]
	}
}

// reason is what installers print of a yanked file (PEP 592); "" for one that
// may be chosen.
func (l *listing) reason(r ecosystem.Rendering, i int, d *assay.Decision) string {
	lead, unlisted := d.Unlisted()
	if !unlisted {
		return ""
	}
	text := "Assay leaves it out"
	if d.Denied() {
		text = "Assay refuses it"
	}
	if lead != nil {
		text += " (" + lead.Rule + "): " + ecosystem.Printable(lead.Reason)
		if end := lead.End(); end != "" {
			text += ", until " + end
		}
	}
	return text + ". See " + r.Why(l.versions[i].Version)
}

package golang

import (
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// listRepresentation is the only one: the allowed versions, one a line.
const listRepresentation = "list"

// hiddenMark is how a rendered list tells the handler, and nobody else, that
// the newest version was left out and which it is. It travels as a parameter
// of the content type, which the handler takes off again: so the common case
// stays one look-up, with no second pass over the versions.
const hiddenMark = "; hidden="

// listing is the index of a module's versions.
type listing struct {
	versions []ecosystem.Version
	index    map[string]int
	newest   int // what the go command takes for the latest, and reads retractions in; -1 if none
}

func newListing(versions []ecosystem.Version) *listing {
	l := &listing{versions: versions, index: make(map[string]int, len(versions)), newest: -1}
	for i, v := range versions {
		l.index[v.Version] = i
		if !wire.Pseudo(v.Version) && (l.newest < 0 || wire.Prefer(v.Version, versions[l.newest].Version) > 0) {
			l.newest = i
		}
	}
	return l
}

func (l *listing) Versions() []ecosystem.Version { return l.versions }

func (l *listing) Find(version string) int {
	if i, ok := l.index[version]; ok {
		return i
	}
	return -1
}

func (l *listing) Bytes() int64 {
	const each = 250 // a Version, a map entry and the text
	return 200 + each*int64(len(l.versions))
}

func (l *listing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	if r.Representation != listRepresentation {
		return "", assay.Errorf(assay.NotFound, "a Go module has no representation %q", r.Representation)
	}
	var allowed []string
	for i, v := range l.versions {
		if !r.Decision(i).Denied() {
			allowed = append(allowed, v.Version)
		}
	}
	if err := wire.EncodeList(w, allowed); err != nil {
		return "", err
	}
	if l.newest >= 0 && len(allowed) > 0 && r.Decision(l.newest).Denied() {
		return textType + hiddenMark + l.versions[l.newest].Version, nil
	}
	return textType, nil
}

// hiddenNewest takes the mark off a content type. newest is "" where the
// newest version was not left out.
func hiddenNewest(contentType string) (plain, newest string) {
	plain, newest, _ = strings.Cut(contentType, hiddenMark)
	return plain, newest
}

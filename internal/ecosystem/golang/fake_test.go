package golang

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// place is a Repository that decides by a table over an upstream that is a
// map from paths to answers. It uses the format as the registry does.
type place struct {
	t        *testing.T
	format   ecosystem.Format
	upstream map[string]string // path -> body
	status   map[string]int    // path -> status, where it is not 200
	denied   map[string]string // version -> reason
	late     map[string]string // denied only once the .info is asked for
	fails    map[string]error  // file or "versions" or "listing" -> error
	gone     []string          // versions known and no longer listed

	mu       sync.Mutex
	asked    []string // files asked for
	passages []ecosystem.Passage
	open     int // answers and contents not yet released
}

var _ ecosystem.Repository = (*place)(nil)

func deny(reason string) *assay.Decision {
	return &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny, Reason: reason}}}
}

func (p *place) decision(version string) *assay.Decision {
	if reason, ok := p.denied[version]; ok {
		return deny(reason)
	}
	return &assay.Decision{Effect: assay.Allow}
}

func (p *place) listing(name string) (ecosystem.Listing, []ecosystem.Document, error) {
	var docs []ecosystem.Document
	for _, src := range p.format.Sources(name) {
		body, ok := p.upstream[src.Path]
		docs = append(docs, ecosystem.Document{Source: src, Missing: !ok, Content: strings.NewReader(body), Size: int64(len(body))})
	}
	listing, err := p.format.Read(name, docs)
	return listing, docs, err
}

func (p *place) Listing(_ context.Context, name, representation string) (*ecosystem.Answer, error) {
	if err := p.fails["listing"]; err != nil {
		return nil, err
	}
	listing, docs, err := p.listing(name)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	contentType, err := listing.Render(&body, ecosystem.Rendering{
		Representation: representation, Name: name, Base: p.Base(), Documents: docs,
		Decision: func(i int) *assay.Decision { return p.decision(listing.Versions()[i].Version) },
		Why:      func(v string) string { return p.Why(coordinate(name, v)) },
	})
	if err != nil {
		return nil, err
	}
	return &ecosystem.Answer{ContentType: contentType, ETag: `"as-rendered"`, Body: ecosystem.Bytes(body.Bytes()), Size: int64(body.Len()), Release: p.take()}, nil
}

// take counts what must be released.
func (p *place) take() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open--
	}
}

func (p *place) Versions(_ context.Context, name string) ([]ecosystem.Decided, error) {
	if err := p.fails["versions"]; err != nil {
		return nil, err
	}
	listing, _, err := p.listing(name)
	if err != nil {
		return nil, err
	}
	var out []ecosystem.Decided
	for _, v := range listing.Versions() {
		out = append(out, ecosystem.Decided{Facts: &assay.Facts{Coordinate: coordinate(name, v.Version)}, Decision: p.decision(v.Version), Listed: true})
	}
	for _, v := range p.gone {
		out = append(out, ecosystem.Decided{Facts: &assay.Facts{Coordinate: coordinate(name, v)}, Decision: p.decision(v)})
	}
	return out, nil
}

func (p *place) File(_ context.Context, name, file string) (*ecosystem.Content, error) {
	p.mu.Lock()
	p.asked = append(p.asked, file)
	p.mu.Unlock()
	if err := p.fails[file]; err != nil {
		return nil, err
	}
	located, err := p.format.Locate(name, file, nil)
	if err != nil {
		return nil, err
	}
	d := p.decision(located.Version)
	if reason, ok := p.late[located.Version]; ok {
		d = deny(reason)
	}
	if d.Denied() && !located.Always {
		return nil, &assay.Error{Kind: assay.Denied, Message: "refused", Decision: d, Subject: coordinate(name, located.Version)}
	}
	body, ok := p.upstream[located.Source.Path]
	if !ok {
		return nil, assay.Errorf(assay.NotFound, "the upstream has no %s", located.Source.Path)
	}
	if _, err := p.format.Check(located, strings.NewReader(body), int64(len(body))); err != nil {
		return nil, err
	}
	return &ecosystem.Content{Status: 200, ContentType: located.ContentType, Size: int64(len(body)), Seeker: strings.NewReader(body), Release: p.take()}, nil
}

func (p *place) Pass(_ context.Context, passage ecosystem.Passage) (*ecosystem.Content, error) {
	p.mu.Lock()
	p.passages = append(p.passages, passage)
	p.mu.Unlock()
	path := passage.Source.Path + passage.Source.URL
	if err := p.fails[path]; err != nil {
		return nil, err
	}
	body, ok := p.upstream[path]
	status := p.status[path]
	switch {
	case status == 0 && ok:
		status = 200
	case status == 0:
		status = 404
	}
	return &ecosystem.Content{Status: status, ContentType: "text/html", Size: int64(len(body)), Stream: strings.NewReader(body), Release: p.take()}, nil
}

func (p *place) Base() string { return "http://assay.example/go/" }

func (p *place) Why(c assay.Coordinate) string {
	return "http://assay.example/why/" + strings.ReplaceAll(c.Version, "+", "-")
}

func (p *place) Nearest(_ context.Context, name, version string) string {
	listing, _, err := p.listing(name)
	if err != nil {
		return ""
	}
	best := ""
	for _, v := range listing.Versions() {
		if !p.decision(v.Version).Denied() && (wire.Grammar{}).Compare(v.Version, version) < 0 && (best == "" || (wire.Grammar{}).Compare(v.Version, best) > 0) {
			best = v.Version
		}
	}
	return best
}

// newPlace makes a place with a module example.com/m of the versions, each
// with its three files.
func newPlace(t *testing.T, versions ...string) (*place, http.Handler) {
	t.Helper()
	db := testSumDB(t)
	a := New(Config{SumDB: db})
	p := &place{t: t, format: a.Format(), upstream: map[string]string{}, status: map[string]int{},
		denied: map[string]string{}, late: map[string]string{}, fails: map[string]error{}}
	p.upstream["example.com/m/@v/list"] = strings.Join(versions, "\n")
	for i, v := range versions {
		p.publish(v, "module example.com/m\n", time.Date(2020, 1, 1+i, 0, 0, 0, 0, time.UTC))
	}
	t.Cleanup(func() {
		if p.open != 0 {
			t.Errorf("%d answers were not released", p.open)
		}
	})
	return p, a.Handler(p)
}

func (p *place) publish(version, mod string, at time.Time) {
	base := "example.com/m/@v/" + version
	p.upstream[base+".info"] = `{"Version":"` + version + `","Time":"` + at.Format(time.RFC3339) + `"}`
	p.upstream[base+".mod"] = mod
	p.upstream[base+".zip"] = string(moduleZip(p.t, version, mod))
}

func (p *place) askedFor(file string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.asked, file)
}

// errDisk is a private cause, which nobody but the log may learn.
var errDisk = errors.New("disk on fire")

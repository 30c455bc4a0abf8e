package npm

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// fakeRepository is a Repository over documents in memory: it reads, decides
// by a table and renders as the registry does.
type fakeRepository struct {
	documents map[string]string          // by package name
	denied    map[string]*assay.Decision // by name@version; others are allowed
	tarballs  map[string]string          // by name@version
	fail      error                      // answers everything, if set

	asked    []string // "listing demo full", "file demo demo-1.0.0.tgz"
	passages []ecosystem.Passage
	passed   int // the upstream's status to a passage, 200 if 0
}

const fakeBase = "http://127.0.0.1:8417/npm/"

func (f *fakeRepository) listing(name string) (ecosystem.Listing, ecosystem.Document, error) {
	text, ok := f.documents[name]
	if !ok {
		return nil, ecosystem.Document{}, assay.Errorf(assay.NotFound, "the upstream has no package %s", name)
	}
	doc := ecosystem.Document{Content: strings.NewReader(text), Size: int64(len(text)), Modified: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
	l, err := New().Format().Read(name, []ecosystem.Document{doc})
	return l, doc, err
}

func (f *fakeRepository) decision(name, version string) *assay.Decision {
	if d := f.denied[name+"@"+version]; d != nil {
		return d
	}
	return &assay.Decision{Effect: assay.Allow}
}

func (f *fakeRepository) Listing(_ context.Context, name, representation string) (*ecosystem.Answer, error) {
	f.asked = append(f.asked, "listing "+name+" "+representation)
	if f.fail != nil {
		return nil, f.fail
	}
	l, doc, err := f.listing(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	contentType, err := l.Render(&b, ecosystem.Rendering{
		Representation: representation,
		Name:           name,
		Base:           fakeBase,
		Documents:      []ecosystem.Document{doc},
		Decision:       func(i int) *assay.Decision { return f.decision(name, l.Versions()[i].Version) },
		Why:            func(version string) string { return f.Why(assay.Coordinate{Name: name, Version: version}) },
	})
	if err != nil {
		return nil, err
	}
	return &ecosystem.Answer{ContentType: contentType, ETag: `"1"`, Body: ecosystem.Bytes(b.Bytes()), Size: int64(b.Len())}, nil
}

func (f *fakeRepository) File(_ context.Context, name, file string) (*ecosystem.Content, error) {
	f.asked = append(f.asked, "file "+name+" "+file)
	if f.fail != nil {
		return nil, f.fail
	}
	l, _, err := f.listing(name)
	if err != nil {
		return nil, err
	}
	found, err := New().Format().Locate(name, file, l)
	if err != nil {
		return nil, err
	}
	subject := assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: found.Version}
	if d := f.decision(name, found.Version); d.Denied() {
		return nil, &assay.Error{Kind: assay.Denied, Message: "refused", Decision: d, Subject: subject}
	}
	return &ecosystem.Content{Status: http.StatusOK, ContentType: found.ContentType, Size: -1, Seeker: strings.NewReader(f.tarballs[name+"@"+found.Version])}, nil
}

func (f *fakeRepository) Pass(_ context.Context, p ecosystem.Passage) (*ecosystem.Content, error) {
	f.passages = append(f.passages, p)
	if f.fail != nil {
		return nil, f.fail
	}
	const answer = `{"passed":true}`
	return &ecosystem.Content{Status: cmp.Or(f.passed, http.StatusOK), ContentType: "application/json", Size: int64(len(answer)), Stream: io.NopCloser(strings.NewReader(answer))}, nil
}

func (f *fakeRepository) Versions(context.Context, string) ([]ecosystem.Decided, error) {
	return nil, nil
}

func (f *fakeRepository) Base() string { return fakeBase }

func (f *fakeRepository) Why(c assay.Coordinate) string {
	return "http://127.0.0.1:8417/why/" + strings.ReplaceAll(c.Short(), "@", "-")
}

func (f *fakeRepository) Nearest(context.Context, string, string) string { return "1.0.0" }

func denial(rule, reason string) *assay.Decision {
	return &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: rule, Effect: assay.Deny, Reason: reason}}}
}

func warning(rules ...string) *assay.Decision {
	d := &assay.Decision{Effect: assay.Warn}
	for _, rule := range rules {
		d.Opinions = append(d.Opinions, assay.Opinion{Rule: rule, Effect: assay.Warn, Reason: rule + " says so"})
	}
	return d
}

// document is a packument of name with the given versions, the last of which
// is latest.
func document(name string, versions ...string) string {
	var b strings.Builder
	b.WriteString(`{"name":"` + name + `","dist-tags":{"latest":"` + versions[len(versions)-1] + `"},"versions":{`)
	for i, v := range versions {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + v + `":{"name":"` + name + `","version":"` + v + `","dist":{"tarball":"https://registry.example/` + name + `/-/x-` + v + `.tgz"}}`)
	}
	return b.String() + `}}`
}

func newFake(t *testing.T) *fakeRepository {
	t.Helper()
	return &fakeRepository{
		documents: map[string]string{
			"demo":    document("demo", "1.0.0", "1.1.0", "2.0.0"),
			"@s/demo": document("@s/demo", "1.0.0"),
		},
		denied:   map[string]*assay.Decision{"demo@2.0.0": denial("block", "prototype pollution")},
		tarballs: map[string]string{"demo@1.0.0": "bytes of 1.0.0", "demo@1.1.0": "bytes of 1.1.0", "@s/demo@1.0.0": "scoped"},
	}
}

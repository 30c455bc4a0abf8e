package cargo

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

const (
	fakeBase = "http://127.0.0.1:8417/cargo/"
	sum      = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

// fakeRepository is a place over documents in memory: it reads, decides by a
// table and renders as the registry does. What is published is written down
// and no more.
type fakeRepository struct {
	documents map[string]string          // index documents by name
	denied    map[string]*assay.Decision // by name@version; others are allowed
	status    map[string]assay.Status    // of hosted versions, by name@version
	claimed   []string                   // beginnings of claimed names
	passed    map[string]string          // the upstream's answers by path or address
	fail      error                      // answers everything, if set

	passages []ecosystem.Passage
	uploads  []*ecosystem.Upload
	said     []string // changes of status and owners
}

func (f *fakeRepository) listing(name string) (ecosystem.Listing, []ecosystem.Document, error) {
	text, ok := f.documents[name]
	if !ok {
		return nil, nil, assay.Errorf(assay.NotFound, "there is no crate %s", name)
	}
	config := `{"dl":"https://files.registry.example/{crate}/{version}","api":"https://registry.example"}`
	docs := []ecosystem.Document{document(text), document(config)}
	l, err := New().Format().Read(name, docs)
	return l, docs, err
}

func document(text string) ecosystem.Document {
	return ecosystem.Document{Content: strings.NewReader(text), Size: int64(len(text)), Modified: time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)}
}

func (f *fakeRepository) decision(name, version string) *assay.Decision {
	if d := f.denied[name+"@"+version]; d != nil {
		return d
	}
	return &assay.Decision{Effect: assay.Allow}
}

func (f *fakeRepository) Listing(_ context.Context, name, representation string) (*ecosystem.Answer, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	l, docs, err := f.listing(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	contentType, err := l.Render(&b, ecosystem.Rendering{
		Representation: representation, Name: name, Base: fakeBase, Documents: docs,
		Decision: func(i int) *assay.Decision { return f.decision(name, l.Versions()[i].Version) },
		Why:      func(version string) string { return f.Why(assay.Coordinate{Name: name, Version: version}) },
	})
	if err != nil {
		return nil, err
	}
	return &ecosystem.Answer{ContentType: contentType, ETag: `"1"`, Modified: docs[0].Modified, Body: ecosystem.Bytes(b.Bytes()), Size: int64(b.Len())}, nil
}

func (f *fakeRepository) File(_ context.Context, name, file string) (*ecosystem.Content, error) {
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
	if d := f.decision(name, found.Version); d.Denied() {
		return nil, &assay.Error{Kind: assay.Denied, Message: "refused", Decision: d, Subject: coordinate(name, found.Version)}
	}
	return &ecosystem.Content{Status: http.StatusOK, ContentType: found.ContentType, Size: -1, Seeker: strings.NewReader("the bytes of " + found.Source.URL)}, nil
}

func (f *fakeRepository) Pass(_ context.Context, p ecosystem.Passage) (*ecosystem.Content, error) {
	f.passages = append(f.passages, p)
	if f.fail != nil {
		return nil, f.fail
	}
	answer, ok := f.passed[p.Source.Path+p.Source.URL]
	if !ok {
		return &ecosystem.Content{Status: http.StatusNotFound, Size: 0, Stream: strings.NewReader("")}, nil
	}
	return &ecosystem.Content{Status: http.StatusOK, ContentType: jsonType, Size: int64(len(answer)), Stream: io.NopCloser(strings.NewReader(answer))}, nil
}

func (f *fakeRepository) Versions(_ context.Context, name string) ([]ecosystem.Decided, error) {
	l, _, err := f.listing(name)
	if err != nil {
		return nil, err
	}
	var all []ecosystem.Decided
	for _, v := range l.Versions() {
		facts := &assay.Facts{Coordinate: coordinate(name, v.Version), Hosted: f.Claimed(name), Status: f.status[name+"@"+v.Version]}
		all = append(all, ecosystem.Decided{Facts: facts, Decision: f.decision(name, v.Version)})
	}
	return all, nil
}

func (f *fakeRepository) Base() string { return fakeBase }

func (f *fakeRepository) Why(c assay.Coordinate) string {
	return "http://127.0.0.1:8417/why/" + strings.ReplaceAll(c.Short(), "@", "-")
}

func (f *fakeRepository) Nearest(context.Context, string, string) string { return "1.0.0" }

// fakePlace takes crates too.
type fakePlace struct{ *fakeRepository }

var (
	_ ecosystem.Publisher = fakePlace{}
	_ ecosystem.Ownership = fakePlace{}
)

func (f fakePlace) Publish(_ context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	if f.fail != nil {
		return ecosystem.Receipt{Index: -1}, f.fail
	}
	f.uploads = append(f.uploads, up)
	return ecosystem.Receipt{Coordinate: coordinate(up.Name, up.Version), Index: 7}, nil
}

func (f fakePlace) Tag(context.Context, string, string, string) (ecosystem.Receipt, error) {
	return ecosystem.Receipt{}, assay.Errorf(assay.Internal, "Cargo has no tags")
}

func (f fakePlace) Tags(context.Context, string) (map[string]string, error) { return nil, nil }

func (f fakePlace) SetStatus(_ context.Context, name, version string, status assay.Status, reason string) (ecosystem.Receipt, error) {
	f.said = append(f.said, name+"@"+version+" "+status.String())
	return ecosystem.Receipt{Index: 8}, f.fail
}

func (f fakePlace) Search(_ context.Context, text string, limit int) ([]ecosystem.Found, error) {
	var found []ecosystem.Found
	for _, name := range slices.Sorted(maps.Keys(f.documents)) {
		if f.Claimed(name) && strings.Contains(name, text) && len(found) < limit {
			found = append(found, ecosystem.Found{Name: name, Version: "1.0.0", Description: "ours"})
		}
	}
	return found, nil
}

func (f *fakeRepository) Claimed(name string) bool {
	return slices.ContainsFunc(f.claimed, func(begin string) bool { return strings.HasPrefix(wire.Fold(name), begin) })
}

func (f fakePlace) Owners(_ context.Context, name string) ([]ecosystem.Owner, error) {
	if _, ok := f.documents[name]; !ok {
		return nil, assay.Errorf(assay.NotFound, "there is no crate %s", name)
	}
	return []ecosystem.Owner{{ID: "t-one", Note: "the mason"}, {ID: "t-two"}}, nil
}

func (f fakePlace) SetOwner(_ context.Context, name, id string, owner bool) error {
	if id == "t-nobody" {
		return assay.Errorf(assay.NotFound, "there is no token %s", id)
	}
	word := " may publish "
	if !owner {
		word = " may not publish "
	}
	f.said = append(f.said, id+word+name)
	return nil
}

func denial(rule, reason string) *assay.Decision {
	return &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: rule, Effect: assay.Deny, Reason: reason}}}
}

// unlisted is the decision with which a yanked version is rendered.
func unlisted() *assay.Decision {
	d := denial("status", "yanked")
	d.Opinions[0].Unlist = true
	return d
}

// lines is an index document.
func lines(name string, versions ...string) string {
	var b strings.Builder
	for _, v := range versions {
		b.WriteString(`{"name":"` + name + `","vers":"` + v + `","deps":[],"cksum":"` + sum + `","features":{},"yanked":false}` + "\n")
	}
	return b.String()
}

func newFake() *fakeRepository {
	return &fakeRepository{
		documents: map[string]string{
			"kettle": lines("Kettle", "1.0.0", "1.1.0", "2.0.0"), "evil": lines("evil", "1.0.0", "2.0.0-rc.1", "1.5.0"),
			"old": lines("old", "1.0.0", "1.1.0"), "vault-stone": lines("vault-stone", "1.0.0", "1.1.0"), "vault-iron-gate": lines("vault-iron-gate", "1.0.0"),
		},
		denied: map[string]*assay.Decision{
			"kettle@2.0.0": denial("block", "it boils over"), "evil@1.0.0": denial("block", "malice"), "evil@1.5.0": denial("block", "malice"),
			"evil@2.0.0-rc.1": denial("cooldown", "too new"), "old@1.0.0": denial("block", "a hole"), "old@1.1.0": unlisted(),
		},
		status:  map[string]assay.Status{},
		claimed: []string{"vault-"},
		passed: map[string]string{
			"config.json":                            `{"dl":"https://registry.example/dl","api":"https://registry.example"}`,
			"https://registry.example/api/v1/crates": `{"crates":[{"name":"kettle","max_version":"2.0.0","description":"theirs"},{"name":"Vault_Stone","max_version":"9.0.0"}],"meta":{"total":2}}`,
		},
	}
}

// ask sends a request to the place as a principal; pairs of headers follow.
func ask(t *testing.T, repo ecosystem.Repository, who assay.Principal, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r = r.WithContext(assay.WithPrincipal(r.Context(), who))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	New().Handler(repo).ServeHTTP(w, r)
	return w
}

// mason may publish what is claimed, and guest may read.
func mason(t *testing.T) assay.Principal {
	t.Helper()
	p, err := assay.ParsePattern("pkg:cargo/vault-*", wire.Grammar{})
	if err != nil {
		t.Fatal(err)
	}
	return assay.Principal{ID: "t-mason", Publish: []assay.Pattern{p}}
}

var (
	nobody = assay.Principal{}
	guest  = assay.Principal{ID: "t-guest"}
)

package maven

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// fakeRepo is a place of which a test says what it answers, and which notes
// what it was asked.
type fakeRepo struct {
	mu       sync.Mutex
	asked    []string
	claims   []assay.Pattern
	listings map[string]string // by name and representation
	files    map[string][]byte // by name and file
	refused  map[string]error  // by name
	found    []ecosystem.Found
	uploads  []*ecosystem.Upload
	promises []string
}

func (f *fakeRepo) note(what string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, what)
}

func (f *fakeRepo) Listing(_ context.Context, name, representation string) (*ecosystem.Answer, error) {
	f.note("listing " + name + " " + representation)
	if err := f.refused[name]; err != nil {
		return nil, err
	}
	body, ok := f.listings[name+" "+representation]
	if !ok {
		return nil, assay.Errorf(assay.NotFound, "there is no %s of %s", representation, name)
	}
	return &ecosystem.Answer{ContentType: xmlType, ETag: `"e"`, Body: ecosystem.Bytes(body), Size: int64(len(body))}, nil
}

func (f *fakeRepo) Versions(context.Context, string) ([]ecosystem.Decided, error) {
	return nil, errors.New("nobody asks for them")
}

func (f *fakeRepo) File(_ context.Context, name, file string) (*ecosystem.Content, error) {
	f.note("file " + name + " " + file)
	if err := f.refused[name]; err != nil {
		return nil, err
	}
	body, ok := f.files[name+" "+file]
	if !ok {
		return nil, assay.Errorf(assay.NotFound, "%s has no file %s", name, file)
	}
	return &ecosystem.Content{Status: http.StatusOK, ContentType: contentType(file), ETag: `"f"`, Size: int64(len(body)), Seeker: bytes.NewReader(body)}, nil
}

func (f *fakeRepo) Pass(context.Context, ecosystem.Passage) (*ecosystem.Content, error) {
	return nil, errors.New("nothing is passed on")
}

func (f *fakeRepo) Base() string { return "http://127.0.0.1:8417/maven/" }

func (f *fakeRepo) Why(assay.Coordinate) string { return "http://127.0.0.1:8417/why/abcdefghijklmnop" }

func (f *fakeRepo) Nearest(context.Context, string, string) string { return "" }

func (f *fakeRepo) Claimed(name string) bool {
	for i := range f.claims {
		if f.claims[i].MatchesPackage(assay.Maven, name) {
			return true
		}
	}
	return false
}

func (f *fakeRepo) ClaimPatterns() []string {
	var out []string
	for _, c := range f.claims {
		out = append(out, c.Name)
	}
	return out
}

// publishing is a fake that also takes packages.
type publishing struct{ *fakeRepo }

func (p publishing) Publish(_ context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := up.Name + " " + up.Version + "/" + up.Files[0].Name
	if _, there := p.files[at]; there {
		return ecosystem.Receipt{Index: -1}, assay.Errorf(assay.Conflict, "%s is there", at)
	}
	content, err := io.ReadAll(io.NewSectionReader(up.Files[0].Content, 0, up.Files[0].Size))
	if err != nil {
		return ecosystem.Receipt{Index: -1}, err
	}
	p.files[at] = content
	p.uploads = append(p.uploads, up)
	return ecosystem.Receipt{Index: 7}, nil
}

func (p publishing) Tag(context.Context, string, string, string) (ecosystem.Receipt, error) {
	return ecosystem.Receipt{}, errors.New("Maven has no tags")
}

func (p publishing) Tags(context.Context, string) (map[string]string, error) {
	return nil, errors.New("Maven has no tags")
}

func (p publishing) SetStatus(context.Context, string, string, assay.Status, string) (ecosystem.Receipt, error) {
	return ecosystem.Receipt{}, errors.New("Maven sets no status")
}

func (p publishing) Search(_ context.Context, text string, _ int) ([]ecosystem.Found, error) {
	p.note("search " + text)
	return p.found, nil
}

func (p publishing) Promise(_ context.Context, name, version, file string, digest assay.Digest) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.promises = append(p.promises, name+" "+version+" "+file+" "+string(digest))
	return nil
}

func pattern(t *testing.T, s string) assay.Pattern {
	t.Helper()
	p, err := assay.ParsePattern(s, wire.Grammar{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newFake(t *testing.T, claims ...string) *fakeRepo {
	t.Helper()
	f := &fakeRepo{listings: map[string]string{}, files: map[string][]byte{}, refused: map[string]error{}}
	for _, c := range claims {
		f.claims = append(f.claims, pattern(t, c))
	}
	return f
}

// ask sends a request as a principal, and tells what reason phrase was set.
func ask(repo ecosystem.Repository, who assay.Principal, method, path, body string) (w *httptest.ResponseRecorder, phrase string) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	ctx := assay.WithPrincipal(r.Context(), who)
	ctx = ecosystem.WithPhraser(ctx, func(_ int, p string) { phrase = p })
	w = httptest.NewRecorder()
	New().Handler(repo).ServeHTTP(w, r.WithContext(ctx))
	return w, phrase
}

// fakeWorld answers what a test put into it.
type fakeWorld struct {
	mu      sync.Mutex
	answers map[string]string
	errs    map[string]error
	asked   []string
}

func (w *fakeWorld) Fetch(_ context.Context, src ecosystem.Source) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, src.Path)
	if err := w.errs[src.Path]; err != nil {
		return nil, err
	}
	if text, ok := w.answers[src.Path]; ok {
		return []byte(text), nil
	}
	return nil, assay.Errorf(assay.NotFound, "the upstream does not have %s", src.Path)
}

func (w *fakeWorld) Recall(context.Context, string) ([]byte, error) {
	return nil, errors.New("nothing is remembered")
}

func (w *fakeWorld) Remember(context.Context, string, []byte, []byte) error {
	return errors.New("nothing is remembered")
}

func document(text string) ecosystem.Document {
	return ecosystem.Document{Content: strings.NewReader(text), Size: int64(len(text))}
}

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

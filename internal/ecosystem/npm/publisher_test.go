package npm

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// fakePublisher is a place with hosted packages in memory: it inspects,
// composes and renders with the format itself, as the registry does. Names in
// the scope @acme are claimed; others it asks the fakeRepository for.
type fakePublisher struct {
	fakeRepository
	base string

	mu       sync.Mutex
	releases map[string][]ecosystem.Release
	standing map[string]assay.Status // by name@version
	reasons  map[string]string
	tags     map[string]map[string]string
	files    map[string][]byte // by name@version
	changes  []string          // "publish @acme/x@1.0.0", "status @acme/x@1.0.0 removed"
	hidden   map[string]bool   // versions that the policy denies
	found    string            // what the upstream answers to a search
	late     bool              // the sequencer is late
}

func newPublisher(t *testing.T) *fakePublisher {
	t.Helper()
	return &fakePublisher{
		fakeRepository: *newFake(t), base: fakeBase,
		releases: map[string][]ecosystem.Release{}, standing: map[string]assay.Status{}, reasons: map[string]string{},
		tags: map[string]map[string]string{}, files: map[string][]byte{}, hidden: map[string]bool{},
		found: `{"objects":[{"package":{"name":"lodash","version":"4.17.21","keywords":[],"maintainers":[],"links":{}}},{"package":{"name":"@acme/widgets","version":"99.0.0"}}],"total":2}`,
	}
}

func (f *fakePublisher) receipt(change string) ecosystem.Receipt {
	f.changes = append(f.changes, change)
	if f.late {
		return ecosystem.Receipt{Index: -1}
	}
	return ecosystem.Receipt{Index: int64(len(f.changes) - 1)}
}

func (f *fakePublisher) Publish(_ context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	hosting := New().Format().(ecosystem.Hosting)
	if err := hosting.Admissible(up.Name, up.Version); err != nil {
		return ecosystem.Receipt{}, err
	}
	key := up.Name + "@" + up.Version
	if slices.ContainsFunc(f.releases[up.Name], func(r ecosystem.Release) bool { return r.Version == up.Version }) {
		return ecosystem.Receipt{}, assay.Errorf(assay.Conflict, "%s was published before", key)
	}
	inside, err := hosting.Inspect(up)
	if err != nil {
		return ecosystem.Receipt{}, err
	}
	if len(inside.Disagreements) > 0 {
		return ecosystem.Receipt{}, assay.Errorf(assay.Invalid, "admission refused it at step manifest: %s", strings.Join(inside.Disagreements, ", "))
	}
	content := make([]byte, up.Files[0].Size)
	if _, err := up.Files[0].Content.ReadAt(content, 0); err != nil && err != io.EOF {
		return ecosystem.Receipt{}, err
	}
	strong, weak := sha512.Sum512(content), sha1.Sum(content)
	digests := []assay.Digest{assay.NewDigest("sha512", strong[:]), assay.NewDigest("sha1", weak[:])}
	for _, sent := range up.Files[0].Digests {
		if !slices.Contains(digests, sent) {
			return ecosystem.Receipt{}, assay.Errorf(assay.Invalid, "the digest %s does not hold", sent)
		}
	}
	f.files[key] = content
	f.releases[up.Name] = append(f.releases[up.Name], ecosystem.Release{
		Version: up.Version, Published: time.Date(2026, 1, 2, 3, 4, len(f.changes), 0, time.UTC),
		Manifest: up.Manifest, File: up.Files[0].Name, Size: up.Files[0].Size, Digests: digests,
	})
	for _, tag := range up.Tags {
		f.setTag(up.Name, tag, up.Version)
	}
	return f.receipt("publish " + key), nil
}

func (f *fakePublisher) setTag(name, tag, version string) {
	if f.tags[name] == nil {
		f.tags[name] = map[string]string{}
	}
	f.tags[name][tag] = version
	if version == "" {
		delete(f.tags[name], tag)
	}
}

func (f *fakePublisher) Tag(_ context.Context, name, tag, version string) (ecosystem.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if version != "" && f.files[name+"@"+version] == nil {
		return ecosystem.Receipt{}, assay.Errorf(assay.NotFound, "%s has no version %s", name, version)
	}
	f.setTag(name, tag, version)
	return f.receipt("tag " + name + " " + tag + " " + version), nil
}

func (f *fakePublisher) Tags(_ context.Context, name string) (map[string]string, error) {
	return maps.Clone(f.tags[name]), nil
}

func (f *fakePublisher) SetStatus(_ context.Context, name, version string, status assay.Status, reason string) (ecosystem.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := name + "@" + version
	if f.files[key] == nil {
		return ecosystem.Receipt{}, assay.Errorf(assay.NotFound, "there is no %s", key)
	}
	f.standing[key], f.reasons[key] = status, reason
	return f.receipt("status " + key + " " + status.String() + " " + reason), nil
}

func (f *fakePublisher) Search(ctx context.Context, text string, limit int) ([]ecosystem.Found, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	who := assay.PrincipalOf(ctx)
	var found []ecosystem.Found
	for _, name := range slices.Sorted(maps.Keys(f.releases)) {
		last := f.releases[name][len(f.releases[name])-1]
		if strings.Contains(name, strings.TrimPrefix(text, "@")) && who.MayRead(assay.NPM, name) && len(found) < limit {
			found = append(found, ecosystem.Found{Name: name, Version: last.Version, Description: "hosted here", Published: last.Published})
		}
	}
	return found, nil
}

func (*fakePublisher) Claimed(name string) bool {
	return strings.HasPrefix(name, "@acme/") || name == "acme-tools"
}

// hosted composes and reads the document of a hosted package.
func (f *fakePublisher) hosted(name string) (ecosystem.Listing, ecosystem.Document, error) {
	var live []ecosystem.Release
	for _, r := range f.releases[name] {
		if f.standing[name+"@"+r.Version] != assay.Removed {
			live = append(live, r)
		}
	}
	if len(live) == 0 {
		return nil, ecosystem.Document{}, assay.Errorf(assay.NotFound, "there is no package %s", name)
	}
	format := New().Format()
	documents, err := format.(ecosystem.Hosting).Compose(name, live, f.tags[name])
	if err != nil {
		return nil, ecosystem.Document{}, err
	}
	doc := ecosystem.Document{Content: bytes.NewReader(documents[0]), Size: int64(len(documents[0]))}
	l, err := format.Read(name, []ecosystem.Document{doc})
	return l, doc, err
}

func (f *fakePublisher) Listing(ctx context.Context, name, representation string) (*ecosystem.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.Claimed(name) {
		return f.fakeRepository.Listing(ctx, name, representation)
	}
	l, doc, err := f.hosted(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	contentType, err := l.Render(zw, ecosystem.Rendering{
		Representation: representation, Name: name, Base: f.base, Documents: []ecosystem.Document{doc},
		Decision: func(i int) *assay.Decision {
			key := name + "@" + l.Versions()[i].Version
			if f.hidden[key] {
				return denial("quarantine", "held")
			}
			if f.standing[key] == assay.Deprecated {
				return &assay.Decision{Effect: assay.Warn, Opinions: []assay.Opinion{{Rule: "status", Effect: assay.Warn, Reason: f.reasons[key]}}}
			}
			return &assay.Decision{Effect: assay.Allow}
		},
		Why: func(version string) string { return f.Why(assay.Coordinate{Name: name, Version: version}) },
	})
	if err = cmp.Or(err, zw.Close()); err != nil {
		return nil, err
	}
	return &ecosystem.Answer{ContentType: contentType, ETag: fmt.Sprintf(`"%d"`, len(f.changes)), Gzip: true, Body: ecosystem.Bytes(b.Bytes()), Size: int64(b.Len())}, nil
}

func (f *fakePublisher) File(ctx context.Context, name, file string) (*ecosystem.Content, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.Claimed(name) {
		return f.fakeRepository.File(ctx, name, file)
	}
	l, _, err := f.hosted(name)
	if err != nil {
		return nil, err
	}
	found, err := New().Format().Locate(name, file, l)
	if err != nil {
		return nil, err
	}
	return &ecosystem.Content{Status: http.StatusOK, ContentType: found.ContentType, Size: -1, Seeker: bytes.NewReader(f.files[name+"@"+found.Version])}, nil
}

func (f *fakePublisher) Versions(_ context.Context, name string) ([]ecosystem.Decided, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []ecosystem.Decided
	for _, r := range f.releases[name] {
		key := name + "@" + r.Version
		all = append(all, ecosystem.Decided{Facts: &assay.Facts{
			Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: r.Version}, Hosted: true, Status: f.standing[key],
		}})
	}
	return all, nil
}

func (f *fakePublisher) Pass(ctx context.Context, p ecosystem.Passage) (*ecosystem.Content, error) {
	content, err := f.fakeRepository.Pass(ctx, p)
	if err == nil && p.Source.Key == "search" {
		content.Stream, content.Size = strings.NewReader(f.found), int64(len(f.found))
	}
	return content, err
}

// tokens are what the tests' askers send.
var tokens = map[string]func(t *testing.T) assay.Principal{
	"publisher": func(t *testing.T) assay.Principal {
		return assay.Principal{ID: "ci", Publish: []assay.Pattern{pattern(t, "pkg:npm/@acme/*")}}
	},
	"reader": func(t *testing.T) assay.Principal {
		return assay.Principal{ID: "laptop", Read: []assay.Pattern{pattern(t, "pkg:npm/@acme/*")}}
	},
}

// authenticated is the handler behind a server that knows the tokens.
func authenticated(t *testing.T, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who := tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]; who != nil {
			r = r.WithContext(assay.WithPrincipal(r.Context(), who(t)))
		}
		next.ServeHTTP(w, r)
	})
}

// packed is a tarball of files below package/.
func packed(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for i := 0; i < len(files); i += 2 {
		if err := tw.WriteHeader(&tar.Header{Name: "package/" + files[i], Mode: 0o644, Size: int64(len(files[i+1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmp.Or(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// publication is the body with which npm publishes a version.
func publication(t *testing.T, name, version string, edit func(doc, manifest map[string]any)) string {
	t.Helper()
	content := packed(t, "package.json", `{"name":"`+name+`","version":"`+version+`"}`, "index.js", "module.exports = 1\n")
	strong := sha512.Sum512(content)
	manifest := map[string]any{"name": name, "version": version, "dist": map[string]any{
		"integrity": "sha512-" + base64.StdEncoding.EncodeToString(strong[:]), "tarball": "http://elsewhere.example/x.tgz",
	}}
	doc := map[string]any{
		"_id": name, "name": name, "dist-tags": map[string]any{"latest": version},
		"versions": map[string]any{version: manifest},
		"_attachments": map[string]any{name + "-" + version + ".tgz": map[string]any{
			"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(content), "length": len(content),
		}},
	}
	if edit != nil {
		edit(doc, manifest)
	}
	body, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

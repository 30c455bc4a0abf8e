package pypi

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

const fakeBase = "http://127.0.0.1:8417/pypi/"

const demoPage = `{"meta":{"api-version":"1.4"},"name":"demo","files":[
{"filename":"demo-1.0-py3-none-any.whl","url":"../../f/demo-1.0-py3-none-any.whl","hashes":{"sha256":"` + zeros + `"},"size":3,"upload-time":"2020-01-01T00:00:00Z","core-metadata":{"sha256":"` + zeros + `"},"provenance":"https://registry.example/p"},
{"filename":"demo-2.0-py3-none-any.whl","url":"https://registry.example/demo-2.0-py3-none-any.whl","hashes":{},"size":3,"upload-time":"2020-01-01T00:00:00Z"},
{"filename":"demo-1.0.tar.gz","url":"demo-1.0.tar.gz","hashes":{},"size":3,"upload-time":"2026-01-01T00:00:00Z"}]}`

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

// fakeRepository is a place with the project demo, of which 2.0 is denied,
// and whatever was uploaded since 2025.
type fakeRepository struct {
	ecosystem.Publisher
	asked    []string
	passages []ecosystem.Passage
	uploads  []*ecosystem.Upload
	content  []string // of the uploads' files
	fail     error
	found    []ecosystem.Found
}

func denial(reason string) *assay.Decision {
	return &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny, Reason: reason}}}
}

func decisionOn(version string, published time.Time) *assay.Decision {
	if version == "2.0" {
		return denial("it leaks")
	}
	if published.Year() > 2025 {
		return denial("it is new")
	}
	return &assay.Decision{Effect: assay.Allow}
}

func (f *fakeRepository) read(name string) (ecosystem.Listing, ecosystem.Document, error) {
	if name != "demo" {
		return nil, ecosystem.Document{}, assay.Errorf(assay.NotFound, "there is no package %s", name)
	}
	doc := ecosystem.Document{Content: strings.NewReader(demoPage), Size: int64(len(demoPage))}
	l, err := New().Format().Read(name, []ecosystem.Document{doc})
	return l, doc, err
}

func (f *fakeRepository) Listing(_ context.Context, name, representation string) (*ecosystem.Answer, error) {
	f.asked = append(f.asked, name+" "+representation)
	if f.fail != nil {
		return nil, f.fail
	}
	l, doc, err := f.read(name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	contentType, err := l.Render(&b, ecosystem.Rendering{
		Representation: representation, Name: name, Base: fakeBase, Documents: []ecosystem.Document{doc},
		Decision: func(i int) *assay.Decision { return decisionOn(l.Versions()[i].Version, l.Versions()[i].Published) },
		DecisionOn: func(i int, published time.Time) *assay.Decision {
			return decisionOn(l.Versions()[i].Version, published)
		},
		Why: func(version string) string { return "http://127.0.0.1:8417/why/" + version },
	})
	if err != nil {
		return nil, err
	}
	return &ecosystem.Answer{ContentType: contentType, ETag: `"1"`, Body: ecosystem.Bytes(b.Bytes()), Size: int64(b.Len())}, nil
}

func (f *fakeRepository) File(_ context.Context, name, file string) (*ecosystem.Content, error) {
	f.asked = append(f.asked, name+" "+file)
	l, _, err := f.read(name)
	if err != nil {
		return nil, err
	}
	found, err := New().Format().Locate(name, file, l)
	if err != nil {
		return nil, err
	}
	if d := decisionOn(found.Version, found.Published); d.Denied() {
		return nil, &assay.Error{Kind: assay.Denied, Decision: d, Subject: assay.Coordinate{Ecosystem: assay.PyPI, Name: name, Version: found.Version}}
	}
	return &ecosystem.Content{Status: 200, ContentType: found.ContentType, Size: -1, Seeker: strings.NewReader(found.Source.Path + found.Source.URL)}, nil
}

func (f *fakeRepository) Pass(_ context.Context, p ecosystem.Passage) (*ecosystem.Content, error) {
	f.passages = append(f.passages, p)
	return &ecosystem.Content{Status: 200, ContentType: mediaProvenance, Size: -1, Stream: strings.NewReader("{}")}, nil
}

func (f *fakeRepository) Versions(context.Context, string) ([]ecosystem.Decided, error) {
	return nil, nil
}
func (f *fakeRepository) Base() string                                   { return fakeBase }
func (f *fakeRepository) Why(assay.Coordinate) string                    { return "http://127.0.0.1:8417/why/x" }
func (f *fakeRepository) Nearest(context.Context, string, string) string { return "1.0" }
func (f *fakeRepository) Claimed(name string) bool                       { return strings.HasPrefix(name, "acme-") }
func (f *fakeRepository) Search(context.Context, string, int) ([]ecosystem.Found, error) {
	return f.found, nil
}

func (f *fakeRepository) Publish(_ context.Context, up *ecosystem.Upload) (ecosystem.Receipt, error) {
	if f.fail != nil {
		return ecosystem.Receipt{}, f.fail
	}
	in, err := New().Format().(ecosystem.Hosting).Inspect(up)
	if err != nil {
		return ecosystem.Receipt{}, err
	}
	if len(in.Disagreements) > 0 {
		return ecosystem.Receipt{}, assay.Errorf(assay.Invalid, "they differ in %v", in.Disagreements)
	}
	f.uploads = append(f.uploads, up)
	for _, file := range up.Files {
		b := make([]byte, file.Size)
		if _, err := file.Content.ReadAt(b, 0); err != nil && err != io.EOF {
			return ecosystem.Receipt{}, err
		}
		f.content = append(f.content, string(b))
	}
	return ecosystem.Receipt{Index: 7}, nil
}

func ask(repo ecosystem.Repository, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	New().Handler(repo).ServeHTTP(w, r)
	return w
}

func TestFormsOfAPage(t *testing.T) {
	const v1, html = "application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+html"
	for what, c := range map[string]struct {
		query  string
		accept []string
		want   string // content type; "" is 406
	}{
		"nothing said":             {"", nil, "text/html; charset=utf-8"},
		"a browser":                {"", []string{"text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html; charset=utf-8"},
		"pip":                      {"", []string{v1 + ", " + html + "; q=0.1, text/html; q=0.01"}, v1},
		"uv":                       {"", []string{v1 + ", " + html + ";q=0.2, text/html;q=0.01"}, v1},
		"the latest":               {"", []string{"application/vnd.pypi.simple.latest+json"}, v1},
		"HTML before JSON":         {"", []string{v1 + ";q=0.5, " + html}, html},
		"equal weights":            {"", []string{"text/html, " + v1}, v1},
		"JSON refused":             {"", []string{v1 + ";q=0, */*"}, "text/html; charset=utf-8"},
		"two headers":              {"", []string{"image/png", html}, html},
		"nothing that we have":     {"", []string{"image/png"}, ""},
		"all refused":              {"", []string{"*/*;q=0"}, ""},
		"by parameter":             {"?format=application/vnd.pypi.simple.v1%2Bjson", nil, v1},
		"by parameter with a plus": {"?format=application/vnd.pypi.simple.v1+json", []string{"text/html"}, v1},
		"an odd parameter":         {"?format=xml", []string{v1}, ""},
	} {
		var header []string
		for _, a := range c.accept {
			header = append(header, "Accept", a)
		}
		w := ask(&fakeRepository{}, "GET", "/simple/demo/"+c.query, header...)
		if c.want == "" && w.Code != http.StatusNotAcceptable || c.want != "" && (w.Code != 200 || w.Header().Get("Content-Type") != c.want || !strings.Contains(w.Header().Get("Vary"), "Accept")) {
			t.Errorf("%s: answered %d as %s", what, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestPageHidesWhatIsDenied(t *testing.T) {
	text := ask(&fakeRepository{}, "GET", "/simple/demo/?format=application/vnd.pypi.simple.v1%2Bjson").Body.String()
	for _, want := range []string{
		`"demo-1.0-py3-none-any.whl","url":"` + fakeBase + `files/demo/demo-1.0-py3-none-any.whl"`, `"yanked":false`,
		`"yanked":"Assay refuses it (block): it leaks. See http://127.0.0.1:8417/why/2.0"`,
		// A file that came years after its version is judged by its own date.
		`"yanked":"Assay refuses it (block): it is new. See http://127.0.0.1:8417/why/1.0"`,
		`"provenance":"` + fakeBase + `integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance"`, `"versions":["1.0","2.0"]`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "registry.example") {
		t.Errorf("the page leads past us:\n%s", text)
	}
}

func TestRoutes(t *testing.T) {
	for what, c := range map[string]struct {
		method, target string
		status         int
		says           string
	}{
		"the place":                    {"GET", "/", 200, "simple/"},
		"another spelling":             {"GET", "/simple/De.Mo/", 301, ""},
		"no slash":                     {"GET", "/simple/demo?format=x", 301, ""},
		"no name":                      {"GET", "/simple/-x-/", 400, "not the name"},
		"an unknown project":           {"GET", "/simple/other/", 404, "no package"},
		"a file":                       {"GET", "/files/demo/demo-1.0-py3-none-any.whl", 200, "../f/demo-1.0-py3-none-any.whl"},
		"a file below the origin":      {"GET", "/files/demo/demo-1.0.tar.gz", 403, "it is new"},
		"a file of another spelling":   {"GET", "/files/DEMO/demo-1.0-py3-none-any.whl", 200, "../f/"},
		"metadata":                     {"GET", "/files/demo/demo-1.0-py3-none-any.whl.metadata", 200, "../f/demo-1.0-py3-none-any.whl.metadata"},
		"metadata that is not there":   {"GET", "/files/demo/demo-1.0.tar.gz.metadata", 404, "no file"},
		"a denied file":                {"GET", "/files/demo/demo-2.0-py3-none-any.whl", 403, "rule block"},
		"an unknown file":              {"GET", "/files/demo/demo-3.0.tar.gz", 404, "no file"},
		"a provenance":                 {"GET", "/integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance", 200, "{}"},
		"a provenance that is not":     {"GET", "/integrity/demo/1.0/demo-1.0.tar.gz/provenance", 404, "no provenance"},
		"a provenance of a claimed":    {"GET", "/integrity/acme-x/1.0/acme_x-1.0.tar.gz/provenance", 404, "no provenance"},
		"nothing there":                {"GET", "/other/demo", 404, "pages begin at"},
		"a dotted segment":             {"GET", "/simple/%2e%2e/", 400, "dotted"},
		"an escaped slash":             {"GET", "/files/demo/a%2fb", 400, "character"},
		"an escape twice":              {"GET", "/files/demo/a%252fb", 400, "twice"},
		"an empty segment":             {"GET", "/files//demo", 400, "empty"},
		"a long path":                  {"GET", "/simple/" + strings.Repeat("a", 3000), 400, "longer"},
		"an upload by GET":             {"GET", "/legacy/", 405, "POST"},
		"a deletion":                   {"DELETE", "/legacy/", 405, "POST"},
		"a write elsewhere":            {"POST", "/simple/demo/", 405, "legacy/"},
		"an upload by nobody":          {"POST", "/legacy/", 401, "token"},
		"an upload to the place":       {"POST", "/", 401, "token"},
		"HEAD of what is not there":    {"HEAD", "/simple/other/", 404, ""},
		"HEAD of a denied file":        {"HEAD", "/files/demo/demo-2.0-py3-none-any.whl", 403, ""},
		"a file with a forbidden name": {"GET", "/files/demo/.hidden", 400, "cannot be the name"},
	} {
		w := ask(&fakeRepository{}, c.method, c.target)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || c.method == "HEAD" && w.Body.Len() > 0 {
			t.Errorf("%s: %s %s answered %d: %s", what, c.method, c.target, w.Code, w.Body)
		}
		if strings.ContainsAny(w.Body.String(), "\x00\x1b\r") {
			t.Errorf("%s: control characters in %q", what, w.Body)
		}
	}
	if to := ask(&fakeRepository{}, "GET", "/simple/De_.Mo?format=x").Header().Get("Location"); to != fakeBase+"simple/de-mo/?format=x" {
		t.Errorf("another spelling leads to %s", to)
	}
	f := &fakeRepository{}
	ask(f, "GET", "/integrity/demo/1.0/demo-1.0-py3-none-any.whl/provenance")
	if len(f.passages) != 1 || f.passages[0].Source.URL != "https://registry.example/p" || f.passages[0].Names[0] != "demo" {
		t.Errorf("asked for %+v", f.passages)
	}
}

func TestProjects(t *testing.T) {
	f := &fakeRepository{found: []ecosystem.Found{{Name: "acme-b"}, {Name: "acme-a"}, {Name: "acme-a"}}}
	for accept, want := range map[string]string{
		"application/vnd.pypi.simple.v1+json": `{"meta":{"api-version":"1.4"},"projects":[{"name":"acme-a"},{"name":"acme-b"}]}`,
		"text/html":                           "<a href=\"acme-a/\">acme-a</a><br>\n<a href=\"acme-b/\">acme-b</a>",
	} {
		if w := ask(f, "GET", "/simple/", "Accept", accept); w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: answered %d: %s", accept, w.Code, w.Body)
		}
	}
	if w := ask(f, "GET", "/simple/", "Accept", "image/png"); w.Code != http.StatusNotAcceptable {
		t.Errorf("an unknown form answered %d", w.Code)
	}
}

// sendUpload uploads a file with fields as the holder of a token.
func sendUpload(t *testing.T, f *fakeRepository, file string, content []byte, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := form.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("content", file)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/legacy/", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	pattern, err := assay.ParsePattern("pkg:pypi/acme-*", New().Grammar())
	if err != nil {
		t.Fatal(err)
	}
	r = r.WithContext(assay.WithPrincipal(r.Context(), assay.Principal{ID: "t-1", Publish: []assay.Pattern{pattern}}))
	w := httptest.NewRecorder()
	New().Handler(f).ServeHTTP(w, r)
	return w
}

func TestUpload(t *testing.T) {
	wheel, err := os.ReadFile("testdata/acme_lamp-1.0-py3-none-any.whl")
	if err != nil {
		t.Fatal(err)
	}
	const name = "acme_lamp-1.0-py3-none-any.whl"
	base := []string{":action", "file_upload", "protocol_version", "1", "name", "Acme.Lamp", "version", "1.0", "filetype", "bdist_wheel"}
	f := &fakeRepository{}
	if w := sendUpload(t, f, name, wheel, base...); w.Code != 200 || w.Header().Get(headerIndex) != "7" {
		t.Fatalf("answered %d: %s", w.Code, w.Body)
	}
	up := f.uploads[0]
	if up.Name != "acme-lamp" || up.Version != "1.0" || !up.Adds || len(up.Files) != 2 || up.Files[0].Name != name || up.Files[1].Name != name+".metadata" ||
		f.content[0] != string(wheel) || !strings.HasPrefix(f.content[1], "Metadata-Version: ") || !strings.Contains(string(up.Manifest), `"requires_python":"\u003e=3.8"`) {
		t.Errorf("uploaded %+v, manifest %s", up, up.Manifest)
	}
	for what, c := range map[string]struct {
		file   string
		fields []string
		status int
		says   string
	}{
		"another action":           {name, []string{":action", "doc_upload"}, 400, "doc_upload"},
		"another protocol":         {name, append([]string{"protocol_version", "2"}, base[:2]...), 400, "version"},
		"attestations":             {name, append([]string{"attestations", "[{}]"}, base...), 400, "attestations"},
		"another's name":           {name, []string{":action", "file_upload", "name", "other", "version", "1.0"}, 403, "may not publish"},
		"no version":               {name, []string{":action", "file_upload", "name", "acme-lamp"}, 400, "PEP 440"},
		"another version":          {name, []string{":action", "file_upload", "name", "acme-lamp", "version", "1.1"}, 400, "1.1"},
		"another file name":        {"acme_lamp-1.1-py3-none-any.whl", base, 400, "is not that of"},
		"a wrong digest's form":    {name, append([]string{"sha256_digest", "zz"}, base...), 400, "sha256_digest"},
		"blake2 alone":             {name, append([]string{"blake2_256_digest", zeros}, base...), 400, "blake2"},
		"requirements that differ": {name, append([]string{"requires_dist", "evil"}, base...), 400, "Requires-Dist"},
		"another Python":           {name, append([]string{"requires_python", ">=2"}, base...), 400, "Requires-Python"},
		"an egg":                   {"acme_lamp-1.0-py3.11.egg", base, 400, "neither a wheel"},
		"the action twice":         {name, append([]string{":action", "file_upload"}, base...), 400, "twice"},
	} {
		f := &fakeRepository{}
		if w := sendUpload(t, f, c.file, wheel, c.fields...); w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || len(f.uploads) > 0 {
			t.Errorf("%s: answered %d: %s", what, w.Code, w.Body)
		}
	}
	f = &fakeRepository{fail: assay.Errorf(assay.Conflict, "it is there")}
	if w := sendUpload(t, f, name, wheel, base...); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "already exist") {
		t.Errorf("a file that is there answered %d: %s", w.Code, w.Body)
	}
}

func TestUploadThatIsNoForm(t *testing.T) {
	for what, contentType := range map[string]string{"text": "text/plain", "a form of text": "application/x-www-form-urlencoded", "no boundary": "multipart/form-data", "half": "multipart/form-data; boundary=b"} {
		r := httptest.NewRequest("POST", "/legacy/", strings.NewReader("--b\r\nContent-Disp"))
		r.Header.Set("Content-Type", contentType)
		r = r.WithContext(assay.WithPrincipal(r.Context(), assay.Principal{ID: "t-1"}))
		w := httptest.NewRecorder()
		New().Handler(&fakeRepository{}).ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s answered %d: %s", what, w.Code, w.Body)
		}
	}
	w := ask(&fakeRepository{}, "POST", "/legacy/")
	if !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("nobody is asked by %q who they are", w.Header().Get("WWW-Authenticate"))
	}
}

// FuzzPath: no path reaches the repository with a segment that leads away.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/simple/demo/", "/files/demo/a.whl", "/files/%2e%2e/a", "/simple/a%252f/", "//", "/%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		segments, _, err := splitPath(path)
		if err != nil {
			return
		}
		for _, s := range segments {
			if s == "" || s == "." || s == ".." || strings.ContainsAny(s, "/\\%\x00\r\n") {
				t.Fatalf("%q has the segment %q", path, s)
			}
		}
	})
}

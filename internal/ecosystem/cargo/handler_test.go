package cargo

import (
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

func TestConfig(t *testing.T) {
	for path, want := range map[string]string{
		"/config.json":      `{"dl":"http://127.0.0.1:8417/cargo/api/v1/crates","api":"http://127.0.0.1:8417/cargo"}`,
		"/auth/config.json": `{"dl":"http://127.0.0.1:8417/cargo/auth/api/v1/crates","api":"http://127.0.0.1:8417/cargo/auth","auth-required":true}`,
	} {
		w := ask(t, newFake(), guest, "GET", path, "")
		if w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s answered %d %s", path, w.Code, w.Body)
		}
		etag := w.Header().Get("ETag")
		if again := ask(t, newFake(), guest, "GET", path, "", "If-None-Match", etag); etag == "" || again.Code != http.StatusNotModified {
			t.Errorf("%s with its ETag answered %d", path, again.Code)
		}
		if h := ask(t, newFake(), guest, "HEAD", path, ""); h.Code != http.StatusOK || h.Body.Len() != 0 {
			t.Errorf("HEAD of %s answered %d with %d bytes", path, h.Code, h.Body.Len())
		}
	}
}

func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		what, method, path string
		status             int
		body               string // a part of it
	}{
		{"an index document", "GET", "/ke/tt/kettle", 200, `"vers":"1.1.0"`},
		{"a name in capitals has no second address", "GET", "/Ke/tt/Kettle", 404, "nothing at this address"},
		{"another folder", "GET", "/kE/tt/kettle", 404, "nothing at this address"},
		{"a folder that is too short", "GET", "/k/kettle", 404, "nothing at this address"},
		{"a folder of three letters", "GET", "/3/k/kettle", 404, "nothing at this address"},
		{"an unknown crate", "GET", "/te/ap/teapot", 404, "no crate teapot"},
		{"the root", "GET", "/", 200, "cargo"},
		{"a file, as its publisher spells it", "GET", "/api/v1/crates/Kettle/1.1.0/download", 200, "https://files.registry.example/Kettle/1.1.0"},
		{"a file, in small letters", "GET", "/api/v1/crates/kettle/1.1.0/download", 200, "https://files.registry.example/Kettle/1.1.0"},
		{"an unknown version", "GET", "/api/v1/crates/kettle/9.9.9/download", 404, "kettle has no file"},
		{"a denied file", "GET", "/api/v1/crates/Kettle/2.0.0/download", 403, "kettle@2.0.0 is refused by Assay, rule block: it boils over"},
		{"a version that is none", "GET", "/api/v1/crates/kettle/a~b/download", 400, "cannot be a version"},
		{"a name that is none", "GET", "/api/v1/crates/a.b/1.0.0/download", 400, "no crate's name"},
		{"what crates' pages ask for", "GET", "/api/v1/crates/kettle", 404, "nothing at this address"},
		{"a file behind the token", "GET", "/auth/api/v1/crates/kettle/1.1.0/download", 200, "the bytes"},
		{"owners of what is not published here", "GET", "/api/v1/crates/kettle/owners", 404, "not published here"},
		{"a write to the index", "PUT", "/ke/tt/kettle", 405, "only read"},
		{"a write to a file", "DELETE", "/api/v1/crates/kettle/1.1.0/download", 405, "only read"},
		{"how to get a token", "GET", "/me", 200, "assay token create"},
	} {
		w := ask(t, fakePlace{newFake()}, guest, c.method, c.path, "")
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %s %s answered %d %s", c.what, c.method, c.path, w.Code, w.Body)
		}
		if c.status >= 400 && !strings.HasPrefix(w.Body.String(), `{"errors":[{"detail":"`) {
			t.Errorf("%s: cargo cannot read %s", c.what, w.Body)
		}
		if c.status == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s: a 405 without Allow", c.what)
		}
	}
}

func TestIndex(t *testing.T) {
	w := ask(t, newFake(), nobody, "GET", "/ke/tt/kettle", "")
	want := lines("Kettle", "1.0.0", "1.1.0") + strings.Replace(lines("Kettle", "2.0.0"), `"yanked":false`, `"yanked":true`, 1)
	if w.Body.String() != want {
		t.Errorf("the index is\n%s\nwant\n%s", w.Body, want)
	}
	if w.Header().Get("ETag") != `"1"` || w.Header().Get("Last-Modified") != "Tue, 03 Feb 2026 04:05:06 GMT" || w.Header().Get("Content-Type") != textType {
		t.Errorf("the headers are %v", w.Header())
	}
}

func TestACrateOfWhichNothingIsLeft(t *testing.T) {
	w := ask(t, newFake(), nobody, "GET", "/ev/il/evil", "")
	if w.Code != http.StatusForbidden {
		t.Fatalf("answered %d", w.Code)
	}
	// The newest release has the word, not the pre-release after it.
	for _, word := range []string{"no version of evil can be used", "evil@1.5.0", "malice", "/why/evil-1.5.0"} {
		if !strings.Contains(w.Body.String(), word) {
			t.Errorf("the refusal does not say %q: %s", word, w.Body)
		}
	}
	// A yanked version's file is handed out, so its line must be there.
	w = ask(t, newFake(), nobody, "GET", "/3/o/old", "")
	if w.Code != http.StatusOK || strings.Count(w.Body.String(), `"yanked":true`) != 2 {
		t.Errorf("a crate of which a yanked version is left answered %d %s", w.Code, w.Body)
	}
}

func TestAuthAsksForAToken(t *testing.T) {
	for _, path := range []string{"/auth/config.json", "/auth/ke/tt/kettle", "/auth/te/ap/teapot", "/auth/api/v1/crates/kettle/1.0.0/download", "/auth/api/v1/crates?q=x", "/auth/", "/auth"} {
		w := ask(t, fakePlace{newFake()}, nobody, "GET", path, "")
		if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != `Cargo login_url="http://127.0.0.1:8417/cargo/me"` {
			t.Errorf("%s answered %d, %q", path, w.Code, w.Header().Get("WWW-Authenticate"))
		}
	}
	if w := ask(t, fakePlace{newFake()}, nobody, "GET", "/auth/me", ""); w.Code != http.StatusOK {
		t.Errorf("the page that tells how to get a token needs one: %d", w.Code)
	}
	// An anonymous asker whom the operator lets read everything still has no
	// token, and cargo sends one only when it is asked for it.
	if w := ask(t, newFake(), assay.Principal{ReadHosted: true}, "GET", "/auth/config.json", ""); w.Code != http.StatusUnauthorized {
		t.Errorf("answered %d", w.Code)
	}
}

func TestPathsThatLeadOut(t *testing.T) {
	for _, path := range []string{
		"/../etc", "/%2e%2e/etc/x", "/ke/tt/..", "/ke//tt/kettle", "/ke/tt%2fkettle", "/ke/tt/kettle%00", "/ke/tt/kettle%252f", "/ke/tt/%5c", "/ke/tt/.kettle",
		"/ke/tt/kettl%c3%a9", "/" + strings.Repeat("a", 2000), "/auth/../config.json", "/ke/tt/kettle%", "/api/v1/crates/kettle/../../x/download",
	} {
		r, err := http.NewRequest("GET", "http://127.0.0.1"+strings.ReplaceAll(path, "%\"", ""), nil)
		if err != nil { // the client itself refuses it
			continue
		}
		w := ask(t, newFake(), nobody, "GET", r.URL.RequestURI(), "")
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s answered %d %s", path, w.Code, w.Body)
		}
	}
}

func TestErrorsOfTheHouse(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
	}{
		{&assay.Error{Kind: assay.Unavailable, Status: 502, Message: "the upstream fails"}, 502},
		{assay.Errorf(assay.Unsound, "the upstream's index is not sound"), 502},
		{&assay.Error{Kind: assay.Exhausted, Message: "too many", RetryAfter: 1500000000}, 503},
	} {
		f := newFake()
		f.fail = c.err
		for _, path := range []string{"/ke/tt/kettle", "/api/v1/crates/kettle/1.0.0/download", "/api/v1/crates?q=kettle"} {
			w := ask(t, f, nobody, "GET", path, "")
			if w.Code != c.status || !strings.Contains(w.Body.String(), assay.PublicMessage(c.err)) {
				t.Errorf("%v: %s answered %d %s", c.err, path, w.Code, w.Body)
			}
			if assay.Is(c.err, assay.Exhausted) && w.Header().Get("Retry-After") != "2" {
				t.Errorf("Retry-After is %q", w.Header().Get("Retry-After"))
			}
		}
	}
}

func TestSearch(t *testing.T) {
	for _, c := range []struct {
		what, query, body string
		asked             bool // the upstream, for the search itself
	}{
		{"what is public", "kettle", `{"crates":[{"name":"kettle","max_version":"2.0.0","description":"theirs"}],"meta":{"total":1}}`, true},
		{"what is ours", "vault-stone", `{"crates":[{"name":"vault-stone","max_version":"1.0.0","description":"ours"}],"meta":{"total":1}}`, false},
		{"with an underscore", "vault_stone", `{"crates":[],"meta":{"total":0}}`, false},
		{"in capitals", "VAULT-Stone", `{"crates":[],"meta":{"total":0}}`, false},
		{"among other words", "blue+vault-door+paint", `{"crates":[],"meta":{"total":0}}`, false},
		{"as two words", "vault+stone", `{"crates":[],"meta":{"total":0}}`, false},
		{"the begin of it alone", "vault", `{"crates":[{"name":"vault-iron-gate","max_version":"1.0.0","description":"ours"},{"name":"vault-stone"`, false},
		{"encoded twice", "%2576ault-stone", `{"crates":[],"meta":{"total":0}}`, false},
		{"in quotes", "%22vault-stone%22", `{"crates":[],"meta":{"total":0}}`, false},
	} {
		f := newFake()
		w := ask(t, fakePlace{f}, guest, "GET", "/api/v1/crates?per_page=5&q="+c.query, "")
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), c.body) {
			t.Errorf("%s: answered %d %s", c.what, w.Code, w.Body)
		}
		asked := len(f.passages) == 2
		if asked != c.asked || !asked && len(f.passages) != 0 {
			t.Errorf("%s: the upstream was asked %d times", c.what, len(f.passages))
		}
		if asked && (f.passages[1].Query.Get("per_page") != "5" || len(f.passages[1].Names) != 1) {
			t.Errorf("%s: the upstream was asked %+v", c.what, f.passages[1])
		}
	}
	f := newFake()
	f.passed["config.json"] = `{"dl":"https://registry.example"}`
	if w := ask(t, f, nobody, "GET", "/api/v1/crates?q=kettle", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"total":0`) {
		t.Errorf("an upstream without a search answered %d %s", w.Code, w.Body)
	}
	delete(f.passed, "config.json")
	if w := ask(t, f, nobody, "GET", "/api/v1/crates?q=kettle", ""); w.Code != 502 {
		t.Errorf("an upstream that fails answered %d %s", w.Code, w.Body)
	}
	if w := ask(t, f, nobody, "GET", "/api/v1/crates?q="+strings.Repeat("x", 5000), ""); w.Code != 413 {
		t.Errorf("a search without end answered %d", w.Code)
	}
	if w := ask(t, f, nobody, "GET", "/api/v1/crates?q=%zz", ""); w.Code != 400 {
		t.Errorf("a search that is not encoded answered %d", w.Code)
	}
}

func TestFormat(t *testing.T) {
	f := New().Format()
	sources := f.Sources("kettle")
	if len(sources) != 2 || sources[0].Path != "ke/tt/kettle" || sources[1].Path != "config.json" || !sources[1].Shared || sources[1].Optional {
		t.Errorf("a crate is read from %+v", sources)
	}
	config := document(`{"dl":"https://files.registry.example"}`)
	good := document(lines("kettle", "1.0.0"))
	for what, docs := range map[string][]ecosystem.Document{
		"no config.json":        {good, {Missing: true}},
		"a config.json of HTML": {good, document("<html>")},
		"an index of HTML":      {document("<html>"), config},
	} {
		if l, err := f.Read("kettle", docs); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %v, %v", what, l, err)
		}
	}
	if l, err := f.Read("kettle", []ecosystem.Document{good}); !assay.Is(err, assay.Internal) {
		t.Errorf("one document: %v, %v", l, err)
	}
	dated := `{"name":"kettle","vers":"1.0.0","cksum":"` + sum + `","links":"gas","yanked":true,"pubtime":"2026-02-03T04:05:06Z"}`
	l, err := f.Read("kettle", []ecosystem.Document{document(dated), config})
	if err != nil {
		t.Fatal(err)
	}
	v := l.Versions()[0]
	if v.PublishedSource != "index pubtime" || v.Published.IsZero() || v.Yanked == "" || v.InstallScripts != assay.Yes || len(v.Scripts) != 1 || v.Digest != "sha256:"+sum || l.Bytes() < 100 {
		t.Errorf("the version is %+v", v)
	}
	file, err := f.Locate("kettle", "kettle-1.0.0.crate", l)
	if err != nil || file.Source.URL != "https://files.registry.example/kettle/1.0.0/download" || file.Digests[0] != "sha256:"+sum || file.Version != "1.0.0" {
		t.Errorf("the file is %+v, %v", file, err)
	}
	for _, name := range []string{"kettle-1.0.1.crate", "kettle-1.0.0.tgz", "lid-1.0.0.crate", ""} {
		if file, err := f.Locate("kettle", name, l); !assay.Is(err, assay.NotFound) {
			t.Errorf("%q is %+v, %v", name, file, err)
		}
	}
	if _, err := f.Locate("kettle", "kettle-1.0.0.crate", nil); !assay.Is(err, assay.Internal) {
		t.Errorf("without a listing: %v", err)
	}
}

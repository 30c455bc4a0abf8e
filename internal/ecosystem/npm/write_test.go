package npm

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// asking sends a request with a token to a place that takes packages.
func asking(t *testing.T, f *fakePublisher, token, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	if token != "" {
		header = append([]string{"Authorization", "Bearer " + token}, header...)
	}
	header = append([]string{"Content-Type", "application/json"}, header...)
	return askHandler(t, authenticated(t, New().Handler(f)), method, path, body, header...)
}

// published is a place with versions of @acme/widgets.
func published(t *testing.T, versions ...string) *fakePublisher {
	t.Helper()
	f := newPublisher(t)
	for _, v := range versions {
		if resp, body := asking(t, f, "publisher", "PUT", "/@acme%2fwidgets", publication(t, "@acme/widgets", v, nil)); resp.StatusCode != http.StatusCreated {
			t.Fatalf("publishing %s: %d %s", v, resp.StatusCode, body)
		}
	}
	return f
}

// document is the full document as the asker gets it.
func (f *fakePublisher) document(t *testing.T) map[string]any {
	t.Helper()
	resp, body := asking(t, f, "publisher", "GET", "/@acme%2fwidgets?write=true", "")
	var doc map[string]any
	if err := json.Unmarshal([]byte(body), &doc); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %s", resp.StatusCode, body)
	}
	return doc
}

func encoded(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPublish(t *testing.T) {
	f := published(t, "1.0.0")
	resp, body := asking(t, f, "publisher", "PUT", "/@acme/widgets", publication(t, "@acme/widgets", "1.1.0", nil))
	if resp.StatusCode != http.StatusCreated || resp.Header.Get("Assay-Log-Index") != "1" || !strings.Contains(body, `"ok":true`) {
		t.Errorf("%d, index %q: %s", resp.StatusCode, resp.Header.Get("Assay-Log-Index"), body)
	}
	f.late = true
	resp, _ = asking(t, f, "publisher", "PUT", "/@acme/widgets", publication(t, "@acme/widgets", "1.2.0", nil))
	if _, there := resp.Header["Assay-Log-Index"]; there || resp.StatusCode != http.StatusCreated {
		t.Errorf("a late sequencer: %d, index %q", resp.StatusCode, resp.Header.Get("Assay-Log-Index"))
	}
	if resp, got := asking(t, f, "publisher", "GET", "/@acme/widgets/-/widgets-1.0.0.tgz", ""); resp.StatusCode != 200 || got != string(f.files["@acme/widgets@1.0.0"]) {
		t.Errorf("the tarball: %d, %d bytes", resp.StatusCode, len(got))
	}
	doc := f.document(t)
	if rev, _ := doc["_rev"].(string); rev == "" || rev != f.document(t)["_rev"] {
		t.Errorf("_rev %q is not stable", rev)
	}
}

// Whatever is refused is refused before anything changes.
func TestWritesThatAreRefused(t *testing.T) {
	const pkg = "/@acme%2fwidgets"
	sound := publication(t, "@acme/widgets", "1.0.0", nil)
	lying := publication(t, "@acme/widgets", "1.0.0", func(_, m map[string]any) { m["scripts"] = map[string]any{"postinstall": "x"} })
	wrong := publication(t, "@acme/widgets", "1.0.0", func(_, m map[string]any) {
		m["dist"] = map[string]any{"shasum": strings.Repeat("0", 40)}
	})
	for _, c := range []struct {
		what, token, method, path, body string
		status                          int
		says                            string
	}{
		{"publishing by nobody", "", "PUT", pkg, sound, 401, "needs a token"},
		{"publishing with a wrong token", "unknown", "PUT", pkg, sound, 401, "needs a token"},
		{"publishing with a reader's token", "reader", "PUT", pkg, sound, 403, "(laptop) may not publish"},
		{"publishing beyond the token", "publisher", "PUT", "/lodash", publication(t, "lodash", "1.0.0", nil), 403, "(ci) may not publish"},
		{"publishing at another package's address", "publisher", "PUT", "/@acme%2fgadgets", sound, 400, "sent to the address"},
		{"publishing at a revision", "publisher", "PUT", pkg + "/-rev/1-x", sound, 400, "without a revision"},
		{"publishing at a tarball's address", "publisher", "PUT", pkg + "/-/widgets-1.0.0.tgz", sound, 404, "nothing can be changed"},
		{"manifest confusion", "publisher", "PUT", pkg, lying, 400, "scripts.postinstall"},
		{"a digest that does not hold", "publisher", "PUT", pkg, wrong, 400, "does not hold"},
		{"no JSON", "publisher", "PUT", pkg, "hello", 400, "cannot be taken"},
		{"an empty body", "publisher", "PUT", pkg, "", 400, "no JSON"},
		{"posting", "publisher", "POST", pkg, sound, 405, "published with PUT"},
		{"withdrawing by nobody", "", "DELETE", pkg + "/-rev/1-x", "", 401, "needs a token"},
		{"withdrawing what is not there", "publisher", "DELETE", pkg + "/-rev/1-x", "", 404, "no package"},
		{"deleting a package without a revision", "publisher", "DELETE", pkg, "", 404, "nothing can be changed"},
		{"tagging by nobody", "", "PUT", "/-/package" + pkg + "/dist-tags/x1", `"1.0.0"`, 401, "needs a token"},
		{"tagging with a reader's token", "reader", "PUT", "/-/package" + pkg + "/dist-tags/next", `"1.0.0"`, 403, "may not"},
		{"tagging a version that is not there", "publisher", "PUT", "/-/package" + pkg + "/dist-tags/next", `"1.0.0"`, 404, "no version"},
		{"tagging with no version", "publisher", "PUT", "/-/package" + pkg + "/dist-tags/next", `{"a":1}`, 400, "JSON string"},
		{"tagging with what is no version", "publisher", "PUT", "/-/package" + pkg + "/dist-tags/next", `"newest"`, 400, "not an npm version"},
		{"a tag that reads as a range", "publisher", "PUT", "/-/package" + pkg + "/dist-tags/1.x", `"1.0.0"`, 400, "range"},
		{"a long body for a tag", "publisher", "PUT", "/-/package" + pkg + "/dist-tags/next", `"` + strings.Repeat("1", 2000) + `"`, 413, "larger than"},
		{"dropping latest", "publisher", "DELETE", "/-/package" + pkg + "/dist-tags/latest", "", 400, "cannot be dropped"},
		{"setting all tags at once", "publisher", "PUT", "/-/package" + pkg + "/dist-tags", `{}`, 404, "nothing can be changed"},
		{"posting a tag", "publisher", "POST", "/-/package" + pkg + "/dist-tags/next", `"1.0.0"`, 405, "set with PUT"},
		{"logging in", "", "PUT", "/-/user/org.couchdb.user:someone", `{}`, 405, "make a token"},
		{"staging", "publisher", "POST", "/-/stage/package/@acme%2fwidgets", `{}`, 405, "npm publish and a token"},
		{"asking who one is as nobody", "", "GET", "/-/whoami", "", 401, "needs a token"},
	} {
		f := newPublisher(t)
		resp, body := asking(t, f, c.token, c.method, c.path, c.body)
		if resp.StatusCode != c.status || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s, want %d with %q", c.what, resp.StatusCode, body, c.status, c.says)
		}
		checkError(t, c.what, resp, body)
		if len(f.changes)+len(f.releases) > 0 {
			t.Errorf("%s: changed %v", c.what, f.changes)
		}
		if c.status == 401 && resp.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s: npm would show its own words for WWW-Authenticate", c.what)
		}
	}
	for what, header := range map[string][]string{
		"a form": {"Content-Type", "text/plain"}, "compressed": {"Content-Encoding", "gzip"}, "no type": {"Content-Type", ""},
	} {
		f := newPublisher(t)
		if resp, body := asking(t, f, "publisher", "PUT", pkg, sound, header...); resp.StatusCode != 400 || len(f.changes) > 0 {
			t.Errorf("%s: %d %s", what, resp.StatusCode, body)
		}
	}
}

func TestUploadsAreBounded(t *testing.T) {
	a := New().(adapter)
	a.limits.upload, a.limits.uploads = 4000, 4000
	body := publication(t, "@acme/widgets", "1.0.0", func(doc, _ map[string]any) { doc["readme"] = strings.Repeat("x", 8000) })
	for what, length := range map[string]string{"announced": "", "chunked": "chunked"} {
		f := newPublisher(t)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if length == "chunked" {
				r.ContentLength = -1
			}
			authenticated(t, a.Handler(f)).ServeHTTP(w, r)
		})
		resp, text := askHandler(t, handler, "PUT", "/@acme%2fwidgets", body, "Authorization", "Bearer publisher", "Content-Type", "application/json")
		if resp.StatusCode != http.StatusRequestEntityTooLarge || len(f.changes) > 0 {
			t.Errorf("%s: %d %s", what, resp.StatusCode, text)
		}
	}
	// The room that a refused upload took is given back.
	h := a.Handler(newPublisher(t)).(*handler)
	for range 3 {
		askHandler(t, authenticated(t, h), "PUT", "/@acme%2fwidgets", `{"name":"x"}`, "Authorization", "Bearer publisher", "Content-Type", "application/json")
	}
	if !h.uploads.TryAcquire(4000) {
		t.Error("refused uploads keep their room")
	}
}

func TestDeprecate(t *testing.T) {
	f := published(t, "1.0.0", "1.1.0")
	edit := func(version, text string) (int, string) {
		doc := f.document(t)
		doc["versions"].(map[string]any)[version].(map[string]any)["deprecated"] = text
		resp, body := asking(t, f, "publisher", "PUT", "/@acme%2fwidgets", encoded(t, doc))
		return resp.StatusCode, body
	}
	f.changes = nil
	for _, c := range []struct{ version, text, want string }{
		{"1.0.0", "use 1.1.0", "status @acme/widgets@1.0.0 deprecated use 1.1.0"},
		{"1.1.0", "both are bad", "status @acme/widgets@1.1.0 deprecated both are bad"}, // what we wrote of 1.0.0 is no change
		{"1.0.0", "", "status @acme/widgets@1.0.0 active "},
	} {
		f.changes = nil
		if status, body := edit(c.version, c.text); status != 200 || !slices.Equal(f.changes, []string{c.want}) {
			t.Errorf("deprecating %s: %d %s, %v", c.version, status, body, f.changes)
		}
	}
	f.changes = nil
	if status, body := edit("1.0.0", strings.Repeat("x", 1001)); status != 413 || len(f.changes) > 0 {
		t.Errorf("a long message: %d %s, %v", status, body, f.changes)
	}
	for _, c := range []struct {
		now    assay.Status
		text   string
		status int
	}{{assay.Yanked, "old", 409}, {assay.Yanked, "", 200}, {assay.Quarantined, "old", 409}, {assay.Experimental, "old", 200}, {assay.Active, "", 200}} {
		f.changes, f.standing["@acme/widgets@1.0.0"] = nil, c.now
		status, body := edit("1.0.0", c.text)
		if status != c.status || (len(f.changes) > 0) != (c.status == 200 && c.text != "") {
			t.Errorf("deprecating with %q what is %v: %d %s, %v", c.text, c.now, status, body, f.changes)
		}
	}
	f.changes = nil
	resp, body := asking(t, f, "publisher", "PUT", "/@acme%2fwidgets", encoded(t, f.document(t)))
	if _, there := resp.Header["Assay-Log-Index"]; resp.StatusCode != 200 || there || len(f.changes) > 0 {
		t.Errorf("nothing to change: %d %s, %v", resp.StatusCode, body, f.changes)
	}
}

func TestUnpublish(t *testing.T) {
	const pkg = "/@acme%2fwidgets"
	strike := func(doc map[string]any, versions ...string) string {
		for _, v := range versions {
			delete(doc["versions"].(map[string]any), v)
		}
		return encoded(t, doc)
	}
	rev := func(doc map[string]any) string { return "/-rev/" + doc["_rev"].(string) }

	f := published(t, "1.0.0", "1.1.0", "1.2.0")
	doc := f.document(t)
	f.changes = nil
	resp, body := asking(t, f, "publisher", "DELETE", pkg+"/-/widgets-1.1.0.tgz"+rev(doc), "")
	if resp.StatusCode != http.StatusConflict || len(f.changes) > 0 {
		t.Errorf("a tarball alone: %d %s", resp.StatusCode, body)
	}
	for what, c := range map[string]struct {
		path, body string
		status     int
	}{
		"without a revision":           {pkg, strike(f.document(t), "1.1.0"), 409},
		"with an old revision":         {pkg + "/-rev/1-old", strike(f.document(t), "1.1.0"), 409},
		"two at once":                  {pkg + rev(doc), strike(f.document(t), "1.1.0", "1.2.0"), 400},
		"one in and one out":           {pkg + rev(doc), strings.ReplaceAll(encoded(t, doc), "1.1.0", "9.9.9"), 400},
		"everything, old revision":     {pkg + "/-rev/1-old", "", 409},
		"a version that is not listed": {pkg, strings.ReplaceAll(encoded(t, doc), "1.2.0", "1.3.0"), 409},
	} {
		method := "PUT"
		if c.body == "" {
			method = "DELETE"
		}
		if resp, body := asking(t, f, "publisher", method, c.path, c.body); resp.StatusCode != c.status || len(f.changes) > 0 {
			t.Errorf("%s: %d %s, %v, want %d", what, resp.StatusCode, body, f.changes, c.status)
		}
	}
	resp, body = asking(t, f, "publisher", "PUT", pkg+rev(doc), strike(doc, "1.1.0"))
	if resp.StatusCode != 200 || !slices.Equal(f.changes, []string{"status @acme/widgets@1.1.0 removed unpublished by a publisher, with npm"}) {
		t.Fatalf("%d %s, %v", resp.StatusCode, body, f.changes)
	}
	if resp, body := asking(t, f, "publisher", "DELETE", "/@acme/widgets/-/widgets-1.1.0.tgz"+rev(f.document(t)), ""); resp.StatusCode != 200 || len(f.changes) != 1 {
		t.Errorf("the tarball afterwards: %d %s, %v", resp.StatusCode, body, f.changes)
	}
	// What somebody publishes meanwhile is not struck out by an older document.
	before := f.document(t)
	asking(t, f, "publisher", "PUT", pkg, publication(t, "@acme/widgets", "2.0.0", nil))
	f.changes = nil
	if resp, body := asking(t, f, "publisher", "PUT", pkg+rev(before), strike(before, "1.0.0")); resp.StatusCode != http.StatusConflict || len(f.changes) > 0 {
		t.Errorf("%d %s, %v", resp.StatusCode, body, f.changes)
	}
	// A version that the policy hides is not missing, and goes with the rest.
	f.hidden["@acme/widgets@2.0.0"] = true
	doc = f.document(t)
	if resp, body := asking(t, f, "publisher", "PUT", pkg+rev(doc), encoded(t, doc)); resp.StatusCode != 200 || len(f.changes) > 0 {
		t.Errorf("a hidden version was taken for a missing one: %d %s, %v", resp.StatusCode, body, f.changes)
	}
	if resp, body := asking(t, f, "publisher", "DELETE", pkg+rev(doc), ""); resp.StatusCode != 200 || len(f.changes) != 3 {
		t.Errorf("everything: %d %s, %v", resp.StatusCode, body, f.changes)
	}
	if resp, _ := asking(t, f, "publisher", "GET", pkg, ""); resp.StatusCode != http.StatusNotFound {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
}

func TestTags(t *testing.T) {
	f := published(t, "1.0.0", "1.1.0")
	const tags = "/-/package/@acme%2fwidgets/dist-tags"
	f.changes = nil
	if resp, body := asking(t, f, "publisher", "PUT", tags+"/stable", `"v1.0.0"`); resp.StatusCode != 200 || resp.Header.Get("Assay-Log-Index") != "0" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if _, body := asking(t, f, "reader", "GET", tags, ""); body != `{"latest":"1.1.0","stable":"1.0.0"}` {
		t.Errorf("tags %s", body)
	}
	if resp, body := asking(t, f, "publisher", "DELETE", tags+"/stable", ""); resp.StatusCode != 200 {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if want := []string{"tag @acme/widgets stable 1.0.0", "tag @acme/widgets stable "}; !slices.Equal(f.changes, want) {
		t.Errorf("changes %v", f.changes)
	}
}

func TestWhoami(t *testing.T) {
	resp, body := asking(t, newPublisher(t), "publisher", "GET", "/-/whoami", "")
	if resp.StatusCode != 200 || body != `{"username":"ci"}` || resp.Header.Get("Vary") != "Authorization" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %s, %v", resp.StatusCode, body, resp.Header)
	}
}

func TestSearchShowsHostedOnesFirst(t *testing.T) {
	f := published(t, "1.0.0")
	for _, c := range []struct{ what, token, text, want string }{
		{"an ordinary word", "publisher", "widgets", "@acme/widgets lodash"},
		{"as somebody who may not read", "", "widgets", "lodash"},
		{"a word that is hosted nowhere", "publisher", "lodash", "lodash"},
		{"a claimed name", "publisher", "@acme/widgets", "@acme/widgets"},
		{"a claimed name, as somebody who may not read", "", "@acme/widgets", ""},
	} {
		f.passages = nil
		resp, body := asking(t, f, c.token, "GET", "/-/v1/search?size=20&text="+strings.ReplaceAll(c.text, "/", "%2f"), "")
		var answer struct {
			Objects []struct{ Package struct{ Name string } }
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %d %s", c.what, resp.StatusCode, body)
		}
		var names []string
		for _, o := range answer.Objects {
			names = append(names, o.Package.Name)
		}
		if got := strings.Join(names, " "); got != c.want || resp.Header.Get("Vary") != "Authorization" {
			t.Errorf("%s: found %q, want %q", c.what, got, c.want)
		}
		if asked := len(f.passages) > 0; asked != strings.Contains(c.want, "lodash") {
			t.Errorf("%s: the upstream was asked: %v", c.what, asked)
		}
	}
	f.fakeRepository.fail = assay.Errorf(assay.Unavailable, "away")
	if resp, body := asking(t, f, "publisher", "GET", "/-/v1/search?text=widgets", ""); resp.StatusCode != 200 || !strings.Contains(body, "@acme/widgets") {
		t.Errorf("without an upstream: %d %s", resp.StatusCode, body)
	}
	if resp, body := asking(t, f, "publisher", "GET", "/-/v1/search?text=nothing", ""); resp.StatusCode != 503 {
		t.Errorf("without an upstream and a result: %d %s", resp.StatusCode, body)
	}
}

// A claimed name must not leave in any request, whatever stands around it.
func TestNoClaimedNameLeaves(t *testing.T) {
	for _, query := range []string{
		"text=@acme/widgets", "text=%40acme%2Fwidgets", "text=%2540acme%252Fwidgets", "text=@acme", "text=scope:acme", "text=acme", "text=@ACME/Widgets",
		"text=lodash+%22@acme/widgets%22", "text=a,@acme/widgets%3Bb", "text=@acme/widgets@1.0.0", "text=name:acme-tools", "text=(acme-tools)", "text=acme-tools",
		"text='acme-tools'", "text=acme/widgets", "text=not:acme-tools", "text=-acme-tools", "text=http://x/@acme/widgets", "text=Acme-Tools",
		"text=lodash&size=@acme/widgets", "text=lodash&from=acme-tools", "text=lodash&quality=@acme",
	} {
		f := newPublisher(t)
		resp, body := asking(t, f, "publisher", "GET", "/-/v1/search?"+query, "")
		if resp.StatusCode != 200 {
			t.Errorf("%s: %d %s", query, resp.StatusCode, body)
		}
		nothingLeft(t, query, f)
	}
	for what, c := range map[string]struct{ path, body, want string }{
		"bulk":               {pathBulk, `{"lodash":["4.17.20"],"@acme/widgets":["1.0.0"]}`, `{"lodash":["4.17.20"]}`},
		"bulk, claimed only": {pathBulk, `{"@acme/widgets":["1.0.0"],"acme-tools":["1.0.0"]}`, ""},
		"quick":              {pathQuick, `{"name":"@acme/app","requires":{"a":"1"},"dependencies":{"a":{"version":"1.0.0"},"@acme/widgets":{"version":"1.0.0"}}}`, `{"requires":{"a":"1"},"dependencies":{"a":{"version":"1.0.0"}},"install":[],"remove":[]}`},
		"full, claimed only": {pathAudit, `{"name":"app","dependencies":{"@acme/widgets":{"version":"1.0.0"}}}`, ""},
	} {
		f := newPublisher(t)
		resp, body := asking(t, f, "publisher", "POST", "/-/"+c.path, c.body)
		if resp.StatusCode != 200 || !json.Valid([]byte(body)) {
			t.Errorf("%s: %d %s", what, resp.StatusCode, body)
		}
		nothingLeft(t, what, f)
		sent := ""
		if len(f.passages) > 0 {
			sent = string(f.passages[0].Body)
		}
		if sent != c.want {
			t.Errorf("%s: sent %s, want %s", what, sent, c.want)
		}
	}
	f := newPublisher(t)
	if resp, body := asking(t, f, "publisher", "GET", "/-/npm/v1/attestations/@acme%2fwidgets@1.0.0", ""); resp.StatusCode != 404 || len(f.passages) > 0 {
		t.Errorf("attestations: %d %s after %v", resp.StatusCode, body, f.passages)
	}
}

func nothingLeft(t *testing.T, what string, f *fakePublisher) {
	t.Helper()
	for _, p := range f.passages {
		left := strings.ToLower(p.Source.Path + " " + p.Query.Encode() + " " + string(p.Body) + " " + strings.Join(p.Names, " "))
		if strings.Contains(left, "acme") {
			t.Errorf("%s: %s went out", what, left)
		}
	}
}

func TestAdmissible(t *testing.T) {
	hosting := New().Format().(ecosystem.Hosting)
	for coordinate, sound := range map[string]bool{
		"@acme/widgets 1.0.0": true, "widgets 1.0.0-rc.1+b": true, "fs 1.0.0": false, "Widgets 1.0.0": false, "widgets 1.0": false, "widgets v1.0.0": false,
	} {
		name, version, _ := strings.Cut(coordinate, " ")
		if err := hosting.Admissible(name, version); (err == nil) != sound || err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %v", coordinate, err)
		}
	}
	if _, err := hosting.Inspect(&ecosystem.Upload{Name: "x", Version: "1.0.0", Manifest: []byte(`{}`)}); !assay.Is(err, assay.Invalid) {
		t.Errorf("no file: %v", err)
	}
}

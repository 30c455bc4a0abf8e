package maven

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

func recorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }

var nobody = assay.Principal{}

func deployer(t *testing.T, patterns ...string) assay.Principal {
	t.Helper()
	p := assay.Principal{ID: "t-deployer"}
	for _, s := range patterns {
		p.Publish = append(p.Publish, pattern(t, s))
	}
	return p
}

func TestReading(t *testing.T) {
	f := newFake(t)
	f.listings[kettle+" metadata"] = "<metadata/>"
	f.listings[kettle+" metadata.sha1"] = "da39"
	f.files[kettle+" 1.0/kettle-1.0.jar"] = []byte("jar")
	f.files[kettle+" 1.0/kettle-1.0.jar.md5"] = []byte("d41d")
	for path, want := range map[string]string{
		"/org/example/kettle/maven-metadata.xml": "<metadata/>", "/org/example/kettle/maven-metadata.xml.sha1": "da39",
		"/org/example/kettle/1.0/kettle-1.0.jar": "jar", "/org/example/kettle/1.0/kettle-1.0.jar.md5": "d41d",
	} {
		if w, _ := ask(f, nobody, "GET", path, ""); w.Code != 200 || w.Body.String() != want {
			t.Errorf("%s answered %d %q", path, w.Code, w.Body)
		}
		if w, _ := ask(f, nobody, "HEAD", path, ""); w.Code != 200 || w.Body.Len() != 0 {
			t.Errorf("HEAD of %s answered %d with %d bytes", path, w.Code, w.Body.Len())
		}
	}
	for path, status := range map[string]int{
		"/": 404, "/org/example/": 404, "/org/example/kettle/9/kettle-9.jar": 404, "/archetype-catalog.xml": 404, "/junit/maven-metadata.xml": 404,
		"/org/%2e%2e/kettle/1.0/kettle-1.0.jar": 400, "/org%2fexample/kettle/1.0/kettle-1.0.jar": 400,
		"/org/example/kettle/1.0-SNAPSHOT/maven-metadata.xml": 403,
	} {
		if w, phrase := ask(f, nobody, "GET", path, ""); w.Code != status || w.Body.Len() < 20 || !strings.HasPrefix(phrase, "Assay: ") {
			t.Errorf("%s answered %d %q with the phrase %q, want %d", path, w.Code, w.Body, phrase, status)
		}
	}
	if w, _ := ask(f, nobody, "PUT", "/org/example/kettle/1.0/kettle-1.0.jar", "x"); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("PUT where nothing is published answered %d", w.Code)
	}
	if w, _ := ask(publishing{f}, nobody, "DELETE", "/org/example/kettle/1.0/kettle-1.0.jar", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, PUT" {
		t.Errorf("DELETE answered %d", w.Code)
	}
}

func TestRefusal(t *testing.T) {
	f := newFake(t)
	f.refused[kettle] = &assay.Error{Kind: assay.Denied, Subject: coordinate(kettle, "1.0"),
		Decision: &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny, Reason: "it leaks\r\nX: y"}}}}
	for _, path := range []string{"/org/example/kettle/1.0/kettle-1.0.pom", "/org/example/kettle/1.0/kettle-1.0.jar.sha1", "/org/example/kettle/maven-metadata.xml"} {
		w, phrase := ask(f, nobody, "GET", path, "")
		if w.Code != 403 || !strings.Contains(phrase, "block") || !strings.HasSuffix(phrase, "/why/abcdefghijklmnop") || strings.ContainsAny(phrase, "\r\n") {
			t.Errorf("%s answered %d with the phrase %q", path, w.Code, phrase)
		}
		if body := w.Body.String(); !strings.Contains(body, "it leaks X: y") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s answered %q, %v", path, body, w.Header())
		}
	}
	f.refused[kettle] = &assay.Error{Kind: assay.Exhausted, Message: "wait", RetryAfter: 1500e6}
	if w, _ := ask(f, nobody, "GET", "/org/example/kettle/maven-metadata.xml", ""); w.Code != 503 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("answered %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

// No question whose path gives a claimed name away leads to a place's
// upstream: it is answered here, or asked of the claimed name itself.
func TestClaimedNamesAreAskedForHere(t *testing.T) {
	f := newFake(t, "pkg:maven/com.corp/*", "pkg:maven/com.corp.*/*", "pkg:maven/org.mixed/secret", "pkg:maven/*/hidden-*", "pkg:maven/io.lab-*/x*")
	all := deployer(t, "pkg:maven/*")
	for path, local := range map[string]bool{
		"/com/corp/maven-metadata.xml":                       true,  // the plugins of a claimed group
		"/com/corp/tools/maven-metadata.xml":                 true,  // a claimed package
		"/com/corp/deep/er/maven-metadata.xml":               true,  // a claimed package of a group below
		"/com/corp/tools/1.0/maven-metadata.xml":             true,  // a version's folder of a claimed package
		"/com/corp/tools/1.0-SNAPSHOT/maven-metadata.xml":    true,  // a claimed snapshot
		"/com/corp/tools/1.0/tools-1.0.jar":                  true,  // a claimed file
		"/org/mixed/maven-metadata.xml":                      true,  // the plugins of a group of which one package is claimed
		"/org/mixed/secret/2/maven-metadata.xml":             true,  // the same, one folder deeper
		"/org/mixed/open/maven-metadata.xml":                 false, // another package of that group
		"/io/lab-one/maven-metadata.xml":                     true,  // a group in which a glob claims some
		"/org/apache/maven/plugins/maven-metadata.xml":       false, // a group of which a glob of artifacts says nothing
		"/com/maven-metadata.xml":                            true,  // no package, and no group that anybody may know
		"/com/corporation/tools/maven-metadata.xml":          false, // a namesake
		"/org/apache/hidden-away/maven-metadata.xml":         true,  // claimed by artifact
		"/org/apache/hidden-away/1.0/maven-metadata.xml.md5": true,
	} {
		f.asked = nil
		ask(publishing{f}, all, "GET", path, "")
		outside := slices.ContainsFunc(f.asked, func(q string) bool {
			fields := strings.Fields(q)
			return fields[0] != "search" && !f.Claimed(fields[1])
		})
		if outside == local {
			t.Errorf("%s asked for %q, answered here: %v", path, f.asked, local)
		}
	}
}

// A stranger is asked for a token at every claimed name, whether there is
// anything or not, and by the same words.
func TestStrangersAreChallenged(t *testing.T) {
	f := newFake(t, "pkg:maven/com.corp/*")
	f.listings["com.corp/there metadata"] = "<metadata/>"
	f.files["com.corp/there 1.0/there-1.0.jar"] = []byte("jar")
	for _, path := range []string{"/maven-metadata.xml", "/maven-metadata.xml.sha1", "/1.0/NAME-1.0.jar", "/1.0/NAME-1.0.jar.sha1", "/1.0/maven-metadata.xml", "/1-SNAPSHOT/maven-metadata.xml"} {
		var said []string
		for _, name := range []string{"there", "other"} {
			w, phrase := ask(publishing{f}, nobody, "GET", "/com/corp/"+name+strings.ReplaceAll(path, "NAME", name), "")
			if w.Code != 401 || w.Header().Get("WWW-Authenticate") != challenge {
				t.Errorf("%s of %s answered %d, %q", path, name, w.Code, w.Header().Get("WWW-Authenticate"))
			}
			said = append(said, strings.ReplaceAll(w.Body.String()+phrase, name, "NAME"))
		}
		if said[0] != said[1] {
			t.Errorf("%s tells them apart:\n%s\n%s", path, said[0], said[1])
		}
	}
	if len(f.asked) != 0 {
		t.Errorf("for a stranger it was looked at %q", f.asked)
	}
	open := assay.Principal{ReadHosted: true}
	if w, _ := ask(publishing{f}, open, "GET", "/com/corp/there/1.0/there-1.0.jar", ""); w.Code != 200 {
		t.Errorf("where everybody may read, a stranger is answered %d", w.Code)
	}
}

func TestPluginsOfAClaimedGroup(t *testing.T) {
	f := newFake(t, "pkg:maven/com.corp/*")
	f.found = []ecosystem.Found{{Name: "com.corp/boil-maven-plugin"}, {Name: "com.corp/kettle"}, {Name: "com.corp.other/x"}}
	f.listings["com.corp/boil-maven-plugin plugin"] = "<metadata><plugins><plugin><prefix>boil</prefix><artifactId>boil-maven-plugin</artifactId></plugin></plugins></metadata>"
	reader := deployer(t, "pkg:maven/com.corp/*")
	w, _ := ask(publishing{f}, reader, "GET", "/com/corp/maven-metadata.xml", "")
	if w.Code != 200 || strings.Count(w.Body.String(), "<plugin>") != 1 || !strings.Contains(w.Body.String(), "<prefix>boil</prefix>") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	h := newHash("sha256")
	h.Write(w.Body.Bytes())
	if sum, _ := ask(publishing{f}, reader, "GET", "/com/corp/maven-metadata.xml.sha256", ""); sum.Body.String() != assay.NewDigest("sha256", h.Sum(nil)).Value() {
		t.Errorf("its digest is %q", sum.Body)
	}
	// A path that is a package's and a group's, with both of them claimed.
	deep := newFake(t, "pkg:maven/com.corp/*", "pkg:maven/com.corp.*/*")
	deep.found = []ecosystem.Found{{Name: "com.corp.tools/boil-maven-plugin"}}
	deep.listings["com.corp.tools/boil-maven-plugin plugin"] = f.listings["com.corp/boil-maven-plugin plugin"]
	all := deployer(t, "pkg:maven/*")
	if w, _ := ask(publishing{deep}, all, "GET", "/com/corp/tools/maven-metadata.xml", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "<prefix>boil</prefix>") {
		t.Errorf("the plugins of a group below answered %d %s", w.Code, w.Body)
	}
	deep.listings["com.corp/tools metadata"] = "<metadata/>"
	if w, _ := ask(publishing{deep}, all, "GET", "/com/corp/tools/maven-metadata.xml", ""); w.Code != 200 || w.Body.String() != "<metadata/>" {
		t.Errorf("a package of that path answered %d %s", w.Code, w.Body)
	}
	f.found = nil
	if w, _ := ask(publishing{f}, reader, "GET", "/com/corp/maven-metadata.xml", ""); w.Code != 404 {
		t.Errorf("without plugins answered %d", w.Code)
	}
}

func TestPublishing(t *testing.T) {
	f := newFake(t, "pkg:maven/org.example/*")
	repo, who := publishing{f}, deployer(t, "pkg:maven/org.example/*")
	const at = "/org/example/kettle/1.0/kettle-1.0"
	w, _ := ask(repo, who, "PUT", at+".jar", "jar bytes")
	if w.Code != 201 || w.Header().Get(headerIndex) != "7" || w.Body.Len() != 0 {
		t.Fatalf("answered %d %v %s", w.Code, w.Header(), w.Body)
	}
	up := f.uploads[0]
	if up.Name != kettle || up.Version != "1.0" || !up.Adds || len(up.Files) != 1 || up.Files[0].Name != "kettle-1.0.jar" || up.Files[0].ContentType != "application/java-archive" {
		t.Errorf("%+v", up)
	}
	sum := strings.Repeat("ab", 20)
	if w, _ := ask(repo, who, "PUT", at+".jar.sha1", sum+"\n"); w.Code != 201 || !slices.Equal(f.promises, []string{kettle + " 1.0 kettle-1.0.jar sha1:" + sum}) {
		t.Errorf("answered %d, promised %q", w.Code, f.promises)
	}
	large := strings.Repeat("x", 3<<20)
	if w, _ := ask(repo, who, "PUT", at+".tar", large); w.Code != 201 || !bytes.Equal(f.files[kettle+" 1.0/kettle-1.0.tar"], []byte(large)) {
		t.Errorf("a large file answered %d", w.Code)
	}
	for what, c := range map[string]struct {
		who        assay.Principal
		path, body string
		status     int
		says       string
	}{
		"nobody":                             {nobody, at + ".pom", kettlePOM, 401, "token"},
		"nobody, where nothing could be":     {nobody, "/x", "", 404, "nothing at this path"},
		"nobody, in a folder":                {nobody, "/org/", "", 401, "token"},
		"somebody in a folder":               {who, "/org/", "", 404, "nothing is published"},
		"who may publish something else":     {deployer(t, "pkg:maven/org.elsewhere/*"), at + ".pom", kettlePOM, 403, "may not publish"},
		"a POM of another package":           {who, at + ".pom", strings.Replace(kettlePOM, "kettle", "teapot", 1), 400, `artifactId is "teapot"`},
		"a digest that is none":              {who, at + ".pom.sha1", "<html>", 400, "no sha1 digest"},
		"a digest by nobody":                 {nobody, at + ".pom.sha1", sum, 401, "token"},
		"a snapshot without a number":        {who, "/org/example/kettle/1-SNAPSHOT/kettle-1-SNAPSHOT.jar", "x", 400, "time and number"},
		"its digest":                         {who, "/org/example/kettle/1-SNAPSHOT/kettle-1-SNAPSHOT.jar.sha1", sum, 400, "time and number"},
		"a digest of a build that is a name": {who, "/org/example/kettle/1-20260102.030405-1/kettle-1-20260102.030405-1.jar.sha1", sum, 400, "build of a snapshot"},
	} {
		t.Run(what, func(t *testing.T) {
			w, _ := ask(repo, c.who, "PUT", c.path, c.body)
			if w.Code != c.status || !strings.Contains(strings.Join(strings.Fields(w.Body.String()), " "), c.says) {
				t.Errorf("answered %d %s, want %d that says %q", w.Code, w.Body, c.status, c.says)
			}
			if challenged := w.Header().Get("WWW-Authenticate") != ""; challenged != (c.status == 401) {
				t.Errorf("a challenge with %d: %v", w.Code, challenged)
			}
		})
	}
	if len(f.uploads) != 2 || len(f.promises) != 1 {
		t.Errorf("of what was refused something was kept: %d uploads, %q", len(f.uploads), f.promises)
	}
}

func TestPublishingAgain(t *testing.T) {
	const at = "/org/example/kettle/1.0/kettle-1.0.jar"
	f := newFake(t, "pkg:maven/org.example/*")
	repo, who := publishing{f}, deployer(t, "pkg:maven/org.example/*")
	f.files[kettle+" 1.0/kettle-1.0.jar"] = []byte("jar bytes")
	f.files[kettle+" 1-SNAPSHOT/kettle-1-20260102.030405-1.jar"] = []byte("jar bytes")
	f.listings[kettle+" unfinished/1.0"] = ""
	if w, _ := ask(repo, who, "PUT", at, "jar bytes"); w.Code != 200 {
		t.Errorf("the same bytes, of a version that lacks something, answered %d %s", w.Code, w.Body)
	}
	if w, _ := ask(repo, who, "PUT", at, "other bytes"); w.Code != 409 || !strings.Contains(w.Body.String(), "never changes") {
		t.Errorf("other bytes answered %d %s", w.Code, w.Body)
	}
	if w, _ := ask(repo, who, "PUT", at, "jar byteS"); w.Code != 409 {
		t.Errorf("as many other bytes answered %d %s", w.Code, w.Body)
	}
	delete(f.listings, kettle+" unfinished/1.0")
	w, phrase := ask(repo, who, "PUT", at, "jar bytes")
	if w.Code != 409 || !strings.Contains(phrase, "raise the version") || !strings.Contains(strings.Join(strings.Fields(w.Body.String()), " "), "these very bytes") {
		t.Errorf("the same bytes, of a whole version, answered %d %s with the phrase %q", w.Code, w.Body, phrase)
	}
	const build = "/org/example/kettle/1-SNAPSHOT/kettle-1-20260102.030405-1.jar"
	if w, _ := ask(repo, who, "PUT", build, "jar bytes"); w.Code != 200 {
		t.Errorf("the same build of a snapshot answered %d %s", w.Code, w.Body)
	}
	if w, _ := ask(repo, who, "PUT", build, "other"); w.Code != 409 {
		t.Errorf("another build under its name answered %d %s", w.Code, w.Body)
	}
	if len(f.uploads) != 0 {
		t.Errorf("%d uploads", len(f.uploads))
	}
}

func TestPublishingMetadata(t *testing.T) {
	f := newFake(t, "pkg:maven/org.example/*")
	repo, who := publishing{f}, deployer(t, "pkg:maven/org.example/*")
	snapshot := "<metadata><groupId>org.example</groupId><artifactId>kettle</artifactId><version>1-SNAPSHOT</version></metadata>"
	plugins := "<metadata><plugins><plugin><prefix>boil</prefix><artifactId>boil-maven-plugin</artifactId></plugin></plugins></metadata>"
	for what, c := range map[string]struct {
		who        assay.Principal
		path, body string
		status     int
	}{
		"of versions":                 {who, "/org/example/kettle/maven-metadata.xml", metadataOf("1.0", "1.0"), 201},
		"its digest":                  {who, "/org/example/kettle/maven-metadata.xml.sha1", strings.Repeat("0", 40), 201},
		"a digest that is none":       {who, "/org/example/kettle/maven-metadata.xml.sha1", "x", 400},
		"of a snapshot":               {who, "/org/example/kettle/1-SNAPSHOT/maven-metadata.xml", snapshot, 201},
		"of another snapshot":         {who, "/org/example/kettle/2-SNAPSHOT/maven-metadata.xml", snapshot, 400},
		"of a group":                  {who, "/org/example/maven-metadata.xml", plugins, 201},
		"of a group of others":        {who, "/org/elsewhere/maven-metadata.xml", plugins, 403},
		"of another package":          {who, "/org/example/teapot/maven-metadata.xml", metadataOf("1.0", "1.0"), 400},
		"of what one may not publish": {deployer(t, "pkg:maven/org.elsewhere/*"), "/org/example/kettle/maven-metadata.xml", metadataOf("1.0", "1.0"), 403},
		"by nobody":                   {nobody, "/org/example/kettle/maven-metadata.xml", metadataOf("1.0", "1.0"), 401},
		"a digest by nobody":          {nobody, "/org/example/kettle/maven-metadata.xml.md5", strings.Repeat("0", 32), 401},
		"that is a bomb":              {who, "/org/example/kettle/maven-metadata.xml", `<!DOCTYPE m [<!ENTITY a "a">]><metadata>&a;</metadata>`, 400},
		"that is too large":           {who, "/org/example/kettle/maven-metadata.xml", "<metadata>" + strings.Repeat(" ", 5<<20) + "</metadata>", 413},
	} {
		t.Run(what, func(t *testing.T) {
			if w, _ := ask(repo, c.who, "PUT", c.path, c.body); w.Code != c.status {
				t.Errorf("answered %d %s, want %d", w.Code, w.Body, c.status)
			}
		})
	}
	if len(f.uploads)+len(f.promises)+len(f.asked) != 0 {
		t.Errorf("something was kept: %v %v %v", f.uploads, f.promises, f.asked)
	}
}

func TestUploadLimits(t *testing.T) {
	f := newFake(t, "pkg:maven/org.example/*")
	small := defaultLimits()
	small.upload, small.memory = 100, 10
	h := adapter{limits: small}.Handler(publishing{f})
	for what, c := range map[string]struct{ size, status int }{"within memory": {10, 201}, "in a file": {100, 201}, "too large": {101, 413}} {
		r, err := http.NewRequestWithContext(assay.WithPrincipal(t.Context(), assay.Operator), "PUT", "/org/example/kettle/1.0/kettle-1.0.t"+strings.Fields(what)[0], strings.NewReader(strings.Repeat("x", c.size)))
		if err != nil {
			t.Fatal(err)
		}
		w := recorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s answered %d %s", what, w.Code, w.Body)
		}
		r.ContentLength, r.Body = -1, http.NoBody // of unknown length, and empty
		w = recorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s of unknown length answered %d %s", what, w.Code, w.Body)
		}
	}
}

func TestAdapter(t *testing.T) {
	a := New()
	if a.Ecosystem() != assay.Maven || a.Place() != "maven" || a.Grammar() == nil {
		t.Error("it is another")
	}
	for _, line := range a.Setup("http://127.0.0.1:8417/it's/maven/") {
		if strings.Contains(line.Line, "\n") || !strings.Contains(line.Line, `'\''s/maven/`) {
			t.Errorf("%s: %s", line.Client, line.Line)
		}
	}
	src := a.Format().Sources(kettle)
	if len(src) != 1 || src[0].Path != "org/example/kettle/maven-metadata.xml" || src[0].Limit == 0 {
		t.Errorf("%+v", src)
	}
}

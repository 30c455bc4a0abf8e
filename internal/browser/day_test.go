package browser_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// The names of the day. Two are as awkward as their ecosystems let them be.
const (
	manyVersions  = "countless"
	versionCount  = 300
	heldBack      = 60 // of them, by the cooldown
	longVersion   = "1.0.0-nightly.20260101.a-very-long-name-of-a-branch-that-somebody-forgot-to-shorten.0123456789abcdef0123456789abcdef01234567"
	hostedPackage = "@vaultworks/quartzite"
	hostedModule  = "corp.example/vaultworks/quartzite"
	goKettle      = "registry.example/Works/kettle"
	goLong        = "registry.example/an-organisation-with-a-long-name/and-a-repository-with-a-longer-one/" +
		"andthenasubdirectorywhosenamehasnohyphenwhereitcouldbebroken/v2"
)

// npmLong has the length that the public npm registry allows at the most,
// and no place to break a line in.
var npmLong = "@" + strings.Repeat("scope", 12) + "/" + strings.Repeat("unbreakable", 13)

// Words that are not plain: other scripts, wide characters, marks that
// combine, a direction from right to left, and what a page must not take for
// markup.
const (
	blockReason   = "Prototyp-Verschmutzung in „merge“, siehe CVE‑2026‑0001 — 原型污染 — تلويث النموذج — <b>not bold</b> & n̈o̊t ✂"
	exceptReason  = "patched by hand; reviewed by the platform team 🧪"
	yankReason    = "it cracks at −40 °C"
	alarmReason   = "an alarm of the scanner, being looked at: " + "https://status.example/incidents/2026/an-address-that-is-too-long-to-fit-on-any-line-of-a-phone-and-has-no-spaces"
	retiredReason = "use @vaultworks/granite — its grain is finer"
)

// day is what the pages can show when it is over.
type day struct {
	*place
	reader string // a token that may read what is hosted
	admin  string // a token that may do all
	// Ids of pages that explain, as they stood in refusals.
	cooldown, blocked, quarantined, longNamed, module string
}

// newDay fills a place with an ordinary day.
func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{place: newPlace(t)}
	d.publishUpstream()
	d.rule()
	d.host()
	d.traffic()
	d.settled()
	return d
}

// publishUpstream fills the fakes.
func (d *day) publishUpstream() {
	d.t.Helper()
	old := time.Now().Add(-200 * 24 * time.Hour)
	versions := []ecosystemtest.NPMVersion{
		{Name: "@works/lid", Version: "2.1.0", Published: old},
		{Name: "kettle", Version: "1.0.0", Published: old},
		{Name: "kettle", Version: "1.1.0", Published: old, Dependencies: map[string]string{"@works/lid": "^2.0.0"}},
		{Name: "kettle", Version: "1.2.0", Published: old, Dependencies: map[string]string{"@works/lid": "^2.0.0"}},
		{Name: "kettle", Version: "1.3.0", Published: old, Deprecated: "please move on to kettle 2 → ケトル"},
		{Name: "kettle", Version: "2.0.0-rc.1", Published: old},
		{Name: "kettle", Version: longVersion, Published: old},
		{Name: "stove", Version: "1.0.0", Published: old, Scripts: map[string]string{"postinstall": "node -e 0"}},
		{Name: "fresh", Version: "1.0.0", Published: old},
		{Name: "fresh", Version: "1.0.1", Published: time.Now().Add(-time.Hour)},
		{Name: "dateless", Version: "1.0.0"},
		{Name: npmLong, Version: "1.0.0", Published: old},
		{Name: npmLong, Version: longVersion, Published: time.Now().Add(-2 * time.Hour)},
	}
	for i := range versionCount {
		age := 100*24*time.Hour - time.Duration(i)*time.Hour
		if i >= versionCount-heldBack {
			age = time.Duration(versionCount-i) * time.Hour
		}
		versions = append(versions, ecosystemtest.NPMVersion{Name: manyVersions, Version: numbered(i), Published: time.Now().Add(-age)})
	}
	for _, v := range versions {
		must(d.t, d.npm.Publish(v))
	}
	for _, v := range []ecosystemtest.GoVersion{
		{Path: goKettle, Version: "v1.0.0", Published: old},
		{Path: goKettle, Version: "v1.1.0", Published: old},
		{Path: goKettle, Version: "v1.2.0", Published: time.Now().Add(-time.Hour)},
		{Path: goLong, Version: "v2.0.0", Published: old},
		{Path: goLong, Version: "v2.1.0-0.20260101120000-0123456789ab", Published: old},
	} {
		must(d.t, d.modules.Publish(v))
	}
}

// rule makes the operator's rules.
func (d *day) rule() {
	d.t.Helper()
	d.do("policy", "observe", "install-scripts")
	d.do("block", "pkg:npm/kettle@>=1.1.0 <=1.2.0", "--reason", blockReason, "--until", "2099-01-01")
	d.do("block", "pkg:golang/registry.example/unwanted/*", "--reason", "under review")
	d.do("except", "pkg:npm/kettle@1.1.0", "--rule", "block", "--reason", exceptReason, "--until", "2099-01-01")
	d.do("experimental", "pkg:npm/kettle@2.0.0-rc.1", "--reason", "a candidate; wait for 2.0.0")
	d.do("quarantine", "pkg:npm/"+manyVersions+"@0.0.7", "--reason", alarmReason)
	d.do("yank", "pkg:npm/"+manyVersions+"@0.0.8", "--reason", yankReason)
}

// host publishes packages here, and gives them each status that there is.
func (d *day) host() {
	d.t.Helper()
	d.do("claim", "pkg:npm/@vaultworks/*")
	d.do("claim", "pkg:golang/corp.example/vaultworks/*")
	publisher := d.token("--publish", "pkg:npm/@vaultworks/*", "--note", "build machine, Zürich")
	d.reader = d.token("--read", "pkg:npm/@vaultworks/*", "--read", "pkg:golang/corp.example/vaultworks/*")
	d.admin = d.token("--admin")
	for i := range 6 {
		d.publish(publisher, hostedPackage, fmt.Sprintf("1.%d.0", i))
	}
	purl := "pkg:npm/%40vaultworks/quartzite@"
	d.do("yank", purl+"1.0.0", "--reason", yankReason)
	d.do("quarantine", purl+"1.1.0", "--reason", alarmReason)
	d.do("deprecate", purl+"1.2.0", "--reason", retiredReason)
	d.do("remove", purl+"1.3.0", "--reason", "a password in it", "--yes")
	d.do("experimental", purl+"1.5.0", "--reason", "its shape may yet change")

	module := d.t.TempDir()
	must(d.t, os.WriteFile(filepath.Join(module, "go.mod"), []byte("module "+hostedModule+"\n\ngo 1.21\n"), 0o600))
	must(d.t, os.WriteFile(filepath.Join(module, "quartzite.go"), []byte("package quartzite\n"), 0o600))
	d.do("publish", module, "--version", "v0.1.0")
}

// token makes a token and returns its secret.
func (d *day) token(args ...string) string {
	d.t.Helper()
	return strings.TrimSpace(d.do(append([]string{"token", "create"}, args...)...))
}

// publish publishes a version as npm does. A fake packs it.
func (d *day) publish(token, name, version string) {
	d.t.Helper()
	packer, err := ecosystemtest.NewNPM()
	must(d.t, err)
	defer packer.Stop()
	must(d.t, packer.Publish(ecosystemtest.NPMVersion{Name: name, Version: version}))
	answer, err := d.client.Get(packer.URL() + strings.Replace(name, "/", "%2f", 1))
	must(d.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	must(d.t, err)
	var document map[string]any
	must(d.t, json.Unmarshal(content, &document))
	tarball := packer.Tarball(name, version)
	document["_attachments"] = map[string]any{name + "-" + version + ".tgz": map[string]any{
		"content_type": "application/octet-stream", "data": base64.StdEncoding.EncodeToString(tarball), "length": len(tarball),
	}}
	delete(document, "time")
	body, err := json.Marshal(document)
	must(d.t, err)
	status, text := d.ask(http.MethodPut, "/npm/"+strings.Replace(name, "/", "%2f", 1), token, body, "Content-Type", "application/json")
	if status != http.StatusCreated && status != http.StatusOK {
		d.t.Fatalf("publishing %s@%s was answered %d: %s", name, version, status, text)
	}
}

// numbered is the version of the package of many versions with that number.
func numbered(i int) string { return fmt.Sprintf("%d.%d.%d", i/100, i/10%10, i%10) }

// traffic is what the clients of the day asked for.
func (d *day) traffic() {
	d.t.Helper()
	tarball := func(name, version string) string {
		return "/npm/" + name + "/-/" + name[strings.LastIndexByte(name, '/')+1:] + "-" + version + ".tgz"
	}
	for _, name := range []string{"kettle", "@works/lid", "stove", "fresh", "dateless", manyVersions, npmLong} {
		d.gets(http.StatusOK, "/npm/"+strings.Replace(name, "/", "%2f", 1), "")
	}
	// More are refused than one page of decisions lists.
	for i := versionCount - heldBack; i < versionCount; i++ {
		d.gets(http.StatusForbidden, tarball(manyVersions, numbered(i)), "")
	}
	for _, version := range []string{"1.0.0", "1.1.0", "1.3.0", "2.0.0-rc.1"} {
		d.gets(http.StatusOK, tarball("kettle", version), "")
	}
	d.gets(http.StatusOK, tarball("@works/lid", "2.1.0"), "")
	d.gets(http.StatusOK, tarball(npmLong, "1.0.0"), "")
	d.gets(http.StatusOK, tarball("stove", "1.0.0"), "")
	d.gets(http.StatusOK, tarball("stove", "1.0.0"), d.reader)
	d.gets(http.StatusOK, tarball("fresh", "1.0.0"), "")
	d.gets(http.StatusOK, tarball(manyVersions, "1.0.0"), "")
	d.gets(http.StatusForbidden, tarball("dateless", "1.0.0"), "")
	d.cooldown = d.why(tarball("fresh", "1.0.1"))
	d.blocked = d.why(tarball("kettle", "1.2.0"))
	d.quarantined = d.why(tarball(manyVersions, "0.0.7"))
	d.longNamed = d.why(tarball(npmLong, longVersion))
	d.gets(http.StatusOK, tarball(hostedPackage, "1.4.0"), d.reader)
	d.gets(http.StatusOK, tarball(hostedPackage, "1.0.0"), d.reader)
	d.gets(http.StatusForbidden, tarball(hostedPackage, "1.1.0"), d.reader)

	module := func(path, rest string) string {
		return "/go/" + regexp.MustCompile("[A-Z]").ReplaceAllStringFunc(path, func(c string) string { return "!" + strings.ToLower(c) }) + "/@v/" + rest
	}
	d.gets(http.StatusOK, module(goKettle, "list"), "")
	d.gets(http.StatusOK, module(goKettle, "v1.1.0.zip"), "")
	d.module = d.why(module(goKettle, "v1.2.0.zip"))
	d.gets(http.StatusOK, module(goLong, "list"), "")
	d.gets(http.StatusOK, module(goLong, "v2.0.0.zip"), "")
}

var whyLink = regexp.MustCompile(`/why/([A-Za-z0-9_-]+)`)

// why asks for a file that is refused, and returns the id of the page that
// says why.
func (d *day) why(path string) string {
	d.t.Helper()
	_, text := d.ask(http.MethodGet, path, "", nil)
	found := whyLink.FindStringSubmatch(text)
	if found == nil {
		d.t.Fatalf("%s was not refused with a link to the reason: %s", path, text)
	}
	return found[1]
}

// settled waits until what was counted is written, which is done in batches.
// It gives up after a while: then the pages lack it, and the test says so.
func (d *day) settled() {
	d.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		// The last that was refused.
		status, text := d.ask(http.MethodGet, "/decisions?rule=cooldown&registry=go", "", nil, "Accept", "text/html")
		if status == http.StatusOK && strings.Contains(text, "/why/"+d.module) {
			return
		}
	}
}

var nextLink = regexp.MustCompile(`<a[^>]* href="([^"]+)"[^>]* rel="next"`)

// following is the address of the page that comes after one of a list. Where
// none does, it is one that nothing is served at.
func (d *day) following(path string) string {
	d.t.Helper()
	_, text := d.ask(http.MethodGet, path, "", nil, "Accept", "text/html")
	if found := nextLink.FindStringSubmatch(text); found != nil {
		from, err := url.Parse(path)
		must(d.t, err)
		to, err := from.Parse(html.UnescapeString(found[1]))
		must(d.t, err)
		return to.RequestURI()
	}
	return "/there-is-no-page-after" + path
}

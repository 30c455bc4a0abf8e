package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// render reads a document and renders it with decisions by version.
func render(t *testing.T, name, doc, representation string, decisions map[string]*assay.Decision) (string, string, error) {
	t.Helper()
	f := newFake(t)
	f.documents = map[string]string{name: doc}
	f.denied = map[string]*assay.Decision{}
	for version, d := range decisions {
		f.denied[name+"@"+version] = d
	}
	answer, err := f.Listing(t.Context(), name, representation)
	if err != nil {
		return "", "", err
	}
	return string(answer.Body.(ecosystem.Bytes)), answer.ContentType, nil
}

type packument struct {
	Modified string
	Tags     map[string]string `json:"dist-tags"`
	Versions map[string]struct {
		Deprecated string
		Dist       struct{ Tarball string }
	}
	PolicyRestrictions *struct {
		Message  string
		Versions map[string]struct{ Name, Version string }
	}
}

func parse(t *testing.T, text string) packument {
	t.Helper()
	var p packument
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return p
}

func TestRestrictionsNameRuleReasonEndAndLink(t *testing.T) {
	versions := []string{"1.0.0"}
	decisions := map[string]*assay.Decision{}
	for i := range 200 {
		v := fmt.Sprintf("4.17.%d", i)
		versions = append(versions, v)
		decisions[v] = denial("block", "prototype pollution")
	}
	versions = append(versions, "5.0.0")
	decisions["5.0.0"] = &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{
		{Rule: "install-scripts", Effect: assay.Warn, Reason: "runs scripts"},
		{Rule: "cooldown", Effect: assay.Deny, Reason: "published 5 hours ago; versions wait 72 hours", Remedy: "Wait, or ask for an exception.", Until: time.Date(2027, 1, 2, 3, 4, 0, 0, time.UTC)},
	}}
	text, contentType, err := render(t, "@s/demo", document("@s/demo", versions...), "abbreviated", decisions)
	if err != nil || contentType != "application/vnd.npm.install-v1+json" {
		t.Fatal(contentType, err)
	}
	p := parse(t, text)
	want := "Assay refuses 201 of 202 versions of @s/demo:\n" +
		"5.0.0: published 5 hours ago; versions wait 72 hours (rule cooldown, until 2027-01-02 03:04 UTC)\n" +
		"4.17.199, 4.17.198, 4.17.197 and 197 more: prototype pollution (rule block)\n" +
		"Take 1.0.0, the version that latest points to.\n" +
		"Why: http://127.0.0.1:8417/why/-s/demo"
	if p.PolicyRestrictions == nil || p.PolicyRestrictions.Message != want {
		t.Errorf("message\n%+v\nwant\n%s", p.PolicyRestrictions, want)
	}
	if len(p.Versions) != 1 || p.Tags["latest"] != "1.0.0" || p.Modified != "2026-02-03T04:05:06.000Z" {
		t.Errorf("%d versions, tags %v, modified %q", len(p.Versions), p.Tags, p.Modified)
	}
	if got := p.PolicyRestrictions.Versions["5.0.0"]; got.Name != "@s/demo" || got.Version != "5.0.0" || len(p.PolicyRestrictions.Versions) != 201 {
		t.Errorf("restricted %+v of %d", got, len(p.PolicyRestrictions.Versions))
	}
	if got := p.Versions["1.0.0"].Dist.Tarball; got != fakeBase+"@s/demo/-/demo-1.0.0.tgz" {
		t.Errorf("tarball %q", got)
	}
}

func TestARefusalAloneSaysWhatItsRuleAdvises(t *testing.T) {
	decision := denial("cooldown", "published 5 hours ago")
	decision.Opinions[0].Remedy = "wait, or ask for an exception"
	text, _, err := render(t, "demo", document("demo", "1.0.0", "2.0.0"), "full", map[string]*assay.Decision{"2.0.0": decision})
	if err != nil {
		t.Fatal(err)
	}
	if m := parse(t, text).PolicyRestrictions.Message; !strings.Contains(m, "(rule cooldown). Wait, or ask for an exception\nTake 1.0.0, ") {
		t.Errorf("message %q", m)
	}
}

func TestRestrictionsAreBoundedAndPrintable(t *testing.T) {
	var versions []string
	decisions := map[string]*assay.Decision{}
	for i := range 300 {
		v := fmt.Sprintf("1.0.%d", i)
		versions = append(versions, v)
		decisions[v] = denial("cooldown", fmt.Sprintf("published %d hours ago\r\n\x1b[31m\u202e", i)+strings.Repeat("é", 200))
	}
	text, _, err := render(t, "demo", document("demo", versions...), "full", decisions)
	if err != nil {
		t.Fatal(err)
	}
	p := parse(t, text)
	m := p.PolicyRestrictions.Message
	if len(m) > maxRestrictions || !utf8.ValidString(m) || strings.ContainsAny(m, "\r\x1b\u202e") {
		t.Errorf("message of %d bytes: %q", len(m), m)
	}
	if !strings.Contains(m, "1.0.299: published 299 hours ago") || !strings.Contains(m, "more versions\nWhy: http") {
		t.Errorf("message %q", m)
	}
	if len(p.Versions) != 0 || len(p.Tags) != 0 {
		t.Errorf("everything is denied and %v, %v are listed", p.Versions, p.Tags)
	}
}

func TestWarningsStandInDeprecated(t *testing.T) {
	doc := strings.Replace(document("demo", "1.0.0", "2.0.0", "3.0.0", "4.0.0"), `"version":"2.0.0",`, `"version":"2.0.0","deprecated":"use 3",`, 1)
	observed := warning("age-unknown")
	observed.Opinions[0].Mode = assay.Observe
	text, _, err := render(t, "demo", doc, "full", map[string]*assay.Decision{
		"1.0.0": warning("vanished", "install-scripts"),
		"2.0.0": warning("age-unknown"),
		"3.0.0": warning("install-scripts"),
		"4.0.0": observed,
	})
	if err != nil {
		t.Fatal(err)
	}
	p := parse(t, text)
	for version, want := range map[string]string{
		"1.0.0": "assay: vanished says so (rule vanished)",
		"2.0.0": "assay: age-unknown says so (rule age-unknown) | use 3",
		"3.0.0": "",
		"4.0.0": "",
	} {
		if got := p.Versions[version].Deprecated; got != want {
			t.Errorf("%s is deprecated as %q, want %q", version, got, want)
		}
	}
	if p.PolicyRestrictions != nil {
		t.Error("restrictions where nothing is denied")
	}
}

func TestManifestOfATagThatWentAway(t *testing.T) {
	_, _, err := render(t, "demo", document("demo", "1.0.0-rc.1", "1.0.0"), "manifest/latest", map[string]*assay.Decision{"1.0.0": denial("block", "bad")})
	var e *assay.Error
	if !assay.Is(err, assay.Denied) {
		t.Fatalf("err = %v, want one of kind Denied", err)
	}
	if e = err.(*assay.Error); e.Subject.Version != "1.0.0" || e.Decision == nil {
		t.Errorf("refused %v with %v", e.Subject, e.Decision)
	}
	if text, _, err := render(t, "demo", document("demo", "1.0.0"), "manifest/v1.0.0", nil); err != nil || !strings.Contains(text, `"1.0.0"`) {
		t.Errorf("a version with v in front: %s, %v", text, err)
	}
	for _, representation := range []string{"manifest/", "manifest/9.9.9", "manifest/absent", "other", ""} {
		if text, _, err := render(t, "demo", document("demo", "1.0.0"), representation, nil); !assay.Is(err, assay.NotFound) || text != "" {
			t.Errorf("representation %q: %q, %v; want NotFound", representation, text, err)
		}
	}
}

func TestListingTellsTheFacts(t *testing.T) {
	doc := `{"name":"demo","dist-tags":{"latest":"0.0.1-security"},"time":{"1.0.0":"2026-01-02T03:04:05.000Z"},
	  "versions":{"1.0.0":{"version":"1.0.0","scripts":{"install":"x"},"deprecated":"old","dist":{"shasum":"a9993e364706816aba3e25717850c26c9cd0d89d"}},
	              "0.0.1-security":{"version":"0.0.1-security"}}}`
	l, err := New().Format().Read("demo", []ecosystem.Document{{Content: strings.NewReader(doc), Size: int64(len(doc))}})
	if err != nil {
		t.Fatal(err)
	}
	v := l.Versions()
	if len(v) != 2 || l.Find("0.0.1-security") != 1 || l.Find("absent") != -1 || l.Bytes() <= 0 {
		t.Fatalf("%+v", v)
	}
	if v[0].Published.IsZero() || v[0].PublishedSource == "" || v[0].InstallScripts != assay.Yes || v[0].Deprecated != "old" || v[0].Digest.Algorithm() != "sha1" || !v[0].Placeholder {
		t.Errorf("facts of 1.0.0: %+v", v[0])
	}
	if !v[1].Published.IsZero() || v[1].PublishedSource != "" || v[1].InstallScripts != assay.No || v[1].Digest != "" || !v[1].Placeholder {
		t.Errorf("facts of the placeholder: %+v", v[1])
	}
}

func TestLocate(t *testing.T) {
	f := New().Format()
	doc := document("@s/demo", "1.0.0")
	l, err := f.Read("@s/demo", []ecosystem.Document{{Content: strings.NewReader(doc), Size: int64(len(doc))}})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"demo-1.0.0.tgz", "x-1.0.0.tgz"} {
		got, err := f.Locate("@s/demo", file, l)
		if err != nil || got.Name != "demo-1.0.0.tgz" || got.Version != "1.0.0" || got.Source.URL != "https://registry.example/@s/demo/-/x-1.0.0.tgz" || got.Always {
			t.Errorf("Locate(%q) = %+v, %v", file, got, err)
		}
	}
	if _, err := f.Locate("@s/demo", "demo-2.0.0.tgz", l); !assay.Is(err, assay.NotFound) {
		t.Errorf("a file that is none: %v", err)
	}
	if _, err := f.Locate("@s/demo", "demo-1.0.0.tgz", nil); !assay.Is(err, assay.Internal) {
		t.Errorf("no listing: %v", err)
	}
	if _, ok := f.VersionSource("demo", "1.0.0"); ok {
		t.Error("npm claims a document for one version")
	}
	if s := f.Sources("@s/demo"); len(s) != 1 || s[0].Path != "@s%2fdemo" || s[0].Accept != "application/json" || s[0].Optional {
		t.Errorf("sources %+v", s)
	}
}

func tarball(t *testing.T, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for _, name := range files {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: 2}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCheck(t *testing.T) {
	good := tarball(t, "package/package.json")
	var bomb bytes.Buffer
	zw := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 8 {
		if _, err := zw.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what    string
		content []byte
		sound   bool
	}{
		{"a tarball", good, true},
		{"a page of HTML", []byte("<!DOCTYPE html><title>Blocked</title>"), false},
		{"nothing", nil, false},
		{"gzip of something else", []byte(zipped(t, strings.Repeat("no tar ", 200))), false},
		{"gzip of zeros", bomb.Bytes(), false},
		{"an empty tar", tarball(t), false},
		{"cut in the gzip header", good[:5], false},
		{"cut in the first tar header", good[:30], false},
	} {
		digests, err := New().Format().Check(ecosystem.File{}, bytes.NewReader(c.content), int64(len(c.content)))
		if c.sound != (err == nil) || !c.sound && !assay.Is(err, assay.Unsound) || digests != nil {
			t.Errorf("%s: %v, %v", c.what, digests, err)
		}
	}
}

func TestAdapter(t *testing.T) {
	a := New()
	if a.Ecosystem() != assay.NPM || a.Place() != "npm" {
		t.Errorf("%s at %s", a.Ecosystem(), a.Place())
	}
	if name, err := a.Grammar().Name("@s%2fn"); err != nil || name != "@s/n" {
		t.Errorf("grammar: %q, %v", name, err)
	}
	var lines []string
	for _, l := range a.Setup("http://127.0.0.1:8417/npm/") {
		lines = append(lines, l.Client+": "+l.Line)
	}
	want := "npm: npm config set registry http://127.0.0.1:8417/npm/\n" +
		"npm and Yarn 1, this shell only: export npm_config_registry=http://127.0.0.1:8417/npm/\n" +
		"pnpm: export pnpm_config_registry=http://127.0.0.1:8417/npm/ npm_config_registry=http://127.0.0.1:8417/npm/\n" +
		"Yarn 4: export YARN_NPM_REGISTRY_SERVER=http://127.0.0.1:8417/npm/ YARN_UNSAFE_HTTP_WHITELIST=127.0.0.1"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("setup\n%s\nwant\n%s", got, want)
	}
	if setup := a.Setup("https://a.example/npm/"); setup[3].Line != "export YARN_NPM_REGISTRY_SERVER=https://a.example/npm/" {
		t.Errorf("over TLS Yarn needs %q", setup[3].Line)
	}
	if got := shellWord("http://a.example/$(x)'&/"); got != `'http://a.example/$(x)'\''&/'` {
		t.Errorf("quoted as %s", got)
	}
}

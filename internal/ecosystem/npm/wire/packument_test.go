package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"assay.invalid/internal/assay"
)

// small are limits that tests can reach.
func small() Limits {
	return Limits{Size: 1 << 20, Depth: 12, Token: 16 << 10, Keys: 1000, Versions: 40, Tags: 10}
}

func read(t *testing.T, doc string) *Packument {
	t.Helper()
	p, err := Read(strings.NewReader(doc), int64(len(doc)), "demo", small())
	if err != nil {
		t.Fatalf("reading %s: %v", doc, err)
	}
	return p
}

// demo is a document of the package demo with the given versions (in short
// manifests) and tags (a JSON object).
func demo(tags string, versions ...string) string {
	var b strings.Builder
	b.WriteString(`{"_id":"demo","name":"demo","dist-tags":` + tags + `,"versions":{`)
	for i, v := range versions {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `%q:{"name":"demo","version":%q,"dist":{"tarball":"https://registry.example/demo/-/demo-%s.tgz"}}`, v, v, v)
	}
	return b.String() + `}}`
}

const sha512Hex = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"

// integrity is the SHA-512 of "abc", shasum the SHA-1.
const (
	integrity = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
	shasum    = "a9993e364706816aba3e25717850c26c9cd0d89d"
)

func TestReadSaysWhatTheDocumentSays(t *testing.T) {
	doc := `{
	  "_id": "demo", "name": "demo",
	  "dist-tags": {"latest": "2.0.0", "next": "3.0.0-rc.1"},
	  "time": {"created": "2020-01-01T00:00:00.000Z", "modified": "2026-01-02T03:04:05.000Z",
	           "1.0.0": "2021-05-06T07:08:09.123Z", "2.0.0": "soon", "0.9.0": "2020-01-01T00:00:00.000Z", "weekly": 5},
	  "versions": {
	    "1.0.0": {"name": "demo", "version": "1.0.0", "scripts": {"test": "x", "postinstall": "node x.js", "preinstall": ""},
	              "dist": {"integrity": "` + integrity + `", "shasum": "` + shasum + `", "tarball": "https://registry.example/demo/-/demo-1.0.0.tgz",
	                       "signatures": [{"keyid": "k", "sig": "s"}]}, "deprecated": "use \"2\""},
	    "2.0.0": {"version": "2.0.0", "dist": {"shasum": "` + strings.ToUpper(shasum) + `", "tarball": "https://files.example/download/demo/2.0.0/abcdef"}, "gypfile": true},
	    "3.0.0-rc.1": {"version": "3.0.0-rc.1", "hasInstallScript": true, "deprecated": false, "dist": null},
	    "weekly": {"version": "weekly", "deprecated": true, "dist": {"integrity": "md5-aaaa what? sha512-short", "tarball": "/relative.tgz"}}
	  },
	  "readme": "cut in a character: \ud83d"
	}`
	p := read(t, doc)
	if len(p.Versions) != 4 || p.Modified != "2026-01-02T03:04:05.000Z" {
		t.Fatalf("read %d versions, modified %q", len(p.Versions), p.Modified)
	}
	v := p.Versions[0]
	if want := time.Date(2021, 5, 6, 7, 8, 9, 123e6, time.UTC); !v.Published.Equal(want) {
		t.Errorf("published %v, want %v", v.Published, want)
	}
	if v.InstallScripts != assay.Yes || fmt.Sprint(v.Scripts) != "[postinstall]" {
		t.Errorf("install scripts %v %v", v.InstallScripts, v.Scripts)
	}
	if fmt.Sprint(v.Digests) != fmt.Sprintf("[sha512:%s sha1:%s]", sha512Hex, shasum) {
		t.Errorf("digests %v", v.Digests)
	}
	if v.Deprecated != `use "2"` {
		t.Errorf("deprecated %q", v.Deprecated)
	}
	v = p.Versions[1]
	if !v.Published.IsZero() {
		t.Errorf("a time that is none gives %v", v.Published)
	}
	if v.InstallScripts != assay.Yes || fmt.Sprint(v.Scripts) != "[install]" {
		t.Errorf("gypfile gives %v %v", v.InstallScripts, v.Scripts)
	}
	if fmt.Sprint(v.Digests) != "[sha1:"+shasum+"]" {
		t.Errorf("digests %v", v.Digests)
	}
	if v = p.Versions[2]; v.InstallScripts != assay.Yes || v.Deprecated != "" || v.Digests != nil {
		t.Errorf("third version: %+v", v)
	}
	if v = p.Versions[3]; v.InstallScripts != assay.No || v.Deprecated == "" || v.Digests != nil || v.orderable {
		t.Errorf("fourth version: %+v", v)
	}
	for file, want := range map[string]int{"demo-1.0.0.tgz": 0, "demo-2.0.0.tgz": 1, "abcdef": 1, "demo-weekly.tgz": 3, "relative.tgz": 3, "demo-9.0.0.tgz": -1, "": -1} {
		if got := p.FindFile(file); got != want {
			t.Errorf("FindFile(%q) = %d, want %d", file, got, want)
		}
	}
	for i, want := range []string{"https://registry.example/demo/-/demo-1.0.0.tgz", "https://files.example/download/demo/2.0.0/abcdef", "", ""} {
		if got, err := p.Tarball(i); got != want || (err != nil) != (want == "") {
			t.Errorf("Tarball(%d) = %q, %v; want %q", i, got, err, want)
		}
	}
}

func TestReadRefusesWhatIsNotSound(t *testing.T) {
	const manifest = `{"version":"1.0.0"}`
	for _, c := range []struct{ what, doc, says string }{
		{"nothing", ``, "empty"},
		{"a page of HTML", `<!DOCTYPE html><html>`, "no JSON object"},
		{"an array", `[]`, "no JSON object"},
		{"cut short", `{"name":"demo","versions":{"1.0.0":{"ver`, "EOF"},
		{"an error in place of a document", `{"error":"not found"}`, "names no package"},
		{"another package", `{"name":"other","versions":{}}`, "about"},
		{"the package in other case", `{"name":"Demo","versions":{}}`, "about"},
		{"a name that is no string", `{"name":5,"versions":{}}`, "about"},
		{"no versions", `{"name":"demo"}`, "no versions"},
		{"versions in an array", `{"name":"demo","versions":[]}`, "object"},
		{"a second document behind", demo(`{}`) + `{}`, "follows"},
		{"garbage behind", demo(`{}`) + `x`, "invalid"},
		{"versions twice", `{"name":"demo","versions":{},"versions":{"1.0.0":` + manifest + `}}`, "duplicate"},
		{"versions twice, once in escapes", `{"name":"demo","versions":{},"version\u0073":{}}`, "duplicate"},
		{"Versions beside versions", `{"name":"demo","versions":{},"Versions":{}}`, "letter case"},
		{"Versions before versions", `{"name":"demo","Versions":{},"versions":{}}`, "letter case"},
		{"long s in verſions", `{"name":"demo","versions":{},"verſions":{}}`, "letter case"},
		{"one version twice", demo(`{}`, "1.0.0", "1.0.0"), "duplicate"},
		{"a duplicate deep inside", `{"name":"demo","versions":{},"x":[{"a":{"b":1,"b":2}}]}`, "duplicate"},
		{"a duplicate in dist", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","dist":{"tarball":"a","tarball":"b"}}}}`, "duplicate"},
		{"Tarball beside tarball", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","dist":{"tarball":"a","Tarball":"b"}}}}`, "letter case"},
		{"Version beside version", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","VERSION":"2.0.0"}}}`, "letter case"},
		{"hasinstallscript beside hasInstallScript", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","hasInstallScript":true,"hasinstallscript":false}}}`, "letter case"},
		{"a manifest of another version", `{"name":"demo","versions":{"1.0.0":{"version":"2.0.0"}}}`, "says that it is"},
		{"a manifest without version", `{"name":"demo","versions":{"1.0.0":{}}}`, "does not say so"},
		{"a manifest that is no object", `{"name":"demo","versions":{"1.0.0":"x"}}`, "no manifest"},
		{"dist in an array", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","dist":[{"tarball":"https://evil.example/x.tgz"}]}}}`, "dist"},
		{"a tarball that is no string", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","dist":{"tarball":{}}}}}`, "tarball"},
		{"a version that climbs", demo(`{}`, "../../etc"), "malformed"},
		{"a version with a line feed", demo(`{}`, "1.0.0\n"), "malformed"},
		{"a version that is JavaScript's", demo(`{}`, "__proto__"), "malformed"},
		{"an empty version", demo(`{}`, ""), "malformed"},
		{"a tag that is no string", demo(`{"latest":1}`, "1.0.0"), "malformed"},
		{"a tag that drives terminals", demo(`{"\u001b[2J":"1.0.0"}`, "1.0.0"), "malformed"},
		{"a tag that is JavaScript's", demo(`{"__proto__":"1.0.0"}`, "1.0.0"), "malformed"},
		{"tags in an array", demo(`[]`, "1.0.0"), "object"},
		{"time in an array", `{"name":"demo","versions":{},"time":[]}`, "object"},
		{"bytes that are not UTF-8", "{\"name\":\"demo\",\"versions\":{},\"x\":\"\xff\"}", "UTF-8"},
		{"a character cut at the end", "{\"name\":\"demo\",\"versions\":{},\"x\":\"\xe2\x82", "UTF-8"},
		{"a byte order mark", "\ufeff" + demo(`{}`), "JSON"},
		{"nested too deep", `{"name":"demo","versions":{},"x":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, "deeper"},
		{"nested too deep in a manifest", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","dist":{"x":` + strings.Repeat(`{"a":`, 20) + `1` + strings.Repeat("}", 20) + `}}}}`, "deeper"},
		{"one enormous string", `{"name":"demo","versions":{},"readme":"` + strings.Repeat("a", 200<<10) + `"}`, "longer"},
		{"a string just too long for one read", `{"name":"demo","versions":{},"readme":"` + strings.Repeat("a", 17<<10) + `"}`, "longer"},
		{"an enormous key", `{"name":"demo","versions":{},"` + strings.Repeat("a", 200<<10) + `":1}`, "longer"},
		{"too many keys", `{"name":"demo","versions":{}` + keys(1500) + `}`, "1000 keys"},
		{"too many keys in a manifest", `{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","bin":{"a":0` + keys(1500) + `}}}}`, "1000 keys"},
		{"too many keys, level by level", `{"name":"demo","versions":{},"x":` + strings.Repeat(`{"a":0`+keys(300)+`,"in":`, 5) + `1` + strings.Repeat("}", 5) + `}`, "1000 keys"},
		{"too many versions", demo(`{}`, numbered(41)...), "more than 40 versions"},
		{"too many tags", demo(`{"0":"","1":"","2":"","3":"","4":"","5":"","6":"","7":"","8":"","9":"","10":""}`), "more than 10"},
	} {
		p, err := Read(strings.NewReader(c.doc), int64(len(c.doc)), "demo", small())
		if !assay.Is(err, assay.Unsound) || p != nil {
			t.Errorf("%s: err = %v, want one of kind Unsound", c.what, err)
			continue
		}
		if message := assay.PublicMessage(err); !strings.Contains(message, c.says) || len(message) > 400 || strings.ContainsAny(message, "\n\x1b") {
			t.Errorf("%s: message %q does not say %q in one printable line", c.what, message, c.says)
		}
	}
	if _, err := Read(strings.NewReader("{}"), 2<<20, "demo", small()); !assay.Is(err, assay.Unsound) {
		t.Errorf("a document over the size limit: %v", err)
	}
	broken := errors.New("bad sector")
	if _, err := Read(failing{broken}, 100, "demo", small()); !assay.Is(err, assay.Internal) || !errors.Is(err, broken) {
		t.Errorf("a failing disk: %v, want kind Internal", err)
	}
}

type failing struct{ err error }

func (f failing) ReadAt([]byte, int64) (int, error) { return 0, f.err }

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("1.0.%d", i)
	}
	return out
}

// keys are n members of an object, each after a comma.
func keys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"k%d":0`, i)
	}
	return b.String()
}

// Objects beside each other are forgotten one by one: only what is open at
// once counts.
func TestReadForgetsTheKeysOfWhatEnded(t *testing.T) {
	var doc strings.Builder
	doc.WriteString(`{"name":"demo","versions":{}`)
	for i := range 20 {
		fmt.Fprintf(&doc, `,"x%d":{"a":0%s}`, i, keys(600))
	}
	doc.WriteString(`}`)
	if _, err := Read(strings.NewReader(doc.String()), int64(doc.Len()), "demo", small()); err != nil {
		t.Errorf("20 objects of 600 keys, one after the other: %v", err)
	}
}

func TestReadAcceptsUnpublished(t *testing.T) {
	p := read(t, `{"name":"demo","time":{"created":"2020-01-01T00:00:00.000Z","unpublished":{"time":"2021-01-01T00:00:00.000Z","versions":["1.0.0"]}}}`)
	if !p.Unpublished || len(p.Versions) != 0 {
		t.Errorf("unpublished %v with %d versions", p.Unpublished, len(p.Versions))
	}
}

// A character that two reads of the decoder share is no error.
func TestReadAcrossBufferBoundaries(t *testing.T) {
	doc := `{"name":"demo","readme":"` + strings.Repeat("aé€😀", 3000) + `","versions":{"1.0.0":{"version":"1.0.0"}}}`
	s := newScanner(iotest.OneByteReader(strings.NewReader(doc)), 12, 1<<20, 1000)
	if err := s.skip(); err != nil {
		t.Fatal(err)
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
}

func TestPlaceholder(t *testing.T) {
	for _, c := range []struct {
		what, doc string
		want      bool
	}{
		{"alone", demo(`{"latest":"0.0.1-security"}`, "0.0.1-security"), true},
		{"alone and untagged", demo(`{}`, "0.0.1-security"), true},
		{"a numbered one", demo(`{"latest":"0.0.1-security.1"}`, "0.0.1-security.0", "0.0.1-security.1"), true},
		{"the last of several", demo(`{"latest":"0.0.1-security"}`, "1.0.0", "0.0.1-security"), true},
		{"a name that came back", demo(`{"latest":"1.0.0"}`, "0.0.1-security", "1.0.0"), false},
		{"none", demo(`{"latest":"1.0.0"}`, "1.0.0"), false},
		{"a word that begins alike", demo(`{"latest":"1.0.0-securityfix"}`, "1.0.0-securityfix"), false},
		{"no versions", demo(`{}`), false},
	} {
		if got := read(t, c.doc).Placeholder(); got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
	}
}

func TestAmbiguousFileNames(t *testing.T) {
	doc := `{"name":"demo","versions":{
	  "1.0.0":{"version":"1.0.0","dist":{"tarball":"https://registry.example/1.0.0/download"}},
	  "2.0.0":{"version":"2.0.0","dist":{"tarball":"https://registry.example/2.0.0/download"}},
	  "3.0.0":{"version":"3.0.0","dist":{"tarball":"https://evil.example/demo-1.0.0.tgz"}},
	  "4.0.0":{"version":"4.0.0","dist":{"tarball":"demo-4.0.0.tgz"}},
	  "5.0.0":{"version":"5.0.0","dist":{"tarball":"https://registry.example/demo/-/demo-5.0.0.tgz"}},
	  "6.0.0":{"version":"6.0.0","dist":{"tarball":"https://someone:secret@registry.example/demo/-/demo-6.0.0.tgz"}},
	  "7.0.0":{"version":"7.0.0","dist":{"tarball":"file:///etc/passwd"}}
	}}`
	p := read(t, doc)
	if i := p.FindFile("download"); i != -1 {
		t.Errorf("a file name that two versions share means version %d", i)
	}
	if i := p.FindFile("demo-1.0.0.tgz"); i != 0 {
		t.Errorf("another version took the conventional name: %d", i)
	}
	for i, ok := range []bool{true, true, true, false, true, false, false} {
		address, err := p.Tarball(i)
		if ok != (err == nil) || !ok && !assay.Is(err, assay.Unsound) {
			t.Errorf("Tarball(%d) = %q, %v", i, address, err)
		}
	}
}

func TestRepairedTags(t *testing.T) {
	for _, c := range []struct {
		what, tags, versions, denied, want string
	}{
		{"nothing denied", "latest=2.0.0 next=3.0.0-rc.1", "1.0.0 2.0.0 3.0.0-rc.1", "", "latest=2.0.0 next=3.0.0-rc.1"},
		{"down to the release below", "latest=2.0.0", "1.0.0 2.0.0 1.5.0", "2.0.0", "latest=1.5.0"},
		{"below, not to a newer", "latest=2.0.0", "1.0.0 2.0.0 3.0.0", "2.0.0", "latest=1.0.0"},
		{"up where nothing is below", "latest=1.0.0", "1.0.0 2.0.0 3.0.0", "1.0.0", "latest=3.0.0"},
		{"over a pre-release", "latest=2.0.0", "1.0.0 2.0.0-rc.9 2.0.0", "2.0.0", "latest=1.0.0"},
		{"never from a release to a pre-release", "latest=2.0.0", "2.0.0-rc.1 2.0.0", "2.0.0", ""},
		{"by order, not by place in the document", "latest=10.0.0", "10.0.0 9.0.0 2.0.0", "10.0.0", "latest=9.0.0"},
		{"a pre-release stays in its channel", "next=2.0.0-beta.3", "1.0.0 2.0.0-alpha.9 2.0.0-beta.2 2.0.0-beta.3 2.0.0-beta.4", "2.0.0-beta.3", "next=2.0.0-beta.2"},
		{"a channel that ends drops the tag", "next=2.0.0-beta.1", "1.0.0 2.0.0-alpha.9 2.0.0-beta.1 2.0.0-rc.1", "2.0.0-beta.1", ""},
		{"a channel with numbers glued on", "next=2.0.0-rc2", "2.0.0-rc1 2.0.0-rc2", "2.0.0-rc2", "next=2.0.0-rc1"},
		{"latest on a pre-release keeps its channel", "latest=1.0.0-beta.2", "0.9.0 1.0.0-beta.1 1.0.0-beta.2", "1.0.0-beta.2", "latest=1.0.0-beta.1"},
		{"latest on a pre-release falls to a release", "latest=1.0.0-beta.2", "0.9.0 1.0.0-alpha.1 1.0.0-beta.2 2.0.0", "1.0.0-beta.2", "latest=0.9.0"},
		{"latest on a pre-release takes a release above", "latest=1.0.0-beta.2", "1.0.0-alpha.1 1.0.0-beta.2 2.0.0", "1.0.0-beta.2", "latest=2.0.0"},
		{"latest on a pre-release takes any", "latest=1.0.0-beta.2", "1.0.0-alpha.1 1.0.0-beta.2", "1.0.0-beta.2", "latest=1.0.0-alpha.1"},
		{"everything denied", "latest=2.0.0 next=2.0.0", "1.0.0 2.0.0", "1.0.0 2.0.0", ""},
		{"dangling upstream", "latest=9.0.0", "1.0.0 2.0.0", "", "latest=2.0.0"},
		{"a tag on a version without order is dropped", "old=weekly", "weekly 1.0.0", "weekly", ""},
		{"but latest is not", "latest=weekly", "weekly 1.0.0", "weekly", "latest=1.0.0"},
		{"nor is anything moved to one", "latest=1.0.0", "weekly 1.0.0", "1.0.0", ""},
		{"other tags move as latest does", "lts=1.2.0 latest=2.0.0", "1.1.0 1.2.0 2.0.0", "1.2.0", "lts=1.1.0 latest=2.0.0"},
	} {
		var tags []string
		for _, tag := range strings.Fields(c.tags) {
			name, version, _ := strings.Cut(tag, "=")
			tags = append(tags, fmt.Sprintf("%q:%q", name, version))
		}
		p := read(t, demo("{"+strings.Join(tags, ",")+"}", strings.Fields(c.versions)...))
		var got []string
		for _, tag := range p.RepairedTags(deny(p, c.denied)) {
			got = append(got, tag.Name+"="+tag.Version)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.what, got, c.want)
		}
	}
}

// deny denies the versions named in a list with blanks.
func deny(p *Packument, list string) func(int) bool {
	denied := map[string]bool{}
	for v := range strings.FieldsSeq(list) {
		denied[v] = true
	}
	return func(i int) bool { return denied[p.Versions[i].Version] }
}

func edits(p *Packument, denied string) Edits {
	return Edits{
		Base:         "http://127.0.0.1:8417/npm/",
		Denied:       deny(p, denied),
		Deprecated:   func(int) string { return "" },
		Restrictions: "refused",
	}
}

func full(t *testing.T, p *Packument, doc string, e Edits) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteFull(&b, strings.NewReader(doc), int64(len(doc)), e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const rendered = `{ "_id":"demo", "name" : "demo",
 "dist-tags":{"latest":"2.0.0"}, "stagedVersions":{"versions":{"2.0.0":{}}},
 "versions":{ "1.0.0" : {"name":"demo","version":"1.0.0","dist":{"tarball":"https:\/\/cdn.example/x/1.0.0","integrity":"` + integrity + `","signatures":[{"sig":"MEUCI"}]},"x":"é\u00e9"},
  "2.0.0":{"version":"2.0.0","scripts":{"install":"node-gyp rebuild"},"dist":{"tarball":"https://registry.example/demo/-/demo-2.0.0.tgz"},"deprecated":"old"}  },
 "time":{"created":"c","1.0.0":"2020-01-01T00:00:00Z", "2.0.0":"2021-01-01T00:00:00Z"},
 "policyRestrictions":{"versions":{"1.0.0":{"version":"1.0.0"}},"message":"from before"},
 "readme":"# demo" }`

func TestWriteFull(t *testing.T) {
	p := read(t, rendered)
	got := full(t, p, rendered, edits(p, "2.0.0"))
	want := `{"_id":"demo", "name" : "demo","dist-tags":{"latest":"1.0.0"},` +
		`"versions":{"1.0.0" : {"name":"demo","version":"1.0.0","dist":{"tarball":"http://127.0.0.1:8417/npm/demo/-/demo-1.0.0.tgz","integrity":"` + integrity + `","signatures":[{"sig":"MEUCI"}]},"x":"é\u00e9"}},` +
		`"time":{"created":"c","1.0.0":"2020-01-01T00:00:00Z"},"readme":"# demo",` +
		`"policyRestrictions":{"message":"refused","versions":{"2.0.0":{"name":"demo","version":"2.0.0"}}}}`
	if got != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
}

func TestWriteFullWithWarnings(t *testing.T) {
	p := read(t, rendered)
	e := edits(p, "")
	e.Deprecated = func(i int) string { return "warned: \"" + p.Versions[i].Version + "\"" }
	got := full(t, p, rendered, e)
	for _, want := range []string{
		`"1.0.0" : {"deprecated":"warned: \"1.0.0\"","name":"demo"`,
		`"dist":{"tarball":"http://127.0.0.1:8417/npm/demo/-/demo-2.0.0.tgz"},"deprecated":"warned: \"2.0.0\""}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("wrote\n%s\nwithout %s", got, want)
		}
	}
	if strings.Contains(got, "policyRestrictions") || strings.Contains(got, "stagedVersions") {
		t.Errorf("restrictions or staged versions of the upstream were written: %s", got)
	}
}

func TestWriteAbbreviated(t *testing.T) {
	p := read(t, rendered)
	e := edits(p, "1.0.0")
	e.Deprecated = func(i int) string { return "warned" }
	var b bytes.Buffer
	if err := p.WriteAbbreviated(&b, strings.NewReader(rendered), int64(len(rendered)), "2026-01-01T00:00:00.000Z", e); err != nil {
		t.Fatal(err)
	}
	want := `{"name":"demo","modified":"2026-01-01T00:00:00.000Z","dist-tags":{"latest":"2.0.0"},` +
		`"versions":{"2.0.0":{"version":"2.0.0","dist":{"tarball":"http://127.0.0.1:8417/npm/demo/-/demo-2.0.0.tgz"},"deprecated":"warned","hasInstallScript":true}},` +
		`"policyRestrictions":{"message":"refused","versions":{"1.0.0":{"name":"demo","version":"1.0.0"}}}}`
	if b.String() != want {
		t.Errorf("wrote\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	e = edits(p, "2.0.0")
	e.Deprecated = func(i int) string { return "warned" }
	if err := p.WriteAbbreviated(&b, strings.NewReader(rendered), int64(len(rendered)), "", e); err != nil {
		t.Fatal(err)
	}
	if want := `"versions":{"1.0.0":{"deprecated":"warned","name":"demo","version":"1.0.0","dist":{"tarball":`; !strings.Contains(b.String(), want) || strings.Contains(b.String(), `"x"`) || strings.Contains(b.String(), "hasInstallScript") {
		t.Errorf("wrote %s, want %s and neither x nor hasInstallScript", b.String(), want)
	}
}

func TestWriteManifestAndTags(t *testing.T) {
	p := read(t, rendered)
	e := edits(p, "2.0.0")
	var b bytes.Buffer
	if err := p.WriteManifest(&b, strings.NewReader(rendered), int64(len(rendered)), 0, e); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasPrefix(got, `{"name":"demo","version":"1.0.0"`) || !json.Valid(b.Bytes()) || !strings.Contains(got, integrity) {
		t.Errorf("manifest %s", got)
	}
	b.Reset()
	if err := p.WriteTags(&b, e); err != nil || b.String() != `{"latest":"1.0.0"}` {
		t.Errorf("tags %s, %v", b.String(), err)
	}
}

func TestWriteNotices(t *testing.T) {
	p := read(t, rendered)
	e := edits(p, "")
	if err := p.WriteFull(io.Discard, strings.NewReader(rendered), int64(len(rendered))-1, e); !assay.Is(err, assay.Internal) {
		t.Errorf("a document of another size: %v", err)
	}
	if err := p.WriteFull(io.Discard, strings.NewReader(rendered[:200]), int64(len(rendered)), e); !assay.Is(err, assay.Internal) {
		t.Errorf("a document cut short: %v", err)
	}
	other := strings.Repeat("x", len(rendered))
	if err := p.WriteAbbreviated(io.Discard, strings.NewReader(other), int64(len(other)), "", e); !assay.Is(err, assay.Internal) {
		t.Errorf("another document of the same size: %v", err)
	}
	full := errors.New("disk full")
	if err := p.WriteFull(failingWriter{full}, strings.NewReader(rendered), int64(len(rendered)), e); !errors.Is(err, full) {
		t.Errorf("a failing writer: %v", err)
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

// FuzzPackument reads whatever it is given and, where that is sound, writes
// it with some versions left out.
func FuzzPackument(f *testing.F) {
	f.Add([]byte(rendered), uint64(2))
	f.Add([]byte(demo(`{"latest":"2.0.0","next":"3.0.0-rc.1"}`, "1.0.0", "2.0.0", "3.0.0-rc.1", "odd")), uint64(5))
	f.Add([]byte(`{"name":"demo","versions":{"1.0.0":{"version":"1.0.0","deprecated":"\ud83d","dist":{"tarball":"https://evil.example/\u0022"}}},"time":{}}`), uint64(0))
	f.Fuzz(func(t *testing.T, doc []byte, mask uint64) {
		p, err := Read(bytes.NewReader(doc), int64(len(doc)), "demo", small())
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("%v is not of kind Unsound", err)
			}
			return
		}
		denied := func(i int) bool { return mask>>(i%64)&1 == 1 }
		e := Edits{
			Base:         "http://127.0.0.1:8417/npm/",
			Denied:       denied,
			Deprecated:   func(i int) string { return strings.Repeat("warned \"", int(mask>>(63-i%64)&1)) },
			Restrictions: "refused",
		}
		var whole, short bytes.Buffer
		if err := p.WriteFull(&whole, bytes.NewReader(doc), int64(len(doc)), e); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteAbbreviated(&short, bytes.NewReader(doc), int64(len(doc)), "", e); err != nil {
			t.Fatal(err)
		}
		for _, out := range [][]byte{whole.Bytes(), short.Bytes()} {
			checkWritten(t, p, doc, out, denied)
		}
	})
}

type written struct {
	Tags     map[string]string          `json:"dist-tags"`
	Time     map[string]any             `json:"time"`
	Versions map[string]json.RawMessage `json:"versions"`
}

func checkWritten(t *testing.T, p *Packument, doc, out []byte, denied func(int) bool) {
	t.Helper()
	var before, after written
	if err := json.Unmarshal(out, &after); err != nil {
		t.Fatalf("what was written does not parse: %v\n%s", err, out)
	}
	if err := json.Unmarshal(doc, &before); err != nil {
		t.Fatalf("what was read does not parse: %v", err)
	}
	if again, err := Read(bytes.NewReader(out), int64(len(out)), "demo", small()); err != nil || len(again.Versions) != len(after.Versions) {
		t.Fatalf("what was written does not read: %v\n%s", err, out)
	}
	allowed := 0
	for i, v := range p.Versions {
		raw, listed := after.Versions[v.Version]
		if listed == denied(i) {
			t.Fatalf("version %q: denied %v, listed %v", v.Version, denied(i), listed)
		}
		if !listed {
			if _, dated := after.Time[v.Version]; dated {
				t.Fatalf("the denied version %q has a time", v.Version)
			}
			continue
		}
		allowed++
		var from, to struct {
			Dist map[string]json.RawMessage `json:"dist"`
		}
		if json.Unmarshal(before.Versions[v.Version], &from) != nil || json.Unmarshal(raw, &to) != nil {
			t.Fatalf("the manifest of %q does not parse", v.Version)
		}
		for key, value := range from.Dist {
			if key == "tarball" {
				var address string
				if err := json.Unmarshal(to.Dist[key], &address); err != nil || address != TarballURL("http://127.0.0.1:8417/npm/", "demo", v.Version) {
					t.Fatalf("the tarball of %q lies at %s", v.Version, to.Dist[key])
				}
			} else if !bytes.Equal(value, to.Dist[key]) {
				t.Fatalf("dist.%s of %q was changed from %s to %s", key, v.Version, value, to.Dist[key])
			}
		}
	}
	if len(after.Versions) != allowed {
		t.Fatalf("%d versions are listed, %d are allowed", len(after.Versions), allowed)
	}
	for tag, version := range after.Tags {
		if _, listed := after.Versions[version]; !listed {
			t.Fatalf("the tag %q dangles at %q", tag, version)
		}
	}
}

// A random document of the usual shape keeps its promises for every mask;
// this reaches deeper than bytes at random do.
func TestRandomDocuments(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pool := []string{"1.0.0", "1.0.1", "1.1.0-beta.1", "1.1.0-beta.2", "1.1.0", "2.0.0-rc.1", "2.0.0", "2.0.1-0", "weird", "10.0.0"}
	for range 300 {
		rng.Shuffle(len(pool), func(i, j int) { pool[i], pool[j] = pool[j], pool[i] })
		doc := demo(fmt.Sprintf(`{"latest":%q,"next":%q}`, pool[0], pool[1]), pool[:rng.IntN(len(pool)+1)]...)
		p := read(t, doc)
		mask := rng.Uint64()
		denied := func(i int) bool { return mask>>i&1 == 1 }
		e := edits(p, "")
		e.Denied = denied
		checkWritten(t, p, []byte(doc), []byte(full(t, p, doc, e)), denied)
	}
}

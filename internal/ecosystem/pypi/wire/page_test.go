package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

const sum = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// jsonPageOf is a page of the project demo with the given file objects.
func jsonPageOf(files ...string) string {
	return `{"meta":{"api-version":"1.4"},"name":"demo","files":[` + strings.Join(files, ",") + `]}`
}

func fileObject(name string, more ...string) string {
	members := append([]string{fmt.Sprintf(`"filename":%q,"url":"https://files.registry.example/p/%s","hashes":{"sha256":%q}`, name, name, sum)}, more...)
	return "{" + strings.Join(members, ",") + "}"
}

func read(t *testing.T, page string) *Index {
	t.Helper()
	x, err := Read(strings.NewReader(page), int64(len(page)), "demo", DefaultLimits())
	if err != nil {
		t.Fatalf("%v\nof %s", err, page)
	}
	return x
}

var when = time.Date(2026, 1, 2, 3, 4, 5, 600000, time.UTC)

func TestReadJSON(t *testing.T) {
	x := read(t, jsonPageOf(
		fileObject("demo-1.0.tar.gz", `"upload-time":"2026-01-02T03:04:05.000600Z"`, `"size":10`, `"yanked":"broken"`),
		fileObject("demo-1.0-py3-none-any.whl", `"upload-time":"2026-02-02T00:00:00Z"`, `"size":11`, `"yanked":true`, `"core-metadata":{"sha256":"`+sum+`"}`, `"requires-python":">=3.8"`),
		fileObject("demo-1.1-cp311-cp311-linux_x86_64.whl", `"size":1`),
		fileObject("demo-1.2.tar.gz", `"size":1`, `"yanked":false`),
		fileObject("Demo_nightly.zip", `"size":1`),
	))
	if len(x.Versions) != 4 {
		t.Fatalf("read %d versions: %+v", len(x.Versions), x.Versions)
	}
	for i, want := range []Version{
		{Version: "1.0", Published: when, Yanked: "broken", Scripts: assay.No, Files: []int32{0, 1}},
		{Version: "1.1", Scripts: assay.Unknown, Files: []int32{2}},
		{Version: "1.2", Scripts: assay.Yes, Files: []int32{3}},
		{Version: "Demo_nightly.zip", Scripts: assay.Yes, Files: []int32{4}},
	} {
		if got := fmt.Sprint(x.Versions[i]); got != fmt.Sprint(want) {
			t.Errorf("version %d is %v, want %v", i, got, want)
		}
	}
	e := x.FindFile("demo-1.0-py3-none-any.whl")
	if e == nil || e.URL() != "https://files.registry.example/p/demo-1.0-py3-none-any.whl" || e.Digest != "sha256:"+sum || e.MetadataDigest != "sha256:"+sum || !e.Metadata {
		t.Errorf("the wheel is %+v", e)
	}
	if x.FindFile("demo-9.tar.gz") != nil || x.Find("1.0.0") != 0 || x.Find("9") != -1 || x.Find("odd") != -1 {
		t.Error("what is asked for is not found as it must be")
	}
}

// A later file of another spelling joins the version, and does not rename it.
func TestSpellingsOfOneVersionAreOne(t *testing.T) {
	x := read(t, jsonPageOf(
		fileObject("demo-1.0.0-py3-none-any.whl", `"upload-time":"2026-03-01T00:00:00Z"`),
		fileObject("demo-1.0.tar.gz", `"upload-time":"2026-01-01T00:00:00Z"`),
		fileObject("demo-1.tar.gz", `"upload-time":"2026-02-01T00:00:00Z"`),
		fileObject("demo-1.0+cpu.tar.gz"),
	))
	if len(x.Versions) != 2 || x.Versions[0].Version != "1.0" || len(x.Versions[0].Files) != 3 || x.Versions[1].Version != "1.0+cpu" {
		t.Errorf("read %+v", x.Versions)
	}
}

func TestPagesThatAreRefused(t *testing.T) {
	small := DefaultLimits()
	small.Files, small.Depth, small.URL, small.Text = 2, 6, 100, 4096
	html := func(body string) string { return "<!DOCTYPE html><html><body>" + body + "</body></html>" }
	a := `<a href="demo-1.tar.gz">demo-1.tar.gz</a>`
	for what, page := range map[string]string{
		"nothing":                               "",
		"white space":                           "   \n",
		"text":                                  "sorry",
		"an array":                              "[]",
		"no files":                              `{"meta":{"api-version":"1.0"},"name":"demo"}`,
		"no meta":                               `{"name":"demo","files":[]}`,
		"no name":                               `{"meta":{"api-version":"1.0"},"files":[]}`,
		"another project":                       strings.Replace(jsonPageOf(), `"demo"`, `"other"`, 1),
		"another major version":                 strings.Replace(jsonPageOf(), `"1.4"`, `"2.0"`, 1),
		"no version of the format":              strings.Replace(jsonPageOf(), `"api-version":"1.4"`, ``, 1),
		"cut off":                               jsonPageOf(fileObject("demo-1.tar.gz"))[:120],
		"something behind":                      jsonPageOf() + "{}",
		"files twice":                           strings.Replace(jsonPageOf(), `"files":[]`, `"files":[],"files":[]`, 1),
		"a key twice in a file":                 jsonPageOf(fileObject("demo-1.tar.gz", `"url":"https://registry.example/other"`)),
		"a hash twice":                          jsonPageOf(`{"filename":"demo-1.tar.gz","url":"https://registry.example/a","hashes":{"sha256":"` + sum + `","sha256":"` + sum + `"}}`),
		"a key twice in what is skipped":        strings.Replace(jsonPageOf(), `"files"`, `"more":{"a":1,"a":2},"files"`, 1),
		"a malformed hash":                      jsonPageOf(`{"filename":"demo-1.tar.gz","url":"https://registry.example/a","hashes":{"sha256":"xyz"}}`),
		"a file without a url":                  jsonPageOf(`{"filename":"demo-1.tar.gz","hashes":{}}`),
		"a file without a name":                 jsonPageOf(`{"url":"https://registry.example/a","hashes":{}}`),
		"a file twice":                          jsonPageOf(fileObject("demo-1.tar.gz"), strings.Replace(fileObject("demo-1.tar.gz"), "/p/", "/q/", 1)),
		"a time that is none":                   jsonPageOf(fileObject("demo-1.tar.gz", `"upload-time":"yesterday"`)),
		"yanked that is no answer":              jsonPageOf(fileObject("demo-1.tar.gz", `"yanked":[1]`)),
		"an address of another scheme":          jsonPageOf(`{"filename":"demo-1.tar.gz","url":"file:///etc/passwd","hashes":{}}`),
		"an address with a password":            jsonPageOf(`{"filename":"demo-1.tar.gz","url":"https://me:pw@registry.example/a","hashes":{}}`),
		"too many files":                        jsonPageOf(fileObject("demo-1.tar.gz"), fileObject("demo-2.tar.gz"), fileObject("demo-3.tar.gz")),
		"too deep":                              strings.Replace(jsonPageOf(), `"files"`, `"more":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+`,"files"`, 1),
		"too long a value":                      strings.Replace(jsonPageOf(), `"files"`, `"more":"`+strings.Repeat("x", 300_000)+`","files"`, 1),
		"too long an address":                   jsonPageOf(strings.Replace(fileObject("demo-1.tar.gz"), "/p/", "/"+strings.Repeat("p", 200)+"/", 1)),
		"not UTF-8":                             strings.Replace(jsonPageOf(), "1.4", "1.\xff", 1),
		"an HTML page of something else":        html("<h1>Please log in</h1>"),
		"an HTML page that is cut off":          "<!DOCTYPE html><html><body>" + a,
		"an HTML page of another major version": html(`<meta name="pypi:repository-version" content="2.0">` + a),
		"an HTML page with a malformed hash":    html(`<a href="demo-1.tar.gz#sha256=zz">demo</a>`),
		"an HTML page with too many files":      html(a + strings.Replace(a, "-1", "-2", 2) + strings.Replace(a, "-1", "-3", 2)),
		"an HTML page with too long a tag":      html(`<a href="demo-1.tar.gz" title="` + strings.Repeat("x", 300_000) + `">demo</a>`),
	} {
		if _, err := Read(strings.NewReader(page), int64(len(page)), "demo", small); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: read with %v, want Unsound", what, err)
		}
	}
}

func TestReadHTML(t *testing.T) {
	x := read(t, `<!DOCTYPE html><html><head><base href="../../base/"><meta name="pypi:project-status" content="archived"></head><body>
<a href="https://registry.example/home">home</a> <a href="mailto:a@registry.example">mail</a>
<a href="demo-1.0.tar.gz#sha256=`+sum+`" data-requires-python="&gt;=3.8" data-yanked="">demo-1.0.tar.gz</a>
<a href="/mirror/demo-1.1-py3-none-any.whl" data-core-metadata="sha256=`+sum+`" data-dist-info-metadata="false">x</a>
<a href="//other.example/demo-1.2.zip?x=1#md5=00000000000000000000000000000000">x</a>
<A HREF="https://files.registry.example/demo-1.3.egg">x</A></body></html>`)
	for file, want := range map[string]struct{ url, version string }{
		"demo-1.0.tar.gz":           {"../base/demo-1.0.tar.gz", "1.0"},
		"demo-1.1-py3-none-any.whl": {"/mirror/demo-1.1-py3-none-any.whl", "1.1"},
		"demo-1.2.zip":              {"//other.example/demo-1.2.zip?x=1", "1.2"},
		"demo-1.3.egg":              {"https://files.registry.example/demo-1.3.egg", "1.3"},
	} {
		e := x.FindFile(file)
		if e == nil || e.URL() != want.url || x.Versions[e.Version].Version != want.version {
			t.Errorf("%s is %+v", file, e)
		}
	}
	if len(x.Versions) != 4 || x.Status.Word != "archived" || x.Versions[0].Yanked == "" || !x.FindFile("demo-1.1-py3-none-any.whl").Metadata || !x.Versions[0].Published.IsZero() {
		t.Errorf("read %+v, status %+v", x.Versions, x.Status)
	}
}

func TestReferences(t *testing.T) {
	for _, c := range []struct {
		ref, want string
		below     bool
	}{
		{"x.whl", "demo/x.whl", true},
		{"./x.whl#sha256=1", "demo/x.whl", true},
		{"../x.whl", "x.whl", true},
		{"../../files/x.whl", "../files/x.whl", false},
		{"../../../../x.whl", "../../../x.whl", false},
		{"/a/../x.whl", "/x.whl", false},
		{"//h.example/x.whl", "//h.example/x.whl", false},
		{"https://h.example/a/./x.whl", "https://h.example/a/x.whl", false},
		{"x%2F..%2Fy.whl", "demo/x%2F..%2Fy.whl", true},
		{"?x=1", "demo/?x=1", false},
	} {
		got, _, err := newPlace("demo").resolve(c.ref)
		if err != nil || got != c.want || Below(got) != c.below {
			t.Errorf("%q is %q (%v), below: %v; want %q, %v", c.ref, got, err, Below(got), c.want, c.below)
		}
	}
	for _, ref := range []string{"javascript:alert(1)", "https:x", "https://u:p@h.example/x", "ftp://h.example/x", "%zz", "../" + strings.Repeat("../", 20) + "x", "https:///x"} {
		if got, _, err := newPlace("demo").resolve(ref); err == nil && strings.HasPrefix(got, "..") {
			t.Errorf("%q is %q, want an error", ref, got)
		} else if err == nil && !strings.HasPrefix(ref, "../") {
			t.Errorf("%q is %q, want an error", ref, got)
		}
	}
	if got := Behind("https://h.example/x.whl?a=b", ".metadata"); got != "https://h.example/x.whl.metadata?a=b" {
		t.Errorf("behind: %q", got)
	}
}

func TestParseFile(t *testing.T) {
	for _, c := range []struct {
		project, file, version string
		kind                   Kind
		anywhere               bool
	}{
		{"demo", "demo-1.0-py3-none-any.whl", "1.0", Wheel, true},
		{"demo", "demo-1.0-py2.py3-none-any.whl", "1.0", Wheel, true},
		{"demo", "demo-1.0-py2-none-any.whl", "1.0", Wheel, false},
		{"demo", "demo-1.0-1-cp311-cp311-manylinux_2_17_x86_64.whl", "1.0", Wheel, false},
		{"torch", "torch-2.1.0+cu118-cp311-cp311-linux_x86_64.whl", "2.1.0+cu118", Wheel, false},
		{"my-demo", "my_demo-1.0.tar.gz", "1.0", SourceArchive, false},
		{"my-demo", "My.Demo-1.0.tar.gz", "1.0", SourceArchive, false},
		{"my-demo", "my-demo-1.0-beta.zip", "1.0b0", SourceArchive, false},
		{"demo", "demo-1-0.tar.gz", "1.post0", SourceArchive, false},
		{"demo-2", "demo-2-1.0.tar.gz", "1.0", SourceArchive, false},
		{"demo", "demo-1.0-py2.7.egg", "1.0", Egg, false},
		{"demo", "demo-1.0.win32-py2.7.exe", "1.0", OtherFile, false},
		{"demo", "demo-1.0.linux-x86_64.tar.gz", "1.0", SourceArchive, false},
		{"demo", "demo-1.0-1.noarch.rpm", "1.0", OtherFile, false},
		{"demo", "demo-latest.tar.gz", "latest", SourceArchive, false},
		{"demo", "other-1.0.tar.gz", "other-1.0.tar.gz", SourceArchive, false},
		{"demo", "demo.tar.gz", "demo.tar.gz", SourceArchive, false},
		{"demo", "demo-1.0-odd.whl", "1.0-odd", Wheel, false},
		{"demo", "readme.txt", "readme.txt", OtherFile, false},
		{"demo", "demo-1.0.TAR.GZ", "1.0", SourceArchive, false},
	} {
		got := ParseFile(c.project, c.file)
		if got != (FileName{Version: c.version, Kind: c.kind, Anywhere: c.anywhere}) {
			t.Errorf("%s of %s is %+v, want version %q, kind %d, anywhere %v", c.file, c.project, got, c.version, c.kind, c.anywhere)
		}
	}
}

// render writes a page in both forms and reads each again.
func TestWhatIsWrittenIsWhatWasRead(t *testing.T) {
	page := jsonPageOf(
		fileObject("demo-1.0.tar.gz", `"upload-time":"2026-01-02T03:04:05.000600Z"`, `"size":10`, `"yanked":"<b>\u001b[31mbroken\"&"`),
		fileObject("bad name.tar.gz"),
		fileObject("demo-1.0.tar.gz", `"upload-time":"2026-01-02T03:04:05.000600Z"`, `"size":10`),
		fileObject("demo-1.1+cpu-py3-none-any.whl", `"size":11`, `"core-metadata":{"sha256":"`+sum+`"}`, `"requires-python":">=3.8,<4"`, `"provenance":"https://registry.example/p"`, `"unknown":{"a":[1,2]}`),
	)
	x := read(t, page)
	edits := Edits{Base: "http://127.0.0.1:8417/pypi/", Yanked: func(version int, _ time.Time) string {
		if x.Versions[version].Version == "1.1+cpu" {
			return `refused: "it leaks" <script>`
		}
		return ""
	}}
	for form, write := range map[string]func(*bytes.Buffer) error{
		"JSON": func(b *bytes.Buffer) error { return x.WriteJSON(b, strings.NewReader(page), int64(len(page)), edits) },
		"HTML": func(b *bytes.Buffer) error { return x.WriteHTML(b, strings.NewReader(page), int64(len(page)), edits) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", form, err)
		}
		if strings.ContainsAny(b.String(), "\x1b\x00") || strings.Contains(b.String(), "<script>") && form == "HTML" {
			t.Errorf("%s holds what drives a reader:\n%s", form, b.String())
		}
		var files []File
		if _, err := Scan(bytes.NewReader(b.Bytes()), int64(b.Len()), "demo", DefaultLimits(), func(f *File) error { files = append(files, *f); return nil }); err != nil {
			t.Fatalf("%s cannot be read again: %v\n%s", form, err, b.String())
		}
		if len(files) != 2 || files[0].YankedReason != `<b>[31mbroken"&` || files[1].YankedReason != `refused: "it leaks" <script>` || !files[1].Yanked {
			t.Fatalf("%s says %+v", form, files)
		}
		if f := files[1]; f.Name != "demo-1.1+cpu-py3-none-any.whl" || f.URL != "http://127.0.0.1:8417/pypi/files/demo/demo-1.1+cpu-py3-none-any.whl" || f.RequiresPython != ">=3.8,<4" ||
			f.MetadataDigest != "sha256:"+sum || f.Digests[0] != "sha256:"+sum || f.Provenance != "http://127.0.0.1:8417/pypi/integrity/demo/1.1+cpu/demo-1.1+cpu-py3-none-any.whl/provenance" {
			t.Errorf("%s says %+v", form, f)
		}
		if form == "JSON" && (!files[0].Uploaded.Equal(when) || files[0].Size != 10 || !strings.Contains(b.String(), `"versions":["1.0","1.1+cpu"]`)) {
			t.Errorf("JSON says %+v", files[0])
		}
	}
	if err := x.WriteJSON(&bytes.Buffer{}, strings.NewReader(jsonPageOf()), int64(len(jsonPageOf())), edits); !errors.Is(err, errChanged) {
		t.Errorf("another document is rendered with %v", err)
	}
}

// FuzzRead: no page does harm, and what was read is written so that it reads
// the same.
func FuzzRead(f *testing.F) {
	f.Add([]byte(jsonPageOf(fileObject("demo-1.0.tar.gz", `"size":1`, `"upload-time":"2026-01-02T03:04:05Z"`), fileObject("demo-1.0-py3-none-any.whl", `"core-metadata":true`))))
	f.Add([]byte(`<html><a href="../x/demo-1.tar.gz#sha256=` + sum + `" data-yanked>x</a></html>`))
	f.Add([]byte(`<base href="//h/"><a href=demo-1.whl>`))
	f.Add([]byte("\ufeff{}"))
	f.Fuzz(func(t *testing.T, page []byte) {
		limits := DefaultLimits()
		limits.Files, limits.Text = 1000, 64<<10
		x, err := Read(bytes.NewReader(page), int64(len(page)), "demo", limits)
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("%v is not Unsound", err)
			}
			return
		}
		edits := Edits{Base: "http://127.0.0.1/", Yanked: func(int, time.Time) string { return "" }}
		for form, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return x.WriteJSON(b, bytes.NewReader(page), int64(len(page)), edits) },
			func(b *bytes.Buffer) error { return x.WriteHTML(b, bytes.NewReader(page), int64(len(page)), edits) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatalf("form %d cannot be written: %v", form, err)
			}
			again, err := Read(bytes.NewReader(b.Bytes()), int64(b.Len()), "demo", DefaultLimits())
			if err != nil {
				t.Fatalf("form %d cannot be read again: %v\n%s", form, err, b.Bytes())
			}
			// HTML has no place for files of sorts that no index has.
			if form == 0 && len(again.files) != len(x.files) || len(again.files) > len(x.files) {
				t.Fatalf("form %d has %d files of %d", form, len(again.files), len(x.files))
			}
		}
	})
}

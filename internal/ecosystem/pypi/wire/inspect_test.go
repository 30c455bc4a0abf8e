package wire

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

const demoMetadata = "Metadata-Version: 2.1\nName: My_Demo\nVersion: 1.0\nSummary: a demo\nRequires-Python: >=3.8\nRequires-Dist: idna (>=3)\nRequires-Dist: lid; extra == \"x\"\n\nName: not a field\n"

// member is one entry of an archive that a test makes.
type member struct {
	name, content string
	link          bool
}

// wheelOf makes a wheel with a RECORD of its members, which change may edit.
func wheelOf(t testing.TB, change func(record string) string, members ...member) []byte {
	t.Helper()
	record := ""
	for _, m := range members {
		s := sha256.Sum256([]byte(m.content))
		record += fmt.Sprintf("%s,sha256=%s,%d\n", m.name, base64.RawURLEncoding.EncodeToString(s[:]), len(m.content))
	}
	record += "my_demo-1.0.dist-info/RECORD,,\n"
	if change != nil {
		record = change(record)
	}
	if record != "" {
		members = append(slices.Clone(members), member{name: "my_demo-1.0.dist-info/RECORD", content: record})
	}
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		if m.link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		w, err := zw.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sound() []member {
	return []member{
		{name: "my_demo/__init__.py", content: "x = 1\n"},
		{name: "my_demo-1.0.dist-info/METADATA", content: demoMetadata},
		{name: "my_demo-1.0.dist-info/WHEEL", content: "Wheel-Version: 1.0\n"},
	}
}

func sourceOf(t *testing.T, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	tw := tar.NewWriter(gz)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content)), Typeflag: tar.TypeReg}
		if m.link {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, m.content, 0
		}
		err := tw.WriteHeader(h)
		if err == nil && !m.link {
			_, err = tw.Write([]byte(m.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	wheelFile  = "my_demo-1.0-py3-none-any.whl"
	sourceFile = "my_demo-1.0.tar.gz"
)

func inspect(file string, content []byte, limits InspectLimits) (*Contents, error) {
	return Inspect(context.Background(), "my-demo", file, bytes.NewReader(content), int64(len(content)), limits)
}

func TestInspectSoundFiles(t *testing.T) {
	for file, content := range map[string][]byte{
		wheelFile:         wheelOf(t, nil, sound()...),
		sourceFile:        sourceOf(t, member{name: "my_demo-1.0/PKG-INFO", content: demoMetadata}, member{name: "my_demo-1.0/a/PKG-INFO", content: "not this"}),
		"my_demo-1.0.zip": wheelOf(t, func(string) string { return "" }, member{name: "my_demo-1.0/PKG-INFO", content: demoMetadata}),
	} {
		c, err := inspect(file, content, DefaultInspectLimits())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.Name != "My_Demo" || c.Version != "1.0" || c.RequiresPython != ">=3.8" || len(c.RequiresDist) != 2 || string(c.Raw) != demoMetadata {
			t.Errorf("%s says %+v", file, c)
		}
		if err := CheckFile(t.Context(), file, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Errorf("%s as an upstream's: %v", file, err)
		}
		if err := CheckFile(t.Context(), file, strings.NewReader("<html>"), 6); !assay.Is(err, assay.Unsound) {
			t.Errorf("a page in the place of %s: %v", file, err)
		}
	}
}

func TestInspectRefuses(t *testing.T) {
	edit := func(old, new string) func(string) string {
		return func(record string) string { return strings.Replace(record, old, new, 1) }
	}
	small := DefaultInspectLimits()
	small.Metadata, small.Record = 20, 20
	meta := func(text string) []member {
		m := sound()
		m[1].content = text
		return m
	}
	for what, c := range map[string]struct {
		file    string
		content []byte
		limits  InspectLimits
	}{
		"a file that RECORD does not name":   {wheelFile, wheelOf(t, edit("my_demo/__init__.py", "my_demo/other.py"), sound()...), DefaultInspectLimits()},
		"a file left out of RECORD":          {wheelFile, wheelOf(t, func(r string) string { return r[strings.IndexByte(r, '\n')+1:] }, sound()...), DefaultInspectLimits()},
		"another digest in RECORD":           {wheelFile, wheelOf(t, edit("sha256=", "sha256=A"), sound()...), DefaultInspectLimits()},
		"another size in RECORD":             {wheelFile, wheelOf(t, edit(",6\n", ",7\n"), sound()...), DefaultInspectLimits()},
		"no digest in RECORD":                {wheelFile, wheelOf(t, func(r string) string { return "my_demo/__init__.py,,\n" + r[strings.IndexByte(r, '\n')+1:] }, sound()...), DefaultInspectLimits()},
		"a weak digest in RECORD":            {wheelFile, wheelOf(t, edit("sha256=", "md5="), sound()...), DefaultInspectLimits()},
		"a file twice in RECORD":             {wheelFile, wheelOf(t, func(r string) string { return r + r[:strings.IndexByte(r, '\n')+1] }, sound()...), DefaultInspectLimits()},
		"a RECORD that is no table":          {wheelFile, wheelOf(t, func(string) string { return "\"\n" }, sound()...), DefaultInspectLimits()},
		"no RECORD":                          {wheelFile, wheelOf(t, func(string) string { return "" }, sound()...), DefaultInspectLimits()},
		"no METADATA":                        {wheelFile, wheelOf(t, nil, sound()[0], sound()[2]), DefaultInspectLimits()},
		"no WHEEL":                           {wheelFile, wheelOf(t, nil, sound()[:2]...), DefaultInspectLimits()},
		"two dist-info folders":              {wheelFile, wheelOf(t, nil, append(sound(), member{name: "evil-1.0.dist-info/METADATA", content: demoMetadata})...), DefaultInspectLimits()},
		"a dist-info folder of another case": {wheelFile, wheelOf(t, nil, append(sound(), member{name: "my_demo-1.0.DIST-INFO/METADATA", content: demoMetadata})...), DefaultInspectLimits()},
		"a link":                             {wheelFile, wheelOf(t, nil, append(sound(), member{name: "my_demo/l", content: "__init__.py", link: true})...), DefaultInspectLimits()},
		"a traversal":                        {wheelFile, wheelOf(t, nil, append(sound(), member{name: "../evil.py"})...), DefaultInspectLimits()},
		"a folder of another version":        {"my_demo-1.1-py3-none-any.whl", wheelOf(t, nil, sound()...), DefaultInspectLimits()},
		"a folder of another project":        {"other-1.0-py3-none-any.whl", wheelOf(t, nil, sound()...), DefaultInspectLimits()},
		"a bomb":                             {wheelFile, wheelOf(t, nil, append(sound(), member{name: "my_demo/zeros", content: strings.Repeat("\x00", 4<<20)})...), DefaultInspectLimits()},
		"METADATA over the limit":            {wheelFile, wheelOf(t, nil, sound()...), small},
		"half a wheel":                       {wheelFile, wheelOf(t, nil, sound()...)[:200], DefaultInspectLimits()},
		"a source archive without PKG-INFO":  {sourceFile, sourceOf(t, member{name: "my_demo-1.0/setup.py"}), DefaultInspectLimits()},
		"a source archive with a link":       {sourceFile, sourceOf(t, member{name: "my_demo-1.0/PKG-INFO", content: demoMetadata}, member{name: "my_demo-1.0/l", content: "PKG-INFO", link: true}), DefaultInspectLimits()},
		"a source archive with two folders":  {sourceFile, sourceOf(t, member{name: "my_demo-1.0/PKG-INFO", content: demoMetadata}, member{name: "evil/setup.py"}), DefaultInspectLimits()},
		"a source archive with a bare file":  {sourceFile, sourceOf(t, member{name: "PKG-INFO", content: demoMetadata}), DefaultInspectLimits()},
		"a source archive over the limit":    {sourceFile, sourceOf(t, member{name: "my_demo-1.0/PKG-INFO", content: demoMetadata}), small},
		"an egg":                             {"my_demo-1.0-py3.11.egg", wheelOf(t, nil, sound()...), DefaultInspectLimits()},
		"metadata without a name":            {wheelFile, wheelOf(t, nil, meta("Metadata-Version: 2.1\nVersion: 1.0\n")...), DefaultInspectLimits()},
		"a name twice":                       {wheelFile, wheelOf(t, nil, meta("Name: a\n"+demoMetadata)...), DefaultInspectLimits()},
		"a line that is no field":            {wheelFile, wheelOf(t, nil, meta("Name: a\noops\n"+demoMetadata)...), DefaultInspectLimits()},
		"a line that only Python ends there": {wheelFile, wheelOf(t, nil, meta(strings.Replace(demoMetadata, "a demo", "a\rName: evil", 1))...), DefaultInspectLimits()},
		"a continuation of nothing":          {wheelFile, wheelOf(t, nil, meta(" x\n"+demoMetadata)...), DefaultInspectLimits()},
		"metadata that is not UTF-8":         {wheelFile, wheelOf(t, nil, meta(demoMetadata+"\xff")...), DefaultInspectLimits()},
		"metadata with an endless line":      {wheelFile, wheelOf(t, nil, meta("X: "+strings.Repeat("ab", 40<<10)+"\n"+demoMetadata)...), DefaultInspectLimits()},
	} {
		if got, err := inspect(c.file, c.content, c.limits); !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestDisagreements(t *testing.T) {
	content := wheelOf(t, nil, sound()...)
	c, err := inspect(wheelFile, content, DefaultInspectLimits())
	if err != nil {
		t.Fatal(err)
	}
	same := Manifest{Name: "my.demo", Version: "1.0.0", RequiresPython: ">= 3.8", RequiresDist: []string{"lid; extra == 'x'", "idna(>=3)"}}
	if got := c.Disagreements(same); len(got) != 0 {
		t.Errorf("the same in other spelling disagrees in %q", got)
	}
	other := Manifest{Name: "demo", Version: "1.1", RequiresPython: ">=3.9", RequiresDist: []string{"idna"}}
	if got := fmt.Sprint(c.Disagreements(other)); got != "[Name Version Requires-Python Requires-Dist]" {
		t.Errorf("what differs is named as %s", got)
	}
}

func TestComposeIsWhatReadReads(t *testing.T) {
	d := []assay.Digest{"sha512:" + assay.Digest(strings.Repeat("b", 128)), "sha256:" + sum}
	page, err := Compose("my-demo", []Hosted{
		{Name: wheelFile, Size: 10, Uploaded: when, RequiresPython: ">=3.8", Digests: d},
		{Name: wheelFile + ".metadata", Size: 5, Uploaded: when, Digests: d},
		{Name: sourceFile, Size: 20, Uploaded: when.Add(time.Hour), Digests: d},
	})
	if err != nil {
		t.Fatal(err)
	}
	x, err := Read(bytes.NewReader(page), int64(len(page)), "my-demo", DefaultLimits())
	if err != nil {
		t.Fatalf("%v\n%s", err, page)
	}
	e := x.FindFile(wheelFile)
	if len(x.Versions) != 1 || !x.Versions[0].Published.Equal(when) || len(x.Versions[0].Files) != 2 || e == nil || e.MetadataDigest != "sha256:"+sum || x.FindFile(sourceFile).Metadata {
		t.Errorf("composed %s", page)
	}
	if _, err := Compose("my-demo", []Hosted{{Name: sourceFile, Digests: d[:1]}}); !assay.Is(err, assay.Internal) {
		t.Errorf("a file without a sha256 digest is composed with %v", err)
	}
	if page, err := Compose("my-demo", nil); err != nil || !json.Valid(page) {
		t.Errorf("a project without files is %s, %v", page, err)
	}
}

// part is one part of a form.
type part struct{ name, file, content string }

func formOf(t testing.TB, parts ...part) *multipart.Reader {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		h := textproto.MIMEHeader{}
		disposition := fmt.Sprintf("form-data; name=%q", p.name)
		if p.file != "" {
			disposition += fmt.Sprintf("; filename=%q", p.file)
		}
		h.Set("Content-Disposition", disposition)
		to, err := w.CreatePart(h)
		if err == nil {
			_, err = to.Write([]byte(p.content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return multipart.NewReader(&b, w.Boundary())
}

func TestReadForm(t *testing.T) {
	limits := FormLimits{Parts: 8, Field: 100, Fields: 150, Content: 50}
	var content bytes.Buffer
	f, err := ReadForm(formOf(t, part{"name", "", "demo"}, part{"requires_dist", "", "a"}, part{"content", sourceFile, "bytes"}, part{"requires_dist", "", "b"}, part{"sha256_digest", "", sum}), limits, &content)
	if err != nil || f.Get("name") != "demo" || len(f.Values("requires_dist")) != 2 || f.File != sourceFile || f.Size != 5 || content.String() != "bytes" {
		t.Fatalf("read %+v, %v", f, err)
	}
	if d, err := f.Digests(); err != nil || len(d) != 1 || d[0] != "sha256:"+sum {
		t.Errorf("digests %v, %v", d, err)
	}
	file := part{"content", sourceFile, "bytes"}
	for what, parts := range map[string][]part{
		"no file":               {{"name", "", "demo"}},
		"two files":             {file, file},
		"two names":             {{"name", "", "demo"}, {"name", "", "evil"}, file},
		"a field too long":      {{"name", "", strings.Repeat("x", 101)}, file},
		"an unknown one too":    {{"x", "", strings.Repeat("x", 101)}, file},
		"fields too long":       {{"a", "", strings.Repeat("x", 90)}, {"b", "", strings.Repeat("x", 90)}, file},
		"too many fields":       slices.Repeat([]part{{"x", "", ""}}, 9),
		"a file too long":       {{"content", sourceFile, strings.Repeat("x", 51)}},
		"a file with a path":    {{"content", "../evil.tar.gz", "x"}},
		"a file without a name": {{"content", "", "x"}},
		"a signature":           {{"gpg_signature", "x.asc", "x"}, file},
	} {
		if _, err := ReadForm(formOf(t, parts...), limits, &bytes.Buffer{}); !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, parts := range [][]part{{{"blake2_256_digest", "", sum}, file}, {{"md5_digest", "", "zz"}, file}} {
		f, err := ReadForm(formOf(t, parts...), limits, &bytes.Buffer{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Digests(); !assay.Is(err, assay.Invalid) {
			t.Errorf("%+v: %v", parts[0], err)
		}
	}
}

// FuzzMetadata: the fields that decide something have one meaning.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(demoMetadata))
	f.Add([]byte("Metadata-Version: 2.1\r\nName: a\r\n b\r\nVersion: 1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMetadata(raw)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatal(err)
			}
			return
		}
		for _, text := range append([]string{m.Name, m.Version, m.Summary, m.RequiresPython}, m.RequiresDist...) {
			if strings.ContainsAny(text, "\r\n\x00") {
				t.Fatalf("the field %q has more than one line", text)
			}
		}
	})
}

// FuzzWheel: no wheel does harm, and one that is taken agrees with its RECORD.
func FuzzWheel(f *testing.F) {

	f.Add(wheelOf(f, nil, sound()...))
	f.Fuzz(func(t *testing.T, content []byte) {
		limits := DefaultInspectLimits()
		limits.Archive.Unpacked, limits.Archive.Entries = 1<<20, 100
		c, err := inspect(wheelFile, content, limits)
		if err == nil && (c.Name == "" || c.Version == "") {
			t.Fatalf("taken: %+v", c)
		}
		if err != nil && !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
			t.Fatal(err)
		}
	})
}

// FuzzForm: no form does harm.
func FuzzForm(f *testing.F) {
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ndemo\r\n--b\r\nContent-Disposition: form-data; name=\"content\"; filename=\"a.whl\"\r\n\r\nx\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, err := ReadForm(multipart.NewReader(bytes.NewReader(body), "b"), FormLimits{Parts: 20, Field: 1 << 10, Fields: 1 << 12, Content: 1 << 12}, &bytes.Buffer{})
		if err == nil && (!ValidFile(form.File) || form.Size < 0) {
			t.Fatalf("taken: %+v", form)
		}
	})
}

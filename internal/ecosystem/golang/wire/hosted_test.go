package wire

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"assay.invalid/internal/assay"
)

func TestAdmissible(t *testing.T) {
	for what, c := range map[string]struct{ name, version string }{
		"ordinary":                         {"corp.example/kettle", "v1.2.3"},
		"before the first release":         {"corp.example/kettle", "v0.0.1"},
		"pre-release":                      {"corp.example/kettle", "v1.2.3-rc.1"},
		"with upper case":                  {"corp.example/Kettle", "v1.0.0"},
		"second major":                     {"corp.example/kettle/v2", "v2.0.0"},
		"major after a dot":                {"gopkg.in/kettle.v3", "v3.1.0"},
		"a directory of the repository":    {"corp.example/works/api", "v0.3.0"},
		"a host alone":                     {"corp.example", "v1.0.0"},
		"a pre-release that looks strange": {"corp.example/kettle", "v1.0.0-0.3.7"},
	} {
		if err := Admissible(c.name, c.version); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]struct{ name, version, says string }{
		"no path":                 {"", "v1.0.0", "no module path"},
		"no dot in the host":      {"kettle", "v1.0.0", "no module path"},
		"traversal":               {"corp.example/../x", "v1.0.0", "no module path"},
		"absolute":                {"/corp.example/x", "v1.0.0", "no module path"},
		"blanks around":           {" corp.example/x", "v1.0.0", "write corp.example/x"},
		"percent-encoded":         {"corp.example%2fx", "v1.0.0", "write corp.example/x"},
		"upper case in the host":  {"Corp.example/x", "v1.0.0", "no module path"},
		"reserved on Windows":     {"corp.example/con", "v1.0.0", "no module path"},
		"an at sign":              {"corp.example/x@v1", "v1.0.0", "no module path"},
		"no v":                    {"corp.example/x", "1.0.0", "write v1.0.0"},
		"two numbers":             {"corp.example/x", "v1.0", "v1.0.0"},
		"no version":              {"corp.example/x", "", "no Go version"},
		"a branch":                {"corp.example/x", "main", "no Go version"},
		"build metadata":          {"corp.example/x", "v1.0.0+build", "v1.0.0"},
		"a traversal as version":  {"corp.example/x", "../v1.0.0", "no Go version"},
		"a line break":            {"corp.example/x", "v1.0.0\n", "write v1.0.0"},
		"pseudo-version":          {"corp.example/x", "v0.0.0-20191109021931-daa7c04131f5", "publish a version of its own, like v0.0.0"},
		"pseudo after a tag":      {"corp.example/x", "v1.2.4-0.20191109021931-daa7c04131f5", "like v1.2.4"},
		"incompatible":            {"corp.example/x", "v2.0.0+incompatible", "end its path in /v2 and publish v2.0.0"},
		"second major, plain":     {"corp.example/x", "v2.0.0", "corp.example/x/v2"},
		"first major, suffixed":   {"corp.example/x/v2", "v1.0.0", "publish a version of v2"},
		"another major":           {"corp.example/x/v2", "v3.0.0", "corp.example/x/v3"},
		"a suffix of one":         {"corp.example/x/v1", "v1.0.0", "no module path"},
		"major not after the dot": {"gopkg.in/x.v3", "v2.0.0", "after the dot"},
	} {
		err := Admissible(c.name, c.version)
		if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// FuzzAdmissible: what is admitted, the go command takes.
func FuzzAdmissible(f *testing.F) {
	f.Add("corp.example/x/v2", "v2.0.0")
	f.Add("gopkg.in/x.v3", "v3.0.0-rc.1")
	f.Add("corp.example/x", "v0.0.0-20191109021931-daa7c04131f5")
	f.Fuzz(func(t *testing.T, name, version string) {
		if err := Admissible(name, version); err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("error of kind %v", assay.KindOf(err))
			}
			return
		}
		if err := module.Check(name, version); err != nil || module.IsPseudoVersion(version) || strings.Contains(version, "+") {
			t.Fatalf("%s@%s was admitted: %v", name, version, err)
		}
		if _, err := FilePath(name, version, Zip); err != nil || !Canonical(name, version) {
			t.Fatalf("%s@%s cannot be asked for again: %v", name, version, err)
		}
	})
}

func readPublished(data []byte) (Published, error) {
	return ReadPublished("example.com/m", "v1.0.0", bytes.NewReader(data), int64(len(data)), smallLimits())
}

const goMod = "// Deprecated: use a pot.\nmodule example.com/m\n\ngo 1.21\n\nrequire (\n\tcorp.example/a v1.0.0\n\tcorp.example/b v0.2.0 // indirect\n)\n\nretract [v0.1.0, v0.2.0] // leaks\n"

func TestReadPublished(t *testing.T) {
	data := makeZip(t, entry{at + "go.mod", goMod}, entry{at + "m.go", "package m\n"}, entry{at + "LICENSE", "free"})
	got, err := readPublished(data)
	if err != nil {
		t.Fatal(err)
	}
	want, err := reference(t, data)
	if err != nil || string(got.H1) != want || got.Path != "example.com/m" || string(got.GoMod) != goMod {
		t.Errorf("%+v; the reference has %s, %v", got, want, err)
	}
	const manifest = `{"module":"example.com/m","go":"1.21","deprecated":"use a pot.",` +
		`"require":[{"path":"corp.example/a","version":"v1.0.0"},{"path":"corp.example/b","version":"v0.2.0","indirect":true}],` +
		`"retract":[{"low":"v0.1.0","high":"v0.2.0","rationale":"leaks"}]}`
	if string(got.Manifest) != manifest || !json.Valid(got.Manifest) {
		t.Errorf("the manifest is %s", got.Manifest)
	}
}

// link makes an entry with the mode of something else than a file.
func withMode(t *testing.T, mode fs.FileMode) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: at + "passwd"}
	header.SetMode(mode)
	for _, err := range []error{
		write(w, &zip.FileHeader{Name: at + "go.mod"}, "module example.com/m\n"), write(w, header, "/etc/passwd"), w.Close(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func write(w *zip.Writer, header *zip.FileHeader, content string) error {
	f, err := w.CreateHeader(header)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	return err
}

func TestUploadsRefused(t *testing.T) {
	mod := entry{at + "go.mod", "module example.com/m\n"}
	good := makeZip(t, mod, entry{at + "m.go", "package m\n"})
	for what, c := range map[string]struct {
		data []byte
		says string
	}{
		"empty":                        {nil, "does not begin"},
		"page of HTML":                 {[]byte("<html>not a zip</html>"), "does not begin"},
		"cut short":                    {good[:len(good)-8], "not a valid zip"},
		"something before the zip":     {append([]byte("#!/bin/sh\n"), good...), "does not begin"},
		"no files":                     {makeZip(t), "does not begin"},
		"no go.mod":                    {makeZip(t, entry{at + "m.go", "package m\n"}), "no go.mod"},
		"go.mod of another module":     {makeZip(t, entry{at + "go.mod", "module example.com/n\n"}), `declares the module "example.com/n" and not example.com/m`},
		"go.mod of another major":      {makeZip(t, entry{at + "go.mod", "module example.com/m/v2\n"}), "declares the module"},
		"go.mod in another case":       {makeZip(t, entry{at + "go.mod", "module example.com/M\n"}), "declares the module"},
		"go.mod without a module":      {makeZip(t, entry{at + "go.mod", "go 1.21\n"}), "declares no module"},
		"go.mod that is none":          {makeZip(t, entry{at + "go.mod", "<html>\n"}), "cannot be read"},
		"go.mod of unknown directives": {makeZip(t, entry{at + "go.mod", "module example.com/m\nbrew tea\n"}), "cannot be read"},
		"go.mod that is no text":       {makeZip(t, entry{at + "go.mod", "module example.com/m // \xff\n"}), "not text"},
		"go.mod too large":             {makeZip(t, entry{at + "go.mod", "module example.com/m\n" + strings.Repeat("/", 5000)}), "over the limit"},
		"go.mod twice":                 {makeZip(t, mod, mod), "there twice"},
		"prefix of another version":    {makeZip(t, entry{"example.com/m@v1.0.1/go.mod", mod.content}), "does not lie in"},
		"traversal":                    {makeZip(t, mod, entry{at + "../../etc/passwd", "x"}), "cannot be one"},
		"absolute name":                {makeZip(t, mod, entry{"/etc/passwd", "x"}), "does not lie in"},
		"backslash":                    {makeZip(t, mod, entry{at + `..\x.go`, "x"}), "cannot be one"},
		"case collision":               {makeZip(t, mod, entry{at + "a.go", "x"}, entry{at + "A.go", "x"}), "case alone"},
		"a module inside":              {makeZip(t, mod, entry{at + "a/go.mod", "module example.com/m/a\n"}), "one go.mod"},
		"a link":                       {withMode(t, fs.ModeSymlink|0o777), "neither a file nor a directory"},
		"a device":                     {withMode(t, fs.ModeDevice|0o600), "neither a file nor a directory"},
		"a directory without a slash":  {withMode(t, fs.ModeDir|0o700), "neither a file nor a directory"},
		"a vendored package":           {makeZip(t, mod, entry{at + "vendor/corp.example/a/a.go", "package a\n"}), "leaves out"},
		"what hg leaves":               {makeZip(t, mod, entry{at + ".hg_archival.txt", "x"}), "leaves out"},
		"bomb":                         {makeZip(t, mod, entry{at + "zero", strings.Repeat("\x00", 2<<20)}), "larger than"},
		"damaged content":              {damage(good, []byte("m.go")), "no module zip"},
	} {
		got, err := readPublished(c.data)
		if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "upstream") {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	if _, err := ReadPublished("example.com/m", "v1.0.0", untouchable{t}, 1<<20+1, smallLimits()); !assay.Is(err, assay.TooLarge) {
		t.Errorf("over the limit: %v", err)
	}
}

// FuzzReadPublished: whatever is taken, the go command takes as well, with
// the same digest, and so does the check of what comes from upstreams.
func FuzzReadPublished(f *testing.F) {
	f.Add(makeZip(f, entry{at + "go.mod", goMod}, entry{at + "m.go", "package m\n"}))
	f.Add(makeZip(f, entry{at + "go.mod", "module example.com/m\n"}, entry{at + "a/", ""}, entry{at + "vendor/x/y.go", "x"}))
	f.Add(makeZip(f, entry{"../x", "x"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readPublished(data)
		if err != nil {
			if kind := assay.KindOf(err); kind != assay.Invalid && kind != assay.TooLarge {
				t.Fatalf("error of kind %v", kind)
			}
			return
		}
		want, refErr := reference(t, data)
		checked, err := check(data)
		if refErr != nil || string(got.H1) != want || err != nil || checked != got.H1 || !json.Valid(got.Manifest) {
			t.Fatalf("taken with %s; the reference says %s, %v, the check %s, %v", got.H1, want, refErr, checked, err)
		}
		if name, err := ModuleInZip("v1.0.0", bytes.NewReader(data), int64(len(data)), smallLimits()); err != nil || name != "example.com/m" {
			t.Fatalf("it says that it is of %s, %v", name, err)
		}
		if m, err := DecodeMod("example.com/m", "v1.0.0", got.GoMod, smallLimits()); err != nil || m.Path != got.Path {
			t.Fatalf("its go.mod cannot be served: %v", err)
		}
	})
}

func TestComposedDocumentsAreRead(t *testing.T) {
	versions := []string{"v1.10.0", "v1.2.0", "v1.11.0-rc.1", "v0.9.0"}
	list := ComposeList(versions)
	if string(list) != "v0.9.0\nv1.2.0\nv1.10.0\nv1.11.0-rc.1\n" {
		t.Errorf("the list is %q", list)
	}
	read, err := DecodeList("example.com/m", list, smallLimits())
	if err != nil || len(read) != 4 {
		t.Errorf("read as %v, %v", read, err)
	}
	if newest := Newest(versions); newest != "v1.10.0" {
		t.Errorf("the newest is %s", newest)
	}
	if Newest(nil) != "" || len(ComposeList(nil)) != 0 {
		t.Error("of nothing something was made")
	}
	at := time.Date(2026, 11, 22, 10, 30, 15, 987_000_000, time.FixedZone("", 3600))
	info, err := ComposeInfo("v1.2.0", at)
	if err != nil || string(info) != `{"Version":"v1.2.0","Time":"2026-11-22T09:30:15Z"}` {
		t.Errorf("the info is %s, %v", info, err)
	}
	if got, err := DecodeInfo("example.com/m", "v1.2.0", info, smallLimits()); err != nil || got != readAsClientsDo(t, info) {
		t.Errorf("read as %+v, %v", got, err)
	}
}

func TestNoSumDB(t *testing.T) {
	for what, c := range map[string]struct {
		claims []string
		want   string
	}{
		"a name":                      {[]string{"corp.example/kettle"}, "corp.example/kettle"},
		"all below a path":            {[]string{"corp.example/*"}, "corp.example/*"},
		"the beginning of a part":     {[]string{"corp.example/team-*"}, "corp.example/team-*"},
		"a star that crosses slashes": {[]string{"corp.*/secret"}, "corp.*"},
		"several":                     {[]string{"b.example/x", "a.example/*"}, "b.example/x,a.example/*"},
		"one twice":                   {[]string{"a.example/*", "a.example/*/b"}, "a.example/*"},
		"everything":                  {[]string{"*"}, ""},
		"a star first":                {[]string{"*.example/x"}, ""},
		"a comma":                     {[]string{"a.example/x,*"}, ""},
		"other wildcards":             {[]string{"a.example/[a-z]*", "a.example/?*"}, ""},
		"nothing":                     {[]string{""}, ""},
	} {
		if got := strings.Join(NoSumDB(c.claims), ","); got != c.want {
			t.Errorf("%s: %q, want %q", what, got, c.want)
		}
	}
	claims := []string{"corp.example/*", "corp.example/kettle", "other.example/*", "*/odd"}
	if got := strings.Join(NoSumDBFor("corp.example/kettle", claims), ","); got != "corp.example/*,corp.example/kettle" {
		t.Errorf("of the claims on kettle: %s", got)
	}
	if got := strings.Join(NoSumDBFor("any.example/odd", claims), ","); got != "any.example/odd" {
		t.Errorf("of a claim that cannot be said: %s", got)
	}
}

// FuzzNoSumDB: a module that is claimed is never looked up by a go command
// that was given the line.
func FuzzNoSumDB(f *testing.F) {
	f.Add("corp.example/*", "corp.example/a/b")
	f.Add("corp.*/a", "corp.x/y/a")
	f.Add("a.example/te*m", "a.example/team/x/m")
	f.Fuzz(func(t *testing.T, glob, name string) {
		if module.CheckPath(name) != nil {
			return
		}
		p, err := assay.ParsePattern("pkg:golang/"+glob, Grammar{})
		if err != nil || !p.MatchesPackage(assay.Golang, name) {
			return
		}
		glob = p.Name
		if patterns := strings.Join(NoSumDBFor(name, []string{glob}), ","); !module.MatchPrefixPatterns(patterns, name) {
			t.Fatalf("%s would be looked up with GONOSUMDB=%s", name, patterns)
		}
		if all := NoSumDB([]string{glob}); len(all) == 1 && !module.MatchPrefixPatterns(all[0], name) {
			t.Fatalf("%s would be looked up with GONOSUMDB=%s", name, all[0])
		}
	})
}

package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"assay.invalid/internal/assay"
)

func smallLimits() Limits {
	return Limits{List: 4096, Line: 200, Versions: 50, Info: 2048, Mod: 4096, Zip: 1 << 20, Unpacked: 1 << 20, Directory: 64 << 10, Names: 200}
}

func TestLists(t *testing.T) {
	const pseudo = "v0.0.0-20191109021931-daa7c04131f5"
	for what, c := range map[string]struct {
		document string
		want     []string
	}{
		"ordinary":                           {"v1.0.0\nv1.1.0-rc.1\n", []string{"v1.0.0", "v1.1.0-rc.1"}},
		"order is kept":                      {"v1.1.0\nv1.0.0\n", []string{"v1.1.0", "v1.0.0"}},
		"no last line break":                 {"v1.0.0", []string{"v1.0.0"}},
		"empty":                              {"", nil},
		"blank lines":                        {"\n \nv1.0.0\n\n", []string{"v1.0.0"}},
		"carriage returns":                   {"v1.0.0\r\nv1.1.0\r\n", []string{"v1.0.0", "v1.1.0"}},
		"times behind":                       {"v1.0.0 2020-01-02T03:04:05Z more\n", []string{"v1.0.0"}},
		"duplicates":                         {"v1.0.0\nv1.0.0\nv1.0.0 x\n", []string{"v1.0.0"}},
		"pseudo-version":                     {pseudo + "\n", []string{pseudo}},
		"versions of another major are gone": {"v1.0.0\nv2.0.0\nv2.0.0+incompatible\n", []string{"v1.0.0", "v2.0.0+incompatible"}},
		"odd tags are gone":                  {"v1\nv1.2\nv1.2.x\nv1.2.3+build\nv1.0.0\n", []string{"v1.0.0"}},
		"as many versions as there may be":   {many(50), strings.Fields(many(50))},
	} {
		got, err := DecodeList("example.com/m", []byte(c.document), smallLimits())
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", what, got, err, c.want)
		}
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "v1.0.%d\n", i)
	}
	return b.String()
}

func TestListsRefused(t *testing.T) {
	for what, document := range map[string]string{
		"page of HTML":                "<!DOCTYPE html>\n<html></html>\n",
		"HTML behind versions":        "v1.0.0\n<html>\n",
		"JSON":                        `{"versions":["v1.0.0"]}`,
		"error message":               "not found: unknown module\n",
		"branch":                      "v1.0.0\nmaster\n",
		"without v":                   "1.0.0\n",
		"control characters":          "v1.0.0-\x1b[31m\n",
		"null bytes":                  "\x00\x00\x00",
		"compressed":                  "\x1f\x8b\x08\x00",
		"huge line":                   "v1.0.0 " + strings.Repeat("x", 500) + "\n",
		"huge line of another kind":   strings.Repeat("x", 500),
		"huge document":               many(1000),
		"more versions than possible": many(51),
		"invalid UTF-8":               "v1\xff\n",
	} {
		if got, err := DecodeList("example.com/m", []byte(document), smallLimits()); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %q, %v; want an Unsound error", what, got, err)
		}
	}
}

func TestEncodedListHasNoPseudoVersions(t *testing.T) {
	var b bytes.Buffer
	if err := EncodeList(&b, []string{"v1.0.0", "v0.0.0-20191109021931-daa7c04131f5", "v1.1.0-rc.1"}); err != nil {
		t.Fatal(err)
	}
	if b.String() != "v1.0.0\nv1.1.0-rc.1\n" {
		t.Errorf("%q", b.String())
	}
}

func FuzzList(f *testing.F) {
	for _, s := range []string{"v1.0.0\nv1.1.0\n", "v1.0.0 2020-01-02T03:04:05Z\n", "<html>", "v2.0.0+incompatible\r\n", "v1\n\nv1.x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		versions, err := DecodeList("example.com/m", document, smallLimits())
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("error of kind %v", assay.KindOf(err))
			}
			return
		}
		for _, v := range versions {
			if module.Check("example.com/m", v) != nil {
				t.Fatalf("%q is listed", v)
			}
		}
		var b bytes.Buffer
		if err := EncodeList(&b, versions); err != nil {
			t.Fatal(err)
		}
		again, err := DecodeList("example.com/m", b.Bytes(), smallLimits())
		kept := slices.DeleteFunc(versions, Pseudo)
		if err != nil || !slices.Equal(again, kept) {
			t.Fatalf("%q became %q, %v", kept, again, err)
		}
	})
}

func TestInfos(t *testing.T) {
	at := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for what, c := range map[string]struct {
		asked, document string
		want            VersionInfo
	}{
		"ordinary":             {"v1.0.0", `{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}`, VersionInfo{"v1.0.0", at}},
		"other zone":           {"v1.0.0", `{"Version":"v1.0.0","Time":"2020-01-02T05:04:05+02:00"}`, VersionInfo{"v1.0.0", at}},
		"more members":         {"v1.0.0", `{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z","Origin":{"VCS":"git","Hash":"x","Ref":[1,{"a":null}]}}`, VersionInfo{"v1.0.0", at}},
		"no time":              {"v1.0.0", ` {"Version":"v1.0.0"} ` + "\n", VersionInfo{Version: "v1.0.0"}},
		"answer to a branch":   {"master", `{"Version":"v0.0.0-20191109021931-daa7c04131f5"}`, VersionInfo{Version: "v0.0.0-20191109021931-daa7c04131f5"}},
		"incompatible version": {"v2.0.0", `{"Version":"v2.0.0+incompatible"}`, VersionInfo{Version: "v2.0.0+incompatible"}},
		"latest":               {"", `{"Version":"v1.0.0"}`, VersionInfo{Version: "v1.0.0"}},
	} {
		got, err := DecodeInfo("example.com/m", c.asked, []byte(c.document), smallLimits())
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
}

func TestInfosRefused(t *testing.T) {
	for what, document := range map[string]string{
		"another version":               `{"Version":"v1.0.1"}`,
		"no version":                    `{"Time":"2020-01-02T03:04:05Z"}`,
		"version of another major":      `{"Version":"v2.0.0"}`,
		"version with a path":           `{"Version":"v1.0.0/../../x"}`,
		"duplicate version":             `{"Version":"v1.0.0","Version":"v1.0.1"}`,
		"duplicate time":                `{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z","Time":"2010-01-02T03:04:05Z"}`,
		"duplicate below":               `{"Version":"v1.0.0","Origin":{"a":1,"a":2}}`,
		"case variant behind":           `{"Version":"v1.0.0","version":"v1.0.1"}`,
		"case variant before":           `{"VERSION":"v1.0.1","Version":"v1.0.0"}`,
		"case variant alone":            `{"version":"v1.0.0"}`,
		"case variant of the time":      `{"Version":"v1.0.0","time":"2020-01-02T03:04:05Z"}`,
		"long s in the key":             `{"Version":"v1.0.0","Ver\u017fion":"v1.0.1"}`,
		"escaped duplicate":             `{"Version":"v1.0.0","\u0056ersion":"v1.0.1"}`,
		"number for a version":          `{"Version":1}`,
		"null for a version":            `{"Version":null}`,
		"object for a time":             `{"Version":"v1.0.0","Time":{}}`,
		"time that is none":             `{"Version":"v1.0.0","Time":"yesterday"}`,
		"empty time":                    `{"Version":"v1.0.0","Time":""}`,
		"array":                         `["v1.0.0"]`,
		"string":                        `"v1.0.0"`,
		"empty":                         ``,
		"cut short":                     `{"Version":"v1.0.0"`,
		"cut short in a skipped member": `{"Version":"v1.0.0","Origin":{"a":[`,
		"something behind":              `{"Version":"v1.0.0"}{}`,
		"HTML behind":                   `{"Version":"v1.0.0"}<html>`,
		"page of HTML":                  `<html></html>`,
		"invalid UTF-8":                 "{\"Version\":\"v1.0.0\",\"x\":\"\xff\"}",
		"huge":                          `{"Version":"v1.0.0","x":"` + strings.Repeat("x", 3000) + `"}`,
		"deep":                          `{"Version":"v1.0.0","x":` + strings.Repeat("[", 1900) + `}`,
	} {
		got, err := DecodeInfo("example.com/m", "v1.0.0", []byte(document), smallLimits())
		if !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %+v, %v; want an Unsound error", what, got, err)
		}
		if err != nil && len(err.Error()) > 500 {
			t.Errorf("%s: the message has %d bytes", what, len(err.Error()))
		}
	}
}

func FuzzInfo(f *testing.F) {
	for _, s := range []string{`{"Version":"v1.0.0","Time":"2020-01-02T03:04:05Z"}`, `{"version":"v1.0.0"}`, `{"Version":"v1.0.0","Origin":{"a":[1,2,{}]}}`, `[]`, `{"Version":"v1.0.0"} x`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		info, err := DecodeInfo("example.com/m", "v1.0.0", document, smallLimits())
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("error of kind %v", assay.KindOf(err))
			}
			return
		}
		if info.Version != "v1.0.0" || readAsClientsDo(t, document) != info {
			t.Fatalf("%q is read as %+v, and by clients as %+v", document, info, readAsClientsDo(t, document))
		}
	})
}

func TestModFiles(t *testing.T) {
	const document = `// Deprecated: use example.com/n
module example.com/m

go 1.20

require example.com/x v1.0.0

retract v1.0.1 // wrong build
retract (
	[v1.2.0, v1.3.0] // data loss
	v2.0.0+incompatible
)
future directive of some kind
`
	m, err := DecodeMod("example.com/m", "v1.4.0", []byte(document), smallLimits())
	if err != nil {
		t.Fatal(err)
	}
	if m.Path != "example.com/m" || m.Deprecated != "use example.com/n" {
		t.Errorf("%+v", m)
	}
	for version, want := range map[string]string{"v1.0.1": "wrong build", "v1.2.0": "data loss", "v1.2.5-rc.1": "data loss", "v1.3.0": "data loss", "v2.0.0+incompatible": ""} {
		if reason, ok := m.Retracts(version); !ok || reason != want {
			t.Errorf("%s is retracted: %v, %q", version, ok, reason)
		}
	}
	for _, version := range []string{"v1.0.0", "v1.2.0-rc.1", "v1.3.1", "v1.4.0", "garbage"} {
		if reason, ok := m.Retracts(version); ok {
			t.Errorf("%s is retracted: %q", version, reason)
		}
	}
	for what, document := range map[string]string{
		"made up for an old module": "module example.com/m\n",
		"of a fork":                 "module example.com/original\n",
		"unreadable retraction":     "module example.com/m\nretract [v1.0.0, v2\n", // tolerated by the go command too
		"quoted path":               "module \"example.com/m\"\n",
		"byte order and comments":   "// hello\n\nmodule example.com/m // indirect\n",
	} {
		if _, err := DecodeMod("example.com/m", "v1.0.0", []byte(document), smallLimits()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestModFilesRefused(t *testing.T) {
	for what, document := range map[string]string{
		"page of HTML":       "<!DOCTYPE html>\n<html><body>module example.com/m</body></html>\n",
		"HTML behind blanks": "\n\n  <html>\nmodule example.com/m\n",
		"empty":              "",
		"error message":      "not found: unknown revision\n",
		"JSON":               `{"error":"no"}`,
		"no module":          "go 1.20\n",
		"not text":           "module example.com/m\n\xff\xfe",
		"broken block":       "module example.com/m\nretract (\n",
		"huge":               "module example.com/m\n" + strings.Repeat("// x\n", 1000),
	} {
		if m, err := DecodeMod("example.com/m", "v1.0.0", []byte(document), smallLimits()); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %+v, %v; want an Unsound error", what, m, err)
		}
	}
}

func FuzzMod(f *testing.F) {
	for _, s := range []string{"module example.com/m\n", "module m\nretract [v1.0.0, v1.5.0] // why\n", "// Deprecated: x\nmodule m\n", "<html>", "module (\n", "retract v1.0.0\nmodule x\n"} {
		f.Add([]byte(s), "v1.2.3")
	}
	f.Fuzz(func(t *testing.T, document []byte, version string) {
		m, err := DecodeMod("example.com/m", "v1.0.0", document, smallLimits())
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("error of kind %v", assay.KindOf(err))
			}
			return
		}
		if m.Path == "" {
			t.Fatal("a module without a path")
		}
		if _, ok := m.Retracts(version); ok && len(m.Retracted) == 0 {
			t.Fatalf("%q is retracted by nobody", version)
		}
	})
}

package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"assay.invalid/internal/assay"
)

// part is one part of an upload, behind its length.
func part(content string) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(content)))) + content
}

// dep is a dependency as cargo sends it; more replaces members.
func dep(name, requirement string, more string) string {
	all := map[string]string{
		"optional": "false", "default_features": "true", "name": `"` + name + `"`, "features": "[]", "version_req": `"` + requirement + `"`,
		"target": "null", "kind": `"normal"`, "registry": "null", "explicit_name_in_toml": "null",
	}
	for _, m := range strings.Split(more, ";") {
		if key, value, ok := strings.Cut(m, "="); ok {
			all[key] = value
		}
	}
	var members []string
	for key, value := range all {
		members = append(members, fmt.Sprintf("%q:%s", key, value))
	}
	return "{" + strings.Join(members, ",") + "}"
}

// sent is the JSON part of an upload; more are members that follow.
func sent(deps string, more string) string {
	return `{"name":"Kettle","vers":"1.0.0","deps":[` + deps + `],"authors":["nobody"],"description":"boils","documentation":null,"homepage":null,` +
		`"readme":"# Kettle","readme_file":"README.md","keywords":[],"categories":[],"license":"Apache-2.0","license_file":null,"repository":null,"badges":{}` + more + `}`
}

func TestReadUpload(t *testing.T) {
	deps := dep("lid", "^1.2", "") + "," + dep("Handle", ">=1.0, <2", `explicit_name_in_toml="grip";optional=true;kind="dev";target="cfg(unix)";features=["a","b"];default_features=false;registry="https://registry.example/index"`)
	upload := part(sent(deps, `,"features":{"default":["hot"],"hot":["dep:grip","lid/x"]},"links":"gas","rust_version":"1.70"`)) + part("the file")
	for what, r := range map[string]io.Reader{"at once": strings.NewReader(upload), "byte by byte": iotest.OneByteReader(strings.NewReader(upload))} {
		m, err := ReadMetadata(r, DefaultSentLimits())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		want := &Metadata{
			Name: "Kettle", Version: "1.0.0", Links: "gas", RustVersion: "1.70", Description: "boils", License: "Apache-2.0", Keywords: []string{}, Categories: []string{},
			Features: map[string][]string{"default": {"hot"}, "hot": {"dep:grip", "lid/x"}},
			Deps: []Dependency{
				{Name: "lid", Requirement: "^1.2", Features: []string{}, DefaultFeatures: true, Kind: "normal"},
				{Name: "Handle", Explicit: "grip", Requirement: ">=1.0, <2", Optional: true, Kind: "dev", Target: "cfg(unix)", Features: []string{"a", "b"}, Registry: "https://registry.example/index"},
			},
		}
		if !reflect.DeepEqual(m, want) {
			t.Errorf("%s: read as\n%+v\nwant\n%+v", what, m, want)
		}
		file, err := ReadCrate(r, DefaultSentLimits())
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if content, err := io.ReadAll(file); err != nil || string(content) != "the file" {
			t.Errorf("%s: the file is %q, %v", what, content, err)
		}
	}
}

func TestUploadsRefused(t *testing.T) {
	limits := SentLimits{Metadata: 64 << 10, Crate: 100, Deps: 3, Features: 10}
	lid := dep("lid", "1", "")
	for what, c := range map[string]struct {
		upload string
		kind   assay.Kind
	}{
		"nothing":                          {"", assay.Invalid},
		"half a length":                    {"\x01\x00", assay.Invalid},
		"half the metadata":                {part(sent("", ""))[:40], assay.Invalid},
		"no file":                          {part(sent("", "")), assay.Invalid},
		"half a file":                      {part(sent("", "")) + part("the file")[:6], assay.Invalid},
		"something behind the file":        {part(sent("", "")) + part("the file") + "x", assay.Invalid},
		"a length beyond the limit":        {"\xff\xff\xff\xff", assay.TooLarge},
		"a file beyond the limit":          {part(sent("", "")) + part(strings.Repeat("x", 101)), assay.TooLarge},
		"no JSON":                          {part("name = kettle"), assay.Invalid},
		"a list":                           {part("[]"), assay.Invalid},
		"two objects":                      {part(sent("", "") + sent("", "")), assay.Invalid},
		"a key twice":                      {part(sent("", `,"vers":"9.9.9"`)), assay.Invalid},
		"a key twice in what is not read":  {part(sent("", `,"badges2":{"a":1,"a":2}`)), assay.Invalid},
		"a key twice in a dependency":      {part(sent(`{"name":"lid",`+lid[1:], "")), assay.Invalid},
		"no version":                       {part(`{"name":"kettle"}`), assay.Invalid},
		"a name in other letters alone":    {part(`{"Name":"kettle","vers":"1.0.0"}`), assay.Invalid},
		"a version that is none":           {part(`{"name":"kettle","vers":"1.0"}`), assay.Invalid},
		"a name that is a path":            {part(`{"name":"../kettle","vers":"1.0.0"}`), assay.Invalid},
		"a dependency's name that is none": {part(sent(dep("a b", "1", ""), "")), assay.Invalid},
		"an alias that is none":            {part(sent(dep("lid", "1", `explicit_name_in_toml="a/b"`), "")), assay.Invalid},
		"a requirement that is none":       {part(sent(dep("lid", "latest", ""), "")), assay.Invalid},
		"a kind that is none":              {part(sent(dep("lid", "1", `kind="other"`), "")), assay.Invalid},
		"a feature that is none":           {part(sent(dep("lid", "1", `features=["a b"]`), "")), assay.Invalid},
		"a field that is not known":        {part(sent(dep("lid", "1", `artifact=["bin"]`), "")), assay.Invalid},
		"a dependency twice":               {part(sent(lid+","+lid, "")), assay.Invalid},
		"two under one name":               {part(sent(lid+","+dep("cap", "1", `explicit_name_in_toml="lid"`), "")), assay.Invalid},
		"too many dependencies":            {part(sent(lid+","+dep("a", "1", "")+","+dep("b", "1", "")+","+dep("c", "1", ""), "")), assay.TooLarge},
		"a feature's name that is none":    {part(sent("", `,"features":{"a b":[]}`)), assay.Invalid},
		"a feature of nothing":             {part(sent("", `,"features":{"a":["b/"]}`)), assay.Invalid},
		"too many features":                {part(sent("", `,"features":{"a":["1","2","3","4","5","6","7","8","9","10","11"]}`)), assay.TooLarge},
	} {
		r := strings.NewReader(c.upload)
		_, err := ReadMetadata(r, limits)
		if err == nil {
			_, err = ReadCrate(r, limits)
		}
		if !assay.Is(err, c.kind) {
			t.Errorf("%s: %v (%v), want %v", what, err, assay.KindOf(err), c.kind)
		}
	}
	broken := errors.New("the connection broke")
	if _, err := ReadMetadata(iotest.ErrReader(broken), limits); !errors.Is(err, broken) {
		t.Errorf("a connection that breaks gives %v", err)
	}
}

func TestCompose(t *testing.T) {
	first := metadata(t, sent(dep("lid", "^1", "")+","+dep("Handle", "2", `explicit_name_in_toml="grip";registry="https://registry.example/index";target="cfg(unix)"`), ""))
	second := metadata(t, strings.Replace(sent("", `,"features":{"a":["b"],"b":["lid?/x"],"c":["dep:lid"]},"links":"gas","rust_version":"1.70"`), "1.0.0", "1.1.0", 1))
	at := time.Date(2026, 2, 3, 4, 5, 6, 7, time.FixedZone("elsewhere", 3600))
	document, err := Compose([]Published{{Manifest: first, At: at, Checksum: "sha256:" + sumA}, {Manifest: second, At: at, Checksum: "sha256:" + sumB}})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"Kettle","vers":"1.0.0","deps":[{"name":"lid","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"},` +
		`{"name":"grip","req":"2","features":[],"optional":false,"default_features":true,"target":"cfg(unix)","kind":"normal","registry":"https://registry.example/index","package":"Handle"}],` +
		`"cksum":"` + sumA + `","features":{},"yanked":false,"pubtime":"2026-02-03T03:05:06Z"}` + "\n" +
		`{"name":"Kettle","vers":"1.1.0","deps":[],"cksum":"` + sumB + `","features":{"a":["b"]},"features2":{"b":["lid?/x"],"c":["dep:lid"]},"yanked":false,` +
		`"links":"gas","rust_version":"1.70","v":2,"pubtime":"2026-02-03T03:05:06Z"}` + "\n"
	if string(document) != want {
		t.Errorf("composed\n%s\nwant\n%s", document, want)
	}
	x, err := Read(bytes.NewReader(document), int64(len(document)), "kettle", DefaultLimits())
	if err != nil || len(x.Lines) != 2 || x.Lines[1].Links != "gas" || !x.Lines[0].Published.Equal(at.Truncate(time.Second)) {
		t.Errorf("read back as %+v, %v", x, err)
	}
	if _, err := Compose([]Published{{Manifest: first, At: at}}); !assay.Is(err, assay.Internal) {
		t.Errorf("a version without a checksum is composed: %v", err)
	}
	if _, err := Compose([]Published{{Manifest: []byte("{"), Checksum: "sha256:" + sumA}}); !assay.Is(err, assay.Internal) {
		t.Errorf("a version without metadata is composed: %v", err)
	}
}

// metadata are those of an upload, as they are kept.
func metadata(t testing.TB, text string) []byte {
	t.Helper()
	m, err := ReadMetadata(strings.NewReader(part(text)), DefaultSentLimits())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestCheckManifest(t *testing.T) {
	kept := metadata(t, sent(dep("lid", "1", ""), ""))
	if m, err := CheckManifest("kettle", kept); err != nil || m.Folder() != "Kettle-1.0.0" {
		t.Errorf("%+v, %v", m, err)
	}
	if bytes.Contains(kept, []byte("# Kettle")) {
		t.Error("the README is kept with the metadata")
	}
	for what, raw := range map[string][]byte{"another crate's": metadata(t, strings.Replace(sent("", ""), "Kettle", "teapot", 1)), "nothing": nil, "no JSON": []byte("{")} {
		if m, err := CheckManifest("kettle", raw); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %+v, %v", what, m, err)
		}
	}
}

// A version whose line could not be read back must not be published.
func TestLinesThatAreTooLong(t *testing.T) {
	var features strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&features, `,"f%d":["%s"]`, i, strings.Repeat("x", 240))
	}
	long := metadata(t, sent("", `,"features":{`+features.String()[1:]+`}`))
	if m, err := CheckManifest("kettle", long); !assay.Is(err, assay.TooLarge) {
		t.Errorf("%v, %v", m != nil, err)
	}
}

// FuzzUpload: what is taken can be kept, read back and listed.
func FuzzUpload(f *testing.F) {
	f.Add([]byte(part(sent(dep("lid", "^1.2", ""), `,"features":{"a":["dep:lid"]}`)) + part("the file")))
	f.Add([]byte("\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, upload []byte) {
		r := bytes.NewReader(upload)
		m, err := ReadMetadata(r, DefaultSentLimits())
		if err == nil {
			_, err = ReadCrate(r, DefaultSentLimits())
		}
		if err != nil {
			if !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
				t.Fatalf("%v is neither Invalid nor TooLarge", err)
			}
			return
		}
		raw, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := CheckManifest(strings.ToLower(m.Name), raw); err != nil && !assay.Is(err, assay.TooLarge) {
			t.Fatalf("what was taken cannot be listed: %v\n%s", err, raw)
		}
	})
}

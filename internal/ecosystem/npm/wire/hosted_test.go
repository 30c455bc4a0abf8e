package wire

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

func TestNewName(t *testing.T) {
	for name, says := range map[string]string{
		"lodash": "", "@acme/widgets": "", "@acme/fs": "", "a.b-c_d": "", "2x": "", strings.Repeat("a", 214): "",
		"Lodash":                 "lower case",
		"@Acme/x":                "lower case",
		"fs":                     "Node.js has a module",
		"worker_threads":         "Node.js has a module",
		"_x":                     "underscore",
		"-x":                     "hyphen",
		"@acme/_x":               "underscore",
		"@_acme/x":               "scope must not begin",
		".x":                     "dot",
		"@acme/.x":               "dot",
		"node_modules":           "reserves",
		"favicon.ico":            "reserves",
		"excited!":               "hold no",
		"lödash":                 "may hold",
		"@acme%2fx":              "written",
		"a/b":                    "slash",
		"":                       "empty",
		strings.Repeat("a", 215): "at most 214",
	} {
		err := NewName(name)
		if (err == nil) != (says == "") || err != nil && (!strings.Contains(err.Error(), says) || !assay.Is(err, assay.Invalid)) {
			t.Errorf("%q: %v, want %q", name, err, says)
		}
	}
}

func TestNewVersion(t *testing.T) {
	for version, says := range map[string]string{
		"1.0.0": "", "0.0.0": "", "1.0.0-rc.1": "", "1.0.0+build.5": "", "1.0.0-a+b": "", "20261122.0.0": "",
		"1.0":            "not an npm version",
		"v1.0.0":         "publish it so",
		"=1.0.0":         "publish it so",
		" 1.0.0":         "publish it so",
		"01.0.0":         "not an npm version",
		"1.0.0beta":      "lacks a hyphen",
		"1.0.0-01":       "not an npm version",
		"latest":         "not an npm version",
		"":               "not an npm version",
		"0.0.1-security": "removed package",
	} {
		err := NewVersion(version)
		if (err == nil) != (says == "") || err != nil && (!strings.Contains(err.Error(), says) || !assay.Is(err, assay.Invalid)) {
			t.Errorf("%q: %v, want %q", version, err, says)
		}
	}
}

func TestNewTag(t *testing.T) {
	for tag, sound := range map[string]bool{
		"latest": true, "next": true, "release-1.x": true, "v-next": true,
		"1.0.0": false, "v1": false, "^1": false, "*": false, "x": false, "": false, "__proto__": false, "a b": false, "a/b": false, ".a": false, "ä": false,
	} {
		if err := NewTag(tag); (err == nil) != sound {
			t.Errorf("%q: %v", tag, err)
		}
	}
}

// packed is a tarball; names end in ">target" for links and "/" for folders.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for i := 0; i < len(files); i += 2 {
		name, target, link := strings.Cut(files[i], ">")
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[i+1])), Typeflag: tar.TypeReg, Linkname: target}
		if link {
			h.Typeflag = tar.TypeSymlink
		} else if strings.HasSuffix(name, "/") {
			h.Typeflag = tar.TypeDir
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, files[i+1]); err != nil {
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

var inspectLimits = InspectLimits{Archive: archive.Limits{Packed: 64 << 10, Unpacked: 1 << 20, Entries: 20}, Manifest: 2000, Depth: 8, Keys: 200}

func inspect(t testing.TB, tarball []byte) (*Contents, error) {
	t.Helper()
	return Inspect(t.Context(), bytes.NewReader(tarball), int64(len(tarball)), inspectLimits)
}

func TestInspect(t *testing.T) {
	const own = `{"name":"x","version":"1.0.0"}`
	for what, c := range map[string]struct {
		files []string
		says  string
	}{
		"as npm packs":                    {[]string{"package/package.json", own, "package/lib/a.js", ""}, ""},
		"another top folder":              {[]string{"x-1.0.0/", "", "x-1.0.0/package.json", own}, ""},
		"a byte order mark":               {[]string{"package/package.json", "\ufeff" + own}, ""},
		"a package.json further down":     {[]string{"package/lib/package.json", own}, "no package.json"},
		"none":                            {[]string{"package/index.js", ""}, "no package.json"},
		"an empty tarball":                {nil, "no package.json"},
		"two top folders":                 {[]string{"package/package.json", own, "other/package.json", own}, "one top folder"},
		"a file beside the folder":        {[]string{"package.json", own}, "outside a folder"},
		"a link":                          {[]string{"package/package.json", own, "package/a>package.json", ""}, "would not unpack"},
		"package.json as a link":          {[]string{"package/package.json>a", ""}, "would not unpack"},
		"package.json twice":              {[]string{"package/package.json", own, "package/package.json", own}, "twice"},
		"package.json in capitals beside": {[]string{"package/package.json", own, "package/Package.json", own}, "take for one"},
		"a path that leads out":           {[]string{"package/package.json", own, "package/../../x", ""}, "dotted segment"},
		"a key twice":                     {[]string{"package/package.json", `{"name":"x","scripts":{},"scripts":{}}`}, "duplicate"},
		"a key beside its variant":        {[]string{"package/package.json", `{"name":"x","scripts":{},"Scripts":{}}`}, "letter case"},
		"no JSON":                         {[]string{"package/package.json", "hello"}, "cannot be taken"},
		"a list":                          {[]string{"package/package.json", "[]"}, "cannot be taken"},
		"something behind the JSON":       {[]string{"package/package.json", own + own}, "something follows"},
		"too deep":                        {[]string{"package/package.json", `{"a":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`}, "nested"},
		"too large":                       {[]string{"package/package.json", `{"a":"` + strings.Repeat("x", 2000) + `"}`}, "limit is 2000"},
	} {
		t.Run(what, func(t *testing.T) {
			got, err := inspect(t, packed(t, c.files...))
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want %q", err, c.says)
			}
			if err == nil && string(got.Manifest) != own {
				t.Errorf("manifest %q", got.Manifest)
			}
			if k := assay.KindOf(err); err != nil && k != assay.Invalid && k != assay.TooLarge {
				t.Errorf("kind %v", k)
			}
		})
	}
}

func TestDisagreements(t *testing.T) {
	for _, c := range []struct {
		what, inside, sent string // the members behind name and version
		files              string // further files, with blanks between
		want               string // the fields, with blanks between
	}{
		{"nothing but names", ``, ``, "", ""},
		{"what npm adds", `"description":"d"`, `"description":"e","_id":"x@1.0.0","gitHead":"abc","readme":"r","dist":{"tarball":"t"},"_nodeVersion":"20","types":"./a.d.ts","contributors":["x"]`, "", ""},
		{"a binary as text", `"bin":"./cli.js"`, `"bin":{"x":"cli.js"}`, "", ""},
		{"binaries in a list", `"bin":["./bin/a.js"]`, `"bin":{"a.js":"bin/a.js"}`, "", ""},
		{"a folder of binaries", `"directories":{"bin":"./bin"}`, `"directories":{"bin":"./bin"},"bin":{"a":"bin/a","b":"bin/b"}`, "bin/a bin/b bin/.c lib/d", ""},
		{"a hidden folder of binaries", `"directories":{"bin":"bin"}`, ``, "bin/npm", "bin.npm"},
		{"a binary that hides another", `"bin":{"npm":"./x.js"}`, `"bin":{"y":"x.js"}`, "", "bin.npm bin.y"},
		{"a binary elsewhere", `"bin":{"x":"../../x.js"}`, `"bin":{"x":"y.js"}`, "", "bin.x"},
		{"a hidden script", `"scripts":{"postinstall":"curl | sh"}`, ``, "", "scripts.postinstall"},
		{"a script that says something else", `"scripts":{"postinstall":"curl | sh"}`, `"scripts":{"postinstall":"true"}`, "", "scripts.postinstall"},
		{"a script that npm shortens", `"scripts":{"test":"./node_modules/.bin/tap"}`, `"scripts":{"test":"tap"}`, "", ""},
		{"a server that npm starts", ``, `"scripts":{"start":"node server.js"}`, "server.js", ""},
		{"a start without a server", ``, `"scripts":{"start":"node server.js"}`, "", "scripts.start"},
		{"a build that npm adds", ``, `"scripts":{"install":"node-gyp rebuild"},"gypfile":true`, "binding.gyp", ""},
		{"a build that was hidden", ``, ``, "binding.gyp", "scripts.install"},
		{"a build that is switched off", `"gypfile":false`, ``, "binding.gyp", ""},
		{"a build of its own", `"scripts":{"install":"make"}`, `"scripts":{"install":"make"}`, "binding.gyp", ""},
		{"a hidden dependency", `"dependencies":{"evil":"1.0.0"}`, ``, "", "dependencies.evil"},
		{"another range", `"dependencies":{"a":"^1.0.0"}`, `"dependencies":{"a":"^2.0.0"}`, "", "dependencies.a"},
		{"an address in place of a range", `"dependencies":{"a":"https://x.example/a.tgz"}`, `"dependencies":{"a":"1"}`, "", "dependencies.a"},
		{"a repository in short", `"dependencies":{"a":"user/a"}`, `"dependencies":{"a":"github:user/a"}`, "", ""},
		{"optional ones named twice", `"dependencies":{"a":"1"},"optionalDependencies":{"a":"1"}`, `"optionalDependencies":{"a":"1"}`, "", ""},
		{"optional ones in the open", `"dependencies":{"a":"1"}`, `"optionalDependencies":{"a":"1"}`, "", "dependencies.a optionalDependencies.a"},
		{"another peer", `"peerDependencies":{"react":"18"}`, `"peerDependencies":{"react":"19"}`, "", "peerDependencies.react"},
		{"all bundled", `"dependencies":{"a":"1"},"bundleDependencies":true`, `"dependencies":{"a":"1"},"bundleDependencies":["a"]`, "", ""},
		{"bundled by the other spelling", `"bundledDependencies":["a"]`, `"bundleDependencies":["a"]`, "", ""},
		{"none bundled", `"bundleDependencies":false`, `"bundleDependencies":[]`, "", ""},
		{"a hidden bundle", `"bundleDependencies":["a"]`, ``, "", "bundleDependencies.a"},
		{"dependencies that are no object", `"dependencies":["a"]`, ``, "", "dependencies."},
	} {
		wrap := func(members string) string {
			if members != "" {
				members = "," + members
			}
			return `{"name":"x","version":"1.0.0"` + members + `}`
		}
		files := []string{"package/package.json", wrap(c.inside)}
		for file := range strings.FieldsSeq(c.files) {
			files = append(files, "package/"+file, "")
		}
		contents, err := inspect(t, packed(t, files...))
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		got, err := contents.Disagreements([]byte(wrap(c.sent)))
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v, want %q", c.what, got, err, c.want)
		}
	}
	contents, err := inspect(t, packed(t, "package/package.json", `{"name":" y ","version":"v2.0.0"}`))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := contents.Inside(); err != nil || said.Name != "y" || said.Version != "2.0.0" {
		t.Errorf("inside %+v, %v", said, err)
	}
	if got, err := contents.Disagreements([]byte(`{"name":"x","version":"1.0.0"}`)); err != nil || strings.Join(got, " ") != "name version" {
		t.Errorf("%q, %v", got, err)
	}
}

func release(version, manifest string, day int) Published {
	return Published{
		Version: version, At: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Manifest: []byte(manifest), File: FileName("@acme/x", version),
		Digests: []assay.Digest{"sha512:" + sha512Hex, "sha1:" + shasum},
	}
}

func TestComposeIsWhatReadReads(t *testing.T) {
	versions := []Published{
		release("1.0.0", `{"name":"liar","version":"9","_id":"liar@9","scripts":{"postinstall":"x"},"hasInstallScript":false,"dist":{"tarball":"http://evil.example/x.tgz","integrity":"sha512-evil"},"_npmUser":{"name":"a"},"_npmVersion":"11"}`, 1),
		release("1.1.0", `{"description":"widgets","readme":"# Hi","license":"MIT","gypfile":true}`, 3),
		release("2.0.0-rc.1", `{"dependencies":{"a":"1"}}`, 2),
	}
	document, err := Compose("@acme/x", versions, map[string]string{"next": "2.0.0-rc.1", "gone": "0.1.0"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(bytes.NewReader(document), int64(len(document)), "@acme/x", DefaultLimits())
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	var tags []string
	for _, tag := range p.Tags {
		tags = append(tags, tag.Name+"="+tag.Version)
	}
	if strings.Join(tags, " ") != "latest=1.1.0 next=2.0.0-rc.1" {
		t.Errorf("tags %v", tags)
	}
	for i, want := range []struct {
		version string
		scripts assay.Tristate
		day     int
	}{{"1.0.0", assay.Yes, 1}, {"1.1.0", assay.Yes, 3}, {"2.0.0-rc.1", assay.No, 2}} {
		v := p.Versions[i]
		address, err := p.Tarball(i)
		if v.Version != want.version || v.InstallScripts != want.scripts || v.Published.Day() != want.day || assay.Strongest(v.Digests) != "sha512:"+sha512Hex || err != nil || address != hostedBase+"@acme/x/-/x-"+want.version+".tgz" {
			t.Errorf("%+v at %s, %v", v, address, err)
		}
	}
	var read struct {
		ID          string `json:"_id"`
		Rev         string `json:"_rev"`
		Description string
		Readme      string
		License     string
		Time        map[string]string
		Versions    map[string]map[string]any
	}
	if err := json.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	if read.ID != "@acme/x" || !strings.HasPrefix(read.Rev, "3-") || read.Description != "widgets" || read.Readme != "# Hi" || read.License != "MIT" ||
		read.Time["created"] != "2026-01-01T00:00:00.000Z" || read.Time["modified"] != "2026-01-03T00:00:00.000Z" {
		t.Errorf("read %+v", read)
	}
	first := read.Versions["1.0.0"]
	if first["name"] != "@acme/x" || first["_id"] != "@acme/x@1.0.0" || first["hasInstallScript"] != true || first["_npmUser"] != nil || first["_npmVersion"] != "11" || bytes.Contains(document, []byte("evil")) {
		t.Errorf("the publisher had a say in %v", first)
	}
	again, err := Compose("@acme/x", versions, map[string]string{"gone": "0.1.0", "next": "2.0.0-rc.1"})
	if err != nil || !bytes.Equal(again, document) {
		t.Errorf("the same package has another document: %v", err)
	}
	fewer, err := Compose("@acme/x", versions[:2], nil)
	if err != nil || bytes.Contains(fewer, []byte(read.Rev)) {
		t.Errorf("another document has the same revision: %v", err)
	}
}

func TestComposeWhatCannotBe(t *testing.T) {
	bad := release("1.0.0", `{"a":1`, 1)
	if _, err := Compose("@acme/x", []Published{bad}, nil); !assay.Is(err, assay.Internal) {
		t.Errorf("a broken manifest: %v", err)
	}
	bad = release("1.0.0", `{}`, 1)
	bad.Digests = bad.Digests[1:]
	if _, err := Compose("@acme/x", []Published{bad}, nil); !assay.Is(err, assay.Internal) {
		t.Errorf("no digest that holds: %v", err)
	}
	empty, err := Compose("@acme/x", nil, map[string]string{"latest": "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := Read(bytes.NewReader(empty), int64(len(empty)), "@acme/x", DefaultLimits()); err != nil || len(p.Versions)+len(p.Tags) != 0 {
		t.Errorf("no versions: %+v, %v", p, err)
	}
}

func TestCheckManifest(t *testing.T) {
	for manifest, sound := range map[string]bool{
		`{"name":"@acme/x","version":"1.0.0"}`: true,
		`{"scripts":{"install":"x"}}`:          true,
		`{"scripts":{},"Scripts":{}}`:          false,
		`{"Version":"2.0.0"}`:                  false,
		`{"a":1`:                               false,
		`[]`:                                   false,
		`{"a":` + strings.Repeat("[", 90) + strings.Repeat("]", 90) + `}`: false,
	} {
		if err := CheckManifest("@acme/x", "1.0.0", []byte(manifest)); (err == nil) != sound || err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%.60s: %v", manifest, err)
		}
	}
}

func isAcme(name string) bool { return strings.HasPrefix(name, "@acme/") || name == "acme-tools" }

func TestStripAudit(t *testing.T) {
	for _, c := range []struct {
		what, body string
		tree       bool
		want       string
		names      string
	}{
		{"bulk", `{"lodash":["4.17.20"],"@acme/x":["1.0.0"],"a":["1.0.0","2.0.0"]}`, false, `{"lodash":["4.17.20"],"a":["1.0.0","2.0.0"]}`, "lodash a"},
		{"claimed alone", `{"@acme/x":["1.0.0"],"acme-tools":["2.0.0"]}`, false, `{}`, ""},
		{"a claimed name in capitals", `{"@ACME/X":["1.0.0"],"Acme-Tools":[]}`, false, `{}`, ""},
		{"a claimed name in disguise", `{"@acme%2fx":["1.0.0"],"@acme\/y":[],"x @acme/z":[]}`, false, `{}`, ""},
		{"a claimed name where versions stand", `{"a":["npm:@acme/x@1.0.0","1.0.0",7,{"@acme/x":1}]}`, false, `{"a":["1.0.0"]}`, "a"},
		{"tree", `{"name":"@acme/app","version":"1.0.0","requires":{"@acme/x":"1","a":"^1.0.0","b":"npm:@acme/y@1"},"install":["@acme/x@1"],
			"metadata":{"from":"@acme/app"},"dependencies":{"a":{"version":"1.0.0","resolved":"http://h.example/@acme/a.tgz","dev":true,"requires":{"acme-tools":"1"},"dependencies":{"@acme/z":{"version":"1.0.0"},"c":{"version":"file:../@acme/c","requires":true}}},
			"@acme/x":{"version":"1.0.0","dependencies":{"d":{"version":"1.0.0"}}}}}`, true,
			`{"version":"1.0.0","requires":{"a":"^1.0.0","b":"*"},"dependencies":{"a":{"version":"1.0.0","dev":true,"requires":{},"dependencies":{"c":{}}}},"install":[],"remove":[]}`, "a c"},
	} {
		got, names, err := StripAudit([]byte(c.body), c.tree, isAcme)
		if err != nil || string(got) != c.want || strings.Join(names, " ") != c.names {
			t.Errorf("%s: %s, %v, %v\nwant %s", c.what, got, names, err, c.want)
		}
	}
	for what, body := range map[string]string{"no JSON": "x", "a list": "[]", "versions that are none": `{"a":7}`, "twice": `{"a":[],"a":[]}`, "cut": `{"a":["1.0.0"`} {
		if got, _, err := StripAudit([]byte(body), false, isAcme); !assay.Is(err, assay.Invalid) || got != nil {
			t.Errorf("%s: %s, %v", what, got, err)
		}
	}
}

// FuzzStripAudit: no claimed name leaves, however it is spelt, and what leaves
// is an audit request.
func FuzzStripAudit(f *testing.F) {
	f.Add([]byte(`{"lodash":["4.17.20"],"@acme/x":["1.0.0"],"@\u0061cme/y":["1.0.0-@acme/x"]}`), false)
	f.Add([]byte(`{"name":"@acme/x","requires":{"@acme/a":"1"},"dependencies":{"a":{"requires":true,"dependencies":{"@acme/b":{}}}}}`), true)
	f.Fuzz(func(t *testing.T, body []byte, tree bool) {
		out, names, err := StripAudit(body, tree, isAcme)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%v is not of kind Invalid", err)
			}
			return
		}
		if slices.ContainsFunc(names, isAcme) || strings.Contains(strings.ToLower(string(out)), "@acme/") {
			t.Fatalf("%s lets out %s", body, out)
		}
		if _, err := AuditNames(out, tree); err != nil {
			t.Fatalf("%s became %s: %v", body, out, err)
		}
	})
}

func TestMergeSearch(t *testing.T) {
	now := time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC)
	hits := []Hit{{Name: "@acme/x", Version: "1.0.0", Description: "widgets", At: now}}
	merged, err := MergeSearch(hits, []byte(`{"objects":[{"package":{"name":"lodash"},"odd":1},{"package":{"name":"@acme/x","version":"99"}},{"package":{"name":"@acme/y"}},{"package":{"name":"z"}}],"total":900}`), 2, isAcme, now)
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Objects []struct {
			Package struct{ Name, Version, Description, Date string }
		}
		Total int
		Time  string
	}
	if err := json.Unmarshal(merged, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Objects) != 2 || read.Objects[0].Package.Name != "@acme/x" || read.Objects[0].Package.Version != "1.0.0" || read.Objects[1].Package.Name != "lodash" ||
		read.Total != 899 || read.Time != "2026-05-06T00:00:00.000Z" || !strings.Contains(string(merged), `"odd":1`) || strings.Contains(string(merged), `"99"`) {
		t.Errorf("merged %s", merged)
	}
	if alone, err := MergeSearch(nil, nil, 20, isAcme, now); err != nil || !strings.Contains(string(alone), `"objects":[]`) {
		t.Errorf("%s, %v", alone, err)
	}
	for what, upstream := range map[string]string{
		"a page": "<html>", "an object that is none": `{"objects":[7]}`,
		"two packages in one result": `{"objects":[{"package":{"name":"@acme/x"},"Package":{"name":"y"}}]}`,
		"two names in one result":    `{"objects":[{"package":{"name":"@acme/x","name":"y"}}]}`,
	} {
		if got, err := MergeSearch(hits, []byte(upstream), 20, isAcme, now); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %s, %v", what, got, err)
		}
	}
}

func FuzzMergeSearch(f *testing.F) {
	f.Add([]byte(`{"objects":[{"package":{"name":"lodash"}},{"package":{"name":"@acme/y"}}],"total":2}`))
	f.Fuzz(func(t *testing.T, upstream []byte) {
		merged, err := MergeSearch(nil, upstream, 20, isAcme, time.Time{})
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("%v is not of kind Unsound", err)
			}
			return
		}
		var read struct {
			Objects []struct {
				Package struct {
					Name string `json:"name"`
				} `json:"package"`
			} `json:"objects"`
		}
		if err := json.Unmarshal(merged, &read); err != nil {
			t.Fatalf("%s became %s: %v", upstream, merged, err)
		}
		for _, o := range read.Objects {
			if isAcme(o.Package.Name) {
				t.Fatalf("%s speaks for %s", upstream, o.Package.Name)
			}
		}
	})
}

// FuzzInspect: what a manifest inside and one that was sent say is compared
// without a crash, and what passes can be listed.
func FuzzInspect(f *testing.F) {
	f.Add([]byte(`{"name":"x","version":"1.0.0","bin":"a","scripts":{"install":"b"}}`), []byte(`{"name":"x","version":"1.0.0","bin":{"x":"a"}}`))
	f.Add([]byte(`{"bundleDependencies":true,"dependencies":{"a":"b/c"},"directories":{"bin":"."}}`), []byte(`{"optionalDependencies":[]}`))
	f.Fuzz(func(t *testing.T, inside, sent []byte) {
		contents, err := inspect(t, packed(t, "package/package.json", string(inside), "package/binding.gyp", ""))
		if err != nil {
			return
		}
		if CheckManifest("x", "1.0.0", sent) != nil {
			return
		}
		if _, err := contents.Disagreements(sent); err != nil {
			t.Fatalf("%s and %s: %v", inside, sent, err)
		}
		same, err := contents.Disagreements(contents.Manifest)
		if err == nil && slices.Contains(same, "name") {
			t.Fatalf("%s differs from itself in %v", inside, same)
		}
	})
}

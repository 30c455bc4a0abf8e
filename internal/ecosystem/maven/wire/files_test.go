package wire

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

type member struct {
	name, content string
	mode          fs.FileMode
}

func jarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		if m.mode != 0 {
			h.SetMode(m.mode)
		}
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCheckZip(t *testing.T) {
	check := func(jar []byte, limits Limits) error { return CheckZip(bytes.NewReader(jar), int64(len(jar)), limits) }
	for what, jar := range map[string][]byte{
		"ordinary":                   jarOf(t, member{name: "META-INF/"}, member{name: "a/A.class", content: "x"}),
		"the same name twice":        jarOf(t, member{name: "LICENSE"}, member{name: "LICENSE"}),
		"told apart by case":         jarOf(t, member{name: "META-INF/LICENSE"}, member{name: "META-INF/license/a"}),
		"a script in front":          append([]byte("#!/bin/sh\nexec java -jar $0\n"), jarOf(t, member{name: "a"})...),
		"a link that stays inside":   jarOf(t, member{"F/Versions/Current", "A", fs.ModeSymlink | 0o777}, member{"F/x", "../F/y", fs.ModeSymlink | 0o777}),
		"a name with dots inside it": jarOf(t, member{name: "a/..b/c..d"}),
	} {
		if err := check(jar, DefaultLimits()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, jar := range map[string][]byte{
		"nothing":                   nil,
		"text":                      []byte("this is no jar, and long enough to hold the end of one"),
		"cut off":                   jarOf(t, member{name: "a", content: strings.Repeat("x", 1000)})[:60],
		"upwards":                   jarOf(t, member{name: "../../etc/passwd"}),
		"upwards in the middle":     jarOf(t, member{name: "a/../../b"}),
		"upwards with backslashes":  jarOf(t, member{name: `..\..\b`}),
		"absolute":                  jarOf(t, member{name: "/etc/passwd"}),
		"absolute with a backslash": jarOf(t, member{name: `\b`}),
		"a drive":                   jarOf(t, member{name: "c:/b"}),
		"a NUL":                     jarOf(t, member{name: "a\x00b"}),
		"a link upwards":            jarOf(t, member{"a/l", "../../etc", fs.ModeSymlink | 0o777}),
		"a link to an address":      jarOf(t, member{"l", "/etc/passwd", fs.ModeSymlink | 0o777}),
		"a link that is a novel":    jarOf(t, member{"l", strings.Repeat("x", 10_000), fs.ModeSymlink | 0o777}),
	} {
		if err := check(jar, DefaultLimits()); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	small := DefaultLimits()
	small.Names = 2
	if err := check(jarOf(t, member{name: "a"}, member{name: "b"}, member{name: "c"}), small); err == nil || !strings.Contains(err.Error(), "entries") {
		t.Errorf("too many entries: %v", err)
	}
	small = DefaultLimits()
	small.Directory = 1 << 10
	var many []member
	for range 1000 {
		many = append(many, member{name: strings.Repeat("n", 100)})
	}
	if err := check(jarOf(t, many...), small); err == nil || !strings.Contains(err.Error(), "table of contents") {
		t.Errorf("a large table of contents: %v", err)
	}
}

func TestEmbedded(t *testing.T) {
	properties := func(name, text string) member {
		return member{name: "META-INF/maven/" + name + "/pom.properties", content: text}
	}
	own := "#Created by Maven\ngroupId=com.corp\nartifactId=kettle\nversion=1.0\n"
	for what, c := range map[string]struct {
		members []member
		differ  []string
	}{
		"none":                            {[]member{{name: "a"}}, nil},
		"its own":                         {[]member{properties("com.corp/kettle", own)}, nil},
		"its own, of another version":     {[]member{properties("com.corp/kettle", strings.Replace(own, "1.0", "2.0", 1))}, []string{"version"}},
		"its own path, another's words":   {[]member{properties("com.corp/kettle", strings.Replace(own, "com.corp", "org.apache", 1))}, []string{"groupId"}},
		"shaded with others":              {[]member{properties("com.corp/kettle", own), properties("org.x/y", "groupId=org.x\nartifactId=y\nversion=9\n")}, nil},
		"somebody else's, under our name": {[]member{properties("org.x/y", "groupId=org.x\nartifactId=y\nversion=9\n")}, nil},
		"properties that do not say":      {[]member{properties("com.corp/kettle", "name=Kettle\n")}, nil},
		"the last of two lines counts":    {[]member{properties("com.corp/kettle", own+"version = 3.0\n")}, []string{"version"}},
	} {
		jar := jarOf(t, c.members...)
		differ, err := Embedded("com.corp/kettle", "1.0", bytes.NewReader(jar), int64(len(jar)), DefaultLimits())
		if err != nil || !slices.Equal(differ, c.differ) {
			t.Errorf("%s: %q (%v), want %q", what, differ, err, c.differ)
		}
	}
	jar := jarOf(t, properties("com.corp/kettle", strings.Repeat("x", 100_000)))
	if _, err := Embedded("com.corp/kettle", "1.0", bytes.NewReader(jar), int64(len(jar)), DefaultLimits()); err == nil {
		t.Error("endless properties were read")
	}
	jar = jarOf(t, properties("com.corp/kettle", own), properties("com.corp/kettle", strings.Replace(own, "1.0", "6.6", 1)))
	if _, err := Embedded("com.corp/kettle", "1.0", bytes.NewReader(jar), int64(len(jar)), DefaultLimits()); err == nil {
		t.Error("a jar that says two versions of itself was taken")
	}
}

// What is published is held to more than what an upstream has: which of two
// entries of one name counts, readers decide for themselves.
func TestCheckNew(t *testing.T) {
	for what, c := range map[string]struct {
		members []member
		refused bool
	}{
		"ordinary":             {[]member{{name: "a/"}, {name: "a/A.class"}}, false},
		"a folder twice":       {[]member{{name: "a/"}, {name: "a/"}, {name: "a/A.class"}}, false},
		"told apart by case":   {[]member{{name: "LICENSE"}, {name: "license"}}, false},
		"a class twice":        {[]member{{name: "a/A.class", content: "1"}, {name: "a/A.class", content: "2"}}, true},
		"a class twice, alike": {[]member{{name: "a/A.class", content: "1"}, {name: "a/A.class", content: "1"}}, true},
		"leads upwards":        {[]member{{name: "../a"}}, true},
	} {
		jar := jarOf(t, c.members...)
		if err := CheckNew(bytes.NewReader(jar), int64(len(jar)), DefaultLimits()); (err != nil) != c.refused {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func FuzzJar(f *testing.F) {
	f.Add(jarOf(f, member{name: "META-INF/maven/a/b/pom.properties", content: "version=1\n"}))
	f.Add(jarOf(f, member{"l", "../x", fs.ModeSymlink | 0o777}))
	limits := DefaultLimits()
	limits.Directory, limits.Names = 64<<10, 1000
	f.Fuzz(func(t *testing.T, jar []byte) {
		if err := CheckZip(bytes.NewReader(jar), int64(len(jar)), limits); err != nil {
			return
		}
		zr, err := zip.NewReader(bytes.NewReader(jar), int64(len(jar)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range zr.File {
			if strings.HasPrefix(e.Name, "/") || slices.Contains(strings.FieldsFunc(e.Name, func(r rune) bool { return r == '/' || r == '\\' }), "..") {
				t.Fatalf("%q was taken", e.Name)
			}
		}
		_, _ = Embedded("a/b", "1", bytes.NewReader(jar), int64(len(jar)), limits) // must end, whatever it says
	})
}

func day(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }

func TestComposeMetadata(t *testing.T) {
	d := ComposeMetadata("com.corp/kettle", []Kept{
		{Version: "1.10", Files: []KeptFile{{"kettle-1.10.jar", day(3)}}},
		{Version: "1.9", Files: []KeptFile{{"kettle-1.9.jar", day(5)}}},
		{Version: "2.0-rc1"}, {Version: "2.0-SNAPSHOT"},
	})
	if !slices.Equal(d.Versions, []string{"1.9", "1.10", "2.0-rc1", "2.0-SNAPSHOT"}) || d.Latest != "2.0-SNAPSHOT" || d.Release != "1.10" || !d.LastUpdated.Equal(day(5)) {
		t.Errorf("%+v", d)
	}
	if r := NewestRelease([]string{"1.0-SNAPSHOT", "1.0-rc1", "1.0-beta"}); r != "1.0-rc1" {
		t.Errorf("without a finished version the release is %q", r)
	}
	if r := NewestRelease([]string{"1.0-SNAPSHOT"}); r != "" {
		t.Errorf("a snapshot is called the release: %q", r)
	}
}

func TestComposeSnapshot(t *testing.T) {
	kept := Kept{Version: "1.0-SNAPSHOT", Files: []KeptFile{
		{"kettle-1.0-20260101.000000-1.jar", day(1)}, {"kettle-1.0-20260101.000000-1-sources.jar", day(1)}, {"kettle-1.0-20260101.000000-1.pom", day(1)},
		{"kettle-1.0-20260102.000000-10.jar", day(2)}, {"kettle-1.0-20260103.000000-9.jar", day(3)}, {"kettle-1.0-20260102.000000-10.pom", day(2)},
		{"kettle-1.0-SNAPSHOT.jar", day(9)}, {"other", day(9)},
	}}
	d := ComposeSnapshot("com.corp/kettle", kept)
	var got []string
	for _, f := range d.SnapshotFiles {
		got = append(got, f.Classifier+"|"+f.Extension+"|"+f.Value)
	}
	want := []string{"|jar|1.0-20260102.000000-10", "|pom|1.0-20260102.000000-10", "sources|jar|1.0-20260101.000000-1"}
	if !slices.Equal(got, want) || d.Stamp != "20260102.000000" || d.Build != "10" {
		t.Errorf("%q, newest %s-%s, want %q", got, d.Stamp, d.Build, want)
	}
	for file, want := range map[string]string{
		"kettle-1.0-SNAPSHOT.jar": "kettle-1.0-20260102.000000-10.jar", "kettle-1.0-SNAPSHOT-sources.jar": "kettle-1.0-20260101.000000-1-sources.jar",
		"kettle-1.0-20260101.000000-1.jar": "kettle-1.0-20260101.000000-1.jar", "kettle-1.0-SNAPSHOT.war": "", "teapot-1.0-SNAPSHOT.jar": "",
	} {
		if got, ok := Resolve("com.corp/kettle", kept, file); got != want || ok != (want != "") {
			t.Errorf("%s means %q (%v), want %q", file, got, ok, want)
		}
	}
	text, err := EncodeKept([]Kept{kept})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := DecodeKept(text); err != nil || len(again) != 1 || len(again[0].Files) != len(kept.Files) {
		t.Errorf("%+v (%v)", again, err)
	}
	if _, err := DecodeKept([]byte("<")); !assay.Is(err, assay.Internal) {
		t.Errorf("%v", err)
	}
}

func TestAdmissible(t *testing.T) {
	for _, ok := range [][2]string{{"com.corp/kettle", "1.0"}, {"com.corp/kettle", "1.0-SNAPSHOT"}, {"com.corp/kettle", "1.0-20260102"}} {
		if err := Admissible(ok[0], ok[1]); err != nil {
			t.Error(err)
		}
	}
	for what, c := range map[string][3]string{
		"a group alone":                {"com.corp", "1.0", "group/artifact"},
		"a blank before":               {" com.corp/kettle", "1.0", "write com.corp/kettle"},
		"a version with a blank":       {"com.corp/kettle", " 1.0", "write 1.0"},
		"no version":                   {"com.corp/kettle", "LATEST", "question"},
		"a snapshot in another case":   {"com.corp/kettle", "1.0-Snapshot", "-SNAPSHOT"},
		"a release named like a build": {"com.corp/kettle", "1.0-20260102.030405-1", "build of a snapshot"},
	} {
		if err := Admissible(c[0], c[1]); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s: %v, want Invalid that says %q", what, err, c[2])
		}
	}
	if err := AdmissibleFile("com.corp/kettle", "1.0-SNAPSHOT", "kettle-1.0-SNAPSHOT.jar"); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "time and number") {
		t.Errorf("a file that the next build would overwrite: %v", err)
	}
	if err := AdmissibleFile("com.corp/kettle", "1.0", "teapot-1.0.jar"); !assay.Is(err, assay.Invalid) {
		t.Errorf("a file of another artifact: %v", err)
	}
	if err := AdmissibleFile("com.corp/kettle", "1.0-SNAPSHOT", "kettle-1.0-20260102.030405-1.jar"); err != nil {
		t.Error(err)
	}
}

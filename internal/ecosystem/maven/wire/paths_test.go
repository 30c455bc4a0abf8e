package wire

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestParsePath(t *testing.T) {
	const lang = "org/apache/commons/commons-lang3"
	const name = "org.apache.commons/commons-lang3"
	for _, c := range []struct {
		what, path string
		want       Path
	}{
		{"the root", "/", Path{Kind: Nothing}},
		{"a folder", "/org/apache/", Path{Kind: Nothing}},
		{"metadata of versions", "/" + lang + "/maven-metadata.xml", Path{Kind: Metadata, Name: name, Owner: "org.apache/commons", Group: "org.apache.commons.commons-lang3"}},
		{"its digest", "/" + lang + "/maven-metadata.xml.sha512", Path{Kind: Metadata, Name: name, Owner: "org.apache/commons", Group: "org.apache.commons.commons-lang3", Sum: "sha512"}},
		{"metadata of an artifact with dots", "/a/b.c/maven-metadata.xml", Path{Kind: Metadata, Name: "a/b.c"}},
		{"metadata of a group of one folder", "/junit/maven-metadata.xml", Path{Kind: Metadata, Group: "junit"}},
		{"metadata in a release's folder", "/com/corp/kettle/1.0/maven-metadata.xml", Path{Kind: Metadata, Name: "com.corp.kettle/1.0", Owner: "com.corp/kettle"}},
		{"metadata of a snapshot", "/com/corp/kettle/1.0-SNAPSHOT/maven-metadata.xml.md5", Path{Kind: SnapshotMetadata, Name: "com.corp/kettle", Version: "1.0-SNAPSHOT", Sum: "md5"}},
		{"a jar", "/" + lang + "/3.12.0/commons-lang3-3.12.0.jar", Path{Kind: File, Name: name, Version: "3.12.0", File: "commons-lang3-3.12.0.jar"}},
		{"a digest of a signature", "/" + lang + "/3.12.0/commons-lang3-3.12.0.jar.asc.sha1", Path{Kind: File, Name: name, Version: "3.12.0", File: "commons-lang3-3.12.0.jar.asc", Sum: "sha1"}},
		{"a classifier and two endings", "/a/b/1/b-1-linux-x86_64.tar.gz", Path{Kind: File, Name: "a/b", Version: "1", File: "b-1-linux-x86_64.tar.gz"}},
		{"one build of a snapshot", "/a/b/1-SNAPSHOT/b-1-20260102.030405-17.jar", Path{Kind: File, Name: "a/b", Version: "1-SNAPSHOT", File: "b-1-20260102.030405-17.jar"}},
		{"the newest of a snapshot", "/a/b/1-SNAPSHOT/b-1-SNAPSHOT-sources.jar", Path{Kind: File, Name: "a/b", Version: "1-SNAPSHOT", File: "b-1-SNAPSHOT-sources.jar"}},
		{"an escaped letter", "/a/%62/1/b-1.pom", Path{Kind: File, Name: "a/b", Version: "1", File: "b-1.pom"}},
		{"an escaped plus", "/a/b/1%2B2/b-1%2B2.pom", Path{Kind: File, Name: "a/b", Version: "1+2", File: "b-1+2.pom"}},
	} {
		t.Run(c.what, func(t *testing.T) {
			got, err := ParsePath(c.path)
			if err != nil || got != c.want {
				t.Errorf("%s became %+v (%v), want %+v", c.path, got, err, c.want)
			}
		})
	}
	for what, c := range map[string]struct {
		path string
		kind assay.Kind
	}{
		"a traversal":                     {"/a/../b/1/b-1.jar", assay.Invalid},
		"an escaped traversal":            {"/a/%2e%2e/1/b-1.jar", assay.Invalid},
		"a hidden slash":                  {"/a%2fb/c/1/c-1.jar", assay.Invalid},
		"a hidden backslash":              {"/a/b/1/..%5cb-1.jar", assay.Invalid},
		"escaped twice":                   {"/a/%252e%252e/1/b-1.jar", assay.Invalid},
		"a NUL":                           {"/a/b/1/b-1.jar%00", assay.Invalid},
		"a line break":                    {"/a/b/1/b-1.jar%0d%0aX:%20y", assay.Invalid},
		"an empty segment":                {"/a//b/1/b-1.jar", assay.Invalid},
		"a broken escape":                 {"/a/%zz", assay.Invalid},
		"too long":                        {"/" + strings.Repeat("a/", 2000), assay.Invalid},
		"a group folder with a dot":       {"/a.b/c/1/c-1.jar", assay.NotFound},
		"a file of another version":       {"/a/b/1/b-2.jar", assay.NotFound},
		"a file of a longer version":      {"/a/b/1/b-12.jar", assay.NotFound},
		"a file of another artifact":      {"/a/b/1/c-1.jar", assay.NotFound},
		"a file without an ending":        {"/a/b/1/b-1", assay.NotFound},
		"an empty classifier":             {"/a/b/1/b-1-.jar", assay.NotFound},
		"a snapshot that is a release":    {"/a/b/1-SNAPSHOT/b-1.jar", assay.NotFound},
		"a build without a number":        {"/a/b/1-SNAPSHOT/b-1-20260102.030405-.jar", assay.NotFound},
		"an index of the whole":           {"/.index/nexus-maven-repository-index.gz", assay.NotFound},
		"a catalogue in the root":         {"/archetype-catalog.xml", assay.NotFound},
		"a signature of metadata":         {"/a/b/maven-metadata.xml.asc", assay.NotFound},
		"metadata of another origin":      {"/a/b/maven-metadata-central.xml", assay.NotFound},
		"a question instead of a version": {"/a/b/LATEST/b-LATEST.jar", assay.NotFound},
	} {
		t.Run(what, func(t *testing.T) {
			if got, err := ParsePath(c.path); !assay.Is(err, c.kind) {
				t.Errorf("%.80s became %+v (%v), want %s", c.path, got, err, c.kind)
			}
		})
	}
}

func TestParseFile(t *testing.T) {
	for _, c := range []struct {
		version, file string
		want          FileName
	}{
		{"1.0", "b-1.0.pom", FileName{Extension: "pom"}},
		{"1.0", "b-1.0-sources.jar.asc", FileName{Classifier: "sources", Extension: "jar.asc"}},
		{"1.0-SNAPSHOT", "b-1.0-20260102.030405-3-linux.tar.gz", FileName{Stamp: "20260102.030405-3", Classifier: "linux", Extension: "tar.gz"}},
		{"1.0-SNAPSHOT", "b-1.0-SNAPSHOT.jar", FileName{Stamp: "SNAPSHOT", Extension: "jar"}},
		{"SNAPSHOT", "b-SNAPSHOT.jar", FileName{Stamp: "SNAPSHOT", Extension: "jar"}},
	} {
		if got, ok := ParseFile("a/b", c.version, c.file); !ok || got != c.want {
			t.Errorf("%s became %+v (%v), want %+v", c.file, got, ok, c.want)
		}
	}
}

func TestSplitFile(t *testing.T) {
	version, file, sum, ok := SplitFile("a/b", "1.0/b-1.0.jar.sha256")
	if version != "1.0" || file != "b-1.0.jar" || sum != "sha256" || !ok {
		t.Error(version, file, sum, ok)
	}
	for _, wrong := range []string{"", "b-1.0.jar", "1.0/../b-1.0.jar", "1.0/b-1.1.jar", "1.0/", "../b-...jar", "1.0/b-1.0.jar\n"} {
		if _, _, _, ok := SplitFile("a/b", wrong); ok {
			t.Errorf("%q is taken for a file", wrong)
		}
	}
}

// FuzzParsePath: whatever is asked for, the path that an upstream would see
// is made of plain segments, and means what was asked for.
func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"/org/x/a/1.0/a-1.0.jar", "/a/b/maven-metadata.xml.sha1", "/a/b/1-SNAPSHOT/maven-metadata.xml", "/a%2fb/../c", "/a/b/1-SNAPSHOT/b-1-20260102.030405-1.pom.asc.md5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		p, err := ParsePath(path)
		if err != nil {
			if k := assay.KindOf(err); k != assay.Invalid && k != assay.NotFound {
				t.Fatalf("%q: %v", path, err)
			}
			return
		}
		for _, name := range []string{p.Name, p.Owner} {
			if name == "" {
				continue
			}
			if normal, err := (Grammar{}).Name(name); err != nil || normal != name {
				t.Fatalf("%q is of %q, which is no name (%v)", path, name, err)
			}
		}
		if p.Kind != File {
			return
		}
		upstream := FilePath(p.Name, p.Version, p.File)
		if strings.ContainsAny(upstream, "%\\\x00\r\n ?#") || strings.Contains(upstream, "..") && !strings.Contains(path, "..") {
			t.Fatalf("%q asks for %q", path, upstream)
		}
		for segment := range strings.SplitSeq(upstream, "/") {
			if segment == "" || segment == "." || segment == ".." {
				t.Fatalf("%q asks for %q", path, upstream)
			}
		}
		name, version, file, err := NameOf(upstream)
		if err != nil || name != p.Name || version != p.Version || file != p.File {
			t.Fatalf("%q asks for %q, which is %s %s %s (%v)", path, upstream, name, version, file, err)
		}
	})
}

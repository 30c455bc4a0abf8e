package maven

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
)

var release = scorecard.Release{Name: "org.trial/x-y", Version: "1.0.0", Files: map[string]string{"a.txt": "1\n"}, Dependencies: map[string]string{"junit/junit": "4.12"},
	Homepage: "https://home.example/", Repository: "https://code.example/x?a=1&b=2", Mail: "a@mail.example"}

func TestNamesHaveTwoParts(t *testing.T) {
	for name, path := range map[string]string{
		"org.x.y/z":                     "org/x/y/z/",
		"org.x.y:z":                     "org/x/y/z/",
		"g/maven-metadata.xml":          "g/maven-metadata.xml/",
		"z":                             "",
		"g/a/b":                         "",
		"g../a":                         "",
		"../a":                          "",
		"g/..":                          "",
		"g/a b":                         "",
		"g/a%2f":                        "",
		"g/a?x":                         "",
		strings.Repeat("g", 400) + "/a": "",
	} {
		of, ok := readName(name)
		if ok != (path != "") || ok && of.folder() != path {
			t.Errorf("%q is read as %+v, %v", name, of, ok)
		}
	}
}

func TestDocumentsAreReadWhateverTheirLetters(t *testing.T) {
	of := artifact{"g", "a"}
	old := []byte("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><project xmlns=\"http://maven.apache.org/POM/4.0.0\"><artifactId> a </artifactId><packaging>maven-plugin</packaging><url>https://x.example/\xe9</url></project>")
	p, ok := readPOM(of, old)
	if !ok || p.Homepage != "https://x.example/é" || endOf(p.Packaging) != "jar" {
		t.Errorf("read as %+v, %v", p, ok)
	}
	if _, ok := readPOM(of, []byte("<project><artifactId>b</artifactId></project>")); ok {
		t.Error("the POM of another artifact was taken")
	}
	for packaging, end := range map[string]string{"": "jar", "pom": "pom", "bundle": "jar", "war": "war", "../x": "jar"} {
		if got := endOf(packaging); got != end {
			t.Errorf("%q ends in %q", packaging, got)
		}
	}
	text, err := composeMetadata(metadata{Group: "g", Artifact: "a"}, time.Unix(0, 0))
	if err != nil || !strings.Contains(string(text), "<lastUpdated>19700101000000</lastUpdated>") {
		t.Errorf("composed %s (%v)", text, err)
	}
	if _, err := readMetadata(of, text, 10); err != nil {
		t.Errorf("what was composed cannot be read: %v", err)
	}
}

func inside(t *testing.T, archive []byte) (texts map[string]string, paths []string, links int) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	texts = map[string]string{}
	for _, f := range z.File {
		if f.Mode()&fs.ModeSymlink != 0 {
			links++
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[f.Name], paths = string(text), append(paths, f.Name)
	}
	return texts, paths, links
}

func TestAJarAndItsPOMSayTheSame(t *testing.T) {
	whole, err := New().Archive(release)
	if err != nil {
		t.Fatal(err)
	}
	files, _, _ := inside(t, whole)
	described, err := pom(release, artifact{"org.trial", "x-y"})
	if err != nil || files["META-INF/maven/org.trial/x-y/pom.xml"] != string(described) {
		t.Errorf("the POM inside is another (%v)", err)
	}
	p, ok := readPOM(artifact{"org.trial", "x-y"}, described)
	if !ok || p.Group != "org.trial" || p.Version != "1.0.0" || p.SCM.URL != release.Repository || p.Homepage != release.Homepage ||
		len(p.Developers) != 1 || len(p.Dependencies) != 1 || p.Dependencies[0].Artifact != "junit" {
		t.Errorf("the POM is read as %+v", p)
	}
}

func TestEverySpoiledJarIsWrongInItsOwnWay(t *testing.T) {
	for _, how := range scorecard.Spoils {
		spoiled, err := New().Spoiled(release, how)
		if err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		if how == scorecard.NoArchive || how == scorecard.CutShort {
			if _, err := zip.NewReader(bytes.NewReader(spoiled), int64(len(spoiled))); err == nil {
				t.Errorf("%s can be read", how)
			}
			continue
		}
		files, paths, links := inside(t, spoiled)
		var climbing, absolute, twice bool
		for i, p := range paths {
			climbing = climbing || strings.Contains(p, "..")
			absolute = absolute || strings.HasPrefix(p, "/")
			for _, q := range paths[:i] {
				twice = twice || p == q
			}
		}
		named := strings.Contains(files["META-INF/maven/org.trial/x-y-another/pom.properties"], "artifactId=x-y-another\n")
		for kind, is := range map[scorecard.Spoil]bool{scorecard.Climbing: climbing, scorecard.Absolute: absolute, scorecard.TwiceInside: twice, scorecard.LinkOutside: links == 1, scorecard.OtherName: named} {
			if is != (kind == how) {
				t.Errorf("%s: %s is %v: %v", how, kind, is, paths)
			}
		}
	}
	if _, err := New().Spoiled(release, "another way"); err == nil {
		t.Error("a way that nobody knows was packed")
	}
}

func TestThrowAwayNames(t *testing.T) {
	for under, want := range map[string]string{"": "example.assay-trial-k3/x", "org.acme/*": "org.acme/k3-x", "org.acme.*": "org.acme.k3-x/x", "org.acme": "org.acme-k3-x/x"} {
		if got := New().ThrowAway(under, "k3", "x"); got != want {
			t.Errorf("under %q: %q, want %q", under, got, want)
		}
	}
}

func FuzzDocuments(f *testing.F) {
	f.Add([]byte("<metadata><groupId>g</groupId><versioning><release>1</release><versions><version>1</version></versions></versioning></metadata>"), 200)
	f.Add([]byte("<?xml version='1.0' encoding='latin1'?><project><artifactId>a</artifactId><packaging>war</packaging><developers><developer><email>x</email></developer></developers></project>"), 200)
	f.Add([]byte("0123456789abcdef0123456789abcdef01234567  a.jar"), 404)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		of := artifact{"g", "a"}
		res := scorecard.Response{Status: status, Header: http.Header{"Last-Modified": {"Mon, 02 Jan 2006 15:04:05 GMT"}}, Body: body}
		first := scorecard.AnswerTo(res, nil, "")
		l, a := readListing("https://registry.example/", "g/a", of, res, first, 50)
		if _, there := l.Versions[l.Latest]; l.Latest != "" && !there {
			t.Errorf("latest is %q, which is not listed", l.Latest)
		}
		for version, v := range l.Versions {
			if !isVersion(version) || !strings.HasPrefix(v.File, "https://registry.example/g/a/") || strings.Contains(v.File, "/../") {
				t.Errorf("%q is read as %+v", version, v)
			}
		}
		if len(newestFirst(l)) != len(l.Versions) {
			t.Error("a version was lost")
		}
		v := scorecard.Version{Dependencies: map[string]string{}}
		describe(&v, of, "https://registry.example/", "1.0", res)
		if v.File != "" && !strings.HasPrefix(v.File, "https://registry.example/g/a/1.0/a-1.0.") {
			t.Errorf("its main file is %q", v.File)
		}
		if digest, ok := readSide("sha1", res, first); ok && len(digest) != 40 {
			t.Errorf("a digest is %q", digest)
		}
		for _, answer := range []scorecard.Answer{a, done(res, first)} {
			if answer.Verdict == scorecard.Accepted && (status < 200 || status > 299) || answer.Verdict == "" {
				t.Errorf("status %d is judged as %+v", status, answer)
			}
		}
	})
}

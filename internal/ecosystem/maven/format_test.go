package maven

import (
	"archive/zip"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

const kettle = "org.example/kettle"

func metadataOf(release string, versions ...string) string {
	return "<metadata><groupId>org.example</groupId><artifactId>kettle</artifactId><versioning><latest>" + versions[len(versions)-1] + "</latest><release>" + release +
		"</release><versions><version>" + strings.Join(versions, "</version><version>") + "</version></versions><lastUpdated>20260102030405</lastUpdated></versioning></metadata>"
}

func theFormat() ecosystem.Format { return New().Format() }

func read(t *testing.T, docs ...string) ecosystem.Listing {
	t.Helper()
	var given []ecosystem.Document
	for _, d := range docs {
		given = append(given, document(d))
	}
	l, err := theFormat().Read(kettle, given)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// render renders with some versions denied.
func render(l ecosystem.Listing, representation string, denied ...string) (string, error) {
	allow, deny := &assay.Decision{}, &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny, Reason: "it leaks"}}}
	var b bytes.Buffer
	_, err := l.Render(&b, ecosystem.Rendering{
		Representation: representation, Name: kettle,
		Decision: func(i int) *assay.Decision {
			if slices.Contains(denied, l.Versions()[i].Version) {
				return deny
			}
			return allow
		},
	})
	return b.String(), err
}

func between(text, open, closing string) string {
	_, after, _ := strings.Cut(text, open)
	inside, _, _ := strings.Cut(after, closing)
	return inside
}

func TestRead(t *testing.T) {
	l := read(t, metadataOf("1.1", "1.0", "1.1", "1.2-SNAPSHOT"))
	if len(l.Versions()) != 2 || l.Find("1.1") != 1 || l.Find("1.2-SNAPSHOT") != -1 {
		t.Errorf("%+v: a snapshot of an upstream is no version", l.Versions())
	}
	v := l.Versions()[0]
	if !v.NoLater.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) || v.NoLaterSource == "" || !v.Published.IsZero() {
		t.Errorf("%+v", v)
	}
	if l.Bytes() < 100 {
		t.Errorf("it says it holds %d bytes", l.Bytes())
	}
	if _, err := theFormat().Read(kettle, []ecosystem.Document{{Missing: true}}); !assay.Is(err, assay.NotFound) {
		t.Errorf("a missing document: %v", err)
	}
	if _, err := theFormat().Read(kettle, []ecosystem.Document{document("<html/>")}); !assay.Is(err, assay.Unsound) {
		t.Errorf("a page: %v", err)
	}
}

func TestRenderMetadata(t *testing.T) {
	l := read(t, metadataOf("1.2", "1.0", "1.1", "1.2", "1.3-rc1"))
	for what, c := range map[string]struct {
		denied          []string
		latest, release string
		versions        string
	}{
		"nothing denied":                  {nil, "1.3-rc1", "1.2", "1.0 1.1 1.2 1.3-rc1"},
		"the release":                     {[]string{"1.2"}, "1.3-rc1", "1.1", "1.0 1.1 1.3-rc1"},
		"the latest":                      {[]string{"1.3-rc1"}, "1.2", "1.2", "1.0 1.1 1.2"},
		"all that is finished":            {[]string{"1.0", "1.1", "1.2"}, "1.3-rc1", "", "1.3-rc1"},
		"one in the middle":               {[]string{"1.1"}, "1.3-rc1", "1.2", "1.0 1.2 1.3-rc1"},
		"both at the end":                 {[]string{"1.2", "1.3-rc1"}, "1.1", "1.1", "1.0 1.1"},
		"the first, which nobody notices": {[]string{"1.0"}, "1.3-rc1", "1.2", "1.1 1.2 1.3-rc1"},
	} {
		t.Run(what, func(t *testing.T) {
			text, err := render(l, "metadata", c.denied...)
			if err != nil {
				t.Fatal(err)
			}
			versions := strings.Join(strings.Fields(strings.NewReplacer("<version>", "", "</version>", "").Replace(between(text, "<versions>", "</versions>"))), " ")
			if versions != c.versions || between(text, "<latest>", "</latest>") != c.latest || between(text, "<release>", "</release>") != c.release {
				t.Errorf("got\n%s\nwant %+v", text, c)
			}
			if !strings.Contains(text, "<lastUpdated>20260102030405</lastUpdated>") {
				t.Error("lastUpdated is lost")
			}
		})
	}
}

// latest never moves from a release to something unfinished.
func TestLatestIsMovedToARelease(t *testing.T) {
	l := read(t, metadataOf("2.0", "1.0", "2.0-rc1", "2.0"))
	text, err := render(l, "metadata", "2.0")
	if err != nil || between(text, "<latest>", "</latest>") != "1.0" || between(text, "<release>", "</release>") != "1.0" {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestRenderSums(t *testing.T) {
	l := read(t, metadataOf("1.1", "1.0", "1.1"))
	text, err := render(l, "metadata", "1.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, algorithm := range []string{"md5", "sha1", "sha256", "sha512"} {
		h := newHash(algorithm)
		h.Write([]byte(text))
		want := assay.NewDigest(algorithm, h.Sum(nil)).Value()
		if sum, err := render(l, "metadata."+algorithm, "1.1"); err != nil || sum != want {
			t.Errorf("%s is %q (%v), want %q", algorithm, sum, err, want)
		}
		if sum, err := render(l, "metadata."+algorithm); err != nil || sum == want {
			t.Errorf("%s does not follow what is denied: %q (%v)", algorithm, sum, err)
		}
	}
}

func TestRenderWhatCannotBe(t *testing.T) {
	l := read(t, metadataOf("1.1", "1.0", "1.1"))
	_, err := render(l, "metadata", "1.0", "1.1")
	var denied *assay.Error
	if !errors.As(err, &denied) || denied.Kind != assay.Denied || denied.Subject.Version != "1.1" || denied.Decision == nil {
		t.Errorf("with nothing left: %v, want the refusal of the newest", err)
	}
	for _, representation := range []string{"", "metadata.sha3", "plugin", "snapshot/1.0", "snapshot/1.0-SNAPSHOT", "unfinished/1.0", "packument"} {
		if text, err := render(l, representation); !assay.Is(err, assay.NotFound) || text != "" {
			t.Errorf("%q: %v, wrote %q", representation, err, text)
		}
	}
	group, err := theFormat().Read("org.example/tools", []ecosystem.Document{document("<metadata><plugins><plugin><prefix>boil</prefix><artifactId>boil-maven-plugin</artifactId></plugin></plugins></metadata>")})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := render(group, "metadata"); err != nil || !strings.Contains(text, "<prefix>boil</prefix>") {
		t.Errorf("the plugins of a group: %v\n%s", err, text)
	}
	snapshots := read(t, "<metadata><groupId>org.example</groupId><artifactId>kettle</artifactId><versioning><versions><version>1-SNAPSHOT</version></versions></versioning></metadata>")
	if _, err := render(snapshots, "metadata"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a package of nothing but snapshots: %v", err)
	}
}

func TestVersionSource(t *testing.T) {
	f := theFormat()
	src, ok := f.VersionSource(kettle, "1.0")
	if !ok || !src.Head || src.Path != "org/example/kettle/1.0/kettle-1.0.pom" {
		t.Errorf("%+v (%v)", src, ok)
	}
	for _, none := range []string{"1.0-SNAPSHOT", "../1", "LATEST"} {
		if src, ok := f.VersionSource(kettle, none); ok {
			t.Errorf("%s is asked for at %s", none, src.Path)
		}
	}
	v, err := f.ReadVersion(kettle, "1.0", ecosystem.Document{Modified: day(1)})
	if err != nil || !v.Published.Equal(day(1)) || v.PublishedSource != pomModified {
		t.Errorf("%+v (%v)", v, err)
	}
	if v, err := f.ReadVersion(kettle, "1.0", ecosystem.Document{}); err != nil || !v.Published.IsZero() || v.PublishedSource != "" {
		t.Errorf("a header without a date became %+v (%v)", v, err)
	}
	if _, err := f.ReadVersion(kettle, "1.0", ecosystem.Document{Missing: true}); !assay.Is(err, assay.NotFound) {
		t.Errorf("a missing POM: %v", err)
	}
}

func TestLocate(t *testing.T) {
	f := theFormat()
	file, err := f.Locate(kettle, "1.0/kettle-1.0.jar", nil)
	if err != nil || file.Name != "kettle-1.0.jar" || file.Version != "1.0" || !file.Beside || file.Sum != "" || file.Source.Path != "org/example/kettle/1.0/kettle-1.0.jar" {
		t.Errorf("%+v (%v)", file, err)
	}
	sum, err := f.Locate(kettle, "1.0/kettle-1.0.jar.sha1", nil)
	if err != nil || sum.Sum != "sha1" || sum.Name != file.Name || sum.Source.Path != file.Source.Path {
		t.Errorf("%+v (%v): the digest is one of the file itself", sum, err)
	}
	if pom, err := f.Locate(kettle, "1.0/kettle-1.0.pom", nil); err != nil || pom.Source.Limit == 0 || pom.Always {
		t.Errorf("%+v (%v)", pom, err)
	}
	for text, kind := range map[string]assay.Kind{
		"kettle-1.0.jar": assay.NotFound, "1.0/teapot-1.0.jar": assay.NotFound, "1.0/../kettle-1.0.jar": assay.NotFound, "": assay.NotFound,
		"1.0-SNAPSHOT/kettle-1.0-SNAPSHOT.jar": assay.Forbidden, "1.0-SNAPSHOT/kettle-1.0-20260102.030405-1.jar": assay.Forbidden,
	} {
		if file, err := f.Locate(kettle, text, nil); !assay.Is(err, kind) {
			t.Errorf("%q became %+v (%v), want %s", text, file, err, kind)
		}
	}
	if file, err := f.Locate(kettle, "1.0-SNAPSHOT/kettle-1.0-SNAPSHOT.jar", read(t, metadataOf("1.1", "1.1"))); !assay.Is(err, assay.Forbidden) {
		t.Errorf("with an upstream's listing a snapshot became %+v (%v)", file, err)
	}
}

func jar(t *testing.T, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(members); i += 2 {
		f, err := w.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const kettlePOM = "<project><groupId>org.example</groupId><artifactId>kettle</artifactId><version>1.0</version><packaging>maven-plugin</packaging></project>"

func TestCheck(t *testing.T) {
	f := theFormat()
	for what, c := range map[string]struct {
		file    string
		content []byte
		sound   bool
	}{
		"a POM":                    {"kettle-1.0.pom", []byte(kettlePOM), true},
		"a POM of another version": {"kettle-1.0.pom", []byte(strings.Replace(kettlePOM, "1.0", "1.1", 1)), false},
		"a page for a POM":         {"kettle-1.0.pom", []byte("<html/>"), false},
		"a jar":                    {"kettle-1.0.jar", jar(t, "a", "x"), true},
		"a page for a jar":         {"kettle-1.0.jar", []byte("<html/>"), false},
		"a war that leads out":     {"kettle-1.0.war", jar(t, "../a", "x"), false},
		"a jar with a classifier":  {"kettle-1.0-sources.jar", jar(t, "../a", "x"), false},
		"a signature":              {"kettle-1.0.jar.asc", []byte("-----BEGIN PGP SIGNATURE-----"), true},
		"a description of Gradle":  {"kettle-1.0.module", []byte("{}"), true},
		"a file of another kind":   {"kettle-1.0.tar.gz", []byte("x"), true},
	} {
		t.Run(what, func(t *testing.T) {
			file, err := f.Locate(kettle, "1.0/"+c.file, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.Check(file, bytes.NewReader(c.content), int64(len(c.content)))
			if c.sound && err != nil || !c.sound && !assay.Is(err, assay.Unsound) {
				t.Errorf("%v, sound: %v", err, c.sound)
			}
		})
	}
	if _, err := f.Check(ecosystem.File{Name: "kettle-1.0.pom"}, strings.NewReader("<"), 1); err != nil {
		t.Errorf("an upload, which Inspect reads, was read: %v", err)
	}
}

func TestAttest(t *testing.T) {
	const path = "org/example/kettle/1.0/kettle-1.0.jar"
	strong, weak := strings.Repeat("ab", 32), strings.Repeat("cd", 20)
	file, err := theFormat().Locate(kettle, "1.0/kettle-1.0.jar", nil)
	if err != nil {
		t.Fatal(err)
	}
	attester := theFormat().(ecosystem.Attester)
	outage := assay.Errorf(assay.Unavailable, "down")
	for what, c := range map[string]struct {
		world *fakeWorld
		want  []assay.Digest
		fails bool
		kind  assay.Kind
	}{
		"the stronger one":                      {&fakeWorld{answers: map[string]string{path + ".sha256": strong, path + ".sha1": weak}}, []assay.Digest{assay.Digest("sha256:" + strong)}, false, 0},
		"the one that all have":                 {&fakeWorld{answers: map[string]string{path + ".sha1": weak + "  kettle-1.0.jar\n"}}, []assay.Digest{assay.Digest("sha1:" + weak)}, false, 0},
		"none":                                  {&fakeWorld{}, nil, false, 0},
		"a page in the place of the stronger":   {&fakeWorld{answers: map[string]string{path + ".sha256": "<html>", path + ".sha1": weak}}, nil, true, assay.Unsound},
		"an outage is no absence":               {&fakeWorld{answers: map[string]string{path + ".sha1": weak}, errs: map[string]error{path + ".sha256": outage}}, nil, true, assay.Unavailable},
		"an outage of the only one there is":    {&fakeWorld{errs: map[string]error{path + ".sha1": outage}}, nil, true, assay.Unavailable},
		"an outage of the one that is not used": {&fakeWorld{answers: map[string]string{path + ".sha256": strong}, errs: map[string]error{path + ".sha1": outage}}, []assay.Digest{assay.Digest("sha256:" + strong)}, false, 0},
	} {
		t.Run(what, func(t *testing.T) {
			got, who, err := attester.Attest(t.Context(), file, c.world)
			if c.fails != (err != nil) || c.fails && !assay.Is(err, c.kind) || !slices.Equal(got, c.want) || (who == sideFile) != (len(c.want) > 0) {
				t.Errorf("%v by %q (%v)", got, who, err)
			}
			if len(c.world.asked) != 2 {
				t.Errorf("asked for %q", c.world.asked)
			}
		})
	}
	signature, err := theFormat().Locate(kettle, "1.0/kettle-1.0.jar.asc", nil)
	if err != nil {
		t.Fatal(err)
	}
	world := &fakeWorld{}
	if got, _, err := attester.Attest(t.Context(), signature, world); got != nil || err != nil || len(world.asked) != 0 {
		t.Errorf("a signature: %v (%v), asked %q", got, err, world.asked)
	}
}

func upload(file string, content []byte) *ecosystem.Upload {
	return &ecosystem.Upload{Name: kettle, Version: "1.0", Adds: true, Files: []ecosystem.UploadFile{{Name: file, Content: bytes.NewReader(content), Size: int64(len(content))}}}
}

func TestInspect(t *testing.T) {
	hosting := theFormat().(ecosystem.Hosting)
	inside, err := hosting.Inspect(upload("kettle-1.0.pom", []byte(kettlePOM)))
	if err != nil || inside.Name != kettle || inside.Version != "1.0" || !strings.Contains(string(inside.Manifest), `"packaging":"maven-plugin"`) {
		t.Errorf("%+v (%v)", inside, err)
	}
	inside, err = hosting.Inspect(upload("kettle-1.0.jar", jar(t, "META-INF/maven/org.example/kettle/pom.properties", "version=6.6\n")))
	if err != nil || !slices.Equal(inside.Disagreements, []string{"version"}) {
		t.Errorf("a jar of another version: %+v (%v)", inside, err)
	}
	for what, up := range map[string]*ecosystem.Upload{
		"a POM of another package": upload("kettle-1.0.pom", []byte(strings.Replace(kettlePOM, "kettle", "teapot", 1))),
		"half a jar":               upload("kettle-1.0.jar", jar(t, "a", "x")[:20]),
		"a war that leads out":     upload("kettle-1.0.war", jar(t, "../a", "x")),
		"a file of another one":    upload("teapot-1.0.jar", jar(t, "a", "x")),
	} {
		if inside, err := hosting.Inspect(up); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %+v (%v), want Invalid", what, inside, err)
		}
	}
	if _, err := hosting.Inspect(upload("kettle-1.0.jar.asc", []byte("signed"))); err != nil {
		t.Error(err)
	}
	if err := hosting.Admissible(kettle, "LATEST"); !assay.Is(err, assay.Invalid) {
		t.Errorf("%v", err)
	}
}

// hostedListing is what Compose and Read make of two versions, of which one
// is still being published, and a snapshot.
func hostedListing(t *testing.T) ecosystem.Listing {
	t.Helper()
	docs, err := theFormat().(ecosystem.Hosting).Compose(kettle, []ecosystem.Release{
		{Version: "1.0", Manifest: []byte(`{"packaging":"maven-plugin"}`), Files: []ecosystem.ReleasedFile{{Name: "kettle-1.0.jar", Published: day(1)}, {Name: "kettle-1.0.pom", Published: day(2)}}},
		{Version: "1.1", Files: []ecosystem.ReleasedFile{{Name: "kettle-1.1.jar", Published: day(3)}}},
		{Version: "1.2-SNAPSHOT", Files: []ecosystem.ReleasedFile{
			{Name: "kettle-1.2-20260104.000000-1.jar", Published: day(4)}, {Name: "kettle-1.2-20260105.000000-2.jar", Published: day(5)}, {Name: "kettle-1.2-20260105.000000-2.pom", Published: day(5)},
		}},
	}, nil)
	if err != nil || len(docs) != 2 {
		t.Fatalf("%d documents (%v)", len(docs), err)
	}
	return read(t, string(docs[0]), string(docs[1]))
}

func TestHostedListing(t *testing.T) {
	l := hostedListing(t)
	if len(l.Versions()) != 3 {
		t.Fatalf("%+v", l.Versions())
	}
	text, err := render(l, "metadata")
	if err != nil || strings.Contains(text, "<version>1.1</version>") || between(text, "<release>", "</release>") != "1.0" || between(text, "<latest>", "</latest>") != "1.2-SNAPSHOT" {
		t.Errorf("a version without a POM is not there yet (%v):\n%s", err, text)
	}
	text, err = render(l, "snapshot/1.2-SNAPSHOT")
	if err != nil || !strings.Contains(text, "<buildNumber>2</buildNumber>") || !strings.Contains(text, "<value>1.2-20260105.000000-2</value>") {
		t.Errorf("%v\n%s", err, text)
	}
	if sum, err := render(l, "snapshot/1.2-SNAPSHOT.sha1"); err != nil || len(sum) != 40 {
		t.Errorf("%q (%v)", sum, err)
	}
	if _, err := render(l, "snapshot/1.2-SNAPSHOT", "1.2-SNAPSHOT"); !assay.Is(err, assay.Denied) {
		t.Errorf("a denied snapshot: %v", err)
	}
	if _, err := render(l, "snapshot/9-SNAPSHOT"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a snapshot that is not here: %v", err)
	}
	file, err := theFormat().Locate(kettle, "1.2-SNAPSHOT/kettle-1.2-SNAPSHOT.jar.sha1", l)
	if err != nil || file.Name != "kettle-1.2-20260105.000000-2.jar" || file.Sum != "sha1" {
		t.Errorf("the newest is %+v (%v)", file, err)
	}
	if _, err := theFormat().Locate(kettle, "1.2-SNAPSHOT/kettle-1.2-SNAPSHOT.war", l); !assay.Is(err, assay.NotFound) {
		t.Errorf("a sort of file that no build has: %v", err)
	}
	text, err = render(l, "plugin")
	if err != nil || !strings.Contains(text, "<prefix>kettle</prefix>") {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := render(l, "plugin", "1.0"); !assay.Is(err, assay.NotFound) {
		t.Errorf("a plugin that is denied: %v", err)
	}
	for version, unfinished := range map[string]bool{"1.0": false, "1.1": true, "1.2-SNAPSHOT": false, "9": true} {
		if _, err := render(l, "unfinished/"+version); (err == nil) != unfinished {
			t.Errorf("%s lacks something: %v, want %v", version, err, unfinished)
		}
	}
}

func TestHostedListingOfNothingWhole(t *testing.T) {
	docs, err := theFormat().(ecosystem.Hosting).Compose(kettle, []ecosystem.Release{{Version: "1.1", Files: []ecosystem.ReleasedFile{{Name: "kettle-1.1.jar", Published: day(3)}}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := render(read(t, string(docs[0]), string(docs[1])), "metadata"); !assay.Is(err, assay.NotFound) {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := theFormat().Read(kettle, []ecosystem.Document{document(string(docs[0])), document("<")}); !assay.Is(err, assay.Internal) {
		t.Errorf("%v", err)
	}
}

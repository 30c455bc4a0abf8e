package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

const versionsDocument = `<?xml version="1.0" encoding="UTF-8"?>
<metadata modelVersion="1.1.0">
  <!-- made by hand -->
  <groupId>org.example</groupId>
  <artifactId>kettle</artifactId>
  <versioning>
    <latest>1.1</latest>
    <release>1.1</release>
    <versions>
      <version>1.0</version>
      <version> 1.1 </version>
      <version>1.0</version>
      <version>${project.version}</version>
      <version>../../etc</version>
    </versions>
    <lastUpdated>20260102030405</lastUpdated>
    <unknown><deep><deeper>text</deeper></deep></unknown>
  </versioning>
</metadata>
`

func TestDecodeMetadata(t *testing.T) {
	d, err := DecodeMetadata("org.example/kettle", strings.NewReader("\xef\xbb\xbf"+versionsDocument), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.Versions, []string{"1.0", "1.1"}) {
		t.Errorf("versions %q: what no package can have is left out, and each stands there once", d.Versions)
	}
	if d.Latest != "1.1" || d.Release != "1.1" || !d.LastUpdated.Equal(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("%+v", d)
	}
	var b bytes.Buffer
	if err := d.Encode(&b); err != nil {
		t.Fatal(err)
	}
	again, err := DecodeMetadata("org.example/kettle", &b, DefaultLimits())
	if err != nil || !slices.Equal(again.Versions, d.Versions) || again.Release != "1.1" || !again.LastUpdated.Equal(d.LastUpdated) {
		t.Errorf("written and read again it is %+v (%v)", again, err)
	}
}

func TestDecodeMetadataOfAGroup(t *testing.T) {
	d, err := DecodeMetadata("org.example/tools", strings.NewReader(`<metadata><plugins>
<plugin><name>Boiling</name><prefix>boil</prefix><artifactId>boil-maven-plugin</artifactId></plugin>
<plugin><name>Odd</name><prefix>../up</prefix><artifactId>x</artifactId></plugin></plugins></metadata>`), DefaultLimits())
	if err != nil || len(d.Plugins) != 1 || d.Plugins[0] != (Plugin{"Boiling", "boil", "boil-maven-plugin"}) {
		t.Errorf("%+v (%v)", d, err)
	}
}

// bomb is a document of entities, each ten times the one before.
const bomb = `<?xml version="1.0"?><!DOCTYPE metadata [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`

func TestUnsoundMetadata(t *testing.T) {
	in := func(inside string) string { return "<metadata>" + inside + "</metadata>" }
	for what, document := range map[string]string{
		"nothing":                      "",
		"a page":                       "<!DOCTYPE html>\n<html><body>Please sign in.</body></html>",
		"a page without a type":        "<html><body>Please sign in.</body></html>",
		"JSON":                         `{"versions": ["1.0"]}`,
		"cut off":                      versionsDocument[:len(versionsDocument)/2],
		"entities of entities":         bomb + in("<groupId>&c;</groupId>"),
		"an entity that reads a file":  `<!DOCTYPE metadata [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + in("<groupId>&x;</groupId>"),
		"an entity nobody declared":    in("<groupId>&x;</groupId>"),
		"a document type inside":       in("<!DOCTYPE x>"),
		"another package":              in("<groupId>org.example</groupId><artifactId>teapot</artifactId>"),
		"another group":                in("<groupId>org.elsewhere</groupId><artifactId>kettle</artifactId>"),
		"a second root":                in("") + in(""),
		"text after the root":          in("") + "1.0",
		"two groups":                   in("<groupId>org.example</groupId><groupId>org.example</groupId>"),
		"two lists":                    in("<versioning><versions/></versioning><versioning><versions/></versioning>"),
		"two releases":                 in("<versioning><release>1</release><release>2</release></versioning>"),
		"a namesake in a namespace":    in(`<versioning xmlns:x="y"><release>1</release><x:release>2</x:release></versioning>`),
		"another encoding":             `<?xml version="1.0" encoding="UTF-16"?>` + in(""),
		"too deep":                     strings.Repeat("<metadata>", 1000),
		"too much text":                in("<groupId>" + strings.Repeat("a", 100_000) + "</groupId>"),
		"too long":                     in(strings.Repeat("<x></x>", 1<<20)),
		"too many versions":            in("<versioning><versions>" + strings.Repeat("<version>1</version>", 60_000) + "</versions></versioning>"),
		"a plugin with two names":      in("<plugins><plugin><prefix>a</prefix><prefix>b</prefix></plugin></plugins>"),
		"elements closed out of order": "<metadata><a><b></a></b></metadata>",
	} {
		t.Run(what, func(t *testing.T) {
			if d, err := DecodeMetadata("org.example/kettle", strings.NewReader(document), DefaultLimits()); !assay.Is(err, assay.Unsound) {
				t.Errorf("became %+v (%v), want Unsound", d, err)
			}
		})
	}
}

const parentPOM = `<?xml version="1.0" encoding="ISO-8859-1"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>1.0</version></parent>
  <artifactId>kettle</artifactId>
  <name>Kettle</name>
  <developers><developer><name>&oslash;</name></developer></developers>
  <licenses><license><name>MIT</name><url>u</url></license><license><name>Apache-2.0</name></license></licenses>
  <dependencyManagement><dependencies><dependency><groupId>not.this</groupId></dependency></dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>a</groupId><artifactId>b</artifactId><version>[1,2)</version><exclusions><exclusion><groupId>no</groupId></exclusion></exclusions></dependency>
    <dependency><groupId>c</groupId><artifactId>d</artifactId><scope>test</scope></dependency>
  </dependencies>
</project>`

func TestPOM(t *testing.T) {
	p, err := DecodePOM(strings.NewReader(parentPOM), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Is("org.example/kettle", "1.0"); err != nil {
		t.Errorf("group and version are the parent's: %v", err)
	}
	for _, wrong := range [][2]string{{"org.example/teapot", "1.0"}, {"org.elsewhere/kettle", "1.0"}, {"org.example/kettle", "1.1"}} {
		if err := p.Is(wrong[0], wrong[1]); err == nil {
			t.Errorf("it passes for %s %s", wrong[0], wrong[1])
		}
	}
	manifest, err := p.Manifest("org.example/kettle", "1.0")
	want := `{"name":"org.example/kettle","version":"1.0","title":"Kettle","description":"Kettle","license":"MIT or Apache-2.0","licenses":[{"name":"MIT","url":"u"},{"name":"Apache-2.0"}],"parent":{"groupId":"org.example","artifactId":"parent","version":"1.0"},"dependencies":[{"groupId":"a","artifactId":"b","version":"[1,2)"},{"groupId":"c","artifactId":"d","scope":"test"}]}`
	if err != nil || string(manifest) != want {
		t.Errorf("the manifest is\n%s (%v), want\n%s", manifest, err, want)
	}
	if got := Packaging([]byte(`{"packaging":"maven-plugin"}`)); got != "maven-plugin" {
		t.Errorf("packaging %q", got)
	}
	if got := Packaging(nil); got != "" {
		t.Errorf("packaging of nothing %q", got)
	}
}

func TestPOMWithProperties(t *testing.T) {
	p, err := DecodePOM(strings.NewReader("<project><groupId>a</groupId><artifactId>b</artifactId><version>${revision}</version></project>"), DefaultLimits())
	if err != nil || p.Is("a/b", "7") != nil {
		t.Errorf("a version that is a property is held against the path: %v, %v", err, p.Is("a/b", "7"))
	}
	if p.Is("a/c", "7") == nil {
		t.Error("and the artifact is not")
	}
}

func TestUnsoundPOM(t *testing.T) {
	in := func(inside string) string { return "<project><artifactId>b</artifactId>" + inside + "</project>" }
	for what, document := range map[string]string{
		"entities of entities":       strings.Replace(bomb, "metadata", "project", 1) + in("<groupId>&c;</groupId>"),
		"another root":               "<metadata><artifactId>b</artifactId></metadata>",
		"two versions":               in("<version>1</version><version>2</version>"),
		"two parents":                in("<parent/><parent/>"),
		"a dependency with two":      in("<dependencies><dependency><version>1</version><version>2</version></dependency></dependencies>"),
		"too many dependencies":      in("<dependencies>" + strings.Repeat("<dependency/>", 20_000) + "</dependencies>"),
		"too deep":                   in(strings.Repeat("<x>", 100)),
		"too long":                   in(strings.Repeat("<x></x>", 1<<20)),
		"text that goes on and on":   in("<name>" + strings.Repeat("x", 100_000) + "</name>"),
		"not well formed":            in("<version>1</versionn>"),
		"an encoding that hides":     `<?xml version="1.0" encoding="UTF-7"?>` + in(""),
		"no root":                    "<!-- nothing -->",
		"a reference to a character": in("<name>&#0;</name>"),
	} {
		t.Run(what, func(t *testing.T) {
			if p, err := DecodePOM(strings.NewReader(document), DefaultLimits()); err == nil {
				t.Errorf("became %+v", p)
			}
		})
	}
}

func TestPrefix(t *testing.T) {
	for artifact, want := range map[string]string{"maven-boil-plugin": "boil", "boil-maven-plugin": "boil", "boiler": "boiler", "maven-plugin": "maven-plugin", "-maven-plugin": "-maven-plugin"} {
		if got := Prefix(artifact); got != want {
			t.Errorf("%s is called %q, want %q", artifact, got, want)
		}
	}
}

func TestDecodeSum(t *testing.T) {
	const sum = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	for what, text := range map[string]string{
		"alone": sum, "with a line break": sum + "\n", "in capitals": strings.ToUpper(sum), "as sha1sum prints it": sum + "  kettle-1.0.jar\n",
		"as openssl prints it": "SHA1(kettle-1.0.jar)= " + sum, "with its name before": "kettle-1.0.jar: " + sum, "twice the same": sum + " " + sum,
	} {
		if d, err := DecodeSum("sha1", []byte(text)); err != nil || d != assay.Digest("sha1:"+sum) {
			t.Errorf("%s: %s (%v)", what, d, err)
		}
	}
	for what, text := range map[string]string{
		"nothing": "", "a page": "<html>", "too short": sum[1:], "too long": sum + "00", "two": sum + " " + strings.Repeat("0", 40), "endless": strings.Repeat(sum+" ", 1000),
	} {
		if d, err := DecodeSum("sha1", []byte(text)); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %s (%v), want Invalid", what, d, err)
		}
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(versionsDocument))
	f.Add([]byte(bomb + "<metadata>&c;</metadata>"))
	f.Add([]byte("<metadata><plugins><plugin><prefix>a</prefix><artifactId>b</artifactId></plugin></plugins></metadata>"))
	limits := DefaultLimits()
	limits.Metadata, limits.Versions = 16<<10, 100
	f.Fuzz(func(t *testing.T, document []byte) {
		d, err := DecodeMetadata("org.example/kettle", bytes.NewReader(document), limits)
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatal(err)
			}
			return
		}
		if len(d.Versions) > limits.Versions {
			t.Fatalf("%d versions", len(d.Versions))
		}
		for _, v := range d.Versions {
			if normal, err := (Grammar{}).Version(v); err != nil || normal != v {
				t.Fatalf("%q is listed (%v)", v, err)
			}
		}
		var b bytes.Buffer
		if err := d.Encode(&b); err != nil {
			t.Fatal(err)
		}
		again, err := decodeMetadata(&b, DefaultLimits())
		if err != nil || !slices.Equal(again.Versions, d.Versions) || len(again.Plugins) != len(d.Plugins) {
			t.Fatalf("written and read again: %v\n%+v\n%+v", err, d, again)
		}
	})
}

func FuzzPOM(f *testing.F) {
	f.Add([]byte(parentPOM))
	f.Add([]byte(strings.Replace(bomb, "metadata", "project", 1) + "<project>&c;</project>"))
	limits := DefaultLimits()
	limits.POM, limits.Entries = 16<<10, 100
	f.Fuzz(func(t *testing.T, document []byte) {
		p, err := DecodePOM(bytes.NewReader(document), limits)
		if err != nil {
			return
		}
		if len(p.Dependencies)+len(p.Licenses) > limits.Entries {
			t.Fatalf("%d entries", len(p.Dependencies))
		}
		if _, err := p.Manifest("a/b", "1"); err != nil {
			t.Fatal(err)
		}
		if err := p.Is("a/b", "1"); err == nil && p.ArtifactID != "b" && !strings.Contains(p.ArtifactID, "${") {
			t.Fatalf("%+v passes for a/b", p)
		}
	})
}

func FuzzSum(f *testing.F) {
	f.Add("sha1", "SHA1(x)= da39a3ee5e6b4b0d3255bfef95601890afd80709")
	f.Fuzz(func(t *testing.T, algorithm, text string) {
		if d, err := DecodeSum(algorithm, []byte(text)); err == nil {
			if _, err := assay.ParseDigest(string(d)); err != nil {
				t.Fatalf("%q: %v", d, err)
			}
		}
	})
}

func TestLimitsAreTold(t *testing.T) {
	limits := DefaultLimits()
	limits.Metadata = 100
	_, err := DecodeMetadata("org.example/kettle", strings.NewReader(versionsDocument), limits)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint(limits.Metadata)) {
		t.Errorf("%v", err)
	}
}

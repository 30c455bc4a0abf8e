package endtoend_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// repositoryUser speaks to the Maven place as a build tool that is no Maven:
// Gradle, sbt, curl.
type repositoryUser struct {
	t     *testing.T
	a     *assay
	token string
}

// send sends one request, and returns the status line and the body.
func (u *repositoryUser) send(method, path, body string) (status int, line, text string) {
	u.t.Helper()
	r, err := http.NewRequestWithContext(u.t.Context(), method, u.a.base+"maven/"+path, strings.NewReader(body))
	must(u.t, err)
	if u.token != "" {
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("gradle:"+u.token)))
	}
	answer, err := u.a.client.Do(r)
	must(u.t, err)
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	must(u.t, err)
	return answer.StatusCode, answer.Status, string(got)
}

// puts asserts how a PUT is answered, and in which words.
func (u *repositoryUser) puts(path, body string, want int, words ...string) {
	u.t.Helper()
	status, line, text := u.send(http.MethodPut, path, body)
	if status != want {
		u.t.Fatalf("PUT %s was answered %s, want %d: %s", path, line, want, text)
	}
	says(u.t, "PUT "+path, strings.Join(strings.Fields(text), " "), words...)
}

// gets asserts how a GET is answered, and returns the body.
func (u *repositoryUser) gets(path string, want int, words ...string) string {
	u.t.Helper()
	status, line, text := u.send(http.MethodGet, path, "")
	if status != want {
		u.t.Fatalf("GET %s was answered %s, want %d: %s", path, line, want, text)
	}
	says(u.t, "GET "+path, strings.Join(strings.Fields(text), " "), words...)
	return text
}

func sideDigest(text string) string {
	s := sha1.Sum([]byte(text))
	return hex.EncodeToString(s[:])
}

func jarText(t *testing.T, content string) string {
	t.Helper()
	return zipText(t, map[string]string{"com/vaultworks/Stone.class": content})
}

func zipText(t *testing.T, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		must(t, err)
		_, err = io.WriteString(f, files[name])
		must(t, err)
	}
	must(t, w.Close())
	return b.String()
}

func pomText(artifact, version, packaging string) string {
	return fmt.Sprintf("<project><modelVersion>4.0.0</modelVersion><groupId>com.vaultworks</groupId><artifactId>%s</artifactId><version>%s</version><packaging>%s</packaging><description>stone</description></project>",
		artifact, version, packaging)
}

// Files of a release come one by one, in any order, with their digests before
// or after them.
func TestMavenReleaseInPieces(t *testing.T) {
	a := newAssay(t)
	a.start()
	a.do("claim", mavenClaim)
	u := &repositoryUser{t: t, a: a, token: a.token("--publish", mavenClaim)}
	const folder = "com/vaultworks/quartzite/"
	const at = folder + "1.0/quartzite-1.0"
	jar, pom := jarText(t, "stone"), pomText("quartzite", "1.0", "jar")

	u.puts(at+".jar.sha1", sideDigest(jar), 201) // before its file
	u.puts(at+".jar", jarText(t, "gravel"), 400, "sha1")
	u.puts(at+".jar", jar, 201)
	u.puts(at+".jar.sha1", sideDigest(jar), 201)
	u.puts(at+".jar.sha1", sideDigest("gravel"), 409, "sha1")
	u.gets(folder+"maven-metadata.xml", 404, "POM") // nobody could resolve it yet
	u.puts(at+".jar", jar, 200)                     // a build that begins anew
	u.puts(at+".jar", jarText(t, "gravel"), 409, "never changes")
	u.puts(at+".pom", pomText("gravel", "1.0", "jar"), 400, "artifactId")
	u.puts(at+".pom", pom, 201)
	u.puts(at+".jar", jar, 409, "these very bytes") // now it is whole
	u.puts(at+"-sources.jar", jarText(t, "source"), 201)
	u.puts(at+".jar.asc", "-----BEGIN PGP SIGNATURE-----", 201)
	u.puts(at+"-broken.zip", jar[:len(jar)/2], 400, "zip")
	u.puts(at+"-slip.zip", zipText(t, map[string]string{"../../etc/passwd": "x"}), 400, "unpacked elsewhere")

	// What a publisher believes to be there is not what is served.
	u.puts(folder+"maven-metadata.xml", "<metadata><groupId>com.vaultworks</groupId><artifactId>quartzite</artifactId><versioning><release>9</release><versions><version>9</version></versions></versioning></metadata>", 201)
	u.puts(folder+"2.0/quartzite-2.0.pom", pomText("quartzite", "2.0", "pom"), 201)
	metadata := u.gets(folder+"maven-metadata.xml", 200, "<release>2.0</release>", "<version>1.0</version> <version>2.0</version>")
	if strings.Contains(metadata, ">9<") {
		t.Errorf("a version is listed that nobody published:\n%s", metadata)
	}
	if got := u.gets(folder+"maven-metadata.xml.sha1", 200); got != sideDigest(metadata) {
		t.Errorf("the digest of the metadata is %s, want %s", got, sideDigest(metadata))
	}
	strong := sha512.Sum512([]byte(jar))
	if got := u.gets(at+".jar.sha512", 200); got != hex.EncodeToString(strong[:]) {
		t.Errorf("the digest of the jar is %s", got)
	}
	if got := u.gets(at+".jar", 200); got != jar {
		t.Errorf("the jar came with %d bytes, want %d", len(got), len(jar))
	}
	u.gets(at+".jar.asc.md5", 200)
	u.gets(folder+"maven-metadata.xml.asc", 404)
	u.puts(folder+"1.0.0/quartzite-1.0.0.pom", pomText("quartzite", "1.0.0", "jar"), 409, "1.0")
	says(t, "assay explain", a.do("explain", "pkg:maven/com.vaultworks/quartzite@1.0"), "pkg:maven/com.vaultworks/quartzite@1.0", "allow")
}

// The group's plugins are made of the packages that are here.
func TestMavenPluginsOfAGroup(t *testing.T) {
	a := newAssay(t)
	a.start()
	a.do("claim", mavenClaim)
	u := &repositoryUser{t: t, a: a, token: a.token("--publish", mavenClaim)}
	u.gets("com/vaultworks/maven-metadata.xml", 404)
	const at = "com/vaultworks/hew-maven-plugin/1.0/hew-maven-plugin-1.0"
	u.puts(at+".pom", pomText("hew-maven-plugin", "1.0", "maven-plugin"), 201)
	u.puts(at+".jar", jarText(t, "chisel"), 201)
	u.puts("com/vaultworks/maven-metadata.xml", "<metadata><plugins><plugin><prefix>hew</prefix><artifactId>hew-maven-plugin</artifactId></plugin></plugins></metadata>", 201)
	u.puts("com/vaultworks/quartzite/1/quartzite-1.pom", pomText("quartzite", "1", "jar"), 201)
	text := u.gets("com/vaultworks/maven-metadata.xml", 200, "<prefix>hew</prefix> <artifactId>hew-maven-plugin</artifactId>")
	if strings.Count(text, "<plugin>") != 1 {
		t.Errorf("the plugins are\n%s", text)
	}
	if got := u.gets("com/vaultworks/maven-metadata.xml.sha1", 200); got != sideDigest(text) {
		t.Errorf("their digest is %s, want %s", got, sideDigest(text))
	}
	stranger := &repositoryUser{t: t, a: a}
	stranger.gets("com/vaultworks/maven-metadata.xml", 401)
	a.do("block", "pkg:maven/com.vaultworks/hew-maven-plugin", "--reason", "it splinters")
	u.gets("com/vaultworks/maven-metadata.xml", 404)
}

// Snapshots of two builders: the newest of each sort of file is what the name
// means, and no build's files are lost.
func TestMavenSnapshotsInPieces(t *testing.T) {
	a := newAssay(t)
	a.start()
	a.do("claim", mavenClaim)
	u := &repositoryUser{t: t, a: a, token: a.token("--publish", mavenClaim)}
	const folder = "com/vaultworks/quartzite/1.0-SNAPSHOT/"
	pom := pomText("quartzite", "1.0-SNAPSHOT", "jar")
	first, second := jarText(t, "first"), jarText(t, "second")
	u.puts(folder+"quartzite-1.0-20260101.000000-1.jar", first, 201)
	u.puts(folder+"quartzite-1.0-20260101.000000-1-sources.jar", first, 201)
	u.puts(folder+"quartzite-1.0-20260101.000000-1.pom", pom, 201)
	u.puts(folder+"quartzite-1.0-20260102.000000-2.jar", second, 201)
	u.puts(folder+"quartzite-1.0-20260102.000000-2.jar", second, 200) // a build that begins anew
	u.puts(folder+"quartzite-1.0-20260102.000000-2.jar", first, 409)
	u.puts(folder+"quartzite-1.0-SNAPSHOT.jar", first, 400, "time and number")
	u.puts(folder+"maven-metadata.xml", "<metadata><groupId>com.vaultworks</groupId><artifactId>quartzite</artifactId><version>1.0-SNAPSHOT</version></metadata>", 201)
	u.gets(folder+"maven-metadata.xml", 200, "<timestamp>20260102.000000</timestamp>", "<buildNumber>2</buildNumber>", "<classifier>sources</classifier> <extension>jar</extension> <value>1.0-20260101.000000-1</value>")
	for file, want := range map[string]string{
		"quartzite-1.0-SNAPSHOT.jar": second, "quartzite-1.0-20260101.000000-1.jar": first, "quartzite-1.0-SNAPSHOT-sources.jar": first, "quartzite-1.0-SNAPSHOT.pom": pom,
		"quartzite-1.0-SNAPSHOT.jar.sha1": sideDigest(second),
	} {
		if got := u.gets(folder+file, 200); got != want {
			t.Errorf("%s has %d bytes, want %d", file, len(got), len(want))
		}
	}
	u.gets("com/vaultworks/quartzite/maven-metadata.xml", 200, "<version>1.0-SNAPSHOT</version>", "<latest>1.0-SNAPSHOT</latest>")
	u.gets(folder+"quartzite-1.0-SNAPSHOT.war", 404)
	u.gets("com/vaultworks/quartzite/2.0-SNAPSHOT/maven-metadata.xml", 404)
}

// What other build tools ask an upstream's packages for.
func TestMavenAsOtherToolsAsk(t *testing.T) {
	a := newAssay(t)
	fake, err := ecosystemtest.NewMaven()
	must(t, err)
	t.Cleanup(fake.Stop)
	a.start()
	a.do("upstream", "set", "maven", fake.URL())
	old := time.Now().Add(-long)
	for _, version := range []string{"1.0.0", "1.1.0"} {
		must(t, fake.Publish(ecosystemtest.MavenVersion{Name: "example.works/kettle", Version: version, Published: old}))
	}
	u := &repositoryUser{t: t, a: a}
	const at = "example/works/kettle/1.1.0/kettle-1.1.0"
	for _, path := range []string{at + ".pom", at + ".jar", "example/works/kettle/maven-metadata.xml"} {
		if status, line, text := u.send(http.MethodHead, path, ""); status != 200 || text != "" {
			t.Errorf("HEAD of %s was answered %s with %d bytes", path, line, len(text))
		}
	}
	u.gets(at+".module", 404) // Gradle's own description, which this package lacks
	u.gets(at+"-sources.jar", 404)
	jar := fake.Jar("example.works/kettle", "1.1.0")
	strong := sha512.Sum512(jar)
	if got := u.gets(at+".jar.sha512", 200); got != hex.EncodeToString(strong[:]) { // the upstream has none
		t.Errorf("the digest of the jar is %s", got)
	}
	u.gets("example/works/kettle/1.2.0/kettle-1.2.0.pom", 404)
	u.gets(".meta/prefixes.txt", 404)
	u.gets("example/works/kettle/2.0-SNAPSHOT/maven-metadata.xml", 403, "snapshot")
	a.do("block", "pkg:maven/example.works/kettle@[1.1,)", "--reason", "it leaks")
	for _, ending := range []string{".pom", ".jar", ".jar.sha1", ".jar.asc", "-sources.jar"} {
		u.gets(at+ending, 403, "it leaks", "/why/")
	}
	if got := u.gets("example/works/kettle/maven-metadata.xml", 200, "<release>1.0.0</release>"); strings.Contains(got, "1.1.0") {
		t.Errorf("a blocked version is listed:\n%s", got)
	}
	for _, r := range fake.Requests() {
		if strings.Contains(r.Path, "2.0-SNAPSHOT") || strings.Contains(r.Path, "prefixes") {
			t.Errorf("the upstream was asked for %s", r.Path)
		}
	}
	if bytes.Contains([]byte(u.gets("", 404)), jar) {
		t.Error("the root is a jar")
	}
}

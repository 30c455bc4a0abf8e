package endtoend_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// debianRepository is where Debian keeps Maven's own plugins, in the layout of
// a repository (packages libmaven-*-plugin-java). Served over HTTP it is an
// upstream as good as any: mvn fetches its plugins through Assay.
const debianRepository = "/usr/share/maven-repo"

// pluginOrigin serves that folder, with dates long past.
func pluginOrigin(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(debianRepository + "/org/apache/maven/plugins/maven-deploy-plugin"); err != nil {
		t.Fatalf("Maven's plugins are not here (%v): apt-get install maven libmaven-deploy-plugin-java libmaven-dependency-plugin-java libmaven-install-plugin-java "+
			"libmaven-resources-plugin-java libmaven-compiler-plugin-java libmaven-jar-plugin-java libsurefire-java", err)
	}
	files := os.DirFS(debianRepository)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		content, err := fs.ReadFile(files, name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Last-Modified", time.Now().Add(-long).UTC().Format(http.TimeFormat))
		_, _ = w.Write(content) // a client that is gone cannot be told
	}))
	t.Cleanup(server.Close)
	return server.URL + "/"
}

// newMaven is a running server whose Maven place pulls from a fake, and
// behind that from Maven's plugins.
func newMaven(t *testing.T) (*assay, *ecosystemtest.Maven) {
	t.Helper()
	a := newAssay(t)
	fake, err := ecosystemtest.NewMaven()
	must(t, err)
	t.Cleanup(fake.Stop)
	a.start()
	a.do("upstream", "set", "maven", fake.URL(), pluginOrigin(t))
	return a, fake
}

// mavenProject is a folder with a pom.xml, settings and a local repository of
// its own: a person's machine on its first day.
type mavenProject struct {
	t          *testing.T
	dir        string
	repository string
	settings   string
	env        []string
}

func newMavenProject(t *testing.T, a *assay, token string) *mavenProject {
	t.Helper()
	home := t.TempDir()
	p := &mavenProject{t: t, dir: t.TempDir(), repository: filepath.Join(home, "repository"), settings: filepath.Join(home, "settings.xml"), env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(), "MAVEN_SKIP_RC=1",
		"MAVEN_OPTS=-XX:TieredStopAtLevel=1 -Duser.home=" + home,
	}}
	server := ""
	if token != "" {
		server = "<servers><server><id>assay</id><username>deployer</username><password>" + token + "</password></server></servers>"
	}
	// Maven asks nobody for snapshots until a repository is said to have some.
	const snapshots = "<profiles><profile><id>assay</id><repositories><repository><id>central</id><url>http://repository.invalid/</url><snapshots><enabled>true</enabled></snapshots></repository></repositories></profile></profiles>" +
		"<activeProfiles><activeProfile>assay</activeProfile></activeProfiles>"
	p.write(p.settings, "<settings>"+server+snapshots+"<mirrors><mirror><id>assay</id><mirrorOf>*</mirrorOf><url>"+a.base+"maven/</url></mirror></mirrors></settings>\n")
	return p
}

func (p *mavenProject) write(path, content string) {
	p.t.Helper()
	must(p.t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(p.t, os.WriteFile(path, []byte(content), 0o600))
}

// pom writes the project's description: its coordinates, and what follows.
func (p *mavenProject) pom(coordinates, rest string) {
	p.t.Helper()
	parts := strings.Split(coordinates, ":")
	p.write(filepath.Join(p.dir, "pom.xml"), fmt.Sprintf(`<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>
<properties><maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target><project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>
%s</project>
`, parts[0], parts[1], parts[2], rest))
}

// depends writes a project that depends on packages: group:artifact:version.
func (p *mavenProject) depends(dependencies ...string) {
	p.t.Helper()
	var b strings.Builder
	b.WriteString("<dependencies>")
	for _, d := range dependencies {
		parts := strings.SplitN(d, ":", 3)
		fmt.Fprintf(&b, "<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>", parts[0], parts[1], parts[2])
	}
	b.WriteString("</dependencies>")
	p.pom("example.app:app:1.0", b.String())
}

func (p *mavenProject) mvn(args ...string) result {
	p.t.Helper()
	return execute(p.t, p.dir, p.env, "mvn", append([]string{"-B", "-s", p.settings, "-Dmaven.repo.local=" + p.repository}, args...)...)
}

func (p *mavenProject) mustMvn(args ...string) string {
	p.t.Helper()
	r := p.mvn(args...)
	if r.code != 0 {
		p.t.Fatalf("mvn %s ended with %d:\n%s", strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

// forget drops what the local repository has of a group, found or not.
func (p *mavenProject) forget(folder string) {
	p.t.Helper()
	must(p.t, os.RemoveAll(filepath.Join(p.repository, folder)))
}

const copyDependencies = "org.apache.maven.plugins:maven-dependency-plugin:3.5.0:copy-dependencies"

// resolve has Maven fetch the project's dependencies, and returns the names
// of their files.
func (p *mavenProject) resolve() []string {
	p.t.Helper()
	must(p.t, os.RemoveAll(filepath.Join(p.dir, "target")))
	p.mustMvn(copyDependencies)
	entries, err := os.ReadDir(filepath.Join(p.dir, "target", "dependency"))
	must(p.t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (p *mavenProject) resolves(want ...string) {
	p.t.Helper()
	if got := p.resolve(); !slices.Equal(got, want) {
		p.t.Errorf("Maven resolved %q, want %q", got, want)
	}
}

// refuses asserts that Maven does not resolve, and that its user reads why.
func (p *mavenProject) refuses(words ...string) {
	p.t.Helper()
	r := p.mvn(copyDependencies)
	if r.code == 0 {
		p.t.Fatalf("Maven resolved what is refused:\n%s", r.out)
	}
	says(p.t, "mvn", r.flat(), words...)
}

func publishMaven(t *testing.T, fake *ecosystemtest.Maven) {
	t.Helper()
	old := time.Now().Add(-long)
	for _, v := range []ecosystemtest.MavenVersion{
		{Name: "example.works/kettle", Version: "1.0.0", Published: old},
		{Name: "example.works/kettle", Version: "1.1.0", Published: old},
		{Name: "example.works/kettle", Version: "1.2.0", Published: old},
		{Name: "example.works/kettle", Version: "2.0.0", Published: time.Now().Add(-time.Hour)},
		{Name: "example.works/lid", Version: "1.0.0", Published: old, Dependencies: map[string]string{"example.works/kettle": "[1.0,2.0)"}},
		{Name: "example.works/spout", Version: "1.0.0", Published: old, Dependencies: map[string]string{"example.works/kettle": "1.2.0"}},
	} {
		must(t, fake.Publish(v))
	}
}

func TestMavenResolves(t *testing.T) {
	a, fake := newMaven(t)
	publishMaven(t, fake)
	p := newMavenProject(t, a, "")
	at := func(t *testing.T) { // each step is a first day with the packages, not with the plugins
		p.t = t
		p.forget("example")
	}
	t.Run("a range takes the newest version in it", func(t *testing.T) {
		at(t)
		p.depends("example.works:lid:1.0.0")
		p.resolves("kettle-1.2.0.jar", "lid-1.0.0.jar")
	})
	t.Run("an open range does not take a version that is new", func(t *testing.T) {
		at(t)
		p.depends("example.works:kettle:[1.0,)")
		p.resolves("kettle-1.2.0.jar")
	})
	t.Run("who names the new version reads that it waits", func(t *testing.T) {
		at(t)
		p.depends("example.works:kettle:2.0.0")
		p.refuses("403", "cooldown", "/why/")
	})
	a.do("block", "pkg:maven/example.works/kettle@1.2.0", "--reason", "it leaks the tea")
	t.Run("a range goes around a blocked version", func(t *testing.T) {
		at(t)
		p.depends("example.works:lid:1.0.0")
		p.resolves("kettle-1.1.0.jar", "lid-1.0.0.jar")
	})
	t.Run("who depends on a blocked version reads why it is refused", func(t *testing.T) {
		at(t)
		p.depends("example.works:spout:1.0.0")
		p.refuses("403", "block", "it leaks the tea", "/why/")
	})
	t.Run("who manages the version of what a dependency names goes around it", func(t *testing.T) {
		at(t)
		const managed = "<dependency><groupId>example.works</groupId><artifactId>kettle</artifactId><version>1.1.0</version></dependency>"
		const spout = "<dependency><groupId>example.works</groupId><artifactId>spout</artifactId><version>1.0.0</version></dependency>"
		p.pom("example.app:app:1.0", "<dependencyManagement><dependencies>"+managed+"</dependencies></dependencyManagement><dependencies>"+spout+"</dependencies>")
		p.resolves("kettle-1.1.0.jar", "spout-1.0.0.jar")
	})
	t.Run("a snapshot of an upstream is refused in words", func(t *testing.T) {
		at(t)
		p.depends("example.works:kettle:3.0-SNAPSHOT")
		p.refuses("snapshot")
	})
	a.do("block", "pkg:maven/example.works/kettle", "--reason", "no tea at all")
	t.Run("with every version blocked Maven says that there is none and why", func(t *testing.T) {
		at(t)
		p.depends("example.works:lid:1.0.0")
		p.refuses("no tea at all", "/why/")
	})
	t.Run("the upstream was asked for each jar once", func(t *testing.T) {
		for _, version := range []string{"1.1.0", "1.2.0"} {
			if n := fake.Count("kettle-" + version + ".jar"); n != 1 {
				t.Errorf("the upstream was asked %d times for the jar of %s", n, version)
			}
		}
	})
}

const mavenClaim = "pkg:maven/com.vaultworks/*"

// library writes a project that can be deployed.
func (p *mavenProject) library(a *assay, version, word string) {
	p.t.Helper()
	p.pom("com.vaultworks:quartzite:"+version, "<name>Quartzite</name><description>stone for the cellar</description><distributionManagement><repository><id>assay</id><url>"+a.base+"maven/</url></repository></distributionManagement>")
	must(p.t, os.RemoveAll(filepath.Join(p.dir, "target")))
	p.write(filepath.Join(p.dir, "src/main/java/com/vaultworks/Quartzite.java"),
		"package com.vaultworks;\npublic class Quartzite { public static void main(String[] args) { System.out.println(\""+word+"\"); } }\n")
}

// runs asserts what the library prints that a project resolves to.
func (p *mavenProject) runs(word string) {
	p.t.Helper()
	names := p.resolve()
	if len(names) != 1 {
		p.t.Fatalf("Maven resolved %q, want one jar", names)
	}
	r := execute(p.t, p.dir, p.env, "java", "-cp", filepath.Join("target", "dependency", names[0]), "com.vaultworks.Quartzite")
	if strings.TrimSpace(r.out) != word {
		p.t.Errorf("the library prints %q, want %q", r.out, word)
	}
}

func TestMavenDeploys(t *testing.T) {
	a, fake := newMaven(t)
	a.do("claim", mavenClaim)
	token := a.token("--publish", mavenClaim, "--expires", "90d")
	p := newMavenProject(t, a, token)
	reader := newMavenProject(t, a, a.token("--read", mavenClaim))
	t.Run("a release is deployed and resolved by who may read it", func(t *testing.T) {
		p.t, reader.t = t, t
		p.library(a, "1.0.0", "first")
		p.mustMvn("deploy")
		reader.depends("com.vaultworks:quartzite:[1.0,)")
		reader.runs("first")
	})
	t.Run("the release again is refused, whatever the bytes", func(t *testing.T) {
		p.t = t
		for _, word := range []string{"first", "second"} {
			p.library(a, "1.0.0", word)
			r := p.mvn("deploy")
			if r.code == 0 {
				t.Fatalf("Maven deployed it again:\n%s", r.out)
			}
			says(t, "mvn", r.flat(), "409", "never changes", "raise the version")
		}
	})
	t.Run("a snapshot is deployed twice and the newest is resolved", func(t *testing.T) {
		p.t, reader.t = t, t
		for _, word := range []string{"third", "fourth"} {
			p.library(a, "1.1-SNAPSHOT", word)
			p.mustMvn("deploy")
		}
		reader.depends("com.vaultworks:quartzite:1.1-SNAPSHOT")
		reader.runs("fourth")
	})
	t.Run("a jar that somebody else made is deployed under a name of one's own", func(t *testing.T) {
		p.t, reader.t = t, t
		jar := filepath.Join(p.dir, "target", "quartzite-1.1-SNAPSHOT.jar")
		deploy := []string{"org.apache.maven.plugins:maven-deploy-plugin:3.0.0:deploy-file", "-DgroupId=com.vaultworks", "-DartifactId=gravel", "-Dversion=7",
			"-Dpackaging=jar", "-DrepositoryId=assay", "-Durl=" + a.base + "maven/"}
		// Maven sends the POM that it finds in the jar, which is of another package.
		r := p.mvn(append(deploy, "-Dfile="+jar)...)
		if r.code == 0 {
			t.Fatalf("a POM of another package was taken:\n%s", r.out)
		}
		says(t, "mvn", r.flat(), "400", "gravel-7.pom is refused", `artifactId is "quartzite" and not gravel`)
		bare := filepath.Join(p.dir, "bare.jar")
		withoutMaven(t, jar, bare)
		p.mustMvn(append(deploy, "-Dfile="+bare, "-Dversion=8")...)
		reader.depends("com.vaultworks:gravel:8")
		reader.runs("fourth")
	})
	t.Run("without a token nothing is deployed, and who reads is told", func(t *testing.T) {
		stranger := newMavenProject(t, a, "")
		stranger.library(a, "2.0.0", "mine")
		r := stranger.mvn("deploy")
		if r.code == 0 || !mentions(r.out, 401) {
			t.Errorf("mvn deploy ended with %d:\n%s", r.code, r.out)
		}
		stranger.depends("com.vaultworks:quartzite:1.0.0")
		stranger.refuses("401")
	})
	t.Run("a token that only reads deploys nothing", func(t *testing.T) {
		reader.t = t
		reader.library(a, "2.0.0", "mine")
		r := reader.mvn("deploy")
		if r.code == 0 || !mentions(r.out, 403) {
			t.Errorf("mvn deploy ended with %d:\n%s", r.code, r.out)
		}
	})
	t.Run("the upstream heard nothing of it", func(t *testing.T) {
		for _, r := range fake.Requests() {
			if text := strings.ToLower(r.Text()); strings.Contains(text, "vaultworks") || strings.Contains(text, "quartzite") {
				t.Errorf("the upstream was asked for %s %s", r.Method, r.Path)
			}
		}
	})
}

// withoutMaven copies a jar without what Maven has put into it.
func withoutMaven(t *testing.T, from, to string) {
	t.Helper()
	r, err := zip.OpenReader(from)
	must(t, err)
	defer r.Close()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range r.File {
		if !strings.HasPrefix(f.Name, "META-INF/maven/") {
			must(t, w.Copy(f))
		}
	}
	must(t, w.Close())
	must(t, os.WriteFile(to, b.Bytes(), 0o600))
}

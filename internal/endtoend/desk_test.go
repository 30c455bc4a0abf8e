package endtoend_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// TestDesk drives what an administrator's desk takes and refuses without any
// package manager: testdata/desk_*.txtar. Only the built command is on PATH.
func TestDesk(t *testing.T) {
	scripts, err := filepath.Glob("testdata/desk_*.txtar")
	must(t, err)
	if len(scripts) == 0 {
		t.Fatal("there are no scripts")
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary))
			return nil
		},
	})
}

var heldID = regexp.MustCompile(`\bh-[a-z0-9]{10}\b`)

// isHeld asserts that a publication ended in words that its publisher can do
// something with, on the package manager's own output, and returns the id.
func isHeld(t *testing.T, what string, r result, target string) string {
	t.Helper()
	if r.code == 0 {
		t.Fatalf("%s published a name that looks like %s:\n%s", what, target, r.out)
	}
	says(t, what, r.flat(), "403", "held as h-", "its name looks like "+target, "assay held appeal h-")
	id := heldID.FindString(r.out)
	if id == "" {
		t.Fatalf("%s names no id:\n%s", what, r.out)
	}
	return id
}

// askedOnce asserts that the package manager took the refusal for final: one
// that tries again fills the desk.
func askedOnce(t *testing.T, a *assay) {
	t.Helper()
	if n := strings.Count(a.output.String(), "status=403"); n != 1 {
		t.Errorf("the publish was refused %d times, want once", n)
	}
}

// waiting are the ids of what is held and not answered.
func waiting(t *testing.T, a *assay) map[string]string {
	t.Helper()
	var held []struct{ ID, Version, State string }
	must(t, json.Unmarshal([]byte(a.stdout("held", "--json")), &held))
	ids := map[string]string{}
	for _, h := range held {
		ids[h.ID] = h.Version + " " + h.State
	}
	return ids
}

func TestNPMNamesThatLookLikeOthersAreHeld(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	a.do("claim", "pkg:npm/lodahs")
	token := a.token("--publish", "pkg:npm/lodahs")
	remote := func(args ...string) result {
		t.Helper()
		env := append(a.env, "ASSAY_TOKEN="+token)
		return execute(t, t.TempDir(), env, binary, append(args, "--server", a.base)...)
	}
	p := newPublisher(t, a, token)
	p.writePackage("lodahs", "1.0.0", nil)
	id := isHeld(t, "npm publish", p.run("npm", "publish"), "lodash")
	askedOnce(t, a)
	if got := waiting(t, a); len(got) != 1 || got[id] != "pkg:npm/lodahs@1.0.0 waiting" {
		t.Fatalf("one publish left %v waiting", got)
	}
	t.Run("it need not be sent again", func(t *testing.T) {
		p.t = t
		r := p.run("npm", "publish")
		if r.code == 0 {
			t.Fatal("npm published what is held")
		}
		says(t, "npm publish", r.flat(), "is held already, as "+id)
		q := newPublisher(t, a, token)
		q.writePackage("lodahs", "1.0.1", nil)
		says(t, "npm publish of another version", q.run("npm", "publish").flat(), "held as h-")
		if n := len(waiting(t, a)); n != 2 {
			t.Errorf("%d publications wait, want 2", n)
		}
	})
	t.Run("nobody can install it, its publisher neither", func(t *testing.T) {
		p.t = t
		q := newPublisher(t, a, token)
		if r := q.run("npm", "install", "lodahs"); r.code == 0 || !mentions(r.out, 404) {
			t.Errorf("npm install ended with %d:\n%s", r.code, r.out)
		}
		kept := readHosted(t, a)
		if len(kept.releases) != 0 || kept.files != 0 {
			t.Errorf("what is held has releases %v and %d files", kept.releases, kept.files)
		}
	})
	t.Run("its publisher appeals, and does not answer", func(t *testing.T) {
		if r := remote("held", "appeal", id, "--reason", "our ship is called so"); r.code != 0 {
			t.Fatalf("assay held appeal ended with %d:\n%s", r.code, r.out)
		}
		for _, word := range []string{"release", "refuse"} {
			if r := remote("held", word, id, "--reason", "I say so"); r.code == 0 || !strings.Contains(r.out, "administrator") {
				t.Errorf("a publisher may %s: %s", word, r.out)
			}
		}
		says(t, "assay held", remote("held").out, id, "appealed", "our ship is called so")
	})
	t.Run("another token sees nothing of it", func(t *testing.T) {
		mine := token
		defer func() { token = mine }()
		token = a.token("--read", npmClaim)
		says(t, "assay held", remote("held", "--all").out, "Nothing was ever held.")
		if r := remote("held", "appeal", id, "--reason", "mine"); r.code == 0 || strings.Contains(r.out, "lodahs") {
			t.Errorf("a stranger appeals: %s", r.out)
		}
	})
	t.Run("the operator releases it, and it is installed", func(t *testing.T) {
		says(t, "assay held release", a.do("held", "release", id, "--reason", "I know the ship"), "Released pkg:npm/lodahs@1.0.0: it is published")
		q := newPublisher(t, a, token)
		q.mustRun("npm", "install", "lodahs@1.0.0")
		q.installed("lodahs", "1.0.0")
		says(t, "a second answer", a.command("held", "refuse", id, "--reason", "no").out, id+" was released on")
	})
	t.Run("later versions are not held, and an open one is refused for good", func(t *testing.T) {
		p.t = t
		p.writePackage("lodahs", "1.1.0", nil)
		p.mustRun("npm", "publish")
		for other := range waiting(t, a) {
			says(t, "assay held refuse", a.do("held", "refuse", other, "--reason", "it was superseded"), "Refused pkg:npm/lodahs@1.0.1")
		}
		if left := waiting(t, a); len(left) != 0 {
			t.Errorf("%v wait still", left)
		}
		says(t, "assay held --all", remote("held", "--all").out, "refused", "it was superseded", "released")
	})
	a.do("log", "verify")
}

func TestTwineIsToldThatANameIsHeld(t *testing.T) {
	a, _ := newPyPIAssay(t)
	a.start()
	a.do("claim", "pkg:pypi/reqeusts")
	token := a.token("--publish", "pkg:pypi/reqeusts")
	p := newPyProject(t, a.at("pypi/simple/", token), "TWINE_USERNAME=__token__", "TWINE_PASSWORD="+token, "TWINE_NON_INTERACTIVE=1", "UV_PUBLISH_TOKEN="+token)
	version := ecosystemtest.PyPIVersion{Name: "reqeusts", Version: "1.0.0"}
	wheel, err := ecosystemtest.PyPIWheel(version)
	must(t, err)
	p.write("dist/reqeusts-1.0.0-py3-none-any.whl", string(wheel))
	source, err := ecosystemtest.PyPISource(version)
	must(t, err)
	p.write("dist/reqeusts-1.0.0.tar.gz", string(source))
	twine := []string{"upload", "--disable-progress-bar", "--repository-url", a.base + "pypi/legacy/"}
	id := isHeld(t, "twine", p.run("twine", append(twine, "dist/reqeusts-1.0.0-py3-none-any.whl")...), "requests")
	askedOnce(t, a)
	// The second file of the version joins the first; one decision is asked for.
	if again := isHeld(t, "uv publish", p.run("uv", "publish", "--publish-url", a.base+"pypi/legacy/", "dist/reqeusts-1.0.0.tar.gz"), "requests"); again != id {
		t.Errorf("the second file waits as %s, the first as %s", again, id)
	}
	if got := waiting(t, a); len(got) != 1 {
		t.Fatalf("two files of a version left %v waiting", got)
	}
	a.do("held", "release", id, "--reason", "it is ours")
	q := newPyProject(t, a.at("pypi/simple/", token))
	q.mustRun("uv", "pip", "install", "--target", "lib", "--only-binary", ":all:", "reqeusts")
	q.installed("lib", "reqeusts", "1.0.0")
	says(t, "the list of files", a.ask(http.MethodGet, "pypi/simple/reqeusts/", token, nil).text(), "reqeusts-1.0.0-py3-none-any.whl", "reqeusts-1.0.0.tar.gz")
}

func TestCargoIsToldThatANameIsHeld(t *testing.T) {
	a, _ := newCargoAssay(t)
	a.do("claim", "pkg:cargo/serrde")
	token := a.token("--publish", "pkg:cargo/serrde")
	p := newCratePublisher(t, a, token)
	id := isHeld(t, "cargo publish", p.publish("serrde", "1.0.0", ""), "serde")
	askedOnce(t, a)
	if got := waiting(t, a); len(got) != 1 || got[id] == "" {
		t.Fatalf("one publish left %v waiting", got)
	}
	a.do("held", "release", id, "--reason", "it is ours")
	q := newCratePublisher(t, a, token)
	q.write("app", "0.1.0", "serrde = { version = \"1\", registry = \"assay\" }\n")
	q.mustRun("fetch")
	says(t, "the lock file", q.lock(), `name = "serrde"`)
}

func TestMavenIsToldThatANameIsHeld(t *testing.T) {
	a, _ := newMaven(t)
	const claim = "pkg:maven/com.google.guava1/*"
	a.do("claim", claim)
	token := a.token("--publish", claim)
	p := newMavenProject(t, a, token)
	deploy := func() result {
		p.pom("com.google.guava1:guava:1.0.0", "<name>Guava</name><distributionManagement><repository><id>assay</id><url>"+a.base+"maven/</url></repository></distributionManagement>")
		must(t, os.RemoveAll(filepath.Join(p.dir, "target")))
		p.write(filepath.Join(p.dir, "src/main/java/guava1/One.java"), "package guava1;\npublic class One { }\n")
		return p.mvn("deploy")
	}
	id := isHeld(t, "mvn deploy", deploy(), "com.google.guava/guava")
	if got := waiting(t, a); len(got) != 1 || got[id] == "" {
		t.Fatalf("one deploy left %v waiting", got)
	}
	says(t, "mvn deploy again", deploy().flat(), "held")
	a.do("held", "release", id, "--reason", "it is ours")
	reader := newMavenProject(t, a, a.token("--read", claim))
	reader.depends("com.google.guava1:guava:1.0.0")
	if names := reader.resolve(); len(names) != 1 || names[0] != "guava-1.0.0.jar" {
		t.Errorf("Maven resolved %q", names)
	}
}

// A report comes from a reader; the administrator looks, quarantines, and
// removes for malice. From then on the advisory tells everybody who follows,
// and nobody else of what is private.
func TestAReportBecomesAnAdvisory(t *testing.T) {
	a, token := newVault(t)
	reader := a.token("--read", npmClaim)
	const version = "pkg:npm/%40vaultworks/quartzite@1.1.0"
	asks := func(secret, method, path string, body any) (int, string) {
		t.Helper()
		status, _, answer := a.asks(t, secret, method, "api/v1/"+path, body)
		return status, string(answer)
	}
	report := map[string]string{"version": version, "reason": "its index.js reads ~/.npmrc"}
	if status, body := asks("", "POST", "reports", report); status != http.StatusUnauthorized {
		t.Errorf("nobody known reports: %d %s", status, body)
	}
	if status, body := asks(a.token(), "POST", "reports", report); status != http.StatusNotFound || strings.Contains(body, "1.0.0") {
		t.Errorf("who may not read it reports: %d %s", status, body)
	}
	if status, body := asks(reader, "POST", "reports", report); status != http.StatusOK || !strings.Contains(body, `"r-`) {
		t.Fatalf("a reader reports: %d %s", status, body)
	}
	if r := execute(t, t.TempDir(), append(a.env, "ASSAY_TOKEN="+reader), binary, "report", "pkg:npm/kettle@1.2.0", "--reason", "odd", "--server", a.base); r.code != 0 {
		t.Fatalf("assay report ended with %d:\n%s", r.code, r.out)
	}
	says(t, "assay reports", a.do("reports"), version, "its index.js reads ~/.npmrc", "pkg:npm/kettle@1.2.0", "odd")
	if status, body := asks(token, "GET", "reports", nil); status != http.StatusOK || strings.TrimSpace(body) != "[]" {
		t.Errorf("another token sees %d %s", status, body)
	}
	a.do("quarantine", version, "--reason", "under review")
	q := newPublisher(t, a, reader)
	q.mustRun("npm", "install", privatePackage)
	q.installed(privatePackage, "1.0.0")

	out := a.do("remove", version, "--malicious", "--reason", "it sends tokens to attacker.example", "--yes")
	says(t, "assay remove", out, "Removed "+version, "ASSAY-MAL-", "/log/advisories/")
	id := regexp.MustCompile(`ASSAY-MAL-\d{4}-[0-9a-f]{6}-\d+`).FindString(out)
	says(t, "assay reports --all", a.stdout("reports", "--all"), "removed: it sends tokens to attacker.example")
	says(t, "assay explain", a.do("explain", version), "removed", id)
	if open := a.stdout("reports"); strings.Contains(open, "quartzite") || !strings.Contains(open, "kettle") {
		t.Errorf("the open reports are\n%s", open)
	}

	t.Run("who may read the package reads the advisory", func(t *testing.T) {
		got := a.ask(http.MethodGet, "log/advisories/"+id+".json", reader, nil)
		var record struct {
			ID       string
			Affected []struct {
				Package  struct{ Ecosystem, Name, PURL string }
				Versions []string
			}
		}
		if got.status != http.StatusOK || json.Unmarshal(got.body, &record) != nil || record.ID != id || len(record.Affected) != 1 ||
			record.Affected[0].Package.Name != privatePackage || len(record.Affected[0].Versions) != 1 || record.Affected[0].Versions[0] != "1.1.0" {
			t.Errorf("the record is %d %s", got.status, got.body)
		}
		tag := got.header.Get("ETag")
		if again := a.ask(http.MethodGet, "log/advisories/"+id+".json", reader, nil, "If-None-Match", tag); tag == "" || again.status != http.StatusNotModified {
			t.Errorf("asked again with %q: %d", tag, again.status)
		}
		archive := a.ask(http.MethodGet, "log/advisories.zip", reader, nil)
		files, err := zip.NewReader(bytes.NewReader(archive.body), int64(len(archive.body)))
		if err != nil || len(files.File) != 1 || files.File[0].Name != id+".json" {
			t.Errorf("the archive is %d %v (%v)", archive.status, files, err)
		}
	})
	t.Run("a stranger reads nothing of it", func(t *testing.T) {
		for _, path := range []string{"log/advisories", "log/advisories.zip", "log/advisories/" + id + ".json"} {
			got := a.ask(http.MethodGet, path, "", nil)
			saysNothing(t, path, got.text())
		}
	})
	a.do("remove", "pkg:npm/kettle@1.2.0", "--malicious", "--reason", "it brews malware", "--yes")
	t.Run("of a public package everybody reads it", func(t *testing.T) {
		got := a.ask(http.MethodGet, "log/advisories", "", nil)
		saysNothing(t, "the list", got.text())
		says(t, "the list", got.text(), `"vulns":`, `"kettle"`, "1.2.0", "it brews malware")
		q := newProject(t, a.base+"npm/")
		q.mustRun("npm", "install", "kettle")
		q.installed("kettle", "1.1.0")
		if r := q.run("npm", "install", "kettle@1.2.0"); r.code == 0 {
			t.Error("npm installed what was removed as malicious")
		}
	})
	t.Run("it cannot be removed twice, and a token that publishes may not say so", func(t *testing.T) {
		if r := a.command("remove", version, "--malicious", "--reason", "again", "--yes"); r.code == 0 || !strings.Contains(r.out, "cannot be taken back") {
			t.Errorf("it ended with %d:\n%s", r.code, r.out)
		}
		if status, body := asks(token, "POST", "removals", map[string]string{"version": "pkg:npm/%40vaultworks/quartzite@1.0.0", "reason": "mine"}); status != http.StatusForbidden {
			t.Errorf("its publisher removes it as malicious: %d %s", status, body)
		}
	})
	a.do("log", "verify")
}

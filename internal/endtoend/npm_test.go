package endtoend_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// project is a folder with a package.json, a home of its own and an empty
// cache: a person's machine on its first day.
type project struct {
	t    *testing.T
	dir  string
	home string
	env  []string
}

func newProject(t *testing.T, registry string) *project {
	t.Helper()
	p := &project{t: t, dir: t.TempDir()}
	p.forget(registry)
	must(t, os.WriteFile(filepath.Join(p.dir, "package.json"), []byte(`{"name": "app", "version": "1.0.0", "private": true}`), 0o600))
	return p
}

// forget gives the project a new home, so that no client cache is left.
func (p *project) forget(registry string) {
	p.home = p.t.TempDir()
	p.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "TMPDIR=" + p.t.TempDir(), "CI=true", "NO_COLOR=1",
		"npm_config_registry=" + registry, "npm_config_userconfig=" + filepath.Join(p.home, "npmrc"),
		"npm_config_globalconfig=" + filepath.Join(p.home, "globalrc"), "npm_config_cache=" + filepath.Join(p.home, "cache"),
		"npm_config_update_notifier=false", "npm_config_fund=false", "npm_config_fetch_retries=0",
		"XDG_CACHE_HOME=" + filepath.Join(p.home, "xdg-cache"), "XDG_DATA_HOME=" + filepath.Join(p.home, "xdg-data"),
		"XDG_STATE_HOME=" + filepath.Join(p.home, "xdg-state"), "XDG_CONFIG_HOME=" + filepath.Join(p.home, "xdg-config"),
		"PNPM_HOME=" + filepath.Join(p.home, "pnpm"), "pnpm_config_registry=" + registry,
	}
}

func (p *project) run(program string, args ...string) result {
	p.t.Helper()
	return execute(p.t, p.dir, p.env, program, args...)
}

func (p *project) mustRun(program string, args ...string) string {
	p.t.Helper()
	r := p.run(program, args...)
	if r.code != 0 {
		p.t.Fatalf("%s %s ended with %d:\n%s", program, strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

// remove takes away what was installed, and the lock file unless kept.
func (p *project) remove(names ...string) {
	p.t.Helper()
	for _, name := range names {
		must(p.t, os.RemoveAll(filepath.Join(p.dir, name)))
	}
}

// installed asserts which version of a package lies in node_modules.
func (p *project) installed(name, version string) {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join(p.dir, "node_modules", name, "package.json"))
	must(p.t, err)
	var m struct{ Version string }
	must(p.t, json.Unmarshal(content, &m))
	if m.Version != version {
		p.t.Errorf("%s %s was installed, want %s", name, m.Version, version)
	}
	run := p.mustRun("node", "-e", "console.log(require("+string(must1(json.Marshal(name)))+"))")
	if strings.TrimSpace(run) != name+"@"+version {
		p.t.Errorf("node loads %q, want %s@%s", run, name, version)
	}
}

// must1 is for values whose encoding cannot fail.
func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// publishNPM fills the fake: kettle depends on a scoped lid.
func publishNPM(t *testing.T, n *ecosystemtest.NPM) {
	t.Helper()
	when := time.Now().Add(-long)
	for _, v := range []ecosystemtest.NPMVersion{
		{Name: "@works/lid", Version: "2.1.0", Published: when},
		{Name: "kettle", Version: "1.0.0", Published: when},
		{Name: "kettle", Version: "1.1.0", Published: when, Dependencies: map[string]string{"@works/lid": "^2.0.0"}},
		{Name: "kettle", Version: "1.2.0", Published: when, Dependencies: map[string]string{"@works/lid": "^2.0.0"}},
		{Name: "kettle", Version: "2.0.0-rc.1", Published: when},
		{Name: "stove", Version: "1.0.0", Published: when, Scripts: map[string]string{"postinstall": "node -e 0"}},
		{Name: "fresh", Version: "1.0.0", Published: when},
		{Name: "fresh", Version: "1.0.1", Published: time.Now().Add(-time.Hour)},
	} {
		must(t, n.Publish(v))
	}
	n.Tag("kettle", "next", "2.0.0-rc.1")
	n.Tag("kettle", "latest", "1.2.0")
}

func TestNPMInstallsAndInstallsAgainWithTheUpstreamGone(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	p := newProject(t, a.base+"npm/")
	p.mustRun("npm", "install", "kettle")
	p.installed("kettle", "1.2.0")
	p.installed("@works/lid", "2.1.0")
	lock, err := os.ReadFile(filepath.Join(p.dir, "package-lock.json"))
	must(t, err)
	if strings.Contains(string(lock), a.npm.URL()) {
		t.Error("the lock file leads past assay, to the upstream")
	}
	says(t, "the lock file", string(lock), a.npm.Integrity("kettle", "1.2.0"), a.base+"npm/kettle/-/kettle-1.2.0.tgz")

	a.npm.Stop()
	p.forget(a.base + "npm/")
	p.remove("node_modules", "package-lock.json", "package.json")
	must(t, os.WriteFile(filepath.Join(p.dir, "package.json"), []byte(`{"name": "app", "version": "1.0.0"}`), 0o600))
	p.mustRun("npm", "install", "kettle")
	p.installed("kettle", "1.2.0")

	// And once more after a restart, from the lock file alone.
	a.stop()
	a.start("--no-adopt")
	p.forget(a.base + "npm/")
	p.remove("node_modules")
	p.mustRun("npm", "ci")
	p.installed("@works/lid", "2.1.0")
}

func TestNPMPassesThroughWhatIsNoPackage(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	p := newProject(t, a.base+"npm/")
	says(t, "npm ping", p.mustRun("npm", "ping"), "PONG")
	says(t, "npm view", p.mustRun("npm", "view", "kettle", "versions", "dist-tags", "--json"), `"1.2.0"`, `"latest"`)
	says(t, "npm view of a tag", p.mustRun("npm", "view", "kettle@next", "version"), "2.0.0-rc.1")
	says(t, "npm search", p.mustRun("npm", "search", "kettle", "--json"), `"kettle"`)
	p.mustRun("npm", "install", "kettle")
	says(t, "npm audit", p.mustRun("npm", "audit"), "found 0 vulnerabilities")
	// npm audit signatures fetches a trust root from the network first; what
	// it then asks of the registry is this, byte for byte the upstream's.
	for _, path := range []string{"-/npm/v1/keys", "-/ping"} {
		_, want, err := fetch(t.Context(), a.npm.URL()+path)
		must(t, err)
		if status, got := a.get("npm/" + path); status != http.StatusOK || strings.TrimSpace(string(got)) != strings.TrimSpace(string(want)) {
			t.Errorf("%s answered %d: %s, want the upstream's %s", path, status, got, want)
		}
	}
	here, there := signaturesOf(t, a.base+"npm/kettle"), signaturesOf(t, a.npm.URL()+"kettle")
	if len(here) == 0 || here != there {
		t.Errorf("the signatures are %s, the upstream's %s", here, there)
	}
}

// signaturesOf reads the signatures of kettle 1.2.0 from a document.
func signaturesOf(t *testing.T, url string) string {
	t.Helper()
	_, body, err := fetch(t.Context(), url)
	must(t, err)
	var d struct {
		Versions map[string]struct {
			Dist struct{ Signatures json.RawMessage }
		}
	}
	must(t, json.Unmarshal(body, &d))
	return string(d.Versions["1.2.0"].Dist.Signatures)
}

func TestNPMBlock(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	locked := newProject(t, a.base+"npm/")
	locked.mustRun("npm", "install", "kettle@1.2.0")

	a.do("block", "pkg:npm/kettle@>=1.1.0 <=1.2.0", "--reason", "prototype pollution")

	t.Run("the file refuses, whoever asks for it directly", func(t *testing.T) {
		status, body := a.get("npm/kettle/-/kettle-1.2.0.tgz")
		if status != http.StatusForbidden {
			t.Fatalf("the file answered %d", status)
		}
		says(t, "the refusal", string(body), "kettle@1.2.0", "block", "prototype pollution", a.base+"why/")
	})
	t.Run("a version asked for by name fails with reason, rule and link in npm's own output", func(t *testing.T) {
		p := newProject(t, a.base+"npm/")
		r := p.run("npm", "install", "kettle@1.2.0")
		if r.code == 0 {
			t.Fatal("npm installed it")
		}
		says(t, "npm", r.flat(), "1.2.0", "block", "prototype pollution", a.base+"why/")
	})
	t.Run("no version asked for gets an allowed one", func(t *testing.T) {
		p := newProject(t, a.base+"npm/")
		p.mustRun("npm", "install", "kettle")
		p.installed("kettle", "1.0.0")
	})
	t.Run("a range with an allowed version gets that", func(t *testing.T) {
		p := newProject(t, a.base+"npm/")
		p.mustRun("npm", "install", "kettle@^1.0.0")
		p.installed("kettle", "1.0.0")
	})
	t.Run("tags do not dangle", func(t *testing.T) {
		p := newProject(t, a.base+"npm/")
		var tags map[string]string
		must(t, json.Unmarshal([]byte(p.mustRun("npm", "view", "kettle", "dist-tags", "--json")), &tags))
		if tags["latest"] != "1.0.0" || tags["next"] != "2.0.0-rc.1" {
			t.Errorf("the tags are %v, want latest 1.0.0 and next 2.0.0-rc.1", tags)
		}
	})
	t.Run("a lock file with a blocked version fails with the reason", func(t *testing.T) {
		locked.forget(a.base + "npm/")
		locked.remove("node_modules")
		r := locked.run("npm", "ci")
		if r.code == 0 {
			t.Fatal("npm installed it")
		}
		says(t, "npm", r.flat(), "kettle", "block", "prototype pollution", a.base+"why/")
	})
	t.Run("an exception lets one version through", func(t *testing.T) {
		a.do("except", "pkg:npm/kettle@1.1.0", "--rule", "block", "--reason", "patched by hand", "--until", "2099-01-01")
		p := newProject(t, a.base+"npm/")
		p.mustRun("npm", "install", "kettle")
		p.installed("kettle", "1.1.0")
		if r := p.run("npm", "install", "kettle@1.2.0"); r.code == 0 {
			t.Error("the exception let another version through")
		}
		a.do("unexcept", "pkg:npm/kettle@1.1.0")
		if status, _ := a.get("npm/kettle/-/kettle-1.1.0.tgz"); status != http.StatusForbidden {
			t.Errorf("after the exception was revoked the file answered %d", status)
		}
	})
	t.Run("the page behind the link says the same", func(t *testing.T) {
		_, body := a.get("npm/kettle/-/kettle-1.2.0.tgz")
		status, page := a.get("why/" + whyID(t, string(body)))
		if status != http.StatusOK {
			t.Fatalf("the page answered %d", status)
		}
		says(t, "the page", string(page), "kettle", "1.2.0", "prototype pollution", "block")
	})
	t.Run("unblocked, it is there again", func(t *testing.T) {
		says(t, "assay blocks", a.do("blocks"), "pkg:npm/kettle@", "prototype pollution")
		a.do("unblock", "pkg:npm/kettle@>=1.1.0 <=1.2.0")
		p := newProject(t, a.base+"npm/")
		p.mustRun("npm", "install", "kettle")
		p.installed("kettle", "1.2.0")
	})
}

// whyID finds the id of the /why/ link in a text.
func whyID(t *testing.T, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "/why/")
	if !ok {
		t.Fatalf("no link in %q", text)
	}
	end := strings.IndexFunc(rest, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
	if end < 0 {
		end = len(rest)
	}
	return rest[:end]
}

func TestNPMWaitsForNewVersions(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	p := newProject(t, a.base+"npm/")
	p.mustRun("npm", "install", "fresh")
	p.installed("fresh", "1.0.0")
	r := p.run("npm", "install", "fresh@1.0.1")
	if r.code == 0 {
		t.Fatal("npm installed a version that is an hour old")
	}
	says(t, "npm", r.flat(), "cooldown", a.base+"why/")
	says(t, "assay explain", a.do("explain", "pkg:npm/fresh@1.0.1"), "cooldown", "deny")

	a.do("policy", "observe", "cooldown")
	p.mustRun("npm", "install", "fresh@1.0.1")
	p.installed("fresh", "1.0.1")
}

func TestNPMHearsOfAFailingUpstream(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	a.npm.Misbehave("", ecosystemtest.ServerError)
	p := newProject(t, a.base+"npm/")
	r := p.run("npm", "install", "kettle")
	if r.code == 0 || strings.Contains(r.out, "E404") {
		t.Errorf("npm ended with %d; an outage must not look like an absence:\n%s", r.code, r.out)
	}
	a.npm.Repent()
	a.npm.Misbehave(".tgz", ecosystemtest.WrongBytes)
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Second) {
		r = p.run("npm", "install", "kettle")
		if r.code == 0 {
			t.Fatal("npm installed a tarball with a wrong byte")
		}
		if a.npm.Count(".tgz") > 0 || time.Now().After(deadline) {
			break
		}
	}
	a.npm.Repent()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Second) {
		r = p.run("npm", "install", "kettle")
		if r.code == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("with the upstream well again npm still fails:\n%s", r.out)
		}
	}
	p.installed("kettle", "1.2.0")
}

func TestPNPM(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	p := newProject(t, a.base+"npm/")
	p.mustRun("pnpm", "add", "kettle")
	p.installed("kettle", "1.2.0")

	a.npm.Stop()
	p.forget(a.base + "npm/")
	p.remove("node_modules")
	p.mustRun("pnpm", "install", "--frozen-lockfile")
	p.installed("kettle", "1.2.0")
	must(t, a.npm.Start())

	a.do("block", "pkg:npm/kettle@1.2.0", "--reason", "it leaks")
	p.forget(a.base + "npm/")
	p.remove("node_modules")
	r := p.run("pnpm", "install", "--frozen-lockfile")
	if r.code == 0 {
		t.Fatal("pnpm installed a blocked version from its lock file")
	}
	// pnpm shows nothing of an answer but the reason phrase.
	says(t, "pnpm", r.flat(), "Assay", "block", "/why/")

	fresh := newProject(t, a.base+"npm/")
	fresh.mustRun("pnpm", "add", "kettle")
	fresh.installed("kettle", "1.1.0")
}

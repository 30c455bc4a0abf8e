package endtoend_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

const kettleModule = "registry.example/Works/kettle"

// workspace is a Go module with an empty module cache.
type workspace struct {
	t   *testing.T
	dir string
	env []string
}

func newWorkspace(t *testing.T, a *assay) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir()}
	w.forget(a)
	must(t, os.WriteFile(filepath.Join(w.dir, "go.mod"), []byte("module app\n\ngo 1.21\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(w.dir, "main.go"), []byte(
		"package main\n\nimport \""+kettleModule+"\"\n\nfunc main() { println(kettle.Version) }\n"), 0o600))
	return w
}

// forget gives the workspace an empty module cache and no memory of the
// checksum database.
func (w *workspace) forget(a *assay) {
	home := w.t.TempDir()
	w.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + w.t.TempDir(), "GOPATH=" + filepath.Join(home, "go"),
		"GOCACHE=" + goCache, "GOFLAGS=-mod=mod -modcacherw", "GOTOOLCHAIN=local", "GOENV=off", "CGO_ENABLED=0",
		"GOPROXY=" + a.base + "go/", "GOSUMDB=" + a.modules.SumDBKey,
	}
}

func (w *workspace) run(args ...string) result {
	w.t.Helper()
	return execute(w.t, w.dir, w.env, "go", args...)
}

func (w *workspace) mustRun(args ...string) string {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("go %s ended with %d:\n%s", strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

// builds asserts that the program builds with a version of kettle.
func (w *workspace) builds(version string) {
	w.t.Helper()
	if out := strings.TrimSpace(w.mustRun("run", ".")); !strings.HasSuffix(out, version) {
		w.t.Errorf("the program was built with %q, want %s", out, version)
	}
}

// publishGo fills the fake: spout requires an old kettle, which is what graph
// loading reads the go.mod of.
func publishGo(t *testing.T, g *ecosystemtest.Go) {
	t.Helper()
	when := time.Now().Add(-long)
	for _, v := range []ecosystemtest.GoVersion{
		{Path: kettleModule, Version: "v1.0.0", Published: when},
		{Path: kettleModule, Version: "v1.1.0", Published: when},
		{Path: kettleModule, Version: "v1.2.0", Published: when},
		{Path: "registry.example/works/spout", Version: "v0.3.0", Published: when, Require: map[string]string{kettleModule: "v1.1.0"},
			Files: map[string]string{"use.go": "package spout\n\nimport _ \"" + kettleModule + "\"\n"}},
		{Path: "registry.example/works/fresh", Version: "v1.0.0", Published: when},
		{Path: "registry.example/works/fresh", Version: "v1.0.1", Published: time.Now().Add(-time.Hour)},
		{Path: "registry.example/works/rueful", Version: "v1.0.0", Published: when},
		{Path: "registry.example/works/rueful", Version: "v1.1.0", Published: when},
		{Path: "registry.example/works/rueful", Version: "v1.2.0", Published: when, Retract: []string{"v1.1.0"}},
	} {
		must(t, g.Publish(v))
	}
}

func TestGoGetsAndBuildsAgainWithTheUpstreamGone(t *testing.T) {
	a := newAssay(t)
	publishGo(t, a.modules)
	a.start()
	w := newWorkspace(t, a)
	w.mustRun("get", kettleModule)
	w.builds("v1.2.0")
	sum, err := os.ReadFile(filepath.Join(w.dir, "go.sum"))
	must(t, err)
	says(t, "go.sum", string(sum), kettleModule+" v1.2.0 h1:")
	if a.modules.Count("/sumdb/") == 0 {
		t.Error("the checksum database was not asked: GOSUMDB is not on")
	}

	a.modules.Stop()
	w.forget(a)
	must(t, os.Remove(filepath.Join(w.dir, "go.sum")))
	w.mustRun("mod", "download", "all")
	w.builds("v1.2.0")
}

func TestGoBlock(t *testing.T) {
	a := newAssay(t)
	publishGo(t, a.modules)
	a.start()
	a.do("block", "pkg:golang/"+kettleModule+"@>=v1.1.0", "--reason", "it leaks the tea")

	t.Run("a version asked for by name fails with reason, rule and link in go's own output", func(t *testing.T) {
		w := newWorkspace(t, a)
		r := w.run("get", kettleModule+"@v1.2.0")
		if r.code == 0 {
			t.Fatal("go got it")
		}
		says(t, "go", r.flat(), "403", "block", "it leaks the tea", a.base+"why/")
	})
	t.Run("no version asked for gets an allowed one", func(t *testing.T) {
		w := newWorkspace(t, a)
		w.mustRun("get", kettleModule)
		w.builds("v1.0.0")
	})
	t.Run("the files refuse, and the go.mod is served for the graph", func(t *testing.T) {
		for file, want := range map[string]int{"v1.2.0.zip": 403, "v1.2.0.info": 403, "v1.2.0.mod": 200, "v1.0.0.zip": 200} {
			if status, body := a.get("go/registry.example/!works/kettle/@v/" + file); status != want {
				t.Errorf("%s answered %d, want %d: %.300s", file, status, want, body)
			}
		}
	})
	t.Run("a go.sum with a blocked version does not build, and says why", func(t *testing.T) {
		a.do("unblock", "pkg:golang/"+kettleModule+"@>=v1.1.0")
		w := newWorkspace(t, a)
		w.mustRun("get", kettleModule+"@v1.1.0")
		a.do("block", "pkg:golang/"+kettleModule+"@v1.1.0", "--reason", "it leaks the tea")
		w.forget(a)
		r := w.run("build", ".")
		if r.code == 0 {
			t.Fatal("go built it")
		}
		says(t, "go", r.flat(), "block", "it leaks the tea", a.base+"why/")
	})
	t.Run("who requires a blocked version through another still builds with a fixed one", func(t *testing.T) {
		w := newWorkspace(t, a)
		w.mustRun("get", "registry.example/works/spout@v0.3.0", kettleModule+"@v1.2.0")
		w.builds("v1.2.0")
	})
	t.Run("an exception lets one version through", func(t *testing.T) {
		a.do("except", "pkg:golang/"+kettleModule+"@v1.1.0", "--rule", "block", "--reason", "we hold a cup", "--until", "2099-01-01")
		w := newWorkspace(t, a)
		w.mustRun("get", kettleModule+"@v1.1.0")
		w.builds("v1.1.0")
	})
}

func TestGoWaitsForNewVersions(t *testing.T) {
	a := newAssay(t)
	publishGo(t, a.modules)
	a.start()
	w := newWorkspace(t, a)
	w.mustRun("get", "registry.example/works/fresh")
	if out := w.mustRun("list", "-m", "registry.example/works/fresh"); !strings.Contains(out, "v1.0.0") {
		t.Errorf("go got %s, want v1.0.0: v1.0.1 is an hour old", out)
	}
	r := w.run("get", "registry.example/works/fresh@v1.0.1")
	if r.code == 0 {
		t.Fatal("go got a version that is an hour old")
	}
	says(t, "go", r.flat(), "cooldown", a.base+"why/")
}

func TestGoRespectsRetractions(t *testing.T) {
	a := newAssay(t)
	publishGo(t, a.modules)
	a.start()
	a.do("block", "pkg:golang/registry.example/works/rueful@v1.2.0", "--reason", "it drips")
	w := newWorkspace(t, a)
	w.mustRun("get", "registry.example/works/rueful")
	if out := w.mustRun("list", "-m", "registry.example/works/rueful"); !strings.Contains(out, "v1.0.0") {
		t.Errorf("go got %s, want v1.0.0: v1.2.0 is blocked, and it retracts v1.1.0", out)
	}
}

func TestGoHearsOfAFailingUpstream(t *testing.T) {
	a := newAssay(t)
	publishGo(t, a.modules)
	a.start()
	a.modules.Misbehave("", ecosystemtest.Overloaded)
	w := newWorkspace(t, a)
	r := w.run("get", kettleModule)
	if r.code == 0 || mentions(r.out, 404) || mentions(r.out, 410) {
		t.Errorf("go ended with %d; an outage must not look like an absence:\n%s", r.code, r.out)
	}
	if status, _ := a.get("go/registry.example/!works/kettle/@v/list"); status < http.StatusInternalServerError {
		t.Errorf("the list answered %d while the upstream fails", status)
	}
}

package endtoend_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// pyProject is a folder and a person's machine on its first day: a home, and
// package managers that have seen nothing.
type pyProject struct {
	t    *testing.T
	dir  string
	home string
	env  []string
}

// newPyProject points pip and uv at an index.
func newPyProject(t *testing.T, index string, more ...string) *pyProject {
	t.Helper()
	p := &pyProject{t: t, dir: t.TempDir()}
	p.forget(index, more...)
	return p
}

// forget gives the project a new home, so that no client's cache is left.
func (p *pyProject) forget(index string, more ...string) {
	p.home = p.t.TempDir()
	p.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "TMPDIR=" + p.t.TempDir(), "NO_COLOR=1", "COLUMNS=200",
		"PIP_INDEX_URL=" + index, "PIP_CONFIG_FILE=" + os.DevNull, "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_RETRIES=0", "PIP_NO_INPUT=1",
		"PIP_ROOT_USER_ACTION=ignore", "PYTHONDONTWRITEBYTECODE=1",
		"UV_DEFAULT_INDEX=" + index, "UV_NO_CONFIG=1", "UV_CACHE_DIR=" + filepath.Join(p.home, "uv"), "UV_PYTHON_DOWNLOADS=never", "UV_NO_PROGRESS=1",
		"UV_HTTP_RETRIES=0", "PYENV_VERSION=" + os.Getenv("PYENV_VERSION"), "PYENV_ROOT=" + pyenvRoot(p.t),
		"KEYRING_BACKEND=keyring.backends.null.Keyring", "PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring",
	}, more...)
}

// pyenvRoot is where pyenv keeps interpreters, for machines whose pip is
// pyenv's; it follows HOME unless it is told.
func pyenvRoot(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("PYENV_ROOT"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	must(t, err)
	return filepath.Join(home, ".pyenv")
}

func (p *pyProject) run(program string, args ...string) result {
	p.t.Helper()
	return execute(p.t, p.dir, p.env, program, args...)
}

func (p *pyProject) mustRun(program string, args ...string) string {
	p.t.Helper()
	r := p.run(program, args...)
	if r.code != 0 {
		p.t.Fatalf("%s %s ended with %d:\n%s", program, strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

func (p *pyProject) write(file, content string) {
	p.t.Helper()
	must(p.t, os.MkdirAll(filepath.Dir(filepath.Join(p.dir, file)), 0o700))
	must(p.t, os.WriteFile(filepath.Join(p.dir, file), []byte(content), 0o600))
}

func (p *pyProject) read(file string) string {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join(p.dir, file))
	must(p.t, err)
	return string(content)
}

// installed asserts which version of a module lies in a folder.
func (p *pyProject) installed(folder, module, version string) {
	p.t.Helper()
	code := p.read(filepath.Join(folder, module+".py"))
	if !strings.Contains(code, `__version__ = "`+version+`"`) {
		p.t.Errorf("%s has %q, want %s", module, code, version)
	}
	if _, err := os.Stat(filepath.Join(p.dir, folder, module+"-"+version+".dist-info", "METADATA")); err != nil {
		p.t.Errorf("%s %s was not installed as such: %v", module, version, err)
	}
}

// pips are the pips on the path, one of each version. Among them must be one
// that knows --uploaded-prior-to.
func pips(t *testing.T) map[string]string {
	t.Helper()
	found, modern := map[string]string{}, false
	p := newPyProject(t, nowhere)
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		program := filepath.Join(dir, "pip")
		if info, err := os.Stat(program); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			continue
		}
		words := strings.Fields(p.run(program, "--version").out)
		if len(words) < 2 || words[0] != "pip" || found[words[1]] != "" {
			continue
		}
		found[words[1]] = program
		modern = modern || uploadedPriorTo(words[1])
	}
	if !modern {
		t.Fatalf("the path has no pip 26 or newer: %v", found)
	}
	return found
}

// uploadedPriorTo tells whether that pip has the option, which is from 26.0.
func uploadedPriorTo(version string) bool {
	return version >= "26" && len(version) > 3 && version[2] == '.'
}

func newPyPIAssay(t *testing.T) (*assay, *ecosystemtest.PyPI) {
	t.Helper()
	a := newAssay(t)
	fake, err := ecosystemtest.NewPyPI()
	must(t, err)
	t.Cleanup(fake.Stop)
	a.env = append(a.env, "PIP_INDEX_URL="+fake.URL()+"simple/")
	when := time.Now().Add(-long)
	for _, v := range []ecosystemtest.PyPIVersion{
		{Name: "works-lid", Version: "2.1.0", Published: when, RequiresPython: ">=3.8", Source: true, Wheel: true},
		{Name: "kettle", Version: "1.0.0", Published: when},
		{Name: "kettle", Version: "1.1.0", Published: when, Requires: []string{"works-lid>=2"}},
		{Name: "kettle", Version: "1.2.0", Published: when, Requires: []string{"works-lid>=2"}},
		{Name: "kettle", Version: "2.0.0rc1", Published: when},
		{Name: "stove", Version: "1.0.0", Published: when, Source: true},
		{Name: "fresh", Version: "1.0.0", Published: when},
		{Name: "fresh", Version: "1.0.1", Published: time.Now().Add(-time.Hour)},
	} {
		must(t, fake.Publish(v))
	}
	return a, fake
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func TestPipInstallsAndInstallsAgainWithTheUpstreamGone(t *testing.T) {
	a, fake := newPyPIAssay(t)
	a.start()
	index := a.base + "pypi/simple/"
	for version, pip := range pips(t) {
		t.Run(version, func(t *testing.T) {
			p := newPyProject(t, index)
			p.mustRun(pip, "install", "--target", "lib", "kettle")
			p.installed("lib", "kettle", "1.2.0")
			p.installed("lib", "works_lid", "2.1.0")
			if !uploadedPriorTo(version) {
				return // the rest is the same for old pips, and they are slow
			}
			p.mustRun(pip, "install", "--target", "source", "stove")
			p.installed("source", "stove", "1.0.0")
			p.mustRun(pip, "install", "--target", "early", "--pre", "kettle")
			p.installed("early", "kettle", "2.0.0rc1")
		})
	}
	if n := fake.Count(".whl.metadata"); n == 0 {
		t.Error("nobody asked for the metadata of a wheel")
	}
	fake.Stop()
	for version, pip := range pips(t) {
		t.Run(version+" with the upstream gone", func(t *testing.T) {
			p := newPyProject(t, index)
			p.mustRun(pip, "download", "--dest", "files", "--no-deps", "kettle==1.2.0")
			if got, want := p.read("files/kettle-1.2.0-py3-none-any.whl"), string(fake.File("kettle", "1.2.0")); got != want {
				t.Errorf("pip downloaded %d bytes that are not the upstream's %d", len(got), len(want))
			}
			p.write("requirements.txt", "kettle==1.2.0 --hash=sha256:"+sumOf(fake.File("kettle", "1.2.0"))+"\nworks-lid==2.1.0 --hash=sha256:"+sumOf(fake.File("works-lid", "2.1.0"))+"\n")
			p.mustRun(pip, "install", "--require-hashes", "--target", "lib", "--requirement", "requirements.txt")
			p.installed("lib", "kettle", "1.2.0")
		})
	}
}

func TestPipBlock(t *testing.T) {
	a, _ := newPyPIAssay(t)
	a.start()
	index := a.base + "pypi/simple/"
	a.do("block", "pkg:pypi/kettle@>=1.1,<1.3", "--reason", "it leaks the tea")
	for version, pip := range pips(t) {
		t.Run(version, func(t *testing.T) {
			p := newPyProject(t, index)
			p.mustRun(pip, "install", "--target", "lib", "kettle")
			p.installed("lib", "kettle", "1.0.0")
			r := p.run(pip, "install", "--target", "exact", "kettle==1.2.0")
			if r.code == 0 {
				t.Fatal("pip installed it")
			}
			says(t, "pip", r.flat(), "403", "block", "it leaks the tea", a.base+"why/")
			p.write("requirements.txt", "kettle==1.2.0 --hash=sha256:"+strings.Repeat("0", 64)+"\n")
			r = p.run(pip, "install", "--require-hashes", "--no-deps", "--target", "exact", "--requirement", "requirements.txt")
			if r.code == 0 {
				t.Fatal("pip installed it from its hashes")
			}
			says(t, "pip with hashes", r.flat(), "it leaks the tea")
		})
	}
	for _, file := range []string{"kettle-1.2.0-py3-none-any.whl", "kettle-1.2.0-py3-none-any.whl.metadata"} {
		status, body := a.get("pypi/files/kettle/" + file)
		if status != http.StatusForbidden {
			t.Errorf("%s answered %d", file, status)
		}
		says(t, "the refusal", string(body), "kettle@1.2.0", "block", "it leaks the tea", a.base+"why/")
	}
	a.do("except", "pkg:pypi/kettle@1.1.0", "--rule", "block", "--reason", "patched by hand", "--until", "2099-01-01")
	p := newPyProject(t, index)
	p.mustRun("uv", "pip", "install", "--target", "lib", "kettle")
	p.installed("lib", "kettle", "1.1.0")
}

func TestPipWaitsForTheCooldown(t *testing.T) {
	a, _ := newPyPIAssay(t)
	a.start()
	index := a.base + "pypi/simple/"
	for version, pip := range pips(t) {
		t.Run(version, func(t *testing.T) {
			p := newPyProject(t, index)
			p.mustRun(pip, "install", "--target", "lib", "fresh")
			p.installed("lib", "fresh", "1.0.0")
			r := p.run(pip, "install", "--target", "exact", "fresh==1.0.1")
			if r.code == 0 {
				t.Fatal("pip installed it")
			}
			says(t, "pip", r.flat(), "cooldown", a.base+"why/")
			if !uploadedPriorTo(version) {
				return
			}
			// pip refuses an index that has no dates, so this shows that ours
			// has them.
			p.mustRun(pip, "install", "--target", "prior", "--uploaded-prior-to", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339), "kettle")
			p.installed("prior", "kettle", "1.2.0")
			if r := p.run(pip, "install", "--target", "none", "--uploaded-prior-to", "2020-01-01T00:00:00Z", "kettle"); r.code == 0 {
				t.Error("pip found a version from before its first")
			}
		})
	}
}

func TestUV(t *testing.T) {
	a, fake := newPyPIAssay(t)
	a.start()
	index := a.base + "pypi/simple/"
	p := newPyProject(t, index)
	p.mustRun("uv", "pip", "install", "--target", "lib", "kettle")
	p.installed("lib", "kettle", "1.2.0")
	p.installed("lib", "works_lid", "2.1.0")

	p.write("pyproject.toml", "[project]\nname = \"app\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\ndependencies = [\"kettle\"]\n")
	p.mustRun("uv", "lock")
	lock := p.read("uv.lock")
	says(t, "the lock file", lock, a.base+"pypi/files/kettle/kettle-1.2.0-py3-none-any.whl", "sha256:"+sumOf(fake.File("kettle", "1.2.0")), "upload-time")
	if strings.Contains(lock, fake.URL()) {
		t.Error("the lock file leads past assay, to the upstream")
	}
	// Another machine, later, with the upstream gone: the same files.
	fake.Stop()
	p.forget(index)
	p.mustRun("uv", "sync", "--frozen")
	must(t, fake.Start())

	a.do("block", "pkg:pypi/kettle@>=1.1,<1.3", "--reason", "it leaks the tea")
	q := newPyProject(t, index)
	q.mustRun("uv", "pip", "install", "--target", "lib", "kettle")
	q.installed("lib", "kettle", "1.0.0")
	for _, wanted := range []string{"kettle==1.2.0", "kettle>1.0,<2"} {
		r := q.run("uv", "pip", "install", "--target", "other", wanted)
		if r.code == 0 {
			t.Fatalf("uv installed %s", wanted)
		}
		says(t, "uv for "+wanted, r.flat(), "it leaks the tea", a.base+"why/")
	}
	p.forget(index)
	must(t, os.RemoveAll(filepath.Join(p.dir, ".venv")))
	r := p.run("uv", "sync", "--frozen")
	if r.code == 0 {
		t.Fatal("uv installed a blocked version from its lock file")
	}
	says(t, "uv sync", r.flat(), "it leaks the tea")
}

// lamp writes the source of a private project, built by a back end that lies
// in it, and returns its folder's files after a build.
func (p *pyProject) lamp(version string) {
	p.t.Helper()
	wheel := "vaultworks_lamp-" + version + "-py3-none-any.whl"
	content, err := ecosystemtest.PyPIWheel(ecosystemtest.PyPIVersion{Name: "vaultworks-lamp", Version: version, Requires: []string{"kettle<2"}})
	must(p.t, err)
	p.write(filepath.Join("dist-"+version, wheel), string(content))
	content, err = ecosystemtest.PyPISource(ecosystemtest.PyPIVersion{Name: "vaultworks-lamp", Version: version, Requires: []string{"kettle<2"}})
	must(p.t, err)
	p.write(filepath.Join("dist-"+version, "vaultworks_lamp-"+version+".tar.gz"), string(content))
}

// at is the address of a place with a token in it, as pip and uv take one.
func (a *assay) at(path, token string) string {
	return strings.Replace(a.base, "http://", "http://__token__:"+token+"@", 1) + path
}

func TestPyPIPublishes(t *testing.T) {
	const claim = "pkg:pypi/vaultworks-*"
	a, _ := newPyPIAssay(t)
	a.start()
	a.do("claim", claim)
	token := a.token("--publish", claim, "--expires", "90d")
	p := newPyProject(t, a.at("pypi/simple/", token), "TWINE_USERNAME=__token__", "TWINE_PASSWORD="+token, "TWINE_NON_INTERACTIVE=1", "UV_PUBLISH_TOKEN="+token)
	address := a.base + "pypi/legacy/"
	p.lamp("1.0.0")
	p.lamp("1.1.0")
	twine := []string{"upload", "--disable-progress-bar", "--repository-url", address}
	wheel, source := "dist-1.0.0/vaultworks_lamp-1.0.0-py3-none-any.whl", "dist-1.0.0/vaultworks_lamp-1.0.0.tar.gz"
	p.mustRun("twine", append(twine, wheel, source)...)
	if r := p.run("twine", append(twine, wheel)...); r.code == 0 {
		t.Error("twine published a file twice")
	} else {
		says(t, "twine", r.flat(), "409", "already exists")
	}
	p.mustRun("uv", "publish", "--publish-url", address, "dist-1.1.0/*")
	says(t, "uv publish of what is there", p.run("uv", "publish", "--publish-url", address, "dist-1.1.0/*").flat(), "409", "already exists")
	p.mustRun("uv", "publish", "--publish-url", address, "--check-url", a.at("pypi/simple/", token), "dist-1.1.0/*")

	t.Run("it is installed beside public ones", func(t *testing.T) {
		for _, pip := range pips(t) {
			q := newPyProject(t, a.at("pypi/simple/", token))
			q.mustRun(pip, "install", "--target", "lib", "vaultworks-lamp")
			q.installed("lib", "vaultworks_lamp", "1.1.0")
			q.installed("lib", "kettle", "1.2.0")
		}
		q := newPyProject(t, a.at("pypi/simple/", token))
		q.mustRun("uv", "pip", "install", "--target", "lib", "vaultworks-lamp==1.0.0")
		q.installed("lib", "vaultworks_lamp", "1.0.0")
		q.mustRun("uv", "pip", "install", "--target", "built", "--no-binary", "vaultworks-lamp", "vaultworks-lamp==1.0.0")
		q.installed("built", "vaultworks_lamp", "1.0.0")
	})
	t.Run("a stranger finds nothing and publishes nothing", func(t *testing.T) {
		q := newPyProject(t, a.base+"pypi/simple/")
		if r := q.run("uv", "pip", "install", "--target", "lib", "vaultworks-lamp"); r.code == 0 {
			t.Error("uv installed a private package for a stranger")
		}
		if status, _ := a.get("pypi/files/vaultworks-lamp/vaultworks_lamp-1.0.0-py3-none-any.whl"); status != http.StatusNotFound {
			t.Errorf("a stranger's question for a private file was answered %d", status)
		}
		q.lamp("6.6.6")
		r := q.run("twine", append(twine, "--username", "__token__", "--password", "assay_wrong", "--non-interactive", "dist-6.6.6/vaultworks_lamp-6.6.6.tar.gz")...)
		if r.code == 0 || !mentions(r.out, 401) {
			t.Errorf("twine with a wrong token ended with %d:\n%s", r.code, r.out)
		}
	})
	t.Run("a yanked version is not chosen and is installed by who names it", func(t *testing.T) {
		a.do("yank", "pkg:pypi/vaultworks-lamp@1.1.0", "--reason", "it flickers")
		for _, pip := range pips(t) {
			q := newPyProject(t, a.at("pypi/simple/", token))
			q.mustRun(pip, "install", "--no-deps", "--target", "lib", "vaultworks-lamp")
			q.installed("lib", "vaultworks_lamp", "1.0.0")
			out := q.mustRun(pip, "install", "--no-deps", "--target", "exact", "vaultworks-lamp==1.1.0")
			q.installed("exact", "vaultworks_lamp", "1.1.0")
			says(t, "pip", out, "it flickers")
		}
	})
}

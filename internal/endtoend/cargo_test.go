package endtoend_test

import (
	"bytes"
	lengths "encoding/binary"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// crateProject is a crate in a folder, and a person's machine on its first
// day: a home and a cargo that has seen nothing.
type crateProject struct {
	t    *testing.T
	dir  string
	home string
	env  []string
}

// newCrateProject points cargo at an index for all crates; "" leaves what
// cargo does by itself.
func newCrateProject(t *testing.T, index string, settings ...string) *crateProject {
	t.Helper()
	p := &crateProject{t: t, dir: t.TempDir()}
	p.forget(index, settings...)
	p.write("app", "0.1.0", "")
	return p
}

// forget gives the project a new home, so that nothing of cargo's is left.
func (p *crateProject) forget(index string, settings ...string) {
	p.t.Helper()
	p.home = p.t.TempDir()
	config := strings.Join(settings, "\n")
	if index != "" {
		config += "\n[source.crates-io]\nreplace-with = \"assay\"\n[source.assay]\nregistry = \"sparse+" + index + "\"\n"
	}
	must(p.t, os.WriteFile(filepath.Join(p.home, "config.toml"), []byte(config), 0o600))
	p.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + p.home, "TMPDIR=" + p.t.TempDir(), "CARGO_HOME=" + p.home, "RUSTUP_HOME=" + rustupHome(p.t),
		"RUSTUP_AUTO_INSTALL=0", "CARGO_TARGET_DIR=" + p.t.TempDir(), "CARGO_TERM_COLOR=never", "CARGO_NET_RETRY=0", "CARGO_INCREMENTAL=0",
		// Nothing outside is asked, whatever cargo is set to.
		"https_proxy=http://127.0.0.1:9",
	}
}

// rustupHome is where rustup keeps compilers, for machines whose cargo is
// rustup's; it follows HOME unless it is told.
func rustupHome(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("RUSTUP_HOME"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	must(t, err)
	return filepath.Join(home, ".rustup")
}

// write makes the project's Cargo.toml, with lines below [dependencies].
func (p *crateProject) write(name, version, dependencies string) {
	p.t.Helper()
	must(p.t, os.MkdirAll(filepath.Join(p.dir, "src"), 0o700))
	manifest := "[package]\nname = \"" + name + "\"\nversion = \"" + version + "\"\nedition = \"2021\"\nlicense = \"Apache-2.0\"\ndescription = \"stone for the cellar\"\n\n[dependencies]\n" + dependencies
	must(p.t, os.WriteFile(filepath.Join(p.dir, "Cargo.toml"), []byte(manifest), 0o600))
	must(p.t, os.WriteFile(filepath.Join(p.dir, "src", "lib.rs"), []byte("pub fn app() {}\n"), 0o600))
}

func (p *crateProject) run(args ...string) result {
	p.t.Helper()
	return execute(p.t, p.dir, p.env, "cargo", args...)
}

func (p *crateProject) mustRun(args ...string) string {
	p.t.Helper()
	r := p.run(args...)
	if r.code != 0 {
		p.t.Fatalf("cargo %s ended with %d:\n%s", strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

// lock reads Cargo.lock.
func (p *crateProject) lock() string {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join(p.dir, "Cargo.lock"))
	must(p.t, err)
	return string(content)
}

// locked asserts which version of a crate stands in Cargo.lock, and with
// which checksum.
func (p *crateProject) locked(name, version, checksum string) {
	p.t.Helper()
	for entry := range strings.SplitSeq(p.lock(), "[[package]]") {
		if strings.Contains(entry, `name = "`+name+`"`) {
			says(p.t, "the lock file's entry of "+name, entry, `version = "`+version+`"`, `checksum = "`+checksum+`"`)
			return
		}
	}
	p.t.Errorf("%s is not in the lock file:\n%s", name, p.lock())
}

// newCargoAssay is a running server that pulls crates from a fake.
func newCargoAssay(t *testing.T) (*assay, *ecosystemtest.Cargo) {
	t.Helper()
	a := newAssay(t)
	fake, err := ecosystemtest.NewCargo()
	must(t, err)
	t.Cleanup(fake.Stop)
	when := time.Now().Add(-long)
	for _, v := range []ecosystemtest.CargoVersion{
		{Name: "Lid", Version: "2.1.0", Published: when},
		{Name: "kettle", Version: "1.0.0", Published: when},
		{Name: "kettle", Version: "1.1.0", Published: when, Dependencies: map[string]string{"Lid": "^2.0"}},
		{Name: "kettle", Version: "1.2.0", Published: when, Dependencies: map[string]string{"Lid": "^2.0"}},
		{Name: "kettle", Version: "2.0.0-rc.1", Published: when},
		{Name: "stove", Version: "1.0.0", Published: when, Links: "gas"},
		{Name: "fresh", Version: "1.0.0", Published: when},
		{Name: "fresh", Version: "1.0.1", Published: time.Now().Add(-time.Hour)},
		{Name: "tea-pot", Version: "1.0.0+spout", Published: when},
	} {
		must(t, fake.Publish(v))
	}
	a.start()
	a.do("upstream", "set", "cargo", fake.URL())
	return a, fake
}

func TestCargoBuildsAndBuildsAgainWithTheUpstreamGone(t *testing.T) {
	a, fake := newCargoAssay(t)
	p := newCrateProject(t, a.base+"cargo/")
	p.mustRun("add", "kettle", "stove", "tea_pot")
	p.mustRun("build")
	p.locked("kettle", "1.2.0", fake.Checksum("kettle", "1.2.0"))
	p.locked("Lid", "2.1.0", fake.Checksum("lid", "2.1.0"))
	p.locked("tea-pot", "1.0.0+spout", fake.Checksum("tea-pot", "1.0.0+spout"))
	if strings.Contains(p.lock(), a.base) || strings.Contains(p.lock(), fake.URL()) {
		t.Errorf("the lock file names a place, and would not hold elsewhere:\n%s", p.lock())
	}
	// The lock file is the one that cargo writes without Assay.
	direct := newCrateProject(t, fake.URL())
	direct.mustRun("add", "kettle", "stove", "tea_pot")
	direct.mustRun("generate-lockfile")
	if direct.lock() != p.lock() {
		t.Errorf("with Assay the lock file is\n%s\nand without\n%s", p.lock(), direct.lock())
	}

	fake.Stop()
	p.forget(a.base + "cargo/")
	p.mustRun("build", "--locked")
	a.stop()
	a.start("--no-adopt")
	p.forget(a.base + "cargo/")
	p.mustRun("fetch", "--locked")
	p.mustRun("build", "--locked", "--offline")
}

func TestCargoWithoutAFileOfSettings(t *testing.T) {
	a, fake := newCargoAssay(t)
	p := newCrateProject(t, "")
	p.write("app", "0.1.0", "kettle = \"1\"\n")
	p.mustRun("build", "--config", `source.crates-io.replace-with="assay-pull"`, "--config", `source.assay-pull.registry="sparse+`+a.base+`cargo/"`)
	p.locked("kettle", "1.2.0", fake.Checksum("kettle", "1.2.0"))

	a.do("claim", vaultClaim)
	token := a.token("--publish", vaultClaim)
	q := newCrateProject(t, "")
	q.env = append(q.env, "CARGO_REGISTRIES_ASSAY_INDEX=sparse+"+a.base+"cargo/auth/", "CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token",
		"CARGO_REGISTRIES_ASSAY_TOKEN="+token)
	q.mustPublish(vaultCrate, "1.0.0", "")
	q.write("app", "0.1.0", vaultCrate+" = { version = \"1\", registry = \"assay\" }\n")
	q.mustRun("build")
}

// The page that tells how to get a token is where cargo login looks.
func TestCargoLoginSaysWhereATokenComesFrom(t *testing.T) {
	a, _ := newCargoAssay(t)
	p := newCrateProject(t, a.base+"cargo/", registries(a))
	r := p.run("login", "--registry", "assay")
	says(t, "cargo login", r.flat(), a.base+"cargo/me")
	status, body := a.get("cargo/me")
	if status != http.StatusOK {
		t.Errorf("the page answered %d", status)
	}
	says(t, "the page", string(body), "assay token create", "sparse+"+a.base+"cargo/auth/")
}

func TestCargoBlock(t *testing.T) {
	a, fake := newCargoAssay(t)
	locked := newCrateProject(t, a.base+"cargo/")
	locked.write("app", "0.1.0", "kettle = \"1.1\"\n")
	locked.mustRun("generate-lockfile")
	locked.locked("kettle", "1.2.0", fake.Checksum("kettle", "1.2.0"))
	a.do("block", "pkg:cargo/kettle@>=1.1.1, <2", "--reason", "it boils over")

	t.Run("a locked build hears the reason in cargo's own output", func(t *testing.T) {
		locked.t = t
		locked.forget(a.base + "cargo/")
		r := locked.run("build", "--locked")
		if r.code == 0 {
			t.Fatalf("cargo built a blocked version:\n%s", r.out)
		}
		says(t, "cargo", r.flat(), "kettle@1.2.0", "block", "it boils over", "Nearest allowed: kettle@1.1.0", a.base+"why/")
	})
	t.Run("cargo update moves to the newest that is allowed", func(t *testing.T) {
		locked.t = t
		locked.forget(a.base + "cargo/")
		locked.mustRun("update")
		locked.locked("kettle", "1.1.0", fake.Checksum("kettle", "1.1.0"))
		locked.mustRun("build", "--locked")
	})
	t.Run("who starts anew gets the newest that is allowed", func(t *testing.T) {
		p := newCrateProject(t, a.base+"cargo/")
		says(t, "cargo add", p.mustRun("add", "kettle"), "1.1.0")
		p.mustRun("build")
		p.locked("kettle", "1.1.0", fake.Checksum("kettle", "1.1.0"))
	})
	t.Run("the version asked for by name is not chosen", func(t *testing.T) {
		p := newCrateProject(t, a.base+"cargo/")
		p.write("app", "0.1.0", "kettle = \"=1.2.0\"\n")
		r := p.run("build")
		if r.code == 0 {
			t.Fatalf("cargo built a blocked version:\n%s", r.out)
		}
		says(t, "cargo", r.flat(), "kettle", "yanked")
	})
	t.Run("an exception lets it through", func(t *testing.T) {
		a.do("except", "pkg:cargo/kettle@1.2.0", "--rule", "block", "--reason", "we hold a cup under it")
		p := newCrateProject(t, a.base+"cargo/")
		p.write("app", "0.1.0", "kettle = \"=1.2.0\"\n")
		p.mustRun("build")
	})
	t.Run("explained on the command line", func(t *testing.T) {
		says(t, "assay explain", a.do("explain", "pkg:cargo/Kettle@1.2.0"), "it boils over", "index pubtime", fake.Checksum("kettle", "1.2.0")[:20])
	})
}

// Where nothing of a crate can be used, the index is refused and says why.
func TestCargoWithEveryVersionBlocked(t *testing.T) {
	a, fake := newCargoAssay(t)
	locked := newCrateProject(t, fake.URL())
	locked.write("app", "0.1.0", "kettle = \"=1.1.0\"\n")
	locked.mustRun("generate-lockfile")
	a.do("block", "pkg:cargo/kettle", "--reason", "it boils over")
	locked.forget(a.base + "cargo/")
	fresh := newCrateProject(t, a.base+"cargo/")
	fresh.write("app", "0.1.0", "kettle = \"1\"\n")
	for what, r := range map[string]result{
		"cargo build --locked": locked.run("build", "--locked"),
		"cargo build":          fresh.run("build"),
		"cargo add":            newCrateProject(t, a.base+"cargo/").run("add", "kettle"),
	} {
		if r.code == 0 {
			t.Errorf("%s succeeded:\n%s", what, r.out)
		}
		says(t, what, r.flat(), "no version of kettle can be used", "kettle@1.2.0", "it boils over", a.base+"why/")
	}
}

func TestCargoCooldown(t *testing.T) {
	a, fake := newCargoAssay(t)
	p := newCrateProject(t, a.base+"cargo/")
	p.mustRun("add", "fresh")
	p.mustRun("build")
	p.locked("fresh", "1.0.0", fake.Checksum("fresh", "1.0.0"))
	status, body := a.get("cargo/api/v1/crates/fresh/1.0.1/download")
	if status != http.StatusForbidden {
		t.Errorf("the fresh version answered %d", status)
	}
	says(t, "the refusal", string(body), `{"errors":[{"detail":`, "cooldown")
}

// vaultCrate is the private crate of these tests.
const vaultCrate = "vaultworks-quartzite"

// vaultClaim claims it, and everything beside it.
const vaultClaim = "pkg:cargo/vaultworks-*"

// registries names the place as an alternative registry, in which a token is
// sent with every request.
func registries(a *assay) string {
	return "[registries.assay]\nindex = \"sparse+" + a.base + "cargo/auth/\"\n[registry]\nglobal-credential-providers = [\"cargo:token\"]\n"
}

// newCratePublisher is a machine that gets public crates and private ones from
// Assay, with a token if there is one.
func newCratePublisher(t *testing.T, a *assay, token string) *crateProject {
	t.Helper()
	p := newCrateProject(t, a.base+"cargo/", registries(a))
	if token != "" {
		saysNothing(t, "cargo login", p.mustRun("login", "--registry", "assay", token))
	}
	return p
}

// publish runs cargo publish, with more arguments.
func (p *crateProject) publish(name, version, dependencies string, more ...string) result {
	p.t.Helper()
	p.write(name, version, dependencies)
	return p.run(append([]string{"publish", "--registry", "assay", "--allow-dirty"}, more...)...)
}

func (p *crateProject) mustPublish(name, version, dependencies string) {
	p.t.Helper()
	if r := p.publish(name, version, dependencies); r.code != 0 {
		p.t.Fatalf("cargo publish ended with %d:\n%s", r.code, r.out)
	}
}

// newCrateVault is a running server with a claim, a private crate that cargo
// has published, and the token that published it.
func newCrateVault(t *testing.T) (a *assay, fake *ecosystemtest.Cargo, token string) {
	t.Helper()
	a, fake = newCargoAssay(t)
	a.do("claim", vaultClaim)
	token = a.token("--publish", vaultClaim, "--expires", "90d")
	p := newCratePublisher(t, a, token)
	p.mustPublish(vaultCrate, "1.0.0", "kettle = \"1\"\n")
	// Each of these stands in one place in what is sent, in another in the
	// index, and in a third in the Cargo.toml of the crate.
	p.mustPublish(vaultCrate, "1.1.0", `kettle = ">=1.0, <1.3"
[target.'cfg( any(unix,windows) )'.dependencies]
lid = { package = "Lid", version = "2", optional = true, default-features = false }
[build-dependencies]
stove = "=1.0.0"
[dev-dependencies]
tea-pot = { version = "*", features = [] }
[features]
default = ["plain"]
hot = ["dep:lid"]
plain = []
`)
	return a, fake, token
}

func TestCargoPublishes(t *testing.T) {
	a, fake, token := newCrateVault(t)
	t.Run("the index says what Cargo.toml says", func(t *testing.T) {
		got := a.ask(http.MethodGet, "cargo/va/ul/"+vaultCrate, token, nil)
		says(t, "the index", string(got.body), `"package":"Lid"`, `"features2":{"hot":["dep:lid"]}`, `"v":2`, `"req":">=1.0, <1.3"`,
			`"target":"cfg(any(unix, windows))"`, `"kind":"build"`, `"kind":"dev"`, `"pubtime":"2`)
	})
	t.Run("a private crate is built beside public ones", func(t *testing.T) {
		p := newCratePublisher(t, a, token)
		p.mustPublish("vaultworks-cellar", "1.0.0", vaultCrate+" = { version = \"1\", registry = \"assay\", features = [\"hot\"] }\n")
		q := newCratePublisher(t, a, token)
		q.mustRun("add", "--registry", "assay", "vaultworks_cellar")
		q.mustRun("build")
		q.locked("kettle", "1.2.0", fake.Checksum("kettle", "1.2.0"))
		q.locked("Lid", "2.1.0", fake.Checksum("lid", "2.1.0"))
		says(t, "the lock file", q.lock(), `name = "`+vaultCrate+`"`, `source = "sparse+`+a.base+`cargo/auth/"`)
		fake.Stop()
		defer func() { must(t, fake.Start()) }()
		q.forget(a.base+"cargo/", registries(a))
		q.mustRun("login", "--registry", "assay", token)
		q.mustRun("build", "--locked")
	})
	t.Run("without a token cargo is told to log in, and nothing is there", func(t *testing.T) {
		p := newCratePublisher(t, a, "")
		r := p.publish("vaultworks-sill", "1.0.0", "")
		if r.code == 0 {
			t.Fatalf("cargo published:\n%s", r.out)
		}
		says(t, "cargo publish", r.flat(), "cargo login --registry assay")
		r = p.run("add", "--registry", "assay", vaultCrate)
		if r.code == 0 {
			t.Errorf("a stranger added it:\n%s", r.out)
		}
		r = p.run("add", vaultCrate)
		if r.code == 0 || mentions(r.out, 403) {
			t.Errorf("a stranger hears of it:\n%s", r.out)
		}
	})
	t.Run("a token that only reads builds and does not publish", func(t *testing.T) {
		reader := a.token("--read", vaultClaim)
		p := newCratePublisher(t, a, reader)
		p.write("app", "0.1.0", vaultCrate+" = { version = \"=1.0.0\", registry = \"assay\" }\n")
		p.mustRun("build")
		r := p.publish(vaultCrate, "6.6.6", "")
		if r.code == 0 || !mentions(r.out, 403) {
			t.Errorf("cargo publish ended with %d:\n%s", r.code, r.out)
		}
		says(t, "cargo publish", r.flat(), "may not publish or change "+vaultCrate)
	})
	t.Run("the same version is refused, whatever the bytes", func(t *testing.T) {
		p := newCratePublisher(t, a, token)
		before := a.ask(http.MethodGet, "cargo/api/v1/crates/"+vaultCrate+"/1.1.0/download", token, nil)
		if r := p.publish(vaultCrate, "1.1.0", "", "--no-verify"); r.code == 0 {
			t.Fatalf("cargo published it again:\n%s", r.out)
		}
		after := a.ask(http.MethodGet, "cargo/api/v1/crates/"+vaultCrate+"/1.1.0/download", token, nil)
		if before.status != http.StatusOK || string(before.body) != string(after.body) {
			t.Errorf("the crate answered %d, then %d with other bytes", before.status, after.status)
		}
	})
	t.Run("a version that differs in build metadata alone is refused", func(t *testing.T) {
		// Cargo does not even send it, so it comes from elsewhere.
		reply, err := ecosystemtest.CargoWorld{Fake: fake}.Upload(t.Context(), a.base+"cargo/", token, ecosystemtest.Upload{Name: vaultCrate, Version: "1.1.0+again"})
		must(t, err)
		if reply.Status != http.StatusConflict {
			t.Errorf("it was answered %d", reply.Status)
		}
		says(t, "the refusal", reply.Text, "1.1.0+again", "cannot be told from 1.1.0")
	})
	t.Run("names that Rust code cannot tell apart are one name", func(t *testing.T) {
		p := newCratePublisher(t, a, token)
		for name, words := range map[string]string{
			"vaultworks-Quartzite":  "published as vaultworks-quartzite",
			"vaultworks-quart-zite": "",
		} {
			r := p.publish(name, "2.0.0", "", "--no-verify")
			if (r.code == 0) != (words == "") {
				t.Errorf("cargo publish of %s ended with %d:\n%s", name, r.code, r.out)
			}
			says(t, "cargo publish", r.flat(), words)
		}
		r := p.publish("vaultworks-quart_zite", "2.0.0", "", "--no-verify")
		if r.code == 0 {
			t.Errorf("cargo published it:\n%s", r.out)
		}
		says(t, "cargo publish", r.flat(), "cannot be told from vaultworks-quart-zite")
	})
	t.Run("an unclaimed name is refused, and nobody is asked for it", func(t *testing.T) {
		all := a.token("--publish", "pkg:cargo/*")
		p := newCratePublisher(t, a, all)
		fake.Forget()
		r := p.publish("quarry", "1.0.0", "", "--no-verify")
		if r.code == 0 {
			t.Fatalf("cargo published it:\n%s", r.out)
		}
		says(t, "cargo publish", r.flat(), "quarry is not claimed", "assay claim")
	})
	t.Run("search", func(t *testing.T) {
		p := newCratePublisher(t, a, token)
		says(t, "cargo search", p.mustRun("search", "--registry", "assay", "quartzite"), vaultCrate+` = "1.1.0"`, "stone for the cellar")
		says(t, "cargo search", p.mustRun("search", "--registry", "assay", "kettle"), "kettle = ")
	})
}

func TestCargoYankAndOwners(t *testing.T) {
	a, _, token := newCrateVault(t)
	p := newCratePublisher(t, a, token)
	lockedTo := func(t *testing.T, version string) {
		t.Helper()
		q := newCratePublisher(t, a, token)
		q.write("app", "0.1.0", vaultCrate+" = { version = \"1\", registry = \"assay\" }\n")
		q.mustRun("generate-lockfile")
		says(t, "the lock file", q.lock(), "name = \""+vaultCrate+"\"\nversion = \""+version+"\"")
	}
	t.Run("a yanked version is not chosen, stays for lock files, and comes back", func(t *testing.T) {
		old := newCratePublisher(t, a, token)
		old.write("app", "0.1.0", vaultCrate+" = { version = \"1\", registry = \"assay\" }\n")
		old.mustRun("generate-lockfile")
		p.mustRun("yank", "--registry", "assay", vaultCrate+"@1.1.0")
		lockedTo(t, "1.0.0")
		old.mustRun("build", "--locked")
		says(t, "assay explain", a.do("explain", "pkg:cargo/"+vaultCrate+"@1.1.0"), "yanked", "cargo yank")
		p.mustRun("yank", "--undo", "--registry", "assay", vaultCrate+"@1.1.0")
		lockedTo(t, "1.1.0")
	})
	t.Run("a quarantine is not lifted by a yank that is taken back", func(t *testing.T) {
		a.do("quarantine", "pkg:cargo/"+vaultCrate+"@1.1.0", "--reason", "the mason is asked")
		for _, undo := range [][]string{nil, {"--undo"}} {
			r := p.run(append([]string{"yank", "--registry", "assay", vaultCrate + "@1.1.0"}, undo...)...)
			if r.code == 0 {
				t.Errorf("cargo yank %v succeeded:\n%s", undo, r.out)
			}
			says(t, "cargo yank", r.flat(), "quarantined")
		}
		lockedTo(t, "1.0.0")
	})
	t.Run("a version that is not there", func(t *testing.T) {
		r := p.run("yank", "--registry", "assay", vaultCrate+"@9.9.9")
		if r.code == 0 {
			t.Error("a version was yanked that was never published")
		}
		says(t, "cargo yank", r.flat(), vaultCrate+"@9.9.9 is not published here")
	})
	t.Run("owners", func(t *testing.T) {
		a := *a
		a.t = t
		id := tokenID(t, &a, a.token("--read", vaultClaim, "--note", "the mason"))
		says(t, "cargo owner --list", p.mustRun("owner", "--registry", "assay", "--list", vaultCrate), "t-")
		r := p.run("owner", "--registry", "assay", "--add", id, vaultCrate)
		if r.code == 0 {
			t.Errorf("a publisher made another:\n%s", r.out)
		}
		says(t, "cargo owner", r.flat(), "administrator")
		admin := newCratePublisher(t, &a, a.token("--admin"))
		says(t, "cargo owner --add", admin.mustRun("owner", "--registry", "assay", "--add", id, vaultCrate), "may publish "+vaultCrate)
		says(t, "cargo owner --list", admin.mustRun("owner", "--registry", "assay", "--list", vaultCrate), id)
		admin.mustRun("owner", "--registry", "assay", "--remove", id, vaultCrate)
		if out := admin.mustRun("owner", "--registry", "assay", "--list", vaultCrate); strings.Contains(out, id) {
			t.Errorf("%s is an owner still:\n%s", id, out)
		}
		r = admin.run("owner", "--registry", "assay", "--add", "t-nobody", vaultCrate)
		if r.code == 0 || !mentions(r.out, 404) {
			t.Errorf("an owner was added whom nobody knows: %d\n%s", r.code, r.out)
		}
	})
}

// What the index would say and the crate does not is refused, and nothing of
// it is kept.
func TestCargoRefusesWhatMisleads(t *testing.T) {
	a, _, token := newCrateVault(t)
	const folder = vaultCrate + "-2.0.0/"
	manifest := "[package]\nname = \"" + vaultCrate + "\"\nversion = \"2.0.0\"\nedition = \"2021\"\n"
	before := a.ask(http.MethodGet, "cargo/va/ul/"+vaultCrate, token, nil)
	for _, c := range []struct {
		what  string
		files []entry
		words string
	}{
		{"a dependency that only the crate has", []entry{{folder + "Cargo.toml", manifest + "[dependencies]\nmoss = \"1\"\n"}}, "dependencies.moss"},
		{"a native library that only the crate has", []entry{{folder + "Cargo.toml", manifest + "links = \"gas\"\n"}}, "links"},
		{"another version inside", []entry{{folder + "Cargo.toml", strings.Replace(manifest, "2.0.0", "2.0.1", 1)}}, "it is version 2.0.1"},
		{"another crate inside", []entry{{folder + "Cargo.toml", strings.Replace(manifest, "quartzite", "moss", 1)}}, "it is vaultworks-moss"},
		{"a file outside the folder", []entry{{folder + "Cargo.toml", manifest}, {"moss/lib.rs", ""}}, "must lie below " + folder},
		{"a way out of the folder", []entry{{folder + "Cargo.toml", manifest}, {folder + "../../moss", ""}}, "dotted segment"},
		{"cargo's own mark", []entry{{folder + "Cargo.toml", manifest}, {folder + ".cargo-ok", ""}}, ".cargo-ok"},
		{"no manifest", []entry{{folder + "src/lib.rs", ""}}, "holds no " + folder + "Cargo.toml"},
	} {
		metadata := `{"name":"` + vaultCrate + `","vers":"2.0.0","deps":[],"features":{},"links":null}`
		file := packed(t, c.files...)
		body := append(lengths.LittleEndian.AppendUint32(nil, uint32(len(metadata))), metadata...)
		body = append(lengths.LittleEndian.AppendUint32(body, uint32(len(file))), file...)
		got := a.ask(http.MethodPut, "cargo/api/v1/crates/new", token, bytes.NewReader(body))
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: answered %d", c.what, got.status)
		}
		says(t, c.what, string(got.body), `{"errors":[{"detail":"`, c.words)
	}
	if after := a.ask(http.MethodGet, "cargo/va/ul/"+vaultCrate, token, nil); string(after.body) != string(before.body) {
		t.Errorf("the index was\n%s\nand is\n%s", before.body, after.body)
	}
}

// tokenID asks who the holder of a token is.
func tokenID(t *testing.T, a *assay, token string) string {
	t.Helper()
	got := a.ask(http.MethodGet, "npm/-/whoami", token, nil)
	var who struct{ Username string }
	must(t, json.Unmarshal(got.body, &who))
	return who.Username
}

// Whatever a person asks cargo for, nothing that is claimed is asked of the
// upstream: cargo itself tries hyphens and underscores.
func TestCargoNamesNeverLeak(t *testing.T) {
	a, fake, token := newCrateVault(t)
	fake.Forget()
	for _, token := range []string{"", token} {
		p := newCratePublisher(t, a, token)
		for _, args := range [][]string{
			{"add", vaultCrate}, {"add", "vaultworks_quartzite"}, {"add", "VaultWorks-Quartzite"}, {"add", "vaultworks_missing-soapstone"},
			{"add", "--registry", "assay", "vaultworks_missing_soapstone"}, {"info", vaultCrate}, {"search", "--registry", "assay", vaultCrate},
			{"search", "--registry", "assay", "vaultworks quartzite"}, {"search", "--registry", "assay", "VAULTWORKS"},
		} {
			p.run(args...) // most of these fail, each in its own way
		}
		p.run("add", "fresh")
	}
	requests := fake.Requests()
	if len(requests) == 0 {
		t.Error("the upstream was asked for nothing at all: this has seen nothing")
	}
	for _, r := range requests {
		if text := strings.ToLower(r.Text()); strings.Contains(text, "vaultworks") || strings.Contains(text, "quartzite") {
			t.Errorf("the upstream was told of a private crate: %s %s?%s", r.Method, r.Path, r.Query)
		}
	}
}

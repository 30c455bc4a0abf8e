package endtoend_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// newVault is a running server with a claim, two versions of a private
// package, published by npm, and the token that published them.
func newVault(t *testing.T) (a *assay, token string) {
	t.Helper()
	a = newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	a.do("claim", npmClaim)
	token = a.token("--publish", npmClaim, "--expires", "90d")
	p := newPublisher(t, a, token)
	for _, version := range []string{"1.0.0", "1.1.0"} {
		p.writePackage(privatePackage, version, map[string]any{"dependencies": map[string]string{"kettle": "^1.0.0"}})
		p.mustRun("npm", "publish")
	}
	return a, token
}

func TestNPMPublishes(t *testing.T) {
	a, token := newVault(t)
	p := newPublisher(t, a, token)
	t.Run("the private package is installed beside public ones", func(t *testing.T) {
		p.t = t
		p.mustRun("npm", "install", privatePackage)
		p.installed(privatePackage, "1.1.0")
		p.installed("kettle", "1.2.0")
		p.installed("@works/lid", "2.1.0")
		p.remove("node_modules")
		p.mustRun("npm", "ci")
		p.installed(privatePackage, "1.1.0")
	})
	t.Run("pnpm installs it too", func(t *testing.T) {
		q := newPublisher(t, a, token)
		q.mustRun("pnpm", "add", privatePackage+"@1.0.0")
		q.installed(privatePackage, "1.0.0")
	})
	t.Run("a token that only reads installs and does not publish", func(t *testing.T) {
		q := newPublisher(t, a, a.token("--read", npmClaim))
		q.mustRun("npm", "install", privatePackage)
		q.installed(privatePackage, "1.1.0")
		q.writePackage(privatePackage, "6.6.6", nil)
		if r := q.run("npm", "publish"); r.code == 0 || !mentions(r.out, 403) {
			t.Errorf("npm publish ended with %d:\n%s", r.code, r.out)
		}
	})
	t.Run("who am I", func(t *testing.T) {
		p.t = t
		if out := strings.TrimSpace(p.mustRun("npm", "whoami")); !strings.HasPrefix(out, "t-") {
			t.Errorf("npm whoami says %q, want the token's id", out)
		}
		if r := newProject(t, a.base+"npm/").run("npm", "whoami"); r.code == 0 {
			t.Errorf("without a token npm whoami says: %s", r.out)
		}
	})
	t.Run("search finds it for the reader and with it the public ones", func(t *testing.T) {
		p.t = t
		says(t, "npm search", p.mustRun("npm", "search", "cellar", "--json"), privatePackage)
		says(t, "npm search", p.mustRun("npm", "search", "kettle", "--json"), `"kettle"`)
		r := newProject(t, a.base+"npm/").run("npm", "search", "cellar", "--json")
		saysNothing(t, "a stranger's npm search", r.out)
	})
	t.Run("the same version is refused, whatever the bytes", func(t *testing.T) {
		q := newPublisher(t, a, token)
		before := a.ask(http.MethodGet, "npm/"+privatePackage+"/-/quartzite-1.1.0.tgz", token, nil)
		for _, description := range []string{"stone for the cellar", "another stone"} {
			q.writePackage(privatePackage, "1.1.0", map[string]any{"description": description})
			r := q.run("npm", "publish", "--force")
			if r.code == 0 {
				t.Fatalf("npm published it again:\n%s", r.out)
			}
			says(t, "npm", r.flat(), "1.1.0")
		}
		after := a.ask(http.MethodGet, "npm/"+privatePackage+"/-/quartzite-1.1.0.tgz", token, nil)
		if before.status != http.StatusOK || string(before.body) != string(after.body) {
			t.Errorf("the tarball answered %d, then %d with other bytes", before.status, after.status)
		}
	})
	t.Run("a tag", func(t *testing.T) {
		p.t = t
		p.mustRun("npm", "dist-tag", "add", privatePackage+"@1.0.0", "stable")
		says(t, "npm dist-tag ls", p.mustRun("npm", "dist-tag", "ls", privatePackage), "stable: 1.0.0", "latest: 1.1.0")
		q := newPublisher(t, a, token)
		q.mustRun("npm", "install", privatePackage+"@stable")
		q.installed(privatePackage, "1.0.0")
		p.mustRun("npm", "dist-tag", "rm", privatePackage, "stable")
		if out := p.mustRun("npm", "dist-tag", "ls", privatePackage); strings.Contains(out, "stable") {
			t.Errorf("the tag is still there:\n%s", out)
		}
	})
	t.Run("a deprecation is shown, and taken back", func(t *testing.T) {
		q := newPublisher(t, a, token)
		q.mustRun("npm", "deprecate", privatePackage+"@1.0.0", "use 1.1.0 for it is harder")
		says(t, "npm install", q.mustRun("npm", "install", privatePackage+"@1.0.0"), "deprecated", "use 1.1.0 for it is harder")
		q.mustRun("npm", "deprecate", privatePackage+"@1.0.0", "")
		q.forget(a.base + "npm/")
		q.logIn(a, token)
		q.remove("node_modules", "package-lock.json")
		if out := q.mustRun("npm", "install", privatePackage+"@1.0.0"); strings.Contains(out, "harder") {
			t.Errorf("npm still warns:\n%s", out)
		}
	})
	t.Run("unpublished, a tombstone stays", func(t *testing.T) {
		q := newPublisher(t, a, token)
		q.writePackage(privatePackage, "1.2.0", nil)
		q.mustRun("npm", "publish")
		q.mustRun("npm", "unpublish", privatePackage+"@1.2.0")
		if r := q.run("npm", "view", privatePackage+"@1.2.0", "version"); strings.Contains(r.out, "1.2.0") && r.code == 0 {
			t.Errorf("npm view still has it:\n%s", r.out)
		}
		r := q.run("npm", "publish")
		if r.code == 0 {
			t.Fatal("the version of a tombstone was published again")
		}
		says(t, "npm", r.flat(), "1.2.0", "removed")
		got := a.ask(http.MethodGet, "npm/"+privatePackage+"/-/quartzite-1.2.0.tgz", token, nil)
		if got.status == http.StatusOK {
			t.Error("the tarball of a tombstone is handed out")
		}
		says(t, "assay explain", a.do("explain", "pkg:npm/%40vaultworks/quartzite@1.2.0"), "removed")
		q.forget(a.base + "npm/")
		q.logIn(a, token)
		q.remove("node_modules", "package-lock.json", "package.json")
		q.mustRun("npm", "install", privatePackage)
		q.installed(privatePackage, "1.1.0")
	})
	t.Run("a whole package unpublished leaves tombstones", func(t *testing.T) {
		q := newPublisher(t, a, token)
		q.writePackage("@vaultworks/slate", "1.0.0", nil)
		q.mustRun("npm", "publish")
		q.mustRun("npm", "unpublish", "--force", "@vaultworks/slate")
		if r := q.run("npm", "publish"); r.code == 0 {
			t.Error("the version of a tombstone was published again")
		}
		q.writePackage("@vaultworks/slate", "1.0.1", nil)
		q.mustRun("npm", "publish")
	})
	t.Run("what was published outlives the server", func(t *testing.T) {
		a.t = t
		a.stop()
		a.start("--no-adopt")
		a.npm.Stop() // and needs no upstream
		q := newPublisher(t, a, token)
		says(t, "npm view", q.mustRun("npm", "view", privatePackage, "versions", "--json"), "1.0.0", "1.1.0")
	})
	a.t = t
	a.keptAway()
}

func TestNPMPublishIsRefused(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	a.do("claim", npmClaim)
	token := a.token("--publish", npmClaim)
	all := a.token("--publish", "pkg:npm/*")
	for _, c := range []struct {
		name, token, pkg string
		words            []string
	}{
		{"without a token", "", privatePackage, []string{"token"}},
		{"a name that the token is not for", token, "kiln", []string{"kiln"}},
		{"an unclaimed name", all, "kiln", []string{"claim"}},
		{"a public name", all, "kettle", []string{"claim"}},
		{"a token that was revoked", revoked(a), privatePackage, []string{"token"}},
		{"a name that only case tells apart", all, "@vaultworks/Quartzite", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProject(t, a.base+"npm/")
			if c.token != "" {
				p.logIn(a, c.token)
			}
			p.writePackage(c.pkg, "9.9.9", nil) // newer than all that is public
			r := p.run("npm", "publish")
			if r.code == 0 {
				t.Fatalf("npm published it:\n%s", r.out)
			}
			says(t, "npm", r.flat(), c.words...)
		})
	}
	// Refused means that nothing was stored.
	hosted := readHosted(t, a)
	if len(hosted.releases)+len(hosted.events)+hosted.files > 0 {
		t.Errorf("refused publishes left something: %+v", hosted)
	}
}

func TestAdmissionRefusesAndKeepsNothing(t *testing.T) {
	a := newAssay(t)
	a.start()
	a.do("claim", npmClaim)
	token := a.token("--publish", npmClaim)
	manifest := func(more ...string) map[string]any {
		m := map[string]any{"name": privatePackage, "version": "1.0.0", "main": "index.js"}
		for i := 0; i+1 < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	inside := entry{"package/package.json", string(must1(json.Marshal(manifest())))}
	sound := packed(t, inside, entry{"package/index.js", "1"})
	before := blobs(t, a)
	for _, c := range []struct {
		name string
		sent map[string]any
		file []byte
	}{
		{"another name inside", manifest(), packed(t, entry{"package/package.json", `{"name":"kettle","version":"1.0.0"}`})},
		{"another version inside", manifest(), packed(t, entry{"package/package.json", `{"name":"` + privatePackage + `","version":"1.0.1"}`})},
		{"a script that was not sent", manifest(), packed(t, entry{"package/package.json",
			`{"name":"` + privatePackage + `","version":"1.0.0","main":"index.js","scripts":{"postinstall":"node steal.js"}}`})},
		{"a dependency that was not sent", manifest(), packed(t, entry{"package/package.json",
			`{"name":"` + privatePackage + `","version":"1.0.0","main":"index.js","dependencies":{"stove":"1.0.0"}}`})},
		{"no manifest inside", manifest(), packed(t, entry{"package/index.js", "1"})},
		{"two manifests inside", manifest(), packed(t, inside, inside)},
		{"a way out of the folder", manifest(), packed(t, inside, entry{"package/../../../etc/passwd", "x"})},
		{"an absolute path", manifest(), packed(t, inside, entry{"/etc/passwd", "x"})},
		{"a bomb", manifest(), packed(t, inside, entry{"package/zeros", strings.Repeat("\x00", 64<<20)})},
		{"no archive", manifest(), []byte("this is no archive")},
		{"an archive that was cut", manifest(), sound[:len(sound)-20]},
		{"another digest", map[string]any{"name": privatePackage, "version": "1.0.0", "main": "index.js",
			"dist": map[string]any{"integrity": "sha512-" + strings.Repeat("A", 86) + "=="}}, sound},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body, err := uploadOf(privatePackage, "1.0.0", c.sent, c.file).put(t.Context(), a, token)
			must(t, err)
			if status < 400 || status >= 500 {
				t.Errorf("it was answered %d: %s", status, body)
			}
		})
	}
	hosted := readHosted(t, a)
	if len(hosted.releases)+len(hosted.events)+hosted.files > 0 {
		t.Errorf("refused publishes left rows: %+v", hosted)
	}
	if after := blobs(t, a); len(after) != len(before) {
		t.Errorf("refused publishes left bytes: there were %d files, there are %d", len(before), len(after))
	}
	// And none of it stands in the way of a sound one.
	if status, body, err := uploadOf(privatePackage, "1.0.0", manifest(), sound).put(t.Context(), a, token); err != nil || status != http.StatusCreated {
		t.Errorf("a sound version was answered %d (%v): %s", status, err, body)
	}
}

func revoked(a *assay) string {
	secret := a.token("--publish", npmClaim)
	a.do("token", "revoke", secret)
	return secret
}

func TestNPMPublishesOnceWhateverTheRace(t *testing.T) {
	a := newAssay(t)
	a.start()
	a.do("claim", npmClaim)
	token := a.token("--publish", npmClaim)
	const publishers = 12
	type outcome struct {
		status int
		body   string
		sent   upload
	}
	for round := range 4 {
		version := "1.0." + string(rune('0'+round))
		outcomes := make(chan outcome, publishers)
		begin := make(chan struct{})
		for i := range publishers {
			up := newUpload(t, privatePackage, version, string(rune('a'+i)))
			go func() {
				<-begin
				status, body, _ := up.put(t.Context(), a, token)
				outcomes <- outcome{status, body, up}
			}()
		}
		close(begin)
		var won []upload
		for range publishers {
			o := <-outcomes
			switch o.status {
			case http.StatusCreated:
				won = append(won, o.sent)
			case http.StatusConflict, http.StatusForbidden:
			default:
				t.Errorf("%s: a publisher was answered %d: %s", version, o.status, o.body)
			}
		}
		if len(won) != 1 {
			t.Fatalf("%s: %d publishers won, want one", version, len(won))
		}
		got := a.ask(http.MethodGet, won[0].path(), token, nil)
		if got.status != http.StatusOK || string(got.body) != string(won[0].tarball) {
			t.Errorf("%s: the tarball answered %d, and it is not the winner's", version, got.status)
		}
	}
	hosted := readHosted(t, a)
	if len(hosted.releases) != 4 || len(hosted.events) != 4 {
		t.Errorf("4 versions were published; there are %d and %d events", len(hosted.releases), len(hosted.events))
	}
}

func TestClaimAfterTheNameWasPulled(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	p := newProject(t, a.base+"npm/")
	p.mustRun("npm", "install", "kettle")
	r := a.command("claim", "pkg:npm/kettle")
	if r.code == 0 {
		t.Fatalf("a name that the upstream is known to have was claimed without --shadow:\n%s", r.out)
	}
	says(t, "assay claim", r.out, "--shadow", "kettle")
	a.do("claim", "pkg:npm/kettle", "--shadow")
	a.npm.Forget()
	p.forget(a.base + "npm/")
	p.remove("node_modules", "package-lock.json")
	if r := p.run("npm", "install", "kettle"); r.code == 0 {
		t.Error("the upstream's package of a claimed name was installed")
	}
	if status, _ := a.get("npm/kettle/-/kettle-1.2.0.tgz"); status == http.StatusOK {
		t.Error("the upstream's kept file of a claimed name is handed out")
	}
	if n := a.npm.Count("kettle"); n > 0 {
		t.Errorf("%d requests for the claimed name went to the upstream", n)
	}
	token := a.token("--publish", "pkg:npm/kettle")
	q := newPublisher(t, a, token)
	q.writePackage("kettle", "1.2.0", nil)
	if r := q.run("npm", "publish"); r.code == 0 {
		t.Error("a version whose digest lock files may hold was published with other bytes")
	}
	q.writePackage("kettle", "7.0.0", nil)
	q.mustRun("npm", "publish")
	q.writePackage("app", "1.0.0", map[string]any{"private": true})
	q.mustRun("npm", "install", "kettle")
	q.installed("kettle", "7.0.0")

	a.do("remove", "pkg:npm/kettle@7.0.0", "--reason", "the name goes back", "--yes")
	if n := a.npm.Count("kettle"); n > 0 {
		t.Errorf("%d requests for the claimed name went to the upstream", n)
	}
}

func TestStatusesOfAHostedPackage(t *testing.T) {
	a, token := newVault(t)
	const purl = "pkg:npm/%40vaultworks/quartzite@"
	locked := newPublisher(t, a, token)
	locked.mustRun("npm", "install", privatePackage+"@1.1.0")
	statusesHold(t, a, locked, func(t *testing.T) *project { return newPublisher(t, a, token) }, privatePackage, purl)
	says(t, "npm", func() string {
		p := newPublisher(t, a, token)
		p.writePackage(privatePackage, "1.1.0", nil)
		r := p.run("npm", "publish")
		if r.code == 0 {
			t.Error("a removed version was published again")
		}
		return r.flat()
	}(), "removed")
	a.keptAway()
}

func TestStatusesOfAnUpstreamPackage(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	locked := newProject(t, a.base+"npm/")
	locked.mustRun("npm", "install", "kettle@1.1.0")
	a.do("block", "pkg:npm/kettle@1.2.0", "--reason", "1.1.0 shall be the newest") // as in the hosted package
	statusesHold(t, a, locked, func(t *testing.T) *project { return newProject(t, a.base+"npm/") }, "kettle", "pkg:npm/kettle@")
}

// statusesHold goes through the statuses of 1.1.0, the newest version of a
// package that also has 1.0.0. locked has a lock file with it.
func statusesHold(t *testing.T, a *assay, locked *project, fresh func(*testing.T) *project, name, purl string) {
	t.Helper()
	npmrc, err := os.ReadFile(filepath.Join(locked.home, "npmrc"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	ci := func(t *testing.T) result {
		locked.t = t
		locked.forget(a.base + "npm/")
		must(t, os.WriteFile(filepath.Join(locked.home, "npmrc"), npmrc, 0o600))
		locked.remove("node_modules")
		return locked.run("npm", "ci")
	}
	newest := func(t *testing.T, want string) string {
		p := fresh(t)
		out := p.mustRun("npm", "install", name)
		p.installed(name, want)
		return out
	}
	t.Run("yanked", func(t *testing.T) {
		a.t = t
		a.do("yank", purl+"1.1.0", "--reason", "it cracks")
		newest(t, "1.0.0")
		if r := ci(t); r.code != 0 {
			t.Errorf("npm ci of a yanked version ended with %d:\n%s", r.code, r.out)
		}
		a.do("unyank", purl+"1.1.0")
		newest(t, "1.1.0")
	})
	t.Run("quarantined", func(t *testing.T) {
		a.t = t
		a.do("quarantine", purl+"1.1.0", "--reason", "an alarm")
		newest(t, "1.0.0")
		r := ci(t)
		if r.code == 0 {
			t.Error("npm ci installed a quarantined version")
		}
		says(t, "npm ci", r.flat(), "quarantined", "an alarm")
		says(t, "assay explain", a.do("explain", purl+"1.1.0"), "quarantined", "deny")
		a.do("release", purl+"1.1.0")
		newest(t, "1.1.0")
		if r := ci(t); r.code != 0 {
			t.Errorf("npm ci of a released version ended with %d:\n%s", r.code, r.out)
		}
	})
	for _, word := range []string{"deprecate", "experimental"} {
		t.Run(word, func(t *testing.T) {
			a.t = t
			a.do(word, purl+"1.1.0", "--reason", "it may yet change")
			// Asked for by a range, npm chooses around it by itself.
			p := fresh(t)
			says(t, "npm install", p.mustRun("npm", "install", name+"@1.1.0"), "it may yet change")
			p.installed(name, "1.1.0")
			if r := ci(t); r.code != 0 {
				t.Errorf("npm ci ended with %d:\n%s", r.code, r.out)
			}
			a.do("release", purl+"1.1.0")
			if out := newest(t, "1.1.0"); strings.Contains(out, "it may yet change") {
				t.Errorf("npm still warns:\n%s", out)
			}
		})
	}
	t.Run("removed", func(t *testing.T) {
		a.t = t
		if r := a.command("remove", purl+"1.1.0", "--reason", "a password in it"); r.code == 0 {
			t.Error("it was removed without --yes and without a terminal")
		}
		a.do("remove", purl+"1.1.0", "--reason", "a password in it", "--yes")
		newest(t, "1.0.0")
		r := ci(t)
		if r.code == 0 {
			t.Error("npm ci installed a removed version")
		}
		says(t, "assay explain", a.do("explain", purl+"1.1.0"), "removed", "a password in it")
		for _, word := range []string{"release", "unyank"} {
			if r := a.command(word, purl+"1.1.0"); r.code == 0 {
				t.Errorf("assay %s took a removal back", word)
			}
		}
	})
	a.t = t
	// What was said stays said.
	a.stop()
	a.start("--no-adopt")
	newest(t, "1.0.0")
}

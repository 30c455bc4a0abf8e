package endtoend_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// TestClaimedNamesNeverLeave does with claimed names, those that exist and
// those that do not, whatever clients do, and reads what the upstreams were
// sent. The upstreams have packages of those names: whoever asked would get
// an answer.
func TestClaimedNamesNeverLeave(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	publishGo(t, a.modules)
	for _, name := range []string{privatePackage, absentPackage} {
		must(t, a.npm.Publish(ecosystemtest.NPMVersion{Name: name, Version: "99.0.0", Published: time.Now().Add(-long)}))
	}
	for _, path := range []string{privateModule, absentModule} {
		must(t, a.modules.Publish(ecosystemtest.GoVersion{Path: path, Version: "v1.99.0", Published: time.Now().Add(-long)}))
	}
	certificate := a.secure()
	a.start()
	a.do("claim", npmClaim)
	a.do("claim", goClaim)
	token := a.token("--publish", npmClaim, "--publish", goClaim)
	publisher := newPublisher(t, a, token)
	publisher.env = append(publisher.env, "NODE_EXTRA_CA_CERTS="+certificate)
	publisher.writePackage(privatePackage, "1.0.0", nil)
	publisher.mustRun("npm", "publish")
	a.do("publish", moduleFolder(t, privateModule), "--version", "v1.0.0")

	for _, who := range []struct{ name, token string }{{"who may read them", token}, {"a stranger", ""}} {
		t.Run("npm for "+who.name, func(t *testing.T) {
			p := newProject(t, a.base+"npm/")
			p.env = append(p.env, "NODE_EXTRA_CA_CERTS="+certificate)
			if who.token != "" {
				p.logIn(a, who.token)
			}
			p.mustRun("npm", "install", "kettle")
			r := p.run("npm", "install", privatePackage)
			if installed := r.code == 0; installed != (who.token != "") {
				t.Errorf("npm install of the private package ended with %d:\n%s", r.code, r.out)
			}
			if who.token != "" {
				p.installed(privatePackage, "1.0.0")
			}
			// Audited is what the tree holds, whether it can be had or not.
			p.audits(t, privatePackage, absentPackage)
			for _, args := range [][]string{
				{"install", absentPackage}, {"install", privatePackage + "@99.0.0"}, {"view", privatePackage}, {"view", absentPackage},
				{"view", absentPackage + "@1.0.0"}, {"dist-tag", "ls", absentPackage}, {"search", absentPackage}, {"search", "@vaultworks"},
				{"search", "scope:vaultworks"}, {"search", "kettle " + privatePackage},
			} {
				r := p.run("npm", args...)
				if strings.Contains(r.out, "99.0.0") && !slices.Contains(args, privatePackage+"@99.0.0") {
					t.Errorf("npm %v shows the upstream's package of a claimed name:\n%s", args, r.out)
				}
			}
		})
	}
	t.Run("go get", func(t *testing.T) {
		for _, from := range []string{token, ""} {
			for _, off := range []string{"", "corp.example/vaultworks/*"} { // with and without the line that publish prints
				w := newSecureWorkspace(t, a, certificate, from)
				w.env = append(w.env, "GONOSUMDB="+off)
				w.mustRun("get", kettleModule)
				r := w.run("get", privateModule)
				if worked := r.code == 0; worked != (from != "" && off != "") {
					t.Errorf("with a token: %v, with GONOSUMDB=%s: go get ended with %d:\n%s", from != "", off, r.code, r.out)
				}
				if from != "" && off == "" {
					says(t, "go get", r.out, "GONOSUMDB")
				}
				for _, args := range [][]string{
					{"get", privateModule + "/inner/package"}, {"get", absentModule}, {"get", privateModule + "@main"}, {"get", privateModule + "@v1.99.0"},
					{"list", "-m", "-versions", absentModule}, {"list", "-m", "-versions", privateModule}, {"mod", "download", absentModule + "@v1.99.0"},
				} {
					if r := w.run(args...); r.code == 0 && strings.Contains(r.out, "v1.99.0") {
						t.Errorf("go %v shows the upstream's module of a claimed path:\n%s", args, r.out)
					}
				}
			}
		}
	})
	t.Run("requests of no client", func(t *testing.T) {
		escaped := strings.ReplaceAll(privatePackage, "/", "%2f")
		for _, path := range []string{
			"npm/-/npm/v1/attestations/" + escaped + "@1.0.0", "npm/-/package/" + absentPackage + "/dist-tags", "npm/" + absentPackage + "/latest",
			"npm/-/v1/search?text=kettle&from=0&author=" + privatePackage, "npm/-/v1/search?text=%2540vaultworks%252fquartzite",
			"go/sumdb/" + ecosystemtest.SumDBName + "/lookup/" + privateModule + "@v1.0.0",
			"go/sumdb/" + ecosystemtest.SumDBName + "/lookup/" + absentModule + "@v1.0.0",
			"go/corp.example/@v/list", "go/corp.example/@latest", "go/corp.example/vaultworks/@v/list",
			"go/" + absentModule + "/@v/master.info", "go/" + absentModule + "/@v/v1.99.0.mod", "go/" + absentModule + "/@v/v1.99.0.zip",
		} {
			for _, who := range []string{token, ""} {
				if got := a.ask(http.MethodGet, path, who, nil); bytes.Contains(got.body, []byte("99.0")) && !strings.Contains(path, "99.0") {
					t.Errorf("%s answers with the upstream's package of a claimed name: %d %s", path, got.status, got.body)
				}
			}
		}
	})
	for _, purl := range []string{"pkg:npm/%40vaultworks/quartzite@1.0.0", "pkg:npm/%40vaultworks/obsidian@1.0.0", "pkg:golang/" + absentModule + "@v1.0.0"} {
		_ = a.command("explain", purl) // found or not, it asks nobody
	}
	a.keptAway()
	if a.npm.Count("kettle") == 0 || a.npm.Count("advisories/bulk") == 0 || a.npm.Count("v1/search") == 0 || a.modules.Count("/sumdb/") == 0 {
		t.Error("the upstreams were not asked for public things either: this test has seen nothing")
	}
}

// audits asks for an audit of a tree with kettle and private packages in it,
// and asserts that the audit goes out without them.
func (p *project) audits(t *testing.T, names ...string) {
	t.Helper()
	dir := t.TempDir()
	manifest := map[string]any{"name": "app", "version": "1.0.0"}
	needs := map[string]string{"kettle": "1.2.0"}
	packages := map[string]any{"": map[string]any{"name": "app", "version": "1.0.0", "dependencies": needs}}
	packages["node_modules/kettle"] = map[string]any{"version": "1.2.0"}
	for _, name := range names {
		needs[name] = "1.0.0"
		packages["node_modules/"+name] = map[string]any{"version": "1.0.0"}
	}
	manifest["dependencies"] = needs
	lock := map[string]any{"name": "app", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": packages}
	must(t, os.WriteFile(filepath.Join(dir, "package.json"), must1(json.Marshal(manifest)), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "package-lock.json"), must1(json.Marshal(lock)), 0o600))
	r := execute(t, dir, p.env, "npm", "audit", "--package-lock-only")
	says(t, "npm audit", r.out, "found 0 vulnerabilities")
}

// moduleFolder is a folder with a Go module.
func moduleFolder(t *testing.T, path string) string {
	t.Helper()
	dir := t.TempDir()
	name := path[strings.LastIndexByte(path, '/')+1:]
	must(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+path+"\n\ngo 1.21\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, name+".go"), fmt.Appendf(nil, "// Package %s is private.\npackage %s\n\n// Hardness is on the scale of Mohs.\nconst Hardness = 7\n", name, name), 0o600))
	return dir
}

// newSecureWorkspace is a Go module whose go command trusts the server's
// certificate, and has the token, if any, in its netrc file.
func newSecureWorkspace(t *testing.T, a *assay, certificate, token string) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir()}
	w.forget(a)
	w.env = append(w.env, "SSL_CERT_FILE="+certificate)
	if token != "" {
		netrc := filepath.Join(t.TempDir(), "netrc")
		// The go command compares the machine with host and port.
		must(t, os.WriteFile(netrc, []byte("machine 127.0.0.1:"+a.port+" login assay password "+token+"\n"), 0o600))
		w.env = append(w.env, "NETRC="+netrc)
	}
	must(t, os.WriteFile(filepath.Join(w.dir, "go.mod"), []byte("module app\n\ngo 1.21\n"), 0o600))
	return w
}

func TestGoModuleIsPublishedAndGot(t *testing.T) {
	a := newAssay(t)
	publishGo(t, a.modules)
	certificate := a.secure()
	a.start()
	folder := moduleFolder(t, privateModule)
	if r := a.command("publish", folder, "--version", "v1.0.0"); r.code == 0 {
		t.Fatalf("a path that is not claimed was published:\n%s", r.out)
	} else {
		says(t, "assay publish", r.out, "claim")
	}
	a.do("claim", goClaim)
	printed := a.do("publish", folder, "--version", "v1.0.0")
	says(t, "assay publish", printed, "Published", privateModule, "GOPROXY="+a.base+"go/", "GONOSUMDB=", "go get "+privateModule+"@v1.0.0")
	line := regexp.MustCompile(`GONOSUMDB='?([^'\s]+)`).FindStringSubmatch(printed)
	if line == nil {
		t.Fatalf("no GONOSUMDB line was printed:\n%s", printed)
	}
	if r := a.command("publish", folder, "--version", "v1.0.0"); r.code == 0 {
		t.Errorf("the same version was published twice:\n%s", r.out)
	}
	token := a.token("--read", goClaim)
	use := "package main\n\nimport (\n\t\"" + kettleModule + "\"\n\t\"" + privateModule + "\"\n)\n\nfunc main() { println(kettle.Version, quartzite.Hardness) }\n"
	w := newSecureWorkspace(t, a, certificate, token)
	w.env = append(w.env, "GONOSUMDB="+line[1])
	must(t, os.WriteFile(filepath.Join(w.dir, "main.go"), []byte(use), 0o600))
	w.mustRun("get", privateModule)
	w.mustRun("get", kettleModule)
	if out := w.mustRun("run", "."); !strings.Contains(out, "v1.2.0 7") {
		t.Errorf("the program printed %q", out)
	}
	if a.modules.Count("/sumdb/") == 0 {
		t.Error("the checksum database was not asked for the public module: GOSUMDB is not on")
	}

	t.Run("from a tag, by a token, from afar", func(t *testing.T) {
		git := func(args ...string) {
			t.Helper()
			env := append([]string{"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null"}, a.env...)
			args = append([]string{"-c", "user.name=A Test", "-c", "user.email=test@corp.example", "-c", "init.defaultBranch=main"}, args...)
			if r := execute(t, folder, env, "git", args...); r.code != 0 {
				t.Fatalf("git %v ended with %d:\n%s", args, r.code, r.out)
			}
		}
		git("init", "-q")
		git("add", ".")
		git("commit", "-q", "-m", "the stone")
		git("tag", "v1.1.0")
		must(t, os.WriteFile(filepath.Join(folder, "quartzite.go"), []byte("package broken {"), 0o600)) // not in the tag
		afar := append([]string{"SSL_CERT_FILE=" + certificate, "ASSAY_TOKEN=" + a.token("--publish", goClaim)}, a.env...)
		r := execute(t, folder, afar, binary, "publish", "--server", a.base, "--tag", "v1.1.0")
		if r.code != 0 {
			t.Fatalf("assay publish ended with %d:\n%s", r.code, r.out)
		}
		w.mustRun("get", privateModule+"@v1.1.0")
		if out := w.mustRun("run", "."); !strings.Contains(out, "v1.2.0 7") {
			t.Errorf("the program printed %q", out)
		}
		reading := append([]string{"SSL_CERT_FILE=" + certificate, "ASSAY_TOKEN=" + token}, a.env...)
		if r := execute(t, folder, reading, binary, "publish", "--server", a.base, "--tag", "v1.1.0"); r.code == 0 {
			t.Errorf("a token that only reads published:\n%s", r.out)
		}
	})
	t.Run("yanked and removed", func(t *testing.T) {
		a.t = t
		const purl = "pkg:golang/" + privateModule
		a.do("yank", purl+"@v1.1.0", "--reason", "it cracks")
		q := newSecureWorkspace(t, a, certificate, token)
		q.env = append(q.env, "GONOSUMDB="+line[1])
		q.mustRun("get", privateModule)
		if out := q.mustRun("list", "-m", privateModule); !strings.Contains(out, "v1.0.0") {
			t.Errorf("go got %s, want v1.0.0: v1.1.0 is yanked", out)
		}
		q.mustRun("get", privateModule+"@v1.1.0") // who asks for just that one gets it
		a.do("remove", purl+"@v1.1.0", "--reason", "a password in it", "--yes")
		q = newSecureWorkspace(t, a, certificate, token)
		q.env = append(q.env, "GONOSUMDB="+line[1])
		r := q.run("get", privateModule+"@v1.1.0")
		if r.code == 0 {
			t.Error("go got a removed version")
		}
		says(t, "go", r.flat(), "removed")
		again := execute(t, folder, append([]string{"ASSAY_DATA=" + a.data}, a.env...), binary, "publish", "--tag", "v1.1.0")
		if again.code == 0 {
			t.Error("a removed version was published again")
		}
	})
	a.t = t
	a.keptAway()
}

// TestStrangerLearnsNothing publishes a private package, lets things happen
// to it, and searches every byte that is served to somebody without a token.
func TestStrangerLearnsNothing(t *testing.T) {
	a, token := newVault(t)
	other := a.token("--publish", "pkg:npm/@another/*", "--note", "another team's")
	p := newPublisher(t, a, token)
	p.mustRun("npm", "install", privatePackage)
	p.writePackage(privatePackage, "1.1.0", nil)
	if r := p.run("npm", "publish"); r.code == 0 {
		t.Fatal("the same version was published twice")
	}
	a.do("yank", "pkg:npm/%40vaultworks/quartzite@1.0.0", "--reason", "quartzite cracks")
	a.do("quarantine", "pkg:npm/%40vaultworks/quartzite@1.1.0", "--reason", "an alarm in vaultworks")
	a.do("block", "pkg:npm/%40vaultworks/quartzite@1.0.0", "--reason", "quartzite is blocked")
	refused := a.ask(http.MethodGet, "npm/"+privatePackage+"/-/quartzite-1.1.0.tgz", token, nil)
	if refused.status != http.StatusForbidden {
		t.Fatalf("a quarantined tarball answered %d", refused.status)
	}
	why := whyID(t, refused.text())
	newProject(t, a.base+"npm/").run("npm", "install", privatePackage)

	for _, who := range []struct{ name, token string }{{"a stranger", ""}, {"another team", other}} {
		t.Run(who.name+" crawls", func(t *testing.T) {
			a.t = t
			seen := a.crawl(t, who.token)
			if seen < 12 {
				t.Errorf("only %d pages answered: this test has seen nothing", seen)
			}
			got := a.ask(http.MethodGet, "why/"+why, who.token, nil)
			saysNothing(t, "/why/ of a private version", got.text())
		})
		t.Run(who.name+" cannot tell what exists from what does not", func(t *testing.T) {
			a.t = t
			for _, form := range []string{
				"npm/%s", "npm/%s/1.0.0", "npm/%s/latest", "npm/%s/-/x-1.0.0.tgz", "npm/-/package/%s/dist-tags", "npm/-/npm/v1/attestations/%s@1.0.0",
			} {
				there := a.ask(http.MethodGet, fmt.Sprintf(form, privatePackage), who.token, nil)
				absent := a.ask(http.MethodGet, fmt.Sprintf(form, absentPackage), who.token, nil)
				same := strings.ReplaceAll(timeless(there.text()), privatePackage, absentPackage)
				if there.status != absent.status || there.status < 400 || same != timeless(absent.text()) {
					t.Errorf("%s: what exists answers %d:\n%s\nand what does not %d:\n%s", form, there.status, there.text(), absent.status, absent.text())
				}
			}
			for _, method := range []string{http.MethodPut, http.MethodDelete} {
				there := a.ask(method, "npm/"+privatePackage+"/-rev/1-1", who.token, strings.NewReader("{}"), "Content-Type", "application/json")
				absent := a.ask(method, "npm/"+absentPackage+"/-rev/1-1", who.token, strings.NewReader("{}"), "Content-Type", "application/json")
				same := strings.ReplaceAll(timeless(there.text()), privatePackage, absentPackage)
				if there.status != absent.status || there.status < 400 || same != timeless(absent.text()) {
					t.Errorf("%s: what exists answers %d:\n%s\nand what does not %d:\n%s", method, there.status, there.text(), absent.status, absent.text())
				}
			}
		})
	}
	a.t = t
	t.Run("a public log names nobody", func(t *testing.T) {
		a.t = t
		a.stop()
		a.start("--no-adopt", "--log-public")
		for _, path := range []string{"log/checkpoint", "log/feed", "log/entry/0"} {
			if got, err := a.glance(path, ""); err != nil || got.status != http.StatusOK && path != "log/entry/0" {
				t.Errorf("/%s of a public log answers %d (%v)", path, got.status, err)
			}
		}
		if seen := a.crawl(t, ""); seen < 20 {
			t.Errorf("only %d pages answered: this test has seen nothing of the log", seen)
		}
		a.crawl(t, other)
	})
	a.t = t
	t.Run("nor by the time that an answer takes", func(t *testing.T) {
		a.t = t
		for try := 1; ; try++ {
			there, absent := a.pace(t, "npm/"+privatePackage, "npm/"+absentPackage)
			// Generous, because others share the machine: a look into the
			// database would add far more than this to a refusal.
			apart := max(there, absent) - min(there, absent)
			if apart < max(there, absent)/4+50*time.Microsecond {
				break
			}
			if try == 3 {
				t.Errorf("what exists takes %v, what does not %v", there, absent)
				break
			}
		}
	})
	a.t = t
	a.keptAway()
}

// timeless takes the date out of an answer, and what is random in it.
func timeless(text string) string {
	lines := strings.Split(text, "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "Date: ") || strings.HasPrefix(line, "Content-Length: ") || strings.HasPrefix(line, "Assay-Request: ")
	})
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// pace is the median time of each of two requests, sent in turns.
func (a *assay) pace(t *testing.T, one, other string) (medianOne, medianOther time.Duration) {
	t.Helper()
	const rounds = 400
	var times [2][]time.Duration
	for i := range 2 * rounds {
		path := one
		if i%2 == 1 {
			path = other
		}
		begun := time.Now()
		a.ask(http.MethodGet, path, "", nil)
		times[i%2] = append(times[i%2], time.Since(begun))
	}
	for i := range times {
		slices.Sort(times[i])
	}
	return times[0][rounds/2], times[1][rounds/2]
}

// links finds addresses in whatever is served.
var links = regexp.MustCompile(`(?:href|src|action)="([^"]+)"|"(?:url|link|next)"\s*:\s*"([^"]+)"`)

// crawl reads every route that is known and every link found there, searches
// all bytes of the answers, and returns how many answered with success.
func (a *assay) crawl(t *testing.T, token string) int {
	t.Helper()
	queue := []string{
		"", "healthz", "readyz", "metrics", "robots.txt", "favicon.ico", ".well-known/security.txt",
		"npm/", "npm/kettle", "npm/-/ping", "npm/-/whoami", "npm/-/v1/search?text=", "npm/-/v1/search?text=stone", "npm/-/v1/search?text=cellar&size=250",
		"npm/-/v1/search?text=a", "npm/-/all", "npm/-/all/static/all.json", "npm/-/v1/login", "npm/-/user/org.couchdb.user:a", "npm/-/npm/v1/tokens", "npm/-/npm/v1/keys",
		"npm/-/npm/v1/user", "npm/-/org/another/package", "npm/-/package/kettle/dist-tags", "npm/-/_view/byUser", "npm/_all_docs", "npm/-/rev",
		"go/", "go/index", "go/index?since=2020-01-01T00:00:00Z", "go/sumdb/" + ecosystemtest.SumDBName + "/supported", "go/sumdb/" + ecosystemtest.SumDBName + "/latest",
		"why/", "why/AAAAAAAAAAAAAAAA", "decisions", "policy", "packages", "search?q=stone", "account", "admin", "scorecard", "wall",
		"log", "log/", "log/checkpoint", "log/checkpoint.cosigned", "log/key", "log/feed", "log/feed?from=0", "log/entry/0", "log/entry/1", "log/entry/2", "log/entry/3",
		"log/tile/0/000", "log/tile/entries/000", "log/tile/entries/000.p/1",
		"api/v1", "api/v1/", "api/v1/openapi.json", "api/v1/status", "api/v1/blocks", "api/v1/exceptions", "api/v1/claims", "api/v1/tokens", "api/v1/policy",
		"api/v1/upstreams", "api/v1/events", "api/v1/log", "api/v1/explain?purl=pkg:npm/kettle@1.2.0", "api/v1/explain?coordinate=pkg:npm/kettle@1.2.0", "api/v1/status?version=x",
		"debug/pprof/", "debug/vars", "..%2fassay.db", "npm/..%2f..%2fassay.db", "assay.db",
	}
	for width := 1; width < 40; width++ {
		queue = append(queue, fmt.Sprintf("log/tile/entries/000.p/%d", width), fmt.Sprintf("log/tile/0/000.p/%d", width))
	}
	known, succeeded := map[string]bool{}, 0
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if known[path] || len(known) > 400 {
			continue
		}
		known[path] = true
		got, err := a.glance(path, token)
		if err != nil {
			t.Errorf("/%s: %v", path, err)
			continue
		}
		saysNothing(t, "/"+path, got.text())
		if got.status < 300 {
			succeeded++
		}
		for _, found := range links.FindAllStringSubmatch(string(got.body), -1) {
			link := strings.TrimPrefix(strings.ReplaceAll(found[1]+found[2], "&amp;", "&"), strings.TrimSuffix(a.base, "/"))
			if rest, ok := strings.CutPrefix(link, "/"); ok && !strings.HasPrefix(rest, "/") {
				queue = append(queue, strings.SplitN(rest, "#", 2)[0])
			}
		}
	}
	return succeeded
}

// glance is ask for answers that may never end: what comes within a moment.
func (a *assay) glance(path, token string) (answer, error) {
	ctx, cancel := context.WithTimeout(a.t.Context(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return answer{}, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	got, err := a.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(got.Body)
	if ctx.Err() != nil {
		err = nil // it goes on for ever, and was read for a while
	}
	return answer{got.StatusCode, got.Header, body.Bytes()}, err
}

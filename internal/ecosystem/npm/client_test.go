package npm

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
)

func pattern(t *testing.T, text string) assay.Pattern {
	t.Helper()
	p, err := assay.ParsePattern(text, wire.Grammar{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// client runs the real npm in a home of its own.
type client struct {
	*testing.T
	home, registry string
}

func (c *client) run(dir string, args ...string) (output string, ok bool) {
	c.Helper()
	ctx, cancel := context.WithTimeout(c.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + c.home,
		"npm_config_userconfig=" + filepath.Join(c.home, ".npmrc"), "npm_config_globalconfig=" + filepath.Join(c.home, "global"),
		"npm_config_cache=" + filepath.Join(c.home, "cache"), "npm_config_registry=" + c.registry,
		"npm_config_update_notifier=false", "npm_config_fund=false", "npm_config_fetch_retries=0", "npm_config_audit=false",
	}
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		c.Fatalf("npm %v did not end", args)
	}
	return string(out), err == nil
}

// must runs npm and wants the words in what it says.
func (c *client) must(dir string, words string, args ...string) {
	c.Helper()
	if out, ok := c.run(dir, args...); !ok || !strings.Contains(out, words) {
		c.Fatalf("npm %v: ok %v, want %q in\n%s", args, ok, words, out)
	}
}

// fails runs npm, which must fail and show the words to its user.
func (c *client) fails(dir string, words string, args ...string) {
	c.Helper()
	if out, ok := c.run(dir, args...); ok || !strings.Contains(out, words) {
		c.Fatalf("npm %v: ok %v, want a failure with %q in\n%s", args, ok, words, out)
	}
}

// project writes a package's sources, in the forms that npm tidies up.
func (c *client) project(version string) string {
	c.Helper()
	dir := c.TempDir()
	for name, text := range map[string]string{
		"package.json": `{"name":"@acme/widgets","version":"` + version + `","description":"Widgets of ACME","bin":"./cli.js","license":"MIT",
			"scripts":{"test":"./node_modules/.bin/true"},"peerDependencies":{},"files":["*"],
			"bundledDependencies":[],"repository":"acme/widgets","directories":{"lib":"lib"}}`,
		"cli.js": "#!/usr/bin/env node\n", "server.js": "\n", "README.md": "# Widgets\n", "AUTHORS": "ACME\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			c.Fatal(err)
		}
	}
	return dir
}

// TestTheRealClient is a package's life as its publisher lives it.
func TestTheRealClient(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("npm"); err != nil {
		t.Fatal("npm is needed for this test; ./check installs it: ", err)
	}
	f := newPublisher(t)
	mux := http.NewServeMux()
	mux.Handle("/npm/", http.StripPrefix("/npm", authenticated(t, New().Handler(f))))
	server := httptest.NewServer(mux)
	defer server.Close()
	f.base = server.URL + "/npm/"
	c := &client{T: t, home: t.TempDir(), registry: f.base}
	login := func(token string) {
		text := strings.TrimPrefix(f.base, "http:") + ":_authToken=" + token + "\n"
		if err := os.WriteFile(filepath.Join(c.home, ".npmrc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	empty := t.TempDir()

	login("unknown")
	c.fails(c.project("1.0.0"), "publishing and changing packages needs a token", "publish")
	login("publisher")
	c.must(empty, "ci", "whoami")
	c.must(c.project("1.0.0"), "+ @acme/widgets@1.0.0", "publish")
	c.fails(c.project("1.0.0"), "1.0.0", "publish")
	c.must(c.project("1.1.0"), "+ @acme/widgets@1.1.0", "publish")
	c.must(c.project("2.0.0-rc.1"), "+ @acme/widgets@2.0.0-rc.1", "publish", "--tag", "next")
	c.must(empty, "next: 2.0.0-rc.1", "dist-tag", "ls", "@acme/widgets")
	c.must(empty, "+stable: @acme/widgets@1.0.0", "dist-tag", "add", "@acme/widgets@1.0.0", "stable")
	c.must(empty, "-stable", "dist-tag", "rm", "@acme/widgets", "stable")
	c.must(empty, "Widgets of ACME", "view", "@acme/widgets")
	c.must(empty, "@acme/widgets", "search", "widgets")
	c.must(empty, "", "deprecate", "@acme/widgets@1.0.0", "use 1.1.0")
	c.must(empty, "", "deprecate", "@acme/widgets@1.0.0", "")

	c.must(empty, "added 1 package", "install", "--prefix", t.TempDir(), "@acme/widgets")
	c.must(empty, "- @acme/widgets@1.1.0", "unpublish", "@acme/widgets@1.1.0")
	c.fails(c.project("1.1.0"), "1.1.0 was published before", "publish")
	c.must(empty, "- @acme/widgets", "unpublish", "--force", "@acme/widgets")

	want := []string{
		"publish @acme/widgets@1.0.0", "publish @acme/widgets@1.1.0", "publish @acme/widgets@2.0.0-rc.1",
		"tag @acme/widgets stable 1.0.0", "tag @acme/widgets stable ",
		"status @acme/widgets@1.0.0 deprecated use 1.1.0", "status @acme/widgets@1.0.0 active ",
		"status @acme/widgets@1.1.0 removed unpublished by a publisher, with npm",
		"status @acme/widgets@1.0.0 removed unpublished by a publisher, with npm", "status @acme/widgets@2.0.0-rc.1 removed unpublished by a publisher, with npm",
	}
	if !slices.Equal(f.changes, want) {
		t.Errorf("changes\n%s\nwant\n%s", strings.Join(f.changes, "\n"), strings.Join(want, "\n"))
	}
	for _, p := range f.passages {
		if strings.Contains(p.Query.Encode()+string(p.Body)+p.Source.Path, "acme") || slices.ContainsFunc(p.Names, f.Claimed) {
			t.Errorf("a claimed name went out: %+v", p)
		}
	}
}

package adopt

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// write makes a file below the machine's home.
func (m *machine) write(name, text string) {
	m.t.Helper()
	path := filepath.Join(variable(m.cfg.Env, "HOME"), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func TestCargoConfiguration(t *testing.T) {
	const mirror = "[source.mirror]\nregistry = \"sparse+https://mirror.example/index/\"\n"
	cases := []struct {
		name, config string
		env          string
		origins      []string
		dropped      string
		err          string
	}{
		{"a replacement", "[source.crates-io]\nreplace-with = \"mirror\"\n" + mirror, "", []string{"https://mirror.example/index/"}, "", ""},
		{"a chain of replacements", "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nreplace-with = \"mirror\"\n" + mirror, "", []string{"https://mirror.example/index/"}, "", ""},
		{"a registry by its name", "[source.crates-io]\nreplace-with = \"corp\"\n[registries.corp]\nindex = \"sparse+https://corp.example/index/\"\n", "", []string{"https://corp.example/index/"}, "", ""},
		{"a registry of the environment", "[source]\ncrates-io = { replace-with = \"my-corp\" }\n", "CARGO_REGISTRIES_MY_CORP_INDEX=sparse+https://corp.example/env/", []string{"https://corp.example/env/"}, "", ""},
		{"the default source itself given an address", "[source.crates-io]\nregistry = \"sparse+https://own.example/\"\n", "", []string{"https://own.example/"}, "", ""},
		{"an index in git", "[source.crates-io]\nreplace-with = \"old\"\n[source.old]\nregistry = \"https://mirror.example/git/index.git\"\n", "", nil, "index in git", ""},
		{"an index in git, as cargo writes it", "[source.crates-io]\nreplace-with = \"old\"\n[source.old]\nregistry = \"registry+https://mirror.example/git/index.git\"\n", "", nil, "index in git", ""},
		{"a directory", "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"/srv/vendor\"\n", "", nil, "a directory on this machine", ""},
		{"a local registry", "[source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\nlocal-registry = \"/srv/crates\"\n", "", nil, "a directory on this machine", ""},
		{"a git source", "[source.crates-io]\nreplace-with = \"g\"\n[source.g]\ngit = \"https://git.example/x\"\n", "", nil, "a git repository", ""},
		{"a source that is not there", "[source.crates-io]\nreplace-with = \"absent\"\n", "", nil, "defined nowhere", ""},
		{"a circle", "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nreplace-with = \"crates-io\"\n", "", nil, "in a circle", ""},
		{"credentials", "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://u:hunter2@mirror.example/\"\n", "", []string{"https://mirror.example/"}, "credentials", ""},
		{"itself", "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+http://127.0.0.1:8417/cargo/\"\n", "", nil, "this Assay itself", ""},
		{"no TOML, with a token", "[registry]\ntoken = hunter2\n", "", nil, "", "cannot be read"},
		{"a key of another type", "[source.crates-io]\nreplace-with = 7\n", "", nil, "", "cannot be read"},
		{"two tables of one name", "[source.crates-io]\nreplace-with = \"mirror\"\n[source.crates-io]\nreplace-with = \"other\"\n" + mirror, "", nil, "", "cannot be read"},
		{"a name with escapes", "[source.crates-io]\nreplace-with = \"\\u001b[2J\"\n", "", nil, "defined nowhere", ""},
	}
	for _, c := range cases {
		for _, file := range []string{".cargo/config.toml", ".cargo/config"} {
			t.Run(c.name+" in "+filepath.Base(file), func(t *testing.T) {
				m := newMachine(t)
				m.program("cargo", "echo cargo must not be asked >&2; exit 9")
				m.write(file, c.config)
				if c.env != "" {
					m.cfg.Env = append(m.cfg.Env, c.env)
				}
				f := Cargo(t.Context(), m.cfg)
				if !slices.Equal(f.Origins, c.origins) {
					t.Errorf("origins %q, want %q", f.Origins, c.origins)
				}
				if c.dropped != "" {
					says(t, f.Dropped, c.dropped)
				}
				if c.err == "" && f.Err != nil || c.err != "" && (f.Err == nil || !strings.Contains(f.Err.Error(), c.err)) {
					t.Errorf("error %v, want %q", f.Err, c.err)
				}
				if c.err == "" && f.Source != "~/"+file {
					t.Errorf("the source is %q, want ~/%s", f.Source, file)
				}
				if all := fmt.Sprint(f); strings.Contains(all, "hunter2") || strings.Contains(all, "\x1b") {
					t.Errorf("a password or an escape is in %q", all)
				}
			})
		}
	}
}

func TestCargoIndexDirectory(t *testing.T) {
	const open = `{"dl": "https://files.registry.example/crates", "api": "https://registry.example"}`
	cases := []struct {
		name    string
		files   map[string]string // below registry/index
		config  string
		origins []string // nil: cargo is asked
	}{
		{"one index", map[string]string{"index.registry.example-1949cf8c6b5b557f/config.json": open}, "", []string{"https://index.registry.example/"}},
		{"one that is spelt with a capital", map[string]string{"Index.Registry.Example-1949cf8c6b5b557f/config.json": open}, "", []string{"https://index.registry.example/"}},
		{"beside one in git", map[string]string{"index.registry.example-1949cf8c6b5b557f/config.json": open, "git.example-00/.git/HEAD": "x"}, "", []string{"https://index.registry.example/"}},
		{"beside one that asks for a token", map[string]string{"index.registry.example-19/config.json": open, "corp.example-07/config.json": `{"dl": "https://corp.example/dl", "auth-required": true}`}, "", []string{"https://index.registry.example/"}},
		{"beside one that is configured", map[string]string{"index.registry.example-19/config.json": open, "corp.example-07/config.json": open},
			"[registries.corp]\nindex = \"sparse+https://corp.example/index/\"\n", []string{"https://index.registry.example/"}},
		{"only one that is configured", map[string]string{"corp.example-07/config.json": open}, "[registries.corp]\nindex = \"sparse+https://corp.example/index/\"\n", nil},
		{"two that could be it", map[string]string{"index.registry.example-19/config.json": open, "other.example-07/config.json": open}, "", nil},
		{"a directory that is no host", map[string]string{"..%2f..-19/config.json": open, "u@registry.example-2/config.json": open, "nodots-3/config.json": open}, "", nil},
		{"a config.json that is none", map[string]string{"index.registry.example-19/config.json": "[]"}, "", nil},
		{"none", nil, "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.program("cargo", "echo cargo was asked >&2; exit 9")
			for name, text := range c.files {
				m.write(filepath.Join(".cargo/registry/index", name), text)
			}
			if c.config != "" {
				m.write(".cargo/config.toml", c.config)
			}
			f := Cargo(t.Context(), m.cfg)
			if !slices.Equal(f.Origins, c.origins) {
				t.Errorf("origins %q, want %q", f.Origins, c.origins)
			}
			if asked := f.Err != nil && strings.Contains(f.Err.Error(), "cargo was asked"); asked != (c.origins == nil) {
				t.Errorf("error %v; cargo asked: %v", f.Err, asked)
			}
		})
	}
}

// The port and the credentials of the proxy that cargo is given, for a shell.
const throughProxy = `rest=${CARGO_HTTP_PROXY#http://}; user=${rest%@*}; at=${rest#*@}
basic=$(printf %s "$user" | base64 | tr -d '\n')
ask() { bash -c 'exec 3<>"/dev/tcp/${1%:*}/${1#*:}"; printf "$2" >&3; cat <&3' - "$at" "$1"; }
`

func TestCargoIsAskedThroughAProxy(t *testing.T) {
	connect := func(to, more string) string {
		return throughProxy + `ask "CONNECT ` + to + ` HTTP/1.1\r\nHost: ` + to + `\r\nProxy-Authorization: Basic $basic\r\n` + more + `\r\n\r\n"; exit 101`
	}
	const agent = `User-Agent: cargo/1.95.0 (abc)`
	cases := []struct {
		name, script string
		origins      []string
		err          string
	}{
		{"a host", connect("index.registry.example:443", agent), []string{"https://index.registry.example/"}, ""},
		{"another port", connect("index.registry.example:8443", agent), []string{"https://index.registry.example:8443/"}, ""},
		{"a process that stays", connect("index.registry.example:443", agent) + "\nsleep 60 & sleep 60", []string{"https://index.registry.example/"}, ""},
		{"an index in git", connect("git.example:443", `User-Agent: git/1.0 (git2-curl 0.21.0)`), nil, "failed"},
		{"the host of a repository in git", connect("git.example:443", `User-Agent: cargo`), nil, "failed"},
		{"no host", connect("elsewhere", agent), nil, "failed"},
		{"an answer of cargo's own", "echo 'error: no toolchain' >&2; exit 1", nil, "no toolchain"},
		{"success without a question", "true", nil, "did not ask its registry"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.program("cargo", c.script)
			started := time.Now()
			f := Cargo(t.Context(), m.cfg)
			if !slices.Equal(f.Origins, c.origins) {
				t.Errorf("origins %q, want %q (%v)", f.Origins, c.origins, f.Err)
			}
			if c.err == "" && f.Err != nil || c.err != "" && (f.Err == nil || !strings.Contains(f.Err.Error(), c.err)) {
				t.Errorf("error %v, want %q", f.Err, c.err)
			}
			if time.Since(started) > 20*time.Second {
				t.Error("cargo was waited for after it had said what it wants")
			}
		})
	}
}

func TestCargoIsAskedWithoutTheUsersDirectory(t *testing.T) {
	m := newMachine(t)
	m.cfg.Env = append(m.cfg.Env, "NO_PROXY=*", "no_proxy=*", "CARGO_NET_OFFLINE=true", "CARGO_REGISTRIES_CRATES_IO_PROTOCOL=git")
	m.program("cargo", `env >&2
test "$PWD" = / && test "$CARGO_HOME" != "$HOME/.cargo" && test -d "$CARGO_HOME" && test -z "$NO_PROXY$no_proxy$CARGO_NET_OFFLINE" &&
	test "$CARGO_REGISTRIES_CRATES_IO_PROTOCOL" = sparse && grep -q '^\[workspace\]' "$4" || { echo wrong surroundings >&2; exit 9; }
`+throughProxy+`ask "CONNECT index.registry.example:443 HTTP/1.1\r\nProxy-Authorization: Basic $basic\r\nUser-Agent: cargo/1.95.0\r\nHost: index.registry.example:443\r\n\r\n"`)
	t.Setenv("TMPDIR", t.TempDir())
	f := Cargo(t.Context(), m.cfg)
	if !slices.Equal(f.Origins, []string{"https://index.registry.example/"}) {
		t.Errorf("%q, %v", f.Origins, f.Err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// TestOthersDoNotAnswerForCargo: any user of the machine can find the port.
func TestOthersDoNotAnswerForCargo(t *testing.T) {
	p, err := newConnectReader()
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	go func() {
		address, _ := p.read()
		told <- address
	}()
	ask := func(authorization string) {
		conn, err := net.Dial("tcp", p.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\nUser-Agent: cargo/1.95.0\r\n%s\r\n", authorization)
		answer, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 503 ") {
			t.Errorf("a stranger was answered %q (%v)", answer, err)
		}
	}
	ask("")
	ask("Proxy-Authorization: Basic YXNzYXk6c2VzYW1l\r\n")
	proxy, err := url.Parse(p.address())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy), ProxyConnectHeader: http.Header{"User-Agent": {"cargo/1.95.0"}}}}
	if answer, err := client.Get("https://index.registry.example/"); err == nil {
		answer.Body.Close()
		t.Error("the proxy led somewhere")
	}
	if got := <-told; got != "https://index.registry.example/" {
		t.Errorf("heard %q", got)
	}
	p.close()
}

func TestCargoThatIsMissing(t *testing.T) {
	m := newMachine(t)
	m.cfg.Env[0] = "PATH=" + m.bin
	m.write(".cargo/config.toml", "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://mirror.example/\"\n")
	if f := Cargo(t.Context(), m.cfg); !assay.Is(f.Err, assay.NotFound) || f.Origins != nil {
		t.Errorf("%q, %v, want NotFound", f.Origins, f.Err)
	}
}

// TestProjectsAreNotAskedForCargo: the configuration beside a checkout, or in
// a shared directory above the temporary one, is not the user's.
func TestProjectsAreNotAskedForCargo(t *testing.T) {
	m := newMachine(t)
	hostile := t.TempDir()
	if err := os.MkdirAll(filepath.Join(hostile, ".cargo"), 0o755); err != nil {
		t.Fatal(err)
	}
	text := "[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://evil.example/\"\n"
	if err := os.WriteFile(filepath.Join(hostile, ".cargo", "config.toml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(hostile)
	t.Setenv("TMPDIR", hostile)
	m.cfg.Env = append(m.cfg.Env, "CARGO_HOME=.cargo", "PWD="+hostile)
	m.program("cargo", `dir=$PWD
while [ "$dir" != / ]; do
	if [ -e "$dir/.cargo/config.toml" ]; then echo hostile settings >&2; exit 9; fi
	dir=$(dirname "$dir")
done
`+throughProxy+`ask "CONNECT index.registry.example:443 HTTP/1.1\r\nProxy-Authorization: Basic $basic\r\nUser-Agent: cargo/1.95.0\r\nHost: index.registry.example:443\r\n\r\n"`)
	if f := Cargo(t.Context(), m.cfg); !slices.Equal(f.Origins, []string{"https://index.registry.example/"}) {
		t.Errorf("%q, %v", f.Origins, f.Err)
	}
}

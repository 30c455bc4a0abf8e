package adopt

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
)

// machine is a PATH with programs of our own making.
type machine struct {
	t    *testing.T
	bin  string
	root string // a GOROOT
	cfg  Config
}

func newMachine(t *testing.T) *machine {
	dir := t.TempDir()
	m := &machine{t: t, bin: filepath.Join(dir, "bin"), root: filepath.Join(dir, "goroot")}
	if err := os.MkdirAll(m.bin, 0o755); err != nil {
		t.Fatal(err)
	}
	m.cfg = Config{Env: []string{"PATH=" + m.bin + ":/usr/bin:/bin", "HOME=" + dir}, Timeout: 30 * time.Second}
	m.cfg.Self = Self{Listen: netip.MustParseAddrPort("127.0.0.1:8417")}
	return m
}

// program installs a shell script.
func (m *machine) program(name, script string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// goSays installs a go command with these settings, and a GOROOT with a key.
func (m *machine) goSays(proxy, sumdb, nosumdb string) (key string) {
	m.t.Helper()
	_, key, err := note.GenerateKey(nil, "sums.example")
	if err != nil {
		m.t.Fatal(err)
	}
	dir := filepath.Join(m.root, "src", "cmd", "go", "internal", "modfetch")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		m.t.Fatal(err)
	}
	src := fmt.Sprintf("package modfetch\n\nvar known = map[string]string{\n\t\"sums.example\": %q,\n}\n", key)
	if err := os.WriteFile(filepath.Join(dir, "key.go"), []byte(src), 0o644); err != nil {
		m.t.Fatal(err)
	}
	m.program("go", fmt.Sprintf("cat <<'END'\n{\"GOPROXY\": %q, \"GOSUMDB\": %q, \"GONOSUMDB\": %q, \"GOROOT\": %q}\nEND",
		proxy, sumdb, nosumdb, m.root))
	return key
}

func says(t *testing.T, dropped []string, want string) {
	t.Helper()
	if !slices.ContainsFunc(dropped, func(s string) bool { return strings.Contains(s, want) }) {
		t.Errorf("nothing in %q says %q", dropped, want)
	}
}

func TestNPMAnswers(t *testing.T) {
	cases := []struct {
		name    string
		script  string
		origins []string
		dropped string
		kind    assay.Kind
		err     string
	}{
		{"a registry", "echo https://registry.example/", []string{"https://registry.example/"}, "", 0, ""},
		{"no trailing slash", "echo https://registry.example/npm", []string{"https://registry.example/npm/"}, "", 0, ""},
		{"warnings on the other stream", "echo 'npm warn odd setting' >&2; echo https://registry.example/", []string{"https://registry.example/"}, "", 0, ""},
		{"credentials are cut", "echo https://user:hunter2@Registry.example/npm/", []string{"https://registry.example/npm/"}, "credentials in the address of registry.example were cut", 0, ""},
		{"a token in the query is cut", "echo 'https://registry.example/?token=hunter2'", []string{"https://registry.example/"}, "was cut", 0, ""},
		{"itself", "echo http://127.0.0.1:8417/npm/", nil, "this Assay itself", 0, ""},
		{"itself by name", "echo http://localhost:8417/npm/", nil, "this Assay itself", 0, ""},
		{"itself by an IPv4-mapped address", "echo 'http://[::ffff:127.0.0.1]:8417/npm/'", nil, "this Assay itself", 0, ""},
		{"undefined", "echo undefined", nil, "", assay.Unsound, "no registry set"},
		{"nothing", "true", nil, "", assay.Unsound, "no registry set"},
		{"two lines", "echo a; echo b", nil, "", assay.Unsound, "not one address"},
		{"another scheme", "echo javascript:hunter2", nil, "http://", 0, ""},
		{"unreadable, with a password", "echo 'https://user:hunter2%zz@registry.example/'", nil, "not shown", 0, ""},
		{"terminal escapes", "printf 'https://registry.example/\\033[2J\\n'", nil, "cannot be read", 0, ""},
		{"failure", "echo first >&2; echo 'the disk is on fire' >&2; exit 3", nil, "", assay.Unavailable, "the disk is on fire"},
		{"failure that shows a password", "echo 'cannot get https://user:hunter2@registry.example/' >&2; exit 3", nil, "", assay.Unavailable, "failed"},
		{"too much", "yes https://registry.example/ | head -c 100000", nil, "", assay.Unsound, "answered more than"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.program("npm", c.script)
			f := NPM(t.Context(), m.cfg)
			if !slices.Equal(f.Origins, c.origins) {
				t.Errorf("origins %q, want %q", f.Origins, c.origins)
			}
			if c.err == "" && f.Err != nil || c.err != "" && (!assay.Is(f.Err, c.kind) || !strings.Contains(f.Err.Error(), c.err)) {
				t.Errorf("error %v, want %v %q", f.Err, c.kind, c.err)
			}
			if c.dropped != "" {
				says(t, f.Dropped, c.dropped)
			}
			if all := fmt.Sprint(f); strings.Contains(all, "hunter2") || strings.Contains(all, "\x1b") {
				t.Errorf("a password or an escape is in %q", all)
			}
		})
	}
}

func TestHostileSurroundingsAreNotObeyed(t *testing.T) {
	// The script answers as npm does: a project's settings, found by walking
	// up from the working directory to the first package.json, win.
	const walking = `dir=$PWD
while [ "$dir" != / ]; do
	if [ -e "$dir/package.json" ] || [ -e "$dir/node_modules" ]; then break; fi
	dir=$(dirname "$dir")
done
if [ -e "$dir/.npmrc" ]; then cat "$dir/.npmrc"; else echo https://registry.example/; fi`
	hostile := t.TempDir()
	for name, text := range map[string]string{"package.json": "{}", ".npmrc": "http://evil.example/"} {
		if err := os.WriteFile(filepath.Join(hostile, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("in the working directory", func(t *testing.T) {
		m := newMachine(t)
		m.program("npm", walking)
		t.Chdir(hostile)
		m.cfg.Env = append(m.cfg.Env, "PWD="+hostile)
		if f := NPM(t.Context(), m.cfg); !slices.Equal(f.Origins, []string{"https://registry.example/"}) {
			t.Errorf("adopted %q (%v)", f.Origins, f.Err)
		}
	})
	t.Run("above the empty directory", func(t *testing.T) {
		m := newMachine(t)
		m.program("npm", walking)
		t.Setenv("TMPDIR", hostile)
		if f := NPM(t.Context(), m.cfg); !slices.Equal(f.Origins, []string{"https://registry.example/"}) {
			t.Errorf("adopted %q (%v)", f.Origins, f.Err)
		}
		left, err := filepath.Glob(filepath.Join(hostile, "assay-*"))
		if err != nil || len(left) != 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
	})
	t.Run("a program of the checkout", func(t *testing.T) {
		m := newMachine(t)
		m.program("npm", "echo http://evil.example/")
		t.Chdir(m.bin)
		m.cfg.Env = []string{"PATH=.:node_modules/.bin::" + filepath.Join(m.bin, "absent")}
		if f := NPM(t.Context(), m.cfg); !assay.Is(f.Err, assay.NotFound) || f.Origins != nil {
			t.Errorf("adopted %q (%v), want a program that is not there", f.Origins, f.Err)
		}
	})
	t.Run("variables of a running script", func(t *testing.T) {
		m := newMachine(t)
		m.program("npm", `env | grep -c -i -e local_prefix -e INIT_CWD >&2 && exit 1; echo https://registry.example/`)
		m.cfg.Env = append(m.cfg.Env, "npm_config_local_prefix=/hostile", "INIT_CWD=/hostile")
		if f := NPM(t.Context(), m.cfg); f.Err != nil {
			t.Errorf("the project's variables reached npm: %v", f.Err)
		}
	})
}

func TestHangingCommandIsEnded(t *testing.T) {
	m := newMachine(t)
	m.program("npm", "sleep 60 & sleep 60")
	m.cfg.Timeout = 100 * time.Millisecond
	started := time.Now()
	f := NPM(t.Context(), m.cfg)
	if !assay.Is(f.Err, assay.Unavailable) || !strings.Contains(f.Err.Error(), "did not answer within") {
		t.Errorf("error %v, want Unavailable", f.Err)
	}
	if time.Since(started) > 20*time.Second {
		t.Error("its child was waited for")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f := NPM(ctx, m.cfg); !assay.Is(f.Err, assay.Canceled) {
		t.Errorf("canceled: %v", f.Err)
	}
}

func TestGoAnswers(t *testing.T) {
	cases := []struct {
		name, proxy, sumdb, nosumdb string
		origins                     []string
		dropped                     []string
		sumdbName, sumdbURL         string
	}{
		{"a proxy and direct", "https://proxy.example,direct", "sums.example", "", []string{"https://proxy.example/"}, []string{`"direct" is left out`}, "sums.example", ""},
		{"layers in order", "https://one.example/go,https://two.example", "sums.example", "", []string{"https://one.example/go/", "https://two.example/"}, nil, "sums.example", ""},
		{"bars", "https://one.example|https://two.example", "off", "", []string{"https://one.example/", "https://two.example/"}, []string{`"|"`, "GOSUMDB is off"}, "", ""},
		{"behind off nothing is asked", "https://one.example,off,https://two.example", "sums.example", "", []string{"https://one.example/"}, []string{`"off"`}, "sums.example", ""},
		{"only direct", "direct", "sums.example", "", nil, []string{`"direct"`}, "sums.example", ""},
		{"off", "off", "sums.example", "", nil, []string{`"off"`}, "sums.example", ""},
		{"empty", "", "sums.example", "", nil, nil, "sums.example", ""},
		{"a bare host is https", "proxy.example/go,direct", "sums.example", "", []string{"https://proxy.example/go/"}, nil, "sums.example", ""},
		{"said twice", "https://proxy.example,https://proxy.example/", "sums.example", "", []string{"https://proxy.example/"}, nil, "sums.example", ""},
		{"a directory", "file:///srv/modules,https://proxy.example", "sums.example", "", []string{"https://proxy.example/"}, []string{"a directory on this machine"}, "sums.example", ""},
		{"credentials are cut", "https://u:hunter2@proxy.example", "sums.example", "", []string{"https://proxy.example/"}, []string{"credentials"}, "sums.example", ""},
		{"itself, then another", "http://localhost:8417/go,https://proxy.example", "sums.example", "", []string{"https://proxy.example/"}, []string{"this Assay itself"}, "sums.example", ""},
		{"itself alone", "http://127.0.0.1:8417/go/", "sums.example", "", nil, []string{"this Assay itself"}, "sums.example", ""},
		{"a database with its own address", "https://proxy.example", "sums.example https://u:hunter2@sums.example/db", "", []string{"https://proxy.example/"}, []string{"credentials"}, "sums.example", "https://sums.example/db/"},
		{"a database without a key", "https://proxy.example", "other.example", "", []string{"https://proxy.example/"}, nil, "", ""},
		{"private modules", "https://proxy.example", "sums.example", "corp.example/*", []string{"https://proxy.example/"}, []string{"GONOSUMDB (corp.example/*)"}, "sums.example", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			key := m.goSays(c.proxy, c.sumdb, c.nosumdb)
			f := Go(t.Context(), m.cfg)
			if f.Err != nil {
				t.Fatal(f.Err)
			}
			if !slices.Equal(f.Origins, c.origins) {
				t.Errorf("origins %q, want %q", f.Origins, c.origins)
			}
			for _, want := range c.dropped {
				says(t, f.Dropped, want)
			}
			if (f.SumDBErr != nil) != (c.sumdb == "other.example") {
				t.Errorf("checksum database: %v", f.SumDBErr)
			}
			switch {
			case c.sumdbName == "" && f.SumDB != nil:
				t.Errorf("checksum database %+v, want none", f.SumDB)
			case c.sumdbName != "" && (f.SumDB == nil || *f.SumDB != SumDB{Name: c.sumdbName, Key: key, URL: c.sumdbURL}):
				t.Errorf("checksum database %+v, want %s", f.SumDB, c.sumdbName)
			}
			if strings.Contains(fmt.Sprint(f), "hunter2") {
				t.Errorf("a password is in %+v", f)
			}
		})
	}
}

func TestGoSettingsDoNotBreakTheQuestion(t *testing.T) {
	m := newMachine(t)
	m.program("go", `test -z "$GOFLAGS" && test "$GOWORK" = off && test "$GOTOOLCHAIN" = local && test "$(cat go.mod)" = "module assay.invalid/empty" || exit 1
echo '{"GOPROXY": "https://proxy.example", "GOSUMDB": "off"}'`)
	m.cfg.Env = append(m.cfg.Env, "GOFLAGS=-mod=vendor -broken", "GOWORK=/hostile/go.work", "GOTOOLCHAIN=go9.99")
	if f := Go(t.Context(), m.cfg); f.Err != nil || len(f.Origins) != 1 {
		t.Errorf("%q, %v", f.Origins, f.Err)
	}
	m.program("go", "echo this is not JSON")
	if f := Go(t.Context(), m.cfg); !assay.Is(f.Err, assay.Unsound) {
		t.Errorf("garbage: %v, want Unsound", f.Err)
	}
}

func TestGoWithoutItsSource(t *testing.T) {
	m := newMachine(t)
	m.goSays("https://proxy.example", "sums.example", "")
	if err := os.RemoveAll(m.root); err != nil {
		t.Fatal(err)
	}
	f := Go(t.Context(), m.cfg)
	if f.Err != nil || f.SumDB != nil || len(f.Origins) != 1 {
		t.Errorf("%+v, want a proxy and no checksum database", f)
	}
	says(t, []string{fmt.Sprint(f.SumDBErr)}, `no key is known for the checksum database "sums.example"`)
	says(t, []string{fmt.Sprint(f.SumDBErr)}, "go env -w GOSUMDB")
}

// names answers look-ups from a table.
type names map[string]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if s, ok := n[host]; ok {
		return []netip.Addr{netip.MustParseAddr(s)}, nil
	}
	return nil, fmt.Errorf("no such host")
}

func TestSelf(t *testing.T) {
	public := &url.URL{Scheme: "https", Host: "packages.example", Path: "/assay/"}
	cases := []struct {
		name, listen, address string
		public                *url.URL
		want                  bool
	}{
		{"the same address", "127.0.0.1:8417", "http://127.0.0.1:8417/npm/", nil, true},
		{"another port", "127.0.0.1:8417", "http://127.0.0.1:4873/", nil, false},
		{"another loopback address", "127.0.0.1:8417", "http://127.0.0.2:8417/", nil, false},
		{"a name that leads here", "127.0.0.1:8417", "http://assay.test:8417/npm/", nil, true},
		{"a name that leads elsewhere", "127.0.0.1:8417", "http://else.test:8417/npm/", nil, false},
		{"a name that leads nowhere", "127.0.0.1:8417", "http://absent.test:8417/npm/", nil, false},
		{"the unspecified address", "127.0.0.1:8417", "http://0.0.0.0:8417/npm/", nil, true},
		{"all interfaces, loopback", "0.0.0.0:8417", "http://127.0.0.1:8417/npm/", nil, true},
		{"all interfaces, loopback of the newer kind", "[::]:8417", "http://[::1]:8417/npm/", nil, true},
		{"all interfaces, another machine", "[::]:8417", "http://203.0.113.9:8417/npm/", nil, false},
		{"the standard port", "127.0.0.1:80", "http://127.0.0.1/npm/", nil, true},
		{"https has another standard port", "127.0.0.1:80", "https://127.0.0.1/npm/", nil, false},
		{"the public address", "127.0.0.1:8417", "https://Packages.example:443/assay/npm/", public, true},
		{"the public host, another path", "127.0.0.1:8417", "https://packages.example/mirror/npm/", public, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			u, err := url.Parse(c.address)
			if err != nil {
				t.Fatal(err)
			}
			self := Self{Listen: netip.MustParseAddrPort(c.listen), Public: c.public,
				Resolver: names{"assay.test": "127.0.0.1", "else.test": "192.0.2.1"}}
			if got := self.Is(t.Context(), u); got != c.want {
				t.Errorf("%s listening on %s: %v, want %v", c.address, c.listen, got, c.want)
			}
		})
	}
}

func TestTheLastComplaintIsShown(t *testing.T) {
	for stderr, want := range map[string]string{
		"": "",
		"npm error The registry option is protected\nnpm error A complete log of this run can be found in: /x.log\n": ": npm error The registry option is protected",
		"warning\nno such option\n":              ": no such option",
		"bad https://u:hunter2@registry.example": "",
	} {
		if got := lastLine([]byte(stderr)); got != want {
			t.Errorf("%q: %q, want %q", stderr, got, want)
		}
	}
}

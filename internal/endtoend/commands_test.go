package endtoend_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServeSaysWhereItStands(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	printed := a.output.String()
	says(t, "assay serve", printed,
		strings.TrimSuffix(a.base, "/"), // its address
		a.npm.URL(), a.modules.URL(),    // the upstreams it adopted
		"npm config get registry", "go env GOPROXY", // and from where
		"direct",                                  // what it dropped
		"3 days", "assay policy observe cooldown", // the cooldown, and how to observe instead
		a.base+"npm/", "GOPROXY="+a.base+"go/", a.data) // one line for each package manager; the data
	info, err := os.Stat(a.data)
	must(t, err)
	if mode := info.Mode().Perm(); mode != 0o700 {
		t.Errorf("the data directory has mode %o, want 700", mode)
	}
	second := a.command("serve", "--listen", "127.0.0.1:0", "--no-adopt")
	if second.code == 0 || !strings.Contains(second.out, a.data) {
		t.Errorf("a second server on the same data ended with %d:\n%s", second.code, second.out)
	}
	for _, path := range []string{"healthz", "readyz", "metrics"} {
		if status, body := a.get(path); status != http.StatusOK {
			t.Errorf("/%s answered %d: %.300s", path, status, body)
		}
	}
}

func TestServeDoesNotAdoptItself(t *testing.T) {
	a := newAssay(t)
	a.env = append(a.env, "npm_config_registry="+a.base+"npm/", "GOPROXY="+a.base+"go/")
	a.start()
	for _, path := range []string{"npm/kettle", "go/" + "registry.example/works/kettle/@v/list"} {
		status, body := a.get(path)
		if status < 400 {
			t.Errorf("%s answered %d with itself as its upstream: %.300s", path, status, body)
		}
	}
	if strings.Contains(a.do("upstreams"), a.base) {
		t.Errorf("it adopted its own address:\n%s", a.output)
	}
}

func TestHostFromElsewhere(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example:" + a.port, "evil.example@127.0.0.1"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.base+"npm/kettle", nil)
		must(t, err)
		r.Host = host
		answer, err := client.Do(r)
		must(t, err)
		answer.Body.Close()
		if answer.StatusCode != http.StatusMisdirectedRequest && answer.StatusCode != http.StatusBadRequest {
			t.Errorf("a request for the host %s answered %s", host, answer.Status)
		}
	}
}

func TestCommandsWithAndWithoutAServer(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	a.stop()
	// The same commands with the lock and through the socket.
	for _, running := range []bool{false, true} {
		name := "without a server"
		if running {
			name = "with a server"
			a.start("--no-adopt")
		}
		t.Run(name, func(t *testing.T) {
			a.t = t
			a.do("block", "pkg:npm/kettle@1.2.0", "--reason", "it leaks", "--until", "2099-01-01")
			var blocks []struct{ Pattern, Reason string }
			must(t, json.Unmarshal([]byte(a.do("blocks", "--json")), &blocks))
			if len(blocks) != 1 || blocks[0].Pattern != "pkg:npm/kettle@1.2.0" || blocks[0].Reason != "it leaks" {
				t.Errorf("the blocks are %+v", blocks)
			}
			says(t, "assay explain", a.do("explain", "pkg:npm/kettle@1.2.0"),
				"pkg:npm/kettle@1.2.0", "deny", "block", "it leaks", "published", "packument time")
			a.do("unblock", "pkg:npm/kettle@1.2.0")
			if out := a.do("blocks", "--json"); strings.Contains(out, "kettle") {
				t.Errorf("the block is still there: %s", out)
			}
		})
	}
	a.t = t
}

func TestMistakesAreSaidInWords(t *testing.T) {
	a := newAssay(t)
	a.start()
	for _, c := range []struct {
		name  string
		args  []string
		code  int
		words []string
	}{
		{"no reason", []string{"block", "pkg:npm/kettle"}, -1, []string{"--reason"}},
		{"no package URL", []string{"block", "kettle", "--reason", "x"}, 1, []string{"pkg:npm/"}},
		{"an unknown ecosystem", []string{"block", "pkg:teapot/kettle", "--reason", "x"}, 1, []string{"teapot"}},
		{"a range that is none", []string{"block", "pkg:npm/kettle@>=banana", "--reason", "x"}, 1, []string{"banana"}},
		{"an exception without a version", []string{"except", "pkg:npm/kettle", "--rule", "block", "--reason", "x"}, 1, []string{"version"}},
		{"an exception from no rule", []string{"except", "pkg:npm/kettle@1.0.0", "--rule", "banana", "--reason", "x"}, 1, []string{"banana", "cooldown"}},
		{"an end in the past", []string{"block", "pkg:npm/kettle", "--reason", "x", "--until", "2001-01-01"}, -1, []string{"2001"}},
		{"a block that is not there", []string{"unblock", "pkg:npm/kettle"}, 1, []string{"pkg:npm/kettle"}},
		{"an unknown flag", []string{"blocks", "--banana"}, 2, []string{"--banana"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := a.command(c.args...)
			if r.code == 0 || c.code > 0 && r.code != c.code {
				t.Errorf("it ended with %d, want %d", r.code, c.code)
			}
			says(t, "assay", r.out, append(c.words, "assay: ")...)
		})
	}
	if out := a.do("blocks", "--json"); strings.Contains(out, "kettle") {
		t.Errorf("a refused block was kept: %s", out)
	}
}

func TestPolicyFile(t *testing.T) {
	a := newAssay(t)
	publishNPM(t, a.npm)
	a.start()
	file := filepath.Join(t.TempDir(), "policy.yaml")

	must(t, os.WriteFile(file, []byte(strings.Join([]string{
		"version: 1",
		"rules:",
		"  cooldown:",
		"    mode: sometimes",  // line 4
		"    minimum: 3 moons", // line 5
		"  kooldown:",          // line 6
		"    mode: enforce",
		"  install-scripts:",
		"    effect: shout", // line 9
		"blocks:",
		"  - pattern: pkg:npm/kettle@>=banana", // line 11
		"    reason: it leaks",
		"",
	}, "\n")), 0o600))
	r := a.command("policy", "check", file)
	if r.code == 0 {
		t.Errorf("a file with five mistakes is said to be right:\n%s", r.out)
	}
	for _, line := range []string{"4", "5", "6", "9", "11"} {
		says(t, "assay policy check", r.out, file+":"+line)
	}
	if r := a.command("policy", "apply", file); r.code == 0 {
		t.Error("a file with mistakes was put in force")
	}

	must(t, os.WriteFile(file, []byte(strings.Join([]string{
		"version: 1",
		"rules:",
		"  cooldown:",
		"    minimum: 7d",
		"    exempt: [\"pkg:npm/fresh\"]",
		"  install-scripts:",
		"    effect: deny",
		"blocks:",
		"  - pattern: pkg:npm/kettle@1.2.0",
		"    reason: it leaks",
		"",
	}, "\n")), 0o600))
	a.do("policy", "check", file)
	a.do("policy", "apply", file)
	for path, want := range map[string]int{
		"npm/kettle/-/kettle-1.2.0.tgz": 403, // the file's block
		"npm/kettle/-/kettle-1.1.0.tgz": 200,
		"npm/fresh/-/fresh-1.0.1.tgz":   200, // exempt
		"npm/stove/-/stove-1.0.0.tgz":   403, // has an install script
	} {
		if status, body := a.get(path); status != want {
			t.Errorf("%s answered %d, want %d: %.300s", path, status, want, body)
		}
	}
	// What is in force outlives the server.
	a.stop()
	a.start("--no-adopt")
	if status, _ := a.get("npm/stove/-/stove-1.0.0.tgz"); status != http.StatusForbidden {
		t.Errorf("after a restart the policy is gone: the file answered %d", status)
	}
}

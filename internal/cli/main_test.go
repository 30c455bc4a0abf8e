package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"assay": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		os.Exit(Main(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestScripts runs the commands as a person would: testdata/*.txtar. Besides
// testscript's own words a script may say:
//
//	npm-upstream        starts a fake npm registry with lodash 4.17.20 and
//	                    4.17.21, and the too young 4.18.0; sets NPM_UPSTREAM
//	go-upstream         starts a fake Go proxy with example.org/m v1.0.0 and
//	                    v1.1.0; sets GO_UPSTREAM and GO_SUMDB
//	npm-upstream-stops  ends the fake npm registry
//	serve NAME ARG...   starts 'assay serve ARG...', waits until it is open,
//	                    sets BASE to its address
//	halt NAME           asks it to stop in order; writes NAME.out and NAME.err
//	                    (stop and kill are testscript's own words)
//	crash NAME          kills it (SIGKILL)
//	get URL             prints status and body
//	free-port NAME      sets NAME to a port that is free now
//	front NAME PORT     starts a proxy before the local port; sets NAME to its
//	                    address
//	log NAME TEXT       waits until the running server has logged the text
//	env-file NAME FILE  sets NAME to what stands in the file
//	get-as FILE URL     as get, with the token in the file
//	wait-for LINE TEXT  runs 'assay ...' until it prints the text
//	spoil DIR           changes the last byte of every file below it
//
// Only programs of the script are on PATH: its bin folder, and assay.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			own, _, _ := strings.Cut(env.Getenv("PATH"), string(os.PathListSeparator))
			env.Setenv("PATH", own+string(os.PathListSeparator)+filepath.Join(env.WorkDir, "bin"))
			env.Setenv("ASSAY", filepath.Join(own, "assay"))
			w := &world{servers: map[string]*running{}}
			env.Values[worldKey{}] = w
			env.Defer(w.end)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"npm-upstream": npmUpstream, "npm-upstream-stops": npmUpstreamStops, "go-upstream": goUpstream,
			"serve": serveInScript, "halt": haltInScript, "crash": crashInScript, "get": get,
			"free-port": freePort, "front": front, "log": logged,
			"env-file": envFile, "get-as": getAs, "spoil": spoil, "wait-for": waitFor,
		},
	})
}

// TestScriptsUseNoWordThatMeansSomethingElse: testscript's own words come
// first, and its stop ends a script, which then passes without its rest.
func TestScriptsUseNoWordThatMeansSomethingElse(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	foreign := regexp.MustCompile(`(?m)^(! )?(stop|kill|skip)\b.*$`)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if line := foreign.Find(text); line != nil {
			t.Errorf("%s says %q: to end a server write halt or crash", name, line)
		}
	}
}

// world is what a script has running.
type world struct {
	npm     *ecosystemtest.NPM
	golang  *ecosystemtest.Go
	servers map[string]*running
	fronts  []*httptest.Server
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func (w *world) end() {
	for _, s := range w.servers {
		s.cmd.Process.Kill()
		<-s.done
	}
	for _, f := range w.fronts {
		f.Close()
	}
	if w.npm != nil {
		w.npm.Stop()
	}
	if w.golang != nil {
		w.golang.Stop()
	}
}

func npmUpstream(ts *testscript.TestScript, _ bool, _ []string) {
	fake, err := ecosystemtest.NewNPM()
	ts.Check(err)
	w := worldOf(ts)
	w.npm = fake
	old := time.Date(2021, 2, 20, 15, 42, 16, 0, time.UTC)
	for version, at := range map[string]time.Time{"4.17.20": old.AddDate(-1, 0, 0), "4.17.21": old} {
		ts.Check(fake.Publish(ecosystemtest.NPMVersion{Name: "lodash", Version: version, Published: at}))
	}
	ts.Check(fake.Publish(ecosystemtest.NPMVersion{Name: "lodash", Version: "4.18.0", Published: time.Now().Add(-time.Hour)}))
	ts.Setenv("NPM_UPSTREAM", strings.TrimSuffix(fake.URL(), "/")+"/")
}

func npmUpstreamStops(ts *testscript.TestScript, _ bool, _ []string) { worldOf(ts).npm.Stop() }

func goUpstream(ts *testscript.TestScript, _ bool, _ []string) {
	fake, err := ecosystemtest.NewGo()
	ts.Check(err)
	worldOf(ts).golang = fake
	for _, version := range []string{"v1.0.0", "v1.1.0"} {
		ts.Check(fake.Publish(ecosystemtest.GoVersion{Path: "example.org/m", Version: version, Published: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}))
	}
	ts.Setenv("GO_UPSTREAM", strings.TrimSuffix(fake.URL(), "/")+"/")
	ts.Setenv("GO_SUMDB", fake.SumDBKey)
}

// running is a server that a script started.
type running struct {
	cmd      *exec.Cmd
	out, err syncBuffer
	done     chan struct{} // closed when it has ended
	failed   error         // how; set before done is closed
}

// syncBuffer is written by a process and read by the script meanwhile.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// environOf is the script's environment as programs get it.
func environOf(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "ASSAY_DATA", "NPM_UPSTREAM", "GO_UPSTREAM", "GO_SUMDB", "SAY_NPM", "SAY_GO", "SAY_PIP", "CARGO_HOME", "GOFLAGS", "GONOSUMDB"} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

var opened = regexp.MustCompile(`(?m)^Assay serves packages at (\S+)$`)

func serveInScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || neg {
		ts.Fatalf("usage: serve NAME ARG...")
	}
	s := &running{done: make(chan struct{})}
	s.cmd = exec.Command(ts.Getenv("ASSAY"), append([]string{"serve"}, args[1:]...)...)
	s.cmd.Dir = ts.MkAbs(".")
	s.cmd.Env = environOf(ts)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.err
	ts.Check(s.cmd.Start())
	go func() {
		s.failed = s.cmd.Wait()
		close(s.done)
	}()
	worldOf(ts).servers[args[0]] = s
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(s.out.String(), "Ctrl-C stops.") {
		select {
		case <-s.done:
			ts.Fatalf("the server ended: %v\n%s%s", s.failed, s.out.String(), s.err.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			ts.Fatalf("the server is not open:\n%s%s", s.out.String(), s.err.String())
		}
	}
	ts.Setenv("BASE", opened.FindStringSubmatch(s.out.String())[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(s.out.String()), 0o600))
}

func haltInScript(ts *testscript.TestScript, neg bool, args []string) {
	s := ending(ts, args, syscall.SIGTERM)
	if s.failed != nil {
		ts.Fatalf("the server ended with %v\n%s%s", s.failed, s.out.String(), s.err.String())
	}
}

func crashInScript(ts *testscript.TestScript, neg bool, args []string) {
	ending(ts, args, syscall.SIGKILL)
}

func ending(ts *testscript.TestScript, args []string, sig os.Signal) *running {
	w := worldOf(ts)
	if len(args) != 1 || w.servers[args[0]] == nil {
		ts.Fatalf("no such server: %q", args)
	}
	s := w.servers[args[0]]
	delete(w.servers, args[0])
	ts.Check(s.cmd.Process.Signal(sig))
	select {
	case <-s.done:
	case <-time.After(40 * time.Second):
		s.cmd.Process.Kill()
		ts.Fatalf("the server did not end\n%s%s", s.out.String(), s.err.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(s.out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), []byte(s.err.String()), 0o600))
	return s
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: get URL")
	}
	fetch(ts, neg, args[0], "")
}

func getAs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: get-as FILE URL")
	}
	fetch(ts, neg, args[1], strings.TrimSpace(ts.ReadFile(args[0])))
}

func envFile(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: env-file NAME FILE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

func fetch(ts *testscript.TestScript, neg bool, url, token string) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	ts.Check(err)
	if token != "" {
		req.SetBasicAuth("anybody", token)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n%s\n", resp.Status, body)
	if (resp.StatusCode < 400) == neg {
		ts.Fatalf("GET %s: %s", url, resp.Status)
	}
}

func freePort(ts *testscript.TestScript, neg bool, args []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	_, port, err := net.SplitHostPort(ln.Addr().String())
	ts.Check(err)
	ts.Check(ln.Close())
	ts.Setenv(args[0], port)
}

func front(ts *testscript.TestScript, neg bool, args []string) {
	to := &url.URL{Scheme: "http", Host: "127.0.0.1:" + args[1]}
	f := httptest.NewServer(httputil.NewSingleHostReverseProxy(to))
	w := worldOf(ts)
	w.fronts = append(w.fronts, f)
	ts.Setenv(args[0], f.URL+"/")
}

// waitFor is for what is written a moment later: counts are, each second.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: wait-for LINE TEXT")
	}
	words := strings.Fields(args[0])
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		cmd := exec.Command(ts.Getenv("ASSAY"), words[1:]...)
		cmd.Dir, cmd.Env = ts.MkAbs("."), environOf(ts)
		out, err := cmd.CombinedOutput()
		if err == nil && strings.Contains(string(out), args[1]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("'%s' does not print %q: %v\n%s", args[0], args[1], err, out)
		}
	}
}

func logged(ts *testscript.TestScript, neg bool, args []string) {
	s := worldOf(ts).servers[args[0]]
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(s.err.String(), args[1]); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("the server has not logged %q:\n%s", args[1], s.err.String())
		}
	}
}

// call runs Main in this process.
func call(t *testing.T, env []string, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e strings.Builder
	code = Main(t.Context(), args, env, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func TestUsageMistakes(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	cases := []struct {
		name string
		args []string
		says []string
	}{
		{"an unknown command", []string{"blokc"}, []string{`there is no command "blokc"`, "but there is block"}},
		{"an unknown command below another", []string{"policy", "observ"}, []string{`there is no command "observ"`, "observe", "'assay policy --help'"}},
		{"an unknown flag", []string{"block", "pkg:npm/x", "--resaon", "y"}, []string{"'assay block' has no flag --resaon", "'assay block --help'"}},
		{"an unknown short flag", []string{"blocks", "-x"}, []string{"'assay blocks' has no flag -x"}},
		{"a flag without its value", []string{"block", "pkg:npm/x", "--reason"}, []string{"--reason needs a value"}},
		{"a value that a flag cannot take", []string{"serve", "--cache-size", "much"}, []string{"--cache-size", `"much" is no size`, "20GB"}},
		{"a switch with a value", []string{"blocks", "--json=perhaps"}, []string{"--json", `"perhaps"`}},
		{"a block without a reason", []string{"block", "pkg:npm/lodash@<4.17.21"}, []string{"needs a reason", `assay block 'pkg:npm/lodash@<4.17.21' --reason "`}},
		{"an exception without a reason", []string{"except", "pkg:npm/x@1.0.0", "--rule", "cooldown"}, []string{"needs a reason", "--rule cooldown --reason"}},
		{"an exception without a rule", []string{"except", "pkg:npm/x@1.0.0", "--reason", "y"}, []string{"needs a rule", "--rule"}},
		{"an end that has passed", []string{"block", "pkg:npm/x", "--reason", "y", "--until", "2001-01-01"}, []string{"--until", "has passed"}},
		{"no pattern", []string{"block", "--reason", "y"}, []string{"'assay block' needs a pattern", "assay block 'pkg:npm/lodash@<4.17.21'"}},
		{"words that were not quoted", []string{"block", "pkg:npm/x", "1.0.0", "--reason", "y"}, []string{`"1.0.0" is one word too many`, "quote"}},
		{"no package URL", []string{"explain", "npm/lodash@4.17.20"}, []string{"write 'pkg:npm/lodash@4.17.20'"}},
		{"an upstream without an address", []string{"upstream", "set", "npm"}, []string{"needs an address", "--none"}},
		{"an upstream that is none and something", []string{"upstream", "set", "npm", "https://x.example/", "--none"}, []string{"--none takes no address"}},
		{"an upstream that is no address", []string{"upstream", "set", "npm", "registry.example"}, []string{"does not begin with http"}},
		{"an unknown log level", []string{"serve", "--log-level", "loud"}, []string{`"loud" is no log level`}},
		{"an operand for serve", []string{"serve", "8080"}, []string{`"8080" is one word too many`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := call(t, []string{"ASSAY_DATA=" + data}, c.args...)
			if code != exitUsage || out != "" || !strings.HasPrefix(errs, "assay: ") {
				t.Errorf("exit %d, output %q, errors %q; want exit 2 and one error", code, out, errs)
			}
			for _, want := range c.says {
				if !strings.Contains(errs, want) {
					t.Errorf("%q does not say %q", errs, want)
				}
			}
			if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a mistake made a data directory (%v)", err)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"policy"}, {"block", "--help"}, {"serve", "--help"}, {"help", "explain"}} {
		code, out, errs := call(t, nil, args...)
		if code != exitOK || errs != "" || !strings.Contains(out, "assay") {
			t.Errorf("%q: exit %d, output %q, errors %q", args, code, out, errs)
		}
	}
	_, out, _ := call(t, nil, "serve", "--help")
	if !strings.Contains(out, "let anyone who can reach the listen address read every package") {
		t.Errorf("the risk of anonymous reads is not named:\n%s", out)
	}
}

func TestVersion(t *testing.T) {
	code, out, _ := call(t, nil, "version")
	if code != exitOK || !strings.HasPrefix(out, "assay ") || !strings.Contains(out, ", go1.") {
		t.Errorf("exit %d, %q", code, out)
	}
	if _, flag, _ := call(t, nil, "--version"); flag != out {
		t.Errorf("--version prints %q", flag)
	}
	if _, out, _ := call(t, nil, "version", "--json"); !strings.Contains(out, `"platform"`) {
		t.Errorf("%q", out)
	}
}

func TestDirectoryThatOthersCanEnter(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"blocks"}, {"block", "pkg:npm/x", "--reason", "y"}, {"serve", "--no-adopt"}, {"explain", "pkg:npm/x"}} {
		code, _, errs := call(t, nil, append(args, "--data", data)...)
		if code != exitFailed || !strings.Contains(errs, "others can enter") || !strings.Contains(errs, "chmod 700") {
			t.Errorf("%q: exit %d, %q", args, code, errs)
		}
	}
	if left, err := os.ReadDir(data); err != nil || len(left) != 0 {
		t.Errorf("the refused directory holds %v (%v)", left, err)
	}
}

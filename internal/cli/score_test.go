package cli

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/badregistry"
)

// TestScoreScripts runs the commands of the scorecard as a person would:
// testdata/score/*.txtar. Besides testscript's own words a script may say:
//
//	registry NAME [SIN...]  starts a package repository of tests; sets NAME to
//	                        its root, NAME_NPM, NAME_GO, NAME_PYPI, NAME_CARGO
//	                        and NAME_MAVEN to its addresses and
//	                        NAME_UNDER to where its publisher may make names,
//	                        and writes the tokens NAME.token and NAME.other
//	registry-ends NAME      ends it
//	target NAME KIND        starts a server that is no sound repository; sets
//	                        NAME to its address
//	env-token FILE          sets TOKEN to what stands in the file
//	interrupt FILE ARG...   runs 'assay ARG...', waits until FILE, which it
//	                        writes its errors to, names a trial, and presses ^C
//	at-most DURATION ARG... runs 'assay ARG...', and fails if it takes longer
//
// The home of a script is its own, and so is the key that signs there.
func TestScoreScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/score",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			own, _, _ := strings.Cut(env.Getenv("PATH"), string(os.PathListSeparator))
			env.Setenv("PATH", own)
			env.Setenv("ASSAY", filepath.Join(own, "assay"))
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			w := &scored{registries: map[string]*badregistry.Registry{}}
			env.Values[scoredKey{}] = w
			env.Defer(w.end)
			return os.Mkdir(filepath.Join(env.WorkDir, "home"), 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"registry": startRegistry, "registry-ends": endRegistry, "target": startTarget,
			"interrupt": interruptInScript, "env-token": envToken, "at-most": withinInScript,
		},
	})
}

// scored is what a script has running.
type scored struct {
	registries map[string]*badregistry.Registry
	targets    []*httptest.Server
}

type scoredKey struct{}

func (w *scored) end() {
	for _, r := range w.registries {
		_ = r.Close(context.Background()) // it is a test's, and in memory
	}
	for _, s := range w.targets {
		s.CloseClientConnections()
		s.Close()
	}
}

func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 || neg {
		ts.Fatalf("usage: registry NAME [SIN...]")
	}
	var cfg badregistry.Config
	for _, sin := range args[1:] {
		cfg.Sins = append(cfg.Sins, badregistry.Sin(sin))
	}
	r, err := badregistry.Start(cfg)
	ts.Check(err)
	name := args[0]
	ts.Value(scoredKey{}).(*scored).registries[name] = r
	s := r.Subject()
	ts.Setenv(name, strings.TrimSuffix(s.Addresses[assay.NPM], "npm/"))
	ts.Setenv(name+"_NPM", s.Addresses[assay.NPM])
	ts.Setenv(name+"_GO", s.Addresses[assay.Golang])
	for _, e := range []assay.Ecosystem{assay.PyPI, assay.Cargo, assay.Maven} {
		ts.Setenv(name+"_"+strings.ToUpper(string(e)), s.Addresses[e])
	}
	ts.Setenv(name+"_UNDER", r.Under(assay.NPM))
	ts.Check(os.WriteFile(ts.MkAbs(name+".token"), []byte(r.Publisher(assay.NPM).Secret+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(name+".other"), []byte(r.Stranger(assay.NPM).Secret+"\n"), 0o600))
}

func endRegistry(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(scoredKey{}).(*scored)
	ts.Check(w.registries[args[0]].Close(context.Background()))
	delete(w.registries, args[0])
}

// targets are servers that are no sound package repositories, by what is
// wrong with them.
func targets() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.example"+r.URL.Path, http.StatusFound)
		},
		"redirects-for-ever": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		},
		"a-web-page-that-says-json": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "<!DOCTYPE html><title>Welcome</title>")
		},
		"too-much": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			chunk := bytes.Repeat([]byte(`{"a":`), 1<<16)
			for range 100 << 20 / len(chunk) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		},
		"closes-early": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, `{"name":`)
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			panic(http.ErrAbortHandler)
		},
		"needs-a-log-in": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="here"`)
			http.Error(w, "log in first", http.StatusUnauthorized)
		},
		"no-registry": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"draws-on-the-terminal": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "\x1b[2J\x1b]0;owned\a no", http.StatusTeapot)
		},
	}
}

func startTarget(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: target NAME KIND")
	}
	if args[1] == "nobody" {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Check(ln.Close())
		ts.Setenv(args[0], "http://"+ln.Addr().String()+"/")
		return
	}
	handler, ok := targets()[args[1]]
	if !ok {
		ts.Fatalf("there is no target %q", args[1])
	}
	s := httptest.NewServer(handler)
	w := ts.Value(scoredKey{}).(*scored)
	w.targets = append(w.targets, s)
	ts.Setenv(args[0], s.URL+"/")
}

func scoreProcess(ts *testscript.TestScript, args []string) (*exec.Cmd, *syncBuffer, *syncBuffer) {
	var out, errs syncBuffer
	cmd := exec.Command(ts.Getenv("ASSAY"), args...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = []string{"HOME=" + ts.Getenv("HOME"), "PATH=" + ts.Getenv("PATH"), "TMPDIR=" + ts.Getenv("TMPDIR")}
	cmd.Stdout, cmd.Stderr = &out, &errs
	return cmd, &out, &errs
}

func interruptInScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: interrupt FILE ARG...")
	}
	cmd, out, errs := scoreProcess(ts, args[1:])
	ts.Check(cmd.Start())
	deadline := time.Now().Add(20 * time.Second)
	for !strings.Contains(errs.String(), " of ") {
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			ts.Fatalf("no check began:\n%s", errs.String())
		}
		time.Sleep(5 * time.Millisecond)
	}
	ts.Check(cmd.Process.Signal(syscall.SIGINT))
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitFailed {
		ts.Fatalf("it ended with %v\n%s", err, errs.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(errs.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(out.String()), 0o600))
}

func withinInScript(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: at-most DURATION ARG...")
	}
	bound, err := time.ParseDuration(args[0])
	ts.Check(err)
	cmd, out, errs := scoreProcess(ts, args[1:])
	began := time.Now()
	err = cmd.Run()
	if took := time.Since(began); took > bound {
		ts.Fatalf("it took %s, and may take %s", took, bound)
	}
	fmt.Fprint(ts.Stdout(), out.String())
	fmt.Fprint(ts.Stderr(), errs.String())
	if (err != nil) != neg {
		ts.Fatalf("it ended with %v\n%s", err, errs.String())
	}
}

func envToken(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv("TOKEN", strings.TrimSpace(ts.ReadFile(args[0])))
}

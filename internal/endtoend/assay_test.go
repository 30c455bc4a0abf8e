package endtoend_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// long is how long ago packages of these tests were published: past any
// cooldown.
const long = 90 * 24 * time.Hour

// assay is one data directory, and the server that runs on it, if any.
type assay struct {
	t       *testing.T
	data    string
	port    string
	base    string   // http://127.0.0.1:port/
	env     []string // of the server and the commands
	flags   []string // of every start
	client  *http.Client
	npm     *ecosystemtest.NPM
	modules *ecosystemtest.Go

	process *exec.Cmd
	ended   chan struct{} // closed when the process has been waited for
	output  *transcript
}

// nowhere is an address that refuses every connection.
const nowhere = "http://127.0.0.1:1/"

// newAssay makes fakes, and a machine whose package managers are set to use
// them: that is how assay finds them.
func newAssay(t *testing.T) *assay {
	t.Helper()
	npm, err := ecosystemtest.NewNPM()
	must(t, err)
	t.Cleanup(npm.Stop)
	modules, err := ecosystemtest.NewGo()
	must(t, err)
	t.Cleanup(modules.Stop)
	home := t.TempDir()
	must(t, os.WriteFile(filepath.Join(home, ".npmrc"), []byte("registry="+npm.URL()+"\n"), 0o600))
	// The other package managers are led to where nobody listens: what they
	// use on this machine by themselves must not be asked by a test.
	must(t, os.MkdirAll(filepath.Join(home, ".cargo"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".cargo", "config.toml"),
		[]byte("[source.crates-io]\nreplace-with = \"nowhere\"\n[source.nowhere]\nregistry = \"sparse+"+nowhere+"cargo/\"\n"), 0o600))
	must(t, os.MkdirAll(filepath.Join(home, ".m2"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".m2", "settings.xml"),
		[]byte("<settings><mirrors><mirror><id>nowhere</id><mirrorOf>*</mirrorOf><url>"+nowhere+"maven/</url></mirror></mirrors></settings>\n"), 0o600))
	a := &assay{
		t: t, data: filepath.Join(t.TempDir(), "data"), port: freePort(t), npm: npm, modules: modules, client: client,
		env: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(),
			"PIP_INDEX_URL=" + nowhere + "simple/",
			"GOPROXY=" + modules.URL() + ",direct", "GOSUMDB=" + modules.SumDBKey, "GOTOOLCHAIN=local", "GOFLAGS=",
		},
	}
	a.base = "http://127.0.0.1:" + a.port + "/"
	t.Cleanup(a.stop)
	return a
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	must(t, err)
	return port
}

// start runs the server until it is ready.
func (a *assay) start(flags ...string) {
	a.t.Helper()
	args := append([]string{"serve", "--data", a.data, "--listen", "127.0.0.1:" + a.port}, append(flags, a.flags...)...)
	a.output = &transcript{}
	a.process = exec.Command(binary, args...)
	a.process.Env, a.process.Dir = a.env, a.t.TempDir()
	a.process.Stdout, a.process.Stderr = a.output, a.output
	must(a.t, a.process.Start())
	ended, process := make(chan struct{}), a.process
	a.ended = ended
	go func() { // ends with the process, which stop or kill waits for
		_ = process.Wait()
		close(ended)
	}()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if answer, err := a.client.Get(a.base + "readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ended:
			a.t.Fatalf("assay serve ended at once (%v):\n%s", process.ProcessState, a.output)
		default:
		}
		if time.Now().After(deadline) {
			a.t.Fatalf("assay serve was not ready in time:\n%s", a.output)
		}
	}
}

// stop ends the server as an operator does, and says what it printed if the
// test has failed.
func (a *assay) stop() {
	a.t.Helper()
	if a.process == nil {
		return
	}
	if err := a.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		a.t.Errorf("stopping assay: %v", err)
	}
	select {
	case <-a.ended:
		if code := a.process.ProcessState.ExitCode(); code != 0 {
			a.t.Errorf("assay serve ended with %v", a.process.ProcessState)
		}
	case <-time.After(45 * time.Second):
		a.t.Error("assay serve did not end in time")
		a.kill()
	}
	a.process = nil
	if a.t.Failed() {
		a.t.Logf("assay serve printed:\n%s", a.output)
	}
}

// kill ends the server as a power cut does.
func (a *assay) kill() {
	if a.process == nil {
		return
	}
	_ = a.process.Process.Kill() // it may have ended by itself
	<-a.ended
	a.process = nil
}

// result is what a command left.
type result struct {
	out  string // standard output and error, as a terminal shows them
	code int
}

// flat is the output with all white space folded: package managers break
// lines where they like.
func (r result) flat() string { return strings.Join(strings.Fields(r.out), " ") }

// command runs assay with arguments.
func (a *assay) command(args ...string) result {
	a.t.Helper()
	return execute(a.t, a.t.TempDir(), append(a.env, "ASSAY_DATA="+a.data), binary, args...)
}

// do runs a command that must succeed.
func (a *assay) do(args ...string) string {
	a.t.Helper()
	r := a.command(args...)
	if r.code != 0 {
		a.t.Fatalf("assay %s ended with %d:\n%s", strings.Join(args, " "), r.code, r.out)
	}
	return r.out
}

// execute runs a program to its end, within bounds.
func execute(t *testing.T, dir string, env []string, program string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, env
	// A package manager's children die with it, or Wait would wait for them.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s %s did not end in time:\n%s", program, strings.Join(args, " "), out)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("running %s: %v", program, err)
	}
	return result{out: string(out), code: cmd.ProcessState.ExitCode()}
}

// get asks the server for a path and reads the whole answer.
func (a *assay) get(path string) (status int, body []byte) {
	a.t.Helper()
	status, body, err := fetch(a.t.Context(), a.base+path)
	must(a.t, err)
	return status, body
}

// client is for tests: it waits, but not for ever.
var client = &http.Client{Timeout: 30 * time.Second}

func fetch(ctx context.Context, url string) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// says asserts that the text holds every word.
func says(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%s does not say %q:\n%s", what, word, text)
		}
	}
}

// mentions tells whether a text has the status code as a number of its own:
// the digits may well stand inside a port.
func mentions(text string, status int) bool {
	return regexp.MustCompile(fmt.Sprintf(`(^|[^0-9])%d([^0-9]|$)`, status)).MatchString(text)
}

// transcript collects what a process prints while others read it.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *transcript) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *transcript) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

package browser_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
)

// place is a running server with its upstreams.
type place struct {
	t       *testing.T
	base    string // http://127.0.0.1:port, without a slash at the end
	data    string
	env     []string
	client  *http.Client
	npm     *ecosystemtest.NPM
	modules *ecosystemtest.Go
}

// newPlace starts the fakes, and the server on a machine whose package
// managers are set to use them.
func newPlace(t *testing.T) *place {
	t.Helper()
	npm, err := ecosystemtest.NewNPM()
	must(t, err)
	t.Cleanup(npm.Stop)
	modules, err := ecosystemtest.NewGo()
	must(t, err)
	t.Cleanup(modules.Stop)
	home := t.TempDir()
	must(t, os.WriteFile(filepath.Join(home, ".npmrc"), []byte("registry="+npm.URL()+"\n"), 0o600))
	p := &place{
		t: t, data: filepath.Join(t.TempDir(), "data"), client: &http.Client{Timeout: 20 * time.Second}, npm: npm, modules: modules,
		env: []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(),
			"GOPROXY=" + modules.URL() + ",direct", "GOSUMDB=" + modules.SumDBKey, "GOTOOLCHAIN=local", "GOFLAGS=",
		},
	}
	t.Cleanup(p.client.CloseIdleConnections)
	p.start(freePort(t))
	return p
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

// start runs the server until it is ready; the end of the test stops it.
func (p *place) start(port string) {
	p.t.Helper()
	p.base = "http://127.0.0.1:" + port
	var output transcript
	process := exec.Command(binary, "serve", "--data", p.data, "--listen", "127.0.0.1:"+port)
	process.Env, process.Dir = p.env, p.t.TempDir()
	process.Stdout, process.Stderr = &output, &output
	must(p.t, process.Start())
	ended := make(chan struct{})
	go func() { // ends with the process, for which the clean-up waits
		_ = process.Wait()
		close(ended)
	}()
	p.t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM) // it may have ended by itself
		select {
		case <-ended:
		case <-time.After(30 * time.Second):
			p.t.Error("assay serve did not end in time")
			_ = process.Process.Kill()
			<-ended
		}
		if p.t.Failed() {
			p.t.Logf("assay serve printed:\n%s", output.String())
		}
	})
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if answer, err := p.client.Get(p.base + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ended:
			p.t.Fatalf("assay serve ended at once (%v):\n%s", process.ProcessState, output.String())
		default:
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("assay serve was not ready in time:\n%s", output.String())
		}
	}
}

// do runs an assay command that must succeed, and returns what it printed on
// its standard output.
func (p *place) do(args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Env, command.Dir = append(p.env, "ASSAY_DATA="+p.data), p.t.TempDir()
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	if err := command.Run(); err != nil {
		p.t.Fatalf("assay %s: %v\n%s%s", strings.Join(args, " "), err, &out, &complaint)
	}
	return out.String()
}

// ask sends a request, with a token unless it is "", and reads the answer.
func (p *place) ask(method, path, token string, body []byte, header ...string) (status int, text string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, bytes.NewReader(body))
	must(p.t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := p.client.Do(r)
	must(p.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	must(p.t, err)
	return answer.StatusCode, string(content)
}

// gets asks for a path that must answer with a status.
func (p *place) gets(want int, path, token string) string {
	p.t.Helper()
	status, text := p.ask(http.MethodGet, path, token, nil)
	if status != want {
		p.t.Fatalf("%s answered %d, want %d:\n%.2000s", path, status, want, text)
	}
	return text
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

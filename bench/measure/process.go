package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that is measured, with all that it started.
type process struct {
	name string
	cmd  *exec.Cmd
	log  bytes.Buffer // standard error; read after the end alone
	in   io.WriteCloser
	ask  io.Reader
}

// start runs a program until stopAll.
func (b *bench) start(ctx context.Context, name string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, cmd: cmd}
	cmd.Stderr = &p.log
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if p.ask, err = cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	b.started = append(b.started, p)
	return p, ctx.Err()
}

// stop ends a program and waits for it.
func (p *process) stop() error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.in.Close() // ends those that read it
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(20*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil && p.cmd.ProcessState.ExitCode() > 0 {
		return fmt.Errorf("%s: %w\n%s", p.name, err, p.log.Bytes())
	}
	return nil
}

func (b *bench) stopAll() error {
	var errs []error
	for i := len(b.started) - 1; i >= 0; i-- {
		errs = append(errs, b.started[i].stop())
	}
	return errors.Join(errs...)
}

// ids are the process and those it started: nginx works in others.
func (p *process) ids() []int {
	own := p.cmd.Process.Pid
	ids := []int{own}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", own, own))
	if err != nil {
		return ids
	}
	for _, field := range strings.Fields(string(children)) {
		if id, err := strconv.Atoi(field); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// used is the time on the processors so far, in the kernel and out of it.
func (p *process) used() (time.Duration, error) {
	const tick = 10 * time.Millisecond // proc(5): USER_HZ is 100 wherever Go runs
	var total time.Duration
	for _, id := range p.ids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
		if err != nil {
			return 0, err
		}
		// The name, in brackets, may hold blanks.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 13 {
			return 0, fmt.Errorf("/proc/%d/stat cannot be read", id)
		}
		for _, field := range fields[11:13] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, err
			}
			total += time.Duration(n) * tick
		}
	}
	return total, nil
}

// memory reads a line of /proc/PID/status in bytes, summed: VmRSS is what is
// resident now, VmHWM the most that it was.
func (p *process) memory(line string) (int64, error) {
	var total int64
	for _, id := range p.ids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
		if err != nil {
			return 0, err
		}
		_, rest, ok := strings.Cut(string(text), "\n"+line+":")
		fields := strings.Fields(rest)
		if !ok || len(fields) == 0 {
			return 0, fmt.Errorf("/proc/%d/status has no %s", id, line)
		}
		n, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return 0, err
		}
		total += n << 10
	}
	return total, nil
}

// forgetPeak lets VmHWM begin anew (proc(5), clear_refs).
func (p *process) forgetPeak() error {
	for _, id := range p.ids() {
		if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", id), []byte("5"), 0); err != nil {
			return err
		}
	}
	return nil
}

// drained waits until a program does next to nothing, so that what one
// measurement left behind does not weigh on the next.
func (p *process) drained(ctx context.Context) error {
	before, err := p.used()
	if err != nil {
		return err
	}
	for range 25 {
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
		now, err := p.used()
		if err != nil {
			return err
		}
		if now-before <= 10*time.Millisecond {
			return nil
		}
		before = now
	}
	return nil // it is never quite idle: then that is how it is measured
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ready waits until an address answers 200.
func ready(ctx context.Context, p *process, address string) error {
	var last error
	for range 400 {
		resp, err := http.Get(address)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("it answered %s", resp.Status)
		}
		last = err
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("%s does not answer at %s: %w", p.name, address, last)
}

// freePort finds a port that nobody listens on now.
func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// served is a started assay and the address of its root, ending in a slash.
type served struct {
	*process
	root string
}

// assay starts a server on a data directory, with further flags.
func (b *bench) assay(ctx context.Context, data string, flags ...string) (*served, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	listen := fmt.Sprintf("127.0.0.1:%d", port)
	args := append([]string{"serve", "--data", b.path(data), "--listen", listen, "--log-level", "warn"}, flags...)
	p, err := b.start(ctx, "assay", exec.CommandContext(ctx, b.path("assay"), args...))
	if err != nil {
		return nil, err
	}
	s := &served{p, "http://" + listen + "/"}
	return s, ready(ctx, p, s.root+"readyz")
}

// setUpstreams points a data directory at the benchmark's upstream.
func (b *bench) setUpstreams(ctx context.Context, data string, up *upstream) error {
	for place, address := range up.addresses {
		out, err := exec.CommandContext(ctx, b.path("assay"), "upstream", "set", place, address, "--data", b.path(data)).CombinedOutput()
		if err != nil {
			return fmt.Errorf("setting the upstream of %s: %w\n%s", place, err, out)
		}
	}
	return nil
}

// upstream is a started bench/upstream.
type upstream struct {
	*process
	addresses map[string]string // by place
}

// places are in the order in which bench/upstream names its addresses.
var places = [...]string{"npm", "go", "pypi", "cargo", "maven"}

func (b *bench) upstream(ctx context.Context, flags ...string) (*upstream, error) {
	p, err := b.start(ctx, "upstream", exec.CommandContext(ctx, b.path("upstream"), flags...))
	if err != nil {
		return nil, err
	}
	var said [len(places)]string
	if _, err := fmt.Fscanln(p.ask, &said[0], &said[1], &said[2], &said[3], &said[4]); err != nil {
		return nil, fmt.Errorf("the upstream did not start: %w", err)
	}
	up := &upstream{process: p, addresses: map[string]string{}}
	for i, place := range places {
		up.addresses[place] = said[i]
	}
	return up, nil
}

// pythonFile finds where the upstream has the one file of a project: its page
// says so, and it is another place than ours.
func (u *upstream) pythonFile(ctx context.Context, project string) (path string, err error) {
	page, err := fetch(ctx, u.addresses["pypi"]+project+"/", map[string]string{"Accept": "application/vnd.pypi.simple.v1+json"})
	if err != nil {
		return "", err
	}
	var listed struct{ Files []struct{ URL string } }
	if err := json.Unmarshal(page.body, &listed); err != nil || len(listed.Files) != 1 {
		return "", fmt.Errorf("the upstream's page of %s does not name one file (%w): %.200s", project, err, page.body)
	}
	return strings.TrimPrefix(listed.Files[0].URL, strings.TrimSuffix(u.addresses["pypi"], "simple/")), nil
}

// count tells how many requests have had the text in their path.
func (u *upstream) count(text string) (n int, err error) {
	if _, err := fmt.Fprintln(u.in, text); err != nil {
		return 0, err
	}
	_, err = fmt.Fscanln(u.ask, &n)
	return n, err
}

// nginx starts proxy_cache before all upstreams, and returns the address of
// its root, below which /npm/, /go/ and the others lie as with assay.
func (b *bench) nginx(ctx context.Context, up *upstream) (*served, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	at := b.path("nginx")
	if err := os.Mkdir(at, 0o755); err != nil {
		return nil, err
	}
	var locations strings.Builder
	for _, place := range places {
		fmt.Fprintf(&locations, "\t\tlocation /%s/ { proxy_pass %s; }\n", place, up.addresses[place])
	}
	// Files of Python packages lie elsewhere than the pages that name them.
	fmt.Fprintf(&locations, "\t\tlocation /pypi-files/ { proxy_pass %s; }\n", strings.TrimSuffix(up.addresses["pypi"], "simple/"))
	config := fmt.Sprintf(`worker_processes auto;
daemon off;
pid %[1]s/pid;
error_log %[1]s/log warn;
events { worker_connections 1024; }
http {
	access_log off;
	sendfile on;
	keepalive_requests 10000000;
	client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/t; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	proxy_cache_path %[1]s/cache keys_zone=all:16m max_size=1g inactive=1h;
	proxy_cache all;
	proxy_cache_valid 200 1h;
	proxy_cache_lock on;
	server {
		listen 127.0.0.1:%[2]d;
%[3]s		location = /ready { return 200; }
	}
}
`, at, port, locations.String())
	path := filepath.Join(at, "conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		return nil, err
	}
	p, err := b.start(ctx, "nginx", exec.CommandContext(ctx, "nginx", "-c", path))
	if err != nil {
		return nil, err
	}
	s := &served{p, fmt.Sprintf("http://127.0.0.1:%d/", port)}
	return s, ready(ctx, p, s.root+"ready")
}

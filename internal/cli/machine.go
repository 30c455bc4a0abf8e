package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// machine is this machine, as drivers of the scorecard use it: it runs
// commands for them and makes temporary folders.
type machine struct {
	env  []string // as of os.Environ
	temp string   // where folders are made; "" is the system's place
	// limits are safeMachine's where they are not set.
	limits machineLimits
}

var _ driver.Machine = (*machine)(nil)

// machineLimits bound what a command may do.
type machineLimits struct {
	Output int           // bytes of standard output that Run returns
	Said   int           // bytes kept of what is only for error messages
	Asked  time.Duration // a process has after it was asked to end
	Gone   time.Duration // and after it was killed
}

func safeMachine() machineLimits {
	return machineLimits{Output: 4 << 20, Said: 64 << 10, Asked: 5 * time.Second, Gone: 5 * time.Second}
}

func newMachine(env []string) *machine { return &machine{env: env, limits: safeMachine()} }

// Folder implements driver.Machine.
func (m *machine) Folder() (string, error) {
	path, err := os.MkdirTemp(m.temp, "assay-") // 0700
	if err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "no temporary folder could be made: is the disk full, or TMPDIR wrong?")
	}
	return path, nil
}

// command makes a command ready, in a process group of its own: it is ended
// with all that it started, and not by the Ctrl-C that ends us in order.
func (m *machine) command(c driver.Command) (*exec.Cmd, error) {
	path, err := exec.LookPath(c.Path) // never one in the folder we happen to be in
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return nil, assay.Wrap(assay.NotFound, err, "%s is not on this machine: install it, or put it on PATH", c.Path)
		}
		return nil, assay.Wrap(assay.Unavailable, err, "%s cannot be run", c.Path)
	}
	cmd := exec.Command(path, c.Args...)
	if cmd.Dir = c.Dir; cmd.Dir == "" {
		cmd.Dir = "/"
	}
	cmd.Env = m.environment(c, cmd.Dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// Something that it started and that holds on to its output must not be
	// waited for.
	cmd.WaitDelay = time.Second
	return cmd, nil
}

func (m *machine) environment(c driver.Command, dir string) []string {
	var env []string
	for _, entry := range m.env {
		name, _, _ := strings.Cut(entry, "=")
		if name == "PATH" || !c.Bare && name != "PWD" && name != "OLDPWD" {
			env = append(env, entry)
		}
	}
	return append(append(env, "PWD="+dir), c.Env...)
}

// Run implements driver.Machine.
func (m *machine) Run(ctx context.Context, c driver.Command) ([]byte, error) {
	cmd, err := m.command(c)
	if err != nil {
		return nil, err
	}
	out := limitedBuffer{left: m.limits.Output}
	said := &lastBytes{most: m.limits.Said}
	cmd.Stdout, cmd.Stderr = &out, said
	p, err := m.start(ctx, cmd, said)
	if err != nil {
		return nil, err
	}
	select {
	case <-p.ended:
	case <-ctx.Done():
		// Nobody waits for its answer any more, so it is not asked to end.
		gone := p.kill()
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, errors.Join(assay.Errorf(assay.Unavailable, "'%s' did not end in time%s", spoken(c), driver.Last(said.String())), gone)
		}
		return nil, errors.Join(assay.Wrap(assay.Canceled, ctx.Err(), "stopped while '%s' was running", spoken(c)), gone)
	}
	switch {
	case out.over:
		return nil, assay.Errorf(assay.TooLarge, "'%s' printed more than %d bytes", spoken(c), m.limits.Output)
	case p.failure != nil && !errors.Is(p.failure, exec.ErrWaitDelay):
		return nil, assay.Wrap(assay.Unavailable, p.failure, "'%s' failed%s", spoken(c), driver.Last(said.String()))
	}
	return out.text.Bytes(), nil
}

// spoken is a command as it stands in an error: without its arguments after
// the second, which may be long or secret.
func spoken(c driver.Command) string {
	name := c.Path[strings.LastIndexByte(c.Path, '/')+1:]
	return clean(strings.Join(append([]string{name}, c.Args[:min(2, len(c.Args))]...), " "))
}

// Start implements driver.Machine.
func (m *machine) Start(ctx context.Context, c driver.Command) (driver.Process, error) {
	cmd, err := m.command(c)
	if err != nil {
		return nil, err
	}
	said := &lastBytes{most: m.limits.Said}
	cmd.Stdout, cmd.Stderr = said, said
	p, err := m.start(ctx, cmd, said)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (m *machine) start(ctx context.Context, cmd *exec.Cmd, said *lastBytes) (*process, error) {
	if err := ctx.Err(); err != nil {
		return nil, assay.Wrap(assay.Canceled, err, "stopped before %s was started", cmd.Path)
	}
	if err := cmd.Start(); err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "%s could not be started", cmd.Path)
	}
	p := &process{cmd: cmd, said: said, limits: m.limits, ended: make(chan struct{})}
	go func() { // ends with the process, which Stop or kill sees to
		err := cmd.Wait()
		p.failure = err // read after ended is closed
		close(p.ended)
	}()
	return p, nil
}

// process is a command that was started.
type process struct {
	cmd    *exec.Cmd
	said   *lastBytes
	limits machineLimits

	ended   chan struct{}
	failure error // of waiting for it; set before ended is closed
}

// Ended implements driver.Process.
func (p *process) Ended() <-chan struct{} { return p.ended }

// Output implements driver.Process.
func (p *process) Output() string { return p.said.String() }

// Stop implements driver.Process.
func (p *process) Stop(ctx context.Context) error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return errors.Join(assay.Wrap(assay.Unavailable, err, "%s could not be asked to end", p.cmd.Path), p.kill())
	}
	patience := time.NewTimer(p.limits.Asked)
	defer patience.Stop()
	select {
	case <-p.ended:
		return nil
	case <-ctx.Done():
	case <-patience.C:
	}
	return p.kill()
}

// kill ends the process and all of its group, and waits until it is gone. The
// number of the group is that of the process, which nobody else can have
// while it has not been waited for.
func (p *process) kill() error {
	select {
	case <-p.ended:
		return nil
	default:
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return assay.Wrap(assay.Unavailable, err, "%s (process %d) could not be ended: end it by hand", p.cmd.Path, p.cmd.Process.Pid)
	}
	patience := time.NewTimer(p.limits.Gone)
	defer patience.Stop()
	select {
	case <-p.ended:
		return nil
	case <-patience.C:
		return assay.Errorf(assay.Unavailable, "%s (process %d) was killed and is still there: end it by hand", p.cmd.Path, p.cmd.Process.Pid)
	}
}

// lastBytes keeps the last bytes that are written to it. It may be read while
// it is written.
type lastBytes struct {
	mu   sync.Mutex
	text []byte
	most int
}

func (b *lastBytes) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p[max(0, len(p)-b.most):]...)
	// Cut at twice the bound: cutting on every write would move the bytes
	// each time.
	if len(b.text) > 2*b.most {
		b.text = append(b.text[:0], b.text[len(b.text)-b.most:]...)
	}
	return len(p), nil
}

func (b *lastBytes) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text[max(0, len(b.text)-b.most):])
}

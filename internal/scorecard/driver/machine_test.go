package driver_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// machine runs what drivers ask for, as plainly as can be: the real one has
// its own tests, in the room that runs commands.
type machine struct {
	t    *testing.T
	temp string // where folders are made; "" is the test's own place
}

var _ driver.Machine = machine{}

func (m machine) Folder() (string, error) {
	if m.temp == "" {
		m.temp = m.t.TempDir()
	}
	return os.MkdirTemp(m.temp, "folder-")
}

func (m machine) command(c driver.Command) *exec.Cmd {
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	if c.Bare {
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, c.Env...)
	}
	return cmd
}

func (m machine) Run(ctx context.Context, c driver.Command) ([]byte, error) {
	cmd := m.command(c)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Start(); err != nil {
		return nil, assay.Wrap(assay.NotFound, err, "%s is not on this machine", c.Path)
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })() // it may have ended
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%s %v: %w: %s", c.Path, c.Args, err, said.String())
	}
	return out.Bytes(), nil
}

func (m machine) Start(_ context.Context, c driver.Command) (driver.Process, error) {
	p := &process{cmd: m.command(c), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // ends with the process, which the cleanup sees to
		_ = p.cmd.Wait() // how it ended does not matter
		close(p.ended)
	}()
	m.t.Cleanup(func() {
		select {
		case <-p.ended:
		default:
			m.t.Errorf("%s was not stopped", c.Path)
			_ = p.Stop(context.Background())
		}
	})
	return p, nil
}

type process struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu   sync.Mutex
	text bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *process) Ended() <-chan struct{} { return p.ended }

func (p *process) Stop(context.Context) error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
	return nil
}

package adopt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// question is one command to run.
type question struct {
	program string // a name to look up in PATH
	args    []string
	name    string // for people; "" means the program and its first two words
	// set replaces variables of the environment; an empty value removes one.
	set map[string]string
	// root runs it in the root directory instead of an empty one, for
	// programs that look for settings in every directory above them (Cargo,
	// Maven, the shims of Python): above the root there is none, and nobody
	// but the administrator can write there.
	root bool
}

// run asks one command and returns what it printed.
func (c Config) run(ctx context.Context, q question) ([]byte, error) {
	program, args := q.program, q.args
	path, err := c.find(program)
	if err != nil {
		return nil, err
	}
	dir := "/"
	if !q.root {
		var remove func()
		if dir, remove, err = scratch(); err != nil {
			return nil, assay.Wrap(assay.Unavailable, err, "no empty directory could be made to ask %s in", program)
		}
		defer remove()
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	said, warned := bounded{limit: c.output()}, bounded{limit: 4 << 10}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = environment(c.Env, dir, q.set)
	cmd.Stdout, cmd.Stderr = &said, &warned
	// A group of its own, so that a command that starts others is ended with
	// all of them, and is not hit by the Ctrl-C that ends Assay in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	err = cmd.Run()
	asked := cmp.Or(q.name, program+" "+strings.Join(args[:min(2, len(args))], " "))
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, assay.Errorf(assay.Unavailable, "'%s' did not answer within %s", asked, c.timeout())
	case ctx.Err() != nil:
		return nil, assay.Wrap(assay.Canceled, ctx.Err(), "stopped while asking %s", program)
	case err != nil:
		return nil, assay.Wrap(assay.Unavailable, err, "'%s' failed%s", asked, lastLine(warned.kept))
	case said.over:
		return nil, assay.Errorf(assay.Unsound, "'%s' answered more than %d bytes", asked, c.output())
	}
	return said.kept, nil
}

// find looks a program up in PATH. Entries that are not absolute are passed
// over: with "." or "node_modules/.bin" in it, whatever directory Assay is
// started in could bring its own program.
func (c Config) find(program string) (string, error) {
	for _, dir := range filepath.SplitList(variable(c.Env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		name := filepath.Join(dir, program)
		info, err := os.Stat(name)
		if err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return name, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, syscall.ENOTDIR) {
			return "", assay.Wrap(assay.Unavailable, err, "%s cannot be looked at", name)
		}
	}
	return "", assay.Errorf(assay.NotFound, "%s is not on this machine", program)
}

// variable returns the last setting of a variable, as programs see it.
func variable(env []string, name string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// environment is the machine's, with PWD corrected and what is set replaced.
func environment(env []string, dir string, set map[string]string) []string {
	out := make([]string, 0, len(env)+len(set)+1)
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		_, replaced := set[name]
		// npm_config_local_prefix is what "npm run" leaves behind; it would
		// lead the question back into the project.
		if replaced || name == "PWD" || name == "OLDPWD" || name == "INIT_CWD" || strings.EqualFold(name, "npm_config_local_prefix") {
			continue
		}
		out = append(out, entry)
	}
	for name, value := range set {
		if value != "" {
			out = append(out, name+"="+value)
		}
	}
	return append(out, "PWD="+dir)
}

// bounded keeps the first bytes that are written to it and swallows the
// rest. The buffer is not embedded: its ReadFrom would go around the limit.
type bounded struct {
	kept  []byte
	limit int
	over  bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := max(b.limit-len(b.kept), 0)
	if len(p) > room {
		b.over = true
		b.kept = append(b.kept, p[:room]...)
		return len(p), nil
	}
	b.kept = append(b.kept, p...)
	return len(p), nil
}

// lastLine is the last thing a failing command complained of, cut to what a
// terminal can bear. An address in it may hold a password and is left out.
// Where npm put its log, which it says last, explains nothing.
func lastLine(stderr []byte) string {
	lines := strings.Split(strings.TrimSpace(string(stderr)), "\n")
	if n := len(lines); n > 1 && strings.Contains(lines[n-1], "A complete log of this run") {
		lines = lines[:n-1]
	}
	line := ecosystem.Printable(lines[len(lines)-1])
	if line == "" || strings.Contains(line, "://") {
		return ""
	}
	if r := []rune(line); len(r) > 200 {
		line = string(r[:200])
	}
	return fmt.Sprintf(": %s", line)
}

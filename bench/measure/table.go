package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// connections are how many wrk holds open at once.
var connections = [...]int{1, 16, 64}

// table writes the whole report.
func (b *bench) table(ctx context.Context, out io.Writer) error {
	up, err := b.upstream(ctx, fmt.Sprintf("-versions=%d", b.versions))
	if err != nil {
		return err
	}
	if err := b.setUpstreams(ctx, "data", up); err != nil {
		return err
	}
	ours, err := b.assay(ctx, "data", "--no-adopt")
	if err != nil {
		return err
	}
	theirs, err := b.nginx(ctx, up)
	if err != nil {
		return err
	}
	heading(out, "Assay and nginx proxy_cache", b.written)
	fmt.Fprintf(out, "- each number is the middle one of %d rounds of %s, the servers in turns, each drained before its round\n", b.rounds, b.seconds)
	fmt.Fprint(out, "- wrk runs on the same cores as what it measures, which weighs on all alike\n\n")
	if err := b.warmTable(ctx, out, up, ours, theirs); err != nil {
		return err
	}
	if b.brief {
		return nil
	}
	fmt.Fprint(out, "\n## Beside the warm paths\n\n| what | result | wanted |\n|---|---|---|\n")
	for _, part := range []func(context.Context, io.Writer, *upstream, *served) error{
		b.memory, b.stampede, b.bigCold, b.withoutPolicy, b.startLarge, b.decisions,
	} {
		if err := part(ctx, out, up, ours); err != nil {
			return err
		}
	}
	return nil
}

// warmTable compares the cells, with what each answer weighs.
func (b *bench) warmTable(ctx context.Context, out io.Writer, up *upstream, ours, theirs *served) error {
	fmt.Fprint(out, "| what | bytes sent, Assay / nginx | connections | Assay, requests/s | p50 | p99 | CPU a request | nginx, requests/s | p50 | p99 | CPU a request | share of nginx |\n")
	fmt.Fprint(out, "|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	servers := []*served{ours, theirs}
	for _, s := range servers {
		if err := s.forgetPeak(); err != nil {
			return err
		}
	}
	for _, wanted := range cells() {
		if !strings.Contains(wanted.name, b.only) {
			continue
		}
		each := []cell{wanted, wanted} // conditional ones differ by entity tag
		each[1].path = cmp.Or(wanted.theirs, wanted.path)
		if wanted.project != "" {
			path, err := up.pythonFile(ctx, wanted.project)
			if err != nil {
				return err
			}
			each[1].path = "pypi-files/" + path
		}
		var sent [2]answer
		for i, s := range servers {
			var err error
			if sent[i], err = warm(ctx, s.root, &each[i]); err != nil {
				return err
			}
		}
		if strings.Contains(wanted.name, " file,") && !bytes.Equal(sent[0].body, sent[1].body) {
			return fmt.Errorf("%s: the two servers give different bytes", wanted.name)
		}
		for _, c := range connections {
			r, err := b.compare(ctx, servers, each, c)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "| %s | %d / %d | %d | %.0f | %s | %s | %s | %.0f | %s | %s | %s | %.2f |\n", wanted.name, sent[0].size, sent[1].size, c,
				r[0].rate, r[0].p50, r[0].p99, micro(r[0].cpu), r[1].rate, r[1].p50, r[1].p99, micro(r[1].cpu), r[0].rate/r[1].rate)
		}
	}
	fmt.Fprintln(out)
	for _, s := range servers {
		peak, err := s.memory("VmHWM")
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "- peak memory of %s over all of this: %s\n", s.name, mega(peak))
	}
	return nil
}

// heading names the machine, the commit and the command.
func heading(out io.Writer, title, command string) {
	fmt.Fprintf(out, "# %s, %s\n\n", title, time.Now().UTC().Format(time.DateOnly))
	commit := line("git", "rev-parse", "--short", "HEAD")
	if exec.Command("git", "--no-optional-locks", "diff", "--quiet", "HEAD").Run() != nil {
		commit += ", with changes"
	}
	fmt.Fprintf(out, "- commit: %s\n", commit)
	fmt.Fprintf(out, "- machine: %s, %d cores, %s of memory, Linux %s; load before: %s\n",
		field("/proc/cpuinfo", "model name"), runtime.NumCPU(), memorySize(), line("uname", "-r"), load())
	fmt.Fprintf(out, "- versions: %s, %s, %s\n", runtime.Version(), strings.TrimPrefix(line("nginx", "-v"), "nginx version: "), line("wrk", "-v"))
	fmt.Fprintf(out, "- command: `%s`\n", command)
}

// line is the first line that a command writes, to wherever.
func line(name string, args ...string) string {
	out, _ := exec.Command(name, args...).CombinedOutput() // wrk -v ends with 1
	first, _, _ := strings.Cut(string(out), "\n")
	first, _, _ = strings.Cut(first, " [")
	return strings.TrimSpace(first)
}

// field is the value of the first line with a name in a file of /proc.
func field(path, name string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memorySize() string {
	var kilobytes int64
	if _, err := fmt.Sscan(field("/proc/meminfo", "MemTotal"), &kilobytes); err != nil {
		return "an unknown amount"
	}
	return fmt.Sprintf("%d GB", kilobytes>>20)
}

// load is the load average of the last minute: numbers from a busy machine
// are to be taken again.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

func micro(d time.Duration) string { return fmt.Sprintf("%.0f us", float64(d.Nanoseconds())/1000) }

func mega(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

// Command measure compares a built assay with nginx proxy_cache, in the same
// run on the same machine, over loopback: both pull from the same upstream
// (bench/upstream), and both answer warm. It is started by bench/run, which
// sees to it that nginx and wrk are there.
//
//	bench/run                 a table on standard output
//	bench/run --keep          the same, kept in bench/results/
//	bench/run --profile DIR   CPU and allocation profiles of the warm paths
//	bench/run --install       npm install of a real tree, through the upstreams
//	                          that this machine's package managers use
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	rounds   int
	seconds  time.Duration
	only     string
	keep     bool
	profile  string
	install  bool
	brief    bool
	written  string // the command, as it was written
	versions int
}

func main() {
	var s settings
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of each measurement; the middle one counts")
	flag.DurationVar(&s.seconds, "for", 3*time.Second, "how long a round lasts")
	flag.StringVar(&s.only, "only", "", "measure only what has this in its name")
	flag.BoolVar(&s.keep, "keep", false, "keep the table in bench/results/")
	flag.StringVar(&s.profile, "profile", "", "a `directory` for profiles of the warm paths, instead of the table")
	flag.BoolVar(&s.install, "install", false, "measure npm install of a real tree, instead of the table")
	flag.BoolVar(&s.brief, "brief", false, "leave out all but the comparison with nginx")
	flag.IntVar(&s.versions, "versions", 1500, "versions of the large package")
	flag.Parse()
	s.written = strings.Join(append([]string{"bench/run"}, os.Args[1:]...), " ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench/run:", err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context) (err error) {
	if flag.NArg() > 0 || s.rounds < 1 || s.seconds < time.Second {
		return errors.New("it takes flags alone, at least one round, and at least a second for each: --help says which")
	}
	work, err := os.MkdirTemp("", "assay-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.Chmod(work, 0o755); err != nil { // nginx's workers may be another user
		return err
	}
	b := &bench{settings: s, work: work}
	defer func() { err = errors.Join(err, b.stopAll()) }()
	for name, path := range map[string]string{"assay": "./cmd/assay", "upstream": "./bench/upstream"} {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(work, name), path).CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", name, err, out)
		}
	}
	var report bytes.Buffer
	name := "listing-and-file"
	out := io.MultiWriter(&report, os.Stdout)
	switch {
	case s.install:
		name, err = "npm-install", b.installs(ctx, out)
	case s.profile != "":
		return b.profiles(ctx)
	default:
		err = b.table(ctx, out)
	}
	if err != nil || !s.keep {
		return err
	}
	kept := filepath.Join("bench", "results", time.Now().UTC().Format(time.DateOnly)+"-"+name+".md")
	if err := os.WriteFile(kept, report.Bytes(), 0o644); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "kept in", kept)
	return nil
}

// bench is one run.
type bench struct {
	settings
	work    string
	started []*process // in the order of their start
}

func (b *bench) path(name string) string { return filepath.Join(b.work, name) }

// Command publish measures publishing and the journal of a built assay, on
// this machine and over loopback: how many versions a second so many clients
// publish, durable and in the log; how long assay log verify takes over many
// events; and how long a proof takes.
//
//	go run ./bench/publish            a table on standard output
//	go run ./bench/publish -keep      the same, kept in bench/results/
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	clients, events, proofs, rounds int
	seconds                         time.Duration
	keep                            bool
	disk                            string
}

func main() {
	var s settings
	flag.IntVar(&s.clients, "clients", 16, "publishers at once")
	flag.DurationVar(&s.seconds, "for", 10*time.Second, "how long a round of publishing lasts")
	flag.IntVar(&s.rounds, "rounds", 3, "rounds of publishing; the middle one counts")
	flag.IntVar(&s.events, "events", 100_000, "events in the log that is verified")
	flag.IntVar(&s.proofs, "proofs", 500, "proofs that are asked for")
	flag.BoolVar(&s.keep, "keep", false, "keep the table in bench/results/")
	flag.StringVar(&s.disk, "disk", "", "a directory on the disk to measure; the system's temporary one by default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := s.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench/publish:", err)
		os.Exit(1)
	}
}

func (s settings) run(ctx context.Context) (err error) {
	work, err := os.MkdirTemp(s.disk, "assay-bench-publish-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	binary := filepath.Join(work, "assay")
	if out, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", binary, "./cmd/assay").CombinedOutput(); err != nil {
		return fmt.Errorf("building assay: %w\n%s", err, out)
	}
	srv := &served{binary: binary, data: filepath.Join(work, "data")}
	defer func() { err = errors.Join(err, srv.stop()) }()
	if err := srv.start(ctx); err != nil {
		return err
	}
	if _, err := srv.assay(ctx, "claim", "pkg:npm/@bench/*"); err != nil {
		return err
	}
	token, err := srv.assay(ctx, "token", "create", "--publish", "pkg:npm/@bench/*")
	if err != nil {
		return err
	}
	var rounds []pace
	for round := range s.rounds {
		p, err := s.publish(ctx, srv, strings.TrimSpace(token), round)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "round %d: %s\n", round+1, p)
		rounds = append(rounds, p)
	}
	slices.SortFunc(rounds, func(a, b pace) int { return int(a.rate() - b.rate()) })
	if err := srv.stop(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "filling the journal with %d events\n", s.events)
	if err := fill(ctx, filepath.Join(srv.data, "assay.db"), s.events); err != nil {
		return err
	}
	if err := srv.start(ctx); err != nil {
		return err
	}
	sequenced, err := srv.untilSequenced(ctx, int64(s.events))
	if err != nil {
		return err
	}
	begun := time.Now()
	if _, err := srv.assay(ctx, "log", "verify"); err != nil {
		return err
	}
	verified := time.Since(begun)
	reader, err := srv.assay(ctx, "token", "create", "--admin", "--expires", "1h")
	if err != nil {
		return err
	}
	proofs, err := s.prove(ctx, srv, strings.TrimSpace(reader))
	if err != nil {
		return err
	}
	return s.report(rounds[len(rounds)/2], sequenced, verified, proofs)
}

// served is a data directory and the server on it.
type served struct {
	binary, data, base string
	process            *exec.Cmd
	log                bytes.Buffer
}

func (v *served) start(ctx context.Context) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return err
	}
	v.base = "http://" + address + "/"
	v.process = exec.Command(v.binary, "serve", "--data", v.data, "--listen", address, "--no-adopt")
	v.process.Stdout, v.process.Stderr = &v.log, &v.log
	if err := v.process.Start(); err != nil {
		return err
	}
	for range 1000 {
		if r, err := http.Get(v.base + "readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("assay serve was not ready in time:\n%s", &v.log)
}

func (v *served) stop() error {
	if v.process == nil {
		return nil
	}
	p := v.process
	v.process = nil
	if err := p.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := p.Wait(); err != nil {
		return fmt.Errorf("assay serve ended with %w:\n%s", err, &v.log)
	}
	return nil
}

func (v *served) assay(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, v.binary, append(args, "--data", v.data)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("assay %s: %w\n%s%s", strings.Join(args, " "), err, out, &complaint)
	}
	return string(out), nil
}

// pace is what a round of publishing came to.
type pace struct {
	times  []time.Duration // of each publish, sorted
	logged int             // of them, how many were answered with their place in the log
	took   time.Duration
}

func (p pace) rate() float64 { return float64(len(p.times)) / p.took.Seconds() }

func (p pace) String() string {
	return fmt.Sprintf("%.0f publishes a second, p50 %s, p99 %s, %d of %d in the log when answered",
		p.rate(), milliseconds(at(p.times, 50)), milliseconds(at(p.times, 99)), p.logged, len(p.times))
}

// publish lets all clients publish for a while, each versions of a package of
// its own.
func (s settings) publish(ctx context.Context, v *served, token string, round int) (pace, error) {
	var (
		mu     sync.Mutex
		p      pace
		failed error
		works  sync.WaitGroup
		over   atomic.Bool
	)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: s.clients}}
	defer client.CloseIdleConnections()
	begun := time.Now()
	for c := range s.clients {
		works.Go(func() {
			for i := 0; !over.Load() && ctx.Err() == nil; i++ {
				// A package of a few versions, as most are.
				name, version := fmt.Sprintf("@bench/p%d-%d-%d", round, c, i/10), fmt.Sprintf("1.0.%d", i%10)
				document, err := publishDocument(name, version)
				var took time.Duration
				var index string
				if err == nil {
					took, index, err = put(ctx, client, v.base, token, name, document)
				}
				mu.Lock()
				if err != nil {
					failed = errors.Join(failed, err)
					over.Store(true)
				} else {
					p.times = append(p.times, took)
					if index != "" {
						p.logged++
					}
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-time.After(s.seconds):
	case <-ctx.Done():
	}
	over.Store(true)
	works.Wait()
	p.took = time.Since(begun)
	slices.Sort(p.times)
	return p, errors.Join(failed, ctx.Err())
}

// put publishes, and returns how long it took and the place in the log.
func put(ctx context.Context, client *http.Client, base, token, name string, document []byte) (time.Duration, string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, base+"npm/"+strings.Replace(name, "/", "%2f", 1), bytes.NewReader(document))
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	got, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	took := time.Since(begun)
	if err == nil && got.StatusCode != http.StatusCreated {
		err = fmt.Errorf("publishing %s was answered %s: %s", name, got.Status, body)
	}
	return took, got.Header.Get("Assay-Log-Index"), err
}

// prove asks for proofs of entries all over the log.
func (s settings) prove(ctx context.Context, v *served, token string) ([]time.Duration, error) {
	var times []time.Duration
	for i := range s.proofs {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+"log/entry/"+strconv.Itoa(i*(s.events/s.proofs)), nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		begun := time.Now()
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil {
			return nil, err
		}
		if got.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("a proof was answered %s: %s", got.Status, body)
		}
		times = append(times, time.Since(begun))
	}
	slices.Sort(times)
	return times, nil
}

// untilSequenced waits until the log has so many entries, and returns how
// long that took.
func (v *served) untilSequenced(ctx context.Context, events int64) (time.Duration, error) {
	begun := time.Now()
	for time.Since(begun) < 5*time.Minute {
		out, err := v.assay(ctx, "log", "show", "--json", "--from", strconv.FormatInt(events, 10), "--limit", "1")
		if err == nil && strings.Contains(out, "{") {
			return time.Since(begun), nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return 0, fmt.Errorf("the log has no %d entries after five minutes", events)
}

func (s settings) report(p pace, sequenced, verified time.Duration, proofs []time.Duration) error {
	var b strings.Builder
	day := time.Now().UTC().Format(time.DateOnly)
	fmt.Fprintf(&b, "# Publishing and the journal, %s\n\n", day)
	fmt.Fprintf(&b, "- commit: %s\n- machine: %s\n- versions: %s\n", commit(), machine(), runtime.Version())
	fmt.Fprintf(&b, "- command: `go run ./bench/publish %s`\n", strings.Join(os.Args[1:], " "))
	fmt.Fprintf(&b, "- npm packages of some 400 bytes, ten versions each; SQLite, every commit synced; the clients run on the same cores\n")
	fmt.Fprintf(&b, "- the middle one of %d rounds of %s\n\n", s.rounds, s.seconds)
	b.WriteString("| what | result | wanted |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| publishes a second, %d clients, durable | %.0f | 200 |\n", s.clients, p.rate())
	fmt.Fprintf(&b, "| a publish, p50 / p99 | %s / %s | p99 300 ms |\n", milliseconds(at(p.times, 50)), milliseconds(at(p.times, 99)))
	fmt.Fprintf(&b, "| answered with their place in the log | %d of %d | all |\n", p.logged, len(p.times))
	fmt.Fprintf(&b, "| %d waiting events into the log | %s | |\n", s.events, seconds(sequenced))
	fmt.Fprintf(&b, "| `assay log verify` of %d events and more | %s | 10 s |\n", s.events, seconds(verified))
	fmt.Fprintf(&b, "| a proof, p50 / p99 of %d | %s / %s | 10 ms |\n", len(proofs), milliseconds(at(proofs, 50)), milliseconds(at(proofs, 99)))
	if _, err := os.Stdout.WriteString(b.String()); err != nil || !s.keep {
		return err
	}
	return os.WriteFile(filepath.Join("bench", "results", day+"-publish.md"), []byte(b.String()), 0o644)
}

// at is a percentile of sorted times.
func at(times []time.Duration, percent int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	return times[min(len(times)-1, len(times)*percent/100)]
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64) + " ms"
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s" }

// commit names what was measured, as far as git tells.
func commit() string {
	out, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "none"
	}
	name := strings.TrimSpace(string(out))
	if exec.Command("git", "diff", "--quiet", "HEAD").Run() != nil {
		name += ", with changes"
	}
	return name
}

// machine says what ran it.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		kernel = nil
	}
	return fmt.Sprintf("%s, %d cores, %s %s", model, runtime.NumCPU(), runtime.GOOS, strings.TrimSpace(string(kernel)))
}

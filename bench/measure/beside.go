package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

// memory measures what is resident: of a server that has just started, with
// 64 clients on the large document, and after they have gone.
func (b *bench) memory(ctx context.Context, out io.Writer, up *upstream, _ *served) error {
	if err := b.setUpstreams(ctx, "memory", up); err != nil {
		return err
	}
	s, err := b.assay(ctx, "memory", "--no-adopt")
	if err != nil {
		return err
	}
	if err := sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	idle, err := s.memory("VmRSS")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "| memory, idle after the start | %s | 60 MB |\n", mega(idle))
	c := cells()[1]
	if _, err := warm(ctx, s.root, &c); err != nil {
		return err
	}
	cold, err := s.memory("VmHWM")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "| memory, at most while the 10 MB document is read and rendered | %s | |\n", mega(cold))
	if err := errors.Join(sleep(ctx, 5*time.Second), s.forgetPeak()); err != nil {
		return err
	}
	if _, err := b.round(ctx, s, &c, 64); err != nil {
		return err
	}
	peak, err := s.memory("VmHWM")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "| memory, at most with 64 clients on that document | %s | 100 MB |\n", mega(peak))
	// The garbage collector gives memory back little by little.
	after := peak
	for range 60 {
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
		if after, err = s.memory("VmRSS"); err != nil {
			return err
		}
		if after <= 60e6 {
			break
		}
	}
	fmt.Fprintf(out, "| memory, within a minute after they have gone | %s | back down |\n", mega(after))
	return s.stop()
}

// rush is a file that many want at once, and nobody has asked for before.
type rush struct {
	place, listing, file string // paths below the place
	theirs               string // the file's path at the upstream, "" for the same
	project              string // of Python, whose one file it is: the upstream's page says where
}

func rushes() []rush {
	return []rush{
		{place: "npm", listing: "cold-0", file: "cold-0/-/cold-0-1.0.0.tgz"},
		{place: "pypi", listing: "simple/cold-0/", file: "files/cold-0/cold_0-1.0.0-py3-none-any.whl", project: "cold-0"},
		{place: "cargo", listing: "co/ld/cold-0", file: "api/v1/crates/cold-0/1.0.0/download", theirs: "crates/co/ld/cold-0/cold-0-1.0.0.crate"},
		{place: "maven", listing: "org/bench/cold-0/maven-metadata.xml", file: "org/bench/cold-0/1.0.0/cold-0-1.0.0.jar"},
	}
}

// stampede lets 64 clients ask at once for a file that is nowhere yet, from an
// upstream that takes almost half a second for it, in each place that has one.
func (b *bench) stampede(ctx context.Context, out io.Writer, up *upstream, s *served) error {
	of, _, _ := strings.Cut(b.only, " ")
	for _, r := range rushes() {
		if slices.Contains(places[:], of) && of != r.place {
			continue // only another place is measured
		}
		if err := b.stampedeFor(ctx, out, up, s, r); err != nil {
			return fmt.Errorf("a stampede of %s: %w", r.place, err)
		}
	}
	return nil
}

func (b *bench) stampedeFor(ctx context.Context, out io.Writer, up *upstream, s *served, r rush) error {
	const clients = 64
	if _, err := fetch(ctx, s.root+r.place+"/"+r.listing, nil); err != nil {
		return err
	}
	theirs := up.addresses[r.place] + cmp.Or(r.theirs, r.file)
	if r.project != "" {
		path, err := up.pythonFile(ctx, r.project)
		if err != nil {
			return err
		}
		theirs = strings.TrimSuffix(up.addresses[r.place], "simple/") + path
	}
	want, err := fetch(ctx, theirs, nil)
	if err != nil {
		return err
	}
	mark := theirs[strings.LastIndexByte(theirs, '/')+1:]
	before, err := up.count(mark)
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, clients)
	firsts, lasts := make([]time.Duration, clients), make([]time.Duration, clients)
	began := time.Now()
	for i := range clients {
		wg.Go(func() {
			firsts[i], lasts[i], errs[i] = firstAndLast(ctx, s.root+r.place+"/"+r.file, sha256.Sum256(want.body), began)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	after, err := up.count(mark)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "| %s: 64 clients at once for one file of 5 MB that is not here: upstream requests | %d | 1 |\n", r.place, after-before)
	fmt.Fprintf(out, "| their errors | 0 of %d | none |\n", clients)
	fmt.Fprintf(out, "| the last client's first byte, and its last one | %d ms, %d ms | streamed |\n",
		slices.Max(firsts).Milliseconds(), slices.Max(lasts).Milliseconds())
	return nil
}

func firstAndLast(ctx context.Context, address string, want [32]byte, began time.Time) (first, last time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, 0, err
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, 0, fmt.Errorf("a client was answered %s", resp.Status)
	}
	sum := sha256.New()
	one := make([]byte, 1)
	if _, err := io.ReadFull(resp.Body, one); err != nil {
		return 0, 0, err
	}
	first = time.Since(began)
	sum.Write(one)
	if _, err := io.Copy(sum, resp.Body); err != nil {
		return 0, 0, err
	}
	last = time.Since(began)
	if [32]byte(sum.Sum(nil)) != want {
		return 0, 0, errors.New("a client got other bytes")
	}
	return first, last, nil
}

// bigCold measures the first answer with the large document, beside one
// decoding of the same document by encoding/json.
func (b *bench) bigCold(ctx context.Context, out io.Writer, up *upstream, _ *served) error {
	document, err := fetch(ctx, up.addresses["npm"]+"kettle", nil)
	if err != nil {
		return err
	}
	began := time.Now()
	var decoded any
	if err := json.Unmarshal(document.body, &decoded); err != nil {
		return err
	}
	decode := time.Since(began)
	began = time.Now()
	if _, err := fetch(ctx, up.addresses["npm"]+"kettle", map[string]string{"Accept-Encoding": "gzip"}); err != nil {
		return err
	}
	upstream := time.Since(began)
	if err := b.setUpstreams(ctx, "cold", up); err != nil {
		return err
	}
	s, err := b.assay(ctx, "cold", "--no-adopt")
	if err != nil {
		return err
	}
	began = time.Now()
	c := cells()[1]
	if _, err := fetch(ctx, s.root+c.path, c.header); err != nil {
		return err
	}
	cold := time.Since(began)
	fmt.Fprintf(out, "| the document of %s, 1,500 versions: cold and filtered, all in all | %d ms, of which the upstream takes %d ms | |\n",
		mega(document.size), cold.Milliseconds(), upstream.Milliseconds())
	fmt.Fprintf(out, "| one decoding of it by encoding/json, for comparison | %d ms | cold within twice this, compression apart |\n", decode.Milliseconds())
	return s.stop()
}

// lenient observes whatever can be observed.
const lenient = `version: 1
rules:
  block: {mode: observe}
  vanished: {mode: observe}
  cooldown: {mode: observe, minimum: 0h}
  age-unknown: {mode: observe}
  install-scripts: {mode: observe}
`

// withoutPolicy compares the server with one whose rules decide nothing.
func (b *bench) withoutPolicy(ctx context.Context, out io.Writer, up *upstream, s *served) error {
	policy := b.path("lenient.yaml")
	if err := os.WriteFile(policy, []byte(lenient), 0o600); err != nil {
		return err
	}
	if err := b.setUpstreams(ctx, "lenient", up); err != nil {
		return err
	}
	other, err := b.assay(ctx, "lenient", "--no-adopt", "--policy", policy)
	if err != nil {
		return err
	}
	for _, c := range []cell{cells()[0], cells()[3]} {
		each := []cell{c, c}
		for i, server := range []*served{s, other} {
			if _, err := warm(ctx, server.root, &each[i]); err != nil {
				return err
			}
		}
		r, err := b.compare(ctx, []*served{s, other}, each, 64)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s, 64 connections, policy enforced against observed | %.0f and %.0f requests/s, %s and %s of CPU: %+.1f%% | 5%% |\n",
			c.name, r[0].rate, r[1].rate, micro(r[0].cpu), micro(r[1].cpu), 100*(r[1].rate-r[0].rate)/r[1].rate)
	}
	return other.stop()
}

// startLarge measures a start on a data directory of 100,000 versions.
func (b *bench) startLarge(ctx context.Context, out io.Writer, _ *upstream, _ *served) error {
	const packages = 67 // of 1,500 versions each
	up, err := b.upstream(ctx, fmt.Sprintf("-many=%d", packages))
	if err != nil {
		return err
	}
	if err := b.setUpstreams(ctx, "large", up); err != nil {
		return err
	}
	s, err := b.assay(ctx, "large", "--no-adopt")
	if err != nil {
		return err
	}
	for i := range packages {
		if a, err := fetch(ctx, fmt.Sprintf("%snpm/many-%d", s.root, i), nil); err != nil || a.status != http.StatusOK {
			return fmt.Errorf("filling the data directory: %d %w", a.status, err)
		}
	}
	if err := errors.Join(s.stop(), up.stop()); err != nil {
		return err
	}
	var starts []time.Duration
	for range b.rounds {
		began := time.Now()
		s, err := b.assay(ctx, "large", "--no-adopt")
		if err != nil {
			return err
		}
		starts = append(starts, time.Since(began))
		if err := s.stop(); err != nil {
			return err
		}
	}
	var slowest time.Duration
	for _, d := range starts {
		slowest = max(slowest, d)
	}
	fmt.Fprintf(out, "| a start on a data directory of %d versions, until it is ready, the slowest of %d | %d ms | 1 s |\n", packages*1500, len(starts), slowest.Milliseconds())
	return nil
}

// decisions runs the Go benchmarks of a decision.
func (b *bench) decisions(ctx context.Context, out io.Writer, _ *upstream, _ *served) error {
	text, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^(BenchmarkDecide|BenchmarkCachedDecision)$", "-benchmem",
		"./internal/policy", "./internal/registry").CombinedOutput()
	if err != nil {
		return fmt.Errorf("measuring decisions: %w\n%s", err, text)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 8 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		wanted := "20,000 ns on new facts"
		if strings.HasPrefix(fields[0], "BenchmarkCached") {
			wanted = "1,000 ns, no allocation, on facts decided on before"
		}
		fmt.Fprintf(out, "| `%s` | %s ns, %s allocations | %s |\n", strings.TrimPrefix(fields[0], "Benchmark"), fields[2], fields[6], wanted)
	}
	return nil
}

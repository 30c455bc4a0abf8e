package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cell is one warm request that is asked for over and over.
type cell struct {
	name string
	path string
	// theirs is the path at nginx, where the upstream has it elsewhere.
	theirs string
	// project is the Python project whose one file it is: where nginx has it
	// stands on the upstream's page.
	project string
	header  map[string]string
	// conditional asks with the entity tag that the server itself gave.
	conditional bool
}

// accept is what npm sends when it installs.
const accept = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"

// acceptPage is what pip sends.
const acceptPage = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"

func cells() []cell {
	listing := map[string]string{"Accept": accept, "Accept-Encoding": "gzip"}
	page := map[string]string{"Accept": acceptPage, "Accept-Encoding": "gzip"}
	return []cell{
		{name: "npm listing, small", path: "npm/cup-7", header: listing},
		{name: "npm listing, 10 MB", path: "npm/kettle", header: listing},
		{name: "npm listing, 10 MB, 304", path: "npm/kettle", header: listing, conditional: true},
		{name: "npm file, 1 KB", path: "npm/size-1k/-/size-1k-1.0.0.tgz"},
		{name: "npm file, 100 KB", path: "npm/size-100k/-/size-100k-1.0.0.tgz"},
		{name: "npm file, 5 MB", path: "npm/size-5m/-/size-5m-1.0.0.tgz"},
		{name: "go list", path: "go/bench.example/kettle/@v/list", header: map[string]string{"Accept-Encoding": "gzip"}},
		{name: "go .info", path: "go/bench.example/size-1k/@v/v1.0.0.info"},
		{name: "go .mod", path: "go/bench.example/size-1k/@v/v1.0.0.mod"},
		{name: "go file, 1 KB", path: "go/bench.example/size-1k/@v/v1.0.0.zip"},
		{name: "go file, 100 KB", path: "go/bench.example/size-100k/@v/v1.0.0.zip"},
		{name: "go file, 5 MB", path: "go/bench.example/size-5m/@v/v1.0.0.zip"},
		{name: "pypi page, small", path: "pypi/simple/cup-7/", theirs: "pypi/cup-7/", header: page},
		{name: "pypi page, 300 versions", path: "pypi/simple/kettle/", theirs: "pypi/kettle/", header: page},
		{name: "pypi file, 1 KB", path: "pypi/files/size-1k/size_1k-1.0.0-py3-none-any.whl", project: "size-1k"},
		{name: "pypi file, 100 KB", path: "pypi/files/size-100k/size_100k-1.0.0-py3-none-any.whl", project: "size-100k"},
		{name: "pypi file, 5 MB", path: "pypi/files/size-5m/size_5m-1.0.0-py3-none-any.whl", project: "size-5m"},
		{name: "cargo index, small", path: "cargo/cu/p-/cup-7", header: map[string]string{"Accept-Encoding": "gzip"}},
		{name: "cargo index, 300 versions", path: "cargo/ke/tt/kettle", header: map[string]string{"Accept-Encoding": "gzip"}},
		{name: "cargo index, 300 versions, 304", path: "cargo/ke/tt/kettle", header: map[string]string{"Accept-Encoding": "gzip"}, conditional: true},
		{name: "cargo file, 1 KB", path: "cargo/api/v1/crates/size-1k/1.0.0/download", theirs: "cargo/crates/si/ze/size-1k/size-1k-1.0.0.crate"},
		{name: "cargo file, 100 KB", path: "cargo/api/v1/crates/size-100k/1.0.0/download", theirs: "cargo/crates/si/ze/size-100k/size-100k-1.0.0.crate"},
		{name: "cargo file, 5 MB", path: "cargo/api/v1/crates/size-5m/1.0.0/download", theirs: "cargo/crates/si/ze/size-5m/size-5m-1.0.0.crate"},
		{name: "maven metadata", path: "maven/org/bench/kettle/maven-metadata.xml"},
		{name: "maven metadata, .sha1", path: "maven/org/bench/kettle/maven-metadata.xml.sha1"},
		{name: "maven .pom", path: "maven/org/bench/size-1k/1.0.0/size-1k-1.0.0.pom"},
		{name: "maven file, 1 KB", path: "maven/org/bench/size-1k/1.0.0/size-1k-1.0.0.jar"},
		{name: "maven file, 100 KB", path: "maven/org/bench/size-100k/1.0.0/size-100k-1.0.0.jar"},
		{name: "maven file, 5 MB", path: "maven/org/bench/size-5m/1.0.0/size-5m-1.0.0.jar"},
	}
}

// answer is what came back for a cell.
type answer struct {
	status int
	etag   string
	size   int64 // as sent
	body   []byte
}

func fetch(ctx context.Context, address string, header map[string]string) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, err
	}
	for name, value := range header {
		req.Header.Set(name, value)
	}
	// The transport is ours so that it undoes no compression.
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("ETag"), int64(len(body)), body}, err
}

// warm asks a few times and returns the answer; the headers of the cell are
// completed by what the server said.
func warm(ctx context.Context, root string, c *cell) (answer, error) {
	var a answer
	for range 3 {
		var err error
		if a, err = fetch(ctx, root+c.path, c.header); err != nil {
			return a, err
		}
		if a.status != http.StatusOK {
			return a, fmt.Errorf("%s%s answered %d: %.300s", root, c.path, a.status, a.body)
		}
	}
	if !c.conditional {
		return a, nil
	}
	if a.etag == "" {
		return a, fmt.Errorf("%s%s has no entity tag", root, c.path)
	}
	asked := map[string]string{"If-None-Match": a.etag}
	for name, value := range c.header {
		asked[name] = value
	}
	c.header = asked
	a, err := fetch(ctx, root+c.path, c.header)
	if err == nil && a.status != http.StatusNotModified {
		err = fmt.Errorf("%s%s answered %d to its own entity tag", root, c.path, a.status)
	}
	return a, err
}

// result is one round.
type result struct {
	rate     float64       // requests a second
	p50, p99 string        // as wrk writes them
	cpu      time.Duration // of the server, a request
}

// round runs wrk once.
func (b *bench) round(ctx context.Context, s *served, c *cell, connections int) (result, error) {
	if err := s.drained(ctx); err != nil {
		return result{}, err
	}
	args := []string{"--latency", "-t" + strconv.Itoa(min(2, connections)), "-c" + strconv.Itoa(connections),
		fmt.Sprintf("-d%ds", int(b.seconds.Seconds())), "--timeout", "10s"}
	for name, value := range c.header {
		args = append(args, "-H", name+": "+value)
	}
	before, err := s.used()
	if err != nil {
		return result{}, err
	}
	out, err := exec.CommandContext(ctx, "wrk", append(args, s.root+c.path)...).CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	after, err := s.used()
	if err != nil {
		return result{}, err
	}
	if bytes.Contains(out, []byte("Socket errors")) || bytes.Contains(out, []byte("Non-2xx")) {
		return result{}, fmt.Errorf("%s did not answer every request of %s:\n%s", s.name, c.name, out)
	}
	return readWrk(string(out), after-before)
}

func readWrk(out string, cpu time.Duration) (r result, err error) {
	requests := 0
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 2 && fields[0] == "Requests/sec:":
			r.rate, err = strconv.ParseFloat(fields[1], 64)
		case len(fields) == 2 && fields[0] == "50%":
			r.p50 = fields[1]
		case len(fields) == 2 && fields[0] == "99%":
			r.p99 = fields[1]
		case len(fields) > 3 && fields[1] == "requests" && fields[2] == "in":
			requests, err = strconv.Atoi(fields[0])
		}
		if err != nil {
			return r, err
		}
	}
	if requests == 0 {
		return r, errors.New("wrk's answer has no requests:\n" + out)
	}
	r.cpu = cpu / time.Duration(requests)
	return r, nil
}

// middle is the median by rate.
func middle(rounds []result) result {
	slices.SortFunc(rounds, func(a, b result) int { return int(a.rate - b.rate) })
	return rounds[len(rounds)/2]
}

// compare measures a cell on servers in turns.
func (b *bench) compare(ctx context.Context, servers []*served, c []cell, connections int) ([]result, error) {
	rounds := make([][]result, len(servers))
	for range b.rounds {
		for i, s := range servers {
			r, err := b.round(ctx, s, &c[i], connections)
			if err != nil {
				return nil, err
			}
			rounds[i] = append(rounds[i], r)
		}
	}
	out := make([]result, len(servers))
	for i := range rounds {
		out[i] = middle(rounds[i])
	}
	return out, nil
}

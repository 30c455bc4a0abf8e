package journal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/feed"
	"assay.invalid/internal/journal/tlog"
	"assay.invalid/internal/store"
)

// site serves a world's log. Who asks is said by a header.
func site(t *testing.T, w *world, s *Sequencer, change func(*Pages)) *httptest.Server {
	t.Helper()
	pages := Pages{Sequencer: s, Files: w.disk}
	if change != nil {
		change(&pages)
	}
	inner := http.StripPrefix("/log", Handler(pages))
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p := assay.Principal{ID: r.Header.Get("Test-Asker")}
		switch p.ID {
		case "operator":
			p.Admin = true
		case "reader":
			p.Read = []assay.Pattern{{Ecosystem: assay.NPM, Name: "@secret/name-1"}}
		}
		inner.ServeHTTP(rw, r.WithContext(assay.WithPrincipal(r.Context(), p)))
	}))
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, url, asker string, header ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Test-Asker", asker)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body), resp.Header
}

// TestSomebodyElsesReader walks the whole served log with golang.org/x/mod's
// tile reader and note verifier.
func TestSomebodyElsesReader(t *testing.T) {
	w := newWorld(t)
	w.append(600)
	s := w.open()
	w.flush(s)
	server := site(t, w, s, func(p *Pages) { p.Public = true })
	fetch := func(path string) ([]byte, error) {
		status, body, _ := get(t, server.URL+"/log/"+path, "")
		if status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
		return []byte(body), nil
	}
	_, key, _ := get(t, server.URL+"/log/key", "")
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	w.must(err)
	signed, _ := fetch("checkpoint")
	n, err := note.Open(signed, note.VerifierList(verifier))
	w.must(err)
	c, err := tlog.ParseCheckpoint(n.Text)
	w.must(err)
	reader := merkle.TileHashReader(merkle.Tree{N: c.Size, Hash: c.Root}, &tileFiles{get: fetch})
	for i := range int64(3) {
		width := int(min(256, c.Size-i*256))
		bundle, _ := fetch(tlog.Tile{Entries: true, N: i, Width: width}.Path())
		entries, err := tlog.ParseBundle(bundle)
		if err != nil || len(entries) != width {
			t.Fatalf("bundle %d: %d entries, %v", i, len(entries), err)
		}
		for j, entry := range entries {
			index := i*256 + int64(j)
			if j%50 != 0 {
				continue
			}
			proof, err := merkle.ProveRecord(c.Size, index, reader)
			w.must(err)
			if err := merkle.CheckRecord(proof, c.Size, c.Root, index, merkle.RecordHash(entry)); err != nil {
				t.Errorf("entry %d: %v", index, err)
			}
		}
	}
	// A client whose checkpoint is older still finds its tiles.
	if status, body, _ := get(t, server.URL+"/log/tile/0/001.p/7", ""); status != http.StatusOK || len(body) != 7*32 {
		t.Errorf("a partial tile that is full now: %d, %d bytes", status, len(body))
	}
	if status, body, _ := get(t, server.URL+"/log/tile/entries/000.p/1", ""); status != http.StatusOK || len(body) < 100 || len(body) > 300 {
		t.Errorf("a partial bundle that is full now: %d, %d bytes", status, len(body))
	}
}

func TestWhoMaySeeTheLog(t *testing.T) {
	w := newWorld(t)
	w.append(3)
	s := w.open()
	w.flush(s)
	paths := []string{"checkpoint", "tile/0/000.p/3", "tile/entries/000.p/3", "feed", "feed?from=1", "entry/1", "key", "checkpoint.cosigned", "nothing", "tile/../../log.key", "entry/99", "entry/x", "feed?from=-1"}
	for name, public := range map[string]bool{"public": true, "not public": false} {
		t.Run(name, func(t *testing.T) {
			server := site(t, w, s, func(p *Pages) { p.Public = public })
			for _, path := range paths {
				for asker, refused := range map[string]int{"": 401, "reader": 403, "operator": 0} {
					status, body, header := get(t, server.URL+"/log/"+path, asker)
					if !public && refused != 0 && !strings.Contains(path, "..") && status != refused {
						t.Errorf("%s for %q: %d", path, asker, status)
					}
					if public && strings.HasPrefix(path, "tile/0/000") && (status != 200 || !strings.Contains(header.Get("Cache-Control"), "immutable")) {
						t.Errorf("%s: %d, %s", path, status, header.Get("Cache-Control"))
					}
					if asker == "operator" {
						continue
					}
					// A private name, its hash without the salt, and the salt
					// stay inside.
					if strings.Contains(body, "secret/name-0") || (asker == "" && strings.Contains(body, "secret")) || (asker == "" && strings.Contains(body, "salt")) {
						t.Errorf("%s shows to %q: %s", path, asker, body)
					}
				}
			}
		})
	}
	server := site(t, w, s, func(p *Pages) { p.Public = true })
	if _, body, _ := get(t, server.URL+"/log/feed", "reader"); strings.Count(body, "@secret/name-1") != 1 || strings.Count(body, "\n") != 3 {
		t.Errorf("the reader of one package sees %s", body)
	}
	resp, err := http.Post(server.URL+"/log/checkpoint", "text/plain", nil)
	w.must(err)
	w.must(resp.Body.Close())
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("writing: %d", resp.StatusCode)
	}
}

func TestEntriesAreProven(t *testing.T) {
	w := newWorld(t)
	w.append(300)
	s := w.open()
	w.flush(s)
	server := site(t, w, s, nil)
	for _, path := range []string{"0", "255", "256", "299"} {
		_, body, _ := get(t, server.URL+"/log/entry/"+path, "operator")
		p, err := tlog.ParseProof([]byte(body))
		w.must(err)
		got, err := tlog.CheckProof(p, s.VerifierKey())
		if err != nil || !strings.Contains(string(got.Body), "@secret/name-"+path+`"`) || got.Leaf.Kind != assay.EventPublished {
			t.Errorf("entry %s: %+v, %v", path, got, err)
		}
	}
	w.exec(`UPDATE event SET body = x'', salt = x'' WHERE id = 8`)
	p, err := s.Prove(t.Context(), 7, func(store.LogRecord) bool { return true })
	w.must(err)
	if got, err := tlog.CheckProof(p, s.VerifierKey()); err != nil || got.Body != nil {
		t.Errorf("an erased event: %+v, %v", got, err)
	}
	for _, index := range []int64{-1, 300} {
		if _, err := s.Prove(t.Context(), index, nil); !assay.Is(err, assay.NotFound) {
			t.Errorf("entry %d: %v", index, err)
		}
	}
	w.append(1) // not published
	if _, err := s.Prove(t.Context(), 300, nil); !assay.Is(err, assay.NotFound) {
		t.Errorf("an entry that no checkpoint covers: %v", err)
	}
	w.exec(`UPDATE log_hash SET hash = zeroblob(32) WHERE idx = 0`)
	if _, err := s.Prove(t.Context(), 1, nil); !assay.Is(err, assay.Internal) {
		t.Errorf("a proof from a spoilt tree: %v", err)
	}
}

func TestFeedKeepsTheBytesThatWereCommittedTo(t *testing.T) {
	w := newWorld(t)
	w.append(5)
	s := w.open()
	w.flush(s)
	server := site(t, w, s, nil)
	_, body, header := get(t, server.URL+"/log/feed?from=2", "operator")
	lines := strings.Split(strings.TrimSpace(body), "\n")
	if len(lines) != 3 || header.Get("Content-Type") != feed.NDJSON {
		t.Fatalf("%s: %s", header.Get("Content-Type"), body)
	}
	for i, line := range lines {
		var item feed.Item
		w.must(json.Unmarshal([]byte(line), &item))
		salt, err := hex.DecodeString(item.Salt)
		w.must(err)
		if sum := tlog.Commit(salt, item.Body); hex.EncodeToString(sum[:]) != item.Commitment || item.Index != int64(i+2) {
			t.Errorf("%s does not open its commitment", line)
		}
	}
}

// TestLiveFeed reads the tail, comes back with Last-Event-ID, and misses
// nothing.
func TestLiveFeed(t *testing.T) {
	w := newWorld(t)
	w.append(2)
	s := w.open()
	w.flush(s)
	stopping := make(chan struct{})
	server := site(t, w, s, func(p *Pages) {
		p.MaxFeeds, p.Stopping, p.Alive = 1, stopping, 5*time.Millisecond
	})
	open := func(last string) (*bufio.Scanner, func()) {
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/log/feed", nil)
		w.must(err)
		req.Header.Set("Accept", feed.SSE)
		req.Header.Set("Test-Asker", "operator")
		if last != "" {
			req.Header.Set("Last-Event-ID", last)
		}
		var resp *http.Response
		for range 200 { // the one place may still be given back
			resp, err = http.DefaultClient.Do(req)
			w.must(err)
			if resp.StatusCode == http.StatusOK {
				break
			}
			w.must(resp.Body.Close())
			time.Sleep(5 * time.Millisecond)
		}
		return bufio.NewScanner(resp.Body), func() { cancel(); resp.Body.Close() }
	}
	next := func(lines *bufio.Scanner) string {
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
				return id
			}
		}
		return "the end"
	}
	lines, leave := open("")
	if a, b := next(lines), next(lines); a != "0" || b != "1" {
		t.Errorf("it began with %s, %s", a, b)
	}
	if status, _, _ := get(t, server.URL+"/log/feed?follow=true", "operator"); status != http.StatusServiceUnavailable {
		t.Errorf("a live feed too many: %d", status)
	}
	w.append(1)
	w.flush(s)
	if id := next(lines); id != "2" {
		t.Errorf("then came %s", id)
	}
	quiet := false
	for range 10 {
		if lines.Scan() && strings.HasPrefix(lines.Text(), ": ") {
			quiet = true
			break
		}
	}
	if !quiet {
		t.Error("no sign of life came")
	}
	leave()
	w.append(2)
	w.flush(s)
	lines, leave = open("2")
	defer leave()
	if a, b := next(lines), next(lines); a != "3" || b != "4" {
		t.Errorf("after it came back: %s, %s", a, b)
	}
	close(stopping)
	if id := next(lines); id != "the end" {
		t.Errorf("after the server stopped: %s", id)
	}
}

func TestFollowedNDJSON(t *testing.T) {
	w := newWorld(t)
	w.append(1)
	s := w.open()
	w.flush(s)
	server := site(t, w, s, func(p *Pages) { p.Public = true })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/log/feed?follow=true&from=1", nil)
	w.must(err)
	resp, err := http.DefaultClient.Do(req)
	w.must(err)
	defer resp.Body.Close()
	w.append(1)
	w.flush(s)
	line, err := bufio.NewReader(resp.Body).ReadBytes('\n')
	if err != nil || !bytes.Contains(line, []byte(`"index":1`)) {
		t.Errorf("%s, %v", line, err)
	}
}

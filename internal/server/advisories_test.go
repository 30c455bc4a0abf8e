package server

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/server/api"
)

// denouncer is a control with two advisories, one of which is about a private
// package.
type denouncer struct {
	fakeControl
	failed error
}

func (d *denouncer) OwnAdvisories(ctx context.Context) ([]api.OwnAdvisory, error) {
	if d.failed != nil {
		return nil, d.failed
	}
	own := []api.OwnAdvisory{{ID: "ASSAY-MAL-2026-1", Version: "pkg:npm/left@1.0.0", Modified: noon, Record: json.RawMessage(`{"id":"ASSAY-MAL-2026-1"}`)}}
	if mayReadPrivate(ctx) {
		own = append(own, api.OwnAdvisory{ID: "ASSAY-MAL-2026-2", Version: "pkg:npm/" + privateName + "@1.0.0", Modified: noon.Add(time.Hour), Record: json.RawMessage(`{"id":"ASSAY-MAL-2026-2"}`)})
	}
	return own, nil
}

func advising(t *testing.T, failed error) Config {
	return Config{Control: &denouncer{failed: failed}, Places: map[string]http.Handler{"npm": http.HandlerFunc(echo)}, Journal: newLedger(t, false), Auth: twoTokens{}}
}

func TestOwnAdvisories(t *testing.T) {
	addr := start(t, advising(t, nil)).addr
	const insider, outsider = "Authorization: Bearer admin", "Authorization: Bearer reader"
	for _, tt := range []struct {
		name, path, as string
		status         int
		kind, says     string
		lacks          string
	}{
		{"the list for nobody known", "/log/advisories", "", 200, "application/json", `"vulns":[{"id":"ASSAY-MAL-2026-1"}]`, "2026-2"},
		{"the list for a token without a grant", "/log/advisories", outsider, 200, "application/json", "ASSAY-MAL-2026-1", "2026-2"},
		{"the list for a reader of the private package", "/log/advisories", insider, 200, "application/json", `{"id":"ASSAY-MAL-2026-2"}`, ""},
		{"the list names the archive", "/log/advisories", "", 200, "application/json", `"archive":"http://` + addr + `/log/advisories.zip"`, ""},
		{"one record", "/log/advisories/ASSAY-MAL-2026-1.json", "", 200, "application/json", `{"id":"ASSAY-MAL-2026-1"}`, ""},
		{"a private record for a stranger", "/log/advisories/ASSAY-MAL-2026-2.json", "", 404, "text/plain; charset=utf-8", "no advisory", ""},
		{"a private record for its reader", "/log/advisories/ASSAY-MAL-2026-2.json", insider, 200, "application/json", "ASSAY-MAL-2026-2", ""},
		{"one that does not exist", "/log/advisories/ASSAY-MAL-2026-9.json", insider, 404, "text/plain; charset=utf-8", "no advisory", ""},
		{"a way out", "/log/advisories/..%2f..%2flog-key", insider, 404, "text/plain; charset=utf-8", "no advisory", ""},
		{"another spelling of the address", "/log/%61dvisories", "", 401, "text/plain; charset=utf-8", "administrators", "ASSAY"},
	} {
		headers := []string{"Accept: text/plain, application/json"}
		if tt.as != "" {
			headers = append(headers, tt.as)
		}
		resp, body := get(t, addr, tt.path, headers...)
		if resp.StatusCode != tt.status || !strings.Contains(body, tt.says) || tt.lacks != "" && strings.Contains(body, tt.lacks) {
			t.Errorf("%s: %s %s %q", tt.name, resp.Status, resp.Header.Get("Content-Type"), body)
		}
		if tt.status == 200 && (resp.Header.Get("Content-Type") != tt.kind || resp.Header.Get("ETag") == "" || !strings.Contains(resp.Header.Get("Vary"), "Authorization")) {
			t.Errorf("%s: its headers are %v", tt.name, resp.Header)
		}
		if private := strings.HasPrefix(resp.Header.Get("Cache-Control"), "private"); tt.status == 200 && private != (tt.as != "") {
			t.Errorf("%s: it may be kept for others: %v", tt.name, resp.Header)
		}
	}
}

func TestOwnAdvisoriesAsAnArchive(t *testing.T) {
	addr := start(t, advising(t, nil)).addr
	read := func(headers ...string) (map[string]string, string) {
		t.Helper()
		resp, body := get(t, addr, "/log/advisories.zip", headers...)
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/zip" {
			t.Fatalf("the archive is answered with %s %v", resp.Status, resp.Header)
		}
		archive, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range archive.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			files[f.Name] = string(text)
		}
		return files, resp.Header.Get("ETag")
	}
	mine, tag := read()
	all, other := read("Authorization: Bearer admin")
	if len(mine) != 1 || mine["ASSAY-MAL-2026-1.json"] != `{"id":"ASSAY-MAL-2026-1"}` || len(all) != 2 || all["ASSAY-MAL-2026-2.json"] == "" || tag == other {
		t.Errorf("nobody known gets %v (%s), a reader %v (%s)", mine, tag, all, other)
	}
	for _, path := range []string{"/log/advisories.zip", "/log/advisories", "/log/advisories/ASSAY-MAL-2026-1.json"} {
		first, _ := get(t, addr, path)
		if again, body := get(t, addr, path, "If-None-Match: "+first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s, asked again: %s %q", path, again.Status, body)
		}
	}
}

func TestOwnAdvisoriesAreRefused(t *testing.T) {
	broken := start(t, advising(t, errors.New("the disk is gone"))).addr
	if resp, body := get(t, broken, "/log/advisories"); resp.StatusCode != 500 || strings.Contains(body, "the disk is gone") {
		t.Errorf("a fault is answered with %s %q", resp.Status, body)
	}
	config := advising(t, nil)
	f := newServer(t, config, io.Discard).newFront("http://packages.example/", api.FromNetwork)
	for _, tt := range []struct {
		name, method string
		anonymous    bool
		status       int
	}{
		{"nobody known, where that is not let in", http.MethodGet, false, http.StatusUnauthorized},
		{"a write", http.MethodPost, true, http.StatusMethodNotAllowed},
	} {
		f.anonymous = tt.anonymous
		a := &logAnswer{header: http.Header{}}
		r, err := http.NewRequestWithContext(t.Context(), tt.method, "http://packages.example/log/advisories", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !f.ownAdvisories(a, r) || a.status != tt.status || strings.Contains(a.body.String(), "ASSAY-MAL") {
			t.Errorf("%s: %d %q", tt.name, a.status, a.body.String())
		}
	}
}

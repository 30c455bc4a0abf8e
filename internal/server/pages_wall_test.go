package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/web"
)

// site is a wall.
type site map[string]string

func (s site) File(_ context.Context, name string) ([]byte, bool, error) {
	if name == "broken.html" {
		return nil, false, errors.New("the disk is gone")
	}
	body, ok := s[name]
	return []byte(body), ok, nil
}

func TestTheWall(t *testing.T) {
	config := Config{Control: &house{}, Places: map[string]http.Handler{"npm": http.HandlerFunc(echo)}, Wall: site{
		"index.html": "<!DOCTYPE html><p>the wall", "repositories/npm.html": "<p>npm", "repositories/npm.svg": "<svg/>", "wall.css": "p{}",
		"changes.atom": "<feed/>", "repositories/npm.yaml": "<script>", "odd.exe": "MZ",
	}}
	addr := start(t, config).addr
	for _, tt := range []struct {
		name, path string
		status     int
		kind, says string
	}{
		{"the first page", "/wall/", 200, "text/html; charset=utf-8", "the wall"},
		{"a page below", "/wall/repositories/npm.html", 200, "text/html; charset=utf-8", "npm"},
		{"a badge", "/wall/repositories/npm.svg", 200, "image/svg+xml", "<svg/>"},
		{"the stylesheet", "/wall/wall.css", 200, "text/css; charset=utf-8", "p{}"},
		{"the feed", "/wall/changes.atom", 200, "application/atom+xml", "<feed/>"},
		{"an assessment that looks like a page", "/wall/repositories/npm.yaml", 200, "application/yaml", "<script>"},
		{"a file of no known kind", "/wall/odd.exe", 200, "application/octet-stream", "MZ"},
		{"a page that is not there", "/wall/repositories/none.html", 404, "text/html; charset=utf-8", "There is nothing here"},
		{"a way out", "/wall/..%2f..%2fetc%2fpasswd", 404, "text/html; charset=utf-8", "There is nothing here"},
		{"a fault", "/wall/broken.html", 500, "text/html; charset=utf-8", ""},
	} {
		resp, body := get(t, addr, tt.path, browser)
		if resp.StatusCode != tt.status || resp.Header.Get("Content-Type") != tt.kind || !strings.Contains(body, tt.says) || strings.Contains(body, "the disk is gone") {
			t.Errorf("%s: %s %s %q", tt.name, resp.Status, resp.Header.Get("Content-Type"), body)
		}
		policy := resp.Header.Get("Content-Security-Policy")
		if strings.HasPrefix(tt.kind, "text/html") != (policy == web.ContentPolicy) || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: its headers are %v", tt.name, resp.Header)
		}
		if shared := resp.Header.Get("Cross-Origin-Resource-Policy") == "cross-origin"; shared != strings.HasSuffix(tt.path, ".svg") {
			t.Errorf("%s: it may be shown elsewhere: %v", tt.name, shared)
		}
	}
	resp, _ := get(t, addr, "/wall", browser)
	if resp.StatusCode != http.StatusPermanentRedirect || resp.Header.Get("Location") != "http://"+addr+"/wall/" {
		t.Errorf("without the slash: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	resp, _ = get(t, addr, "/wall/", browser)
	tag := resp.Header.Get("ETag")
	if resp, _ = get(t, addr, "/wall/", browser, "If-None-Match: "+tag); resp.StatusCode != http.StatusNotModified {
		t.Errorf("asked again with %s: %s", tag, resp.Status)
	}
	config.Wall = nil
	if resp, _ = get(t, start(t, config).addr, "/wall/", browser); resp.StatusCode != http.StatusNotFound {
		t.Errorf("without a wall: %s", resp.Status)
	}
}

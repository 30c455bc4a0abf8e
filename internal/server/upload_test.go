package server

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// takesModules reads uploads of modules.
type takesModules struct{ fakeControl }

func (*takesModules) PublishModule(_ context.Context, _, name, version string, zip io.Reader, _ int64) (api.Published, error) {
	if _, err := io.Copy(io.Discard, zip); err != nil {
		return api.Published{}, err
	}
	return api.Published{Coordinate: assay.Coordinate{Ecosystem: assay.Golang, Name: name, Version: version}}, nil
}

func TestUploadsHaveABoundOfTheirOwn(t *testing.T) {
	run := start(t, Config{
		Limits: Limits{MaxBody: 5, MaxUpload: 10}, Control: &takesModules{},
		Places: handle(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
		}),
	})
	for _, tt := range []struct {
		name, request string
		status        int
	}{
		{"a place, by PUT", "PUT /npm/x HTTP/1.1\nContent-Length: 10\n\n0123456789", 200},
		{"a place, by PUT, too large", "PUT /npm/x HTTP/1.1\nContent-Length: 11\n\n0123456789x", 413},
		{"a place, by PUT, too large and chunked", "PUT /npm/x HTTP/1.1\nTransfer-Encoding: chunked\n\nb\n0123456789x\n0\n\n", 413},
		{"a place, by POST", "POST /npm/x HTTP/1.1\nContent-Length: 6\n\n012345", 413},
		{"the interface, elsewhere", "PUT /api/v1/policy HTTP/1.1\nContent-Length: 6\n\n012345", 413},
		{"the interface, where uploads go", "PUT /api/v1/publish/go?module=a.example/b&version=v1.0.0 HTTP/1.1\nContent-Type: application/zip\nContent-Length: 10\n\n0123456789", 401},
		{"the interface, too large an upload", "PUT /api/v1/publish/go?module=a.example/b&version=v1.0.0 HTTP/1.1\nContent-Type: application/zip\nContent-Length: 11\n\n0123456789x", 413},
	} {
		line, rest, _ := strings.Cut(tt.request, "\n")
		resp, body := ask(t, run.addr, line+"\nHost: $HOST\nConnection: close\n"+rest)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: got %s %s", tt.name, resp.Status, body)
		}
	}
}

// TestARefusalDoesNotWaitForTheBody: a client that waits to be asked for its
// upload gets the refusal, and neither side waits for the other.
func TestARefusalDoesNotWaitForTheBody(t *testing.T) {
	run := start(t, Config{Control: &takesModules{}})
	c := dial(t, run.addr)
	c.send("PUT /api/v1/publish/go?module=a.example/b&version=v1.0.0 HTTP/1.1\nHost: $HOST\nContent-Type: application/zip\nContent-Length: 100000\nExpect: 100-continue\n\n")
	if resp, body := c.read("PUT"); resp.StatusCode != 401 || !resp.Close {
		t.Errorf("got %s, closing %v: %s", resp.Status, resp.Close, body)
	}
}

package server

import (
	"io"
	"net/http"
	"testing"

	"assay.invalid/internal/assay"
)

// The log decides itself who may read what: it gets every asker, with their
// principal, and the path below its segment.
func TestTheLogIsMounted(t *testing.T) {
	journal := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.URL.EscapedPath()+" "+assay.PrincipalOf(r.Context()).ID+" "+r.Header.Get("Authorization"))
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("a live feed cannot be flushed: %v", err)
		}
	})
	run := start(t, Config{Journal: journal})
	for path, want := range map[string]string{
		"/log/":                            "/  ",
		"/log":                             "/  ",
		"/log/tile/0/x001/067":             "/tile/0/x001/067  ",
		"/log/feed?from=3":                 "/feed  ",
		"/log/tile%2f0":                    "/tile%2f0  ",
		"/log/tile/entries/../../..//feed": "/tile/entries/../../..//feed  ",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+run.addr, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = "//" + run.addr + path
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || string(body) != want {
			t.Errorf("%s: %d %q, %v; want %q", path, resp.StatusCode, body, err, want)
		}
	}
}

func TestWithoutALogItsAddressIsEmpty(t *testing.T) {
	run := start(t, Config{})
	resp, err := http.Get("http://" + run.addr + "/log/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Errorf("%s", resp.Status)
	}
}

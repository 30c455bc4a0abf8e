package server

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestTheLogsPage(t *testing.T) {
	run, _ := startPages(t, true)
	_, body := get(t, run.addr, "/log?entry=4", browser)
	page := served(t, body)
	page.Has("Entries 7", "Entry 4 is in the log", "Proven.", "kind excepted", "assay log check entry-4.proof",
		"blocked pkg:npm/ lodash by operator : prototype <b>pollution</b>", "entry 5 status changed what it is about is told to those who may read it", "entry 0 instance created by operator")
	page.Lacks("Not proven")
	// The newest entry is proven unless another is asked for, and events are
	// walked from the newest to the first.
	_, body = get(t, run.addr, "/log", browser)
	served(t, body).Has("Entry 6 is in the log")
	_, body = get(t, run.addr, "/log?before=4", browser)
	page = served(t, body)
	page.Has("entry 3 published", "entry 0 instance created", "Newest")
	page.Lacks("entry 4", "entry 5", "Older")
	for path, status := range map[string]int{"/log?entry=7": 404, "/log?entry=-1": 400, "/log?entry=x": 400, "/log?before=9223372036854775808": 400, "/log?before=99": 200, "/log?before=0": 200} {
		resp, body := get(t, run.addr, path, browser)
		if resp.StatusCode != status {
			t.Errorf("%s: %s", path, resp.Status)
		}
		served(t, body)
	}
}

func TestPrivateEventsAreTheirReaders(t *testing.T) {
	run, _ := startPages(t, true)
	_, body := ask(t, run.addr, "GET /log HTTP/1.1\nHost: $HOST\n"+browser+"\nAuthorization: Bearer admin\nConnection: close\n\n")
	served(t, body).Has("status changed pkg:npm/ %40vaultworks/quartzite @1.1.0 by operator : an alarm in vaultworks")
	_, body = ask(t, run.addr, "GET /log HTTP/1.1\nHost: $HOST\n"+browser+"\nAuthorization: Bearer reader\nConnection: close\n\n")
	if strings.Contains(body, "vaultworks") {
		t.Error("another reader is told of a private package")
	}
}

// Who may not see the log is told so in a page, and sees nothing of it at
// the foot of any page either.
func TestALogThatIsNotPublic(t *testing.T) {
	run, _ := startPages(t, false)
	for token, status := range map[string]int{"": 401, "Authorization: Bearer reader\n": 403, "Authorization: Bearer admin\n": 200} {
		resp, body := ask(t, run.addr, "GET /log HTTP/1.1\nHost: $HOST\n"+browser+"\n"+token+"Connection: close\n\n")
		if resp.StatusCode != status {
			t.Errorf("%q: %s", token, resp.Status)
		}
		if status != 200 {
			served(t, body).Has("the log is for administrators"[len("t"):])
		}
		_, body = ask(t, run.addr, "GET /policy HTTP/1.1\nHost: $HOST\n"+browser+"\n"+token+"Connection: close\n\n")
		if foot := served(t, body).Text("footer"); strings.Contains(foot, "7 entries") != (status == 200) || !strings.Contains(foot, "assay log verify") {
			t.Errorf("%q: the foot says %q", token, foot)
		}
	}
}

func TestProgramsGetTheLogItself(t *testing.T) {
	run, _ := startPages(t, true)
	for _, tt := range []struct{ path, accept, has string }{
		{"/log/checkpoint", browser, "packages.example/log\n7\n"},
		{"/log/key", "Accept: */*", "packages.example/log+"},
		{"/log/feed?from=6", browser, `"kind":"blocked"`},
		{"/log/entry/2", "Accept: application/json", `"format":"assay proof v1"`},
		{"/log", "Accept: */*", "the log has checkpoint"},
		{"/log", "Accept: application/json", "the log has checkpoint"},
		{"/log/", browser, "the log has checkpoint"},
	} {
		if resp, body := get(t, run.addr, tt.path, tt.accept); !strings.Contains(body, tt.has) || strings.Contains(body, "<html") {
			t.Errorf("%s, %s: %s %q", tt.path, tt.accept, resp.Status, body)
		}
	}
}

// The page stops reading once it has what it shows, however long the log is.
func TestThePageReadsNoMoreThanItShows(t *testing.T) {
	log := newLedger(t, true)
	for i := range 2000 {
		log.append(t, assay.EventStored, noon, `{"by":"","details":{},"subject":{"name":"n`+string(rune('a'+i%26))+`","version":"1"}}`)
	}
	sent := 0
	counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed" {
			w = &countedWriter{ResponseWriter: w, sent: &sent}
		}
		log.ServeHTTP(w, r)
	})
	run := start(t, Config{Journal: counting})
	resp, body := get(t, run.addr, "/log?before=600", browser)
	if resp.StatusCode != 200 {
		t.Fatalf("%s %s", resp.Status, body)
	}
	page := served(t, body)
	page.Has("entry 599", "entry 550", "Older")
	page.Lacks("entry 549 ", "entry 600 ")
	if sent < eventsAPage || sent > eventsAPage+2 {
		t.Errorf("the log sent %d events", sent)
	}
}

type countedWriter struct {
	http.ResponseWriter
	sent *int
}

func (c *countedWriter) Write(p []byte) (int, error) {
	*c.sent++
	return c.ResponseWriter.Write(p)
}

func (c *countedWriter) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// A log that answers nonsense, or breaks off, is an error and never a page
// that looks whole.
func TestALogThatIsBroken(t *testing.T) {
	whole := newLedger(t, true)
	for name, broken := range map[string]func(w http.ResponseWriter, r *http.Request) bool{
		"a checkpoint of one line": func(w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path == "/checkpoint" && said(w, "nonsense")
		},
		"a checkpoint without a tree": func(w http.ResponseWriter, r *http.Request) bool {
			return r.URL.Path == "/checkpoint" && said(w, "o\nmany\nroot\n\n")
		},
		"a proof that is no JSON": func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasPrefix(r.URL.Path, "/entry/") && said(w, "{")
		},
		"a proof without a checkpoint": func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasPrefix(r.URL.Path, "/entry/") && said(w, "{}")
		},
		"a feed that is no JSON": func(w http.ResponseWriter, r *http.Request) bool { return r.URL.Path == "/feed" && said(w, "x\n") },
		"a feed that breaks off": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/feed" {
				said(w, `{"index":0}`+"\n")
				panic(http.ErrAbortHandler)
			}
			return false
		},
		"a fault": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/key" {
				panic("a bug")
			}
			return false
		},
	} {
		run := start(t, Config{Journal: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !broken(w, r) {
				whole.ServeHTTP(w, r)
			}
		})})
		resp, body := get(t, run.addr, "/log", browser)
		if resp.StatusCode != 500 {
			t.Errorf("%s: %s", name, resp.Status)
		}
		served(t, body).Has("Assay could not answer")
	}
}

func said(w io.Writer, text string) bool {
	_, err := io.WriteString(w, text)
	return err == nil
}

func FuzzReadHead(f *testing.F) {
	f.Add("o\n1\n8HREJac5UVNp2QVsSCo9vmsa0f2BFPEW3QAAhslGvck=\n\n— o x=\n")
	f.Add("o\n-1\n\n\n")
	f.Fuzz(func(t *testing.T, signed string) {
		head, err := readHead(signed)
		if err == nil && (head.size < 0 || head.origin == "" || !strings.HasPrefix(signed, head.origin+"\n")) {
			t.Errorf("%q is read as %+v", signed, head)
		}
	})
}

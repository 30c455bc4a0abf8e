package ecosystem

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func zipped(t *testing.T, s string) Bytes {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteAnswer(t *testing.T) {
	text := strings.Repeat("listing ", 100)
	body := zipped(t, text)
	for name, tc := range map[string]struct {
		method string
		header http.Header
		stale  time.Duration
		status int
		coding string
		body   string
	}{
		"compressed":                {"GET", http.Header{"Accept-Encoding": {"br, gzip"}}, 0, 200, "gzip", string(body)},
		"plain when not accepted":   {"GET", nil, 0, 200, "", text},
		"plain when refused":        {"GET", http.Header{"Accept-Encoding": {"gzip;q=0"}}, 0, 200, "", text},
		"a small weight is a yes":   {"GET", http.Header{"Accept-Encoding": {"gzip;q=0.001"}}, 0, 200, "gzip", string(body)},
		"head":                      {"HEAD", http.Header{"Accept-Encoding": {"gzip"}}, 0, 200, "gzip", ""},
		"not modified":              {"GET", http.Header{"If-None-Match": {`"x", "tag"`}, "Accept-Encoding": {"gzip"}}, 0, 304, "", ""},
		"not modified, other bytes": {"GET", http.Header{"If-None-Match": {`"tag"`}}, 0, 304, "", ""},
		"modified":                  {"GET", http.Header{"If-None-Match": {`"old"`}}, 0, 200, "", text},
		"stale":                     {"GET", nil, 90 * time.Second, 200, "", text},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, "/x", nil)
			for k, v := range tc.header {
				r.Header[k] = v
			}
			w, released := httptest.NewRecorder(), 0
			WriteAnswer(w, r, &Answer{ContentType: "text/x", ETag: `"tag"`, Gzip: true, Body: body, Size: int64(len(body)), Stale: tc.stale, Release: func() { released++ }})
			if w.Code != tc.status || w.Body.String() != tc.body || w.Header().Get("Content-Encoding") != tc.coding {
				t.Errorf("answered %d, coding %q, %d bytes", w.Code, w.Header().Get("Content-Encoding"), w.Body.Len())
			}
			if released != 1 {
				t.Errorf("released %d times", released)
			}
			if got := w.Header().Get(HeaderStale); (got == "90") != (tc.stale > 0) {
				t.Errorf("stale header %q", got)
			}
		})
	}
}

// A stream that fails must not end like one that is complete.
func TestWriteContentAbortsABrokenStream(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteContent(w, r, &Content{Status: 200, Size: -1, Stream: io.MultiReader(strings.NewReader("half"), brokenReader{})})
	}))
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("half a file looked whole: %q", got)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("wrong digest") }

func TestWriteContentRange(t *testing.T) {
	r := httptest.NewRequest("GET", "/f", nil)
	r.Header.Set("Range", "bytes=2-4")
	w := httptest.NewRecorder()
	WriteContent(w, r, &Content{Status: 200, ETag: `"e"`, Seeker: strings.NewReader("abcdefgh")})
	if w.Code != http.StatusPartialContent || w.Body.String() != "cde" {
		t.Errorf("answered %d %q", w.Code, w.Body)
	}
}

// A flight that is cut while the client reads ends the connection.
func TestCutEndsTheConnection(t *testing.T) {
	fl := &manualFlight{set: make(chan struct{})}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteContent(w, r, &Content{Status: 200, Size: -1, Stream: endless{}, Flight: fl})
	}))
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	<-fl.set
	fl.cut()
	done := make(chan error, 1)
	go func() { _, err := io.Copy(io.Discard, resp.Body); done <- err }()
	select {
	case err := <-done:
		if err == nil {
			t.Error("the cut stream looked complete")
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the stream went on after it was cut")
	}
}

type manualFlight struct {
	cut func()
	set chan struct{}
}

func (f *manualFlight) OnCut(cut func()) { f.cut = cut; close(f.set) }

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type fakeRepo struct {
	Repository
	nearest string
}

func (r fakeRepo) Why(c assay.Coordinate) string {
	return "http://127.0.0.1:8417/why/abcdefghijklmnop"
}
func (r fakeRepo) Nearest(context.Context, string, string) string { return r.nearest }

func TestRefusal(t *testing.T) {
	subject := assay.Coordinate{Ecosystem: assay.NPM, Name: "lodash", Version: "4.17.20"}
	decision := &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny,
		Reason: "prototype\r\npollution \x1b[31mred\x00", Until: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)}}}
	err := &assay.Error{Kind: assay.Denied, Message: "x", Decision: decision, Subject: subject}
	ref := NewRefusal(t.Context(), fakeRepo{nearest: "4.17.21"}, err, subject)
	want := "lodash@4.17.20 is refused by Assay, rule block: prototype pollution [31mred (until 2027-01-01 00:00 UTC). Nearest allowed: lodash@4.17.21. Why: http://127.0.0.1:8417/why/abcdefghijklmnop"
	if ref.Message != want {
		t.Errorf("message\n%q\nwant\n%q", ref.Message, want)
	}
	if ref.Status != 403 || len(ref.Phrase) > MaxPhrase || !strings.HasSuffix(ref.Phrase, "/why/abcdefghijklmnop") || !strings.Contains(ref.Phrase, "block") {
		t.Errorf("status %d, phrase %q", ref.Status, ref.Phrase)
	}
	if text := strings.Join(ref.Lines, "\n"); len(ref.Lines) > 8 || len(text) > 648 || strings.Contains(text, "\n\n") {
		t.Errorf("%d lines, %d bytes:\n%s", len(ref.Lines), len(text), text)
	}
}

func TestStatusOf(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"denied is never 404":           {assay.Errorf(assay.Denied, "x"), 403},
		"an upstream's 502 stays":       {&assay.Error{Kind: assay.Unavailable, Status: 502}, 502},
		"an upstream's 403 is a 502":    {&assay.Error{Kind: assay.Unavailable, Status: 403}, 502},
		"an upstream's 429 is waiting":  {&assay.Error{Kind: assay.Unavailable, Status: 429}, 503},
		"an unreachable upstream":       {assay.Errorf(assay.Unavailable, "x"), 503},
		"a wrong digest":                {assay.Errorf(assay.Unsound, "x"), 502},
		"a full disk":                   {assay.Errorf(assay.Exhausted, "x"), 503},
		"a fault of ours hides nothing": {errors.New("x"), 500},
	} {
		t.Run(name, func(t *testing.T) {
			if got := StatusOf(tc.err); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

// FuzzRefusal: whatever a package or operator wrote, every channel stays
// printable and bounded, and the link survives.
func FuzzRefusal(f *testing.F) {
	f.Add("lodash", "4.17.20", "reason\r\nSet-Cookie: x\x00\x1b[2J", "4.17.21")
	f.Add("\u202eevil", "1", strings.Repeat("long ", 400), "")
	f.Fuzz(func(t *testing.T, name, version, reason, nearest string) {
		subject := assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: version}
		d := &assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny, Reason: reason}}}
		ref := NewRefusal(t.Context(), fakeRepo{nearest: nearest}, &assay.Error{Kind: assay.Denied, Decision: d, Subject: subject}, subject)
		if len(ref.Phrase) > MaxPhrase || !strings.HasSuffix(ref.Phrase, "/why/abcdefghijklmnop") {
			t.Fatalf("phrase %q", ref.Phrase)
		}
		for _, r := range ref.Phrase {
			if r < ' ' || r > '~' {
				t.Fatalf("phrase %q", ref.Phrase)
			}
		}
		if len(ref.Message) > maxMessage || len(ref.Lines) > 8 || len(strings.Join(ref.Lines, "\n")) > 648 {
			t.Fatalf("%d bytes, %d lines, %d bytes", len(ref.Message), len(ref.Lines), len(strings.Join(ref.Lines, "\n")))
		}
		if !strings.HasSuffix(ref.Message, ref.Why) {
			t.Fatalf("the link is lost in %q", ref.Message)
		}
		for _, line := range append(ref.Lines, ref.Message) {
			if line == "" || strings.ContainsAny(line, "\r\n\x00\x1b") {
				t.Fatalf("line %q", line)
			}
		}
	})
}

// Values share an array, and one header's Add must not reach into the next.
func TestHeadersKeepToThemselves(t *testing.T) {
	h := http.Header{}
	set := newSetter(h)
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		set.to(name, "of "+name)
	}
	h.Add("A", "more")
	for _, name := range []string{"B", "C", "D", "E", "F"} {
		if got := h[name]; len(got) != 1 || got[0] != "of "+name {
			t.Errorf("%s has become %q", name, got)
		}
	}
	if got := h["A"]; len(got) != 2 || got[0] != "of A" || got[1] != "more" {
		t.Errorf("A has become %q", got)
	}
}

// An answer from memory makes a handful of allocations, whatever its size: the
// room of its headers' values, its length in words, and what net/http asks for.
func TestAnswersFromMemoryAllocateLittle(t *testing.T) {
	body := make([]byte, 1000)
	r := httptest.NewRequest("GET", "/x", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := &discarding{header: http.Header{}}
	kept := http.Header{"Etag": {`"tag"`}, "Last-Modified": {"Mon, 23 Nov 2026 00:00:00 GMT"}}
	listing := testing.AllocsPerRun(200, func() {
		WriteAnswer(w, r, &Answer{ContentType: "text/x", ETag: `"tag"`, Gzip: true, Body: Bytes(body), Size: 1000})
	})
	file := testing.AllocsPerRun(200, func() {
		WriteContent(w, r, &Content{ContentType: "x/y", ETag: `"tag"`, Header: kept, Modified: time.Unix(1, 0), Size: 1000, Seeker: bytes.NewReader(body)})
	})
	if listing > 5 || file > 5 {
		t.Errorf("a listing makes %v allocations and a file %v, want 5 at most", listing, file)
	}
}

// discarding is a ResponseWriter that keeps its map of headers.
type discarding struct{ header http.Header }

func (d *discarding) Header() http.Header         { return d.header }
func (d *discarding) WriteHeader(int)             {}
func (d *discarding) Write(p []byte) (int, error) { return len(p), nil }

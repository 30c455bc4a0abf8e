package golang

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

func says(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestListsThatAreNoneAreUnclear(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		reason  string
	}{
		"a web page":             {says(200, "text/html", "<!doctype html>"), "a web page instead of a list"},
		"a web page called text": {says(200, "text/plain", " <HTML>"), "a web page instead of a list"},
		"words":                  {says(200, "text/plain", "hello there\n"), "text that is no list of versions"},
		"a version and words":    {says(200, "text/plain", "v1.0.0\nsorry\n"), "line 2"},
		"JSON":                   {says(200, "application/json", `{"versions":["v1.0.0"]}`), "JSON that is no list"},
		"zeros":                  {says(200, "text/plain", strings.Repeat("\x00", 5000)), "no list of versions"},
		"a line without end":     {says(200, "text/plain", "v1."+strings.Repeat("1", 1<<20)), "bytes"},
		"a zip":                  {says(200, "application/zip", "PK\x03\x04"), "a zip"},
		"a fault":                {says(502, "text/plain", "upstream"), "upstream"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/x?token=1", http.StatusFound)
		}, "redirects to elsewhere.example"},
		"half an answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "v1.0.0\n")
		}, "cut"},
		"more than is read": {func(w http.ResponseWriter, _ *http.Request) {
			for range 40 {
				_, _ = w.Write([]byte(strings.Repeat("v1.0.0\n", 1<<17)))
			}
		}, "bigger"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, Config{}, c.handler)
			a.limits.Wire.List = 4 << 20
			l, got := a.Listing(context.Background(), scorecard.Credential{}, "trial.example/a")
			if got.Verdict != scorecard.Unclear || !strings.Contains(got.Reason, c.reason) || l.Versions != nil {
				t.Errorf("%s, want unclear with %q", got, c.reason)
			}
		})
	}
}

func TestDescriptionsThatLieGiveNoDate(t *testing.T) {
	for name, info := range map[string]string{
		"of another version": `{"Version":"v2.0.0","Time":"2026-01-01T00:00:00Z"}`,
		"with a time twice":  `{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z","time":"2020-01-01T00:00:00Z"}`,
		"a web page":         `<html>`,
		"a time as a number": `{"Version":"v1.0.0","Time":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t)
			p.add(t, scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"}, 1)
			p.answers["trial.example/a/@v/v1.0.0.info"] = info
			a, _, _ := serve(t, Config{}, p)
			l, got := a.Listing(context.Background(), scorecard.Credential{}, "trial.example/a")
			if v, there := l.Versions["v1.0.0"]; got.Verdict != scorecard.Accepted || !there || !v.Published.IsZero() {
				t.Errorf("%s: %+v", got, l.Versions)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	sound, err := New(Config{}).Archive(scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := New(Config{}).Archive(scorecard.Release{Name: "trial.example/b", Version: "v1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    scorecard.Verdict
		h1      bool
		reason  string
	}{
		"a sound zip":                   {says(200, "application/zip", string(sound)), scorecard.Accepted, true, ""},
		"another module's zip":          {says(200, "application/zip", string(other)), scorecard.Accepted, false, ""},
		"bytes that are no zip":         {says(200, "application/zip", "no zip"), scorecard.Accepted, false, ""},
		"a web page":                    {says(200, "application/zip", "<html>"), scorecard.Unclear, false, "a web page instead of a module zip"},
		"JSON":                          {says(200, "application/json", `{"error":"no"}`), scorecard.Unclear, false, "JSON"},
		"nothing":                       {says(200, "application/zip", ""), scorecard.Unclear, false, "nothing"},
		"a refusal":                     {says(403, "text/plain", "quarantined: looked at"), scorecard.Refused, false, "quarantined: looked at"},
		"a tombstone":                   {says(410, "text/plain", "removed: was malware"), scorecard.Absent, false, "removed: was malware"},
		"a refusal that draws":          {says(403, "text/plain", "\x1b[31mno"), scorecard.Refused, false, "[31mno"},
		"a refusal that says to wait":   {says(429, "text/plain", "wait"), scorecard.Throttled, false, "wait"},
		"a fault with a page around it": {says(503, "text/html", "<html>"), scorecard.Unclear, false, "web page"},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, Config{}, c.handler)
			f, got := a.File(context.Background(), scorecard.Credential{}, "trial.example/a", "v1.0.0")
			if got.Verdict != c.want || (f.Digests["h1"] != "") != c.h1 || !strings.Contains(got.Reason, c.reason) || strings.Contains(got.Reason, "\x1b") {
				t.Errorf("%s with %v, want %s", got, f.Digests, c.want)
			}
		})
	}
}

func TestNamesThatAreNoneAreNotAskedFor(t *testing.T) {
	a, v, _ := serve(t, Config{}, says(200, "text/plain", "v1.0.0"))
	for _, name := range []string{"", "fmt", "../x", "a b.example/c", "trial.example/../x", "trial.example/a?x", "TRIAL.example/\u043e"} {
		_, listed := a.Listing(context.Background(), scorecard.Credential{}, name)
		_, fetched := a.File(context.Background(), scorecard.Credential{}, name, "v1.0.0")
		if listed.Verdict != scorecard.Unclear || fetched.Verdict != scorecard.Unclear {
			t.Errorf("%q: %s, %s", name, listed, fetched)
		}
	}
	if _, got := a.File(context.Background(), scorecard.Credential{}, "trial.example/a", "../../x"); got.Verdict != scorecard.Unclear {
		t.Errorf("a version that climbs: %s", got)
	}
	if len(v.asked) != 0 {
		t.Errorf("%v was asked", v.asked)
	}
}

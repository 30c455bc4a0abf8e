package web

import (
	"bytes"
	"io"
	"math"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "left pad", "left pad"},
		{"line breaks", "a\r\nb\tc", "a  b c"},
		{"a terminal escape", "\x1b[31mred\x07", "[31mred"},
		{"reordering", "abc\u202edef\u2066", "abcdef"},
		{"invisible", "le\u200bft\ufeff\u00ad", "left"},
		{"another script", "π ≠ ☃", "π ≠ ☃"},
		{"not UTF-8", "a\xff\xfeb", "ab"},
	} {
		if got := Text(tt.in); got != tt.want {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
	if n := utf8.RuneCountInString(Text(strings.Repeat("ü", 1<<20))); n != maxText+1 {
		t.Errorf("a long text has %d characters", n)
	}
}

func TestLeft(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]string{
		-time.Hour: "", 0: "", time.Second: "less than a minute", time.Minute: "1 minute",
		90 * time.Minute: "1 hour 30 minutes", 2 * time.Hour: "2 hours",
		71*time.Hour + 11*time.Minute: "2 days 23 hours", 25 * time.Hour: "1 day 1 hour", 48*time.Hour + time.Minute: "2 days",
	} {
		if got := Left(now.Add(left), now); got != want {
			t.Errorf("%v: got %q, want %q", left, got, want)
		}
	}
}

func TestAssets(t *testing.T) {
	for path, content := range map[string]string{
		"/assets/assay.css": "text/css; charset=utf-8", StylesheetPath(): "text/css; charset=utf-8",
		"/assets/icon.svg": "image/svg+xml", "/assets/": "", "/assets/web.go": "", "/assets/../web.go": "",
	} {
		w := httptest.NewRecorder()
		ok := Assets(w, httptest.NewRequest("GET", path, nil))
		if ok != (content != "") || w.Header().Get("Content-Type") != content || ok && w.Body.Len() == 0 {
			t.Errorf("%s: %v, %v", path, ok, w.Header())
		}
	}
}

func TestAPageStandsInTheFrame(t *testing.T) {
	page := Parse(`{{define "main"}}<h1>{{.}}</h1>{{end}}`)
	var b bytes.Buffer
	if err := Write(&b, page, Head{Title: "T<", Description: "D"}, "a & b"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!DOCTYPE html>", "<title>T&lt; · Assay</title>", "<h1>a &amp; b</h1>", StylesheetPath()} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %s in %s", want, b.String())
		}
	}
	if err := Write(io.Discard, Parse(`{{define "main"}}{{.Missing}}{{end}}`), Head{}, struct{}{}); err == nil {
		t.Error("a page that lacks a value is written all the same")
	}
}

func TestEffectWords(t *testing.T) {
	seen := map[string]bool{}
	for e := assay.Nothing; e <= assay.Deny; e++ {
		seen[EffectWord(e)] = true
	}
	if len(seen) != 4 {
		t.Errorf("the words are not four: %v", seen)
	}
}

// TestColoursCanBeRead measures every text colour on every ground, in both
// schemes: 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
func TestColoursCanBeRead(t *testing.T) {
	token := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`)
	light, dark, found := strings.Cut(stylesheet, "prefers-color-scheme: dark")
	if !found {
		t.Fatal("there is no dark scheme")
	}
	for name, scheme := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range token.FindAllStringSubmatch(scheme, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		for _, ink := range []string{"ink", "ink-2", "copper", "focus", "good", "part", "bad", "open"} {
			for _, ground := range []string{"paper", "sheet", "sunk"} {
				a, b := colours[ink], colours[ground]
				if ratio := (math.Max(a, b) + .05) / (math.Min(a, b) + .05); ratio < 4.5 {
					t.Errorf("%s: %s on %s is %.1f to 1", name, ink, ground, ratio)
				}
			}
		}
	}
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{.2126, .7152, .0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

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
		"/assets/assay.css": "text/css; charset=utf-8", AssetPath("assay.css"): "text/css; charset=utf-8",
		"/assets/icon.svg": "image/svg+xml", AssetPath("marks.svg"): "image/svg+xml", AssetPath(LiveScript): "text/javascript; charset=utf-8",
		"/assets/": "", "/assets/web.go": "", "/assets/../web.go": "",
	} {
		w := httptest.NewRecorder()
		ok := Assets(w, httptest.NewRequest("GET", path, nil))
		if ok != (content != "") || w.Header().Get("Content-Type") != content || ok && w.Body.Len() == 0 {
			t.Errorf("%s: %v, %v", path, ok, w.Header())
		}
	}
}

func TestAnAssetsAddressChangesWithItsContent(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range []string{"assay.css", "icon.svg", "marks.svg", LiveScript} {
		_, version, ok := strings.Cut(AssetPath(name), "?v=")
		if !ok || len(version) != 8 || seen[version] {
			t.Errorf("%s has the address %s", name, AssetPath(name))
		}
		seen[version] = true
	}
}

func TestAPageStandsInTheFrame(t *testing.T) {
	page := Parse(`{{define "main"}}<h1>{{.}}</h1>{{end}}`)
	write := func(frame Frame, head Head) string {
		var b bytes.Buffer
		if err := Write(&b, page, frame, head, "a & b"); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	bare := write(Frame{}, Head{Title: "T<", Description: "D"})
	for _, want := range []string{"<!DOCTYPE html>", "<title>T&lt; · Assay</title>", "<h1>a &amp; b</h1>", AssetPath("assay.css"), "assay log verify", `role="search"`} {
		if !strings.Contains(bare, want) {
			t.Errorf("lacks %s in %s", want, bare)
		}
	}
	for _, not := range []string{"<script", "aria-current", "security.txt", "Journal"} {
		if strings.Contains(bare, not) {
			t.Errorf("has %s in %s", not, bare)
		}
	}
	full := write(Frame{Host: "h.example", Version: "v1", Security: true, Nonce: "n1", Log: &LogHead{Size: 1234, Root: "r="}},
		Head{Section: Policy, OwnSearch: true, Script: LiveScript})
	for _, want := range []string{"<span>h.example</span>", "Assay v1", "/.well-known/security.txt", "1,234 entries", "r=",
		`<a href="/policy" aria-current="page">Policy</a>`, `nonce="n1" defer></script>`} {
		if !strings.Contains(full, want) {
			t.Errorf("lacks %s in %s", want, full)
		}
	}
	if strings.Count(full, "aria-current") != 1 || strings.Contains(full, `role="search"`) {
		t.Errorf("the navigation or the search is wrong in %s", full)
	}
	if err := Write(io.Discard, Parse(`{{define "main"}}{{.Missing}}{{end}}`), Frame{}, Head{}, struct{}{}); err == nil {
		t.Error("a page that lacks a value is written all the same")
	}
}

func TestBadges(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  Badge
		want Badge
	}{
		{"an enforced deny", BadgeOfOpinion(&assay.Opinion{Effect: assay.Deny}), Badge{"deny", "deny"}},
		{"an observed deny", BadgeOfOpinion(&assay.Opinion{Effect: assay.Deny, Mode: assay.Observe}), Badge{"observe", "would deny"}},
		{"an observed warning", BadgeOfOpinion(&assay.Opinion{Effect: assay.Warn, Mode: assay.Observe}), Badge{"observe", "would warn"}},
		{"an observed allow", BadgeOfOpinion(&assay.Opinion{Effect: assay.Allow, Mode: assay.Observe}), Badge{"allow", "allow"}},
		{"nothing", BadgeOf(assay.Nothing), Badge{"", "no opinion"}},
		{"a recorded deny", BadgeNamed("deny"), Badge{"deny", "deny"}},
		{"a recorded would-be deny", BadgeNamed("would deny"), Badge{"observe", "would deny"}},
		{"a word of a newer server", BadgeNamed("maybe"), Badge{"", "maybe"}},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestPackageURLs(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    assay.Coordinate
		want PURL
	}{
		{"a package", assay.Coordinate{Ecosystem: assay.NPM, Name: "left"}, PURL{"pkg:npm/", "left", "", "/packages/pkg:npm/left"}},
		{"a scoped version", assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/left", Version: "1.0.0+a b"},
			PURL{"pkg:npm/", "%40acme/left", "@1.0.0%2Ba%20b", "/packages/pkg:npm/%40acme/left@1.0.0%2Ba%20b"}},
		{"a file", assay.Coordinate{Ecosystem: assay.Golang, Name: "example.com/M", Version: "v1", File: "v1.zip"},
			PURL{"pkg:golang/", "example.com/M", "@v1", "/packages/pkg:golang/example.com/M@v1"}},
		{"nothing", assay.Coordinate{}, PURL{}},
	} {
		if got := PURLOf(tt.c); got != tt.want {
			t.Errorf("%s: got %+v", tt.name, got)
		}
	}
}

func TestAddressesOfDecisions(t *testing.T) {
	for id, want := range map[string]string{"7f3k-91qd": "/why/7f3k-91qd", "": "", "../x": "", "a?b": ""} {
		if got := WhyPath(id); got != want {
			t.Errorf("%q: got %q", id, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -4321: "-4,321", -12: "-12"} {
		if got := Number(n); got != want {
			t.Errorf("%d: got %q", n, got)
		}
	}
	if Plural(1, "package") != "1 package" || Plural(0, "package") != "0 packages" || Plural(4000, "package") != "4,000 packages" {
		t.Error("numbers of things are misspelt")
	}
	if Capital("") != "" || Capital("über") != "Über" || Capital("\xff") != "\xff" {
		t.Error("sentences begin wrongly")
	}
}

func TestLinesKeepEmptyOnes(t *testing.T) {
	if got := Lines("a\u202e\n1\n\n— k \x1b[1m\n"); got != "a\n1\n\n— k [1m" {
		t.Errorf("got %q", got)
	}
}

func TestEventsHaveATone(t *testing.T) {
	for kind, want := range map[assay.EventKind]string{
		assay.EventPublished: "ev-good", assay.EventBlocked: "ev-bad", assay.EventExcepted: "ev-plan", assay.EventStored: "ev-plain", "of-later": "ev-plain",
	} {
		if got := (Event{Kind: string(kind)}).Tone(); got != want {
			t.Errorf("%s: got %s", kind, got)
		}
	}
	if got := (Event{Kind: "policy-changed"}).Words(); got != "policy changed" {
		t.Errorf("got %q", got)
	}
}

// TestColoursCanBeRead measures every text colour on every ground, in both
// schemes: 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
func TestColoursCanBeRead(t *testing.T) {
	token := regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]{6});`)
	tokens, _, _ := strings.Cut(stylesheet, "@layer base")
	_, tokens, _ = strings.Cut(stylesheet[:len(tokens)], "@layer tokens {")
	light, dark, found := strings.Cut(tokens, "prefers-color-scheme: dark")
	if !found {
		t.Fatal("there is no dark scheme")
	}
	for name, scheme := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]float64{}
		for _, m := range token.FindAllStringSubmatch(scheme, -1) {
			colours[m[1]] = luminance(t, m[2])
		}
		measure := func(ink, ground string, least float64) {
			a, okA := colours[ink]
			b, okB := colours[ground]
			if !okA || !okB {
				t.Errorf("%s: there is no %s or no %s", name, ink, ground)
			} else if ratio := (math.Max(a, b) + .05) / (math.Min(a, b) + .05); ratio < least {
				t.Errorf("%s: %s on %s is %.1f to 1", name, ink, ground, ratio)
			}
		}
		for _, ground := range []string{"paper", "sheet", "sunk"} {
			for _, ink := range []string{"ink", "ink-2", "copper", "focus", "good", "part", "plan", "bad", "none", "open"} {
				measure(ink, ground, 4.5)
			}
			measure("line-strong", ground, 3)
		}
		for _, tone := range []string{"good", "part", "plan", "bad"} {
			measure("on-fill", tone, 4.5)     // a badge
			measure("ink", tone+"-soft", 4.5) // a note
			measure("ink-2", tone+"-soft", 4.5)
			measure("copper", tone+"-soft", 4.5)
			measure(tone, tone+"-soft", 4.5)
		}
		measure("on-fill", "copper", 4.5) // a button
		measure("ink", "copper-soft", 4.5)
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

// Package web is the frame that every page stands in, and what the pages
// share: the one stylesheet, the icon, the content policy and a few ways to
// write values. Each page is a folder below: a struct, a template, a test.
//
// It promises HTML that works without scripts, in light and dark, on a phone
// and with a screen reader, under a policy that allows nothing but the
// stylesheet and the icon of the same origin. Text from outside is escaped by
// html/template, and stripped of characters that reorder or hide other text.
//
// It never asks for anything: a page is made from a struct and nothing else.
package web

import (
	"crypto/sha256"
	_ "embed" // the frame, the stylesheet and the icon
	"encoding/hex"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"assay.invalid/internal/assay"
)

// ContentPolicy is the Content-Security-Policy of every page.
const ContentPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed frame.html
var frame string

//go:embed assay.css
var stylesheet string

//go:embed icon.svg
var icon string

// Head is what a page tells the frame about itself.
type Head struct {
	Title       string // without the product's name
	Description string // one sentence
}

// Parse puts a page's template, which defines "main", into the frame. It
// panics on a template that is not well formed, as only a programmer makes
// it so.
func Parse(page string) *template.Template {
	t := template.New("frame").Funcs(template.FuncMap{
		"text":       Text,
		"moment":     Moment,
		"machine":    machine,
		"stylesheet": StylesheetPath,
	})
	return template.Must(template.Must(t.Parse(frame)).Parse(page))
}

// Write writes a page.
func Write(w io.Writer, t *template.Template, head Head, page any) error {
	return t.ExecuteTemplate(w, "frame", struct {
		Head
		Page any
	}{head, page})
}

// maxText is how many characters of one outside text a page shows.
const maxText = 2000

// Text makes text from outside fit for a page: no control characters, and
// none of the invisible ones with which a package could make its own name or
// reason read as another.
func Text(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case n == maxText:
			return b.String() + "…"
		case unicode.IsSpace(r):
			r = ' '
		case unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar:
			continue
		}
		b.WriteRune(r)
		n++
	}
	return strings.TrimSpace(b.String())
}

// Moment writes a time for people, in UTC with the year.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// machine writes a time for the datetime attribute.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Left says how long it is until a time, in at most two units; "" if it has
// passed.
func Left(until, now time.Time) string {
	left := until.Sub(now)
	if left <= 0 {
		return ""
	}
	minutes := int(left / time.Minute)
	days, hours, minutes := minutes/(24*60), minutes/60%24, minutes%60
	switch {
	case days > 0:
		return join(count(days, "day"), count(hours, "hour"))
	case hours > 0:
		return join(count(hours, "hour"), count(minutes, "minute"))
	case minutes > 0:
		return count(minutes, "minute")
	}
	return "less than a minute"
}

func count(n int, unit string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func join(a, b string) string { return strings.TrimSpace(a + " " + b) }

// EffectWord says a decision's effect as a page's badge does.
func EffectWord(e assay.Effect) string {
	switch e {
	case assay.Deny:
		return "refused"
	case assay.Warn:
		return "allowed with a warning"
	case assay.Allow:
		return "allowed"
	}
	return "no opinion"
}

// AssetsPrefix is where Assets is mounted.
const AssetsPrefix = "/assets/"

// StylesheetPath is the stylesheet's address. It changes with the content,
// so that a browser may keep it for ever.
func StylesheetPath() string {
	sum := sha256.Sum256([]byte(stylesheet))
	return AssetsPrefix + "assay.css?v=" + hex.EncodeToString(sum[:4])
}

// Assets serves the stylesheet and the icon; ok is false for any other path.
func Assets(w http.ResponseWriter, r *http.Request) (ok bool) {
	h := w.Header()
	name, _ := strings.CutPrefix(r.URL.Path, AssetsPrefix)
	content := ""
	switch name {
	case "assay.css":
		h.Set("Content-Type", "text/css; charset=utf-8")
		content = stylesheet
	case "icon.svg":
		h.Set("Content-Type", "image/svg+xml")
		content = icon
	default:
		return false
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	return true
}

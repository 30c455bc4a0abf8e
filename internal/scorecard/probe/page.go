package probe

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
)

// Page is what stands at an address. It was answered, one way or another: a
// page that is not there is a Page too.
type Page struct {
	// URL is where the answer came from, without query and credentials, as
	// it may be written down.
	URL    string
	Status int
	// Type is the media type, in lower case and without parameters.
	Type   string
	Header http.Header
	Body   []byte
}

// There reports that something was handed out.
func (p Page) There() bool { return p.Status >= 200 && p.Status < 300 }

// Nothing reports that there is no such page. Servers of one protocol call an
// address that is none of it a bad request as readily as one that is absent.
func (p Page) Nothing() bool {
	return p.Status >= 400 && p.Status < 500 && !p.Barred()
}

// Barred reports that the asker is kept out. It may be a log-in, or a guard
// that takes us for somebody else: what stands behind it is not known.
func (p Page) Barred() bool {
	return p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden
}

// Web reports that it is a web page, whatever it says of itself. Many
// servers answer every address with their front page and 200, which must not
// pass for the document that was asked for.
func (p Page) Web() bool {
	if p.Type == "text/html" || p.Type == "application/xhtml+xml" {
		return true
	}
	start := bytes.ToLower(bytes.TrimSpace(p.Body[:min(len(p.Body), 256)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}

// Fetch reads a page without any credential. Its error says, as Untold, that
// no answer came that tells anything: a fault between us, a fault of the
// server, a redirect that leads on.
func Fetch(ctx context.Context, b *scorecard.Bench, address string) (Page, error) {
	return FetchAs(ctx, b, address, "")
}

// FetchAs is Fetch that says which media types it would like.
func FetchAs(ctx context.Context, b *scorecard.Bench, address, accept string) (Page, error) {
	shown := Shown(address)
	q := scorecard.Request{Method: http.MethodGet, URL: address, Limit: Default().Page}
	if accept != "" {
		q.Header = http.Header{"Accept": {accept}}
	}
	r, err := b.Visit.Do(ctx, q)
	if err != nil {
		return Page{}, scorecard.Untold("%s could not be read: %s", shown, FaultText(err))
	}
	if r.Status >= 300 && r.Status < 400 || r.Status >= 500 || r.Status < 200 || r.Status == http.StatusTooManyRequests {
		return Page{}, scorecard.Untold("%s could not be read: it answers %d", shown, r.Status)
	}
	p := Page{URL: shown, Status: r.Status, Header: r.Header, Body: r.Body}
	if r.At != "" {
		p.URL = Shown(r.At)
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil {
		p.Type = t
	}
	return p, nil
}

// FaultText is a Visitor's error as a person reads it.
func FaultText(err error) string {
	if f, ok := errors.AsType[*scorecard.Fault](err); ok {
		return scorecard.Words(f.Text)
	}
	return scorecard.Words(err.Error())
}

// Shown is an address as it may be written down: credentials and tokens hide
// in its user part, its query and its fragment.
func Shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
	return scorecard.Words(u.String())
}

// Origin is where the subject answers in this protocol: scheme and host,
// without a slash at the end.
func Origin(b *scorecard.Bench) (string, error) {
	u, ok := b.Subject.Base(b.Protocol.Ecosystem())
	if !ok || u.Host == "" {
		return "", scorecard.Untold("the subject has no address for %s that can be read", b.Protocol.Ecosystem())
	}
	return u.Scheme + "://" + u.Host, nil
}

// Places is where a page may be: the address that the subject states for it,
// and if it states none, the usual paths below its origin.
func Places(b *scorecard.Bench, page string, usual ...string) (places []string, stated bool, err error) {
	if a := b.Subject.Pages[page]; a != "" {
		return []string{a}, true, nil
	}
	origin, err := Origin(b)
	if err != nil {
		return nil, false, err
	}
	for _, path := range usual {
		places = append(places, origin+path)
	}
	return places, false, nil
}

// First is the first of the places where something is handed out, else what
// the last one answered. A place that could not be read, or keeps us out, is
// an error only when no other has it.
func First(ctx context.Context, b *scorecard.Bench, places []string, accept string) (Page, error) {
	var last Page
	var failed error
	for _, place := range places {
		p, err := FetchAs(ctx, b, place, accept)
		switch {
		case err != nil:
			failed = err
		case p.There():
			return p, nil
		case p.Barred():
			failed = scorecard.Untold("%s cannot be read without being let in: it answers %d", p.URL, p.Status)
		default:
			last = p
		}
	}
	if failed != nil {
		return Page{}, failed
	}
	return last, nil
}

// PackagePage reads the web page of a package. Its error says why there is
// none to look at.
func PackagePage(ctx context.Context, b *scorecard.Bench, name, version string) (Page, Document, error) {
	pattern := b.Subject.Pages["package"]
	if pattern == "" {
		return Page{}, Document{}, scorecard.Unsupported("no address of package pages is stated, so there is none to look at")
	}
	p, err := Fetch(ctx, b, strings.NewReplacer("{name}", escaped(name), "{version}", escaped(version),
		"{ecosystem}", string(b.Protocol.Ecosystem())).Replace(pattern))
	if err != nil {
		return Page{}, Document{}, err
	}
	switch {
	case !p.There():
		return Page{}, Document{}, scorecard.Untold("the page of %s cannot be read: %s answers %d", name, p.URL, p.Status)
	case !p.Web():
		return Page{}, Document{}, scorecard.Untold("what stands at %s is no web page", p.URL)
	}
	d := ReadDocument(p.Body)
	// A page that does not name its package was not drawn yet, or is the
	// front page: what is not on it says nothing.
	if !strings.Contains(strings.ToLower(d.Text), strings.ToLower(name)) {
		return Page{}, Document{}, scorecard.Untold("the page at %s does not name %s as it is served: perhaps scripts draw it, which are not run", p.URL, name)
	}
	return p, d, nil
}

// escaped writes a name into a path and keeps the slashes that belong to it.
func escaped(name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// PageVersion is the version whose page is looked at, "" if the address of
// pages names none. Its error says why it cannot be told.
func PageVersion(ctx context.Context, b *scorecard.Bench, name string) (string, error) {
	if !strings.Contains(b.Subject.Pages["package"], "{version}") {
		return "", nil
	}
	s, a := List(ctx, b, name)
	if err := scorecard.Unless(a, "read the listing of "+name, scorecard.Accepted); err != nil {
		return "", err
	}
	return Chosen(s.Listing), nil
}

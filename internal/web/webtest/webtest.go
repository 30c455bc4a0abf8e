// Package webtest checks what holds for every page: that it is HTML a
// browser and a screen reader can follow, that every link leads to a page
// there is, and that nothing in it needs a script, a style attribute or
// another origin.
package webtest

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"assay.invalid/internal/web"
)

// Page is a page that has been read.
type Page struct {
	t    testing.TB
	root *html.Node
}

// Write writes a page into a frame.
type Write func(w io.Writer, frame web.Frame) error

// Check writes a page, reads it as a browser does, and checks its structure.
// It has no script.
func Check(t testing.TB, write Write) Page {
	t.Helper()
	return check(t, write, "")
}

// CheckLive checks a page that has a script of its own, which must carry the
// nonce and nothing but an address.
func CheckLive(t testing.TB, write Write) Page {
	t.Helper()
	p := check(t, write, "bm9uY2U")
	scripts := p.All("script")
	if len(scripts) != 1 {
		t.Fatalf("the page has %d scripts", len(scripts))
	}
	s := scripts[0]
	if attribute(s, "nonce") != "bm9uY2U" || !strings.HasPrefix(attribute(s, "src"), web.AssetsPrefix) || s.FirstChild != nil {
		t.Errorf("the script is %v", s.Attr)
	}
	return p
}

func check(t testing.TB, write Write, nonce string) Page {
	t.Helper()
	var b bytes.Buffer
	frame := web.Frame{
		Host: "packages.example", Version: "v1.2.3", Security: true, Nonce: nonce,
		Log: &web.LogHead{Size: 48213, Root: "8HREJac5UVNp2QVsSCo9vmsa0f2BFPEW3QAAhslGvck="},
	}
	if err := write(&b, frame); err != nil {
		t.Fatalf("writing the page: %v", err)
	}
	balanced(t, b.Bytes())
	root, err := html.Parse(&b)
	if err != nil {
		t.Fatalf("reading the page: %v", err)
	}
	p := Page{t: t, root: root}
	if n := root.FirstChild; n == nil || n.Type != html.DoctypeNode || n.Data != "html" {
		t.Error("the page does not begin with the doctype of HTML5")
	}
	for _, element := range []string{"title", "main", "h1", "footer"} {
		if n := len(p.All(element)); n != 1 {
			t.Errorf("the page has %d of %s", n, element)
		}
	}
	if p.Text("title") == "· Assay" || p.Text("h1") == "" {
		t.Error("the page has an empty title or heading")
	}
	if nonce == "" && len(p.All("script")) > 0 {
		t.Error("the page has a script without a nonce")
	}
	p.meta()
	p.elements()
	p.landmarks()
	p.fields()
	p.tables()
	p.headings()
	return p
}

// All returns the elements of that name, in order.
func (p Page) All(name string) []*html.Node { return below(p.root, name) }

func below(n *html.Node, name string) []*html.Node {
	var found []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			found = append(found, d)
		}
	}
	return found
}

// Text returns the text of all elements of that name, in order, with single
// blanks.
func (p Page) Text(name string) string {
	var words []string
	for _, n := range p.All(name) {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				words = append(words, strings.Fields(d.Data)...)
			}
		}
	}
	return strings.Join(words, " ")
}

// Links returns the addresses that the main element links to, in order.
func (p Page) Links() []string {
	var links []string
	for _, a := range below(p.All("main")[0], "a") {
		links = append(links, attribute(a, "href"))
	}
	return links
}

// Class returns the elements of that class.
func (p Page) Class(name string) []*html.Node {
	var found []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(strings.Fields(attribute(n, "class")), name) {
			found = append(found, n)
		}
	}
	return found
}

// Has fails the test unless the text of main has each of the words.
func (p Page) Has(words ...string) {
	p.t.Helper()
	text := p.Text("main")
	for _, w := range words {
		if !strings.Contains(text, w) {
			p.t.Errorf("the page lacks %q:\n%s", w, text)
		}
	}
}

// Lacks fails the test if the text of main has one of the words.
func (p Page) Lacks(words ...string) {
	p.t.Helper()
	text := p.Text("main")
	for _, w := range words {
		if strings.Contains(text, w) {
			p.t.Errorf("the page has %q:\n%s", w, text)
		}
	}
}

func (p Page) meta() {
	p.t.Helper()
	names := map[string]string{}
	for _, n := range p.All("meta") {
		names[attribute(n, "name")] = attribute(n, "content")
	}
	if names["viewport"] != "width=device-width, initial-scale=1" || names["color-scheme"] != "light dark" || names["description"] == "" {
		p.t.Errorf("the page's meta elements are %v", names)
	}
	if attribute(p.All("html")[0], "lang") == "" {
		p.t.Error("the page does not say its language")
	}
}

func (p Page) elements() {
	p.t.Helper()
	ids := map[string]bool{}
	for n := range p.root.Descendants() {
		if id := attribute(n, "id"); id != "" {
			if ids[id] {
				p.t.Errorf("the id %s stands twice", id)
			}
			ids[id] = true
		}
	}
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "style", "iframe", "object", "embed", "base":
			p.t.Errorf("the page has a %s element", n.Data)
		case "section", "nav":
			if attribute(n, "aria-labelledby") == "" && attribute(n, "aria-label") == "" {
				p.t.Errorf("a %s has no name", n.Data)
			}
		case "th":
			if attribute(n, "scope") == "" {
				p.t.Error("a table's heading does not say of what")
			}
		case "svg":
			if attribute(n, "aria-hidden") != "true" && attribute(n, "role") != "img" {
				p.t.Error("a shape is neither hidden from those who listen nor named for them")
			}
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				p.t.Errorf("%s has the attribute %s", n.Data, a.Key)
			case (a.Key == "aria-labelledby" || a.Key == "aria-describedby" || a.Key == "for") && !ids[a.Val],
				a.Key == "href" && strings.HasPrefix(a.Val, "#") && !ids[a.Val[1:]]:
				p.t.Errorf("%s points at %s, which is not there", n.Data, a.Val)
			case a.Key == "href" || a.Key == "src" || a.Key == "action":
				if !leadsSomewhere(a.Val) {
					p.t.Errorf("%s leads to %s, where nothing is", n.Data, a.Val)
				}
			}
		}
	}
}

// leadsSomewhere tells whether an address is one that this place answers.
func leadsSomewhere(address string) bool {
	if strings.HasPrefix(address, "#") {
		return true
	}
	path, _, _ := strings.Cut(address, "#")
	path, _, _ = strings.Cut(path, "?")
	switch path {
	case "/", "/decisions", "/policy", "/log", "/scorecard", "/admin/desk", "/wall/", "/.well-known/security.txt", "/log/checkpoint", "/log/key":
		return true
	}
	for _, prefix := range []string{web.AssetsPrefix, web.PackagesPrefix + "pkg:", "/why/", "/log/entry/"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok && rest != "" {
			return true
		}
	}
	return false
}

// landmarks are what somebody who does not see the page finds their way by.
func (p Page) landmarks() {
	p.t.Helper()
	banners := 0
	for _, h := range p.All("header") {
		if h.Parent.Data == "body" {
			banners++
		}
	}
	if banners != 1 {
		p.t.Errorf("the page has %d headers of its own", banners)
	}
	names := map[string]bool{}
	for _, n := range p.All("nav") {
		name := attribute(n, "aria-label")
		if names[name] {
			p.t.Errorf("two navigations have the name %q", name)
		}
		names[name] = true
	}
	searches := 0
	for _, f := range p.All("form") {
		if attribute(f, "role") == "search" {
			searches++
		}
		if method := attribute(f, "method"); method != "get" {
			p.t.Errorf("a form is sent by %q", method)
		}
	}
	if searches != 1 {
		p.t.Errorf("the page has %d searches", searches)
	}
	if first := below(p.All("body")[0], "a"); len(first) == 0 || attribute(first[0], "href") != "#main" {
		p.t.Error("the first link does not skip to the content")
	}
}

// fields have a label each.
func (p Page) fields() {
	p.t.Helper()
	labelled := map[string]bool{}
	for _, l := range p.All("label") {
		labelled[attribute(l, "for")] = true
	}
	for _, name := range []string{"input", "select", "textarea"} {
		for _, n := range p.All(name) {
			if id := attribute(n, "id"); id == "" || !labelled[id] {
				p.t.Errorf("the field %s has no label", attribute(n, "name"))
			}
		}
	}
}

// tables become cards on a phone, where each cell says what it is.
func (p Page) tables() {
	p.t.Helper()
	for _, table := range p.All("table") {
		if len(below(table, "caption")) != 1 {
			p.t.Error("a table has no caption")
		}
		if !slices.Contains(strings.Fields(attribute(table, "class")), "cards") {
			continue
		}
		columns := len(below(below(table, "thead")[0], "th"))
		for _, body := range below(table, "tbody") {
			for _, row := range below(body, "tr") {
				heads, cells := below(row, "th"), below(row, "td")
				if len(heads) != 1 || attribute(heads[0], "scope") != "row" || len(heads)+len(cells) != columns {
					p.t.Errorf("a row has %d headings and %d cells under %d columns", len(heads), len(cells), columns)
				}
				for _, cell := range cells {
					if !slices.ContainsFunc(cell.Attr, func(a html.Attribute) bool { return a.Key == "data-label" }) {
						p.t.Error("a cell does not say what it is")
					}
				}
			}
		}
	}
}

// headings go down one level at a time, as those who listen to a page need.
func (p Page) headings() {
	p.t.Helper()
	level := 0
	for n := range p.root.Descendants() {
		if n.Type != html.ElementNode || len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '6' {
			continue
		}
		next := int(n.Data[1] - '0')
		if next > level+1 {
			p.t.Errorf("after a heading of level %d comes one of level %d", level, next)
		}
		level = next
	}
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// balanced checks that every element which is opened is closed, in order: a
// browser mends what is not, each in its own way.
func balanced(t testing.TB, page []byte) {
	t.Helper()
	void := map[string]bool{"meta": true, "link": true, "br": true, "hr": true, "img": true, "input": true}
	var open []string
	for z := html.NewTokenizer(bytes.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) != 0 {
				t.Errorf("elements are never closed: %v", open)
			}
			return
		case html.StartTagToken:
			if name, _ := z.TagName(); !void[string(name)] {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Errorf("%s is closed inside %v", name, open)
				return
			}
			open = open[:len(open)-1]
		}
	}
}

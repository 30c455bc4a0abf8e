// Package webtest checks what holds for every page: that it is HTML a
// browser and a screen reader can follow, and that nothing in it needs a
// script, a style attribute or another origin.
package webtest

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Page is a page that has been read.
type Page struct {
	t    testing.TB
	root *html.Node
}

// Check writes a page, reads it as a browser does, and checks its structure.
func Check(t testing.TB, write func(io.Writer) error) Page {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
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
	for _, element := range []string{"title", "main", "h1", "header"} {
		if n := len(p.All(element)); n != 1 {
			t.Errorf("the page has %d of %s", n, element)
		}
	}
	if p.Text("title") == "· Assay" || p.Text("h1") == "" {
		t.Error("the page has an empty title or heading")
	}
	p.meta()
	p.elements()
	p.headings()
	return p
}

// All returns the elements of that name, in order.
func (p Page) All(name string) []*html.Node {
	var found []*html.Node
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name {
			found = append(found, n)
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
		case "script", "style", "iframe", "object", "embed", "base":
			p.t.Errorf("the page has a %s element", n.Data)
		case "section":
			if attribute(n, "aria-labelledby") == "" {
				p.t.Error("a section has no name")
			}
		case "th":
			if attribute(n, "scope") == "" {
				p.t.Error("a table's heading does not say of what")
			}
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				p.t.Errorf("%s has the attribute %s", n.Data, a.Key)
			case a.Key == "aria-labelledby" && !ids[a.Val], a.Key == "href" && strings.HasPrefix(a.Val, "#") && !ids[a.Val[1:]]:
				p.t.Errorf("%s points at %s, which is not there", n.Data, a.Val)
			case (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(a.Val, "#") && (!strings.HasPrefix(a.Val, "/") || strings.HasPrefix(a.Val, "//")):
				p.t.Errorf("%s leads elsewhere: %s", n.Data, a.Val)
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

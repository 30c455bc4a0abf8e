package probe

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// Document is what a reader finds on a web page.
type Document struct {
	// Text is the words of the page, without scripts and styles.
	Text string
	// Controls are the things that can be followed or pressed.
	Controls []Control
	// Fragments are addresses of parts that the page loads when it is shown.
	Fragments []string
}

// Control is a link, a button or a form.
type Control struct {
	// Kind is "link", "button" or "form".
	Kind string
	// Text is what it says of itself, Target where it leads.
	Text, Target string
}

// maxControls and maxOpen bound what a page can make us keep: a page of
// nothing but opened links would otherwise cost the square of its length.
const (
	maxControls = 5000
	maxOpen     = 8
)

// unread are elements whose text nobody sees.
var unread = map[string]bool{"script": true, "style": true, "template": true, "noscript": true, "iframe": true}

// ReadDocument reads a web page, whatever its bytes are.
func ReadDocument(page []byte) Document {
	var d Document
	var text strings.Builder
	type opened struct {
		tag     string
		control Control
		text    strings.Builder
	}
	var open []*opened
	finish := func(i int) {
		o := open[i]
		open = append(open[:i], open[i+1:]...)
		o.control.Text = words(o.control.Text + " " + o.text.String())
		if len(d.Controls) < maxControls {
			d.Controls = append(d.Controls, o.control)
		}
	}
	write := func(s string) {
		text.WriteString(s)
		for _, o := range open {
			o.text.WriteString(s)
		}
	}
	hidden := ""
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		if hidden != "" {
			if kind == html.EndTagToken && token.Data == hidden {
				hidden = ""
			}
			continue
		}
		switch kind {
		case html.TextToken:
			write(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if unread[token.Data] && kind == html.StartTagToken {
				hidden = token.Data
				continue
			}
			write(" ")
			label := labelOf(token)
			switch token.Data {
			case "a", "button":
				if len(open) == maxOpen {
					finish(0)
				}
				c := Control{Kind: "link", Text: label, Target: attribute(token, "href")}
				if token.Data == "button" {
					c = Control{Kind: "button", Text: label, Target: attribute(token, "formaction")}
				}
				open = append(open, &opened{tag: token.Data, control: c})
			case "form":
				d.Controls = appendControl(d.Controls, Control{Kind: "form", Text: words(label), Target: attribute(token, "action")})
			case "input":
				if t := strings.ToLower(attribute(token, "type")); t == "submit" || t == "button" {
					d.Controls = appendControl(d.Controls, Control{Kind: "button", Text: words(label + " " + attribute(token, "value")), Target: attribute(token, "formaction")})
				}
			case "img":
				write(attribute(token, "alt") + " ")
			case "include-fragment":
				if src := attribute(token, "src"); src != "" && len(d.Fragments) < maxOpen {
					d.Fragments = append(d.Fragments, src)
				}
			}
		case html.EndTagToken:
			write(" ")
			for i := len(open) - 1; i >= 0; i-- {
				if open[i].tag == token.Data {
					finish(i)
					break
				}
			}
		}
	}
	for len(open) > 0 {
		finish(0)
	}
	d.Text = words(text.String())
	return d
}

func appendControl(list []Control, c Control) []Control {
	if len(list) >= maxControls {
		return list
	}
	return append(list, c)
}

// labelOf is what an element says to those who do not see its text.
func labelOf(t html.Token) string {
	return attribute(t, "aria-label") + " " + attribute(t, "title")
}

func attribute(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }

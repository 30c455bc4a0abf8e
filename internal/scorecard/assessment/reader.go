package assessment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// reader turns nodes into an assessment and collects what is wrong.
type reader struct {
	file     string
	limits   limits
	cat      *catalogue.Catalogue
	problems []Problem
	// more is set when there are mistakes beyond the bound.
	more   bool
	places map[string]place
	// capability is the one that is being read, "" outside of them.
	capability string
}

// document reads the one mapping that an assessment is; nil if it is not even
// that.
func (r *reader) document(raw []byte) *yaml.Node {
	if len(raw) > r.limits.bytes {
		r.at(1, 1, "the file has %d bytes, and an assessment has at most %d: keep documents elsewhere and link them as evidence", len(raw), r.limits.bytes)
		return nil
	}
	var doc, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		r.at(1, 1, "the file is empty: `assay assess new` writes one to begin with")
		return nil
	case err != nil:
		r.unreadable(err)
		return nil
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		r.at(second.Line, second.Column, "a second document begins here: an assessment is one document")
	case !errors.Is(err, io.EOF):
		r.unreadable(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		r.at(doc.Line, doc.Column, "an assessment is a mapping that begins with assessment: %d", Form)
		return nil
	}
	root := doc.Content[0]
	r.plain(root, 0)
	return root
}

// unreadable passes on the YAML library's complaint, which names a line in
// most cases: "yaml: line 3: ...".
func (r *reader) unreadable(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if head, rest, ok := strings.Cut(text, ": "); ok {
		if n, err := strconv.Atoi(strings.TrimPrefix(head, "line ")); err == nil && n > 0 {
			line, text = n, rest
		}
	}
	r.at(line, 1, "not readable as YAML: %s", text)
}

// plain refuses YAML's means of writing one thing and meaning another. A
// handful of aliases can also stand for gigabytes ("billion laughs"), and
// deep nesting for a stack; nothing below follows either.
func (r *reader) plain(n *yaml.Node, depth int) bool {
	switch {
	case r.full():
		return false
	case depth > r.limits.depth:
		r.wrong(n, "", "nested more than %d deep: the form needs no such depth", r.limits.depth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.wrong(n, "", "anchors and aliases are refused: write it out, so that everyone reads the same")
	case n.Style&yaml.TaggedStyle != 0:
		r.wrong(n, "", "tags such as %s are refused: write the plain value", quoted(n.Tag))
	}
	for _, c := range n.Content {
		if !r.plain(c, depth+1) {
			return false
		}
	}
	return true
}

// full says that enough problems are known to stop looking for more.
func (r *reader) full() bool { return len(r.problems) >= r.limits.problems }

func (r *reader) at(line, column int, format string, args ...any) {
	if r.full() {
		r.more = true
		return
	}
	r.problems = append(r.problems, Problem{File: r.file, Line: max(line, 1), Column: max(column, 1),
		Capability: r.capability, Severity: Mistake, Message: printable(fmt.Sprintf(format, args...))})
}

// told are the problems in the order of the file.
func (r *reader) told() []Problem {
	out := inOrder(r.problems)
	if r.more {
		last := out[len(out)-1]
		out = append(out, Problem{File: r.file, Line: last.Line, Column: last.Column, Severity: Mistake,
			Message: "there are more mistakes than are told at once: put these right first"})
	}
	return out
}

// wrong notes a mistake at a node. An alias or a tag is told of once, by
// plain, and not again for each thing that it is not.
func (r *reader) wrong(n *yaml.Node, path, format string, args ...any) {
	if path != "" && (n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0) {
		return
	}
	message := fmt.Sprintf(format, args...)
	if path != "" {
		message = path + ": " + message
	}
	r.at(n.Line, n.Column, "%s", message)
}

// field is a key of a mapping and what reads its value.
type field struct {
	key  string
	read func(n *yaml.Node, path string)
}

// fields reads a mapping whose keys are known, and returns those that were
// there. Nothing at all, as in a key with only comments below it, is an empty
// mapping.
func (r *reader) fields(n *yaml.Node, path string, known ...field) map[string]bool {
	names := make([]string, len(known))
	byName := make(map[string]field, len(known))
	for i, f := range known {
		names[i], byName[f.key] = f.key, f
	}
	seen := map[string]bool{}
	r.mapping(n, path, func(key *yaml.Node, value *yaml.Node) {
		f, ok := byName[key.Value]
		if !ok {
			r.wrong(key, path, "%s is no key here%s", quoted(key.Value), meant(key.Value, names))
			return
		}
		seen[f.key] = true
		f.read(value, below(path, f.key))
	})
	return seen
}

// mapping calls read with each key, which is text and stands there once, and
// its value.
func (r *reader) mapping(n *yaml.Node, path string, read func(key, value *yaml.Node)) {
	if empty(n) {
		return
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(n, path, "%s where keys with values belong", kindOf(n))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content) && !r.full(); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.wrong(key, path, "%s where a key belongs", kindOf(key))
			continue
		}
		if line, twice := first[key.Value]; twice {
			// Of two values a reader of the file sees one and a program
			// takes the other.
			r.wrong(key, path, "%s stands here twice, first in line %d: keep one", quoted(key.Value), line)
			continue
		}
		first[key.Value] = key.Line
		r.places[below(path, key.Value)] = place{key.Line, key.Column}
		read(key, value)
	}
}

// list calls read with each item and its path.
func (r *reader) list(n *yaml.Node, path string, most int, read func(n *yaml.Node, path string)) {
	if empty(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, path, "%s where a list belongs: one item a line, each after a dash", kindOf(n))
		return
	}
	if len(n.Content) > most {
		r.wrong(n, path, "%d items, and %d are the most", len(n.Content), most)
		return
	}
	for i, item := range n.Content {
		p := fmt.Sprintf("%s[%d]", path, i)
		r.places[p] = place{item.Line, item.Column}
		read(item, p)
	}
}

// text reads text of at most so many bytes; nothing at all is "".
func (r *reader) text(n *yaml.Node, path string, most int) (string, bool) {
	if empty(n) {
		return "", true
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		r.wrong(n, path, "%s where text belongs%s", kindOf(n), quotes(n))
		return "", false
	}
	return r.seen(n, path, most)
}

// seen is a scalar's text. Signs that do not show are refused: they would
// drive the terminal of whoever reads the assessment, or turn its words
// around (Trojan Source, CVE-2021-42574).
func (r *reader) seen(n *yaml.Node, path string, most int) (string, bool) {
	s := strings.TrimSpace(n.Value)
	if len(s) > most {
		r.wrong(n, path, "%d bytes, and %d are the most", len(s), most)
		return "", false
	}
	if !utf8.ValidString(s) {
		r.wrong(n, path, "not valid UTF-8")
		return "", false
	}
	for _, c := range s {
		if !unicode.IsGraphic(c) && c != '\n' && c != '\t' {
			r.wrong(n, path, "holds the sign %U, which does not show: take it out", c)
			return "", false
		}
	}
	return s, true
}

// day reads a day, in quotes or without.
func (r *reader) day(n *yaml.Node, path string) (time.Time, bool) {
	if n.Kind == yaml.ScalarNode {
		if t, err := time.Parse(time.DateOnly, n.Value); err == nil {
			return t, true
		}
		r.wrong(n, path, "%s is no date: write year, month and day, as 2026-10-01", quoted(n.Value))
		return time.Time{}, false
	}
	r.wrong(n, path, "%s where a date belongs, as 2026-10-01", kindOf(n))
	return time.Time{}, false
}

// when reads a day, a month or a year, and gives it as it is written.
func (r *reader) when(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode {
		r.wrong(n, path, "%s where a date belongs, as 2026-10-01", kindOf(n))
		return ""
	}
	if _, _, ok := assess.Span(n.Value); !ok {
		r.wrong(n, path, "%s is no date: write year, month and day, as 2026-10-01, or 2026-10 or 2026 if no more is known", quoted(n.Value))
		return ""
	}
	return n.Value
}

// flag reads true or false.
func (r *reader) flag(n *yaml.Node, path, means string) bool {
	var set bool
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(&set) != nil {
		r.wrong(n, path, "%s where true or false belongs: say true if %s, else leave the line out", kindOf(n), means)
	}
	return set
}

// choice reads one of some words.
func (r *reader) choice(n *yaml.Node, path, of string, words []string) (string, bool) {
	if n.Kind != yaml.ScalarNode || empty(n) {
		r.wrong(n, path, "%s where %s belongs: %s", kindOf(n), of, orList(words))
		return "", false
	}
	for _, w := range words {
		if n.Value == w {
			return w, true
		}
	}
	r.wrong(n, path, "%s is no %s: %s", quoted(n.Value), of, orList(words))
	return "", false
}

// empty says that there is a key and nothing behind it.
func empty(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// kindOf names what stands there instead of what should.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	}
	return "text"
}

// quotes is the way out for text that YAML takes for something else.
func quotes(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return ": put " + quoted(n.Value) + " in quotes"
	}
	return ""
}

func below(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// meant ends a message about an unknown word.
func meant(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return ": did you mean " + n + "?"
	}
	if len(known) > 12 {
		return ""
	}
	return ": there are " + strings.Join(known, ", ")
}

// quoted shows a piece of the file in a message: short, on one line, without
// escape sequences of its own.
func quoted(s string) string {
	const most = 60
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strconv.Quote(s)
}

// printable keeps a message on one line of what can be seen: it may quote the
// YAML library, which quotes the file.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

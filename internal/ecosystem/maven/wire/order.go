package wire

import (
	"cmp"
	"slices"
	"strings"
)

// The order of versions is Maven 3.8.7's. A version becomes a list of
// numbers and words; a hyphen, and each change between digits and letters,
// opens a list inside the list; what means nothing at the end of a list (0,
// final, ga) is dropped. Versions that come to the same list are equal: 1.0
// and 1 and 1.0.0-ga.

// A token is a number, a word or a list.
type token struct {
	kind tokenKind
	text string // number: its digits without leading zeros; word: its rank
	list []*token
}

type tokenKind uint8

const (
	number tokenKind = iota
	word
	list
)

// ranks are the known words in their order; "" is a release.
var ranks = [...]string{"alpha", "beta", "milestone", "rc", "snapshot", "", "sp"}

// releaseRank is the rank of no word at all.
const releaseRank = "5"

// rank makes words comparable as text: the known ones by place, the unknown
// ones after them by themselves.
func rank(s string) string {
	switch s {
	case "ga", "final", "release":
		s = ""
	case "cr":
		s = "rc"
	}
	if i := slices.Index(ranks[:], s); i >= 0 {
		return string(rune('0' + i))
	}
	return "7-" + s
}

func newNumber(digits string) *token {
	return &token{kind: number, text: strings.TrimLeft(digits, "0")}
}

// newWord reads a word. a, b and m mean alpha, beta and milestone where a
// digit follows.
func newWord(s string, beforeDigit bool) *token {
	if beforeDigit {
		switch s {
		case "a":
			s = "alpha"
		case "b":
			s = "beta"
		case "m":
			s = "milestone"
		}
	}
	return &token{kind: word, text: rank(s)}
}

func newToken(digits bool, s string) *token {
	if digits {
		return newNumber(s)
	}
	return newWord(s, false)
}

// empty tells a token that means nothing at the end of a list.
func (t *token) empty() bool {
	switch t.kind {
	case number:
		return t.text == ""
	case word:
		return t.text == releaseRank
	}
	return len(t.list) == 0
}

// trim drops what means nothing from the end of a list, and looks behind
// lists, which may go on meaning something.
func (t *token) trim() {
	for i := len(t.list) - 1; i >= 0; i-- {
		if t.list[i].empty() {
			t.list = slices.Delete(t.list, i, i+1)
		} else if t.list[i].kind != list {
			break
		}
	}
}

// parse reads a version, which has been bounded before.
func parse(version string) *token {
	version = strings.ToLower(version)
	root := &token{kind: list}
	at, open := root, []*token{root}
	add := func(t *token) { at.list = append(at.list, t) }
	nest := func() {
		inner := &token{kind: list}
		add(inner)
		at, open = inner, append(open, inner)
	}
	start, digits := 0, false
	for i := range len(version) {
		switch c := version[i]; {
		case c == '.' || c == '-':
			if i == start {
				add(newNumber(""))
			} else {
				add(newToken(digits, version[start:i]))
			}
			start = i + 1
			if c == '-' {
				nest()
			}
		case c >= '0' && c <= '9':
			if !digits && i > start {
				// .x1 is read as -x1.
				if len(at.list) > 0 {
					nest()
				}
				add(newWord(version[start:i], true))
				start = i
				nest()
			}
			digits = true
		default:
			if digits && i > start {
				add(newNumber(version[start:i]))
				start = i
				nest()
			}
			digits = false
		}
	}
	if start < len(version) {
		if !digits && len(at.list) > 0 {
			nest()
		}
		add(newToken(digits, version[start:]))
	}
	for _, l := range slices.Backward(open) {
		l.trim()
	}
	return root
}

// compareTokens orders two tokens; nil stands for the end of a list.
func compareTokens(a, b *token) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -compareTokens(b, nil)
	case b == nil:
		return a.compareEnd()
	case a.kind != b.kind:
		// 1.1 > 1-1 > 1-sp: numbers, then lists, then words.
		return precedence(a.kind) - precedence(b.kind)
	}
	switch a.kind {
	case number:
		return cmp.Or(cmp.Compare(len(a.text), len(b.text)), strings.Compare(a.text, b.text))
	case word:
		return strings.Compare(a.text, b.text)
	}
	for i := range max(len(a.list), len(b.list)) {
		if order := compareTokens(a.at(i), b.at(i)); order != 0 {
			return order
		}
	}
	return 0
}

func precedence(k tokenKind) int {
	switch k {
	case number:
		return 2
	case list:
		return 1
	}
	return 0
}

func (t *token) at(i int) *token {
	if i < len(t.list) {
		return t.list[i]
	}
	return nil
}

// compareEnd orders a token against nothing: 1 < 1.1, 1-rc < 1, 1 < 1-sp.
func (t *token) compareEnd() int {
	switch t.kind {
	case number:
		return cmp.Compare(len(t.text), 0)
	case word:
		return strings.Compare(t.text, releaseRank)
	}
	for _, inner := range t.list {
		if order := inner.compareEnd(); order != 0 {
			return order
		}
	}
	return 0
}

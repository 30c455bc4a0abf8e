package content

import (
	"bytes"
	"slices"
	"sort"
)

// at is the line of an offset, from 1.
func (s *source) line(at int) int {
	return 1 + bytes.Count(s.text[:min(max(at, 0), len(s.text))], []byte{'\n'})
}

// spend takes what a rule is about to walk over from the budget. A text made
// so that every bracket encloses all the rest would cost the square of its
// length.
func (s *source) spend(n int) bool {
	if s.budget -= n; s.budget < 0 {
		s.full = true
		return false
	}
	return true
}

// after is where the next byte of code that is no blank stands.
func (s *source) after(at int) int {
	for at < len(s.code) && (s.code[at] == ' ' || s.code[at] == '\n' || s.code[at] == '\t' || s.code[at] == '\r') {
		at++
	}
	return at
}

// last is the byte of code before an offset that is no blank, and where; -1 if
// there is none.
func (s *source) last(at int) (byte, int) {
	for at--; at >= 0; at-- {
		if c := s.code[at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c, at
		}
	}
	return 0, -1
}

// wordBefore is the word that ends before an offset.
func (s *source) wordBefore(at int) string {
	c, end := s.last(at)
	if end < 0 || !identByte[c] {
		return ""
	}
	from := end
	for from > 0 && identByte[s.code[from-1]] && end-from < 64 {
		from--
	}
	return string(s.code[from : end+1])
}

// span is a part of a text.
type span struct{ from, to int }

// arguments are what stands between the brackets of the call that a mark is
// the name of.
func (s *source) arguments(m mark) (span, bool) {
	at := s.after(int(m.end))
	for range 4 { // (0, eval)(x), eval?.(x)
		switch {
		case at < len(s.code) && s.code[at] == ')':
			at = s.after(at + 1)
		case at+1 < len(s.code) && s.code[at] == '?' && s.code[at+1] == '.':
			at = s.after(at + 2)
		}
	}
	if at >= len(s.code) || s.code[at] != '(' {
		return span{}, false
	}
	depth := 0
	most := min(len(s.code), at+max(s.budget, 0))
	for i := at; i < most; i++ {
		switch s.code[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return span{at + 1, i}, s.spend(i - at)
			}
		}
	}
	return span{min(at+1, most), most}, s.spend(len(s.code) - at) // brackets that never close
}

// quotesIn are the noted strings of a part.
func (s *source) quotesIn(p span) []quote {
	from := sort.Search(len(s.quotes), func(i int) bool { return int(s.quotes[i].from) >= p.from })
	to := sort.Search(len(s.quotes), func(i int) bool { return int(s.quotes[i].from) >= p.to })
	return s.quotes[from:max(from, to)]
}

// marksIn are the marks of a part.
func (s *source) marksIn(p span) []mark {
	from := sort.Search(len(s.marks), func(i int) bool { return int(s.marks[i].at) >= p.from })
	to := sort.Search(len(s.marks), func(i int) bool { return int(s.marks[i].at) >= p.to })
	return s.marks[from:max(from, to)]
}

// strings calls fn with the content of each string in a part until it returns
// false.
func (s *source) strings(p span, fn func(at int, content []byte) bool) {
	if !s.spend(p.to - p.from) {
		return
	}
	for i := p.from; i < p.to; i++ {
		if s.code[i] != '"' {
			continue
		}
		j := i + 1
		for j < len(s.code) && s.code[j] != '"' && (s.code[j] == filler || s.code[j] == '\n') {
			j++
		}
		if !fn(i+1, bytes.Trim(s.text[i+1:j], "\"'`")) {
			return
		}
		i = j
	}
}

// firstString is the content of the string that a part begins with.
func (s *source) firstString(p span) string {
	at := s.after(p.from)
	if at >= p.to || s.code[at] != '"' {
		return ""
	}
	out := ""
	s.strings(span{at, p.to}, func(_ int, content []byte) bool {
		if len(content) <= 512 {
			out = string(content)
		}
		return false
	})
	return out
}

// holds tells whether one of the strings in a part is one of those.
func (s *source) holds(p span, any ...string) bool {
	found := false
	s.strings(p, func(_ int, content []byte) bool {
		found = slices.Contains(any, string(content))
		return !found
	})
	return found
}

// names calls fn with each identifier in a part, up to a bound, until it
// returns false.
func (s *source) names(p span, fn func(at int, name string) bool) {
	if !s.spend(p.to - p.from) {
		return
	}
	left := 256
	for i := p.from; i < p.to && left > 0; i++ {
		if !identByte[s.code[i]] {
			continue
		}
		j := i
		for j < p.to && identByte[s.code[j]] {
			j++
		}
		if j-i <= 64 && !(s.code[i] >= '0' && s.code[i] <= '9') {
			left--
			if !fn(i, string(s.code[i:j])) {
				return
			}
		}
		i = j
	}
}

// boundTo is the name that the expression around an offset is assigned to; ""
// if none is seen near.
func (s *source) boundTo(at int) string {
	for i := at - 1; i > 0 && at-i < 400; i-- {
		switch c := s.code[i]; c {
		case ';', '}':
			return ""
		case '\n':
			if b, _ := s.last(i); b != '(' && b != '[' && b != '{' && b != ',' && b != '+' && b != '=' && b != '\\' && b != '"' && b != '&' {
				return ""
			}
		case '=':
			if i+1 < len(s.code) && (s.code[i+1] == '=' || s.code[i+1] == '>') {
				return "" // a comparison, or the body of a function
			}
			if b := s.code[i-1]; b == '=' || b == '!' || b == '<' || b == '>' {
				return ""
			}
			end := i
			if b := s.code[i-1]; b == ':' || b == '+' {
				end = i - 1 // := and +=
			}
			name := s.wordBefore(end)
			if name == "" {
				return ""
			}
			// With a type between: let x: &str =, const x: string =, x: T =.
			_, last := s.last(end)
			if b, colon := s.last(last - len(name) + 1); b == '&' || b == ':' {
				if b == '&' {
					b, colon = s.last(colon)
				}
				if b == ':' {
					if typed := s.wordBefore(colon); typed != "" {
						return typed
					}
				}
			}
			return name
		}
	}
	return ""
}

// defined tells the name of a function's definition from a call.
func (s *source) defined(m mark) bool {
	switch s.wordBefore(int(m.at)) {
	case "function", "def", "fn", "func", "class", "async", "get", "set":
		return true
	}
	return false
}

// member tells whether a word is reached through a dot.
func (s *source) member(m mark) bool {
	c, at := s.last(int(m.at))
	return c == '.' && !(at > 0 && s.code[at-1] == '.')
}

// word is the mark's text.
func (s *source) word(m mark) string { return string(s.text[m.at:m.end]) }

package content

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// found is what a rule saw in one text.
type found struct {
	id   string
	at   int
	does string
}

// holding is what a name was seen to hold, and where it was given that.
type holding struct {
	decoded bool // what an encoded string gave, else the string itself
	span
}

// heldBy says what a name holds at a call. A minified bundle uses each short
// name a thousand times for other things, so a short one counts only close to
// where it was given the string.
func heldBy(held map[string]holding, name string, call span) (holding, bool) {
	h, ok := held[name]
	if !ok {
		return h, false
	}
	reach := near
	if len(name) <= 2 {
		reach = 600
	}
	return h, call.from-h.to <= reach && h.from-call.to <= reach
}

// executesEncoded finds encoded strings that are decoded and run: in the call
// itself, or over names that were assigned.
func (s *source) executesEncoded() []found {
	runs := false
	for _, m := range s.marks {
		if m.class&(executes|starts) != 0 {
			runs = true
			break
		}
	}
	if !runs {
		return nil
	}
	held := s.heldNames()
	var out []found
	for _, m := range s.marks {
		if m.class&(executes|starts) == 0 || s.defined(m) || len(out) == perFile {
			continue
		}
		if s.dialect.triple && m.class&executes != 0 && s.member(m) && !s.builtin(m) {
			continue // re.compile, frame.eval
		}
		p, ok := s.arguments(m)
		if !ok {
			continue
		}
		if m.class&executes == 0 && !s.holds(p, "-e", "-c", "--eval", "-p", "-enc", "-EncodedCommand") {
			continue
		}
		if how := s.encodedIn(p, held); how != "" {
			out = append(out, found{ExecutesEncoded, int(m.at), s.word(m) + "() runs " + how})
		}
	}
	return out
}

// builtin tells builtins.exec from a method that is called exec.
func (s *source) builtin(m mark) bool {
	_, dot := s.last(int(m.at))
	before := s.wordBefore(dot)
	if before == "builtins" || before == "__builtins__" || before == "__builtin__" {
		return true
	}
	c, at := s.last(dot) // __import__("builtins").exec
	return c == ')' && bytes.Contains(s.text[max(0, at-20):at], []byte("builtin"))
}

// heldNames follows encoded strings through assignments.
func (s *source) heldNames() map[string]holding {
	held := map[string]holding{}
	wanted := s.encodedForms()
	for _, q := range s.quotes {
		if q.form&wanted == 0 || len(held) > 1024 {
			continue
		}
		name := s.boundTo(int(q.from) - 1)
		if name == "" {
			continue
		}
		h := holding{span: span{int(q.from), int(q.to)}}
		for _, m := range s.marksIn(span{max(0, int(q.from)-200), int(q.from)}) {
			if p, ok := s.decoding(m); ok && p.from <= int(q.from) && int(q.to) <= p.to {
				h.decoded = true
			}
		}
		if !held[name].decoded {
			held[name] = h
		}
	}
	if len(held) == 0 {
		return held
	}
	for range 3 {
		changed := false
		for _, m := range s.marks {
			p, ok := s.decoding(m)
			if !ok || p.to-p.from > 4096 {
				continue
			}
			name := ""
			s.names(p, func(_ int, n string) bool {
				if _, ok := heldBy(held, n, p); ok {
					name = s.boundTo(int(m.at))
				}
				return name == ""
			})
			if name != "" && !held[name].decoded && len(held) < 2048 {
				held[name], changed = holding{true, p}, true
			}
		}
		if !changed {
			break
		}
	}
	return held
}

// encodedForms are the forms that count as encoded in this language: base85
// looks like much else, and only Python decodes it in one call.
func (s *source) encodedForms() form {
	if s.dialect.triple {
		return encoded | denseForm
	}
	return encoded
}

// decoding tells whether a mark is a call that decodes, and of what.
func (s *source) decoding(m mark) (span, bool) {
	if m.class&(decodes|unpacks) == 0 {
		return span{}, false
	}
	p, ok := s.arguments(m)
	if !ok {
		return p, false
	}
	switch s.word(m) {
	case "loads":
		if s.wordBefore(int(m.at)-1) != "marshal" && !bytes.HasSuffix(bytes.TrimRight(s.text[:m.at], "."), []byte(`marshal")`)) && !bytes.HasSuffix(bytes.TrimRight(s.text[:m.at], "."), []byte(`marshal')`)) {
			return p, false
		}
	case "chr", "bytes", "reversed":
		return p, false // too ordinary alone
	}
	if m.class&decodes != 0 {
		return p, true
	}
	return p, s.holds(p, "base64", "hex", "base64url")
}

// encodedIn says what a call that runs its argument decodes; "" if nothing.
func (s *source) encodedIn(p span, held map[string]holding) string {
	decoders := map[string]bool{}
	for _, m := range s.marksIn(p) {
		a, ok := s.decoding(m)
		if !ok {
			continue
		}
		word := s.word(m)
		decoders[word] = true
		if word == "fromCharCode" || word == "fromCodePoint" {
			if n := bytes.Count(s.code[a.from:a.to], []byte{','}); n >= 39 {
				return "a text written as " + strconv.Itoa(n+1) + " character codes"
			}
		}
	}
	wanted := s.encodedForms()
	for _, q := range s.quotesIn(p) {
		nested := false
		if c, at := s.last(int(q.from) - 1); c == '(' {
			nested = at > p.from
		} else if identByte[c] { // b'...'
			b, at := s.last(at)
			nested = b == '(' && at > p.from
		}
		if q.form&wanted != 0 && (len(decoders) > 0 || q.form&(escapedForm|hiddenForm) != 0 || nested && q.form&encoded != 0) {
			return s.formName(q)
		}
	}
	how := ""
	s.strings(p, func(_ int, content []byte) bool {
		if codeWithBlob(content) {
			how = "code that decodes a long string"
		}
		return how == ""
	})
	if how != "" {
		return how
	}
	s.names(p, func(_ int, name string) bool {
		h, ok := heldBy(held, name, p)
		switch {
		case ok && h.decoded:
			how = "what was decoded into " + shown(name, 30)
		case ok && len(decoders) > 0:
			how = "the long encoded string in " + shown(name, 30)
		}
		return how == ""
	})
	if how != "" {
		return how
	}
	start := bytes.ReplaceAll(s.code[p.from:min(p.to, p.from+64)], []byte(" "), nil)
	if bytes.HasPrefix(start, []byte("function(p,a,c,k,e,")) {
		return "packed code: function(p,a,c,k,e,...)"
	}
	if s.dialect.triple && len(decoders) >= 2 {
		words := make([]string, 0, len(decoders))
		for word := range decoders {
			words = append(words, word)
		}
		slices.Sort(words)
		return "what " + strings.Join(words, " and ") + " give"
	}
	return ""
}

// codeWithBlob tells a string that is itself code, which decodes a long string
// inside it.
func codeWithBlob(content []byte) bool {
	if len(content) < longBase64+10 || len(content) > 1<<20 {
		return false
	}
	decodes := false
	for _, word := range []string{"b64decode", "base64", "atob(", "fromhex", "unhexlify"} {
		decodes = decodes || bytes.Contains(content, []byte(word))
	}
	if !decodes {
		return false
	}
	run := 0
	for i, c := range content {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
			if run++; (run == longBase64 || run == longHex) && encodingOf(content[i+1-run:i+1])&(base64Form|hexForm) != 0 {
				return true
			}
			if run < 4*longBase64 {
				continue
			}
		}
		run = 0
	}
	return false
}

func (s *source) formName(q quote) string {
	n := strconv.Itoa(int(q.to - q.from))
	switch {
	case q.form&hiddenForm != 0:
		return "a string of characters that are not shown"
	case q.form&escapedForm != 0:
		return "a string of " + n + " bytes written as escapes"
	case q.form&hexForm != 0:
		return "an encoded string of " + n + " hexadecimal digits"
	}
	return "an encoded string of " + n + " bytes"
}

// What an obfuscator leaves behind.
const (
	hiddenNames   = 60 // names like _0x3fa2 in one file
	hiddenPercent = 1  // of the file's bytes, at five a name, at the least
)

// obfuscated finds the hand of an obfuscator: its names, or its loader.
func (s *source) obfuscated() []found {
	if s.hidden >= hiddenNames && s.hidden*500 >= len(s.text)*hiddenPercent {
		return []found{{ObfuscatedCode, s.hiddenAt, strconv.Itoa(s.hidden) + " names like " + shown(string(identAt(s.text, s.hiddenAt)), 20)}}
	}
	if s.dialect.triple {
		if at := bytes.Index(s.code, []byte("__pyarmor__(")); at >= 0 {
			for _, q := range s.quotesIn(span{at, len(s.code)}) {
				if q.form&(escapedForm|base64Form) != 0 {
					return []found{{ObfuscatedCode, at, "code that PyArmor has encrypted"}}
				}
			}
		}
	}
	return nil
}

// codingHidden finds a Python text that declares an encoding in which the text
// that a reader sees is not the one that runs (PEP 263).
func codingHidden(text []byte) (int, string) {
	at := 0
	for line := 0; line < 2 && at < len(text); line++ {
		end := lineEnd(text, at)
		l := text[at:min(end, at+300)]
		if i := bytes.Index(l, []byte("coding")); i >= 0 && bytes.HasPrefix(bytes.TrimLeft(l, " \t\f\ufeff"), []byte("#")) {
			name := strings.ToLower(strings.Trim(string(l[i+len("coding"):]), ":= \t\r-*"))
			name, _, _ = strings.Cut(name, " ")
			switch strings.ReplaceAll(name, "-", "_") {
			case "rot13", "rot_13", "utf7", "utf_7", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "uu", "base64", "hex", "zlib", "bz2":
				return at, "the text is to be read as " + shown(name, 30) + ": what runs is not what is seen"
			}
		}
		at = end + 1
	}
	return 0, ""
}

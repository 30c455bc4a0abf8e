package content

import "bytes"

// class is what a word of a language can do, as far as a signal asks.
type class uint16

const (
	executes class = 1 << iota // runs a text that it is given as code
	starts                     // starts a process, or loads a library
	decodes                    // turns an encoded text into the plain one
	unpacks                    // decodes only if its arguments say so: Buffer.from(x, "base64")
	sends                      // sends what it is given
	asks                       // asks the network for something
	reads                      // reads a file
	imports                    // names a module
	dumps                      // writes out all of what it is given
	whole                      // the environment
)

// dialect is how a language writes comments and strings, and its words.
type dialect struct {
	name   string
	hash   bool // # begins a comment, else // and /* */
	nested bool // block comments nest
	triple bool // """ strings, and prefixes before quotes
	tick   tick
	chars  bool // ' is a character or a lifetime (Rust)
	regex  bool // / may begin a regular expression
	words  map[string]class
	first  [256]uint32 // lengths that a word with this first byte can have
}

// tick is what a back quote begins.
type tick uint8

const (
	noTick tick = iota
	template
	raw
)

func newDialect(d dialect, words map[class]string) *dialect {
	d.words = make(map[string]class)
	for class, list := range words {
		for _, word := range bytes.Fields([]byte(list)) {
			d.words[string(word)] |= class
			d.first[word[0]] |= 1 << min(len(word), 31)
		}
	}
	return &d
}

// mark is a word of the dialect, where it stands as code.
type mark struct {
	at, end int32
	class   class
}

// quote is a string that some rule may ask for.
type quote struct {
	from, to int32 // of its content
	form     form
}

// filler stands for the content of strings in code.
const filler = 1

// source is one text, taken apart.
type source struct {
	path    string
	dialect *dialect
	text    []byte
	// code is as long as text: comments are blanks, strings are fillers
	// between two ", so that brackets and words in it are really code.
	code   []byte
	marks  []mark
	quotes []quote
	// hidden counts names like _0x3fa2, which an obfuscator writes; hiddenAt
	// is the first.
	hidden, hiddenAt int
	full             bool // more marks or quotes than are kept
	budget           int  // bytes that rules may still walk over
	commands         int  // bytes of command texts that may still be read
}

var identByte = func() (t [256]bool) {
	for c := range 256 {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
	}
	return
}()

// lex takes a text apart. It keeps no more than is bounded, reads each byte a
// bounded number of times, and accepts anything.
func lex(path string, d *dialect, text, code []byte) *source {
	s := &source{path: path, dialect: d, text: text, code: code[:len(text)], budget: 8*len(text) + 1<<16, commands: maxCommands}
	copy(s.code, text)
	l := lexer{source: s, regexes: 4*len(text) + 1<<16}
	l.run()
	return s
}

type lexer struct {
	*source
	before  byte  // the last byte of code that is no blank
	word    int   // where the last identifier begins; it is the last code if before is part of one
	regexes int   // bytes that may still be looked at to find a regular expression's end
	braces  []int // open braces in each template expression we are in
}

func (l *lexer) run() {
	t, d := l.text, l.dialect
	for i := 0; i < len(t); {
		c := t[i]
		switch {
		case identByte[c]:
			i = l.ident(i)
			continue
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
			continue
		case c == '"' || c == '\'' || c == '`':
			if next := l.quoted(i, c); next > i {
				i = next
				l.before = '"'
				continue
			}
		case c == '#' && (d.hash || i == 0 && len(t) > 1 && t[1] == '!'):
			i = l.blank(i, lineEnd(t, i))
			continue
		case c == '/' && !d.hash && i+1 < len(t):
			if next := l.slash(i); next > i {
				i = next
				continue
			}
		case c == '{' && len(l.braces) > 0:
			l.braces[len(l.braces)-1]++
		case c == '}' && len(l.braces) > 0:
			if n := len(l.braces) - 1; l.braces[n] == 0 { // back in the template
				l.braces = l.braces[:n]
				i = l.inTemplate(i)
				l.before = '"'
				continue
			} else {
				l.braces[n]--
			}
		}
		l.before = c
		i++
	}
}

func lineEnd(t []byte, i int) int {
	if n := bytes.IndexByte(t[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(t)
}

func (l *lexer) blank(from, to int) int {
	for i := from; i < to; i++ {
		if l.code[i] != '\n' {
			l.code[i] = ' '
		}
	}
	return to
}

func (l *lexer) ident(i int) int {
	t, d := l.text, l.dialect
	j := i + 1
	for j < len(t) && identByte[t[j]] {
		j++
	}
	l.word, l.before = i, t[j-1]
	n := j - i
	if d.first[t[i]]&(1<<min(n, 31)) != 0 {
		if class, ok := d.words[string(t[i:j])]; ok {
			if len(l.marks) < maxMarks {
				l.marks = append(l.marks, mark{int32(i), int32(j), class})
			} else {
				l.full = true
			}
		}
	}
	if n >= 6 && n <= 12 && t[i] == '_' && t[i+1] == '0' && t[i+2] == 'x' && allHex(t[i+3:j]) {
		if l.hidden++; l.hidden == 1 {
			l.hiddenAt = i
		}
	}
	if j < len(t) && n <= 3 {
		if end := l.prefixed(i, j); end > j {
			return end
		}
	}
	return j
}

func allHex(b []byte) bool {
	for _, c := range b {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return len(b) > 0
}

// prefixed reads strings with a prefix: r"\", b”, r#""#.
func (l *lexer) prefixed(i, j int) int {
	t := l.text
	switch prefix := t[i:j]; {
	case l.dialect.triple && (t[j] == '"' || t[j] == '\'') && len(bytes.Trim(prefix, "rRbBfFuUtT")) == 0:
		l.before = '"'
		return l.python(j, t[j])
	case l.dialect.chars && (t[j] == '"' || t[j] == '#') && (string(prefix) == "r" || string(prefix) == "br" || string(prefix) == "cr"):
		hashes := 0
		for j < len(t) && t[j] == '#' {
			hashes++
			j++
		}
		if j == len(t) || t[j] != '"' || hashes > 255 {
			return 0
		}
		l.before = '"'
		return l.until(j, append([]byte{'"'}, bytes.Repeat([]byte{'#'}, hashes)...))
	}
	return 0
}

// until reads a raw string that opens at i and ends with the mark.
func (l *lexer) until(i int, end []byte) int {
	n := bytes.Index(l.text[i+1:], end)
	if n < 0 {
		return l.string(i, i+1, len(l.text), len(l.text))
	}
	return l.string(i, i+1, i+1+n, i+1+n+len(end))
}

// string masks one string: opened at open, content from..to, next byte of
// code at next.
func (l *lexer) string(open, from, to, next int) int {
	for i := open; i < next; i++ {
		if l.code[i] != '\n' {
			l.code[i] = filler
		}
	}
	l.code[open] = '"'
	if next > open+1 {
		l.code[next-1] = '"'
	}
	if f := formOf(l.text[from:to]); f != 0 {
		if len(l.quotes) < maxQuotes {
			l.quotes = append(l.quotes, quote{int32(from), int32(to), f})
		} else {
			l.full = true
		}
	}
	return next
}

// quoted reads a string that opens at i; it returns i where none does.
func (l *lexer) quoted(i int, q byte) int {
	d := l.dialect
	switch {
	case d.triple:
		return l.python(i, q)
	case q == '`':
		switch d.tick {
		case template:
			return l.inTemplate(i)
		case raw:
			return l.until(i, []byte{'`'})
		default:
			return i
		}
	case q == '\'' && d.chars:
		return l.char(i)
	}
	return l.simple(i, q, d.chars)
}

// simple reads a string with escapes. One that ends with its line unless
// lines may be in it is taken to end there: so a lone quote costs one line.
func (l *lexer) simple(i int, q byte, lines bool) int {
	t := l.text
	for j := i + 1; j < len(t); j++ {
		switch t[j] {
		case '\\':
			j++
		case q:
			return l.string(i, i+1, j, j+1)
		case '\n':
			if !lines {
				return l.string(i, i+1, j, j)
			}
		}
	}
	return l.string(i, i+1, len(t), len(t))
}

func (l *lexer) python(i int, q byte) int {
	t := l.text
	if i+2 < len(t) && t[i+1] == q && t[i+2] == q {
		for j := i + 3; j < len(t); j++ {
			switch {
			case t[j] == '\\':
				j++
			case t[j] == q && j+2 < len(t) && t[j+1] == q && t[j+2] == q:
				return l.string(i, i+3, j, j+3)
			}
		}
		return l.string(i, min(i+3, len(t)), len(t), len(t))
	}
	if q == '`' {
		return i
	}
	return l.simple(i, q, false)
}

// char reads a character, and leaves a lifetime alone.
func (l *lexer) char(i int) int {
	t := l.text
	if i+2 < len(t) && t[i+1] == '\\' {
		return l.simple(i, '\'', false)
	}
	for j := i + 2; j < len(t) && j <= i+5; j++ {
		if t[j] == '\'' {
			return l.string(i, i+1, j, j+1)
		}
		if t[j] < 0x80 {
			break
		}
	}
	return i
}

// inTemplate reads a template from i, its back quote or the brace that ends
// an expression in it, to its end or the next expression.
func (l *lexer) inTemplate(i int) int {
	t := l.text
	for j := i + 1; j < len(t); j++ {
		switch t[j] {
		case '\\':
			j++
		case '`':
			return l.string(i, i+1, j, j+1)
		case '$':
			if j+1 < len(t) && t[j+1] == '{' {
				if len(l.braces) == 1000 { // deeper than anybody writes: the rest is text
					return l.string(i, i+1, len(t), len(t))
				}
				l.braces = append(l.braces, 0)
				l.string(i, i+1, j, j+1)
				l.code[j+1] = '+'
				return j + 2
			}
		}
	}
	return l.string(i, i+1, len(t), len(t))
}

// slash reads a comment or a regular expression; it returns i for a division.
func (l *lexer) slash(i int) int {
	t := l.text
	switch {
	case t[i+1] == '/':
		return l.blank(i, lineEnd(t, i))
	case t[i+1] == '*' && l.dialect.nested:
		depth := 0
		for j := i; j+1 < len(t); j++ {
			if t[j] == '/' && t[j+1] == '*' {
				depth++
				j++
			} else if t[j] == '*' && t[j+1] == '/' {
				j++
				if depth--; depth == 0 {
					return l.blank(i, j+1)
				}
			}
		}
		return l.blank(i, len(t))
	case t[i+1] == '*':
		if n := bytes.Index(t[i+2:], []byte("*/")); n >= 0 {
			return l.blank(i, i+2+n+2)
		}
		return l.blank(i, len(t))
	case l.dialect.regex:
		end := l.regexEnd(i)
		if end == 0 || !l.mayBeRegex(end) {
			return i
		}
		for k := i; k < end; k++ {
			l.code[k] = filler
		}
		l.code[i], l.code[end-1] = '"', '"'
		l.before = '"'
		return end
	}
	return i
}

// regexEnd is where a regular expression that begins at i would end; 0 if it
// would not end with its line, or only far away.
func (l *lexer) regexEnd(i int) int {
	t, inSet := l.text, false
	if l.regexes <= 0 {
		l.full = true
		return 0
	}
	for j := i + 1; j < len(t) && t[j] != '\n' && j < i+4096; j++ {
		switch {
		case t[j] == '\\':
			j++
		case t[j] == '[':
			inSet = true
		case t[j] == ']':
			inSet = false
		case t[j] == '/' && !inSet:
			return j + 1
		}
		l.regexes--
	}
	return 0
}

// mayBeRegex tells by what stands before a slash whether it can be a division.
func (l *lexer) mayBeRegex(end int) bool {
	switch {
	case identByte[l.before]:
		switch string(identAt(l.text, l.word)) {
		case "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "do", "else", "yield", "await", "instanceof":
			return true
		}
		return false
	case l.before == ')' || l.before == '}':
		// "if (x) /a/.test(y)", or a division: a quote taken for the
		// beginning of a string would turn the rest of a minified line
		// inside out.
		rest := bytes.TrimLeft(l.text[end:min(end+16, len(l.text))], "dgimsuvy")
		return bytes.HasPrefix(rest, []byte(".test(")) || bytes.HasPrefix(rest, []byte(".exec("))
	}
	return l.before != ']' && l.before != '"'
}

func identAt(t []byte, i int) []byte {
	j := i
	for j < len(t) && identByte[t[j]] && j < i+128 {
		j++
	}
	return t[i:j]
}

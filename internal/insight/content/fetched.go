package content

import (
	"bytes"
	"strconv"
	"strings"
)

// statement is a part of a Python text that is executed as one.
type statement struct {
	span
	indent int
}

// maxFollowed bounds the statements that are followed: a setup.py is no book.
const maxFollowed = 20_000

// statements splits a Python text at ends of lines that lie in no bracket.
func (s *source) statements() []statement {
	var out []statement
	depth, from := 0, 0
	for i := 0; i <= len(s.code) && len(out) < maxFollowed; i++ {
		if i < len(s.code) {
			switch s.code[i] {
			case '(', '[', '{':
				depth++
				continue
			case ')', ']', '}':
				depth = max(depth-1, 0)
				continue
			case '"':
				for i+1 < len(s.code) && (s.code[i+1] == filler || s.code[i+1] == '\n') {
					i++
				}
				if i+1 < len(s.code) {
					i++ // its end
				}
				continue
			case ';':
			case '\n':
				if depth > 0 || i > 0 && s.code[i-1] == '\\' {
					continue
				}
			default:
				continue
			}
		}
		if part := s.code[from:min(i, len(s.code))]; len(bytes.TrimSpace(part)) > 0 {
			indent := len(part) - len(bytes.TrimLeft(part, " \t"))
			out = append(out, statement{span{from, min(i, len(s.code))}, indent})
		}
		from = i + 1
	}
	return out
}

// pythonRunsFetched follows what is fetched from the network through
// assignments, files and "with" to something that runs it.
func (s *source) pythonRunsFetched() place {
	if !s.fetchesIn(span{0, len(s.code)}) {
		return place{}
	}
	all := s.statements()
	if len(all) == maxFollowed {
		s.full = true
	}
	tainted := map[string]bool{}
	for range 4 {
		size := len(tainted)
		for _, st := range all {
			s.followFetched(st, tainted)
		}
		if len(tainted) == size || len(tainted) > 4096 {
			break
		}
	}
	for _, st := range all {
		for _, m := range s.marksIn(st.span) {
			if m.class&(executes|starts) == 0 || s.defined(m) {
				continue
			}
			if m.class&executes != 0 && s.member(m) && !s.builtin(m) {
				continue
			}
			p, ok := s.arguments(m)
			if !ok || s.onlyUnpacks(p) {
				continue
			}
			p.to = min(p.to, st.to)
			if s.fetchesIn(p) {
				return place{int(m.at), s.word(m) + "() runs what is fetched in its own argument"}
			}
			if name := s.taintedIn(p, tainted); name != "" {
				return place{int(m.at), s.word(m) + "() runs what was fetched into " + shown(name, 40)}
			}
		}
	}
	return place{}
}

// followFetched notes the names and paths that hold what was fetched once a
// statement has run.
func (s *source) followFetched(st statement, tainted map[string]bool) {
	fetches := s.fetchesIn(st.span)
	holder := s.taintedIn(st.span, tainted)
	if !fetches && holder == "" {
		return
	}
	code := s.code[st.from:st.to]
	add := func(name string) {
		if name != "" && name != "self" && name != "_" && len(tainted) < 5000 {
			tainted[name] = true
		}
	}
	// with open(path, "wb") as f, and f.write(...): the path and the handle
	// stand for each other.
	opens := bytes.Contains(code, []byte("open("))
	if as := bytes.LastIndex(code, []byte(" as ")); as >= 0 && bytes.HasPrefix(bytes.TrimSpace(code), []byte("with ")) {
		add(string(identAt(s.code, s.after(st.from+as+4))))
	} else if eq := assignment(code); eq > 0 {
		for name := range strings.SplitSeq(string(code[:eq]), ",") {
			name, _, _ = strings.Cut(strings.TrimSpace(name), ":")
			if i := strings.LastIndexByte(name, '.'); i >= 0 {
				name = name[i+1:]
			}
			add(strings.TrimSpace(name))
		}
	}
	for _, m := range s.marksIn(st.span) {
		if s.word(m) != "urlretrieve" && !(s.word(m) == "open" && opens) {
			continue
		}
		p, ok := s.arguments(m)
		if !ok {
			continue
		}
		p.to = min(p.to, st.to)
		if s.word(m) == "urlretrieve" {
			if comma := topComma(s.code[p.from:p.to]); comma >= 0 {
				s.addPath(span{p.from + comma + 1, p.to}, add)
			}
		} else if bytes.Contains(code, []byte(".write(")) || bytes.HasPrefix(bytes.TrimSpace(code), []byte("with ")) {
			s.addPath(p, add)
		}
	}
	if w := bytes.Index(code, []byte(".write(")); w > 0 {
		if handle := s.wordBefore(st.from + w); handle != "" && !tainted[handle] {
			add(handle)
		}
	}
}

// addPath adds the first argument of a part: a name or a path that is written
// there.
func (s *source) addPath(p span, add func(string)) {
	first := p
	if comma := topComma(s.code[p.from:p.to]); comma >= 0 {
		first.to = p.from + comma
	}
	if text := s.firstString(first); text != "" {
		if len(text) > 2 {
			add(text)
		}
		return
	}
	s.names(first, func(_ int, name string) bool {
		switch name {
		case "os", "path", "join", "str", "tempfile", "gettempdir", "Path", "filename", "self":
		default:
			add(name)
		}
		return true
	})
}

// assignment is where the sign of an assignment stands in a statement; -1 if
// it is none.
func assignment(code []byte) int {
	for i, c := range code {
		switch c {
		case '(', '"', '{':
			return -1
		case '=':
			if i > 0 && i+1 < len(code) && code[i+1] != '=' && bytes.IndexByte([]byte("=!<>+-*/%&|^"), code[i-1]) < 0 {
				return i
			}
			return -1
		}
	}
	return -1
}

// topComma is the first comma that lies in no bracket; -1 if there is none.
func topComma(code []byte) int {
	depth := 0
	for i, c := range code {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// fetchesIn tells whether a part asks the network for something.
func (s *source) fetchesIn(p span) bool {
	for _, m := range s.marksIn(p) {
		switch word := s.word(m); {
		case m.class&asks == 0 || s.defined(m):
		case word == "urlopen" || word == "urlretrieve":
			return true
		case word == "get" || word == "request":
			_, dot := s.last(int(m.at))
			switch s.wordBefore(dot) {
			case "requests", "httpx", "urllib3", "http", "session":
				if c := s.after(int(m.end)); c < len(s.code) && s.code[c] == '(' {
					return true
				}
			}
			if c, at := s.last(dot); c == ')' && bytes.HasSuffix(bytes.TrimRight(s.text[:at], `"'`), []byte("requests")) {
				return true // __import__("requests").get
			}
		}
	}
	return false
}

// taintedIn is a name or path in a part that holds what was fetched.
func (s *source) taintedIn(p span, tainted map[string]bool) string {
	if len(tainted) == 0 {
		return ""
	}
	hit := ""
	s.names(p, func(_ int, name string) bool {
		if tainted[name] {
			hit = name
		}
		return hit == ""
	})
	if hit == "" {
		s.strings(p, func(_ int, content []byte) bool {
			if len(content) <= 256 && tainted[string(content)] {
				hit = string(content)
			}
			return hit == ""
		})
	}
	return hit
}

// onlyUnpacks tells commands that unpack or build: a setup.py that fetches the
// source of a library and builds it is slow and old-fashioned, and common.
func (s *source) onlyUnpacks(p span) bool {
	first := ""
	s.strings(p, func(_ int, content []byte) bool {
		first = string(content)
		return false
	})
	word, _, _ := strings.Cut(strings.TrimSpace(first), " ")
	switch fileBase(word) {
	case "tar", "unzip", "gunzip", "xz", "7z", "make", "cmake", "ninja", "git", "patch", "gcc", "cc", "clang", "configure", "autoreconf", "ldconfig", "pkg-config", "install_name_tool", "nvcc":
		return true
	}
	return false
}

// rustRunsFetched finds a build script that uses the network and makes a file
// a program, or starts one whose name it computes.
func (s *source) rustRunsFetched(fetches place) place {
	if fetches.what == "" {
		for _, m := range s.marks {
			if m.class&starts != 0 && s.word(m) == "Command" {
				p := span{int(m.end), min(len(s.code), int(m.end)+40)}
				if s.holds(p, "curl", "wget", "curl.exe") {
					fetches = place{int(m.at), "starts curl or wget"}
					break
				}
			}
		}
	}
	if fetches.what == "" {
		return place{}
	}
	for _, sign := range []string{"set_permissions(", "from_mode(0o7", "set_mode(0o7", "Library::new("} {
		if at := bytes.Index(s.code, []byte(sign)); at >= 0 {
			return place{fetches.at, fetches.what + ", and makes a file runnable or loads it (line " + strconv.Itoa(s.line(at)) + ")"}
		}
	}
	return place{}
}

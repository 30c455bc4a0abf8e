package content

import (
	"bytes"
	"strings"
)

// profile is what is kept of one text once it has been read: enough to judge
// what an install script reaches, without reading the archive again.
type profile struct {
	fetches place // what fetches, "" if nothing does
	runs    place // what runs code or starts processes
	network place // what talks to the network at all
	// both is set where what is fetched was seen to be run.
	both    place
	modules []string // what it imports from its own package, as written
}

// profileOf reads what a text can do when it is run at install. The places'
// offsets are turned into lines.
func (s *source) profileOf(l language) profile {
	var p profile
	note := func(to *place, at int, what string) {
		if to.what == "" {
			*to = place{at, what}
		}
	}
	for _, m := range s.marks {
		if m.class&imports != 0 {
			for _, module := range s.modulesOf(l, m) {
				s.noteModule(&p, l, m, module)
			}
		}
		switch {
		case l == javascript && m.class&asks != 0 && s.globalFetch(m):
			note(&p.fetches, int(m.at), "calls "+s.word(m))
			note(&p.network, int(m.at), "calls "+s.word(m))
		case l == rust && m.class&asks != 0 && s.rustPath(m):
			note(&p.fetches, int(m.at), "uses "+s.word(m))
			note(&p.network, int(m.at), "uses "+s.word(m))
		case l == javascript && m.class&executes != 0 && s.word(m) != "Script" && s.word(m) != "Function" && !s.defined(m) && !s.member(m):
			if _, ok := s.arguments(m); ok {
				note(&p.runs, int(m.at), "calls "+s.word(m))
			}
		}
	}
	switch l {
	case python:
		p.both = s.pythonRunsFetched()
	case rust:
		p.both = s.rustRunsFetched(p.fetches)
	}
	if p.both.what == "" {
		p.both = s.shellInCalls()
	}
	for _, at := range []*place{&p.fetches, &p.runs, &p.network, &p.both} {
		if at.what != "" {
			at.at = s.line(at.at)
		}
	}
	return p
}

func (s *source) noteModule(p *profile, l language, m mark, module string) {
	plain := strings.TrimPrefix(module, "node:")
	switch {
	case strings.HasPrefix(module, ".") && l == javascript || l == python && !isNetworkModule(l, module):
		if len(p.modules) < 64 && len(module) < 256 {
			p.modules = append(p.modules, module)
		}
	case isNetworkModule(l, plain):
		if p.network.what == "" {
			p.network = place{int(m.at), "imports " + plain}
		}
		if p.fetches.what == "" {
			p.fetches = place{int(m.at), "imports " + plain}
		}
	case l == javascript && (plain == "child_process" || plain == "vm") && p.runs.what == "":
		p.runs = place{int(m.at), "imports " + plain}
	}
}

// modulesOf are the modules that an import names.
func (s *source) modulesOf(l language, m mark) []string {
	if p, ok := s.arguments(m); ok && s.code[s.after(int(m.end))] == '(' {
		if l != golang {
			if module := s.firstString(p); module != "" {
				return []string{module}
			}
			return nil
		}
		var all []string
		s.strings(p, func(_ int, content []byte) bool {
			all = append(all, string(content[:min(len(content), 200)]))
			return len(all) < 256
		})
		return all
	}
	switch l {
	case python:
		return s.pythonModules(m)
	default:
		at := s.after(int(m.end))
		if at < len(s.code) && s.code[at] == '"' {
			if module := s.firstString(span{at, min(len(s.code), at+600)}); module != "" {
				return []string{module}
			}
		}
	}
	return nil
}

// pythonModules reads "import a.b as c, d" and "from a.b import c".
func (s *source) pythonModules(m mark) []string {
	lineStart := max(0, int(m.at)-400) // an import deeper in its line is none that anybody writes
	lineStart += bytes.LastIndexByte(s.code[lineStart:m.at], '\n') + 1
	if before := bytes.TrimSpace(s.code[lineStart:m.at]); len(before) > 0 && before[len(before)-1] != ';' && before[len(before)-1] != ':' {
		return nil
	}
	line := string(s.code[m.end:min(lineEnd(s.code, int(m.end)), int(m.end)+400)])
	line, _, _ = strings.Cut(line, ";")
	if s.word(m) == "from" {
		from, what, _ := strings.Cut(strings.TrimSpace(line), " import ")
		from = strings.TrimSpace(from)
		all := []string{from}
		for name := range strings.SplitSeq(strings.Trim(what, "() "), ",") {
			if name, _, _ := strings.Cut(strings.TrimSpace(name), " "); name != "" && name != "*" {
				all = append(all, strings.TrimSuffix(from, ".")+"."+name)
			}
		}
		return all
	}
	var all []string
	for part := range strings.SplitSeq(line, ",") {
		if fields := strings.Fields(part); len(fields) > 0 {
			all = append(all, fields[0])
		}
	}
	return all
}

// globalFetch tells a call of the platform's own fetch from methods and
// functions that are called so.
func (s *source) globalFetch(m mark) bool {
	switch s.word(m) {
	case "fetch":
	case "WebSocket", "XMLHttpRequest":
		return s.wordBefore(int(m.at)) == "new"
	default:
		return false
	}
	if s.defined(m) {
		return false
	}
	if s.member(m) {
		_, dot := s.last(int(m.at))
		switch s.wordBefore(dot) {
		case "globalThis", "window", "global":
		default:
			return false
		}
	}
	p, ok := s.arguments(m)
	if !ok || p.to == p.from {
		return false
	}
	next := s.after(p.to + 1)
	return next >= len(s.code) || s.code[next] != '{' // fetch(x) { ... } defines a method
}

// rustPath tells a module's name that is used: reqwest::, TcpStream::.
func (s *source) rustPath(m mark) bool {
	if s.word(m) == "get" {
		return false
	}
	at := s.after(int(m.end))
	return at+1 < len(s.code) && s.code[at] == ':' && s.code[at+1] == ':'
}

// shellInCalls finds command texts that fetch and run, in calls that start a
// process.
func (s *source) shellInCalls() place {
	for _, f := range s.commandsRun() {
		if f.id == InstallScriptFetches {
			return place{f.at, f.does}
		}
	}
	return place{}
}

// commandsRun reads the command texts in calls that start a process.
func (s *source) commandsRun() []found {
	var out []found
	for _, m := range s.marks {
		if m.class&starts == 0 || s.defined(m) || len(out) >= 2*perFile {
			continue
		}
		p, ok := s.arguments(m)
		if s.dialect.chars { // Command::new("sh").arg("-c").arg("...")
			p, ok = span{int(m.end), min(len(s.code), int(m.end)+1500)}, true
			if end := bytes.IndexByte(s.code[p.from:p.to], ';'); end >= 0 {
				p.to = p.from + end
			}
		}
		if !ok {
			continue
		}
		for _, q := range s.quotesIn(p) {
			if q.form&commandForm == 0 {
				continue
			}
			if s.commands -= int(q.to - q.from); s.commands < 0 {
				s.full = true
				return out
			}
			for _, f := range shellFinds(unescaped(s.text[q.from:q.to])) {
				out = append(out, found{f.id, int(m.at), s.word(m) + "() " + f.does})
			}
		}
	}
	return out
}

// unescaped undoes the escapes that matter in a command.
func unescaped(text []byte) []byte {
	for _, pair := range [][2]string{{`\"`, `"`}, {`\'`, `'`}, {`\n`, "\n"}, {`\t`, " "}} {
		text = bytes.ReplaceAll(text, []byte(pair[0]), []byte(pair[1]))
	}
	return text
}

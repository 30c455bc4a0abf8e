package content

import (
	"bytes"
	"strings"
)

// near is how far apart reading and sending may stand. Bundles of a few
// megabytes hold everything somewhere.
const near = 16 << 10

// place is something that a text does, where.
type place struct {
	at   int
	what string
}

// credentialsSent finds texts that read credentials and, near it, send
// something to an address that is written there.
func (s *source) credentialsSent() []found {
	secret := s.secretsRead()
	if len(secret) == 0 {
		return nil
	}
	targets := s.sendTargets()
	if len(targets) == 0 {
		return nil
	}
	var out []found
	said := map[string]bool{}
	for _, a := range secret {
		for _, b := range targets {
			if d := a.at - b.at; d > near || d < -near || said[a.what] || ownService(a.what, b.what) {
				continue
			}
			said[a.what] = true
			out = append(out, found{CredentialRead, a.at, "reads " + a.what + " and sends to " + shown(b.what, 60)})
		}
		if len(out) == perFile {
			break
		}
	}
	return out
}

// secretsRead are the places where a text takes hold of credentials: strings
// that name their files, with something that reads near, and uses of the
// whole environment.
func (s *source) secretsRead() []place {
	var out []place
	for _, q := range s.quotes {
		if q.form&secretForm == 0 || len(out) > 256 {
			continue
		}
		what := secretIn(s.text[q.from:q.to])
		at := int(q.from)
		if strings.Contains(what, "metadata") || s.readsNear(at) {
			out = append(out, place{at, what})
		}
	}
	for _, m := range s.marks {
		if len(out) > 256 {
			break
		}
		if what := s.wholeEnvironment(m); what != "" {
			out = append(out, place{int(m.at), what})
		}
	}
	return out
}

func (s *source) readsNear(at int) bool {
	for _, m := range s.marksIn(span{at - near, at + near}) {
		if m.class&reads != 0 {
			if c := s.after(int(m.end)); c < len(s.code) && (s.code[c] == '(' || s.code[c] == ':' || s.code[c] == '<') {
				return true
			}
		}
	}
	return false
}

// wholeEnvironment tells a use of all variables of the environment at once
// from a look at one of them. Handing a copy to a process that is started is
// everyday; writing it out as one text is not.
func (s *source) wholeEnvironment(m mark) string {
	const what = "the whole environment"
	switch {
	case m.class&dumps == 0:
		return ""
	case s.dialect.chars: // Rust: env::vars()
		if p, ok := s.arguments(m); ok && len(bytes.TrimSpace(s.code[p.from:p.to])) == 0 && s.wordBefore(int(m.at)-2) == "env" {
			return what
		}
		return ""
	case s.dialect.tick == raw: // Go: os.Environ()
		if s.wordBefore(int(m.at)-1) == "os" {
			return what
		}
		return ""
	}
	p, ok := s.arguments(m)
	if !ok || p.to-p.from > 400 {
		return ""
	}
	inside := bytes.TrimSpace(s.code[p.from:p.to])
	for _, form := range []string{"process.env", "{...process.env", "os.environ", "dict(os.environ", "**os.environ", "os.environ.items("} {
		rest, ok := bytes.CutPrefix(inside, []byte(form))
		if !ok {
			continue
		}
		if rest = bytes.TrimSpace(rest); len(rest) == 0 || rest[0] == ',' || rest[0] == '}' || rest[0] == ')' {
			return what
		}
	}
	return ""
}

// sendTargets are the addresses to which a text sends something: those in the
// arguments of a call that sends, directly or by a name that holds them.
func (s *source) sendTargets() []place {
	address := map[string]string{} // by the name that holds it
	var out []place
	for _, q := range s.quotes {
		if q.form&addressForm == 0 || len(address) > 1024 {
			continue
		}
		host := s.hostOf(q)
		if name := s.boundTo(int(q.from) - 1); name != "" {
			address[name] = host
		}
		if at := s.hostKey(int(q.from)); at >= 0 && s.posts(span{int(q.from), min(len(s.code), int(q.from)+400)}, true) && s.asksNear(at) {
			out = append(out, place{int(q.from), host})
		}
	}
	for _, m := range s.marks {
		if m.class&(sends|asks) == 0 || s.defined(m) || len(out) > 256 {
			continue
		}
		p, ok := s.arguments(m)
		if !ok && !s.dialect.chars {
			continue
		}
		if p.to > p.from+64<<10 {
			p.to = p.from + 64<<10
		}
		if m.class&sends == 0 && !s.posts(p, false) && !s.joins(p) {
			continue
		}
		if host := s.targetIn(p, address); host != "" {
			out = append(out, place{int(m.at), host})
		}
	}
	return out
}

// hostOf is what is said of an address: its host, or that it is encoded.
func (s *source) hostOf(q quote) string {
	if host := hostIn(s.text[q.from:q.to]); host != "" {
		return host
	}
	return "an address written in base64"
}

// targetIn is the host that a call's arguments name.
func (s *source) targetIn(p span, address map[string]string) string {
	for _, q := range s.quotesIn(p) {
		if q.form&addressForm != 0 {
			return s.hostOf(q)
		}
	}
	host := ""
	s.names(span{p.from, min(p.to, p.from+1024)}, func(_ int, name string) bool {
		host = address[name]
		return host == ""
	})
	return host
}

// hostKey finds the key before a string that is the host of a request's
// options; -1 if there is none.
func (s *source) hostKey(from int) int {
	c, at := s.last(from - 1)
	if c != ':' && c != '=' {
		return -1
	}
	if c, i := s.last(at); c == '"' { // "hostname": "..."
		key := s.text[max(0, i-12):i]
		if bytes.HasSuffix(key, []byte("hostname")) || bytes.HasSuffix(key, []byte("host")) {
			return i
		}
		return -1
	}
	if key := s.wordBefore(at); key == "hostname" || key == "host" {
		return at
	}
	return -1
}

func (s *source) asksNear(at int) bool {
	for _, m := range s.marksIn(span{at - near, at + near}) {
		if m.class&(asks|sends) != 0 {
			if c := s.after(int(m.end)); c < len(s.code) && s.code[c] == '(' {
				return true
			}
		}
	}
	return false
}

// posts tells whether a part says that something is sent in a request's body.
func (s *source) posts(p span, methodOnly bool) bool {
	if s.holds(p, "POST", "PUT", "post", "put", "Post", "PATCH") {
		return true
	}
	if methodOnly {
		return false
	}
	sent := false
	s.names(p, func(at int, name string) bool {
		switch name {
		case "data", "body", "json", "files":
			c := s.after(at + len(name))
			sent = c < len(s.code) && (s.code[c] == '=' || s.code[c] == ':')
		case "MethodPost", "MethodPut":
			sent = true
		}
		return !sent
	})
	return sent
}

// joins tells whether something is joined to an address: what is asked for is
// then what is sent.
func (s *source) joins(p span) bool {
	for _, q := range s.quotesIn(p) {
		if q.form&addressForm == 0 {
			continue
		}
		end := s.text[q.to-1]
		if next := s.after(int(q.to) + 1); (end == '=' || end == '/' || end == '?') && (next < len(s.code) && s.code[next] == '+' || s.code[min(int(q.to)+1, len(s.code)-1)] == '+') {
			return true
		}
	}
	return false
}

// ownService tells the service that a credential is for: its own client reads
// it and sends it there.
func ownService(what, host string) bool {
	var own []string
	switch {
	case strings.Contains(what, "AWS"):
		own = []string{".amazonaws.com", ".aws.amazon.com"}
	case strings.Contains(what, "metadata"):
		own = []string{".amazonaws.com", ".googleapis.com", ".google.com", ".azure.com", ".microsoftonline.com", ".windows.net", ".aliyuncs.com", ".internal"}
	case strings.Contains(what, "Google"):
		own = []string{".googleapis.com", ".google.com"}
	case strings.Contains(what, "gh"):
		own = []string{"api.github.com"}
	}
	for _, suffix := range own {
		if strings.HasSuffix("."+host, suffix) || host == suffix {
			return true
		}
	}
	return false
}

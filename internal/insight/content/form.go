package content

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// form is what the content of a string looks like.
type form uint16

const (
	base64Form  form = 1 << iota // long and of base64's alphabet, as text or words never are
	hexForm                      // long and of hexadecimal digits
	escapedForm                  // long and nearly all of it written as escapes
	denseForm                    // long, without blanks, of many different characters: base85 and others
	hiddenForm                   // a run of characters that are not shown
	secretForm                   // the path or address of a credential
	commandForm                  // a command line that fetches
	addressForm                  // an address to send to
)

// encoded are the forms that nobody writes by hand.
const encoded = base64Form | hexForm | escapedForm | hiddenForm

const (
	longBase64  = 100
	longHex     = 128
	longEscaped = 100
	longDense   = 100
	longHidden  = 32
	sampled     = 4096 // bytes of a string that are looked at to tell its form
)

// formOf tells what a string looks like; 0 for what no rule asks for.
func formOf(content []byte) form {
	var f form
	if len(content) <= 2048 {
		f = meaningOf(content)
	}
	if len(content) >= min(longBase64, longEscaped, longDense, 3*longHidden) {
		f |= encodingOf(content[:min(len(content), sampled)])
	}
	return f
}

// encodingOf counts what a string is made of.
func encodingOf(b []byte) form {
	var seen [256]bool
	different, hexes, words, escapes, signs, hidden, blanks := 0, 0, 0, 0, 0, 0, 0
	var lower, upper, digits int
	for i := 0; i < len(b); i++ {
		c := b[i]
		if !seen[c] {
			seen[c] = true
			different++
		}
		switch {
		case c == '\\' && i+1 < len(b):
			switch n := escapeLength(b[i:]); n {
			case 0:
				if b[i+1] == '\n' || b[i+1] == 'n' || b[i+1] == 'r' {
					i++ // a line that goes on
				} else {
					signs++
					i++
				}
			default:
				escapes += n
				i += n - 1
			}
		case c == '%' && i+2 < len(b) && allHex(b[i+1:i+3]):
			escapes += 3
			i += 2
		case c >= '0' && c <= '9':
			digits++
			hexes++
		case c >= 'a' && c <= 'z':
			lower++
			if c <= 'f' {
				hexes++
			}
		case c >= 'A' && c <= 'Z':
			upper++
			if c <= 'F' {
				hexes++
			}
		case c == '+' || c == '/' || c == '-' || c == '_' || c == '=':
			words++
		case c == '\n' || c == '\r':
		case c == ' ' || c == '\t':
			blanks++
		case c >= 0x80:
			r, n := utf8.DecodeRune(b[i:])
			if notShown(r) {
				hidden++
			} else {
				signs++
			}
			i += n - 1
		default:
			signs++
		}
	}
	plain := digits + lower + upper
	var f form
	switch {
	case hidden >= longHidden:
		f |= hiddenForm
	case escapes >= longEscaped*3/4 && escapes*10 >= len(b)*6:
		f |= escapedForm
	case signs+blanks+escapes+words == 0 && hexes == plain && hexes >= longHex && digits*10 >= plain:
		f |= hexForm
	case signs+blanks+escapes == 0 && plain >= longBase64 && different >= 20 && mixed(lower, upper, digits, plain) && words*8 <= plain:
		f |= base64Form
	}
	if blanks == 0 && different >= 40 && len(b) >= longDense {
		f |= denseForm
	}
	return f
}

// mixed tells a random mixture of letters and digits from words in camel case
// and paths: each kind has a fair share.
func mixed(lower, upper, digits, all int) bool {
	return lower*100 >= all*20 && upper*100 >= all*15 && digits*100 >= all*4
}

// escapeLength is how long an escape of one character is: \x41, \u0041,
// \u{41}, \101; 0 for the short ones, which ordinary text has.
func escapeLength(b []byte) int {
	switch {
	case len(b) >= 4 && b[1] == 'x' && allHex(b[2:4]):
		return 4
	case len(b) >= 6 && b[1] == 'u' && allHex(b[2:6]):
		return 6
	case len(b) >= 5 && b[1] == 'u' && b[2] == '{':
		if n := bytes.IndexByte(b[:min(len(b), 12)], '}'); n > 0 {
			return n + 1
		}
	case len(b) >= 4 && b[1] >= '0' && b[1] <= '3' && b[2] >= '0' && b[2] <= '7' && b[3] >= '0' && b[3] <= '7':
		return 4
	}
	return 0
}

// notShown tells characters that a reader does not see: variation selectors,
// tags, zero widths, fillers and private use. A payload can be written in
// them between two quotes that look empty.
func notShown(r rune) bool {
	return r >= 0xfe00 && r <= 0xfe0f || r >= 0xe0000 && r <= 0xe01ef || r >= 0x200b && r <= 0x200f || r >= 0x2060 && r <= 0x2064 ||
		r == 0x3164 || r == 0xffa0 || r >= 0xe000 && r <= 0xf8ff || r >= 0xf0000
}

// secrets are the places where credentials lie, with the words that say so.
// The first group is looked for anywhere in a string, the second must be all
// of it: parts of a path that is put together.
var secrets = []struct {
	text, what string
	all        bool
}{
	{".npmrc", "npm's settings, which hold tokens", false},
	{".pypirc", "the tokens of .pypirc", false},
	{".aws/credentials", "the keys of AWS", false},
	{`.aws\\credentials`, "the keys of AWS", false},
	{".ssh/id_", "a private key of SSH", false},
	{`.ssh\\id_`, "a private key of SSH", false},
	{".netrc", "the passwords of .netrc", false},
	{".docker/config.json", "the credentials of Docker", false},
	{".kube/config", "the credentials of Kubernetes", false},
	{".git-credentials", "the credentials of git", false},
	{".cargo/credentials", "the tokens of Cargo", false},
	{".cargo/credentials.toml", "the tokens of Cargo", false},
	{"application_default_credentials", "the credentials of Google Cloud", false},
	{".gem/credentials", "the tokens of gem", false},
	{".config/gh/hosts.yml", "the tokens of gh", false},
	{"/etc/shadow", "the password hashes of the machine", false},
	{"169.254.169.254", "the cloud's metadata address", false},
	{"metadata.google.internal", "the cloud's metadata address", false},
	{"id_rsa", "a private key of SSH", true},
	{"id_ed25519", "a private key of SSH", true},
	{".ssh", "the folder of SSH's keys", true},
	{".aws", "the folder of AWS's keys", true},
	{".gnupg", "the folder of GnuPG's keys", true},
	{"Login Data", "the passwords that a browser keeps", true},
}

// secretIn says which credential a string speaks of; "" for none.
func secretIn(content []byte) string {
	text := string(content)
	for _, s := range secrets {
		if s.all && text == s.text || !s.all && holdsPath(text, s.text) {
			return s.what
		}
	}
	return ""
}

// holdsPath finds a path at the end of a string, or of a part of it: a name
// that only begins alike is another file (.npmrc.md, .netrcs).
func holdsPath(content, path string) bool {
	i := strings.Index(content, path)
	if i < 0 {
		return false
	}
	if end := i + len(path); end < len(content) && path[len(path)-1] != '_' {
		if c := content[end]; identByte[c] && c < 0x80 || c == '.' && end+1 < len(content) && identByte[content[end+1]] {
			return false
		}
	}
	return true
}

// meaningOf finds strings that speak of credentials, commands and addresses.
func meaningOf(content []byte) form {
	var f form
	if len(content) < 4 {
		return 0
	}
	if bytes.IndexByte(content, '.') >= 0 || bytes.IndexByte(content, '_') >= 0 || bytes.IndexByte(content, ' ') >= 0 {
		if secretIn(content) != "" {
			f |= secretForm
		}
		if hostIn(content) != "" {
			f |= addressForm
		}
	}
	if bytes.HasPrefix(content, []byte("aHR0c")) { // "http" in base64
		f |= addressForm
	}
	if len(content) >= 10 && fetchesInWords(content) {
		f |= commandForm
	}
	return f
}

// hostIn is the host of an address in a string, or a string that is nothing
// but a host; "" if there is none, or none that something could be sent to
// over a network.
func hostIn(content []byte) string {
	host := content
	if _, after, ok := bytes.Cut(content, []byte("://")); ok {
		host = after
	} else if bytes.ContainsAny(content, " /(){}<>,;*\\%") || bytes.IndexByte(content, '.') < 0 {
		return ""
	}
	if i := bytes.IndexAny(host, "/?#:\"'` \\"); i >= 0 {
		host = host[:i]
	}
	if i := bytes.IndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	host = bytes.TrimPrefix(host, []byte(".")) // joined to what is sent: data + ".host"
	dot := bytes.LastIndexByte(host, '.')
	if dot <= 0 || dot == len(host)-1 || len(host) > 253 {
		return ""
	}
	for _, c := range host {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.') {
			return ""
		}
	}
	if end := host[dot+1]; end >= '0' && end <= '9' && bytes.Count(host, []byte{'.'}) != 3 {
		return "" // a version, as 1.2.3
	}
	if bytes.HasPrefix(host, []byte("127.")) || string(host) == "0.0.0.0" || bytes.HasPrefix(host, []byte("169.254.")) || string(host) == "metadata.google.internal" {
		return ""
	}
	return string(host)
}

package wire

import (
	"cmp"
	"strings"
)

// maxVersion is the length of a version, in bytes, at the most.
const maxVersion = 200

// version is a parsed version (PEP 440). Numbers are kept as decimal text
// without leading zeros, because versions made of dates and times, and hostile
// ones, are larger than any machine word.
type version struct {
	epoch   string // "0" unless written
	release []string
	phase   byte // 'a', 'b' or 'c' of a pre-release; 0 for none
	pre     string
	post    string // "" for none
	dev     string // "" for none
	local   []string
}

// parseVersion reads a version in any of the spellings that PEP 440's
// appendix B admits. ok is false for every other text.
func parseVersion(text string) (v version, ok bool) {
	if len(text) > maxVersion {
		return v, false
	}
	p := versionReader{strings.ToLower(strings.TrimSpace(text))}
	p.letters("v")
	v.epoch = "0"
	first, ok := p.number()
	if !ok {
		return v, false
	}
	if p.take('!') {
		v.epoch = first
		if first, ok = p.number(); !ok {
			return v, false
		}
	}
	v.release = append(v.release, first)
	for len(p.rest) > 1 && p.rest[0] == '.' && digit(p.rest[1]) {
		p.rest = p.rest[1:]
		n, _ := p.number()
		v.release = append(v.release, n)
	}
	if phase, n, found := p.segment(phases); found {
		v.phase, v.pre = phase, n
	}
	// "1.0-1" is a post-release without its word.
	if len(p.rest) > 1 && p.rest[0] == '-' && digit(p.rest[1]) {
		p.rest = p.rest[1:]
		v.post, _ = p.number()
	} else if _, n, found := p.segment(posts); found {
		v.post = n
	}
	if _, n, found := p.segment(devs); found {
		v.dev = n
	}
	if p.take('+') {
		if v.local, ok = localSegments(p.rest); !ok {
			return v, false
		}
		p.rest = ""
	}
	return v, p.rest == ""
}

// word is a spelling of a segment and what it stands for. A list has the
// longer of two that begin alike first.
type word struct {
	text  string
	phase byte
}

var (
	phases = []word{{"alpha", 'a'}, {"beta", 'b'}, {"preview", 'c'}, {"pre", 'c'}, {"rc", 'c'}, {"a", 'a'}, {"b", 'b'}, {"c", 'c'}}
	posts  = []word{{"post", 'p'}, {"rev", 'p'}, {"r", 'p'}}
	devs   = []word{{"dev", 'd'}}
)

// versionReader eats a version from its front.
type versionReader struct{ rest string }

func digit(c byte) bool { return '0' <= c && c <= '9' }

func (p *versionReader) take(c byte) bool {
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

func (p *versionReader) letters(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

// number reads digits and drops leading zeros.
func (p *versionReader) number() (string, bool) {
	n := 0
	for n < len(p.rest) && digit(p.rest[n]) {
		n++
	}
	if n == 0 {
		return "", false
	}
	text := p.rest[:n]
	p.rest = p.rest[n:]
	return trimZeros(text), true
}

func trimZeros(digits string) string {
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0"
	}
	return digits
}

// segment reads one of the words with its separators; a missing number is 0.
func (p *versionReader) segment(words []word) (phase byte, n string, found bool) {
	was := p.rest
	if p.rest != "" && separator(p.rest[0]) {
		p.rest = p.rest[1:]
	}
	for _, w := range words {
		if !p.letters(w.text) {
			continue
		}
		if p.rest != "" && separator(p.rest[0]) {
			p.rest = p.rest[1:]
		}
		if n, found = p.number(); !found {
			n = "0"
		}
		return w.phase, n, true
	}
	p.rest = was
	return 0, "", false
}

// localSegments reads what follows the plus sign.
func localSegments(text string) ([]string, bool) {
	segments := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == '_' || r == '.' })
	if len(segments) == 0 || len(text) != len(strings.Join(segments, ".")) {
		return nil, false // an empty segment
	}
	for i, s := range segments {
		for j := range len(s) {
			if !alphanumeric(s[j]) {
				return nil, false
			}
		}
		if allDigits(s) {
			segments[i] = trimZeros(s)
		}
	}
	return segments, true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

// String is the normal form (PEP 440, "Normalization").
func (v version) String() string {
	text := v.public()
	if len(v.local) > 0 {
		text += "+" + strings.Join(v.local, ".")
	}
	return text
}

// public is the version without its local part.
func (v version) public() string {
	var b strings.Builder
	if v.epoch != "0" {
		b.WriteString(v.epoch + "!")
	}
	b.WriteString(strings.Join(v.release, "."))
	switch v.phase {
	case 'a', 'b':
		b.WriteString(string(v.phase) + v.pre)
	case 'c':
		b.WriteString("rc" + v.pre)
	}
	if v.post != "" {
		b.WriteString(".post" + v.post)
	}
	if v.dev != "" {
		b.WriteString(".dev" + v.dev)
	}
	return b.String()
}

// prerelease tells whether installers leave the version out unless asked.
func (v version) prerelease() bool { return v.phase != 0 || v.dev != "" }

// compare orders two versions (PEP 440, "Summary of permitted suffixes and
// relative ordering"), local parts included.
func (v version) compare(w version) int {
	if c := v.comparePublic(w); c != 0 {
		return c
	}
	return compareLocal(v.local, w.local)
}

// comparePublic leaves the local parts out.
func (v version) comparePublic(w version) int {
	return cmp.Or(
		compareNumbers(v.epoch, w.epoch),
		compareReleases(v.release, w.release),
		cmp.Compare(v.rank(), w.rank()),
		compareNumbers(v.pre, w.pre),
		compareOptional(v.post, w.post, -1),
		compareOptional(v.dev, w.dev, 1),
	)
}

// rank puts a development release of the final version below its
// pre-releases, and the final version above them.
func (v version) rank() int {
	switch {
	case v.phase != 0:
		return int(v.phase-'a') + 1
	case v.dev != "" && v.post == "":
		return 0
	}
	return 4
}

// compareNumbers orders decimal texts without leading zeros: the longer is
// the larger.
func compareNumbers(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// compareOptional orders numbers of which either may be missing; missing says
// where that stands.
func compareOptional(a, b string, missing int) int {
	switch {
	case a == b:
		return 0
	case a == "":
		return missing
	case b == "":
		return -missing
	}
	return compareNumbers(a, b)
}

// compareReleases takes missing numbers for zeros: 1.0 is 1.0.0.
func compareReleases(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if c := compareNumbers(numberAt(a, i), numberAt(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func numberAt(release []string, i int) string {
	if i < len(release) {
		return release[i]
	}
	return "0"
}

// compareLocal puts numbers above words and the longer above its beginning.
func compareLocal(a, b []string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		nx, ny := allDigits(x), allDigits(y)
		c := 0
		switch {
		case nx && ny:
			c = compareNumbers(x, y)
		case nx:
			c = 1
		case ny:
			c = -1
		default:
			c = strings.Compare(x, y)
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a), len(b))
}

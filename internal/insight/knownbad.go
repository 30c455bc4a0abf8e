package insight

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed" // the list that is part of the program
	"errors"
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/osv"
)

//go:embed data/compromised-versions.tsv.gz
var compromisedVersions []byte

// badList is one list of known-bad versions and digests. It is immutable.
type badList struct {
	name     string
	versions map[assay.Coordinate][]badVersion // by package
	digests  map[assay.Digest]string           // why
	report   osv.Report
}

// badVersion is a version that a list names.
type badVersion struct {
	version string // "" for every version
	why     string
}

// ListLimits bound a list of known-bad versions and digests. A zero field
// means its default.
type ListLimits struct {
	Bytes   int64 // of the list, unpacked; 256 MiB
	Line    int   // bytes of one line; 4,096
	Entries int   // 2,000,000
	named   int   // problems named; the rest is counted
}

func (l ListLimits) withDefaults() ListLimits {
	l.Bytes, l.Line, l.Entries = cmp.Or(l.Bytes, 256<<20), cmp.Or(l.Line, 4096), cmp.Or(l.Entries, 2_000_000)
	l.named = cmp.Or(l.named, 100)
	return l
}

// maxWhy bounds what a list says of an entry, in bytes.
const maxWhy = 200

// readList reads a list. A line is one of
//
//	ecosystem<TAB>name<TAB>version<TAB>campaign
//	sha256 <64 hexadecimal digits> reason
//
// where the ecosystem is a package-URL type and the version may be * for every
// one. Empty lines and those that begin with # are passed over, and so is the
// heading of the first form. The list may be packed with gzip. What is broken
// is noted and counted; an error means that the end could not be reached.
func readList(name string, r io.Reader, grammars osv.Grammars, limits ListLimits) (*badList, error) {
	limits = limits.withDefaults()
	l := &badList{name: name, versions: map[assay.Coordinate][]badVersion{}, digests: map[assay.Digest]string{}}
	in := bufio.NewReader(r)
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(in)
		if err != nil {
			return l, assay.Wrap(assay.Unsound, err, "the list is not packed with gzip, as it begins")
		}
		in = bufio.NewReader(z)
	}
	lines := bufio.NewScanner(io.LimitReader(in, limits.Bytes+1))
	lines.Buffer(make([]byte, 0, 4096), limits.Line)
	var read int64
	n := 0
	for lines.Scan() {
		n++
		if read += int64(len(lines.Bytes())) + 1; read > limits.Bytes {
			return l, assay.Errorf(assay.TooLarge, "the list has more than %d bytes", limits.Bytes)
		}
		line := strings.TrimRight(lines.Text(), "\r ")
		if line == "" || line[0] == '#' || n == 1 && strings.HasPrefix(line, "ecosystem\t") {
			continue
		}
		if l.report.Records >= limits.Entries {
			return l, assay.Errorf(assay.TooLarge, "the list has more than %d entries", limits.Entries)
		}
		if err := l.add(line, grammars); err != nil {
			l.problem(fmt.Sprintf("line %d", n), assay.PublicMessage(err), limits.named)
		}
	}
	err := lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		return l, assay.Errorf(assay.TooLarge, "line %d has more than %d bytes: this is no list", n+1, limits.Line)
	}
	if err != nil {
		return l, assay.Wrap(assay.Unsound, err, "only a part of the list could be read, %d lines", n)
	}
	return l, nil
}

func (l *badList) problem(where, what string, most int) {
	l.report.Broken++
	if len(l.report.Problems) < most {
		l.report.Problems = append(l.report.Problems, osv.Problem{Where: where, What: what})
	}
}

// add reads one line.
func (l *badList) add(line string, grammars osv.Grammars) error {
	if rest, ok := strings.CutPrefix(line, "sha256"); ok && (strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t")) {
		sum, why, _ := strings.Cut(strings.TrimLeft(rest, " \t"), " ")
		if head, tail, tabbed := strings.Cut(sum, "\t"); tabbed {
			sum, why = head, tail+" "+why
		}
		d, err := assay.ParseDigest("sha256:" + sum)
		if err != nil {
			return assay.Errorf(assay.Invalid, "sha256 is followed by 64 hexadecimal digits and a reason")
		}
		l.digests[d] = reason(l.name, why)
		l.report.Records++
		return nil
	}
	fields := strings.Split(line, "\t")
	if len(fields) < 3 || fields[1] == "" || fields[2] == "" {
		return assay.Errorf(assay.Invalid, "a line is ecosystem, name, version and campaign with tabs between them, or sha256, a digest and a reason")
	}
	eco := assay.Ecosystem(fields[0])
	if eco == "go" {
		eco = assay.Golang
	}
	g, ok := grammars(eco)
	if !ok {
		if l.report.Elsewhere == nil {
			l.report.Elsewhere = map[string]int{}
		}
		word := printable(fields[0], 40)
		if _, known := l.report.Elsewhere[word]; !known && len(l.report.Elsewhere) >= 100 {
			word = "others"
		}
		l.report.Elsewhere[word]++
		return nil
	}
	name := fields[1]
	if eco == assay.Maven {
		name = strings.Replace(name, ":", "/", 1)
	}
	name, err := g.Name(name)
	if err != nil {
		return assay.Errorf(assay.Invalid, "%s", assay.PublicMessage(err))
	}
	campaign := ""
	if len(fields) > 3 {
		campaign = fields[3]
	}
	bad := badVersion{version: fields[2], why: reason(l.name, campaign)}
	switch spelt, err := g.Version(bad.version); {
	case bad.version == "*":
		bad.version = ""
	case err == nil:
		bad.version = spelt
	case len(bad.version) > 256:
		return assay.Errorf(assay.Invalid, "the version is %d bytes long, and 256 is the most", len(bad.version))
	}
	pkg := assay.Coordinate{Ecosystem: eco, Name: name}
	l.versions[pkg] = append(l.versions[pkg], bad)
	l.report.Records++
	return nil
}

// reason is what a refusal says: which list, and what it says.
func reason(list, why string) string {
	if why = printable(strings.TrimSpace(why), maxWhy); why == "" {
		return "on the list " + list
	}
	return "on the list " + list + ": " + why
}

// printable keeps outside text to one short line of what can be shown.
func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff || r == 0xfffd {
			return -1
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// of says why a version is listed; "" if it is not. A version stands on a list
// however it is spelt: 1.0 and 1.0.0 are one where the ecosystem says so.
func (l *badList) of(c assay.Coordinate, grammars osv.Grammars) string {
	listed := l.versions[c.Package()]
	if len(listed) == 0 {
		return ""
	}
	g, ok := grammars(c.Ecosystem)
	for _, b := range listed {
		if b.version == "" || b.version == c.Version || ok && g.Compare(b.version, c.Version) == 0 {
			return b.why
		}
	}
	return ""
}

// embeddedList reads the list that is part of the program.
func embeddedList(grammars osv.Grammars) (*badList, error) {
	l, err := readList(EmbeddedName, bytes.NewReader(compromisedVersions), grammars, ListLimits{})
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the list of compromised versions in the program cannot be read")
	}
	return l, nil
}

// differ returns the packages of which two lists say different things.
func differ(old, new *badList) []assay.Coordinate {
	var out []assay.Coordinate
	same := func(a, b []badVersion) bool {
		if len(a) != len(b) {
			return false
		}
		for i := range a {
			if a[i] != b[i] {
				return false
			}
		}
		return true
	}
	var before, after map[assay.Coordinate][]badVersion
	if old != nil {
		before = old.versions
	}
	if new != nil {
		after = new.versions
	}
	for pkg, listed := range after {
		if !same(before[pkg], listed) {
			out = append(out, pkg)
		}
	}
	for pkg := range before {
		if _, ok := after[pkg]; !ok {
			out = append(out, pkg)
		}
	}
	return out
}

package archive

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

// checkName judges the name of an entry or the target of a link. Each check
// stops a way to write elsewhere, or to be taken for another file.
func checkName(name string, l Limits) error {
	problem := ""
	switch {
	case name == "":
		problem = "it is empty"
	case len(name) > l.Name:
		return assay.Errorf(assay.TooLarge, "the archive holds a name longer than %d bytes", l.Name)
	case !utf8.ValidString(name):
		problem = "it is not UTF-8"
	case strings.HasPrefix(name, "/"):
		problem = "it is absolute" // would be written anywhere
	case strings.Contains(name, `\`):
		problem = "it holds a backslash" // a separator on Windows
	case strings.Contains(name, ":"):
		problem = "it holds a colon" // a drive letter or a stream of another file on Windows
	case strings.Count(name, "/") >= l.Depth:
		return assay.Errorf(assay.TooLarge, "the archive holds a path of more than %d segments", l.Depth)
	default:
		problem = checkSegments(name)
	}
	if problem != "" {
		return assay.Errorf(assay.Invalid, "the archive holds an entry that must not be unpacked: the name %q is refused because %s", shown(name), problem)
	}
	return nil
}

func checkSegments(name string) string {
	before := rune(0)
	for _, r := range name {
		switch {
		case oddRune(r):
			return "it holds a character that is not shown or not a character"
		case composes(before, r):
			// Some file systems store the composed letter, some both: two
			// names that look the same would be one file here and two there.
			return "it holds a letter and its accent as two characters, where there is one for both"
		}
		before = r
	}
	for segment := range strings.SplitSeq(name, "/") {
		switch {
		case segment == "":
			return "it has an empty segment"
		case segment == "." || segment == "..":
			return "it has a dotted segment" // traversal
		case strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, " "):
			return "a segment ends in a dot or a blank" // Windows drops it: another file
		case strings.HasPrefix(segment, " "):
			return "a segment begins with a blank"
		case reserved(segment):
			return "a segment is the name of a device on Windows"
		}
	}
	return ""
}

// oddRune tells characters that hide themselves, reorder what is read, or are
// none: controls, format characters (bidirectional overrides, zero widths,
// tags), line separators, private use, and what stands for broken text.
func oddRune(r rune) bool {
	return r == utf8.RuneError || r == '\u00ad' || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef ||
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs, unicode.Variation_Selector)
}

// composes tells whether r is written as one character together with the one
// before it in ordinary text (Unicode's composed form).
func composes(before, r rune) bool {
	if r >= 0x1161 && r <= 0x11c2 { // jamo that join to a Hangul syllable
		return true
	}
	return unicode.Is(unicode.Mn, r) && unicode.In(before, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// reserved tells the names of devices on Windows, which stand for the device
// with any extension too.
func reserved(segment string) bool {
	base, _, _ := strings.Cut(strings.ToLower(segment), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	digit, ok := strings.CutPrefix(base, "com")
	if !ok {
		digit, ok = strings.CutPrefix(base, "lpt")
	}
	return ok && (len(digit) == 1 && digit[0] >= '1' && digit[0] <= '9' || digit == "¹" || digit == "²" || digit == "³")
}

// names finds entries that a file system could not tell apart. It knows every
// entry and every folder that is implied by one; the number of both is
// bounded, because a few long paths imply very many.
type names struct {
	limits Limits
	left   int // entries that may still come
	places map[string]place
	room   int // places that may still be noted
}

type place struct {
	name   string
	kind   Kind
	stated bool // by an entry of its own, not only implied
}

func newNames(l Limits) *names {
	return &names{limits: l, left: l.Entries, places: map[string]place{}, room: 4*l.Entries + l.Depth}
}

// add notes an entry, which has passed checkName.
func (n *names) add(name string, kind Kind) error {
	if n.left--; n.left < 0 {
		return assay.Errorf(assay.TooLarge, "the archive holds more than %d entries", n.limits.Entries)
	}
	key := fold(name)
	if err := n.note(name, key, place{name: name, kind: kind, stated: true}); err != nil {
		return err
	}
	// Folding keeps slashes, so the parent of a key is the key of the parent.
	for name, key = path.Dir(name), path.Dir(key); name != "."; name, key = path.Dir(name), path.Dir(key) {
		if old, known := n.places[key]; known && old.name == name && old.kind == Folder {
			return nil // and its parents with it
		}
		if err := n.note(name, key, place{name: name, kind: Folder}); err != nil {
			return err
		}
	}
	return nil
}

func (n *names) note(name, key string, p place) error {
	old, taken := n.places[key]
	problem := ""
	switch {
	case !taken:
		if n.room--; n.room < 0 {
			return assay.Errorf(assay.TooLarge, "the archive holds too many folders")
		}
	case old.name != name:
		return assay.Errorf(assay.Invalid, "the archive holds both %q and %q, which many file systems take for one", shown(old.name), shown(name))
	case old.kind != p.kind && (old.kind == Symlink || p.kind == Symlink):
		problem = "both as a link and as something else" // writing through the link
	case old.kind != p.kind:
		problem = "both as a folder and as something else"
	case old.stated && p.stated:
		problem = "twice" // the reader takes one, the reviewer the other
	default:
		p.stated = p.stated || old.stated
	}
	if problem != "" {
		return assay.Errorf(assay.Invalid, "the archive holds %q %s", shown(name), problem)
	}
	n.places[key] = p
	return nil
}

// link judges where a link points to.
func (n *names) link(name, target string, kind Kind) error {
	refuse := func(problem string) error {
		return assay.Errorf(assay.Invalid, "the archive holds a %s %q to %q, which %s", kind, shown(name), shown(target), problem)
	}
	if kind == Hardlink {
		// A hard link names an entry from the archive's root. Only one that
		// came before is certain to be the archive's own.
		if old, ok := n.places[fold(target)]; !ok || old.name != target || old.kind != File || !old.stated || target == name {
			return refuse("is no file that came before")
		}
		return nil
	}
	// "..": only in front. Behind another segment, which may itself be a
	// link, the text no longer says where it leads.
	depth := strings.Count(name, "/")
	rest := target
	for {
		after, up := strings.CutPrefix(rest, "../")
		if rest == ".." {
			after, up = "", true
		}
		if !up {
			break
		}
		if depth--; depth < 0 {
			return refuse("leads out of the archive")
		}
		if rest = after; rest == "" {
			return nil
		}
	}
	rest = strings.TrimPrefix(rest, "./")
	if err := checkName(rest, n.limits); err != nil {
		return refuse("cannot be followed safely")
	}
	return nil
}

// fold maps names that are equal under Unicode case folding to the same text:
// the smallest rune of each orbit.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}

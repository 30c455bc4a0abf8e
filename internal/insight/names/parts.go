package names

import (
	"strings"
	"unicode/utf8"
)

// maxTyped bounds what is compared letter by letter: nobody types a longer
// name by hand, and the work grows with the length. Longer names are still
// looked up whole.
const maxTyped = 64

// maxName bounds what is looked at at all. No registry takes a longer name.
const maxName = 512

// parts is a name taken apart. Letters are what is left of it in lower case
// when everything that separates words is left out; an edit of the letters is
// a slip of the finger, whatever stands between the words.
type parts struct {
	name  string // as given
	lower string
	// owner is the part of the name that its publisher had to own: a scope, a
	// host with its account, a group; "" where names are flat. base is the
	// rest.
	owner, base string
	letters     []byte
	owned       int    // how many of the letters are the owner's
	words       []word // of the whole name, in order
	ownerWords  int    // how many of the words are the owner's
}

// word is a run of letters between separators.
type word struct {
	text  string
	start int // where it begins among the letters
}

func take(name string) parts {
	p := parts{name: name, lower: strings.ToLower(name)}
	p.owner, p.base = splitOwner(p.lower)
	p.letters = make([]byte, 0, len(p.lower))
	begin := -1
	end := func(at int) {
		if begin < 0 {
			return
		}
		text := p.lower[begin:at]
		if begin < len(p.owner) {
			p.ownerWords++
		}
		p.words = append(p.words, word{text: text, start: len(p.letters) - len(text)})
		begin = -1
	}
	for i := 0; i < len(p.lower); i++ {
		if separates(p.lower[i]) {
			end(i)
			continue
		}
		if begin < 0 {
			begin = i
		}
		p.letters = append(p.letters, p.lower[i])
		if i < len(p.owner) {
			p.owned++
		}
	}
	end(len(p.lower))
	return p
}

// separates tells what stands between words in the names of any ecosystem.
func separates(c byte) bool {
	return c < utf8.RuneSelf && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
}

// splitOwner cuts a name where its publisher's own part ends: "@scope/name",
// "github.com/account/repository", "org.example/artifact". A host that gives
// accounts out is not an owner, the account on it is; and a path right below
// gopkg.in is an account's elsewhere, so that there the name itself is all.
func splitOwner(name string) (owner, base string) {
	first, rest, found := strings.Cut(name, "/")
	if !found || first == "gopkg.in" && !strings.Contains(rest, "/") {
		return "", name
	}
	if second, rest, found := strings.Cut(rest, "/"); found && strings.Contains(first, ".") {
		return first + "/" + second, rest
	}
	return first, rest
}

// account is the part of an owner that was chosen: without the host that it is
// on, or the domains above a Maven group.
func account(owner string) string {
	if i := strings.LastIndexByte(owner, '/'); i >= 0 {
		return owner[i+1:]
	}
	if owner != "" && owner[0] != '@' {
		return owner[strings.LastIndexByte(owner, '.')+1:]
	}
	return owner
}

// isVersion tells words that say which version something is: "2", "v3",
// "7.0" as "7" and "0".
func isVersion(w string) bool {
	w = strings.TrimPrefix(w, "v")
	if w == "" || len(w) > 4 {
		return false
	}
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

package badregistry

import (
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// holds says whether a namespace around the name is the owner's.
func holds(e assay.Ecosystem, name, owner string) bool {
	w := worldOf(e)
	if owner == publisherName && strings.HasPrefix(name, w.first) || owner == strangerName && strings.HasPrefix(name, w.second) {
		return true
	}
	return owner == houseName || e == assay.NPM && strings.HasPrefix(name, "@"+owner+"/")
}

// open says whether somebody who signed up may make a package of the name.
func (r *Registry) open(e assay.Ecosystem, name, owner string) bool {
	p := r.people[owner]
	return p != nil && !p.service && strings.HasPrefix(name, worldOf(e).first)
}

// proven says whether a name lies in a namespace with a known holder: what is
// in it misleads nobody.
func proven(e assay.Ecosystem, name string) bool {
	w := worldOf(e)
	return strings.HasPrefix(name, w.first) || strings.HasPrefix(name, w.second)
}

// unproven says whether a name lies in a namespace that reads like a domain
// that somebody owns, who has not proven it here.
func unproven(e assay.Ecosystem, name string) bool {
	if proven(e, name) {
		return false
	}
	first, _, in := strings.Cut(name, "/")
	switch e {
	case assay.PyPI, assay.Cargo: // their names have no namespaces
		return false
	case assay.Maven: // a group is a domain read backwards
		return in && slices.ContainsFunc([]string{"org.example", "com.example", "net.example"}, func(domain string) bool {
			return first == domain || strings.HasPrefix(first, domain+".")
		})
	case assay.Golang:
		return in && slices.ContainsFunc([]string{"example.org", "example.com", "example.net"}, func(domain string) bool {
			return first == domain || strings.HasSuffix(first, "."+domain)
		})
	}
	words := strings.FieldsFunc(strings.TrimPrefix(first, "@"), func(c rune) bool { return c == '-' || c == '.' || c == '_' })
	return in && len(words) > 1 && slices.ContainsFunc(words[1:], func(word string) bool {
		return slices.Contains([]string{"org", "com", "net", "io", "dev"}, word)
	})
}

// claimKey is how a claimed name is remembered.
func claimKey(e assay.Ecosystem, name string) string { return string(e) + " " + name }

// reserved says whether nobody may have the name. In Go the standard library
// has all paths whose first part is no domain.
func reserved(e assay.Ecosystem, name string) bool {
	if e == assay.Golang {
		first, _, _ := strings.Cut(name, "/")
		return !strings.Contains(first, ".")
	}
	return slices.ContainsFunc(worldOf(e).reserved, func(held string) bool {
		// One that begins with a slash is an artifact's in any group.
		return strings.EqualFold(held, name) || strings.HasPrefix(held, "/") && strings.HasSuffix(name, held)
	})
}

// twin is another package's name that reads the same, "" if there is none.
func (r *Registry) twin(e assay.Ecosystem, name string) string {
	read := lookalike(name)
	for other := range r.packages[e] {
		if other != name && lookalike(other) == read {
			return other
		}
	}
	return ""
}

// fold drops what readers overlook: case and separators.
func fold(name string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
}

// lookalike drops what the eye cannot tell apart.
func lookalike(name string) string {
	return strings.NewReplacer(
		"0", "o", "1", "l", "i", "l", "rn", "m", "vv", "w", "5", "s",
		// Cyrillic letters that are drawn like Latin ones.
		"\u0430", "a", "\u0435", "e", "\u043e", "o", "\u0441", "c", "\u0440", "p",
	).Replace(fold(name))
}

// near is the popular name that a new one could be mistaken for, "" if there
// is none. What lies in a namespace with a known holder is never held.
func near(e assay.Ecosystem, name string) string {
	if proven(e, name) {
		return ""
	}
	for _, p := range worldOf(e).popular {
		if p != name && misleads(e, name, p) {
			return p
		}
	}
	return ""
}

// misleads asks for each kind of likeness in turn.
func misleads(e assay.Ecosystem, name, popular string) bool {
	if alike(lookalike(name), lookalike(popular)) || sameWords(name, popular) {
		return true
	}
	if e == assay.Golang || e == assay.Maven {
		return strings.HasPrefix(name, popular+"-") || strings.HasPrefix(name, popular+".") || sameRepository(name, popular)
	}
	// A scope taken off or put on: babel-core for @babel/core, @x/lodash.
	if fold(bare(name)) == fold(bare(popular)) || lookalike(strings.ReplaceAll(strings.TrimPrefix(name, "@"), "/", "")) == lookalike(strings.ReplaceAll(strings.TrimPrefix(popular, "@"), "/", "")) {
		return true
	}
	// A brand with something before or behind it: lodash-pro, lodashjs, react2.
	if word := lookalike(bare(popular)); len(word) >= 4 && !strings.HasPrefix(popular, "@") {
		text := lookalike(bare(name))
		return strings.HasPrefix(text, word) || strings.HasSuffix(text, word)
	}
	return alike(lookalike(bare(name)), lookalike(bare(popular)))
}

// sameRepository says whether a path's last parts are those of a popular one,
// at another host or with another owner, or nearly so with the same owner.
func sameRepository(name, popular string) bool {
	a, b := strings.Split(name, "/"), strings.Split(popular, "/")
	if len(a) < 2 || len(b) < 2 {
		return false
	}
	if i := len(a) - 1; strings.HasPrefix(a[i], "v") && len(a[i]) <= 3 && len(a) > 2 { // a major version
		a = a[:i]
	}
	lastA, lastB := lookalike(a[len(a)-1]), lookalike(b[len(b)-1])
	switch {
	case lastA == lastB && len(lastA) >= 3:
		return true
	case len(a) == len(b) && slices.Equal(a[:len(a)-1], b[:len(b)-1]):
		return alike(lastA, lastB) || strings.HasPrefix(lastA, lastB) || strings.HasSuffix(lastA, lastB)
	}
	return strings.HasPrefix(lastA, lastB) && len(lastB) >= 5 || strings.HasSuffix(lastA, lastB) && len(lastB) >= 5
}

func bare(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// sameWords says whether two names are the same words in another order.
func sameWords(a, b string) bool {
	words := func(name string) []string {
		parts := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return strings.ContainsRune("-_./@", c) })
		slices.Sort(parts)
		return parts
	}
	x := words(a)
	return len(x) > 1 && slices.Equal(x, words(b))
}

// alike says whether one edit turns a into b: a letter left out, put in,
// changed, or two neighbours swapped. In long names two edits count.
func alike(a, b string) bool {
	if a == b {
		return true
	}
	short := min(len(a), len(b))
	if short < 4 {
		return false
	}
	most := 1
	if short >= 10 {
		most = 2
	}
	return distance(a, b) <= most
}

// distance is the number of edits between a and b, a swap of neighbours being
// one.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}

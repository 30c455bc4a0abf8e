package names

import "math"

// model is what the names of an ecosystem look like: which words they are
// made of, and which letters follow which. A slip mostly makes a word that
// nobody uses and letters that do not follow each other; an honest name that
// happens to stand near another does not.
type model struct {
	words    map[string]int32
	triples  [signs * signs * signs]int32
	pairs    [signs * signs]int32
	contains map[string]int32 // names that have the word beside others
}

// signs are the letters, one for all digits, one for what separates words and
// one for everything else.
const signs = 29

func sign(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return 2 + int(c-'a')
	case isDigit(c):
		return 28
	case separates(c):
		return 0
	}
	return 1
}

// learn adds what a name says, count times.
func (m *model) learn(p *parts, count int32) {
	if m.words == nil {
		m.words, m.contains = map[string]int32{}, map[string]int32{}
	}
	for _, w := range p.words {
		m.words[w.text] += count
		if len(p.words) > 1 {
			m.contains[w.text] += count
		}
	}
	eachTriple(p.lower, func(pair, triple int) {
		m.pairs[pair] += count
		m.triples[triple] += count
	})
}

// eachTriple calls fn for every sign of the text and the two before it, the
// end included.
func eachTriple(text string, fn func(pair, triple int)) {
	one, two := 0, 0
	for i := 0; i <= len(text); i++ {
		three := 0
		if i < len(text) {
			three = sign(text[i])
		}
		pair := one*signs + two
		fn(pair, pair*signs+three)
		one, two = two, three
	}
}

// surprise is how unexpected a text is, letter by letter: the sum and the
// largest of the negative logarithms of their probabilities. A name that the
// model has learned itself is left out of what it learned.
func (m *model) surprise(text string, learned bool) (sum, most float64) {
	own := 0.0
	if learned {
		own = 1
	}
	eachTriple(text, func(pair, triple int) {
		s := -math.Log((float64(m.triples[triple]) - own + 0.1) / (float64(m.pairs[pair]) - own + 0.1*signs))
		sum += s
		most = max(most, s)
	})
	return sum, most
}

// uses is how many popular names have a word, other than the name itself if
// that was learned.
func (m *model) uses(text string, learned bool) int32 {
	n := m.words[text]
	if learned {
		n--
	}
	return max(n, 0)
}

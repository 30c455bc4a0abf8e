package names

import "strings"

// measureWhole takes the measures of a target that the whole name is like.
func (q *question) measureWhole(e *Evidence, target *parts) {
	n := len(target.letters)
	e[ofLength] = float64(min(n, 16)) / 10
	e[ofShort] = float64(max(0, 7-n))
}

// measureSlip takes the measures of a slip: what came about by it, and where.
func (q *question) measureSlip(e *Evidence, target *parts, s edit) {
	sum, worst := q.c.model.surprise(target.lower, true)
	e[ofSurprise] = min(max((q.sum-sum)/5, -1), 3)
	e[ofWorst] = min(max((q.worst-worst)/3, -1), 2)
	if w, before := q.changed(target); w != "" {
		e[ofKnownWord] = log(q.c.model.uses(w, q.learned)) / 4
		if before > 0 {
			e[ofFamily] = log(q.c.model.uses(q.p.words[before-1].text, q.learned)) / 8
		}
	}
	if s.was != 0 && s.is != 0 && vowel(s.was) && vowel(s.is) {
		e[ofVowels] = 1
	}
	if s.is == 0 && s.was != 0 && (s.at > 0 && target.letters[s.at-1] == s.was || s.at+1 < len(target.letters) && target.letters[s.at+1] == s.was) {
		e[ofDouble] = 1
	}
	if e[byInsertion]+e[byKeyboard]+e[bySubstitution]+e[byOmission] > 0 {
		e[ofShortLoose] = e[ofShort]
	}
	switch last := s.at >= len(target.letters)-1; {
	case last && (s.was == 's' && s.is == 0 || s.is == 's' && s.was == 0):
		e[ofPlural] = 1
	case last:
		e[ofLast] = 1
	case s.at == 0:
		e[ofFirst] = 1
	}
}

// changed is the one word of the name that the target does not have, and how
// many words both have before it; "" if there are several, or if the words are
// cut elsewhere.
func (q *question) changed(target *parts) (changed string, before int) {
	if len(q.p.words) != len(target.words) {
		return "", 0
	}
	for i, w := range q.p.words {
		if w.text == target.words[i].text {
			continue
		}
		if changed != "" {
			return "", 0
		}
		changed, before = w.text, i
	}
	return changed, before
}

func vowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

func differs(a, b []byte) int {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return i
}

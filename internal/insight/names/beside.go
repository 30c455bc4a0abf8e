package names

import "strings"

// besideKnown finds a known name with something beside it: a version, or a
// word.
func (q *question) besideKnown() {
	if q.p.owner != "" {
		return
	}
	n := len(q.p.letters)
	starts := make([]bool, n+1) // where a word begins
	for _, w := range q.p.words {
		starts[w.start] = true
	}
	starts[n] = true
	var hashes [maxTyped + 1]uint64 // of the letters up to there
	var hash, power uint64 = 0, 1
	last := min(n-1, maxTyped)
	for cut := 1; cut <= last; cut++ {
		hash += value(q.p.letters[cut-1]) * power
		power *= factor
		hashes[cut] = hash
	}
	for cut := last; cut >= 3; cut-- {
		if q.beside(hashes[cut], q.p.letters[:cut], q.p.letters[cut:], false, starts[cut]) && starts[cut] {
			break // what the longest known name extends is its affair
		}
	}
	hash = 0
	last = max(1, n-maxTyped)
	for cut := n - 1; cut >= last; cut-- {
		hash = hash*factor + value(q.p.letters[cut])
		hashes[n-cut] = hash
	}
	for cut := last; cut <= n-3; cut++ {
		if q.beside(hashes[n-cut], q.p.letters[cut:], q.p.letters[:cut], true, starts[cut]) && starts[cut] {
			break
		}
	}
}

// beside says that the name is known followed by rest, or preceded by it, and
// tells whether there is such a known name.
func (q *question) beside(hash uint64, known, rest []byte, front, apart bool) (met bool) {
	text := string(rest)
	version := !front && (isVersion(text) || versions[text] || isVersion(strings.TrimRight(text, "0123456789")+"0") && isDigit(rest[0]))
	affix := languages[text] || claims[text] || tools[text]
	if !apart && !version && !affix && len(known) < 6 {
		return false
	}
	q.others(q.c.letters, hash, func(id int32, target *parts) {
		if string(target.letters) != string(known) || target.owner != "" || id >= min(q.c.listed, comboRanks) || !q.unseen(id) {
			return
		}
		met = true
		var e Evidence
		class := Combosquat
		switch {
		case version:
			class, e[byVersionSuffix] = VersionSuffix, 1
		case apart:
			e[byWordBeside] = 1
		default:
			e[byWordGlued] = 1
		}
		e[ofComboLength] = float64(min(len(known), 16)) / 10
		e[ofComboShort] = float64(max(0, 7-len(known)))
		e[ofGeneric] = log(q.c.model.contains[target.lower]) / 4
		e[ofCover] = float64(len(known)) / float64(len(known)+len(rest))
		if front {
			e[ofFront] = 1
		}
		switch {
		case languages[text]:
			e[ofLanguage] = 1
			if !apart {
				e[ofLanguageGlued] = 1
			}
			if front {
				e[ofLanguageFront] = 1
			}
		case claims[text]:
			e[ofClaim] = 1
		case tools[text]:
			e[ofTool] = 1
		case !version && q.c.model.uses(text, q.learned) == 0:
			e[ofStranger] = 1
		}
		e[ofMore] = float64(min(max(len(q.p.words)-len(target.words)-1, 0), 3))
		e[ofTargetWords] = float64(len(target.words))
		q.found(class, id, e)
	})
	return met
}

// besideLikeKnown finds a known name that was misspelt and stands beside other
// words: a slip away from a package that may well exist.
func (q *question) besideLikeKnown() {
	if q.p.owner != "" || len(q.p.words) < 2 {
		return
	}
	for i, w := range q.p.words {
		letters := []byte(w.text)
		if len(letters) < brandLeast || len(letters) > maxTyped || i >= brandWords || q.c.model.uses(w.text, q.learned) > 0 {
			continue
		}
		sum, worst := q.c.model.surprise(w.text, false)
		oneEdit(letters, func(hash uint64) {
			if !q.c.words.may(hash) {
				return
			}
			q.others(q.c.words, hash, func(id int32, target *parts) {
				s, ok := slip(target.letters, letters)
				if !ok || !q.unseen(id) {
					return
				}
				meant, worstMeant := q.c.model.surprise(target.lower, false)
				var e Evidence
				e[byWordMisspelt] = 1
				e[ofComboLength] = float64(min(len(target.letters), 16)) / 10
				e[ofBrand] = log(q.c.model.contains[target.lower]) / 4
				e[ofSurprise] = min(max((sum-meant)/5, -1), 3)
				e[ofWorst] = min(max((worst-worstMeant)/3, -1), 2)
				if i > 0 {
					e[ofFront] = 1
				}
				if s.at == len(target.letters)-1 || s.at == len(target.letters) {
					e[ofLast] = 1
				}
				q.found(Combosquat, id, e)
			})
		})
	}
}

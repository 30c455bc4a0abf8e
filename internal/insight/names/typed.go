package names

import "slices"

// sameLetters finds what differs by nothing but separators and capitals.
func (q *question) sameLetters() {
	q.others(q.c.letters, hashOf(q.p.letters), func(id int32, target *parts) {
		if string(target.letters) != string(q.p.letters) || !q.unseen(id) {
			return
		}
		var e Evidence
		class := Separator
		switch {
		case target.lower == q.p.lower && !ascii([]byte(q.p.name)):
			class, e[byLooks], e[ofForeign] = Homoglyph, 1, 1 // the Kelvin sign is a k in lower case
		case target.lower == q.p.lower:
			class, e[byCase] = Case, 1
		case target.owner != q.p.owner:
			class, e[byFlattening] = Scope, 1
			e[ofBareWords] = float64(min(len(target.words), 4))
		default:
			e[bySeparator] = 1
		}
		q.measureWhole(&e, target)
		q.found(class, id, e)
	})
}

// sameLooks finds what looks the same.
func (q *question) sameLooks() {
	looks := skeleton(make([]byte, 0, len(q.p.letters)), q.p.letters)
	same := func(id int32, target *parts) {
		if string(skeleton(nil, target.letters)) != string(looks) || !q.unseen(id) {
			return
		}
		var e Evidence
		e[byLooks] = 1
		q.measureWhole(&e, target)
		q.measureSlip(&e, target, edit{at: differs(target.letters, q.p.letters)})
		if !ascii(q.p.letters) {
			e[ofForeign] = 1
		}
		q.found(Homoglyph, id, e)
	}
	if string(looks) != string(q.p.letters) {
		q.others(q.c.letters, hashOf(looks), same)
	}
	q.others(q.c.skeletons, hashOf(looks), same)
}

// slips finds what is one slip away.
func (q *question) slips() {
	type near struct {
		id     int32
		target parts
		slip   edit
	}
	var all []near
	oneEdit(q.p.letters, func(hash uint64) {
		if len(all) == most || !q.c.letters.may(hash) {
			return
		}
		q.others(q.c.letters, hash, func(id int32, target *parts) {
			if len(all) == most {
				return
			}
			if s, ok := slip(target.letters, q.p.letters); ok && q.unseen(id) {
				all = append(all, near{id, *target, s})
			}
		})
	})
	for i := range all {
		n := &all[i]
		var e Evidence
		class := q.kind(&e, &n.target, n.slip)
		q.measureWhole(&e, &n.target)
		q.measureSlip(&e, &n.target, n.slip)
		e[ofCrowd] = log(len(all) - 1)
		q.found(class, n.id, e)
	}
}

// twoSlips finds what is two slips away.
func (q *question) twoSlips() {
	if len(q.p.letters) < farLeast-2 || len(q.p.letters) > maxTyped {
		return
	}
	var looked [4 * most]int32 // the same name is found by many hashes
	n := 0
	var room [sameMost]int32
	dropTwo(q.p.letters[:min(len(q.p.letters), farPrefix)], func(hash uint64) {
		for _, id := range q.c.far.find(hash, room[:0]) {
			if n == len(looked) || slices.Contains(looked[:n], id) {
				continue
			}
			looked[n] = id
			n++
			target, ok := q.other(id)
			if !ok || distance(target.letters, q.p.letters) != 2 || !q.unseen(id) {
				continue
			}
			var e Evidence
			e[byTwoSlips] = 1
			q.measureWhole(&e, &target)
			q.measureSlip(&e, &target, edit{at: differs(target.letters, q.p.letters)})
			q.found(MultiEdit, id, e)
		}
	})
}

// kind is the class of a slip, which is more than the slip itself where it
// changed the owner or a version's number.
func (q *question) kind(e *Evidence, target *parts, s edit) Class {
	switch {
	case s.at < target.owned && q.p.owner != "":
		e[byOwner], e[ofBoth] = 1, 1
		return Scope
	case target.owner != q.p.owner && (target.owner == "") != (q.p.owner == ""):
		e[byFlattening] = 1
		return Scope
	case (s.was == 0 || isDigit(s.was)) && (s.is == 0 || isDigit(s.is)):
		e[byVersionDigit] = 1
		return VersionSuffix
	}
	switch s.class {
	case Repetition:
		e[byRepetition] = 1
	case Omission:
		e[byOmission] = 1
	case Insertion:
		e[byInsertion] = 1
	case Transposition:
		e[byTransposition] = 1
	case Keyboard:
		e[byKeyboard] = 1
	default:
		e[bySubstitution] = 1
	}
	return s.class
}

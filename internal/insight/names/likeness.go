package names

import "slices"

// Likeness is one way in which a name may be taken for another.
type Likeness struct {
	Class  Class
	Target string
	Score  float64
	// Evidence is what the score was made of.
	Evidence Evidence
}

// Likenesses are all the names that a name may be taken for, in no order,
// even if it is well known itself: then as if it were not. It is for those
// who measure the Checker; Check is the answer.
func (c *Checker) Likenesses(name string) []Likeness {
	if c == nil || name == "" || len(name) > maxName {
		return nil
	}
	var all []Likeness
	c.compare(name, func(l Likeness) { all = append(all, l) })
	return all
}

// question is one name that is compared with all.
type question struct {
	c       *Checker
	p       parts
	self    int32       // its own rank, -1 if it has none
	learned bool        // the model knows it
	owner   int32       // its owner's place in the list, -1 if not known
	sum     float64     // how surprising it is, in all
	worst   float64     // and at its most surprising letter
	seen    [most]int32 // targets that it was compared with
	seenN   int
	say     func(Likeness)
}

// most is how many targets a name is compared with: one that is like more is
// so short that it is like everything.
const most = 48

func (c *Checker) compare(name string, say func(Likeness)) {
	q := &question{c: c, p: take(name), self: -1, owner: -1, say: say}
	if len(q.p.letters) == 0 {
		return
	}
	if id, ok := c.rank(name); ok {
		q.self, q.learned = id, id < modelRanks
	}
	if q.p.owner != "" {
		if id, ok := c.ownerOf(q.p.owner); ok {
			q.owner = id
		}
	}
	q.sum, q.worst = c.model.surprise(q.p.lower, q.learned)
	q.sameLetters()
	q.sameLooks()
	if len(q.p.letters) <= maxTyped {
		q.slips()
		q.likeOwner()
	}
	q.otherOwner()
	q.otherOrder()
	q.besideKnown()
	q.twoSlips()
	q.besideLikeKnown()
}

// others calls fn with the names that have the hash and are another's.
func (q *question) others(t *table, hash uint64, fn func(id int32, target *parts)) {
	var room [sameMost]int32
	for _, id := range t.find(hash, room[:0]) {
		if target, ok := q.other(id); ok {
			fn(id, &target)
		}
	}
}

// other takes a target apart, unless it is the name itself or belongs to the
// same owner.
func (q *question) other(id int32) (parts, bool) {
	name := q.c.names[id]
	if id == q.self || name == q.p.name || q.c.fold != nil && q.c.fold(q.p.name) == q.c.fold(name) {
		return parts{}, false
	}
	target := take(name)
	return target, q.p.owner == "" || target.owner != q.p.owner
}

// unseen tells whether a target is looked at for the first time, and marks it.
func (q *question) unseen(id int32) bool {
	if q.seenN == len(q.seen) || slices.Contains(q.seen[:q.seenN], id) {
		return false
	}
	q.seen[q.seenN] = id
	q.seenN++
	return true
}

// found says that the name is like a target, by what.
func (q *question) found(class Class, id int32, e Evidence) {
	if e[byWordBeside]+e[byWordGlued]+e[byWordMisspelt]+e[byVersionSuffix] == 0 {
		e[ofRank] = log(id) / 10
	}
	q.say(Likeness{Class: class, Target: q.c.names[id], Score: e.score(), Evidence: e})
}

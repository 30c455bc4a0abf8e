package names

// otherOwner finds a known package's name without its owner or with another.
func (q *question) otherOwner() {
	bare := q.p.letters[q.p.owned:]
	if len(bare) < 2 || q.owner >= 0 && q.self < 0 {
		return
	}
	say := func(kind signal) func(id int32, target *parts) {
		return func(id int32, target *parts) {
			if string(target.letters[target.owned:]) != string(bare) || !q.unseen(id) {
				return
			}
			var e Evidence
			e[kind] = 1
			e[ofLength] = float64(min(len(bare), 16)) / 10
			e[ofBareWords] = float64(min(len(target.words)-target.ownerWords, 4))
			e[ofSharing] = log(q.c.sharing[id])
			q.found(Scope, id, e)
		}
	}
	if q.p.owner == "" {
		q.others(q.c.bases, hashOf(bare), say(byOwnerless))
		return
	}
	q.others(q.c.letters, hashOf(bare), say(byOtherOwner))
	q.others(q.c.bases, hashOf(bare), say(byOtherOwner))
}

// likeOwner finds an owner that looks like a known one: who registers such a
// one can publish any name below it.
func (q *question) likeOwner() {
	if q.p.owner == "" || q.owner >= 0 {
		return
	}
	own := q.p.letters[:q.p.owned]
	like := func(hash uint64, near func(known []byte) bool) {
		if !q.c.owners.may(hash) {
			return
		}
		var room [sameMost]int32
		for _, i := range q.c.owners.find(hash, room[:0]) {
			known := q.c.ownerList[i]
			if known.name == q.p.owner || !near(lettersOf(known.name)) {
				continue
			}
			id, both := known.best, 0.0
			if same, ok := q.c.rank(known.name + "/" + q.p.base); ok {
				id, both = same, 1
			}
			if !q.unseen(id) {
				continue
			}
			var e Evidence
			e[byOwner], e[ofBoth] = 1, both
			chosen := len(account(known.name))
			e[ofLength] = float64(min(chosen, 16)) / 10
			e[ofShort] = float64(max(0, 7-chosen))
			q.found(Scope, id, e)
		}
	}
	like(hashOf(own), func(known []byte) bool { return string(known) == string(own) })
	oneEdit(own, func(hash uint64) {
		like(hash, func(known []byte) bool { _, ok := slip(known, own); return ok })
	})
	// The known owner's name and a word or a number more.
	for cut := len(own) - 1; cut >= 4; cut-- {
		like(hashOf(own[:cut]), func(known []byte) bool {
			rest := string(own[cut:])
			return string(known) == string(own[:cut]) && (len(rest) <= 2 || isVersion(rest) || languages[rest] || claims[rest] || versions[rest])
		})
	}
}

func lettersOf(name string) []byte { return take(name).letters }

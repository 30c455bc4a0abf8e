package names

// otherOrder finds the same words in another order.
func (q *question) otherOrder() {
	if len(q.p.words) < 2 {
		return
	}
	q.others(q.c.orders, orderHash(&q.p), func(id int32, target *parts) {
		if !sameWords(&q.p, target) || !q.unseen(id) {
			return
		}
		var e Evidence
		e[byOrder] = 1
		q.measureWhole(&e, target)
		q.found(WordOrder, id, e)
	})
}

// orderHash is the same for names that have the same words.
func orderHash(p *parts) uint64 {
	h := uint64(len(p.words))
	for _, w := range p.words {
		h += mixed(hashOf([]byte(w.text)))
	}
	return h
}

func sameWords(a, b *parts) bool {
	if len(a.words) != len(b.words) {
		return false
	}
	count := func(p *parts, text string) (n int) {
		for _, w := range p.words {
			if w.text == text {
				n++
			}
		}
		return n
	}
	for _, w := range a.words {
		if count(a, w.text) != count(b, w.text) {
			return false
		}
	}
	return true
}

package names

// alphabet is what a slip of the finger puts in the place of a letter.
const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"

// oneEdit calls fn with the hash of every text that is one slip away from
// the letters: one left out, one more, one for another, two swapped. A few
// come twice.
func oneEdit(letters []byte, fn func(hash uint64)) {
	var after [maxTyped + 1]uint64 // after[i] is the hash's part from letter i on
	var powers [maxTyped + 1]uint64
	n := len(letters)
	power := uint64(1)
	for i := range n + 1 {
		powers[i] = power
		power *= factor
	}
	for i := n - 1; i >= 0; i-- {
		after[i] = after[i+1] + value(letters[i])*powers[i]
	}
	whole, before := after[0], uint64(0)
	for i := 0; ; i++ {
		longer := before + after[i]*factor
		for j := range len(alphabet) {
			fn(longer + value(alphabet[j])*powers[i])
		}
		if i == n {
			return
		}
		own := value(letters[i])
		fn(before + after[i+1]*inverse)
		for j := range len(alphabet) {
			if alphabet[j] != letters[i] {
				fn(whole + (value(alphabet[j])-own)*powers[i])
			}
		}
		if i+1 < n && letters[i] != letters[i+1] {
			next := value(letters[i+1])
			fn(whole + (next-own)*powers[i] + (own-next)*powers[i+1])
		}
		before += own * powers[i]
	}
}

// dropTwo calls fn with the hash of the letters, and of what is left when one
// or two of them are left out. Two texts that are two slips apart share one
// of these.
func dropTwo(letters []byte, fn func(hash uint64)) {
	fn(hashOf(letters))
	for i := range letters {
		var h, power uint64 = 0, 1
		for j, c := range letters {
			if j != i {
				h += value(c) * power
				power *= factor
			}
		}
		fn(h)
		// Leaving out a second letter after i only moves what follows it.
		h, power = 0, 1
		for j := range i {
			h += value(letters[j]) * power
			power *= factor
		}
		tail := uint64(0)
		rest := power
		for j := i + 1; j < len(letters); j++ {
			tail += value(letters[j]) * rest
			rest *= factor
		}
		// tail holds i+1.. at positions i..; drop j from it in turn.
		front, at := uint64(0), power
		for j := i + 1; j < len(letters); j++ {
			own := value(letters[j]) * at
			tail -= own
			fn(h + front + tail*inverse)
			front += own
			at *= factor
		}
	}
}

// edit is how one text became another by one slip.
type edit struct {
	class Class
	at    int  // where in the text that was meant
	was   byte // what stood there, 0 for nothing
	is    byte // what stands there instead, 0 for nothing
}

// slip tells by which slip meant became typed, and false if it took more
// than one.
func slip(meant, typed []byte) (edit, bool) {
	i := 0
	for i < len(meant) && i < len(typed) && meant[i] == typed[i] {
		i++
	}
	m, t := meant[i:], typed[i:]
	switch {
	case len(m) == len(t)+1 && string(m[1:]) == string(t):
		return edit{class: Omission, at: i, was: m[0]}, true
	case len(t) == len(m)+1 && string(t[1:]) == string(m):
		e := edit{class: Insertion, at: i, is: t[0]}
		// A letter repeated is found behind the one it repeats.
		if i > 0 && typed[i-1] == t[0] {
			e.class = Repetition
		}
		return e, true
	case len(m) != len(t) || len(m) == 0:
		return edit{}, false
	case string(m[1:]) == string(t[1:]):
		e := edit{class: Substitution, at: i, was: m[0], is: t[0]}
		if neighbours(m[0], t[0]) {
			e.class = Keyboard
		}
		return e, true
	case len(m) >= 2 && m[0] == t[1] && m[1] == t[0] && string(m[2:]) == string(t[2:]):
		return edit{class: Transposition, at: i, was: m[0], is: m[1]}, true
	}
	return edit{}, false
}

// distance counts the slips between two texts: optimal string alignment,
// given up above two.
func distance(a, b []byte) int {
	const over = 3
	if len(a)-len(b) >= over || len(b)-len(a) >= over || len(a) > maxTyped || len(b) > maxTyped {
		return over
	}
	var rows [3][maxTyped + 1]int
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above := &rows[i%3], &rows[(i+2)%3]
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			d := above[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[(i+1)%3][j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least >= over {
			return over
		}
	}
	return min(rows[len(a)%3][len(b)], over)
}

package names

import "math/bits"

// A name's letters are hashed as a polynomial, so that the hash of a name
// with one letter changed, added, left out or swapped is a few
// multiplications away and the whole neighbourhood of a name can be asked
// for in microseconds. A collision costs a comparison and nothing else: what
// a table finds is always compared letter by letter.
const (
	factor uint64 = 0x9e3779b97f4a7c15 // odd, so that it has an inverse
	mixer  uint64 = 0xff51afd7ed558ccd

	filterBits = 16 // of the filter for each entry
)

// inverse is factor's inverse modulo 2^64, by Newton's iteration.
var inverse = func() uint64 {
	x := factor
	for range 6 {
		x *= 2 - factor*x
	}
	return x
}()

// value spreads a letter over the hash.
func value(c byte) uint64 { return (uint64(c) + 1) * mixer }

func hashOf(letters []byte) uint64 {
	var h, power uint64 = 0, 1
	for _, c := range letters {
		h += value(c) * power
		power *= factor
	}
	return h
}

func mixed(h uint64) uint64 {
	h ^= h >> 32
	h *= mixer
	return h ^ h>>29
}

// table finds the entries that have a hash. It is open addressing over a
// filter that says no to almost all that is not there, small enough to stay
// in the processor's caches.
type table struct {
	slots  []slot
	filter []uint64
}

type slot struct {
	tag   uint32
	entry int32 // one more than the entry; 0 is empty
}

func newTable(entries int) *table {
	slots := 1 << bits.Len(uint(entries+entries/2+1))
	words := 1 << bits.Len(uint(entries*filterBits/64))
	return &table{slots: make([]slot, slots), filter: make([]uint64, words)}
}

// add adds an entry, unless there are most of that hash already: the best
// known come first, and a list that is made to collide must not make long
// chains. It returns the first of that hash, itself if it is the only one.
func (t *table) add(hash uint64, entry int32, most int) (first int32) {
	h := mixed(hash)
	word, mask := t.place(h)
	t.filter[word] |= mask
	first = entry
	for i, seen := h&uint64(len(t.slots)-1), 0; ; i = (i + 1) & uint64(len(t.slots)-1) {
		s := &t.slots[i]
		if s.entry == 0 {
			*s = slot{tag: uint32(h >> 32), entry: entry + 1}
			return first
		}
		if s.tag == uint32(h>>32) {
			if seen == 0 {
				first = s.entry - 1
			}
			if seen++; seen >= most {
				return first
			}
		}
	}
}

// place is the word of the filter, and the bits in it, that stand for a hash.
func (t *table) place(h uint64) (word uint64, mask uint64) {
	return h >> 16 & uint64(len(t.filter)-1), 1<<(h>>40&63) | 1<<(h>>46&63) | 1<<(h>>52&63)
}

// may tells in the time of one look into memory that nothing has the hash, for
// almost all that nothing has.
func (t *table) may(hash uint64) bool {
	word, mask := t.place(mixed(hash))
	return t.filter[word]&mask == mask
}

// find appends the entries whose hash this may be, while dst has room.
func (t *table) find(hash uint64, dst []int32) []int32 {
	if !t.may(hash) {
		return dst
	}
	h := mixed(hash)
	for i := h & uint64(len(t.slots)-1); t.slots[i].entry != 0 && len(dst) < cap(dst); i = (i + 1) & uint64(len(t.slots)-1) {
		if t.slots[i].tag == uint32(h>>32) {
			dst = append(dst, t.slots[i].entry-1)
		}
	}
	return dst
}

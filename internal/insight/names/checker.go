package names

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// Class is how a name differs from the one that it looks like.
type Class string

// The classes; the package comment shows each.
const (
	Omission      Class = "omission"
	Insertion     Class = "insertion"
	Repetition    Class = "repetition"
	Transposition Class = "transposition"
	Keyboard      Class = "keyboard"
	Substitution  Class = "substitution"
	MultiEdit     Class = "multi-edit"
	Homoglyph     Class = "homoglyph"
	Separator     Class = "separator"
	Case          Class = "case"
	WordOrder     Class = "word-order"
	VersionSuffix Class = "version-suffix"
	Scope         Class = "scope"
	Combosquat    Class = "combosquat"
)

// Popular is a name that is used much, and how much: downloads, dependents,
// or whatever else orders the names of one list.
type Popular struct {
	Name   string
	Weight float64
}

// Scores. If the Checker did not know which names are popular, it would find
// one in ten of the popular names that stand near another from Threshold on,
// one in a hundred from Likely, and one in a thousand from Sure; bench/names
// measures it. As it does know them, it finds none of these.
const (
	Threshold = 0.5 // from which Check speaks of a name
	Likely    = 0.78
	Sure      = 0.89
)

// Bounds on what is looked for, by rank: the further down a name stands, the
// less there is to gain from looking like it, and the more honest names look
// like it.
const (
	modelRanks = 20_000  // names from which is learned what names look like
	ownerRanks = 100_000 // names whose owners and words in another order are known
	comboRanks = 20_000  // names that are a brand
	farRanks   = 10_000  // names that are known at two slips' distance
	farLeast   = 7       // letters that a name needs for that
	farPrefix  = 9       // letters by which it is looked for
	brandLeast = 6       // letters of a brand that is found misspelt beside words
	brandWords = 6       // words of a name that are looked at for that
	sameMost   = 8       // names kept of those that share their letters
)

// Checker knows the names that are used most. It is immutable; a nil one
// knows no names.
type Checker struct {
	names  []string // by falling weight: the index is the rank; then the brands
	listed int32    // how many of them were on the list
	fold   func(string) string

	whole     *table // by the name as it is
	letters   *table // by its letters
	skeletons *table // by what the letters look like, where that differs
	bases     *table // by the letters without the owner's
	sharing   map[int32]int32
	orders    *table // by the words in alphabetical order
	owners    *table // by the owner's letters
	ownerList []owner
	words     *table // names of one word by their letters
	far       *table // by the letters without any two
	model     model
}

// owner is one who publishes popular names.
type owner struct {
	name string
	best int32 // the most popular of them
}

// New makes a checker of names and how much they are used. Names that come
// twice count once. Lists of a million names are fine; everything on the list
// counts as well known, so that a list of all there is finds something only
// in what is new.
func New(list []Popular) *Checker { return build(list, nil, nil, languageOf("")) }

// NewFor is New for an ecosystem: where it takes several spellings for one
// name, these never look like each other; and a slip away from a product that
// everyone knows is found, whether or not a package is called like it.
func NewFor(eco assay.Ecosystem, list []Popular) *Checker {
	return build(list, brands(), folds[eco], languageOf(""))
}

// build makes a checker. From language, names of other lists, it learns what
// names look like, beside the list's own.
func build(list, brands []Popular, fold func(string) string, language [][]Popular) *Checker {
	ordered := slices.Clone(list)
	slices.SortStableFunc(ordered, func(a, b Popular) int { return cmp.Compare(b.Weight, a.Weight) })
	listed := len(ordered)
	ordered = append(ordered, brands...)
	n := len(ordered)
	c := &Checker{
		names: make([]string, 0, n), fold: fold,
		whole: newTable(n), letters: newTable(n), skeletons: newTable(n),
		bases: newTable(min(n, ownerRanks)), orders: newTable(min(n, ownerRanks)), owners: newTable(min(n, ownerRanks)),
		words: newTable(min(n, comboRanks)), sharing: map[int32]int32{},
	}
	var looks []byte
	far := map[int32][]byte{}
	for i, popular := range ordered {
		if i == listed {
			c.listed = int32(len(c.names))
		}
		if popular.Name == "" || len(popular.Name) > maxName || c.has(popular.Name) {
			continue
		}
		id := int32(len(c.names))
		c.names = append(c.names, popular.Name)
		c.whole.add(c.key(popular.Name), id, n)
		p := take(popular.Name)
		h := hashOf(p.letters)
		c.letters.add(h, id, sameMost)
		if looks = skeleton(looks[:0], p.letters); string(looks) != string(p.letters) {
			c.skeletons.add(hashOf(looks), id, sameMost)
		}
		if id < ownerRanks {
			c.addOwned(id, &p)
		}
		if i < min(listed, comboRanks) && p.owner == "" && len(p.words) == 1 && len(p.letters) >= brandLeast-1 {
			c.words.add(h, id, sameMost)
		}
		if id < farRanks && p.far() {
			far[id] = p.letters
		}
		if id < modelRanks {
			c.model.learn(&p, 1)
		}
	}
	if listed == n {
		c.listed = int32(len(c.names))
	}
	for _, others := range language {
		for _, other := range others[:min(len(others), modelRanks)] {
			p := take(other.Name)
			c.model.learn(&p, 1)
		}
	}
	c.addFar(far)
	return c
}

// addOwned enters the name by the part that its owner did not have to own,
// by its owner, and by its words.
func (c *Checker) addOwned(id int32, p *parts) {
	if p.owner != "" {
		first := c.bases.add(hashOf(p.letters[p.owned:]), id, 1)
		if first != id {
			c.sharing[first]++
		}
		if _, known := c.ownerOf(p.owner); !known {
			c.owners.add(hashOf(p.letters[:p.owned]), int32(len(c.ownerList)), sameMost)
			c.ownerList = append(c.ownerList, owner{name: p.owner, best: id})
		}
	}
	if len(p.words) > 1 {
		c.orders.add(orderHash(p), id, sameMost)
	}
}

// addFar enters names by what is left of their letters without any two, as far
// as they are looked at for that.
func (c *Checker) addFar(letters map[int32][]byte) {
	count := 0
	for _, l := range letters {
		n := min(len(l), farPrefix)
		count += 1 + n + n*(n-1)/2
	}
	c.far = newTable(count)
	for id := range int32(min(len(c.names), farRanks)) { // the best known first
		if l, ok := letters[id]; ok {
			dropTwo(l[:min(len(l), farPrefix)], func(hash uint64) { c.far.add(hash, id, sameMost) })
		}
	}
}

// far tells whether a name is long enough to be told at two slips' distance,
// and short enough to be typed.
func (p *parts) far() bool { return len(p.letters) >= farLeast && len(p.letters) <= maxTyped }

// key is the hash of the name as it is, or as it is spelt where several
// spellings are one name.
func (c *Checker) key(name string) uint64 {
	if c.fold != nil {
		name = c.fold(name)
	}
	return hashOf([]byte(name))
}

// has tells whether a name is on the list.
func (c *Checker) has(name string) bool {
	_, ok := c.rank(name)
	return ok
}

func (c *Checker) rank(name string) (int32, bool) {
	var found [sameMost]int32
	for _, id := range c.whole.find(c.key(name), found[:0]) {
		listed := c.names[id]
		if listed == name || c.fold != nil && c.fold(listed) == c.fold(name) {
			return id, true
		}
	}
	return 0, false
}

// ownerOf finds an owner among those who publish popular names. Who has a
// Maven group has those below it.
func (c *Checker) ownerOf(name string) (int32, bool) {
	for {
		var found [sameMost]int32
		for _, id := range c.owners.find(hashOf(take(name).letters), found[:0]) {
			if c.ownerList[id].name == name {
				return id, true
			}
		}
		up := strings.LastIndexByte(name, '.')
		if up < 0 || strings.ContainsAny(name, "@/") || !strings.Contains(name[:up], ".") {
			return 0, false
		}
		name = name[:up]
	}
}

// Len is how many names the checker knows.
func (c *Checker) Len() int {
	if c == nil {
		return 0
	}
	return int(c.listed)
}

// Known tells whether the name is one of the popular ones itself or a brand,
// or belongs to the owner of a popular one.
func (c *Checker) Known(name string) bool {
	if c == nil || name == "" || len(name) > maxName {
		return false
	}
	if c.has(name) {
		return true
	}
	p := take(name)
	if p.owner == "" {
		return false
	}
	_, known := c.ownerOf(p.owner)
	return known
}

// Check tells whether a name looks like a better known one, and like which.
// A name that is well known itself never does.
func (c *Checker) Check(name string) (assay.NameFinding, bool) {
	best, ok := c.Nearest(name)
	if !ok || best.Score < Threshold {
		return assay.NameFinding{}, false
	}
	return best, true
}

// Nearest is the likeliest target of a name that is not well known itself,
// however unlikely, and false if there is none at all.
func (c *Checker) Nearest(name string) (assay.NameFinding, bool) {
	if c == nil || len(name) > maxName || c.Known(name) {
		return assay.NameFinding{}, false
	}
	var best Likeness
	c.compare(name, func(l Likeness) {
		if l.Score > best.Score {
			best = l
		}
	})
	return assay.NameFinding{Class: string(best.Class), Target: best.Target, Score: math.Round(best.Score*1000) / 1000}, best.Target != ""
}

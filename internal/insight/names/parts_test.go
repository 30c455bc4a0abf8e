package names

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestTake(t *testing.T) {
	for _, c := range []struct{ what, name, owner, letters, words string }{
		{"a flat name", "cross-env", "", "crossenv", "cross env"},
		{"a scoped one", "@babel/Core", "@babel", "babelcore", "babel core"},
		{"a module", "github.com/spf13/cobra", "github.com/spf13", "githubcomspf13cobra", "github com spf13 cobra"},
		{"a module on a host of its own", "k8s.io/api", "k8s.io", "k8sioapi", "k8s io api"},
		{"a module at the host that numbers versions", "gopkg.in/yaml.v3", "", "gopkginyamlv3", "gopkg in yaml v3"},
		{"the same with an account", "gopkg.in/acme/yaml.v3", "gopkg.in/acme", "gopkginacmeyamlv3", "gopkg in acme yaml v3"},
		{"an artifact", "org.slf4j/slf4j-api", "org.slf4j", "orgslf4jslf4japi", "org slf4j slf4j api"},
		{"letters of another alphabet", "r\u0435act.js", "", "r\u0435actjs", "r\u0435act js"},
		{"separators in front and behind", "_a--b_", "", "ab", "a b"},
	} {
		p := take(c.name)
		var words []string
		for i, w := range p.words {
			words = append(words, w.text)
			if string(p.letters[w.start:w.start+len(w.text)]) != w.text {
				t.Errorf("%s: the word %d does not begin at letter %d", c.what, i, w.start)
			}
		}
		if p.owner != c.owner || string(p.letters) != c.letters || strings.Join(words, " ") != c.words {
			t.Errorf("%s: %q, %q, %q", c.what, p.owner, p.letters, words)
		}
		if string(p.letters[:p.owned]) != string(take(p.owner).letters) {
			t.Errorf("%s: the owner has %d letters of %q", c.what, p.owned, p.letters)
		}
	}
}

func TestSkeleton(t *testing.T) {
	for _, c := range []struct {
		what, a, b string
		alike      bool
	}{
		{"0 and o", "fo0", "foo", true},
		{"1 and l", "htm1", "html", true},
		{"i and l", "jeilyfish", "jellyfish", true},
		{"rn and m", "nurnpy", "numpy", true},
		{"vv and w", "vvheel", "wheel", true},
		{"Cyrillic", "\u0440\u0443\u0440\u0456", "pypi", true},
		{"Greek", "n\u03bfde", "node", true},
		{"Armenian", "\u0578ode", "node", true},
		{"full width", "\uff4eode", "node", true},
		{"a mark of its own", "node\u0301", "node", true},
		{"letters that make two", "\u00e6sop", "aesop", true},
		{"r and n apart by a letter", "ran", "ram", false},
		{"a letter that looks like nothing else", "\u0416ode", "node", false},
		{"another letter", "nose", "node", false},
	} {
		a, b := skeleton(nil, []byte(c.a)), skeleton(nil, []byte(c.b))
		if (string(a) == string(b)) != c.alike {
			t.Errorf("%s: %s looks like %q, %s like %q", c.what, c.a, a, c.b, b)
		}
	}
}

func TestNeighbours(t *testing.T) {
	for pair, want := range map[string]bool{"as": true, "sa": true, "aq": true, "aw": true, "az": true, "sz": true, "sw": true, "se": true, "sd": true, "1q": true, "2q": true, "0p": true,
		"ae": false, "ax": false, "aa": false, "ql": false, "q9": false, "-p": false} {
		if neighbours(pair[0], pair[1]) != want {
			t.Errorf("%s touch each other: %v", pair, !want)
		}
	}
}

func TestSlip(t *testing.T) {
	for _, c := range []struct {
		what, meant, typed string
		class              Class
		at                 int
	}{
		{"left out", "lodash", "lodsh", Omission, 3},
		{"left out in front", "lodash", "odash", Omission, 0},
		{"left out behind", "lodash", "lodas", Omission, 5},
		{"one of two left out", "commander", "comander", Omission, 3},
		{"too many", "lodash", "lodaxsh", Insertion, 4},
		{"too many behind", "lodash", "lodashx", Insertion, 6},
		{"twice", "lodash", "loddash", Repetition, 3},
		{"twice in front", "lodash", "llodash", Repetition, 1},
		{"swapped", "lodash", "lodahs", Transposition, 4},
		{"beside", "lodash", "lodaah", Keyboard, 4},
		{"another", "lodash", "lodakh", Substitution, 4},
		{"the same", "lodash", "lodash", "", 0},
		{"two", "lodash", "ldoahs", "", 0},
		{"nothing", "", "", "", 0},
		{"from nothing", "", "a", Insertion, 0},
	} {
		e, one := slip([]byte(c.meant), []byte(c.typed))
		if e.class != c.class || e.at != c.at || one != (c.class != "") {
			t.Errorf("%s: %s for %s is %v, %v", c.what, c.typed, c.meant, e, one)
		}
	}
}

// word is a random text of few letters, so that slips meet.
func randomWord(r *rand.Rand, longest int) []byte {
	text := make([]byte, 1+r.IntN(longest))
	for i := range text {
		text[i] = "abc1"[r.IntN(4)]
	}
	return text
}

// TestOneEditIsWhatSlipSays compares the two ends: each text one slip away is
// enumerated, and all that is enumerated is one slip away.
func TestOneEditIsWhatSlipSays(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		typed, meant := randomWord(r, 6), randomWord(r, 6)
		hashes := map[uint64]bool{}
		oneEdit(typed, func(h uint64) { hashes[h] = true })
		_, one := slip(meant, typed)
		if hashes[hashOf(meant)] != one {
			t.Fatalf("%s for %s: one slip: %v, enumerated: %v", typed, meant, one, !one)
		}
		if d := distance(meant, typed); (d == 1) != one || (d == 0) != (string(meant) == string(typed)) {
			t.Fatalf("%s for %s: one slip: %v, distance %d", typed, meant, one, d)
		}
	}
}

// TestDropTwoMeetsAtTwoSlips: texts two slips apart share a hash.
func TestDropTwoMeetsAtTwoSlips(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	met := 0
	for range 20000 {
		a, b := randomWord(r, 8), randomWord(r, 8)
		if len(a) < 3 || len(b) < 3 || distance(a, b) != 2 {
			continue
		}
		met++
		var one, other []uint64
		dropTwo(a, func(h uint64) { one = append(one, h) })
		dropTwo(b, func(h uint64) { other = append(other, h) })
		if !slices.ContainsFunc(one, func(h uint64) bool { return slices.Contains(other, h) }) {
			t.Fatalf("%s and %s are two slips apart and share nothing", a, b)
		}
		if n := len(a); len(one) != 1+n+n*(n-1)/2 {
			t.Fatalf("of %d letters %d texts are left", n, len(one))
		}
	}
	if met < 100 {
		t.Fatalf("only %d pairs were two slips apart", met)
	}
}

func TestTable(t *testing.T) {
	table := newTable(1000)
	for i := range int32(1000) {
		if first := table.add(hashOf(fmt.Append(nil, "kettle", i)), i, 1); first != i {
			t.Fatalf("%d is taken for %d", i, first)
		}
	}
	room := make([]int32, 0, 4)
	for i := range int32(1000) {
		if found := table.find(hashOf(fmt.Append(nil, "kettle", i)), room); !slices.Contains(found, i) {
			t.Errorf("%d is not found, but %v", i, found)
		}
	}
	strangers := 0
	for i := range 10_000 {
		strangers += len(table.find(hashOf(fmt.Append(nil, "teapot", i)), room))
	}
	if strangers > 0 {
		t.Errorf("%d of 10000 strangers are taken for something", strangers)
	}
	same := newTable(10)
	for i := range int32(10) {
		if first := same.add(1, i, 3); first != 0 {
			t.Errorf("the first of the same is %d", first)
		}
	}
	if found := same.find(1, make([]int32, 0, 10)); !slices.Equal(found, []int32{0, 1, 2}) {
		t.Errorf("of ten that share a hash %v are kept, want the first three", found)
	}
	if found := same.find(1, make([]int32, 0, 2)); len(found) != 2 {
		t.Errorf("%d are found where there is room for 2", len(found))
	}
}

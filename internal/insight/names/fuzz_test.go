package names

import (
	"slices"
	"testing"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

// FuzzCheck: whatever the name, there is an answer, it names a popular name
// that is another, and it is the same the next time.
func FuzzCheck(f *testing.F) {
	for _, seed := range append(asked(), "", "@", "@/", "/", "a/b/c", "\xff", "r\u0435act", "\u212a", "L\u0130T", "types-node", "org.slf4j/slf4j-api", "v2", "lodash-1-2-3") {
		f.Add(seed)
	}
	c, _ := Default(assay.NPM)
	f.Fuzz(func(t *testing.T, name string) {
		near, found := c.Nearest(name)
		if again, ok := c.Nearest(name); again != near || ok != found {
			t.Fatalf("%q looks like %v, and then like %v", name, near, again)
		}
		if !found {
			if near != (assay.NameFinding{}) {
				t.Errorf("%q looks like nothing, and like %v", name, near)
			}
			return
		}
		if near.Target == name || !c.has(near.Target) || near.Score < 0 || near.Score > 1 || near.Class == "" || c.Known(name) {
			t.Errorf("%q looks like %v", name, near)
		}
		for _, l := range c.Likenesses(name) {
			if l.Score > near.Score+0.001 {
				t.Errorf("%q looks more like %v than like %v", name, l, near)
			}
		}
	})
}

// FuzzTake: the letters are the name without its separators, and the words
// make up the letters.
func FuzzTake(f *testing.F) {
	for _, seed := range append(asked(), "@a/b", "a/b/c", "\xff\x00", "\u0130") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p := take(name)
		var letters []byte
		for _, w := range p.words {
			letters = append(letters, w.text...)
		}
		if !slices.Equal(letters, p.letters) || p.owned > len(p.letters) || p.ownerWords > len(p.words) {
			t.Errorf("%q is %+v", name, p)
		}
		if looks := skeleton(nil, p.letters); utf8.ValidString(name) && !utf8.Valid(looks) {
			t.Errorf("%q looks like %q, which is no text", name, looks)
		}
	})
}

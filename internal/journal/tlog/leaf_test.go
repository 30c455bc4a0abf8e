package tlog

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func someLeaf() Leaf {
	return Leaf{Kind: assay.EventPublished, Time: time.Date(2026, 3, 1, 12, 0, 0, 5000, time.UTC), Ecosystem: assay.NPM,
		Commitment: Commit(bytes.Repeat([]byte{7}, SaltSize), []byte(`{"by":"x"}`))}
}

func TestLeafIsThisText(t *testing.T) {
	// The format is for ever: if this test has to change, old logs break.
	want := "assay event v1\nkind published\ntime 2026-03-01T12:00:00.000005Z\necosystem npm\n" +
		"commitment f6572d0da4546250acc8d1c702d5bd26fed9dad8c329329c67464e43404ac246\n"
	if got := string(someLeaf().Bytes()); got != want {
		t.Errorf("a leaf is\n%s", got)
	}
}

func TestLeafReadsBack(t *testing.T) {
	for name, change := range map[string]func(*Leaf){
		"as it is":                     func(*Leaf) {},
		"no ecosystem":                 func(l *Leaf) { l.Ecosystem = "" },
		"an ecosystem that is a dash":  func(l *Leaf) { l.Ecosystem = "-" },
		"a kind with a newline":        func(l *Leaf) { l.Kind = "a\ntime 2000-01-01T00:00:00.000000Z" },
		"a kind with a percent sign":   func(l *Leaf) { l.Kind = "100%" },
		"no kind":                      func(l *Leaf) { l.Kind = "" },
		"the zero time":                func(l *Leaf) { l.Time = time.Time{} },
		"bytes that are not any text":  func(l *Leaf) { l.Kind = "\xff\x00" },
		"an ecosystem in upper case":   func(l *Leaf) { l.Ecosystem = "NPM" },
		"a time of another time zone":  func(l *Leaf) { l.Time = l.Time.In(time.FixedZone("east", 3600)) },
		"a time finer than the format": func(l *Leaf) { l.Time = l.Time.Add(400) },
	} {
		t.Run(name, func(t *testing.T) {
			l := someLeaf()
			change(&l)
			got, err := ParseLeaf(l.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if got.Kind != l.Kind || got.Ecosystem != l.Ecosystem || !got.Time.Equal(l.Time.Truncate(time.Microsecond)) || got.Commitment != l.Commitment {
				t.Errorf("%+v was read as %+v", l, got)
			}
		})
	}
}

func TestLeafRefusesOtherSpellings(t *testing.T) {
	good := string(someLeaf().Bytes())
	for name, entry := range map[string]string{
		"nothing":                   "",
		"another version":           strings.Replace(good, "v1", "v2", 1),
		"a line more":               good + "more\n",
		"no last newline":           strings.TrimSuffix(good, "\n"),
		"carriage returns":          strings.ReplaceAll(good, "\n", "\r\n"),
		"upper-case digits":         strings.Replace(good, good[len(good)-65:len(good)-1], strings.ToUpper(good[len(good)-65:len(good)-1]), 1),
		"an escape without need":    strings.Replace(good, "kind published", "kind %70ublished", 1),
		"a lower-case escape":       strings.Replace(good, "kind published", "kind %0a", 1),
		"half an escape":            strings.Replace(good, "kind published", "kind %0", 1),
		"a plain blank":             strings.Replace(good, "kind published", "kind a b", 1),
		"an empty ecosystem":        strings.Replace(good, "ecosystem npm", "ecosystem ", 1),
		"a time without fractions":  strings.Replace(good, ".000005Z", "Z", 1),
		"a time of another zone":    strings.Replace(good, "Z\n", "+01:00\n", 1),
		"a short commitment":        strings.Replace(good, "commitment ", "commitment", 1),
		"lines in another order":    "assay event v1\ntime 2026-03-01T12:00:00.000005Z\nkind published\n" + good[strings.Index(good, "ecosystem"):],
		"longer than an entry gets": good + strings.Repeat("x", MaxEntry),
	} {
		t.Run(name, func(t *testing.T) {
			if l, err := ParseLeaf([]byte(entry)); !assay.Is(err, assay.Invalid) {
				t.Errorf("read as %+v, error %v", l, err)
			}
		})
	}
}

// FuzzLeaf: what can be read has that one spelling.
func FuzzLeaf(f *testing.F) {
	f.Add(someLeaf().Bytes())
	f.Add([]byte("assay event v1\nkind %2D\ntime 0001-01-01T00:00:00.000000Z\necosystem -\ncommitment 00\n"))
	f.Fuzz(func(t *testing.T, entry []byte) {
		l, err := ParseLeaf(entry)
		if err == nil && !bytes.Equal(l.Bytes(), entry) {
			t.Fatalf("%q reads as %+v, which is written %q", entry, l, l.Bytes())
		}
	})
}

package main

import (
	"bytes"
	"go/format"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"assay.invalid/internal/insight/names"
)

// TestWeightsAreThoseOfTheFit fails when the labelled names, the lists or the
// evidence changed and the weights were not fitted anew.
func TestWeightsAreThoseOfTheFit(t *testing.T) {
	rows, err := readRows()
	if err != nil {
		t.Fatal(err)
	}
	all := judge(rows)
	var printed bytes.Buffer
	if err := writeWeights(&printed, heldOut(all)); err != nil {
		t.Fatal(err)
	}
	want, err := format.Source(printed.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../internal/insight/names/weights.go")
	if err != nil {
		t.Fatal(err)
	}
	if !alike(string(got), string(want)) {
		t.Error("internal/insight/names/weights.go is stale: write it anew with go run ./bench/names -fit | gofmt")
	}
	// The scores that the package names are those that were measured.
	for share, least := range map[float64]float64{spokenOf: names.Threshold, 0.01: names.Likely, 0.001: names.Sure} {
		if measured := threshold(all, share); math.Abs(measured-least) > 0.01 {
			t.Errorf("%.3f of the popular look-alikes are found from %.3f on, and the package says %.2f", share, measured, least)
		}
	}
	// What is promised of it, with room for what a fit moves.
	def := test{"", func(j *judged) bool { return j.score >= names.Threshold }}
	for _, c := range []struct {
		what        string
		got         share
		least, most float64
	}{
		{"recall of imitations", def.of(all, imitation), 0.74, 1},
		{"recall of those with a sure target", def.of(all, sure), 0.54, 1},
		{"less used look-alikes that are found", def.of(all, tier(longtail)), 0, 0.17},
		{"ordinary names that would be found", def.of(all, tier(ordinary)), 0, 0.045},
		{"popular look-alikes that are found as shipped", test{"", func(j *judged) bool { return j.shipped() > 0 }}.of(all, tier(popular)), 0, 0},
		{"imitations that stand on a list", test{"", func(j *judged) bool { return j.known }}.of(all, imitation), 0, 0},
	} {
		if s := float64(c.got.found) / float64(c.got.all); s < c.least || s > c.most || c.got.all < 100 {
			t.Errorf("%s: %v of %d, want %.2f to %.2f", c.what, c.got, c.got.all, c.least, c.most)
		}
	}
}

var number = regexp.MustCompile(` *-?[0-9]+\.[0-9]+,? *`)

// alike compares texts, and the numbers in them up to what another
// processor's arithmetic may round differently.
func alike(a, b string) bool {
	if number.ReplaceAllString(a, "#") != number.ReplaceAllString(b, "#") {
		return false
	}
	other := number.FindAllString(b, -1)
	for i, text := range number.FindAllString(a, -1) {
		x, errX := strconv.ParseFloat(strings.Trim(text, " ,"), 64)
		y, errY := strconv.ParseFloat(strings.Trim(other[i], " ,"), 64)
		if errX != nil || errY != nil || math.Abs(x-y) > 0.015 {
			return false
		}
	}
	return true
}

func TestRowsAreSplitByTarget(t *testing.T) {
	rows, err := readRows()
	if err != nil {
		t.Fatal(err)
	}
	part, sizes := map[string]int{}, make([]int, folds)
	for _, r := range rows {
		key := string(r.eco) + " " + r.target
		if before, seen := part[key]; seen && before != r.fold(folds) {
			t.Fatalf("%s is in two parts", key)
		}
		part[key] = r.fold(folds)
		sizes[r.fold(folds)]++
	}
	for i, n := range sizes {
		if n < len(rows)/folds/2 {
			t.Errorf("part %d has %d of %d rows", i, n, len(rows))
		}
	}
}

func TestFitFindsWhatTheExamplesSay(t *testing.T) {
	var examples []example
	for i := range 400 { // three in four with the first number are imitations, one in four of the others
		e := example{weight: 1}
		e.x[0] = float64(i % 2)
		if i%8 < 2*(i%2)+2 == (i%2 == 1) {
			e.label = 1
		}
		examples = append(examples, e)
	}
	counts := [2][2]float64{}
	for _, e := range examples {
		counts[int(e.x[0])][int(e.label)]++
	}
	m := fit(examples, 1e-6)
	for x := range 2 {
		var e names.Evidence
		e[0] = float64(x)
		want := counts[x][1] / (counts[x][0] + counts[x][1])
		if got := m.score(&e); math.Abs(got-want) > 0.001 {
			t.Errorf("with %d the score is %.4f, the examples say %.4f", x, got, want)
		}
	}
}

func TestOneEdit(t *testing.T) {
	for _, c := range []struct {
		a, b string
		one  bool
	}{
		{"lodash", "lodsh", true}, {"lodsh", "lodash", true}, {"lodash", "lodahs", true}, {"lodash", "lodasx", true}, {"lodash", "lodashx", true},
		{"lodash", "lodash", false}, {"lodash", "ldoahs", false}, {"lodash", "lod", false}, {"ab", "ba", true}, {"", "a", true},
	} {
		if oneEdit(c.a, c.b) != c.one {
			t.Errorf("%s and %s are one edit apart: %v", c.a, c.b, !c.one)
		}
	}
}

func TestSharesAreCountedByTargetToo(t *testing.T) {
	all := []*judged{
		{row: row{eco: "npm", target: "a", confidence: "given"}, score: 1}, {row: row{eco: "npm", target: "a", confidence: "given"}, score: 1},
		{row: row{eco: "npm", target: "a", confidence: "given"}, score: 1}, {row: row{eco: "npm", target: "b", confidence: "given"}},
	}
	half := test{"", func(j *judged) bool { return j.score >= 0.5 }}
	if got := half.of(all, sure).String() + " " + half.byTarget(all, sure); got != "75.0% 50.0%" {
		t.Errorf("three of four names on two targets: %s", got)
	}
}

func TestEachNameHasALine(t *testing.T) {
	var out strings.Builder
	j := &judged{row: row{eco: "npm", name: "lodahs", target: "lodash", class: "transposition", confidence: "given"}, likes: []names.Likeness{{Class: names.Transposition, Target: "lodash"}}, score: 0.9}
	if err := writeEach(&out, []*judged{j}); err != nil || out.String() != "0.900\tnpm\tlodahs\tlodash\tgiven\ttransposition\ttransposition\tlodash\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

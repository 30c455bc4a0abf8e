package main

import (
	"math"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/names"
)

// folds is in how many parts the rows are split by target: each part is
// judged by weights that were fitted to the others.
const folds = 5

// ridge holds the weights back.
const ridge = 5

// spokenOf is the share of popular look-alikes at which the score is one
// half: of so many the checker would speak if it did not know them.
const spokenOf = 0.1

// judged is a labelled name with what was found.
type judged struct {
	row
	// likes are the names that it may be taken for, even if it is popular
	// itself: what a checker would see that did not know it.
	likes []names.Likeness
	known bool // the checker knows it, or its owner
	// score and at are of the likeliest of them, by weights that were fitted
	// without the row's target; at is -1 if there is none.
	score float64
	at    int
	// near is whether a popular name is one edit away, other than itself.
	near map[int]bool // by how many popular names are looked at
}

// learned tells whether the weights are fitted to rows of this ecosystem.
func (j *judged) learned() bool { return j.eco == assay.NPM || j.eco == assay.PyPI }

// shipped is the score as Assay gives it: popular names have none.
func (j *judged) shipped() float64 {
	if j.known {
		return 0
	}
	return j.score
}

// meant tells whether a target is the one that the row imitates, or a word of
// it: what is not on the list cannot be named itself.
func (j *judged) meant(target string) bool {
	return target == j.target || strings.HasPrefix(j.target, target+"-")
}

// judge finds what each labelled name looks like, and adds ordinary names:
// every fifth popular one, as if it were not known. The labelled honest names
// all stand near a popular one; ordinary ones mostly do not.
func judge(rows []row) []*judged {
	var all []*judged
	add := func(r row) {
		j := &judged{row: r, at: -1}
		if c, ok := names.Default(r.eco); ok {
			j.likes, j.known = c.Likenesses(r.name), c.Known(r.name)
		}
		all = append(all, j)
	}
	labelled := map[assay.Ecosystem]map[string]bool{assay.NPM: {}, assay.PyPI: {}}
	for _, r := range rows {
		if labelled[r.eco] != nil {
			labelled[r.eco][r.name] = true
		}
		add(r)
	}
	for _, eco := range []assay.Ecosystem{assay.NPM, assay.PyPI} {
		for i, p := range names.Listed(eco) {
			if i%5 == 3 && !labelled[eco][p.Name] {
				add(row{eco: eco, name: p.Name, target: p.Name, tier: ordinary})
			}
		}
	}
	return all
}

// heldOut scores every row by weights that do not know its target, and
// returns the weights that all rows give. Both are shifted to where spokenOf
// wants them.
func heldOut(all []*judged) linear {
	for part := range folds {
		m := learn(all, part)
		for _, j := range all {
			if j.fold(folds) == part {
				j.score, j.at = m.best(j.likes)
			}
		}
	}
	half := logit(threshold(all, spokenOf))
	for _, j := range all {
		if j.at >= 0 {
			j.score = 1 / (1 + math.Exp(half-logit(j.score)))
		}
	}
	m := learn(all, -1)
	m.bias -= half
	return m
}

func logit(p float64) float64 { return math.Log(p / (1 - p)) }

// threshold is the least score of which at most the share of the popular
// look-alikes would be spoken of, if the checker did not know them.
func threshold(all []*judged, share float64) float64 {
	var scores []float64
	for _, j := range all {
		if j.tier == popular {
			scores = append(scores, j.score)
		}
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	return math.Nextafter(scores[int(share*float64(len(scores)))], 1)
}

// best is the likeliest of the likenesses.
func (m *linear) best(likes []names.Likeness) (score float64, at int) {
	at = -1
	for i := range likes {
		if s := m.score(&likes[i].Evidence); s > score {
			score, at = s, i
		}
	}
	return score, at
}

// learn fits weights to all parts but one.
func learn(all []*judged, without int) linear {
	m := fit(examples(all, without, nil), ridge)
	for range 2 {
		// Of an honest name only the likeliest of its likenesses matters.
		m = fit(examples(all, without, &m), ridge)
	}
	return m
}

// examples weighs the rows: a target counts by the root of its imitations,
// so that a few campaigns do not outweigh all others; a target that a person
// named counts double, one that was computed from a word in it half;
// imitations and honest names count the same in all.
func examples(all []*judged, without int, before *linear) []example {
	type key struct {
		eco    assay.Ecosystem
		target string
	}
	imitations := map[key]float64{}
	for _, j := range all {
		if j.imitates() {
			imitations[key{j.eco, j.target}]++
		}
	}
	var out []example
	var bad, good float64
	for _, j := range all {
		if !j.learned() || j.fold(folds) == without {
			continue
		}
		if j.imitates() {
			weight := 1 / math.Sqrt(imitations[key{j.eco, j.target}])
			switch j.confidence {
			case "derived-combo":
				weight /= 2
			case "given", "analyst":
				weight *= 2
			}
			for i := range j.likes {
				if j.meant(j.likes[i].Target) {
					out = append(out, example{j.likes[i].Evidence, 1, weight})
					bad += weight
				}
			}
			continue
		}
		weight := 1.0
		if j.tier == ordinary {
			weight = 0.5
		}
		if before == nil {
			for i := range j.likes {
				out = append(out, example{j.likes[i].Evidence, 0, weight / float64(len(j.likes))})
			}
		} else if _, at := before.best(j.likes); at >= 0 {
			out = append(out, example{j.likes[at].Evidence, 0, weight})
		}
		if len(j.likes) > 0 {
			good += weight
		}
	}
	for i := range out {
		if out[i].label == 1 {
			out[i].weight *= good / bad
		}
	}
	return out
}

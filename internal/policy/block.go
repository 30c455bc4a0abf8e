package policy

import (
	"fmt"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// blockRule denies every version that lies in the pattern of a block. A
// version that cannot be ordered lies in every range of its package, so an
// odd spelling does not escape. Each block that matches says so itself, the
// one that lasts longest first, and a block that has run out says nothing.
//
// Blocks of one package are found by its name, however many there are; those
// with a glob are tried one after the other.
type blockRule struct {
	mode  assay.Mode
	all   []Block
	exact map[assay.Coordinate][]Block // by package
	globs map[assay.Ecosystem][]Block
}

func newBlockRule(s BlockSettings, blocks []Block) blockRule {
	r := blockRule{
		mode:  s.Mode,
		all:   blocks,
		exact: map[assay.Coordinate][]Block{},
		globs: map[assay.Ecosystem][]Block{},
	}
	for _, b := range blocks {
		if strings.Contains(b.Pattern.Name, "*") {
			r.globs[b.Pattern.Ecosystem] = append(r.globs[b.Pattern.Ecosystem], b)
			continue
		}
		key := assay.Coordinate{Ecosystem: b.Pattern.Ecosystem, Name: b.Pattern.Name}
		r.exact[key] = append(r.exact[key], b)
	}
	return r
}

func (r *blockRule) speak(h *hearing) {
	c := version(h.facts.Coordinate)
	var hits []Block
	for _, candidates := range [2][]Block{r.exact[c.Package()], r.globs[c.Ecosystem]} {
		for i := range candidates {
			if b := &candidates[i]; !h.passed(b.Until) && b.Pattern.Matches(c) {
				hits = append(hits, *b)
			}
		}
	}
	slices.SortFunc(hits, func(a, b Block) int { return outlasts(a.Until, b.Until, a.ID, b.ID) })
	for _, b := range hits {
		remedy := "take another package, or "
		if b.Pattern.Expr != "" {
			remedy = "take a version that " + b.Pattern.String() + " does not match, or "
		}
		h.say(assay.Opinion{
			Rule: RuleBlock, Effect: assay.Deny, Mode: r.mode, Until: b.Until,
			Reason: b.Reason,
			Remedy: remedy + exceptRemedy(h.facts, RuleBlock),
		})
	}
}

func (r *blockRule) summary() string {
	inFile := 0
	for _, b := range r.all {
		if b.FromFile {
			inFile++
		}
	}
	s := "refuses every version that a block names (" + count(len(r.all), "block")
	if inFile > 0 {
		s += fmt.Sprintf(", %d in the policy file", inFile)
	}
	return s + ")"
}

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the labelled names
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/assay"
)

//go:embed data/typosquats.tsv.gz
var typosquats []byte

//go:embed data/typosquat-negatives.tsv.gz
var negatives []byte

// row is one labelled name.
type row struct {
	eco        assay.Ecosystem
	name       string
	target     string // the name it imitates, or the popular one that it stands near
	class      string // by the source: of the imitation, or of the nearness
	confidence string // of an imitation: given, analyst, derived-edit, derived-combo
	tier       string // of an honest name: popular, longtail-assumed, ordinary
}

// The tiers of honest names.
const (
	popular  = "popular"
	longtail = "longtail-assumed"
	ordinary = "ordinary" // neither imitation nor near anything by design
)

func (r row) imitates() bool { return r.tier == "" }

// sure tells whether a person or the source named the target; the others'
// targets were computed, partly by edit distance.
func (r row) sure() bool { return r.confidence == "given" || r.confidence == "analyst" }

// fold is the part that a row belongs to when the rows are split by target,
// so that a target that was learned from is never measured on.
func (r row) fold(parts int) int {
	sum := sha256.Sum256([]byte("fold " + string(r.eco) + ":" + r.target))
	return int(sum[0]) % parts
}

func readRows() ([]row, error) {
	var rows []row
	read := func(packed []byte, columns int, make func(c []string) row) error {
		plain, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return err
		}
		text, err := io.ReadAll(plain)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			c := strings.Split(line, "\t")
			if len(c) < columns {
				return fmt.Errorf("line %d of the labelled names has %d columns, not %d", i+1, len(c), columns)
			}
			if i > 0 {
				r := make(c)
				r.name, r.target = spelt(r.eco, r.name), spelt(r.eco, r.target)
				rows = append(rows, r)
			}
		}
		return nil
	}
	if err := read(typosquats, 8, func(c []string) row {
		return row{eco: assay.Ecosystem(c[0]), name: c[1], target: c[2], class: c[4], confidence: c[5]}
	}); err != nil {
		return nil, err
	}
	err := read(negatives, 8, func(c []string) row {
		return row{eco: assay.Ecosystem(c[0]), name: c[1], target: c[2], class: c[5], tier: c[6]}
	})
	return rows, err
}

// spelt is a name as its registry spells it.
func spelt(eco assay.Ecosystem, name string) string {
	if eco == assay.PyPI {
		return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' }), "-")
	}
	return name
}

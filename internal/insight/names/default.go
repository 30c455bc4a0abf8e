package names

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the lists
	"io"
	"strconv"
	"strings"
	"sync"

	"assay.invalid/internal/assay"
)

//go:embed data/popular-npm.txt.gz
var popularNPM []byte

//go:embed data/popular-pypi.txt.gz
var popularPyPI []byte

//go:embed data/known-cargo.txt
var knownCargo []byte

//go:embed data/known-golang.txt
var knownGolang []byte

//go:embed data/known-maven.txt
var knownMaven []byte

//go:embed data/known-brands.txt
var knownBrands []byte

// defaults are made when they are first asked for, once.
var defaults = map[assay.Ecosystem]func() *Checker{
	assay.NPM:    once(assay.NPM, popularNPM),
	assay.PyPI:   once(assay.PyPI, popularPyPI),
	assay.Cargo:  once(assay.Cargo, knownCargo),
	assay.Golang: once(assay.Golang, knownGolang),
	assay.Maven:  once(assay.Maven, knownMaven),
}

func once(eco assay.Ecosystem, list []byte) func() *Checker {
	return sync.OnceValue(func() *Checker { return build(read(list), brands(), folds[eco], languageOf(eco)) })
}

// Default is the checker of the names that come with Assay, and false for an
// ecosystem of which it brings none. The first call for an ecosystem takes
// about a tenth of a second.
func Default(eco assay.Ecosystem) (*Checker, bool) {
	made, ok := defaults[eco]
	if !ok {
		return nil, false
	}
	return made(), true
}

// Listed are the names that come with Assay for an ecosystem, the most used
// first; their weights mean nothing but this order.
func Listed(eco assay.Ecosystem) []Popular {
	switch eco {
	case assay.NPM:
		return read(popularNPM)
	case assay.PyPI:
		return read(popularPyPI)
	case assay.Cargo:
		return read(knownCargo)
	case assay.Golang:
		return read(knownGolang)
	case assay.Maven:
		return read(knownMaven)
	}
	return nil
}

// brands are products that everyone knows.
func brands() []Popular { return read(knownBrands) }

// languageOf are the lists from which a checker of an ecosystem learns what
// names look like, beside its own list: those that are long enough to learn
// from.
func languageOf(eco assay.Ecosystem) [][]Popular {
	var lists [][]Popular
	for _, other := range []assay.Ecosystem{assay.NPM, assay.PyPI} {
		if other != eco {
			lists = append(lists, Listed(other))
		}
	}
	return lists
}

// read reads one of the lists: "rank<TAB>name" and more columns, or a name
// alone, a line, the most used first. The lists are part of the program; a
// test reads them all.
func read(list []byte) []Popular {
	if bytes.HasPrefix(list, []byte{0x1f, 0x8b}) {
		plain, err := gzip.NewReader(bytes.NewReader(list))
		if err != nil {
			return nil
		}
		if list, err = io.ReadAll(plain); err != nil {
			return nil
		}
	}
	var all []Popular
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name := line
		if columns := strings.Split(line, "\t"); len(columns) > 1 {
			if _, err := strconv.Atoi(columns[0]); err == nil {
				name = columns[1]
			}
		}
		all = append(all, Popular{Name: name, Weight: -float64(len(all))})
	}
	return all
}

// folds make one name of the spellings that an ecosystem takes for one.
// npm, Go and Maven have none.
var folds = map[assay.Ecosystem]func(string) string{
	// A registry of Cargo's holds one crate of all that differ by case and by
	// hyphens for underscores.
	assay.Cargo: func(name string) string { return strings.ReplaceAll(strings.ToLower(name), "_", "-") },
	// PEP 503.
	assay.PyPI: foldPyPI,
}

func foldPyPI(name string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '-' || c == '_' || c == '.':
			if i == 0 || !strings.ContainsRune("-_.", rune(name[i-1])) {
				b.WriteByte('-')
			}
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

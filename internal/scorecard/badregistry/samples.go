package badregistry

import (
	"context"
	"fmt"
	"slices"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// sample is a package that is there from the start.
type sample struct {
	ecosystem assay.Ecosystem
	name      string
	numbers   []string // oldest first
	attested  int      // how many of the oldest carry attestations
}

// sampleList is what the registry is furnished with. The names of Go,
// PyPI and Maven are well-known ones, because their protocols have no search:
// they are what a client that knows nothing asks for.
func sampleList() []sample {
	return []sample{
		{assay.NPM, "signed-granite", []string{"1.0.0", "1.1.0", "2.0.0"}, 3},
		{assay.NPM, "lapsed-granite", []string{"1.0.0", "1.1.0", "1.2.0"}, 2},
		{assay.NPM, "spotted-granite", []string{"0.9.0", "1.0.0"}, 0},
		{assay.NPM, "plain-granite", []string{"1.0.0", "1.0.1", "1.1.0", "2.0.0-beta.1"}, 0},
		{assay.NPM, "lodash", []string{"4.17.15", "4.17.21"}, 0},
		{assay.Golang, "rsc.io/quote", []string{"v1.5.0", "v1.5.1", "v1.5.2"}, 0},
		{assay.Golang, "golang.org/x/text", []string{"v0.3.0", "v0.14.0"}, 0},
		{assay.Golang, "github.com/google/uuid", []string{"v1.0.0", "v1.6.0"}, 0},
		{assay.PyPI, "requests", []string{"2.19.1", "2.32.0"}, 0},
		{assay.PyPI, "six", []string{"1.15.0", "1.16.0"}, 2},
		{assay.PyPI, "flask", []string{"2.0.0", "2.1.0", "3.0.0"}, 2},
		{assay.PyPI, "jinja2", []string{"2.10", "3.1.4"}, 0},
		{assay.Cargo, "granite", []string{"0.1.0", "0.2.0", "1.0.0-rc.1"}, 0},
		{assay.Cargo, "itoa", []string{"0.4.8", "1.0.0"}, 0},
		{assay.Maven, "junit/junit", []string{"4.12", "4.13.2"}, 0},
		{assay.Maven, "org.slf4j/slf4j-api", []string{"1.7.36", "2.0.0", "2.1.0-alpha1"}, 0},
	}
}

// sampleAge is how long ago the oldest version of a sample came.
const sampleAge = 400 * 24 * time.Hour

// samples publishes them as the house, one version a month.
func (r *Registry) samples() error {
	for _, s := range sampleList() {
		p := &pack{ecosystem: s.ecosystem, name: s.name, owners: []string{houseName}}
		r.packages[s.ecosystem][s.name] = p
		for i, number := range s.numbers {
			v, err := newRelease(s.ecosystem, sampleRelease(s, number), r.now().Add(-sampleAge).AddDate(0, i, 0))
			if err == nil {
				err = inspect(context.Background(), s.ecosystem, s.name, number, v.Archive)
			}
			if err == nil && i < s.attested {
				v.bundle, err = r.keys.attest(s.ecosystem, s.name, number, v.Archive)
			}
			if err != nil {
				return fmt.Errorf("the sample %s: %w", coordinateOf(s.name, number), err)
			}
			p.releases = append(p.releases, v)
			r.happened(event{Kind: "published", Ecosystem: s.ecosystem, Name: s.name, Version: number})
		}
	}
	return nil
}

func sampleRelease(s sample, number string) scorecard.Release {
	switch s.ecosystem {
	case assay.PyPI, assay.Cargo, assay.Maven:
		return scorecard.Release{Name: s.name, Version: number, Files: map[string]string{"README.md": "# " + s.name + " " + number + "\n"}}
	case assay.Golang:
		return scorecard.Release{Name: s.name, Version: number, Files: map[string]string{
			"stone.go": fmt.Sprintf("// Package stone is a sample.\npackage stone\n\n// Version is %s.\nconst Version = %q\n", number, number)}}
	}
	return scorecard.Release{Name: s.name, Version: number, Files: map[string]string{
		"index.js": fmt.Sprintf("module.exports = %q\n", number), "README.md": "# " + s.name + "\n"}}
}

// sampleOrder is in which order a search finds packages: the samples, then
// all others by name.
func (r *Registry) sampleOrder(e assay.Ecosystem) []string {
	var out []string
	for _, s := range sampleList() {
		if s.ecosystem == e {
			out = append(out, s.name)
		}
	}
	var others []string
	for name := range r.packages[e] {
		if !slices.Contains(out, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return append(out, others...)
}

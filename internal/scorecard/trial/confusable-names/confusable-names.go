// Package confusablenames tries to publish a second package under a name that
// differs from the first only in what readers overlook: case, separators and
// a letter's likeness. That must not work: names that read the same are the
// same name.
//
// The attack: malware is published as "some_library" beside "some-library",
// and everybody who remembers the word and not the sign installs it.
//
// How it is tried: a throw-away package with a hyphen in its name is
// published, then the same name with an underscore, a dot, no separator,
// capitals, and a nought for an o. Each must be refused, or be the same
// package; who tells apart the nought alone does part of it. A name that
// reads differently must be taken, so that a refusal means something.
package confusablenames

import (
	"context"
	"fmt"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// label is the end of the first name, where the forms differ.
const label = "con-fus"

// lookalike is the form of which case and separators say nothing.
const lookalike = "a digit that looks like a letter"

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "confusable-names",
		Kind:       scorecard.Trial,
		Version:    2,
		Capability: "confusable-normalisation",
		Question:   "Are names that differ only in case, separators or a look-alike the same name?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package, and up to five more whose names differ in case, separators or a look-alike"},
		Leaves:     []string{"the names of throw-away packages, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the package's first version as it was served.
	First served.Sight `json:"first"`
	// By says in a word who tried the other forms, and Able is the answer to
	// that party's publish of a name that reads differently.
	By   string           `json:"by"`
	Able scorecard.Answer `json:"able"`
	// Forms are the other ways to write the name.
	Forms []Form `json:"forms"`
}

// Form is another way to write the first name.
type Form struct {
	// What says how it differs.
	What    string           `json:"what"`
	Name    string           `json:"name"`
	Publish scorecard.Answer `json:"publish"`
	// Same says that what was accepted became a version of the first package.
	Same bool `json:"same,omitempty"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	first := scorecard.Release{
		Name: b.Name(label), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "The first of two names that read the same.\n"},
	}
	stem, ok := strings.CutSuffix(first.Name, label)
	if !ok {
		return seen, scorecard.Untold("names cannot be made here whose end differs: %q does not end in %q", first.Name, label)
	}
	var err error
	if seen.First, err = served.Publish(ctx, b, b.Publisher, first); err != nil {
		return seen, err
	}
	second := served.Second(b)
	seen.By = second.Who
	other := first
	other.Name = b.Name("unlike")
	seen.Able = b.Publish(ctx, second, other)
	if err := scorecard.Unless(seen.Able, "publish a name that reads differently", scorecard.Accepted); err != nil {
		return seen, err
	}
	for i, form := range []struct{ what, end string }{
		{"an underscore", "con_fus"},
		{"a dot", "con.fus"},
		{"no separator", "confus"},
		{"capitals", "Con-Fus"},
		{lookalike, "c0n-fus"},
	} {
		f := Form{What: form.what, Name: stem + form.end}
		// Another number, so that the same package can take it, and one of its
		// own, so that it is this form by which the package got it.
		next := first
		next.Name, next.Version = f.Name, b.Protocol.Version(fmt.Sprintf("1.%d.0", i+1))
		f.Publish = b.Publish(ctx, second, next)
		if err := served.Decided(f.Publish, "publish "+f.Name); err != nil {
			return seen, err
		}
		if f.Publish.Verdict == scorecard.Accepted {
			if f.Same, err = same(ctx, b, first.Name, next.Version); err != nil {
				return seen, err
			}
		}
		seen.Forms = append(seen.Forms, f)
	}
	return seen, nil
}

// same says whether the first package has got the version.
func same(ctx context.Context, b *scorecard.Bench, name, version string) (bool, error) {
	s, err := served.See(ctx, b, b.Publisher, name, version)
	// Both: a server that hands out something at every address has no version.
	return s.Listed && s.Open(), err
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open():
		return served.Uncontrolled("the first package was served")
	case seen.Able.Verdict != scorecard.Accepted || len(seen.Forms) == 0:
		return served.Uncontrolled("a name that reads differently was taken")
	}
	var second []string
	alike := false
	for _, f := range seen.Forms {
		switch {
		case f.Publish.Verdict == scorecard.Accepted && !f.Same && f.What == lookalike:
			alike = true
		case f.Publish.Verdict == scorecard.Accepted && !f.Same:
			second = append(second, f.What)
		case f.Publish.Verdict != scorecard.Accepted && !served.Denied(f.Publish):
			return served.Uncontrolled("the form with " + f.What + " was answered")
		}
	}
	if len(second) > 0 && alike {
		second = append(second, lookalike)
	}
	if len(second) > 0 {
		return scorecard.Found(scorecard.Fails, "A second package was accepted whose name differs from the first one's only by "+served.Names(second)+".")
	}
	if alike {
		return scorecard.Found(scorecard.Partly, "Names that differ from a published one only in case or separators were refused or led to the same package, but a second package was accepted whose name differs by "+lookalike+".")
	}
	return scorecard.Found(scorecard.Holds, "Names that differ from a published one only in case, in separators or by "+lookalike+" were refused or led to the same package, while another new name was taken.")
}

// Package provenancedisplayed asks whether a package's page tells people of
// its provenance, and of its absence where earlier versions had it.
//
// Attestations that only tools can see warn nobody. The case that matters
// most is the second: a project that always published from its build service
// and suddenly has a version without provenance is what a stolen token looks
// like. Two samples are looked for, one whose newest version has attestations
// and one that lost them; their pages, read without scripts, must say so.
package provenancedisplayed

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	// Present is a sample whose newest version has attestations, Lapsed one
	// of which only an older version has; null where there is none.
	Present *Page `json:"present"`
	Lapsed  *Page `json:"lapsed"`
	// Untold says why pages could not be read.
	Untold []string `json:"untold,omitempty"`
}

// Page is what a page says of attestations.
type Page struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Address string `json:"address"`
	// Says is set when the page speaks of it: of provenance, or of its
	// absence.
	Says bool `json:"says"`
	// Words are those around it, for people to judge.
	Words string `json:"words,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "provenance-displayed", Kind: scorecard.Probe, Version: 1, Capability: "provenance-displayed",
		Question:  "Does a package's page show its provenance, and say when a version lacks what earlier ones had?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.PyPI},
		Needs:     []scorecard.Need{scorecard.NeedsSample},
	}, probe.Within(collect), judge)
}

// asked is how many samples are looked through: few packages have attestations
// and fewer lost them.
const asked = 8

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	if b.Subject.Pages["package"] == "" {
		return Seen{}, scorecard.Unsupported("no address of package pages is stated, so there is none to look at")
	}
	var seen Seen
	attested := false
	for i, name := range b.Samples {
		if i == asked || seen.Present != nil && seen.Lapsed != nil {
			break
		}
		s, a := probe.List(ctx, b, name)
		if a.Verdict != scorecard.Accepted {
			continue
		}
		newest := probe.Chosen(s.Listing)
		kind, saying := &seen.Present, shows
		switch {
		case s.Listing.Versions[newest].Provenance != "":
		case older(s.Listing, newest):
			kind, saying = &seen.Lapsed, misses
		default:
			continue
		}
		attested = true
		if *kind != nil {
			continue
		}
		p, d, err := probe.PackagePage(ctx, b, name, newest)
		if err != nil {
			seen.Untold = probe.Note(seen.Untold, err.Error())
			continue
		}
		words := saying(unnamed(d.Text, name))
		*kind = &Page{Name: scorecard.Words(name), Version: scorecard.Words(newest), Address: p.URL, Says: words != "", Words: words}
	}
	switch {
	case !attested:
		return Seen{}, scorecard.Untold("none of the samples has attestations (%d looked at), so no page can be expected to show any", min(asked, len(b.Samples)))
	case seen.Present == nil && seen.Lapsed == nil:
		return Seen{}, scorecard.Untold("the pages of samples with attestations could not be read: %s", strings.Join(seen.Untold, "; "))
	}
	return seen, nil
}

// older reports whether any other version has attestations.
func older(l scorecard.Listing, newest string) bool {
	for v, version := range l.Versions {
		if v != newest && version.Provenance != "" {
			return true
		}
	}
	return false
}

// unnamed is a text without a package's name: one that is called "missing" or
// "provenance" must not speak for the page.
func unnamed(text, name string) string {
	return regexp.MustCompile("(?i)"+regexp.QuoteMeta(name)).ReplaceAllLiteralString(text, " ")
}

var (
	provenance = regexp.MustCompile(`(?i)provenance|attest(ation|ed)|signed build`)
	absence    = regexp.MustCompile(`(?i)\b(missing|without|lacks?|lacking|lost|lapsed|absent|no longer|not attested|none|no (provenance|attestations?)|has no|have no|unattested|stopped)\b`)
)

// beside and around are how many bytes on either side of the word are looked
// at: what denies a thing stands close to it, and what explains its absence
// may be a sentence.
const (
	beside = 40
	around = 120
)

// shows finds where a page speaks of provenance other than to say that there
// is none.
func shows(text string) string {
	for _, at := range provenance.FindAllStringIndex(text, 50) {
		if near := near(text, at, beside); !absence.MatchString(near) {
			return scorecard.Words(near)
		}
	}
	return ""
}

// misses finds where a page says that provenance is missing.
func misses(text string) string {
	for _, at := range provenance.FindAllStringIndex(text, 50) {
		if near := near(text, at, around); absence.MatchString(near) {
			return scorecard.Words(near)
		}
	}
	return ""
}

func near(text string, at []int, around int) string {
	return strings.ToValidUTF8(text[max(0, at[0]-around):min(len(text), at[1]+around)], "")
}

func judge(s Seen) scorecard.Finding {
	present, lapsed := s.Present != nil && s.Present.Says, s.Lapsed != nil && s.Lapsed.Says
	switch {
	case present && lapsed:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("the page of %s shows its provenance, and that of %s says that version %s lacks what earlier ones had", s.Present.Name, s.Lapsed.Name, s.Lapsed.Version))
	case present && s.Lapsed == nil:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the page of %s shows its provenance; no sample had lost it, so whether that would be said could not be told", s.Present.Name))
	case present:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the page of %s shows its provenance, but that of %s does not say that version %s lacks what earlier ones had", s.Present.Name, s.Lapsed.Name, s.Lapsed.Version))
	case lapsed && s.Present == nil:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the page of %s says that version %s lacks the provenance that earlier ones had; no sample had it on its newest version", s.Lapsed.Name, s.Lapsed.Version))
	case lapsed:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the page of %s says that provenance is missing, but that of %s does not show what there is", s.Lapsed.Name, s.Present.Name))
	case s.Present != nil:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("%s %s has attestations, and its page at %s does not show them", s.Present.Name, s.Present.Version, s.Present.Address))
	case s.Lapsed != nil:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("%s %s lacks the attestations that earlier versions had, and its page at %s is silent about it", s.Lapsed.Name, s.Lapsed.Version, s.Lapsed.Address))
	}
	return scorecard.Found(scorecard.CouldNotTell, "no page was read")
}

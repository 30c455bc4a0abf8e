// Package ownbuildprovenance asks whether the repository's own releases, of
// its server or its client, come with provenance and a list of what is in
// them.
//
// Who takes the server's build takes every package on it. The page of its
// releases is read: files beside them count whose names end as those of
// provenance (in-toto and Sigstore bundles) or of an SBOM (SPDX, CycloneDX)
// do. A word on the page does not count, a file does. Neither is verified:
// that they fit the release, and that the build is reproducible, is for a
// person to look at.
package ownbuildprovenance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Address string `json:"address"`
	Status  int    `json:"status"`
	// Files is how many names of files the page has; Provenance and SBOM
	// are those that count, at most 20 of each.
	Files      int      `json:"files"`
	Provenance []string `json:"provenance,omitempty"`
	SBOM       []string `json:"sbom,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "own-build-provenance", Kind: scorecard.Probe, Version: 1, Capability: "own-build-provenance",
		Question: "Do the repository's own releases come with provenance and an SBOM?",
		Decisive: true, Whole: true,
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	address := b.Subject.Pages["releases"]
	if address == "" {
		return Seen{}, scorecard.Unsupported("no address of the repository's own releases is stated")
	}
	p, err := probe.Fetch(ctx, b, address)
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Address: p.URL, Status: p.Status}
	if !p.There() {
		return seen, nil
	}
	names, fragments := filesIn(p)
	// Some forges load the files of a release after the page.
	for _, f := range fragments {
		if part, err := probe.Fetch(ctx, b, f); err == nil && part.There() {
			more, _ := filesIn(part)
			names = append(names, more...)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	seen.Files = len(names)
	for _, n := range names {
		if isProvenance(n) {
			seen.Provenance = probe.Note(seen.Provenance, n)
		}
		if isSBOM(n) {
			seen.SBOM = probe.Note(seen.SBOM, n)
		}
	}
	return seen, nil
}

// maxFragments is how many late parts of a page are read, maxNames how many
// names are kept while reading.
const (
	maxFragments = 2
	maxNames     = 20000
)

// filesIn finds the names of files on a page of any form: where its links
// lead if it is a web page, its strings if it is JSON, else its words.
func filesIn(p probe.Page) (names, fragments []string) {
	add := func(s string) {
		if n := fileName(s); n != "" && len(names) < maxNames {
			names = append(names, n)
		}
	}
	var whole any
	switch {
	case p.Web() || bytes.HasPrefix(bytes.TrimSpace(p.Body), []byte("<")):
		d := probe.ReadDocument(p.Body)
		for _, c := range d.Controls {
			if c.Kind == "link" {
				add(c.Target)
			}
		}
		for _, word := range strings.Fields(d.Text) {
			add(word)
		}
		base, err := url.Parse(p.URL)
		if err != nil {
			return names, nil
		}
		for _, f := range d.Fragments {
			u, err := base.Parse(f)
			if err == nil && u.Host == base.Host && strings.Contains(u.Path, "/expanded_assets/") && len(fragments) < maxFragments {
				fragments = append(fragments, u.String())
			}
		}
	case json.Unmarshal(p.Body, &whole) == nil:
		texts(whole, 0, add)
	default:
		for _, word := range strings.Fields(string(p.Body)) {
			add(word)
		}
	}
	return names, fragments
}

// texts calls add for every text in a JSON document.
func texts(v any, depth int, add func(string)) {
	if depth > 20 {
		return
	}
	switch v := v.(type) {
	case string:
		add(v)
	case []any:
		for _, one := range v {
			texts(one, depth+1, add)
		}
	case map[string]any:
		for _, one := range v {
			texts(one, depth+1, add)
		}
	}
}

// fileName is the file that a link or a word names, in lower case, "" if it
// has not the form of one.
func fileName(s string) string {
	if len(s) > 500 || strings.ContainsAny(s, " \t\n") {
		return ""
	}
	if u, err := url.Parse(s); err == nil && u.Path != "" {
		s = u.Path
	}
	n := strings.ToLower(strings.Trim(path.Base(s), ".,;:()[]\"'"))
	if !strings.Contains(strings.Trim(n, "."), ".") {
		return ""
	}
	return n
}

func isProvenance(n string) bool {
	return endsIn(n, ".intoto.jsonl", ".sigstore", ".sigstore.json", ".attestation", ".provenance")
}

func isSBOM(n string) bool {
	return endsIn(n, ".spdx.json", ".cdx.json", ".bom.json", ".spdx") || strings.Contains(n, "sbom")
}

func endsIn(n string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(n, e) })
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Status < 200 || s.Status > 299:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the releases are stated at %s, which answers %d", s.Address, s.Status))
	case len(s.Provenance) > 0 && len(s.SBOM) > 0:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("the releases at %s come with provenance (such as %s) and an SBOM (such as %s)", s.Address, s.Provenance[0], s.SBOM[0]))
	case len(s.Provenance) > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the releases at %s come with provenance (such as %s), but no SBOM is beside them", s.Address, s.Provenance[0]))
	case len(s.SBOM) > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("the releases at %s come with an SBOM (such as %s), but no provenance is beside them", s.Address, s.SBOM[0]))
	case s.Files == 0:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the page at %s names no file as it is served", s.Address))
	}
	return scorecard.Found(scorecard.Fails, fmt.Sprintf("of the %d files that the page at %s names, none is provenance or an SBOM", s.Files, s.Address))
}

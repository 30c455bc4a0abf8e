// Package digestsinmetadata asks whether the subject's metadata carries a
// strong digest of every file, and whether a file is the one that its digest
// names.
//
// Without it, whoever sits between a client and the bytes (a mirror, a cache,
// a taken storage account) can hand out others, and nobody can tell. SHA-1
// and MD5 do not count: two files of the same digest can be made for both.
//
// What counts: sha512, sha384 and sha256, as in npm's dist.integrity
// (Subresource Integrity, https://www.w3.org/TR/SRI/), and Go's h1 where a
// checksum database vouches for it (https://go.dev/ref/mod#checksum-database).
// Of each sample the newest versions are looked at, and one file is fetched
// and compared. It never judges who made the digest.
package digestsinmetadata

import (
	"context"
	"fmt"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Packages []Package `json:"packages"`
	// Compared is the file that was fetched, null if none could be had;
	// then Unfetched says why.
	Compared  *Compared `json:"compared"`
	Unfetched string    `json:"unfetched,omitempty"`
}

// Package is what is listed of one sample.
type Package struct {
	Name string `json:"name"`
	// Looked is how many versions were looked at, Strong how many of them
	// have a strong digest, Weak how many have only weak ones.
	Looked int `json:"looked"`
	Strong int `json:"strong"`
	Weak   int `json:"weak"`
	// Without are versions without a strong digest, at most 20.
	Without []string `json:"without,omitempty"`
	// Unasked is set when nothing was asked that could know digests; then
	// nothing was looked at.
	Unasked bool `json:"unasked,omitempty"`
}

// Compared is one file beside its digest.
type Compared struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Algorithm string `json:"algorithm"`
	Listed    string `json:"listed"`
	Got       string `json:"got"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "digests-in-metadata", Kind: scorecard.Probe, Version: 1, Capability: "digests-in-metadata",
		Question:  "Does the metadata carry a strong digest of every file, and does a file fit it?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:     []scorecard.Need{scorecard.NeedsSample},
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	bounds := probe.Default()
	samples, err := probe.Samples(ctx, b, bounds.Samples)
	if err != nil {
		return Seen{}, err
	}
	var seen Seen
	for _, s := range samples {
		p := Package{Name: scorecard.Words(s.Name), Unasked: probe.DigestsUnasked(b.Protocol.Ecosystem(), s.Listing)}
		if p.Unasked {
			seen.Packages = append(seen.Packages, p)
			continue
		}
		for _, v := range probe.Looked(b.Protocol.Ecosystem(), s.Listing, bounds.Versions) {
			p.Looked++
			version := s.Listing.Versions[v]
			if a, _ := probe.StrongDigest(version); a != "" {
				p.Strong++
				continue
			}
			if probe.WeakDigests(version) != "no digest" {
				p.Weak++
			}
			p.Without = probe.Note(p.Without, v)
		}
		seen.Packages = append(seen.Packages, p)
	}
	seen.Compared, seen.Unfetched = compare(ctx, b, samples)
	return seen, nil
}

// compare fetches one file that has a strong digest: of the version that a
// client would take, and where that is not handed out, of another sample.
func compare(ctx context.Context, b *scorecard.Bench, samples []probe.Sample) (*Compared, string) {
	why := "no version has a strong digest to compare a file with"
	for _, s := range samples {
		for _, v := range candidates(s.Listing) {
			algorithm, listed := probe.StrongDigest(s.Listing.Versions[v])
			if algorithm == "" {
				continue
			}
			f, a := b.File(ctx, s.As, s.Name, v)
			if a.Verdict != scorecard.Accepted {
				why = scorecard.Words(fmt.Sprintf("the file of %s %s could not be had: %s", s.Name, v, a))
				continue
			}
			got := probe.DigestOf(f, algorithm)
			if got == "" {
				why = scorecard.Words(fmt.Sprintf("the %s of the file of %s %s cannot be told", algorithm, s.Name, v))
				continue
			}
			return &Compared{Name: scorecard.Words(s.Name), Version: scorecard.Words(v), Algorithm: algorithm,
				Listed: scorecard.Words(listed), Got: got}, ""
		}
	}
	return nil, why
}

// candidates are the version that a client would take and the one after it.
func candidates(l scorecard.Listing) []string {
	chosen := probe.Chosen(l)
	out := []string{chosen}
	for _, v := range probe.Newest(l, 2) {
		if v != chosen && len(out) < 2 {
			out = append(out, v)
		}
	}
	return out
}

func judge(s Seen) scorecard.Finding {
	var looked, strong, weak int
	var without []string
	for _, p := range s.Packages {
		looked, strong, weak = looked+p.Looked, strong+p.Strong, weak+p.Weak
		for _, v := range p.Without {
			without = append(without, p.Name+" "+v)
		}
	}
	of := names(s.Packages)
	if looked == 0 {
		return scorecard.Found(scorecard.CouldNotTell, probe.Unasked)
	}
	if c := s.Compared; c != nil && !probe.SameDigest(c.Algorithm, c.Listed, c.Got) {
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the file of %s %s is not the one that its %s names", c.Name, c.Version, c.Algorithm))
	}
	switch {
	case strong == 0 && weak > 0:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("none of %d listed versions of %s has a strong digest; %d have only SHA-1 or MD5", looked, of, weak))
	case strong == 0:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("none of %d listed versions of %s has a digest that can be relied on", looked, of))
	case strong < looked:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%d of %d listed versions of %s carry a strong digest; %s does not", strong, looked, of, without[0]))
	case s.Compared == nil:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("%d of %d listed versions of %s carry a strong digest, and none could be compared with its file: %s", strong, looked, of, s.Unfetched))
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("%d of %d listed versions of %s carry a strong digest; the file of %s %s fits its %s",
		strong, looked, of, s.Compared.Name, s.Compared.Version, s.Compared.Algorithm))
}

func names(packages []Package) string {
	list := make([]string, len(packages))
	for i, p := range packages {
		list[i] = p.Name
	}
	return strings.Join(list, ", ")
}

// Package malformedarchives publishes archives that no server may take:
// bytes that are no archive, half of one, paths and links that leave the
// package's folder, another package's manifest, one path twice.
//
// The attack: what one program unpacks and another reads differently gets
// past every look inside. A path that climbs out of its folder writes over
// files of whoever unpacks it.
//
// How it is tried: a sound version is published first, to the same package.
// Then each kind of spoiled archive is published as a version of its own, and
// each version that was accepted is asked for.
package malformedarchives

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "malformed-archives",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "malware-scanning",
		Question:   "Are archives refused that are broken, or that would write outside of their folder?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with a sound version, and a version for each spoiled archive that is accepted"},
		Leaves:     []string{"the numbers of removed versions, where the server never gives them free again"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Sound is the sound version as it was served.
	Sound served.Sight `json:"sound"`
	// Spoiled are the others.
	Spoiled []Attempt `json:"spoiled"`
}

// Attempt is one spoiled archive.
type Attempt struct {
	How     scorecard.Spoil  `json:"how"`
	Publish scorecard.Answer `json:"publish"`
	// There says that the version is listed or handed out now.
	There bool `json:"there,omitempty"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	r := scorecard.Release{
		Name: b.Name("malformed"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "A sound archive.\n"},
	}
	var err error
	if seen.Sound, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	for i, how := range scorecard.Spoils {
		spoiled := r
		spoiled.Version = b.Protocol.Version(fmt.Sprintf("1.0.%d", i+1))
		if spoiled.Archive, err = b.Protocol.Spoiled(spoiled, how); err != nil {
			return seen, fmt.Errorf("could not make an archive with %s: %w", how, err)
		}
		b.Say("an archive with " + string(how))
		try := Attempt{How: how, Publish: b.Publish(ctx, b.Publisher, spoiled)}
		if a := try.Publish; a.Verdict == scorecard.NoCall || a.Verdict == scorecard.Throttled {
			return seen, served.Decided(a, "publish "+spoiled.Name+" "+spoiled.Version)
		}
		// Also after a refusal, and after a fault of the server: what it said
		// is not yet what it kept.
		s, err := served.See(ctx, b, b.Publisher, spoiled.Name, spoiled.Version)
		if err != nil {
			return seen, err
		}
		try.There = s.Listed || s.Open()
		seen.Spoiled = append(seen.Spoiled, try)
	}
	return seen, nil
}

func judge(seen Seen) scorecard.Finding {
	if !seen.Sound.Open() || len(seen.Spoiled) == 0 {
		return served.Uncontrolled("a sound archive is accepted and served")
	}
	var taken, said, faults []string
	for _, try := range seen.Spoiled {
		switch how := string(try.How); {
		case try.There:
			taken = append(taken, how)
		case try.Publish.Verdict == scorecard.Accepted:
			said = append(said, how)
		case !served.Denied(try.Publish):
			faults = append(faults, how)
		}
	}
	switch {
	case len(taken) == len(seen.Spoiled):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("All %d spoiled archives were accepted and are there now.", len(taken)))
	case len(taken) > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("%d of %d spoiled archives were kept out. There now are: %s.",
			len(seen.Spoiled)-len(taken), len(seen.Spoiled), served.Names(taken)))
	case len(faults) > 0:
		return scorecard.Found(scorecard.CouldNotTell, "No spoiled archive is there now, but the server failed instead of refusing: "+served.Names(faults)+".")
	case len(said) > 0:
		return scorecard.Found(scorecard.Partly, "No spoiled archive is there now, but some were answered with success: "+served.Names(said)+".")
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("All %d kinds of spoiled archives were refused, and a sound one was served.", len(seen.Spoiled)))
}

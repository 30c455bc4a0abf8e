// Package takedownfeed removes a version and watches the public feed of
// events for it.
//
// The harm: a repository takes malware down, and every mirror, proxy and
// cache goes on handing it out for days, because nothing told them.
//
// How it is tried: a throw-away version is published and removed with a
// reason. Within ten seconds the events must name it as removed, with the
// reason. They are read without a credential; where that tells nothing, with
// the publisher's, which counts in part.
package takedownfeed

import (
	"context"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
)

// rounds and pause are how often, and how far apart, the events are read.
const (
	rounds = 8
	pause  = time.Second
)

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID:         "takedown-feed",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "takedown-feed",
		Question:   "Does a public feed tell of a removal within seconds, with the reason?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher},
		Creates:    []string{"a throw-away package with versions 1.0.0 and 1.0.1, the first of which is removed with a reason"},
		Leaves:     []string{"events about throw-away packages, where the server has a feed"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// First is the version as it was first served, Removed after its removal.
	First   served.Sight `json:"first"`
	Removed served.Sight `json:"removed"`
	// Removal is how it was removed.
	Removal served.Removal `json:"removal"`
	// Public says that the events were read without a credential.
	Public bool `json:"public,omitempty"`
	// Events is the answer that they came with.
	Events scorecard.Answer `json:"events"`
	// About are the events that name the package, newest last, at most ten.
	About []Line `json:"about,omitempty"`
}

// Line is one event.
type Line struct {
	Text string `json:"text"`
	// Rest is the text without the package's name, which could hold any word.
	Rest string `json:"rest"`
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	seen := Seen{Removal: served.Removing(b)}
	r := scorecard.Release{
		Name: b.Name("feed"), Version: b.Protocol.Version("1.0.0"),
		Files: map[string]string{"README.md": "To be taken down.\n"},
	}
	var err error
	if seen.First, err = served.Publish(ctx, b, b.Publisher, r); err != nil {
		return seen, err
	}
	next := r
	next.Version = b.Protocol.Version("1.0.1")
	if _, err := served.Publish(ctx, b, b.Publisher, next); err != nil {
		return seen, err
	}
	a := b.Remove(ctx, b.Publisher, r.Name, r.Version, seen.Removal.Reason)
	if err := scorecard.Unless(a, "remove a version", scorecard.Accepted); err != nil {
		return seen, err
	}
	if seen.Removed, err = served.Until(ctx, b, b.Publisher, r.Name, r.Version, served.Sight.Shut); err != nil {
		return seen, err
	}
	private := 0
	for round := 1; ; round++ {
		if err := read(ctx, b, r.Name, &seen); err != nil {
			return seen, err
		}
		if told(seen) == withReason && !seen.Public {
			private++ // once may be because everybody was asked a moment before
		}
		if served.Denied(seen.Events) || told(seen) == withReason && (seen.Public || private > 1) || round == rounds {
			return seen, nil
		}
		if err := b.Wait(ctx, pause); err != nil {
			return seen, err
		}
	}
}

// read reads the events once: as anybody, and as the publisher where that
// tells more.
func read(ctx context.Context, b *scorecard.Bench, name string, seen *Seen) error {
	readers := []scorecard.Credential{{}}
	if b.Publisher.Secret != "" {
		readers = append(readers, b.Publisher)
	}
	for i, reader := range readers {
		lines, a := b.Events(ctx, reader)
		if err := scorecard.Unless(a, "read events", scorecard.Accepted, scorecard.Refused, scorecard.Absent); err != nil {
			return err
		}
		now := *seen
		now.Public, now.Events, now.About = reader.Secret == "", a, about(lines, b.Protocol.Ecosystem(), name)
		if i == 0 || served.Denied(seen.Events) || told(now) > told(*seen) {
			*seen = now
		}
		if told(*seen) == withReason {
			return nil
		}
	}
	return nil
}

// about are the newest lines that name the package, as itself or as a package
// URL.
func about(lines []string, e assay.Ecosystem, name string) []Line {
	url := assay.Coordinate{Ecosystem: e, Name: name}.String()
	var out []Line
	for _, line := range lines {
		line = scorecard.Words(line)
		rest := strings.ReplaceAll(strings.ReplaceAll(line, url, ""), name, "")
		if rest != line {
			out = append(out, Line{Text: line, Rest: rest})
		}
	}
	return out[max(0, len(out)-10):]
}

type telling int

const (
	nothing telling = iota
	withoutReason
	withReason
)

// told is how much the events tell of the removal.
func told(seen Seen) telling {
	best := nothing
	for _, line := range seen.About {
		if !removes(line.Rest) {
			continue
		}
		best = max(best, withoutReason)
		if seen.Removal.Explains(line.Rest) {
			best = withReason
		}
	}
	return best
}

// removes says whether an event is one of a removal.
func removes(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"remov", "delet", "unpublish", "takedown", "taken down", "withdr", "retract"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

func judge(seen Seen) scorecard.Finding {
	switch {
	case !seen.First.Open() || !seen.Removed.Shut():
		return served.Uncontrolled("a version was served and then removed")
	case served.Denied(seen.Events):
		return scorecard.Found(scorecard.Fails, "The feed of events is refused even to the publisher: "+seen.Events.String()+".")
	case seen.Events.Verdict != scorecard.Accepted:
		return served.Uncontrolled("events were read")
	}
	switch told(seen) {
	case nothing:
		return scorecard.Found(scorecard.Fails, "The feed of events said nothing of a removal within ten seconds.")
	case withoutReason:
		return scorecard.Found(scorecard.Partly, "The feed of events named the removed version within seconds, but not why it was removed.")
	}
	if !seen.Public {
		return scorecard.Found(scorecard.Partly, "The feed of events named the removed version and the reason within seconds, but only to a reader with a credential.")
	}
	return scorecard.Found(scorecard.Holds, "The public feed of events named the removed version within seconds, and why it was removed.")
}

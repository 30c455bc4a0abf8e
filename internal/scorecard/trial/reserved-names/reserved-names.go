// Package reservednames tries to publish under names that nobody should have:
// modules of the language itself, paths of the server, a name under which
// malware was spread before.
//
// The attack: code that means the standard library, or a tool that follows a
// link of the server, gets a stranger's package instead; or a removed piece
// of malware comes back under the name that scripts still ask for.
//
// How it is tried: each name is claimed, where names are claimed, and
// published. A name that is like nothing must be taken first, because a
// server that refuses every new name reserves none. The names are real ones,
// so this runs only on an instance that a driver started.
package reservednames

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
		ID:         "reserved-names",
		Kind:       scorecard.Trial,
		Version:    1,
		Capability: "reserved-names",
		Question:   "Are names of the standard library, of the server's own paths and of removed malware reserved?",
		Decisive:   true,
		Protocols:  []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:      []scorecard.Need{scorecard.NeedsPublisher, scorecard.NeedsDriver},
		Creates:    []string{"packages under reserved names, where they are taken, on an instance that is thrown away"},
		Leaves:     []string{"the names in the instance's own records"},
	}, collect, judge)
}

// Seen is what the trial writes down.
type Seen struct {
	// Unlike is a name like nothing, which must be taken.
	Unlike served.Attempt `json:"unlike"`
	// Reserved are the names that must not be.
	Reserved []served.Attempt `json:"reserved"`
}

// names are those that nobody should have.
func names(e assay.Ecosystem) []string {
	switch e {
	case assay.NPM:
		return []string{"fs", "http", "node_modules", "favicon.ico", "crossenv"}
	case assay.Golang:
		return []string{"fmt", "net/http"}
	case assay.PyPI:
		return []string{"os", "asyncio", "requirements-txt", "simple", "jeilyfish"}
	case assay.Cargo:
		return []string{"std", "core", "nul", "rustdecimal"}
	case assay.Maven: // the first would stand where the list of a group's plugins is
		return []string{"quiet-harbour.names/maven-metadata.xml", "org.fasterxml.jackson.core/jackson-databind"}
	}
	return nil
}

// unlike is a name of the same shape that means nothing.
func unlike(e assay.Ecosystem, seed string) string {
	name := "quiet-harbour-" + seed + "-index"
	switch e {
	case assay.Golang:
		return "github.com/" + name + "/" + name
	case assay.Maven:
		return "quiet-harbour." + name + "/" + name
	}
	return name
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	e := b.Protocol.Ecosystem()
	tried := names(e)
	if tried == nil {
		return seen, scorecard.Unsupported("no reserved names are known for %s", e)
	}
	var err error
	if seen.Unlike, err = served.Take(ctx, b, unlike(e, b.Seed)); err != nil {
		return seen, err
	}
	if !seen.Unlike.Taken() {
		return seen, scorecard.Untold("no new name could be taken, not even %s, so refusing others tells nothing", seen.Unlike.Name)
	}
	for _, name := range tried {
		// Being accepted decides: many clients cannot even ask for such a
		// name, so that whether it is served may be impossible to see.
		attempt, err := served.Try(ctx, b, name)
		if err != nil {
			return seen, err
		}
		seen.Reserved = append(seen.Reserved, attempt)
	}
	return seen, nil
}

func judge(seen Seen) scorecard.Finding {
	if !seen.Unlike.Taken() || len(seen.Reserved) == 0 {
		return served.Uncontrolled("new names are taken at all")
	}
	var taken, held []string
	for _, a := range seen.Reserved {
		switch {
		case a.Publish.Verdict == scorecard.Accepted:
			taken = append(taken, a.Name)
		case a.Held():
			held = append(held, a.Name)
		default:
			return served.Uncontrolled("the name " + a.Name + " was answered")
		}
	}
	switch {
	case len(taken) == 0:
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("All %d names were refused: %s.", len(held), served.Names(held)))
	case len(held) == 0:
		return scorecard.Found(scorecard.Fails, "Names that nobody should have were accepted: "+served.Names(taken)+".")
	}
	return scorecard.Found(scorecard.Partly, "Refused were "+served.Names(held)+", but accepted were "+served.Names(taken)+".")
}

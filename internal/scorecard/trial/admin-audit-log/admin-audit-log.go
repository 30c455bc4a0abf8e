// Package adminauditlog does something that only an administrator may, looks
// for it in the audit log, and tries to erase it there. What must not work is
// an act without a trace: an administrator's account is the first thing that
// a thief wants, and a log that its holder can rewrite shows what the thief
// wants it to show.
//
// The act is a block of a throw-away name that nobody uses, taken back at the
// end. The log is read before it is to be erased, and again after.
package adminauditlog

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
)

// How long an act may take to come into the log, how often the trial looks,
// and how long taking the block back may take.
const (
	patience = 2 * time.Second
	look     = 200 * time.Millisecond
	tidying  = 3 * time.Second
)

// Seen is what the trial writes down.
type Seen struct {
	// Act is the answer to the act.
	Act scorecard.Answer `json:"act"`
	// Named says that the audit log names it.
	Named bool `json:"named"`
	// Erase is the answer to erasing the newest entry.
	Erase scorecard.Answer `json:"erase"`
	// Reread is the answer to reading the log again, Still whether the act
	// is still in it.
	Reread scorecard.Answer `json:"reread"`
	Still  bool             `json:"still"`
}

// Check is the trial.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "admin-audit-log", Kind: scorecard.Trial, Version: 1, Capability: "admin-audit-log",
		Question: "Is an administrator's act written down where an administrator cannot erase it?",
		Decisive: true, Whole: true, Needs: []scorecard.Need{scorecard.NeedsDriver},
		Creates: []string{"a block of a name that nobody uses, taken back at the end"},
		Leaves:  []string{"entries in the audit log"},
	}, collect, judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	name := b.Name("audited")
	pattern := fmt.Sprintf("pkg:%s/%s", b.Protocol.Ecosystem(), name)
	none := scorecard.Answer{Verdict: scorecard.NoCall}
	seen := Seen{Erase: none, Reread: none}
	seen.Act = b.Block(ctx, pattern, "tried by a scorecard: to be found in the audit log")
	if err := scorecard.Unless(seen.Act, "do what only an administrator may (block a name)", scorecard.Accepted); err != nil {
		return Seen{}, err
	}
	// A block of a name that nobody uses harms nobody, but it is not ours to
	// leave behind, whatever ended the trial.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidying)
		defer cancel()
		b.Unblock(ctx, pattern)
	}()
	for waited := time.Duration(0); ; waited += look {
		acts, a := b.Acted(ctx)
		if err := scorecard.Unless(a, "read the audit log", scorecard.Accepted); err != nil {
			return Seen{}, err
		}
		if seen.Named = names(acts, name); seen.Named || waited >= patience {
			break
		}
		if err := b.Wait(ctx, look); err != nil {
			return Seen{}, err
		}
	}
	if !seen.Named {
		return seen, nil
	}
	seen.Erase = b.EraseActed(ctx)
	var acts []string
	acts, seen.Reread = b.Acted(ctx)
	seen.Still = names(acts, name)
	return seen, nil
}

// names reports whether a line names the package. The last part of a
// throw-away name is nobody else's, and is written alike in every spelling.
func names(lines []string, name string) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, path.Base(name)) })
}

func judge(s Seen) scorecard.Finding {
	switch {
	case s.Act.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The act to be logged was not done: %s.", s.Act))
	case !s.Named:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("An administrator blocked a name, and the audit log did not say so within %s.", patience))
	case s.Reread.Verdict != scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The audit log named the act, but could not be read again after the attempt to erase it: %s.", s.Reread))
	case !s.Still:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("An administrator erased an act from the audit log (%s).", s.Erase))
	case s.Erase.Verdict == scorecard.NoCall:
		return scorecard.Found(scorecard.Holds, "The audit log names an administrator's act, and there is no call to erase it with.")
	case s.Erase.No():
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("The audit log names an administrator's act, and erasing it was refused: %s.", s.Erase))
	case s.Erase.Verdict == scorecard.Accepted:
		return scorecard.Found(scorecard.CouldNotTell, "Erasing the newest entry of the audit log was accepted, and the act is still in it: another entry may be gone.")
	default:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("The audit log names an administrator's act, but the attempt to erase it gave no clear answer: %s.", s.Erase))
	}
}

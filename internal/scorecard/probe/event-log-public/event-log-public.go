// Package eventlogpublic asks whether anybody can follow what happens to
// packages: publishes, removals, changes of owners.
//
// Those who look for malware, and those whose dependency changed hands, see
// it only if the repository tells. The event log is read without any
// credential, by the call that the protocol or the instance has for it, else
// at the address that is stated: JSON, JSON lines, or the index of Go modules
// (lines with Path, Version and Timestamp). An event counts if it names a
// package and says when; what else a log must hold is for a person to read.
package eventlogpublic

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Log probe.EventLog `json:"log"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "event-log-public", Kind: scorecard.Probe, Version: 1, Capability: "event-log-public",
		Question:  "Can anybody read, without logging in, which packages change and when?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
	}, probe.Within(collect), judge)
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	log := probe.ReadEventLog(ctx, b)
	if !log.Asked() {
		return Seen{}, scorecard.Unsupported("there is no call for events, and no address of an event log is stated")
	}
	return Seen{Log: log}, nil
}

func judge(s Seen) scorecard.Finding {
	l := s.Log
	switch {
	case l.Public():
		return scorecard.Found(scorecard.Holds, fmt.Sprintf("anybody can read the event log: %d of %d events looked at name a package and say when", l.Full, l.Events))
	case l.Named > 0:
		return scorecard.Found(scorecard.Partly, fmt.Sprintf("anybody can read the event log: %d of %d events looked at name a package, and none says when", l.Named, l.Events))
	case l.Events > 0:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("none of the %d events that anybody can read names a package", l.Events))
	case l.Status == 401 || l.Status == 403:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the event log at %s is not for everybody: it answers %d", l.Page, l.Status))
	case l.Call == scorecard.Refused:
		return scorecard.Found(scorecard.Fails, "the call for events refuses those who are not logged in")
	case l.Untold != "":
		return scorecard.Found(scorecard.CouldNotTell, l.Untold)
	case l.Page != "" && (l.Status < 200 || l.Status > 299):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("an event log is stated, but %s answers %d", l.Page, l.Status))
	case l.Form != "" || l.Call == scorecard.Accepted:
		return scorecard.Found(scorecard.Fails, "the event log is empty")
	case l.Page != "":
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("what stands at %s is in no form in which events can be read", l.Page))
	}
	return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the call for events answers %s: %s", l.Call, l.Said))
}

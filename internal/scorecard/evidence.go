package scorecard

import (
	"encoding/json"
	"time"

	"assay.invalid/internal/assay"
)

// Evidence is what one check saw through one protocol. It is complete: Judge
// needs nothing else, and everything in it may be published.
type Evidence struct {
	Check string `json:"check"`
	// Version is the check's at the time; evidence of another version is
	// shown and not judged again.
	Version  int             `json:"version"`
	Protocol assay.Ecosystem `json:"protocol,omitempty"`
	Began    time.Time       `json:"began"`
	Ended    time.Time       `json:"ended"`
	// Seen are the fields that the check names, as it wrote them down; null
	// when Missing is set.
	Seen json.RawMessage `json:"seen,omitempty"`
	// Missing says why nothing could be seen.
	Missing *Missing `json:"missing,omitempty"`
	// Exchanges are the requests behind it, in order.
	Exchanges []Exchange `json:"exchanges,omitempty"`
	// Left is what the check made and could not remove.
	Left []string `json:"left,omitempty"`
}

// Missing is why a check has no answer: CouldNotTell or NotSupported, and
// the reason as a person reads it.
type Missing struct {
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason"`
}

// Exchange is one request and its answer, without anything secret: the
// address without credentials and query values that are secrets, headers by
// allow-list, the body by its digest.
type Exchange struct {
	Method string    `json:"method"`
	URL    string    `json:"url"`
	At     time.Time `json:"at"`
	// Took is in milliseconds.
	Took   int64  `json:"took_ms"`
	Status int    `json:"status,omitempty"`
	Bytes  int64  `json:"bytes"`
	Digest string `json:"sha256,omitempty"`
	// As says in a word whose credential went along: "", "publisher",
	// "stranger", "nobody known".
	As     string            `json:"as,omitempty"`
	Header map[string]string `json:"header,omitempty"`
	// Fault is set when there was no sound answer: what went wrong.
	Fault string `json:"fault,omitempty"`
}

// Outcome is what a check found.
type Outcome string

// The outcomes. Only Holds, Partly and Fails move a state.
const (
	Holds        Outcome = "holds"
	Partly       Outcome = "partly"
	Fails        Outcome = "fails"
	CouldNotTell Outcome = "could_not_tell" // asked, and the answer says nothing
	NotSupported Outcome = "not_supported"  // there is no call to ask it with
)

// Finding is a judgement of evidence.
type Finding struct {
	Outcome Outcome `json:"outcome"`
	// Reason says in one or two sentences what was seen that decides it.
	Reason string `json:"reason"`
}

// Found makes a finding.
func Found(o Outcome, reason string) Finding { return Finding{Outcome: o, Reason: reason} }

// Judged is evidence with its finding.
type Judged struct {
	Evidence Evidence `json:"evidence"`
	Finding  Finding  `json:"finding"`
}

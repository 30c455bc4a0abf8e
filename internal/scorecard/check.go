package scorecard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"assay.invalid/internal/assay"
)

// Kind says whether a check only reads.
type Kind string

// The kinds of checks.
const (
	Probe Kind = "probe"
	Trial Kind = "trial"
)

// Need is something that a check cannot do without.
type Need string

// The needs. Whoever runs checks leaves out, as "could not tell" with the
// reason, those whose needs are not met.
const (
	NeedsSample    Need = "sample"    // a package that exists: found by search or given
	NeedsPublisher Need = "publisher" // a credential that may publish throw-away packages
	NeedsStranger  Need = "stranger"  // a second one, of somebody else
	NeedsDriver    Need = "driver"    // an instance that a driver started
	NeedsUpstream  Need = "upstream"  // an instance whose upstream is ours
	NeedsMail      Need = "mail"      // an instance whose mail comes to us
)

// Definition says what a check asks, for the person who must decide whether
// to run it and for the one who reads its finding.
type Definition struct {
	// ID is the name of the check's folder.
	ID   string `json:"id"`
	Kind Kind   `json:"kind"`
	// Version is raised whenever what is seen or how it is judged changes.
	Version int `json:"version"`
	// Capability is the id in the catalogue that it speaks about.
	Capability string `json:"capability"`
	// Question is asked in one sentence, and "yes" is the good answer.
	Question string `json:"question"`
	// Decisive checks must hold before the capability can be called met;
	// the others can only show that it is not.
	Decisive bool `json:"decisive"`
	// Fatal checks make the capability not met when they fail, whatever
	// else holds.
	Fatal bool `json:"fatal,omitempty"`
	// Protocols are those through which the question can be asked; none
	// means all.
	Protocols []assay.Ecosystem `json:"protocols,omitempty"`
	// Whole checks look at the instance and not at a protocol: they run
	// once, through the first protocol.
	Whole bool   `json:"whole,omitempty"`
	Needs []Need `json:"needs,omitempty"`
	// Creates is what a trial makes, Leaves what of it cannot be removed
	// afterwards. Both are shown before anything is done.
	Creates []string `json:"creates,omitempty"`
	Leaves  []string `json:"leaves,omitempty"`
	// Alone checks disturb others (they use up attempts, or stop an
	// upstream) and run last, one after another.
	Alone bool `json:"alone,omitempty"`
}

// Check is one probe or trial.
type Check interface {
	Definition() Definition
	// Collect looks, and returns what it saw as JSON. An error made by
	// Untold or Unsupported says why there is nothing to judge; any other
	// is a fault of ours or of the connection and becomes "could not tell".
	Collect(ctx context.Context, b *Bench) (json.RawMessage, error)
	// Judge is pure, and refuses JSON that Collect cannot have written.
	Judge(seen json.RawMessage) (Finding, error)
}

// Make joins the two halves of a check. Seen is a struct of the fields that
// the check writes down; it must survive a round trip through JSON.
func Make[Seen any](d Definition, collect func(context.Context, *Bench) (Seen, error), judge func(Seen) Finding) Check {
	return check[Seen]{definition: d, collect: collect, judge: judge}
}

type check[Seen any] struct {
	definition Definition
	collect    func(context.Context, *Bench) (Seen, error)
	judge      func(Seen) Finding
}

func (c check[Seen]) Definition() Definition { return c.definition }

func (c check[Seen]) Collect(ctx context.Context, b *Bench) (json.RawMessage, error) {
	seen, err := c.collect(ctx, b)
	if err != nil {
		return nil, err
	}
	return json.Marshal(seen)
}

func (c check[Seen]) Judge(raw json.RawMessage) (Finding, error) {
	var seen Seen
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&seen); err != nil {
		return Finding{}, &assay.Error{Kind: assay.Invalid, Err: err,
			Message: fmt.Sprintf("the evidence of %s is not in the form of version %d", c.definition.ID, c.definition.Version)}
	}
	return c.judge(seen), nil
}

// untold is an error that says why there is nothing to judge.
type untold struct{ missing Missing }

func (e *untold) Error() string { return e.missing.Reason }

// Untold says that the subject was asked and its answer tells nothing.
func Untold(format string, args ...any) error {
	return &untold{Missing{CouldNotTell, fmt.Sprintf(format, args...)}}
}

// Unsupported says that there is no call to ask it with.
func Unsupported(format string, args ...any) error {
	return &untold{Missing{NotSupported, fmt.Sprintf(format, args...)}}
}

// MissingOf turns an error of Collect into what is written down.
func MissingOf(err error) *Missing {
	if u, ok := errors.AsType[*untold](err); ok {
		m := u.missing
		return &m
	}
	return &Missing{CouldNotTell, err.Error()}
}

// Unless returns nil when the answer is of one of the wanted verdicts, else
// the error that fits it: Unsupported for NoCall, Untold for the rest. What
// was being done is said with an infinitive: "publish the first version".
func Unless(a Answer, doing string, wanted ...Verdict) error {
	for _, v := range wanted {
		if a.Verdict == v {
			return nil
		}
	}
	if a.Verdict == NoCall {
		return Unsupported("there is no call to %s", doing)
	}
	return Untold("could not %s: %s", doing, a)
}

// Judge is the finding of evidence: what is missing says so itself, the rest
// is the check's to judge.
func Judge(c Check, e Evidence) Finding {
	if e.Missing != nil {
		return Found(e.Missing.Outcome, e.Missing.Reason)
	}
	f, err := c.Judge(e.Seen)
	if err != nil {
		return Found(CouldNotTell, err.Error())
	}
	return f
}

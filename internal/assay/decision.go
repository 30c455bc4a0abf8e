package assay

import "time"

// Effect is what a rule says of a coordinate. Deny beats warn beats allow.
type Effect uint8

// The effects, in rising force.
const (
	Nothing Effect = iota
	Allow
	Warn
	Deny
)

var effectNames = [...]string{"nothing", "allow", "warn", "deny"}

func (e Effect) String() string { return effectNames[e] }

// MarshalText writes the effect's word.
func (e Effect) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads an effect's word; others are Invalid.
func (e *Effect) UnmarshalText(text []byte) error {
	for i, name := range effectNames {
		if name == string(text) {
			*e = Effect(i)
			return nil
		}
	}
	return Errorf(Invalid, "%q is no effect: write allow, warn or deny", text)
}

// Mode says whether a rule's opinion counts.
type Mode uint8

// A rule that is observed has its opinion recorded and left out of the
// decision.
const (
	Enforce Mode = iota
	Observe
)

func (m Mode) String() string { return [...]string{"enforce", "observe"}[m] }

// MarshalText writes the mode's word.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a mode's word; others are Invalid.
func (m *Mode) UnmarshalText(text []byte) error {
	switch string(text) {
	case "enforce":
		*m = Enforce
	case "observe":
		*m = Observe
	default:
		return Errorf(Invalid, "%q is no mode: write enforce or observe", text)
	}
	return nil
}

// Opinion is what one rule says of one coordinate.
type Opinion struct {
	Rule   string    `json:"rule"`
	Effect Effect    `json:"effect"`
	Mode   Mode      `json:"mode"`
	Reason string    `json:"reason"`           // a clause for people: "published 5 hours ago; versions wait 72 hours"
	Remedy string    `json:"remedy,omitempty"` // what the person can do, one sentence
	Until  time.Time `json:"until,omitzero"`   // when the opinion ends by itself; zero: it does not
	// Unlist leaves the version out of listings, so that no resolver chooses
	// it, while exact requests are judged by Effect alone: a yanked version
	// stays for old lock files.
	Unlist bool `json:"unlist,omitempty"`
	// LiftedBy is the id of the exception that lifts this deny; "" if none.
	LiftedBy string `json:"lifted_by,omitempty"`
}

// Counts tells whether the opinion takes part in the decision.
func (o *Opinion) Counts() bool { return o.Mode == Enforce && o.LiftedBy == "" }

// End says when the opinion ends by itself, to the minute, rounded up so that
// nobody is sent back some seconds too early; "" if it does not end.
func (o *Opinion) End() string { return EndText(o.Until) }

// EndText writes a moment at which something is over: to the minute, rounded
// up, in UTC; "" for the zero time.
func EndText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.UTC()
	if whole := t.Truncate(time.Minute); !whole.Equal(t) {
		t = whole.Add(time.Minute)
	}
	return t.Format("2006-01-02 15:04 UTC")
}

// Decision is the outcome for one coordinate: the strongest effect that
// counts, and every rule's opinion. Rules that say nothing leave no opinion.
type Decision struct {
	Effect   Effect    `json:"effect"` // Allow, Warn or Deny
	Opinions []Opinion `json:"opinions,omitempty"`
	// Until is when the decision can change without anybody's act (the end
	// of a cooldown, a block or an exception); zero: it cannot.
	Until time.Time `json:"until,omitzero"`
}

// Lead returns the opinion that is shown first: the first, in rule order,
// that counts and has the decision's effect; nil if none.
func (d *Decision) Lead() *Opinion {
	for i := range d.Opinions {
		if o := &d.Opinions[i]; o.Counts() && o.Effect == d.Effect {
			return o
		}
	}
	return nil
}

// Unlisted tells whether the version must be left out of listings, and which
// opinion says so: it is denied, or one that counts asks for it.
func (d *Decision) Unlisted() (*Opinion, bool) {
	if d.Denied() {
		return d.Lead(), true
	}
	for i := range d.Opinions {
		if o := &d.Opinions[i]; o.Counts() && o.Unlist {
			return o, true
		}
	}
	return nil, false
}

// Denied tells whether the coordinate must not be handed out.
func (d *Decision) Denied() bool { return d.Effect == Deny }

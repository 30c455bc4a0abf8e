package assay

import "time"

// Severity is how bad a vulnerability is, in the words of CVSS.
type Severity uint8

// The severities, in rising order. One that an advisory does not give is
// unknown, and counts as the worst wherever a threshold is asked for.
const (
	SeverityUnknown Severity = iota
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

var severityNames = [...]string{"unknown", "low", "medium", "high", "critical"}

func (s Severity) String() string {
	if int(s) < len(severityNames) {
		return severityNames[s]
	}
	return severityNames[SeverityUnknown]
}

// MarshalText writes the severity's word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's word; others are Invalid.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severityNames {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return Errorf(Invalid, "%q is no severity: write low, medium, high or critical", text)
}

// Advisory is what one advisory, with all that are aliases of it, says of a
// version.
type Advisory struct {
	ID      string   `json:"id"`
	Aliases []string `json:"aliases,omitempty"`
	// Malicious is set where the package itself is the attack.
	Malicious bool      `json:"malicious,omitempty"`
	Severity  Severity  `json:"severity"`
	Summary   string    `json:"summary,omitempty"`
	Source    string    `json:"source,omitempty"` // the name of the source that it came from
	Modified  time.Time `json:"modified,omitzero"`
}

// NameFinding is a name that looks like a better known one.
type NameFinding struct {
	// Class is how it differs: "omission", "transposition", "separator", ...
	Class  string  `json:"class"`
	Target string  `json:"target"` // the name that it is likely meant to be taken for
	Score  float64 `json:"score"`  // 0 to 1: how likely
}

// Signal is one thing that a scan of a version's files found.
type Signal struct {
	ID   string `json:"id"` // "install-script-fetches", "credential-read", ...
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // from 1; 0 where lines mean nothing
	Saw  string `json:"saw"`            // what it saw there, printable and short
}

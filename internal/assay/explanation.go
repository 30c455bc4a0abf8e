package assay

// Explanation answers "why?" for a coordinate: the facts with their sources,
// every rule's opinion, the decision, and what to do.
type Explanation struct {
	Coordinate Coordinate `json:"coordinate"`
	Registry   string     `json:"registry"` // the named place that was asked
	Facts      []Fact     `json:"facts,omitempty"`
	Decision   Decision   `json:"decision"`
	Nearest    string     `json:"nearest_allowed,omitempty"` // the newest allowed version at or below, else above
	Advice     []string   `json:"advice,omitempty"`          // what the person can do, one sentence each
	Why        string     `json:"why"`                       // address of the page that says the same
	Epoch      uint64     `json:"epoch"`                     // policy epoch of the decision
	// Stale is how old the upstream's answer is, in seconds, when it could
	// not be asked again.
	Stale int64 `json:"stale_seconds,omitempty"`
	// Versions is set when the coordinate is a package: each version with
	// its decision, newest first.
	Versions []VersionDecision `json:"versions,omitempty"`
}

// VersionDecision is one line of a package's explanation.
type VersionDecision struct {
	Version  string   `json:"version"`
	Decision Decision `json:"decision"`
	Listed   bool     `json:"listed"` // in the upstream's listing now
}

package served

import (
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Removal is how a version was removed, for judging what is said of it.
type Removal struct {
	// Reason is the reason that was given. No server says it by itself.
	Reason string `json:"reason"`
	// Wordless says that the protocol's own call has no place for a reason,
	// so that it cannot come back.
	Wordless bool `json:"wordless,omitempty"`
}

// Removing is the removal of a trial.
func Removing(b *scorecard.Bench) Removal {
	return Removal{
		Reason: "superseded by a throw-away test",
		// npm unpublishes by leaving a version out of a document.
		Wordless: b.Protocol.Ecosystem() == assay.NPM,
	}
}

// kinds are words that tell who removed a version, or what kind of reason
// there was.
var kinds = []string{"owner", "publisher", "maintainer", "author", "operator", "administrator", "malware", "malicious", "legal", "secret", "mistake", "because", "reason"}

// Explains reports that a text gives the reason of the removal, or, where
// that could not be said, who removed the version or what kind of reason
// there was.
func (r Removal) Explains(text string) bool {
	if r.Reason != "" && strings.Contains(text, r.Reason) {
		return true
	}
	text = strings.ToLower(text)
	return r.Wordless && slices.ContainsFunc(kinds, func(word string) bool { return strings.Contains(text, word) })
}

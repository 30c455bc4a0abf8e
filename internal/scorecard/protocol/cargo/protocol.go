package cargo

import (
	"net/http"
	"strings"
	"sync"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// New makes the protocol.
func New() scorecard.Protocol { return protocol{} }

type protocol struct{}

func (protocol) Ecosystem() assay.Ecosystem { return assay.Cargo }

// Open is the subject at the address of its index, which may lack its last
// slash.
func (protocol) Open(base string, v scorecard.Visitor) scorecard.Acts {
	base = strings.TrimRight(base, "/") + "/"
	return &acts{
		subject: asking.Subject{Base: base, Visit: v, Authorise: func(h http.Header, secret string) { h.Set("Authorization", secret) }},
		base:    base, limits: safeLimits(),
		files: asking.NewMemory(safeLimits().Remembered), yanked: map[[2]string]bool{},
	}
}

func (protocol) ThrowAway(under, seed, label string) string {
	made := seed + "-" + label
	switch {
	case under == "":
		return "assay-trial-" + made
	case strings.Contains(under, "*"):
		return strings.Replace(under, "*", made, 1)
	}
	return under + "-" + made
}

func (protocol) Version(v string) string { return v }

func (protocol) WellKnown() []string { return wellKnown() }

func wellKnown() []string {
	return []string{"itoa", "cfg-if", "log", "semver", "serde", "libc"}
}

// limits bound what one act may read and ask.
type limits struct {
	Index      int64 // bytes of a crate's index file
	Answer     int64 // bytes of any other answer
	File       int64 // bytes of a crate
	Versions   int   // lines of one index file
	WellKnown  int   // well-known crates that are tried
	Remembered int   // addresses of files
}

func safeLimits() limits {
	return limits{Index: 16 << 20, Answer: 1 << 20, File: 64 << 20, Versions: 50_000, WellKnown: 6, Remembered: 50_000}
}

// acts is a subject. It is safe for concurrent use if its visitor is.
type acts struct {
	scorecard.NoActs
	subject asking.Subject
	base    string // ends in a slash
	limits  limits
	files   *asking.Memory

	mu     sync.Mutex
	config *config            // once it was read
	yanked map[[2]string]bool // by name and version
}

var _ scorecard.Acts = (*acts)(nil)

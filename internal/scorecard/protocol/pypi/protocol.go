package pypi

import (
	"net/http"
	"path"
	"strings"
	"sync"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// New makes the protocol.
func New() scorecard.Protocol { return protocol{} }

type protocol struct{}

func (protocol) Ecosystem() assay.Ecosystem { return assay.PyPI }

// Open is the subject at the address of its index or of the place above it.
func (protocol) Open(base string, v scorecard.Visitor) scorecard.Acts {
	place := strings.TrimRight(base, "/")
	index := place + "/simple/"
	if last := path.Base(place); last == "simple" || last == "+simple" {
		index, place = place+"/", strings.TrimSuffix(place, "/"+last)
	}
	return &acts{
		subject: asking.Subject{Base: place + "/", Visit: v, Authorise: authorise},
		place:   place + "/", index: index, limits: safeLimits(),
		files: asking.NewMemory(safeLimits().Remembered),
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
	return []string{"requests", "six", "flask", "click", "idna", "packaging"}
}

// limits bound what one act may read and ask.
type limits struct {
	Document   int64 // bytes of a project's page
	Index      int64 // bytes of the list of all projects
	Answer     int64 // bytes of any other answer
	File       int64 // bytes of a file
	Files      int   // files of one project
	WellKnown  int   // well-known projects that are tried
	Advisories int   // ids of one answer
	Remembered int   // addresses of files
}

func safeLimits() limits {
	return limits{
		Document: 16 << 20, Index: 4 << 20, Answer: 4 << 20, File: 64 << 20,
		Files: 100_000, WellKnown: 6, Advisories: 100, Remembered: 50_000,
	}
}

// acts is a subject. It is safe for concurrent use if its visitor is.
type acts struct {
	scorecard.NoActs
	subject      asking.Subject
	place, index string // end in a slash
	limits       limits
	files        *asking.Memory

	mu     sync.Mutex
	upload string // the address that took uploads so far, "" for none
}

var _ scorecard.Acts = (*acts)(nil)

// authorise writes a token as its users do: the password of a name that is
// the same for all.
func authorise(h http.Header, secret string) {
	name, password, named := strings.Cut(secret, ":")
	if !named {
		name, password = "__token__", secret
	}
	r := http.Request{Header: h}
	r.SetBasicAuth(name, password)
}

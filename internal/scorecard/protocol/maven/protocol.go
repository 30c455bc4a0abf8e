package maven

import (
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// New makes the protocol.
func New() scorecard.Protocol { return protocol{} }

type protocol struct{}

func (protocol) Ecosystem() assay.Ecosystem { return assay.Maven }

// Open is the subject at a base address, which may lack its last slash.
func (protocol) Open(base string, v scorecard.Visitor) scorecard.Acts {
	base = strings.TrimRight(base, "/") + "/"
	return &acts{
		subject: asking.Subject{Base: base, Visit: v, Authorise: authorise},
		base:    base, limits: safeLimits(), files: asking.NewMemory(safeLimits().Remembered),
	}
}

// ThrowAway makes a group of the run's own where anything is allowed. In one
// with a star the made part may stand anywhere, with a dot or a slash before
// it, as long as there is an artifact.
func (protocol) ThrowAway(under, seed, label string) string {
	made := seed + "-" + label
	switch {
	case under == "":
		return "example.assay-trial-" + seed + "/" + label
	case strings.Contains(under, "*"):
		under = strings.Replace(under, "*", made, 1)
	default:
		under += "-" + made
	}
	if !strings.Contains(under, "/") {
		under += "/" + label
	}
	return under
}

func (protocol) Version(v string) string { return v }

func (protocol) WellKnown() []string { return wellKnown() }

func wellKnown() []string {
	return []string{"junit/junit", "org.slf4j/slf4j-api", "commons-io/commons-io", "org.apache.commons/commons-lang3", "com.google.guava/guava"}
}

// limits bound what one act may read and ask.
type limits struct {
	Metadata   int64 // bytes of a maven-metadata.xml
	POM        int64 // bytes of a POM
	Side       int64 // bytes of a side file
	Answer     int64 // bytes of any other answer
	File       int64 // bytes of a file
	Versions   int   // versions of one artifact
	Looked     int   // newest versions whose POM and side files are asked for
	WellKnown  int   // well-known artifacts that are tried
	Remembered int   // addresses of files
}

func safeLimits() limits {
	return limits{
		Metadata: 8 << 20, POM: 2 << 20, Side: 4 << 10, Answer: 64 << 10, File: 64 << 20,
		Versions: 50_000, Looked: 4, WellKnown: 5, Remembered: 50_000,
	}
}

// acts is a subject. It is safe for concurrent use if its visitor is.
type acts struct {
	scorecard.NoActs
	subject asking.Subject
	base    string // ends in a slash
	limits  limits
	files   *asking.Memory
}

var _ scorecard.Acts = (*acts)(nil)

func authorise(h http.Header, secret string) {
	name, password, named := strings.Cut(secret, ":")
	if !named {
		name, password = "token", secret
	}
	r := http.Request{Header: h}
	r.SetBasicAuth(name, password)
}

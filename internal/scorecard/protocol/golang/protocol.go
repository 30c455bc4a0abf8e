package golang

import (
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

// Config is what the protocol cannot know by itself.
type Config struct {
	// SumDB is the name of the checksum database that is asked through the
	// subject; empty for none.
	SumDB string
	// Key is its note verifier key, "<name>+<hash>+<key>"; empty means that
	// digests cannot be told.
	Key string
}

// New makes the protocol.
func New(cfg Config) scorecard.Protocol { return protocol{cfg} }

type protocol struct{ cfg Config }

func (protocol) Ecosystem() assay.Ecosystem { return assay.Golang }

// Open is the subject at a base address, which may lack its last slash.
func (p protocol) Open(base string, v scorecard.Visitor) scorecard.Acts {
	return &acts{base: strings.TrimSuffix(base, "/") + "/", visit: v, cfg: p.cfg, limits: safeLimits(), proofs: newProofs(safeLimits().Proofs)}
}

func (protocol) ThrowAway(under, seed, label string) string {
	switch {
	case under == "":
		return "trial.example/assay-" + seed + "/" + label
	case strings.Contains(under, "*"):
		return strings.Replace(under, "*", seed+"-"+label, 1)
	}
	return strings.TrimSuffix(under, "/") + "/" + seed + "-" + label
}

func (protocol) Version(v string) string {
	if strings.HasPrefix(v, "v") {
		return v
	}
	return "v" + v
}

func (protocol) WellKnown() []string { return wellKnown() }

func wellKnown() []string {
	return []string{"rsc.io/quote", "golang.org/x/text", "github.com/google/uuid", "github.com/spf13/cobra", "golang.org/x/mod"}
}

// limits bound what one act may read and ask.
type limits struct {
	Wire      wire.Limits
	File      int64 // bytes of a zip that is fetched
	Dated     int   // newest versions whose date is asked for
	Proven    int   // newest versions whose digest is, which costs tiles too
	Proofs    int   // proven parts of the checksum database that are kept
	WellKnown int   // well-known modules that are tried
	Tries     int   // of them, to recognise a proxy by
	Index     int   // lines of an index that are read
}

func safeLimits() limits {
	w := wire.DefaultLimits()
	w.Zip = 64 << 20
	w.Unpacked = 256 << 20
	return limits{Wire: w, File: 64 << 20, Dated: 12, Proven: 6, Proofs: 1000, WellKnown: 5, Tries: 3, Index: 500}
}

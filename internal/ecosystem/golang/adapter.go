package golang

import (
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// Config is what the Go ecosystem is set up with.
type Config struct {
	// SumDB is the checksum database that digests are checked against and
	// that clients may reach through this place. With nil there is none: the
	// first bytes seen count, and clients are told to ask the database
	// themselves.
	SumDB *SumDB
}

// New returns the adapter.
func New(cfg Config) ecosystem.Adapter { return newAdapter(cfg, wire.DefaultLimits()) }

type adapter struct {
	sumdb  *SumDB // nil: none
	format *format
}

func newAdapter(cfg Config, limits wire.Limits) *adapter {
	a := &adapter{format: &format{limits: limits}}
	if cfg.SumDB != nil {
		db := *cfg.SumDB
		a.sumdb = &db
		a.format.notary = newNotary(db, defaultProven)
	}
	return a
}

func (a *adapter) Ecosystem() assay.Ecosystem { return assay.Golang }

func (a *adapter) Place() string { return "go" }

func (a *adapter) Grammar() assay.Grammar { return wire.Grammar{} }

func (a *adapter) Format() ecosystem.Format { return a.format }

func (a *adapter) Handler(repo ecosystem.Repository) http.Handler {
	return &handler{repo: repo, sumdb: a.sumdb, limits: a.format.limits}
}

// Setup names one entry and no ",direct" after it: whatever Assay does not
// hand out must not be fetched around it. GOSUMDB stays as it is.
func (a *adapter) Setup(base string) []ecosystem.SetupLine {
	return []ecosystem.SetupLine{{Client: "go", Line: "export GOPROXY=" + shellWord(base)}}
}

// shellWord quotes what a shell would take apart.
func shellWord(s string) string {
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~:/[]@%+=,", c) >= 0 {
			continue
		}
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

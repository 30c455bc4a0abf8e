package cargo

import (
	"net/http"
	"strings"

	"golang.org/x/sync/semaphore"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// limits bound what one request may make us hold.
type limits struct {
	document wire.Limits
	sent     wire.SentLimits    // what is published
	inspect  wire.InspectLimits // the .crate in it
	uploads  int64              // bytes of all uploads at once
	query    int                // bytes of a search's query
	change   int64              // bytes of a request that changes owners
}

func defaultLimits() limits {
	return limits{
		document: wire.DefaultLimits(), sent: wire.DefaultSentLimits(), inspect: wire.DefaultInspectLimits(),
		uploads: 128 << 20, query: 4 << 10, change: 64 << 10,
	}
}

// upload is how many bytes one upload may have: two parts and their lengths.
func (l limits) upload() int64 { return l.sent.Metadata + l.sent.Crate + 8 }

type adapter struct{ limits limits }

// New returns the adapter for Cargo.
func New() ecosystem.Adapter { return adapter{limits: defaultLimits()} }

// Ecosystem implements ecosystem.Adapter.
func (adapter) Ecosystem() assay.Ecosystem { return assay.Cargo }

// Place implements ecosystem.Adapter.
func (adapter) Place() string { return "cargo" }

// Grammar implements ecosystem.Adapter.
func (adapter) Grammar() assay.Grammar { return wire.Grammar{} }

// Format implements ecosystem.Adapter.
func (a adapter) Format() ecosystem.Format {
	return format{limits: a.limits.document, inspect: a.limits.inspect}
}

// Handler implements ecosystem.Adapter.
func (a adapter) Handler(repo ecosystem.Repository) http.Handler {
	// A place that takes packages says so by its type.
	publisher, _ := repo.(ecosystem.Publisher)
	ownership, _ := repo.(ecosystem.Ownership)
	return &handler{
		repo: repo, limits: a.limits, publisher: publisher, ownership: ownership,
		uploads: semaphore.NewWeighted(max(a.limits.uploads, a.limits.upload())),
		naming:  newNaming(),
	}
}

// Setup implements ecosystem.Adapter. Cargo knows no variable that replaces
// its default registry, so the first line writes its configuration. A registry
// that demands a token is read only where a keeper of tokens is named.
func (adapter) Setup(base string) []ecosystem.SetupLine {
	replace := `[source.crates-io]\nreplace-with = "assay"\n[source.assay]\nregistry = "sparse+` + base + `"\n`
	return []ecosystem.SetupLine{
		{Client: "cargo", Line: "printf " + shellWord(replace) + ` >> "${CARGO_HOME:-$HOME/.cargo}/config.toml"`},
		{Client: "cargo, for crates that are published here", Line: "export CARGO_REGISTRIES_ASSAY_INDEX=" + shellWord("sparse+"+base+"auth/") +
			" CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token"},
	}
}

// shellWord quotes s for a POSIX shell where it has to be.
func shellWord(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~:/@+=,", r))
	}) < 0
	if plain && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

package npm

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/semaphore"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// limits bound what one request may make us hold.
type limits struct {
	document wire.Limits
	body     int64 // bytes of a request's body, compressed or not
	inflated int64 // bytes of a request's body after inflating
	audits   int64 // bytes of all those bodies at once
	query    int   // bytes of a search query

	sent    wire.SentLimits    // what is published or changed
	inspect wire.InspectLimits // the tarball in it
	upload  int64              // bytes of the body of a publication
	uploads int64              // bytes of all those bodies at once
}

func defaultLimits() limits {
	return limits{
		document: wire.DefaultLimits(), body: 4 << 20, inflated: 16 << 20, audits: 64 << 20, query: 4 << 10,
		sent: wire.DefaultSentLimits(), inspect: wire.DefaultInspectLimits(), upload: 64 << 20, uploads: 128 << 20,
	}
}

type adapter struct{ limits limits }

// New returns the adapter for npm.
func New() ecosystem.Adapter { return adapter{limits: defaultLimits()} }

// Ecosystem implements ecosystem.Adapter.
func (adapter) Ecosystem() assay.Ecosystem { return assay.NPM }

// Place implements ecosystem.Adapter.
func (adapter) Place() string { return "npm" }

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
	return &handler{
		repo: repo, limits: a.limits, audits: newRoom(a.limits.audits),
		publisher: publisher, uploads: semaphore.NewWeighted(max(a.limits.uploads, a.limits.upload)),
	}
}

// Setup implements ecosystem.Adapter. pnpm reads its own variable from
// version 12 on, and npm's before; Yarn its own from version 2 on, and npm's
// before.
func (adapter) Setup(base string) []ecosystem.SetupLine {
	yarn := "export YARN_NPM_REGISTRY_SERVER=" + shellWord(base)
	if u, err := url.Parse(base); err == nil && u.Scheme == "http" {
		yarn += " YARN_UNSAFE_HTTP_WHITELIST=" + shellWord(u.Hostname()) // Yarn's own word for it
	}
	base = shellWord(base)
	return []ecosystem.SetupLine{
		{Client: "npm", Line: "npm config set registry " + base},
		{Client: "npm and Yarn 1, this shell only", Line: "export npm_config_registry=" + base},
		{Client: "pnpm", Line: "export pnpm_config_registry=" + base + " npm_config_registry=" + base},
		{Client: "Yarn 4", Line: yarn},
	}
}

// shellWord quotes s for a POSIX shell where it has to be.
func shellWord(s string) string {
	plain := strings.IndexFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~:/@%+=,", r))
	}) < 0
	if plain && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

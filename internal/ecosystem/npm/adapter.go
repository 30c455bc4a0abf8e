package npm

import (
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// limits bound what one request may make us hold.
type limits struct {
	document wire.Limits
	body     int64 // bytes of a request's body, compressed or not
	inflated int64 // bytes of a request's body after inflating
	query    int   // bytes of a search query
}

func defaultLimits() limits {
	return limits{document: wire.DefaultLimits(), body: 4 << 20, inflated: 16 << 20, query: 4 << 10}
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
func (a adapter) Format() ecosystem.Format { return format{limits: a.limits.document} }

// Handler implements ecosystem.Adapter.
func (a adapter) Handler(repo ecosystem.Repository) http.Handler {
	return &handler{repo: repo, limits: a.limits}
}

// Setup implements ecosystem.Adapter. pnpm reads its own variable from
// version 12 on, and npm's before.
func (adapter) Setup(base string) []ecosystem.SetupLine {
	base = shellWord(base)
	return []ecosystem.SetupLine{
		{Client: "npm", Line: "npm config set registry " + base},
		{Client: "npm, this shell only", Line: "export npm_config_registry=" + base},
		{Client: "pnpm", Line: "export pnpm_config_registry=" + base + " npm_config_registry=" + base},
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

package pypi

import (
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

// limits bound what one request may make us hold.
type limits struct {
	page    wire.Limits
	inspect wire.InspectLimits
	form    wire.FormLimits
	uploads int // uploads that are spooled at once
}

func defaultLimits() limits {
	return limits{page: wire.DefaultLimits(), inspect: wire.DefaultInspectLimits(), form: wire.DefaultFormLimits(), uploads: 16}
}

type adapter struct{ limits limits }

// New returns the adapter for PyPI.
func New() ecosystem.Adapter { return adapter{limits: defaultLimits()} }

// Ecosystem implements ecosystem.Adapter.
func (adapter) Ecosystem() assay.Ecosystem { return assay.PyPI }

// Place implements ecosystem.Adapter.
func (adapter) Place() string { return "pypi" }

// Grammar implements ecosystem.Adapter.
func (adapter) Grammar() assay.Grammar { return wire.Grammar{} }

// Format implements ecosystem.Adapter.
func (a adapter) Format() ecosystem.Format {
	return format{limits: a.limits.page, inspect: a.limits.inspect}
}

// Handler implements ecosystem.Adapter.
func (a adapter) Handler(repo ecosystem.Repository) http.Handler {
	// A place that takes packages says so by its type.
	publisher, _ := repo.(ecosystem.Publisher)
	return &handler{repo: repo, limits: a.limits, publisher: publisher, uploads: make(chan struct{}, max(1, a.limits.uploads))}
}

// Setup implements ecosystem.Adapter. pip and uv add what their variables for
// further indexes say; emptied, they leave this place as the only one.
func (adapter) Setup(base string) []ecosystem.SetupLine {
	index := shellWord(base + "simple/")
	return []ecosystem.SetupLine{
		{Client: "pip", Line: "pip config set global.index-url " + index},
		{Client: "pip, this shell only", Line: "export PIP_INDEX_URL=" + index + " PIP_EXTRA_INDEX_URL="},
		{Client: "uv", Line: "export UV_DEFAULT_INDEX=" + index + " UV_INDEX="},
		{Client: "Poetry, in a project", Line: "poetry source add --priority=primary assay " + index},
		{Client: "twine and uv publish", Line: "export TWINE_REPOSITORY_URL=" + shellWord(base+"legacy/") + " UV_PUBLISH_URL=" + shellWord(base+"legacy/")},
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

package maven

import (
	"net/http"
	"strings"

	"golang.org/x/sync/semaphore"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// limits bound what one request may make us hold, in bytes.
type limits struct {
	document wire.Limits
	upload   int64 // of one file
	uploads  int64 // of all files that are being uploaded at once
	memory   int64 // of an upload that is held in memory and not in a file
}

func defaultLimits() limits {
	return limits{document: wire.DefaultLimits(), upload: 256 << 20, uploads: 1 << 30, memory: 1 << 20}
}

type adapter struct{ limits limits }

// New returns the adapter for Maven.
func New() ecosystem.Adapter { return adapter{limits: defaultLimits()} }

// Ecosystem implements ecosystem.Adapter.
func (adapter) Ecosystem() assay.Ecosystem { return assay.Maven }

// Place implements ecosystem.Adapter.
func (adapter) Place() string { return "maven" }

// Grammar implements ecosystem.Adapter.
func (adapter) Grammar() assay.Grammar { return wire.Grammar{} }

// Format implements ecosystem.Adapter.
func (a adapter) Format() ecosystem.Format { return format{limits: a.limits.document} }

// Handler implements ecosystem.Adapter.
func (a adapter) Handler(repo ecosystem.Repository) http.Handler {
	// A place that takes packages says so by its type.
	publisher, _ := repo.(ecosystem.Publisher)
	promises, _ := repo.(ecosystem.Promiser)
	return &handler{
		repo: repo, publisher: publisher, promises: promises, limits: a.limits,
		uploads: semaphore.NewWeighted(max(a.limits.uploads, a.limits.upload)),
	}
}

// Setup implements ecosystem.Adapter. Maven 3 has no variable for its
// repositories, so what is written is a settings file of its own; one that is
// there is not touched, and mvn is told of ours.
func (adapter) Setup(base string) []ecosystem.SetupLine {
	settings := "<settings><mirrors><mirror><id>assay</id><mirrorOf>*</mirrorOf><url>" + xmlText(base) + "</url></mirror></mirrors></settings>"
	from := "repositories { clear(); maven { url = \"" + base + "\"; allowInsecureProtocol = true } }"
	script := "settingsEvaluated { s -> s.pluginManagement." + from + " }; allprojects { " + from + " }"
	return []ecosystem.SetupLine{
		{Client: "mvn", Line: "echo " + shellWord(settings) + " > assay-settings.xml && mvn -s assay-settings.xml verify"},
		{Client: "gradle", Line: "mkdir -p ~/.gradle/init.d && echo " + shellWord(script) + " > ~/.gradle/init.d/assay.gradle"},
	}
}

// xmlText makes an address fit for the text of an element.
func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// shellWord quotes s for a POSIX shell.
func shellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

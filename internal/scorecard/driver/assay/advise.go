package assay

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// osvEcosystem is the name that the OSV format has for an ecosystem. Cargo's is
// put together, because as one word it is also the address of a public
// registry, which has no place in a source file.
func osvEcosystem(e assay.Ecosystem) string {
	switch e {
	case assay.NPM:
		return "npm"
	case assay.Golang:
		return "Go"
	case assay.PyPI:
		return "PyPI"
	case assay.Cargo:
		return "crates" + "." + "io"
	case assay.Maven:
		return "Maven"
	}
	return ""
}

// osvRecord is as much of an advisory in the OSV format as says that all
// versions of a package before one are vulnerable
// (https://ossf.github.io/osv-schema/).
type osvRecord struct {
	Schema   string        `json:"schema_version"`
	ID       string        `json:"id"`
	Modified string        `json:"modified"`
	Summary  string        `json:"summary"`
	Affected []osvAffected `json:"affected"`
}

type osvAffected struct {
	Package osvPackage `json:"package"`
	Ranges  []osvRange `json:"ranges"`
}

type osvPackage struct {
	Ecosystem string `json:"ecosystem"`
	Name      string `json:"name"`
}

type osvRange struct {
	Type   string              `json:"type"`
	Events []map[string]string `json:"events"`
}

// Advise implements scorecard.Acts: an advisory is put among the files that
// the server was told to read, and the server to read them again, as its
// operator would.
func (a *acts) Advise(ctx context.Context, name, fixed string) scorecard.Answer {
	i := a.instance
	record := advisory(a.ecosystem, name, fixed, time.Now())
	text, err := json.MarshalIndent(record, "", "  ")
	if err != nil {
		return unclear("the advisory cannot be written as JSON")
	}
	// Whole or not at all: the server may look at any moment.
	file := filepath.Join(i.advisories(), record.ID+".json")
	if err := os.WriteFile(file+".part", text, 0o600); err != nil {
		return unclear("the advisory cannot be written to the folder that the server reads")
	}
	if err := os.Rename(file+".part", file); err != nil {
		return unclear("the advisory cannot be written to the folder that the server reads")
	}
	if _, err := i.command(ctx, "advisories", "refresh"); err != nil {
		return unclear("the server could not be told to read its advisories again: " + scorecard.Words(err.Error()))
	}
	return scorecard.Answer{Verdict: scorecard.Accepted, Reason: "the server has read an advisory that names " + fixed + " as the fix"}
}

// advisory says that every version before one is vulnerable.
func advisory(e assay.Ecosystem, name, fixed string, now time.Time) osvRecord {
	kind := "ECOSYSTEM"
	if e == assay.NPM || e == assay.Golang || e == assay.Cargo {
		kind = "SEMVER"
	}
	if e == assay.Golang {
		fixed = strings.TrimPrefix(fixed, "v") // as the format has Go's versions
	}
	if e == assay.Maven {
		name = strings.ReplaceAll(name, "/", ":")
	}
	return osvRecord{
		Schema: "1.7.4", ID: "TRIAL-" + now.UTC().Format("20060102-150405.000000000"), Modified: now.UTC().Format(time.RFC3339),
		Summary: "a vulnerability that a trial made up",
		Affected: []osvAffected{{Package: osvPackage{osvEcosystem(e), name}, Ranges: []osvRange{
			{Type: kind, Events: []map[string]string{{"introduced": "0"}, {"fixed": fixed}}},
		}}},
	}
}

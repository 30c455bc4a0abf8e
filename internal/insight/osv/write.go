package osv

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// OwnPrefix begins the ids of records that are written here. They speak of
// malice alone.
const OwnPrefix = "ASSAY-MAL-"

type writtenRecord struct {
	Schema    string            `json:"schema_version"`
	ID        string            `json:"id"`
	Modified  string            `json:"modified"`
	Published string            `json:"published"`
	Summary   string            `json:"summary"`
	Details   string            `json:"details"`
	Affected  []writtenAffected `json:"affected"`
}

type writtenAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
		PURL      string `json:"purl"`
	} `json:"package"`
	Versions []string `json:"versions"`
	Specific struct {
		CWEs []writtenCWE `json:"cwes"`
	} `json:"database_specific"`
}

type writtenCWE struct {
	ID   string `json:"cweId"`
	Name string `json:"name"`
}

// Write makes the record that says that a version is malicious.
func Write(id string, c assay.Coordinate, reason string, at time.Time) ([]byte, error) {
	ecosystem, name, ok := spell(c)
	if !ok {
		return nil, assay.Errorf(assay.Invalid, "advisories in OSV do not speak of pkg:%s packages", c.Ecosystem)
	}
	stamp := at.UTC().Format(time.RFC3339)
	r := writtenRecord{Schema: "1.7.4", ID: id, Modified: stamp, Published: stamp,
		Summary: "Malicious code in " + name + " (" + string(c.Ecosystem) + ")", Details: reason}
	var a writtenAffected
	a.Package.Ecosystem, a.Package.Name, a.Package.PURL = ecosystem, name, c.Package().String()
	a.Versions = []string{c.Version}
	a.Specific.CWEs = []writtenCWE{{"CWE-506", "Embedded Malicious Code"}}
	r.Affected = []writtenAffected{a}
	text, err := json.Marshal(&r, jsontext.WithIndent("  "))
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the record cannot be written as JSON")
	}
	return text, nil
}

package wire

import (
	"bytes"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
)

// Published is a hosted version as Compose sees it.
type Published struct {
	Manifest []byte // as Encode wrote it
	At       time.Time
	Checksum assay.Digest
}

// indexLine is one line of an index document.
type indexLine struct {
	Name        string              `json:"name"`
	Version     string              `json:"vers"`
	Deps        []indexDep          `json:"deps"`
	Checksum    string              `json:"cksum"`
	Features    map[string][]string `json:"features"`
	Features2   map[string][]string `json:"features2,omitempty"`
	Yanked      bool                `json:"yanked"`
	Links       string              `json:"links,omitempty"`
	RustVersion string              `json:"rust_version,omitempty"`
	Form        int                 `json:"v,omitzero"`
	Published   string              `json:"pubtime,omitempty"`
}

// indexDep is a dependency in a line. Unlike in an upload, name is the one in
// Cargo.toml, and package the crate's own where that is another.
type indexDep struct {
	Name            string   `json:"name"`
	Requirement     string   `json:"req"`
	Features        []string `json:"features"`
	Optional        bool     `json:"optional"`
	DefaultFeatures bool     `json:"default_features"`
	Target          *string  `json:"target"`
	Kind            string   `json:"kind"`
	Registry        *string  `json:"registry,omitempty"`
	Package         *string  `json:"package,omitempty"`
}

// Compose makes the document of a hosted crate. A version's yanked says false:
// what was said of it since is a decision, which rendering makes visible.
func Compose(versions []Published) ([]byte, error) {
	var b bytes.Buffer
	for i := range versions {
		line, err := versions[i].line()
		if err != nil {
			return nil, err
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

func (p *Published) line() ([]byte, error) {
	m, err := DecodeMetadata(p.Manifest)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the kept metadata of a crate cannot be read")
	}
	if p.Checksum.Algorithm() != "sha256" {
		return nil, assay.Errorf(assay.Internal, "%s@%s is kept without its SHA-256", m.Name, m.Version)
	}
	line := indexLine{
		Name: m.Name, Version: m.Version, Deps: make([]indexDep, len(m.Deps)), Checksum: p.Checksum.Value(),
		Links: m.Links, RustVersion: m.RustVersion, Published: p.At.UTC().Format("2006-01-02T15:04:05Z"),
	}
	for i := range m.Deps {
		line.Deps[i] = m.Deps[i].indexed()
	}
	// Older Cargos would misread the newer forms, and ignore lines of form 2.
	for name, enables := range m.Features {
		to := &line.Features
		if newer(enables) {
			to, line.Form = &line.Features2, 2
		}
		if *to == nil {
			*to = map[string][]string{}
		}
		(*to)[name] = enables
	}
	raw, err := json.Marshal(&line, json.Deterministic(true))
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the index line of %s@%s cannot be encoded", m.Name, m.Version)
	}
	return raw, nil
}

func newer(enables []string) bool {
	for _, e := range enables {
		if strings.HasPrefix(e, "dep:") || strings.Contains(e, "?/") {
			return true
		}
	}
	return false
}

func (d *Dependency) indexed() indexDep {
	x := indexDep{
		Name: d.key(), Requirement: d.Requirement, Features: d.Features, Optional: d.Optional,
		DefaultFeatures: d.DefaultFeatures, Kind: d.Kind,
	}
	if d.Target != "" {
		x.Target = &d.Target
	}
	if d.Registry != "" {
		x.Registry = &d.Registry
	}
	if d.key() != d.Name {
		x.Package = &d.Name
	}
	return x
}

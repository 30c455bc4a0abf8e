package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// Metadata is the JSON part of an upload, as far as it decides or describes
// something. A README is left out: it lies in the crate.
type Metadata struct {
	Name          string              `json:"name"`
	Version       string              `json:"vers"`
	Deps          []Dependency        `json:"deps"`
	Features      map[string][]string `json:"features"`
	Links         string              `json:"links,omitempty"`
	RustVersion   string              `json:"rust_version,omitempty"`
	Description   string              `json:"description,omitempty"`
	Homepage      string              `json:"homepage,omitempty"`
	Documentation string              `json:"documentation,omitempty"`
	Repository    string              `json:"repository,omitempty"`
	License       string              `json:"license,omitempty"`
	Keywords      []string            `json:"keywords,omitempty"`
	Categories    []string            `json:"categories,omitempty"`
}

// Dependency is one of a crate's dependencies as Cargo sends it.
type Dependency struct {
	Name            string   `json:"name"` // of the crate that is meant
	Requirement     string   `json:"version_req"`
	Features        []string `json:"features"`
	Optional        bool     `json:"optional"`
	DefaultFeatures bool     `json:"default_features"`
	Target          string   `json:"target,omitempty"`
	Kind            string   `json:"kind"` // "normal", "dev", "build"
	// Registry is the index that the crate lies in; "" means the registry
	// that the upload was sent to.
	Registry string `json:"registry,omitempty"`
	// Explicit is the name in Cargo.toml where that is another.
	Explicit string `json:"explicit_name_in_toml,omitempty"`
}

// key is the name by which the crate that depends speaks of it.
func (d *Dependency) key() string {
	if d.Explicit != "" {
		return d.Explicit
	}
	return d.Name
}

// ReadMetadata reads the first part of an upload: its length in four bytes,
// least significant first, and the JSON. It reads not a byte more. Errors are
// Invalid or TooLarge.
func ReadMetadata(r io.Reader, limits SentLimits) (*Metadata, error) {
	raw, err := readPart(r, "the crate's metadata", limits.Metadata)
	if err != nil {
		return nil, err
	}
	return decodeMetadata(raw, limits)
}

// ReadCrate reads the second part, the .crate file, and makes sure that
// nothing follows it.
func ReadCrate(r io.Reader, limits SentLimits) (*bytes.Reader, error) {
	raw, err := readPart(r, "the .crate file", limits.Crate)
	if err != nil {
		return nil, err
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return nil, assay.Errorf(assay.Invalid, "something follows the .crate file in the upload")
	} else if err != io.EOF {
		return nil, err
	}
	return bytes.NewReader(raw), nil
}

func readPart(r io.Reader, what string, most int64) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, early(what, err)
	}
	n := int64(binary.LittleEndian.Uint32(length[:]))
	if n > most {
		return nil, assay.Errorf(assay.TooLarge, "%s has %d bytes; the limit is %d", what, n, most)
	}
	// The length is only a promise: memory is taken as the bytes come.
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r, n); err != nil {
		return nil, early(what, err)
	}
	return b.Bytes(), nil
}

func early(what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return assay.Wrap(assay.Invalid, err, "the upload ends within %s", what)
	}
	return err
}

// sentMetadata reads dependencies one by one: a field of theirs that is not
// known could change what the dependency means, and must not be dropped.
type sentMetadata struct {
	Metadata
	Deps []jsontext.Value `json:"deps"`
}

func decodeMetadata(raw []byte, limits SentLimits) (*Metadata, error) {
	bad := func(err error) error {
		return assay.Wrap(assay.Invalid, err, "the crate's metadata cannot be taken: %s", brief(err))
	}
	var sent sentMetadata
	// Names are matched exactly, and duplicates at any level are refused.
	if err := json.Unmarshal(raw, &sent); err != nil {
		return nil, bad(err)
	}
	m := &sent.Metadata
	if len(sent.Deps) > limits.Deps {
		return nil, assay.Errorf(assay.TooLarge, "the crate has %d dependencies; the limit is %d", len(sent.Deps), limits.Deps)
	}
	m.Deps = make([]Dependency, len(sent.Deps))
	seen := map[[3]string]bool{}
	for i, value := range sent.Deps {
		d := &m.Deps[i]
		if err := json.Unmarshal(value, d, json.RejectUnknownMembers(true)); err != nil {
			return nil, bad(fmt.Errorf("its dependency %d: %w", i+1, err))
		}
		if err := d.check(); err != nil {
			return nil, bad(err)
		}
		place := [3]string{d.Kind, d.Target, d.key()}
		if seen[place] {
			return nil, bad(fmt.Errorf("it has the dependency %s twice", d.key()))
		}
		seen[place] = true
	}
	if _, err := Name(m.Name); err != nil {
		return nil, err
	}
	if _, ok := parseVersion(m.Version); !ok {
		return nil, bad(fmt.Errorf("%q is not a version that Cargo knows", clip(m.Version, 60)))
	}
	return m, m.checkFeatures(limits)
}

func (d *Dependency) check() error {
	switch {
	case !validKey(d.key()):
		return fmt.Errorf("%q cannot be the name of a dependency", clip(d.key(), maxName))
	case !slices.Contains(kinds, d.Kind):
		return fmt.Errorf("the dependency %s is of the kind %q; there are normal, dev and build", d.key(), clip(d.Kind, 20))
	case len(d.Target) > maxTarget || len(d.Registry) > maxAddress || len(d.Features) > maxPerDependency:
		return fmt.Errorf("the dependency %s is longer than one needs to be", d.key())
	}
	if _, err := Name(d.Name); err != nil {
		return err
	}
	if _, err := parseRequirement(d.Requirement); err != nil {
		return fmt.Errorf("the dependency %s: %w", d.key(), err)
	}
	for _, f := range d.Features {
		if !validFeature(f) {
			return fmt.Errorf("the dependency %s asks for %q, which cannot be a feature", d.key(), clip(f, 60))
		}
	}
	return nil
}

// kinds of dependencies.
var kinds = []string{"normal", "dev", "build"}

// Bounds of one dependency.
const (
	maxTarget        = 1024
	maxPerDependency = 1000
	maxFeature       = 256
)

func validKey(s string) bool {
	_, err := Name(s)
	return err == nil
}

// checkFeatures refuses names that Cargo could not read back: a line that it
// skips is a version that nobody can use.
func (m *Metadata) checkFeatures(limits SentLimits) error {
	n := 0
	for name, enables := range m.Features {
		if n += 1 + len(enables); n > limits.Features {
			return assay.Errorf(assay.TooLarge, "the crate has more than %d features", limits.Features)
		}
		if !validFeature(name) {
			return assay.Errorf(assay.Invalid, "%q cannot be the name of a feature", clip(name, 60))
		}
		for _, e := range enables {
			if !validEnabled(e) {
				return assay.Errorf(assay.Invalid, "the feature %s enables %q, which cannot be a feature", name, clip(e, 60))
			}
		}
	}
	return nil
}

func validFeature(s string) bool {
	if s == "" || len(s) > maxFeature {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !nameByte(c) && c != '.' && c != '+' {
			return false
		}
	}
	return true
}

// validEnabled tells what a feature may enable: a feature, an optional
// dependency ("dep:x"), a feature of a dependency ("x/y", "x?/y").
func validEnabled(s string) bool {
	if rest, ok := bytes.CutPrefix([]byte(s), []byte("dep:")); ok {
		return validKey(string(rest))
	}
	before, after, ok := bytes.Cut([]byte(s), []byte("/"))
	if !ok {
		return validFeature(s)
	}
	return validKey(string(bytes.TrimSuffix(before, []byte("?")))) && validFeature(string(after))
}

// Encode writes the metadata as they are kept with the version.
func (m *Metadata) Encode() ([]byte, error) {
	raw, err := json.Marshal(m, json.Deterministic(true))
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the metadata of %s cannot be encoded", m.Name)
	}
	return raw, nil
}

// DecodeMetadata reads what Encode wrote.
func DecodeMetadata(raw []byte) (*Metadata, error) {
	return decodeMetadata(raw, DefaultSentLimits())
}

// Folder is the one top folder of the crate's file.
func (m *Metadata) Folder() string { return m.Name + "-" + m.Version }

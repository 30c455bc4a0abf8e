package wire

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/assay"
)

// Metadata is what a distribution says of itself in METADATA or PKG-INFO (the
// core metadata specification), as far as it decides something.
type Metadata struct {
	MetadataVersion string
	Name            string
	Version         string
	Summary         string
	RequiresPython  string
	RequiresDist    []string
}

// Bounds of a metadata file's header. Its body is a description, of which the
// file's own bound is enough.
const (
	maxHeaderLine = 64 << 10
	maxHeaders    = 20_000
)

// ParseMetadata reads the header of a metadata file as Python's email parser
// does. What that parser would understand differently from a person who reads
// the file is refused: a field twice of which there is one, a line that is no
// field, control characters, of which some end a line for Python. Errors are
// Invalid.
func ParseMetadata(raw []byte) (*Metadata, error) {
	bad := func(why string) (*Metadata, error) {
		return nil, assay.Errorf(assay.Invalid, "the metadata in the archive cannot be taken: %s", why)
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		return bad("it is not UTF-8")
	}
	fields, err := headerFields(raw)
	if err != "" {
		return bad(err)
	}
	m := &Metadata{}
	once := map[string]*string{
		"metadata-version": &m.MetadataVersion, "name": &m.Name, "version": &m.Version,
		"summary": &m.Summary, "requires-python": &m.RequiresPython,
	}
	seen := map[string]bool{}
	for _, f := range fields {
		if f.name == "requires-dist" {
			m.RequiresDist = append(m.RequiresDist, f.value)
			continue
		}
		to, known := once[f.name]
		if !known {
			continue
		}
		if seen[f.name] {
			return bad("it says " + f.name + " twice")
		}
		seen[f.name] = true
		*to = f.value
	}
	if m.MetadataVersion == "" || m.Name == "" || m.Version == "" {
		return bad("it lacks Metadata-Version, Name or Version")
	}
	return m, nil
}

type field struct{ name, value string }

// headerFields reads the fields up to the first empty line. why is not empty
// where they cannot be read.
func headerFields(raw []byte) (fields []field, why string) {
	for len(raw) > 0 {
		var line []byte
		line, raw, _ = bytes.Cut(raw, []byte("\n"))
		line = bytes.TrimSuffix(line, []byte("\r"))
		if len(line) == 0 {
			return fields, ""
		}
		if len(line) > maxHeaderLine || len(fields) >= maxHeaders {
			return nil, "its header is too long"
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }) {
			return nil, "its header holds control characters"
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(fields) == 0 {
				return nil, "it begins with the end of a field"
			}
			last := &fields[len(fields)-1]
			if len(last.value)+len(line) > maxHeaderLine {
				return nil, "its header is too long"
			}
			last.value += " " + strings.TrimSpace(string(line))
			continue
		}
		name, value, ok := strings.Cut(string(line), ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, "its header has a line that is no field"
		}
		fields = append(fields, field{strings.ToLower(name), strings.TrimSpace(value)})
	}
	return fields, ""
}

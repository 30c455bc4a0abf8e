package assay

import (
	"fmt"
	"net/url"
	"strings"
)

// Ecosystem is a package manager's world, spelt as the package-URL type.
type Ecosystem string

// The ecosystems that exist today.
const (
	NPM    Ecosystem = "npm"
	Golang Ecosystem = "golang"
	PyPI   Ecosystem = "pypi"
	Cargo  Ecosystem = "cargo"
	Maven  Ecosystem = "maven"
)

// Coordinate names a package, one of its versions, or one file of a version.
// Name is normalised by the ecosystem's Grammar and keeps the ecosystem's own
// spelling ("@scope/name", "github.com/BurntSushi/toml"); Version and File
// may be empty, which widens the meaning to the package or the version.
// Coordinates are comparable; two that are equal mean the same thing.
type Coordinate struct {
	Ecosystem Ecosystem
	Name      string
	Version   string
	File      string
}

// Package returns the coordinate of the whole package.
func (c Coordinate) Package() Coordinate {
	return Coordinate{Ecosystem: c.Ecosystem, Name: c.Name}
}

// At returns the coordinate of one version of c's package.
func (c Coordinate) At(version string) Coordinate {
	return Coordinate{Ecosystem: c.Ecosystem, Name: c.Name, Version: version}
}

// String prints a package URL (https://github.com/package-url/purl-spec).
// Unlike common printers it never changes the case of a Go path, because Go
// paths are case-sensitive. A file is the qualifier file_name.
func (c Coordinate) String() string {
	var b strings.Builder
	b.WriteString("pkg:")
	b.WriteString(string(c.Ecosystem))
	for _, segment := range strings.Split(c.Name, "/") {
		b.WriteByte('/')
		b.WriteString(escape(segment))
	}
	if c.Version != "" {
		b.WriteByte('@')
		b.WriteString(escape(c.Version))
	}
	if c.File != "" {
		b.WriteString("?file_name=")
		b.WriteString(escape(c.File))
	}
	return b.String()
}

// MarshalText writes the package URL; the zero coordinate is empty.
func (c Coordinate) MarshalText() ([]byte, error) {
	if c == (Coordinate{}) {
		return nil, nil
	}
	return []byte(c.String()), nil
}

// UnmarshalText reads what MarshalText wrote.
func (c *Coordinate) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*c = Coordinate{}
		return nil
	}
	parsed, err := ParseCoordinate(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}

// Short prints the name and version as the package manager's users write
// them: lodash@4.17.20. It is for messages, never a key.
func (c Coordinate) Short() string {
	if c.Version == "" {
		return c.Name
	}
	return c.Name + "@" + c.Version
}

// escape percent-encodes a purl component; the colon stays readable as the
// specification asks.
func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%3A", ":")
}

// ParseCoordinate reads a package URL. The result is decoded but not yet
// normalised: pass it through the Grammar of its ecosystem (ecosystem.Table
// does both). It answers an error of kind Invalid that says what is wrong.
//
// Because a purl's version begins at the last '@' after the last '/', an npm
// scope may be written with a plain '@'.
func ParseCoordinate(s string) (Coordinate, error) {
	typ, rest, err := splitType(s)
	if err != nil {
		return Coordinate{}, err
	}
	var c Coordinate
	c.Ecosystem = typ
	if i := strings.IndexByte(rest, '#'); i >= 0 {
		return Coordinate{}, Errorf(Invalid, "%q has a subpath: Assay knows packages, versions and files", s)
	}
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		q, err := url.ParseQuery(rest[i+1:])
		if err != nil {
			return Coordinate{}, Errorf(Invalid, "%q has unreadable qualifiers", s)
		}
		c.File = q.Get("file_name")
		rest = rest[:i]
	}
	name, version := splitVersion(rest)
	if c.Name, err = unescapePath(name); err != nil {
		return Coordinate{}, Errorf(Invalid, "%q: %v", s, err)
	}
	if c.Version, err = url.PathUnescape(version); err != nil {
		return Coordinate{}, Errorf(Invalid, "%q: the version is not percent-encoded correctly", s)
	}
	if c.Name == "" {
		return Coordinate{}, Errorf(Invalid, "%q names no package", s)
	}
	if c.File != "" && c.Version == "" {
		return Coordinate{}, Errorf(Invalid, "%q names a file of no version", s)
	}
	return c, nil
}

func splitType(s string) (Ecosystem, string, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(s), "pkg:")
	if !ok {
		return "", "", Errorf(Invalid, "%q is not a package URL: write pkg:npm/lodash@4.17.21 or pkg:golang/github.com/spf13/cobra@v1.8.0", s)
	}
	rest = strings.TrimLeft(rest, "/")
	typ, rest, ok := strings.Cut(rest, "/")
	if !ok || typ == "" || rest == "" {
		return "", "", Errorf(Invalid, "%q names no package: after pkg: come the ecosystem, a slash and the name", s)
	}
	return Ecosystem(strings.ToLower(typ)), rest, nil
}

// splitVersion cuts at the last '@' after the last '/', so that the '@' of an
// npm scope is not mistaken for a version.
func splitVersion(s string) (name, version string) {
	slash := strings.LastIndexByte(s, '/')
	at := strings.LastIndexByte(s, '@')
	if at <= slash || at <= 0 {
		return s, ""
	}
	return s[:at], s[at+1:]
}

func unescapePath(s string) (string, error) {
	segments := strings.Split(strings.Trim(s, "/"), "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return "", fmt.Errorf("the name is not percent-encoded correctly")
		}
		// "%40scope%2fname" is how some tools write a scoped npm name; any
		// other hidden slash, "..", or empty segment is a traversal attempt.
		for _, part := range strings.Split(plain, "/") {
			if part == "" || part == "." || part == ".." {
				return "", fmt.Errorf("the name has an empty or dotted segment")
			}
		}
		segments[i] = plain
	}
	return strings.Join(segments, "/"), nil
}

// RunsNothing tells whether installing a package of that ecosystem runs
// nothing of it, so that nothing need be known of its scripts: the go command
// and Maven only unpack and build what the builder asks for.
func (e Ecosystem) RunsNothing() bool { return e == Golang || e == Maven }

package wire

import (
	"net/url"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
)

// Extensions of the files of a version.
const (
	Info = ".info"
	Mod  = ".mod"
	Zip  = ".zip"
)

// Kind is what a request of the module proxy protocol asks for.
type Kind uint8

// The kinds of requests.
const (
	List    Kind = iota + 1 // the versions of a module
	Latest                  // the version to take when nobody names one
	File                    // a file of a version: .info, .mod or .zip
	Query                   // the .info of a branch, commit or short version
	SumDB                   // something of a checksum database
	Cached                  // anything below /cached-only/
	Nothing                 // the root
)

// Request is a request path, decoded.
type Request struct {
	Kind    Kind
	Module  string // the module path, unescaped
	Version string // File: canonical. Query: what was asked, unescaped
	Ext     string // File: Info, Mod or Zip
	Rest    string // SumDB: what follows /sumdb/, as it came
}

// ParseRequest decodes the escaped path of a request's URL. Errors are
// Invalid for a path that is malformed, NotFound for one that means nothing.
//
// A segment is decoded once, and what is then no plain segment is refused: a
// hidden slash, a dotted segment or a second encoding is an attempt to reach
// another path at the upstream than the one decided on.
func ParseRequest(escaped string) (Request, error) {
	path, err := plainPath(escaped)
	if err != nil {
		return Request{}, err
	}
	if path == "" {
		return Request{Kind: Nothing}, nil
	}
	// Neither can be a module path: the first segment of one has a dot.
	if rest, ok := strings.CutPrefix(path, "sumdb/"); ok {
		return Request{Kind: SumDB, Rest: rest}, nil
	}
	if strings.HasPrefix(path, "cached-only/") {
		return Request{Kind: Cached}, nil
	}
	if name, ok := strings.CutSuffix(path, "/@latest"); ok {
		r := Request{Kind: Latest}
		r.Module, err = unescapeName(name)
		return r, err
	}
	name, file, ok := strings.Cut(path, "/@v/")
	if !ok || strings.Contains(file, "/") {
		return Request{}, assay.Errorf(assay.NotFound, "there is nothing at this path: a Go module proxy answers /<module>/@v/list, /<module>/@v/<version>.info, .mod and .zip, and /<module>/@latest")
	}
	r := Request{Kind: List}
	if r.Module, err = unescapeName(name); err != nil || file == "list" {
		return r, err
	}
	return parseFile(r.Module, file)
}

func parseFile(name, file string) (Request, error) {
	r := Request{Kind: File, Module: name}
	escaped, ext, ok := cutExt(file)
	if !ok {
		return Request{}, assay.Errorf(assay.NotFound, "%s has no file %q: a module proxy serves list and the .info, .mod and .zip of a version", name, file)
	}
	version, err := module.UnescapeVersion(escaped)
	if err != nil || !plainVersion(version) {
		return Request{}, assay.Errorf(assay.Invalid, "%q is no version in the escaped form of a module proxy: an upper-case letter X is written !x", escaped)
	}
	r.Version, r.Ext = version, ext
	if Canonical(name, version) {
		return r, nil
	}
	if ext != Info {
		return Request{}, assay.Errorf(assay.NotFound, "%s has no version %s: ask for its %s%s to learn which version is meant", name, version, version, Info)
	}
	r.Kind = Query
	return r, nil
}

func plainPath(escaped string) (string, error) {
	rest := strings.TrimPrefix(escaped, "/")
	if rest == "" {
		return "", nil
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		plain, err := url.PathUnescape(segment)
		if err != nil || !plainSegment(plain) {
			return "", assay.Errorf(assay.Invalid, "the path has a segment that a module proxy cannot have: %q", segment)
		}
		segments[i] = plain
	}
	return strings.Join(segments, "/"), nil
}

func plainSegment(s string) bool {
	if s == "" || s == "." || s == ".." {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c >= 0x7f, c == '/', c == '\\', c == '%', c == '?', c == '#':
			return false
		}
	}
	return true
}

// plainVersion allows what versions, tags and commits are made of. Wider
// branch names cannot be asked for through a module proxy with any safety.
func plainVersion(v string) bool {
	if v == "" || len(v) > maxVersion {
		return false
	}
	for i := range len(v) {
		switch c := v[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '-', c == '_', c == '+', c == '~':
		default:
			return false
		}
	}
	return true
}

func unescapeName(escaped string) (string, error) {
	name, err := module.UnescapePath(escaped)
	if err != nil || len(name) > maxName {
		return "", assay.Errorf(assay.Invalid, "%q is no module path in the escaped form of a module proxy: an upper-case letter X is written !x", escaped)
	}
	return name, nil
}

func cutExt(file string) (base, ext string, ok bool) {
	for _, ext := range []string{Info, Mod, Zip} {
		if base, ok := strings.CutSuffix(file, ext); ok && base != "" {
			return base, ext, true
		}
	}
	return "", "", false
}

// SplitFile cuts a file's name ("v1.2.3.zip") into a version that the module
// can have and an extension; ok is false for what cannot be a file of it.
func SplitFile(name, file string) (version, ext string, ok bool) {
	version, ext, ok = cutExt(file)
	return version, ext, ok && Canonical(name, version)
}

// ListPath returns the path of a module's list of versions, relative to a
// module proxy.
func ListPath(name string) (string, error) { return escapedPath(name, "/@v/list") }

// LatestPath returns the path of a module's @latest document.
func LatestPath(name string) (string, error) { return escapedPath(name, "/@latest") }

// FilePath returns the path of a file; version may be a query where ext is
// Info.
func FilePath(name, version, ext string) (string, error) {
	escaped, err := module.EscapeVersion(version)
	if err != nil || !plainVersion(version) {
		return "", assay.Errorf(assay.Invalid, "%q cannot be asked of a module proxy", version)
	}
	return escapedPath(name, "/@v/"+escaped+ext)
}

func escapedPath(name, rest string) (string, error) {
	escaped, err := module.EscapePath(name)
	if err != nil {
		return "", assay.Errorf(assay.Invalid, "%q is no module path (%s)", name, cause(err))
	}
	return escaped + rest, nil
}

// ModuleOf returns the module whose file lies at a path made by FilePath.
func ModuleOf(path string) (string, error) {
	escaped, _, ok := strings.Cut(path, "/@v/")
	if !ok {
		return "", assay.Errorf(assay.Internal, "%q is no path of a module's file", path)
	}
	return unescapeName(escaped)
}

// SumDBRequest is a request to a checksum database.
type SumDBRequest struct {
	Path   string // "supported", "latest", "lookup/..." or "tile/...", as it came
	Module string // of a lookup, unescaped
	Tile   bool
}

// ParseSumDB reads what follows /sumdb/ as a request to the database of that
// name. It answers NotFound for another database, so that clients ask that
// one themselves, and Invalid for what is no request: only known paths may
// reach an upstream.
func ParseSumDB(rest, name string) (SumDBRequest, error) {
	path, ok := strings.CutPrefix(rest, name+"/")
	if name == "" || !ok {
		return SumDBRequest{}, assay.Errorf(assay.NotFound, "Assay does not carry this checksum database")
	}
	r := SumDBRequest{Path: path}
	if path == "supported" || path == "latest" {
		return r, nil
	}
	if strings.HasPrefix(path, "tile/") {
		if _, err := tlog.ParseTilePath(path); err != nil {
			return SumDBRequest{}, assay.Errorf(assay.Invalid, "%q is no tile of a checksum database", path)
		}
		r.Tile = true
		return r, nil
	}
	escaped, ok := strings.CutPrefix(path, "lookup/")
	if !ok {
		return SumDBRequest{}, assay.Errorf(assay.NotFound, "a checksum database has nothing at %q", path)
	}
	escapedName, escapedVersion, _ := strings.Cut(escaped, "@")
	var err error
	if r.Module, err = unescapeName(escapedName); err != nil {
		return SumDBRequest{}, err
	}
	version, err := module.UnescapeVersion(escapedVersion)
	if err != nil || !Canonical(r.Module, version) {
		return SumDBRequest{}, assay.Errorf(assay.Invalid, "%q is no version that %s can have", escapedVersion, r.Module)
	}
	return r, nil
}

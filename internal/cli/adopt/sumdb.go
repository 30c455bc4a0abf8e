package adopt

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// SumDB is a Go checksum database.
type SumDB struct {
	Name string // host and path, as in its signatures
	Key  string // note verifier key: name+hash+key
	URL  string // direct address; empty: through the proxy's /sumdb/<name>/
}

// parseKnownKeys finds the keys in the Go installation's source: a map
// literal from a database's name to its verifier key. Whatever else stands in
// the file is ignored, and so is a pair whose key is not of that name.
func parseKnownKeys(src []byte) (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "key.go", src, parser.SkipObjectResolution)
	if err != nil {
		return nil, assay.Wrap(assay.Unsound, err, "the Go installation's file with the keys cannot be parsed")
	}
	known := make(map[string]string)
	ast.Inspect(file, func(n ast.Node) bool {
		pair, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		name, key := stringOf(pair.Key), stringOf(pair.Value)
		if verifier, err := note.NewVerifier(key); err == nil && verifier.Name() == name {
			known[name] = key
		}
		return true
	})
	if len(known) == 0 {
		return nil, assay.Errorf(assay.Unsound, "the Go installation's file with the keys holds none")
	}
	return known, nil
}

func stringOf(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		if s, err := strconv.Unquote(lit.Value); err == nil {
			return s
		}
	}
	return ""
}

// parseSumDB reads GOSUMDB: "off", a known name, or a verifier key, the
// latter two optionally followed by an address. It answers nil with a note
// where there is no database, and an error of kind Invalid where there should
// be one and its key is not to be had.
func parseSumDB(gosumdb string, known map[string]string) (db *SumDB, dropped string, err error) {
	const how = `: set it with 'go env -w GOSUMDB="<name>+<hash>+<key> [<address>]"'; until then a file's digest is the one first seen`
	if strings.ContainsFunc(gosumdb, func(r rune) bool { return r < ' ' && r != '\t' || r >= 0x7f }) {
		return nil, "", assay.Errorf(assay.Invalid, "GOSUMDB holds more than plain text"+how)
	}
	fields := strings.Fields(gosumdb)
	switch {
	case len(fields) == 0:
		return nil, "", assay.Errorf(assay.Invalid, "GOSUMDB is empty"+how)
	case len(fields) > 2:
		return nil, "", assay.Errorf(assay.Invalid, "GOSUMDB has too many parts"+how)
	case len(fields) == 1 && fields[0] == "off":
		return nil, "GOSUMDB is off: no checksum database vouches for modules, a file's digest is the one first seen", nil
	}
	key := fields[0]
	if k, ok := known[key]; ok {
		key = k
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		name, _, _ := strings.Cut(fields[0], "+")
		return nil, "", assay.Errorf(assay.Invalid, "no key is known for the checksum database %q%s", ecosystem.Printable(name), how)
	}
	db = &SumDB{Name: verifier.Name(), Key: key}
	// The name becomes part of paths and addresses; like the go command we
	// take nothing but a host with a clean path.
	direct, err := url.Parse("https://" + db.Name)
	if err != nil || direct.Host == "" || direct.RawPath != "" || strings.HasSuffix(db.Name, "/") || strings.Contains(db.Name, "..") ||
		*direct != (url.URL{Scheme: "https", Host: direct.Host, Path: direct.Path}) {
		return nil, "", assay.Errorf(assay.Invalid, "the name of the checksum database is not a host%s", how)
	}
	if len(fields) == 2 {
		address, notes, err := Address(fields[1])
		if err != nil {
			return nil, "", assay.Errorf(assay.Invalid, "the checksum database %s has %s", db.Name, assay.PublicMessage(err))
		}
		db.URL = address
		dropped = strings.Join(notes, "; ")
	}
	return db, dropped, nil
}

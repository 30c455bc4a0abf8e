package golang

import (
	"net/url"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// SumDB is a checksum database (https://go.dev/ref/mod#checksum-database).
type SumDB struct {
	// Name is the database's, as clients use it: /sumdb/<name>/.
	Name string
	// Key is the note verifier key, "<name>+<hash>+<key>".
	Key string
	// URL is the database's own address. When it is empty, the database is
	// asked through the upstream's /sumdb/<name>/.
	URL string
}

// NewSumDB checks a verifier key and an address, which may be empty: the two
// words of GOSUMDB. Errors are of kind Invalid.
func NewSumDB(key, address string) (*SumDB, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, assay.Errorf(assay.Invalid, "%q is no key of a checksum database: it is written <name>+<hash>+<key>", key)
	}
	name := verifier.Name()
	// The name becomes part of paths.
	if u, err := url.Parse("https://" + name); err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		u.RawPath != "" || strings.HasSuffix(name, "/") || strings.Contains(name, "..") || strings.Contains(name, "//") {
		return nil, assay.Errorf(assay.Invalid, "%q is no name of a checksum database: it is a host, perhaps with a path", name)
	}
	if address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return nil, assay.Errorf(assay.Invalid, "%q is no address of a checksum database: write it like https://host/path, without credentials", address)
		}
	}
	return &SumDB{Name: name, Key: key, URL: address}, nil
}

// Sizes of the database's answers, in bytes, at most. Tiles of records are
// the largest; only clients ask for them.
const (
	maxRecord = 64 << 10
	maxTile   = 1 << 20
)

// source describes a request to the database; path has no leading slash.
func (db *SumDB) source(path string) ecosystem.Source {
	src := ecosystem.Source{Key: "sumdb/" + db.Name + "/" + path, Limit: maxRecord}
	if strings.HasPrefix(path, "tile/") {
		src.Limit = maxTile
	}
	if db.URL != "" {
		src.URL = strings.TrimSuffix(db.URL, "/") + "/" + path
	} else {
		src.Path = "sumdb/" + db.Name + "/" + path
	}
	return src
}

// proxied tells whether the database is asked through the upstream.
func (db *SumDB) proxied() bool { return db.URL == "" }

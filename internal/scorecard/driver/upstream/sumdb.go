package upstream

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"io/fs"
	"net/http"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang/wire"
)

// sumdbName is the name of the checksum database.
const sumdbName = "sum.trial.example"

// database is a checksum database for the modules on a shelf, signed with a key
// that was made for it and is forgotten with it.
type database struct {
	key     string // note verifier key
	handler http.Handler
}

func newSumDB(s *shelf) (*database, error) {
	signer, key, err := note.GenerateKey(rand.Reader, sumdbName)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "a key for the upstream's checksum database cannot be made")
	}
	return &database{key: key, handler: sumdb.NewServer(sumdb.NewTestServer(signer, s.sums))}, nil
}

// sums are the two lines that a checksum database has of a module version.
func (s *shelf) sums(name, number string) ([]byte, error) {
	v := s.one(name, number)
	if v == nil {
		return nil, fmt.Errorf("%s@%s: %w", name, number, fs.ErrNotExist)
	}
	mod, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(v.mod)), nil
	})
	if err != nil {
		return nil, fmt.Errorf("the go.mod of %s@%s has no digest: %w", name, number, err)
	}
	return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", name, number, v.h1, name, number, mod), nil
}

// vouch answers what is asked below /sumdb/.
func (d golangDoor) vouch(q wire.Request) answer {
	asked, err := wire.ParseSumDB(q.Rest, sumdbName)
	if err != nil {
		return goNo("there is no such checksum database here")
	}
	if asked.Path == "supported" {
		return answer{status: http.StatusOK, media: mediaText}
	}
	return answer{passed: http.StripPrefix("/sumdb/"+sumdbName, d.sumdb.handler)}
}

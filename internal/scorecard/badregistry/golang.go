package badregistry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/golang/wire"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// sumDBName is the name of the registry's checksum database.
const sumDBName = "sum.good.example"

// golang answers below /go/.
func (r *Registry) golang(req *http.Request, path string) answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, err := r.goAnswer(req, path)
	if err != nil {
		return asRefusal(err, true)
	}
	return a
}

func (r *Registry) goAnswer(req *http.Request, path string) (answer, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return answer{}, refuse(http.StatusMethodNotAllowed, "the module proxy protocol only reads")
	}
	if path == "index" {
		return r.goIndex()
	}
	asked, err := wire.ParseRequest("/" + path)
	if err != nil {
		return answer{}, refuse(http.StatusNotFound, "%s", assay.PublicMessage(err))
	}
	if asked.Kind == wire.SumDB {
		return r.sums.answer(req, asked.Rest)
	}
	if asked.Module == "" {
		return answer{}, notFound(path)
	}
	p, err := r.find(req.Context(), assay.Golang, asked.Module)
	if err != nil {
		return answer{}, err
	}
	switch asked.Kind {
	case wire.List:
		var versions []string
		for _, v := range r.listed(p) {
			versions = append(versions, v.Number)
		}
		return answer{status: http.StatusOK, kind: kindPlain, body: wire.ComposeList(versions)}, nil
	case wire.Latest:
		if newest := r.latest(p); newest != nil {
			return goInfo(newest)
		}
	case wire.File:
		return r.goFile(p, asked.Version, asked.Ext)
	}
	return answer{}, notFound(path)
}

func goInfo(v *release) (answer, error) {
	info, err := wire.ComposeInfo(v.Number, v.Published)
	return answer{status: http.StatusOK, kind: kindJSON, body: info}, err
}

// goFile serves a file of a version. The go.mod is served of what may not be
// used too: the go command needs it to find out that it need not be.
func (r *Registry) goFile(p *pack, number, ext string) (answer, error) {
	v := p.release(number)
	if v == nil {
		return answer{}, notFound(coordinateOf(p.name, number))
	}
	if ext == wire.Mod && v.Archive != nil {
		mod := filesIn(assay.Golang, p.name, number, v.Archive)["go.mod"]
		return answer{status: http.StatusOK, kind: kindPlain, body: []byte(mod)}, nil
	}
	content, err := r.file(p, number)
	if err != nil {
		return answer{}, err
	}
	if ext == wire.Info {
		return goInfo(v)
	}
	return answer{status: http.StatusOK, kind: "application/zip", body: content}, nil
}

// goIndex lists what was published, one version a line, as the public index
// of Go modules does.
func (r *Registry) goIndex() (answer, error) {
	happened, err := r.newestEvents(assay.Golang, 2000)
	if err != nil {
		return answer{}, err
	}
	var b bytes.Buffer
	for _, e := range happened {
		if e.Kind != "published" {
			continue
		}
		line, err := json.Marshal(map[string]string{"Path": e.Name, "Version": e.Version, "Timestamp": e.Time.Format("2006-01-02T15:04:05.000000Z")})
		if err != nil {
			return answer{}, err
		}
		b.Write(append(line, '\n'))
	}
	return answer{status: http.StatusOK, kind: kindPlain, body: b.Bytes()}, nil
}

// sums is the checksum database: a log of its own, with the lines of go.sum
// as records.
type sums struct {
	registry *Registry
	handler  http.Handler
	signer   note.Signer
	records  [][]byte
	journal  journal
	found    map[module.Version]int64
}

func newSums(r *Registry) (*sums, error) {
	signer, err := note.NewSigner(r.keys.sums)
	if err != nil {
		return nil, err
	}
	s := &sums{registry: r, signer: signer, found: map[module.Version]int64{}}
	s.handler = sumdb.NewServer(s)
	return s, nil
}

// SumDB is the checksum database's name, and the key with which it is
// verified, in the form of GOSUMDB.
func (r *Registry) SumDB() (name, key string) { return sumDBName, r.keys.sumsVerifier }

// answer serves what follows /sumdb/. The registry is locked.
func (s *sums) answer(req *http.Request, rest string) (answer, error) {
	asked, err := wire.ParseSumDB(rest, sumDBName)
	if err != nil {
		return answer{}, refuse(http.StatusNotFound, "%s", assay.PublicMessage(err))
	}
	if asked.Path == "supported" {
		return asText(http.StatusOK, ""), nil
	}
	inner := req.Clone(req.Context())
	inner.URL.Path, inner.URL.RawPath = "/"+asked.Path, ""
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, inner)
	return answer{status: w.Code, kind: w.Header().Get("Content-Type"), body: w.Body.Bytes()}, nil
}

// Signed implements sumdb.ServerOps.
func (s *sums) Signed(context.Context) ([]byte, error) {
	size := int64(len(s.records))
	root, err := tlog.TreeHash(size, &s.journal)
	if err != nil {
		return nil, err
	}
	return note.Sign(&note.Note{Text: string(tlog.FormatTree(tlog.Tree{N: size, Hash: root}))}, s.signer)
}

// ReadRecords implements sumdb.ServerOps.
func (s *sums) ReadRecords(_ context.Context, id, n int64) ([][]byte, error) {
	if id < 0 || n < 0 || id+n > int64(len(s.records)) {
		return nil, fs.ErrNotExist
	}
	return s.records[id : id+n], nil
}

// ReadTileData implements sumdb.ServerOps.
func (s *sums) ReadTileData(_ context.Context, t tlog.Tile) ([]byte, error) {
	return tlog.ReadTileData(t, &s.journal)
}

// Lookup implements sumdb.ServerOps. A version's record is made when it is
// first asked for, and stays.
func (s *sums) Lookup(ctx context.Context, m module.Version) (int64, error) {
	r := s.registry
	if r.sins[NoDigests] {
		return 0, fs.ErrNotExist
	}
	if id, ok := s.found[m]; ok {
		return id, nil
	}
	p, err := r.find(ctx, assay.Golang, m.Path)
	if err != nil {
		return 0, fs.ErrNotExist
	}
	v := p.release(m.Version)
	if v == nil || v.Archive == nil {
		return 0, fs.ErrNotExist
	}
	packed := v.Archive
	if r.sins[DigestMismatch] {
		if packed, err = again(assay.Golang, p.name, v, 0); err != nil {
			return 0, err
		}
	}
	sum, err := wire.CheckZip(m.Path, m.Version, bytes.NewReader(packed), int64(len(packed)), wire.DefaultLimits())
	if err != nil {
		return 0, fs.ErrNotExist
	}
	mod, err := wire.HashMod([]byte(filesIn(assay.Golang, m.Path, m.Version, packed)["go.mod"]))
	if err != nil {
		return 0, fs.ErrNotExist
	}
	record := fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", m.Path, m.Version, sum, m.Path, m.Version, mod)
	id := int64(len(s.records))
	s.records = append(s.records, record)
	s.journal.add(record)
	s.found[m] = id
	return id, nil
}

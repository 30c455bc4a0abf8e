package golang

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// prove adds the digests that the checksum database has of versions. One
// client serves all of them, so that they are proven against one tree.
func (a *acts) prove(ctx context.Context, as scorecard.Credential, l scorecard.Listing, versions []string) {
	if a.cfg.SumDB == "" || a.cfg.Key == "" {
		return
	}
	// A key of another name would prove the wrong database's words.
	if verifier, err := note.NewVerifier(a.cfg.Key); err != nil || verifier.Name() != a.cfg.SumDB {
		return
	}
	db := &database{acts: a, ctx: ctx, as: as}
	// The go command asks this first, and goes elsewhere if it is not there.
	if _, err := db.ReadRemote("/supported"); err != nil {
		return
	}
	client := sumdb.NewClient(db)
	for _, version := range versions {
		lines, err := client.Lookup(l.Name, version)
		if db.broken() {
			return
		}
		v := l.Versions[version]
		v.Digests = map[string]string{}
		if err == nil {
			if h1 := digestIn(lines, l.Name, version); h1 != "" {
				v.Digests["h1"] = h1
			}
		}
		l.Versions[version] = v
	}
}

// digestIn is the digest of the zip in the lines of a look-up, which are
// written as in go.sum.
func digestIn(lines []string, name, version string) string {
	for _, line := range lines {
		sum, ok := strings.CutPrefix(line, name+" "+version+" ")
		if !ok {
			continue
		}
		if d, err := assay.ParseDigest(sum); err == nil && d.Algorithm() == "h1" {
			return string(d)
		}
	}
	return ""
}

// proofs are what was proven so far: the newest signed tree, and the parts of
// it. Further look-ups are proven against the same tree, which costs them less
// and finds a database out that shows two histories. It is safe for concurrent
// use.
type proofs struct {
	mu   sync.Mutex
	most int // parts that are kept
	head []byte
	kept map[string][]byte
}

func newProofs(most int) *proofs { return &proofs{most: most, kept: map[string][]byte{}} }

// database is what a sumdb.Client works with, over the visitor. The client
// asks for tiles from several goroutines and waits for them.
type database struct {
	acts *acts
	ctx  context.Context
	as   scorecard.Credential

	asking sync.Mutex // one request after another, as everywhere; guards silent
	silent bool       // there was no answer at all: asking on would only take time
}

var _ sumdb.ClientOps = (*database)(nil)

// maxAnswer bounds an answer of the database; tiles of records are the
// largest.
const maxAnswer = 1 << 20

var errNotKept = errors.New("not kept")

func (d *database) broken() bool {
	d.asking.Lock()
	defer d.asking.Unlock()
	return d.silent || d.ctx.Err() != nil
}

// ReadRemote implements sumdb.ClientOps.
func (d *database) ReadRemote(path string) ([]byte, error) {
	d.asking.Lock()
	defer d.asking.Unlock()
	if d.silent {
		return nil, errors.New("the checksum database does not answer")
	}
	res, answer := d.acts.ask(d.ctx, d.as, "sumdb/"+d.acts.cfg.SumDB+path, maxAnswer)
	d.silent = answer.Status == 0
	if answer.Verdict != scorecard.Accepted || res.Status != http.StatusOK || isWebPage(res) {
		return nil, errors.New(answer.String())
	}
	return res.Body, nil
}

// ReadConfig implements sumdb.ClientOps: the key, or the newest tree.
func (d *database) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(d.acts.cfg.Key), nil
	}
	p := d.acts.proofs
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head, nil
}

// WriteConfig implements sumdb.ClientOps.
func (d *database) WriteConfig(_ string, old, head []byte) error {
	p := d.acts.proofs
	p.mu.Lock()
	defer p.mu.Unlock()
	if string(old) != string(p.head) {
		return sumdb.ErrWriteConflict
	}
	p.head = head
	return nil
}

// ReadCache implements sumdb.ClientOps.
func (d *database) ReadCache(file string) ([]byte, error) {
	p := d.acts.proofs
	p.mu.Lock()
	defer p.mu.Unlock()
	if data, ok := p.kept[file]; ok {
		return data, nil
	}
	return nil, errNotKept
}

// WriteCache implements sumdb.ClientOps. It is called with proven data only.
// When there is no more room all is forgotten: it can be proven again.
func (d *database) WriteCache(file string, data []byte) {
	p := d.acts.proofs
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept) >= p.most {
		clear(p.kept)
	}
	p.kept[file] = data
}

// Log implements sumdb.ClientOps: nobody follows the progress.
func (d *database) Log(string) {}

// SecurityError implements sumdb.ClientOps. The look-up fails with it, and
// what is not proven is not told.
func (d *database) SecurityError(string) {}

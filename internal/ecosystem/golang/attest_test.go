package golang

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

const sumName = "sum.registry.example"

func newKeys(t testing.TB) (signer, verifier string) {
	t.Helper()
	signer, verifier, err := note.GenerateKey(rand.Reader, sumName)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

func testSumDB(t testing.TB) *SumDB {
	t.Helper()
	_, verifier := newKeys(t)
	db, err := NewSumDB(verifier, "")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// database is a checksum database behind an upstream's /sumdb/<name>/. Its
// digests are made up from the module, the version and a salt, so that two
// databases with different salts are two histories.
type database struct {
	*httptest.Server
	mu     sync.Mutex
	hook   func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	direct bool                                              // serve at the root
	served atomic.Int64
}

func newDatabase(t *testing.T, signer, salt string) *database {
	t.Helper()
	return newDatabaseOf(t, signer, salt, 300) // more than one tile's worth
}

func newDatabaseOf(t *testing.T, signer, salt string, history int) *database {
	t.Helper()
	ops := sumdb.NewTestServer(signer, func(path, version string) ([]byte, error) {
		if strings.HasPrefix(path, "unknown.example") {
			return nil, os.ErrNotExist
		}
		return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", path, version, fakeSum(salt, path, version), path, version, fakeSum(salt, path, version+"/go.mod")), nil
	})
	for i := range history {
		if _, err := ops.Lookup(context.Background(), module.Version{Path: fmt.Sprintf("example.com/old%d", i), Version: "v1.0.0"}); err != nil {
			t.Fatal(err)
		}
	}
	server := sumdb.NewServer(ops)
	d := &database{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.served.Add(1)
		d.mu.Lock()
		hook := d.hook
		d.mu.Unlock()
		if hook != nil && hook(w, r) {
			return
		}
		if strings.HasSuffix(r.URL.Path, "/supported") {
			return
		}
		if !d.direct {
			http.StripPrefix("/sumdb/"+sumName, server).ServeHTTP(w, r)
			return
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *database) set(hook func(w http.ResponseWriter, r *http.Request) bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hook = hook
}

// record makes the database record v1.0.0 of a module.
func (d *database) record(t *testing.T, name string) {
	t.Helper()
	resp, err := http.Get(d.URL + "/sumdb/" + sumName + "/lookup/" + name + "@v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != 200 {
		t.Fatalf("recording %s: %d, %v", name, resp.StatusCode, err)
	}
}

func fakeSum(salt, path, version string) string {
	sum := salt + path + version
	for len(sum) < 32 {
		sum += sum
	}
	return "h1:" + base64.StdEncoding.EncodeToString([]byte(sum[len(sum)-32:]))
}

// outside is a World over HTTP with state in memory.
type outside struct {
	mu       sync.Mutex
	base     string
	state    map[string]string
	contend  int // so many Remembers are lost to somebody else
	fail     error
	remember int
}

func newOutside(base string) *outside { return &outside{base: base, state: map[string]string{}} }

func (o *outside) Fetch(ctx context.Context, src ecosystem.Source) ([]byte, error) {
	o.mu.Lock()
	address := o.base + "/" + src.Path
	o.mu.Unlock()
	if src.URL != "" {
		address = src.URL
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "the upstream cannot be reached")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, src.Limit+1))
	switch {
	case err != nil:
		return nil, assay.Wrap(assay.Unavailable, err, "the upstream broke off")
	case int64(len(body)) > src.Limit:
		return nil, assay.Errorf(assay.Unsound, "the answer is too large")
	case resp.StatusCode == 404 || resp.StatusCode == 410:
		return nil, assay.Errorf(assay.NotFound, "not there")
	case resp.StatusCode != 200:
		e := assay.Errorf(assay.Unavailable, "the upstream answered %d", resp.StatusCode)
		e.Status, e.RetryAfter = resp.StatusCode, 7*time.Second
		return nil, e
	}
	return body, nil
}

func (o *outside) Recall(_ context.Context, key string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return nil, o.fail
	}
	if value, ok := o.state[key]; ok {
		return []byte(value), nil
	}
	return nil, nil
}

func (o *outside) Remember(_ context.Context, key string, old, new []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.remember++
	if o.contend > 0 {
		o.contend--
		return assay.Errorf(assay.Conflict, "somebody else was first")
	}
	if value, ok := o.state[key]; ok != (old != nil) || value != string(old) {
		return assay.Errorf(assay.Conflict, "it is not the old value")
	}
	o.state[key] = string(new)
	return nil
}

func attestFile(t testing.TB, f ecosystem.Format, name, file string) ecosystem.File {
	t.Helper()
	located, err := f.Locate(name, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return located
}

func attest(t testing.TB, f ecosystem.Format, w ecosystem.World, name, file string) ([]assay.Digest, error) {
	t.Helper()
	digests, _, err := f.(ecosystem.Attester).Attest(context.Background(), attestFile(t, f, name, file), w)
	return digests, err
}

func TestAttest(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	world := newOutside(db.URL)
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format()
	for file, version := range map[string]string{"v1.0.0.zip": "v1.0.0", "v1.0.0.mod": "v1.0.0/go.mod", "v2.0.0+incompatible.zip": "v2.0.0+incompatible"} {
		got, err := attest(t, f, world, "github.com/BurntSushi/toml", file)
		if err != nil || len(got) != 1 || string(got[0]) != fakeSum("a", "github.com/BurntSushi/toml", version) {
			t.Errorf("%s: %v, %v", file, got, err)
		}
	}
	if got, err := attest(t, f, world, "example.com/m", "v1.0.0.info"); got != nil || err != nil {
		t.Errorf("the database has something to say of an .info: %v, %v", got, err)
	}
	if got, err := attest(t, New(Config{}).Format(), world, "example.com/m", "v1.0.0.zip"); got != nil || err != nil {
		t.Errorf("without a database: %v, %v", got, err)
	}
	// What has been proven is not asked for again.
	served := db.served.Load()
	if _, err := attest(t, f, world, "github.com/BurntSushi/toml", "v1.0.0.zip"); err != nil || db.served.Load() != served {
		t.Errorf("asked %d times again: %v", db.served.Load()-served, err)
	}
	if len(world.state) != 1 {
		t.Errorf("the tree head is kept in %d places", len(world.state))
	}
}

func TestAttestAtTheDatabasesOwnAddress(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	db.direct = true
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier, URL: db.URL + "/"}}).Format()
	if got, err := attest(t, f, newOutside("http://unused.registry.example"), "example.com/m", "v1.0.0.zip"); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := attest(t, f, newOutside(""), "unknown.example/m", "v1.0.0.zip"); !assay.Is(err, assay.NotFound) {
		t.Errorf("unknown: %v", err)
	}
}

func TestAttestFindsBadDatabases(t *testing.T) {
	signer, verifier := newKeys(t)
	otherSigner, otherVerifier := newKeys(t)
	for what, c := range map[string]struct {
		signer, key string
		hook        func(w http.ResponseWriter, r *http.Request) bool
		kind        assay.Kind
		says        string
	}{
		"signed with another key": {otherSigner, verifier, nil, assay.Unsound, "not proven"},
		"verified with another":   {signer, otherVerifier, nil, assay.Unsound, "not proven"},
		"key that is none":        {signer, "nonsense", nil, assay.Unavailable, "GOSUMDB"},
		"page of HTML":            {signer, verifier, answer(200, "<html>"), assay.Unsound, "not proven"},
		"empty answer":            {signer, verifier, answer(200, ""), assay.Unsound, "not proven"},
		"huge answer":             {signer, verifier, answer(200, strings.Repeat("x", 1<<20)), assay.Unsound, "too large"},
		"no tiles": {signer, verifier, func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/tile/") && answer(404, "")(w, r)
		}, assay.Unsound, "lacks a part"},
		"tiles out of order": {signer, verifier, func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/tile/") && answer(503, "")(w, r)
		}, assay.Unavailable, "could not be asked"},
		"tiles of noise": {signer, verifier, func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/tile/") && answer(200, strings.Repeat("x", 8192))(w, r)
		}, assay.Unsound, "not proven"},
		"down":           {signer, verifier, answer(503, "maintenance"), assay.Unavailable, "could not be asked"},
		"refuses us":     {signer, verifier, answer(403, "no"), assay.Unavailable, "could not be asked"},
		"not carried":    {signer, verifier, answer(404, "no such page"), assay.Unavailable, "GOSUMDB"},
		"gone from here": {signer, verifier, answer(410, "gone"), assay.Unavailable, "GOSUMDB"},
	} {
		db := newDatabase(t, c.signer, "a")
		db.set(c.hook)
		world := newOutside(db.URL)
		f := New(Config{SumDB: &SumDB{Name: sumName, Key: c.key}}).Format()
		got, err := attest(t, f, world, "example.com/m", "v1.0.0.zip")
		if !assay.Is(err, c.kind) || !strings.Contains(assay.PublicMessage(err), c.says) {
			t.Errorf("%s: %v, %v; want an error of kind %v that says %q", what, got, err, c.kind, c.says)
		}
		if got != nil {
			t.Errorf("%s: digests with an error: %v", what, got)
		}
	}
}

func answer(status int, body string) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
		return true
	}
}

func TestAttestUnknownVersion(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format()
	if _, err := attest(t, f, newOutside(db.URL), "unknown.example/m", "v1.0.0.zip"); !assay.Is(err, assay.NotFound) {
		t.Errorf("%v", err)
	}
	// While it cannot be told whether the database is carried at all, the
	// version is not unknown.
	db.set(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/supported") && answer(500, "")(w, r)
	})
	if _, err := attest(t, f, newOutside(db.URL), "unknown.example/m", "v1.0.0.zip"); !assay.Is(err, assay.Unavailable) {
		t.Errorf("supported fails: %v", err)
	}
}

func TestAttestTamperedRecord(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	forged := newDatabase(t, signer, "a")
	db.record(t, "example.com/m") // both have the same history: all but the record will be right
	db.set(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/lookup/") {
			return false
		}
		resp, err := http.Get(forged.URL + r.URL.Path)
		if err != nil {
			return answer(500, err.Error())(w, r)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		sum := fakeSum("a", "example.com/m", "v1.0.0")
		return answer(200, strings.Replace(string(body), sum, fakeSum("b", "example.com/m", "v1.0.0"), 1))(w, r)
	})
	world := newOutside(db.URL)
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format()
	got, err := attest(t, f, world, "example.com/m", "v1.0.0.zip")
	if !assay.Is(err, assay.Unsound) {
		t.Errorf("%v, %v", got, err)
	}
	db.set(nil)
	got, err = attest(t, f, world, "example.com/m", "v1.0.0.zip")
	if err != nil || len(got) != 1 || string(got[0]) != fakeSum("a", "example.com/m", "v1.0.0") {
		t.Errorf("the forgery is remembered: %v, %v", got, err)
	}
}

// A fork has the right key and another history. Where the two part inside
// what one signed tree covers, there is proof of it, which names the
// database; in the other cases a part of the log does not fit what was proven
// before. All are refused, and none moves the remembered head.
func TestAttestFindsAForkAlsoAfterARestart(t *testing.T) {
	for what, c := range map[string]struct {
		history int
		restart bool
		proof   bool
	}{
		"young database, while running":   {10, false, true},
		"young database, after a restart": {10, true, false},
		"old database, while running":     {300, false, false},
		"old database, after a restart":   {300, true, false},
	} {
		signer, verifier := newKeys(t)
		honest, fork := newDatabaseOf(t, signer, "a", c.history), newDatabaseOf(t, signer, "b", c.history)
		world := newOutside(honest.URL)
		cfg := Config{SumDB: &SumDB{Name: sumName, Key: verifier}}
		f := New(cfg).Format()
		if _, err := attest(t, f, world, "example.com/m", "v1.0.0.zip"); err != nil {
			t.Fatal(err)
		}
		before := world.state[headOf(t, f)]
		for i := range 3 { // the fork is the longer one
			fork.record(t, fmt.Sprintf("example.com/x%d", i))
		}
		world.base = fork.URL
		if c.restart {
			f = New(cfg).Format()
		}
		_, err := attest(t, f, world, "example.com/n", "v1.0.0.zip")
		if !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if strings.Contains(assay.PublicMessage(err), "contradicted itself") != c.proof || strings.Contains(err.Error(), "proof of misbehavior") != c.proof {
			t.Errorf("%s: %v", what, err)
		}
		if world.state[headOf(t, f)] != before {
			t.Errorf("%s: the fork's head was kept", what)
		}
		world.base = honest.URL
		if _, err := attest(t, f, world, "example.com/o", "v1.0.0.zip"); err != nil {
			t.Errorf("%s: the honest database is not believed any more: %v", what, err)
		}
	}
}

func headOf(t *testing.T, f ecosystem.Format) string {
	t.Helper()
	return f.(*format).notary.head
}

func TestAttestRecoversFromAnOutage(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	world := newOutside(db.URL)
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format()
	db.set(answer(502, "bad gateway"))
	_, err := attest(t, f, world, "example.com/m", "v1.0.0.zip")
	var e *assay.Error
	if !errors.As(err, &e) || e.Kind != assay.Unavailable || e.Status != 502 || e.RetryAfter != 7*time.Second {
		t.Errorf("%v", err)
	}
	db.set(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "/tile/") && answer(500, "")(w, r)
	})
	if _, err := attest(t, f, world, "example.com/m", "v1.0.0.zip"); !assay.Is(err, assay.Unavailable) {
		t.Errorf("tiles are out: %v", err)
	}
	db.set(nil)
	if got, err := attest(t, f, world, "example.com/m", "v1.0.0.zip"); err != nil || len(got) != 1 {
		t.Errorf("the outage is remembered: %v, %v", got, err)
	}
}

func TestAttestState(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	cfg := Config{SumDB: &SumDB{Name: sumName, Key: verifier}}

	world := newOutside(db.URL)
	world.contend = 3
	if _, err := attest(t, New(cfg).Format(), world, "example.com/m", "v1.0.0.zip"); err != nil || world.remember != 4 {
		t.Errorf("lost rounds are not tried again: %d rounds, %v", world.remember, err)
	}
	world = newOutside(db.URL)
	world.contend = 1 << 30
	if _, err := attest(t, New(cfg).Format(), world, "example.com/m", "v1.0.0.zip"); !assay.Is(err, assay.Unavailable) || world.remember > maxConflicts {
		t.Errorf("lost for ever: %d rounds, %v", world.remember, err)
	}
	world = newOutside(db.URL)
	world.fail = assay.Wrap(assay.Exhausted, errDisk, "the disk is full")
	if _, err := attest(t, New(cfg).Format(), world, "example.com/m", "v1.0.0.zip"); !assay.Is(err, assay.Exhausted) {
		t.Errorf("the head cannot be read: %v", err)
	}
	// Another key of the same name starts its own history.
	world = newOutside(db.URL)
	if _, err := attest(t, New(cfg).Format(), world, "example.com/m", "v1.0.0.zip"); err != nil {
		t.Fatal(err)
	}
	signer, verifier = newKeys(t)
	renewed := newDatabase(t, signer, "c")
	world.base = renewed.URL
	if _, err := attest(t, New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format(), world, "example.com/m", "v1.0.0.zip"); err != nil || len(world.state) != 2 {
		t.Errorf("after a change of key: %v", err)
	}
}

func TestAttestGivenUp(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	started, end := make(chan struct{}, 1), make(chan struct{})
	db.set(func(_ http.ResponseWriter, r *http.Request) bool {
		started <- struct{}{}
		select {
		case <-end:
		case <-r.Context().Done():
		}
		return true
	})
	defer close(end)
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-started
		cancel()
	}()
	_, _, err := f.(ecosystem.Attester).Attest(ctx, attestFile(t, f, "example.com/m", "v1.0.0.zip"), newOutside(db.URL))
	if !assay.Is(err, assay.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestAttestByManyAtOnce(t *testing.T) {
	signer, verifier := newKeys(t)
	db := newDatabase(t, signer, "a")
	world := newOutside(db.URL)
	f := New(Config{SumDB: &SumDB{Name: sumName, Key: verifier}}).Format()
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			name := fmt.Sprintf("example.com/m%d", i/2)
			got, err := attest(t, f, world, name, "v1.0.0.zip")
			if err != nil || len(got) != 1 || string(got[0]) != fakeSum("a", name, "v1.0.0") {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		})
	}
	wg.Wait()
}

func TestNewSumDB(t *testing.T) {
	_, verifier := newKeys(t)
	if db, err := NewSumDB(verifier, "https://sum.registry.example/base"); err != nil || db.Name != sumName {
		t.Errorf("%+v, %v", db, err)
	}
	for what, c := range map[string][2]string{
		"no key":                   {"", ""},
		"name alone":               {sumName, ""},
		"address without a scheme": {verifier, "sum.registry.example"},
		"address of a file":        {verifier, "file:///etc/passwd"},
		"address with credentials": {verifier, "https://user:secret@sum.registry.example"},
		"address with a query":     {verifier, "https://sum.registry.example/?x"},
		"name with traversal":      {keyNamed(t, "sum.registry.example/../x"), ""},
		"name with a query":        {keyNamed(t, "sum.registry.example?x"), ""},
		"name that ends in /":      {keyNamed(t, "sum.registry.example/"), ""},
	} {
		if db, err := NewSumDB(c[0], c[1]); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %+v, %v", what, db, err)
		}
	}
}

func keyNamed(t *testing.T, name string) string {
	t.Helper()
	_, verifier, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

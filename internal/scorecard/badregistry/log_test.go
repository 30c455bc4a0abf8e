package badregistry_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/badregistry"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// visitor asks without a record.
type visitor struct{}

func (visitor) Do(ctx context.Context, asked scorecard.Request) (scorecard.Response, error) {
	req, err := http.NewRequestWithContext(ctx, asked.Method, asked.URL, bytes.NewReader(asked.Body))
	if err != nil {
		return scorecard.Response{}, err
	}
	req.Header = asked.Header
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return scorecard.Response{}, err
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(resp.Body)
	return scorecard.Response{Status: resp.StatusCode, Header: resp.Header, Body: body.Bytes()}, err
}

// head is the log's verified checkpoint.
func head(t *testing.T, r *badregistry.Registry) (tlog.Tree, string) {
	t.Helper()
	verifier, err := note.NewVerifier(r.LogKey())
	if err != nil {
		t.Fatal(err)
	}
	raw := string(ask(t, http.MethodGet, origin(t, r)+"/log/checkpoint", "", nil).body)
	signed, err := note.Open([]byte(raw), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(signed.Text, "\n")
	var size int64
	if _, err := fmt.Sscan(lines[1], &size); err != nil {
		t.Fatal(err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		t.Fatal(err)
	}
	return tlog.Tree{N: size, Hash: root}, raw
}

// rootOf makes the root of the entries that the log serves.
func rootOf(t *testing.T, r *badregistry.Registry, size int64) tlog.Hash {
	t.Helper()
	var hashes []tlog.Hash
	bundle := ask(t, http.MethodGet, fmt.Sprintf("%s/log/tile/entries/000.p/%d", origin(t, r), size), "", nil).body
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range indexes {
			out = append(out, hashes[i])
		}
		return out, nil
	})
	for n := range size {
		length := int(bundle[0])<<8 | int(bundle[1])
		more, err := tlog.StoredHashes(n, bundle[2:2+length], reader)
		if err != nil {
			t.Fatal(err)
		}
		hashes, bundle = append(hashes, more...), bundle[2+length:]
	}
	if len(bundle) > 0 {
		t.Errorf("%d bytes follow the last entry", len(bundle))
	}
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTheLogGivesTheRootThatItSigns(t *testing.T) {
	for name, c := range map[string]struct {
		sins []badregistry.Sin
		fits bool
	}{
		"a good log": {nil, true}, "a log that lies": {[]badregistry.Sin{badregistry.LogLies}, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, c.sins...)
			before, raw := head(t, r)
			if (rootOf(t, r, before.N) == before.Hash) != c.fits {
				t.Errorf("fits: %v, want %v", !c.fits, c.fits)
			}
			if n := strings.Count(raw, "\u2014 "); n != 2 {
				t.Errorf("%d signatures", n)
			}
			wants(t, "publish", r.Publish(t.Context(), r.Publisher(assay.NPM), scorecard.Release{Name: "@trial/logged", Version: "1.0.0"}), scorecard.Accepted)
			if after, _ := head(t, r); after.N != before.N+1 {
				t.Errorf("the log grew from %d to %d", before.N, after.N)
			}
			tile := ask(t, http.MethodGet, fmt.Sprintf("%s/log/tile/0/000.p/%d", origin(t, r), before.N), "", nil)
			if len(tile.body) != int(before.N)*tlog.HashSize {
				t.Errorf("a tile of %d bytes for %d leaves", len(tile.body), before.N)
			}
			if g := ask(t, http.MethodGet, origin(t, r)+"/log/tile/0/001", "", nil); g.status != http.StatusNotFound {
				t.Errorf("a tile that is not there answers %d", g.status)
			}
		})
	}
}

func TestAWitnessCosigns(t *testing.T) {
	_, raw := head(t, start(t))
	lines := strings.Split(strings.TrimSpace(raw), "\n")
	last := strings.Fields(lines[len(lines)-1])
	sig, err := base64.StdEncoding.DecodeString(last[2])
	if err != nil || len(sig) != 4+8+ed25519.SignatureSize {
		t.Errorf("the cosignature of %s has %d bytes: %v", last[1], len(sig), err)
	}
	if _, raw := head(t, start(t, badregistry.NoWitness)); strings.Count(raw, "\u2014 ") != 1 {
		t.Errorf("without a witness there are %q", raw)
	}
}

// sumClient lets Go's own client of checksum databases ask the registry.
type sumClient struct {
	t           *testing.T
	r           *badregistry.Registry
	name, key   string
	latest, err string
}

func (c *sumClient) ReadRemote(path string) ([]byte, error) {
	g := ask(c.t, http.MethodGet, base(c.r, assay.Golang)+"sumdb/"+c.name+path, "", nil)
	if g.status != http.StatusOK {
		return nil, fmt.Errorf("status %d", g.status)
	}
	return g.body, nil
}

func (c *sumClient) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(c.key), nil
	}
	return []byte(c.latest), nil
}

func (c *sumClient) WriteConfig(_ string, _, now []byte) error { c.latest = string(now); return nil }
func (c *sumClient) ReadCache(string) ([]byte, error)          { return nil, http.ErrMissingFile }
func (c *sumClient) WriteCache(string, []byte)                 {}
func (c *sumClient) Log(string)                                {}
func (c *sumClient) SecurityError(text string)                 { c.err = text }

func TestTheChecksumDatabaseProvesWhatTheProxyServes(t *testing.T) {
	r := start(t)
	name, key := r.SumDB()
	c := &sumClient{t: t, r: r, name: name, key: key}
	client := sumdb.NewClient(c)
	for _, version := range []string{"v1.5.1", "v1.5.2"} {
		lines, err := client.Lookup("rsc.io/quote", version)
		if err != nil || c.err != "" {
			t.Fatal(err, c.err)
		}
		zip := ask(t, http.MethodGet, base(r, assay.Golang)+"rsc.io/quote/@v/"+version+".zip", "", nil).body
		if want := "rsc.io/quote " + version + " " + h1(t, zip); lines[0] != want {
			t.Errorf("got %q, want %q", lines[0], want)
		}
	}
	if _, err := client.Lookup("rsc.io/quote", "v9.9.9"); err == nil {
		t.Error("it knows a version that is not there")
	}
	if info := ask(t, http.MethodGet, base(r, assay.Golang)+"rsc.io/quote/@latest", "", nil).object(t); info["Version"] != "v1.5.2" {
		t.Errorf("latest is %v", info)
	}
	if mod := ask(t, http.MethodGet, base(r, assay.Golang)+"rsc.io/quote/@v/v1.5.1.mod", "", nil); !strings.HasPrefix(string(mod.body), "module rsc.io/quote\n") {
		t.Errorf("go.mod is %q", mod.body)
	}
}

func h1(t *testing.T, zip []byte) string {
	t.Helper()
	path := t.TempDir() + "/m.zip"
	if err := os.WriteFile(path, zip, 0o600); err != nil {
		t.Fatal(err)
	}
	sum, err := dirhash.HashZip(path, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// tufDocument is what all of TUF's documents have.
type tufDocument struct {
	Signatures []struct{ KeyID, Sig string }
	Signed     map[string]any
}

func TestTUFIsSignedToItsThresholdAndChained(t *testing.T) {
	r := start(t)
	docs := map[string]tufDocument{}
	raw := map[string][]byte{}
	for _, name := range []string{"root.json", "timestamp.json", "snapshot.json", "targets.json"} {
		raw[name] = ask(t, http.MethodGet, origin(t, r)+"/tuf/"+name, "", nil).body
		var d tufDocument
		if err := json.Unmarshal(raw[name], &d); err != nil {
			t.Fatal(name, err)
		}
		docs[name] = d
	}
	for name, d := range docs {
		role := at(t, docs["root.json"].Signed, "roles", strings.TrimSuffix(name, ".json")).(map[string]any)
		text, err := cjson.EncodeCanonical(d.Signed)
		if err != nil {
			t.Fatal(err)
		}
		good := 0
		for _, s := range d.Signatures {
			public, err := hex.DecodeString(at(t, docs["root.json"].Signed, "keys", s.KeyID, "keyval", "public").(string))
			if err != nil {
				t.Fatal(err)
			}
			sig, err := hex.DecodeString(s.Sig)
			if err == nil && ed25519.Verify(public, text, sig) {
				good++
			}
		}
		if float64(good) < role["threshold"].(float64) {
			t.Errorf("%s has %d of %v signatures", name, good, role["threshold"])
		}
	}
	if at(t, docs["root.json"].Signed, "roles", "root", "threshold") != 2.0 {
		t.Error("one key is enough for the root")
	}
	if length := at(t, docs["timestamp.json"].Signed, "meta", "snapshot.json", "length"); length != float64(len(raw["snapshot.json"])) {
		t.Errorf("the timestamp is of a snapshot of %v bytes", length)
	}
}

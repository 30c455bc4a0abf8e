package tuf

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"

	"assay.invalid/internal/scorecard"
)

const base = "https://registry.example/tuf/"

// signer is a key that can sign, as a root lists it.
type signer struct {
	id     string
	listed map[string]any
	sign   func([]byte) []byte
}

func edSigner(t *testing.T, id string) signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{id, map[string]any{"keytype": "ed25519", "scheme": "ed25519", "keyval": map[string]string{"public": hex.EncodeToString(public)}},
		func(m []byte) []byte { return ed25519.Sign(private, m) }}
}

func curveSigner(t *testing.T, id string, inHex bool) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if inHex {
		point, err := key.PublicKey.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		public = hex.EncodeToString(point)
	}
	return signer{id, map[string]any{"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp256", "keyval": map[string]string{"public": public}},
		func(m []byte) []byte {
			sum := sha256.Sum256(m)
			sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
			if err != nil {
				t.Error(err)
			}
			return sig
		}}
}

// world is a repository that a test bends before it is signed.
type world struct {
	t        *testing.T
	roots    []signer
	online   signer
	files    map[string][]byte
	answers  map[string]int
	faults   map[string]bool
	asked    []string
	rootsBy  []signer
	alter    func(file string, fields map[string]any)
	expires  time.Time
	consists bool
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, files: map[string][]byte{}, answers: map[string]int{}, faults: map[string]bool{},
		expires: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), alter: func(string, map[string]any) {}}
	w.roots = []signer{edSigner(t, "a"), curveSigner(t, "b", false), curveSigner(t, "c", true)}
	w.rootsBy = w.roots
	w.online = edSigner(t, "online")
	return w
}

func (w *world) put(file, kind string, version int, fields map[string]any, by ...signer) map[string]any {
	w.t.Helper()
	fields["_type"], fields["version"], fields["spec_version"] = kind, version, "1.0.31"
	fields["expires"] = w.expires.Format(time.RFC3339)
	w.alter(file, fields)
	text, err := cjson.EncodeCanonical(fields)
	if err != nil {
		w.t.Fatal(err)
	}
	var sigs []map[string]string
	for _, s := range by {
		sigs = append(sigs, map[string]string{"keyid": s.id, "sig": hex.EncodeToString(s.sign(text))})
	}
	raw, err := json.Marshal(map[string]any{"signed": fields, "signatures": sigs})
	if err != nil {
		w.t.Fatal(err)
	}
	w.files[file] = raw
	sum := sha256.Sum256(raw)
	return map[string]any{"version": version, "length": len(raw), "hashes": map[string]string{"sha256": hex.EncodeToString(sum[:])}}
}

func (w *world) root(file string, version int, roots, by []signer, threshold int) {
	keys := map[string]any{w.online.id: w.online.listed}
	var ids []string
	for _, s := range roots {
		keys[s.id] = s.listed
		ids = append(ids, s.id)
	}
	one := map[string]any{"keyids": []string{w.online.id}, "threshold": 1}
	w.put(file, "root", version, map[string]any{"keys": keys, "consistent_snapshot": w.consists, "roles": map[string]any{
		"root": map[string]any{"keyids": ids, "threshold": threshold}, "timestamp": one, "snapshot": one, "targets": one}}, by...)
}

func (w *world) build() {
	prefix := func(s string) string {
		if w.consists {
			return "7." + s
		}
		return s
	}
	w.root("root.json", 1, w.roots, w.rootsBy, 2)
	targets := w.put(prefix("targets.json"), "targets", 7, map[string]any{"targets": map[string]any{}}, w.online)
	snapshot := w.put(prefix("snapshot.json"), "snapshot", 7, map[string]any{"meta": map[string]any{"targets.json": targets}}, w.online)
	w.put("timestamp.json", "timestamp", 9, map[string]any{"meta": map[string]any{"snapshot.json": snapshot}}, w.online)
}

// Do implements scorecard.Visitor.
func (w *world) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	file := strings.TrimPrefix(r.URL, base)
	w.asked = append(w.asked, file)
	if w.faults[file] {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.TooSlow, Text: "no answer in time"}
	}
	if status := w.answers[file]; status != 0 {
		return scorecard.Response{Status: status}, nil
	}
	raw, ok := w.files[file]
	if !ok {
		return scorecard.Response{Status: http.StatusNotFound}, nil
	}
	return scorecard.Response{Status: http.StatusOK, Body: raw}, nil
}

func (w *world) read() (Repository, error) {
	return Read(w.t.Context(), w, base+"root.json", DefaultLimits())
}

func TestSoundRepository(t *testing.T) {
	for _, consistent := range []bool{false, true} {
		w := newWorld(t)
		w.consists = consistent
		w.build()
		r, err := w.read()
		if err != nil {
			t.Fatal(err)
		}
		if r.Root.Threshold != 2 || r.Root.Keys != 3 || r.Root.Signed != 3 {
			t.Errorf("consistent %t: the root is read as %+v", consistent, r.Root)
		}
		for name, role := range map[string]Role{"timestamp": r.Timestamp, "snapshot": r.Snapshot, "targets": r.Targets} {
			if !role.Enough() || role.Broken != "" || role.Untold != "" || name != "timestamp" && !role.Same {
				t.Errorf("consistent %t: the %s is read as %+v", consistent, name, role)
			}
		}
	}
}

func TestWhatIsWrongIsSeen(t *testing.T) {
	cases := map[string]struct {
		bend func(*world)
		// then changes what is served after it was signed.
		then func(*world)
		want func(Repository) bool
	}{
		"a root signed by one of two": {
			bend: func(w *world) { w.rootsBy = w.roots[:1] },
			want: func(r Repository) bool { return r.Root.Signed == 1 && !r.Root.Enough() },
		},
		"one key under two ids": {
			bend: func(w *world) {
				twin := w.roots[0]
				twin.id = "twin"
				w.roots = []signer{w.roots[0], twin}
				w.rootsBy = w.roots
			},
			want: func(r Repository) bool { return r.Root.Keys == 1 && r.Root.Signed == 1 && !r.Root.Enough() },
		},
		"one signature twice": {
			bend: func(w *world) { w.rootsBy = []signer{w.roots[0], w.roots[0]} },
			want: func(r Repository) bool { return r.Root.Signed == 1 },
		},
		"a key of a kind that is not read": {
			bend: func(w *world) {
				w.roots[1].listed = map[string]any{"keytype": "rsa", "scheme": "rsassa-pss-sha256", "keyval": map[string]string{"public": "x"}}
				w.rootsBy = w.roots[:1]
			},
			want: func(r Repository) bool { return r.Root.Unreadable == 1 && !r.Root.Enough() && r.Root.Perhaps() },
		},
		"a changed timestamp": {
			then: func(w *world) {
				w.files["timestamp.json"] = []byte(strings.Replace(string(w.files["timestamp.json"]), `"version":9`, `"version":8`, 1))
			},
			want: func(r Repository) bool { return r.Timestamp.Signed == 0 && !r.Timestamp.Enough() },
		},
		"a snapshot of another version": {
			then: func(w *world) {
				w.put("snapshot.json", "snapshot", 6, map[string]any{"meta": map[string]any{}}, w.online)
			},
			want: func(r Repository) bool { return !r.Snapshot.Same && r.Snapshot.Named == 7 && r.Snapshot.Version == 6 },
		},
		"a snapshot of the same version and other bytes": {
			then: func(w *world) {
				w.put("snapshot.json", "snapshot", 7, map[string]any{"meta": map[string]any{}, "x": "y"}, w.online)
			},
			want: func(r Repository) bool { return !r.Snapshot.Same && r.Snapshot.Enough() },
		},
		"targets handed out as snapshot": {
			then: func(w *world) { w.files["snapshot.json"] = w.files["targets.json"] },
			want: func(r Repository) bool { return strings.Contains(r.Snapshot.Broken, `"targets"`) },
		},
		"no timestamp": {
			then: func(w *world) { delete(w.files, "timestamp.json") },
			want: func(r Repository) bool { return strings.Contains(r.Timestamp.Broken, "404") && r.Snapshot.Broken != "" },
		},
		"a timestamp that does not come": {
			then: func(w *world) { w.faults["timestamp.json"] = true },
			want: func(r Repository) bool { return r.Timestamp.Untold != "" && r.Timestamp.Broken == "" },
		},
		"targets behind a fault of the server": {
			then: func(w *world) { w.answers["targets.json"] = 503 },
			want: func(r Repository) bool { return strings.Contains(r.Targets.Untold, "503") },
		},
		"a web page as snapshot": {
			then: func(w *world) { w.files["snapshot.json"] = []byte("<!doctype html><title>hello</title>") },
			want: func(r Repository) bool { return strings.Contains(r.Snapshot.Broken, "no") },
		},
		"a threshold of nothing": {
			bend: func(w *world) {
				w.alter = func(file string, fields map[string]any) {
					if file == "root.json" {
						fields["roles"].(map[string]any)["timestamp"] = map[string]any{"keyids": []string{}, "threshold": 0}
					}
				}
			},
			want: func(r Repository) bool { return !r.Timestamp.Enough() && !r.Timestamp.Perhaps() },
		},
		"numbers with fractions": {
			bend: func(w *world) { w.alter = func(string, map[string]any) {} },
			then: func(w *world) {
				w.files["timestamp.json"] = []byte(`{"signed":{"_type":"timestamp","version":1,"expires":"2027-01-01T00:00:00Z","x":1.5},"signatures":[]}`)
			},
			want: func(r Repository) bool { return strings.Contains(r.Timestamp.Broken, "canonical") },
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.bend != nil {
				c.bend(w)
			}
			w.build()
			if c.then != nil {
				c.then(w)
			}
			r, err := w.read()
			if err != nil {
				t.Fatal(err)
			}
			if !c.want(r) {
				t.Errorf("read as %+v", r)
			}
		})
	}
}

func TestNoRoot(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": "", "a web page": "<html>", "other JSON": `{"name":"x"}`, "a list": `[]`, "a number": `7`,
		"signed is text": `{"signed":"root","signatures":[]}`, "no version": `{"signed":{"_type":"root"}}`,
		"a version of more than can be": `{"signed":{"_type":"root","version":9223372036854775807}}`,
		"wrong types":                   `{"signed":{"_type":7,"version":"one"},"signatures":{}}`,
	} {
		w := newWorld(t)
		w.files["root.json"] = []byte(body)
		if _, err := w.read(); !errors.Is(err, ErrNone) {
			t.Errorf("%s passed for a root: %v", name, err)
		}
	}
	w := newWorld(t)
	if _, err := w.read(); !errors.Is(err, ErrNone) {
		t.Errorf("404: %v", err)
	}
	w.answers["root.json"] = 403
	if _, err := w.read(); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("a gate before everything: %v", err)
	}
	w.answers["root.json"] = 0
	w.faults["root.json"] = true
	_, err := w.read()
	if errors.Is(err, ErrNone) || err == nil || scorecard.MissingOf(err).Outcome != scorecard.CouldNotTell {
		t.Errorf("a root that does not come is said not to be there: %v", err)
	}
}

func TestRootsAreFollowed(t *testing.T) {
	w := newWorld(t)
	w.build()
	others := []signer{edSigner(t, "d"), edSigner(t, "e")}
	w.root("2.root.json", 2, others, append(others, w.roots[:2]...), 2)
	r, err := w.read()
	if err != nil {
		t.Fatal(err)
	}
	if r.Root.Version != 2 || r.Root.Predecessor != 1 || !r.Root.SignedByPredecessor || !r.Root.Enough() {
		t.Errorf("a root that the older one signed is read as %+v", r.Root)
	}
	// A new root that only its own keys signed is somebody else's.
	w.root("2.root.json", 2, others, others, 2)
	if r, err = w.read(); err != nil || r.Root.SignedByPredecessor || r.Root.Version != 2 {
		t.Errorf("a root that the older one did not sign is read as %+v, %v", r.Root, err)
	}
	// A server that answers every number must not be followed for ever.
	for i := 2; i < 40; i++ {
		w.root(strconv.Itoa(i)+".root.json", i, w.roots, w.roots, 2)
	}
	w.asked = nil
	if _, err = w.read(); err != nil || len(w.asked) > DefaultLimits().Roots+5 {
		t.Errorf("%d requests, %v", len(w.asked), err)
	}
}

func TestTooManyKeysAreNotVerified(t *testing.T) {
	var sigs []string
	for range maxListed + 1 {
		sigs = append(sigs, `{"keyid":"a","sig":"00"}`)
	}
	if _, err := decode([]byte(`{"signed":{"_type":"root","version":1},"signatures":[`+strings.Join(sigs, ",")+`]}`), roleRoot); err == nil {
		t.Error("a document with more signatures than can be was taken")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"signed":{"_type":"root","version":1,"keys":{"a":{"keytype":"ed25519","keyval":{"public":"00"}}},"roles":{"root":{"keyids":["a"],"threshold":1}}},"signatures":[{"keyid":"a","sig":"00"}]}`))
	f.Add([]byte(`{"signed":{"_type":"timestamp","version":1,"meta":{"snapshot.json":{"version":1}}},"signatures":[]}`))
	f.Add([]byte(`[[[[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := decode(raw, roleRoot)
		if err != nil {
			return
		}
		r := judgeRole(d, d)
		if r.Signed > r.Keys || r.Keys > maxListed {
			t.Errorf("%d signatures of %d keys", r.Signed, r.Keys)
		}
		if m := (meta{Version: d.signed.Version + 1}); same(d, m) {
			t.Error("a file is the same as one of another version")
		}
	})
}

package tlogread

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/scorecard"
)

const origin = "log.example"

// world is a log in memory that a test bends.
type world struct {
	t        *testing.T
	signer   note.Signer
	key      string
	leaves   [][]byte
	hashes   []tlog.Hash
	head     []byte // served instead of the true checkpoint
	cosigned bool
	bend     func(path string, body []byte) ([]byte, int)
	asked    int
}

func newWorld(t *testing.T, leaves int) *world {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, signer: signer, key: public, bend: func(_ string, b []byte) ([]byte, int) { return b, 200 }}
	w.grow(leaves)
	return w
}

func (w *world) grow(n int) {
	w.t.Helper()
	for range n {
		leaf := fmt.Appendf(nil, "leaf %d", len(w.leaves))
		hashes, err := tlog.StoredHashes(int64(len(w.leaves)), leaf, tlog.HashReaderFunc(w.read))
		if err != nil {
			w.t.Fatal(err)
		}
		w.leaves, w.hashes = append(w.leaves, leaf), append(w.hashes, hashes...)
	}
}

func (w *world) read(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at >= int64(len(w.hashes)) {
			return nil, errors.New("no such hash")
		}
		out[i] = w.hashes[at]
	}
	return out, nil
}

// checkpoint signs a tree of a size, with the root that the leaves have, or
// another.
func (w *world) checkpoint(size int64, root *tlog.Hash) []byte {
	w.t.Helper()
	h, err := tlog.TreeHash(size, tlog.HashReaderFunc(w.read))
	if root != nil {
		h, err = *root, nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	msg, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", origin, size, h)}, w.signer)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.cosigned {
		blob := binary.BigEndian.AppendUint64([]byte{1, 2, 3, 4}, 1_790_000_000)
		blob = append(blob, make([]byte, ed25519.SignatureSize)...)
		msg = append(msg, "\u2014 witness.example "+base64.StdEncoding.EncodeToString(blob)+"\n"...)
	}
	return msg
}

// Do implements scorecard.Visitor.
func (w *world) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	w.asked++
	path := strings.TrimPrefix(r.URL, "https://log.example/")
	body, ok := w.file(path)
	status := http.StatusNotFound
	if ok {
		body, status = w.bend(path, body)
	}
	if status == 0 {
		return scorecard.Response{}, &scorecard.Fault{Kind: scorecard.TooSlow, Text: "no answer in time"}
	}
	return scorecard.Response{Status: status, Body: body}, nil
}

func (w *world) file(path string) ([]byte, bool) {
	switch {
	case path == "checkpoint" && w.head != nil:
		return w.head, true
	case path == "checkpoint":
		return w.checkpoint(int64(len(w.leaves)), nil), true
	case path == "key":
		return []byte(w.key + "\n"), true
	}
	entries := strings.HasPrefix(path, "tile/entries/")
	t, err := tlog.ParseTilePath(strings.Replace(strings.Replace(path, "tile/entries/", "tile/data/", 1), "tile/", "tile/8/", 1))
	if err != nil {
		return nil, false
	}
	if !entries {
		data, err := tlog.ReadTileData(t, tlog.HashReaderFunc(w.read))
		return data, err == nil
	}
	if t.N*tileWidth+int64(t.W) > int64(len(w.leaves)) {
		return nil, false
	}
	var b []byte
	for _, leaf := range w.leaves[t.N*tileWidth : t.N*tileWidth+int64(t.W)] {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(leaf))), leaf...)
	}
	return b, true
}

func (w *world) open() *Log { return Open(w, "https://log.example/", DefaultLimits()) }

func TestSoundLogs(t *testing.T) {
	for _, size := range []int{1, 2, 255, 256, 257, 600, 2048, 2049, 5000, 70000} {
		w := newWorld(t, size)
		w.cosigned = true
		log := w.open()
		c, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		done, err := log.Check(t.Context(), c)
		if err != nil {
			t.Errorf("%d entries: %v", size, err)
			continue
		}
		if whole := size <= int(DefaultLimits().Whole); done.Whole != whole || done.Entries == 0 || done.Leaves == 0 {
			t.Errorf("%d entries: %+v", size, done)
		}
		if w.asked > 20 {
			t.Errorf("%d entries took %d requests", size, w.asked)
		}
		if v, ok := log.Key(t.Context()); !ok || !c.SignedBy(v) {
			t.Errorf("%d entries: the log's own signature does not fit", size)
		}
		if got := c.Witnesses(); len(got) != 1 || got[0] != "witness.example" {
			t.Errorf("%d entries: witnesses %v", size, got)
		}
	}
}

func TestGrowthIsConsistent(t *testing.T) {
	for _, step := range [][2]int{{1, 1}, {1, 0}, {5, 300}, {256, 1}, {3000, 2000}} {
		w := newWorld(t, step[0])
		log := w.open()
		before, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w.grow(step[1])
		after, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Consistent(t.Context(), before, after); err != nil {
			t.Errorf("%d and then %d more: %v", step[0], step[1], err)
		}
		// A cache may show an older head after a newer one: that is no lie.
		if err := log.Consistent(t.Context(), after, before); err != nil {
			t.Errorf("backwards, %d and then %d more: %v", step[0], step[1], err)
		}
	}
}

func TestLies(t *testing.T) {
	cases := map[string]func(w *world){
		"another root": func(w *world) { w.head = w.checkpoint(300, &tlog.Hash{7}) },
		"a changed tile": func(w *world) {
			w.bend = func(path string, b []byte) ([]byte, int) {
				if path == "tile/0/000" {
					b[5] ^= 1
				}
				return b, 200
			}
		},
		"a tile that is cut": func(w *world) {
			w.bend = func(path string, b []byte) ([]byte, int) {
				if path == "tile/0/000" {
					b = b[:100]
				}
				return b, 200
			}
		},
		"a web page as tile": func(w *world) {
			w.bend = func(path string, b []byte) ([]byte, int) {
				if strings.HasPrefix(path, "tile/") {
					b = []byte("<html>")
				}
				return b, 200
			}
		},
		"a changed entry": func(w *world) {
			w.bend = func(path string, b []byte) ([]byte, int) {
				if strings.HasPrefix(path, "tile/entries/") {
					b[4] ^= 1
				}
				return b, 200
			}
		},
		"entries that are cut": func(w *world) {
			w.bend = func(path string, b []byte) ([]byte, int) {
				if strings.HasPrefix(path, "tile/entries/") {
					b = b[:len(b)-1]
				}
				return b, 200
			}
		},
		"more entries than tiles": func(w *world) { w.head = w.checkpoint(100_000, &tlog.Hash{7}) },
		"a size nobody can have":  func(w *world) { w.head = w.checkpoint(1<<50, &tlog.Hash{7}) },
		"nothing, with a root":    func(w *world) { w.head = w.checkpoint(0, &tlog.Hash{7}) },
		"tiles for some":          func(w *world) { w.bend = statusFor("tile/0", 403) },
	}
	for name, bend := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 300)
			bend(w)
			log := w.open()
			c, err := log.Checkpoint(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = log.Check(t.Context(), c)
			if _, ok := errors.AsType[*Lie](err); !ok {
				t.Errorf("the lie is not found: %v", err)
			}
			if w.asked > 20 {
				t.Errorf("it took %d requests", w.asked)
			}
		})
	}
}

func statusFor(prefix string, status int) func(string, []byte) ([]byte, int) {
	return func(path string, b []byte) ([]byte, int) {
		if strings.HasPrefix(path, prefix) {
			return nil, status
		}
		return b, 200
	}
}

func TestTwoHistories(t *testing.T) {
	w, other := newWorld(t, 300), newWorld(t, 0)
	other.leaves = append(other.leaves, []byte("another beginning"))
	other.hashes, _ = tlog.StoredHashes(0, other.leaves[0], tlog.HashReaderFunc(other.read))
	other.grow(99)
	log := w.open()
	c, err := ParseCheckpoint(w.checkpoint(300, nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, msg := range map[string][]byte{
		"a smaller tree with another beginning": other.checkpoint(100, nil),
		"the same size with another root":       w.checkpoint(300, &tlog.Hash{1}),
	} {
		o, err := ParseCheckpoint(msg)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := errors.AsType[*Lie](log.Consistent(t.Context(), c, o)); !ok {
			t.Errorf("%s passes", name)
		}
	}
}

func TestWhatCannotBeToldIsNoLie(t *testing.T) {
	for name, status := range map[string]int{"tiles that do not come": 0, "a fault of the server": 503, "throttled": 429} {
		w := newWorld(t, 300)
		w.bend = statusFor("tile/", status)
		log := w.open()
		c, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = log.Check(t.Context(), c)
		if _, lie := errors.AsType[*Lie](err); lie || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t, 300)
	w.bend = statusFor("tile/entries/", 404)
	log := w.open()
	c, err := log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if done, err := log.Check(t.Context(), c); err != nil || done.Entries != 0 || !done.Whole {
		t.Errorf("entries that are not served: %+v, %v", done, err)
	}
}

func TestFullTileServesForPartial(t *testing.T) {
	w := newWorld(t, 300)
	old := w.checkpoint(280, nil)
	w.grow(212)
	w.head = old
	w.bend = func(path string, b []byte) ([]byte, int) {
		if strings.Contains(path, ".p/") && strings.HasPrefix(path, "tile/0") || strings.Contains(path, "entries/001.p") {
			return nil, 404
		}
		return b, 200
	}
	log := w.open()
	c, err := log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if done, err := log.Check(t.Context(), c); err != nil || done.Entries != 24 {
		t.Errorf("%+v, %v", done, err)
	}
}

func TestNoCheckpoint(t *testing.T) {
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, body := range map[string]string{
		"nothing": "", "a web page": "<html>\n\n</html>", "no signature": "log\n1\n" + root + "\n", "no number": "log\nx\n" + root + "\n\n\u2014 log AAAAAAA=\n",
		"a number with a sign": "log\n+1\n" + root + "\n\n\u2014 log AAAAAAA=\n", "too many": "log\n9223372036854775807\n" + root + "\n\n\u2014 log AAAAAAA=\n",
		"no root": "log\n1\nabc\n\n\u2014 log AAAAAAA=\n", "no signature line": "log\n1\n" + root + "\n\nhello\n", "no name": "\n1\n" + root + "\n\n\u2014 log AAAAAAA=\n",
	} {
		w := newWorld(t, 1)
		w.head = []byte(body)
		_, err := w.open().Checkpoint(t.Context())
		if _, ok := errors.AsType[*None](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newWorld(t, 1)
	w.bend = statusFor("checkpoint", 403)
	_, err := w.open().Checkpoint(t.Context())
	if none, ok := errors.AsType[*None](err); !ok || !none.Refused {
		t.Errorf("refused: %v", err)
	}
	w.bend = statusFor("checkpoint", 0)
	_, err = w.open().Checkpoint(t.Context())
	if _, none := errors.AsType[*None](err); none || err == nil {
		t.Errorf("no answer: %v", err)
	}
}

func TestForeignKeyDoesNotSign(t *testing.T) {
	w, other := newWorld(t, 3), newWorld(t, 3)
	c, err := ParseCheckpoint(w.checkpoint(3, nil))
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(other.key)
	if err != nil {
		t.Fatal(err)
	}
	if c.SignedBy(v) {
		t.Error("a key that did not sign is said to have signed")
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add([]byte("log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 log AAAAAAA=\n"))
	f.Add([]byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, msg []byte) {
		c, err := ParseCheckpoint(msg)
		if err != nil {
			return
		}
		if c.Origin == "" || c.Size < 0 || c.Size > maxSize || len(c.Signatures) == 0 || len(c.Witnesses()) > len(c.Signatures) {
			t.Errorf("%q is read as %+v", msg, c)
		}
	})
}

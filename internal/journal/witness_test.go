package journal

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal/tlog"
)

// honest is a witness as https://c2sp.org/tlog-witness describes it, written
// from the specification and with none of the code under test but the
// checkpoint reader.
type honest struct {
	t    *testing.T
	name string
	key  ed25519.PrivateKey
	log  note.Verifier // the one log it knows; nil knows none

	mu       sync.Mutex
	size     int64
	root     merkle.Hash
	requests []string // the old line of each
	// answer, if set, changes what it answers.
	answer func(status int, body string) (int, string)
}

func newHonest(t *testing.T, name string) (*honest, Witness) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	h := &honest{t: t, name: name, key: key}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return h, Witness{Address: server.URL + "/w", Key: tlog.CosignatureKey(name, key.Public().(ed25519.PublicKey))}
}

func (h *honest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.URL.Path != "/w/add-checkpoint" {
		h.t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	status, text := h.judge(string(body))
	if h.answer != nil {
		status, text = h.answer(status, text)
	}
	if status == http.StatusConflict {
		w.Header().Set("Content-Type", "text/x.tlog.size")
	}
	w.WriteHeader(status)
	fmt.Fprint(w, text)
}

func (h *honest) judge(body string) (int, string) {
	head, signed, ok := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	number, isOld := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(number, 10, 64)
	h.requests = append(h.requests, lines[0])
	if !ok || !isOld || err != nil || len(lines) > 64 {
		return http.StatusBadRequest, "malformed\n"
	}
	if h.log == nil {
		return http.StatusNotFound, "unknown\n"
	}
	c, err := tlog.OpenCheckpoint([]byte(signed), h.log)
	if err != nil {
		return http.StatusForbidden, "bad signature\n"
	}
	if old > c.Size {
		return http.StatusBadRequest, "shrinking\n"
	}
	if old != h.size || (old == c.Size && h.root != c.Root) {
		return http.StatusConflict, fmt.Sprintf("%d\n", h.size)
	}
	var proof merkle.TreeProof
	for _, line := range lines[1:] {
		hash, err := merkle.ParseHash(line)
		if err != nil {
			return http.StatusBadRequest, "malformed hash\n"
		}
		proof = append(proof, hash)
	}
	if old > 0 && old < c.Size {
		if err := merkle.CheckTree(proof, c.Size, c.Root, old, h.root); err != nil {
			return http.StatusUnprocessableEntity, "inconsistent\n"
		}
	} else if len(proof) != 0 {
		return http.StatusUnprocessableEntity, "a proof without need\n"
	}
	h.size, h.root = c.Size, c.Root
	return http.StatusOK, h.sign(c.Text())
}

func (h *honest) sign(text string) string {
	verifier, err := tlog.NewCosignatureVerifier(tlog.CosignatureKey(h.name, h.key.Public().(ed25519.PublicKey)))
	if err != nil {
		h.t.Error(err)
	}
	at := uint64(time.Now().Unix())
	sig := ed25519.Sign(h.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text))
	raw := binary.BigEndian.AppendUint32(nil, verifier.KeyHash())
	raw = append(binary.BigEndian.AppendUint64(raw, at), sig...)
	return "\u2014 " + h.name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

func (h *honest) asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.requests
	h.requests = nil
	return out
}

// cosigners opens a checkpoint and tells who signed it.
func cosigners(t *testing.T, s *Sequencer, signed []byte) string {
	t.Helper()
	n, err := note.Open(signed, note.VerifierList(append(s.witnesses.verifiers(), s.key.verifier)...))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sig := range n.Sigs {
		names = append(names, sig.Name)
	}
	if len(n.UnverifiedSigs) != 0 {
		t.Errorf("%d signatures are of nobody", len(n.UnverifiedSigs))
	}
	return strings.Join(names, " ")
}

func TestWitnessesCosign(t *testing.T) {
	w := newWorld(t)
	one, first := newHonest(t, "one.example")
	two, second := newHonest(t, "two.example")
	w.cfg.Witnesses = []Witness{first, second}
	s := w.open()
	one.log, two.log = s.key.verifier, s.key.verifier
	w.append(3)
	w.flush(s)
	cosign := func(s *Sequencer, want string) {
		t.Helper()
		size, err := s.Cosign(t.Context())
		if err != nil || size != int64(w.events) {
			t.Fatalf("%d, %v", size, err)
		}
		signed, err := s.Checkpoint()
		w.must(err)
		got := cosigners(t, s, signed)
		if !strings.Contains(got, "one.example") || !strings.Contains(got, "two.example") || !strings.HasPrefix(got, s.Origin()) {
			t.Errorf("signed by %s", got)
		}
		if string(w.take(fileCheckpoint)) != string(signed) || string(w.take(fileCosigned)) != string(signed) {
			t.Error("the files are not what is served")
		}
		if asked := strings.Join(one.asked(), ", "); asked != want {
			t.Errorf("the witness was asked from %s, want %s", asked, want)
		}
	}
	cosign(s, "old 0")
	w.append(600)
	w.flush(s)
	if got := cosigners(t, s, w.take(fileCheckpoint)); got != s.Origin() {
		t.Errorf("a new checkpoint is signed by %s", got)
	}
	cosign(s, "old 3")
	cosign(s, "old 603") // again: nothing new, a fresh cosignature
	w.append(1)
	w.flush(s)
	cosign(w.open(), "old 0, old 603") // after a restart it has to ask
	w.invariants()
	if status, body, _ := get(t, site(t, w, s, func(p *Pages) { p.Public = true }).URL+"/log/checkpoint.cosigned", ""); status != http.StatusOK || !strings.Contains(body, "one.example") {
		t.Errorf("%d %s", status, body)
	}
}

func TestRunAsksWitnesses(t *testing.T) {
	w := newWorld(t)
	one, first := newHonest(t, "one.example")
	w.cfg.Witnesses = []Witness{first}
	w.cfg.Limits.WitnessEvery = time.Millisecond
	s := w.open()
	one.log = s.key.verifier
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	w.append(2)
	s.Wake()
	cosigned := false
	for range 1000 {
		if signed, err := s.Checkpoint(); err == nil && bytes.Contains(signed, []byte("one.example")) {
			cosigned = true
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if !cosigned {
		t.Error("nobody cosigned")
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestWitnessesThatRefuse(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(h *honest, s *Sequencer)
		kind   assay.Kind
		says   string
	}{
		"it does not know the log":         {func(h *honest, _ *Sequencer) { h.log = nil }, assay.Unavailable, "does not know this log's origin"},
		"it knows another key":             {func(h *honest, _ *Sequencer) { h.answer = func(int, string) (int, string) { return 403, "" } }, assay.Unavailable, "does not know this log's key"},
		"it has seen a longer log":         {func(h *honest, _ *Sequencer) { h.size = 1000 }, assay.Conflict, "older copy"},
		"it has seen another log, shorter": {func(h *honest, _ *Sequencer) { h.size, h.root = 5, merkle.Hash{1} }, assay.Conflict, "another history"},
		"it has seen another log, as long": {func(h *honest, _ *Sequencer) { h.size, h.root = 10, merkle.Hash{1} }, assay.Conflict, "another history"},
		"it is down":                       {func(h *honest, _ *Sequencer) { h.answer = func(int, string) (int, string) { return 500, "" } }, assay.Unavailable, "cannot cosign now"},
		"it redirects":                     {func(h *honest, _ *Sequencer) { h.answer = func(int, string) (int, string) { return 307, "" } }, assay.Unavailable, "307"},
		"it answers nonsense":              {func(h *honest, _ *Sequencer) { h.answer = func(int, string) (int, string) { return 200, "fine\n" } }, assay.Unsound, "does not hold"},
		"it answers nothing":               {func(h *honest, _ *Sequencer) { h.answer = func(int, string) (int, string) { return 200, "" } }, assay.Unsound, "does not hold"},
		"it signs something else": {func(h *honest, _ *Sequencer) {
			h.answer = func(int, string) (int, string) { return 200, h.sign("other\n1\n\n") }
		}, assay.Unsound, "does not hold"},
		"its size is no number": {func(h *honest, _ *Sequencer) { h.answer = func(int, string) (int, string) { return 409, "many\n" } }, assay.Unsound, "without the size"},
		"it never agrees on a size": {func(h *honest, _ *Sequencer) {
			n := 0
			h.answer = func(int, string) (int, string) { n++; return 409, fmt.Sprintf("%d\n", n) }
		}, assay.Conflict, "another history"},
		"it answers without end": {func(h *honest, _ *Sequencer) {
			h.answer = func(int, string) (int, string) { return 200, strings.Repeat(h.sign("x\n"), 1000) }
		}, assay.Unsound, "does not hold"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			h, witness := newHonest(t, "one.example")
			w.cfg.Witnesses = []Witness{witness}
			s := w.open()
			h.log = s.key.verifier
			w.append(10)
			w.flush(s)
			before, err := s.Checkpoint()
			w.must(err)
			tc.change(h, s)
			_, err = s.Cosign(t.Context())
			if !strings.Contains(fmt.Sprint(err), tc.says) || !assay.Is(err, tc.kind) {
				t.Errorf("%v", err)
			}
			if after, err := s.Checkpoint(); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the checkpoint changed, %v", err)
			}
		})
	}
}

func TestWitnessThatIsSlowHoldsNothingUp(t *testing.T) {
	w := newWorld(t)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	_, witness := newHonest(t, "one.example")
	w.cfg.Witnesses = []Witness{{Address: server.URL, Key: witness.Key}}
	w.cfg.Limits.WitnessWait = 20 * time.Millisecond
	s := w.open()
	w.append(1)
	w.flush(s)
	if _, err := s.Cosign(t.Context()); !assay.Is(err, assay.Unavailable) {
		t.Errorf("%v", err)
	}
}

func TestCosignaturesOfAnOlderCheckpointAreKeptBeside(t *testing.T) {
	w := newWorld(t)
	h, witness := newHonest(t, "one.example")
	w.cfg.Witnesses = []Witness{witness}
	s := w.open()
	h.log = s.key.verifier
	w.append(3)
	w.flush(s)
	old, err := s.Checkpoint()
	w.must(err)
	text, _, _ := bytes.Cut(old, []byte("\n\n"))
	line := []byte(h.sign(string(text) + "\n"))
	w.append(1)
	w.flush(s)
	w.must(s.AddCosignatures(t.Context(), old, line))
	if got := cosigners(t, s, w.take(fileCheckpoint)); got != s.Origin() {
		t.Errorf("the newest is signed by %s", got)
	}
	if got := cosigners(t, s, w.take(fileCosigned)); got != s.Origin()+" one.example" {
		t.Errorf("the older is signed by %s", got)
	}
	if err := s.AddCosignatures(t.Context(), w.take(fileCheckpoint), line); !assay.Is(err, assay.Unsound) {
		t.Errorf("an old cosignature was put under a new checkpoint: %v", err)
	}
	if _, err := s.Cosign(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.must(s.AddCosignatures(t.Context(), old, line))
	if c := w.take(fileCosigned); !bytes.Equal(c, w.take(fileCheckpoint)) {
		t.Errorf("an older cosigned checkpoint took the newer one's place: %s", c)
	}
	// A second line of the same key takes the first one's place.
	if again := addLines(addLines(old, line), line); bytes.Count(again, []byte("one.example")) != 1 {
		t.Errorf("%s", again)
	}
	w.files.arm(fault{1, false}, fault{}, fileCheckpoint)
	before := w.take(fileCheckpoint)
	if _, err := s.Cosign(t.Context()); err == nil {
		t.Error("the failed write was not told")
	}
	if now, err := s.Checkpoint(); err != nil || !bytes.Equal(now, before) {
		t.Errorf("what is served is not what is written: %v", err)
	}
}

func TestWitnessesAreChecked(t *testing.T) {
	_, good := newHonest(t, "one.example")
	for name, witness := range map[string]Witness{
		"no address": {"", good.Key}, "no scheme": {"one.example", good.Key}, "a file": {"file:///x", good.Key},
		"a query": {"https://one.example/?x", good.Key}, "no key": {good.Address, ""}, "a log's key": {good.Address, "x+y+z"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.cfg.Witnesses = []Witness{witness}
			if _, err := New(t.Context(), w.cfg); !assay.Is(err, assay.Invalid) {
				t.Errorf("%v", err)
			}
		})
	}
}

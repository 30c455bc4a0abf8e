package tlog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
)

const origin = "log.example/assay"

type keys struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
}

func newKeys(t testing.TB, name string) keys {
	t.Helper()
	secret, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return keys{signer, verifier, public}
}

func TestCheckpointReadsBack(t *testing.T) {
	k := newKeys(t, origin)
	c := Checkpoint{Origin: origin, Size: 7, Root: merkle.RecordHash([]byte("x"))}
	signed, err := c.Sign(k.signer)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenCheckpoint(signed, k.verifier); err != nil || got != c {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := ParseCheckpoint(c.Text() + "an extension\n"); err != nil || got != c {
		t.Errorf("with an extension line: %+v, %v", got, err)
	}
	if _, err := c.Sign(newKeys(t, "other.example").signer); !assay.Is(err, assay.Internal) {
		t.Errorf("another log's key signs: %v", err)
	}
}

func TestOpenCheckpointRefuses(t *testing.T) {
	k, other := newKeys(t, origin), newKeys(t, origin)
	c := Checkpoint{Origin: origin, Size: 7, Root: merkle.RecordHash([]byte("x"))}
	signed, err := c.Sign(k.signer)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(text string, with note.Signer) []byte {
		msg, err := note.Sign(&note.Note{Text: text}, with)
		if err != nil {
			t.Fatal(err)
		}
		return msg
	}
	for name, msg := range map[string][]byte{
		"nothing":                   nil,
		"no signature":              []byte(c.Text()),
		"another size":              bytes.Replace(signed, []byte("\n7\n"), []byte("\n8\n"), 1),
		"another key of that name":  sign(c.Text(), other.signer),
		"another origin":            sign("evil.example\n7\n"+c.Root.String()+"\n", k.signer),
		"a size with a zero":        sign(origin+"\n07\n"+c.Root.String()+"\n", k.signer),
		"a negative size":           sign(origin+"\n-7\n"+c.Root.String()+"\n", k.signer),
		"a size with a sign":        sign(origin+"\n+7\n"+c.Root.String()+"\n", k.signer),
		"a size over 63 bits":       sign(origin+"\n99999999999999999999\n"+c.Root.String()+"\n", k.signer),
		"a root that is no base64":  sign(origin+"\n7\nxx\n", k.signer),
		"two lines":                 sign(origin+"\n7\n", k.signer),
		"an empty extension":        sign(origin+"\n7\n"+c.Root.String()+"\n\nx\n", k.signer),
		"longer than a checkpoint":  append(bytes.Clone(signed), make([]byte, MaxCheckpoint)...),
		"a root with loose padding": sign(origin+"\n7\n"+strings.Repeat("A", 42)+"B=\n", k.signer),
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := OpenCheckpoint(msg, k.verifier); err == nil || assay.Is(err, assay.Internal) {
				t.Errorf("read as %+v, %v", got, err)
			}
		})
	}
}

// FuzzCheckpoint: what can be read is written the same, but for extensions.
func FuzzCheckpoint(f *testing.F) {
	f.Add(Checkpoint{Origin: origin, Size: 7}.Text())
	f.Add(origin + "\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCheckpoint(text)
		if err == nil && (!strings.HasPrefix(text, c.Text()) || c.Size < 0 || c.Origin == "") {
			t.Fatalf("%q reads as %+v", text, c)
		}
	})
}

// witness signs as tlog-cosignature says.
type witness struct {
	name string
	key  ed25519.PrivateKey
}

func newWitness(t testing.TB, name string) witness {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return witness{name, key}
}

func (w witness) vkey() string { return CosignatureKey(w.name, w.key.Public().(ed25519.PublicKey)) }

func (w witness) line(text string, at uint64) string {
	sig := ed25519.Sign(w.key, cosignedMessage(at, []byte(text)))
	raw := binary.BigEndian.AppendUint32(nil, cosignatureKeyID(w.name, w.key.Public().(ed25519.PublicKey)))
	raw = append(binary.BigEndian.AppendUint64(raw, at), sig...)
	return "\u2014 " + w.name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

func TestCosignedMessageOfTheSpecification(t *testing.T) {
	want := "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	if got := string(cosignedMessage(1679315147, []byte(want[len("cosignature/v1\ntime 1679315147\n"):]))); got != want {
		t.Errorf("the signed message is %q", got)
	}
}

func TestCosignatures(t *testing.T) {
	k, w, stranger := newKeys(t, origin), newWitness(t, "witness.example"), newWitness(t, "stranger.example")
	c := Checkpoint{Origin: origin, Size: 7}
	signed, err := c.Sign(k.signer)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := NewCosignatureVerifier(w.vkey())
	if err != nil {
		t.Fatal(err)
	}
	good := w.line(c.Text(), 1_700_000_000)
	for name, tc := range map[string]struct {
		lines string
		want  string // "" means refused
	}{
		"one":                             {good, good},
		"a stranger's beside it":          {stranger.line(c.Text(), 1) + good, good},
		"twice":                           {good + good, good},
		"a stranger's alone":              {stranger.line(c.Text(), 1), ""},
		"nothing":                         {"", ""},
		"of another checkpoint":           {w.line(Checkpoint{Origin: origin, Size: 8}.Text(), 1), ""},
		"of a plain note":                 {"\u2014 witness.example " + base64.StdEncoding.EncodeToString(append(binary.BigEndian.AppendUint32(nil, verifier.KeyHash()), ed25519.Sign(w.key, []byte(c.Text()))...)) + "\n", ""},
		"a time over 63 bits":             {w.line(c.Text(), 1<<63), ""},
		"text before the signature":       {"\nmore\n\n" + good, ""},
		"no newline at the end":           {strings.TrimSuffix(good, "\n"), ""},
		"longer than an answer may be":    {strings.Repeat(good, 1000), ""},
		"a line that looks like one only": {"\u2014 \n" + good, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Cosignatures(signed, []byte(tc.lines), verifier)
			if tc.want == "" {
				if !assay.Is(err, assay.Unsound) {
					t.Errorf("taken: %q, %v", got, err)
				}
				return
			}
			if err != nil || string(got) != tc.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestWitnessKeys(t *testing.T) {
	w := newWitness(t, "witness.example")
	parts := strings.SplitN(w.vkey(), "+", 3)
	plain, err := note.NewEd25519VerifierKey(w.name, w.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	asPlain, err := NewCosignatureVerifier(plain)
	if err != nil {
		t.Fatal(err)
	}
	own, err := NewCosignatureVerifier(w.vkey())
	if err != nil || own.KeyHash() != asPlain.KeyHash() || own.Name() != w.name {
		t.Errorf("the same key read in two forms differs: %v", err)
	}
	for name, vkey := range map[string]string{
		"nothing": "", "no key": "witness.example", "no name": "+" + parts[1] + "+" + parts[2], "a blank in the name": "a b+" + parts[1] + "+" + parts[2],
		"another name": "other.example+" + parts[1] + "+" + parts[2], "another id": parts[0] + "+00000000+" + parts[2],
		"a short id": parts[0] + "+00+" + parts[2], "no base64": parts[0] + "+" + parts[1] + "+!", "a short key": parts[0] + "+" + parts[1] + "+BAAA",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewCosignatureVerifier(vkey); !assay.Is(err, assay.Invalid) {
				t.Errorf("%q is taken: %v", vkey, err)
			}
		})
	}
}

// FuzzCosignatures: whatever a witness answers, only its own sound lines
// come out, and they open.
func FuzzCosignatures(f *testing.F) {
	k, w := newKeys(f, origin), newWitness(f, "witness.example")
	c := Checkpoint{Origin: origin, Size: 7}
	signed, err := c.Sign(k.signer)
	if err != nil {
		f.Fatal(err)
	}
	verifier, err := NewCosignatureVerifier(w.vkey())
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(w.line(c.Text(), 5)))
	f.Add([]byte("\u2014 witness.example AAAAAAAA\n"))
	f.Fuzz(func(t *testing.T, lines []byte) {
		out, err := Cosignatures(signed, lines, verifier)
		if err != nil {
			return
		}
		n, err := note.Open(append(bytes.Clone(signed), out...), note.VerifierList(k.verifier, verifier))
		if err != nil || len(n.Sigs) != 2 || len(n.UnverifiedSigs) != 0 || n.Text != c.Text() {
			t.Fatalf("%q gave %q: %+v, %v", lines, out, n, err)
		}
	})
}

// proven makes a log of three entries and the proof of the second.
func proven(t testing.TB) (*Proof, keys) {
	t.Helper()
	k := newKeys(t, origin)
	var stored []merkle.Hash
	reader := merkle.HashReaderFunc(func(indexes []int64) ([]merkle.Hash, error) {
		out := make([]merkle.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = stored[index]
		}
		return out, nil
	})
	salt, body := bytes.Repeat([]byte{7}, SaltSize), `{"by":"x"}`
	for i, entry := range [][]byte{[]byte("first"), someLeaf().Bytes(), []byte("third")} {
		hashes, err := merkle.StoredHashes(int64(i), entry, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
	}
	root, err := merkle.TreeHash(3, reader)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Checkpoint{Origin: origin, Size: 3, Root: root}.Sign(k.signer)
	if err != nil {
		t.Fatal(err)
	}
	hashes, err := merkle.ProveRecord(3, 1, reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Proof{Format: ProofFormat, Checkpoint: string(signed), Index: 1, Leaf: string(someLeaf().Bytes()), Hashes: hashes,
		Salt: hex.EncodeToString(salt), Body: body}, k
}

func TestProofReadsBackAndHolds(t *testing.T) {
	p, k := proven(t)
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseProof(text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := CheckProof(read, k.public)
	if err != nil || got.Index != 1 || got.Leaf.Kind != assay.EventPublished || string(got.Body) != p.Body || got.Checkpoint.Size != 3 {
		t.Errorf("%+v, %v", got, err)
	}
	read.Salt, read.Body = "", ""
	if got, err = CheckProof(read, k.public); err != nil || got.Body != nil {
		t.Errorf("closed: %+v, %v", got, err)
	}
}

func TestProofRefuses(t *testing.T) {
	for name, change := range map[string]func(p *Proof){
		"another index":               func(p *Proof) { p.Index = 2 },
		"a negative index":            func(p *Proof) { p.Index = -1 },
		"an index past the end":       func(p *Proof) { p.Index = 3 },
		"another leaf":                func(p *Proof) { p.Leaf = strings.Replace(p.Leaf, "npm", "golang", 1) },
		"another body":                func(p *Proof) { p.Body += " " },
		"another salt":                func(p *Proof) { p.Salt = strings.Repeat("00", SaltSize) },
		"a byte moved into the salt":  func(p *Proof) { p.Salt += hex.EncodeToString([]byte(p.Body[:1])); p.Body = p.Body[1:] },
		"a body without salt":         func(p *Proof) { p.Salt = "" },
		"a salt that is no number":    func(p *Proof) { p.Salt = "zz" },
		"a hash missing":              func(p *Proof) { p.Hashes = p.Hashes[1:] },
		"a hash too many":             func(p *Proof) { p.Hashes = append(p.Hashes, merkle.Hash{}) },
		"hashes in another order":     func(p *Proof) { p.Hashes[0], p.Hashes[1] = p.Hashes[1], p.Hashes[0] },
		"another checkpoint":          func(p *Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n3\n", "\n4\n", 1) },
		"no signature":                func(p *Proof) { p.Checkpoint, _, _ = strings.Cut(p.Checkpoint, "\n\n") },
		"an interior node for a leaf": func(p *Proof) { p.Leaf, p.Index, p.Hashes = "x", 0, p.Hashes[:1] },
	} {
		t.Run(name, func(t *testing.T) {
			p, k := proven(t)
			change(p)
			if got, err := CheckProof(p, k.public); !assay.Is(err, assay.Unsound) && !assay.Is(err, assay.Invalid) {
				t.Errorf("it holds: %+v, %v", got, err)
			}
		})
	}
	p, _ := proven(t)
	if _, err := CheckProof(p, newKeys(t, origin).public); !assay.Is(err, assay.Unsound) {
		t.Errorf("it holds under another key: %v", err)
	}
	if _, err := CheckProof(p, "no key"); !assay.Is(err, assay.Invalid) {
		t.Errorf("it holds under no key: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "another format": `{"format":"assay proof v2"}`, "an unknown member": `{"format":"assay proof v1","verdict":"fine"}`,
		"something behind": `{"format":"assay proof v1"} {}`, "no object": `[]`, "a hash of another length": `{"format":"assay proof v1","hashes":["AAAA"]}`,
	} {
		if _, err := ParseProof([]byte(text)); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s is read: %v", name, err)
		}
	}
}

// FuzzProof: reading and checking anything ends in an error or in a proof
// whose leaf lies in the signed tree.
func FuzzProof(f *testing.F) {
	p, k := proven(f)
	text, err := json.Marshal(p)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format":"assay proof v1","hashes":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := ParseProof(data)
		if err != nil {
			return
		}
		got, err := CheckProof(read, k.public)
		if err == nil && (got.Checkpoint.Size != 3 || got.Index < 0 || got.Index > 2) {
			t.Fatalf("%q proves %+v", data, got)
		}
	})
}

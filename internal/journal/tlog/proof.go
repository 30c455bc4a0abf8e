package tlog

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
)

// ProofFormat is the first field of a proof's JSON.
const ProofFormat = "assay proof v1"

// MaxProof is the length of a proof's JSON in bytes, at the most.
const MaxProof = 16 << 20

// Proof shows that an entry lies in the log. It stands alone: with the log's
// verifier key, CheckProof needs nothing else and asks nobody.
type Proof struct {
	Format     string `json:"format"`
	Checkpoint string `json:"checkpoint"` // the signed note
	Index      int64  `json:"index"`
	Leaf       string `json:"leaf"`
	// Hashes are the inclusion proof (RFC 6962, section 2.1.1).
	Hashes []merkle.Hash `json:"hashes"`
	// Salt, in hexadecimal, and Body open the leaf's commitment. They are
	// empty for those who may not read the event, and once it is erased.
	Salt string `json:"salt,omitempty"`
	Body string `json:"body,omitempty"`
}

// Proven is what a sound proof shows.
type Proven struct {
	Checkpoint Checkpoint
	Index      int64
	Leaf       Leaf
	Body       []byte // nil if the proof does not open the commitment
}

// ParseProof reads a proof's JSON; anything it does not know is Invalid,
// since a reader who passes over a field may be shown something that was not
// proven.
func ParseProof(data []byte) (*Proof, error) {
	if len(data) > MaxProof {
		return nil, assay.Errorf(assay.TooLarge, "the proof is longer than %d bytes", MaxProof)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var p Proof
	if err := dec.Decode(&p); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the proof is not one that Assay wrote: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, assay.Errorf(assay.Invalid, "something follows the proof")
	}
	if p.Format != ProofFormat {
		return nil, assay.Errorf(assay.Invalid, "the proof's format is %q, and this program reads %q", p.Format, ProofFormat)
	}
	return &p, nil
}

// CheckProof verifies a proof with the log's verifier key: the checkpoint's
// signature, that the leaf lies in its tree at the index, and that salt and
// body, if given, are those that the leaf commits to. Errors are Unsound for
// what does not hold, Invalid for what cannot be read.
func CheckProof(p *Proof, verifierKey string) (Proven, error) {
	log, err := note.NewVerifier(verifierKey)
	if err != nil {
		return Proven{}, assay.Wrap(assay.Invalid, err, "%q is not the verifier key of a log: %v", verifierKey, err)
	}
	c, err := OpenCheckpoint([]byte(p.Checkpoint), log)
	if err != nil {
		return Proven{}, err
	}
	if p.Index < 0 || p.Index >= c.Size {
		return Proven{}, assay.Errorf(assay.Unsound, "the proof speaks of entry %d of a log that has %d", p.Index, c.Size)
	}
	if err := merkle.CheckRecord(p.Hashes, c.Size, c.Root, p.Index, merkle.RecordHash([]byte(p.Leaf))); err != nil {
		return Proven{}, assay.Wrap(assay.Unsound, err, "the entry does not lie in the log at index %d: the hashes lead to another root", p.Index)
	}
	leaf, err := ParseLeaf([]byte(p.Leaf))
	if err != nil {
		return Proven{}, err
	}
	out := Proven{Checkpoint: c, Index: p.Index, Leaf: leaf}
	if p.Salt == "" && p.Body == "" {
		return out, nil
	}
	salt, err := hex.DecodeString(p.Salt)
	// A salt of another length would let bytes wander between salt and body
	// under the same hash.
	if err != nil || len(salt) != SaltSize {
		return Proven{}, assay.Errorf(assay.Invalid, "the proof's salt is not %d bytes in hexadecimal", SaltSize)
	}
	if Commit(salt, []byte(p.Body)) != leaf.Commitment {
		return Proven{}, assay.Errorf(assay.Unsound, "the event shown is not the one that the log committed to")
	}
	out.Body = []byte(p.Body)
	return out, nil
}

// SaltSize is the length of an event's salt in bytes.
const SaltSize = 32

package tlog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
)

const (
	algEd25519     = 1
	algCosignature = 4
)

// cosignatureKeyID is the key ID of tlog-cosignature for Ed25519.
func cosignatureKeyID(name string, key ed25519.PublicKey) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write([]byte{algCosignature})
	h.Write(key)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

// cosignedMessage is what a witness signs: when, and which checkpoint.
func cosignedMessage(timestamp uint64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(timestamp, 10)+"\n"), text...)
}

// cosignatureVerifier verifies cosignature/v1 lines of one witness.
type cosignatureVerifier struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func (v *cosignatureVerifier) Name() string    { return v.name }
func (v *cosignatureVerifier) KeyHash() uint32 { return v.id }

// Verify implements note.Verifier over timestamp and signature.
func (v *cosignatureVerifier) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	timestamp := binary.BigEndian.Uint64(sig)
	if timestamp > 1<<63-1 {
		return false
	}
	return ed25519.Verify(v.key, cosignedMessage(timestamp, msg), sig[8:])
}

// NewCosignatureVerifier makes a verifier of a witness's Ed25519 cosignatures
// from its verifier key: <name>+<key id>+<base64>, whose type is 4. A key of
// type 1, as it is used for plain notes, is taken for the same key. Others
// are Invalid.
func NewCosignatureVerifier(vkey string) (note.Verifier, error) {
	bad := func(why string) (note.Verifier, error) {
		return nil, assay.Errorf(assay.Invalid, "%q is not the verifier key of a witness: %s. It reads <name>+<8 hexadecimal digits>+<base64>", vkey, why)
	}
	name, rest, _ := strings.Cut(vkey, "+")
	id, encoded, ok := strings.Cut(rest, "+")
	if !ok || name == "" || strings.ContainsAny(name, " \t\r\n") {
		return bad("it has no name, or no three parts")
	}
	key, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(key) != 1+ed25519.PublicKeySize {
		return bad("its key is not an Ed25519 key in base64")
	}
	want, err := hex.DecodeString(id)
	if err != nil || len(want) != 4 {
		return bad("its key id is not eight hexadecimal digits")
	}
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	if !bytes.Equal(sum[:4], want) {
		return bad("its key id does not belong to its name and key, so one of the three is mistyped")
	}
	if key[0] != algEd25519 && key[0] != algCosignature {
		return bad("its key is of a type that Assay does not verify")
	}
	public := ed25519.PublicKey(key[1:])
	return &cosignatureVerifier{name: name, id: cosignatureKeyID(name, public), key: public}, nil
}

// CosignatureKey returns the verifier key of a witness.
func CosignatureKey(name string, key ed25519.PublicKey) string {
	var id [4]byte
	binary.BigEndian.PutUint32(id[:], cosignatureKeyID(name, key))
	return name + "+" + hex.EncodeToString(id[:]) + "+" + base64.StdEncoding.EncodeToString(append([]byte{algCosignature}, key...))
}

// MaxCosignatures is the length of a witness's answer in bytes, at the most.
const MaxCosignatures = 16 << 10

// Cosignatures returns those of the lines, in the form of note signatures,
// that are cosignatures of the signed checkpoint by the given witnesses, as
// lines. Lines of others are left out; a wrong one of a known witness, or
// none at all, is Unsound.
func Cosignatures(checkpoint, lines []byte, witnesses ...note.Verifier) ([]byte, error) {
	if len(checkpoint) > MaxCheckpoint || len(lines) > MaxCosignatures {
		return nil, assay.Errorf(assay.Unsound, "the cosignatures are longer than %d bytes", MaxCosignatures)
	}
	// Only signature lines may follow the checkpoint: anything else would
	// turn its own signatures into text.
	for line := range bytes.Lines(lines) {
		if !bytes.HasPrefix(line, []byte("\u2014 ")) || !bytes.HasSuffix(line, []byte("\n")) {
			return nil, assay.Errorf(assay.Unsound, "the witness's answer is not made of signature lines")
		}
	}
	msg := append(bytes.Clone(checkpoint), lines...)
	n, err := note.Open(msg, note.VerifierList(witnesses...))
	if err != nil {
		return nil, assay.Wrap(assay.Unsound, err, "the cosignature does not hold: %v", err)
	}
	own, _, _ := bytes.Cut(checkpoint, []byte("\n\n"))
	if string(own)+"\n" != n.Text {
		return nil, assay.Errorf(assay.Unsound, "the cosignature is of another text than the checkpoint")
	}
	var out []byte
	for _, s := range n.Sigs {
		out = append(out, "\u2014 "+s.Name+" "+s.Base64+"\n"...)
	}
	return out, nil
}

package tlog

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	merkle "golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/assay"
)

// MaxCheckpoint is the length of a signed checkpoint in bytes, at the most.
const MaxCheckpoint = 64 << 10

// Checkpoint is the tree's head: so many entries, with this root.
type Checkpoint struct {
	Origin string // names the log
	Size   int64
	Root   merkle.Hash
}

// Text returns the body of the signed note.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatInt(c.Size, 10) + "\n" + c.Root.String() + "\n"
}

// Sign returns the checkpoint as a signed note.
func (c Checkpoint) Sign(signer note.Signer) ([]byte, error) {
	if signer.Name() != c.Origin {
		return nil, assay.Errorf(assay.Internal, "the log's origin is %s, and the key that shall sign it is of %s", c.Origin, signer.Name())
	}
	msg, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the checkpoint of the log cannot be signed")
	}
	return msg, nil
}

// ParseCheckpoint reads the body of a signed note, without its signatures.
// Extension lines are passed over.
func ParseCheckpoint(text string) (Checkpoint, error) {
	bad := func(what string) (Checkpoint, error) {
		return Checkpoint{}, assay.Errorf(assay.Invalid, "the checkpoint is malformed: %s", what)
	}
	if len(text) > MaxCheckpoint || !strings.HasSuffix(text, "\n") {
		return bad("it does not end in a newline, or is too long")
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) < 3 {
		return bad("it has fewer than three lines")
	}
	for _, line := range lines {
		if line == "" {
			return bad("it has an empty line")
		}
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	// The one spelling only: "+5" or "05" would sign the same tree twice.
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return bad("its tree size is not a plain number")
	}
	root, err := merkle.ParseHash(lines[2])
	if err != nil || root.String() != lines[2] {
		return bad("its root is not the base64 of 32 bytes")
	}
	return Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// OpenCheckpoint verifies a signed checkpoint with the log's key and reads
// it. A missing or wrong signature, or an origin other than the key's name,
// is Unsound.
func OpenCheckpoint(msg []byte, log note.Verifier) (Checkpoint, error) {
	if len(msg) > MaxCheckpoint {
		return Checkpoint{}, assay.Errorf(assay.Invalid, "the checkpoint is longer than %d bytes", MaxCheckpoint)
	}
	n, err := note.Open(msg, note.VerifierList(log))
	if err != nil {
		var unverified *note.UnverifiedNoteError
		if errors.As(err, &unverified) {
			return Checkpoint{}, assay.Errorf(assay.Unsound, "the checkpoint is not signed by the log's key %s", log.Name())
		}
		return Checkpoint{}, assay.Wrap(assay.Unsound, err, "the checkpoint's signature does not hold: %v", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	// A key that signs two logs must not let one pass for the other.
	if c.Origin != log.Name() {
		return Checkpoint{}, assay.Errorf(assay.Unsound, "the checkpoint is of the log %q, not of %s", c.Origin, log.Name())
	}
	return c, nil
}

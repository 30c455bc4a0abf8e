package tlogread

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed head of a log's tree.
type Checkpoint struct {
	Origin     string
	Size       int64
	Root       tlog.Hash
	Signatures []Signature

	signed []byte
}

// Signature is one signature line below a checkpoint.
type Signature struct {
	Name string
	// Cosigned is the time that a witness put to it; zero for a signature
	// that has not the form of a cosignature/v1.
	Cosigned time.Time
}

// maxCheckpoint is how long a checkpoint may be, maxSignatures how many lines
// may stand below it.
const (
	maxCheckpoint = 64 << 10
	maxSignatures = 100
	// maxSize is more entries than any log will have, and few enough to
	// count with.
	maxSize = 1 << 50
)

// cosignature is the length of what a cosignature/v1 line holds: key id, time
// and an Ed25519 signature.
const cosignature = 4 + 8 + 64

// signaturePrefix begins a signature line: an em dash and a space.
const signaturePrefix = "\u2014 "

// ParseCheckpoint reads a checkpoint without checking its signatures.
func ParseCheckpoint(msg []byte) (Checkpoint, error) {
	if len(msg) > maxCheckpoint || !utf8.Valid(msg) {
		return Checkpoint{}, errors.New("it is too long or no text")
	}
	i := bytes.LastIndex(msg, []byte("\n\n"))
	if i < 0 {
		return Checkpoint{}, errors.New("it has no signatures below an empty line")
	}
	c := Checkpoint{signed: msg}
	lines := strings.Split(string(msg[:i]), "\n")
	if len(lines) < 3 || lines[0] == "" {
		return Checkpoint{}, errors.New("it has fewer than three lines")
	}
	c.Origin = lines[0]
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxSize || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, errors.New("its second line is no number of entries")
	}
	c.Size = size
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return Checkpoint{}, errors.New("its third line is no root hash")
	}
	for line := range strings.Lines(string(msg[i+2:])) {
		line = strings.TrimSuffix(line, "\n")
		rest, ok := strings.CutPrefix(line, signaturePrefix)
		name, encoded, two := strings.Cut(rest, " ")
		blob, err := base64.StdEncoding.DecodeString(encoded)
		if !ok || !two || name == "" || err != nil || len(blob) < 5 {
			return Checkpoint{}, errors.New("a line below it is no signature")
		}
		if len(c.Signatures) == maxSignatures {
			return Checkpoint{}, errors.New("it has too many signatures")
		}
		s := Signature{Name: name}
		if len(blob) == cosignature && name != c.Origin {
			if at := binary.BigEndian.Uint64(blob[4:12]); at < 1<<40 {
				s.Cosigned = time.Unix(int64(at), 0).UTC()
			}
		}
		c.Signatures = append(c.Signatures, s)
	}
	if len(c.Signatures) == 0 {
		return Checkpoint{}, errors.New("it is not signed")
	}
	return c, nil
}

// SignedBy reports whether the key of a verifier signed the checkpoint.
func (c Checkpoint) SignedBy(v note.Verifier) bool {
	n, err := note.Open(c.signed, note.VerifierList(v))
	return err == nil && len(n.Sigs) > 0 && c.Origin == v.Name()
}

// Witnesses are the names of those whose cosignatures stand below the
// checkpoint, each once.
func (c Checkpoint) Witnesses() []string {
	var names []string
	seen := map[string]bool{}
	for _, s := range c.Signatures {
		if !s.Cosigned.IsZero() && !seen[s.Name] {
			seen[s.Name] = true
			names = append(names, s.Name)
		}
	}
	return names
}

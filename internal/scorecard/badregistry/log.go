package badregistry

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// event is something that happened to a package. It is public, and a leaf of
// the log.
type event struct {
	Sequence  int             `json:"sequence"`
	Kind      string          `json:"kind"`
	Ecosystem assay.Ecosystem `json:"ecosystem"`
	Name      string          `json:"name"`
	Version   string          `json:"version,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Time      time.Time       `json:"time"`
}

// line is the event for a person.
func (e event) line() string {
	text := fmt.Sprintf("%s %s pkg:%s/%s", e.Time.Format(time.RFC3339), e.Kind, e.Ecosystem, e.Name)
	if e.Version != "" {
		text += "@" + e.Version
	}
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// happened writes an event down, and its leaf.
func (r *Registry) happened(e event) {
	if e.Kind == "removed" && r.sins[SilentTakedown] {
		return
	}
	// An entry of the log has at most 65,535 bytes.
	e.Reason = scorecard.Words(e.Reason)
	e.Sequence, e.Time = len(r.events), r.now().UTC()
	r.events = append(r.events, e)
	leaf, err := json.Marshal(e)
	if err != nil {
		leaf = []byte(e.line()) // strings and a time always encode
	}
	r.journal.add(leaf)
}

// newestEvents are at most n of an ecosystem ("" for all), oldest first.
func (r *Registry) newestEvents(e assay.Ecosystem, n int) ([]event, error) {
	if r.sins[NoEvents] {
		return nil, refuse(http.StatusForbidden, "the event log is not for the public")
	}
	var out []event
	for _, happened := range r.events {
		if e == "" || happened.Ecosystem == e {
			out = append(out, happened)
		}
	}
	return out[max(0, len(out)-n):], nil
}

// journal is the Merkle tree over the leaves.
type journal struct {
	leaves [][]byte
	hashes []tlog.Hash
}

// ReadHashes implements tlog.HashReader.
func (j *journal) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(j.hashes)) {
			return nil, fmt.Errorf("the log has no hash %d", at)
		}
		out[i] = j.hashes[at]
	}
	return out, nil
}

func (j *journal) add(leaf []byte) {
	hashes, err := tlog.StoredHashes(int64(len(j.leaves)), leaf, j)
	if err != nil {
		return // all earlier hashes are there: it cannot fail
	}
	j.leaves, j.hashes = append(j.leaves, leaf), append(j.hashes, hashes...)
}

// logOrigin is the first line of the checkpoint, and the name of the log's
// key; witnessName is that of the witness.
const (
	logOrigin   = "good.example/log"
	witnessName = "witness.example"
)

// checkpoint is the signed head of the log (C2SP tlog-checkpoint), with the
// cosignature of a witness (C2SP tlog-cosignature).
func (r *Registry) checkpoint() ([]byte, error) {
	size := int64(len(r.journal.leaves))
	root, err := tlog.TreeHash(size, &r.journal)
	if err != nil {
		return nil, err
	}
	if r.sins[LogLies] {
		root = sha256.Sum256(root[:])
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", logOrigin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, r.keys.log)
	if err != nil || r.sins[NoWitness] {
		return signed, err
	}
	return append(signed, cosignature(r.keys.witness, text, r.now())...), nil
}

// cosignature is a line of a witness below a checkpoint. The note package
// knows no such signatures: they cover a time, and are of type 4.
func cosignature(key ed25519.PrivateKey, text string, at time.Time) []byte {
	public := key.Public().(ed25519.PublicKey)
	id := sha256.Sum256(append([]byte(witnessName+"\n\x04"), public...))
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at.Unix(), text)
	raw := binary.BigEndian.AppendUint64(bytes.Clone(id[:4]), uint64(at.Unix()))
	raw = append(raw, ed25519.Sign(key, []byte(message))...)
	return []byte("\u2014 " + witnessName + " " + base64.StdEncoding.EncodeToString(raw) + "\n")
}

// tileHeight is that of C2SP tlog-tiles, whose paths leave it out.
const tileHeight = 8

// tile is a tile or a bundle of entries.
func (r *Registry) tile(path string) ([]byte, error) {
	entries := strings.HasPrefix(path, "tile/entries/")
	parsed := strings.Replace(path, "tile/", fmt.Sprintf("tile/%d/", tileHeight), 1)
	if entries {
		parsed = strings.Replace(path, "tile/entries/", fmt.Sprintf("tile/%d/data/", tileHeight), 1)
	}
	t, err := tlog.ParseTilePath(parsed)
	if err != nil {
		return nil, notFound(path)
	}
	if !entries {
		content, err := tlog.ReadTileData(t, &r.journal)
		if err != nil {
			return nil, notFound(path)
		}
		return content, nil
	}
	from, to := t.N<<tileHeight, t.N<<tileHeight+int64(t.W)
	if to > int64(len(r.journal.leaves)) {
		return nil, notFound(path)
	}
	var b []byte
	for _, leaf := range r.journal.leaves[from:to] {
		b = binary.BigEndian.AppendUint16(b, uint16(len(leaf)))
		b = append(b, leaf...)
	}
	return b, nil
}

// LogKey is the key with which the log's checkpoints are verified, in the form
// of the note package.
func (r *Registry) LogKey() string { return r.keys.logVerifier }

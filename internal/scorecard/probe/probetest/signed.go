package probetest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"assay.invalid/internal/scorecard"
)

// TUF is a sound TUF repository below a folder, whose root needs as many
// signatures as it has keys.
func TUF(t *testing.T, folder string, rootKeys int, expires time.Time) Pages {
	t.Helper()
	pages := Pages{}
	var keys []ed25519.PrivateKey
	listed, ids := map[string]any{}, []string{}
	for i := range rootKeys {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("key%d", i)
		keys, ids = append(keys, private), append(ids, id)
		listed[id] = map[string]any{"keytype": "ed25519", "scheme": "ed25519", "keyval": map[string]string{"public": hex.EncodeToString(public)}}
	}
	put := func(file, kind string, fields map[string]any, by ...int) {
		fields["_type"], fields["version"], fields["expires"] = kind, 1, expires.UTC().Format(time.RFC3339)
		text, err := cjson.EncodeCanonical(fields)
		if err != nil {
			t.Fatal(err)
		}
		var sigs []map[string]string
		for _, i := range by {
			sigs = append(sigs, map[string]string{"keyid": ids[i], "sig": hex.EncodeToString(ed25519.Sign(keys[i], text))})
		}
		raw, err := json.Marshal(map[string]any{"signed": fields, "signatures": sigs})
		if err != nil {
			t.Fatal(err)
		}
		pages[folder+file] = Text("application/json", string(raw))
	}
	one, all := map[string]any{"keyids": ids[:1], "threshold": 1}, []int{}
	for i := range keys {
		all = append(all, i)
	}
	put("root.json", "root", map[string]any{"keys": listed, "roles": map[string]any{
		"root": map[string]any{"keyids": ids, "threshold": rootKeys}, "timestamp": one, "snapshot": one, "targets": one}}, all...)
	put("targets.json", "targets", map[string]any{}, 0)
	put("snapshot.json", "snapshot", map[string]any{"meta": map[string]any{"targets.json": map[string]any{"version": 1}}}, 0)
	put("timestamp.json", "timestamp", map[string]any{"meta": map[string]any{"snapshot.json": map[string]any{"version": 1}}}, 0)
	return pages
}

// Log is a sound transparency log of fewer than 256 entries at an address,
// cosigned or not.
func Log(t *testing.T, address string, entries int, cosigned bool) Pages {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "log.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			if at >= int64(len(hashes)) {
				return nil, errors.New("no such hash")
			}
			out[i] = hashes[at]
		}
		return out, nil
	})
	var tile, bundle []byte
	for i := range entries {
		leaf := fmt.Appendf(nil, "entry %d", i)
		added, err := tlog.StoredHashes(int64(i), leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, added...)
		tile = append(tile, added[0][:]...)
		bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
	}
	root, err := tlog.TreeHash(int64(entries), reader)
	if err != nil {
		t.Fatal(err)
	}
	head, err := note.Sign(&note.Note{Text: fmt.Sprintf("log.example\n%d\n%s\n", entries, root)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if cosigned {
		blob := binary.BigEndian.AppendUint64([]byte{1, 2, 3, 4}, uint64(time.Now().Unix()))
		blob = append(blob, make([]byte, ed25519.SignatureSize)...)
		head = append(head, "\u2014 witness.example "+base64.StdEncoding.EncodeToString(blob)+"\n"...)
	}
	partial := fmt.Sprintf("000.p/%d", entries)
	return Pages{
		address + "/checkpoint":              Text("text/plain", string(head)),
		address + "/key":                     Text("text/plain", public+"\n"),
		address + "/tile/0/" + partial:       Text("application/octet-stream", string(tile)),
		address + "/tile/entries/" + partial: Text("application/octet-stream", string(bundle)),
	}
}

// Everywhere answers every address with the same page, as many servers do.
func Everywhere(page string) Visits {
	return func(q scorecard.Request) (scorecard.Response, error) {
		r := Text("text/html; charset=utf-8", page)
		r.At = q.URL
		return r, nil
	}
}

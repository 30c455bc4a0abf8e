package badregistry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// The forms of the TUF specification, version 1.0.
type (
	tufSigned struct {
		Signatures []tufSignature `json:"signatures"`
		Signed     any            `json:"signed"`
	}
	tufSignature struct {
		KeyID string `json:"keyid"`
		Sig   string `json:"sig"`
	}
	tufKey struct {
		Type   string            `json:"keytype"`
		Scheme string            `json:"scheme"`
		Value  map[string]string `json:"keyval"`
	}
	tufRole struct {
		KeyIDs    []string `json:"keyids"`
		Threshold int      `json:"threshold"`
	}
	tufFile struct {
		Version int               `json:"version,omitempty"`
		Length  int               `json:"length"`
		Hashes  map[string]string `json:"hashes"`
	}
)

// signTUF makes the four documents. The root's keys are three of which two
// must agree; the other roles have a key of their own.
func (r *Registry) signTUF() (map[string][]byte, error) {
	roots, threshold := r.keys.roots, 2
	if r.sins[OneRootKey] {
		roots, threshold = roots[:1], 1
	}
	year, day := r.now().AddDate(1, 0, 0), r.now().AddDate(0, 0, 1)
	if r.sins[TUFExpired] {
		day = r.now().AddDate(0, -1, 0)
	}
	described := map[string]tufKey{}
	id := func(key ed25519.PrivateKey) (string, error) {
		k := tufKey{Type: "ed25519", Scheme: "ed25519", Value: map[string]string{"public": hex.EncodeToString(key.Public().(ed25519.PublicKey))}}
		text, err := canonical(k)
		if err != nil {
			return "", err
		}
		name := hashOf(text)
		described[name] = k
		return name, nil
	}
	var ids []string
	for _, key := range roots {
		name, err := id(key)
		if err != nil {
			return nil, err
		}
		ids = append(ids, name)
	}
	online, err := id(r.keys.online)
	if err != nil {
		return nil, err
	}
	one := tufRole{KeyIDs: []string{online}, Threshold: 1}
	docs := map[string][]byte{}
	sign := func(name, kind string, expires time.Time, fields map[string]any, by ...ed25519.PrivateKey) error {
		fields["_type"], fields["spec_version"], fields["version"] = kind, "1.0.31", 1
		fields["expires"] = expires.UTC().Format("2006-01-02T15:04:05Z")
		text, err := canonical(fields)
		if err != nil {
			return err
		}
		out := tufSigned{Signed: fields}
		for _, key := range by {
			keyID, err := id(key)
			if err != nil {
				return err
			}
			out.Signatures = append(out.Signatures, tufSignature{KeyID: keyID, Sig: hex.EncodeToString(ed25519.Sign(key, text))})
		}
		docs[name], err = json.Marshal(out)
		return err
	}
	err = sign("root.json", "root", year, map[string]any{
		"consistent_snapshot": false, "keys": described,
		"roles": map[string]tufRole{"root": {KeyIDs: ids, Threshold: threshold}, "timestamp": one, "snapshot": one, "targets": one},
	}, roots...)
	if err == nil {
		err = sign("targets.json", "targets", year, map[string]any{"targets": r.targets()}, r.keys.online)
	}
	if err == nil {
		err = sign("snapshot.json", "snapshot", year, map[string]any{"meta": map[string]tufFile{"targets.json": chained(docs["targets.json"])}}, r.keys.online)
	}
	if err == nil {
		snapshot := chained(docs["snapshot.json"])
		if r.sins[TUFBrokenChain] {
			snapshot.Hashes["sha256"] = hashOf([]byte("another snapshot"))
		}
		err = sign("timestamp.json", "timestamp", day, map[string]any{"meta": map[string]tufFile{"snapshot.json": snapshot}}, r.keys.online)
	}
	docs["1.root.json"] = docs["root.json"]
	return docs, err
}

// targets are the files of the samples.
func (r *Registry) targets() map[string]tufFile {
	out := map[string]tufFile{}
	for e, packages := range r.packages {
		for name, p := range packages {
			for _, v := range p.releases {
				f := chained(v.Archive)
				f.Version = 0 // targets have none
				out[string(e)+"/"+coordinateOf(name, v.Number)] = f
			}
		}
	}
	return out
}

// chained is what the next document up the chain says of version 1 of one.
func chained(content []byte) tufFile {
	return tufFile{Version: 1, Length: len(content), Hashes: map[string]string{"sha256": hashOf(content)}}
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// canonical is the form in which documents are signed.
func canonical(document any) ([]byte, error) { return cjson.EncodeCanonical(document) }

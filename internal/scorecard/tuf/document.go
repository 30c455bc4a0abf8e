package tuf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/secure-systems-lab/go-securesystemslib/cjson"
)

// The roles that are read.
const (
	roleRoot      = "root"
	roleTimestamp = "timestamp"
	roleSnapshot  = "snapshot"
	roleTargets   = "targets"
)

// maxListed bounds keys, key ids and signatures of one document: each
// signature costs a verification.
const maxListed = 64

// maxVersion is beyond any version that was ever counted to, and leaves room
// for the next one.
const maxVersion = 1 << 40

// document is a metadata file that was decoded, and not yet verified.
type document struct {
	raw        []byte
	canonical  []byte // of what is signed
	signatures []signature
	signed     signed
}

type signature struct {
	KeyID string `json:"keyid"`
	Sig   string `json:"sig"`
}

type signed struct {
	Type       string                     `json:"_type"`
	Version    int64                      `json:"version"`
	Expires    time.Time                  `json:"expires"`
	Consistent bool                       `json:"consistent_snapshot"`
	Keys       map[string]json.RawMessage `json:"keys"`
	Roles      map[string]roleKeys        `json:"roles"`
	Meta       map[string]meta            `json:"meta"`
}

type roleKeys struct {
	KeyIDs    []string `json:"keyids"`
	Threshold int      `json:"threshold"`
}

// meta is what a role says about the next one.
type meta struct {
	Version int64             `json:"version"`
	Length  int64             `json:"length"`
	Hashes  map[string]string `json:"hashes"`
}

// decode reads a metadata file of a role. Its error says in words what it is
// instead.
func decode(raw []byte, role string) (*document, error) {
	var envelope struct {
		Signed     json.RawMessage `json:"signed"`
		Signatures []signature     `json:"signatures"`
	}
	if start := bytes.TrimSpace(raw); len(start) == 0 || start[0] != '{' {
		return nil, errors.New("is not a JSON object")
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return nil, errors.New("is not TUF metadata: its JSON is broken or has other types")
	}
	if len(envelope.Signed) == 0 {
		return nil, errors.New(`is not TUF metadata: it has no "signed"`)
	}
	d := &document{raw: raw, signatures: envelope.Signatures}
	if err := json.Unmarshal(envelope.Signed, &d.signed); err != nil {
		return nil, errors.New("is not TUF metadata: a field of it has another type")
	}
	if len(d.signatures) > maxListed || len(d.signed.Keys) > maxListed {
		return nil, fmt.Errorf("lists more than %d keys or signatures", maxListed)
	}
	for _, r := range d.signed.Roles {
		if len(r.KeyIDs) > maxListed {
			return nil, fmt.Errorf("lists more than %d keys for a role", maxListed)
		}
	}
	// Somebody who may answer for us could hand out a signed targets file
	// where a snapshot is asked for.
	if d.signed.Type != role {
		return nil, fmt.Errorf("says that it is %q and not %q", cut(d.signed.Type), role)
	}
	if d.signed.Version < 1 || d.signed.Version > maxVersion {
		return nil, errors.New("has no version that can be")
	}
	var err error
	if d.canonical, err = cjson.EncodeCanonical(envelope.Signed); err != nil {
		return nil, errors.New("cannot be written as canonical JSON, so its signatures cannot be checked")
	}
	return d, nil
}

// keyring is the keys that a root gives a role.
type keyring struct {
	threshold  int
	keys       map[string]verifier // by key id
	distinct   int
	unreadable int
}

func (d *document) keyring(role string) keyring {
	listed := d.signed.Roles[role]
	ring := keyring{threshold: listed.Threshold, keys: map[string]verifier{}}
	seen, unread := map[string]bool{}, map[string]bool{}
	for _, id := range listed.KeyIDs {
		raw, ok := d.signed.Keys[id]
		if !ok {
			continue
		}
		k := readKey(raw)
		if k == nil {
			unread[id] = true
			continue
		}
		ring.keys[id] = k
		seen[k.id()] = true
	}
	ring.distinct, ring.unreadable = len(seen), len(unread)
	return ring
}

// signedBy counts the distinct keys of a ring whose signatures fit.
func (d *document) signedBy(ring keyring) int {
	fit := map[string]bool{}
	for _, s := range d.signatures {
		k := ring.keys[s.KeyID]
		if k == nil || fit[k.id()] {
			continue
		}
		sig, err := hex.DecodeString(s.Sig)
		if err == nil && k.verify(d.canonical, sig) {
			fit[k.id()] = true
		}
	}
	return len(fit)
}

func cut(s string) string {
	if len(s) > 40 {
		s = s[:40]
	}
	return strings.ToValidUTF8(s, "")
}

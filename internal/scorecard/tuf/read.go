package tuf

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
)

// Limits bound what is read.
type Limits struct {
	// Bytes is the most of one document.
	Bytes int64
	// Roots is how many newer roots are followed.
	Roots int
}

// DefaultLimits are enough for the repositories of large ecosystems.
func DefaultLimits() Limits { return Limits{Bytes: 4 << 20, Roots: 8} }

// Root is what a root says of itself.
type Root struct {
	URL string `json:"url"`
	Role
	// Consistent is its consistent_snapshot.
	Consistent bool `json:"consistent_snapshot"`
	// Predecessor is the version before it, if that is served, and
	// SignedByPredecessor says whether enough of its keys signed this one.
	Predecessor         int64 `json:"predecessor,omitempty"`
	SignedByPredecessor bool  `json:"signed_by_predecessor,omitempty"`

	document *document
}

// Role is one metadata file and how it was signed.
type Role struct {
	Version int64     `json:"version"`
	Expires time.Time `json:"expires"`
	// Threshold, Keys and Unreadable are what the root says of the role: how
	// many must sign, how many distinct keys there are that can be checked,
	// and how many that cannot.
	Threshold  int `json:"threshold"`
	Keys       int `json:"keys"`
	Unreadable int `json:"unreadable_keys,omitempty"`
	// Signed is how many distinct keys signed it.
	Signed int `json:"signed"`
	// Named is the version that the role before it names; Same says whether
	// version, length and digests are as named there.
	Named int64 `json:"named,omitempty"`
	Same  bool  `json:"same,omitempty"`
	// Broken says what is wrong with the file where it is no sound metadata
	// or not there; Untold why it could not be read at all.
	Broken string `json:"broken,omitempty"`
	Untold string `json:"untold,omitempty"`
}

// Enough reports whether the role is signed to its threshold.
func (r Role) Enough() bool { return r.Threshold >= 1 && r.Signed >= r.Threshold }

// Perhaps reports whether keys that cannot be checked here could make up for
// the signatures that are missing.
func (r Role) Perhaps() bool { return r.Threshold >= 1 && r.Signed+r.Unreadable >= r.Threshold }

// Repository is everything that was read.
type Repository struct {
	Root      Root `json:"root"`
	Timestamp Role `json:"timestamp"`
	Snapshot  Role `json:"snapshot"`
	Targets   Role `json:"targets"`
}

// ErrNone says that there is no TUF root at an address.
var ErrNone = errors.New("there is no TUF root")

// ReadRoot reads the root at an address, and newer ones beside it. It is
// ErrNone, with the reason around it, when no root is there; any other error
// says why that cannot be told.
func ReadRoot(ctx context.Context, v scorecard.Visitor, address string, limits Limits) (Root, error) {
	d, err := fetch(ctx, v, address, roleRoot, limits)
	if err != nil {
		if b, ok := errors.AsType[*broken](err); ok {
			return Root{}, fmt.Errorf("%w: %s %s", ErrNone, shown(address), b.what)
		}
		return Root{}, err
	}
	var before *document
	if d.signed.Version > 1 {
		// The predecessor is what a client starts from: it must have signed
		// this root. Where it is no longer served that cannot be told.
		older, err := fetch(ctx, v, beside(address, strconv.FormatInt(d.signed.Version-1, 10)+".root.json"), roleRoot, limits)
		if err == nil && older.signed.Version == d.signed.Version-1 {
			before = older
		}
	}
	for range limits.Roots {
		next := beside(address, strconv.FormatInt(d.signed.Version+1, 10)+".root.json")
		newer, err := fetch(ctx, v, next, roleRoot, limits)
		if err != nil || newer.signed.Version != d.signed.Version+1 {
			break
		}
		before, d, address = d, newer, next
	}
	r := Root{URL: shown(address), Role: judgeRole(d, d), Consistent: d.signed.Consistent, document: d}
	if before != nil {
		ring := before.keyring(roleRoot)
		r.Predecessor = before.signed.Version
		r.SignedByPredecessor = ring.threshold >= 1 && d.signedBy(ring)+ring.unreadable >= ring.threshold
	}
	return r, nil
}

// Read reads the root at an address and the roles that it names.
func Read(ctx context.Context, v scorecard.Visitor, address string, limits Limits) (Repository, error) {
	root, err := ReadRoot(ctx, v, address, limits)
	if err != nil {
		return Repository{}, err
	}
	r := Repository{Root: root}
	top := root.document
	var timestamp, snapshot *document
	r.Timestamp, timestamp = role(ctx, v, beside(address, "timestamp.json"), roleTimestamp, top, nil, limits)
	if timestamp == nil {
		r.Snapshot.Broken = "cannot be found without a timestamp"
		r.Targets.Broken = r.Snapshot.Broken
		return r, nil
	}
	r.Snapshot, snapshot = role(ctx, v, beside(address, name(timestamp, roleSnapshot, top)), roleSnapshot, top, timestamp, limits)
	if snapshot == nil {
		r.Targets.Broken = "cannot be found without a snapshot"
		return r, nil
	}
	r.Targets, _ = role(ctx, v, beside(address, name(snapshot, roleTargets, top)), roleTargets, top, snapshot, limits)
	return r, nil
}

// name is the file of a role: with its version in front in repositories with
// consistent snapshots.
func name(by *document, role string, root *document) string {
	file := role + ".json"
	if m, ok := by.signed.Meta[file]; ok && root.signed.Consistent && m.Version >= 1 {
		return strconv.FormatInt(m.Version, 10) + "." + file
	}
	return file
}

// role reads and verifies one role. by, if any, names it.
func role(ctx context.Context, v scorecard.Visitor, address, which string, root, by *document, limits Limits) (Role, *document) {
	d, err := fetch(ctx, v, address, which, limits)
	if err != nil {
		if b, ok := errors.AsType[*broken](err); ok {
			return Role{Broken: b.what}, nil
		}
		return Role{Untold: scorecard.Words(err.Error())}, nil
	}
	r := judgeRole(d, root)
	if by != nil {
		m, ok := by.signed.Meta[which+".json"]
		r.Named = m.Version
		r.Same = ok && same(d, m)
	}
	return r, d
}

func judgeRole(d, root *document) Role {
	ring := root.keyring(d.signed.Type)
	return Role{
		Version: d.signed.Version, Expires: d.signed.Expires.UTC(), Threshold: ring.threshold,
		Keys: ring.distinct, Unreadable: ring.unreadable, Signed: d.signedBy(ring),
	}
}

// same reports whether a file is the one that another names. Length and
// digests may be left out there; a digest of a kind that is not known here
// does not count against it.
func same(d *document, m meta) bool {
	if d.signed.Version != m.Version || m.Length != 0 && m.Length != int64(len(d.raw)) {
		return false
	}
	short, long := sha256.Sum256(d.raw), sha512.Sum512(d.raw)
	for algorithm, want := range m.Hashes {
		switch strings.ToLower(algorithm) {
		case "sha256":
			if !strings.EqualFold(want, hex.EncodeToString(short[:])) {
				return false
			}
		case "sha512":
			if !strings.EqualFold(want, hex.EncodeToString(long[:])) {
				return false
			}
		}
	}
	return true
}

// broken says that something else stands at an address, or nothing.
type broken struct{ what string }

func (b *broken) Error() string { return b.what }

func fetch(ctx context.Context, v scorecard.Visitor, address, role string, limits Limits) (*document, error) {
	r, err := v.Do(ctx, scorecard.Request{Method: http.MethodGet, URL: address, Limit: limits.Bytes})
	if err != nil {
		if f, ok := errors.AsType[*scorecard.Fault](err); ok {
			return nil, scorecard.Untold("%s could not be read: %s", shown(address), scorecard.Words(f.Text))
		}
		return nil, scorecard.Untold("%s could not be read: %s", shown(address), scorecard.Words(err.Error()))
	}
	switch {
	case r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden:
		// Something keeps us out; what is behind it is not known.
		return nil, scorecard.Untold("%s cannot be read without being let in: it answers %d", shown(address), r.Status)
	case r.Status >= 400 && r.Status < 500 && r.Status != http.StatusTooManyRequests:
		return nil, &broken{fmt.Sprintf("answers %d", r.Status)}
	case r.Status < 200 || r.Status > 299:
		return nil, scorecard.Untold("%s could not be read: it answers %d", shown(address), r.Status)
	}
	d, err := decode(r.Body, role)
	if err != nil {
		return nil, &broken{err.Error()}
	}
	return d, nil
}

// beside is the address of another file in the folder of a root.
func beside(root, file string) string {
	u, err := url.Parse(root)
	if err != nil {
		return root
	}
	u.Path = path.Join(path.Dir(u.Path), file)
	u.RawPath, u.Fragment = "", ""
	return u.String()
}

// shown is an address as it may be written down, without what may be secret.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the root"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return scorecard.Words(u.String())
}

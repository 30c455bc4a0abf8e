// Package lockfilewithhashes asks whether a lock file of today installs the
// same bytes years later.
//
// A lock file names an address and a digest. It is worth nothing if the
// address runs out (a signed storage link does after minutes), if there is no
// digest to write into it, or if the file behind the address changes. The
// oldest listed version of a sample stands for a lock file of long ago: its
// address, its digest, and its bytes fetched twice.
//
// In Go the address follows from the module's path and the lock file is
// go.sum (https://go.dev/ref/mod#go-sum-files); npm writes the tarball's
// address and the integrity of the packument into package-lock.json. No
// client is run: whether one locks by default is not asked here.
package lockfilewithhashes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Looked is how many versions it is the oldest of.
	Looked int `json:"looked"`
	// Unasked is set when nothing was asked that could know digests.
	Unasked bool `json:"unasked,omitempty"`
	// Address is where the file lies, without its query; "" where the
	// protocol lets it follow from the name.
	Address string `json:"address,omitempty"`
	// Expiring are the names of those query values that let an address run
	// out. The values are secrets of a kind and are not written down.
	Expiring []string `json:"expiring,omitempty"`
	// Algorithm and Digest are what is listed, Got what the two downloads
	// have; "" for one that did not come, for which Unfetched says why.
	Algorithm string    `json:"algorithm,omitempty"`
	Digest    string    `json:"digest,omitempty"`
	Got       [2]string `json:"got"`
	// Bytes are the SHA-256 of the two downloads.
	Bytes     [2]string `json:"bytes"`
	Unfetched string    `json:"unfetched,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "lockfile-with-hashes", Kind: scorecard.Probe, Version: 1, Capability: "lockfile-with-hashes",
		Question:  "Does the oldest listed version still have a lasting address, a digest and the bytes that the digest names?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven},
		Needs:     []scorecard.Need{scorecard.NeedsSample},
	}, probe.Within(collect), judge)
}

// expiring are query values of storage services and CDNs that sign an address
// for a time.
var expiring = []string{"expires", "x-amz-expires", "x-amz-signature", "x-goog-expires", "x-goog-signature", "se", "sig",
	"signature", "token", "key-pair-id", "policy", "exp", "hmac", "verify", "auth_key", "response-expires"}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	samples, err := probe.Samples(ctx, b, probe.Default().Samples)
	if err != nil {
		return Seen{}, err
	}
	// The sample with the longest history says the most.
	s := slices.MaxFunc(samples, func(a, b probe.Sample) int {
		return len(a.Listing.Versions) - len(b.Listing.Versions)
	})
	looked := probe.Looked(b.Protocol.Ecosystem(), s.Listing, len(s.Listing.Versions))
	v := looked[len(looked)-1]
	version := s.Listing.Versions[v]
	seen := Seen{Name: scorecard.Words(s.Name), Version: scorecard.Words(v), Looked: len(looked),
		Unasked: probe.DigestsUnasked(b.Protocol.Ecosystem(), s.Listing)}
	if version.File != "" {
		seen.Address = probe.Shown(version.File)
		seen.Expiring = runsOut(version.File)
	}
	seen.Algorithm, seen.Digest = probe.StrongDigest(version)
	seen.Digest = scorecard.Words(seen.Digest)
	for i := range seen.Bytes {
		f, a := b.File(ctx, s.As, s.Name, v)
		if a.Verdict != scorecard.Accepted {
			seen.Unfetched = a.String()
			break
		}
		sum := sha256.Sum256(f.Body)
		seen.Bytes[i] = hex.EncodeToString(sum[:])
		seen.Got[i] = probe.DigestOf(f, seen.Algorithm)
	}
	return seen, nil
}

func runsOut(address string) []string {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	var names []string
	for name := range u.Query() {
		if slices.Contains(expiring, strings.ToLower(name)) {
			names = probe.Note(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func judge(s Seen) scorecard.Finding {
	what := s.Name + " " + s.Version
	switch {
	case len(s.Expiring) > 0:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the address of the file of %s runs out: it carries %s", what, strings.Join(s.Expiring, ", ")))
	case s.Bytes[0] != "" && s.Bytes[1] != "" && s.Bytes[0] != s.Bytes[1]:
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("two downloads of the file of %s, the oldest of %d versions looked at, gave two different files", what, s.Looked))
	case s.Unasked:
		return scorecard.Found(scorecard.CouldNotTell, probe.Unasked)
	case s.Algorithm == "":
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("%s, the oldest of %d versions looked at, has no strong digest that a lock file could hold", what, s.Looked))
	case s.Got[0] != "" && !probe.SameDigest(s.Algorithm, s.Digest, s.Got[0]):
		return scorecard.Found(scorecard.Fails, fmt.Sprintf("the file of %s is not the one that its %s names", what, s.Algorithm))
	case s.Bytes[0] == "" || s.Bytes[1] == "":
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the file of %s could not be fetched twice: %s", what, s.Unfetched))
	case s.Got[0] == "":
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("the %s of the file of %s cannot be told", s.Algorithm, what))
	}
	return scorecard.Found(scorecard.Holds, fmt.Sprintf("%s, the oldest of %d versions looked at, has a lasting address; its file came twice with the same bytes, and they fit its %s", what, s.Looked, s.Algorithm))
}

package npm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// Listing asks for the full document, which alone has the times.
func (a *acts) Listing(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
	path, answer, ok := packagePath(name)
	if !ok {
		return scorecard.Listing{}, answer
	}
	res, answer := a.ask(ctx, question{path: path, as: as, limit: a.limits.Document})
	return a.read(res, answer, name)
}

// read is the listing in an answer. The addresses of files are remembered, as
// a lock file would.
func (a *acts) read(res scorecard.Response, answer scorecard.Answer, name string) (scorecard.Listing, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Listing{}, answer
	}
	if members(res.Body) == nil || isWebPage(res) {
		return scorecard.Listing{}, spoilt(answer, "answered with %s instead of a package document", kindOf(res))
	}
	l, err := decodeListing(name, res.Body, a.limits.Document)
	if err != nil {
		return scorecard.Listing{}, spoilt(answer, "answered with a package document that is not sound: %v", err)
	}
	l.Header = keptHeaders(res.Header)
	for version, v := range l.Versions {
		a.files.put(name, version, v.File)
	}
	return l, answer
}

// keptHeaders are those that say how an answer may be kept and how old it is.
func keptHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for _, key := range []string{"Age", "Cache-Control", "Content-Type", "Etag", "Expires", "Last-Modified", "Vary"} {
		if v := scorecard.Words(h.Get(key)); v != "" {
			kept[key] = v
		}
	}
	return kept
}

// decodeListing reads a full or abbreviated document of the package name.
func decodeListing(name string, body []byte, limit int64) (scorecard.Listing, error) {
	bounds := wire.DefaultLimits()
	bounds.Size = limit
	// This refuses what two readers could read differently: duplicate keys,
	// another package's name, a manifest of another version.
	index, err := wire.Read(bytes.NewReader(body), int64(len(body)), name, bounds)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause
		}
		return scorecard.Listing{}, err
	}
	document := members(body)
	manifests := members(document["versions"])
	l := scorecard.Listing{Name: name, Versions: make(map[string]scorecard.Version, len(index.Versions)), Raw: body}
	for i := range index.Versions {
		version := index.Versions[i].Version
		v, err := decodeVersion(index, i, members(manifests[version]))
		if err != nil {
			return scorecard.Listing{}, err
		}
		l.Versions[version] = v
	}
	// A dangling tag leads nowhere: npm refuses to install by it.
	for _, tag := range index.Tags {
		if _, there := l.Versions[tag.Version]; there && tag.Name == "latest" {
			l.Latest = tag.Version
		}
	}
	l.Gone = gone(document, l.Versions)
	return l, nil
}

func decodeVersion(index *wire.Packument, i int, manifest map[string]json.RawMessage) (scorecard.Version, error) {
	known := &index.Versions[i]
	dist, err := decodeDist(known.Version, manifest["dist"])
	if err != nil {
		return scorecard.Version{}, err
	}
	v := scorecard.Version{
		Published:     known.Published,
		Digests:       map[string]string{},
		Notice:        scorecard.Words(known.Deprecated),
		Status:        statusIn(known.Deprecated),
		Signatures:    dist.signatures,
		Provenance:    dist.attestations,
		Repository:    address(manifest["repository"]),
		Homepage:      typed(manifest["homepage"]),
		Mail:          mail(manifest["author"]),
		Verified:      marks(manifest["_verified"]),
		Unverified:    marks(manifest["_unverified"]),
		Dependencies:  dependencies(manifest["dependencies"]),
		InstallScript: known.InstallScripts == assay.Yes,
	}
	for _, d := range known.Digests {
		v.Digests[d.Algorithm()] = d.Value()
	}
	// One that cannot be used is none; what a client makes of that is told
	// by the act that fetches.
	if file, err := index.Tarball(i); err == nil {
		v.File = file
	}
	return v, nil
}

type distribution struct {
	signatures   int
	attestations string
}

// decodeDist reads what the registry, and not the publisher, says of a
// version's file.
func decodeDist(version string, raw json.RawMessage) (distribution, error) {
	dist := members(raw)
	var d distribution
	if signatures := dist["signatures"]; !absent(signatures) {
		all := list(signatures)
		if all == nil {
			return d, fmt.Errorf("the signatures of version %s are no list", version)
		}
		for _, s := range all {
			m := members(s)
			if text(m["keyid"]) != "" && text(m["sig"]) != "" {
				d.signatures++
			}
		}
	}
	if attestations := dist["attestations"]; !absent(attestations) {
		m := members(attestations)
		if m == nil || !absent(m["url"]) && text(m["url"]) == "" {
			return d, fmt.Errorf("the attestations of version %s are of no known form", version)
		}
		d.attestations = clip(text(m["url"]))
	}
	return d, nil
}

func absent(raw json.RawMessage) bool { return len(raw) == 0 || string(raw) == "null" }

// typedBound is the most of a text that a publisher typed that is kept.
const typedBound = 2048

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), typedBound)], "") }

func typed(raw json.RawMessage) string { return clip(text(raw)) }

// address is a repository: text, or an object with its url.
func address(raw json.RawMessage) string {
	if m := members(raw); m != nil {
		return typed(m["url"])
	}
	return typed(raw)
}

// mail is the author's: npm writes "Name <mail> (url)" or an object.
func mail(raw json.RawMessage) string {
	if m := members(raw); m != nil {
		return typed(m["email"])
	}
	_, rest, ok := strings.Cut(text(raw), "<")
	m, _, closed := strings.Cut(rest, ">")
	if !ok || !closed {
		return ""
	}
	return clip(m)
}

func dependencies(raw json.RawMessage) map[string]string {
	all := map[string]string{}
	for name, want := range members(raw) {
		if s := text(want); s != "" {
			all[name] = s
		}
	}
	return all
}

// marks are the words of "_verified" and "_unverified" that mean something.
func marks(raw json.RawMessage) []string {
	var words []string
	for _, e := range list(raw) {
		switch word := text(e); word {
		case "repository", "homepage", "mail":
			words = append(words, word)
		}
	}
	return words
}

package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Published is one version of a package that is published here.
type Published struct {
	Version  string
	At       time.Time
	Manifest []byte // as admitted: a JSON object
	File     string // name of the tarball
	Digests  []assay.Digest
}

// hostedBase stands before the tarballs of a composed document. It is never
// asked: rendering puts the place's own address there.
const hostedBase = "http://hosted.invalid/"

// timeLayout is how npm's documents write times.
const timeLayout = "2006-01-02T15:04:05.000Z"

// Compose writes the full document of a package from its versions, in their
// order, and its tags. It is what Read reads. What a publisher has no say in
// (digests, the tarball's address, whether there are install scripts) is
// written anew. Tags of versions that are not there are left out, and latest
// is the newest release where no tag says it. _rev is a digest of the
// document: the same document has the same one.
func Compose(name string, versions []Published, tags map[string]string) ([]byte, error) {
	tags = soundTags(versions, tags)
	var b bytes.Buffer
	b.WriteString(`"name":` + quote(name))
	b.WriteString(`,"dist-tags":{`)
	for i, tag := range slices.Sorted(maps.Keys(tags)) {
		comma(&b, i)
		b.WriteString(quote(tag) + ":" + quote(tags[tag]))
	}
	b.WriteString(`},"versions":{`)
	var about map[string]string
	for i := range versions {
		comma(&b, i)
		b.WriteString(quote(versions[i].Version) + ":")
		members, err := versions[i].compose(&b, name)
		if err != nil {
			return nil, err
		}
		if versions[i].Version == tags["latest"] {
			about = members
		}
	}
	b.WriteString("}")
	if len(versions) > 0 {
		first, last := versions[0].At, versions[0].At
		for i := range versions {
			first, last = earlier(first, versions[i].At), later(last, versions[i].At)
		}
		b.WriteString(`,"time":{"created":` + quote(stamp(first)) + `,"modified":` + quote(stamp(last)))
		for i := range versions {
			b.WriteString("," + quote(versions[i].Version) + ":" + quote(stamp(versions[i].At)))
		}
		b.WriteString("}")
	}
	// What search engines and pages read of a package is what its newest
	// release says.
	for _, key := range slices.Sorted(maps.Keys(about)) {
		b.WriteString("," + quote(key) + ":" + about[key])
	}
	sum := sha256.Sum256(b.Bytes())
	rev := strconv.Itoa(len(versions)) + "-" + hex.EncodeToString(sum[:16])
	return slices.Concat([]byte(`{"_id":`+quote(name)+`,"_rev":`+quote(rev)+`,`), b.Bytes(), []byte("}")), nil
}

func comma(b *bytes.Buffer, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// soundTags are the tags whose versions are there, and latest.
func soundTags(versions []Published, tags map[string]string) map[string]string {
	there := make(map[string]bool, len(versions))
	for i := range versions {
		there[versions[i].Version] = true
	}
	sound := map[string]string{}
	for tag, version := range tags {
		if there[version] && validTag(tag) {
			sound[tag] = version
		}
	}
	if sound["latest"] == "" && len(versions) > 0 {
		newest := slices.MaxFunc(versions, func(a, b Published) int {
			g := Grammar{}
			if x, y := g.Prerelease(a.Version), g.Prerelease(b.Version); x != y {
				if x {
					return -1
				}
				return 1
			}
			return g.Compare(a.Version, b.Version)
		})
		sound["latest"] = newest.Version
	}
	return sound
}

// aboutKeys are the members of a manifest that stand for the whole package.
var aboutKeys = map[string]bool{
	"author": true, "bugs": true, "contributors": true, "description": true, "homepage": true,
	"keywords": true, "license": true, "readme": true, "repository": true,
}

// writtenAnew are the members of a manifest that are ours to say, or that
// belong to the whole package alone (a README of each version would make the
// document grow with every release).
var writtenAnew = map[string]bool{
	"name": true, "version": true, "dist": true, "hasInstallScript": true, "readme": true, "readmeFilename": true,
	"__proto__": true,
}

// keptPrivate are the members with an underscore that mean something to
// clients; others are the registry's own business.
var keptPrivate = map[string]bool{"_hasShrinkwrap": true, "_nodeVersion": true, "_npmVersion": true}

// compose writes the manifest and returns what stands for the whole package.
func (v *Published) compose(b *bytes.Buffer, name string) (about map[string]string, err error) {
	about = map[string]string{}
	hooks, gyp := false, false
	b.WriteString(`{"name":` + quote(name) + `,"version":` + quote(v.Version))
	s := newScanner(bytes.NewReader(v.Manifest), maxComposeDepth, int64(len(v.Manifest))+1, int64(len(v.Manifest)))
	err = s.object(func(key []byte, _ int64) error {
		member := string(key)
		raw, err := s.d.ReadValue()
		if err != nil {
			return err
		}
		switch member {
		case "scripts":
			hooks = hasHooks(raw)
		case "gypfile":
			gyp = string(raw) == "true"
		}
		if aboutKeys[member] && len(raw) <= maxAbout {
			about[member] = string(raw)
		}
		if writtenAnew[member] || strings.HasPrefix(member, "_") && !keptPrivate[member] {
			return nil
		}
		b.WriteString("," + quote(member) + ":")
		b.Write(raw)
		return nil
	})
	if err == nil {
		err = s.end()
	}
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the kept manifest of %s@%s cannot be read", name, v.Version)
	}
	integrity := v.digest("sha512", "sha384", "sha256")
	if integrity == "" {
		return nil, assay.Errorf(assay.Internal, "%s@%s has no digest that npm could check", name, v.Version)
	}
	sum, err := hex.DecodeString(integrity.Value())
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the digest of %s@%s is malformed", name, v.Version)
	}
	b.WriteString(`,"_id":` + quote(name+"@"+v.Version))
	if hooks || gyp {
		b.WriteString(`,"hasInstallScript":true`)
	}
	b.WriteString(`,"dist":{"integrity":` + quote(integrity.Algorithm()+"-"+base64.StdEncoding.EncodeToString(sum)))
	if shasum := v.digest("sha1"); shasum != "" {
		b.WriteString(`,"shasum":` + quote(shasum.Value()))
	}
	b.WriteString(`,"tarball":` + quote(hostedBase+name+"/-/"+v.File) + "}}")
	return about, nil
}

const (
	maxComposeDepth = 128
	// maxAbout keeps a member that stands for the whole package from filling
	// every reader's download; npm itself cuts READMEs there.
	maxAbout = 64 << 10
)

// digest returns the first of the algorithms that is known.
func (v *Published) digest(algorithms ...string) assay.Digest {
	for _, algorithm := range algorithms {
		for _, d := range v.Digests {
			if d.Algorithm() == algorithm {
				return d
			}
		}
	}
	return ""
}

// hasHooks tells whether npm would run something when it installs the package
// as a dependency.
func hasHooks(scripts []byte) bool {
	s := newScanner(bytes.NewReader(scripts), maxComposeDepth, int64(len(scripts))+1, int64(len(scripts)))
	found := false
	if s.kind() != '{' {
		return false
	}
	err := s.object(func(key []byte, _ int64) error {
		hook := string(key)
		command, _, err := s.text()
		if command != "" && (hook == "preinstall" || hook == "install" || hook == "postinstall") {
			found = true
		}
		return err
	})
	return found || err != nil
}

// CheckManifest makes sure, before a manifest is kept, that the documents
// composed of it can be read: one that could not would take the whole package
// with it. Errors are of kind Invalid.
func CheckManifest(name, version string, manifest []byte) error {
	alone := Published{Version: version, Manifest: manifest, File: FileName(name, version), Digests: []assay.Digest{assay.Digest("sha512:" + strings.Repeat("0", 128))}}
	document, err := Compose(name, []Published{alone}, nil)
	if err == nil {
		limits := DefaultLimits()
		_, err = Read(bytes.NewReader(document), int64(len(document)), name, limits)
	}
	if err != nil {
		return assay.Wrap(assay.Invalid, err, "the manifest of %s@%s cannot be listed: %s", name, version, brief(err))
	}
	return nil
}

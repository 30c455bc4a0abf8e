package maven

import (
	"bytes"
	"crypto/md5"  // #nosec: clients of all ages ask for it, beside stronger ones
	"crypto/sha1" // #nosec: as above; it is what Maven itself checks
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// Representations. Each but plugin may have ".sha1" and such behind it, and
// is then the digest of what it would be without.
const (
	metadata       = "metadata"  // the document of a package's versions
	snapshotPrefix = "snapshot/" // with a version: the document of its files
	plugin         = "plugin"    // a hosted plugin's line in its group's document
	// unfinishedPrefix, with a version: nothing, of a hosted version that lacks
	// its POM or what the POM describes; not found once it has both.
	unfinishedPrefix = "unfinished/"
)

// listing is the index of a package's versions. It holds all of a document
// that is rendered again.
type listing struct {
	name     string
	doc      *wire.Document
	versions []ecosystem.Version
	index    map[string]int
	kept     map[string]wire.Kept // of a hosted package; else nil
}

func newListing(name string, doc *wire.Document) *listing {
	l := &listing{name: name, doc: doc, index: make(map[string]int, len(doc.Versions))}
	for _, v := range doc.Versions {
		if wire.Snapshot(v) {
			continue // never handed out: see the package comment
		}
		version := ecosystem.Version{Version: v}
		if !doc.LastUpdated.IsZero() {
			version.NoLater, version.NoLaterSource = doc.LastUpdated, listedBy
		}
		l.index[v] = len(l.versions)
		l.versions = append(l.versions, version)
	}
	return l
}

func newHosted(name string, doc *wire.Document, kept []wire.Kept) *listing {
	l := &listing{name: name, doc: doc, index: map[string]int{}, kept: make(map[string]wire.Kept, len(kept))}
	for _, k := range kept {
		l.kept[k.Version] = k
	}
	for _, v := range doc.Versions {
		l.index[v] = len(l.versions)
		l.versions = append(l.versions, ecosystem.Version{Version: v})
	}
	return l
}

func (l *listing) Versions() []ecosystem.Version { return l.versions }

func (l *listing) Find(version string) int {
	if i, ok := l.index[version]; ok {
		return i
	}
	return -1
}

func (l *listing) Bytes() int64 {
	const each, file = 300, 120 // a Version, a map entry and the text; a file's name and date
	n := 500 + each*int64(len(l.versions)) + file*int64(len(l.doc.Plugins))
	for _, k := range l.kept {
		n += each + file*int64(len(k.Files))
	}
	return n
}

func (l *listing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	what, sum := cutSum(r.Representation)
	version, ofSnapshot := strings.CutPrefix(what, snapshotPrefix)
	var doc *wire.Document
	var err error
	switch {
	case what == metadata:
		doc, err = l.allowed(r)
	case ofSnapshot:
		doc, err = l.snapshot(r, version)
	case strings.HasPrefix(what, unfinishedPrefix):
		if l.kept == nil || l.finished(strings.TrimPrefix(what, unfinishedPrefix)) {
			return "", assay.Errorf(assay.NotFound, "nothing is missing from it")
		}
		return textType, nil
	case r.Representation == plugin:
		doc, err = l.plugin(r)
	default:
		err = assay.Errorf(assay.NotFound, "a Maven package has no representation %q", r.Representation)
	}
	if err != nil {
		return "", err
	}
	if sum == "" {
		return xmlType, doc.Encode(w)
	}
	var b bytes.Buffer
	if err := doc.Encode(&b); err != nil {
		return "", err
	}
	h := newHash(sum)
	_, _ = h.Write(b.Bytes()) // never fails (hash.Hash)
	_, err = io.WriteString(w, hex.EncodeToString(h.Sum(nil)))
	return textType, err
}

// cutSum takes the algorithm off a representation.
func cutSum(representation string) (what, sum string) {
	for _, a := range wire.Sums {
		if what, ok := strings.CutSuffix(representation, "."+a); ok {
			return what, a
		}
	}
	return representation, ""
}

func newHash(algorithm string) hash.Hash {
	switch algorithm {
	case "md5":
		return md5.New()
	case "sha1":
		return sha1.New()
	case "sha512":
		return sha512.New()
	}
	return sha256.New()
}

// allowed makes the document without the versions that are denied. Those that
// are hosted and have no POM yet are left out too: a publisher is still
// sending them, and nobody could resolve them.
func (l *listing) allowed(r ecosystem.Rendering) (*wire.Document, error) {
	if len(l.versions) == 0 && len(l.doc.Plugins) == 0 {
		return nil, assay.Errorf(assay.NotFound, "%s has no versions that Assay hands out: it does not serve snapshots of an upstream", l.name)
	}
	doc := *l.doc
	doc.Versions = nil
	may := make(map[string]bool, len(l.versions))
	newest := -1 // of those that are denied
	for i := range l.versions {
		v := l.versions[i].Version
		if r.Decision(i).Denied() {
			if newest < 0 || (wire.Grammar{}).Compare(v, l.versions[newest].Version) > 0 {
				newest = i
			}
			continue
		}
		if l.complete(v) {
			may[v] = true
			doc.Versions = append(doc.Versions, v)
		}
	}
	if len(doc.Versions) == 0 && len(l.versions) > 0 {
		return nil, l.nothingLeft(r, newest)
	}
	if !may[doc.Latest] {
		doc.Latest = moved(doc.Latest, doc.Versions)
	}
	if !may[doc.Release] {
		doc.Release = wire.Newest(doc.Versions, func(v string) bool { return !wire.Grammar{}.Prerelease(v) })
	}
	return &doc, nil
}

// moved is the newest version: an unfinished one only where the upstream's
// own was one, or where there is no other.
func moved(was string, versions []string) string {
	if was == "" || !(wire.Grammar{}).Prerelease(was) {
		if v := wire.Newest(versions, func(v string) bool { return !wire.Grammar{}.Prerelease(v) }); v != "" {
			return v
		}
	}
	return wire.Newest(versions, nil)
}

func (l *listing) complete(version string) bool {
	if l.kept == nil {
		return true
	}
	for _, f := range l.kept[version].Files {
		if strings.HasSuffix(f.Name, ".pom") {
			return true
		}
	}
	return false
}

// finished tells whether a hosted version has its POM and, unless that says
// that there is nothing else, a file that the POM describes.
func (l *listing) finished(version string) bool {
	k := l.kept[version]
	if !l.complete(version) || k.Packaging == "pom" {
		return l.complete(version)
	}
	for _, f := range k.Files {
		parsed, ok := wire.ParseFile(l.name, version, f.Name)
		if ok && parsed.Classifier == "" && parsed.Extension != "pom" && parsed.Extension != "module" && !strings.HasSuffix(parsed.Extension, "asc") {
			return true
		}
	}
	return false
}

// nothingLeft says why there is no version to choose, in the words of the
// newest that is denied.
func (l *listing) nothingLeft(r ecosystem.Rendering, newest int) error {
	if newest < 0 {
		return assay.Errorf(assay.NotFound, "%s has no version with a POM yet", l.name)
	}
	subject := assay.Coordinate{Ecosystem: assay.Maven, Name: l.name, Version: l.versions[newest].Version}
	return &assay.Error{Kind: assay.Denied, Message: "every version of " + l.name + " is refused by Assay", Decision: r.Decision(newest), Subject: subject}
}

// snapshot makes the document of a hosted snapshot's files.
func (l *listing) snapshot(r ecosystem.Rendering, version string) (*wire.Document, error) {
	i := l.Find(version)
	k, ok := l.kept[version]
	if i < 0 || !ok || len(k.Files) == 0 {
		return nil, assay.Errorf(assay.NotFound, "%s has no snapshot %s here", l.name, version)
	}
	if d := r.Decision(i); d.Denied() {
		subject := assay.Coordinate{Ecosystem: assay.Maven, Name: l.name, Version: version}
		return nil, &assay.Error{Kind: assay.Denied, Message: subject.Short() + " is refused by Assay", Decision: d, Subject: subject}
	}
	return wire.ComposeSnapshot(l.name, k), nil
}

// plugin makes a document with the one line that a hosted plugin has in its
// group's, for packages of which an allowed version is a plugin.
func (l *listing) plugin(r ecosystem.Rendering) (*wire.Document, error) {
	group, artifact := wire.Split(l.name)
	for i := range l.versions {
		if l.kept[l.versions[i].Version].Packaging == "maven-plugin" && !r.Decision(i).Denied() {
			return &wire.Document{Plugins: []wire.Plugin{{Name: group + ":" + artifact, Prefix: wire.Prefix(artifact), Artifact: artifact}}}, nil
		}
	}
	return nil, assay.Errorf(assay.NotFound, "%s is no plugin", l.name)
}

package wire

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Kept is a hosted version as its documents are made of it.
type Kept struct {
	Version   string     `json:"version"`
	Packaging string     `json:"packaging,omitempty"`
	Files     []KeptFile `json:"files"`
}

// KeptFile is one of its files.
type KeptFile struct {
	Name      string    `json:"name"` // in the version's folder
	Published time.Time `json:"published"`
}

// EncodeKept writes what a package's maven-metadata.xml has no room for.
func EncodeKept(kept []Kept) ([]byte, error) {
	text, err := json.Marshal(kept)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "what is kept of a package cannot be written")
	}
	return text, nil
}

// DecodeKept reads what EncodeKept wrote.
func DecodeKept(text []byte) ([]Kept, error) {
	var kept []Kept
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "what is kept of a package cannot be read back")
	}
	return kept, nil
}

// ComposeMetadata makes the document of a hosted package: its versions in
// order, oldest first, and the newest. The release is the newest that does
// not call itself unfinished, else the newest that is no snapshot.
func ComposeMetadata(name string, kept []Kept) *Document {
	group, artifact := Split(name)
	d := &Document{Group: group, Artifact: artifact}
	for _, k := range kept {
		d.Versions = append(d.Versions, k.Version)
		for _, f := range k.Files {
			if f.Published.After(d.LastUpdated) {
				d.LastUpdated = f.Published
			}
		}
	}
	slices.SortStableFunc(d.Versions, Grammar{}.Compare)
	d.Latest, d.Release = Newest(d.Versions, nil), NewestRelease(d.Versions)
	return d
}

// Newest returns the newest version of those that may be taken, or "".
func Newest(versions []string, may func(string) bool) string {
	newest := ""
	for _, v := range versions {
		if (may == nil || may(v)) && (newest == "" || Grammar{}.Compare(v, newest) >= 0) {
			newest = v
		}
	}
	return newest
}

// NewestRelease returns the newest version that does not call itself
// unfinished; without any, the newest that is no snapshot, or "".
func NewestRelease(versions []string) string {
	if v := Newest(versions, func(v string) bool { return !Grammar{}.Prerelease(v) }); v != "" {
		return v
	}
	return Newest(versions, func(v string) bool { return !Snapshot(v) })
}

// ComposeSnapshot makes the document of a snapshot version from the files
// that are there. Each sort of file is of the newest build that has one: the
// builds of one version need not have the same files.
func ComposeSnapshot(name string, kept Kept) *Document {
	group, artifact := Split(name)
	d := &Document{Group: group, Artifact: artifact, Version: kept.Version}
	base, _ := snapshotBase(kept.Version)
	type sort struct{ classifier, extension string }
	newest := map[sort]SnapshotFile{}
	stamps := map[sort]string{}
	last := ""
	for _, f := range kept.Files {
		parsed, ok := ParseFile(name, kept.Version, f.Name)
		if !ok || !numbered(parsed.Stamp) {
			continue
		}
		s := sort{parsed.Classifier, parsed.Extension}
		if old, there := stamps[s]; !there || compareStamps(parsed.Stamp, old) > 0 {
			stamps[s] = parsed.Stamp
			newest[s] = SnapshotFile{Classifier: s.classifier, Extension: s.extension, Value: base + parsed.Stamp, Updated: f.Published}
		}
		if last == "" || compareStamps(parsed.Stamp, last) > 0 {
			last = parsed.Stamp
		}
		if f.Published.After(d.LastUpdated) {
			d.LastUpdated = f.Published
		}
	}
	for _, f := range newest {
		d.SnapshotFiles = append(d.SnapshotFiles, f)
	}
	slices.SortFunc(d.SnapshotFiles, func(a, b SnapshotFile) int {
		return cmp.Or(strings.Compare(a.Classifier, b.Classifier), strings.Compare(a.Extension, b.Extension))
	})
	d.Stamp, d.Build, _ = strings.Cut(last, "-")
	return d
}

// numbered tells the stamp of one build from the word that stands for the
// newest.
func numbered(stamp string) bool { return stamp != "" && stamp[0] >= '0' && stamp[0] <= '9' }

// compareStamps orders builds by their number, then by their time: clocks of
// builders differ, and Maven counts on from what it finds here.
func compareStamps(a, b string) int {
	timeA, buildA, _ := strings.Cut(a, "-")
	timeB, buildB, _ := strings.Cut(b, "-")
	buildA, buildB = strings.TrimLeft(buildA, "0"), strings.TrimLeft(buildB, "0")
	return cmp.Or(cmp.Compare(len(buildA), len(buildB)), strings.Compare(buildA, buildB), strings.Compare(timeA, timeB))
}

// Resolve finds the file of a hosted snapshot that a name with the word
// SNAPSHOT means: that of the newest build. Any other name means itself.
func Resolve(name string, kept Kept, file string) (string, bool) {
	parsed, ok := ParseFile(name, kept.Version, file)
	if !ok {
		return "", false
	}
	if !Snapshot(kept.Version) || numbered(parsed.Stamp) {
		return file, true
	}
	for _, f := range ComposeSnapshot(name, kept).SnapshotFiles {
		if f.Classifier == parsed.Classifier && f.Extension == parsed.Extension {
			_, artifact := Split(name)
			classifier := f.Classifier
			if classifier != "" {
				classifier = "-" + classifier
			}
			return artifact + "-" + f.Value + classifier + "." + f.Extension, true
		}
	}
	return "", false
}

// Admissible checks the coordinates of a version that is to be published.
// Beside what holds for every one, a snapshot is written in capitals, as
// Maven writes it: in another case some tools take it for a release, which
// never changes. And a release may not be named like one build of a snapshot,
// for nobody could tell the two apart.
func Admissible(name, version string) error {
	switch normal, err := (Grammar{}).Name(name); {
	case err != nil:
		return err
	case normal != name:
		return assay.Errorf(assay.Invalid, "%q is not how the package is written: write %s", name, normal)
	}
	switch normal, err := (Grammar{}).Version(version); {
	case err != nil:
		return err
	case normal != version:
		return assay.Errorf(assay.Invalid, "%q is not how the version is written: write %s", version, normal)
	}
	if Snapshot(version) && !strings.HasSuffix(version, "SNAPSHOT") {
		return assay.Errorf(assay.Invalid, "%q is a snapshot and not written like one: end it in -SNAPSHOT", version)
	}
	if stamped(version) {
		return assay.Errorf(assay.Invalid, "%q is the name of one build of a snapshot, and no version: publish it as the snapshot, or name the release otherwise", version)
	}
	return nil
}

// stamped tells a version that ends like a file of a snapshot.
func stamped(version string) bool {
	for i := range len(version) {
		if i > 0 && version[i-1] == '-' {
			if stamp, rest := cutStamp(version[i:]); numbered(stamp) && rest == "" {
				return true
			}
		}
	}
	return false
}

// AdmissibleFile checks the name of a file that is to be published: a
// snapshot's has the time and number of its build, so that it too can be
// kept for ever unchanged.
func AdmissibleFile(name, version, file string) error {
	parsed, ok := ParseFile(name, version, file)
	if !ok || !plainSegment(file) {
		return assay.Errorf(assay.Invalid, "%q is no file of %s %s: its name begins with artifact and version", short(file), name, version)
	}
	if Snapshot(version) && !numbered(parsed.Stamp) {
		return assay.Errorf(assay.Invalid, "%s would be overwritten by the next build: publish snapshots with their time and number, as Maven 3, Gradle and newer do by themselves (no uniqueVersion=false)", file)
	}
	return nil
}

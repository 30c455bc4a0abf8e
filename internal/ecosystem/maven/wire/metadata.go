package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Document is a maven-metadata.xml. Which of its parts are there depends on
// where it stands: versions in a package's folder, plugins in a group's,
// snapshot files in a snapshot version's.
type Document struct {
	Group, Artifact string
	Version         string // of a snapshot's document
	Latest, Release string
	Versions        []string // in the document's order, without repetitions
	Plugins         []Plugin
	LastUpdated     time.Time // zero: it does not say

	Stamp, Build  string // of the newest build of a snapshot
	SnapshotFiles []SnapshotFile
}

// Plugin is a line of a group's document: it lets a plugin be called by its
// prefix.
type Plugin struct{ Name, Prefix, Artifact string }

// SnapshotFile says which build a file of a snapshot is of.
type SnapshotFile struct {
	Classifier, Extension string
	Value                 string // "1.0-20260102.030405-1"
	Updated               time.Time
}

// updatedLayout is how lastUpdated is written, in UTC.
const updatedLayout = "20060102150405"

// DecodeMetadata reads a maven-metadata.xml that stands where the documents
// of the package or group stand. Versions that no package can have are left
// out, for nobody could ask for them. A document that speaks of another
// package is refused. Errors are Unsound.
func DecodeMetadata(name string, document io.Reader, limits Limits) (*Document, error) {
	d, err := decodeMetadata(document, limits)
	if err == nil {
		err = d.speaksOf(name)
	}
	if err != nil {
		return nil, assay.Errorf(assay.Unsound, "the maven-metadata.xml of %s is not one: %v", name, err)
	}
	return d, nil
}

// speaksOf refuses a document of another package: versions of it would be
// chosen here, and vanish from there. A group's document names neither.
func (d *Document) speaksOf(name string) error {
	group, artifact := Split(name)
	if d.Artifact == "" && len(d.Versions) == 0 {
		return nil
	}
	if d.Group != "" && d.Group != group || d.Artifact != "" && d.Artifact != artifact {
		return fmt.Errorf("it is about %s/%s", short(d.Group), short(d.Artifact))
	}
	return nil
}

func decodeMetadata(document io.Reader, limits Limits) (*Document, error) {
	d := &Document{}
	seen := map[string]bool{}   // elements that stand there once
	known := map[string]bool{}  // versions
	inside := map[string]bool{} // members of the plugin or file that is open
	var plugin Plugin
	var file SnapshotFile
	room := limits.Versions
	take := func() error {
		if room--; room < 0 {
			return fmt.Errorf("it has more than %d entries", limits.Versions)
		}
		return nil
	}
	texts := map[string]*string{
		"metadata/groupId": &d.Group, "metadata/artifactId": &d.Artifact, "metadata/version": &d.Version,
		"metadata/versioning/latest": &d.Latest, "metadata/versioning/release": &d.Release,
		"metadata/versioning/snapshot/timestamp": &d.Stamp, "metadata/versioning/snapshot/buildNumber": &d.Build,
	}
	members := map[string]*string{
		"metadata/plugins/plugin/name": &plugin.Name, "metadata/plugins/plugin/prefix": &plugin.Prefix, "metadata/plugins/plugin/artifactId": &plugin.Artifact,
		"metadata/versioning/snapshotVersions/snapshotVersion/classifier": &file.Classifier,
		"metadata/versioning/snapshotVersions/snapshotVersion/extension":  &file.Extension,
		"metadata/versioning/snapshotVersions/snapshotVersion/value":      &file.Value,
	}
	const (
		lastUpdated = "metadata/versioning/lastUpdated"
		fileUpdated = "metadata/versioning/snapshotVersions/snapshotVersion/updated"
	)
	single := map[string]bool{"metadata": true, "metadata/versioning": true, "metadata/versioning/versions": true, "metadata/plugins": true,
		"metadata/versioning/snapshot": true, "metadata/versioning/snapshotVersions": true, lastUpdated: true}
	for path := range texts {
		single[path] = true
	}
	err := reading{limits: limits, limit: limits.Metadata,
		opened: func(path string) error {
			switch {
			case path == "metadata/plugins/plugin" || path == "metadata/versioning/snapshotVersions/snapshotVersion":
				plugin, file = Plugin{}, SnapshotFile{}
				clear(inside)
				return take()
			case path == "metadata/versioning/versions/version":
				return take()
			case !strings.HasPrefix(path, "metadata/") && path != "metadata":
				return fmt.Errorf("its root element is %q", short(path))
			case members[path] != nil || path == fileUpdated:
				if inside[path] {
					return twice(path)
				}
				inside[path] = true
			case single[path]:
				if seen[path] {
					return twice(path)
				}
				seen[path] = true
			}
			return nil
		},
		closed: func(path, text string) error {
			if to := texts[path]; to != nil {
				*to = text
			}
			if to := members[path]; to != nil {
				*to = text
			}
			switch path {
			case "metadata/versioning/versions/version":
				if plainVersion(text) && !known[text] {
					known[text] = true
					d.Versions = append(d.Versions, text)
				}
			case lastUpdated:
				d.LastUpdated = parseUpdated(text)
			case fileUpdated:
				file.Updated = parseUpdated(text)
			case "metadata/plugins/plugin":
				if plainArtifact(plugin.Artifact) && plainArtifact(plugin.Prefix) {
					d.Plugins = append(d.Plugins, plugin)
				}
			case "metadata/versioning/snapshotVersions/snapshotVersion":
				d.SnapshotFiles = append(d.SnapshotFiles, file)
			}
			return nil
		},
	}.walk(document)
	if errors.Is(err, errTooLong) {
		return nil, fmt.Errorf("it has more than %d bytes", limits.Metadata)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// twice refuses an element that may stand there once: of two, one reader
// takes the first and another the last.
func twice(path string) error {
	return fmt.Errorf("it has %s twice", path[strings.LastIndexByte(path, '/')+1:])
}

// parseUpdated reads a date in UTC; one that is none says nothing.
func parseUpdated(text string) time.Time {
	at, err := time.Parse(updatedLayout, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

// CheckSent reads a maven-metadata.xml that a publisher sent. Errors are
// Invalid, or TooLarge.
func CheckSent(document io.Reader, limits Limits) (*Document, error) {
	d, err := decodeMetadata(document, limits)
	if err != nil {
		return nil, assay.Errorf(assay.Invalid, "the maven-metadata.xml that was sent is not one: %v", err)
	}
	return d, nil
}

// Encode writes the document, the same bytes for the same content.
func (d *Document) Encode(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	if len(d.SnapshotFiles) > 0 {
		b.WriteString("<metadata modelVersion=\"1.1.0\">\n")
	} else {
		b.WriteString("<metadata>\n")
	}
	line(&b, 2, "groupId", d.Group)
	line(&b, 2, "artifactId", d.Artifact)
	line(&b, 2, "version", d.Version)
	if d.versioned() {
		b.WriteString("  <versioning>\n")
		d.encodeVersioning(&b)
		b.WriteString("  </versioning>\n")
	}
	if len(d.Plugins) > 0 {
		b.WriteString("  <plugins>\n")
		for _, p := range d.Plugins {
			b.WriteString("    <plugin>\n")
			line(&b, 6, "name", p.Name)
			line(&b, 6, "prefix", p.Prefix)
			line(&b, 6, "artifactId", p.Artifact)
			b.WriteString("    </plugin>\n")
		}
		b.WriteString("  </plugins>\n")
	}
	b.WriteString("</metadata>\n")
	_, err := w.Write(b.Bytes())
	return err
}

func (d *Document) versioned() bool {
	return d.Artifact != "" || len(d.Versions) > 0 || len(d.SnapshotFiles) > 0 || !d.LastUpdated.IsZero()
}

func (d *Document) encodeVersioning(b *bytes.Buffer) {
	line(b, 4, "latest", d.Latest)
	line(b, 4, "release", d.Release)
	if d.Stamp != "" {
		b.WriteString("    <snapshot>\n")
		line(b, 6, "timestamp", d.Stamp)
		line(b, 6, "buildNumber", d.Build)
		b.WriteString("    </snapshot>\n")
	}
	if len(d.Versions) > 0 {
		b.WriteString("    <versions>\n")
		for _, v := range d.Versions {
			line(b, 6, "version", v)
		}
		b.WriteString("    </versions>\n")
	}
	if !d.LastUpdated.IsZero() {
		line(b, 4, "lastUpdated", d.LastUpdated.UTC().Format(updatedLayout))
	}
	if len(d.SnapshotFiles) == 0 {
		return
	}
	b.WriteString("    <snapshotVersions>\n")
	for _, f := range d.SnapshotFiles {
		b.WriteString("      <snapshotVersion>\n")
		line(b, 8, "classifier", f.Classifier)
		line(b, 8, "extension", f.Extension)
		line(b, 8, "value", f.Value)
		line(b, 8, "updated", f.Updated.UTC().Format(updatedLayout))
		b.WriteString("      </snapshotVersion>\n")
	}
	b.WriteString("    </snapshotVersions>\n")
}

// line writes an element of its own, or nothing for no text.
func line(b *bytes.Buffer, indent int, element, text string) {
	if text == "" {
		return
	}
	b.WriteString(strings.Repeat(" ", indent) + "<" + element + ">")
	_ = xml.EscapeText(b, []byte(text)) // a bytes.Buffer takes everything
	b.WriteString("</" + element + ">\n")
}

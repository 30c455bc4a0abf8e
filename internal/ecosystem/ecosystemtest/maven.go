package ecosystemtest

import (
	"archive/zip"
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Maven is a fake repository of artifacts
// (https://maven.apache.org/repository/layout.html). It has what most public
// ones have beside a file: its SHA-1 and MD5, and nothing stronger.
type Maven struct {
	*Server

	mu       sync.Mutex
	packages map[string]*mavenPackage // by group/artifact
	undated  bool
}

type mavenPackage struct {
	versions map[string]mavenVersion
	order    []string
}

type mavenVersion struct {
	MavenVersion
	pom, jar []byte
	edition  int // raised by Rewrite, so that the bytes differ
}

// MavenVersion is what can be said of a version when it is published.
type MavenVersion struct {
	Name, Version string            // the name is group/artifact
	Published     time.Time         // zero: its files have no date, and the metadata none either
	Dependencies  map[string]string // versions or ranges by group/artifact
	Files         map[string]string // besides META-INF
}

// NewMaven starts an empty fake repository. Stop ends it.
func NewMaven() (*Maven, error) {
	m := &Maven{packages: map[string]*mavenPackage{}}
	var err error
	m.Server, err = newServer(http.HandlerFunc(m.serve))
	return m, err
}

// Undated stops the fake from giving its files a Last-Modified, as storage
// behind some mirrors does not. Its metadata still says when it was changed.
func (m *Maven) Undated() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.undated = true
}

// Publish adds a version, or replaces one without changing its place.
func (m *Maven) Publish(v MavenVersion) error {
	made, err := packMaven(v, 0)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.packages[v.Name]
	if p == nil {
		p = &mavenPackage{versions: map[string]mavenVersion{}}
		m.packages[v.Name] = p
	}
	if _, known := p.versions[v.Version]; !known {
		p.order = append(p.order, v.Version)
	}
	p.versions[v.Version] = made
	return nil
}

// Withdraw removes a version from the metadata, and its files.
func (m *Maven) Withdraw(name, version string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.packages[name]; p != nil {
		delete(p.versions, version)
		p.order = slices.DeleteFunc(p.order, func(v string) bool { return v == version })
	}
}

// Rewrite puts another jar in a version's place, with digests that fit it:
// what an upstream must never do.
func (m *Maven) Rewrite(name, version string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.packages[name]
	if p == nil {
		return fmt.Errorf("the fake has no package %s", name)
	}
	v, ok := p.versions[version]
	if !ok {
		return fmt.Errorf("the fake has no %s %s", name, version)
	}
	made, err := packMaven(v.MavenVersion, v.edition+1)
	if err != nil {
		return err
	}
	p.versions[version] = made
	return nil
}

// Jar returns the bytes that the fake serves for a version; nil if none.
func (m *Maven) Jar(name, version string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.packages[name]; p != nil {
		return p.versions[version].jar
	}
	return nil
}

// splitMaven cuts a name into group and artifact.
func splitMaven(name string) (group, artifact string) {
	slash := strings.LastIndexByte(name, '/')
	return name[:slash], name[slash+1:]
}

// mavenFolder is a package's folder in the layout.
func mavenFolder(name string) string {
	group, artifact := splitMaven(name)
	return strings.ReplaceAll(group, ".", "/") + "/" + artifact
}

// packMaven makes a version's files.
func packMaven(v MavenVersion, edition int) (mavenVersion, error) {
	group, artifact := splitMaven(v.Name)
	var pom bytes.Buffer
	fmt.Fprintf(&pom, `<?xml version="1.0" encoding="UTF-8"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>%s</groupId>
  <artifactId>%s</artifactId>
  <version>%s</version>
  <name>%s</name>
  <description>Made for a test.</description>
  <dependencies>
`, group, artifact, v.Version, artifact)
	for _, name := range slices.Sorted(maps.Keys(v.Dependencies)) {
		g, a := splitMaven(name)
		fmt.Fprintf(&pom, "    <dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n", g, a, v.Dependencies[name])
	}
	pom.WriteString("  </dependencies>\n</project>\n")

	files := map[string]string{
		"META-INF/MANIFEST.MF":                         "Manifest-Version: 1.0\r\n\r\n",
		"META-INF/maven/" + v.Name + "/pom.properties": fmt.Sprintf("artifactId=%s\ngroupId=%s\nversion=%s\n", artifact, group, v.Version),
		artifact + ".txt":                              fmt.Sprintf("%s@%s, edition %d\n", v.Name, v.Version, edition),
	}
	maps.Copy(files, v.Files)
	var jar bytes.Buffer
	w := zip.NewWriter(&jar)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := w.Create(name)
		if err != nil {
			return mavenVersion{}, fmt.Errorf("making a jar: %w", err)
		}
		if _, err := entry.Write([]byte(files[name])); err != nil {
			return mavenVersion{}, fmt.Errorf("making a jar: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return mavenVersion{}, fmt.Errorf("making a jar: %w", err)
	}
	return mavenVersion{MavenVersion: v, pom: pom.Bytes(), jar: jar.Bytes(), edition: edition}, nil
}

func (m *Maven) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	var sum func([]byte) string
	for ending, of := range mavenSums {
		if rest, ok := strings.CutSuffix(path, ending); ok {
			path, sum = rest, of
			if of == nil {
				path = "" // asked for, and not there
			}
			m.aside(r.URL.EscapedPath(), ending)
		}
	}
	body, modified := m.find(path)
	if body == nil {
		http.NotFound(w, r)
		return
	}
	if sum != nil {
		body = []byte(sum(body))
	}
	if !modified.IsZero() {
		w.Header().Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(body)
}

// mavenSums are the side files that exist, and those that are only asked for.
var mavenSums = map[string]func([]byte) string{
	".sha1":   func(b []byte) string { s := sha1.Sum(b); return hex.EncodeToString(s[:]) },
	".md5":    func(b []byte) string { s := md5.Sum(b); return hex.EncodeToString(s[:]) },
	".sha256": nil, ".sha512": nil,
}

// aside marks a request for a side file in the log, so that who counts the
// requests for a file (FileMark) does not count those for its digest.
func (m *Maven) aside(path, ending string) {
	m.Server.mu.Lock()
	defer m.Server.mu.Unlock()
	for i := range slices.Backward(m.Server.requests) {
		if q := &m.Server.requests[i]; q.Path == path {
			file := strings.TrimSuffix(path, ending)
			if dot := strings.LastIndexByte(file, '.'); dot >= 0 {
				q.Path = file[:dot] + "~" + file[dot+1:] + ending
			}
			return
		}
	}
}

// find returns the bytes at a path and their date; nil for none.
func (m *Maven) find(path string) ([]byte, time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, p := range m.packages {
		rest, ok := strings.CutPrefix(path, mavenFolder(name)+"/")
		if !ok {
			continue
		}
		if rest == "maven-metadata.xml" && len(p.order) > 0 {
			return p.metadata(name), time.Time{}
		}
		version, file, _ := strings.Cut(rest, "/")
		_, artifact := splitMaven(name)
		v, known := p.versions[version]
		if m.undated {
			v.Published = time.Time{}
		}
		switch {
		case known && file == artifact+"-"+version+".pom":
			return v.pom, v.Published
		case known && file == artifact+"-"+version+".jar":
			return v.jar, v.Published
		}
	}
	return nil, time.Time{}
}

// mavenMetadata is the document of a package's versions.
type mavenMetadata struct {
	XMLName  xml.Name `xml:"metadata"`
	Group    string   `xml:"groupId"`
	Artifact string   `xml:"artifactId"`
	Latest   string   `xml:"versioning>latest,omitempty"`
	Release  string   `xml:"versioning>release,omitempty"`
	Versions []string `xml:"versioning>versions>version"`
	Updated  string   `xml:"versioning>lastUpdated,omitempty"`
}

func (p *mavenPackage) metadata(name string) []byte {
	group, artifact := splitMaven(name)
	d := mavenMetadata{Group: group, Artifact: artifact, Versions: p.order}
	var updated time.Time
	dated := true
	for _, version := range p.order {
		d.Latest = version
		if !strings.Contains(version, "-") || d.Release == "" {
			d.Release = version
		}
		if at := p.versions[version].Published; at.After(updated) {
			updated = at
		} else if at.IsZero() {
			dated = false
		}
	}
	if dated {
		d.Updated = updated.UTC().Format("20060102150405")
	}
	text, err := xml.MarshalIndent(d, "", "  ")
	if err != nil {
		panic("the fake's own metadata cannot be written: " + err.Error())
	}
	return append([]byte(xml.Header), append(text, '\n')...)
}

// sha256Hex is the text of a digest that the fake has no side file of.
func sha256Hex(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

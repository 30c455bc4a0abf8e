package upstream

import (
	"bytes"
	"crypto/md5"  //nolint:gosec // checksum files that Maven asks for
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// mavenDoor answers as a Maven repository: metadata, POM and JAR, each with
// its checksum files
// (https://maven.apache.org/repositories/layout.html).
type mavenDoor struct{ shelf *shelf }

const mediaXML = "text/xml; charset=utf-8"

func (d mavenDoor) answer(_ string, r *http.Request) answer {
	path := strings.TrimPrefix(r.URL.Path, "/")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return mavenNo("this repository is only read")
	}
	path, sum := cutSum(path)
	parts := strings.Split(path, "/")
	if slices.Contains(parts, "") || slices.Contains(parts, "..") {
		return mavenNo("no such path")
	}
	found := d.find(parts)
	if found.status != http.StatusOK || sum == nil {
		return found
	}
	return answer{status: http.StatusOK, media: mediaText, body: []byte(sum(found.body)), modified: found.modified}
}

// cutSum cuts the ending of a checksum file off a path; the function is nil
// where the file itself is meant.
func cutSum(path string) (file string, sum func([]byte) string) {
	for ending, sum := range map[string]func([]byte) string{
		".md5":    func(b []byte) string { s := md5.Sum(b); return hex.EncodeToString(s[:]) },  //nolint:gosec // as above
		".sha1":   func(b []byte) string { s := sha1.Sum(b); return hex.EncodeToString(s[:]) }, //nolint:gosec // as above
		".sha256": func(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) },
		".sha512": func(b []byte) string { s := sha512.Sum512(b); return hex.EncodeToString(s[:]) },
	} {
		if file, ok := strings.CutSuffix(path, ending); ok {
			return file, sum
		}
	}
	return path, nil
}

// find is the file at a path: group/artifact/maven-metadata.xml, or
// group/artifact/version/artifact-version.ending.
func (d mavenDoor) find(parts []string) answer {
	n := len(parts)
	if n >= 3 && parts[n-1] == "maven-metadata.xml" {
		return d.metadata(strings.Join(parts[:n-2], "."), parts[n-2])
	}
	if n < 4 {
		return mavenNo("no such path")
	}
	group, artifact, number := strings.Join(parts[:n-3], "."), parts[n-3], parts[n-2]
	v := d.shelf.one(group+"/"+artifact, number)
	if v == nil {
		return mavenNo("no such version")
	}
	switch strings.TrimPrefix(parts[n-1], artifact+"-"+number) {
	case ".pom":
		return xmlAnswer(v.pom(group, artifact), v.published)
	case ".jar":
		return answer{status: http.StatusOK, media: "application/java-archive", body: v.body, modified: v.published}
	}
	return mavenNo("no such file")
}

// metadata is what maven-metadata.xml says of an artifact.
type metadata struct {
	XMLName    xml.Name `xml:"metadata"`
	Group      string   `xml:"groupId"`
	Artifact   string   `xml:"artifactId"`
	Versioning struct {
		Latest   string   `xml:"latest"`
		Release  string   `xml:"release"`
		Versions []string `xml:"versions>version"`
		Updated  string   `xml:"lastUpdated"`
	} `xml:"versioning"`
}

func (d mavenDoor) metadata(group, artifact string) answer {
	versions := d.shelf.find(group + "/" + artifact)
	if len(versions) == 0 {
		return mavenNo("no such artifact")
	}
	m, updated := metadata{Group: group, Artifact: artifact}, time.Time{}
	m.Versioning.Latest, m.Versioning.Release = newest(versions)
	for _, v := range versions {
		m.Versioning.Versions = append(m.Versioning.Versions, v.release.Version)
		if v.published.After(updated) {
			updated = v.published
		}
	}
	m.Versioning.Updated = updated.Format("20060102150405")
	return xmlAnswer(m, updated)
}

// project is a POM.
type project struct {
	XMLName      xml.Name      `xml:"http://maven.apache.org/POM/4.0.0 project"`
	Model        string        `xml:"modelVersion"`
	Group        string        `xml:"groupId"`
	Artifact     string        `xml:"artifactId"`
	Version      string        `xml:"version"`
	Packaging    string        `xml:"packaging"`
	Description  string        `xml:"description"`
	Dependencies []mavenNeeded `xml:"dependencies>dependency"`
}

// mavenNeeded is a dependency in a POM.
type mavenNeeded struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Version  string `xml:"version"`
}

func (v *version) pom(group, artifact string) project {
	p := project{
		Model: "4.0.0", Group: group, Artifact: artifact, Version: v.release.Version, Packaging: "jar",
		Description: "offered by a trial",
	}
	for _, name := range slices.Sorted(maps.Keys(v.release.Dependencies)) {
		group, artifact, _ := strings.Cut(name, "/")
		p.Dependencies = append(p.Dependencies, mavenNeeded{group, artifact, v.release.Dependencies[name]})
	}
	return p
}

func xmlAnswer(document any, modified time.Time) answer {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(document); err != nil {
		return answer{status: http.StatusInternalServerError, media: mediaText, body: []byte("the document cannot be written")}
	}
	return answer{status: http.StatusOK, media: mediaXML, body: b.Bytes(), modified: modified}
}

func mavenNo(why string) answer {
	return answer{status: http.StatusNotFound, media: mediaText, body: []byte(why + "\n")}
}

package maven

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"assay.invalid/internal/scorecard/protocol/asking"
)

// metadata is a maven-metadata.xml of an artifact.
type metadata struct {
	XMLName    xml.Name `xml:"metadata"`
	Group      string   `xml:"groupId"`
	Artifact   string   `xml:"artifactId"`
	Versioning struct {
		Latest   string   `xml:"latest,omitempty"`
		Release  string   `xml:"release,omitempty"`
		Versions []string `xml:"versions>version"`
		Updated  string   `xml:"lastUpdated"`
	} `xml:"versioning"`
}

// project is what is read of a POM.
type project struct {
	XMLName   xml.Name `xml:"project"`
	Group     string   `xml:"groupId"`
	Artifact  string   `xml:"artifactId"`
	Version   string   `xml:"version"`
	Packaging string   `xml:"packaging"`
	Homepage  string   `xml:"url"`
	Parent    struct {
		Group   string `xml:"groupId"`
		Version string `xml:"version"`
	} `xml:"parent"`
	SCM struct {
		URL string `xml:"url"`
	} `xml:"scm"`
	Developers []struct {
		Email string `xml:"email"`
	} `xml:"developers>developer"`
	Dependencies []struct {
		Group    string `xml:"groupId"`
		Artifact string `xml:"artifactId"`
		Version  string `xml:"version"`
	} `xml:"dependencies>dependency"`
}

// decode reads one XML document. One with a DOCTYPE is refused before anything
// is made of it: entities in it could grow without end, or name files.
func decode(body []byte, into any) error {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "iso-8859-1", "latin1", "us-ascii", "windows-1252":
			return &latin1{from: r}, nil
		}
		return nil, fmt.Errorf("it is written in %q", charset)
	}
	for {
		token, err := d.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("it has a DOCTYPE, which no such document needs")
		case xml.StartElement:
			return d.DecodeElement(into, &t)
		}
	}
}

// latin1 reads text of one byte a letter as UTF-8.
type latin1 struct {
	from io.Reader
	left []byte
}

func (l *latin1) Read(p []byte) (int, error) {
	if len(l.left) == 0 {
		buffer := make([]byte, 1024)
		n, err := l.from.Read(buffer)
		for _, b := range buffer[:n] {
			l.left = append(l.left, string(rune(b))...)
		}
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, l.left)
	l.left = l.left[n:]
	return n, nil
}

// readMetadata reads the metadata of an artifact.
func readMetadata(of artifact, body []byte, most int) (metadata, error) {
	var m metadata
	if err := decode(body, &m); err != nil {
		return metadata{}, err
	}
	// Old ones leave the names out.
	if group, id := strings.TrimSpace(m.Group), strings.TrimSpace(m.Artifact); group != "" && group != of.group || id != "" && id != of.id {
		return metadata{}, fmt.Errorf("it is about %q", asking.Typed(group+":"+id))
	}
	if len(m.Versioning.Versions) > most {
		return metadata{}, fmt.Errorf("it lists %d versions, which is more than %d", len(m.Versioning.Versions), most)
	}
	for i, v := range m.Versioning.Versions {
		v = strings.TrimSpace(v)
		if !isVersion(v) {
			return metadata{}, fmt.Errorf("it lists %q, which is no version that can be asked for", asking.Typed(v))
		}
		m.Versioning.Versions[i] = v
	}
	m.Versioning.Release, m.Versioning.Latest = strings.TrimSpace(m.Versioning.Release), strings.TrimSpace(m.Versioning.Latest)
	return m, nil
}

// readPOM reads the POM of a version; false if it is none.
func readPOM(of artifact, body []byte) (project, bool) {
	var p project
	if decode(body, &p) != nil || strings.TrimSpace(p.Artifact) != of.id {
		return project{}, false
	}
	p.Packaging = strings.TrimSpace(p.Packaging)
	return p, true
}

// composeMetadata writes metadata as it is deployed.
func composeMetadata(m metadata, now time.Time) ([]byte, error) {
	m.Versioning.Updated = now.UTC().Format("20060102150405")
	m.XMLName = xml.Name{Local: "metadata"}
	text, err := xml.MarshalIndent(m, "", "  ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

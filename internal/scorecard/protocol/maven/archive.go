package maven

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/packing"
)

// Archive implements scorecard.Protocol: a jar, which says inside what it is.
// Installing one runs nothing, so scripts are left out.
func (protocol) Archive(r scorecard.Release) ([]byte, error) {
	entries, err := entries(r, r.Name)
	if err != nil {
		return nil, err
	}
	return packing.Zip(entries)
}

// Spoiled implements scorecard.Protocol.
func (protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	inside := r.Name
	switch how {
	case scorecard.OtherName:
		inside += "-another"
	case scorecard.NoArchive, scorecard.CutShort, scorecard.Climbing, scorecard.Absolute, scorecard.LinkOutside, scorecard.TwiceInside:
	default:
		return nil, assay.Errorf(assay.Invalid, "a jar cannot be spoiled by %q", string(how))
	}
	all, err := entries(r, inside)
	if err != nil {
		return nil, err
	}
	whole, err := packing.Zip(packing.Spoil(all, "", how))
	if err != nil {
		return nil, err
	}
	return packing.Whole(whole, how), nil
}

// entries are the manifest, the POM and the files of a release, under the name
// that is to stand inside.
func entries(r scorecard.Release, name string) ([]packing.Entry, error) {
	of, ok := readName(name)
	if !ok {
		return nil, assay.Errorf(assay.Invalid, "%q is no group/artifact", name)
	}
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string]string{}
	}
	folder := "META-INF/maven/" + of.group + "/" + of.id + "/"
	described, err := pom(r, of)
	if err != nil {
		return nil, err
	}
	files[folder+"pom.xml"] = string(described)
	files[folder+"pom.properties"] = fmt.Sprintf("groupId=%s\nartifactId=%s\nversion=%s\n", of.group, of.id, r.Version)
	all, err := packing.Files("", files)
	if err != nil {
		return nil, err
	}
	return append([]packing.Entry{{Name: "META-INF/MANIFEST.MF", Text: "Manifest-Version: 1.0\r\nCreated-By: assay-score\r\n\r\n"}}, all...), nil
}

// sent is a POM as it is deployed.
type sent struct {
	XMLName      xml.Name      `xml:"project"`
	Space        string        `xml:"xmlns,attr"`
	Model        string        `xml:"modelVersion"`
	Group        string        `xml:"groupId"`
	Artifact     string        `xml:"artifactId"`
	Version      string        `xml:"version"`
	Packaging    string        `xml:"packaging"`
	Description  string        `xml:"description"`
	Homepage     string        `xml:"url,omitempty"`
	Developers   []developer   `xml:"developers>developer,omitempty"`
	SCM          *scm          `xml:"scm"`
	Dependencies []sentDepends `xml:"dependencies>dependency,omitempty"`
}

type developer struct {
	Email string `xml:"email"`
}

type scm struct {
	URL string `xml:"url"`
}

type sentDepends struct {
	Group    string `xml:"groupId"`
	Artifact string `xml:"artifactId"`
	Version  string `xml:"version"`
}

// pom is the POM of a release.
func pom(r scorecard.Release, of artifact) ([]byte, error) {
	p := sent{
		Space: "http://maven.apache.org/POM/4.0.0", Model: "4.0.0", Group: of.group, Artifact: of.id, Version: r.Version,
		Packaging: "jar", Description: "Made by a trial of a scorecard, to be removed when it is over.", Homepage: r.Homepage,
	}
	if r.Mail != "" {
		p.Developers = []developer{{r.Mail}}
	}
	if r.Repository != "" {
		p.SCM = &scm{r.Repository}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Dependencies)) {
		group, id, _ := strings.Cut(name, "/")
		p.Dependencies = append(p.Dependencies, sentDepends{group, id, r.Dependencies[name]})
	}
	text, err := xml.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the POM of %s cannot be written", r.Name)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

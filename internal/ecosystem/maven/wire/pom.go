package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/assay"
)

// POM is what Assay reads of a project's description.
type POM struct {
	GroupID, ArtifactID, Version string
	Packaging                    string
	Title, Description, URL      string
	Parent                       *Project
	Licenses                     []License
	Dependencies                 []Dependency
}

// Project names a project version.
type Project struct {
	GroupID    string `json:"groupId"`
	ArtifactID string `json:"artifactId"`
	Version    string `json:"version,omitempty"`
}

// License is one licence of a POM.
type License struct {
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Dependency is one dependency of a POM, as it is written there: properties
// and what a parent manages are not resolved.
type Dependency struct {
	Project
	Type       string `json:"type,omitempty"`
	Classifier string `json:"classifier,omitempty"`
	Scope      string `json:"scope,omitempty"`
	Optional   string `json:"optional,omitempty"`
}

// DecodePOM reads a POM. The errors are plain: the caller knows whether an
// upstream or a publisher sent it.
func DecodePOM(document io.Reader, limits Limits) (*POM, error) {
	p := &POM{}
	var parent Project
	var license License
	var dependency Dependency
	texts := map[string]*string{
		"project/groupId": &p.GroupID, "project/artifactId": &p.ArtifactID, "project/version": &p.Version,
		"project/packaging": &p.Packaging, "project/name": &p.Title, "project/description": &p.Description, "project/url": &p.URL,
		"project/parent/groupId": &parent.GroupID, "project/parent/artifactId": &parent.ArtifactID, "project/parent/version": &parent.Version,
		"project/licenses/license/name": &license.Name, "project/licenses/license/url": &license.URL,
		"project/dependencies/dependency/groupId": &dependency.GroupID, "project/dependencies/dependency/artifactId": &dependency.ArtifactID,
		"project/dependencies/dependency/version": &dependency.Version, "project/dependencies/dependency/type": &dependency.Type,
		"project/dependencies/dependency/classifier": &dependency.Classifier, "project/dependencies/dependency/scope": &dependency.Scope,
		"project/dependencies/dependency/optional": &dependency.Optional,
	}
	seen := map[string]bool{}
	entries := limits.Entries
	err := reading{limits: limits, limit: limits.POM,
		opened: func(path string) error {
			switch path {
			case "project/licenses/license", "project/dependencies/dependency":
				for member := range seen {
					if strings.HasPrefix(member, path+"/") {
						delete(seen, member)
					}
				}
				license, dependency = License{}, Dependency{}
				if entries--; entries < 0 {
					return fmt.Errorf("it has more than %d dependencies and licences", limits.Entries)
				}
				return nil
			case "project", "project/parent", "project/licenses", "project/dependencies":
			default:
				if !strings.HasPrefix(path, "project/") {
					return fmt.Errorf("its root element is %q, not project", short(path))
				}
				if texts[path] == nil {
					return nil
				}
			}
			if seen[path] {
				return twice(path)
			}
			seen[path] = true
			return nil
		},
		closed: func(path, text string) error {
			if to := texts[path]; to != nil {
				*to = text
			}
			switch path {
			case "project/parent":
				p.Parent = &parent
			case "project/licenses/license":
				p.Licenses = append(p.Licenses, license)
			case "project/dependencies/dependency":
				p.Dependencies = append(p.Dependencies, dependency)
			}
			return nil
		},
	}.walk(document)
	if errors.Is(err, errTooLong) {
		return nil, fmt.Errorf("it has more than %d bytes", limits.POM)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// group and version may be inherited from the parent.
func (p *POM) group() string {
	if p.GroupID == "" && p.Parent != nil {
		return p.Parent.GroupID
	}
	return p.GroupID
}

func (p *POM) version() string {
	if p.Version == "" && p.Parent != nil {
		return p.Parent.Version
	}
	return p.Version
}

// Is tells whether the POM is that of a package's version. Maven reads a POM
// by its path and believes what stands in it: one that names other
// coordinates would be listed, licensed and searched for advisories under one
// name and used under another. A value with a property in it (${revision})
// can mean anything and is not held against the path.
func (p *POM) Is(name, version string) error {
	group, artifact := Split(name)
	for _, field := range []struct{ what, is, want string }{
		{"groupId", p.group(), group}, {"artifactId", p.ArtifactID, artifact}, {"version", p.version(), version},
	} {
		switch {
		case field.is == field.want || strings.Contains(field.is, "${"):
		case field.is == "":
			return fmt.Errorf("it has no %s", field.what)
		default:
			return fmt.Errorf("its %s is %q and not %s", field.what, short(field.is), field.want)
		}
	}
	return nil
}

// Manifest is what is kept of a POM beside it, as JSON.
func (p *POM) Manifest(name, version string) ([]byte, error) {
	m := struct {
		Name         string       `json:"name"`
		Version      string       `json:"version"`
		Title        string       `json:"title,omitempty"`
		Description  string       `json:"description,omitempty"`
		Homepage     string       `json:"homepage,omitempty"`
		Packaging    string       `json:"packaging,omitempty"`
		License      string       `json:"license,omitempty"`
		Licenses     []License    `json:"licenses,omitempty"`
		Parent       *Project     `json:"parent,omitempty"`
		Dependencies []Dependency `json:"dependencies,omitempty"`
	}{Name: name, Version: version, Title: p.Title, Description: p.Description, Homepage: p.URL, Packaging: p.Packaging,
		Licenses: p.Licenses, Parent: p.Parent, Dependencies: p.Dependencies}
	if m.Description == "" {
		m.Description = p.Title
	}
	names := make([]string, 0, len(p.Licenses))
	for _, l := range p.Licenses {
		if l.Name != "" {
			names = append(names, l.Name)
		}
	}
	m.License = strings.Join(names, " or ") // a POM with several offers a choice
	text, err := json.Marshal(m)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "what the POM of %s says cannot be kept", name)
	}
	return text, nil
}

// Packaging reads the packaging out of what Manifest wrote; "" where it does
// not say, which means a jar.
func Packaging(manifest []byte) string {
	var m struct {
		Packaging string `json:"packaging"`
	}
	if json.Unmarshal(manifest, &m) != nil {
		return ""
	}
	return m.Packaging
}

// Prefix is the word by which a plugin is called, as its artifactId says it
// by Maven's convention.
func Prefix(artifact string) string {
	if p, ok := strings.CutSuffix(artifact, "-maven-plugin"); ok && p != "" {
		return p
	}
	rest, ok := strings.CutPrefix(artifact, "maven-")
	if p, end := strings.CutSuffix(rest, "-plugin"); ok && end && p != "" {
		return p
	}
	return artifact
}

package adopt

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// settingsFile is the part of a settings.xml that says where packages come
// from (https://maven.apache.org/settings.html). Its servers, which hold
// passwords, are not read.
type settingsFile struct {
	Mirrors        []mavenMirror  `xml:"mirrors>mirror"`
	Profiles       []mavenProfile `xml:"profiles>profile"`
	ActiveProfiles []string       `xml:"activeProfiles>activeProfile"`
}

type mavenMirror struct {
	ID       string `xml:"id"`
	MirrorOf string `xml:"mirrorOf"`
	URL      string `xml:"url"`
	Blocked  string `xml:"blocked"`
}

type mavenProfile struct {
	ID     string `xml:"id"`
	Active string `xml:"activation>activeByDefault"`
	mavenProject
}

// mavenProject is the repositories of a project, or a profile.
type mavenProject struct {
	Repositories       []mavenRepository `xml:"repositories>repository"`
	PluginRepositories []mavenRepository `xml:"pluginRepositories>pluginRepository"`
}

type mavenRepository struct {
	ID     string `xml:"id"`
	URL    string `xml:"url"`
	Layout string `xml:"layout"`
}

// mavenSettings are the files in force, the dominant one first.
type mavenSettings []settingsFile

// parseSettings reads a settings.xml. Errors do not quote it.
func parseSettings(text []byte) (settingsFile, error) {
	var s settingsFile
	if err := decodeXML(text, &s); err != nil {
		return settingsFile{}, err
	}
	for i := range s.Mirrors {
		m := &s.Mirrors[i]
		m.ID, m.MirrorOf, m.URL, m.Blocked = trim(m.ID), trim(m.MirrorOf), trim(m.URL), trim(m.Blocked)
	}
	for i := range s.Profiles {
		p := &s.Profiles[i]
		p.ID, p.Active = trim(p.ID), trim(p.Active)
		p.mavenProject.trim()
	}
	for i, id := range s.ActiveProfiles {
		s.ActiveProfiles[i] = trim(id)
	}
	return s, nil
}

func (p *mavenProject) trim() {
	for _, list := range [][]mavenRepository{p.Repositories, p.PluginRepositories} {
		for i := range list {
			r := &list[i]
			r.ID, r.URL, r.Layout = trim(r.ID), trim(r.URL), trim(r.Layout)
		}
	}
}

func trim(s string) string { return strings.TrimSpace(s) }

// decodeXML reads a document that is at most nested as settings are. A
// document type is refused: nothing that declares entities is needed here.
func decodeXML(text []byte, into any) error {
	d := newXML(text)
	for depth := 0; ; {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return assay.Errorf(assay.Unsound, "it is no XML document")
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return assay.Errorf(assay.Unsound, "it declares a document type")
		}
		if depth > 100 {
			return assay.Errorf(assay.Unsound, "its elements are nested too deep")
		}
	}
	if err := newXML(text).Decode(into); err != nil {
		return assay.Errorf(assay.Unsound, "it is no XML document")
	}
	return nil
}

func newXML(text []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "us-ascii", "iso-8859-1", "iso8859-1", "latin1", "windows-1252":
			raw, err := io.ReadAll(input)
			if err != nil {
				return nil, err
			}
			runes := make([]rune, len(raw)) // each byte is the character of its number
			for i, b := range raw {
				runes[i] = rune(b)
			}
			return strings.NewReader(string(runes)), nil
		}
		return nil, assay.Errorf(assay.Unsound, "its characters are encoded in an unknown way")
	}
	return d
}

// interpolate puts variables of the environment into addresses, as Maven
// does; what it does not know it leaves.
func (s *settingsFile) interpolate(env []string) {
	fill := func(text *string) {
		var b strings.Builder
		rest := *text
		for {
			before, after, ok := strings.Cut(rest, "${")
			name, behind, closed := strings.Cut(after, "}")
			b.WriteString(before)
			if !ok {
				break
			}
			value := ""
			if key, isEnv := strings.CutPrefix(name, "env."); isEnv && closed {
				value = variable(env, key)
			}
			if value == "" {
				b.WriteString("${" + after)
				break
			}
			b.WriteString(value)
			rest = behind
		}
		*text = b.String()
	}
	for i := range s.Mirrors {
		fill(&s.Mirrors[i].URL)
	}
	for i := range s.Profiles {
		for _, list := range [][]mavenRepository{s.Profiles[i].Repositories, s.Profiles[i].PluginRepositories} {
			for j := range list {
				fill(&list[j].URL)
			}
		}
	}
}

// mirrorOf returns the mirror of a repository and the layer it is in, -1 if
// there is none. A mirror of exactly that repository goes before one of a
// pattern, and of mirrors with the same id the dominant layer's is meant
// (https://maven.apache.org/guides/mini/guide-mirror-settings.html).
func (s mavenSettings) mirrorOf(r mavenRepository) (mavenMirror, int) {
	for _, exact := range []bool{true, false} {
		seen := map[string]bool{}
		for layer, file := range s {
			for _, m := range file.Mirrors {
				if m.ID != "" && seen[m.ID] {
					continue
				}
				seen[m.ID] = true
				if exact && m.MirrorOf == r.ID || !exact && m.covers(r) {
					return m, layer
				}
			}
		}
	}
	return mavenMirror{}, -1
}

// covers tells whether a mirror's pattern means the repository.
func (m mavenMirror) covers(r mavenRepository) bool {
	covers := false
	for part := range strings.SplitSeq(m.MirrorOf, ",") {
		switch part = trim(part); {
		case part == "!"+r.ID:
			return false
		case part == r.ID:
			return true
		case part == "*", part == "external:*" && r.external(), part == "external:http:*" && r.external() && strings.HasPrefix(strings.ToLower(r.URL), "http:"):
			covers = true
		}
	}
	return covers
}

// external tells whether a repository is on another machine.
func (r mavenRepository) external() bool {
	u, err := url.Parse(r.URL)
	return err != nil || u.Scheme != "file" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1"
}

// active are the profiles that are in force without a project. Those that
// depend on the machine or on files are left to whoever sets an upstream by
// hand.
func (s mavenSettings) active(layer int) []mavenProfile {
	var named []string
	for _, file := range s {
		named = append(named, file.ActiveProfiles...)
	}
	return slices.DeleteFunc(slices.Clone(s[layer].Profiles), func(p mavenProfile) bool {
		return p.Active != "true" && (p.ID == "" || !slices.Contains(named, p.ID))
	})
}

// redefined returns a repository of the same id in a profile in force, and
// the layer it is in, -1 if there is none.
func (s mavenSettings) redefined(r mavenRepository) (mavenRepository, int) {
	for layer := range s {
		for _, p := range s.active(layer) {
			for _, own := range slices.Concat(p.Repositories, p.PluginRepositories) {
				if own.ID == r.ID && own.URL != "" {
					return own, layer
				}
			}
		}
	}
	return mavenRepository{}, -1
}

// others says which repositories of profiles in force are not taken over.
func (s mavenSettings) others(project mavenProject) (notes []string) {
	known := map[string]bool{}
	for _, r := range slices.Concat(project.Repositories, project.PluginRepositories) {
		known[r.ID] = true
	}
	for layer := range s {
		for _, p := range s.active(layer) {
			for _, r := range slices.Concat(p.Repositories, p.PluginRepositories) {
				if _, mirrored := s.mirrorOf(r); known[r.ID] || mirrored >= 0 || len(notes) >= 20 {
					continue
				}
				known[r.ID] = true
				notes = append(notes, fmt.Sprintf("the repository %s of the profile %s is not taken over: if packages come from it, set the upstreams by hand", shownName(r.ID), shownName(p.ID)))
			}
		}
	}
	return notes
}

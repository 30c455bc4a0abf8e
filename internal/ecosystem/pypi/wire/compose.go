package wire

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Manifest is what is kept of a release beside its files, as JSON.
type Manifest struct {
	Name           string   `json:"name"` // as its author spells it
	Version        string   `json:"version"`
	Description    string   `json:"description,omitempty"`
	RequiresPython string   `json:"requires_python,omitempty"`
	RequiresDist   []string `json:"requires_dist,omitempty"`
}

// Manifest is what the file itself says.
func (c *Contents) Manifest() Manifest {
	return Manifest{Name: c.Name, Version: c.Version, Description: plain(c.Summary), RequiresPython: c.RequiresPython, RequiresDist: c.RequiresDist}
}

// Sent makes a manifest of what stands in an upload's form, and of what
// stands in the file where the form says nothing.
func Sent(form *Form, inside *Contents) Manifest {
	m := Manifest{Name: form.Get("name"), Version: form.Get("version"), Description: plain(form.Get("summary")),
		RequiresPython: strings.TrimSpace(form.Get("requires_python")), RequiresDist: form.Values("requires_dist")}
	own := inside.Manifest()
	if m.Description == "" {
		m.Description = own.Description
	}
	if m.RequiresPython == "" {
		m.RequiresPython = own.RequiresPython
	}
	if len(m.RequiresDist) == 0 {
		m.RequiresDist = own.RequiresDist
	}
	return m
}

// Disagreements name the fields in which a manifest and the metadata in the
// archive would lead somebody to install something else.
func (c *Contents) Disagreements(m Manifest) []string {
	var fields []string
	if normalise(strings.TrimSpace(m.Name)) != normalise(c.Name) {
		fields = append(fields, "Name")
	}
	if (Grammar{}).Compare(m.Version, c.Version) != 0 {
		fields = append(fields, "Version")
	}
	if squeeze(m.RequiresPython) != squeeze(c.RequiresPython) {
		fields = append(fields, "Requires-Python")
	}
	if !slices.Equal(squeezed(m.RequiresDist), squeezed(c.RequiresDist)) {
		fields = append(fields, "Requires-Dist")
	}
	return fields
}

// squeeze takes out white space and quotation marks' kinds, in which writers
// of the same requirement differ.
func squeeze(s string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(s), ""), `"`, "'")
}

func squeezed(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = squeeze(s)
	}
	slices.Sort(out)
	return out
}

// Hosted is one file of a project that is published here.
type Hosted struct {
	Name           string
	Size           int64
	Uploaded       time.Time
	RequiresPython string
	Digests        []assay.Digest
}

// hostedBase stands before the files of a composed page. It is never asked:
// rendering puts the place's own address there.
const hostedBase = "http://hosted.invalid/"

// Compose writes the page of a project in the JSON form from its files. A
// file's metadata (PEP 658) is the one that lies beside it under its name. It
// is what Read reads.
func Compose(project string, files []Hosted) ([]byte, error) {
	metadata := map[string]assay.Digest{}
	for i := range files {
		if main, ok := MetadataOf(files[i].Name); ok {
			metadata[main] = sha256Of(files[i].Digests)
		}
	}
	var b bytes.Buffer
	w := newWriter(&b)
	w.text(`{"meta":{"api-version":"`, apiFull, `"},"name":`)
	w.quote(project)
	w.text(`,"files":[`)
	first := true
	for i := range files {
		f := &files[i]
		if _, beside := MetadataOf(f.Name); beside {
			continue
		}
		d := sha256Of(f.Digests)
		if d == "" {
			return nil, assay.Errorf(assay.Internal, "%s of %s has no digest that an installer could check", f.Name, project)
		}
		if !first {
			w.text(",")
		}
		first = false
		if err := w.hosted(project, f, d, metadata[f.Name]); err != nil {
			return nil, err
		}
	}
	w.text("]}")
	if err := w.finish(nil); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (w *writer) hosted(project string, f *Hosted, d, metadata assay.Digest) error {
	type hashes map[string]string
	entry := struct {
		Name           string `json:"filename"`
		URL            string `json:"url"`
		Hashes         hashes `json:"hashes"`
		RequiresPython string `json:"requires-python,omitempty"`
		Size           int64  `json:"size"`
		Uploaded       string `json:"upload-time"`
		Metadata       hashes `json:"core-metadata,omitempty"`
	}{f.Name, FileURL(hostedBase, project, f.Name), hashes{"sha256": d.Value()}, f.RequiresPython, f.Size, UploadTime(f.Uploaded), nil}
	if metadata != "" {
		entry.Metadata = hashes{"sha256": metadata.Value()}
	}
	text, err := json.Marshal(entry)
	if err != nil {
		return assay.Wrap(assay.Internal, err, "writing the entry of %s", f.Name)
	}
	w.text(string(text))
	return w.err
}

func sha256Of(digests []assay.Digest) assay.Digest {
	for _, d := range digests {
		if d.Algorithm() == "sha256" {
			return d
		}
	}
	return ""
}

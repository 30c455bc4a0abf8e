package catalogue

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed version.yaml incidents.yaml outcomes/*.yaml
var files embed.FS

// Current is the catalogue of this build. It is read once and shared: do not
// change it.
var Current = sync.OnceValues(func() (*Catalogue, error) { return Load(files) })

// Load reads a catalogue from a folder. Unknown keys, doubled ids and
// references that lead nowhere are errors that name the file.
func Load(from fs.FS) (*Catalogue, error) {
	var c Catalogue
	if err := decode(from, "version.yaml", &c); err != nil {
		return nil, err
	}
	if c.Version == "" {
		return nil, errors.New("version.yaml: no version stands there")
	}
	var incidents []Incident
	if err := decode(from, "incidents.yaml", &incidents); err != nil {
		return nil, err
	}
	c.Incidents = map[string]Incident{}
	for _, i := range incidents {
		if _, twice := c.Incidents[i.ID]; twice {
			return nil, fmt.Errorf("incidents.yaml: %s stands there twice", i.ID)
		}
		c.Incidents[i.ID] = i
	}
	names, err := fs.Glob(from, "outcomes/*.yaml")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		var o Outcome
		if err := decode(from, name, &o); err != nil {
			return nil, err
		}
		if want := o.file(); name != want {
			return nil, fmt.Errorf("%s: the file of outcome %d is named %s", name, o.Number, want)
		}
		c.Outcomes = append(c.Outcomes, o)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return &c, nil
}

// file is where an outcome stands.
func (o Outcome) file() string { return fmt.Sprintf("outcomes/%02d-%s.yaml", o.Number, o.ID) }

func decode(from fs.FS, name string, into any) error {
	raw, err := fs.ReadFile(from, name)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: %w", name, err)
	}
	// What followed in a second document would be passed over in silence.
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more follows after the document", name)
	}
	return nil
}

// check finds what the types cannot.
func (c *Catalogue) check() error {
	seen := map[string]string{} // ids, and the files that they stand in
	var wrong []error
	for i, o := range c.Outcomes {
		file := o.file()
		if o.Number != i+1 {
			wrong = append(wrong, fmt.Errorf("%s: outcome %d should stand before it", file, i+1))
		}
		for _, k := range o.Capabilities {
			if first, twice := seen[k.ID]; twice {
				wrong = append(wrong, fmt.Errorf("%s: %s stands there twice, first in %s", file, k.ID, first))
			} else {
				seen[k.ID] = file
			}
			for _, id := range k.Why.Incidents {
				if _, ok := c.Incidents[id]; !ok {
					wrong = append(wrong, fmt.Errorf("%s: %s: there is no incident %s", file, k.ID, id))
				}
			}
			for _, e := range k.Examples {
				if err := e.Citation.check(); err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %s, example %s: %w", file, k.ID, e.Repository, err))
				}
			}
		}
	}
	return errors.Join(wrong...)
}

func (c Citation) check() error {
	if (c.URL == "") == (c.Where == "") {
		return errors.New("a citation has an address or says where it is, and not both")
	}
	if !slices.ContainsFunc(dateLayouts, func(l string) bool { _, err := time.Parse(l, c.Date); return err == nil }) {
		return fmt.Errorf("%q is no date", c.Date)
	}
	return nil
}

// Capability finds one by its id.
func (c *Catalogue) Capability(id string) (Capability, bool) {
	for _, o := range c.Outcomes {
		for _, k := range o.Capabilities {
			if k.ID == id {
				return k, true
			}
		}
	}
	return Capability{}, false
}

// All are the capabilities in the order of the catalogue.
func (c *Catalogue) All() []Capability {
	var out []Capability
	for _, o := range c.Outcomes {
		out = append(out, o.Capabilities...)
	}
	return out
}

// Digest is the SHA-256 of the catalogue's content, in hex: two that agree in
// it ask for the same, word by word.
func (c *Catalogue) Digest() string {
	raw, err := json.Marshal(c)
	if err != nil {
		// Strings, numbers and slices of them: there is nothing to fail.
		panic(err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

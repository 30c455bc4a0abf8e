package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"assay.invalid/internal/assay"
)

// Said is what the Cargo.toml in a crate says of it.
type Said struct {
	Name, Version string
	links, rust   string
	features      map[string][]string
	deps          map[string]saidDep // by kind, target and name
	odd           []string           // fields that no packed Cargo.toml has
}

// saidDep is a dependency in the words of an upload.
type saidDep struct {
	Dependency
	index string // registry-index: "" means Cargo's default registry
}

// ReadManifest reads the Cargo.toml of a crate in the form that cargo package
// gives it. Errors are Invalid.
func ReadManifest(raw []byte) (*Said, error) {
	var m map[string]any
	if err := toml.Unmarshal(raw, &m); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the Cargo.toml in the crate cannot be read: %s", brief(err))
	}
	s := &Said{features: map[string][]string{}, deps: map[string]saidDep{}}
	pkg, ok := m["package"].(map[string]any)
	if !ok {
		return nil, assay.Errorf(assay.Invalid, "the Cargo.toml in the crate has no [package]: make the crate with cargo package")
	}
	s.Name, s.Version = s.word(pkg, "package.", "name"), s.word(pkg, "package.", "version")
	s.links, s.rust = s.word(pkg, "package.", "links"), s.word(pkg, "package.", "rust-version")
	if features, ok := m["features"].(map[string]any); ok {
		for name, v := range features {
			s.features[name] = s.words("features."+clip(name, 60), v)
		}
	} else if m["features"] != nil {
		s.odd = append(s.odd, "features")
	}
	s.sections(m, "")
	if targets, ok := m["target"].(map[string]any); ok {
		for target, v := range targets {
			if section, ok := v.(map[string]any); ok {
				s.sections(section, target)
			} else {
				s.odd = append(s.odd, "target."+clip(target, 60))
			}
		}
	} else if m["target"] != nil {
		s.odd = append(s.odd, "target")
	}
	return s, nil
}

// sectionKinds are the tables of dependencies, and their kinds. Those with an
// underscore are old spellings, which Cargo reads and cargo package replaces.
var sectionKinds = []struct{ table, kind string }{
	{"dependencies", "normal"}, {"dev-dependencies", "dev"}, {"build-dependencies", "build"},
	{"dev_dependencies", "dev"}, {"build_dependencies", "build"},
}

func (s *Said) sections(m map[string]any, target string) {
	for _, section := range sectionKinds {
		switch table := m[section.table].(type) {
		case nil:
		case map[string]any:
			for name, v := range table {
				s.dependency(section.table+"."+clip(name, maxName), section.kind, target, name, v)
			}
		default:
			s.odd = append(s.odd, section.table)
		}
	}
}

// packed are the fields of a dependency in a packed Cargo.toml. Others (path,
// git, workspace) say that the crate comes from elsewhere than the registry.
var packed = []string{"version", "features", "optional", "default-features", "package", "registry-index"}

func (s *Said) dependency(field, kind, target, name string, v any) {
	d := saidDep{Dependency: Dependency{Name: name, Kind: kind, Target: target, DefaultFeatures: true}}
	switch v := v.(type) {
	case string:
		d.Requirement = v
	case map[string]any:
		for key := range v {
			if !slices.Contains(packed, key) {
				s.odd = append(s.odd, field+"."+clip(key, 60))
			}
		}
		d.Requirement = s.word(v, field+".", "version")
		d.index = s.word(v, field+".", "registry-index")
		if of := s.word(v, field+".", "package"); of != "" && of != name {
			d.Name, d.Explicit = of, name
		}
		d.Features = s.words(field+".features", v["features"])
		d.Optional = s.truth(v, field+".", "optional", false)
		d.DefaultFeatures = s.truth(v, field+".", "default-features", true)
	default:
		s.odd = append(s.odd, field)
	}
	place := d.place()
	if _, twice := s.deps[place]; twice {
		s.odd = append(s.odd, field)
	}
	s.deps[place] = d
}

func (s *Said) word(m map[string]any, field, key string) string {
	text, ok := m[key].(string)
	if !ok && m[key] != nil {
		s.odd = append(s.odd, field+key)
	}
	return text
}

func (s *Said) truth(m map[string]any, field, key string, otherwise bool) bool {
	is, ok := m[key].(bool)
	if !ok {
		if m[key] != nil {
			s.odd = append(s.odd, field+key)
		}
		return otherwise
	}
	return is
}

func (s *Said) words(field string, v any) []string {
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	var all []string
	for _, e := range list {
		text, isText := e.(string)
		ok = ok && isText
		all = append(all, text)
	}
	if !ok {
		s.odd = append(s.odd, field)
	}
	return all
}

// place tells a crate's dependencies apart. Cargo writes a target's condition
// in its own spacing when it sends it.
func (d *Dependency) place() string {
	return d.Kind + "\x00" + condition(d.Target) + "\x00" + d.key()
}

// condition is a target without the white space outside its quotes, and
// without commas that end a list.
func condition(target string) string {
	var b strings.Builder
	quoted := false
	for _, r := range target {
		switch {
		case r == '"':
			quoted = !quoted
		case !quoted && (r == ' ' || r == '\t'):
			continue
		case !quoted && r == ')':
			text := strings.TrimSuffix(b.String(), ",")
			b.Reset()
			b.WriteString(text)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Disagreements names the fields in which the metadata that were sent would
// mislead about what the crate says. Resolvers and auditors read the one,
// and the compiler is run on the other.
func (s *Said) Disagreements(m *Metadata) []string {
	fields := slices.Clone(s.odd)
	if s.Name != m.Name {
		fields = append(fields, "name")
	}
	if s.Version != m.Version {
		fields = append(fields, "version")
	}
	if s.links != m.Links {
		fields = append(fields, "links")
	}
	if s.rust != m.RustVersion {
		fields = append(fields, "rust-version")
	}
	fields = append(fields, s.dependencyDisagreements(m)...)
	for _, name := range slices.Sorted(maps.Keys(union(s.features, m.Features))) {
		inside, in := s.features[name]
		sent, out := m.Features[name]
		if in != out || !sameSet(inside, sent) {
			fields = append(fields, "features."+clip(name, 60))
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

func (s *Said) dependencyDisagreements(m *Metadata) []string {
	var fields []string
	left := maps.Clone(s.deps)
	own := ownIndex{}
	for i := range m.Deps {
		sent := &m.Deps[i]
		inside, ok := left[sent.place()]
		delete(left, sent.place())
		field := sectionOf(sent.Kind) + "." + clip(sent.key(), maxName)
		if !ok {
			fields = append(fields, field)
			continue
		}
		for what, differs := range map[string]bool{
			"package": inside.Name != sent.Name, "optional": inside.Optional != sent.Optional,
			"default-features": inside.DefaultFeatures != sent.DefaultFeatures, "features": !sameSet(inside.Features, sent.Features),
			"version": !sameRequirement(inside.Requirement, sent.Requirement), "registry": !own.same(inside.index, sent.Registry),
		} {
			if differs {
				fields = append(fields, field+"."+what)
			}
		}
	}
	for _, d := range left {
		fields = append(fields, sectionOf(d.Kind)+"."+clip(d.key(), maxName))
	}
	return fields
}

func sectionOf(kind string) string {
	if kind == "normal" {
		return "dependencies"
	}
	return kind + "-dependencies"
}

// ownIndex remembers the index as which the Cargo.toml names the registry that
// the crate is sent to: the publisher's configuration chose its address, and
// it is the same for all dependencies.
type ownIndex struct{ address string }

// same compares where a dependency comes from. In an upload, no registry means
// the one that it is sent to; in a Cargo.toml, no index means Cargo's default
// registry. To take the one for the other is how a dependency that was meant
// to be public is looked for among private ones, or the reverse.
func (o *ownIndex) same(inside, sent string) bool {
	switch {
	case sent == "":
		if o.address == "" {
			o.address = inside
		}
		return inside != "" && inside == o.address
	case inside == "":
		return defaultIndex(sent)
	}
	return inside == sent
}

// defaultIndex tells the address with which Cargo names its default registry:
// the repository of its index, which the Rust project alone can hold.
func defaultIndex(address string) bool {
	rest, ok := strings.CutPrefix(address, "https://github.com/rust-lang/")
	return ok && strings.HasSuffix(rest, "-index") && !strings.Contains(rest, "/")
}

func sameRequirement(inside, sent string) bool {
	a, errA := parseRequirement(inside)
	b, errB := parseRequirement(sent)
	return errA == nil && errB == nil && a.String() == b.String()
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}

func union(a, b map[string][]string) map[string]bool {
	all := make(map[string]bool, len(a)+len(b))
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}

// CheckManifest makes sure that what was sent can be listed: a version that
// could be published and not be read back would take the crate with it.
func CheckManifest(name string, manifest []byte) (*Metadata, error) {
	m, err := DecodeMetadata(manifest)
	if err != nil {
		return nil, err
	}
	line, err := (&Published{Manifest: manifest, Checksum: assay.NewDigest("sha256", make([]byte, 32))}).line()
	if err != nil {
		return nil, err
	}
	if most := DefaultLimits().Line / 2; len(line) > most {
		return nil, assay.Errorf(assay.TooLarge, "the crate's line in the index would have %d bytes; the limit is %d: it has too many features or dependencies", len(line), most)
	}
	l, keep, err := parseLine(newObject(), line)
	switch {
	case err != nil:
		return nil, assay.Wrap(assay.Invalid, err, "the crate's metadata cannot be listed: %s", brief(err))
	case !keep || strings.ToLower(l.Name) != name || l.Version != m.Version:
		return nil, assay.Errorf(assay.Invalid, "the crate's metadata are those of %s", fmt.Sprintf("%s@%s", l.Name, l.Version))
	}
	return m, nil
}

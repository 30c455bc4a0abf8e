package wire

import (
	"encoding/json"
	"maps"
	"path"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// Said is what a manifest says of the package, as npm understands it: the
// spellings that npm's own normalisation turns into one another are one here.
type Said struct {
	Name, Version string
	fields        map[string]map[string]string // by field, then by name
}

// Inside reads the manifest of a tarball. Errors are Invalid.
func (c *Contents) Inside() (*Said, error) {
	m, err := decodeManifest(c.Manifest)
	if err != nil {
		return nil, err
	}
	c.prepare(m)
	return say(m), nil
}

// Disagreements names the fields in which a manifest that was sent would
// mislead about what the tarball says. Only fields that decide what is
// installed and run count; a resolver reads them where they were sent, and
// the installer obeys those inside. The tarball must hold together with what
// npm adds by itself when it packs.
func (c *Contents) Disagreements(sent []byte) ([]string, error) {
	inside, err := c.Inside()
	if err != nil {
		return nil, err
	}
	m, err := decodeManifest(sent)
	if err != nil {
		return nil, err
	}
	outside := say(m)
	var fields []string
	if inside.Name != outside.Name {
		fields = append(fields, "name")
	}
	if inside.Version != outside.Version {
		fields = append(fields, "version")
	}
	for _, field := range comparedFields {
		a, b := inside.fields[field], outside.fields[field]
		// npm adds this where there is a server.js and no start.
		if field == "scripts" && a["start"] == "" && b["start"] == "node server.js" && slices.Contains(c.Files, "server.js") {
			delete(b, "start")
		}
		for _, key := range slices.Sorted(maps.Keys(union(a, b))) {
			x, inA := a[key]
			y, inB := b[key]
			if inA != inB || x != y {
				fields = append(fields, field+"."+clip(key, 100))
			}
		}
	}
	return fields, nil
}

// comparedFields in the order in which differences are named: what runs
// first.
var comparedFields = []string{"scripts", "bin", "dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"}

func union(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, b)
	return all
}

func decodeManifest(raw []byte) (map[string]any, error) {
	var m map[string]any
	// Duplicate keys, of which this would take the last, were refused before.
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the manifest is no JSON object: %s", brief(err))
	}
	return m, nil
}

// prepare adds what npm adds to a manifest from the files beside it.
func (c *Contents) prepare(m map[string]any) {
	scripts, _ := m["scripts"].(map[string]any)
	text := func(key string) string { s, _ := scripts[key].(string); return s }
	if m["gypfile"] != false && text("install") == "" && text("preinstall") == "" && slices.ContainsFunc(c.Files, isGyp) {
		scripts = maps.Clone(scripts)
		if scripts == nil {
			scripts = map[string]any{}
		}
		scripts["install"] = "node-gyp rebuild"
		m["scripts"] = scripts
	}
	directories, _ := m["directories"].(map[string]any)
	folder, _ := directories["bin"].(string)
	if m["bin"] != nil || folder == "" {
		return
	}
	folder = securePath(folder)
	bin := map[string]any{}
	for _, file := range c.Files {
		rest, ok := strings.CutPrefix(file, folder+"/")
		if folder == "" {
			rest, ok = file, true
		}
		if ok && !strings.HasPrefix(rest, ".") && !strings.Contains(rest, "/.") {
			bin[path.Base(file)] = file
		}
	}
	m["bin"] = bin
}

// isGyp tells a build description in the package's own folder, which makes
// npm compile the package when it is installed.
func isGyp(file string) bool {
	return strings.HasSuffix(file, ".gyp") && !strings.Contains(file, "/") && !strings.HasPrefix(file, ".")
}

func say(m map[string]any) *Said {
	s := &Said{fields: map[string]map[string]string{}}
	s.Name, _ = m["name"].(string)
	s.Name = strings.TrimSpace(s.Name)
	s.Version, _ = m["version"].(string)
	if clean, err := (Grammar{}).Version(s.Version); err == nil {
		s.Version = clean
	}
	optional := dependencies(m["optionalDependencies"])
	regular := dependencies(m["dependencies"])
	// One that stands in both is optional.
	for name := range optional {
		delete(regular, name)
	}
	s.fields["scripts"] = scriptTexts(m["scripts"])
	s.fields["bin"] = binaries(m["bin"], s.Name)
	s.fields["dependencies"] = regular
	s.fields["optionalDependencies"] = optional
	s.fields["peerDependencies"] = dependencies(m["peerDependencies"])
	s.fields["bundleDependencies"] = bundled(m, regular)
	return s
}

// unreadable marks a field of a form that npm would turn into something else.
// Two manifests agree on it when both write it alike.
func unreadable(v any) map[string]string {
	text, err := json.Marshal(v)
	if err != nil { // it was decoded from JSON
		return nil
	}
	return map[string]string{"": string(text)}
}

func dependencies(v any) map[string]string {
	if v == nil {
		return map[string]string{}
	}
	object, ok := v.(map[string]any)
	if !ok {
		return unreadable(v)
	}
	all := make(map[string]string, len(object))
	for name, want := range object {
		if text, ok := want.(string); ok {
			all[name] = source(text)
		}
	}
	return all
}

// source is where a dependency comes from: npm writes the short form of a
// repository, "user/name", with the host in front.
func source(text string) string {
	text = strings.TrimSpace(text)
	if user, repo, ok := strings.Cut(text, "/"); ok && user != "" && !strings.ContainsAny(user, "@:.~") && !strings.Contains(repo, "/") {
		return "github:" + text
	}
	return text
}

func scriptTexts(v any) map[string]string {
	all := map[string]string{}
	object, _ := v.(map[string]any)
	for name, command := range object {
		if text, ok := command.(string); ok {
			all[name] = shortCommand(text)
		}
	}
	return all
}

// shortCommand drops the path to the programs of dependencies, as npm does.
func shortCommand(text string) string {
	rest := strings.TrimPrefix(strings.ReplaceAll(text, `\`, "/"), "./")
	if after, ok := strings.CutPrefix(rest, "node_modules/.bin/"); ok {
		return after
	}
	return text
}

func binaries(v any, name string) map[string]string {
	all := map[string]string{}
	add := func(key, target string) {
		if key, target = path.Base(securePath(key)), securePath(target); key != "." && key != "/" && target != "" {
			all[key] = target
		}
	}
	switch v := v.(type) {
	case nil:
	case string:
		if v != "" {
			add(Unscoped(name), v)
		}
	case []any:
		for _, target := range v {
			if text, ok := target.(string); ok {
				add(text, text)
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if text, ok := v[key].(string); ok {
				add(key, text)
			}
		}
	}
	return all
}

// securePath is a path inside the package, as npm reads what was written.
func securePath(p string) string {
	p = strings.NewReplacer(`\`, "/", ":", "/").Replace(p)
	return strings.TrimPrefix(path.Join("/", p), "/")
}

func bundled(m map[string]any, regular map[string]string) map[string]string {
	v, ok := m["bundleDependencies"]
	if !ok {
		v = m["bundledDependencies"]
	}
	all := map[string]string{}
	switch v := v.(type) {
	case bool:
		if v {
			for name := range regular {
				all[name] = "bundled"
			}
		}
	case []any:
		for _, name := range v {
			if text, ok := name.(string); ok {
				all[text] = "bundled"
			}
		}
	case map[string]any:
		for name := range v {
			all[name] = "bundled"
		}
	}
	return all
}

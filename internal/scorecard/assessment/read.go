package assessment

import (
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// Read reads an assessment. The name is the file's, for messages. Where there
// is a mistake the assessment is nil, and the problems, all of severity
// Mistake, are in the order of the file.
func Read(name string, raw []byte, cat *catalogue.Catalogue) (*Assessment, []Problem) {
	return read(safe(), name, raw, cat)
}

func read(l limits, name string, raw []byte, cat *catalogue.Catalogue) (*Assessment, []Problem) {
	r := &reader{file: name, limits: l, cat: cat, places: map[string]place{}}
	root := r.document(raw)
	if root == nil {
		return nil, r.told()
	}
	a := r.assessment(root)
	if len(r.problems) > 0 {
		return nil, r.told()
	}
	return a, nil
}

func (r *reader) assessment(root *yaml.Node) *Assessment {
	a := &Assessment{file: r.file, taxonomy: assess.Taxonomy{}, entries: map[string]assess.Entry{}, places: r.places}
	seen := r.fields(root, "",
		field{"assessment", r.form},
		field{"catalogue", func(n *yaml.Node, path string) { a.catalogue = r.version(n, path) }},
		field{"made", func(n *yaml.Node, path string) { a.made, _ = r.day(n, path) }},
		field{"by", func(n *yaml.Node, path string) { a.by, _ = r.text(n, path, r.limits.short) }},
		field{"repository", func(n *yaml.Node, path string) { r.repository(n, path, a) }},
		field{"taxonomy", func(n *yaml.Node, path string) { r.taxonomy(n, path, a.taxonomy) }},
		field{"capabilities", func(n *yaml.Node, path string) { r.capabilities(n, path, a) }},
	)
	for _, must := range []struct{ key, say string }{
		{"assessment", "the version of this form: " + strconv.Itoa(Form)},
		{"catalogue", "the version of the catalogue that it was made against, in quotes"},
		{"made", "the day on which it was made, as 2026-10-01"},
		{"repository", "which repository it is about"},
		{"capabilities", "what it says of each capability"},
	} {
		if !seen[must.key] {
			r.wrong(root, must.key, "is missing: it is %s", must.say)
		}
	}
	r.applicable(a)
	return a
}

func (r *reader) form(n *yaml.Node, path string) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" {
		r.wrong(n, path, "%s where the version of the form belongs: %d", kindOf(n), Form)
		return
	}
	if n.Value != strconv.Itoa(Form) {
		r.wrong(n, path, "%s is no form that this build reads: it reads form %d", quoted(n.Value), Form)
	}
}

// version reads the catalogue's version. Without quotes YAML takes it for a
// number, and what was written is meant all the same.
func (r *reader) version(n *yaml.Node, path string) string {
	if n.Kind != yaml.ScalarNode || empty(n) || strings.TrimSpace(n.Value) == "" {
		r.wrong(n, path, "%s where a version of the catalogue belongs: this build's is %q", kindOf(n), r.cat.Version)
		return ""
	}
	s, _ := r.seen(n, path, r.limits.short)
	return s
}

func (r *reader) repository(n *yaml.Node, path string, a *Assessment) {
	s := &a.subject
	seen := r.fields(n, path,
		field{"name", func(n *yaml.Node, path string) {
			name, ok := r.text(n, path, r.limits.short)
			if ok && name == "" {
				r.wrong(n, path, "is empty: say what people call the repository")
			}
			s.Name = strings.Join(strings.Fields(name), " ")
		}},
		field{"addresses", func(n *yaml.Node, path string) { s.Addresses = r.addresses(n, path) }},
		field{"pages", func(n *yaml.Node, path string) { s.Pages = r.pages(n, path) }},
		field{"governance", func(n *yaml.Node, path string) { a.governance, _ = r.text(n, path, r.limits.long) }},
		field{"ecosystems", func(n *yaml.Node, path string) { a.ecosystems = r.ecosystems(n, path) }},
		field{"evidence", func(n *yaml.Node, path string) { a.evidence = r.links(n, path) }},
		field{"reach", func(n *yaml.Node, path string) {
			r.list(n, path, r.limits.evidence, func(n *yaml.Node, path string) {
				a.reach = append(a.reach, r.reach(n, path))
			})
		}},
		field{"correction", func(n *yaml.Node, path string) { a.correction, _ = r.text(n, path, r.limits.long) }},
	)
	if !seen["name"] {
		r.wrong(n, below(path, "name"), "is missing: say what people call the repository")
	}
}

// typeName is the form of a package-URL type.
var typeName = regexp.MustCompile(`^[a-z][a-z0-9.+-]*$`)

func (r *reader) ecosystems(n *yaml.Node, path string) []assay.Ecosystem {
	var out []assay.Ecosystem
	r.list(n, path, r.limits.evidence, func(n *yaml.Node, path string) {
		name, ok := r.text(n, path, r.limits.short)
		switch {
		case !ok:
		case !typeName.MatchString(name):
			r.wrong(n, path, "%s is no ecosystem: npm, golang, pypi, ... in small letters, as in package URLs", quoted(name))
		case slices.Contains(out, assay.Ecosystem(name)):
			r.wrong(n, path, "%s stands in this list twice: keep one", quoted(name))
		default:
			out = append(out, assay.Ecosystem(name))
		}
	})
	return out
}

func (r *reader) addresses(n *yaml.Node, path string) map[assay.Ecosystem]string {
	out := map[assay.Ecosystem]string{}
	r.mapping(n, path, func(key, value *yaml.Node) {
		at := below(path, key.Value)
		if !typeName.MatchString(key.Value) || len(key.Value) > r.limits.short {
			r.wrong(key, path, "%s is no ecosystem: npm, golang, pypi, ... in small letters, as in package URLs", quoted(key.Value))
			return
		}
		u, ok := r.address(value, at)
		if !ok {
			return
		}
		if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
			r.wrong(value, at, "a base address ends with its path: leave out what follows ? or #")
			return
		}
		s := u.String()
		if !strings.HasSuffix(s, "/") {
			s += "/"
		}
		out[assay.Ecosystem(key.Value)] = s
	})
	return out
}

func (r *reader) pages(n *yaml.Node, path string) map[string]string {
	known := slices.Sorted(maps.Keys(scorecard.PageNames))
	out := map[string]string{}
	r.mapping(n, path, func(key, value *yaml.Node) {
		if _, ok := scorecard.PageNames[key.Value]; !ok {
			r.wrong(key, path, "%s is no page%s", quoted(key.Value), meant(key.Value, known))
			return
		}
		at := below(path, key.Value)
		if _, ok := r.address(value, at); !ok {
			return
		}
		raw := strings.TrimSpace(value.Value) // as written: an encoded {name} stands for nothing
		if key.Value == "package" && !strings.Contains(raw, "{name}") {
			r.wrong(value, at, "has no {name} in it, which stands for the package")
			return
		}
		out[key.Value] = raw
	})
	return out
}

// address reads a web address. One with credentials in it is refused: the
// assessment is published, and so would they be.
func (r *reader) address(n *yaml.Node, path string) (*url.URL, bool) {
	s, ok := r.text(n, path, r.limits.long)
	if !ok {
		return nil, false
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", strings.ContainsAny(s, " \t\n"):
		// Without a scheme a browser would take it for a place on the page
		// that shows it; with another (javascript:) it would run it.
		shown := quoted(s)
		if strings.Contains(s, "@") {
			shown = "this" // there may be a password before the @
		}
		r.wrong(n, path, "%s is no web address: begin it with https://, and write a space as %%20", shown)
		return nil, false
	case u.User != nil:
		r.wrong(n, path, "the address holds a user name or password: take it out, assessments are published (and change the password if this file was)")
		return nil, false
	}
	return u, true
}

// traits are the words of the taxonomy, in the order in which they are
// written.
var traits = []struct {
	trait catalogue.Trait
	means string
}{
	{catalogue.Accounts, "who publishes has an account or a credential there"},
	{catalogue.Built, "it accepts built packages"},
	{catalogue.Builds, "it builds packages for its users"},
	{catalogue.Source, "it hosts source only"},
	{catalogue.Client, "it has a client of its own"},
	{catalogue.Mirrors, "it is copied by mirrors, or pulls through from others"},
}

func (r *reader) taxonomy(n *yaml.Node, path string, into assess.Taxonomy) {
	var known []field
	for _, t := range traits {
		known = append(known, field{string(t.trait), func(n *yaml.Node, path string) {
			var has bool
			if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(&has) != nil {
				r.wrong(n, path, "%s where true or false belongs: say true if %s, and leave the line out if nobody knows", kindOf(n), t.means)
				return
			}
			into[t.trait] = has
		}})
	}
	r.fields(n, path, known...)
}

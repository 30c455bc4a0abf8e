package assessment

import (
	"math"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// typed are the states that a person writes, in the order in which messages
// name them.
var typed = []string{string(assess.Met), string(assess.Partial), string(assess.Planned), string(assess.NotMet), string(assess.Unknown)}

// waits are what a plan may wait for.
var waits = []string{"money", "people", "decision"}

func (r *reader) capabilities(n *yaml.Node, path string, a *Assessment) {
	var ids []string
	for _, c := range r.cat.All() {
		ids = append(ids, c.ID)
	}
	r.mapping(n, path, func(key, value *yaml.Node) {
		c, ok := r.cat.Capability(key.Value)
		if !ok {
			r.wrong(key, path, "%s is no capability of catalogue %s%s", quoted(key.Value), r.cat.Version, meant(key.Value, ids))
			return
		}
		r.capability = c.ID
		a.entries[c.ID] = r.entry(value, below(path, c.ID))
		r.capability = ""
	})
}

func (r *reader) entry(n *yaml.Node, path string) assess.Entry {
	var e assess.Entry
	seen := r.fields(n, path,
		field{"state", func(n *yaml.Node, path string) { e.State = r.state(n, path) }},
		field{"since", func(n *yaml.Node, path string) { e.Since = r.when(n, path) }},
		field{"evidence", func(n *yaml.Node, path string) { e.Evidence = r.links(n, path) }},
		field{"note", func(n *yaml.Node, path string) { e.Note, _ = r.text(n, path, r.limits.long) }},
		field{"plan", func(n *yaml.Node, path string) { e.Plan = r.plan(n, path) }},
	)
	if !seen["state"] {
		r.wrong(n, below(path, "state"), "is missing: %s", orList(typed))
	}
	return e
}

func (r *reader) state(n *yaml.Node, path string) assess.State {
	if n.Kind == yaml.ScalarNode && n.Value == string(assess.NotApplicable) {
		// Whether the taxonomy says so is looked at when all of it is read.
		return assess.NotApplicable
	}
	s, _ := r.choice(n, path, "state", typed)
	return assess.State(s)
}

// applicable refuses capabilities that are called not applicable where the
// taxonomy does not say so: else every gap could be called that.
func (r *reader) applicable(a *Assessment) {
	for _, c := range r.cat.All() {
		if a.entries[c.ID].State != assess.NotApplicable {
			continue
		}
		applies, known := a.taxonomy.Applies(c.AppliesWhen)
		if !applies {
			continue
		}
		path := "capabilities." + c.ID + ".state"
		at := r.places[path]
		r.capability = c.ID
		switch on := condition(c.AppliesWhen); {
		case on == "":
			r.at(at.line, at.column, "%s: not_applicable is not true of this one: every repository is asked for it. Write %s", path, orList(typed))
		case known:
			r.at(at.line, at.column, "%s: not_applicable follows from the taxonomy alone, and by the taxonomy this applies (it is asked of those with %s). Write %s, or correct the taxonomy", path, on, orList(typed))
		case len(r.problems) > 0:
			// The taxonomy may say more when the other mistakes are put right.
		default:
			r.at(at.line, at.column, "%s: not_applicable follows from the taxonomy alone, and the taxonomy does not say enough: this is asked of those with %s. Complete the taxonomy, or write %s", path, on, orList(typed))
		}
		r.capability = ""
	}
}

// condition says on what it depends that a capability applies.
func condition(c catalogue.Condition) string {
	var parts []string
	for _, t := range c.All {
		parts = append(parts, string(t))
	}
	var either []string
	for _, t := range c.Any {
		either = append(either, string(t))
	}
	if len(either) > 0 {
		parts = append(parts, orList(either))
	}
	return strings.Join(parts, " and ")
}

func (r *reader) links(n *yaml.Node, path string) []assess.Link {
	var out []assess.Link
	r.list(n, path, r.limits.evidence, func(n *yaml.Node, path string) {
		out = append(out, r.link(n, path))
	})
	return out
}

func (r *reader) link(n *yaml.Node, path string) assess.Link {
	var l assess.Link
	seen := r.fields(n, path,
		field{"url", func(n *yaml.Node, path string) {
			if _, ok := r.address(n, path); ok {
				l.URL = strings.TrimSpace(n.Value)
			}
		}},
		field{"where", func(n *yaml.Node, path string) {
			where, ok := r.text(n, path, r.limits.long)
			if ok && where == "" {
				r.wrong(n, path, "is empty: say in words where the document is, or give its url")
			}
			l.Where = where
		}},
		field{"title", func(n *yaml.Node, path string) { l.Title, _ = r.text(n, path, r.limits.short) }},
		field{"publisher", func(n *yaml.Node, path string) { l.Publisher, _ = r.text(n, path, r.limits.short) }},
		field{"date", func(n *yaml.Node, path string) { l.Date = r.when(n, path) }},
		field{"undated", func(n *yaml.Node, path string) { l.Undated = r.flag(n, path, "the document bears no date of its own") }},
		field{"basis", func(n *yaml.Node, path string) {
			s, _ := r.choice(n, path, "basis", bases())
			l.Basis = assess.Basis(s)
		}},
		field{"says", func(n *yaml.Node, path string) { l.Says, _ = r.text(n, path, r.limits.long) }},
		field{"against", func(n *yaml.Node, path string) { l.Against = r.flag(n, path, "it speaks against the state") }},
	)
	switch {
	case seen["url"] && seen["where"]:
		r.wrong(n, path, "has a url and says where: keep one")
	case !seen["url"] && !seen["where"]:
		r.wrong(n, path, "has no url, and does not say where the document is")
	}
	if !seen["date"] {
		r.wrong(n, below(path, "date"), "is missing: when the document was written, or read if it bears no date, as 2026-10-01")
	}
	return l
}

// bases are the words for how strong a document is.
func bases() []string {
	var out []string
	for _, b := range assess.Bases {
		out = append(out, string(b))
	}
	return out
}

func (r *reader) plan(n *yaml.Node, path string) *assess.Plan {
	if empty(n) {
		return nil
	}
	var p assess.Plan
	r.fields(n, path,
		field{"by", func(n *yaml.Node, path string) {
			if _, ok := r.day(n, path); ok {
				p.By = n.Value
			}
		}},
		field{"weeks", func(n *yaml.Node, path string) { p.Weeks = r.weeks(n, path) }},
		field{"waits_for", func(n *yaml.Node, path string) {
			if n.Kind == yaml.ScalarNode && (empty(n) || n.Value == "") {
				return // it waits for nothing
			}
			p.WaitsFor, _ = r.choice(n, path, "thing to wait for", waits)
		}},
		field{"note", func(n *yaml.Node, path string) { p.Note, _ = r.text(n, path, r.limits.long) }},
	)
	return &p
}

// weeks reads an effort. Ten thousand is two hundred people for a year: what
// is more was not meant. The bound also keeps out infinity, which JSON cannot
// write.
func (r *reader) weeks(n *yaml.Node, path string) float64 {
	const most = 10_000
	var w float64
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" || n.Decode(&w) != nil {
		r.wrong(n, path, "%s where a number of person-weeks belongs", kindOf(n))
		return 0
	}
	if math.IsNaN(w) || w <= 0 || w > most {
		r.wrong(n, path, "%s person-weeks: more than 0 and at most %d, or leave the line out", quoted(n.Value), most)
		return 0
	}
	return w
}

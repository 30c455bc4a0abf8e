package policy

import (
	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
)

// conditions reads the operator's own rules.
func (r *reader) conditions(n *yaml.Node, f *File) {
	lines := map[string]int{} // of names
	r.list(n, "conditions", func(n *yaml.Node) {
		if len(f.Conditions) == maxConditions {
			r.wrong(n, "there are more than %d conditions: join some of them", maxConditions)
			return
		}
		var c Condition
		seen := r.mapping(n, "a condition",
			field{"name", func(n *yaml.Node) { r.conditionName(n, &c.Name, lines) }},
			field{"match", func(n *yaml.Node) { r.match(n, &c.Match) }},
			field{"when", func(n *yaml.Node) { r.when(n, &c) }},
			field{"effect", func(n *yaml.Node) { r.strictEffect(n, &c.Effect) }},
			field{"reason", func(n *yaml.Node) { r.reason(n, "reason", &c.Reason) }},
			field{"remedy", func(n *yaml.Node) { r.reason(n, "remedy", &c.Remedy) }},
			field{"mode", func(n *yaml.Node) { r.mode(n, "", &c.Mode) }},
		)
		for _, key := range []string{"name", "when", "effect", "reason"} {
			if n.Kind == yaml.MappingNode && !seen[key] {
				r.wrong(n, "the condition has no %s", key)
			}
		}
		f.Conditions = append(f.Conditions, c)
	})
}

func (r *reader) conditionName(n *yaml.Node, to *string, lines map[string]int) {
	s, ok := r.text(n, "name")
	if !ok {
		return
	}
	if err := conditionName(s); err != nil {
		r.wrong(n, "%s", assay.PublicMessage(err))
		return
	}
	if line, twice := lines[s]; twice {
		r.wrong(n, "a condition in line %d is called %s already", line, s)
		return
	}
	lines[s], *to = n.Line, s
}

// match reads one pattern or a list of them. An empty list is refused: it
// would mean everything to one reader and nothing to the next.
func (r *reader) match(n *yaml.Node, to *[]Scope) {
	if n.Kind == yaml.ScalarNode {
		if s, ok := r.scope(n); ok {
			*to = append(*to, s)
		}
		return
	}
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		r.wrong(n, "match names no pattern: leave it out to mean everything")
		return
	}
	r.scopes(n, "match", to)
}

// when compiles an expression, and says where in the file it is wrong.
func (r *reader) when(n *yaml.Node, c *Condition) {
	text, ok := r.text(n, "when")
	if !ok {
		return
	}
	program, flaws := compile(text)
	for _, f := range flaws {
		at := *n
		line, column, ok := locate(r.source, n, f.line, f.column)
		if !ok {
			r.wrong(&at, "when, line %d and column %d of the expression: %s", f.line, f.column, f.text)
			continue
		}
		at.Line = line
		r.wrong(&at, "when, column %d: %s", column, f.text)
	}
	c.When, c.program = text, program
}

// strictEffect is deny or warn: a condition that allowed would change
// nothing, because a deny of any other rule beats it.
func (r *reader) strictEffect(n *yaml.Node, to *assay.Effect) {
	s, ok := r.scalar(n, "effect")
	if !ok {
		return
	}
	for _, e := range []assay.Effect{assay.Warn, assay.Deny} {
		if e.String() == s {
			*to = e
			return
		}
	}
	r.wrong(n, "%q is no effect of a condition: write warn or deny", s)
}

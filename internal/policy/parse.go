package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
)

const (
	// maxText bounds a policy file, in bytes.
	maxText = 1 << 20
	// maxMistakes bounds how many mistakes one answer names.
	maxMistakes = 50
)

// Parse reads a policy file. The grammars are those of the ecosystems that
// exist here, by which patterns are read.
//
// It is strict, because a setting that is silently passed over is a hole
// nobody knows of: unknown and doubled keys, wrong types, bad durations,
// moments and patterns are refused, and so are YAML's anchors, aliases and
// tags, with which one can write what does not stand there. All mistakes are
// collected into one error of kind Invalid; each is a line of its message and
// begins with "line N: ".
func Parse(text []byte, grammars func(assay.Ecosystem) (assay.Grammar, bool)) (*File, error) {
	r := &reader{source: text, grammars: grammars}
	root, err := document(text)
	if err != nil {
		return nil, err
	}
	f := r.file(root)
	if len(r.mistakes) > 0 {
		return nil, r.err()
	}
	return f, nil
}

// document reads the one mapping that a policy file is.
func document(text []byte) (*yaml.Node, error) {
	if len(text) > maxText {
		return nil, assay.Errorf(assay.TooLarge, "the policy is %d bytes long, and %d is the most", len(text), maxText)
	}
	var doc, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, assay.Errorf(assay.Invalid, "line 1: the policy is empty: begin it with version: 1")
	case err != nil:
		return nil, unreadable(err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, assay.Errorf(assay.Invalid, "line %d: a second document begins: a policy is one document", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, unreadable(err)
	}
	if len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, assay.Errorf(assay.Invalid, "line %d: a policy is a mapping: begin it with version: 1", max(doc.Line, 1))
	}
	return doc.Content[0], nil
}

// unreadable renders the YAML library's complaint, which names a line in
// most cases: "yaml: line 3: ...".
func unreadable(err error) error {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := "line 1"
	if head, rest, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(head, "line ") {
		line, text = head, rest
	}
	return assay.Errorf(assay.Invalid, "%s: not readable as YAML: %s", line, strings.Map(shown, text))
}

// reader turns nodes into settings and collects what is wrong with them.
type reader struct {
	source   []byte
	grammars func(assay.Ecosystem) (assay.Grammar, bool)
	mistakes []mistake
}

type mistake struct {
	line int
	text string
}

// wrong notes a mistake, on one line of what can be seen: the text quotes
// the file, which may try to forge further lines or drive a terminal.
func (r *reader) wrong(n *yaml.Node, format string, args ...any) {
	text := strings.Map(shown, fmt.Sprintf(format, args...))
	r.mistakes = append(r.mistakes, mistake{max(n.Line, 1), text})
}

func (r *reader) err() error {
	slices.SortStableFunc(r.mistakes, func(a, b mistake) int { return a.line - b.line })
	var lines []string
	for i, m := range r.mistakes {
		if i == maxMistakes {
			lines = append(lines, fmt.Sprintf("and %s more", count(len(r.mistakes)-i, "mistake")))
			break
		}
		lines = append(lines, fmt.Sprintf("line %d: %s", m.line, m.text))
	}
	return assay.Errorf(assay.Invalid, "%s", strings.Join(lines, "\n"))
}

// field is a key of a mapping and what reads its value.
type field struct {
	key  string
	read func(*yaml.Node)
}

// mapping reads a mapping whose keys are known. Keys are compared exactly:
// "Cooldown" is not "cooldown". It returns the keys that were there.
func (r *reader) mapping(n *yaml.Node, what string, fields ...field) map[string]bool {
	seen := map[string]bool{}
	if !r.plain(n) {
		return seen
	}
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "%s must have settings below it, as key: value", what)
		return seen
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name, ok := r.text(key, "a key")
		if !ok {
			continue
		}
		at := slices.IndexFunc(fields, func(f field) bool { return f.key == name })
		switch {
		case at < 0:
			r.wrong(key, "%q is no key of %s: there are %s", name, what, keys(fields))
		case seen[name]:
			r.wrong(key, "%q stands twice in %s", name, what)
		default:
			seen[name] = true
			fields[at].read(value)
		}
	}
	return seen
}

func keys(fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.key
	}
	return strings.Join(names, ", ")
}

// list calls read with each item of a list.
func (r *reader) list(n *yaml.Node, what string, read func(*yaml.Node)) {
	if !r.plain(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "%s must be a list: one item a line, each after a dash, or [] for none", what)
		return
	}
	for _, item := range n.Content {
		read(item)
	}
}

// scalar returns a single value as it is written, whatever YAML takes it for.
func (r *reader) scalar(n *yaml.Node, what string) (string, bool) {
	if !r.plain(n) {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		r.wrong(n, "%s must have one value", what)
		return "", false
	}
	return n.Value, true
}

// text is a scalar that is text; what YAML takes for a number or a truth
// value must be put in quotes, so that nothing is read other than written.
func (r *reader) text(n *yaml.Node, what string) (string, bool) {
	s, ok := r.scalar(n, what)
	if ok && n.ShortTag() != "!!str" {
		r.wrong(n, "%s must be text: put %s in quotes", what, s)
		return "", false
	}
	return s, ok
}

// plain refuses YAML's means of writing one thing and meaning another. A
// handful of aliases can also stand for gigabytes.
func (r *reader) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.wrong(n, "anchors and aliases are not known here: write it out")
	case n.Style&yaml.TaggedStyle != 0:
		r.wrong(n, "tags are not known here: leave %q out", n.Tag)
	default:
		return true
	}
	return false
}

func (r *reader) file(root *yaml.Node) *File {
	f := Default()
	seen := r.mapping(root, "the policy",
		field{"version", func(n *yaml.Node) {
			if s, ok := r.scalar(n, "version"); ok && s != "1" {
				r.wrong(n, "this Assay reads policies of version 1, not %q", s)
			}
		}},
		field{"rules", func(n *yaml.Node) { r.rules(n, f) }},
		field{"conditions", func(n *yaml.Node) { r.conditions(n, f) }},
		field{"blocks", func(n *yaml.Node) { r.blocks(n, f) }},
	)
	if !seen["version"] {
		r.wrong(root, "version is missing: begin the policy with version: 1")
	}
	return f
}

func (r *reader) rules(n *yaml.Node, f *File) {
	section := func(rule string, mode *assay.Mode, fields ...field) field {
		fields = append([]field{{"mode", func(n *yaml.Node) { r.mode(n, rule, mode) }}}, fields...)
		return field{rule, func(n *yaml.Node) { r.mapping(n, rule, fields...) }}
	}
	effect := func(to *assay.Effect) field {
		return field{"effect", func(n *yaml.Node) { r.effect(n, to) }}
	}
	exempt := func(to *[]Scope) field {
		return field{"exempt", func(n *yaml.Node) { r.scopes(n, "exempt", to) }}
	}
	c := &f.Cooldown
	r.mapping(n, "rules",
		section(RuleBlock, &f.Block.Mode),
		section(RuleStatus, &f.Status.Mode),
		section(RuleMalware, &f.Malware.Mode),
		section(RuleDigestChanged, &f.DigestChanged.Mode),
		section(RuleVanished, &f.Vanished.Mode, effect(&f.Vanished.Effect)),
		section(RuleCooldown, &c.Mode,
			field{"minimum", func(n *yaml.Node) { r.duration(n, "minimum", &c.Minimum) }},
			field{"age", func(n *yaml.Node) { r.age(n, &c.Age) }},
			field{"fixes", func(n *yaml.Node) { r.fixes(n, &c.FixesWait) }},
			field{"nothing-after", func(n *yaml.Node) { r.time(n, "nothing-after", &c.NothingAfter) }},
			exempt(&c.Exempt),
			field{"per", func(n *yaml.Node) { r.per(n, &c.Per) }}),
		section(RuleAgeUnknown, &f.AgeUnknown.Mode, effect(&f.AgeUnknown.Effect)),
		section(RuleInstallScripts, &f.InstallScripts.Mode, effect(&f.InstallScripts.Effect), exempt(&f.InstallScripts.Exempt)),
		section(RuleVulnerability, &f.Vulnerability.Mode, effect(&f.Vulnerability.Effect),
			field{"deny-from", func(n *yaml.Node) { r.severity(n, &f.Vulnerability.DenyFrom) }}, exempt(&f.Vulnerability.Exempt)),
		section(RuleLookAlike, &f.LookAlike.Mode, effect(&f.LookAlike.Effect), exempt(&f.LookAlike.Exempt)),
		section(RuleContent, &f.Content.Mode, effect(&f.Content.Effect), exempt(&f.Content.Exempt)),
	)
}

func (r *reader) blocks(n *yaml.Node, f *File) {
	first := map[string]int{} // lines of patterns
	r.list(n, "blocks", func(n *yaml.Node) {
		b := Block{ID: fmt.Sprintf("policy-%d", len(f.Blocks)+1), FromFile: true}
		seen := r.mapping(n, "a block",
			field{"pattern", func(n *yaml.Node) {
				s, ok := r.scope(n)
				if !ok {
					return
				}
				b.Pattern = s.Pattern
				if line, twice := first[b.Pattern.String()]; twice {
					r.wrong(n, "%s is blocked in line %d already", b.Pattern, line)
					return
				}
				first[b.Pattern.String()] = n.Line
			}},
			field{"reason", func(n *yaml.Node) { r.reason(n, "reason", &b.Reason) }},
			field{"until", func(n *yaml.Node) { r.time(n, "until", &b.Until) }},
		)
		for _, key := range []string{"pattern", "reason"} {
			if n.Kind == yaml.MappingNode && !seen[key] {
				r.wrong(n, "the block has no %s", key)
			}
		}
		f.Blocks = append(f.Blocks, b)
	})
}

func (r *reader) per(n *yaml.Node, to *[]Wait) {
	r.list(n, "per", func(n *yaml.Node) {
		var w Wait
		seen := r.mapping(n, "an item of per",
			field{"match", func(n *yaml.Node) { w.Match, _ = r.scope(n) }},
			field{"minimum", func(n *yaml.Node) { r.duration(n, "minimum", &w.Minimum) }},
		)
		for _, key := range []string{"match", "minimum"} {
			if n.Kind == yaml.MappingNode && !seen[key] {
				r.wrong(n, "the item of per has no %s", key)
			}
		}
		*to = append(*to, w)
	})
}

func (r *reader) scopes(n *yaml.Node, what string, to *[]Scope) {
	r.list(n, what, func(n *yaml.Node) {
		if s, ok := r.scope(n); ok {
			*to = append(*to, s)
		}
	})
}

func (r *reader) scope(n *yaml.Node) (Scope, bool) {
	text, ok := r.text(n, "a pattern")
	if !ok {
		return Scope{}, false
	}
	eco, err := assay.PatternEcosystem(text)
	if err == nil {
		grammar, known := r.grammars(eco)
		if !known {
			r.wrong(n, "%q: there is no ecosystem %q here", text, eco)
			return Scope{}, false
		}
		var s Scope
		if s, err = NewScope(text, grammar); err == nil {
			return s, true
		}
	}
	r.wrong(n, "%s", assay.PublicMessage(err))
	return Scope{}, false
}

func (r *reader) mode(n *yaml.Node, rule string, to *assay.Mode) {
	s, ok := r.scalar(n, "mode")
	if !ok {
		return
	}
	err := to.UnmarshalText([]byte(s))
	if err == nil && rule != "" { // a condition may be in either mode
		err = checkMode(rule, *to, nil)
	}
	if err != nil {
		r.wrong(n, "%s", assay.PublicMessage(err))
	}
}

func (r *reader) effect(n *yaml.Node, to *assay.Effect) {
	s, ok := r.scalar(n, "effect")
	if !ok {
		return
	}
	for _, e := range []assay.Effect{assay.Allow, assay.Warn, assay.Deny} {
		if e.String() == s {
			*to = e
			return
		}
	}
	r.wrong(n, "%q is no effect: write allow, warn or deny", s)
}

func (r *reader) fixes(n *yaml.Node, wait *bool) {
	s, ok := r.scalar(n, "fixes")
	switch {
	case !ok:
	case s == "through":
		*wait = false
	case s == "wait":
		*wait = true
	default:
		r.wrong(n, "%q is nothing that can be done with fixes: write through or wait", s)
	}
}

func (r *reader) severity(n *yaml.Node, to *assay.Severity) {
	s, ok := r.scalar(n, "deny-from")
	if !ok {
		return
	}
	var severity assay.Severity
	if s != "none" && (s == assay.SeverityUnknown.String() || severity.UnmarshalText([]byte(s)) != nil) {
		r.wrong(n, "%q is no severity: write none, low, medium, high or critical", s)
		return
	}
	*to = severity
}

func (r *reader) age(n *yaml.Node, to *Age) {
	s, ok := r.scalar(n, "age")
	if !ok {
		return
	}
	for _, a := range []Age{AgeUpstream, AgeFirstSeen} {
		if a.String() == s {
			*to = a
			return
		}
	}
	r.wrong(n, "%q is no way to count an age: write %s or %s", s, AgeUpstream, AgeFirstSeen)
}

func (r *reader) reason(n *yaml.Node, what string, to *string) {
	s, ok := r.text(n, what)
	if !ok {
		return
	}
	clean, err := CleanReason(s)
	if err != nil && what != "reason" {
		r.wrong(n, "%s: say it in a few words, of %d bytes at the most", what, MaxReason)
		return
	}
	if err != nil {
		r.wrong(n, "%s", assay.PublicMessage(err))
		return
	}
	*to = clean
}

func (r *reader) duration(n *yaml.Node, what string, to *time.Duration) {
	s, ok := r.scalar(n, what)
	if !ok {
		return
	}
	d, err := ParseDuration(s)
	if err != nil {
		r.wrong(n, "%s", assay.PublicMessage(err))
		return
	}
	*to = d
}

func (r *reader) time(n *yaml.Node, what string, to *time.Time) {
	s, ok := r.scalar(n, what)
	if !ok {
		return
	}
	t, err := ParseTime(s)
	if err != nil {
		r.wrong(n, "%s", assay.PublicMessage(err))
		return
	}
	*to = t
}

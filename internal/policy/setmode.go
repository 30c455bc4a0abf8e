package policy

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
)

// SetMode returns the text of a policy file with one rule's mode changed.
// Only the word itself, or a line for it, is touched: comments, blank lines
// and order stay as the person wrote them. A text that says so already comes
// back as it is. Errors are of kind Invalid; the text need not have passed
// Parse, and the result has to.
func SetMode(text []byte, rule string, mode assay.Mode) ([]byte, error) {
	root, err := document(text)
	if err != nil {
		return nil, err
	}
	item, at := conditionItem(root, rule)
	if item != nil {
		return setItemMode(text, root, item, at, rule, mode.String())
	}
	if err := checkMode(rule, mode, conditionNames(root)); err != nil {
		return nil, err
	}
	if m := child(child(root, "rules"), rule); m != nil && scalarChild(m, "mode") == mode.String() {
		return slices.Clone(text), nil
	}
	edited, ok := edit(text, root, rule, mode.String())
	// The edit trusts the positions that the YAML reader gave. Odd input (a
	// byte-order mark, rare line breaks) shifts them, and a wrong edit could
	// switch off another rule: so what comes out is read again, and must
	// differ from what went in by the one mode and nothing else.
	if ok {
		want := withMode(root, "rules", rule, "mode", mode.String())
		if got, err := document(edited); err == nil && same(want, got) {
			return edited, nil
		}
	}
	return nil, assay.Errorf(assay.Invalid, "the policy is written in a way that cannot be edited here: set mode: %s under rules, %s by hand and apply it", mode, rule)
}

// edit makes the smallest change to the text.
func edit(text []byte, root *yaml.Node, rule, mode string) ([]byte, bool) {
	rules := child(root, "rules")
	if rules == nil {
		return insert(text, root, "rules", rule, "mode", mode)
	}
	section := child(rules, rule)
	if section == nil {
		return insert(text, rules, rule, "mode", mode)
	}
	return editMode(text, section, mode)
}

// editMode changes the mode of one mapping.
func editMode(text []byte, section *yaml.Node, mode string) ([]byte, bool) {
	value := child(section, "mode")
	if value == nil {
		return insert(text, section, "mode", mode)
	}
	at, ok := offset(text, value)
	if !ok || value.Kind != yaml.ScalarNode {
		return nil, false
	}
	written := value.Value
	if value.Style&yaml.DoubleQuotedStyle != 0 {
		written = `"` + written + `"`
	} else if value.Style&yaml.SingleQuotedStyle != 0 {
		written = "'" + written + "'"
	}
	if !bytes.HasPrefix(text[at:], []byte(written)) {
		return nil, false
	}
	return slices.Concat(text[:at], []byte(mode), text[at+len(written):]), true
}

// insert puts a pair in front of a mapping's first: the keys, nested, and
// the value last.
func insert(text []byte, mapping *yaml.Node, words ...string) ([]byte, bool) {
	if mapping.Kind != yaml.MappingNode {
		return nil, false
	}
	if mapping.Style&yaml.FlowStyle != 0 {
		at, ok := offset(text, mapping)
		if !ok || text[at] != '{' {
			return nil, false
		}
		pair := strings.Join(words[:len(words)-1], ": {") + ": " + words[len(words)-1] + strings.Repeat("}", len(words)-2)
		if len(mapping.Content) > 0 {
			pair += ", "
		}
		return slices.Concat(text[:at+1], []byte(pair), text[at+1:]), true
	}
	if len(mapping.Content) == 0 {
		return nil, false
	}
	first := mapping.Content[0]
	at, ok := offset(text, first)
	if !ok {
		return nil, false
	}
	var pair strings.Builder
	indent := strings.Repeat(" ", first.Column-1)
	for i, word := range words[:len(words)-1] {
		if i > 0 {
			pair.WriteString("\n" + indent + strings.Repeat("  ", i))
		}
		pair.WriteString(word + ":")
	}
	pair.WriteString(" " + words[len(words)-1] + "\n" + indent)
	return slices.Concat(text[:at], []byte(pair.String()), text[at:]), true
}

// offset finds the byte at which a node begins; columns count characters.
func offset(text []byte, n *yaml.Node) (int, bool) {
	at := 0
	for line := 1; line < n.Line; line++ {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return 0, false
		}
		at += i + 1
	}
	for column := 1; column < n.Column; column++ {
		_, size := utf8.DecodeRune(text[at:])
		if size == 0 {
			return 0, false
		}
		at += size
	}
	return at, at < len(text)
}

// child returns the value of a key in a mapping, or nil.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalarChild(n *yaml.Node, key string) string {
	if c := child(n, key); c != nil && c.Kind == yaml.ScalarNode {
		return c.Value
	}
	return ""
}

// withMode returns a copy of the tree as it must be after the edit: path is
// the keys from n downwards, and the value last.
func withMode(n *yaml.Node, path ...string) *yaml.Node {
	text := func(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }
	if len(path) == 1 {
		return text(path[0])
	}
	if n == nil {
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	}
	made := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Content: slices.Clone(n.Content)}
	for i := 0; i+1 < len(made.Content); i += 2 {
		if made.Content[i].Value == path[0] {
			made.Content[i+1] = withMode(made.Content[i+1], path[1:]...)
			return made
		}
	}
	made.Content = slices.Concat([]*yaml.Node{text(path[0]), withMode(nil, path[1:]...)}, made.Content)
	return made
}

// same tells whether two trees mean the same, position and style apart.
func same(a, b *yaml.Node) bool {
	return a.Kind == b.Kind && a.ShortTag() == b.ShortTag() && a.Value == b.Value && a.Anchor == b.Anchor &&
		slices.EqualFunc(a.Content, b.Content, same)
}

// conditionItem finds the condition of a name, and its place in the list.
func conditionItem(root *yaml.Node, name string) (*yaml.Node, int) {
	list := child(root, "conditions")
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil, 0
	}
	for i, item := range list.Content {
		if scalarChild(item, "name") == name && conditionName(name) == nil {
			return item, i
		}
	}
	return nil, 0
}

// conditionNames are those that there are, to be named to who misspelled one.
func conditionNames(root *yaml.Node) []Condition {
	var out []Condition
	if list := child(root, "conditions"); list != nil {
		for _, item := range list.Content {
			if name := scalarChild(item, "name"); conditionName(name) == nil {
				out = append(out, Condition{Name: name})
			}
		}
	}
	return out
}

// setItemMode changes the mode of a condition, and checks the result like
// SetMode does.
func setItemMode(text []byte, root, item *yaml.Node, at int, rule, mode string) ([]byte, error) {
	if scalarChild(item, "mode") == mode {
		return slices.Clone(text), nil
	}
	if edited, ok := editMode(text, item, mode); ok {
		want := withItem(root, at, mode)
		if got, err := document(edited); err == nil && same(want, got) {
			return edited, nil
		}
	}
	return nil, assay.Errorf(assay.Invalid, "the policy is written in a way that cannot be edited here: set mode: %s of the condition %s by hand and apply it", mode, rule)
}

// withItem returns a copy of the tree with the mode of one condition set.
func withItem(root *yaml.Node, at int, mode string) *yaml.Node {
	made := &yaml.Node{Kind: root.Kind, Tag: root.Tag, Content: slices.Clone(root.Content)}
	for i := 0; i+1 < len(made.Content); i += 2 {
		if made.Content[i].Value == "conditions" {
			list := made.Content[i+1]
			changed := &yaml.Node{Kind: list.Kind, Tag: list.Tag, Content: slices.Clone(list.Content)}
			changed.Content[at] = withMode(changed.Content[at], "mode", mode)
			made.Content[i+1] = changed
		}
	}
	return made
}

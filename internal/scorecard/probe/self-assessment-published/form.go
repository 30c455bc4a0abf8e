package selfassessmentpublished

import (
	"errors"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// form is what is read of a self-assessment. JSON is YAML too.
type form struct {
	version, catalogue string
	// states are the states by capability, as they are written.
	states map[string]string
}

// maxBytes and maxNodes bound how much of a document is read and walked.
const (
	maxBytes = 1 << 20
	maxNodes = 50000
)

// readForm reads a self-assessment. Its error says what the document is
// instead. Aliases are not followed: a document of a few lines can unfold to
// more than fits into memory by them.
func readForm(document []byte) (form, error) {
	if len(document) > maxBytes {
		return form{}, fmt.Errorf("is bigger than an assessment can be (%d bytes)", maxBytes)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil || len(root.Content) == 0 {
		return form{}, errors.New("is neither YAML nor JSON")
	}
	top := root.Content[0]
	if top.Kind != yaml.MappingNode {
		return form{}, errors.New("is no assessment: it holds no fields")
	}
	f := form{version: scalar(field(top, "assessment")), catalogue: scalar(field(top, "catalogue")), states: map[string]string{}}
	if f.version == "" {
		return form{}, errors.New(`is no assessment: it has no "assessment" with the version of its form`)
	}
	entries := field(top, "capabilities")
	if entries == nil {
		entries = field(top, "entries")
	}
	if entries == nil {
		return f, nil
	}
	if len(entries.Content) > maxNodes {
		return form{}, fmt.Errorf("has more than %d entries", maxNodes)
	}
	switch entries.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(entries.Content); i += 2 {
			f.states[entries.Content[i].Value] = stateOf(entries.Content[i+1])
		}
	case yaml.SequenceNode:
		for _, e := range entries.Content {
			id := scalar(field(e, "capability"))
			if id == "" {
				id = scalar(field(e, "id"))
			}
			f.states[id] = stateOf(e)
		}
	}
	return f, nil
}

// stateOf is the state of an entry, which may be the state alone.
func stateOf(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode {
		return n.Value
	}
	return scalar(field(n, "state"))
}

func field(n *yaml.Node, name string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i+1]
		}
	}
	return nil
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

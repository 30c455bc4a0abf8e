package wire

import (
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// A body comes from anyone, and compressed it costs its sender nothing: what
// it makes us remember has a bound of its own.
func TestAuditNamesAreBounded(t *testing.T) {
	members := keys(maxAuditKeys + 1000)[1:]
	for what, c := range map[string]struct {
		body string
		tree bool
	}{
		"names":              {`{` + members + `}`, false},
		"keys of no meaning": {`{"x":{` + members + `}}`, true},
		"names of a tree":    {`{"requires":{` + members + `}}`, true},
		"names of two objects": {`{"requires":{` + keys(maxAuditKeys / 2)[1:] + `},"dependencies":{"a":{"requires":{` +
			strings.ReplaceAll(keys(maxAuditKeys / 2)[1:], `"k`, `"l`) + `}}}}`, true},
	} {
		names, err := AuditNames([]byte(c.body), c.tree)
		if !assay.Is(err, assay.Invalid) || names != nil {
			t.Errorf("%s: %d names and err = %v, want one of kind Invalid", what, len(names), err)
		}
	}
	names, err := AuditNames([]byte(`{"requires":{`+keys(20_000)[1:]+`}}`), true)
	if err != nil || len(names) != 20_000 {
		t.Errorf("a large project: %d names, %v", len(names), err)
	}
}

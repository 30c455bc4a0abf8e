package catalogue

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const schemaID = "https://assay.invalid/scorecard/catalogue/schema.json"

// schema compiles schema.json, or the part of it that is named.
func schema(t *testing.T, part string) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaID + part)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as JSON has it.
func asJSON(t *testing.T, raw []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEveryFileIsInTheForm(t *testing.T) {
	names, err := fs.Glob(files, "outcomes/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{"incidents.yaml": "#/$defs/incidents", "version.yaml": "#/$defs/version"}
	for _, name := range names {
		parts[name] = ""
	}
	if len(parts) != 13 {
		t.Fatalf("%d files", len(parts))
	}
	for name, part := range parts {
		if err := schema(t, part).Validate(asJSON(t, file(t, name))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// object is a mapping below v: names lead into mappings, numbers into lists.
func object(t *testing.T, v any, path ...any) map[string]any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	m, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("%v is no mapping", path)
	}
	return m
}

func TestWhatIsNotInTheForm(t *testing.T) {
	type doc = map[string]any
	outcomes := schema(t, "")
	raw := file(t, "outcomes/01-accounts.yaml")
	first := []any{"capabilities", 0}
	in := func(more ...any) []any { return append(append([]any(nil), first...), more...) }
	citation := in("examples", 0, "citation")
	for _, c := range []struct {
		name   string
		at     []any
		change func(doc)
	}{
		{"no outcome number", nil, func(d doc) { delete(d, "outcome") }},
		{"no reason for the outcome", nil, func(d doc) { delete(d, "why") }},
		{"no capabilities", nil, func(d doc) { d["capabilities"] = []any{} }},
		{"an unknown key of the outcome", nil, func(d doc) { d["level"] = json.Number("1") }},
		{"an id with capitals", first, func(d doc) { d["id"] = "Email-Verified" }},
		{"an unknown key of a capability", first, func(d doc) { d["score"] = json.Number("10") }},
		{"no statement", first, func(d doc) { delete(d, "statement") }},
		{"an empty statement", first, func(d doc) { d["statement"] = "" }},
		{"a statement of spaces", first, func(d doc) { d["statement"] = strings.Repeat(" ", 60) }},
		{"a statement over two lines", first, func(d doc) { d["statement"] = "It holds here and everywhere,\nand also there and elsewhere." }},
		{"a statement without an end", first, func(d doc) { d["statement"] = "An account is verified before it can publish anything" }},
		{"a wrong colour", first, func(d doc) { d["colour"] = "gold" }},
		{"a level for a colour", first, func(d doc) { d["colour"] = json.Number("1") }},
		{"asked for by nobody", first, func(d doc) { d["from"] = []any{} }},
		{"asked for by somebody unknown", first, func(d doc) { d["from"] = []any{"P", "X"} }},
		{"an unknown trait", first, func(d doc) { d["applies_when"] = doc{"all": []any{"rich"}} }},
		{"a condition of nothing", first, func(d doc) { d["applies_when"] = doc{} }},
		{"no threat", in("why"), func(d doc) { delete(d, "threat") }},
		{"no requirements", in("how"), func(d doc) { delete(d, "requires") }},
		{"empty requirements", in("how"), func(d doc) { d["requires"] = []any{} }},
		{"nothing that does not count", in("how"), func(d doc) { delete(d, "does_not_count") }},
		{"no mistakes", in("how"), func(d doc) { d["mistakes"] = []any{} }},
		{"a point twice", in("how"), func(d doc) { d["mistakes"] = []any{"The same point.", "The same point."} }},
		{"a repository spelt otherwise", in("examples", 0), func(d doc) { d["repository"] = "NPM" }},
		{"an example without a citation", in("examples", 0), func(d doc) { delete(d, "citation") }},
		{"a citation with an address and a place", citation, func(d doc) { d["where"] = "On the shelf, second row" }},
		{"a citation without either", citation, func(d doc) { delete(d, "url") }},
		{"a citation in plain text", citation, func(d doc) { d["url"] = "http://registry.example/docs" }},
		{"a citation with a password", citation, func(d doc) { d["url"] = "https://me:secret@registry.example/docs" }},
		{"a date in words", citation, func(d doc) { d["date"] = "last summer" }},
		{"a thirteenth month", citation, func(d doc) { d["date"] = "2026-13" }},
		{"an unknown basis", citation, func(d doc) { d["basis"] = "hearsay" }},
		{"no method", in("verify"), func(d doc) { delete(d, "method") }},
		{"an unknown method", in("verify"), func(d doc) { d["method"] = "trust" }},
		{"no effort", first, func(d doc) { delete(d, "effort") }},
		{"weeks in words", in("effort", "volunteer_weeks"), func(d doc) { d["from"] = "two" }},
		{"weeks below nothing", in("effort", "staffed_weeks"), func(d doc) { d["from"] = json.Number("-1") }},
		{"no cost of keeping it", in("effort"), func(d doc) { delete(d, "keep") }},
		{"an SSDF task without a number", in("maps_to"), func(d doc) { d["ssdf"] = []any{"PS.1"} }},
		{"an SSDF task of no group", in("maps_to"), func(d doc) { d["ssdf"] = []any{"XX.1.1"} }},
		{"an SSDF task in small letters", in("maps_to"), func(d doc) { d["ssdf"] = []any{"ps.1.1"} }},
		{"no SSDF task", in("maps_to"), func(d doc) { d["ssdf"] = []any{} }},
		{"a SLSA threat beyond I", in("maps_to"), func(d doc) { d["slsa"] = []any{"J"} }},
		{"of the Principles without a place in them", in("maps_to"), func(d doc) { delete(d, "principles") }},
		{"a place in the Principles without being of them", first, func(d doc) { d["from"] = []any{"A"} }},
		{"a fourth level of the Principles", in("maps_to", "principles"), func(d doc) { d["level"] = json.Number("4") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole := asJSON(t, raw)
			c.change(object(t, whole, c.at...))
			if outcomes.Validate(whole) == nil {
				t.Error("it is taken")
			}
		})
	}
	for _, c := range []struct{ name, part, raw string }{
		{"an incident without a source", "#/$defs/incidents", `[{id: a, date: "2016", repository: npm, packages: a, vector: a, detected: a, removed: a, affected: a, basis: source consulted}]`},
		{"an incident with an unknown key", "#/$defs/incidents", `[{id: a, date: "2016", repository: npm, packages: a, vector: a, detected: a, removed: a, affected: a, source: a, basis: source consulted, blame: a}]`},
		{"no incidents", "#/$defs/incidents", `[]`},
		{"a version that is a number", "#/$defs/version", `version: 2026.1`},
		{"a version with a further key", "#/$defs/version", `{version: "2026.1", draft: true}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if schema(t, c.part).Validate(asJSON(t, []byte(c.raw))) == nil {
				t.Error("it is taken")
			}
		})
	}
}

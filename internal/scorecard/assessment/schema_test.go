package assessment

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/scorecard"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	raw, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	const id = "https://assay.invalid/scorecard/assessment/schema.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON reads YAML as JSON has it, dates being text.
func asJSON(t *testing.T, raw string) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(raw), &n); err != nil {
		t.Fatal(err)
	}
	datesAsText(&n)
	var v any
	if err := n.Decode(&v); err != nil {
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

func datesAsText(n *yaml.Node) {
	if n.ShortTag() == "!!timestamp" {
		n.SetString(n.Value)
	}
	for _, c := range n.Content {
		datesAsText(c)
	}
}

// TestTheSchemaAgrees with what Read takes and refuses.
func TestTheSchemaAgrees(t *testing.T) {
	s := schema(t)
	for _, c := range []struct{ name, raw string }{
		{"a whole assessment", sound},
		{"one to be checked", checkable},
		{"a new one", string(New(Options{Catalogue: current(t), Now: noon, Addresses: addresses("npm", "https://registry.example/npm/")}))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := s.Validate(asJSON(t, c.raw)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, c := range []struct{ name, inPlaceOf, is string }{
		{"a state mistyped", "state: planned", "state: plannd"},
		{"no state", "state: partial", "note: x"},
		{"an unknown key", "note: Since", "notes: Since"},
		{"a date that is none", "date: 2026-10-01", "date: soon"},
		{"evidence of nothing", "url: https://registry.example/docs, ", ""},
		{"evidence in two places", "title: Signing up", "where: here"},
		{"evidence that runs", "https://registry.example/docs", "javascript:alert(1)"},
		{"an address with a password", "npm: https://registry", "npm: https://me:secret@registry"},
		{"an address with a query", "https://registry.example/npm,", `"https://registry.example/npm?a=b",`},
		{"a plan that waits for rain", "waits_for: people", "waits_for: rain"},
		{"weeks in words", "weeks: 2.5", "weeks: two"},
		{"an unknown trait", "accounts: true", "acounts: true"},
		{"a trait that is perhaps", "builds: false", "builds: perhaps"},
		{"an unknown page", "releases: https", "realeses: https"},
		{"a package page for one package", "p/{name}", "p/lodash"},
		{"another form", "assessment: 1", "assessment: 2"},
		{"no name", "name: Example Registry", `name: ""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := strings.Replace(sound, c.inPlaceOf, c.is, 1)
			if raw == sound {
				t.Fatalf("the sound assessment has no %q", c.inPlaceOf)
			}
			if s.Validate(asJSON(t, raw)) == nil {
				t.Error("the schema takes it")
			}
			if _, problems := Read("a.yaml", []byte(raw), small()); len(problems) == 0 {
				t.Error("Read takes it")
			}
		})
	}
}

// TestTheSchemaKnowsTheSameWords ties its lists to those of the code.
func TestTheSchemaKnowsTheSameWords(t *testing.T) {
	raw, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Properties struct {
			Assessment struct {
				Const int
			}
			Repository struct {
				Properties struct {
					Pages struct{ Properties map[string]any }
				}
			}
			Taxonomy struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Properties.Assessment.Const != Form {
		t.Errorf("it is of form %d", doc.Properties.Assessment.Const)
	}
	var pages, words, known []string
	for name := range doc.Properties.Repository.Properties.Pages.Properties {
		pages = append(pages, name)
		if _, ok := scorecard.PageNames[name]; !ok {
			t.Errorf("there is no page %s", name)
		}
	}
	if len(pages) != len(scorecard.PageNames) {
		t.Errorf("it knows %q of %d pages", pages, len(scorecard.PageNames))
	}
	for word := range doc.Properties.Taxonomy.Properties {
		words = append(words, word)
	}
	for _, trait := range traits {
		known = append(known, string(trait.trait))
	}
	slices.Sort(words)
	slices.Sort(known)
	if !slices.Equal(words, known) {
		t.Errorf("it knows the traits %q, want %q", words, known)
	}
}

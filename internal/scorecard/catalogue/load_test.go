package catalogue

import (
	"io/fs"
	"maps"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// tiny is a catalogue of two outcomes.
func tiny() fstest.MapFS {
	return fstest.MapFS{
		"version.yaml":   {Data: []byte("version: \"1\"\n")},
		"incidents.yaml": {Data: []byte("- {id: left-pad, date: \"2016\"}\n")},
		"outcomes/01-a.yaml": {Data: []byte(`outcome: 1
id: a
capabilities:
  - id: one
    why: {threat: T, incidents: [left-pad]}
    examples: [{repository: npm, citation: {title: T, date: "2016-03", where: Somewhere}}]
  - id: two
`)},
		"outcomes/02-b.yaml": {Data: []byte("outcome: 2\nid: b\ncapabilities: [{id: three}]\n")},
	}
}

func TestLoad(t *testing.T) {
	c, err := Load(tiny())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range c.All() {
		ids = append(ids, k.ID)
	}
	if !reflect.DeepEqual(ids, []string{"one", "two", "three"}) || c.Version != "1" || c.Incidents["left-pad"].Date != "2016" {
		t.Errorf("%q, %+v", ids, c)
	}
	if k, ok := c.Capability("two"); !ok || k.ID != "two" {
		t.Errorf("%+v, %t", k, ok)
	}
	if _, ok := c.Capability("four"); ok {
		t.Error("found what is not there")
	}
}

func TestLoadNamesTheFileThatIsWrong(t *testing.T) {
	for _, c := range []struct {
		name, file string
		// The text in place of which another stands; "" is the whole file.
		inPlaceOf, is string
		want          []string
	}{
		{"an unknown key", "outcomes/01-a.yaml", "id: two", "idd: two", []string{"outcomes/01-a.yaml:", "idd"}},
		{"an unknown key of the version", "version.yaml", "", "version: \"1\"\ndraft: true\n", []string{"version.yaml:", "draft"}},
		{"an unknown key of an incident", "incidents.yaml", "date:", "day:", []string{"incidents.yaml:", "day"}},
		{"a key twice", "outcomes/01-a.yaml", "id: two", "id: two\n    id: four", []string{"outcomes/01-a.yaml:", "already defined"}},
		{"a wrong type", "outcomes/02-b.yaml", "outcome: 2", "outcome: two", []string{"outcomes/02-b.yaml:", "two"}},
		{"no YAML", "outcomes/02-b.yaml", "", "{", []string{"outcomes/02-b.yaml:"}},
		{"an empty file", "outcomes/02-b.yaml", "", "", []string{"outcomes/02-b.yaml:"}},
		{"no version", "version.yaml", "", "# nothing\n", []string{"version.yaml:", "no version"}},
		{"a second document", "version.yaml", "", "version: \"1\"\n---\nversion: \"2\"\n", []string{"version.yaml:", "more follows"}},
		{"an id twice in a file", "outcomes/01-a.yaml", "id: two", "id: one", []string{"outcomes/01-a.yaml: one stands there twice, first in outcomes/01-a.yaml"}},
		{"an id in two files", "outcomes/02-b.yaml", "id: three", "id: two", []string{"outcomes/02-b.yaml: two stands there twice, first in outcomes/01-a.yaml"}},
		{"an incident twice", "incidents.yaml", "", "- {id: a}\n- {id: a}\n", []string{"incidents.yaml: a stands there twice"}},
		{"an unknown incident", "outcomes/01-a.yaml", "[left-pad]", "[right-pad]", []string{"outcomes/01-a.yaml: one: there is no incident right-pad"}},
		{"a wrong number", "outcomes/02-b.yaml", "outcome: 2", "outcome: 3", []string{"outcomes/02-b.yaml: the file of outcome 3 is named outcomes/03-b.yaml"}},
		{"a wrong name", "outcomes/02-b.yaml", "id: b", "id: c", []string{"outcomes/02-b.yaml: the file of outcome 2 is named outcomes/02-c.yaml"}},
		{"a citation in two places", "outcomes/01-a.yaml", "where:", "url: https://registry.example/, where:", []string{"outcomes/01-a.yaml: one, example npm: a citation has an address or says where it is, and not both"}},
		{"a citation of nothing", "outcomes/01-a.yaml", ", where: Somewhere", "", []string{"outcomes/01-a.yaml: one, example npm: a citation"}},
		{"a date that is none", "outcomes/01-a.yaml", "2016-03", "2016-30", []string{"outcomes/01-a.yaml: one, example npm: \"2016-30\" is no date"}},
		{"a date and more", "outcomes/01-a.yaml", "2016-03", "2016-03 or so", []string{"outcomes/01-a.yaml: one, example npm: \"2016-03 or so\" is no date"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := maps.Clone(tiny())
			text := string(from[c.file].Data)
			if !strings.Contains(text, c.inPlaceOf) {
				t.Fatalf("%s has no %q", c.file, c.inPlaceOf)
			}
			if c.inPlaceOf == "" {
				text = c.is
			}
			from[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.inPlaceOf, c.is, 1))}
			if c.inPlaceOf == "" {
				from[c.file].Data = []byte(c.is)
			}
			got, err := Load(from)
			if err == nil || got != nil {
				t.Fatalf("it is taken: %+v", got)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\ndoes not say %q", err, want)
				}
			}
		})
	}
}

func TestLoadMissesNoFile(t *testing.T) {
	for name := range tiny() {
		if name == "outcomes/02-b.yaml" {
			continue // then there is one outcome
		}
		t.Run(name, func(t *testing.T) {
			from := tiny()
			delete(from, name)
			if got, err := Load(from); err == nil || !strings.Contains(err.Error(), strings.ReplaceAll(name, "01-a", "02-b")) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	from := tiny()
	from["outcomes/02-b.yaml"].Data = []byte("outcome: 2\nid: b\ncapabilities: [{id: one}, {id: four, why: {incidents: [x, y]}}]\n")
	_, err := Load(from)
	if err == nil || strings.Count(err.Error(), "outcomes/02-b.yaml: ") != 3 {
		t.Errorf("%v", err)
	}
}

func TestDigestChangesWithEveryWord(t *testing.T) {
	first, err := Load(tiny())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(tiny())
	if err != nil {
		t.Fatal(err)
	}
	if first.Digest() != again.Digest() || len(first.Digest()) != 64 {
		t.Errorf("%s and %s", first.Digest(), again.Digest())
	}
	again.Outcomes[0].Capabilities[1].How.Mistakes = []string{"A word."}
	if first.Digest() == again.Digest() {
		t.Error("the digest does not see the text")
	}
	again.Outcomes[0].Capabilities[1].How.Mistakes = nil
	again.Incidents["left-pad"] = Incident{ID: "left-pad", Date: "2017"}
	if first.Digest() == again.Digest() {
		t.Error("the digest does not see the incidents")
	}
}

func TestTheFilesOfThisBuildAreAllRead(t *testing.T) {
	count := 0
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			count++
		}
		return err
	})
	c, loading := Current()
	if err != nil || loading != nil {
		t.Fatal(err, loading)
	}
	if count != len(c.Outcomes)+2 {
		t.Errorf("%d files for %d outcomes, the incidents and the version", count, len(c.Outcomes))
	}
}

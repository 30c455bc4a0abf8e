package repositories

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/checks"
)

var carry = flag.Bool("carry", false, "copy what stands in docs/scorecard to software")

// made is after every date in the files.
var made = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func current(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// public reads all assessments of public repositories, by file name.
func public(t *testing.T) map[string]*assessment.Assessment {
	t.Helper()
	names, err := fs.Glob(Public(), "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*assessment.Assessment{}
	for _, name := range names {
		raw, err := fs.ReadFile(Public(), name)
		if err != nil {
			t.Fatal(err)
		}
		a, problems := assessment.Read(name, raw, current(t))
		for _, p := range problems {
			t.Error(p)
		}
		if a == nil {
			t.Fatalf("%s does not read", name)
		}
		out[name] = a
	}
	return out
}

func TestThereAreFourteenPublicRepositories(t *testing.T) {
	all := public(t)
	if len(all) != 14 {
		t.Errorf("there are %d: %q", len(all), slices.Sorted(maps.Keys(all)))
	}
	names := map[string]string{}
	for file, a := range all {
		if other, twice := names[a.Subject().Name]; twice {
			t.Errorf("%s and %s are both about %s", file, other, a.Subject().Name)
		}
		names[a.Subject().Name] = file
		if a.By() == "" || a.Correction() == "" || a.Governance() == "" || len(a.Evidence()) == 0 {
			t.Errorf("%s does not say who made it, how it is corrected, or who runs the repository and what shows it", file)
		}
		if len(a.Subject().Addresses) > 0 || len(a.Subject().Pages) > 0 {
			t.Errorf("%s holds addresses of the repository", file)
		}
	}
}

// TestEveryCapabilityHasAnEntry, and every state that says something has
// evidence with a date; with -v the counts are printed.
func TestEveryCapabilityHasAnEntry(t *testing.T) {
	cat := current(t)
	for file, a := range public(t) {
		entries, count := a.Entries(), map[assess.State]int{}
		for _, c := range cat.All() {
			e, there := entries[c.ID]
			if !there {
				t.Errorf("%s has no entry for %s", file, c.ID)
				continue
			}
			count[e.State]++
			if applies, _ := a.Taxonomy().Applies(c.AppliesWhen); applies == (e.State == assess.NotApplicable) {
				t.Errorf("%s calls %s %s, and by its taxonomy it applies: %t", file, c.ID, e.State, applies)
			}
			for _, wrong := range doubtful(e) {
				t.Errorf("%s, %s: %s", file, c.ID, wrong)
			}
		}
		if len(entries) != len(cat.All()) {
			t.Errorf("%s has %d entries for %d capabilities", file, len(entries), len(cat.All()))
		}
		t.Logf("%-20s met %2d, partial %2d, planned %2d, not met %2d, not applicable %2d, unknown %2d", file,
			count[assess.Met], count[assess.Partial], count[assess.Planned], count[assess.NotMet], count[assess.NotApplicable], count[assess.Unknown])
	}
}

// doubtful says what keeps an entry from being believed.
func doubtful(e assess.Entry) []string {
	var out []string
	for i, l := range e.Evidence {
		if _, _, ok := assess.Span(l.Date); !ok || l.Title == "" || l.Publisher == "" || l.Basis == "" {
			out = append(out, fmt.Sprintf("evidence %d lacks date, title, publisher or basis: %+v", i, l))
		}
	}
	if e.State == assess.Unknown || e.State == assess.NotApplicable {
		if e.State == assess.Unknown && e.Note == "" {
			out = append(out, "it is unknown, and no note says what was looked for")
		}
		return out
	}
	if e.Note == "" {
		out = append(out, "no note says what the evidence shows")
	}
	if (e.State == assess.Planned) != (e.Plan != nil) {
		out = append(out, fmt.Sprintf("the state is %s, and there is a plan: %t", e.State, e.Plan != nil))
	}
	if !slices.ContainsFunc(e.Evidence, func(l assess.Link) bool { return !l.Against && l.Basis != assess.Survey }) {
		out = append(out, fmt.Sprintf("%s rests on nothing, on a survey alone, or on what speaks against it", e.State))
	}
	if len(e.Evidence) > 0 && !slices.ContainsFunc(e.Evidence, func(l assess.Link) bool { return !strings.Contains(l.Title, "undated copy of about 2015") }) {
		out = append(out, fmt.Sprintf("%s rests on a copy of about 2015 alone", e.State))
	}
	return out
}

func TestWhatRestsOnNothingIsFound(t *testing.T) {
	page := assess.Link{Title: "A page", Publisher: "Somebody", Date: "2026-08", Basis: assess.Documentation, Where: "there"}
	old, survey, against, bare := page, page, page, page
	old.Title, survey.Basis, against.Against, bare.Publisher = "Policy, an undated copy of about 2015", assess.Survey, true, ""
	for _, c := range []struct {
		name string
		e    assess.Entry
		want int
	}{
		{"a state with a page", assess.Entry{State: assess.Met, Note: "x", Evidence: []assess.Link{page}}, 0},
		{"a state with nothing", assess.Entry{State: assess.Met, Note: "x"}, 1},
		{"a state with a survey", assess.Entry{State: assess.NotMet, Note: "x", Evidence: []assess.Link{survey}}, 1},
		{"a state with a page against it", assess.Entry{State: assess.Met, Note: "x", Evidence: []assess.Link{against}}, 1},
		{"a state with an old copy", assess.Entry{State: assess.Partial, Note: "x", Evidence: []assess.Link{old}}, 1},
		{"a page of nobody", assess.Entry{State: assess.Unknown, Note: "x", Evidence: []assess.Link{bare}}, 1},
		{"a state without a word", assess.Entry{State: assess.Met, Evidence: []assess.Link{page}}, 1},
		{"planned without a plan", assess.Entry{State: assess.Planned, Note: "x", Evidence: []assess.Link{page}}, 1},
		{"unknown without a word", assess.Entry{State: assess.Unknown}, 1},
	} {
		if got := doubtful(c.e); len(got) != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// TestAReaderFindsNoMistake lets pass what Check would ask about: that
// evidence is old is told, and not hidden.
func TestAReaderFindsNoMistake(t *testing.T) {
	cat := current(t)
	old := 0
	for _, a := range public(t) {
		for _, p := range assessment.Check(a, cat, made, nil) {
			switch {
			case strings.Contains(p.Message, "more than a year ago"):
				old++
			case strings.Contains(p.Message, "has no day by which it is to be done"):
			default:
				t.Error(p)
			}
		}
	}
	if old == 0 {
		t.Error("nothing is old: is the moment of this test right?")
	}
}

// TestTheFilesFitTheSchema, which others read assessments by.
func TestTheFilesFitTheSchema(t *testing.T) {
	raw, err := os.ReadFile("../assessment/schema.json")
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
	schema, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	for file := range public(t) {
		raw, err := fs.ReadFile(Public(), file)
		if err != nil {
			t.Fatal(err)
		}
		var n yaml.Node
		if err := yaml.Unmarshal(raw, &n); err != nil {
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
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// datesAsText reads dates as YAML 1.2 does, which has no type for them.
func datesAsText(n *yaml.Node) {
	if n.ShortTag() == "!!timestamp" {
		n.SetString(n.Value)
	}
	for _, c := range n.Content {
		datesAsText(c)
	}
}

// TestDifferencesBetweenSourcesAreShown: an entry that says that sources
// differ cites more than one.
func TestDifferencesBetweenSourcesAreShown(t *testing.T) {
	shown := 0
	for file, a := range public(t) {
		for id, e := range a.Entries() {
			against := slices.ContainsFunc(e.Evidence, func(l assess.Link) bool { return l.Against })
			if differ := strings.Contains(e.Note, "Sources differ"); differ {
				shown++
				if len(e.Evidence) < 2 {
					t.Errorf("%s, %s: sources differ, and there is but one", file, id)
				}
			} else if against && !strings.Contains(e.Note, "sources differ") && !strings.Contains(e.Note, "survey of 2022") {
				t.Errorf("%s, %s: a document speaks against the state, and the note does not say so", file, id)
			}
		}
	}
	if shown < 10 {
		t.Errorf("%d entries show that sources differ, and more are known", shown)
	}
}

// services are hosts of public repositories' own services, in pieces, so that
// this file does not hold them either.
var services = [][]string{
	{"npmjs", "org"}, {"npmjs", "com"}, {"yarnpkg", "com"}, {"pypi", "org"}, {"pythonhosted", "org"}, {"crates", "io"}, {"docs", "rs"},
	{"proxy", "golang", "org"}, {"sum", "golang", "org"}, {"index", "golang", "org"}, {"pkg", "go", "dev"},
	{"maven", "org"}, {"maven", "apache", "org"}, {"sonatype", "org"}, {"central", "sonatype", "com"}, {"rubygems", "org"}, {"nuget", "org"},
	{"packagist", "org"}, {"packagist", "com"}, {"formulae", "brew", "sh"}, {"ghcr", "io"}, {"cran", "r-project", "org"},
	{"hex", "pm"}, {"hexdocs", "pm"}, {"pub", "dev"}, {"deb", "debian", "org"}, {"ftp", "debian", "org"}, {"anaconda", "org"}, {"anaconda", "com"},
}

func TestNoServiceOfAPublicRepositoryIsNamed(t *testing.T) {
	read := 0
	for _, from := range []fs.FS{Public(), Software()} {
		err := fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := fs.ReadFile(from, path)
			read++
			lower := strings.ToLower(string(raw))
			for _, pieces := range services {
				if host := strings.Join(pieces, "."); strings.Contains(lower, host) {
					i := strings.Index(lower, host)
					t.Errorf("%s, line %d, holds %s: say in words where it is", path, 1+strings.Count(lower[:i], "\n"), host)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 16 {
		t.Errorf("%d files were read", read)
	}
}

// TestSoftwareIsWhatTheDocumentsHold compares the copies, in both directions.
func TestSoftwareIsWhatTheDocumentsHold(t *testing.T) {
	const from = "../../../docs/scorecard"
	entries, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if filepath.Ext(name) != ".json" && filepath.Ext(name) != ".yaml" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "assessment.yaml" {
			name = "assay.yaml"
		}
		want[name] = raw
	}
	if *carry {
		for name, raw := range want {
			if err := os.WriteFile(filepath.Join("software", name), raw, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	kept, err := os.ReadDir("software")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range kept {
		if want[e.Name()] == nil {
			t.Errorf("software/%s is not in docs/scorecard", e.Name())
		}
	}
	for name, raw := range want {
		kept, err := os.ReadFile(filepath.Join("software", name))
		if err != nil || !bytes.Equal(kept, raw) {
			t.Errorf("software/%s is not what docs/scorecard holds (%v): go test ./internal/scorecard/repositories -carry copies it", name, err)
		}
	}
}

func TestSoftwareReads(t *testing.T) {
	cat := current(t)
	reader := card.Reader{Catalogue: cat, Checks: checks.Checks()}
	read := 0
	err := fs.WalkDir(Software(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(Software(), path)
		if err != nil {
			return err
		}
		read++
		if filepath.Ext(path) == ".yaml" {
			_, problems := assessment.Read(path, raw, cat)
			for _, p := range problems {
				t.Error(p)
			}
			return nil
		}
		if _, err := reader.Open(context.Background(), raw, nil); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil || read < 2 {
		t.Errorf("%d files were read: %v", read, err)
	}
}

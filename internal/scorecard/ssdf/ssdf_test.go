package ssdf

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

func current(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// TestTheListIsTheFrameworks counts: 13 tasks prepare the organisation, 4
// protect the software, 16 produce it, and 9 respond.
func TestTheListIsTheFrameworks(t *testing.T) {
	form, practices, seen := regexp.MustCompile(`^(PO|PS|PW|RV)\.[1-9]\.[1-4]$`), map[string]int{}, map[string]bool{}
	for _, task := range Tasks() {
		if !form.MatchString(task.ID) || task.Name == "" || seen[task.ID] {
			t.Errorf("%+v", task)
		}
		seen[task.ID] = true
		practices[task.ID[:2]]++
	}
	for practice, want := range map[string]int{"PO": 13, "PS": 4, "PW": 16, "RV": 9} {
		if practices[practice] != want {
			t.Errorf("%s has %d tasks, want %d", practice, practices[practice], want)
		}
	}
}

func TestEveryTaskOfTheCatalogueIsInTheList(t *testing.T) {
	for _, c := range current(t).All() {
		if len(c.MapsTo.SSDF) == 0 {
			t.Errorf("%s speaks of no task", c.ID)
		}
		for _, id := range c.MapsTo.SSDF {
			if !slices.ContainsFunc(Tasks(), func(task Task) bool { return task.ID == id }) {
				t.Errorf("%s speaks of %s, which is no task", c.ID, id)
			}
		}
	}
}

// small is a catalogue in which two capabilities speak of one task.
func small() *catalogue.Catalogue {
	of := func(id string, tasks ...string) catalogue.Capability {
		return catalogue.Capability{ID: id, Title: "Title of " + id, MapsTo: catalogue.Mapping{SSDF: tasks}}
	}
	return &catalogue.Catalogue{Version: "2026.1", Outcomes: []catalogue.Outcome{{Number: 1, Capabilities: []catalogue.Capability{
		of("yank", "RV.2.2"), of("quarantine", "RV.2.2", "RV.1.1"), of("status-page", "RV.1.3"), of("odd", "XX.9.9"),
	}}}}
}

func TestAPartStandsWhereItsStatePutsIt(t *testing.T) {
	for _, c := range []struct {
		state                                assess.State
		supports, missing, unknown, notAsked int
	}{
		{assess.Met, 1, 0, 0, 0},
		{assess.Partial, 1, 0, 0, 0},
		{assess.Planned, 0, 1, 0, 0},
		{assess.NotMet, 0, 1, 0, 0},
		{assess.Unknown, 0, 0, 1, 0},
		{assess.NotApplicable, 0, 0, 0, 1},
		{"wonderful", 0, 0, 1, 0}, // no state of ours
	} {
		p := Project(small(), []assess.Standing{{Capability: "status-page", State: c.state, Knowledge: assess.Stated}})
		i := slices.IndexFunc(p.Rows, func(r Row) bool { return r.ID == "RV.1.3" })
		if i < 0 {
			t.Fatal("the task is not there")
		}
		r := p.Rows[i]
		if len(r.Supports) != c.supports || len(r.Missing) != c.missing || len(r.Unknown) != c.unknown || len(r.NotApplicable) != c.notAsked {
			t.Errorf("%s: %+v", c.state, r)
		}
	}
}

func TestTasksOfWhichNobodySpeaksAreApart(t *testing.T) {
	p := Project(small(), nil)
	if len(p.Rows) != 4 || len(p.Unspoken) != len(Tasks())-3 {
		t.Errorf("%d rows and %d tasks apart", len(p.Rows), len(p.Unspoken))
	}
	for _, r := range p.Rows {
		if len(r.Missing)+len(r.Supports) > 0 {
			t.Errorf("%s: nothing was said, and it is %+v", r.ID, r)
		}
	}
	if last := p.Rows[len(p.Rows)-1]; last.ID != "XX.9.9" || last.Name != "" {
		t.Errorf("a task that the list lacks is lost: %+v", last)
	}
}

func TestWhatTheCatalogueDoesNotKnowIsNamed(t *testing.T) {
	p := Project(small(), []assess.Standing{{Capability: "gone", State: assess.Met}})
	if !slices.Equal(p.LeftOut, []string{"gone"}) {
		t.Errorf("left out: %q", p.LeftOut)
	}
	for name, out := range written(t, p) {
		if !strings.Contains(out, "gone") {
			t.Errorf("%s does not say so:\n%s", name, out)
		}
	}
}

func written(t *testing.T, p Projection) map[string]string {
	t.Helper()
	var text, md, page strings.Builder
	for _, err := range []error{Text(&text, p), Markdown(&md, p), HTML(&page, p)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{"text": text.String(), "markdown": md.String(), "page": page.String()}
}

// TestEveryFormTellsTheSame: tasks, capabilities, states, and what is apart.
func TestEveryFormTellsTheSame(t *testing.T) {
	cat := current(t)
	var standings []assess.Standing
	for i, c := range cat.All() {
		s := assess.Standing{Capability: c.ID, State: assess.States[i%len(assess.States)]}
		if s.State == assess.Met {
			s.Knowledge = assess.Documented
		}
		standings = append(standings, s)
	}
	p := Project(cat, standings)
	p.Subject, p.Source = "Example Registry", "By an assessment"
	for name, out := range written(t, p) {
		for _, want := range []string{"Example Registry", "By an assessment", cat.Version, "Supports it", "Missing", "Not known", "Not asked for", "No capability of the catalogue speaks", "documented"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s has no %q", name, want)
			}
		}
		for _, r := range p.Rows {
			if !strings.Contains(out, r.ID) {
				t.Errorf("%s has no task %s", name, r.ID)
			}
		}
		for _, c := range cat.All() {
			if !strings.Contains(out, c.ID) {
				t.Errorf("%s has no capability %s", name, c.ID)
			}
		}
	}
}

// TestOutsideTextStaysText: a card is made by others.
func TestOutsideTextStaysText(t *testing.T) {
	p := Project(small(), []assess.Standing{{Capability: "yank", State: assess.Met, Knowledge: "<b>\x1b[2J", Note: "<script>alert(1)</script>\x1b[31m"}, {Capability: "<img src=x>", State: assess.Met}})
	p.Subject = "<script>alert(1)</script>\x1b]0;x\x07 **bold**"
	for name, out := range written(t, p) {
		if strings.ContainsAny(out, "\x1b\x07") {
			t.Errorf("%s holds escape sequences", name)
		}
		if name == "page" && strings.Contains(out, "<script>") || name == "page" && strings.Contains(out, "<img") {
			t.Errorf("the page holds markup from outside")
		}
		if name == "markdown" && strings.Contains(out, " **bold**") {
			t.Errorf("the Markdown holds markup from outside")
		}
	}
}

// TestNothingIsLostOrCountedTwice: whatever the states, each capability
// stands once at each of its tasks, and in one group.
func TestNothingIsLostOrCountedTwice(t *testing.T) {
	cat := current(t)
	rapid.Check(t, func(t *rapid.T) {
		var standings []assess.Standing
		for _, c := range cat.All() {
			if rapid.Bool().Draw(t, "there is a standing") {
				standings = append(standings, assess.Standing{Capability: c.ID, State: rapid.SampledFrom(assess.States).Draw(t, "state")})
			}
		}
		stands := map[[2]string]int{}
		p := Project(cat, standings)
		for _, r := range p.Rows {
			for _, g := range r.groups() {
				for _, part := range g.Parts {
					stands[[2]string{r.ID, part.Capability}]++
				}
			}
		}
		want := 0
		for _, c := range cat.All() {
			for _, id := range c.MapsTo.SSDF {
				want++
				if stands[[2]string{id, c.ID}] != 1 {
					t.Fatalf("%s stands %d times at %s", c.ID, stands[[2]string{id, c.ID}], id)
				}
			}
		}
		if len(stands) != want || len(p.Rows)+len(p.Unspoken) != len(Tasks()) {
			t.Fatalf("%d places for %d, %d tasks", len(stands), want, len(p.Rows)+len(p.Unspoken))
		}
	})
}

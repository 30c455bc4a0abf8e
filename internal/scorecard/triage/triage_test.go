package triage

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// small is a catalogue of three capabilities and as many incidents.
func small() *catalogue.Catalogue {
	capability := func(id string, from, to float64, incidents ...string) catalogue.Capability {
		return catalogue.Capability{ID: id, Title: "The " + id, Why: catalogue.Why{Incidents: incidents},
			Effort: catalogue.Effort{VolunteerWeeks: catalogue.Weeks{From: from, To: to}, StaffedWeeks: catalogue.Weeks{From: 2 * from, To: 2 * to}}}
	}
	return &catalogue.Catalogue{
		Outcomes: []catalogue.Outcome{{Number: 1, ID: "one", Capabilities: []catalogue.Capability{
			capability("lock", 1, 3, "theft", "fire"), capability("bell", 0.1, 0.1, "theft"), capability("roof", 4, 4),
		}}},
		Incidents: map[string]catalogue.Incident{"theft": {ID: "theft", Repository: "Kettle, Anvil's registry"}, "fire": {ID: "fire", Repository: "Other"}},
	}
}

func defaults(t testing.TB) Weights {
	t.Helper()
	w, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func subject(id string, reach []Measure, standings ...assess.Standing) Subject {
	return Subject{ID: id, Name: strings.ToUpper(id[:1]) + id[1:], Reach: reach, Standings: standings}
}

func TestARowIsMadeOfItsNumbers(t *testing.T) {
	million := []Measure{{Kind: Downloads, Value: 1e6, Date: "2025"}}
	for _, tt := range []struct {
		name     string
		change   func(*Weights)
		reach    []Measure
		standing assess.Standing
		missing  float64
		reached  float64
		kind     float64
		weeks    float64
		from     string
		worth    float64
	}{
		{"not met, one incident here and one elsewhere", nil, million, assess.Standing{Capability: "lock", State: assess.NotMet}, 1, 6, 3, 2, "catalogue", 9},
		{"a part is there", nil, million, assess.Standing{Capability: "lock", State: assess.Partial}, 0.5, 6, 3, 2, "catalogue", 4.5},
		{"planned, with an estimate of their own", nil, million, assess.Standing{Capability: "lock", State: assess.Planned, Plan: &assess.Plan{Weeks: 9}}, 0.75, 6, 3, 9, "plan", 1.5},
		{"planned, without one", nil, million, assess.Standing{Capability: "lock", State: assess.Planned, Plan: &assess.Plan{}}, 0.75, 6, 3, 2, "catalogue", 6.75},
		{"less work than anything is", nil, million, assess.Standing{Capability: "bell", State: assess.NotMet}, 1, 6, 2, 0.5, "catalogue", 24},
		{"no incident is named", nil, million, assess.Standing{Capability: "roof", State: assess.NotMet}, 1, 6, 0, 4, "catalogue", 0},
		{"and that is weighed otherwise", func(w *Weights) { w.Incidents.None = 0.4 }, million, assess.Standing{Capability: "roof", State: assess.NotMet}, 1, 6, 0.4, 4, "catalogue", 0.6},
		{"a staffed team, at the high end", func(w *Weights) { w.Effort.Team, w.Effort.Of = "staffed", "high" }, million, assess.Standing{Capability: "lock", State: assess.NotMet}, 1, 6, 3, 6, "catalogue", 3},
		{"the low end", func(w *Weights) { w.Effort.Of = "low" }, million, assess.Standing{Capability: "lock", State: assess.NotMet}, 1, 6, 3, 1, "catalogue", 18},
		{"two numbers are between one another", nil, append([]Measure{{Kind: Dependents, Value: 1}}, million...), assess.Standing{Capability: "lock", State: assess.NotMet}, 1, 5, 3, 2, "catalogue", 7.5},
		{"a number that counts for nothing is left out", func(w *Weights) { w.Reach.Dependents = 0 }, append([]Measure{{Kind: Dependents, Value: 1}}, million...), assess.Standing{Capability: "lock", State: assess.NotMet}, 1, 6, 3, 2, "catalogue", 9},
		{"as it stands", func(w *Weights) { w.Reach.Scale = Linear }, million, assess.Standing{Capability: "lock", State: assess.NotMet}, 1, 1e6, 3, 2, "catalogue", 1.5e6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := defaults(t)
			if tt.change != nil {
				tt.change(&w)
			}
			result := Of(small(), w, []Subject{subject("kettle", tt.reach, tt.standing)})
			if len(result.Rows) != 1 || len(result.ReachUnknown)+len(result.StateUnknown) > 0 {
				t.Fatalf("%+v", result)
			}
			r := result.Rows[0]
			if r.Missing != tt.missing || *r.Reach != tt.reached || r.Kind != tt.kind || r.Weeks != tt.weeks || r.WeeksFrom != tt.from || *r.Worth != tt.worth {
				t.Errorf("missing %g, reach %g, incidents %g, weeks %g (%s), worth %g", r.Missing, *r.Reach, r.Kind, r.Weeks, r.WeeksFrom, *r.Worth)
			}
		})
	}
}

func TestWhatIsNotKnownStandsApart(t *testing.T) {
	lock := func(s assess.State) assess.Standing { return assess.Standing{Capability: "lock", State: s} }
	result := Of(small(), defaults(t), []Subject{
		subject("kettle", nil, lock(assess.NotMet)),
		subject("anvil", []Measure{{Kind: Packages, Value: math.NaN()}, {Kind: Downloads, Value: -1}, {Kind: "stars", Value: 9}}, lock(assess.NotMet)),
		subject("spoon", []Measure{{Kind: Packages, Value: 10}}, lock(assess.Unknown)),
		subject("fork", []Measure{{Kind: Packages, Value: 10}}, lock(assess.Met), assess.Standing{Capability: "bell", State: assess.NotApplicable}, assess.Standing{Capability: "of another catalogue", State: assess.NotMet}),
	})
	if len(result.Rows) != 0 || len(result.ReachUnknown) != 2 || len(result.StateUnknown) != 1 {
		t.Fatalf("%+v", result)
	}
	for _, r := range result.ReachUnknown {
		if r.Reach != nil || r.Worth != nil || r.PerReach == nil || *r.PerReach != 1.5 {
			t.Errorf("%+v", r)
		}
	}
	if r := result.StateUnknown[0]; r.Worth != nil || r.PerReach != nil || r.Repository != "spoon" {
		t.Errorf("%+v", r)
	}
	raw, err := json.Marshal(result.ReachUnknown[0])
	if err != nil || !bytes.Contains(raw, []byte(`"reach":null`)) || !bytes.Contains(raw, []byte(`"worth":null`)) {
		t.Errorf("as JSON it is %s, %v", raw, err)
	}
}

func TestIncidentsAreHereOrElsewhere(t *testing.T) {
	for _, tt := range []struct {
		id, name, place string
		here            bool
	}{
		{"npm", "npm public registry", "npm", true}, {"npm", "npm", "PyPI", false}, {"pypi", "Python Package Index", "PyPI", true},
		{"cargo", "Cargo's registry", "Cargo's registry", true}, {"crates", "Cargo's registry (crates-io)", "Cargo's registry", true},
		{"go", "Go module mirror", "Go modules", true}, {"gopher", "Gopher", "Go modules", false}, {"hex", "Hexagon", "Hex", true}, {"hexagon", "Hexagon", "Hex", false}, {"any", "Any", "", false},
	} {
		if got := names(Subject{ID: tt.id, Name: tt.name}, tt.place); got != tt.here {
			t.Errorf("%s (%s) at %q: %v", tt.id, tt.name, tt.place, got)
		}
	}
}

// TestTheOrderIsThatOfWorthAndNotOfTheInput also holds that a better state
// never makes a row worth more.
func TestTheOrderIsThatOfWorthAndNotOfTheInput(t *testing.T) {
	w := defaults(t)
	rapid.Check(t, func(rt *rapid.T) {
		var subjects []Subject
		for _, id := range []string{"anvil", "fork", "kettle"} {
			var reach []Measure
			if rapid.Bool().Draw(rt, "stated") {
				reach = []Measure{{Kind: rapid.SampledFrom([]MeasureKind{Downloads, Requests, Packages, Dependents}).Draw(rt, "kind"), Value: rapid.Float64Range(0, 1e13).Draw(rt, "value")}}
			}
			s := subject(id, reach)
			for _, c := range []string{"lock", "bell", "roof"} {
				s.Standings = append(s.Standings, assess.Standing{Capability: c, State: rapid.SampledFrom(assess.States).Draw(rt, "state")})
			}
			subjects = append(subjects, s)
		}
		one := Of(small(), w, subjects)
		two := Of(small(), w, rapid.Permutation(subjects).Draw(rt, "shuffled"))
		a, _ := json.Marshal(one)
		b, err := json.Marshal(two)
		if err != nil || !bytes.Equal(a, b) {
			rt.Fatalf("%v\n%s\n%s", err, a, b)
		}
		if !slices.IsSortedFunc(one.Rows, func(x, y Row) int { return int(math.Copysign(1, *y.Worth-*x.Worth)) }) {
			rt.Fatalf("%s", a)
		}
		for _, r := range one.Rows {
			if r.Reach == nil || *r.Worth < 0 || r.State == assess.Unknown || r.State == assess.Met {
				rt.Fatalf("%+v", r)
			}
		}
	})
}

func TestTextShowsEveryNumber(t *testing.T) {
	var out bytes.Buffer
	standings := []assess.Standing{{Capability: "lock", State: assess.NotMet, Knowledge: assess.Documented}, {Capability: "bell", State: assess.Unknown}}
	result := Of(small(), defaults(t), []Subject{
		subject("kettle", []Measure{{Kind: Downloads, Value: 1e6, Date: "2025"}}, standings...), subject("spoon", []Measure{{Kind: Packages, Value: 10, Date: "2026-11-22", Undated: true}}, standings...), subject("fork", nil, standings...), subject("anvil", nil, standings...),
	})
	if err := Text(&out, result, 1); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"worth = missing x reach x incidents / weeks", "9.00 Kettle lock not met, documented 1 6.00 3 (2, 1 here) 2 (catalogue)",
		"nobody states the reach", "1.50 Anvil lock", "and 1 more: --all shows them", "1 bell Anvil, Fork, Kettle, Spoon",
		"a guess that one can argue with", "What is partial may be there in whole", "Reach is downloads in a year, by their logarithm:", "Kettle: 6.00, of 1000000 downloads a year (2025)",
		"Spoon: 6.30, of 10 packages (undated, read 2026-11-22), each as 200000 downloads by a guess",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

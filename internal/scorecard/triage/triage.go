package triage

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// MeasureKind is what a stated number counts.
type MeasureKind string

// The measures of reach.
const (
	Downloads  MeasureKind = "downloads"  // in a year
	Requests   MeasureKind = "requests"   // in a year
	Dependents MeasureKind = "dependents" // packages or projects that depend on what is there
	Packages   MeasureKind = "packages"   // that are there
)

// Measure is one number of a repository's reach, as a source states it.
type Measure struct {
	Kind  MeasureKind `json:"kind"`
	Value float64     `json:"value"`
	// Date is the day or year of the source, "" where it has none.
	Date string `json:"date,omitempty"`
	// Undated says that the source bears no date, and Date is when it was
	// read.
	Undated bool `json:"undated,omitempty"`
}

// Subject is one repository.
type Subject struct {
	// ID is its name in file names; incidents whose repository is named so
	// happened here.
	ID   string
	Name string
	// Reach is what sources state; empty where nobody does.
	Reach     []Measure
	Standings []assess.Standing
}

// Incident is one that the capability would have prevented or shortened.
type Incident struct {
	ID   string `json:"id"`
	Here bool   `json:"here,omitempty"`
}

// Row is one capability that is missing at one repository, with every number
// that its worth was made of.
type Row struct {
	Repository string           `json:"repository"`
	Name       string           `json:"name"`
	Capability string           `json:"capability"`
	Title      string           `json:"title"`
	State      assess.State     `json:"state"`
	Knowledge  assess.Knowledge `json:"knowledge,omitempty"`
	// Missing is the weight of the state; 0 where the state is not known.
	Missing float64 `json:"missing"`
	// Reach is nil where nobody states a number.
	Reach    *float64  `json:"reach"`
	Measures []Measure `json:"measures,omitempty"`
	// Kind is what the incidents count together.
	Kind      float64    `json:"incidents_weight"`
	Incidents []Incident `json:"incidents"`
	Weeks     float64    `json:"weeks"`
	// WeeksFrom says who estimated them: plan or catalogue.
	WeeksFrom string `json:"weeks_from"`
	// Worth is missing × reach × incidents ÷ weeks; nil where a factor is
	// not known.
	Worth *float64 `json:"worth"`
	// PerReach is the same without the reach: what the row is worth to each
	// of those whom the repository reaches. Nil where the state is not known.
	PerReach *float64 `json:"worth_without_reach"`
}

// Result is a triage.
type Result struct {
	Weights Weights `json:"weights"`
	// Rows are those of which everything is known, the worthiest first.
	Rows []Row `json:"rows"`
	// ReachUnknown are missing capabilities of repositories whose reach
	// nobody states, by their worth without it. They cannot be compared with
	// Rows.
	ReachUnknown []Row `json:"reach_unknown"`
	// StateUnknown are capabilities that may be there or not: who asks first
	// about those that incidents speak of learns most. In the order of their
	// incidents by weeks.
	StateUnknown []Row `json:"state_unknown"`
}

// Of makes the triage of subjects.
func Of(cat *catalogue.Catalogue, w Weights, subjects []Subject) Result {
	out := Result{Weights: w, Rows: []Row{}, ReachUnknown: []Row{}, StateUnknown: []Row{}}
	for _, s := range subjects {
		reach, measures := w.reach(s.Reach)
		for _, standing := range s.Standings {
			c, known := cat.Capability(standing.Capability)
			if !known {
				continue // of another catalogue: there is no estimate and no incident
			}
			r := Row{Repository: s.ID, Name: s.Name, Capability: c.ID, Title: c.Title, State: standing.State, Knowledge: standing.Knowledge,
				Reach: reach, Measures: measures}
			r.Incidents, r.Kind = w.incidents(cat, c, s)
			r.Weeks, r.WeeksFrom = w.weeks(c, standing.Plan)
			switch standing.State {
			case assess.NotMet:
				r.Missing = w.Missing.NotMet
			case assess.Partial:
				r.Missing = w.Missing.Partial
			case assess.Planned:
				r.Missing = w.Missing.Planned
			case assess.Unknown:
				out.StateUnknown = append(out.StateUnknown, r)
				continue
			default:
				continue // met, or not asked of it
			}
			r.PerReach = number(r.Missing * r.Kind / r.Weeks)
			if reach == nil {
				out.ReachUnknown = append(out.ReachUnknown, r)
				continue
			}
			r.Worth = number(*r.PerReach * *reach)
			out.Rows = append(out.Rows, r)
		}
	}
	inOrder(out.Rows, func(r Row) float64 { return *r.Worth })
	inOrder(out.ReachUnknown, func(r Row) float64 { return *r.PerReach })
	inOrder(out.StateUnknown, func(r Row) float64 { return r.Kind / r.Weeks })
	return out
}

// inOrder sorts by worth, and those that are worth the same by name: no row
// comes before another because of a repository's place in a list.
func inOrder(rows []Row, worth func(Row) float64) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(worth(b), worth(a)), strings.Compare(a.Capability, b.Capability), strings.Compare(a.Repository, b.Repository))
	})
}

// reach is the geometric mean of what is stated, as downloads in a year; nil
// where nothing is stated that counts. It is a mean and no sum: a repository
// of which two numbers are stated does not reach further than one of which
// one is.
func (w Weights) reach(stated []Measure) (*float64, []Measure) {
	sum := 0.0
	var used []Measure
	for _, m := range stated {
		value := m.Value * w.Reach.of(m.Kind)
		if !(value >= 1) || math.IsInf(value, 0) { // also what is no number
			continue
		}
		sum += math.Log10(value)
		used = append(used, m)
	}
	if len(used) == 0 {
		return nil, nil
	}
	mean := sum / float64(len(used))
	if w.Reach.Scale == Linear {
		mean = math.Pow(10, mean)
	}
	return number(mean), used
}

// incidents are those of the kind, and what they count.
func (w Weights) incidents(cat *catalogue.Catalogue, c catalogue.Capability, s Subject) ([]Incident, float64) {
	out, sum := []Incident{}, 0.0
	for _, id := range c.Why.Incidents {
		here := false
		for place := range strings.SplitSeq(cat.Incidents[id].Repository, ",") {
			here = here || names(s, strings.TrimSpace(place))
		}
		out = append(out, Incident{ID: id, Here: here})
		if here {
			sum += w.Incidents.Here
		} else {
			sum += w.Incidents.Elsewhere
		}
	}
	if len(out) == 0 {
		sum = w.Incidents.None
	}
	return out, sum
}

// names says that an incident's place is the subject: "PyPI" is pypi, and
// also "PyPI, the Python Package Index"; "Cargo's registry" is cargo.
func names(s Subject, place string) bool {
	place, name := strings.ToLower(place), strings.ToLower(s.Name)
	if place == "" {
		return false
	}
	word, _, _ := strings.Cut(place, " ")
	if id := strings.ToLower(s.ID); id == strings.TrimSuffix(word, "'s") || id == strings.ReplaceAll(place, " ", "-") {
		return true
	}
	rest, begins := strings.CutPrefix(name, place)
	next, _ := utf8.DecodeRuneInString(rest)
	return begins && !unicode.IsLetter(next) && !unicode.IsDigit(next)
}

func (w Weights) weeks(c catalogue.Capability, plan *assess.Plan) (float64, string) {
	if plan != nil && plan.Weeks > 0 {
		return max(plan.Weeks, w.Effort.Least), "plan"
	}
	estimate := c.Effort.VolunteerWeeks
	if w.Effort.Team == "staffed" {
		estimate = c.Effort.StaffedWeeks
	}
	weeks := (estimate.From + estimate.To) / 2
	switch w.Effort.Of {
	case "low":
		weeks = estimate.From
	case "high":
		weeks = estimate.To
	}
	return max(weeks, w.Effort.Least), "catalogue"
}

// number keeps three digits after the point, so that the same input gives the
// same text on machines that multiply in another order. What no JSON can say
// becomes the largest number that one can.
func number(v float64) *float64 {
	if v = min(v, math.MaxFloat64/1e4); v < 1e12 {
		v = math.Round(v*1000) / 1000
	}
	return &v
}

package triage

import (
	"bytes"
	_ "embed" // the weights that hold where nobody gives others
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Form is the version of the form of weights that this package reads.
const Form = 1

//go:embed weights.yaml
var defaultWeights []byte

// DefaultWeights is the file of weights that holds where nobody gives another,
// with its comments, for people to copy and edit.
func DefaultWeights() []byte { return bytes.Clone(defaultWeights) }

// Weights are what the formula multiplies.
type Weights struct {
	Form      int             `yaml:"weights" json:"weights"`
	Missing   MissingWeights  `yaml:"missing" json:"missing"`
	Incidents IncidentWeights `yaml:"incidents" json:"incidents"`
	Reach     ReachWeights    `yaml:"reach" json:"reach"`
	Effort    EffortWeights   `yaml:"effort" json:"effort"`
}

// MissingWeights say how much of a capability is not there, by its state.
type MissingWeights struct {
	NotMet  float64 `yaml:"not_met" json:"not_met"`
	Partial float64 `yaml:"partial" json:"partial"`
	Planned float64 `yaml:"planned" json:"planned"`
}

// IncidentWeights say what one incident counts.
type IncidentWeights struct {
	// Here is for incidents at the repository itself.
	Here      float64 `yaml:"here" json:"here"`
	Elsewhere float64 `yaml:"elsewhere" json:"elsewhere"`
	// None is what a capability counts for which no incident is named.
	None float64 `yaml:"none" json:"none"`
}

// Scale is how a stated number becomes reach.
type Scale string

// The scales.
const (
	Logarithm Scale = "logarithm"
	Linear    Scale = "linear"
)

// ReachWeights say how stated numbers become reach: how many downloads in a
// year one of each stands for.
type ReachWeights struct {
	Scale      Scale   `yaml:"scale" json:"scale"`
	Downloads  float64 `yaml:"downloads" json:"downloads"`
	Requests   float64 `yaml:"requests" json:"requests"`
	Dependents float64 `yaml:"dependents" json:"dependents"`
	Packages   float64 `yaml:"packages" json:"packages"`
}

// of is the rate of a measure, 0 for one that does not count.
func (w ReachWeights) of(m MeasureKind) float64 {
	switch m {
	case Downloads:
		return w.Downloads
	case Requests:
		return w.Requests
	case Dependents:
		return w.Dependents
	case Packages:
		return w.Packages
	}
	return 0
}

// EffortWeights say which of the catalogue's estimates is taken.
type EffortWeights struct {
	// Team is volunteer or staffed.
	Team string `yaml:"team" json:"team"`
	// Of is low, middle or high: where in the estimate's range.
	Of string `yaml:"of" json:"of"`
	// Least is the fewest weeks that any work counts for, so that an
	// estimate near zero cannot carry a row to the top.
	Least float64 `yaml:"least" json:"least"`
}

// most bounds a file of weights, in bytes.
const most = 64 << 10

// ReadWeights reads a file of weights. The name is the file's, for messages.
// What is left out keeps the value of DefaultWeights. A file without any, a
// word that is not known, and a number that is none or below zero, is an
// assay.Error of kind Invalid that names the file, and the line where the form
// is broken.
func ReadWeights(name string, raw []byte) (Weights, error) {
	var w Weights
	if err := decode(defaultWeights, &w); err != nil {
		return Weights{}, assay.Wrap(assay.Internal, err, "the default weights cannot be read")
	}
	if len(raw) > most {
		return Weights{}, wrong(name, "the file has more than %d KB, and a file of weights is a page: is it another file?", most>>10)
	}
	switch err := decode(raw, &w); {
	case errors.Is(err, io.EOF):
		// Else a copy that went wrong would pass for the reader's own weights.
		return Weights{}, wrong(name, "the file holds no weights")
	case err != nil:
		return Weights{}, wrong(name, "%s", misread(err))
	}
	if problem := w.check(); problem != "" {
		return Weights{}, wrong(name, "%s", problem)
	}
	return w, nil
}

// Default are the weights of DefaultWeights.
func Default() (Weights, error) { return ReadWeights("weights.yaml", defaultWeights) }

func wrong(name, format string, args ...any) error {
	return &assay.Error{Kind: assay.Invalid, Message: scorecard.Words(fmt.Sprintf("%s: "+format, append([]any{name}, args...)...) +
		"; 'assay triage weights' prints a file to begin with")}
}

func decode(raw []byte, into *Weights) error {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return err
	}
	// What followed in a second document would be passed over in silence.
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("more follows after the document")
	}
	return nil
}

// misread says where the form is broken, in the words of a file of weights:
// those of the YAML reader name types of this program.
func misread(err error) string {
	var typed *yaml.TypeError
	if !errors.As(err, &typed) {
		return strings.TrimPrefix(err.Error(), "yaml: ")
	}
	out := slices.Clone(typed.Errors)
	for i, e := range out {
		line, rest, _ := strings.Cut(e, ": ")
		if field, ok := strings.CutPrefix(rest, "field "); ok {
			field, _, _ = strings.Cut(field, " not found in type ")
			out[i] = fmt.Sprintf("%s: there is no weight %q", line, field)
		} else if _, value, ok := strings.Cut(rest, "`"); ok {
			value, _, _ = strings.Cut(value, "`")
			out[i] = fmt.Sprintf("%s: %q does not belong here", line, value)
		}
	}
	return strings.Join(out, "; ")
}

// check says what is wrong with the values, "" if nothing is.
func (w Weights) check() string {
	if w.Form != Form {
		return fmt.Sprintf("weights: %d is no form that this build reads: it reads form %d", w.Form, Form)
	}
	for _, n := range []struct {
		name  string
		value float64
	}{
		{"missing.not_met", w.Missing.NotMet}, {"missing.partial", w.Missing.Partial}, {"missing.planned", w.Missing.Planned},
		{"incidents.here", w.Incidents.Here}, {"incidents.elsewhere", w.Incidents.Elsewhere}, {"incidents.none", w.Incidents.None},
		{"reach.downloads", w.Reach.Downloads}, {"reach.requests", w.Reach.Requests}, {"reach.dependents", w.Reach.Dependents}, {"reach.packages", w.Reach.Packages},
		{"effort.least", w.Effort.Least},
	} {
		// Infinity would put every row at the top, and no JSON can say it.
		if math.IsNaN(n.value) || n.value < 0 || n.value > 1e6 {
			return fmt.Sprintf("%s: %g is no weight: write a number from 0 to a million", n.name, n.value)
		}
	}
	if w.Effort.Least == 0 {
		return "effort.least: 0 would make work without effort worth more than anything: write a part of a week, as 0.5"
	}
	for _, c := range []struct {
		name, value string
		words       []string
	}{
		{"reach.scale", string(w.Reach.Scale), []string{string(Logarithm), string(Linear)}},
		{"effort.team", w.Effort.Team, []string{"volunteer", "staffed"}},
		{"effort.of", w.Effort.Of, []string{"low", "middle", "high"}},
	} {
		if !slices.Contains(c.words, c.value) {
			return fmt.Sprintf("%s: %q is no choice: write %s", c.name, c.value, strings.Join(c.words, " or "))
		}
	}
	return ""
}

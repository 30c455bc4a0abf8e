package triage

import (
	"math"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestWeightsAreReadOrRefusedWithTheReason(t *testing.T) {
	for _, tt := range []struct{ name, text, says string }{
		{"an empty file, as a copy that went wrong leaves", "", "holds no weights"},
		{"remarks alone", "# mine\n", "holds no weights"},
		{"the form alone, which keeps the defaults", "weights: 1", ""},
		{"one number", "missing: {partial: 0.3}", ""},
		{"the defaults themselves", string(DefaultWeights()), ""},
		{"a word that is not known", "missing: {partail: 1}", `line 1: there is no weight "partail"`},
		{"a number that is none", "incidents: {here: many}", `line 1: "many" does not belong here`},
		{"a number below zero", "incidents: {here: -1}", "incidents.here: -1 is no weight"},
		{"infinity", "reach: {downloads: .inf}", "reach.downloads: +Inf is no weight"},
		{"no number at all", "reach: {downloads: .nan}", "reach.downloads: NaN is no weight"},
		{"work without effort", "effort: {least: 0}", "effort.least: 0 would"},
		{"another scale", "reach: {scale: cubic}", `"cubic" is no choice: write logarithm or linear`},
		{"another team", "effort: {team: me}", "write volunteer or staffed"},
		{"another form", "weights: 2", "2 is no form that this build reads"},
		{"a second document", "weights: 1\n---\nweights: 1", "more follows after the document"},
		{"an assessment", "assessment: 1", `there is no weight "assessment"`},
		{"a large file", strings.Repeat("#", 65<<10), "more than 64 KB"},
	} {
		w, err := ReadWeights("mine.yaml", []byte(tt.text))
		switch {
		case tt.says == "" && err != nil:
			t.Errorf("%s: %v", tt.name, err)
		case tt.says == "" && (w.Form != Form || w.Effort.Least <= 0):
			t.Errorf("%s: %+v", tt.name, w)
		case tt.says != "" && (!assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "mine.yaml") || !strings.Contains(err.Error(), "assay triage weights")):
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func FuzzWeights(f *testing.F) {
	f.Add(DefaultWeights())
	f.Add([]byte("missing: {partial: 1e309}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		w, err := ReadWeights("fuzzed", raw)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, v := range []float64{w.Missing.NotMet, w.Incidents.Here, w.Reach.Downloads, w.Effort.Least} {
			if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
				t.Fatalf("%+v", w)
			}
		}
	})
}

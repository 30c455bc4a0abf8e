package selfassessmentpublished

import (
	"encoding/json"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/probe/probetest"
)

// written is an assessment with the first n capabilities of the catalogue.
func written(t *testing.T, n int, state string) string {
	t.Helper()
	all, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("assessment: 1\ncatalogue: \"2026.1\"\ncapabilities:\n")
	for i, c := range all.All() {
		if i < n {
			b.WriteString("  " + c.ID + ": {state: " + state + "}\n")
		}
	}
	return b.String()
}

func asJSON(t *testing.T) string {
	t.Helper()
	all, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]string
	for _, c := range all.All() {
		list = append(list, map[string]string{"capability": c.ID, "state": "not_met"})
	}
	raw, err := json.Marshal(map[string]any{"assessment": 1, "catalogue": "2026.1", "entries": list})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestDocuments(t *testing.T) {
	bomb := "assessment: 1\ncatalogue: x\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\ncapabilities: {mfa-totp: *c}\n"
	cases := map[string]struct {
		body string
		want scorecard.Outcome
		says string
	}{
		"all capabilities":           {written(t, 1000, "met"), scorecard.Holds, "catalogue 2026.1"},
		"all not met":                {written(t, 1000, "not_met"), scorecard.Holds, ""},
		"a list in JSON":             {asJSON(t), scorecard.Holds, ""},
		"a few":                      {written(t, 3, "met"), scorecard.Fails, "3 of"},
		"all unknown":                {written(t, 1000, "unknown"), scorecard.Partly, "unknown"},
		"states nobody knows":        {written(t, 1000, "splendid"), scorecard.Fails, "0 of"},
		"no catalogue":               {strings.Replace(written(t, 1000, "met"), "catalogue:", "catalog:", 1), scorecard.Fails, "which version"},
		"no version of the form":     {"catalogue: x\ncapabilities: {}\n", scorecard.Fails, "no assessment"},
		"no capabilities":            {"assessment: 1\ncatalogue: x\n", scorecard.Fails, "0 of"},
		"capabilities that are text": {"assessment: 1\ncatalogue: x\ncapabilities: all\n", scorecard.Fails, "0 of"},
		"a list":                     {"- a\n- b\n", scorecard.Fails, "no fields"},
		"nothing":                    {"", scorecard.Fails, "neither"},
		"broken YAML":                {"a: [", scorecard.Fails, "neither"},
		"a web page":                 {"<!doctype html>assessment: 1", scorecard.Fails, "web page"},
		"a document that unfolds":    {bomb, scorecard.Fails, "0 of"},
		"one that is too big":        {"assessment: 1\n#" + strings.Repeat("x", maxBytes), scorecard.Fails, "bigger"},
	}
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{}, probetest.Pages{"https://registry.example/scorecard/assessment.yaml": probetest.Text("application/yaml", c.body)})
		f := probetest.Find(t, Check(), b)
		if f.Outcome != c.want || !strings.Contains(f.Reason, c.says) {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func TestPlaces(t *testing.T) {
	const stated = "https://docs.example/assessment"
	good := probetest.Text("text/plain", written(t, 1000, "met"))
	cases := map[string]struct {
		at     scorecard.Visitor
		stated string
		want   scorecard.Outcome
	}{
		"as JSON at the usual place": {probetest.Pages{"https://registry.example/scorecard/assessment.json": good}, "", scorecard.Holds},
		"where it is stated":         {probetest.Pages{stated: good}, stated, scorecard.Holds},
		"not where it is stated":     {probetest.Pages{"https://registry.example/scorecard/assessment.yaml": good}, stated, scorecard.Fails},
		"nothing":                    {probetest.Pages{}, "", scorecard.NotSupported},
		"no answer":                  {probetest.Dead(), "", scorecard.CouldNotTell},
	}
	for name, c := range cases {
		b := probetest.Bench(probetest.Acts{}, c.at)
		if c.stated != "" {
			b.Subject.Pages["assessment"] = c.stated
		}
		if f := probetest.Find(t, Check(), b); f.Outcome != c.want {
			t.Errorf("%s: %s: %s", name, f.Outcome, f.Reason)
		}
	}
}

func FuzzReadForm(f *testing.F) {
	f.Add([]byte("assessment: 1\ncatalogue: x\ncapabilities: {a: {state: met}, b: met}\n"))
	f.Add([]byte(`{"assessment":1,"entries":[{"id":"a","state":"met"}]}`))
	f.Add([]byte("&a [*a]"))
	f.Fuzz(func(t *testing.T, document []byte) {
		got, err := readForm(document)
		if err == nil && got.version == "" {
			t.Errorf("%q passes for an assessment of no version", document)
		}
	})
}

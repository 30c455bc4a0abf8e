package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	for _, c := range []struct {
		name           string
		events         string
		passed, failed int
		says           string
	}{
		{"nothing", ``, 0, 0, ""},
		{"one passes, one fails", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"pass","Package":"p","Test":"TestA"}
			{"Action":"run","Package":"p","Test":"TestB"}
			{"Action":"output","Package":"p","Test":"TestB","Output":"b.go:1: no tea\n"}
			{"Action":"fail","Package":"p","Test":"TestB"}
			{"Action":"fail","Package":"p"}`, 1, 1, "no tea"},
		{"a test with subtests is its subtests", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"run","Package":"p","Test":"TestA/x"}
			{"Action":"pass","Package":"p","Test":"TestA/x"}
			{"Action":"run","Package":"p","Test":"TestA/y"}
			{"Action":"fail","Package":"p","Test":"TestA/y"}
			{"Action":"fail","Package":"p","Test":"TestA"}
			{"Action":"fail","Package":"p"}`, 1, 1, "TestA/y"},
		{"a slash in a name makes no parent", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"run","Package":"p","Test":"TestA/input/output_error"}
			{"Action":"pass","Package":"p","Test":"TestA/input/output_error"}
			{"Action":"pass","Package":"p","Test":"TestA"}
			{"Action":"pass","Package":"p"}`, 1, 0, ""},
		{"a test that fails beside subtests that pass", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"run","Package":"p","Test":"TestA/x"}
			{"Action":"pass","Package":"p","Test":"TestA/x"}
			{"Action":"fail","Package":"p","Test":"TestA"}
			{"Action":"fail","Package":"p"}`, 1, 1, "TestA"},
		{"a skipped test has proven nothing", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"skip","Package":"p","Test":"TestA"}
			{"Action":"pass","Package":"p"}`, 0, 1, "skip"},
		{"a test that never ended", `
			{"Action":"run","Package":"p","Test":"TestA"}
			{"Action":"fail","Package":"p"}`, 0, 1, "TestA"},
		{"a package that does not build", `
			{"ImportPath":"p","Action":"build-output","Output":"p.go:1: undefined: tea\n"}
			{"ImportPath":"p","Action":"build-fail"}
			{"Action":"fail","Package":"p","FailedBuild":"p"}`, 0, 1, "undefined: tea"},
		{"a package without tests", `{"Action":"skip","Package":"p"}`, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text strings.Builder
			passed, failed, err := report(strings.NewReader(c.events), &text)
			if err != nil || passed != c.passed || failed != c.failed {
				t.Errorf("counted %d and %d (%v), want %d and %d", passed, failed, err, c.passed, c.failed)
			}
			if !strings.Contains(text.String(), c.says) {
				t.Errorf("it does not say %q: %s", c.says, text.String())
			}
		})
	}
}

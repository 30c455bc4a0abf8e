package assessment

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func FuzzRead(f *testing.F) {
	f.Add([]byte(sound))
	f.Add([]byte(checkable))
	f.Add([]byte(sourced))
	f.Add(New(Options{Catalogue: small(), Now: noon}))
	f.Add([]byte("assessment: 1\ncapabilities: {yank: &a {state: *a}}\n"))
	f.Add([]byte("? [a]\n: {<<: *b}\n--- !!binary x\n"))
	f.Add([]byte("\xff\xfea\x00:\x001\x00"))
	f.Add([]byte("capabilities:\n  yank: {evidence: [{url: \"https://a:b@c\", date: 1}], plan: {weeks: 1e999}}\n"))
	cat := small()
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		a, problems := Read("a.yaml", raw, cat)
		if (a == nil) != (len(problems) > 0) {
			t.Fatalf("an assessment: %t, with problems %v", a != nil, problems)
		}
		line := 0
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Line < line || p.Severity != Mistake || p.File != "a.yaml" || p.Message == "" {
				t.Errorf("%+v after line %d", p, line)
			}
			line = p.Line
			if !utf8.ValidString(p.Message) || strings.ContainsFunc(p.Message, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("a message that does not print: %q", p.Message)
			}
		}
		again, problemsAgain := Read("a.yaml", raw, cat)
		if !reflect.DeepEqual(a, again) || !reflect.DeepEqual(problems, problemsAgain) || !bytes.Equal(raw, before) {
			t.Error("the same bytes are not read the same")
		}
		if a == nil {
			return
		}
		for id, e := range a.Entries() {
			if _, ok := cat.Capability(id); !ok || e.State == "" {
				t.Errorf("%s: %+v", id, e)
			}
			for _, l := range e.Evidence {
				if (l.URL == "") == (l.Where == "") || l.Date == "" || strings.Contains(l.URL, "\n") {
					t.Errorf("%s: evidence %+v", id, l)
				}
			}
		}
		for _, p := range Check(a, cat, noon, nil) {
			if p.Line < 1 || p.Message == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}

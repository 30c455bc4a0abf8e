package wall

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/triage"
)

// today is the day of the tests.
var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// hostile is what a file of others could say to draw on a reader's page.
const hostile = "<script>alert(1)</script><b>bold</b>\u202egnp.exe\u0007 javascript:alert(1) \"onload=x"

type look struct {
	Right bool `json:"right"`
}

// oneCheck judges what it is told to have seen.
func oneCheck() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "security-txt", Kind: scorecard.Probe, Version: 1, Capability: "security-txt", Question: "Is it there?", Decisive: true, Whole: true,
	}, func(context.Context, *scorecard.Bench) (look, error) { return look{true}, nil },
		func(s look) scorecard.Finding {
			if s.Right {
				return scorecard.Found(scorecard.Holds, "It is there.")
			}
			return scorecard.Found(scorecard.Fails, "It is not there.")
		})
}

func current(t testing.TB) *catalogue.Catalogue {
	t.Helper()
	cat, err := catalogue.Current()
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// sealed is a card of a subject, of a day, whose one check found it right or
// not.
func sealed(t testing.TB, name string, right bool, made time.Time) []byte {
	t.Helper()
	seen, _ := json.Marshal(look{right})
	e := scorecard.Evidence{Check: "security-txt", Version: 1, Seen: seen, Began: made, Ended: made}
	c := card.Card{
		Subject:   scorecard.Subject{Name: name, Addresses: map[assay.Ecosystem]string{assay.NPM: "http://127.0.0.1:4873/"}, Software: name, Version: "6.8.0"},
		Protocols: []assay.Ecosystem{assay.NPM}, Catalogue: card.Ref(current(t)), Made: made, Trial: true, Tool: card.Tool{Name: "assay", Version: "test"},
		Judged: []scorecard.Judged{{Evidence: e, Finding: scorecard.Judge(oneCheck(), e)}},
	}
	c.Standings = assess.Derive(assess.Input{Catalogue: current(t),
		Definitions: map[string]scorecard.Definition{"security-txt": oneCheck().Definition()}, Judged: c.Judged})
	key, err := card.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := card.Seal(t.Context(), c, key, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// written is an assessment of a repository with the given entries.
func written(name, entries string) []byte {
	quoted, _ := json.Marshal(name)
	return fmt.Appendf(nil, `assessment: 1
catalogue: "2026.1"
made: 2026-11-20
repository:
  name: %s
  governance: a foundation
taxonomy: {accounts: true, built: true, builds: false, source: false, client: true, mirrors: true}
capabilities:
%s`, quoted, entries)
}

// telling is what an assessment with something of everything says.
const telling = `  mfa-totp:
    state: met
    since: 2024-03
    evidence:
      - {url: "https://docs.example/mfa", title: Second factors, publisher: Example, date: 2024-05-01, basis: documentation, says: Codes work.}
      - {where: an older page, title: Second factors, date: 2022, undated: true, basis: documentation, against: true, says: Codes do not work.}
    note: Sources differ.
  email-verified:
    state: met
  security-txt:
    state: not_met
    evidence: [{where: our own look, date: 2026-10-01}]
  two-person-publish:
    state: planned
    evidence: [{url: "https://docs.example/plans", title: Plans, date: 2026-09-30}]
    plan: {by: 2027-06-30, weeks: 3, waits_for: money, note: The form is drawn.}
  trusted-publishing-oidc:
    state: planned
  namespaces:
    state: partial
    evidence: [{where: the annual report, date: 2025, basis: survey}]
  yank: {state: unknown, note: No source was found.}
`

// folder is a wall of two public repositories and one piece of software.
func folder(t testing.TB) fstest.MapFS {
	t.Helper()
	return fstest.MapFS{
		"kettle.yaml":          {Data: written("Kettle Index", telling)},
		"anvil.yaml":           {Data: written("anvil", "  mfa-totp: {state: partial, note: \"Not for everybody.\"}\n  cooldown: {state: not_met}\n")},
		"README.md":            {Data: []byte("not read")},
		"software/server.json": {Data: sealed(t, "Server", false, today.Add(-time.Hour))},
	}
}

func options(t testing.TB) Options {
	return Options{Catalogue: current(t), Checks: []scorecard.Check{oneCheck()}, Now: today.Add(12 * time.Hour), Limits: SafeLimits()}
}

func readAll(t testing.TB, files fstest.MapFS, o Options) *Wall {
	t.Helper()
	sources, err := Folder(files)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Read(t.Context(), sources, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func weighed(t testing.TB) BuildOptions {
	t.Helper()
	weights, err := triage.Default()
	if err != nil {
		t.Fatal(err)
	}
	return BuildOptions{Weights: weights, Checks: []scorecard.Check{oneCheck()}}
}

func built(t testing.TB, w *Wall, o BuildOptions) Site {
	t.Helper()
	s, err := Build(t.Context(), w, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// find is the entry of an id.
func find(t testing.TB, w *Wall, id string) *Entry {
	t.Helper()
	for _, e := range w.All() {
		if e.ID == id {
			return e
		}
	}
	t.Fatalf("nothing on the wall is %s", id)
	return nil
}

// has fails unless the text has all words.
func has(t testing.TB, text []byte, words ...string) {
	t.Helper()
	plain := strings.Join(strings.Fields(string(text)), " ")
	for _, w := range words {
		if !strings.Contains(plain, w) {
			t.Errorf("it does not say %q:\n%.4000s", w, plain)
		}
	}
}

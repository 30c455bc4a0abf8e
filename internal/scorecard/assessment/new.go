package assessment

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// Options say what a new assessment begins with.
type Options struct {
	// Name is what people call the repository; without one it is the host
	// of its first address.
	Name      string
	Addresses map[assay.Ecosystem]string
	// Traits are those that are known, true or false. What depends on one
	// that is not known counts as applying.
	Traits    assess.Taxonomy
	Catalogue *catalogue.Catalogue
	Now       time.Time
}

// New writes an assessment to be filled in: every capability that applies,
// with its statement and how it is checked as comments, and nothing claimed.
// Read reads it without a mistake if the addresses are sound.
func New(o Options) []byte {
	w := &writer{}
	w.comment("", fmt.Sprintf("A self-assessment against catalogue %s: what this repository says of itself, capability by capability.", o.Catalogue.Version),
		"For each, write a state and what shows it. The states:",
		"  met      the statement above the entry is true",
		"  partial  part of it is, or for part of the packages; the note says which",
		"  planned  it is not true yet, and the plan says by when and what it waits for",
		"  not_met  it is not true",
		"  unknown  nobody has looked, or nobody can tell",
		"What does not apply follows from the taxonomy below and needs no entry.",
		"Evidence is a public document, with the day on which it was written or read:",
		"  evidence:",
		"    - {url: https://registry.example/docs/accounts, title: Accounts, date: 2026-10-01}",
		"    - {where: printed annual report of 2025 on page 12, date: 2026-10-01}",
		"A date may be a month or a year where no more is known. Publisher, basis (source code,",
		"documentation, blog post, search excerpt or survey), says, undated and against may be added.",
		"A plan, for what is planned (waits_for: money, people or decision; leave it out if it waits for nothing):",
		"  plan: {by: 2027-06-30, weeks: 3, waits_for: people, note: what is missing}",
		"`assay assess check FILE` finds mistakes, and claims that nothing shows.")
	w.line("")
	w.line("assessment: %d", Form)
	w.line("catalogue: %s", text(o.Catalogue.Version))
	w.line("made: %s", o.Now.Format(time.DateOnly))
	w.repository(o)
	w.taxonomy(o.Traits)
	w.line("")
	w.line("capabilities:")
	for _, out := range o.Catalogue.Outcomes {
		w.outcome(out, o.Traits)
	}
	return []byte(w.String())
}

type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.Builder, format+"\n", args...)
}

// width is that of a comment's longest line.
const width = 100

// comment writes each text as lines behind #. Indented texts keep their
// indent.
func (w *writer) comment(indent string, texts ...string) {
	for _, t := range texts {
		inner := t[:len(t)-len(strings.TrimLeft(t, " "))]
		var words []string
		if inner != "" {
			words = []string{strings.TrimSpace(t)} // an example or a table: as it is
		} else {
			words = strings.Fields(t)
		}
		row := ""
		for _, word := range words {
			if row != "" && utf8.RuneCountInString(indent+"# "+row+" "+word) > width {
				w.line("%s# %s", indent, row)
				row = ""
			}
			if row != "" {
				row += " "
			}
			row += word
		}
		w.line("%s# %s%s", indent, inner, row)
	}
}

func (w *writer) repository(o Options) {
	w.line("repository:")
	w.line("  name: %s", text(name(o)))
	ecosystems := slices.Sorted(maps.Keys(o.Addresses))
	w.comment("  ", "Where it is asked, by ecosystem: npm, golang, ...")
	if len(ecosystems) == 0 {
		w.line("  addresses: {}")
	} else {
		w.line("  addresses:")
	}
	for _, e := range ecosystems {
		w.line("    %s: %s", text(string(e)), text(withoutCredentials(o.Addresses[e])))
	}
	w.comment("  ", "Pages that no protocol tells and probes look for. Take the # away from those that there are:")
	w.line("  pages:")
	for _, p := range slices.Sorted(maps.Keys(scorecard.PageNames)) {
		example := "https://registry.example/" + p
		if p == "package" {
			example += "/{name}"
		}
		w.line("    #%s: %s # %s", p, example, scorecard.PageNames[p])
	}
	w.comment("  ", "Who runs it and who decides, in a sentence:")
	w.line("  governance: %s", text(""))
}

func (w *writer) taxonomy(has assess.Taxonomy) {
	w.line("")
	w.comment("", "What kind of repository it is. What depends on a trait that is not known counts as applying.", "Take the # away from what is known:")
	w.line("taxonomy:")
	for _, t := range traits {
		if v, known := has[t.trait]; known {
			w.line("  %s: %t # %s", t.trait, v, t.means)
		} else {
			w.line("  #%s: true # or false: %s", t.trait, t.means)
		}
	}
}

func (w *writer) outcome(o catalogue.Outcome, has assess.Taxonomy) {
	headed := false
	for _, c := range o.Capabilities {
		if applies, _ := has.Applies(c.AppliesWhen); !applies {
			continue
		}
		if !headed {
			w.line("")
			w.comment("  ", fmt.Sprintf("%d. %s", o.Number, o.Title))
			headed = true
		}
		w.line("")
		w.comment("  ", fmt.Sprintf("%s (%s). %s", c.Title, c.Colour, c.Statement), checked(c.Verify.Method))
		w.line("  %s:", text(c.ID))
		w.line("    state: %s", assess.Unknown)
		w.line("    evidence: []")
		w.line("    note: %s", text(""))
	}
}

// checked says who can check it, and so what is asked of the entry.
func checked(m catalogue.Method) string {
	switch m {
	case catalogue.Probe:
		return "Checked by a probe, which only reads."
	case catalogue.Trial:
		return "Checked by a trial, on an instance that one may test."
	case catalogue.Document:
		return "Shown by a public document: link it as evidence."
	}
	return "Shown by a person's review: link the report as evidence."
}

// name is what the file calls the repository, in one printable line.
func name(o Options) string {
	if n := scorecard.Words(o.Name); n != "" {
		return n
	}
	for _, e := range slices.Sorted(maps.Keys(o.Addresses)) {
		if u, err := url.Parse(o.Addresses[e]); err == nil && scorecard.Words(u.Hostname()) != "" {
			return scorecard.Words(u.Hostname())
		}
	}
	return "A package repository"
}

// withoutCredentials keeps a password that was part of an address out of a
// file that is made to be published.
func withoutCredentials(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.User == nil {
		return address
	}
	u.User = nil
	return u.String()
}

// text writes a scalar: plain where nothing else could be meant, else quoted.
// What JSON writes in quotes YAML reads the same.
func text(s string) string {
	plain := s != "" && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
	switch s {
	case "true", "false", "null", "yes", "no", "on", "off", "y", "n":
		plain = false
	}
	if plain {
		return s
	}
	raw, err := json.Marshal(s)
	if err != nil { // a string: there is nothing to fail
		panic(err)
	}
	return string(raw)
}

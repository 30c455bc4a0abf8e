package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/catalogue"
)

// Listing says of each capability of a catalogue how it is checked.
type Listing struct {
	Catalogue *catalogue.Catalogue
	// Checks are those of this build.
	Checks []scorecard.Definition
	// Without says of capabilities that no check speaks of why not.
	Without map[string]string
}

// listed is one capability of a listing, as JSON has it.
type listed struct {
	Outcome    int                    `json:"outcome"`
	Capability string                 `json:"capability"`
	Title      string                 `json:"title"`
	Method     catalogue.Method       `json:"method"`
	Checks     []scorecard.Definition `json:"checks,omitempty"`
	Without    string                 `json:"without,omitempty"`
}

func (l Listing) rows() []listed {
	var out []listed
	for _, o := range l.Catalogue.Outcomes {
		for _, c := range o.Capabilities {
			r := listed{Outcome: o.Number, Capability: c.ID, Title: c.Title, Method: c.Verify.Method}
			for _, d := range l.Checks {
				if d.Capability == c.ID {
					r.Checks = append(r.Checks, d)
				}
			}
			if len(r.Checks) == 0 {
				r.Without = l.without(c)
			}
			out = append(out, r)
		}
	}
	return out
}

// without says why no check speaks of a capability.
func (l Listing) without(c catalogue.Capability) string {
	if why := l.Without[c.ID]; why != "" {
		return why
	}
	switch c.Verify.Method {
	case catalogue.Document:
		return "A public document must say so; an assessment names it."
	case catalogue.Review:
		return "A person must look; an assessment says who did."
	}
	return "No check of this build asks for it; an assessment may speak of it."
}

// ChecksText writes the listing for a terminal.
func ChecksText(w io.Writer, l Listing) error {
	t := &text{}
	rows := l.rows()
	for _, o := range l.Catalogue.Outcomes {
		t.b.WriteByte('\n')
		t.wrapped(fmt.Sprintf("%3d", o.Number), 5, o.Title)
		for _, r := range rows {
			if r.Outcome != o.Number {
				continue
			}
			t.wrapped("", 5, fmt.Sprintf("%s (%s)", r.Title, r.Capability))
			for _, d := range r.Checks {
				t.wrapped("       ", 9, fmt.Sprintf("%s %s: %s %s", d.Kind, d.ID, d.Question, conditions(d)))
			}
			if r.Without != "" {
				t.wrapped("       ", 9, "none: "+r.Without)
			}
		}
	}
	_, err := w.Write(bytes.TrimPrefix(t.b.Bytes(), []byte("\n")))
	return err
}

// ChecksMarkdown writes the listing as a document.
func ChecksMarkdown(w io.Writer, l Listing) error {
	m := &markdown{}
	rows := l.rows()
	probed, tried := 0, 0
	for _, d := range l.Checks {
		if d.Kind == scorecard.Probe {
			probed++
		} else {
			tried++
		}
	}
	m.line("# How each capability is checked\n")
	m.line("<!-- Made by `assay score checks -o md`: a change belongs into the catalogue or the checks. -->\n")
	m.line("The catalogue, version %s, has %s. %s and %s of this build ask for them from outside.",
		l.Catalogue.Version, plural(len(rows), "capability", "capabilities"), plural(probed, "probe", "probes"), plural(tried, "trial", "trials"))
	m.line("A probe only reads. A trial acts, and runs only where somebody said that one may test.")
	m.line("What neither can tell is said by an assessment, with a document or a person behind it.")
	for _, o := range l.Catalogue.Outcomes {
		m.line("\n## %d. %s\n", o.Number, escape(o.Title))
		for _, r := range rows {
			if r.Outcome != o.Number {
				continue
			}
			m.line("- **%s** (%s)", escape(r.Title), code(r.Capability))
			for _, d := range r.Checks {
				m.line("  - %s", strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", d.Kind, code(d.ID), escape(d.Question), escape(conditions(d)))))
			}
			if r.Without != "" {
				m.line("  - %s", escape(r.Without))
			}
		}
	}
	_, err := w.Write(m.b.Bytes())
	return err
}

// ChecksJSON writes the listing for programs.
func ChecksJSON(w io.Writer, l Listing) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Catalogue    string   `json:"catalogue"`
		Capabilities []listed `json:"capabilities"`
	}{l.Catalogue.Version, l.rows()})
}

// conditions are what a check asks for before it can run, "(through npm; needs ...)".
func conditions(d scorecard.Definition) string {
	var parts []string
	if d.Whole {
		parts = append(parts, "the instance as a whole")
	}
	if len(d.Protocols) > 0 {
		parts = append(parts, "through "+joined(d.Protocols))
	}
	needs := map[scorecard.Need]string{
		scorecard.NeedsSample: "a package that exists", scorecard.NeedsPublisher: "a credential that may publish",
		scorecard.NeedsStranger: "a credential of a second party", scorecard.NeedsDriver: "an instance started for it",
		scorecard.NeedsUpstream: "an instance whose upstream is ours", scorecard.NeedsMail: "an instance whose mail comes to us",
	}
	var wants []string
	for _, n := range d.Needs {
		wants = append(wants, needs[n])
	}
	if len(wants) > 0 {
		parts = append(parts, "needs "+strings.Join(wants, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

func joined(ecosystems []assay.Ecosystem) string {
	var names []string
	for _, e := range ecosystems {
		names = append(names, string(e))
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

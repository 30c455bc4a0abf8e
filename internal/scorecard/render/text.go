package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"assay.invalid/internal/scorecard/assess"
)

// width is the most columns of a line of text.
const width = 80

// Text writes a card for a terminal, with colours or without.
func Text(w io.Writer, v View, colour bool) error {
	t := &text{colour: colour}
	outcomes := v.outcomes()
	t.head(v)
	t.legend()
	t.overview(outcomes)
	for _, o := range outcomes {
		t.outcome(o)
	}
	t.open(v.couldNotTell(outcomes))
	t.list("Left behind", "Trials made these and could not remove them.", v.Card.Left)
	t.list("To know", "", v.Notes)
	_, err := w.Write(t.b.Bytes())
	return err
}

// text is a card being written.
type text struct {
	b      bytes.Buffer
	colour bool
}

// wrapped writes words between an indent and the edge. The first line begins
// with lead, which stands in the indent.
func (t *text) wrapped(lead string, indent int, s string) {
	pad := strings.Repeat(" ", indent)
	t.b.WriteString(lead)
	column := columns(lead)
	if column < indent {
		t.b.WriteString(pad[column:])
		column = indent
	}
	begun := false
	newLine := func() {
		t.b.WriteByte('\n')
		t.b.WriteString(pad)
		column, begun = indent, false
	}
	for word := range strings.FieldsSeq(s) {
		n := utf8.RuneCountInString(word)
		if begun && column+1+n > width {
			newLine()
		}
		if begun {
			t.b.WriteByte(' ')
			column++
		}
		for _, r := range word { // one longer than a line, as an address may be, is cut
			if column == width {
				newLine()
			}
			t.b.WriteRune(r)
			column++
			begun = true
		}
	}
	t.b.WriteByte('\n')
}

// columns is how many columns a text of our own takes, colours aside.
func columns(s string) int {
	n, escaped := 0, false
	for _, r := range s {
		switch {
		case r == '\x1b':
			escaped = true
		case !escaped:
			n++
		case r == 'm':
			escaped = false
		}
	}
	return n
}

func (t *text) head(v View) {
	t.heading(plain(v.Card.Subject.Name))
	line := func(name, value string) {
		if value != "" {
			t.wrapped("  "+name, 14, value)
		}
	}
	line("software", v.software())
	for _, a := range v.addresses() {
		line(a[0], a[1])
	}
	line("catalogue", fmt.Sprintf("%s, %s", plain(v.Card.Catalogue.Version), plural(len(v.Catalogue.Outcomes), "outcome", "outcomes")))
	line("made", moment(v.Card.Made)+" by "+plain(v.Card.Tool.Name+" "+v.Card.Tool.Version))
	line("how", v.how())
	line("signer", v.signer())
	line("witnesses", v.witnessed())
}

// witnessed says who found the same.
func (v View) witnessed() string {
	if len(v.Witnesses) == 0 {
		return "none: nobody else has run this and signed"
	}
	var parts []string
	for _, w := range v.Witnesses {
		s := fmt.Sprintf("%s on %s: %d the same", w.Signer.Fingerprint(), w.Witness.Made.UTC().Format("2006-01-02"), len(w.Witness.Agreed))
		if n := len(w.Witness.Differed); n > 0 {
			s += fmt.Sprintf(", %d otherwise", n)
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

func (t *text) legend() {
	t.b.WriteString("\n ")
	for _, s := range assess.States {
		fmt.Fprintf(&t.b, " %s %s ", t.mark(s), stateWord(s))
	}
	t.trimBlanks()
	t.b.WriteString("\n\n")
}

func (t *text) trimBlanks() {
	t.b.Truncate(len(bytes.TrimRight(t.b.Bytes(), " ")))
}

func (t *text) overview(outcomes []outcome) {
	short, marks := 0, 0
	for _, o := range outcomes {
		short = max(short, utf8.RuneCountInString(o.Short))
		marks = max(marks, 2*len(o.Rows)-1)
	}
	for _, o := range outcomes {
		fmt.Fprintf(&t.b, "%3d  %s%s  ", o.Number, o.Short, strings.Repeat(" ", short-utf8.RuneCountInString(o.Short)))
		for i, r := range o.Rows {
			if i > 0 {
				t.b.WriteByte(' ')
			}
			t.b.WriteString(t.mark(r.Standing.State))
		}
		known := knownCounted(o.Rows)
		at := 5 + short + 2 + marks + 2
		if at+len(known) > width {
			t.b.WriteByte('\n')
			t.wrapped("", 5+short+2, known)
			continue
		}
		t.b.WriteString(strings.Repeat(" ", marks-(2*len(o.Rows)-1)+2))
		t.b.WriteString(known + "\n")
	}
}

// outcome writes the capabilities of which something is known.
func (t *text) outcome(o outcome) {
	begun := false
	for _, r := range o.Rows {
		if r.Standing.State == assess.Unknown {
			continue
		}
		if !begun {
			t.b.WriteByte('\n')
			t.wrapped(fmt.Sprintf("%3d", o.Number), 5, o.Title)
			begun = true
		}
		state := stateWord(r.Standing.State)
		if r.Standing.Knowledge != "" {
			state += ", " + plain(string(r.Standing.Knowledge))
		}
		t.b.WriteByte('\n')
		t.wrapped("     "+t.mark(r.Standing.State)+" ", 7, fmt.Sprintf("%s: %s (%s)", state, plain(r.Title), plain(r.ID)))
		for _, line := range decided(r.Standing) {
			t.wrapped("", 7, line)
		}
		for _, l := range r.Standing.Evidence {
			t.wrapped("       - ", 9, linked(l))
		}
	}
}

// linked is a document in words.
func linked(l assess.Link) string {
	at := plain(l.URL)
	if at == "" {
		at = plain(l.Where)
	}
	s := at
	if l.Title != "" {
		s = plain(l.Title) + ", " + at
	}
	if l.Date != "" {
		s += " (" + plain(l.Date) + ")"
	}
	return s
}

func (t *text) open(groups []open) {
	if len(groups) == 0 {
		return
	}
	t.b.WriteByte('\n')
	t.heading("Could not be told")
	for _, g := range groups {
		t.b.WriteByte('\n')
		t.wrapped("   ? ", 5, g.Reason)
		t.wrapped("", 7, strings.Join(g.Capabilities, ", "))
	}
}

func (t *text) list(title, intro string, lines []string) {
	if len(lines) == 0 {
		return
	}
	t.b.WriteByte('\n')
	t.heading(title)
	if intro != "" {
		t.wrapped("", 0, intro)
	}
	for _, l := range lines {
		t.wrapped("   - ", 5, plain(l))
	}
}

// mark is a state's shape, in its colour where there are colours.
func (t *text) mark(s assess.State) string {
	code := map[assess.State]string{
		assess.Met: "32", assess.Partial: "33", assess.Planned: "34", assess.NotMet: "31",
		assess.NotApplicable: "2", assess.Unknown: "35",
	}[s]
	if !t.colour || code == "" {
		return stateMark(s)
	}
	return "\x1b[" + code + "m" + stateMark(s) + "\x1b[0m"
}

// heading writes a line that stands out where that can be shown.
func (t *text) heading(s string) {
	if !t.colour {
		t.wrapped("", 0, s)
		return
	}
	t.b.WriteString("\x1b[1m")
	t.wrapped("", 0, s)
	t.b.WriteString("\x1b[0m")
}

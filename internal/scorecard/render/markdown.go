package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"assay.invalid/internal/scorecard/assess"
)

// Markdown writes a card in Markdown.
func Markdown(w io.Writer, v View) error {
	m := &markdown{}
	outcomes := v.outcomes()
	m.head(v)
	m.overview(outcomes)
	for _, o := range outcomes {
		m.outcome(o)
	}
	m.open(v.couldNotTell(outcomes))
	m.list("Left behind", "Trials made these and could not remove them.", v.Card.Left)
	m.list("To know", "", v.Notes)
	_, err := w.Write(m.b.Bytes())
	return err
}

// markdown is a card being written.
type markdown struct{ b bytes.Buffer }

func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.b, format+"\n", args...)
}

func (m *markdown) head(v View) {
	m.line("# Scorecard of %s\n", escape(v.Card.Subject.Name))
	fact := func(name, value string) {
		if value != "" {
			m.line("- %s: %s", name, value)
		}
	}
	fact("Software", escape(v.software()))
	for _, a := range v.addresses() {
		fact("Asked as "+escape(a[0]), code(a[1]))
	}
	fact("Catalogue", escape(v.Card.Catalogue.Version))
	fact("Made", moment(v.Card.Made)+" by "+escape(v.Card.Tool.Name+" "+v.Card.Tool.Version))
	fact("How", v.how())
	fact("Signer", escape(v.signer()))
	fact("Witnesses", escape(v.witnessed()))
}

func (m *markdown) overview(outcomes []outcome) {
	m.line("\n## Outcomes\n")
	var legend []string
	for _, s := range assess.States {
		legend = append(legend, stateMark(s)+" "+stateWord(s))
	}
	m.line("%s. One mark for each capability, in the order of the catalogue.\n", strings.Join(legend, ", "))
	m.line("| | Outcome | Marks | In words | Known |")
	m.line("|---|---|---|---|---|")
	for _, o := range outcomes {
		var marks []string
		for _, r := range o.Rows {
			marks = append(marks, stateMark(r.Standing.State))
		}
		m.line("| %d | %s | %s | %s | %s |", o.Number, escape(o.Title), strings.Join(marks, " "), counted(o.Rows), knownCounted(o.Rows))
	}
}

func (m *markdown) outcome(o outcome) {
	begun := false
	for _, r := range o.Rows {
		if r.Standing.State == assess.Unknown {
			continue
		}
		if !begun {
			m.line("\n## %d. %s\n", o.Number, escape(o.Title))
			begun = true
		}
		state := "**" + stateMark(r.Standing.State) + " " + escape(stateWord(r.Standing.State)) + "**"
		if r.Standing.Knowledge != "" {
			state += ", " + escape(string(r.Standing.Knowledge))
		}
		m.line("- %s: %s (%s)", state, escape(r.Title), code(r.ID))
		for _, line := range decided(r.Standing) {
			m.line("  - %s", escape(line))
		}
		for _, l := range r.Standing.Evidence {
			m.line("  - %s", document(l))
		}
	}
}

// document is a link, or the words that stand for one.
func document(l assess.Link) string {
	title := escape(l.Title)
	if !webAddress(l.URL) {
		return escape(linked(l))
	}
	// In angle brackets an address may hold anything but those and a new
	// line, which plain took away.
	address := strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", `\`, "%5C").Replace(plain(l.URL))
	if title == "" {
		title = escape(l.URL)
	}
	s := fmt.Sprintf("[%s](<%s>)", title, address)
	if l.Date != "" {
		s += " (" + escape(l.Date) + ")"
	}
	return s
}

// webAddress reports whether an address may become a link: one of another
// scheme could run in the reader's browser.
func webAddress(s string) bool {
	return strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")
}

func (m *markdown) open(groups []open) {
	if len(groups) == 0 {
		return
	}
	m.line("\n## Could not be told\n")
	for _, g := range groups {
		var ids []string
		for _, id := range g.Capabilities {
			ids = append(ids, code(id))
		}
		m.line("- %s  \n  %s", escape(g.Reason), strings.Join(ids, ", "))
	}
}

func (m *markdown) list(title, intro string, lines []string) {
	if len(lines) == 0 {
		return
	}
	m.line("\n## %s\n", title)
	if intro != "" {
		m.line("%s\n", intro)
	}
	for _, l := range lines {
		m.line("- %s", escape(l))
	}
}

// escape makes outside text mean nothing but itself in Markdown. Every
// punctuation mark that could begin a construct gets a backslash, also at the
// beginning of a line, where a dash or a number would begin a list, and in
// addresses, which some readers turn into links by themselves.
func escape(s string) string {
	var b strings.Builder
	for i, r := range plain(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]<>#|~&!$", r):
			b.WriteByte('\\')
		case i == 0 && strings.ContainsRune("-+=:", r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	out := b.String()
	if rest := strings.TrimLeft(out, "0123456789"); rest != out && numbering(rest) {
		out = out[:len(out)-len(rest)] + `\` + rest
	}
	return strings.NewReplacer("://", `:\//`, "www.", `www\.`).Replace(out)
}

// numbering reports whether what follows digits makes them the number of an
// item of a list.
func numbering(rest string) bool {
	return rest == "." || rest == ")" || strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ") ")
}

// code is outside text between backticks, more of them than it holds itself.
// A table would end at a bar even there.
func code(s string) string {
	s = strings.ReplaceAll(plain(s), "|", "%7C")
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	if s == "" {
		return ""
	}
	return fence + s + fence
}

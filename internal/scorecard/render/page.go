package render

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
)

// seenBound is the most bytes of what a check saw that a page shows. The card
// holds all of it.
const seenBound = 6000

// page is what the templates are given: text that is fit to be shown.
type page struct {
	Policy      string
	Style       template.CSS
	Marks       template.HTML
	Name        string
	How         string
	Made        string
	MadeMachine string
	SignerKnown bool
	// Contradicted counts the capabilities of which the checks found
	// something else than the assessment says; "" for none.
	Contradicted string
	Outcomes     []pageOutcome
	States       []assess.State
	Knowledges   []assess.Knowledge
	Opens        []open
	Left, Notes  []string
	Facts        []pageFact
}

type pageOutcome struct {
	Number                int
	Title, Counted, Known string
	Rows                  []pageRow
}

type pageRow struct {
	ID, Title, Statement string
	State                assess.State
	Known                assess.Knowledge
	Colour               string
	Against              string
	Decided, Open        []string
	Links                []pageLink
	Evidence             []pageEvidence
	Amount               string
}

type pageLink struct{ Title, Address, Date string }

type pageEvidence struct {
	Check, Protocol, Outcome, Reason, Kind string
	Version                                int
	Began, BeganMachine, Took              string
	Seen                                   string
	Exchanges                              []pageExchange
	Left                                   []string
}

type pageExchange struct {
	Method, URL, As, Answer, Digest string
	At, AtMachine, Took             string
}

type pageFact struct {
	Name, Value string
	Code        bool
}

func (v View) page() page {
	outcomes := v.outcomes()
	p := page{
		Policy: policy(), Style: template.CSS(stylesheet), Marks: template.HTML(marks), //nolint:gosec // both are files of this package
		Name: plain(v.Card.Subject.Name), How: sentence(v.how()), Made: moment(v.Card.Made), MadeMachine: machine(v.Card.Made),
		SignerKnown: v.SignerKnown, States: assess.States, Opens: v.couldNotTell(outcomes),
		Left: allPlain(v.Card.Left), Notes: allPlain(v.Notes), Facts: v.facts(),
	}
	for i := len(knowledges) - 1; i >= 0; i-- {
		p.Knowledges = append(p.Knowledges, knowledges[i])
	}
	against := 0
	for _, o := range outcomes {
		shown := pageOutcome{Number: o.Number, Title: o.Title, Counted: counted(o.Rows), Known: knownCounted(o.Rows)}
		for _, r := range o.Rows {
			if r.Standing.Contradicts != "" {
				against++
			}
			shown.Rows = append(shown.Rows, v.pageRow(r))
		}
		p.Outcomes = append(p.Outcomes, shown)
	}
	if against > 0 {
		p.Contradicted = plural(against, "capability", "capabilities")
	}
	return p
}

func (v View) pageRow(r row) pageRow {
	s := r.Standing
	out := pageRow{
		ID: plain(r.ID), Title: plain(r.Title), Statement: plain(r.Statement), State: s.State,
		Colour: plain(string(r.Colour)), Open: allPlain(s.Open),
	}
	for _, k := range knowledges {
		if s.Knowledge == k {
			out.Known = k
		}
	}
	if s.Contradicts != "" {
		out.Against = contradiction(s)
	}
	out.Decided = decidedBy(s)
	switch {
	case s.State == assess.NotApplicable:
		out.Decided = append(out.Decided, "Repositories of this kind are not asked for it: see the taxonomy of the card.")
	case s.State == assess.Unknown && len(s.Open) == 0:
		out.Decided = append(out.Decided, v.silence(r.Capability))
	}
	for _, l := range s.Evidence {
		out.Links = append(out.Links, linkOf(l))
	}
	requests := 0
	for _, j := range r.Judged {
		out.Evidence = append(out.Evidence, v.pageEvidence(j))
		requests += len(j.Evidence.Exchanges)
	}
	var amount []string
	if n := len(out.Links); n > 0 {
		amount = append(amount, plural(n, "document", "documents"))
	}
	if n := len(out.Evidence); n > 0 {
		amount = append(amount, plural(n, "finding", "findings"))
	}
	if requests > 0 {
		amount = append(amount, plural(requests, "request", "requests"))
	}
	out.Amount = strings.Join(amount, ", ")
	return out
}

func linkOf(l assess.Link) pageLink {
	out := pageLink{Title: plain(l.Title), Date: plain(l.Date)}
	where := plain(l.Where)
	if webAddress(l.URL) {
		out.Address = l.URL
	} else if l.URL != "" {
		where = plain(l.URL)
	}
	switch {
	case out.Title == "" && out.Address != "":
		out.Title = plain(l.URL)
	case out.Title == "":
		out.Title = where
	case where != "":
		out.Title += ", " + where
	}
	return out
}

func (v View) pageEvidence(j scorecard.Judged) pageEvidence {
	e := j.Evidence
	out := pageEvidence{
		Check: plain(e.Check), Protocol: plain(string(e.Protocol)), Version: e.Version,
		Outcome: outcomeWord(j.Finding.Outcome), Reason: plain(j.Finding.Reason),
		Began: exactly(e.Began), BeganMachine: machine(e.Began), Seen: seen(e.Seen), Left: allPlain(e.Left),
	}
	if d, ok := v.Definitions[e.Check]; ok {
		out.Kind = string(d.Kind) + ", "
	}
	if took := e.Ended.Sub(e.Began).Round(time.Millisecond); took > 0 {
		out.Took = took.String()
	}
	for _, x := range e.Exchanges {
		shown := pageExchange{
			Method: plain(x.Method), URL: plain(x.URL), As: plain(x.As), Digest: digest(x.Digest),
			At: exactly(x.At), AtMachine: machine(x.At), Took: fmt.Sprintf("%d ms", x.Took),
		}
		switch {
		case x.Fault != "":
			shown.Answer = "no sound answer: " + plain(x.Fault)
		default:
			shown.Answer = fmt.Sprintf("status %d, %s", x.Status, plural(int(x.Bytes), "byte", "bytes"))
		}
		out.Exchanges = append(out.Exchanges, shown)
	}
	return out
}

// digest is a digest if it is written as one.
func digest(s string) string {
	if _, err := hex.DecodeString(s); err != nil {
		return ""
	}
	return s
}

// seen is what a check wrote down, indented, line by line fit to be shown.
func seen(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		return plain(string(raw))
	}
	var out strings.Builder
	for line := range strings.SplitSeq(b.String(), "\n") {
		if out.Len() > seenBound {
			out.WriteString("… (the card holds the rest)\n")
			break
		}
		indent := len(line) - len(strings.TrimLeft(line, " "))
		out.WriteString(line[:indent] + plain(line) + "\n")
	}
	return strings.TrimRight(out.String(), "\n")
}

func (v View) facts() []pageFact {
	out := []pageFact{}
	add := func(name, value string, code bool) {
		if value != "" {
			out = append(out, pageFact{name, value, code})
		}
	}
	for _, a := range v.addresses() {
		add("Asked as "+a[0], a[1], true)
	}
	add("Software", v.software(), false)
	add("Catalogue", plain(v.Card.Catalogue.Version), false)
	add("Its SHA-256", digest(v.Card.Catalogue.SHA256), true)
	add("Made by", plain(v.Card.Tool.Name+" "+v.Card.Tool.Version), false)
	add("Signer", v.signer(), false)
	add("Witnesses", v.witnessed(), false)
	return out
}

func allPlain(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, plain(l))
	}
	return out
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// machine is a time for the datetime attribute.
func machine(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// exactly is a time for evidence, to the second.
func exactly(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

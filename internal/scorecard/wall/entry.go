package wall

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/render"
)

// entryOutcome is one outcome on the page of an entry.
type entryOutcome struct {
	Number                  int
	Title, Counted, Degrees string
	Marks                   []shown
	Rows                    []row
}

// fact is one known thing; Address is set where it leads somewhere.
type fact struct{ Name, Value, Address string }

// plannedRow is a plan in the list at the head of a page.
type plannedRow struct {
	ID, Title, Words string
	State            assess.State
}

type entryPage struct {
	frame
	Up, UpName                         string
	Name, Known, Lede, Badge           string
	Files                              []link
	Contradicted, Disputed, Correction string
	Facts                              []fact
	Sources                            []cite
	Plans                              []plannedRow
	Outcomes                           []entryOutcome
}

// entries are the pages, badges and files of all entries.
func (b *builder) entries(ctx context.Context) error {
	all := b.All()
	return each(ctx, len(all), func(i int) error { return b.entry(all[i]) })
}

func (b *builder) entry(e *Entry) error {
	const root = "../"
	p := entryPage{
		Name: e.Name, Known: e.knownOf(), Badge: e.ID + ".svg", Up: root + first, UpName: "The wall", Facts: b.facts(e),
		frame: b.frame(e.Name, "What is known of "+e.Name+", capability by capability, with sources and their dates.", root, ""),
	}
	if e.Part == Software {
		p.Up, p.UpName = root+"software.html", "Software"
	}
	p.Lede = fmt.Sprintf("As of %s. Unknown is not a no.", e.Made.UTC().Format(time.DateOnly))
	if a := e.Assessment; a != nil {
		p.Correction = render.Plain(a.Correction())
		p.Files = append(p.Files, link{e.ID + ".yaml", "Assessment"})
		b.put(e.stem()+".yaml", e.AssessmentFile.Raw)
		for _, l := range a.Evidence() {
			p.Sources = append(p.Sources, b.cite(l))
		}
	}
	if e.Card != nil {
		p.Files = append(p.Files, link{e.ID + ".card.html", "Card, with every request"}, link{e.ID + ".card.json", "Signed card"})
		b.put(e.stem()+".card.json", e.CardFile.Raw)
		if err := b.cardPage(e); err != nil {
			return err
		}
	}
	b.put(e.stem()+".svg", badge(e.knownOf()))
	p.Files = append(p.Files, link{e.ID + ".json", "JSON"})
	if err := b.json(e.stem()+".json", b.document(e)); err != nil {
		return err
	}
	contradicted, disputed := 0, 0
	for _, o := range b.outcomesOf(e) {
		for _, r := range o.Rows {
			if r.Contradiction != "" {
				contradicted++
			}
			if r.Disputed {
				disputed++
			}
			if r.planned() {
				planned := plannedRow{ID: r.ID, Title: r.Title, State: r.State, Words: "No date is given."}
				if r.Plan != nil {
					planned.Words = strings.TrimSpace(r.Plan.Words + " " + r.Plan.Note)
				}
				p.Plans = append(p.Plans, planned)
			}
		}
		p.Outcomes = append(p.Outcomes, o)
	}
	if contradicted > 0 {
		p.Contradicted = plural(contradicted, "capability", "capabilities")
	}
	if disputed > 0 {
		p.Disputed = plural(disputed, "capability", "capabilities")
	}
	return b.page(e.address(), "entry.html", p)
}

// link is an address with its words.
type link struct{ Address, Name string }

// outcomesOf joins the catalogue with what is known of an entry. States of
// another version of the catalogue have an outcome of their own: they were
// said or signed as well.
func (b *builder) outcomesOf(e *Entry) []entryOutcome {
	standings := e.byCapability()
	var out []entryOutcome
	for _, o := range b.Catalogue.Outcomes {
		shown := entryOutcome{Number: o.Number, Title: render.Plain(o.Title)}
		for _, c := range o.Capabilities {
			shown.Rows = append(shown.Rows, b.row(c, lookUp(standings, c.ID), true))
		}
		out = append(out, shown)
	}
	other := entryOutcome{Number: len(out) + 1, Title: "Capabilities of another version of the catalogue"}
	for _, s := range e.Standings {
		if _, ok := b.Catalogue.Capability(s.Capability); !ok {
			// Its own name is another's words, and may be one of ours in other
			// letters: no place of the page is named after it.
			id := fmt.Sprintf("other-%d", len(other.Rows)+1)
			other.Rows = append(other.Rows, b.row(catalogue.Capability{ID: id, Title: s.Capability}, s, false))
		}
	}
	if len(other.Rows) > 0 {
		out = append(out, other)
	}
	for i := range out {
		for _, r := range out[i].Rows {
			out[i].Marks = append(out[i].Marks, shown{r.State, r.Known == assess.Stated})
		}
		out[i].Counted, out[i].Degrees = counted(out[i].Marks), degreesCounted(out[i].Rows)
	}
	return out
}

// traitWords are the words of the taxonomy, and what each says.
func traitWords() []struct {
	Trait    catalogue.Trait
	Yes, Not string
} {
	return []struct {
		Trait    catalogue.Trait
		Yes, Not string
	}{
		{catalogue.Accounts, "who publishes has an account or a credential there", "no accounts: who publishes has none there"},
		{catalogue.Built, "accepts built packages", "accepts no built packages"},
		{catalogue.Builds, "builds packages for its users", "builds no packages"},
		{catalogue.Source, "hosts source only", "hosts more than source"},
		{catalogue.Client, "has a client of its own", "has no client of its own"},
		{catalogue.Mirrors, "is copied by mirrors, or pulls through from others", "is not copied by mirrors, and pulls nothing through"},
	}
}

// facts say what kind of repository it is.
func (b *builder) facts(e *Entry) []fact {
	var out []fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, fact{Name: name, Value: value})
		}
	}
	governance := render.Plain(e.Governance)
	if governance == "" && e.Part == Public {
		governance = "unknown: no source says who runs it"
	}
	add("Governance", governance)
	var has, unknown []string
	for _, t := range traitWords() {
		switch v, told := e.Taxonomy[t.Trait]; {
		case !told:
			unknown = append(unknown, string(t.Trait))
		case v:
			has = append(has, t.Yes)
		default:
			has = append(has, t.Not)
		}
	}
	add("Taxonomy", sentence(strings.Join(has, "; ")))
	if len(unknown) > 0 {
		add("Not known of it", strings.Join(unknown, ", "))
	}
	reach := reachWords(e.Assessment)
	if len(reach) == 0 && e.Part == Public {
		reach = []string{"unknown: no source states it"}
	}
	add("Reach", strings.Join(reach, "; "))
	if a := e.Assessment; a != nil {
		by := "the repository itself"
		if a.By() != "" {
			by = render.Plain(a.By())
		}
		add("Assessment", fmt.Sprintf("made %s by %s, against catalogue %s", a.Made().Format(time.DateOnly), by, render.Plain(a.Catalogue())))
		var ecosystems []string
		for _, eco := range a.Ecosystems() {
			ecosystems = append(ecosystems, render.Plain(string(eco)))
		}
		add("Ecosystems", strings.Join(ecosystems, ", "))
	}
	if c := e.Card; c != nil {
		how := "by probes, which only read"
		if c.Card.Trial {
			how = "by probes and trials"
		}
		add("Card", fmt.Sprintf("made %s %s, by %s %s, against catalogue %s", c.Card.Made.UTC().Format(time.DateOnly), how,
			render.Plain(c.Card.Tool.Name), render.Plain(c.Card.Tool.Version), render.Plain(c.Card.Catalogue.Version)))
		add("Software", strings.TrimSpace(render.Plain(c.Card.Subject.Software)+" "+render.Plain(c.Card.Subject.Version)))
		add("Signer", "the key "+c.Signer.Fingerprint()+", which the card names itself")
		if n := len(c.Witnesses); n > 0 {
			add("Witnesses", plural(n, "other party", "other parties")+" ran checks again, and signed")
		}
	}
	return out
}

// sentence begins with a capital letter.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// cardPage shows the card of an entry with every request behind it.
func (b *builder) cardPage(e *Entry) error {
	var fragment bytes.Buffer
	if err := render.Fragment(&fragment, render.Of(e.Card, b.Catalogue, b.options.Checks)); err != nil {
		return err
	}
	// The frame holds the shapes once already.
	inner := bytes.Replace(fragment.Bytes(), []byte(render.Marks()), nil, 1)
	return b.page(e.stem()+".card.html", "cardpage.html", struct {
		frame
		Fragment template.HTML
	}{b.frame("Card: "+e.Name, "What checks asked of "+e.Name+", and what was answered.", "../", ""), template.HTML(slices.Clone(inner))}) //nolint:gosec // render escaped it
}

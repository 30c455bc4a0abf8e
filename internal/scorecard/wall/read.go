package wall

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/render"
)

// Options say how a wall is read.
type Options struct {
	Catalogue *catalogue.Catalogue
	// Checks are those of this build: evidence of cards is judged by them.
	Checks []scorecard.Check
	// Now decides what lies in the future, and nothing else.
	Now time.Time
	// Date is the day that the wall is of; the zero time takes the newest of
	// the input. What is dated after it lies in the future.
	Date   time.Time
	Limits Limits
}

// Source is one folder.
type Source struct {
	Files fs.FS
	Part  Part
	// Prefix is put before the names of files in messages: "software/".
	Prefix string
}

// Folder are the sources of a folder: itself and its folder public, and its
// folder software.
func Folder(files fs.FS) ([]Source, error) {
	out := []Source{{Files: files, Part: Public}}
	for _, s := range []struct {
		name string
		part Part
	}{{"public", Public}, {"software", Software}} {
		info, err := fs.Stat(files, s.name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
			continue
		}
		sub, subErr := fs.Sub(files, s.name)
		if err = errors.Join(err, subErr); err != nil {
			return nil, assay.Wrap(assay.Forbidden, err, "the folder %s cannot be read", s.name)
		}
		out = append(out, Source{Files: sub, Part: s.part, Prefix: s.name + "/"})
	}
	return out, nil
}

// Read reads a wall. Files with mistakes are left out and told in
// Wall.LeftOut; the error is for folders that cannot be read at all, and for
// ones that hold nothing.
func Read(ctx context.Context, sources []Source, o Options) (*Wall, error) {
	r := &reader{options: o, wall: &Wall{Catalogue: o.Catalogue, Date: o.Date}, names: map[string]string{}, ids: map[string]string{}}
	if !o.Date.IsZero() {
		r.options.Now = o.Date
	}
	for _, s := range sources {
		if err := r.source(ctx, s); err != nil {
			return nil, err
		}
	}
	if r.files == 0 {
		return nil, assay.Errorf(assay.Invalid, "there is no assessment (*.yaml) and no card (*.json) to build a wall of; 'assay assess new' begins one")
	}
	r.finish()
	return r.wall, nil
}

type reader struct {
	options Options
	wall    *Wall
	files   int
	// names and ids are those that are taken, and the files that took them.
	names, ids map[string]string
}

// candidate are the files that speak of one repository.
type candidate struct {
	assessment *assessment.Assessment
	card       *card.Opened
	said, seen File
}

func (r *reader) source(ctx context.Context, s Source) error {
	entries, err := fs.ReadDir(s.Files, ".")
	if err != nil {
		return assay.Wrap(assay.NotFound, err, "the folder cannot be read")
	}
	var found []*candidate
	var cards []*candidate
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		name, end := e.Name(), strings.ToLower(path.Ext(e.Name()))
		switch {
		case e.IsDir(), strings.HasPrefix(name, "."), end == ".md":
			continue
		case end != ".yaml" && end != ".yml" && end != ".json":
			r.warn(Problem{File: s.Prefix + name, Message: "is no assessment (*.yaml) and no card (*.json), and was not read"})
			continue
		}
		if r.files++; r.files > r.options.Limits.Files {
			return assay.Errorf(assay.Invalid, "there are more than %d files, and a wall is read of at most so many", r.options.Limits.Files)
		}
		limit := r.options.Limits.Assessment
		if end == ".json" {
			limit = r.options.Limits.Card
		}
		raw, err := readBounded(s.Files, name, limit)
		f := File{Name: s.Prefix + name, Raw: raw}
		switch {
		case err != nil:
			r.leaveOut(Problem{File: f.Name, Message: "cannot be read: " + err.Error()})
		case int64(len(raw)) > limit:
			r.leaveOut(Problem{File: f.Name, Message: fmt.Sprintf("is larger than %d MB, which no such file is", limit>>20)})
		case end == ".json":
			if opened := r.card(ctx, f); opened != nil {
				cards = append(cards, &candidate{card: opened, seen: f})
			}
		default:
			if a := r.assessment(f); a != nil {
				found = append(found, &candidate{assessment: a, said: f})
			}
		}
	}
	for _, c := range r.joined(found, cards) {
		r.entry(s.Part, c)
	}
	return nil
}

// readBounded reads one byte more than the bound, so that the caller sees
// what is too large.
func readBounded(files fs.FS, name string, limit int64) (raw []byte, err error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// assessment reads one without mistakes, or says why it is left out.
func (r *reader) assessment(f File) *assessment.Assessment {
	a, problems := assessment.Read(f.Name, f.Raw, r.options.Catalogue)
	if a != nil {
		// The findings are told when a card has been joined to it; a date in
		// the future is a mistake whatever a card says.
		problems = assessment.Check(a, r.options.Catalogue, r.options.Now, nil)
	}
	wrong := false
	for _, p := range problems {
		if p.Severity == assessment.Mistake {
			r.leaveOut(Problem{File: p.File, Line: p.Line, Column: p.Column, Message: p.Message})
			wrong = true
		}
	}
	if wrong {
		return nil
	}
	return a
}

// card opens one, or says why it is left out.
func (r *reader) card(ctx context.Context, f File) *card.Opened {
	opened, err := card.Reader{Catalogue: r.options.Catalogue, Checks: r.options.Checks}.Open(ctx, f.Raw, nil)
	if err != nil {
		r.leaveOut(Problem{File: f.Name, Message: render.Plain(err.Error())})
		return nil
	}
	if r.future(opened.Card.Made) {
		r.leaveOut(Problem{File: f.Name, Message: fmt.Sprintf("made: %s lies in the future", opened.Card.Made.UTC().Format(time.DateOnly))})
		return nil
	}
	return opened
}

// future says that a day has begun nowhere on Earth yet.
func (r *reader) future(t time.Time) bool { return t.After(r.options.Now.UTC().Add(14 * time.Hour)) }

// joined puts each card beside the assessment of the same file name, else of
// the same repository.
func (r *reader) joined(found, cards []*candidate) []*candidate {
	out := found
	for _, c := range cards {
		i := slices.IndexFunc(found, func(o *candidate) bool { return o.card == nil && stem(o.said.Name) == stem(c.seen.Name) })
		if i < 0 {
			i = slices.IndexFunc(found, func(o *candidate) bool {
				return o.card == nil && sameName(o.assessment.Subject().Name, c.card.Card.Subject.Name)
			})
		}
		if i < 0 {
			out = append(out, c)
			continue
		}
		found[i].card, found[i].seen = c.card, c.seen
	}
	slices.SortStableFunc(out, func(a, b *candidate) int { return strings.Compare(a.file(), b.file()) })
	return out
}

// file is the first that speaks of it.
func (c *candidate) file() string { return cmp.Or(c.said.Name, c.seen.Name) }

func (c *candidate) subject() scorecard.Subject {
	if c.assessment != nil {
		return c.assessment.Subject()
	}
	return c.card.Card.Subject
}

// keys are the names under which a repository may stand on the wall only
// once: what people call it, and where it is asked. Two versions of one
// software are two things.
func (c *candidate) keys(part Part) []string {
	s := c.subject()
	if part == Software {
		return []string{"software " + strings.Join(strings.Fields(strings.ToLower(s.Name+" "+s.Version)), " ")}
	}
	out := []string{"called " + strings.Join(strings.Fields(strings.ToLower(s.Name)), " ")}
	for e, a := range s.Addresses {
		out = append(out, "asked at "+a+" for "+string(e))
	}
	slices.Sort(out)
	return out
}

func (r *reader) entry(part Part, c *candidate) {
	keys := c.keys(part)
	for _, k := range keys {
		if first, taken := r.names[k]; taken {
			r.leaveOut(Problem{File: c.file(), Line: 1, Column: 1, Message: fmt.Sprintf(
				"is about the repository that %s is about (both are %s): keep the one that holds, and take the other away", first, render.Plain(k))})
			return
		}
	}
	for _, k := range keys {
		r.names[k] = c.file()
	}
	s := c.subject()
	e := &Entry{Part: part, Name: render.Plain(s.Name), Assessment: c.assessment, AssessmentFile: c.said, Card: c.card, CardFile: c.seen}
	if part == Software && c.card != nil && s.Version == "" {
		s.Version = c.card.Card.Subject.Version
	}
	if part == Software && s.Version != "" && !strings.Contains(s.Name, s.Version) {
		e.Name = render.Plain(s.Name + " " + s.Version)
	}
	e.ID = r.id(part, stem(c.file()))
	switch {
	case c.assessment == nil:
		e.Standings, e.Taxonomy, e.Made = c.card.Standings, c.card.Card.Taxonomy, c.card.Card.Made
	default:
		e.Governance, e.Taxonomy, e.Made = c.assessment.Governance(), c.assessment.Taxonomy(), c.assessment.Made()
		e.Standings = r.standings(c)
		e.Reach = reachOf(c.assessment)
		if c.card != nil && c.card.Card.Made.After(e.Made) {
			e.Made = c.card.Card.Made
		}
		r.findings(c, e.Standings)
	}
	if part == Public {
		r.wall.Public = append(r.wall.Public, e)
	} else {
		r.wall.Software = append(r.wall.Software, e)
	}
}

// standings are what the assessment says and the card's checks found
// together.
func (r *reader) standings(c *candidate) []assess.Standing {
	in := assess.Input{Catalogue: r.options.Catalogue, Definitions: map[string]scorecard.Definition{},
		Taxonomy: c.assessment.Taxonomy(), Entries: c.assessment.Entries(), Witnessed: map[string]bool{}}
	for _, k := range r.options.Checks {
		in.Definitions[k.Definition().ID] = k.Definition()
	}
	if c.card != nil {
		in.Judged = c.card.Card.Judged
		for _, w := range c.card.Witnesses {
			for _, agreed := range w.Witness.Agreed {
				in.Witnessed[agreed] = true
			}
		}
	}
	return assess.Derive(in)
}

// findings tells the first few of what a reader would ask about, and how many
// there are.
func (r *reader) findings(c *candidate, standings []assess.Standing) {
	var with []assess.Standing
	if c.card != nil {
		with = standings
	}
	told, more := 0, 0
	for _, p := range assessment.Check(c.assessment, r.options.Catalogue, r.options.Now, with) {
		if p.Severity == assessment.Finding && told >= r.options.Limits.Warnings {
			more++
			continue
		}
		told++
		r.warn(Problem{File: p.File, Line: p.Line, Column: p.Column, Message: p.Message})
	}
	if more > 0 {
		r.warn(Problem{File: c.said.Name, Message: fmt.Sprintf("and %d more findings; 'assay assess check' lists them", more)})
	}
}

// id is a name for pages that nothing else of the part has.
func (r *reader) id(part Part, wanted string) string {
	id := wanted
	for n := 2; ; n++ {
		key := string(part) + " " + id
		if _, taken := r.ids[key]; !taken {
			r.ids[key] = id
			return id
		}
		id = fmt.Sprintf("%s-%d", wanted, n)
	}
}

// stem makes a name for pages of a file's name: letters, digits and dashes,
// so that no file name can lead a page out of its folder or break a link.
func stem(file string) string {
	base := path.Base(file)
	base = strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
	var b strings.Builder
	for _, c := range base {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	return cmp.Or(strings.Trim(b.String(), "-"), "entry")
}

func sameName(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}

func (r *reader) leaveOut(p Problem) { r.wall.LeftOut = append(r.wall.LeftOut, p) }
func (r *reader) warn(p Problem)     { r.wall.Warnings = append(r.wall.Warnings, p) }

// finish sorts, and finds the day that the wall is of.
func (r *reader) finish() {
	w := r.wall
	byName := func(a, b *Entry) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ID, b.ID))
	}
	slices.SortFunc(w.Public, byName)
	slices.SortFunc(w.Software, byName)
	if w.Date.IsZero() {
		for _, e := range w.All() {
			w.Date = later(w.Date, e.Made)
			for _, s := range e.Standings {
				for _, l := range s.Evidence {
					if first, _, ok := assess.Span(l.Date); ok && !r.future(first) {
						w.Date = later(w.Date, first)
					}
				}
			}
		}
	}
	y, m, d := w.Date.UTC().Date()
	w.Date = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

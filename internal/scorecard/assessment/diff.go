package assessment

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

// Changes are what differs between two assessments.
type Changes struct {
	// Then and Now name the two.
	Then Edition `json:"then"`
	Now  Edition `json:"now"`
	// Repository is what changed of the head: name, governance, addresses,
	// reach, and so on, in the order of the form.
	Repository []Turn `json:"repository"`
	// Taxonomy are the traits that changed.
	Taxonomy []Turn `json:"taxonomy"`
	// Capabilities are those of which anything changed, in the order of the
	// catalogue.
	Capabilities []CapabilityChange `json:"capabilities"`
}

// Edition is one of two assessments that are compared.
type Edition struct {
	File      string `json:"file"`
	Name      string `json:"name"`
	Made      string `json:"made"`
	Catalogue string `json:"catalogue"`
}

// Turn is something that said one thing and says another; "" is nothing.
type Turn struct {
	Of   string `json:"of"`
	Then string `json:"then"`
	Now  string `json:"now"`
}

// CapabilityChange is what changed of one capability.
type CapabilityChange struct {
	Capability string `json:"capability"`
	Title      string `json:"title"`
	// Entry is "added" or "removed" where only one of the two has an entry.
	Entry string `json:"entry,omitempty"`
	// State, Knowledge, Since and Note are nil where they are the same. State
	// and knowledge are what the entry comes to with the taxonomy, so a trait
	// that changed changes the capabilities that depend on it.
	State     *Turn `json:"state,omitempty"`
	Knowledge *Turn `json:"knowledge,omitempty"`
	Since     *Turn `json:"since,omitempty"`
	Note      *Turn `json:"note,omitempty"`
	// Added and Removed are documents that only one of the two cites,
	// Changed those that both do, with another date, or another word on them.
	Added   []assess.Link `json:"evidence_added,omitempty"`
	Removed []assess.Link `json:"evidence_removed,omitempty"`
	Changed []LinkChange  `json:"evidence_changed,omitempty"`
	Plan    *PlanChange   `json:"plan,omitempty"`
}

// LinkChange is a document that both cite.
type LinkChange struct {
	Then assess.Link `json:"then"`
	Now  assess.Link `json:"now"`
}

// PlanChange is a plan that changed; nil is no plan.
type PlanChange struct {
	Then *assess.Plan `json:"then,omitempty"`
	Now  *assess.Plan `json:"now,omitempty"`
	// Moved is "earlier" or "later" where both plans name a day and the days
	// differ.
	Moved string `json:"moved,omitempty"`
}

// Diff says what changed from one assessment to the other. It is pure, and
// the same from both sides: what one direction adds the other removes.
func Diff(then, now *Assessment, cat *catalogue.Catalogue) Changes {
	c := Changes{Then: then.edition(), Now: now.edition(), Repository: []Turn{}, Taxonomy: []Turn{}, Capabilities: []CapabilityChange{}}
	before, after := then.head(), now.head()
	for i, h := range before {
		if after[i].text != h.text {
			c.Repository = append(c.Repository, Turn{Of: h.of, Then: h.text, Now: after[i].text})
		}
	}
	for _, t := range traits {
		if a, b := trait(then.taxonomy, t.trait), trait(now.taxonomy, t.trait); a != b {
			c.Taxonomy = append(c.Taxonomy, Turn{Of: string(t.trait), Then: a, Now: b})
		}
	}
	from, to := then.standings(cat), now.standings(cat)
	for i, k := range cat.All() {
		change := CapabilityChange{Capability: k.ID, Title: k.Title}
		_, was := then.entries[k.ID]
		_, is := now.entries[k.ID]
		switch {
		case !was && is:
			change.Entry = "added"
		case was && !is:
			change.Entry = "removed"
		}
		if change.between(from[i], to[i]) || change.Entry != "" {
			c.Capabilities = append(c.Capabilities, change)
		}
	}
	return c
}

// Empty says that nothing differs but the days on which the two were made.
func (c Changes) Empty() bool {
	return len(c.Repository)+len(c.Taxonomy)+len(c.Capabilities) == 0 && c.Then.Catalogue == c.Now.Catalogue
}

func (a *Assessment) edition() Edition {
	return Edition{File: a.file, Name: a.subject.Name, Made: a.made.Format(time.DateOnly), Catalogue: a.catalogue}
}

// standings are what the entries come to, one for each capability of the
// catalogue in its order.
func (a *Assessment) standings(cat *catalogue.Catalogue) []assess.Standing {
	return assess.Derive(assess.Input{Catalogue: cat, Taxonomy: a.taxonomy, Entries: a.entries})
}

// headed is one line of what stands above the capabilities.
type headed struct{ of, text string }

func (a *Assessment) head() []headed {
	var addresses, pages, ecosystems, reach []string
	for _, e := range slices.Sorted(maps.Keys(a.subject.Addresses)) {
		addresses = append(addresses, string(e)+" "+a.subject.Addresses[e])
	}
	for _, name := range slices.Sorted(maps.Keys(a.subject.Pages)) {
		pages = append(pages, name+" "+a.subject.Pages[name])
	}
	for _, e := range a.Ecosystems() {
		ecosystems = append(ecosystems, string(e))
	}
	for _, r := range a.reach {
		text := strconv.FormatInt(r.Number, 10) + " " + r.Of
		if r.Per != "" {
			text += " a " + r.Per
		}
		reach = append(reach, text+" ("+r.Evidence.Date+")")
	}
	slices.Sort(reach)
	return []headed{
		{"name", a.subject.Name}, {"by", a.by}, {"governance", a.governance},
		{"ecosystems", strings.Join(ecosystems, ", ")}, {"addresses", strings.Join(addresses, ", ")}, {"pages", strings.Join(pages, ", ")},
		{"evidence", named(a.evidence)}, {"reach", strings.Join(reach, ", ")}, {"correction", a.correction},
	}
}

// named are documents in a few words, in one order.
func named(links []assess.Link) string {
	var out []string
	for _, l := range links {
		title := l.Title
		if title == "" {
			title = l.URL + l.Where
		}
		out = append(out, fmt.Sprintf("%s (%s)", title, l.Date))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// trait is what a taxonomy says of a trait, in a word.
func trait(t assess.Taxonomy, of catalogue.Trait) string {
	has, known := t[of]
	if !known {
		return "not known"
	}
	return strconv.FormatBool(has)
}

// between fills the change in, and says whether there is one.
func (c *CapabilityChange) between(then, now assess.Standing) bool {
	c.State = turn("state", string(then.State), string(now.State))
	c.Knowledge = turn("knowledge", string(then.Knowledge), string(now.Knowledge))
	c.Since = turn("since", then.Since, now.Since)
	c.Note = turn("note", then.Note, now.Note)
	c.Added, c.Removed, c.Changed = links(then.Evidence, now.Evidence)
	c.Plan = planned(then.Plan, now.Plan)
	return c.State != nil || c.Knowledge != nil || c.Since != nil || c.Note != nil || c.Plan != nil ||
		len(c.Added)+len(c.Removed)+len(c.Changed) > 0
}

func turn(of, then, now string) *Turn {
	if then == now {
		return nil
	}
	return &Turn{Of: of, Then: then, Now: now}
}

// links compares what two entries cite. Documents that are cited alike in
// both are taken away first, so that one that is cited twice and once is one
// that was removed; of the others those at the same place are the same
// document.
func links(then, now []assess.Link) (added, removed []assess.Link, changed []LinkChange) {
	then, now = slices.Clone(then), slices.Clone(now)
	then, now, _ = pair(then, now, func(a, b assess.Link) bool { return a == b })
	then, now, same := pair(then, now, func(a, b assess.Link) bool {
		return a.URL == b.URL && a.Where == b.Where
	})
	return now, then, same
}

// pair takes what is alike out of both lists.
func pair(then, now []assess.Link, alike func(a, b assess.Link) bool) (restThen, restNow []assess.Link, pairs []LinkChange) {
	for _, a := range then {
		i := slices.IndexFunc(now, func(b assess.Link) bool { return alike(a, b) })
		if i < 0 {
			restThen = append(restThen, a)
			continue
		}
		pairs = append(pairs, LinkChange{Then: a, Now: now[i]})
		now = slices.Delete(now, i, i+1)
	}
	return restThen, now, pairs
}

func planned(then, now *assess.Plan) *PlanChange {
	if reflect.DeepEqual(then, now) {
		return nil
	}
	c := &PlanChange{Then: then, Now: now}
	if then != nil && now != nil && then.By != "" && now.By != "" {
		// Days as Read takes them are in order as text.
		switch strings.Compare(now.By, then.By) {
		case -1:
			c.Moved = "earlier"
		case 1:
			c.Moved = "later"
		}
	}
	return c
}

package render

import (
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
)

// View is all that is shown of a card.
type View struct {
	Card      card.Card
	Standings []assess.Standing
	// Signer is the fingerprint of the key that signed the card.
	Signer string
	// SignerKnown says that the reader knows the key.
	SignerKnown bool
	Witnesses   []card.Countersigned
	// Notes are what a reader should know of how the card was read.
	Notes     []string
	Catalogue *catalogue.Catalogue
	// Definitions are those of this build's checks, by id. Evidence of other
	// checks is shown where a standing names it.
	Definitions map[string]scorecard.Definition
}

// Of is the view of a card that was opened.
func Of(o *card.Opened, c *catalogue.Catalogue, checks []scorecard.Check) View {
	v := View{
		Card: o.Card, Standings: o.Standings, Signer: o.Signer.Fingerprint(), SignerKnown: o.Known,
		Witnesses: o.Witnesses, Notes: o.Notes, Catalogue: c, Definitions: map[string]scorecard.Definition{},
	}
	for _, k := range checks {
		v.Definitions[k.Definition().ID] = k.Definition()
	}
	return v
}

// outcome is one outcome with what is known of its capabilities.
type outcome struct {
	catalogue.Outcome
	Rows []row
}

// row is one capability with its standing and the evidence behind it.
type row struct {
	catalogue.Capability
	Standing assess.Standing
	Judged   []scorecard.Judged
}

// outcomes joins the catalogue with the standings. A capability without a
// standing is unknown; a standing of a capability that this build's catalogue
// does not have is shown in an outcome of its own, for it was signed as well.
func (v View) outcomes() []outcome {
	standings := map[string]assess.Standing{}
	for _, s := range v.Standings {
		standings[s.Capability] = s
	}
	evidence := v.evidence()
	var out []outcome
	for _, o := range v.Catalogue.Outcomes {
		shown := outcome{Outcome: o}
		for _, c := range o.Capabilities {
			s, ok := standings[c.ID]
			if !ok {
				s = assess.Standing{Capability: c.ID, State: assess.Unknown}
			}
			delete(standings, c.ID)
			shown.Rows = append(shown.Rows, row{Capability: c, Standing: s, Judged: evidence[c.ID]})
		}
		out = append(out, shown)
	}
	other := outcome{Outcome: catalogue.Outcome{
		Number: len(out) + 1, ID: "other", Short: "Another catalogue", Title: "Capabilities of another version of the catalogue",
	}}
	for _, s := range v.Standings {
		if _, left := standings[s.Capability]; left {
			delete(standings, s.Capability)
			other.Rows = append(other.Rows, row{
				Capability: catalogue.Capability{ID: s.Capability, Title: s.Capability}, Standing: s, Judged: evidence[s.Capability],
			})
		}
	}
	if len(other.Rows) > 0 {
		out = append(out, other)
	}
	return out
}

// evidence is what was judged, by the capability that it speaks about.
func (v View) evidence() map[string][]scorecard.Judged {
	named := map[string][]string{} // capabilities by a check that only standings know
	for _, s := range v.Standings {
		for _, id := range s.Checks {
			named[id] = append(named[id], s.Capability)
		}
	}
	out := map[string][]scorecard.Judged{}
	for _, j := range v.Card.Judged {
		if d, ok := v.Definitions[j.Evidence.Check]; ok {
			out[d.Capability] = append(out[d.Capability], j)
			continue
		}
		for _, id := range named[j.Evidence.Check] {
			out[id] = append(out[id], j)
		}
	}
	return out
}

// open is one reason for which something could not be told, and of what.
type open struct {
	Reason       string
	Capabilities []string
}

// couldNotTell groups what could not be told by its reason: one missing
// credential is one line, not thirty.
func (v View) couldNotTell(outcomes []outcome) []open {
	var out []open
	at := map[string]int{}
	add := func(reason, id string) {
		i, ok := at[reason]
		if !ok {
			i = len(out)
			at[reason] = i
			out = append(out, open{Reason: reason})
		}
		if !slices.Contains(out[i].Capabilities, id) {
			out[i].Capabilities = append(out[i].Capabilities, id)
		}
	}
	for _, o := range outcomes {
		for _, r := range o.Rows {
			for _, reason := range r.Standing.Open {
				add(plain(reason), r.ID)
			}
			if r.Standing.State == assess.Unknown && len(r.Standing.Open) == 0 {
				add(v.silence(r.Capability), r.ID)
			}
		}
	}
	return out
}

// silence says why nobody was asked about a capability.
func (v View) silence(c catalogue.Capability) string {
	for _, d := range v.Definitions {
		if d.Capability == c.ID && d.Kind == scorecard.Trial && !v.Card.Trial {
			return "This is tried, and trials were not run: they need --trial, on an instance that one may test."
		}
	}
	switch c.Verify.Method {
	case catalogue.Document:
		return "A public document must say so, and no assessment names one."
	case catalogue.Review:
		return "A person must look, and no assessment says that one did."
	}
	return "No check was run that asks for it, and no assessment speaks of it."
}

// addresses are the subject's base addresses, a line each, in order.
func (v View) addresses() [][2]string {
	var out [][2]string
	for _, e := range v.protocols() {
		out = append(out, [2]string{plain(string(e)), plain(v.Card.Subject.Addresses[e])})
	}
	return out
}

func (v View) protocols() []assay.Ecosystem {
	if len(v.Card.Protocols) > 0 {
		return v.Card.Protocols
	}
	var out []assay.Ecosystem
	for e := range v.Card.Subject.Addresses {
		out = append(out, e)
	}
	slices.Sort(out)
	return out
}

// how says whether anything was tried.
func (v View) how() string {
	switch {
	case len(v.Card.Judged) == 0:
		return "nothing was run"
	case v.Card.Trial:
		return "with trials: what must not work was tried"
	}
	return "reading only: nothing was tried"
}

// signer says in words who signed.
func (v View) signer() string {
	if v.SignerKnown {
		return plain(v.Signer)
	}
	return plain(v.Signer) + " (unknown: no key was given to compare)"
}

func (v View) software() string {
	return strings.TrimSpace(plain(v.Card.Subject.Software) + " " + plain(v.Card.Subject.Version))
}

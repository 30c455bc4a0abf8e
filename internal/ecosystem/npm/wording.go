package npm

import (
	"strconv"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// Bounds of the texts that go into a document, in bytes.
const (
	maxRestrictions = 1500 // the message that npm prints below its error
	maxReason       = 300  // one rule's reason in it
	namedVersions   = 3    // versions named in full before "and N more"
)

// quietRule is the rule whose warnings stay out of the deprecated field.
const quietRule = "install-scripts"

// deprecated returns what a version's deprecated field has to say beyond the
// upstream's own words, or "".
func (d *decided) deprecated(i int) string {
	decision := d.decisions[i]
	if decision.Effect != assay.Warn {
		return ""
	}
	var warnings []string
	for n := range decision.Opinions {
		o := &decision.Opinions[n]
		if o.Counts() && o.Effect == assay.Warn && o.Rule != quietRule {
			warnings = append(warnings, sentence(o))
		}
	}
	if len(warnings) == 0 {
		return ""
	}
	text := "assay: " + strings.Join(warnings, "; ")
	if before := ecosystem.Printable(d.packument.Versions[i].Deprecated); before != "" {
		text += " | " + before
	}
	return cut(text, maxRestrictions)
}

// restrictions says for npm's user, once for the whole package, which
// versions are refused, by which rule, why and until when. Versions with the
// same answer share a line, newest first; what does not fit is counted.
func (d *decided) restrictions() string {
	var denied []int
	for i := range d.decisions {
		if d.denied(i) {
			denied = append(denied, i)
		}
	}
	if len(denied) == 0 {
		return ""
	}
	d.packument.Descending(denied)
	groups := d.group(denied)

	head := "Assay refuses " + strconv.Itoa(len(denied)) + " of " + strconv.Itoa(len(d.decisions)) + " versions of " + d.packument.Name + ":"
	tail := d.instead() + "\nWhy: " + ecosystem.Printable(d.why(""))
	// Room for the line that counts what did not fit.
	const spare = len("\nand 123456 more versions")
	var b strings.Builder
	b.WriteString(head)
	unsaid := len(denied)
	for _, g := range groups {
		line := "\n" + g.names() + ": " + g.text(len(denied) == 1)
		if b.Len()+len(line)+spare+len(tail) > maxRestrictions {
			break
		}
		b.WriteString(line)
		unsaid -= len(g.versions)
	}
	if unsaid > 0 {
		b.WriteString("\nand " + strconv.Itoa(unsaid) + " more versions")
	}
	b.WriteString(tail)
	return b.String()
}

// group is the versions that are refused by the same rule for the same
// reason.
type group struct {
	lead     *assay.Opinion // nil: no rule says why
	versions []string
}

func (d *decided) group(denied []int) []*group {
	var groups []*group
	byReason := map[assay.Opinion]*group{}
	for _, i := range denied {
		lead := d.decisions[i].Lead()
		var key assay.Opinion
		if lead != nil {
			// The remedy often names the version, so it must not tell
			// otherwise equal refusals apart.
			key = assay.Opinion{Rule: lead.Rule, Reason: lead.Reason, Until: lead.Until}
		}
		g := byReason[key]
		if g == nil {
			g = &group{lead: lead}
			byReason[key] = g
			groups = append(groups, g)
		}
		g.versions = append(g.versions, d.packument.Versions[i].Version)
	}
	return groups
}

// instead says which version to take, on a line of its own, if there is one.
func (d *decided) instead() string {
	for _, tag := range d.packument.RepairedTags(d.denied) {
		if tag.Name == "latest" {
			return "\nTake " + ecosystem.Printable(tag.Version) + ", the version that latest points to."
		}
	}
	return ""
}

// text says why, and for a version that alone is refused also what its rule
// advises: repeated for each of many, the advice would bury the reasons.
func (g *group) text(alone bool) string {
	if g.lead == nil {
		return "refused by policy"
	}
	said := *g.lead
	if !alone {
		said.Remedy = ""
	}
	return sentence(&said)
}

func (g *group) names() string {
	if len(g.versions) <= namedVersions+1 {
		return strings.Join(g.versions, ", ")
	}
	return strings.Join(g.versions[:namedVersions], ", ") + " and " + strconv.Itoa(len(g.versions)-namedVersions) + " more"
}

// sentence is an opinion in one line: reason, rule, end and remedy.
func sentence(o *assay.Opinion) string {
	reason := cut(ecosystem.Printable(o.Reason), maxReason)
	if reason == "" {
		reason = "refused by policy"
	}
	text := reason + " (rule " + ecosystem.Printable(o.Rule)
	if !o.Until.IsZero() {
		text += ", until " + o.End()
	}
	text += ")"
	if remedy := cut(ecosystem.Printable(o.Remedy), maxReason); remedy != "" {
		text += ". " + strings.ToUpper(remedy[:1]) + remedy[1:]
	}
	return text
}

// cut shortens printable text to at most n bytes, on a character's boundary.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-3], "") + "..."
}

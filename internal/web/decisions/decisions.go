// Package decisions is the page of refusals and warnings, the latest first,
// filtered by rule, registry and effect.
package decisions

import (
	_ "embed" // the template
	"io"
	"net/url"
	"slices"

	"assay.invalid/internal/web"
)

//go:embed decisions.html
var source string

var page = web.Parse(source)

// Filter says which decisions are shown; an empty field does not filter.
type Filter struct {
	Rule, Registry, Effect string
}

// Page is what the page shows.
type Page struct {
	Filter
	After     string // the cursor of this page; "" on the first
	Next      string // of the next; "" on the last
	Decisions []web.Decided
	// Rules and Registries can be chosen.
	Rules, Registries []string
}

// Effects are the effects that can be chosen.
func (*Page) Effects() []string { return []string{"deny", "warn", "would deny", "would warn"} }

// RuleChoices are the rules that can be chosen, with the chosen one even if
// it is no longer in force.
func (p *Page) RuleChoices() []string { return with(p.Rules, p.Rule) }

// RegistryChoices are the registries, in the same way.
func (p *Page) RegistryChoices() []string { return with(p.Registries, p.Registry) }

func with(list []string, chosen string) []string {
	if chosen == "" || slices.Contains(list, chosen) {
		return list
	}
	return append(slices.Clip(list), chosen)
}

// Filtered tells whether anything is left out.
func (p *Page) Filtered() bool { return p.Filter != Filter{} }

// Live tells whether the page has the newest lines, and so can be kept up to
// date.
func (p *Page) Live() bool { return p.After == "" }

// First is the address of the first page.
func (p *Page) First() string { return p.address("") }

// Older is the address of the next page; "" on the last.
func (p *Page) Older() string {
	if p.Next == "" {
		return ""
	}
	return p.address(p.Next)
}

func (p *Page) address(after string) string {
	query := url.Values{}
	for name, value := range map[string]string{"rule": p.Rule, "registry": p.Registry, "effect": p.Effect, "after": after} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return "/decisions"
	}
	return "/decisions?" + query.Encode()
}

// Write writes the page as HTML. With a nonce in the frame, the page with
// the newest lines has the script that keeps it up to date.
func (p *Page) Write(w io.Writer, frame web.Frame) error {
	head := web.Head{Title: "Decisions", Description: "What was refused and what was warned of, the latest first, with rule and reason.", Section: web.Decisions}
	if p.Live() {
		head.Script = web.LiveScript
	}
	return web.Write(w, page, frame, head, p)
}

package browser_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
)

// TestWall looks at the wall of the repositories that are part of the build,
// as a server shows it: a page of each kind.
func TestWall(t *testing.T) {
	browser := launch(t)
	p := newPlace(t)
	screens := os.Getenv("ASSAY_SCREENS")
	for _, a := range []address{
		{name: "wall", path: "/wall/", says: []string{"The wall", "in alphabetical order", "Who does what"}},
		{name: "wall, repository", path: "/wall/repositories/pypi.html", says: []string{"PyPI", "What is planned", "How an entry is corrected"}},
		{name: "wall, software with a card", path: "/wall/software/verdaccio.html", says: []string{"Verdaccio", "probes and trials"}},
		{name: "wall, capability", path: "/wall/capabilities/trusted-publishing-oidc.html", says: []string{"What does not count", "People to ask", "Cost to keep"}},
		{name: "wall, roadmap", path: "/wall/roadmap.html", says: []string{"Waits for money", "Whom it reaches"}},
		{name: "wall, triage", path: "/wall/triage.html", says: []string{"missing × reach × incidents ÷ weeks"}},
		{name: "wall, changes", path: "/wall/changes.html", says: []string{"Atom feed"}},
		{name: "wall, software", path: "/wall/software.html", says: []string{"no statement on an instance"}},
		{name: "wall, correct", path: "/wall/correct.html", says: []string{"assay assess check FILE"}},
	} {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel() // each in a tab of its own
			b := browser.tab(t, p.base, "")
			if !load(t, b, a) {
				return // there is nothing to look at
			}
			for _, check := range []struct {
				name string
				find func() ([]string, error)
			}{
				{"structure", b.structure},
				{"layout", b.layout},
				{"schemes", b.schemes},
				{"axe", b.axeFindings},
				{"motion", b.motion},
				{"keyboard", b.keyboard},
				{"fragments", b.fragments},
				{"quiet", func() ([]string, error) { return b.seen(), nil }},
				{"scripts", func() ([]string, error) { return b.scriptless(a.path) }},
			} {
				t.Run(check.name, func(t *testing.T) { report(t, check.find) })
			}
			if screens != "" {
				t.Run("screens", func(t *testing.T) { must(t, b.screens(screens, a.name)) })
			}
		})
	}
	t.Run("the matrix is heard as a table", func(t *testing.T) {
		t.Parallel()
		b := browser.tab(t, p.base, "")
		if _, err := b.open("/wall/"); err != nil {
			t.Fatal(err)
		}
		for _, width := range widths {
			must(t, b.show(medium{width: width}))
			report(t, b.heardAsTable)
		}
	})
}

// heardAsTable asks the browser's accessibility tree, which is what a screen
// reader reads out: a style that lays a table out as cards can take its rows
// and headers away for those who do not see it.
func (b *tab) heardAsTable() ([]string, error) {
	tree, err := chromedp.Call(b.ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	if err != nil {
		return nil, fmt.Errorf("reading the accessibility tree: %w", err)
	}
	heard := map[string]int{}
	var found []string
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role, name := strings.Trim(string(n.Role.Value), `"`), ""
		if n.Name != nil {
			name = strings.Trim(string(n.Name.Value), `"`)
		}
		heard[role]++
		if role == "cell" && !strings.Contains(name, "met") && !strings.Contains(name, "partial") && !strings.Contains(name, "unknown") &&
			!strings.Contains(name, "not applicable") && !strings.Contains(name, "planned") {
			found = append(found, fmt.Sprintf("a cell says no state in words: %q", name))
		}
	}
	rows := heard["rowheader"]
	if heard["table"] != 1 || rows < 10 || heard["columnheader"] != 12 || heard["cell"] != 11*rows {
		found = append(found, fmt.Sprintf("of the matrix there are %d tables, %d heads of columns, %d heads of rows and %d cells to be heard",
			heard["table"], heard["columnheader"], rows, heard["cell"]))
	}
	return found, nil
}

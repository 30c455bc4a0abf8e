package scorecard

import (
	"testing"

	"assay.invalid/internal/web/webtest"
)

func TestWithoutACard(t *testing.T) {
	p := Page{Command: "assay score --as npm=http://127.0.0.1:8417/npm/ -o json --output card.json"}
	page := webtest.Check(t, p.Write)
	page.Has("There is no card of this Assay yet.", p.Command)
}

func TestACardStandsAsItWasRendered(t *testing.T) {
	p := Page{Card: `<header class="head"><h1>packages.example</h1></header><p>12 &lt; 13</p>`, Command: "assay score"}
	page := webtest.Check(t, p.Write)
	page.Has("packages.example 12 < 13")
	page.Lacks("There is no card", "assay score")
}

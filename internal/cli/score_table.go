package cli

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/card"
	"assay.invalid/internal/scorecard/catalogue"
	"assay.invalid/internal/scorecard/checks"
	"assay.invalid/internal/scorecard/protocol/golang"
	"assay.invalid/internal/scorecard/render"
)

// scoreTable is what a subject can be asked, and against what it is held.
type scoreTable struct {
	catalogue *catalogue.Catalogue
	checks    []scorecard.Check
	without   map[string]string
}

func newScoreTable() (scoreTable, error) {
	cat, err := catalogue.Current()
	if err != nil {
		return scoreTable{}, assay.Wrap(assay.Internal, err, "the catalogue of this build cannot be read")
	}
	return scoreTable{catalogue: cat, checks: checks.Checks(), without: checks.Without()}, nil
}

func (t scoreTable) reader() card.Reader {
	return card.Reader{Catalogue: t.catalogue, Checks: t.checks}
}

func (t scoreTable) definitions() map[string]scorecard.Definition {
	out := map[string]scorecard.Definition{}
	for _, c := range t.checks {
		out[c.Definition().ID] = c.Definition()
	}
	return out
}

func (t scoreTable) listing() render.Listing {
	l := render.Listing{Catalogue: t.catalogue, Without: t.without}
	for _, c := range t.checks {
		l.Checks = append(l.Checks, c.Definition())
	}
	return l
}

// scoreProtocols are the protocols of the ecosystems, in their order. Those
// that this build does not have are left out.
func scoreProtocols(wanted []assay.Ecosystem, sums golang.Config) []scorecard.Protocol {
	all := checks.Protocols(checks.Config{Go: sums})
	var out []scorecard.Protocol
	for _, e := range wanted {
		for _, p := range all {
			if p.Ecosystem() == e {
				out = append(out, p)
			}
		}
	}
	return out
}

// checksumDatabase is the one that this machine's go command trusts: no
// address and no key of one stands in this program. Without one the digests
// of modules cannot be told, and it is said why.
func (p *program) checksumDatabase(ctx context.Context, wanted []assay.Ecosystem) golang.Config {
	asked := false
	for _, e := range wanted {
		asked = asked || e == assay.Golang
	}
	if !asked {
		return golang.Config{}
	}
	f := adopt.Go(ctx, adopt.Config{Env: p.env})
	var why string
	switch {
	case f.Err != nil:
		why = assay.PublicMessage(f.Err)
	case f.SumDBErr != nil:
		why = assay.PublicMessage(f.SumDBErr)
	case f.SumDB == nil:
		why = "the go command of this machine uses no checksum database"
	default:
		return golang.Config{SumDB: f.SumDB.Name, Key: f.SumDB.Key}
	}
	fmt.Fprintf(p.err, "Digests of Go modules cannot be told: %s.\n", clean(why))
	return golang.Config{}
}

package cli

import (
	"bytes"
	"context"
	"html/template"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/render"
)

// ownScorecard is what this place shows of itself: a card that somebody made
// of it, and its own assessment. Both are read, checked and rendered when the
// server starts, and do not change while it runs.
type ownScorecard struct {
	page             template.HTML
	card, assessment []byte
}

// readScorecard reads the files that serve was given; either may be "". A
// card that is not what was signed, or an assessment with a mistake, is
// refused: what is shown to everybody must be what it claims.
func (p *program) readScorecard(ctx context.Context, cardFile, assessmentFile string, now time.Time) (*ownScorecard, error) {
	own := &ownScorecard{}
	if cardFile != "" {
		table, opened, err := p.openCard(ctx, cardFile, "")
		if err != nil {
			return nil, err
		}
		if own.card, err = p.readBounded(cardFile, maxCardFile); err != nil {
			return nil, err
		}
		var page bytes.Buffer
		if err := render.Fragment(&page, render.Of(opened, table.catalogue, table.checks)); err != nil {
			return nil, assay.Wrap(assay.Internal, err, "the card in %s cannot be shown", cardFile)
		}
		own.page = template.HTML(page.String())
	}
	if assessmentFile != "" {
		raw, err := p.readBounded(assessmentFile, maxAssessmentFile)
		if err != nil {
			return nil, err
		}
		table, err := newScoreTable()
		if err != nil {
			return nil, err
		}
		a, problems := assessment.Read(assessmentFile, raw, table.catalogue)
		if a != nil {
			problems = assessment.Check(a, table.catalogue, now, nil)
		}
		for _, problem := range problems {
			if problem.Severity == assessment.Mistake {
				return nil, assay.Errorf(assay.Invalid, "the assessment cannot be shown: %s:%d: %s; 'assay assess check %s' lists all that is wrong",
					assessmentFile, problem.Line, problem.Message, assessmentFile)
			}
		}
		own.assessment = raw
	}
	return own, nil
}

// Page implements server.Scorecard.
func (o *ownScorecard) Page(context.Context) (template.HTML, bool, error) {
	return o.page, o.page != "", nil
}

// File implements server.Scorecard.
func (o *ownScorecard) File(name string) (body []byte, kind string, ok bool) {
	switch name {
	case "card.json":
		return o.card, "application/json", o.card != nil
	case "assessment.yaml":
		return o.assessment, "application/yaml", o.assessment != nil
	}
	return nil, "", false
}

package cli

import (
	"fmt"
	"maps"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/assessment"
	"assay.invalid/internal/scorecard/catalogue"
)

// statement is what an assessment says, as far as a card needs it. The zero
// value is that of no assessment.
type statement struct {
	subject  scorecard.Subject
	taxonomy assess.Taxonomy
	entries  map[string]assess.Entry
}

// assessmentFor reads the assessment in a file; one with mistakes is refused
// with all of them.
func (p *program) assessmentFor(file string, cat *catalogue.Catalogue) (statement, error) {
	if file == "" {
		return statement{}, nil
	}
	a, problems, err := p.readAssessment(file, cat)
	if err != nil {
		return statement{}, err
	}
	if n := countProblems(problems, assessment.Mistake); n > 0 || a == nil {
		for _, problem := range problems {
			fmt.Fprintln(p.err, problemLine(problem))
		}
		return statement{}, assay.Errorf(assay.Invalid, "%s has %s, so it was not used: 'assay assess check %s' says what is to be put right", clean(file), plural(n, "mistake"), clean(file))
	}
	return statement{subject: a.Subject(), taxonomy: a.Taxonomy(), entries: a.Entries()}, nil
}

func (p *program) readAssessment(file string, cat *catalogue.Catalogue) (*assessment.Assessment, []assessment.Problem, error) {
	raw, err := p.readBounded(file, maxAssessmentFile)
	if err != nil {
		return nil, nil, err
	}
	a, problems := assessment.Read(file, raw, cat)
	return a, problems, nil
}

func countProblems(problems []assessment.Problem, of assessment.Severity) int {
	n := 0
	for _, problem := range problems {
		if problem.Severity == of {
			n++
		}
	}
	return n
}

// problemLine is a problem as compilers write theirs.
func problemLine(problem assessment.Problem) string {
	return fmt.Sprintf("%s:%d: %s: %s", clean(problem.File), problem.Line, problem.Severity, clean(problem.Message))
}

// joined adds to a subject what the assessment and the person say of it. What
// a driver started names itself.
func (s statement) joined(subject scorecard.Subject, pages map[string]string, started bool) scorecard.Subject {
	if s.subject.Name != "" && !started {
		subject.Name = s.subject.Name
	}
	all := map[string]string{}
	if !started {
		// Those of an assessment are of the public repository, and not of
		// the instance on this machine.
		maps.Copy(all, s.subject.Pages)
	}
	maps.Copy(all, subject.Pages)
	maps.Copy(all, pages)
	if len(all) > 0 {
		subject.Pages = all
	}
	return subject
}

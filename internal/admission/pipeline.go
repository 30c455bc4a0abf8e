package admission

import (
	"context"
	"errors"
	"slices"

	"assay.invalid/internal/assay"
)

// Step is one check.
type Step interface {
	// Name is one word, shown in refusals.
	Name() string
	// Check refuses by an error of kind Invalid, TooLarge or Conflict.
	Check(ctx context.Context, c *Candidate) error
}

// Pipeline is steps in order. It is immutable and safe for concurrent use.
type Pipeline struct{ steps []Step }

// New makes a pipeline of the steps.
func New(steps ...Step) *Pipeline { return &Pipeline{steps: slices.Clone(steps)} }

// Standard makes the pipeline of all steps of this package.
func Standard(limits Limits) *Pipeline {
	limits = limits.withDefaults()
	return New(nameStep{}, versionStep{}, limitsStep{limits}, digestsStep{}, archiveStep{limits}, manifestStep{})
}

// Steps returns the steps' names, in order.
func (p *Pipeline) Steps() []string {
	names := make([]string, len(p.steps))
	for i, s := range p.steps {
		names[i] = s.Name()
	}
	return names
}

// Check runs the steps in order and stops at the first that refuses. The
// refusal names the step and is of kind Invalid, TooLarge or Conflict. A fault
// that is no judgement of the candidate (Internal, Canceled, Unavailable,
// Exhausted) is returned as it is.
func (p *Pipeline) Check(ctx context.Context, c *Candidate) error {
	for _, s := range p.steps {
		if ctx.Err() != nil {
			return assay.Wrap(assay.Canceled, context.Cause(ctx), "the publishing of %s was given up", c.Coordinate.Short())
		}
		if err := s.Check(ctx, c); err != nil {
			return refusal(s, c, err)
		}
	}
	return nil
}

func refusal(s Step, c *Candidate, err error) error {
	kind := assay.KindOf(err)
	var known *assay.Error
	switch kind {
	case assay.Internal, assay.Canceled, assay.Unavailable, assay.Exhausted:
		return err
	case assay.TooLarge, assay.Conflict:
	default:
		kind = assay.Invalid
	}
	errors.As(err, &known) // KindOf found one
	return assay.Wrap(kind, known.Err, "admission refused %s at step %s: %s", c.Coordinate.Short(), s.Name(), known.Message)
}

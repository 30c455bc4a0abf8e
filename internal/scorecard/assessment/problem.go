package assessment

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity is how a problem is to be taken.
type Severity string

// The severities.
const (
	// Mistake is something that must be put right before the file can be used.
	Mistake Severity = "mistake"
	// Finding is something that a reader of the assessment would ask about.
	Finding Severity = "finding"
	// Contradiction is a state that checks found to be otherwise.
	Contradiction Severity = "contradiction"
)

// Problem is one thing that is wrong with an assessment, or doubtful.
type Problem struct {
	File string `json:"file"`
	// Line and Column are counted from 1.
	Line   int `json:"line"`
	Column int `json:"column"`
	// Capability is set where the problem is about one.
	Capability string   `json:"capability,omitempty"`
	Severity   Severity `json:"severity"`
	// Message begins with the place in the form ("capabilities.yank.state: ...")
	// and says what is wrong and what to do. It is one printable line.
	Message string `json:"message"`
}

// String is the problem as compilers write theirs, so that editors find it.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// inOrder sorts problems as a person works through the file.
func inOrder(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return problems
}

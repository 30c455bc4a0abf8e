package policy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/interpreter"

	"assay.invalid/internal/assay"
)

const (
	// costLimit bounds one evaluation, in CEL's own units: a comparison is 1,
	// each character that a text function reads a tenth.
	costLimit = 10_000
	// costTogether bounds the evaluations of all conditions of one mode in
	// one decision, so that a hundred of them cost no more than ten may.
	costTogether = 100_000
	// tick is how often a condition that looks at the time is judged anew.
	// Between ticks it sees the same moment, so that a kept listing stays
	// true until the tick to the letter.
	tick = time.Hour
)

// expression is a compiled condition. It is safe for concurrent use.
type expression struct {
	program cel.Program
	timed   bool // mentions now
}

// compile makes an expression ready, or says all that is wrong with it.
func compile(text string) (*expression, []flaw) {
	whole := func(format string, args ...any) []flaw { return []flaw{{1, 1, fmt.Sprintf(format, args...)}} }
	if n := len([]rune(text)); n > maxExpression {
		return nil, whole("the expression has %d characters, and %d are the most", n, maxExpression)
	}
	if flaws := unseen(text); len(flaws) > 0 {
		return nil, flaws
	}
	env, err := environment()
	if err != nil {
		return nil, whole("no expression can be read: %s", briefly(err.Error()))
	}
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		var flaws []flaw
		for _, e := range issues.Errors() {
			flaws = append(flaws, flaw{max(e.Location.Line(), 1), max(e.Location.Column()+1, 1), explain(e.Message)})
		}
		return nil, flaws
	}
	found, flaws := examine(checked.NativeRep())
	if len(flaws) > 0 {
		return nil, flaws
	}
	if checked.OutputType() != cel.BoolType {
		return nil, whole("the expression gives %s: it must give true or false", briefly(strings.ReplaceAll(checked.OutputType().String(), factsType, "a version")))
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costLimit),
		cel.CostTrackerOptions(
			cost.OverloadTracker(overloads.MatchesString, found.matchCost),
			cost.OverloadTracker(overloads.StringToInt, readCost),
			cost.OverloadTracker(overloads.StringToDouble, readCost),
			cost.OverloadTracker(overloads.StringToTimestamp, readCost),
			cost.OverloadTracker(overloads.StringToDuration, readCost),
		))
	if err != nil {
		return nil, whole("%s", explain(err.Error()))
	}
	return &expression{program: program, timed: found.timed}, nil
}

// findings is what an expression is found to hold.
type findings struct {
	timed    bool
	patterns map[string]int // regular expressions and their sizes
}

// examine looks for what the type checker lets pass and a condition may not
// have, and for what evaluation must know.
func examine(checked *ast.AST) (findings, []flaw) {
	found := findings{patterns: map[string]int{}}
	var flaws []flaw
	wrong := func(e ast.Expr, text string) {
		at := checked.SourceInfo().GetStartLocation(e.ID())
		flaws = append(flaws, flaw{max(at.Line(), 1), max(at.Column()+1, 1), text})
	}
	// By reference and not by name: where a loop's own variable is called now
	// too, the time is still there as ".now".
	for _, r := range checked.ReferenceMap() {
		found.timed = found.timed || strings.TrimPrefix(r.Name, ".") == "now"
	}
	ast.PreOrderVisit(checked.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.StructKind:
			wrong(e, "nothing can be made here: version is given")
		case ast.LiteralKind:
			if e.AsLiteral() == types.NullValue {
				wrong(e, "nothing is null here: has(version.name) asks whether a fact is known")
			}
		case ast.CallKind:
			if e.AsCall().FunctionName() != overloads.Matches {
				return
			}
			pattern := e.AsCall().Args()[0]
			if pattern.Kind() != ast.LiteralKind {
				// A publisher's text would be compiled as a pattern, again
				// for each version.
				wrong(pattern, "the pattern must stand here as text, in quotes")
				return
			}
			// It compiled a moment ago, or the checker had said so.
			text, _ := pattern.AsLiteral().Value().(string)
			found.patterns[text], _ = types.RegexProgramSize(text)
		}
	}))
	return found, flaws
}

// matchCost is what a match costs: CEL's own reckoning takes the length of the
// pattern, and "(a|b){99}" is short and slow.
func (f findings) matchCost(args []ref.Val, _ ref.Val) *uint64 {
	text, _ := args[0].(types.String)
	pattern, _ := args[1].(types.String)
	units := uint64(len(text)/10+1) * uint64(f.patterns[string(pattern)]/4+1)
	return &units
}

// readCost is what it costs to read a number or a moment out of text; CEL
// takes it for 1, whatever the text.
func readCost(args []ref.Val, _ ref.Val) *uint64 {
	text, _ := args[0].(types.String)
	units := uint64(len(text)/10 + 1)
	return &units
}

// outcome is what one evaluation came to.
type outcome struct {
	holds bool
	err   error // a clause for people
	// until is when the answer may change by itself; zero: it does not.
	until time.Time
	cost  uint64
}

// judge evaluates the expression.
func (e *expression) judge(f *assay.Facts, now time.Time) outcome {
	var out outcome
	given := activation{version: versionValue{f}}
	if e.timed {
		given.now = types.Timestamp{Time: now.UTC().Truncate(tick)}
		out.until = given.now.Time.Add(tick)
	}
	value, details, err := e.program.Eval(&given)
	if spent := details.ActualCost(); spent != nil {
		out.cost = *spent
	}
	var cancelled interpreter.EvalCancelledError
	switch {
	case errors.As(err, &cancelled):
		out.err = errors.New("it costs more than a condition may")
	case err != nil:
		out.err = errors.New(briefly(strings.ReplaceAll(err.Error(), factsType, "version")))
	default:
		holds, ok := value.Value().(bool)
		if !ok {
			out.err = errors.New("it gives no truth value")
		}
		out.holds = holds
	}
	return out
}

// activation gives an expression its two variables. One that was found not
// to mention the time is not given it: should that finding be wrong, it
// cannot be judged, rather than give an answer that is kept for too long.
type activation struct {
	version versionValue
	now     types.Timestamp
}

func (a *activation) ResolveName(name string) (any, bool) {
	switch {
	case name == "version":
		return a.version, true
	case name == "now" && !a.now.IsZero():
		return a.now, true
	}
	return nil, false
}

func (a *activation) Parent() cel.Activation { return nil }

package policy

import (
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Bounds of what is read at all; costs are bounded in expression.go.
const (
	nesting = 50
	nodes   = 500
	// patternSize bounds one regular expression, in instructions of its
	// compiled form: "(a{9}){99}" is short and large.
	patternSize = 500
)

// vocabulary is what of CEL's standard library a condition may use. It names
// what is there and not what is missing, so that a later version of the
// library brings nothing in unseen. Left out are:
//
//   - what builds text and lists (+ on them, map, filter, conversions to
//     text): a condition asks and needs to build nothing, while a word that
//     is doubled a few dozen times fills the memory, and a list that is added
//     to itself as often takes for ever to be counted.
//   - dyn and type, behind which types are checked too late.
//   - the methods of timestamps that take a time zone: they read the
//     machine's zone files, and would answer differently on another machine.
func vocabulary() *env.LibrarySubset {
	pick := func(name string, ids ...string) *env.Function {
		f := env.NewFunction(name)
		for _, id := range ids {
			f.Overloads = append(f.Overloads, &env.Overload{ID: id})
		}
		return f
	}
	return env.NewLibrarySubset().
		AddIncludedMacros(operators.Has, operators.All, operators.Exists, operators.ExistsOne).
		AddIncludedFunctions(
			pick(operators.Conditional), pick(operators.LogicalAnd), pick(operators.LogicalOr), pick(operators.LogicalNot),
			pick(operators.NotStrictlyFalse),
			pick(operators.Equals), pick(operators.NotEquals),
			pick(operators.Less), pick(operators.LessEquals), pick(operators.Greater), pick(operators.GreaterEquals),
			pick(operators.In), pick(operators.Index),
			pick(operators.Add, overloads.AddInt64, overloads.AddUint64, overloads.AddDouble,
				overloads.AddDurationDuration, overloads.AddDurationTimestamp, overloads.AddTimestampDuration),
			pick(operators.Subtract), pick(operators.Multiply), pick(operators.Divide), pick(operators.Modulo), pick(operators.Negate),
			pick(overloads.Size, overloads.SizeList, overloads.SizeListInst, overloads.SizeMap, overloads.SizeMapInst,
				overloads.SizeString, overloads.SizeStringInst),
			pick(overloads.Contains), pick(overloads.StartsWith), pick(overloads.EndsWith),
			pick(overloads.Matches, overloads.MatchesString),
			pick(overloads.TypeConvertInt), pick(overloads.TypeConvertDouble),
			pick(overloads.TypeConvertTimestamp), pick(overloads.TypeConvertDuration),
			pick(overloads.TimeGetFullYear, overloads.TimestampToYear),
			pick(overloads.TimeGetMonth, overloads.TimestampToMonth),
			pick(overloads.TimeGetDayOfYear, overloads.TimestampToDayOfYear),
			pick(overloads.TimeGetDayOfMonth, overloads.TimestampToDayOfMonthZeroBased),
			pick(overloads.TimeGetDate, overloads.TimestampToDayOfMonthOneBased),
			pick(overloads.TimeGetDayOfWeek, overloads.TimestampToDayOfWeek),
			pick(overloads.TimeGetHours, overloads.TimestampToHours, overloads.DurationToHours),
			pick(overloads.TimeGetMinutes, overloads.TimestampToMinutes, overloads.DurationToMinutes),
			pick(overloads.TimeGetSeconds, overloads.TimestampToSeconds, overloads.DurationToSeconds),
		)
}

// environment is what expressions are compiled in. It takes some
// milliseconds to build, so it is built when the first condition is read.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	return cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(vocabulary())),
		cel.CustomTypeProvider(provider{registry}),
		cel.CustomTypeAdapter(registry),
		cel.Variable("version", celFacts),
		cel.Variable("now", cel.TimestampType),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ParserRecursionLimit(nesting),
		cel.ExpressionNodeLimit(nodes),
		cel.RegexProgramSizeLimit(patternSize),
		cel.DefaultUTCTimeZone(true),
		cel.ASTValidators(
			cel.ValidateDurationLiterals(),
			cel.ValidateTimestampLiterals(),
			cel.ValidateRegexLiterals(),
			cel.ValidateHomogeneousAggregateLiterals(),
		),
	)
})

// provider adds the type of version to CEL's own.
type provider struct{ types.Provider }

func (p provider) FindStructType(name string) (*types.Type, bool) {
	if name == factsType {
		return types.NewTypeTypeWithParam(celFacts), true
	}
	return p.Provider.FindStructType(name)
}

func (p provider) FindStructFieldNames(name string) ([]string, bool) {
	if name == factsType {
		return factNames(), true
	}
	return p.Provider.FindStructFieldNames(name)
}

func (p provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	if name != factsType {
		return p.Provider.FindStructFieldType(name, field)
	}
	f, ok := factByName(field)
	if !ok {
		return nil, false
	}
	return &types.FieldType{
		Type:    f.cel,
		IsSet:   func(target any) bool { return f.known(target.(versionValue).facts) },
		GetFrom: func(target any) (any, error) { return target.(versionValue).read(f), nil },
	}, true
}

// NewValue refuses to make one, should one that compile refuses come here: a
// version is given and never built.
func (p provider) NewValue(name string, _ map[string]ref.Val) ref.Val {
	return types.NewErr("a %s cannot be made in a condition", name)
}

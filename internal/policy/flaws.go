package policy

import (
	"fmt"
	"slices"
	"strings"
)

// flaw is what is wrong with an expression, and where in it: lines and
// columns from 1. Columns count characters.
type flaw struct {
	line, column int
	text         string
}

// maxSaid bounds what is said of one flaw, in bytes: complaints quote types,
// which nest, and values, which a publisher may have sent.
const maxSaid = 300

// briefly makes a complaint one line of what can be seen, and no novel.
func briefly(text string) string {
	text = strings.Join(strings.Fields(strings.Map(shown, text)), " ")
	if len(text) > maxSaid {
		text = strings.ToValidUTF8(text[:maxSaid], "") + "..."
	}
	return text
}

// explain puts CEL's complaint in words that name what there is.
func explain(message string) string {
	if name, ok := strings.CutPrefix(message, "undefined field '"); ok {
		name = strings.TrimSuffix(name, "'")
		return fmt.Sprintf("version has no fact %q%s: 'assay policy fields' lists what it has", briefly(name), nearest(name))
	}
	if rest, ok := strings.CutPrefix(message, "undeclared reference to '"); ok {
		name, _, _ := strings.Cut(rest, "'")
		name = strings.TrimPrefix(name, ".")
		switch field, own := strings.CutPrefix(name, "version."); {
		case own:
			return explain("undefined field '" + field + "'")
		case slices.Contains(factNames(), name):
			return fmt.Sprintf("%q is not known here: write version.%s", name, name)
		case slices.Contains(builders, name):
			return fmt.Sprintf("%s is not known here: a condition asks about what is there, and builds nothing", name)
		}
		return fmt.Sprintf("%q is not known here: there are version, whose facts 'assay policy fields' lists, and now", briefly(name))
	}
	if rest, ok := strings.CutPrefix(message, "found no matching overload for '"); ok {
		op, args, _ := strings.Cut(rest, "' applied to '")
		return mismatch(symbol(op), strings.TrimSuffix(args, "'"))
	}
	for begin, said := range map[string]string{
		"invalid matches argument":   "the pattern is no regular expression (the syntax is RE2's)",
		"invalid duration argument":  `the duration is none: write duration("72h"), with h, m and s; a day is 24h`,
		"invalid timestamp argument": `the moment is none: write timestamp("2027-01-01T00:00:00Z")`,
		"regex program size":         "the pattern is too large: repetitions count as often as they repeat",
		"expected type 'bool'":       "true or false is needed here, not " + between(message, "but found '", "'"),
		"expression node count":      fmt.Sprintf("the expression has too many parts: %d are the most, and each has, all and exists counts for several", nodes),
		"expression recursion limit": fmt.Sprintf("the expression is nested too deeply: %d levels are the most", nesting),
		"max recursion depth":        fmt.Sprintf("the expression is nested too deeply: %d levels are the most", nesting),
	} {
		if strings.HasPrefix(message, begin) {
			return said
		}
	}
	return syntax(strings.TrimPrefix(message, "Syntax error: "))
}

// syntax puts the parser's complaints in words; what it expects instead is a
// list of all that there is.
func syntax(message string) string {
	unexpected := between(message, "input '", "' expecting")
	switch {
	case strings.HasPrefix(message, "mismatched input '<EOF>'"):
		return "the expression ends too early"
	case strings.HasPrefix(message, "mismatched input '"):
		return fmt.Sprintf("%q is not expected here", unexpected)
	case strings.HasPrefix(message, "extraneous input '"):
		return fmt.Sprintf("%q is not expected here: two questions are joined by && or ||", unexpected)
	case strings.HasPrefix(message, "token recognition error at: "):
		return "this cannot be read: " + briefly(strings.TrimPrefix(message, "token recognition error at: ")) + " (text stands in quotes, and both are needed)"
	case strings.HasPrefix(message, "error recovery"):
		return "too much of the expression cannot be read"
	case strings.HasPrefix(message, "invalid argument to has() macro"):
		return "has asks for one fact: write has(version.name)"
	}
	return briefly(message)
}

// unseen finds the characters of an expression that show nothing, or other
// than they are: an escape that turns the direction of writing makes who
// reviews a policy read another one.
func unseen(text string) []flaw {
	var flaws []flaw
	line, column := 1, 0
	for _, r := range text {
		column++
		switch {
		case r == '\n':
			line, column = line+1, 0
		case r != ' ' && r != '\t' && r != '\r' && !visible(r):
			flaws = append(flaws, flaw{line, column, fmt.Sprintf("the character U+%04X cannot be seen: in text in quotes write it as \\u%04x", r, r)})
		}
	}
	return flaws
}

// builders are functions of CEL and of its usual extensions that people may
// look for and that are left out on purpose.
var builders = []string{"map", "filter", "dyn", "type", "string", "bytes", "uint", "bool", "replace", "join", "format", "split", "lowerAscii", "upperAscii", "substring", "trim", "reverse", "charAt", "indexOf", "lastIndexOf"}

// symbol is an operator as it is written: _+_ is +.
func symbol(name string) string {
	switch {
	case name == "_[_]":
		return "[]"
	case name == "_?_:_":
		return "?:"
	case name == "@in":
		return "in"
	}
	return strings.Trim(name, "_")
}

// mismatch says that an operator or function does not fit what it is given.
func mismatch(name, args string) string {
	args = briefly(strings.ReplaceAll(args, factsType, "version"))
	text := fmt.Sprintf("%s cannot be used with %s", name, args)
	switch {
	case name == "+" && (strings.Contains(args, "string") || strings.Contains(args, "list") || strings.Contains(args, "bytes")):
		text += ": a condition asks about what is there, and builds nothing"
	case name == "[]" && strings.HasPrefix(args, "(version"):
		text += ": write version.name"
	case strings.HasPrefix(name, "get") && strings.Contains(args, "string"):
		text += ": times are in UTC alone"
	}
	return text
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return briefly(s)
}

// nearest is the fact whose name a misspelled one probably meant.
func nearest(name string) string {
	if len(name) > maxName {
		return ""
	}
	best, least := "", 4
	for _, n := range factNames() {
		if d := distance(name, n); d < least {
			best, least = n, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %s?)", best)
}

// distance is the number of letters to add, drop or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := previous
			if a[i] != b[j] {
				cost++
			}
			previous = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

package render

import "assay.invalid/internal/scorecard/assess"

// Marks are the shapes of states and degrees of knowledge, as symbols that a
// page holds once and uses by name: "#met".
func Marks() string { return marks }

// Shape is the name of a state's symbol and class.
func Shape(s assess.State) string { return shape(s) }

// StateWord is a state as a person reads it: "not met".
func StateWord(s assess.State) string { return stateWord(s) }

// Plain makes outside text fit to be shown: one bounded line of printable
// words.
func Plain(s string) string { return plain(s) }

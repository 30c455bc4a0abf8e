package ssdf

import (
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
)

// plain is text from outside on one line of what can be seen: a card is made
// by others, and escape sequences in it would draw on the reader's screen.
func plain(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = scorecard.Words(w)
	}
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// stateWord is a state as people write it.
func stateWord(s assess.State) string { return strings.ReplaceAll(string(s), "_", " ") }

// standing is a state and how well it is known.
func (p Part) standing() string {
	if p.Knowledge == assess.Nothing {
		return stateWord(p.State)
	}
	return stateWord(p.State) + ", " + plain(string(p.Knowledge))
}

// explained keeps a reader from taking support for completion.
const explained = "A capability that supports a task is a part of it, and the task is not thereby done. What is not known is not missing."

// unspoken heads the tasks that stand apart.
const unspoken = "No capability of the catalogue speaks of these tasks, so nothing is said of them"

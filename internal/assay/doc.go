// Package assay is the vocabulary of the house: the nouns that every other
// room speaks in. A newcomer who has read this folder knows what exists.
//
// It owns coordinates (which package, version or file is meant), patterns (a
// set of them), digests, facts (what is known about a coordinate, and from
// whom), opinions and decisions (what the policy makes of the facts), events
// (facts of history), principals (who asks) and the closed set of error
// kinds. It promises that a name is parsed and normalised once, into a type.
//
// It imports the standard library only, does no input or output, starts no
// goroutine and keeps no state.
package assay

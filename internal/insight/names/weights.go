package names

// What follows is printed by 'go run ./bench/names -fit', which has the labelled
// names that it comes from; a test there says when it is stale.

const bias = -0.05

// weights are how much each number of the evidence says.
var weights = [signals]float64{
	1.81,  // repetition
	1.40,  // omission
	0.25,  // insertion
	2.36,  // transposition
	0.78,  // keyboard
	0.00,  // substitution
	-0.54, // two slips
	0.48,  // looks
	-0.74, // separator
	0.00,  // case
	-1.62, // order
	-0.04, // version digit
	1.44,  // version suffix
	-0.14, // owner
	0.23,  // flattening
	-0.51, // ownerless
	-2.99, // other owner
	-1.99, // word beside
	-0.85, // word glued
	0.66,  // word misspelt
	-1.08, // rank
	1.54,  // length
	0.05,  // short
	-0.54, // crowd
	0.46,  // surprise
	0.17,  // worst
	-1.44, // known word
	-0.28, // plural
	-0.74, // first
	-0.46, // last
	-1.34, // family
	2.42,  // language
	1.95,  // claim
	1.29,  // tool
	0.84,  // stranger
	-0.07, // more words
	-0.18, // generic
	1.31,  // cover
	-1.36, // front
	-0.52, // target words
	-1.02, // sharing
	0.12,  // both
	-0.04, // combo length
	-0.31, // bare words
	0.61,  // vowels
	0.34,  // double
	1.08,  // brand
	0.00,  // foreign
	0.15,  // combo short
	-0.72, // language glued
	1.22,  // language front
	-0.53, // short loose
}

package names

import "math"

// Evidence is what speaks for and against a likeness, in numbers. The first
// ones say of which kind it is, one of them is 1; the rest are measures.
type Evidence [signals]float64

// signal is one number of the evidence.
type signal int

const (
	byRepetition signal = iota
	byOmission
	byInsertion
	byTransposition
	byKeyboard
	bySubstitution
	byTwoSlips
	byLooks
	bySeparator
	byCase
	byOrder
	byVersionDigit  // a digit that was left out, added or changed
	byVersionSuffix // a version behind the name
	byOwner         // an owner that looks like a known one
	byFlattening    // an owner's name written into the name
	byOwnerless     // the name without its owner
	byOtherOwner    // the name under another owner
	byWordBeside    // a word beside a known name
	byWordGlued     // the same, without anything between
	byWordMisspelt  // a word beside a known name that was misspelt

	ofRank          // logarithm of the target's rank
	ofLength        // letters of the target
	ofShort         // letters that a short target lacks
	ofCrowd         // logarithm of how many known names are one slip away
	ofSurprise      // how much less the letters follow each other than the target's
	ofWorst         // the same of the least expected letter alone
	ofKnownWord     // logarithm of how many names have the word that came about
	ofPlural        // an s at the end
	ofFirst         // the first letter is wrong
	ofLast          // the last one is
	ofFamily        // logarithm of how many known names begin as both do
	ofLanguage      // the word beside it names a language
	ofClaim         // it claims something
	ofTool          // it says that this goes with the known name
	ofStranger      // it is a word of no known name
	ofMore          // words beside it, beyond the first
	ofGeneric       // logarithm of how many names have the target as one of their words
	ofCover         // the target's share of the letters
	ofFront         // the word is in front
	ofTargetWords   // words of the target that it stands beside
	ofSharing       // logarithm of how many owners have that name
	ofBoth          // owner and name both are as of a known package
	ofComboLength   // letters of the target that it stands beside
	ofBareWords     // words of a name that lost its owner
	ofVowels        // one vowel for another
	ofDouble        // a doubled letter typed once
	ofBrand         // logarithm of how many names have the misspelt name as one of their words
	ofForeign       // letters of another alphabet
	ofComboShort    // letters that a short target lacks
	ofLanguageGlued // the language is written without anything between
	ofLanguageFront // the language is in front
	ofShortLoose    // letters that a short target lacks, for slips that any name may have by chance
	signals
)

// names of the signals, for those who fit and read the weights.
var signalNames = [signals]string{
	"repetition", "omission", "insertion", "transposition", "keyboard", "substitution", "two slips", "looks", "separator", "case", "order",
	"version digit", "version suffix", "owner", "flattening", "ownerless", "other owner", "word beside", "word glued", "word misspelt",
	"rank", "length", "short", "crowd", "surprise", "worst", "known word", "plural", "first", "last", "family",
	"language", "claim", "tool", "stranger", "more words", "generic", "cover", "front", "target words", "sharing", "both", "combo length",
	"bare words", "vowels", "double", "brand", "foreign", "combo short", "language glued", "language front", "short loose",
}

// SignalNames are the names of the numbers of Evidence, in order.
func SignalNames() []string { return append([]string(nil), signalNames[:]...) }

// foreign is the weight of letters of another alphabet. It was set by hand: the
// labelled names have none, and no honest name that looks exactly like a known
// one has any.
const foreign = 4

// score is the probability that evidence of this kind is of an impostor.
func (e *Evidence) score() float64 {
	z := bias + foreign*e[ofForeign]
	for i, x := range e {
		z += weights[i] * x
	}
	return 1 / (1 + math.Exp(-z))
}

// log counts on the scale on which the measures are taken.
func log[N int | int32](n N) float64 { return math.Log2(1 + float64(max(n, 0))) }

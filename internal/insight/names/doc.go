// Package names tells which names look like better known ones. Typosquats
// live on slips of the finger, on the eye that reads over a changed letter,
// and on trust in a brand; all three can be seen in the name alone.
//
// A Checker is made once from a list of the names that are used most, and
// then answers in microseconds, without asking anybody, for any number of
// goroutines. Default has the lists that come with Assay; New takes any other,
// such as a registry's own names with their download counts.
//
// What it finds is a fact for people and policies and never a proof: of names
// that are one slip away from a popular one, most are honest. It never speaks
// of a name that is on its list, nor of one whose owner (an npm scope, an
// account on a host, a Maven group) publishes something on it, because nobody
// else can have published it.
//
// How a name differs is its Class:
//
//	class           e.g.                       what happened
//	omission        lodsh                      a letter left out
//	insertion       lodzash                    a letter too many
//	repetition      loddash                    a letter typed twice
//	transposition   lodahs                     two letters swapped
//	keyboard        lodasj                     the key beside the right one
//	substitution    lodahh                     another letter
//	multi-edit      lodaaash                   two slips
//	homoglyph       1odash                     letters that look the same
//	separator       cross_env, crossenv        what stands between the words
//	case            Lodash                     capitals
//	word-order      dateutil-python            the same words in another order
//	version-suffix  lodash2, lodash-v5         another version's number
//	scope           @tpyes/node, types-node    the owner of a name
//	combosquat      lodash-js, official-lodash a known name and a word
//
// The score is the probability that such a name was made to be taken for its
// target, as measured on names that were and names that were not; bench/names
// fits the weights and measures them.
package names

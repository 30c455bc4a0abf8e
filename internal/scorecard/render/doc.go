// Package render shows a card to people: in a terminal, as a page that stands
// alone, and as Markdown; and it lists how each capability is checked.
//
// It owns the order and the words in which a card is read: an outcome a row
// with a mark for each capability, then what decided each, then what could
// not be told and why, then what trials left behind. There are no totals, no
// percentages and no levels: eleven different things do not add up.
//
// It promises that a state is told by shape and word before colour, that what
// is unknown is said, and that text from outside can neither draw on a
// terminal nor become markup. The page has no script, asks for nothing from
// anywhere, and can be read by a screen reader, on a phone and on paper.
//
// It never decides anything: states come from package assess, and whether a
// signer is known is said by whoever opened the card.
package render

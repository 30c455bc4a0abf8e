// Package party brings along the people and tokens of trials: a newcomer who
// signs up, proves an address and sets up a second factor; a token made by
// whoever can make one; and a door at which a credential is shown to learn
// whether it is taken.
//
// It keeps every secret that it makes or receives out of the card, gives a
// code that was refused as used one more chance with the next one, and takes
// a fault of the server for what it is. It never judges.
package party

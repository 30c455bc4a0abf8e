// Package trialtest is what the tests of trials stand on: a bench without a
// network, acts that a test writes as functions, and the one way in which a
// trial is run and judged.
//
// A bench here keeps no time: waiting moves its clock and returns at once.
// Every run makes sure that no secret which the trial was told to keep
// stands in what it wrote down.
package trialtest

// Package scorecard is what the rooms of the scorecard say to one another: a
// subject is looked at through the protocol of an ecosystem, by checks that
// collect evidence and judge it.
//
// A check is a probe, which only reads, or a trial, which acts and therefore
// runs only where it may. Either way it has two halves. Collect talks to the
// subject and writes down what it saw; Judge is a pure function of what was
// written down, so that anyone who holds a card can judge its evidence again
// without a network.
//
// What a subject can be asked is Acts: the calls of its protocol, and behind
// them those of a driver that started the instance. A call that neither has
// answers NoCall, which becomes "not supported" and never a pass or a fail.
//
// Nothing below this folder knows how Assay is built: Assay is scored from
// outside, like anyone.
package scorecard

// Package driver is what drivers share. A driver starts a throw-away instance
// of a server on this machine, and is then its scorecard.Instance: everything
// a trial needs that the protocol has no call for.
//
// A driver runs no command by itself. It asks a Machine, which is given to
// it, so that running commands stays in one room. Every wait is bounded;
// closing an instance ends what was started and removes what was written. An
// instance listens on loopback alone and never outlives its owner's Close.
package driver

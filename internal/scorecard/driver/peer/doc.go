// Package peer is what the drivers of other people's servers share: one exact
// version is installed into a cache folder by the package manager that this
// machine has for it; the server is started on a free port of loopback, in a
// throw-away folder; and everything is ended and removed.
//
// It promises that a run that was cut off leaves nothing half installed, that
// nothing is run from a folder that somebody else may write to, and that Close
// leaves no process and no folder. It never changes what a server does by
// default: what has to be changed for a throw-away instance stands in the
// package comment of its driver.
package peer

// Package served is how trials of packages look at a version: is it listed,
// would a client choose it, which bytes are handed out. It also makes the
// control step of these trials: publish a throw-away version and see it
// served, because a refusal tells nothing where nothing is ever accepted.
//
// It promises that a fault of the connection or the server is never taken for
// an answer: it becomes an error that says that nothing could be told. An
// effect gets a short, bounded time to show, so that a subject that works in
// the background is not called one that does nothing. It never judges.
package served

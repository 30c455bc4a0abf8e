// Package ssdf shows what a card or an assessment says in the order of the
// SSDF: NIST SP 800-218, Secure Software Development Framework, version 1.1
// (February 2022).
//
// It owns the list of the framework's tasks, with names of this project's own
// for them, and the projection: each capability of the catalogue names the
// tasks that it speaks of, and a task is given what supports it, what is
// missing, what is not known, and what the repository is not asked for.
//
// It promises that every task is listed once, that a task of which no
// capability speaks is said to be so and never counts as missing, that what
// is unknown never counts as missing either, and that text from outside can
// neither draw on a terminal nor become markup. There is no total: the
// framework asks how software is made, the catalogue how a repository keeps
// packages, and a task that is supported is not thereby done.
//
// It is pure, decides no state, and checks no signature.
package ssdf

// Package wire is the pure half of the Go ecosystem: how module paths and
// versions are spelt, ordered and escaped, which request paths the module
// proxy protocol has, and how its documents are read.
//
// It follows the module reference (https://go.dev/ref/mod#goproxy-protocol,
// #module-path, #versions, #go-mod-file-retract) and leans on
// golang.org/x/mod for every rule that the go command has one for, so that
// the two cannot disagree.
//
// It promises that a name or version that it returns is canonical: equal
// strings mean the same thing, and the escaped form can be put into a path.
// Module paths keep their case, because Go's are case-sensitive. Everything
// that comes from outside is bounded by Limits; what is not what it must be
// is an error of kind assay.Unsound, what a person or client wrote wrongly
// one of kind assay.Invalid.
//
// It does no input or output but on the io.ReaderAt it is given, starts no
// goroutine and keeps no state.
package wire

// Package upstream is a small package repository of ours, which an instance
// that a driver started pulls through from: one content, served at one or
// more addresses of loopback that can be stopped one by one.
//
// It speaks just enough of npm's protocol, of Go's module proxy protocol with
// a checksum database of its own, of PyPI's simple API below simple/, of
// Cargo's sparse index, and of Maven's layout with checksum files, for a real
// server to believe it. It keeps everything in memory, remembers every name it was asked for, and is
// never reached from outside of this machine. It does not judge what is
// offered: a trial may offer anything.
package upstream

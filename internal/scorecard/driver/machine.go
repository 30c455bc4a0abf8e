package driver

import "context"

// Machine runs commands and makes temporary folders.
type Machine interface {
	// Start starts a command that goes on running. The context bounds the
	// start, not the process: that ends by Stop. Errors are NotFound where
	// the machine has no such program.
	Start(ctx context.Context, c Command) (Process, error)
	// Run runs a command to its end and returns what it wrote to standard
	// output, within a bound. When the context ends, so does the command, with
	// all that it started. A command that fails is an error with the last
	// that it said.
	Run(ctx context.Context, c Command) (output []byte, err error)
	// Folder makes an empty temporary folder that nobody else may read.
	// Whoever asked removes it.
	Folder() (path string, err error)
}

// Command is one command.
type Command struct {
	// Path is an absolute path, or the name of a program on PATH.
	Path string
	Args []string
	// Env are variables, NAME=value, set over those of the machine.
	Env []string
	// Bare leaves out all variables of the machine but PATH: what a person
	// has set for their own programs does not reach the command.
	Bare bool
	// Dir is where it runs; empty is the root of the disk, never wherever the
	// person happens to be.
	Dir string
}

// Process is a command that was started.
type Process interface {
	// Stop asks it to end and, where it has not after some seconds, ends it
	// with all that it started. It returns when the process is gone; a
	// context that ends shortens the asking. A second call does nothing.
	Stop(ctx context.Context) error
	// Ended is closed when the process is gone.
	Ended() <-chan struct{}
	// Output is the last of what it printed, within a bound.
	Output() string
}

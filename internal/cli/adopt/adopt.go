// Package adopt asks the package managers of this machine which upstreams
// they use, so that Assay has something to pull from with nothing configured,
// behind a company's mirror too. No address of a public repository stands in
// Assay's source.
//
// It promises that
//
//   - the commands run in an empty directory of their own, or in the root
//     directory, below which and above which no project's settings are obeyed:
//     a hostile checkout (or a file that somebody else put into the shared
//     temporary directory) cannot choose where everybody's packages come from;
//   - a program is only started from an absolute entry of PATH, so that a
//     checkout cannot bring its own "npm";
//   - each command ends within a time, and what it says is read up to a size;
//   - credentials in an address are cut before the address is kept, printed
//     or even put into an error;
//   - an address that is Assay itself is never adopted.
//
// What is read besides are the user's and the installations' own files: Cargo's
// and Maven's settings, Cargo's index, Maven's built-in project.
//
// It never talks to the network itself (resolving a host name apart, when
// that name could be our own), and keeps nothing. Cargo, which names its
// registry nowhere, is led to a listener of this process on loopback, which
// reads what it wants to connect to and lets it go no further.
package adopt

import (
	"context"
	"os"
	"time"
)

// Config is what the questions need.
type Config struct {
	// Env is the environment, as of os.Environ.
	Env []string
	// Self is the address that must not be adopted: our own.
	Self Self
	// Timeout bounds each command; 0 means 20 s (a cold start of a package
	// manager on a busy machine takes seconds).
	Timeout time.Duration
	// Output is how many bytes of a command's answer are read; 0 means
	// 64 KiB.
	Output int
}

func (c Config) timeout() time.Duration {
	if c.Timeout <= 0 {
		return 20 * time.Second
	}
	return c.Timeout
}

func (c Config) output() int {
	if c.Output <= 0 {
		return 64 << 10
	}
	return c.Output
}

// Finding is what one package manager said.
type Finding struct {
	Client string // the program that was asked: "npm", "go"
	Source string // the command or file that told, for people: "npm config get registry"
	// Origins are base addresses in their order, without credentials, each
	// ending in a slash. Empty means that there is nothing to pull from.
	Origins []string
	// SumDB is the checksum database; nil when there is none. Only go has one.
	SumDB *SumDB
	// SumDBErr is set when there should be a checksum database and its name,
	// key or address is not to be had.
	SumDBErr error
	// Dropped says, a clause each, what was not taken over and why.
	Dropped []string
	// Err is set when the package manager could not be asked: NotFound when
	// it is not on the machine, else Unavailable or Unsound.
	Err error
}

// Asker asks one package manager.
type Asker func(ctx context.Context, cfg Config) Finding

// Askers returns who is asked for each place.
func Askers() map[string]Asker {
	return map[string]Asker{"npm": NPM, "pypi": Pip, "go": Go, "cargo": Cargo, "maven": Maven}
}

// scratch makes the empty directory that a command runs in. The two files
// stop npm and go from looking for a project further up: the temporary
// directory's parent is often writable by everybody.
func scratch() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "assay-adopt-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	for name, text := range map[string]string{"package.json": "{}\n", "go.mod": "module assay.invalid/empty\n"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			remove()
			return "", nil, err
		}
	}
	return dir, remove, nil
}

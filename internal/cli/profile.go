package cli

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/pprof"

	"assay.invalid/internal/assay"
)

// startProfiles measures where time goes and what is allocated, from now until
// the function that it returns is called, and leaves both in a directory as
// cpu.pprof and allocs.pprof. Nothing listens for it: whoever may start the
// server with the flag, and read the directory, is its operator.
func startProfiles(directory string) (stop func() error, err error) {
	cpu, err := createProfile(directory, "cpu.pprof")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(assay.Wrap(assay.Conflict, err, "the profile cannot be taken"), cpu.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		errs := []error{cpu.Close()}
		allocs, err := createProfile(directory, "allocs.pprof")
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		return errors.Join(append(errs, pprof.Lookup("allocs").WriteTo(allocs, 0), allocs.Close())...)
	}, nil
}

// createProfile makes a file that only its owner may read.
func createProfile(directory, name string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(directory, name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "a profile cannot be written to %s: name a directory that exists and that this user may write to", directory)
	}
	return f, nil
}

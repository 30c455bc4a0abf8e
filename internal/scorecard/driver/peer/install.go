package peer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// Software is a server that can be installed.
type Software struct {
	// Name is what its makers call it.
	Name    string
	Version string
	// Folder is its place below the cache folder, a name that no other
	// software or version has.
	Folder string
	// Installed is the version that lies in a folder, "" if there is none.
	Installed func(folder string) string
	// Put installs it into an empty folder, which is moved afterwards.
	Put func(ctx context.Context, m driver.Machine, folder string) error
}

// Install returns the folder that the software is installed in, and installs
// it if that is not so yet.
func Install(ctx context.Context, m driver.Machine, o driver.Options, s Software) (string, error) {
	if o.Cache == "" {
		return "", assay.Errorf(assay.Invalid, "%s is installed into a cache folder, and none is given", s.Name)
	}
	cache, err := filepath.Abs(o.Cache)
	if err != nil {
		return "", assay.Wrap(assay.Invalid, err, "the cache folder %s cannot be found", o.Cache)
	}
	if err := ours(cache); err != nil {
		return "", err
	}
	folder := filepath.Join(cache, s.Folder)
	if s.Installed(folder) == s.Version {
		return folder, nil
	}
	o.Log("installing " + s.Name + " " + s.Version + " into " + folder)
	// Beside the place and moved when it is whole: a run that was cut off
	// must not leave half of it for the next one, nor two runs mix theirs.
	partial, err := os.MkdirTemp(cache, "partial-")
	if err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "nothing can be written to the cache folder %s", cache)
	}
	defer os.RemoveAll(partial) // gone already if all went well
	ctx, cancel := context.WithTimeout(ctx, o.Limits.Install)
	defer cancel()
	if err := s.Put(ctx, m, partial); err != nil {
		return "", err
	}
	if got := s.Installed(partial); got != s.Version {
		return "", assay.Errorf(assay.Unsound, "%s was installed as %q where %s was asked for", s.Name, got, s.Version)
	}
	err = os.Rename(partial, folder)
	if err != nil && s.Installed(folder) != s.Version {
		// What lies there is not what was put there.
		return "", assay.Wrap(assay.Conflict, err, "%s is in the way of %s: remove it", folder, s.Name)
	}
	return folder, nil
}

// ours makes the cache folder and looks whether it belongs to this user
// alone. Programs are run from it: in a folder that somebody else made first,
// or may write to, they could be theirs.
func ours(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return assay.Wrap(assay.Unavailable, err, "the cache folder %s cannot be made", folder)
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return assay.Wrap(assay.Unavailable, err, "the cache folder %s cannot be looked at", folder)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return assay.Wrap(assay.Forbidden, errors.ErrUnsupported, "the cache folder %s is no folder of its own: give another", folder)
	case info.Mode().Perm()&0o022 != 0:
		return assay.Wrap(assay.Forbidden, fs.ErrPermission, "others may write to the cache folder %s, and programs are run from it: 'chmod 700 %[1]s' changes that", folder)
	case ok && int(owner.Uid) != os.Geteuid():
		return assay.Wrap(assay.Forbidden, fs.ErrPermission, "the cache folder %s belongs to somebody else, and programs are run from it: give another", folder)
	}
	return nil
}

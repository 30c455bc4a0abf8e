package verdaccio

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// Version is the Verdaccio that is started: the newest for the oldest Node.js
// that is still looked after.
const Version = "6.8.0"

// wanted is the package.json that Verdaccio is installed by. Its dependencies
// ask for node-fetch by a tag, and not every mirror has tags other than
// latest; this is the version that the tag means.
func wanted() map[string]any {
	return map[string]any{
		"private":      true,
		"dependencies": map[string]string{"verdaccio": Version},
		"overrides":    map[string]string{"node-fetch": "2.6.7"},
	}
}

// install returns the folder that Verdaccio is installed in, and installs it
// if that is not so yet.
func install(ctx context.Context, m driver.Machine, o driver.Options) (string, error) {
	if o.Cache == "" {
		return "", assay.Errorf(assay.Invalid, "Verdaccio is installed into a cache folder, and none is given")
	}
	cache, err := filepath.Abs(o.Cache)
	if err != nil {
		return "", assay.Wrap(assay.Invalid, err, "the cache folder %s cannot be found", o.Cache)
	}
	if err := ours(cache); err != nil {
		return "", err
	}
	folder := filepath.Join(cache, "verdaccio-"+Version)
	if installed(folder) == Version {
		return folder, nil
	}
	o.Log("installing Verdaccio " + Version + " into " + folder)
	// Beside the place and moved when it is whole: a run that was cut off
	// must not leave half of it for the next one, nor two runs mix theirs.
	partial, err := os.MkdirTemp(cache, "partial-")
	if err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "nothing can be written to the cache folder %s", cache)
	}
	defer os.RemoveAll(partial) // gone already if all went well
	manifest, err := json.Marshal(wanted())
	if err != nil {
		return "", assay.Wrap(assay.Internal, err, "the package.json for Verdaccio cannot be written")
	}
	if err := os.WriteFile(filepath.Join(partial, "package.json"), manifest, 0o600); err != nil {
		return "", assay.Wrap(assay.Unavailable, err, "nothing can be written to the cache folder %s", cache)
	}
	ctx, cancel := context.WithTimeout(ctx, o.Limits.Install)
	defer cancel()
	// With the person's own settings, which say where packages come from.
	_, err = m.Run(ctx, driver.Command{
		Path: "npm", Dir: partial,
		Args: []string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error"},
		Env:  []string{"npm_config_update_notifier=false"},
	})
	if err != nil {
		return "", err
	}
	if got := installed(partial); got != Version {
		return "", assay.Errorf(assay.Unsound, "npm installed Verdaccio %q where %s was asked for", got, Version)
	}
	err = os.Rename(partial, folder)
	if err != nil && installed(folder) != Version {
		// What lies there is not what was put there.
		return "", assay.Wrap(assay.Conflict, err, "%s is in the way of Verdaccio: remove it", folder)
	}
	return folder, nil
}

// installed is the version of Verdaccio in a folder, "" if there is none.
func installed(folder string) string {
	text, err := os.ReadFile(filepath.Join(folder, "node_modules", "verdaccio", "package.json"))
	var said struct {
		Version string `json:"version"`
	}
	if err != nil || json.Unmarshal(text, &said) != nil {
		return ""
	}
	return said.Version
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

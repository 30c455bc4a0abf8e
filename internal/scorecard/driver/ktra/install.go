package ktra

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
)

// Version is the Ktra that is started.
const Version = "0.7.0"

// building is how long it may take to build it, on a machine that is busy with
// something else.
const building = 20 * time.Minute

func software(log func(string)) peer.Software {
	return peer.Software{
		Name: "Ktra", Version: Version, Folder: "ktra-" + Version, Installed: installed,
		Put: func(ctx context.Context, m driver.Machine, folder string) error {
			log("building Ktra takes some minutes")
			// With the person's own settings, which say where packages come
			// from.
			_, err := m.Run(ctx, driver.Command{
				Path: "cargo", Dir: folder,
				Args: []string{"install", "--quiet", "--locked", "--no-track", "--version", "=" + Version, "--root", folder, "ktra"},
			})
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(folder, built), []byte(Version+"\n"), 0o600); err != nil {
				return assay.Wrap(assay.Unavailable, err, "nothing can be written to %s", folder)
			}
			return nil
		},
	}
}

// built is the file that says which version was built: the program itself
// tells only those who run it.
const built = "version"

// installed is the version of Ktra in a folder, "" if there is none.
func installed(folder string) string {
	text, err := os.ReadFile(filepath.Join(folder, built))
	if err != nil {
		return ""
	}
	if _, err := os.Stat(binary(folder)); err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func binary(folder string) string { return filepath.Join(folder, "bin", "ktra") }

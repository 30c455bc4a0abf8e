package verdaccio

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
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

func software() peer.Software {
	return peer.Software{Name: "Verdaccio", Version: Version, Folder: "verdaccio-" + Version, Installed: installed, Put: put}
}

func put(ctx context.Context, m driver.Machine, folder string) error {
	manifest, err := json.Marshal(wanted())
	if err != nil {
		return assay.Wrap(assay.Internal, err, "the package.json for Verdaccio cannot be written")
	}
	if err := os.WriteFile(filepath.Join(folder, "package.json"), manifest, 0o600); err != nil {
		return assay.Wrap(assay.Unavailable, err, "nothing can be written to %s", folder)
	}
	// With the person's own settings, which say where packages come from.
	_, err = m.Run(ctx, driver.Command{
		Path: "npm", Dir: folder,
		Args: []string{"install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", "--loglevel=error"},
		Env:  []string{"npm_config_update_notifier=false"},
	})
	return err
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

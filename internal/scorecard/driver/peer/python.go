package peer

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// Python is software from the Python package index that this machine's pip
// uses.
type Python struct {
	// Name is what its makers call it, Distribution what pip does.
	Name, Distribution, Version string
	// Beside are further requirements that it needs for what it does by
	// default in the hands of those who run it, such as "passlib==1.7.4".
	Beside []string
}

// Install installs it and returns its folder. Only wheels are taken: a source
// distribution runs its own code when it is built. The folder is no virtual
// environment, for those cannot be moved and not every Python brings what
// makes them.
func (p Python) Install(ctx context.Context, m driver.Machine, o driver.Options) (string, error) {
	// Compiled parts fit one Python alone, so that a newer one gets its own.
	asked, cancel := context.WithTimeout(ctx, o.Limits.Command)
	defer cancel()
	tag, err := m.Run(asked, driver.Command{Path: "python3", Args: []string{"-S", "-c", "import sys; print(sys.implementation.cache_tag)"}, Bare: true})
	if err != nil {
		return "", err
	}
	python := strings.TrimSpace(string(tag))
	if python == "" || strings.ContainsAny(python, "/\\ \n.") {
		return "", assay.Errorf(assay.Unsound, "python3 does not say which Python it is: %q", python)
	}
	return Install(ctx, m, o, Software{
		Name: p.Name, Version: p.Version, Folder: p.Distribution + "-" + p.Version + "-" + python,
		Installed: p.installed, Put: p.put,
	})
}

func (p Python) put(ctx context.Context, m driver.Machine, folder string) error {
	// With the person's own settings, which say where packages come from.
	_, err := m.Run(ctx, driver.Command{
		Path: "python3", Dir: folder,
		Args: append([]string{
			"-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location",
			"--only-binary", ":all:", "--target", folder, p.Distribution + "==" + p.Version,
		}, p.Beside...),
	})
	return err
}

// installed is the version in a folder, as its metadata folder is called.
func (p Python) installed(folder string) string {
	stem := strings.ReplaceAll(p.Distribution, "-", "_") + "-"
	entries, err := os.ReadDir(folder)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if version, ok := strings.CutSuffix(e.Name(), ".dist-info"); ok && e.IsDir() {
			if version, ok := strings.CutPrefix(version, stem); ok {
				return version
			}
		}
	}
	return ""
}

// Run is the command that runs a piece of Python of what is installed in a
// folder, and nothing of the machine's own packages. home is the throw-away
// folder that it sees as its home.
func (Python) Run(folder, home string, args ...string) driver.Command {
	return driver.Command{
		Path: "python3", Args: append([]string{"-S"}, args...), Bare: true, Dir: home,
		Env: []string{"HOME=" + home, "PYTHONPATH=" + filepath.Clean(folder), "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"},
	}
}

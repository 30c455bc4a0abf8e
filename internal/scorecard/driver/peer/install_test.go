package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

// kettle is software whose installation does what a test says.
func kettle(put func(folder string) error, runs *int) Software {
	return Software{
		Name: "Kettle", Version: "1.2.3", Folder: "kettle-1.2.3",
		Installed: func(folder string) string {
			text, err := os.ReadFile(filepath.Join(folder, "version"))
			if err != nil {
				return ""
			}
			return string(text)
		},
		Put: func(_ context.Context, _ driver.Machine, folder string) error {
			*runs++
			return put(folder)
		},
	}
}

// puts writes a version as an installation does.
func puts(version string) func(folder string) error {
	return func(folder string) error {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, "version"), []byte(version), 0o600)
	}
}

func TestInstall(t *testing.T) {
	failure := errors.New("no network")
	fails := func(string) func(string) error { return func(string) error { return failure } }
	well := func(string) func(string) error { return puts("1.2.3") }
	for name, c := range map[string]struct {
		before func(cache string) error
		put    func(cache string) func(folder string) error
		kind   assay.Kind
		words  string
		runs   int
	}{
		"the first time":       {put: well, runs: 1},
		"it is there":          {before: func(cache string) error { return puts("1.2.3")(filepath.Join(cache, "kettle-1.2.3")) }, put: fails},
		"it fails":             {put: fails, words: "no network", runs: 1},
		"another is installed": {put: func(string) func(string) error { return puts("5.0.0") }, kind: assay.Unsound, words: "5.0.0", runs: 1},
		"nothing is installed": {put: func(string) func(string) error { return func(string) error { return nil } }, kind: assay.Unsound, words: "asked for", runs: 1},
		"another run was faster": {put: func(cache string) func(string) error {
			return func(folder string) error {
				return errors.Join(puts("1.2.3")(folder), puts("1.2.3")(filepath.Join(cache, "kettle-1.2.3")))
			}
		}, runs: 1},
		"something is in the way": {before: func(cache string) error {
			return os.WriteFile(filepath.Join(cache, "kettle-1.2.3"), []byte("x"), 0o600)
		}, put: well, kind: assay.Conflict, words: "in the way", runs: 1},
		"others may write there": {before: func(cache string) error { return os.Chmod(cache, 0o777) }, put: well, kind: assay.Forbidden, words: "others may write"},
		"it is a link": {before: func(cache string) error {
			return errors.Join(os.Remove(cache), os.Symlink(t.TempDir(), cache))
		}, put: well, kind: assay.Forbidden, words: "no folder of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := filepath.Join(t.TempDir(), "cache")
			if err := os.MkdirAll(cache, 0o700); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				if err := c.before(cache); err != nil {
					t.Fatal(err)
				}
			}
			runs := 0
			s := kettle(c.put(cache), &runs)
			o := driver.Options{Cache: cache, Limits: driver.Limits{Install: time.Minute}}.Filled()
			folder, err := Install(t.Context(), nil, o, s)
			switch {
			case c.words == "" && (err != nil || s.Installed(folder) != "1.2.3"):
				t.Errorf("it is in %q: %v", folder, err)
			case c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words) || c.kind != assay.Internal && !assay.Is(err, c.kind)):
				t.Errorf("it says %v, want %s and %q", err, c.kind, c.words)
			}
			if runs != c.runs {
				t.Errorf("it was installed %d times, want %d", runs, c.runs)
			}
			left, err := filepath.Glob(filepath.Join(cache, "partial-*"))
			if err != nil || len(left) > 0 {
				t.Errorf("it left %q behind: %v", left, err)
			}
		})
	}
	if _, err := Install(t.Context(), nil, driver.Options{}, Software{}); !assay.Is(err, assay.Invalid) {
		t.Errorf("without a cache it says %v", err)
	}
}

// clerk is a machine whose commands do what a test says.
type clerk func(c driver.Command) (string, error)

func (clerk) Start(context.Context, driver.Command) (driver.Process, error) {
	return nil, errors.New("nothing is to be started")
}
func (clerk) Folder() (string, error) { return "", errors.New("no folder is to be made") }
func (c clerk) Run(_ context.Context, command driver.Command) ([]byte, error) {
	out, err := c(command)
	return []byte(out), err
}

func TestPythonIsInstalledFromWheelsAlone(t *testing.T) {
	spout := Python{Name: "Spout", Distribution: "spout-server", Version: "4.5.6", Beside: []string{"lid==1.0"}}
	for name, c := range map[string]struct {
		tag   string
		kind  assay.Kind
		words string
	}{
		"the Python of this machine":   {tag: "cpython-311\n"},
		"a Python that says nothing":   {tag: "\n", kind: assay.Unsound, words: "which Python"},
		"a Python that says a folder":  {tag: "../elsewhere\n", kind: assay.Unsound, words: "which Python"},
		"no Python on this machine":    {tag: "!", kind: assay.NotFound, words: "python3"},
		"a Python that says two words": {tag: "a b", kind: assay.Unsound, words: "which Python"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked driver.Command
			m := clerk(func(command driver.Command) (string, error) {
				switch {
				case c.tag == "!":
					return "", assay.Errorf(assay.NotFound, "python3 is not on this machine")
				case slices.Contains(command.Args, "-c"):
					return c.tag, nil
				}
				asked = command
				return "", os.Mkdir(filepath.Join(command.Dir, "spout_server-4.5.6.dist-info"), 0o700)
			})
			folder, err := spout.Install(t.Context(), m, driver.Options{Cache: filepath.Join(t.TempDir(), "cache")}.Filled())
			if c.words != "" {
				if !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
					t.Errorf("it says %v, want %s and %q", err, c.kind, c.words)
				}
				return
			}
			if err != nil || filepath.Base(folder) != "spout-server-4.5.6-cpython-311" {
				t.Fatalf("it is in %q: %v", folder, err)
			}
			line := fmt.Sprint(asked.Args)
			for _, want := range []string{"--only-binary :all:", "--target " + asked.Dir, "spout-server==4.5.6", "lid==1.0"} {
				if !strings.Contains(line, want) {
					t.Errorf("pip is run as %s, without %s", line, want)
				}
			}
			if asked.Bare {
				t.Error("pip does not see where this machine's packages come from")
			}
		})
	}
}

func TestThePythonOfAServerSeesNothingOfTheMachine(t *testing.T) {
	c := Python{}.Run("/cache/spout", "/throwaway", "-m", "spout")
	if !c.Bare || c.Dir != "/throwaway" || c.Args[0] != "-S" || !slices.Contains(c.Env, "PYTHONPATH=/cache/spout") || !slices.Contains(c.Env, "HOME=/throwaway") {
		t.Errorf("it is run as %+v", c)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

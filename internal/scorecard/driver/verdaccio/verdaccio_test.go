package verdaccio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
)

const standard = `
storage: ./storage
web: {title: Verdaccio}
uplinks:
  far: {url: https://registry.example/}
  near: {url: https://mirror.example/, timeout: 3s}
packages:
  '**': {access: $all, publish: $authenticated, proxy: far}
log: {type: stdout, level: http}
`

func TestOnlyTheSettingsAreChanged(t *testing.T) {
	text, err := configure([]byte(standard), settings{listen: "127.0.0.1:5", storage: "/s", uplink: "http://127.0.0.1:6/"})
	if err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer("./storage", "/s", "https://registry.example/", "http://127.0.0.1:6/", "https://mirror.example/", "http://127.0.0.1:6/",
		"level: http}", "level: warn}\nlisten: 127.0.0.1:5\nhttps_proxy: http://127.0.0.1:6/").Replace(standard)
	if err := yaml.Unmarshal([]byte(changed), &want); err != nil {
		t.Fatal(err)
	}
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("it is %s, want %s", g, w)
	}
}

func TestConfigurationsThatAreOfAnotherVersion(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                      "",
		"no YAML":                      "\t{",
		"a list":                       "- a",
		"no uplinks":                   "log: {level: http}",
		"uplinks of another kind":      "uplinks: [a]\nlog: {}",
		"an uplink without an address": "uplinks: {a: {timeout: 1}}\nlog: {}",
		"an uplink that is a word":     "uplinks: {a: b}\nlog: {}",
		"no log":                       "uplinks: {a: {url: b}}",
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := configure([]byte(text), settings{}); !assay.Is(err, assay.Unsound) {
				t.Errorf("it is %q: %v", text, err)
			}
		})
	}
}

func FuzzConfigure(f *testing.F) {
	f.Add(standard)
	f.Add("uplinks: &a {b: *a}\nlog: {}")
	f.Fuzz(func(t *testing.T, text string) {
		made, err := configure([]byte(text), settings{listen: "l", storage: "s", uplink: "http://127.0.0.1:6/"})
		if err != nil {
			return
		}
		var config struct {
			Uplinks map[string]struct {
				URL string `yaml:"url"`
			} `yaml:"uplinks"`
		}
		if err := yaml.Unmarshal(made, &config); err != nil {
			t.Fatalf("what was made cannot be read: %v\n%s", err, made)
		}
		for name, u := range config.Uplinks {
			if u.URL != "http://127.0.0.1:6/" {
				t.Errorf("the uplink %q leads to %q", name, u.URL)
			}
		}
	})
}

// clerk is a machine whose npm does what a test says.
type clerk struct {
	npm  func(dir string) error
	runs *int
}

func (c clerk) Start(context.Context, driver.Command) (driver.Process, error) {
	return nil, errors.New("nothing is to be started")
}
func (c clerk) Folder() (string, error) { return "", errors.New("no folder is to be made") }
func (c clerk) Run(_ context.Context, command driver.Command) ([]byte, error) {
	*c.runs++
	if command.Path != "npm" || command.Bare {
		return nil, fmt.Errorf("%+v is not how npm is run", command)
	}
	return nil, c.npm(command.Dir)
}

// puts writes a Verdaccio of a version as npm does.
func puts(version string) func(dir string) error {
	return func(dir string) error {
		at := filepath.Join(dir, "node_modules", "verdaccio")
		if err := os.MkdirAll(at, 0o700); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(at, "package.json"), []byte(`{"version":"`+version+`"}`), 0o600)
	}
}

func TestInstall(t *testing.T) {
	failure := errors.New("no network")
	for name, c := range map[string]struct {
		before func(t *testing.T, cache string)
		npm    func(cache string) func(dir string) error
		kind   assay.Kind
		words  string
		runs   int
	}{
		"the first time": {npm: func(string) func(string) error { return puts(Version) }, runs: 1},
		"it is there": {before: func(t *testing.T, cache string) {
			if err := puts(Version)(filepath.Join(cache, "verdaccio-"+Version)); err != nil {
				t.Fatal(err)
			}
		}, npm: func(string) func(string) error { return func(string) error { return failure } }},
		"npm fails":            {npm: func(string) func(string) error { return func(string) error { return failure } }, words: "no network", runs: 1},
		"npm installs another": {npm: func(string) func(string) error { return puts("5.0.0") }, kind: assay.Unsound, words: "5.0.0", runs: 1},
		"npm does nothing":     {npm: func(string) func(string) error { return func(string) error { return nil } }, kind: assay.Unsound, words: "asked for", runs: 1},
		"another run was faster": {npm: func(cache string) func(string) error {
			return func(dir string) error {
				return errors.Join(puts(Version)(dir), puts(Version)(filepath.Join(cache, "verdaccio-"+Version)))
			}
		}, runs: 1},
		"something is in the way": {before: func(t *testing.T, cache string) {
			if err := os.WriteFile(filepath.Join(cache, "verdaccio-"+Version), []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, npm: func(string) func(string) error { return puts(Version) }, kind: assay.Conflict, words: "in the way", runs: 1},
		"others may write there": {before: func(t *testing.T, cache string) {
			if err := os.Chmod(cache, 0o777); err != nil {
				t.Fatal(err)
			}
		}, npm: func(string) func(string) error { return puts(Version) }, kind: assay.Forbidden, words: "others may write"},
		"it is a link": {before: func(t *testing.T, cache string) {
			if err := errors.Join(os.Remove(cache), os.Symlink(t.TempDir(), cache)); err != nil {
				t.Fatal(err)
			}
		}, npm: func(string) func(string) error { return puts(Version) }, kind: assay.Forbidden, words: "no folder of its own"},
	} {
		t.Run(name, func(t *testing.T) {
			cache := filepath.Join(t.TempDir(), "cache")
			if err := os.MkdirAll(cache, 0o700); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(t, cache)
			}
			runs := 0
			o := driver.Options{Cache: cache, Limits: driver.Limits{Install: time.Minute}}.Filled()
			folder, err := install(t.Context(), clerk{c.npm(cache), &runs}, o)
			switch {
			case c.words == "" && (err != nil || installed(folder) != Version):
				t.Errorf("it is in %q: %v", folder, err)
			case c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words) || c.kind != assay.Internal && !assay.Is(err, c.kind)):
				t.Errorf("it says %v, want %s and %q", err, c.kind, c.words)
			}
			if runs != c.runs {
				t.Errorf("npm was run %d times, want %d", runs, c.runs)
			}
			left, err := filepath.Glob(filepath.Join(cache, "partial-*"))
			if err != nil || len(left) > 0 {
				t.Errorf("it left %q behind: %v", left, err)
			}
		})
	}
	if _, err := install(t.Context(), clerk{}, driver.Options{}); !assay.Is(err, assay.Invalid) {
		t.Errorf("without a cache it says %v", err)
	}
	if _, err := Start(t.Context(), clerk{}, driver.Options{Ecosystems: []assay.Ecosystem{assay.Golang}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("for modules it says %v", err)
	}
}

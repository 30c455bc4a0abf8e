package verdaccio

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/peer"
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
type clerk struct{ npm func(dir string) error }

func (c clerk) Start(context.Context, driver.Command) (driver.Process, error) {
	return nil, errors.New("nothing is to be started")
}
func (c clerk) Folder() (string, error) { return "", errors.New("no folder is to be made") }
func (c clerk) Run(_ context.Context, command driver.Command) ([]byte, error) {
	if command.Path != "npm" || command.Bare {
		return nil, fmt.Errorf("%+v is not how npm is run", command)
	}
	return nil, c.npm(command.Dir)
}

func TestInstall(t *testing.T) {
	for name, c := range map[string]struct {
		put  string // the version that npm puts there
		kind assay.Kind
	}{
		"the version that is wanted": {put: Version},
		"another":                    {put: "5.0.0", kind: assay.Unsound},
	} {
		t.Run(name, func(t *testing.T) {
			var manifest string
			npm := clerk{func(dir string) error {
				text, err := os.ReadFile(filepath.Join(dir, "package.json"))
				manifest = string(text)
				at := filepath.Join(dir, "node_modules", "verdaccio")
				return errors.Join(err, os.MkdirAll(at, 0o700),
					os.WriteFile(filepath.Join(at, "package.json"), []byte(`{"version":"`+c.put+`"}`), 0o600))
			}}
			o := driver.Options{Cache: filepath.Join(t.TempDir(), "cache")}.Filled()
			folder, err := peer.Install(t.Context(), npm, o, software())
			switch {
			case c.kind == assay.Internal && (err != nil || installed(folder) != Version):
				t.Errorf("it is in %q: %v", folder, err)
			case c.kind != assay.Internal && !assay.Is(err, c.kind):
				t.Errorf("it says %v, want %s", err, c.kind)
			}
			if !strings.Contains(manifest, `"verdaccio":"`+Version+`"`) {
				t.Errorf("npm is asked for %s", manifest)
			}
		})
	}
	if _, err := Start(t.Context(), clerk{}, driver.Options{Ecosystems: []assay.Ecosystem{assay.Golang}}); !assay.Is(err, assay.Invalid) {
		t.Errorf("for modules it says %v", err)
	}
}

package wire

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// agreeing is a Cargo.toml as cargo package writes it, and what cargo sends
// beside it.
const agreeing = `[package]
edition = "2021"
rust-version = "1.70"
name = "Kettle"
version = "1.0.0"
build = "build.rs"
links = "gas"

[lib]
name = "kettle"
path = "src/lib.rs"

[features]
default = ["hot"]
hot = ["dep:grip", "lid/x"]

[dependencies.lid]
version = "1.2"
features = ["a", "b"]
registry-index = "sparse+http://registry.example/cargo/auth/"

[dependencies.grip]
version = ">=1.0,<2"
optional = true
default-features = false
package = "Handle"

[dev-dependencies]
spoon = "*"

[target.'cfg(any(unix,windows,))'.build-dependencies.spout]
version = "=0.1.0"
registry-index = "https://other.example/index"
`

const defaultRegistry = `registry="https://github.com/rust-lang/some-index"`

func agreeingDeps() []string {
	return []string{
		dep("lid", "^1.2", `features=["b","a"]`),
		dep("Handle", ">=1.0, <2", `explicit_name_in_toml="grip";optional=true;default_features=false;`+defaultRegistry),
		dep("spoon", "*", `kind="dev";`+defaultRegistry),
		dep("spout", "=0.1.0", `kind="build";target="cfg(any(unix, windows))";registry="https://other.example/index"`),
	}
}

const agreeingRest = `,"features":{"hot":["dep:grip","lid/x"],"default":["hot"]},"links":"gas","rust_version":"1.70"`

func disagreements(t *testing.T, toml, sent string) []string {
	t.Helper()
	said, err := ReadManifest([]byte(toml))
	if err != nil {
		t.Fatalf("%v\n%s", err, toml)
	}
	var m Metadata
	if err := json.Unmarshal(metadata(t, sent), &m); err != nil {
		t.Fatal(err)
	}
	return said.Disagreements(&m)
}

func TestManifestsThatAgree(t *testing.T) {
	if fields := disagreements(t, agreeing, sent(strings.Join(agreeingDeps(), ","), agreeingRest)); len(fields) > 0 {
		t.Errorf("they differ in %q", fields)
	}
	if fields := disagreements(t, plainManifest, sent("", "")); len(fields) > 0 {
		t.Errorf("the plainest differ in %q", fields)
	}
}

// TestManifestConfusion changes one side at a time: what is read by those who
// decide is never other than what is built.
func TestManifestConfusion(t *testing.T) {
	for _, c := range []struct {
		what     string
		old, new string // in Cargo.toml
		field    string
	}{
		{"another name", `name = "Kettle"`, `name = "kettle"`, "name"},
		{"another version", `version = "1.0.0"`, `version = "1.0.1"`, "version"},
		{"another native library", `links = "gas"`, `links = "steam"`, "links"},
		{"no native library", "links = \"gas\"\n", "", "links"},
		{"another compiler", `rust-version = "1.70"`, `rust-version = "1.80"`, "rust-version"},
		{"another requirement", `version = "1.2"`, `version = "1.3"`, "dependencies.lid.version"},
		{"a requirement that cannot be read", `version = "1.2"`, `version = "newest"`, "dependencies.lid.version"},
		{"another crate under the name", `package = "Handle"`, `package = "Evil"`, "dependencies.grip.package"},
		{"no longer optional", "optional = true\n", "", "dependencies.grip.optional"},
		{"more features", `features = ["a", "b"]`, `features = ["a", "b", "c"]`, "dependencies.lid.features"},
		{"default features", "default-features = false\n", "", "dependencies.grip.default-features"},
		{"the default registry in place of this", "registry-index = \"sparse+http://registry.example/cargo/auth/\"\n", "", "dependencies.lid.registry"},
		{"this registry in place of the default", `package = "Handle"`, "package = \"Handle\"\nregistry-index = \"sparse+http://registry.example/cargo/auth/\"", "dependencies.grip.registry"},
		{"another registry", `https://other.example/index`, `https://evil.example/index`, "build-dependencies.spout.registry"},
		{"a dependency more", "[dev-dependencies]\n", "[dev-dependencies]\nfork = \"1\"\n", "dev-dependencies.fork"},
		{"a dependency less", "spoon = \"*\"\n", "", "dev-dependencies.spoon"},
		{"another target", "any(unix,windows,)", "any(unix)", "build-dependencies.spout"},
		{"another kind", "[dev-dependencies]", "[build-dependencies]", "build-dependencies.spoon"},
		{"a feature more", "[features]\n", "[features]\nextra = []\n", "features.extra"},
		{"a feature that enables other things", `"lid/x"]`, `"lid/y"]`, "features.hot"},
		{"a path", `version = "1.2"`, "version = \"1.2\"\npath = \"../lid\"", "dependencies.lid.path"},
		{"a repository", `spoon = "*"`, `spoon = { version = "*", git = "https://github.com/example/spoon" }`, "dev-dependencies.spoon.git"},
		{"the workspace's", `spoon = "*"`, `spoon = { workspace = true }`, "dev-dependencies.spoon.workspace"},
		{"a version that is a number", `spoon = "*"`, `spoon = 1`, "dev-dependencies.spoon"},
		{"an old spelling of a section", "[dev-dependencies]", "[dev_dependencies.fork]\nversion = \"1\"\n[dev-dependencies]", "dev-dependencies.fork"},
		{"one in both spellings of a section", "[dev-dependencies]", "[dev_dependencies]\nspoon = \"*\"\n[dev-dependencies]", "dev_dependencies.spoon"},
		{"features that are no texts", `features = ["a", "b"]`, `features = ["a", "b", 3]`, "dependencies.lid.features"},
		{"optional as text", "optional = true", `optional = "true"`, "dependencies.grip.optional"},
		{"dependencies of another form", "[dev-dependencies]\nspoon = \"*\"\n", "[[dev-dependencies]]\nspoon = \"*\"\n", "dev-dependencies"},
	} {
		toml := strings.Replace(agreeing, c.old, c.new, 1)
		if toml == agreeing {
			t.Fatalf("%s: nothing was changed", c.what)
		}
		fields := disagreements(t, toml, sent(strings.Join(agreeingDeps(), ","), agreeingRest))
		if !slices.ContainsFunc(fields, func(f string) bool { return f == c.field || strings.HasPrefix(f, c.field+".") }) {
			t.Errorf("%s: they differ in %q, want %s among them", c.what, fields, c.field)
		}
	}
}

// What was sent may also be the side that lies.
func TestSentConfusion(t *testing.T) {
	for what, c := range map[string]struct{ old, new, field string }{
		"a public crate taken from this registry":   {defaultRegistry[len(`registry=`):], `null`, "dependencies.grip.registry"},
		"a public crate taken from elsewhere":       {`https://github.com/rust-lang/some-index`, `https://evil.example/some-index`, "dependencies.grip.registry"},
		"a public crate taken from below":           {`https://github.com/rust-lang/some-index`, `https://github.com/rust-lang/../evil/some-index`, "dependencies.grip.registry"},
		"a public crate taken from who looks alike": {`https://github.com/rust-lang/some-index`, `https://github.com/rust-lang-evil/some-index`, "dependencies.grip.registry"},
		"no native library":                         {`"links":"gas"`, `"links":null`, "links"},
		"a dependency under another name":           {`"grip"`, `"grasp"`, "dependencies.grasp"},
	} {
		text := sent(strings.Join(agreeingDeps(), ","), agreeingRest)
		changed := strings.Replace(text, c.old, c.new, 1)
		if changed == text {
			t.Fatalf("%s: nothing was changed", what)
		}
		if fields := disagreements(t, agreeing, changed); !slices.Contains(fields, c.field) {
			t.Errorf("%s: they differ in %q, want %s among them", what, fields, c.field)
		}
	}
}

func TestUnreadableManifests(t *testing.T) {
	for what, toml := range map[string]string{
		"nothing": "", "no TOML": "{", "no package": "[lib]\npath = \"x\"", "a package that is a text": `package = "kettle"`,
		"a key twice": plainManifest + "name = \"other\"\n", "a table twice": plainManifest + "[package]\n", "bytes that are no UTF-8": plainManifest + "description = \"\xff\"\n",
		"nested very deep": plainManifest + "x = " + strings.Repeat("[", 200_000),
	} {
		if said, err := ReadManifest([]byte(toml)); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %+v, %v", what, said, err)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(agreeing))
	f.Add([]byte("[package]\nname = 7\n[target]\nx = 1\n[dependencies]\na = []\n"))
	m := Metadata{Name: "Kettle", Version: "1.0.0"}
	f.Fuzz(func(t *testing.T, raw []byte) {
		said, err := ReadManifest(raw)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%v is not of kind Invalid", err)
			}
			return
		}
		if fields := said.Disagreements(&m); !slices.IsSorted(fields) {
			t.Fatalf("named in no order: %q", fields)
		}
	})
}

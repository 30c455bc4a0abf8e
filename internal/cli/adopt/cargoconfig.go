package adopt

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// cargoDefault is what Cargo calls its default registry.
const cargoDefault = "crates-io"

// cargoConfig is the part of Cargo's configuration that says where packages
// come from (https://doc.rust-lang.org/cargo/reference/config.html,
// https://doc.rust-lang.org/cargo/reference/source-replacement.html).
type cargoConfig struct {
	Source     map[string]cargoSource `toml:"source"`
	Registries map[string]struct {
		Index string `toml:"index"`
	} `toml:"registries"`
}

type cargoSource struct {
	ReplaceWith   string `toml:"replace-with"`
	Registry      string `toml:"registry"`
	LocalRegistry string `toml:"local-registry"`
	Directory     string `toml:"directory"`
	Git           string `toml:"git"`
}

// parseCargoConfig reads a config.toml. Errors are Unsound, and do not quote
// the file, which may hold tokens.
func parseCargoConfig(text []byte) (*cargoConfig, error) {
	var c cargoConfig
	if err := toml.Unmarshal(text, &c); err != nil {
		// The parser's own words repeat lines of the file.
		return nil, assay.Errorf(assay.Unsound, "Cargo's configuration cannot be read: 'cargo fetch' says where, or set the upstream by hand")
	}
	return &c, nil
}

// maxReplacements bounds a chain of replacements.
const maxReplacements = 10

// replacement follows the replacements of the default registry and returns
// the address of the last. replaced is false when there is none. A note says
// why what was found is not adopted.
func (c *cargoConfig) replacement(env []string) (address string, replaced bool, note string) {
	name := cargoDefault
	for range maxReplacements {
		source := c.Source[name]
		switch {
		case source.ReplaceWith != "":
			name = source.ReplaceWith
			continue
		case source.Registry != "":
			return sparse(name, source.Registry)
		case source.Directory != "" || source.LocalRegistry != "":
			return "", true, fmt.Sprintf("the source %s is a directory on this machine: Assay pulls through http and https only", shownName(name))
		case source.Git != "":
			return "", true, fmt.Sprintf("the source %s is a git repository: Assay does not fetch from version control", shownName(name))
		case name == cargoDefault:
			return "", false, ""
		}
		if index := c.index(name, env); index != "" {
			return sparse(name, index)
		}
		return "", true, fmt.Sprintf("packages come from the source %s, which is defined nowhere", shownName(name))
	}
	return "", true, "the replacements of sources lead in a circle"
}

// index is the address of a registry with a name.
func (c *cargoConfig) index(name string, env []string) string {
	upper := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
	if index := variable(env, "CARGO_REGISTRIES_"+upper+"_INDEX"); index != "" {
		return index
	}
	return c.Registries[name].Index
}

// hosts are those of registries other than the default one.
func (c *cargoConfig) hosts(env []string) map[string]bool {
	hosts := map[string]bool{}
	add := func(address string) {
		if u, err := url.Parse(strings.TrimPrefix(address, "sparse+")); err == nil && u.Host != "" {
			hosts[strings.ToLower(u.Hostname())] = true
		}
	}
	for name, registry := range c.Registries {
		add(registry.Index)
		add(c.index(name, env))
	}
	for _, source := range c.Source {
		add(source.Registry)
	}
	for _, entry := range env {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, "CARGO_REGISTRIES_") && strings.HasSuffix(name, "_INDEX") {
			add(value)
		}
	}
	return hosts
}

// sparse takes the address of a sparse index. Any other is one of Cargo's
// older protocol, which is git's.
func sparse(name, registry string) (address string, replaced bool, note string) {
	address, ok := strings.CutPrefix(strings.TrimSpace(registry), "sparse+")
	if !ok {
		return "", true, fmt.Sprintf("the source %s has an index in git, which Assay does not fetch from: only addresses that begin with sparse+ are adopted", shownName(name))
	}
	return address, true, ""
}

// shownName is a name out of a file, for people.
func shownName(name string) string {
	name = ecosystem.Printable(name)
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "..."
	}
	return fmt.Sprintf("%q", name)
}

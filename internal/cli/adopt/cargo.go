package adopt

import (
	"context"
	"path/filepath"

	"assay.invalid/internal/assay"
)

// Cargo finds the registry that stands behind the name crates-io: what the
// user's configuration replaces it with, else the host whose index lies in
// Cargo's own directory, else the host that cargo wants to connect to.
func Cargo(ctx context.Context, cfg Config) Finding {
	f := Finding{Client: "cargo", Source: "cargo fetch"}
	if _, err := cfg.find("cargo"); err != nil {
		f.Err = err
		return f
	}
	home := cfg.cargoHome()
	config := &cargoConfig{}
	if home != "" {
		name, text, err := readCargoConfig(home)
		if err == nil && text != nil {
			f.Source = cfg.shown(name)
			config, err = parseCargoConfig(text)
		}
		if err != nil {
			// What it would have said is not known, so that no other answer
			// may stand in for it.
			f.Err = err
			return f
		}
	}
	replacement, replaced, note := config.replacement(cfg.Env)
	switch {
	case note != "":
		f.Dropped = append(f.Dropped, note)
		return f
	case replaced:
		f.take(ctx, cfg.Self, replacement)
		return f
	}
	if home != "" {
		indexes := filepath.Join(home, "registry", "index")
		if host, ok := cargoIndex(indexes, config.hosts(cfg.Env)); ok {
			f.Source = cfg.shown(indexes)
			f.take(ctx, cfg.Self, "https://"+host+"/")
			return f
		}
	}
	f.Source = "cargo fetch"
	address, err := cfg.cargoFetch(ctx)
	if err != nil {
		f.Err = err
		return f
	}
	f.take(ctx, cfg.Self, address)
	return f
}

// cargoHome is where Cargo keeps its settings
// (https://doc.rust-lang.org/cargo/guide/cargo-home.html); "" when the
// environment does not say.
func (c Config) cargoHome() string {
	if home := variable(c.Env, "CARGO_HOME"); home != "" {
		if filepath.IsAbs(home) {
			return home
		}
		return "" // relative to a project
	}
	if home := variable(c.Env, "HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".cargo")
	}
	return ""
}

// readCargoConfig reads the user's configuration; nil when there is none. Of
// the two names the one without an ending goes first, as with Cargo.
func readCargoConfig(home string) (name string, text []byte, err error) {
	for _, base := range []string{"config", "config.toml"} {
		name = filepath.Join(home, base)
		text, err = readSmall(name, maxSettings)
		if !assay.Is(err, assay.NotFound) {
			return name, text, err
		}
	}
	return "", nil, nil
}

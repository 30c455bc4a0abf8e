package cargo

import (
	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

var _ ecosystem.Neighbourly = format{}

// Tells implements ecosystem.Neighbourly: config.json says where crates lie
// (https://doc.rust-lang.org/cargo/reference/registry-index.html#index-configuration).
func (f format) Tells() ecosystem.Source {
	return ecosystem.Source{Key: "neighbours", Path: wire.ConfigPath, Limit: f.limits.Config}
}

// Neighbours implements ecosystem.Neighbourly.
func (f format) Neighbours(doc ecosystem.Document) ([]string, error) {
	if doc.Content == nil {
		return nil, assay.Errorf(assay.Internal, "no config.json was given")
	}
	config, err := wire.ReadConfig(doc.Content, doc.Size, f.limits)
	if err != nil {
		return nil, err
	}
	return []string{config.DL, config.API}, nil
}

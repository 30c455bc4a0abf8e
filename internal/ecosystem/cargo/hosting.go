package cargo

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/cargo/wire"
)

var (
	_ ecosystem.Hosting = format{}
	_ ecosystem.Folding = format{}
)

// Fold implements ecosystem.Folding.
func (format) Fold(name string) string { return wire.Fold(name) }

// hostedFiles stands in the config.json of hosted crates. Nobody is ever asked
// there: what was published here is served from here alone.
const hostedFiles = "http://hosted.invalid/{crate}/{version}"

// Admissible implements ecosystem.Hosting.
func (format) Admissible(name, version string) error {
	if err := wire.NewName(name); err != nil {
		return err
	}
	_, err := wire.Grammar{}.Version(version)
	return err
}

// Inspect implements ecosystem.Hosting.
func (f format) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	if len(up.Files) != 1 {
		return ecosystem.Inspected{}, assay.Errorf(assay.Invalid, "a crate's version is one .crate file, and %d files were sent", len(up.Files))
	}
	sent, err := wire.CheckManifest(up.Name, up.Manifest)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	// The content lies in memory and the archive is bounded, so there is
	// nothing to wait for.
	raw, err := wire.Inspect(context.Background(), up.Files[0].Content, up.Files[0].Size, sent.Folder(), f.inspect)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	said, err := wire.ReadManifest(raw)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	name := said.Name
	if normal, err := wire.Name(name); err == nil {
		name = normal
	}
	return ecosystem.Inspected{Name: name, Version: said.Version, Disagreements: said.Disagreements(sent)}, nil
}

// Compose implements ecosystem.Hosting.
func (format) Compose(_ string, releases []ecosystem.Release, _ map[string]string) ([][]byte, error) {
	versions := make([]wire.Published, len(releases))
	for i := range releases {
		r := &releases[i]
		versions[i] = wire.Published{Manifest: r.Manifest, At: r.Published}
		for _, d := range r.Digests {
			if d.Algorithm() == "sha256" {
				versions[i].Checksum = d
			}
		}
	}
	document, err := wire.Compose(versions)
	if err != nil {
		return nil, err
	}
	return [][]byte{document, wire.Config{DL: hostedFiles}.Encode()}, nil
}

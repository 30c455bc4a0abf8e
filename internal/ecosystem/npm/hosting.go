package npm

import (
	"context"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

var _ ecosystem.Hosting = format{}

// Admissible implements ecosystem.Hosting.
func (format) Admissible(name, version string) error {
	if err := wire.NewName(name); err != nil {
		return err
	}
	return wire.NewVersion(version)
}

// Inspect implements ecosystem.Hosting. The manifest that was sent is also
// tried in a document: one that could be published and not be listed would
// take the whole package with it.
func (f format) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	if len(up.Files) != 1 {
		return ecosystem.Inspected{}, assay.Errorf(assay.Invalid, "an npm version is one tarball, and %d files were sent", len(up.Files))
	}
	if err := wire.CheckManifest(up.Name, up.Version, up.Manifest); err != nil {
		return ecosystem.Inspected{}, err
	}
	// The content lies in memory and the archive is bounded, so there is
	// nothing to wait for.
	contents, err := wire.Inspect(context.Background(), up.Files[0].Content, up.Files[0].Size, f.inspect)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	inside, err := contents.Inside()
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	fields, err := contents.Disagreements(up.Manifest)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	return ecosystem.Inspected{Name: inside.Name, Version: inside.Version, Manifest: contents.Manifest, Disagreements: fields}, nil
}

// Compose implements ecosystem.Hosting. A manifest is the one that was sent:
// admission has compared it with the one inside.
func (format) Compose(name string, releases []ecosystem.Release, tags map[string]string) ([][]byte, error) {
	versions := make([]wire.Published, len(releases))
	for i := range releases {
		r := &releases[i]
		versions[i] = wire.Published{Version: r.Version, At: r.Published, Manifest: r.Manifest, File: r.File, Digests: r.Digests}
	}
	document, err := wire.Compose(name, versions, tags)
	if err != nil {
		return nil, err
	}
	return [][]byte{document}, nil
}

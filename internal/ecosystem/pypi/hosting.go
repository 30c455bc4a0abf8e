package pypi

import (
	"context"
	"encoding/json"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/pypi/wire"
)

var _ ecosystem.Hosting = format{}

// Admissible implements ecosystem.Hosting.
func (format) Admissible(name, version string) error {
	if err := wire.NewName(name); err != nil {
		return err
	}
	return wire.NewVersion(version)
}

// Inspect implements ecosystem.Hosting. The first file is the wheel or source
// archive, the second, if there is one, the metadata that was taken out of it.
func (f format) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	main := &up.Files[0]
	if len(up.Files) > 2 || len(up.Files) == 2 && up.Files[1].Name != main.Name+".metadata" {
		return ecosystem.Inspected{}, assay.Errorf(assay.Invalid, "files are uploaded one at a time")
	}
	if named := wire.ParseFile(up.Name, main.Name); named.Version != up.Version {
		return ecosystem.Inspected{}, assay.Errorf(assay.Invalid, "%s is not the name of a file of %s %s", main.Name, up.Name, up.Version)
	}
	contents, err := f.contents(up)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	name, err := wire.Name(contents.Name)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	version, err := wire.Grammar{}.Version(contents.Version)
	if err != nil {
		return ecosystem.Inspected{}, err
	}
	in := ecosystem.Inspected{Name: name, Version: version}
	if in.Manifest, err = json.Marshal(contents.Manifest()); err != nil {
		return in, assay.Wrap(assay.Internal, err, "writing the manifest of %s", main.Name)
	}
	if len(up.Manifest) > 0 {
		var sent wire.Manifest
		if err := json.Unmarshal(up.Manifest, &sent); err != nil {
			return in, assay.Wrap(assay.Invalid, err, "the manifest of %s cannot be read", main.Name)
		}
		in.Disagreements = contents.Disagreements(sent)
	}
	return in, nil
}

// contents are those that were read when the file came, or are read now.
func (f format) contents(up *ecosystem.Upload) (*wire.Contents, error) {
	if s, ok := up.Files[0].Content.(*spooled); ok && s.contents != nil {
		return s.contents, nil
	}
	// The file is bounded, so there is nothing to wait for.
	return wire.Inspect(context.Background(), up.Name, up.Files[0].Name, up.Files[0].Content, up.Files[0].Size, f.inspect)
}

// Compose implements ecosystem.Hosting.
func (format) Compose(name string, releases []ecosystem.Release, _ map[string]string) ([][]byte, error) {
	var files []wire.Hosted
	for i := range releases {
		r := &releases[i]
		var kept wire.Manifest
		if len(r.Manifest) > 0 {
			if err := json.Unmarshal(r.Manifest, &kept); err != nil {
				return nil, assay.Wrap(assay.Internal, err, "the kept manifest of %s@%s cannot be read", name, r.Version)
			}
		}
		for _, f := range r.Files {
			files = append(files, wire.Hosted{Name: f.Name, Size: f.Size, Uploaded: f.Published, Digests: f.Digests, RequiresPython: kept.RequiresPython})
		}
	}
	page, err := wire.Compose(name, files)
	if err != nil {
		return nil, err
	}
	return [][]byte{page}, nil
}

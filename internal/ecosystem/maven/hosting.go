package maven

import (
	"io"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/maven/wire"
)

// Admissible implements ecosystem.Hosting.
func (f format) Admissible(name, version string) error { return wire.Admissible(name, version) }

// Inspect implements ecosystem.Hosting. A version comes file by file, so each
// is judged alone: a POM must be that of the version, a jar sound, and one
// that holds its own coordinates must hold the right ones.
func (f format) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	none := ecosystem.Inspected{}
	if err := wire.Admissible(up.Name, up.Version); err != nil {
		return none, err
	}
	var inside ecosystem.Inspected
	for _, sent := range up.Files {
		file := sent.Name
		if err := wire.AdmissibleFile(up.Name, up.Version, file); err != nil {
			return none, err
		}
		parsed, _ := wire.ParseFile(up.Name, up.Version, file)
		switch {
		case parsed.Extension == "pom":
			pom, err := wire.DecodePOM(io.NewSectionReader(sent.Content, 0, sent.Size), f.limits)
			if err == nil {
				err = pom.Is(up.Name, up.Version)
			}
			if err != nil {
				return none, assay.Errorf(assay.Invalid, "%s is refused: %v", file, err)
			}
			inside.Name, inside.Version = up.Name, up.Version
			if inside.Manifest, err = pom.Manifest(up.Name, up.Version); err != nil {
				return none, err
			}
		case parsed.Extension == "jar" && parsed.Classifier == "":
			differ, err := wire.Embedded(up.Name, up.Version, sent.Content, sent.Size, f.limits)
			if err != nil {
				return none, assay.Errorf(assay.Invalid, "%s is refused: %v", file, err)
			}
			inside.Disagreements = append(inside.Disagreements, differ...)
		case wire.Archive(parsed.Extension):
			if err := wire.CheckNew(sent.Content, sent.Size, f.limits); err != nil {
				return none, assay.Errorf(assay.Invalid, "%s is refused: %v", file, err)
			}
		}
	}
	return inside, nil
}

// Compose implements ecosystem.Hosting: the list of versions as an upstream
// has it, and which files each has, of which snapshots' documents are made.
func (f format) Compose(name string, releases []ecosystem.Release, _ map[string]string) ([][]byte, error) {
	kept := make([]wire.Kept, len(releases))
	for i, r := range releases {
		kept[i] = wire.Kept{Version: r.Version, Packaging: wire.Packaging(r.Manifest), Files: make([]wire.KeptFile, 0, len(r.Files))}
		for _, file := range r.Files {
			kept[i].Files = append(kept[i].Files, wire.KeptFile{Name: file.Name, Published: file.Published})
		}
	}
	var list strings.Builder
	if err := wire.ComposeMetadata(name, kept).Encode(&list); err != nil {
		return nil, err
	}
	files, err := wire.EncodeKept(kept)
	if err != nil {
		return nil, err
	}
	return [][]byte{[]byte(list.String()), files}, nil
}

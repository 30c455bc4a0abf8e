package cargo

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/packing"
)

// Archive implements scorecard.Protocol: a .crate, which is a compressed tar
// file with one folder in it. A release that has a build.rs is built by it.
func (protocol) Archive(r scorecard.Release) ([]byte, error) {
	entries, err := entries(r, r.Name)
	if err != nil {
		return nil, err
	}
	return packing.TarGz(entries)
}

// Spoiled implements scorecard.Protocol.
func (protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	inside := r.Name
	switch how {
	case scorecard.OtherName:
		inside += "-another"
	case scorecard.NoArchive, scorecard.CutShort, scorecard.Climbing, scorecard.Absolute, scorecard.LinkOutside, scorecard.TwiceInside:
	default:
		return nil, assay.Errorf(assay.Invalid, "a crate cannot be spoiled by %q", string(how))
	}
	all, err := entries(r, inside)
	if err != nil {
		return nil, err
	}
	whole, err := packing.TarGz(packing.Spoil(all, folder(r), how))
	if err != nil {
		return nil, err
	}
	return packing.Whole(whole, how), nil
}

func folder(r scorecard.Release) string { return r.Name + "-" + r.Version + "/" }

// entries are the manifest and the files of a release, under the name that is
// to stand inside.
func entries(r scorecard.Release, name string) ([]packing.Entry, error) {
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string]string{}
	}
	manifest := files["Cargo.toml"]
	if manifest == "" {
		manifest = cargoTOML(r, name)
	}
	delete(files, "Cargo.toml")
	if files["src/lib.rs"] == "" {
		files["src/lib.rs"] = "//! Made by a trial of a scorecard.\n"
	}
	all, err := packing.Files(folder(r), files)
	if err != nil {
		return nil, err
	}
	return append([]packing.Entry{{Name: folder(r) + "Cargo.toml", Text: manifest}}, all...), nil
}

// cargoTOML is the manifest as cargo itself normalises it.
func cargoTOML(r scorecard.Release, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[package]\nedition = \"2021\"\nname = %q\nversion = %q\ndescription = %q\nlicense = \"CC0-1.0\"\n", name, r.Version, summary)
	for _, f := range [][2]string{{"homepage", r.Homepage}, {"repository", r.Repository}} {
		if f[1] != "" {
			fmt.Fprintf(&b, "%s = %q\n", f[0], f[1])
		}
	}
	if all := authors(r); len(all) > 0 {
		fmt.Fprintf(&b, "authors = [%q]\n", all[0])
	}
	if r.Files["build.rs"] != "" {
		b.WriteString("build = \"build.rs\"\n")
	}
	for _, dependency := range slices.Sorted(maps.Keys(r.Dependencies)) {
		fmt.Fprintf(&b, "\n[dependencies.%s]\nversion = %q\n", dependency, wanted(r.Dependencies[dependency]))
	}
	return b.String()
}

package pypi

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/packing"
)

// buildScript is what makes a release a source archive: it runs when the
// release is installed, and a wheel has no place for it.
const buildScript = "setup.py"

// Archive implements scorecard.Protocol: a wheel that fits anywhere, or a
// source archive where the release has a script to build with. What neither
// can say of itself (scripts of other names) is left out.
func (protocol) Archive(r scorecard.Release) ([]byte, error) {
	if _, builds := r.Files[buildScript]; builds {
		entries, _, err := sourceEntries(r, r.Name)
		if err != nil {
			return nil, err
		}
		return packing.TarGz(entries)
	}
	entries, err := wheelEntries(r, r.Name)
	if err != nil {
		return nil, err
	}
	return packing.Zip(recorded(entries, r.Name, r.Version))
}

// Spoiled implements scorecard.Protocol: wheels, but for the link, which is
// what source archives are attacked with: wheels have none.
func (protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	switch how {
	case scorecard.LinkOutside:
		entries, folder, err := sourceEntries(r, r.Name)
		if err != nil {
			return nil, err
		}
		return packing.TarGz(packing.Spoil(entries, folder, how))
	case scorecard.NoArchive, scorecard.CutShort, scorecard.Climbing, scorecard.Absolute, scorecard.OtherName, scorecard.TwiceInside:
	default:
		return nil, assay.Errorf(assay.Invalid, "a wheel cannot be spoiled by %q", string(how))
	}
	inside := r.Name
	if how == scorecard.OtherName {
		inside += "-another"
	}
	entries, err := wheelEntries(r, inside)
	if err != nil {
		return nil, err
	}
	// The name outside stays what it was: only the one inside is wrong.
	whole, err := packing.Zip(packing.Spoil(recorded(entries, inside, r.Version), escaped(r.Name)+"/", how))
	if err != nil {
		return nil, err
	}
	return packing.Whole(whole, how), nil
}

// sourceEntries are those of a source archive (PEP 625), and the folder that
// all of them are in.
func sourceEntries(r scorecard.Release, name string) ([]packing.Entry, string, error) {
	folder := escaped(name) + "-" + r.Version + "/"
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string]string{}
	}
	if files[buildScript] == "" {
		files[buildScript] = fmt.Sprintf("from setuptools import setup\nsetup(name=%q, version=%q)\n", name, r.Version)
	}
	delete(files, "PKG-INFO")
	entries, err := packing.Files(folder, files)
	if err != nil {
		return nil, "", err
	}
	return append([]packing.Entry{{Name: folder + "PKG-INFO", Text: metadata(r, name)}}, entries...), folder, nil
}

// wheelEntries are those of a wheel (PEP 427) without its RECORD.
func wheelEntries(r scorecard.Release, name string) ([]packing.Entry, error) {
	module := escaped(name) + "/"
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string]string{}
	}
	if files["__init__.py"] == "" {
		files["__init__.py"] = "\"\"\"Made by a trial of a scorecard.\"\"\"\n"
	}
	entries, err := packing.Files(module, files)
	if err != nil {
		return nil, err
	}
	info := infoFolder(name, r.Version)
	return append(entries,
		packing.Entry{Name: info + "METADATA", Text: metadata(r, name)},
		packing.Entry{Name: info + "WHEEL", Text: "Wheel-Version: 1.0\nGenerator: assay-score\nRoot-Is-Purelib: true\nTag: py3-none-any\n"},
	), nil
}

func infoFolder(name, version string) string { return escaped(name) + "-" + version + ".dist-info/" }

// recorded adds the RECORD, in which every file stands with its digest.
func recorded(entries []packing.Entry, name, version string) []packing.Entry {
	record := infoFolder(name, version) + "RECORD"
	var b strings.Builder
	for _, e := range entries {
		sum := sha256.Sum256([]byte(e.Text))
		fmt.Fprintf(&b, "%s,sha256=%s,%d\n", e.Name, base64.RawURLEncoding.EncodeToString(sum[:]), len(e.Text))
	}
	b.WriteString(record + ",,\n")
	return append(entries, packing.Entry{Name: record, Text: b.String()})
}

// metadata is the core metadata of a release.
func metadata(r scorecard.Release, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Metadata-Version: %s\nName: %s\nVersion: %s\nSummary: %s\n", metadataVersion, name, r.Version, summary)
	for _, f := range described(r) {
		fmt.Fprintf(&b, "%s: %s\n", f[0], strings.ReplaceAll(f[1], "\n", " "))
	}
	return b.String()
}

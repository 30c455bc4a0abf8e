package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// entry is one entry of a tarball.
type entry struct {
	name string // whole, as it is written
	text string
	link string // for a symbolic link
}

// top is the folder that npm puts everything into.
const top = "package/"

// packed is the date that npm gives to every file, so that the same release
// gives the same bytes.
var packed = time.Date(1985, time.October, 26, 8, 15, 0, 0, time.UTC)

// Archive implements scorecard.Protocol.
func (protocol) Archive(r scorecard.Release) ([]byte, error) {
	entries, err := entries(r, r.Name)
	if err != nil {
		return nil, err
	}
	return tarball(entries)
}

// Spoiled implements scorecard.Protocol.
func (p protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	inside := r.Name
	if how == scorecard.OtherName {
		inside = otherName(r.Name)
	}
	all, err := entries(r, inside)
	if err != nil {
		return nil, err
	}
	const words = "Left by a trial that a server should have refused.\n"
	switch how {
	case scorecard.NoArchive:
		return []byte("This is not an archive. " + words), nil
	case scorecard.CutShort:
		whole, err := tarball(all)
		return whole[:len(whole)/2], err
	case scorecard.Climbing:
		all = append(all, entry{name: top + "../../climbed.txt", text: words})
	case scorecard.Absolute:
		all = append(all, entry{name: "/absolute.txt", text: words})
	case scorecard.LinkOutside:
		all = append(all, entry{name: top + "outside", link: "../../outside"})
	case scorecard.OtherName:
	case scorecard.TwiceInside:
		first := all[len(all)-1]
		all = append(all, entry{name: first.name, text: first.text + "// the second of two\n"})
	default:
		return nil, assay.Errorf(assay.Invalid, "an npm tarball cannot be spoiled by %q", string(how))
	}
	return tarball(all)
}

// otherName is another package of the same scope, so that only the name
// inside is wrong.
func otherName(name string) string { return name + "-another" }

// entries are the manifest and the files of a release. One that brings its
// own package.json keeps it, and one without any file gets one, because a
// package of nothing is refused by some for that alone.
func entries(r scorecard.Release, name string) ([]entry, error) {
	named := r
	named.Name = name
	own, err := packageJSON(manifest(named))
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "the manifest of %s cannot be written", r.Name)
	}
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string]string{}
	}
	if given, ok := files["package.json"]; ok {
		own = []byte(given)
		delete(files, "package.json")
	}
	if len(files) == 0 {
		files["index.js"] = "module.exports = 'a trial'\n"
	}
	all := []entry{{name: top + "package.json", text: string(own)}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "" || path.Clean("/"+name) != "/"+name || strings.Contains(name, `\`) {
			return nil, assay.Errorf(assay.Invalid, "%q is no path inside a package: a sound archive has clean, relative paths, and Spoiled makes the others", name)
		}
		all = append(all, entry{name: top + name, text: files[name]})
	}
	return all, nil
}

func tarball(entries []entry) ([]byte, error) {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	w := tar.NewWriter(zw)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Size: int64(len(e.text)), Mode: 0o644, ModTime: packed}
		if e.link != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.link
		}
		err := w.WriteHeader(h)
		if err == nil {
			_, err = w.Write([]byte(e.text))
		}
		if err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "%q cannot be packed", e.name)
		}
	}
	err := w.Close()
	if closed := zw.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the tarball cannot be finished")
	}
	return b.Bytes(), nil
}

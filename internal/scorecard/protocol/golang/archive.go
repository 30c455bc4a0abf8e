package golang

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// entry is one entry of a zip.
type entry struct {
	name string // whole, as it is written
	text string
	link bool // text is where a symbolic link points to
}

// Archive implements scorecard.Protocol: a module zip
// (https://go.dev/ref/mod#zip-files). What a module cannot say of itself
// (scripts, a homepage, mail) is left out.
func (protocol) Archive(r scorecard.Release) ([]byte, error) {
	all, err := entries(r, r.Name)
	if err != nil {
		return nil, err
	}
	return pack(all)
}

// Spoiled implements scorecard.Protocol.
func (protocol) Spoiled(r scorecard.Release, how scorecard.Spoil) ([]byte, error) {
	inside := r.Name
	if how == scorecard.OtherName {
		inside = r.Name + "-another"
	}
	all, err := entries(r, inside)
	if err != nil {
		return nil, err
	}
	const words = "Left by a trial that a server should have refused.\n"
	top := prefix(inside, r.Version)
	switch how {
	case scorecard.NoArchive:
		return []byte("This is not an archive. " + words), nil
	case scorecard.CutShort:
		whole, err := pack(all)
		return whole[:len(whole)/2], err
	case scorecard.Climbing:
		// As many steps up as the path has segments, and one more.
		all = append(all, entry{name: top + strings.Repeat("../", strings.Count(top, "/")+1) + "climbed.txt", text: words})
	case scorecard.Absolute:
		all = append(all, entry{name: "/absolute.txt", text: words})
	case scorecard.LinkOutside:
		all = append(all, entry{name: top + "outside", text: strings.Repeat("../", strings.Count(top, "/")+1) + "outside", link: true})
	case scorecard.OtherName:
	case scorecard.TwiceInside:
		last := all[len(all)-1]
		all = append(all, entry{name: last.name, text: last.text + "// the second of two\n"})
	default:
		return nil, assay.Errorf(assay.Invalid, "a module zip cannot be spoiled by %q", string(how))
	}
	return pack(all)
}

func prefix(name, version string) string { return name + "@" + version + "/" }

// entries are go.mod and the files of a release, under the name that is to
// stand inside.
func entries(r scorecard.Release, name string) ([]entry, error) {
	files := maps.Clone(r.Files)
	if files == nil {
		files = map[string]string{}
	}
	if len(files) == 0 {
		files["trial.go"] = "// Package trial was made by a trial of a scorecard.\npackage trial\n"
	}
	mod, given := files["go.mod"]
	if !given {
		mod = goMod(r, name)
	}
	delete(files, "go.mod")
	top := prefix(name, r.Version)
	all := []entry{{name: top + "go.mod", text: mod}}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if file == "" || path.Clean("/"+file) != "/"+file || strings.Contains(file, `\`) {
			return nil, assay.Errorf(assay.Invalid, "%q is no path inside a module: a sound archive has clean, relative paths, and Spoiled makes the others", file)
		}
		all = append(all, entry{name: top + file, text: files[file]})
	}
	return all, nil
}

func goMod(r scorecard.Release, name string) string {
	var b strings.Builder
	b.WriteString("module " + name + "\n\ngo 1.21\n")
	if len(r.Dependencies) > 0 {
		b.WriteString("\nrequire (\n")
		for _, dependency := range slices.Sorted(maps.Keys(r.Dependencies)) {
			b.WriteString("\t" + dependency + " " + r.Dependencies[dependency] + "\n")
		}
		b.WriteString(")\n")
	}
	return b.String()
}

func pack(entries []entry) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write([]byte(e.text))
		}
		if err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "%q cannot be packed", e.name)
		}
	}
	if err := w.Close(); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the module zip cannot be finished")
	}
	return b.Bytes(), nil
}

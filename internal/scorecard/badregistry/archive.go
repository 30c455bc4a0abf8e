package badregistry

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	goworld "assay.invalid/internal/ecosystem/golang/wire"
	npmworld "assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// newRelease packs what the registry itself publishes or an upstream offers.
func newRelease(e assay.Ecosystem, from scorecard.Release, published time.Time) (*release, error) {
	v := &release{Number: from.Version, Published: published.UTC(), Archive: from.Archive, Manifest: manifestOf(from)}
	if v.Archive != nil {
		return v, nil
	}
	packed, err := packed(e, from)
	if err != nil {
		return nil, fmt.Errorf("packing %s: %w", coordinateOf(from.Name, from.Version), err)
	}
	v.Archive = packed
	return v, nil
}

// manifestOf is the package.json of a release.
func manifestOf(from scorecard.Release) map[string]any {
	m := map[string]any{"name": from.Name, "version": from.Version}
	if len(from.Dependencies) > 0 {
		m["dependencies"] = asAny(from.Dependencies)
	}
	if len(from.Scripts) > 0 {
		m["scripts"] = asAny(from.Scripts)
	}
	if from.Repository != "" {
		m["repository"] = map[string]any{"type": "git", "url": from.Repository}
	}
	if from.Homepage != "" {
		m["homepage"] = from.Homepage
	}
	if from.Mail != "" {
		m["author"] = map[string]any{"name": "author", "email": from.Mail}
	}
	return m
}

func asAny(from map[string]string) map[string]any {
	to := make(map[string]any, len(from))
	for key, value := range from {
		to[key] = value
	}
	return to
}

// packed is the sound archive of a release.
func packed(e assay.Ecosystem, from scorecard.Release) ([]byte, error) {
	files := maps.Clone(from.Files)
	if files == nil {
		files = map[string]string{}
	}
	switch e {
	case assay.Golang:
		if files["go.mod"] == "" {
			files["go.mod"] = goMod(from)
		}
		return packedZip(topOf(e, from.Name, from.Version, false), files)
	case assay.PyPI:
		return packedWheel(from, files)
	case assay.Cargo:
		files["Cargo.toml"] = fmt.Sprintf("[package]\nname = %q\nversion = %q\n", from.Name, from.Version)
		return packedTar(topOf(e, from.Name, from.Version, true), files)
	case assay.Maven:
		group, id, _ := strings.Cut(from.Name, "/")
		files["META-INF/maven/"+from.Name+"/pom.properties"] = fmt.Sprintf("groupId=%s\nartifactId=%s\nversion=%s\n", group, id, from.Version)
		return packedZip("", files)
	}
	if files["package.json"] == "" {
		manifest, err := json.Marshal(manifestOf(from))
		if err != nil {
			return nil, err
		}
		files["package.json"] = string(manifest)
	}
	return packedTar(topOf(e, from.Name, from.Version, true), files)
}

// topOf is the folder that all of an archive is in, "" for none.
func topOf(e assay.Ecosystem, name, number string, compressed bool) string {
	switch {
	case e == assay.NPM:
		return "package/"
	case e == assay.Golang:
		return coordinateOf(name, number) + "/"
	case e == assay.Cargo:
		return name + "-" + number + "/"
	case e == assay.PyPI && compressed:
		return escapedPyPI(name) + "-" + number + "/"
	}
	return ""
}

// packedWheel is a wheel with no more in it than every wheel has.
func packedWheel(from scorecard.Release, files map[string]string) ([]byte, error) {
	info := escapedPyPI(from.Name) + "-" + from.Version + ".dist-info/"
	inside := map[string]string{
		info + "METADATA": fmt.Sprintf("Metadata-Version: 2.1\nName: %s\nVersion: %s\n", from.Name, from.Version),
		info + "WHEEL":    "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info + "RECORD":   "",
	}
	for path, text := range files {
		inside[escapedPyPI(from.Name)+"/"+path] = text
	}
	return packedZip("", inside)
}

func goMod(from scorecard.Release) string {
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n\ngo 1.24\n", from.Name)
	for _, name := range slices.Sorted(maps.Keys(from.Dependencies)) {
		fmt.Fprintf(&b, "\nrequire %s %s\n", name, from.Dependencies[name])
	}
	return b.String()
}

func packedTar(prefix string, files map[string]string) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	t := tar.NewWriter(z)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: prefix + name, Mode: 0o644, Size: int64(len(files[name]))})
		if err == nil {
			_, err = io.WriteString(t, files[name])
		}
		if err != nil {
			return nil, err
		}
	}
	if err := t.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func packedZip(prefix string, files map[string]string) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(prefix + name)
		if err == nil {
			_, err = io.WriteString(w, files[name])
		}
		if err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// again packs a release with one more file, so that its bytes and digests are
// others each time.
func again(e assay.Ecosystem, name string, v *release, n int) ([]byte, error) {
	files := filesIn(e, name, v.Number, v.Archive)
	files["fetched.txt"] = fmt.Sprintf("download %d\n", n)
	top := topOf(e, name, v.Number, isGzip(v.Archive))
	if isGzip(v.Archive) {
		return packedTar(top, files)
	}
	return packedZip(top, files)
}

// mostUnpacked bounds what is unpacked of one archive.
const mostUnpacked = 64 << 20

// filesIn are the files of an archive, as far as it can be read, below its
// top folder.
func filesIn(e assay.Ecosystem, name, number string, packed []byte) map[string]string {
	files := map[string]string{}
	left := int64(mostUnpacked)
	keep := func(path string, content io.Reader) {
		text, err := io.ReadAll(io.LimitReader(content, left))
		if err == nil {
			left -= int64(len(text))
			files[path] = string(text)
		}
	}
	if !isGzip(packed) {
		z, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
		if err != nil {
			return files
		}
		for _, f := range z.File {
			if content, err := f.Open(); err == nil {
				keep(strings.TrimPrefix(f.Name, topOf(e, name, number, false)), content)
				_ = content.Close() // it was read, and holds nothing of ours
			}
		}
		return files
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return files
	}
	t := tar.NewReader(z)
	for {
		h, err := t.Next()
		if err != nil {
			return files
		}
		if _, path, ok := strings.Cut(h.Name, "/"); ok && h.Typeflag == tar.TypeReg {
			keep(path, t)
		}
	}
}

// inspect checks an archive as its ecosystem's clients would have to unpack
// it, and that it is the package that it was sent as.
func inspect(ctx context.Context, e assay.Ecosystem, name, number string, packed []byte) error {
	content, size := bytes.NewReader(packed), int64(len(packed))
	switch e {
	case assay.PyPI, assay.Cargo, assay.Maven:
		return inspectPlainly(e, name, number, packed)
	case assay.Golang:
		_, err := goworld.ReadPublished(name, number, content, size, goworld.DefaultLimits())
		return err
	}
	contents, err := npmworld.Inspect(ctx, content, size, npmworld.DefaultInspectLimits())
	if err != nil {
		return err
	}
	var inside struct{ Name, Version string }
	if err := json.Unmarshal(contents.Manifest, &inside); err != nil {
		return assay.Wrap(assay.Invalid, err, "the package.json in the tarball cannot be read")
	}
	// A manifest inside that names another package would let one package be
	// listed and another be installed.
	if inside.Name != name || inside.Version != number {
		return assay.Errorf(assay.Invalid, "the tarball says that it is %s, and was sent as %s",
			coordinateOf(inside.Name, inside.Version), coordinateOf(name, number))
	}
	return nil
}

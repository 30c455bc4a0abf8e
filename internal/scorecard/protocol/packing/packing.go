// Package packing writes the archives of throw-away releases: zips and
// compressed tar files of the entries that a protocol names, sound ones and,
// for trials, ones that no server may take.
//
// It promises the same bytes for the same entries, and writes paths exactly as
// they are given: what is wrong with them is the point. It writes nothing to
// disk.
package packing

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Entry is one entry of an archive.
type Entry struct {
	Name string // whole, as it is written
	Text string
	Link bool // Text is where a symbolic link points to
}

// words are what a spoiled entry says.
const words = "Left by a trial that a server should have refused.\n"

// packed is the date of every entry, so that the same release gives the same
// bytes. Zips know none before 1980.
var packed = time.Date(1985, time.October, 26, 8, 15, 0, 0, time.UTC)

// Files are the files of a release as entries below a folder, in the order of
// their names. A path that is not clean is refused: a sound archive has none,
// and Spoil makes the others.
func Files(folder string, files map[string]string) ([]Entry, error) {
	var all []Entry
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "" || path.Clean("/"+name) != "/"+name || strings.Contains(name, `\`) {
			return nil, assay.Errorf(assay.Invalid, "%q is no path inside a package: a sound archive has clean, relative paths, and Spoiled makes the others", name)
		}
		all = append(all, Entry{Name: folder + name, Text: files[name]})
	}
	return all, nil
}

// Spoil adds to sound entries what is wrong in the given way, below the folder
// that all of them are in. The ways that concern the whole archive or the name
// inside are not its matter.
func Spoil(entries []Entry, folder string, how scorecard.Spoil) []Entry {
	// As many steps up as the folder has parts, and one more.
	up := strings.Repeat("../", strings.Count(folder, "/")+1)
	switch how {
	case scorecard.Climbing:
		return append(entries, Entry{Name: folder + up + "climbed.txt", Text: words})
	case scorecard.Absolute:
		return append(entries, Entry{Name: "/absolute.txt", Text: words})
	case scorecard.LinkOutside:
		return append(entries, Entry{Name: folder + "outside", Text: up + "outside", Link: true})
	case scorecard.TwiceInside:
		last := entries[len(entries)-1]
		return append(entries, Entry{Name: last.Name, Text: last.Text + "# the second of two\n"})
	}
	return entries
}

// Whole spoils an archive as a whole: bytes that are none, or half of it.
// Anything else is returned as it is.
func Whole(archive []byte, how scorecard.Spoil) []byte {
	switch how {
	case scorecard.NoArchive:
		return []byte("This is not an archive. " + words)
	case scorecard.CutShort:
		return archive[:len(archive)/2]
	}
	return archive
}

// Zip packs a zip.
func Zip(entries []Entry) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.Name, Method: zip.Deflate, Modified: packed}
		h.SetMode(0o644)
		if e.Link {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write([]byte(e.Text))
		}
		if err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "%q cannot be packed", e.Name)
		}
	}
	if err := w.Close(); err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the zip cannot be finished")
	}
	return b.Bytes(), nil
}

// TarGz packs a tar file and compresses it.
func TarGz(entries []Entry) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.Name, Size: int64(len(e.Text)), Mode: 0o644, ModTime: packed}
		text := e.Text
		if e.Link {
			h.Typeflag, h.Linkname, h.Size, text = tar.TypeSymlink, e.Text, 0, ""
		}
		err := w.WriteHeader(h)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			return nil, assay.Wrap(assay.Invalid, err, "%q cannot be packed", e.Name)
		}
	}
	err := w.Close()
	if closed := z.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the tar file cannot be finished")
	}
	return b.Bytes(), nil
}

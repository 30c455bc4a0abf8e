package packing

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

func TestOnlyCleanPathsArePackedAsSound(t *testing.T) {
	all, err := Files("top/", map[string]string{"b": "2", "a/c": "1"})
	if err != nil || !slices.Equal(all, []Entry{{Name: "top/a/c", Text: "1"}, {Name: "top/b", Text: "2"}}) {
		t.Errorf("packed are %v (%v)", all, err)
	}
	for _, bad := range []string{"", "/a", "../a", "a/../b", "a//b", `a\b`, "a/"} {
		if _, err := Files("", map[string]string{bad: ""}); err == nil {
			t.Errorf("%q was packed as sound", bad)
		}
	}
}

func TestBothFormsHoldTheEntriesAsTheyAreWritten(t *testing.T) {
	sound := []Entry{{Name: "top/x/a", Text: "1\n"}}
	for how, added := range map[scorecard.Spoil]Entry{
		scorecard.Climbing:    {Name: "top/x/../../../climbed.txt", Text: words},
		scorecard.Absolute:    {Name: "/absolute.txt", Text: words},
		scorecard.LinkOutside: {Name: "top/x/outside", Text: "../../../outside", Link: true},
		scorecard.TwiceInside: {Name: "top/x/a", Text: "1\n# the second of two\n"},
	} {
		want := append(slices.Clone(sound), added)
		got := Spoil(slices.Clone(sound), "top/x/", how)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", how, got)
		}
		zipped, err := Zip(got)
		if err != nil {
			t.Fatal(err)
		}
		tarred, err := TarGz(got)
		if err != nil {
			t.Fatal(err)
		}
		if found := unzipped(t, zipped); !slices.Equal(found, want) {
			t.Errorf("%s: the zip holds %v", how, found)
		}
		if found := untarred(t, tarred); !slices.Equal(found, want) {
			t.Errorf("%s: the tar file holds %v", how, found)
		}
	}
	if got := Spoil(slices.Clone(sound), "", scorecard.OtherName); !slices.Equal(got, sound) {
		t.Errorf("another name inside is not for the entries: %v", got)
	}
	whole := []byte(strings.Repeat("x", 10))
	if len(Whole(whole, scorecard.CutShort)) != 5 || bytes.Contains(Whole(whole, scorecard.NoArchive), whole) || !bytes.Equal(Whole(whole, scorecard.Absolute), whole) {
		t.Error("archives are spoiled as a whole in other ways")
	}
}

func unzipped(t *testing.T, archive []byte) []Entry {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var all []Entry
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Entry{f.Name, string(text), f.Mode()&fs.ModeSymlink != 0})
	}
	return all
}

func untarred(t *testing.T, archive []byte) []Entry {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	var all []Entry
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Entry{h.Name, string(text) + h.Linkname, h.Typeflag == tar.TypeSymlink})
	}
}

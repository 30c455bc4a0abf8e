package pypi

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"io/fs"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

// inside are the entries of a wheel or a source archive, by path, and the
// paths in their order.
func inside(t *testing.T, archive []byte) (texts map[string]string, paths []string, links int) {
	t.Helper()
	texts = map[string]string{}
	add := func(name string, r io.Reader) {
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		texts[name], paths = string(text), append(paths, name)
	}
	if bytes.HasPrefix(archive, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(bytes.NewReader(archive))
		if err != nil {
			t.Fatal(err)
		}
		for r := tar.NewReader(z); ; {
			h, err := r.Next()
			if err == io.EOF {
				return texts, paths, links
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.Typeflag == tar.TypeSymlink {
				links++
			}
			add(h.Name, r)
		}
	}
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Mode()&fs.ModeSymlink != 0 {
			links++
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		add(f.Name, r)
	}
	return texts, paths, links
}

var release = scorecard.Release{Name: "Trial.X", Version: "1.0.0", Files: map[string]string{"a.py": "1\n"}, Dependencies: map[string]string{"six": "1.16.0"},
	Homepage: "https://home.example/", Repository: "https://code.example/x", Mail: "a@mail.example"}

func TestAWheelSaysWhatItIs(t *testing.T) {
	whole, err := New().Archive(release)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := New().Archive(release)
	if !bytes.Equal(whole, again) {
		t.Error("the same release gives other bytes")
	}
	files, _, _ := inside(t, whole)
	info := "trial_x-1.0.0.dist-info/"
	for _, line := range []string{"Name: Trial.X\n", "Version: 1.0.0\n", "Requires-Dist: six == 1.16.0\n", "Home-page: https://home.example/\n", "Project-URL: Repository, https://code.example/x\n", "Author-email: a@mail.example\n"} {
		if !strings.Contains(files[info+"METADATA"], line) {
			t.Errorf("METADATA lacks %q", line)
		}
	}
	for name, text := range files {
		sum := sha256.Sum256([]byte(text))
		recorded := name + ",sha256=" + base64.RawURLEncoding.EncodeToString(sum[:])
		if name != info+"RECORD" && !strings.Contains(files[info+"RECORD"], recorded) {
			t.Errorf("RECORD lacks %s", recorded)
		}
	}
	built := release
	built.Files = map[string]string{"setup.py": "print(1)\n"}
	whole, err = New().Archive(built)
	if err != nil {
		t.Fatal(err)
	}
	if files, _, _ := inside(t, whole); files["trial_x-1.0.0/setup.py"] != "print(1)\n" || !strings.Contains(files["trial_x-1.0.0/PKG-INFO"], "Name: Trial.X\n") {
		t.Errorf("the source archive holds %v", files)
	}
	built.Files = map[string]string{"../x": ""}
	if _, err := New().Archive(built); err == nil {
		t.Error("a path that climbs was packed as sound")
	}
}

func TestEverySpoiledArchiveIsWrongInItsOwnWay(t *testing.T) {
	sound, err := New().Archive(release)
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range scorecard.Spoils {
		spoiled, err := New().Spoiled(release, how)
		if err != nil || bytes.Equal(spoiled, sound) {
			t.Fatalf("%s: %v, or it is sound", how, err)
		}
		if how == scorecard.NoArchive || how == scorecard.CutShort {
			if _, err := zip.NewReader(bytes.NewReader(spoiled), int64(len(spoiled))); err == nil {
				t.Errorf("%s can be read", how)
			}
			continue
		}
		files, paths, links := inside(t, spoiled)
		var climbing, absolute, twice bool
		for i, p := range paths {
			climbing = climbing || strings.Contains(p, "..")
			absolute = absolute || strings.HasPrefix(p, "/")
			for _, q := range paths[:i] {
				twice = twice || p == q
			}
		}
		named := strings.Contains(files["trial_x_another-1.0.0.dist-info/METADATA"], "Name: Trial.X-another\n")
		for kind, is := range map[scorecard.Spoil]bool{scorecard.Climbing: climbing, scorecard.Absolute: absolute, scorecard.TwiceInside: twice, scorecard.LinkOutside: links == 1, scorecard.OtherName: named} {
			if is != (kind == how) {
				t.Errorf("%s: %s is %v: %v", how, kind, is, paths)
			}
		}
	}
	if _, err := New().Spoiled(release, "another way"); err == nil {
		t.Error("a way that nobody knows was packed")
	}
}

func TestThrowAwayNames(t *testing.T) {
	for under, want := range map[string]string{"": "assay-trial-k3-x", "acme-*": "acme-k3-x", "acme": "acme-k3-x"} {
		if got := New().ThrowAway(under, "k3", "x"); got != want {
			t.Errorf("under %q: %q, want %q", under, got, want)
		}
	}
}

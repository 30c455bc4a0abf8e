package wire

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
)

// entry is one file of a test zip.
type entry struct{ name, content string }

func makeZip(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func check(data []byte) (assay.Digest, error) {
	return CheckZip("example.com/m", "v1.0.0", bytes.NewReader(data), int64(len(data)), smallLimits())
}

// reference asks golang.org/x/mod what it makes of the same bytes.
func reference(t testing.TB, data []byte) (h1 string, err error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "m.zip")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := modzip.Unzip(filepath.Join(dir, "out"), module.Version{Path: "example.com/m", Version: "v1.0.0"}, file); err != nil {
		return "", err
	}
	return dirhash.HashZip(file, dirhash.Hash1)
}

const at = "example.com/m@v1.0.0/"

func TestModuleZips(t *testing.T) {
	for what, data := range map[string][]byte{
		"ordinary":             makeZip(t, entry{at + "go.mod", "module example.com/m\n"}, entry{at + "m.go", "package m\n"}, entry{at + "a/b/c.go", "package b\n"}),
		"without go.mod":       makeZip(t, entry{at + "m.go", "package m\n"}),
		"no files":             makeZip(t),
		"with directories":     makeZip(t, entry{at, ""}, entry{at + "a/", ""}, entry{at + "a/b.go", "x"}),
		"the same directory":   makeZip(t, entry{at + "a/", ""}, entry{at + "a/b/", ""}, entry{at + "a/", ""}),
		"letters of languages": makeZip(t, entry{at + "testdata/\u00e9\u4e16.txt", "x"}),
	} {
		got, err := check(data)
		want, refErr := reference(t, data)
		if err != nil || refErr != nil || string(got) != want {
			t.Errorf("%s: %s, %v; the reference has %s, %v", what, got, err, want, refErr)
		}
		if _, err := assay.ParseDigest(string(got)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestKnownDigests(t *testing.T) {
	// A zip with one file "m.go" of the content "package m\n" has, by the
	// definition of h1, a sum that any sha256sum can confirm.
	got, err := check(makeZip(t, entry{at + "m.go", "package m\n"}))
	if want := assay.Digest("h1:49omc6aY9UEJpysfGUGT2SqQlu8FryXihRUoJfmosR0="); err != nil || got != want {
		t.Errorf("zip: %s, %v; want %s", got, err, want)
	}
	mod, err := HashMod([]byte("module example.com/m\n"))
	if want := assay.Digest("h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k="); err != nil || mod != want {
		t.Errorf("go.mod: %s, %v; want %s", mod, err, want)
	}
}

func TestZipsRefused(t *testing.T) {
	whole := makeZip(t, entry{at + "m.go", "package m\n"})
	for what, data := range map[string][]byte{
		"empty":                          nil,
		"page of HTML":                   []byte("<html>not a zip</html>"),
		"cut short":                      whole[:len(whole)-8],
		"no prefix":                      makeZip(t, entry{"m.go", "x"}),
		"prefix of another module":       makeZip(t, entry{"example.com/n@v1.0.0/m.go", "x"}),
		"prefix of another version":      makeZip(t, entry{"example.com/m@v1.0.1/m.go", "x"}),
		"prefix in another case":         makeZip(t, entry{"example.com/M@v1.0.0/m.go", "x"}),
		"prefix that goes on":            makeZip(t, entry{"example.com/m@v1.0.0-evil/m.go", "x"}),
		"one of many without the prefix": makeZip(t, entry{at + "m.go", "x"}, entry{"etc/passwd", "x"}),
		"traversal":                      makeZip(t, entry{at + "../../../etc/passwd", "x"}),
		"traversal inside":               makeZip(t, entry{at + "a/../b.go", "x"}),
		"absolute name":                  makeZip(t, entry{"/etc/passwd", "x"}),
		"absolute behind the prefix":     makeZip(t, entry{at + "/etc/passwd", "x"}),
		"backslash":                      makeZip(t, entry{at + `..\x.go`, "x"}),
		"drive letter":                   makeZip(t, entry{at + "c:x.go", "x"}),
		"reserved on Windows":            makeZip(t, entry{at + "con.go", "x"}),
		"null byte in the name":          makeZip(t, entry{at + "a\x00.go", "x"}),
		"line break in the name":         makeZip(t, entry{at + "a\n.go", "x"}),
		"dot segment":                    makeZip(t, entry{at + "./a.go", "x"}),
		"empty segment":                  makeZip(t, entry{at + "a//b.go", "x"}),
		"invalid UTF-8":                  makeZip(t, entry{at + "\xff.go", "x"}),
		"case collision":                 makeZip(t, entry{at + "README", "x"}, entry{at + "readme", "y"}),
		"case collision of directories":  makeZip(t, entry{at + "A/x.go", "x"}, entry{at + "a/y.go", "y"}),
		"case collision beyond ASCII":    makeZip(t, entry{at + "\u212a.go", "x"}, entry{at + "k.go", "y"}),
		"long s":                         makeZip(t, entry{at + "\u017f.go", "x"}, entry{at + "S.go", "y"}),
		"same file twice":                makeZip(t, entry{at + "m.go", "x"}, entry{at + "m.go", "y"}),
		"file and directory":             makeZip(t, entry{at + "a", "x"}, entry{at + "a/b.go", "y"}),
		"directory and file":             makeZip(t, entry{at + "a/b.go", "y"}, entry{at + "a", "x"}),
		"go.mod in another case":         makeZip(t, entry{at + "Go.mod", "x"}),
		"go.mod in a directory":          makeZip(t, entry{at + "a/go.mod", "module x"}),
		"bomb":                           makeZip(t, entry{at + "zero", strings.Repeat("\x00", 2<<20)}),
		"bomb in pieces":                 makeZip(t, entry{at + "a", strings.Repeat("\x00", 600<<10)}, entry{at + "b", strings.Repeat("\x00", 600<<10)}),
		"damaged content":                damage(whole, []byte("m.go")),
	} {
		if got, err := check(data); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %s, %v; want an Unsound error", what, got, err)
		}
	}
}

// damage changes a byte of the compressed content, behind the first name.
func damage(data, name []byte) []byte {
	data = bytes.Clone(data)
	data[bytes.Index(data, name)+len(name)+2] ^= 0x55
	return data
}

func TestZipThatLiesAboutSizes(t *testing.T) {
	data := makeZip(t, entry{at + "zero", strings.Repeat("\x00", 900<<10)})
	directory := bytes.LastIndex(data, []byte("PK\x01\x02"))
	for what, size := range map[string]uint32{"smaller": 10, "larger": 950 << 10} {
		lie := bytes.Clone(data)
		for i := range 4 {
			lie[directory+24+i] = byte(size >> (8 * i))
		}
		if got, err := check(lie); !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %s, %v; want an Unsound error", what, got, err)
		}
	}
}

func TestZipOfNothingButNames(t *testing.T) {
	var tooMany, tooBig, tooDeep []entry
	for i := range 201 {
		tooMany = append(tooMany, entry{fmt.Sprintf("%sa%d", at, i), ""})
	}
	for i := range 150 {
		tooBig = append(tooBig, entry{fmt.Sprintf("%s%s%d", at, strings.Repeat("a", 500), i), ""})
	}
	for i := range 10 {
		tooDeep = append(tooDeep, entry{fmt.Sprintf("%s%d/%sx", at, i, strings.Repeat("a/", 100)), ""})
	}
	for what, c := range map[string]struct {
		entries []entry
		says    string
	}{
		"too many files":            {tooMany, "too many files"},
		"too large a directory":     {tooBig, "table of contents"},
		"too many parents":          {tooDeep, "too many files and directories"},
		"a name longer than a path": {[]entry{{at + strings.Repeat("a/", 3000) + "x", ""}}, "longer than"},
	} {
		_, err := check(makeZip(t, c.entries...))
		if !assay.Is(err, assay.Unsound) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestZipOverTheLimitIsNotOpened(t *testing.T) {
	_, err := CheckZip("example.com/m", "v1.0.0", untouchable{t}, 1<<20+1, smallLimits())
	if !assay.Is(err, assay.Unsound) {
		t.Errorf("%v", err)
	}
}

type untouchable struct{ t *testing.T }

func (u untouchable) ReadAt([]byte, int64) (int, error) {
	u.t.Error("the content was read")
	return 0, io.EOF
}

// Whatever is accepted, the go command accepts as well, with the same digest.
func FuzzZip(f *testing.F) {
	f.Add(makeZip(f, entry{at + "go.mod", "module example.com/m\n"}, entry{at + "m.go", "package m\n"}))
	f.Add(makeZip(f, entry{at + "a/", ""}, entry{at + "A", "x"}))
	f.Add(makeZip(f, entry{"../x", "x"}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := check(data)
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Fatalf("error of kind %v", assay.KindOf(err))
			}
			return
		}
		if want, err := reference(t, data); err != nil || string(got) != want {
			t.Fatalf("accepted with %s; the reference says %s, %v", got, want, err)
		}
	})
}

// Random trees of short names agree with the reference both ways.
func TestZipNamesAgreeWithTheReference(t *testing.T) {
	letters := []string{"a", "A", "k", "\u212a", "s", "\u017f", "go.mod", "GO.MOD", "a/", ".", "con", "b"}
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 400 {
		var entries []entry
		for range 1 + random.IntN(3) {
			var name []string
			for range 1 + random.IntN(3) {
				name = append(name, letters[random.IntN(len(letters))])
			}
			entries = append(entries, entry{at + strings.Join(name, "/"), ""})
		}
		data := makeZip(t, entries...)
		got, err := check(data)
		want, refErr := reference(t, data)
		if (err == nil) != (refErr == nil) || string(got) != want {
			t.Fatalf("%q: %v; the reference says %v", entries, err, refErr)
		}
		if err == nil {
			accepted++
		}
	}
	if accepted == 0 || accepted == 400 {
		t.Errorf("%d of 400 accepted: the trees try nothing", accepted)
	}
}

// readAsClientsDo decodes an .info as the go command does.
func readAsClientsDo(t *testing.T, document []byte) VersionInfo {
	t.Helper()
	var info struct {
		Version string
		Time    time.Time
	}
	if err := json.Unmarshal(document, &info); err != nil {
		t.Fatalf("clients cannot read %q: %v", document, err)
	}
	return VersionInfo{info.Version, info.Time.UTC()}
}

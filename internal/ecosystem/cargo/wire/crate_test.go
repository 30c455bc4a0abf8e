package wire

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// member is one entry of a .crate file.
type member struct {
	name, content string
	kind          byte
	link          string
}

// pack makes a .crate file.
func pack(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	archive := tar.NewWriter(zipped)
	for _, m := range members {
		kind := m.kind
		if kind == 0 {
			kind = tar.TypeReg
		}
		if err := archive.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.content)), Typeflag: kind, Linkname: m.link}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const plainManifest = "[package]\nname = \"Kettle\"\nversion = \"1.0.0\"\n"

func inspect(file []byte) ([]byte, error) {
	limits := InspectLimits{Archive: archive.Limits{Unpacked: 4 << 20, Entries: 100}, Manifest: 4 << 10}
	return Inspect(context.Background(), bytes.NewReader(file), int64(len(file)), "Kettle-1.0.0", limits)
}

func TestInspect(t *testing.T) {
	manifest, err := inspect(pack(t,
		member{name: "Kettle-1.0.0/Cargo.toml", content: plainManifest},
		member{name: "Kettle-1.0.0/src/lib.rs", content: "fn main() {}"},
		member{name: "Kettle-1.0.0/inner/Cargo.toml", content: "of another crate"},
	))
	if err != nil || string(manifest) != plainManifest {
		t.Errorf("%q, %v", manifest, err)
	}
}

func TestInspectRefuses(t *testing.T) {
	manifest := member{name: "Kettle-1.0.0/Cargo.toml", content: plainManifest}
	whole := pack(t, manifest, member{name: "Kettle-1.0.0/src/lib.rs", content: strings.Repeat("// nothing\n", 100)})
	for what, file := range map[string][]byte{
		"no archive":                       []byte("PK\x03\x04 a zip"),
		"an empty file":                    {},
		"half a file":                      whole[:len(whole)/2],
		"something behind it":              append(bytes.Clone(whole), whole...),
		"no manifest":                      pack(t, member{name: "Kettle-1.0.0/src/lib.rs"}),
		"a manifest in small letters":      pack(t, member{name: "Kettle-1.0.0/cargo.toml", content: plainManifest}),
		"another crate's folder":           pack(t, member{name: "teapot-1.0.0/Cargo.toml", content: plainManifest}),
		"the folder in other letters":      pack(t, member{name: "kettle-1.0.0/Cargo.toml", content: plainManifest}),
		"a second folder":                  pack(t, manifest, member{name: "other/lib.rs"}),
		"a file beside the folder":         pack(t, manifest, member{name: "lib.rs"}),
		"a file in place of the folder":    pack(t, member{name: "Kettle-1.0.0", content: "x"}),
		"a way out":                        pack(t, manifest, member{name: "Kettle-1.0.0/../../etc/passwd", content: "x"}),
		"an absolute path":                 pack(t, manifest, member{name: "/etc/passwd", content: "x"}),
		"a way out on Windows":             pack(t, manifest, member{name: `Kettle-1.0.0/..\..\x`, content: "x"}),
		"a symbolic link":                  pack(t, manifest, member{name: "Kettle-1.0.0/x", kind: tar.TypeSymlink, link: "../../x"}),
		"a symbolic link that stays":       pack(t, manifest, member{name: "Kettle-1.0.0/x", kind: tar.TypeSymlink, link: "Cargo.toml"}),
		"a hard link":                      pack(t, manifest, member{name: "Kettle-1.0.0/x", kind: tar.TypeLink, link: "Kettle-1.0.0/Cargo.toml"}),
		"a device":                         pack(t, manifest, member{name: "Kettle-1.0.0/x", kind: tar.TypeChar}),
		"the manifest twice":               pack(t, manifest, member{name: "Kettle-1.0.0/Cargo.toml", content: "another"}),
		"the manifest in two spellings":    pack(t, manifest, member{name: "Kettle-1.0.0/cargo.toml", content: "another"}),
		"cargo's own mark":                 pack(t, manifest, member{name: "Kettle-1.0.0/.cargo-ok", content: "ok"}),
		"a manifest that is too long":      pack(t, member{name: "Kettle-1.0.0/Cargo.toml", content: strings.Repeat("#", 5<<10)}),
		"too much when unpacked":           pack(t, manifest, member{name: "Kettle-1.0.0/x", content: strings.Repeat("\x00", 5<<20)}),
		"a link as the manifest of others": pack(t, member{name: "Kettle-1.0.0/Cargo.toml", kind: tar.TypeSymlink, link: "/etc/passwd"}),
	} {
		if got, err := inspect(file); !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

func TestCheckCrate(t *testing.T) {
	good := pack(t, member{name: "Kettle-1.0.0/Cargo.toml", content: plainManifest})
	for what, c := range map[string]struct {
		file    string
		content []byte
		ok      bool
	}{
		"a crate":                  {"kettle-1.0.0.crate", good, true},
		"another version's":        {"kettle-1.0.1.crate", good, false},
		"another crate's":          {"teapot-1.0.0.crate", good, false},
		"a page":                   {"kettle-1.0.0.crate", []byte("<html>"), false},
		"nothing":                  {"kettle-1.0.0.crate", nil, false},
		"a cut header":             {"kettle-1.0.0.crate", good[:12], false},
		"an archive without files": {"kettle-1.0.0.crate", pack(t), false},
	} {
		err := CheckCrate(c.file, bytes.NewReader(c.content), int64(len(c.content)))
		if (err == nil) != c.ok || err != nil && !assay.Is(err, assay.Unsound) {
			t.Errorf("%s: %v, want it taken: %v", what, err, c.ok)
		}
	}
}

func FuzzCrate(f *testing.F) {
	f.Add(pack(f, member{name: "Kettle-1.0.0/Cargo.toml", content: plainManifest}))
	f.Add([]byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := CheckCrate("kettle-1.0.0.crate", bytes.NewReader(content), int64(len(content))); err != nil && !assay.Is(err, assay.Unsound) {
			t.Fatalf("%v is not of kind Unsound", err)
		}
		manifest, err := inspect(content)
		if err != nil {
			if !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
				t.Fatalf("%v is neither Invalid nor TooLarge", err)
			}
			return
		}
		if _, err := ReadManifest(manifest); err != nil && !assay.Is(err, assay.Invalid) {
			t.Fatalf("%v is not of kind Invalid", err)
		}
	})
}

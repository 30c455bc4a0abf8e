package content

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// The specimens do nothing: their hosts end in .example, and what they encode
// is the sentence below, over and over.
const harmless = `console.log("a specimen that does nothing, 0123456789, Written For A Test");`

// blob is a long base64 string of nothing.
func blob() string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(harmless, 4))) }

func hexBlob() string { return hex.EncodeToString([]byte(strings.Repeat(harmless, 4))) }

// escapes writes each byte of a text as an escape.
func escapes(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		b.WriteString(`\x` + hex.EncodeToString([]byte{c}))
	}
	return b.String()
}

// unseen is a run of characters that no editor shows.
func unseen(n int) string { return strings.Repeat("\U000E0100\ufe01", n) }

// elf, pe and macho are the beginnings of programs, and nothing more.
func elf(kind byte) string {
	b := make([]byte, 128)
	copy(b, "\x7fELF\x02\x01\x01")
	b[16] = kind
	return string(b)
}

func pe() string {
	b := make([]byte, 256)
	copy(b, "MZ")
	b[60] = 0x80
	copy(b[0x80:], "PE\x00\x00")
	return string(b)
}

func macho(kind byte) string {
	b := make([]byte, 64)
	copy(b, "\xcf\xfa\xed\xfe")
	b[12] = kind
	return string(b)
}

// files are the names and texts of an archive.
type files map[string]string

func tarGz(t testing.TB, top string, all files) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if err := tw.WriteHeader(&tar.Header{Name: top + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(all[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t testing.TB, top string, all files) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w, err := zw.Create(top + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(all[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed is a package of an ecosystem as its installer takes it.
func packed(t testing.TB, eco assay.Ecosystem, all files) (assay.Coordinate, []byte) {
	t.Helper()
	at := assay.Coordinate{Ecosystem: eco, Name: "specimen", Version: "1.0.0"}
	switch eco {
	case assay.NPM:
		at.File = "specimen-1.0.0.tgz"
		return at, tarGz(t, "package/", all)
	case assay.PyPI:
		at.File = "specimen-1.0.0.tar.gz"
		return at, tarGz(t, "specimen-1.0.0/", all)
	case assay.Cargo:
		at.File = "specimen-1.0.0.crate"
		return at, tarGz(t, "specimen-1.0.0/", all)
	case assay.Golang:
		at.Name, at.Version, at.File = "code.example/specimen", "v1.0.0", "v1.0.0.zip"
		return at, zipped(t, "code.example/specimen@v1.0.0/", all)
	default:
		at.Name, at.File = "example.specimen:specimen", "specimen-1.0.0.jar"
		return at, zipped(t, "", all)
	}
}

func scanned(t testing.TB, eco assay.Ecosystem, all, before files) []assay.Signal {
	t.Helper()
	at, content := packed(t, eco, all)
	var old *Before
	if before != nil {
		_, b := packed(t, eco, before)
		old = &Before{Version: "0.9.0", Content: bytes.NewReader(b), Size: int64(len(b))}
	}
	signals, err := New(Limits{}).Scan(t.Context(), at, bytes.NewReader(content), int64(len(content)), old)
	if err != nil {
		t.Fatal(err)
	}
	return signals
}

// line is the number of the first line of a text that holds a mark.
func line(text, mark string) int {
	at := strings.Index(text, mark)
	if at < 0 {
		return 0
	}
	return 1 + strings.Count(text[:at], "\n")
}

func manifest(scripts string) string {
	return "{\n  \"name\": \"specimen\",\n  \"version\": \"1.0.0\",\n  \"scripts\": {" + scripts + "}\n}\n"
}

// specimen is one package and the one signal that it must give; "" for none.
type specimen struct {
	eco   assay.Ecosystem
	files files
	id    string
	file  string // where it must be seen
	mark  string // on the first line with this
	says  string
}

func (s specimen) judge(t *testing.T) {
	t.Helper()
	got := scanned(t, s.eco, s.files, nil)
	if s.id == "" {
		if len(got) > 0 {
			t.Fatalf("an honest package gives %v", got)
		}
		return
	}
	i := slices.IndexFunc(got, func(g assay.Signal) bool { return g.ID == s.id })
	if i < 0 {
		t.Fatalf("got %v, want %s", got, s.id)
	}
	if want := line(s.files[s.file], s.mark); got[i].File != s.file || s.mark != "" && got[i].Line != want {
		t.Errorf("seen in %s, line %d; want %s, line %d", got[i].File, got[i].Line, s.file, want)
	}
	if got[i].Saw == "" || !strings.Contains(got[i].Saw, s.says) {
		t.Errorf("it says %q, want %q", got[i].Saw, s.says)
	}
	for _, g := range got {
		if g.ID != s.id {
			t.Errorf("beside it, %v", g)
		}
	}
}

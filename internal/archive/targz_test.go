package archive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// tarOf writes entries; a header without size gets its content's.
func tarOf(t testing.TB, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, h := range entries {
		content := h.Uname // carried there to keep the tables short
		h.Uname = ""
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag != tar.TypeXGlobalHeader {
			h.Mode, h.Size = 0o644, int64(len(content))
		}
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	if _, err := zw.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// small are limits that tiny archives reach.
var small = Limits{Packed: 64 << 10, Unpacked: 32 << 20, Entry: 1000, Entries: 5, Ratio: 20, Name: 120, Depth: 6, Directory: 8 << 10}

func walked(t testing.TB, packed []byte, limits Limits) (names []string, err error) {
	t.Helper()
	err = WalkTarGz(t.Context(), bytes.NewReader(packed), int64(len(packed)), limits, func(e *Entry) error {
		names = append(names, e.Kind.String()+" "+e.Name)
		return nil
	})
	return names, err
}

func TestTarNames(t *testing.T) {
	for what, c := range map[string]struct{ name, says string }{
		"parent":                       {"../x", "dotted segment"},
		"parent inside":                {"a/../../x", "dotted segment"},
		"current folder":               {"./a", "dotted segment"},
		"absolute":                     {"/etc/passwd", "absolute"},
		"drive letter":                 {"C:/x", "colon"},
		"stream of a file on Windows":  {"package.json::$DATA", "colon"},
		"backslash":                    {`a\..\..\x`, "backslash"},
		"network share":                {`\\host\share`, "backslash"},
		"doubled slash":                {"a//b", "empty segment"},
		"trailing dot":                 {"a./b", "dot or a blank"},
		"trailing blank":               {"a /b", "dot or a blank"},
		"device on Windows":            {"a/NUL.txt", "device on Windows"},
		"port on Windows":              {"com1", "device on Windows"},
		"line feed":                    {"a\nb", "not shown"},
		"terminal escape":              {"a\x1b[2J", "not shown"},
		"right to left override":       {"a\u202etxt.js", "not shown"},
		"zero width":                   {"a\u200bb", "not shown"},
		"variation selector":           {"a\ufe0f", "not shown"},
		"no character":                 {"a\ufffe", "not shown"},
		"accent as a second character": {"cafe\u0301", "two characters"},
		"syllable in parts":            {"\u1112\u1161\u11ab", "two characters"},
		"longer than the limit":        {strings.Repeat("a", 121), "longer than 120"},
		"deeper than the limit":        {"a/b/c/d/e/f/g", "more than 6 segments"},
		"bytes that are not UTF-8":     {"a\xff", "not UTF-8"},
	} {
		t.Run(what, func(t *testing.T) {
			names, err := walked(t, gzipped(t, tarOf(t, tar.Header{Name: c.name, Format: tar.FormatGNU})), small)
			if err == nil || !strings.Contains(err.Error(), c.says) || len(names) > 0 {
				t.Fatalf("walked %v with %v, want it refused with %q", names, err, c.says)
			}
			if k := assay.KindOf(err); k != assay.Invalid && k != assay.TooLarge {
				t.Errorf("kind %v", k)
			}
			if strings.ContainsAny(err.Error(), "\x1b\n\u202e") {
				t.Errorf("the message carries the name's own characters: %q", err)
			}
		})
	}
}

func TestTarEntries(t *testing.T) {
	file := tar.Header{Name: "p/a", Uname: "text"}
	for what, c := range map[string]struct {
		entries []tar.Header
		says    string // "" for those that are sound
	}{
		"files and folders":                {[]tar.Header{{Name: "p/", Typeflag: tar.TypeDir}, file, {Name: "p/b/c"}}, ""},
		"an empty archive":                 {nil, ""},
		"a folder after its files":         {[]tar.Header{file, {Name: "p/", Typeflag: tar.TypeDir}}, ""},
		"git's comment in front":           {[]tar.Header{{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "abc"}}, file}, ""},
		"a long name, as pax writes it":    {[]tar.Header{{Name: "p/" + strings.Repeat("ä", 55)}}, ""},
		"a link inside":                    {[]tar.Header{file, {Name: "p/b", Typeflag: tar.TypeSymlink, Linkname: "a"}, {Name: "p/d/e", Typeflag: tar.TypeSymlink, Linkname: "../a"}}, ""},
		"a hard link to a file before":     {[]tar.Header{file, {Name: "p/b", Typeflag: tar.TypeLink, Linkname: "p/a"}}, ""},
		"a name twice":                     {[]tar.Header{file, file}, "twice"},
		"names that differ by case":        {[]tar.Header{file, {Name: "p/A"}}, "take for one"},
		"folders that differ by case":      {[]tar.Header{file, {Name: "P/b"}}, "take for one"},
		"Kelvin sign for K":                {[]tar.Header{{Name: "p/k"}, {Name: "p/\u212a"}}, "take for one"},
		"a file where a folder is":         {[]tar.Header{{Name: "p/a/b"}, file}, "folder and as something else"},
		"a folder below a file":            {[]tar.Header{file, {Name: "p/a/b"}}, "folder and as something else"},
		"a file below a link":              {[]tar.Header{{Name: "p", Typeflag: tar.TypeSymlink, Linkname: "q"}, file}, "as a link and as something else"},
		"a link where a file is":           {[]tar.Header{file, {Name: "p/a", Typeflag: tar.TypeSymlink, Linkname: "b"}}, "as a link and as something else"},
		"a link out":                       {[]tar.Header{{Name: "p/a", Typeflag: tar.TypeSymlink, Linkname: "../../x"}}, "leads out"},
		"a link to the folder above":       {[]tar.Header{{Name: "a", Typeflag: tar.TypeSymlink, Linkname: ".."}}, "leads out"},
		"a link up behind another segment": {[]tar.Header{{Name: "p/q/a", Typeflag: tar.TypeSymlink, Linkname: "l/../../x"}}, "cannot be followed"},
		"a link to an absolute path":       {[]tar.Header{{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}}, "cannot be followed"},
		"a link to a drive":                {[]tar.Header{{Name: "a", Typeflag: tar.TypeSymlink, Linkname: `C:\x`}}, "cannot be followed"},
		"a hard link to nothing":           {[]tar.Header{{Name: "a", Typeflag: tar.TypeLink, Linkname: "../../etc/passwd"}}, "no file that came before"},
		"a hard link to a link":            {[]tar.Header{{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "b"}, {Name: "c", Typeflag: tar.TypeLink, Linkname: "a"}}, "no file that came before"},
		"a character device":               {[]tar.Header{{Name: "a", Typeflag: tar.TypeChar}}, "device or pipe"},
		"a block device":                   {[]tar.Header{{Name: "a", Typeflag: tar.TypeBlock}}, "device or pipe"},
		"a pipe":                           {[]tar.Header{{Name: "a", Typeflag: tar.TypeFifo}}, "device or pipe"},
		"a global header with a path":      {[]tar.Header{{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "x"}}, file}, "global header"},
		"one file over its limit":          {[]tar.Header{{Name: "a", Uname: strings.Repeat("x", 1001)}}, "limit for one file"},
		"one entry too many":               {[]tar.Header{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}, {Name: "f"}}, "more than 5 entries"},
	} {
		t.Run(what, func(t *testing.T) {
			names, err := walked(t, gzipped(t, tarOf(t, c.entries...)), small)
			if c.says == "" {
				want := 0
				for _, e := range c.entries {
					if e.Typeflag != tar.TypeXGlobalHeader {
						want++
					}
				}
				if err != nil || len(names) != want {
					t.Fatalf("%v, %v", names, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("walked %v with %v, want %q", names, err, c.says)
			}
		})
	}
}

// A size that stands in a pax header beside the one in the header gives other
// entries to readers that know only one of them.
func TestTarSizesStatedTwice(t *testing.T) {
	plain := tarOf(t, tar.Header{Name: "p/" + strings.Repeat("é", 55), Uname: "text", Format: tar.FormatPAX})
	for what, record := range map[string]string{
		"another size":            "12 size=512\n",
		"the header's with zeros": "12 size=000\n",
		"no number":               "10 size=x\n",
		"sparse":                  "22 GNU.sparse.major=1\n",
		"the header's own size":   "10 size=4\n",
	} {
		t.Run(what, func(t *testing.T) {
			forged := bytes.Clone(plain)
			at := bytes.Index(forged, []byte(" path="))
			start := bytes.LastIndexByte(forged[:at], 0) + 1
			// One more record behind the path; the block has room for it.
			end := at + bytes.IndexByte(forged[at:], '\n') + 1
			copy(forged[end:], record)
			size := end + len(record) - start
			copy(forged[124:136], []byte("00000000" + octal(size) + "\x00")[len("00000000"+octal(size)+"\x00")-12:])
			checksum(forged[:512])
			names, err := walked(t, gzipped(t, forged), small)
			if what == "the header's own size" {
				if err != nil || len(names) != 1 {
					t.Errorf("a size that is stated twice alike: %v with %v", names, err)
				}
				return
			}
			if what == "no number" && err != nil {
				return // the reader of tar refuses it itself
			}
			if err == nil || !strings.Contains(err.Error(), "twice") {
				t.Errorf("walked %v with %v", names, err)
			}
		})
	}
}

func octal(n int) string {
	s := ""
	for ; n > 0; n /= 8 {
		s = string(rune('0'+n%8)) + s
	}
	return s
}

func checksum(header []byte) {
	copy(header[148:156], "        ")
	sum := 0
	for _, c := range header {
		sum += int(c)
	}
	copy(header[148:156], ("000000" + octal(sum))[len(octal(sum)):]+"\x00 ")
}

func TestTarFrames(t *testing.T) {
	plain := tarOf(t, tar.Header{Name: "p/a", Uname: "text"})
	packed := gzipped(t, plain)
	broken := bytes.Clone(packed)
	broken[len(broken)-6] ^= 1 // the checksum
	for what, c := range map[string]struct {
		packed []byte
		says   string
	}{
		"a second gzip member":          {append(bytes.Clone(packed), packed...), "something follows the archive"},
		"rubbish behind the gzip":       {append(bytes.Clone(packed), "x"...), "something follows the archive"},
		"a second tar behind the end":   {gzipped(t, append(bytes.Clone(plain), plain...)), "something follows the end"},
		"zeros behind the end":          {gzipped(t, append(bytes.Clone(plain), make([]byte, 10240)...)), ""},
		"a wrong checksum":              {broken, "damaged"},
		"cut in the middle":             {packed[:len(packed)/2], "ends too early"},
		"cut before the checksum":       {packed[:len(packed)-8], "ends too early"},
		"a tar that is not compressed":  {plain, "not compressed with gzip"},
		"no tar inside":                 {gzipped(t, bytes.Repeat([]byte("no tar "), 200)), "damaged"},
		"nothing":                       {nil, "gzip"},
		"larger than an archive may be": {make([]byte, 64<<10+1), "limit is 65536"},
		"a bomb":                        {gzipped(t, append(tarOf(t), make([]byte, 8<<20)...)), "times its size"},
	} {
		t.Run(what, func(t *testing.T) {
			names, err := walked(t, c.packed, small)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("walked %v with %v, want %q", names, err, c.says)
			}
		})
	}
}

// A bomb is ended by what comes out of it, not by what its headers say.
func TestTarBombInOneEntry(t *testing.T) {
	limits := small
	limits.Entry, limits.Unpacked = 64<<20, 4<<20
	_, err := walked(t, gzipped(t, tarOf(t, tar.Header{Name: "a", Uname: strings.Repeat("\x00", 8<<20)})), limits)
	if !assay.Is(err, assay.TooLarge) {
		t.Errorf("%v", err)
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("disk on fire") }

func TestErrorsHaveTheirKinds(t *testing.T) {
	ctx, packed := t.Context(), gzipped(t, tarOf(t, tar.Header{Name: "a", Uname: "x"}))
	own := errors.New("the caller's own")
	gone, cancel := context.WithCancel(ctx)
	cancel()
	nothing := func(*Entry) error { return nil }
	if err := WalkTarGz(ctx, failing{}, 100, small, nothing); !assay.Is(err, assay.Internal) {
		t.Errorf("a failing disk: %v", err)
	}
	if err := WalkZip(ctx, failing{}, 100, small, nothing); !assay.Is(err, assay.Internal) {
		t.Errorf("a failing disk under a zip: %v", err)
	}
	if err := WalkTarGz(gone, bytes.NewReader(packed), int64(len(packed)), small, nothing); !assay.Is(err, assay.Canceled) {
		t.Errorf("given up: %v", err)
	}
	read := func(e *Entry) error {
		_, err := io.Copy(io.Discard, e.Content)
		return err
	}
	cut := gzipped(t, tarOf(t, tar.Header{Name: "a", Uname: "x"})[:512])
	if err := WalkTarGz(ctx, bytes.NewReader(cut), int64(len(cut)), small, read); !assay.Is(err, assay.Invalid) {
		t.Errorf("damage that the caller met first: %v", err)
	}
	if err := WalkTarGz(ctx, bytes.NewReader(packed), int64(len(packed)), small, func(*Entry) error { return own }); err != own {
		t.Errorf("the caller's error became %v", err)
	}
}

func TestContentIsTheEntrys(t *testing.T) {
	packed := gzipped(t, tarOf(t, tar.Header{Name: "a", Uname: "first"}, tar.Header{Name: "b", Uname: "second"}))
	var read []string
	err := WalkTarGz(t.Context(), bytes.NewReader(packed), int64(len(packed)), Limits{}, func(e *Entry) error {
		if e.Name == "a" {
			return nil // left unread
		}
		all, err := io.ReadAll(e.Content)
		read = append(read, string(all))
		return err
	})
	if err != nil || strings.Join(read, ",") != "second" {
		t.Errorf("%q, %v", read, err)
	}
}

func FuzzTarGz(f *testing.F) {
	f.Add(gzipped(f, tarOf(f, tar.Header{Name: "p/a", Uname: "text"}, tar.Header{Name: "p/b", Typeflag: tar.TypeSymlink, Linkname: "../a"})))
	f.Add(gzipped(f, tarOf(f, tar.Header{Name: "p/" + strings.Repeat("é", 55)})))
	f.Add([]byte("\x1f\x8b\x08\x04\x00\x00\x00\x00\x00\x00\xff\xff"))
	f.Fuzz(func(t *testing.T, packed []byte) { checkWalk(t, packed, WalkTarGz) })
}

// FuzzTar reaches the tar reader without the need to guess gzip checksums.
func FuzzTar(f *testing.F) {
	f.Add(tarOf(f, tar.Header{Name: "p/a", Uname: "text"}, tar.Header{Name: "p/c", Typeflag: tar.TypeLink, Linkname: "p/a"}))
	f.Add(tarOf(f, tar.Header{Name: "p/" + strings.Repeat("é", 55)}))
	f.Fuzz(func(t *testing.T, plain []byte) { checkWalk(t, gzipped(t, plain), WalkTarGz) })
}

type walk func(context.Context, io.ReaderAt, int64, Limits, func(*Entry) error) error

// checkWalk holds what the package promises of every entry against whatever
// bytes.
func checkWalk(t *testing.T, packed []byte, walk walk) {
	seen := map[string]bool{}
	total := int64(0)
	err := walk(t.Context(), bytes.NewReader(packed), int64(len(packed)), small, func(e *Entry) error {
		if e.Name == "" || strings.HasPrefix(e.Name, "/") || strings.Contains("/"+e.Name+"/", "/../") || strings.ContainsAny(e.Name, "\\:\x00") {
			t.Fatalf("handed out the name %q", e.Name)
		}
		if folded := strings.ToLower(e.Name); seen[folded] {
			t.Fatalf("handed out %q twice", e.Name)
		} else {
			seen[folded] = true
		}
		n, err := io.Copy(io.Discard, e.Content)
		if total += n; err == nil && n != e.Size {
			t.Fatalf("%q has %d bytes and says %d", e.Name, n, e.Size)
		}
		return err
	})
	if len(seen) > small.Entries || total > small.Unpacked {
		t.Fatalf("%d entries of %d bytes", len(seen), total)
	}
	if k := assay.KindOf(err); err != nil && k != assay.Invalid && k != assay.TooLarge {
		t.Fatalf("%v is of kind %v", err, k)
	}
}

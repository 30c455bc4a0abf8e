package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io/fs"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

type zipped struct {
	name, content string
	mode          fs.FileMode
	method        uint16
}

func zipOf(t testing.TB, entries ...zipped) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: e.method}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := zw.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func walkedZip(t testing.TB, packed []byte, limits Limits) (names []string, err error) {
	t.Helper()
	err = WalkZip(t.Context(), bytes.NewReader(packed), int64(len(packed)), limits, func(e *Entry) error {
		names = append(names, e.Kind.String()+" "+e.Name)
		return nil
	})
	return names, err
}

func TestZipEntries(t *testing.T) {
	a := zipped{name: "p/a", content: "text", method: zip.Deflate}
	for what, c := range map[string]struct {
		entries []zipped
		says    string
	}{
		"files and folders":         {[]zipped{{name: "p/"}, a, {name: "p/b", content: "stored"}}, ""},
		"an empty archive":          {nil, ""},
		"a link inside":             {[]zipped{a, {name: "p/l", content: "a", mode: fs.ModeSymlink | 0o777}}, ""},
		"a link out":                {[]zipped{{name: "l", content: "../x", mode: fs.ModeSymlink | 0o777}}, "leads out"},
		"a file below a link":       {[]zipped{{name: "p", content: "q", mode: fs.ModeSymlink | 0o777}, a}, "as a link"},
		"a link to nowhere":         {[]zipped{{name: "l", mode: fs.ModeSymlink | 0o777}}, "to nowhere"},
		"a device":                  {[]zipped{{name: "d", mode: fs.ModeDevice | 0o600}}, "device or pipe"},
		"a folder by its mode":      {[]zipped{{name: "d", mode: fs.ModeDir | 0o700}}, "folder by its mode"},
		"a name twice":              {[]zipped{a, a}, "twice"},
		"names that differ by case": {[]zipped{a, {name: "p/A"}}, "take for one"},
		"parent":                    {[]zipped{{name: "../x"}}, "dotted segment"},
		"absolute":                  {[]zipped{{name: "/x"}}, "absolute"},
		"backslash":                 {[]zipped{{name: `a\x`}}, "backslash"},
		"drive letter":              {[]zipped{{name: "C:/x"}}, "colon"},
		"bytes that are not UTF-8":  {[]zipped{{name: "a\xff"}}, "not UTF-8"},
		"one file over its limit":   {[]zipped{{name: "a", content: strings.Repeat("x", 1001)}}, "limit for one file"},
		"one entry too many":        {[]zipped{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}, {name: "e"}, {name: "f"}}, "more than 5 entries"},
	} {
		t.Run(what, func(t *testing.T) {
			names, err := walkedZip(t, zipOf(t, c.entries...), small)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) || err == nil && len(names) != len(c.entries) {
				t.Fatalf("walked %v with %v, want %q", names, err, c.says)
			}
		})
	}
}

func TestZipFrames(t *testing.T) {
	sound := zipOf(t, zipped{name: "p/a", content: "text", method: zip.Store}, zipped{name: "p/b", content: strings.Repeat("more ", 50), method: zip.Deflate})
	local := bytes.Index(sound, []byte("p/a"))
	table := bytes.LastIndex(sound, []byte("p/a"))
	edit := func(change func(b []byte)) []byte {
		b := bytes.Clone(sound)
		change(b)
		return b
	}
	gap := append([]byte("MZ stub in front of the archive"), sound...)
	hidden := bytes.Replace(sound, []byte("PK\x01\x02"), append([]byte("hidden bytes"), "PK\x01\x02"...), 1)
	for what, c := range map[string]struct {
		packed []byte
		says   string
	}{
		"as it was":                      {sound, ""},
		"another name before the data":   {edit(func(b []byte) { b[local+2] = 'x' }), "disagree"},
		"another name in the table":      {edit(func(b []byte) { b[table+2] = 'x' }), "disagree"},
		"another method before the data": {edit(func(b []byte) { b[local-22] = 8 }), "disagree"},
		"another size before the data":   {edit(func(b []byte) { b[local-8] = 200 }), "disagree"},
		"encrypted":                      {edit(func(b []byte) { b[table-46+8] |= 1 }), "encrypted"},
		"an unknown method":              {edit(func(b []byte) { b[table-46+10] = 12 }), "method 12"},
		"a wrong checksum":               {edit(func(b []byte) { b[local+4] = 'T' }), "damaged"},
		"two entries over one data": {edit(func(b []byte) {
			second := bytes.LastIndex(b, []byte("p/b"))
			binary.LittleEndian.PutUint32(b[second-46+42:], 0)
		}), "disagree"},
		"a program in front":         {gap, "disagree"},
		"bytes that nobody names":    {hidden, ""},
		"cut":                        {sound[:len(sound)-10], "damaged"},
		"nothing":                    {nil, "damaged"},
		"text":                       {[]byte("no zip at all"), "damaged"},
		"larger than it may be":      {make([]byte, 64<<10+1), "limit is 65536"},
		"a table of contents of air": {bytes.Repeat([]byte("PK\x01\x02"), 4000), ""},
	} {
		t.Run(what, func(t *testing.T) {
			names, err := walkedZip(t, c.packed, small)
			if what != "as it was" && err == nil {
				t.Fatalf("walked %v", names)
			}
			if err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want %q", err, c.says)
			}
			if k := assay.KindOf(err); err != nil && k != assay.Invalid && k != assay.TooLarge {
				t.Errorf("kind %v", k)
			}
		})
	}
}

func TestZipBombs(t *testing.T) {
	limits := small
	limits.Entry = 64 << 20
	var many []zipped
	for _, name := range []string{"a", "b", "c", "d"} {
		many = append(many, zipped{name: name, content: strings.Repeat("\x00", 2<<20), method: zip.Deflate})
	}
	if names, err := walkedZip(t, zipOf(t, many...), limits); !assay.Is(err, assay.TooLarge) || len(names) > 0 {
		t.Errorf("walked %v with %v", names, err)
	}
	// A size that is stated too small does not let more out.
	lied := zipOf(t, zipped{name: "a", content: strings.Repeat("x", 900), method: zip.Deflate})
	at := bytes.LastIndex(lied, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lied[at+24:], 10)
	if names, err := walkedZip(t, lied, small); err == nil {
		t.Errorf("walked %v", names)
	}
}

func TestZipTableBudget(t *testing.T) {
	limits := small
	limits.Directory, limits.Entries = 2<<10, 1000
	var many []zipped
	for i := range 100 {
		many = append(many, zipped{name: strings.Repeat("x", 60) + string(rune('a'+i/26)) + string(rune('a'+i%26))})
	}
	if _, err := walkedZip(t, zipOf(t, many...), limits); !assay.Is(err, assay.TooLarge) {
		t.Errorf("%v", err)
	}
}

func FuzzZip(f *testing.F) {
	f.Add(zipOf(f, zipped{name: "p/a", content: "text", method: zip.Deflate}, zipped{name: "p/b/", mode: fs.ModeDir | 0o755}))
	f.Add(zipOf(f, zipped{name: "l", content: "a", mode: fs.ModeSymlink | 0o777}, zipped{name: "a", content: "stored"}))
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, packed []byte) { checkWalk(t, packed, WalkZip) })
}

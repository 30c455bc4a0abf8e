package content

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

func TestWhatCannotBeReadIsASignal(t *testing.T) {
	npm := assay.Coordinate{Ecosystem: assay.NPM, Name: "specimen", Version: "1.0.0", File: "specimen-1.0.0.tgz"}
	sound := tarGz(t, "package/", files{"package.json": manifest(""), "a.js": strings.Repeat("f();\n", 1000)})
	for what, c := range map[string]struct {
		content []byte
		limits  Limits
		says    string
	}{
		"nothing":                          {nil, Limits{}, "too short"},
		"no archive":                       {[]byte("this is a text"), Limits{}, "neither"},
		"cut in the middle":                {sound[:len(sound)/2], Limits{}, "ends too early"},
		"a second archive behind it":       {append(slices.Clone(sound), sound...), Limits{}, "something follows"},
		"a bomb":                           {bomb(t), Limits{}, "times its size"},
		"a path that leads out":            {tarGz(t, "../", files{"a.js": "f()"}), Limits{}, "dotted segment"},
		"more entries than allowed":        {sound, Limits{Archive: archive.Limits{Entries: 1}}, "more than 1 entries"},
		"a larger archive than allowed":    {sound, Limits{Archive: archive.Limits{Packed: 10}}, "limit is 10"},
		"a larger text than allowed":       {sound, Limits{Text: 4000}, "larger than the limit"},
		"larger texts than allowed":        {sound, Limits{Texts: 4000}, "together are larger"},
		"a broken package.json":            {tarGz(t, "package/", files{"package.json": "{", "a.js": "f()"}), Limits{}, "not a JSON object"},
		"a package.json that is no object": {tarGz(t, "package/", files{"package.json": "[]"}), Limits{}, "not a JSON object"},
		"a huge package.json":              {tarGz(t, "package/", files{"package.json": "{\"a\":\"" + strings.Repeat("x", maxManifest) + "\"}"}), Limits{}, "larger than such a file"},
		"brackets in brackets":             {tarGz(t, "package/", files{"package.json": "{}", "a.js": strings.Repeat("eval(", 50_000)}), Limits{}, "entangled"},
		"too many words":                   {tarGz(t, "package/", files{"package.json": "{}", "a.js": strings.Repeat("eval ", maxMarks+1)}), Limits{}, "entangled"},
		"too long a time":                  {sound, Limits{Time: time.Nanosecond}, "within 1ns"},
	} {
		t.Run(what, func(t *testing.T) {
			got, err := New(c.limits).Scan(t.Context(), npm, bytes.NewReader(c.content), int64(len(c.content)), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != 1 || got[0].ID != ScanIncomplete || !strings.Contains(got[0].Saw, c.says) {
				t.Errorf("%v, want %q", got, c.says)
			}
		})
	}
}

func bomb(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	if err := tw.WriteHeader(&tar.Header{Name: "package/a", Typeflag: tar.TypeReg, Mode: 0o644, Size: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	if _, err := tw.Write(make([]byte, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What was seen before the archive broke off is told all the same.
func TestABrokenEndHidesNothingBeforeIt(t *testing.T) {
	whole := tarGz(t, "package/", files{"a.js": "eval(atob('" + blob() + "'))\n", "package.json": manifest("")})
	content := append(slices.Clone(whole), "x"...)
	at := assay.Coordinate{Ecosystem: assay.NPM, Name: "specimen", Version: "1.0.0", File: "specimen-1.0.0.tgz"}
	got, err := New(Limits{}).Scan(t.Context(), at, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil || len(got) != 2 || got[0].ID != ExecutesEncoded || got[1].ID != ScanIncomplete {
		t.Errorf("%v, %v", got, err)
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("the disk is on fire") }

func TestErrorsAreNotTheFilesFault(t *testing.T) {
	at, content := packed(t, assay.NPM, files{"package.json": manifest("")})
	s := New(Limits{})
	if _, err := s.Scan(t.Context(), at, failing{}, 1000, nil); !assay.Is(err, assay.Internal) {
		t.Errorf("a failing disk: %v", err)
	}
	if _, err := s.Scan(t.Context(), at, bytes.NewReader(content), int64(len(content)), &Before{"0.9.0", failing{}, 1000}); !assay.Is(err, assay.Internal) {
		t.Errorf("a failing disk under the version before: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Scan(gone, at, bytes.NewReader(content), int64(len(content)), nil); !assay.Is(err, assay.Canceled) {
		t.Errorf("an asker that went away: %v", err)
	}
}

func TestFilesThatAreNoArchives(t *testing.T) {
	for what, at := range map[string]assay.Coordinate{
		"a POM":              {Ecosystem: assay.Maven, Name: "a:b", Version: "1", File: "b-1.pom"},
		"a wheel's metadata": {Ecosystem: assay.PyPI, Name: "a", Version: "1", File: "a-1-py3-none-any.whl.metadata"},
		"a signature":        {Ecosystem: assay.PyPI, Name: "a", Version: "1", File: "a-1.tar.gz.asc"},
		"a go.mod":           {Ecosystem: assay.Golang, Name: "a.example/b", Version: "v1.0.0", File: "v1.0.0.mod"},
	} {
		if got, err := New(Limits{}).Scan(t.Context(), at, strings.NewReader("<project/>"), 10, nil); err != nil || len(got) != 0 {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}

func TestSignalsAreRankedAndBounded(t *testing.T) {
	all := files{"package.json": "{"}
	for _, name := range strings.Split("abcdefghijklmnop", "") {
		all[name+".js"] = strings.Repeat("eval(atob('"+blob()+"'))\n", 5)
	}
	at, content := packed(t, assay.NPM, all)
	got, err := New(Limits{Signals: 10}).Scan(t.Context(), at, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil || len(got) != 10 || got[9].ID != ScanIncomplete {
		t.Fatalf("%d signals, %v", len(got), err)
	}
	for i, s := range got[:9] {
		if want := string(rune('a'+i/perFile)) + ".js"; s.ID != ExecutesEncoded || s.File != want || s.Line != i%perFile+1 {
			t.Errorf("signal %d is %+v, want %s", i, s, want)
		}
	}
}

func TestEverySignalIsDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, about := range Signals() {
		if seen[about.ID] || len(about.Meaning) < 20 || strings.ToLower(about.ID) != about.ID || strings.ContainsAny(about.ID, " _") {
			t.Errorf("%+v", about)
		}
		seen[about.ID] = true
	}
	if len(seen) != 9 {
		t.Errorf("%d signals", len(seen))
	}
}

func TestWhatIsQuotedIsPrintable(t *testing.T) {
	if got := shown("a\x1b[2J\nb\u202e\xffc  d", 100); got != "a?[2J b??c d" {
		t.Errorf("%q", got)
	}
	if got := shown(strings.Repeat("x", 500), 10); got != strings.Repeat("x", 10)+"..." {
		t.Errorf("%q", got)
	}
}

// Scans wait for room, and give up waiting when the asker goes.
func TestNoMoreScansAtOnceThanAllowed(t *testing.T) {
	s := New(Limits{AtOnce: 1})
	s.room <- struct{}{}
	at, content := packed(t, assay.NPM, files{"package.json": manifest("")})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := s.Scan(ctx, at, bytes.NewReader(content), int64(len(content)), nil); !assay.Is(err, assay.Canceled) {
		t.Errorf("%v", err)
	}
	<-s.room
	if _, err := s.Scan(t.Context(), at, bytes.NewReader(content), int64(len(content)), nil); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

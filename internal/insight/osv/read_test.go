package osv

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"assay.invalid/internal/assay"
)

func zipped(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t testing.TB, files map[string]string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadDir(t *testing.T) {
	one := func(id string) string { return rec(id, "a", semver(`{"introduced":"0"}`), "") }
	dir := fstest.MapFS{}
	for name, text := range map[string]string{
		"one.json":          one("J-1"),
		"array.json":        "[" + one("A-1") + ",\n" + one("A-2") + "]",
		"after.json":        one("B-1") + "\n" + one("B-2"),
		"deep/er/lines.osv": one("O-1"),
		"lines.jsonl":       one("L-1") + "\n\n" + one("L-2") + "\n{broken\n" + one("L-3"),
		"packed.jsonl.gz":   gzipped(t, one("G-1")+"\n"+one("G-2")),
		"all.zip":           zipped(t, map[string]string{"npm/Z-1.json": one("Z-1"), "readme.txt": "no record", "in.zip": "an archive in an archive", "l.jsonl.gz": gzipped(t, one("Z-2"))}),
		"all.tar.gz":        gzipped(t, tarred(t, map[string]string{"T-1.json": one("T-1")})),
		"other.tgz":         gzipped(t, tarred(t, map[string]string{"T-2.json": one("T-2")})),
		"notes.txt":         "not looked at",
		".git/config.json":  "{nor this",
		"cut.json.gz":       gzipped(t, one("C-1"))[:30],
		"not.zip":           "PK, it is not",
		"twice.json":        `{"id":"D-1","id":"D-2"}`,
		"cut.tar.gz":        gzipped(t, tarred(t, map[string]string{"T-9.json": one("T-9")})[:600]),
	} {
		dir[name] = &fstest.MapFile{Data: []byte(text)}
	}
	report := &Report{}
	found := map[string]bool{}
	if err := ReadDir(t.Context(), dir, Limits{}, report, func(r Record) { found[r.ID] = true }); err != nil {
		t.Fatal(err)
	}
	for _, id := range strings.Fields("J-1 A-1 A-2 B-1 B-2 O-1 L-1 L-2 L-3 G-1 G-2 Z-1 Z-2 T-1 T-2") {
		if !found[id] {
			t.Errorf("%s was not read", id)
		}
		delete(found, id)
	}
	if len(found) > 0 {
		t.Errorf("read besides: %v", found)
	}
	var where []string
	for _, p := range report.Problems {
		where = append(where, p.Where)
	}
	all := strings.Join(where, "; ")
	if report.Broken != 6 { // the archive that was cut, and the record in it
		t.Errorf("%d are broken: %s", report.Broken, all)
	}
	for _, name := range []string{"lines.jsonl, line 4", "cut.json.gz", "not.zip", "twice.json, record 1", "cut.tar.gz"} {
		if !strings.Contains(all, name) {
			t.Errorf("%s is not named: %s", name, all)
		}
	}
}

func TestReadingIsBounded(t *testing.T) {
	one := rec("A-1", "a", semver(`{"introduced":"0"}`), "")
	bomb := gzipped(t, strings.Repeat(" ", 4<<20)+one)
	for name, tc := range map[string]struct {
		file, text string
		limits     Limits
		says       string
		read       int
	}{
		"a bomb":              {"a.json.gz", bomb, Limits{Total: 1 << 20}, "more than 1048576 bytes in all", 0},
		"a long line":         {"a.jsonl", strings.Repeat("x", 5000) + "\n" + one, Limits{Record: 1000}, "more than 1000 bytes", 1},
		"many records":        {"a.jsonl", strings.Repeat(one+"\n", 10), Limits{Records: 3}, "more than 3 records", 3},
		"many files":          {"a.zip", zipped(t, map[string]string{"1.json": one, "2.json": one, "3.json": one}), Limits{Files: 2}, "more than 2 files", 1},
		"many versions":       {"a.json", rec("A-1", "a", ``, `,"versions":["1","2","3"]`), Limits{Versions: 2}, "more versions", 0},
		"many packages":       {"a.json", rec("A-1", "a", ``, ""), Limits{Affected: -1}, "packages", 0},
		"an unknown range":    {"a.json", rec("A-1", "a", `{"type":"FUZZY","events":[]}`, ""), Limits{}, "FUZZY", 0},
		"an id that is none":  {"a.json", `{"id":"two words"}`, Limits{}, "no id", 0},
		"a date that is none": {"a.json", `{"id":"A-1","modified":"yesterday"}`, Limits{}, "no date", 0},
		"no object":           {"a.json", `"A-1"`, Limits{}, "JSON object", 0},
		"keys in capitals":    {"a.json", `{"ID":"A-1"}`, Limits{}, "no id", 0},
	} {
		t.Run(name, func(t *testing.T) {
			report, n := &Report{}, 0
			if err := ReadFile(t.Context(), tc.file, strings.NewReader(tc.text), int64(len(tc.text)), tc.limits, report, func(Record) { n++ }); err != nil {
				t.Fatal(err)
			}
			if n != tc.read || len(report.Problems) == 0 || !strings.Contains(report.Problems[0].What, tc.says) {
				t.Errorf("%d read, problems %+v, want %d and %q", n, report.Problems, tc.read, tc.says)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ReadFile(ctx, "a.jsonl", strings.NewReader(one), 1, Limits{}, &Report{}, func(Record) {}); !assay.Is(err, assay.Canceled) {
		t.Errorf("given up: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(rec("A-1", "a", semver(`{"introduced":"0"},{"fixed":"1.0.0"},{"limit":"*"}`), `,"versions":["1"]`)))
	f.Add([]byte(`{"id":"A","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}],"database_specific":{"cwe_ids":["CWE-506"]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse(text, Limits{Record: 1 << 16})
		if err != nil {
			if k := assay.KindOf(err); k != assay.Invalid && k != assay.TooLarge {
				t.Fatalf("%v is %v", err, k)
			}
			return
		}
		b := NewBuilder(testGrammars, nil)
		b.Add(r, "fuzz")
		x := b.Build()
		for _, a := range r.Affected {
			eco, ok := ecosystemOf(a.Ecosystem)
			if !ok {
				continue
			}
			for _, v := range a.Versions { // what is enumerated is concerned, whatever else stands there
				g, _ := testGrammars(eco)
				name, err := nameOf(eco, a.Name, g)
				if err == nil && v != "" && r.Withdrawn.IsZero() && len(x.IDs(assay.Coordinate{Ecosystem: eco, Name: name, Version: v})) != 1 {
					t.Fatalf("%s@%s is not concerned by %s", name, v, text)
				}
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	one := rec("A-1", "a", semver(`{"introduced":"0"}`), "")
	f.Add("a.zip", []byte(zipped(f, map[string]string{"1.json": one})))
	f.Add("a.tar.gz", []byte(gzipped(f, tarred(f, map[string]string{"1.json": one}))))
	f.Add("a.json", []byte("["+one+"]"))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		n := 0
		limits := Limits{Records: 50, Total: 1 << 20, Record: 1 << 14, Files: 50}
		if err := ReadFile(t.Context(), name, bytes.NewReader(text), int64(len(text)), limits, &Report{}, func(Record) { n++ }); err != nil {
			t.Fatal(err)
		}
		if n > limits.Records {
			t.Fatalf("%d records", n)
		}
	})
}

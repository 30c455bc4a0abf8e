package wall

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard/assess"
)

func TestAWallIsRead(t *testing.T) {
	w := readAll(t, folder(t), options(t))
	if len(w.LeftOut) > 0 || len(w.Public) != 2 || len(w.Software) != 1 {
		t.Fatalf("public %d, software %d, left out %v", len(w.Public), len(w.Software), w.LeftOut)
	}
	if w.Public[0].Name != "anvil" || w.Public[1].Name != "Kettle Index" || w.Software[0].Name != "Server 6.8.0" {
		t.Errorf("the names are %q, %q, %q", w.Public[0].Name, w.Public[1].Name, w.Software[0].Name)
	}
	if !w.Date.Equal(time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("it is of %s, and the newest file is the card, of the day before the tests", w.Date)
	}
	if n, m := find(t, w, "kettle").counts(); n != 6 || m != len(current(t).All()) {
		t.Errorf("%d of %d are known", n, m)
	}
}

func TestMistakesLeaveAFileOutAndShowTheRest(t *testing.T) {
	good := string(written("Broken", telling))
	for _, tt := range []struct {
		name, file string
		data       []byte
		line       int
		says       string
	}{
		{"a typing mistake in a state", "broken.yaml", []byte(strings.Replace(good, "state: partial", "state: partail", 1)), 28, `"partail" is no state: met, partial,`},
		{"a typing mistake in a capability", "broken.yaml", []byte(strings.Replace(good, "namespaces:", "namespace:", 1)), 27, `did you mean namespaces?`},
		{"a citation without a source", "broken.yaml", []byte(strings.Replace(good, "where: our own look, ", "", 1)), 20, "has no url, and does not say where"},
		{"a citation without a date", "broken.yaml", []byte(strings.Replace(good, "where: our own look, date: 2026-10-01", "where: our own look", 1)), 20, "is missing: "},
		{"a source in the future", "broken.yaml", []byte(strings.Replace(good, "date: 2026-10-01", "date: 2026-12-01", 1)), 20, "2026-12-01 lies in the future"},
		{"an assessment of the future", "broken.yaml", []byte(strings.Replace(good, "made: 2026-11-20", "made: 2027-11-20", 1)), 3, "2027-11-20 lies in the future"},
		{"an assessment of a repository that has one", "zz.yaml", written("anvil", "  yank: {state: met}\n"), 1, "is about the repository that anvil.yaml is about"},
		{"the same, in other letters", "zz.yml", written("  ANVIL ", "  yank: {state: met}\n"), 1, "is about the repository that anvil.yaml is about"},
		{"no YAML", "broken.yaml", []byte("{{{"), 1, "not readable as YAML"},
		{"an empty file", "broken.yaml", nil, 1, "the file is empty"},
		{"no card", "broken.json", []byte("{}"), 0, "in-toto"},
		{"a card of the future", "broken.json", sealed(t, "Late", true, today.AddDate(0, 0, 3)), 0, "2026-11-25 lies in the future"},
		{"a card that was changed", "broken.json", []byte(strings.Replace(string(sealed(t, "Liar", true, today)), `"sig":"`, `"sig":"AAAA`, 1)), 0, "signature"},
		{"a file that is too large", "broken.yaml", []byte(strings.Repeat("#", 3<<20)), 0, "larger than 2 MB"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := folder(t)
			files[tt.file] = &fstest.MapFile{Data: tt.data}
			w := readAll(t, files, options(t))
			if len(w.Public) != 2 || len(w.Software) != 1 {
				t.Errorf("of the rest, %d and %d are there", len(w.Public), len(w.Software))
			}
			if len(w.LeftOut) == 0 {
				t.Fatal("nothing was left out")
			}
			p := w.LeftOut[0]
			if p.File != tt.file || p.Line != tt.line || !strings.Contains(p.Message, tt.says) {
				t.Errorf("%s:%d: %s\nwant line %d, and %q", p.File, p.Line, p.Message, tt.line, tt.says)
			}
			b := newBuilder(w, weighed(t))
			if err := b.index(t.Context()); err != nil {
				t.Fatal(err)
			}
			has(t, b.site[first], "Left out.", tt.file, "2 public repositories")
		})
	}
}

func TestWhatIsNoAssessmentIsSaidOrRefused(t *testing.T) {
	files := folder(t)
	files["kettle.ymal"] = &fstest.MapFile{Data: []byte("typed wrongly")}
	warned := ""
	for _, p := range readAll(t, files, options(t)).Warnings {
		if p.File == "kettle.ymal" {
			warned = p.Message
		}
	}
	if !strings.Contains(warned, "was not read") {
		t.Errorf("of the file with a wrong name it says %q", warned)
	}
	sources, err := Folder(fstest.MapFS{"README.md": {Data: []byte("nothing")}})
	if err == nil {
		_, err = Read(t.Context(), sources, options(t))
	}
	if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "assay assess new") {
		t.Errorf("an empty folder: %v", err)
	}
	o := options(t)
	o.Limits.Files = 1
	if sources, err = Folder(folder(t)); err == nil {
		_, err = Read(t.Context(), sources, o)
	}
	if !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "more than 1 files") {
		t.Errorf("too many files: %v", err)
	}
}

func TestACardJoinsItsAssessment(t *testing.T) {
	for _, tt := range []struct{ name, file, subject string }{
		{"by the file's name", "kettle.json", "another name"}, {"by the repository's name", "card-of-it.json", "kettle  index"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := folder(t)
			files[tt.file] = &fstest.MapFile{Data: sealed(t, tt.subject, true, today)}
			w := readAll(t, files, options(t))
			if len(w.Public) != 2 || len(w.LeftOut) > 0 {
				t.Fatalf("%d public, left out %v", len(w.Public), w.LeftOut)
			}
			e := find(t, w, "kettle")
			s := lookUp(e.byCapability(), "security-txt")
			if s.State != assess.Met || s.Knowledge != assess.Probed || s.Contradicts != assess.NotMet {
				t.Errorf("the standing is %s, against %q", s.Line(), s.Contradicts)
			}
			page := built(t, w, weighed(t))["repositories/kettle.html"]
			has(t, page, "Checks contradict what is said of 1 capability", "It is said to be not met, and the checks found otherwise.", "It is there.")
		})
	}
}

func TestTheDayOfTheWallIsTheNewestOfTheInputOrTheOneGiven(t *testing.T) {
	files := fstest.MapFS{"kettle.yaml": {Data: written("Kettle", telling)}}
	if w := readAll(t, files, options(t)); w.Date.Format(time.DateOnly) != "2026-11-20" {
		t.Errorf("the day is %s, and the newest thing is the assessment, of 2026-11-20", w.Date)
	}
	o := options(t)
	o.Date = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	if w := readAll(t, files, o); !w.Date.Equal(o.Date) || len(w.LeftOut) > 0 {
		t.Errorf("the day is %s, left out %v", w.Date, w.LeftOut)
	}
	files["later.yaml"] = &fstest.MapFile{Data: written("Later", "  yank: {state: met}\n")}
	o.Date = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	w := readAll(t, files, o)
	if len(w.Public) != 0 || len(w.LeftOut) == 0 || !strings.Contains(w.LeftOut[0].Message, "lies in the future") {
		t.Errorf("of a day before the files: %d public, left out %v", len(w.Public), w.LeftOut)
	}
}

func TestAgesAreNeverGreaterThanTheyAre(t *testing.T) {
	w := &Wall{Date: today}
	for date, want := range map[string]string{
		"2026-11-22": "new", "2026-11": "this month", "2026": "this year", "2027-01-01": "new", "2026-11-21": "1 day old", "2026-10-23": "30 days old", "2026-10-22": "1 month old",
		"2026-10": "at least 22 days old", "2025-11-22": "1 year old", "2025": "at least 10 months old", "2025-09-22": "1 year 2 months old", "2022": "at least 3 years old", "nonsense": "",
	} {
		if got := w.dated(date, false).Age; got != want {
			t.Errorf("%s is %q, want %q", date, got, want)
		}
	}
	for date, want := range map[string]string{"2026-11-21": "1 day ago", "2025-11": "at least 11 months ago", "2026": "this year", "2026-11-22": ""} {
		if got := w.dated(date, true); got.Age != want || !got.Undated {
			t.Errorf("of what bears no date and was read %s it says %+v, want %q", date, got, want)
		}
	}
}

func FuzzFileNames(f *testing.F) {
	for _, s := range []string{"npm.yaml", "../../etc/passwd", ".yaml", "Maven Central.yaml", "ünïcode.json", "a--b..yaml", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file string) {
		id := stem(file)
		if id == "" || strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasPrefix(id, "-") || strings.HasSuffix(id, "-") {
			t.Errorf("%q became %q", file, id)
		}
	})
}

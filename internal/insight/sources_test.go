package insight

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

func TestFilesAndDirectoriesAreSources(t *testing.T) {
	h := newHouse(t)
	file := h.write("one.json", record("A-1", "left", "2.0.0", ""))
	h.write("many/a.json", record("MAL-1", "evil", "", ""))
	h.write("many/deep/b.jsonl", record("B-1", "left", "3.0.0", `,"aliases":["CVE-1"]`)+"\n{broken\n"+record("C-1", "right", "1.0.0", ""))
	if f := h.facts("pkg:npm/left@1.0.0"); !f.AdvisoriesRead.IsZero() {
		t.Errorf("with no source set, advisories are as of %s", f.AdvisoriesRead)
	}
	h.add(Advisories, "one", file)
	if got := h.changed(); got != "left" {
		t.Errorf("told of %q", got)
	}
	st := h.add(Advisories, "many", filepath.Join(h.dir, "many"))
	if st.Records != 3 || st.Broken != 1 || len(st.Problems) != 1 || !strings.Contains(st.Problems[0], "b.jsonl, line 2") {
		t.Errorf("the status is %+v", st)
	}
	for purl, want := range map[string]string{
		"pkg:npm/left@1.0.0":   "A-1 B-1",
		"pkg:npm/left@2.0.0":   "B-1 +A-1",
		"pkg:npm/left@3.0.0":   "+B-1",
		"pkg:npm/left@odd":     "A-1 B-1",
		"pkg:npm/evil@9.9.9":   "MAL-1!",
		"pkg:npm/nothing@1":    "",
		"pkg:pypi/left@1.0":    "",
		"pkg:npm/right@0.9.0":  "C-1",
		"pkg:conan/left@1.0.0": "",
	} {
		if got := h.ids(purl); got != want {
			t.Errorf("%s: %q, want %q", purl, got, want)
		}
	}
	if f := h.facts("pkg:npm/left@1.0.0"); !f.AdvisoriesRead.Equal(h.now()) || f.Advisories[0].Source != "one" || f.Advisories[1].Source != "many" {
		t.Errorf("the facts are %+v, now it is %s", f, h.now())
	}
	h.changed()

	// They are kept, and read again at the next start.
	h.restart()
	if got := h.ids("pkg:npm/left@2.0.0"); got != "B-1 +A-1" {
		t.Errorf("after a restart: %q", got)
	}

	// A change is found, and told of by package.
	h.changed()
	h.write("many/a.json", record("MAL-1", "worse", "", ""))
	h.refresh(Advisories, "many")
	if got := h.changed(); got != "evil worse" {
		t.Errorf("told of %q", got)
	}
	if got := h.ids("pkg:npm/evil@9.9.9") + h.ids("pkg:npm/worse@1.0.0"); got != "MAL-1!" {
		t.Errorf("it says %q", got)
	}

	// Removed, it says nothing any more.
	if _, err := h.svc.Remove(t.Context(), Advisories, "many"); err != nil {
		t.Fatal(err)
	}
	if got := h.changed(); got != "left right worse" {
		t.Errorf("told of %q", got)
	}
	h.restart()
	if got := h.ids("pkg:npm/left@2.0.0") + h.ids("pkg:npm/worse@1.0.0"); got != "+A-1" {
		t.Errorf("it says %q", got)
	}
}

func TestSourcesThatAreRefused(t *testing.T) {
	h := newHouse(t)
	sound := h.write("sound.json", record("A-1", "left", "", ""))
	h.add(Advisories, "there", sound)
	h.net.set("https://feed.example/page", page{body: "<html>not found</html>"})
	h.net.set("https://feed.example/all.zip", page{body: "PK\x03\x04 cut"})
	for name, tc := range map[string]struct {
		src  Source
		kind assay.Kind
		said string
	}{
		"a name with capitals":            {Source{Kind: Advisories, Name: "One", From: sound}, assay.Invalid, "cannot name a source"},
		"a name that leads out":           {Source{Kind: Advisories, Name: "../x", From: sound}, assay.Invalid, "cannot name a source"},
		"the name of our own":             {Source{Kind: Advisories, Name: "own", From: sound}, assay.Invalid, "always there"},
		"a name of those given":           {Source{Kind: Advisories, Name: "given-7", From: sound}, assay.Invalid, "take another"},
		"a name that is taken":            {Source{Kind: Advisories, Name: "there", From: sound + "x"}, assay.Conflict, "already"},
		"the same source again":           {Source{Kind: Advisories, Name: "again", From: sound}, assay.Conflict, "read already"},
		"a path from here":                {Source{Kind: Advisories, Name: "x", From: "sound.json"}, assay.Invalid, "from the root on"},
		"another scheme":                  {Source{Kind: Advisories, Name: "x", From: "ftp://feed.example/a.zip"}, assay.Invalid, "https://"},
		"an address with a password":      {Source{Kind: Advisories, Name: "x", From: "https://u:p@feed.example/a.zip"}, assay.Invalid, "no password"},
		"an address without a host":       {Source{Kind: Advisories, Name: "x", From: "https:///a.zip"}, assay.Invalid, "no address"},
		"a file that is not there":        {Source{Kind: Advisories, Name: "x", From: sound + "x"}, assay.NotFound, "does not exist"},
		"a file that is no record":        {Source{Kind: Advisories, Name: "x", From: h.write("b.json", "hello")}, assay.Unsound, "nothing in it could be read"},
		"a directory as a list":           {Source{Kind: KnownBad, Name: "x", From: h.dir}, assay.Invalid, "a list is one file"},
		"an address that is away":         {Source{Kind: Advisories, Name: "x", From: "https://away.example/a.zip"}, assay.Unavailable, "does not answer"},
		"an address with a page":          {Source{Kind: Advisories, Name: "x", From: "https://feed.example/page"}, assay.Unsound, "no JSON"},
		"an address with a broken answer": {Source{Kind: Advisories, Name: "x", From: "https://feed.example/all.zip"}, assay.Unsound, "nothing in it could be read"},
		"another kind":                    {Source{Kind: "x", Name: "x", From: sound}, assay.Invalid, "holds advisories"},
	} {
		_, err := h.svc.Add(t.Context(), tc.src)
		if !assay.Is(err, tc.kind) || !strings.Contains(err.Error(), tc.said) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(h.svc.Sources(Advisories)); n != 2 {
		t.Errorf("there are %d sources", n)
	}
	if entries, err := os.ReadDir(filepath.Join(h.dir, "advisories")); err == nil && len(entries) > 0 {
		t.Errorf("a source that was refused left %v", entries)
	}
	if _, err := h.svc.Remove(t.Context(), Advisories, "nowhere"); !assay.Is(err, assay.NotFound) {
		t.Errorf("removing what is not there: %v", err)
	}
	if _, err := h.svc.Remove(t.Context(), KnownBad, EmbeddedName); !assay.Is(err, assay.Invalid) {
		t.Errorf("removing what is always there: %v", err)
	}
}

func TestAnUnsoundReadingNeverReplacesAGoodOne(t *testing.T) {
	three := record("A-1", "left", "", "") + "\n" + record("A-2", "right", "", "") + "\n" + record("A-3", "up", "", "")
	for name, tc := range map[string]struct {
		now  string
		keep bool
	}{
		"cut in the middle":              {three[:len(three)/2], true},
		"empty":                          {"", false}, // of a file: the operator has emptied it
		"no record":                      {"<html>", true},
		"fewer, and sound":               {record("A-1", "left", "", ""), false},
		"more, and one broken":           {three + "\n" + record("A-4", "down", "", "") + "\n{broken", false},
		"one of them broken":             {strings.Replace(three, `{"id":"A-2"`, `{"id":`, 1), true},
		"one withdrawn":                  {strings.Replace(three, record("A-2", "right", "", ""), withdrawn("A-2", "2026-11-02T00:00:00Z"), 1), false},
		"of a type that nobody can read": {"\x00\x01\x02", true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			file := h.write("a.jsonl", three)
			h.add(Advisories, "a", file)
			h.write("a.jsonl", tc.now)
			st := h.refresh(Advisories, "a")
			kept := h.ids("pkg:npm/right@1.0.0") == "A-2"
			if kept != tc.keep && name != "more, and one broken" {
				t.Errorf("kept is %v, the status %+v", kept, st)
			}
			if h.ids("pkg:npm/left@1.0.0") != "A-1" && name != "empty" {
				t.Errorf("the first record is gone; the status is %+v", st)
			}
			if tc.keep != (len(st.Problems) > 0 && st.Problems[0] != "" && !st.Read.Equal(h.now())) {
				t.Errorf("the status is %+v", st)
			}
			// Nothing changes: it is not read again, and the problem stays.
			if err := h.svc.read(t.Context(), h.svc.sources[0], false); (err != nil) != tc.keep {
				t.Errorf("looked at again: %v", err)
			}
			h.write("a.jsonl", three)
			if err := h.svc.read(t.Context(), h.svc.sources[0], false); err != nil || h.ids("pkg:npm/right@1.0.0") != "A-2" {
				t.Errorf("when it was well again: %v", err)
			}
		})
	}
}

func TestAFileThatIsAway(t *testing.T) {
	h := newHouse(t)
	file := h.write("a.json", record("MAL-1", "left", "", ""))
	h.add(Advisories, "a", file)
	if err := os.Rename(file, file+"x"); err != nil {
		t.Fatal(err)
	}
	if st := h.refresh(Advisories, "a"); len(st.Problems) != 1 || !strings.Contains(st.Problems[0], "does not exist") {
		t.Errorf("the status is %+v", st)
	}
	if got := h.ids("pkg:npm/left@1.0.0"); got != "MAL-1!" {
		t.Errorf("while it is away it says %q", got)
	}
	if err := os.Rename(file+"x", file); err != nil {
		t.Fatal(err)
	}
	if err := h.svc.read(t.Context(), h.svc.sources[0], false); err != nil {
		t.Errorf("when it is back: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	const feed = "https://feed.example/npm/all"
	h := newHouse(t)
	h.net.set(feed, page{body: record("MAL-1", "left", "", ""), etag: `"1"`})
	h.add(Advisories, "feed", feed)
	if got := h.ids("pkg:npm/left@1.0.0"); got != "MAL-1!" {
		t.Fatalf("it says %q", got)
	}
	read := h.now()
	h.later(time.Hour)
	if st := h.refresh(Advisories, "feed"); !st.Read.Equal(h.now()) || len(st.Problems) > 0 {
		t.Errorf("unchanged, the status is %+v", st)
	}
	if q := h.net.asked[1]; q.ETag != `"1"` {
		t.Errorf("asked %+v", q)
	}
	if f := h.facts("pkg:npm/left@1.0.0"); !f.AdvisoriesRead.Equal(read.Add(time.Hour)) {
		t.Errorf("advisories are as of %s", f.AdvisoriesRead)
	}

	// What an address says while it is ill takes nothing back.
	for name, p := range map[string]page{
		"away":                 {err: assay.Errorf(assay.Unavailable, "no route")},
		"a page":               {body: "<html>sorry</html>", etag: `"2"`},
		"cut":                  {body: record("MAL-1", "left", "", ""), etag: `"2"`, short: true},
		"nothing":              {body: "[]", etag: `"2"`},
		"no record":            {body: `{"hello":1}`, etag: `"2"`},
		"more than it may say": {body: strings.Repeat(record("MAL-1", "left", "", ""), 50), etag: `"2"`},
	} {
		h.net.set(feed, p)
		h.svc.o.Bytes = 4000
		st := h.refresh(Advisories, "feed")
		if got := h.ids("pkg:npm/left@1.0.0"); got != "MAL-1!" || len(st.Problems) == 0 || !st.Read.Equal(read.Add(time.Hour)) {
			t.Errorf("%s: it says %q, the status is %+v", name, got, st)
		}
		if q := h.net.asked[len(h.net.asked)-1]; q.ETag != `"1"` {
			t.Errorf("%s: asked with %+v", name, q)
		}
	}
	// Nor does a restart, while it is away.
	h.net.set(feed, page{err: assay.Errorf(assay.Unavailable, "no route")})
	asked := len(h.net.asked)
	h.restart()
	if got := h.ids("pkg:npm/left@1.0.0"); got != "MAL-1!" || len(h.net.asked) != asked {
		t.Errorf("after a restart it says %q; it was asked %d times", got, len(h.net.asked)-asked)
	}
	if f := h.facts("pkg:npm/left@1.0.0"); !f.AdvisoriesRead.Equal(read.Add(time.Hour)) {
		t.Errorf("after a restart advisories are as of %s", f.AdvisoriesRead)
	}
	if n := len(h.files("advisories-feed")); n != 2 {
		t.Errorf("%d files are kept: %v", n, h.files("advisories-feed"))
	}

	// New and sound, it replaces what was there, on disk too.
	h.net.set(feed, page{body: record("MAL-2", "right", "", ""), etag: `"3"`})
	h.refresh(Advisories, "feed")
	h.restart()
	if got := h.ids("pkg:npm/left@1.0.0") + h.ids("pkg:npm/right@1.0.0"); got != "MAL-2!" {
		t.Errorf("it says %q", got)
	}
	if n := len(h.files("advisories-feed")); n != 2 {
		t.Errorf("%d files are kept: %v", n, h.files("advisories-feed"))
	}
	if _, err := h.svc.Remove(t.Context(), Advisories, "feed"); err != nil {
		t.Fatal(err)
	}
	if n := len(h.files("advisories-feed")); n != 0 {
		t.Errorf("removed, it left %v", h.files("advisories-feed"))
	}
}

func (h *house) files(dir string) []string {
	entries, err := os.ReadDir(filepath.Join(h.dir, "advisories", dir))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A copy that was spoiled on disk is taken anew and never answered by 304.
func TestASpoiledCopy(t *testing.T) {
	const feed = "https://feed.example/all.json"
	for name, spoil := range map[string]func(t *testing.T, dir string, names []string){
		"cut": func(t *testing.T, dir string, names []string) {
			for _, n := range names {
				if n != noteName {
					if err := os.Truncate(filepath.Join(dir, n), 5); err != nil {
						t.Error(err)
					}
				}
			}
		},
		"without its note": func(t *testing.T, dir string, _ []string) {
			if err := os.Remove(filepath.Join(dir, noteName)); err != nil {
				t.Error(err)
			}
		},
		"with a note that leads out": func(t *testing.T, dir string, _ []string) {
			if err := os.WriteFile(filepath.Join(dir, noteName), []byte(`{"from":"`+feed+`","file":"../../assay.db","size":1}`), 0o600); err != nil {
				t.Error(err)
			}
		},
		"with a note of another address": func(t *testing.T, dir string, _ []string) {
			if err := os.WriteFile(filepath.Join(dir, noteName), []byte(`{"from":"https://other.example/","file":"x"}`), 0o600); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.net.set(feed, page{body: record("MAL-1", "left", "", ""), etag: `"1"`})
			h.add(Advisories, "feed", feed)
			spoil(t, filepath.Join(h.dir, "advisories", "advisories-feed"), h.files("advisories-feed"))
			h.restart()
			if got := h.ids("pkg:npm/left@1.0.0"); got != "" {
				t.Errorf("a spoiled copy says %q", got)
			}
			h.refresh(Advisories, "feed")
			if q := h.net.asked[len(h.net.asked)-1]; q.ETag != "" || h.ids("pkg:npm/left@1.0.0") != "MAL-1!" {
				t.Errorf("asked %+v, it says %q", q, h.ids("pkg:npm/left@1.0.0"))
			}
		})
	}
}

func zipped(t testing.TB, name, text string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create(name)
	if err == nil {
		_, err = f.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func gzipped(t testing.TB, text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tarred(t testing.TB, name, text string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o600, Format: tar.FormatUSTAR})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAnAddressMayAnswerInAnyForm(t *testing.T) {
	one := record("A-1", "left", "", "")
	h := newHouse(t)
	for name, body := range map[string]string{
		"json": one, "array": "[" + one + "]", "lines": one + "\n" + record("A-2", "right", "", ""), "zip": zipped(t, "npm/A-1.json", one),
		"json-gz": gzipped(t, one), "tar-gz": gzipped(t, tarred(t, "A-1.json", one)), "tar": tarred(t, "A-1.json", one),
	} {
		for _, address := range []string{"https://feed.example/" + name, "https://feed.example/x." + strings.NewReplacer("-", ".", "array", "json", "lines", "jsonl").Replace(name) + "?key=1"} {
			h.net.set(address, page{body: body})
			h.add(Advisories, "x", address)
			if got := h.ids("pkg:npm/left@1.0.0"); got != "A-1" {
				t.Errorf("%s says %q", address, got)
			}
			h.restart()
			if got := h.ids("pkg:npm/left@1.0.0"); got != "A-1" {
				t.Errorf("%s says %q after a restart", address, got)
			}
			if _, err := h.svc.Remove(t.Context(), Advisories, "x"); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestOneSourceAndAnother(t *testing.T) {
	h := newHouse(t)
	h.add(Advisories, "old", h.write("old.jsonl", strings.Join([]string{
		record("GHSA-1", "left", "2.0.0", `,"aliases":["CVE-1"]`),
		record("GHSA-2", "right", "2.0.0", ""),
		record("GHSA-3", "up", "2.0.0", `,"aliases":["CVE-3"]`), record("PYSEC-3", "up", "2.0.0", `,"aliases":["CVE-3"]`),
	}, "\n")))
	h.changed()
	h.add(Advisories, "new", h.write("new.jsonl", strings.Join([]string{
		// The same by another name, and worse: the fix of the first is none.
		record("X-1", "left", "3.0.0", `,"aliases":["CVE-1"],"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]`),
		withdrawn("GHSA-2", "2026-11-05T00:00:00Z"),
		withdrawn("GHSA-3", "2026-11-05T00:00:00Z"),
	}, "\n")))
	if got := h.changed(); got != "left right up" {
		t.Errorf("told of %q", got)
	}
	for purl, want := range map[string]string{
		"pkg:npm/left@1.0.0":  "GHSA-1",
		"pkg:npm/left@2.0.0":  "X-1",
		"pkg:npm/left@3.0.0":  "+X-1",
		"pkg:npm/right@1.0.0": "",
		"pkg:npm/right@2.0.0": "",
		"pkg:npm/up@1.0.0":    "GHSA-3", // another record says the same, and was not withdrawn
	} {
		if got := h.ids(purl); got != want {
			t.Errorf("%s: %q, want %q", purl, got, want)
		}
	}
	f := h.facts("pkg:npm/left@1.0.0")
	if a := f.Advisories[0]; a.Severity != assay.SeverityCritical || strings.Join(a.Aliases, " ") != "CVE-1 X-1" || a.Source != "old, new" {
		t.Errorf("joined: %+v", a)
	}
	// An older withdrawal takes back nothing that is newer.
	h.add(Advisories, "older", h.write("older.json", withdrawn("GHSA-1", "2026-10-05T00:00:00Z")))
	if got := h.ids("pkg:npm/left@1.0.0"); got != "GHSA-1" {
		t.Errorf("it says %q", got)
	}
	if _, err := h.svc.Remove(t.Context(), Advisories, "new"); err != nil {
		t.Fatal(err)
	}
	if got := h.ids("pkg:npm/right@1.0.0"); got != "GHSA-2" {
		t.Errorf("when the withdrawal is gone: %q", got)
	}
}

func TestOwnAdvisories(t *testing.T) {
	h := newHouse(t)
	at := coordinate(t, "pkg:npm/left@1.0.0")
	text, err := h.svc.Record("ASSAY-MAL-2026-1", at, "it reads tokens", h.now())
	if err != nil {
		t.Fatal(err)
	}
	err = h.store.Update(t.Context(), func(tx store.Tx) error {
		return tx.PutOwnAdvisory(t.Context(), store.OwnAdvisory{ID: "ASSAY-MAL-2026-1", Coordinate: at.String(), Record: text, Modified: h.now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.svc.OwnChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.ids("pkg:npm/left@1.0.0") + h.ids("pkg:npm/left@1.0.1"); got != "ASSAY-MAL-2026-1!" {
		t.Errorf("it says %q", got)
	}
	if got := h.changed(); got != "left" {
		t.Errorf("told of %q", got)
	}
	// Another place's record may have the same id: neither hides the other.
	theirs, err := h.svc.Record("ASSAY-MAL-2026-1", coordinate(t, "pkg:npm/right@1.0.0"), "it mines", h.now())
	if err != nil {
		t.Fatal(err)
	}
	h.add(Advisories, "peer", h.write("peer.json", string(theirs)))
	h.restart()
	if got := h.ids("pkg:npm/left@1.0.0") + h.ids("pkg:npm/right@1.0.0"); got != "ASSAY-MAL-2026-1!ASSAY-MAL-2026-1!" {
		t.Errorf("they say %q", got)
	}
	if st := h.svc.Sources(Advisories); len(st) != 2 || st[0].Name != OwnName || st[0].Records != 1 {
		t.Errorf("the sources are %+v", st)
	}
}

func TestSourcesGivenAtTheStart(t *testing.T) {
	h := newHouse(t)
	h.o.Given = []Source{{Kind: Advisories, Name: GivenName(1), From: h.write("a.json", record("MAL-1", "left", "", ""))}, {Kind: Advisories, Name: GivenName(2), From: "https://away.example/x.zip"}}
	h.restart()
	if got := h.ids("pkg:npm/left@1.0.0"); got != "MAL-1!" {
		t.Errorf("it says %q", got)
	}
	if _, err := h.svc.Remove(t.Context(), Advisories, "given-1"); !assay.Is(err, assay.Conflict) {
		t.Errorf("removed: %v", err)
	}
	h.o.Given[0].From += "x"
	svc, err := Open(t.Context(), h.store, h.o)
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	if err := svc.Load(t.Context()); !assay.Is(err, assay.NotFound) {
		t.Errorf("one that is not there: %v", err)
	}
}

// The schedule itself: a file is looked at, an address is asked when it is
// due, and one that is ill is asked again sooner.
func TestTheSchedule(t *testing.T) {
	const feed = "https://feed.example/all.json"
	h := newHouse(t, func(o *Options) { o.Look = 5 * time.Millisecond; o.Now = time.Now })
	h.net.set(feed, page{body: record("A-1", "left", "", ""), etag: `"1"`})
	h.add(Advisories, "feed", feed)
	file := h.write("a.json", record("A-2", "right", "", ""))
	h.add(Advisories, "file", file)
	if err := h.svc.Close(); err != nil {
		t.Fatal(err)
	}
	svc, err := Open(t.Context(), h.store, h.o)
	if err != nil {
		t.Fatal(err)
	}
	h.svc = svc
	defer svc.Close()
	if err := <-svc.Start(); err != nil {
		t.Fatal(err)
	}
	h.write("a.json", record("A-3", "right", "", ""))
	h.eventually("the file is read again", func() bool { return h.ids("pkg:npm/right@1.0.0") == "A-3" })
	for _, st := range svc.Sources(Advisories) {
		if st.Name == "feed" && (st.Next.Before(time.Now().Add(50*time.Minute)) || st.Next.After(time.Now().Add(70*time.Minute))) {
			t.Errorf("the address is asked next at %s", st.Next)
		}
	}
	h.net.set(feed, page{body: record("A-4", "left", "", ""), etag: `"2"`})
	svc.mu.Lock()
	for _, r := range svc.sources {
		r.due = time.Time{}
	}
	svc.mu.Unlock()
	h.eventually("the address is asked again", func() bool { return h.ids("pkg:npm/left@1.0.0") == "A-4" })
	h.net.set(feed, page{err: assay.Errorf(assay.Unavailable, "no route")})
	if st := h.refresh(Advisories, "feed"); st.Next.After(time.Now().Add(2 * time.Minute)) {
		t.Errorf("an address that is ill is asked next at %s", st.Next)
	}
}

func (h *house) eventually(what string, holds func() bool) {
	h.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			h.t.Fatalf("%s: not within 10 s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

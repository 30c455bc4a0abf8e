package insight

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

const (
	sumA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	sumB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func digest(t testing.TB, sum string) assay.Digest {
	t.Helper()
	d, err := assay.ParseDigest("sha256:" + sum)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheEmbeddedList(t *testing.T) {
	h := newHouse(t)
	if st := h.svc.Sources(KnownBad); len(st) != 1 || !st[0].Always || st[0].Records != 1240 || st[0].Broken != 0 {
		t.Errorf("the list is %+v", st)
	}
	for purl, want := range map[string]string{
		"pkg:npm/02-echo@0.0.7":                             "bad: on the list compromised-versions: shai-hulud-2.0",
		"pkg:npm/02-echo@0.0.8":                             "",
		"pkg:npm/%40accordproject/concerto-analysis@3.24.1": "bad: on the list compromised-versions: shai-hulud-2.0",
	} {
		if got := h.ids(purl); got != want {
			t.Errorf("%s: %q, want %q", purl, got, want)
		}
	}
}

func TestLists(t *testing.T) {
	for name, tc := range map[string]struct {
		list   string
		asked  string // a package URL or a digest
		want   string
		broken int
	}{
		"a version":                       {"npm\tleft\t1.0.0\ta worm", "pkg:npm/left@1.0.0", "on the list l: a worm", 0},
		"another version":                 {"npm\tleft\t1.0.0\ta worm", "pkg:npm/left@1.0.1", "", 0},
		"every version":                   {"npm\tleft\t*\ta worm", "pkg:npm/left@7.0.1", "on the list l: a worm", 0},
		"without a campaign":              {"npm\tleft\t1.0.0", "pkg:npm/left@1.0.0", "on the list l", 0},
		"a version spelt otherwise":       {"pypi\tLeft_Pad\t1.0", "pkg:pypi/left-pad@1.0.0", "on the list l", 0},
		"Go by its other name":            {"go\texample.org/M\tv1.0.0\tx", "pkg:golang/example.org/M@v1.0.0", "on the list l: x", 0},
		"a Go path of another case":       {"go\texample.org/M\tv1.0.0\tx", "pkg:golang/example.org/m@v1.0.0", "", 0},
		"Maven as people write it":        {"maven\torg.corp:kettle\t1.0\tx", "pkg:maven/org.corp/kettle@1.0", "on the list l: x", 0},
		"a version that is none":          {"npm\tleft\todd\tx", "pkg:npm/left@odd", "on the list l: x", 0},
		"a heading and a remark":          {"ecosystem\tname\tversion\tcampaign\n# said by us\n\nnpm\tleft\t1.0.0\tx\r\n", "pkg:npm/left@1.0.0", "on the list l: x", 0},
		"a digest":                        {"sha256 " + sumA + " it mines", sumA, "on the list l: it mines", 0},
		"a digest with capitals":          {"sha256 " + strings.ToUpper(sumA), sumA, "on the list l", 0},
		"a digest with tabs":              {"sha256\t" + sumA + "\tit mines", sumA, "on the list l: it mines", 0},
		"another digest":                  {"sha256 " + sumA + " it mines", sumB, "", 0},
		"a digest that is too short":      {"sha256 abc it mines\nnpm\tleft\t1.0.0\tx", "pkg:npm/left@1.0.0", "on the list l: x", 1},
		"a line of another form":          {"left 1.0.0\nnpm\tleft\t1.0.0\tx", "pkg:npm/left@1.0.0", "on the list l: x", 1},
		"a name that is none":             {"npm\t../x\t1.0.0\tx\nnpm\tleft\t1.0.0\tx", "pkg:npm/left@1.0.0", "on the list l: x", 1},
		"an ecosystem that is unknown":    {"cobol\tleft\t1.0.0\tx\nnpm\tleft\t1.0.0\tx", "pkg:npm/left@1.0.0", "on the list l: x", 0},
		"a reason that drives a terminal": {"npm\tleft\t1.0.0\t\x1b[31mred\u202e", "pkg:npm/left@1.0.0", "on the list l: [31mred", 0},
		"packed":                          {gzipped(t, "npm\tleft\t1.0.0\tx"), "pkg:npm/left@1.0.0", "on the list l: x", 0},
	} {
		l, err := readList("l", strings.NewReader(tc.list), testGrammars, ListLimits{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := ""
		if strings.HasPrefix(tc.asked, "pkg:") {
			got = l.of(coordinate(t, tc.asked), testGrammars)
		} else {
			got = l.digests[digest(t, tc.asked)]
		}
		if got != tc.want || l.report.Broken != tc.broken {
			t.Errorf("%s: %q, want %q; broken %+v", name, got, tc.want, l.report)
		}
	}
	for name, tc := range map[string]struct {
		list   string
		limits ListLimits
	}{
		"more bytes than are read":   {strings.Repeat("# a remark\n", 100), ListLimits{Bytes: 500}},
		"more entries than are read": {strings.Repeat("npm\tleft\t1.0.0\tx\n", 20), ListLimits{Entries: 10}},
		"a line without an end":      {strings.Repeat("x", 5000), ListLimits{}},
		"cut in the middle":          {gzipped(t, strings.Repeat("npm\tleft\t1.0.0\tx\n", 200))[:30], ListLimits{}},
		"packed, as it says":         {"\x1f\x8bnot so", ListLimits{}},
	} {
		if _, err := readList("l", strings.NewReader(tc.list), testGrammars, tc.limits); err == nil {
			t.Errorf("%s: taken for a list", name)
		}
	}
}

func TestListsThatChange(t *testing.T) {
	h := newHouse(t)
	if len(h.judged) != 0 {
		t.Errorf("with no digest listed, judged %v", h.judged)
	}
	a, b := digest(t, sumA), digest(t, sumB)
	h.add(KnownBad, "ours", h.write("l.tsv", "npm\tleft\t1.0.0\ta worm\nsha256 "+sumA+" it mines"))
	if got := h.changed(); got != "left" {
		t.Errorf("told of %q", got)
	}
	if got := h.ids("pkg:npm/left@1.0.0"); got != "bad: on the list ours: a worm" {
		t.Errorf("it says %q", got)
	}
	if h.svc.KnownBad(a) != "on the list ours: it mines" || h.svc.KnownBad(b) != "" {
		t.Errorf("of the digests it says %q and %q", h.svc.KnownBad(a), h.svc.KnownBad(b))
	}
	h.wantJudged("added", judgement{[]assay.Digest{a}, false})
	// A file may have been kept in the same moment: it is looked for once more.
	for range 3 {
		h.later(time.Minute)
		if err := h.svc.rejudge(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.wantJudged("a little later", judgement{[]assay.Digest{a}, false})
	f := &assay.Facts{Coordinate: coordinate(t, "pkg:npm/right@1.0.0"), Digest: a}
	if h.svc.Tell(f); f.KnownBad != "on the list ours: it mines" {
		t.Errorf("of a version with a listed digest it says %q", f.KnownBad)
	}
	f = &assay.Facts{Coordinate: coordinate(t, "pkg:npm/right@1.0.0"), KnownBad: "a scan said so"}
	if h.svc.Tell(f); f.KnownBad != "a scan said so" {
		t.Errorf("what a scan found became %q", f.KnownBad)
	}

	// A start with the same lists looks at nothing; with others it does.
	h.restart()
	h.wantJudged("restarted")
	h.write("l.tsv", "npm\tright\t1.0.0\tx\nsha256 "+sumB+" it mines")
	h.refresh(KnownBad, "ours")
	if got := h.changed(); got != "left right" {
		t.Errorf("told of %q", got)
	}
	h.wantJudged("changed", judgement{[]assay.Digest{b}, true})
	h.write("l.tsv", "sha256 "+sumA+" it mines\nsha256 "+sumB+" it mines")
	h.judged = nil
	h.restart()
	h.wantJudged("changed while nothing ran", judgement{[]assay.Digest{a, b}, true})

	h.judged = nil
	if _, err := h.svc.Remove(t.Context(), KnownBad, "ours"); err != nil {
		t.Fatal(err)
	}
	h.wantJudged("removed", judgement{nil, true})
	if h.svc.KnownBad(a) != "" {
		t.Error("a list that was removed still says something")
	}
	h.restart()
	h.wantJudged("restarted without")
}

func (h *house) wantJudged(when string, want ...judgement) {
	h.t.Helper()
	got := h.judged
	h.judged = nil
	if !slices.EqualFunc(got, want, func(a, b judgement) bool { return a.left == b.left && slices.Equal(a.listed, b.listed) }) {
		h.t.Errorf("%s: judged %v, want %v", when, got, want)
	}
}

// What could not be judged is judged again later.
func TestAJudgementThatFails(t *testing.T) {
	h := newHouse(t)
	fails := true
	err := h.svc.Connect(t.Context(), func(ctx context.Context, listed []assay.Digest, left bool) error {
		if fails {
			return assay.Errorf(assay.Exhausted, "the disk is full")
		}
		h.judged = append(h.judged, judgement{listed, left})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.svc.Add(t.Context(), Source{Kind: KnownBad, Name: "ours", From: h.write("l.tsv", "sha256 "+sumA+" it mines")})
	if !assay.Is(err, assay.Exhausted) {
		t.Errorf("adding it said %v", err)
	}
	if h.svc.KnownBad(digest(t, sumA)) == "" {
		t.Error("the list does not count")
	}
	fails = false
	if err := h.svc.rejudge(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wantJudged("later", judgement{[]assay.Digest{digest(t, sumA)}, false})
}

func FuzzReadList(f *testing.F) {
	for _, seed := range []string{"npm\tleft\t1.0.0\ta worm\n", "sha256 " + sumA + " x", "ecosystem\tname\tversion\n#\n\n", "\x1f\x8b\x08", "go\tx\t*", "maven\ta:b\t1", "sha256\t\t", strings.Repeat("x", 300)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := readList("l", strings.NewReader(text), testGrammars, ListLimits{Line: 256, Entries: 50})
		if err != nil {
			return
		}
		n := len(l.digests)
		for pkg, versions := range l.versions {
			n += len(versions)
			for _, v := range versions {
				c := pkg.At(v.version)
				if v.version == "" {
					c = pkg.At("1.0.0")
				}
				if l.of(c, testGrammars) == "" {
					t.Errorf("%s stands on the list and is not found", c)
				}
				if strings.ContainsFunc(v.why, func(r rune) bool { return r < ' ' }) {
					t.Errorf("%q drives a terminal", v.why)
				}
			}
		}
		if n > l.report.Records {
			t.Errorf("%d entries of %d records", n, l.report.Records)
		}
	})
}

func FuzzReadNote(f *testing.F) {
	for _, seed := range []string{`{"from":"https://feed.example/","file":"ab-records.zip","size":3}`, `{"file":"../x"}`, `{"file":""}`, `[]`, `{"file":".","file":"x"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := readNote(text)
		if err == nil && (n.File == "" || n.File == "." || n.File == ".." || strings.ContainsAny(n.File, `/\`)) {
			t.Errorf("%q names a file elsewhere", n.File)
		}
	})
}

func FuzzSniff(f *testing.F) {
	for _, seed := range []string{"PK\x03\x04", "{}", " [", gzipped(f, "{}"), gzipped(f, tarred(f, "a.json", "{}")), tarred(f, "a.json", "{}"), "\x1f\x8b\x08\x00"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if ending := sniff(head); ending == ".json" && !isJSON(head) || ending != "" && len(head) == 0 {
			t.Errorf("%q is taken for %s", head, ending)
		}
	})
}

// settingOf keeps what another version of the program may have written.
func (h *house) settingOf(text string) {
	h.t.Helper()
	err := h.store.Update(h.t.Context(), func(tx store.Tx) error {
		return tx.PutSetting(h.t.Context(), settingSources, []byte(text))
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestSourcesThatCannotBeRead(t *testing.T) {
	h := newHouse(t)
	for name, text := range map[string]string{"no JSON": "{", "no source": `[{"kind":"advisories","name":"../x","from":"/x"}]`} {
		h.settingOf(text)
		if _, err := Open(t.Context(), h.store, h.o); err == nil {
			t.Errorf("%s was read", name)
		}
	}
}

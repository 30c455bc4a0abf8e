package registry

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// sided is the toy with several files to a version, as PyPI and Maven have. A
// listing is a line a file, "number date file digest date-of-the-file"; where
// the listings are stands in a document "root", which all packages share. A
// file's name with .sha1 or .sha512 behind it means its digest.
type sided struct{ toy }

func (s sided) Format() ecosystem.Format { return s }

func (s sided) Sources(name string) []ecosystem.Source {
	return []ecosystem.Source{
		{Key: "list", From: func(before []ecosystem.Document) (ecosystem.Source, error) {
			text, err := io.ReadAll(io.NewSectionReader(before[0].Content, 0, before[0].Size))
			if err != nil || before[0].Missing {
				return ecosystem.Source{}, assay.Errorf(assay.Unsound, "no root")
			}
			return ecosystem.Source{Path: strings.TrimSpace(string(text)) + name + "/list"}, nil
		}},
		{Key: "root", Path: "root", Shared: true},
	}
}

func (s sided) VersionOf(_, file string) (string, bool) {
	version, _, ok := strings.Cut(file, "-")
	return version, ok
}

type sidedFile struct {
	version, name string
	digest        assay.Digest
	published     time.Time
}

type sidedListing struct {
	toyListing
	files []sidedFile
}

func (s sided) Read(_ string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	text, err := io.ReadAll(io.NewSectionReader(docs[0].Content, 0, docs[0].Size))
	if err != nil {
		return nil, err
	}
	l := &sidedListing{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) != 5 {
			return nil, assay.Errorf(assay.Unsound, "a line %q", line)
		}
		at := l.Find(f[0])
		if at < 0 {
			at = len(l.versions)
			l.versions = append(l.versions, ecosystem.Version{Version: f[0]})
			if date, err := time.Parse(time.RFC3339, f[1]); err == nil {
				l.versions[at].Published = date
			} else if bound, ok := strings.CutPrefix(f[1], "<"); ok {
				date, err := time.Parse(time.RFC3339, bound)
				if err != nil {
					return nil, assay.Errorf(assay.Unsound, "bad bound")
				}
				l.versions[at].NoLater, l.versions[at].NoLaterSource = date, "the list's own date: not later than"
			}
		}
		v := &l.versions[at]
		file := sidedFile{version: f[0], name: f[2]}
		if f[3] != "-" {
			file.digest = assay.Digest(f[3])
			v.Files = append(v.Files, ecosystem.Promise{File: f[2], Digest: file.digest})
		}
		if f[4] != "-" {
			if file.published, err = time.Parse(time.RFC3339, f[4]); err != nil {
				return nil, assay.Errorf(assay.Unsound, "bad date")
			}
		}
		l.files = append(l.files, file)
	}
	return l, nil
}

func (l *sidedListing) Render(w io.Writer, r ecosystem.Rendering) (string, error) {
	for _, f := range l.files {
		if !r.DecisionOn(l.Find(f.version), f.published).Denied() {
			if _, err := fmt.Fprintln(w, f.version+"/"+f.name); err != nil {
				return "", err
			}
		}
	}
	return "text/plain", nil
}

func (s sided) Locate(name, file string, listing ecosystem.Listing) (ecosystem.File, error) {
	l, ok := listing.(*sidedListing)
	if !ok {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "no listing")
	}
	sum := ""
	for _, algorithm := range []string{"sha1", "sha512"} {
		if main, ok := strings.CutSuffix(file, "."+algorithm); ok {
			file, sum = main, algorithm
		}
	}
	for _, f := range l.files {
		if f.name == file {
			found := ecosystem.File{Name: file, Version: f.version, Source: ecosystem.Source{Path: name + "/" + file}, Beside: true, Published: f.published, Sum: sum, ContentType: "application/x-bin"}
			if f.digest != "" {
				found.Digests = []assay.Digest{f.digest}
			}
			return found, nil
		}
	}
	return ecosystem.File{}, assay.Errorf(assay.NotFound, "no file %s", file)
}

func (s sided) Inspect(up *ecosystem.Upload) (ecosystem.Inspected, error) {
	if strings.HasSuffix(up.Files[0].Name, ".meta") {
		return ecosystem.Inspected{Name: up.Name, Version: up.Version, Manifest: []byte(`{"description":"said last"}`)}, nil
	}
	return ecosystem.Inspected{Name: up.Name, Version: up.Version}, nil
}

func (s sided) Check(ecosystem.File, io.ReaderAt, int64) ([]assay.Digest, error) { return nil, nil }

func (s sided) Compose(_ string, releases []ecosystem.Release, _ map[string]string) ([][]byte, error) {
	var b bytes.Buffer
	for _, r := range releases {
		for _, f := range r.Files {
			fmt.Fprintf(&b, "%s %s %s %s %s\n", r.Version, r.Published.Format(time.RFC3339), f.Name, assay.Strongest(f.Digests), f.Published.Format(time.RFC3339))
		}
	}
	return [][]byte{b.Bytes()}, nil
}

// line is one line of a sided listing; the digest is that of the body.
func line(version, date, file, body, fileDate string) string {
	return fmt.Sprintf("%s %s %s %s %s\n", version, date, file, assay.NewDigest("sha256", sum([]byte(body))), fileDate)
}

func sidedHouse(t *testing.T) *house {
	h := newHouse(t, func(h *house) { h.sided = true })
	h.up.put("root", "v2/\n")
	return h
}

func TestListingsAreWhereTheSharedDocumentSays(t *testing.T) {
	h := sidedHouse(t)
	for _, name := range []string{"a", "b", "c"} {
		h.up.put("v2/"+name+"/list", line("1", old, "one", "1", "-"))
		if got := h.list(name); got != "1/one" {
			t.Errorf("%s listed %q", name, got)
		}
	}
	if n := h.up.count("root"); n != 1 {
		t.Errorf("the document that all share was asked for %d times", n)
	}
	h.later(time.Hour)
	h.up.put("root", "v3/\n")
	h.up.put("v3/a/list", line("1", old, "two", "2", "-"))
	if got := h.list("a"); got != "1/two" {
		t.Errorf("after the listings moved, listed %q", got)
	}
	h.later(time.Hour)
	h.restart()
	h.up.with(func() { h.up.status = 500 })
	if got := h.list("a"); got != "1/two stale" {
		t.Errorf("with the upstream gone, listed %q", got)
	}
}

func TestAFileThatCameLateIsAsNewAsItIs(t *testing.T) {
	h := sidedHouse(t)
	now := time.Now().UTC()
	soon := now.Add(-30*24*time.Hour + 10*time.Minute).Format(time.RFC3339)
	h.up.put("v2/a/list", line("1", old, "first", "1", old)+line("1", old, "soon", "2", soon)+line("1", old, "late", "3", now.Add(-time.Hour).Format(time.RFC3339)))
	h.up.put("a/first", "1")
	h.up.put("a/soon", "2")
	h.up.put("a/late", "3")
	if got := h.list("a"); got != "1/first 1/soon" {
		t.Errorf("listed %q", got)
	}
	for file, want := range map[string]string{"first": "1", "soon": "2", "late": "denied"} {
		if got := h.file("a", file); got != want {
			t.Errorf("%s answered %q, want %q", file, got, want)
		}
	}
	if n := h.up.count("a/late"); n != 0 {
		t.Errorf("the refused file was asked for %d times", n)
	}
	h.later(80 * time.Hour)
	if got := h.list("a"); got != "1/first 1/late 1/soon" {
		t.Errorf("when its time had come, listed %q", got)
	}
	if got := h.file("a", "late"); got != "3" {
		t.Errorf("and it answered %q", got)
	}
}

func TestEachFileKeepsTheDigestFirstPromised(t *testing.T) {
	h := sidedHouse(t)
	h.up.put("v2/a/list", line("1", old, "one", "1", "-")+line("1", old, "two", "2", "-")+line("2", old, "three", "3", "-"))
	h.up.put("a/one", "1")
	if got := h.file("a", "one"); got != "1" {
		t.Fatalf("answered %q", got)
	}
	decided, err := h.place().Versions(t.Context(), "a")
	if err != nil || decided[0].Facts.Files != 2 || decided[1].Facts.Files != 1 || !strings.Contains(fmt.Sprint(decided[0].Facts.List()), "of 2 files") {
		t.Errorf("the facts do not tell of the files: %+v, %v", decided, err)
	}
	// The second file was never fetched: only the promise tells that it changed.
	h.up.put("v2/a/list", line("1", old, "one", "1", "-")+line("1", old, "two", "evil", "-")+line("1", old, "added", "4", "-")+line("2", old, "three", "3", "-"))
	h.up.put("a/two", "evil")
	h.later(time.Hour)
	if got := h.list("a"); got != "2/three" {
		t.Errorf("listed %q", got)
	}
	if got := h.file("a", "two"); got != "denied" {
		t.Errorf("the changed file answered %q", got)
	}
	h.restart()
	if got := h.list("a"); got != "2/three" {
		t.Errorf("after a restart, listed %q", got)
	}
}

func TestASumIsThatOfTheBytesHandedOut(t *testing.T) {
	h := sidedHouse(t)
	h.up.put("v2/a/list", line("1", old, "one", "body of one", "-"))
	h.up.put("a/one", "body of one")
	s1, s512 := sha1.Sum([]byte("body of one")), sha512.Sum512([]byte("body of one"))
	for range 2 {
		if got := h.file("a", "one.sha1"); got != hex.EncodeToString(s1[:]) {
			t.Errorf("the SHA-1 is %q", got)
		}
		if got := h.file("a", "one.sha512"); got != hex.EncodeToString(s512[:]) {
			t.Errorf("the SHA-512 is %q", got)
		}
	}
	if n := h.up.count("a/one"); n != 1 {
		t.Errorf("the file was asked for %d times", n)
	}
	if n := len(h.usage.fetches); n != 0 {
		t.Errorf("digests count as %d downloads", n)
	}
	h.rules.set("pkg:toy/a@<2")
	if got := h.file("a", "one.sha1"); got != "denied" {
		t.Errorf("the digest of a refused file answered %q", got)
	}
}

func TestABoundOnTheDate(t *testing.T) {
	h := sidedHouse(t)
	h.toy.dated = true
	fresh := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	h.up.put("v2/a/list", line("1", "<"+old, "one", "1", "-"))
	h.up.put("v2/b/list", line("1", "<"+fresh, "one", "1", "-"))
	if got := h.list("a"); got != "1/one" {
		t.Errorf("what existed long ago is listed as %q", got)
	}
	if got := h.list("b"); got != "" {
		t.Errorf("what may be new is listed as %q", got)
	}
	// A new version raises the bound that the listing gives for all of them.
	h.later(time.Hour)
	now := h.now().UTC().Format(time.RFC3339)
	h.up.put("v2/a/list", line("1", "<"+now, "one", "1", "-")+line("2", "<"+now, "two", "2", "-"))
	if got := h.list("a"); got != "1/one" {
		t.Errorf("with a new version beside it, what is old is listed as %q", got)
	}
	h.restart()
	if got := h.list("a"); got != "1/one" {
		t.Errorf("after a restart %q", got)
	}
}

func adding(name, version, file, body string) *ecosystem.Upload {
	return &ecosystem.Upload{Name: name, Version: version, Adds: true, Files: []ecosystem.UploadFile{{Name: file, Content: strings.NewReader(body), Size: int64(len(body))}}}
}

func TestFilesAreAddedOneByOne(t *testing.T) {
	h, ctx := mine(t, func(h *house) { h.sided = true })
	pl := h.publisher()
	add := func(ctx context.Context, version, file, body string) error {
		_, err := pl.Publish(ctx, adding("@a/x", version, file, body))
		return err
	}
	sha := func(body string) assay.Digest { return assay.NewDigest("sha256", sum([]byte(body))) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(add(ctx, "1", "one", "1"))
	must(add(ctx, "1", "two", "2"))
	must(add(ctx, "1", "x.meta", "m"))
	if got := h.listAs(ctx, "@a/x"); got != "1/one 1/two 1/x.meta" {
		t.Errorf("listed %q", got)
	}
	if found, err := pl.Search(ctx, "said last", 10); err != nil || len(found) != 1 {
		t.Errorf("what the last file said of the version is not found: %v, %v", found, err)
	}
	if got := h.fileAs(ctx, "@a/x", "two"); got != "2" {
		t.Errorf("the second file answered %q", got)
	}

	events := h.events()
	for name, err := range map[string]error{
		"the same file again":             add(ctx, "1", "one", "1"),
		"a file with other bytes":         add(ctx, "1", "one", "other"),
		"a version that is ordered alike": add(ctx, "01", "three", "3"),
		"a digest that is not the file's": pl.Promise(ctx, "@a/x", "1", "one", sha("other")),
		"a whole version that there is": func() error {
			up := adding("@a/x", "1", "new", "n")
			up.Adds = false
			_, err := pl.Publish(ctx, up)
			return err
		}(),
		"a digest of somebody else's file": pl.Promise(h.as("pkg:toy/@b/*"), "@a/x", "1", "three", sha("3")),
	} {
		kind := assay.KindOf(err)
		if kind != assay.Conflict && !(name == "a digest of somebody else's file" && kind == assay.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := h.events(); n != events {
		t.Errorf("what was refused left %d events", n-events)
	}

	must(pl.Promise(ctx, "@a/x", "1", "one", sha("1"))) // as it is
	must(pl.Promise(ctx, "@a/x", "2", "early", sha("right")))
	if err := pl.Promise(ctx, "@a/x", "2", "early", sha("another")); !assay.Is(err, assay.Conflict) {
		t.Errorf("a second promise: %v", err)
	}
	if err := add(ctx, "2", "early", "wrong"); !assay.Is(err, assay.Invalid) {
		t.Errorf("a file that breaks what was sent before it: %v", err)
	}
	if got := h.listAs(ctx, "@a/x"); strings.Contains(got, "2/") {
		t.Errorf("the refused file is listed: %q", got)
	}
	must(add(ctx, "2", "early", "right"))

	h.later(80 * time.Hour)
	must(add(ctx, "1", "later", "l"))
	if _, err := pl.SetStatus(ctx, "@a/x", "1", assay.Removed, "it leaks"); err != nil {
		t.Fatal(err)
	}
	if err := add(ctx, "1", "again", "a"); !assay.Is(err, assay.Conflict) {
		t.Errorf("a file for a removed version: %v", err)
	}
	if n := len(h.up.asked); n != 0 {
		t.Errorf("the upstream was asked: %v", h.up.asked)
	}
}

func TestPromisesAreBounded(t *testing.T) {
	h, ctx := mine(t, func(h *house) { h.sided = true })
	var err error
	for i := range maxPromises + 1 {
		if err = h.publisher().Promise(ctx, "@a/x", "1", fmt.Sprintf("f%d", i), "sha256:00"); err != nil {
			break
		}
	}
	if !assay.Is(err, assay.TooLarge) {
		t.Errorf("endless promises: %v", err)
	}
}

// A lock file of today installs in years, also where the upstream has taken
// one file of many away.
func TestAFileThatWasTakenOutOfItsVersion(t *testing.T) {
	h := sidedHouse(t)
	both := line("1", old, "1-a", "1", old) + line("1", old, "1-b", "2", old) + line("1", old, "1-c", "3", old)
	h.up.put("v2/a/list", both)
	h.up.put("a/1-a", "1")
	h.up.put("a/1-b", "2")
	h.up.put("a/1-c", "3")
	if got := h.file("a", "1-a") + h.file("a", "1-b"); got != "12" {
		t.Fatalf("answered %q", got)
	}
	h.up.put("v2/a/list", line("1", old, "1-a", "1", old))
	h.later(time.Hour)
	if got := h.list("a"); got != "1/1-a" {
		t.Errorf("listed %q", got)
	}
	for file, want := range map[string]string{"1-a": "1", "1-b": "2", "1-c": "not found", "1-d": "not found", "2-b": "not found"} {
		if got := h.file("a", file); got != want {
			t.Errorf("%s answered %q, want %q", file, got, want)
		}
	}
	h.rules.set("pkg:toy/a@<2")
	if got := h.file("a", "1-b"); got != "denied" {
		t.Errorf("with its version blocked it answered %q", got)
	}
}

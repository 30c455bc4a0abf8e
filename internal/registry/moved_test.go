package registry

import (
	"io"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// moving is the toy whose files lie where a document "config", which all
// packages share, says, as Cargo's do.
type moving struct{ toy }

func (m moving) Format() ecosystem.Format { return m }
func (m moving) Sources(name string) []ecosystem.Source {
	return append(m.toy.Sources(name), ecosystem.Source{Key: "config", Path: "config", Shared: true})
}
func (m moving) Read(name string, docs []ecosystem.Document) (ecosystem.Listing, error) {
	l, err := m.toy.Read(name, docs)
	if err != nil {
		return nil, err
	}
	files, err := io.ReadAll(io.NewSectionReader(docs[1].Content, 0, docs[1].Size))
	return &movingListing{l.(*toyListing), string(files)}, err
}

type movingListing struct {
	*toyListing
	files string
}

func (m moving) Locate(name, file string, l ecosystem.Listing) (ecosystem.File, error) {
	in, ok := l.(*movingListing)
	if !ok {
		return ecosystem.File{}, assay.Errorf(assay.NotFound, "no listing")
	}
	f, err := m.toy.Locate(name, file, in.toyListing)
	f.Source = ecosystem.Source{URL: in.files + "/" + name + "/" + file}
	return f, err
}

// Each mirror says of itself that it has the files. When the one whose word is
// kept stops, the other is asked for its own.
func TestAFileOfTheMirrorThatIsLeft(t *testing.T) {
	second := newUpstream(t)
	h := newHouse(t, func(h *house) { h.moving, h.mirrors = true, []string{second.URL + "/"} })
	for _, up := range []*fakeUpstream{h.up, second} {
		h.publish(up, "a", "1", "2", "3")
		up.put("config", up.URL)
	}
	if got := h.file("a", "1.bin"); got != "BIN a 1" || second.count("a/1.bin") != 0 {
		t.Fatalf("answered %q", got)
	}
	h.up.Close()
	for _, version := range []string{"2", "3"} {
		if got := h.file("a", version+".bin"); got != "BIN a "+version {
			t.Errorf("with the first mirror gone, version %s answered %q", version, got)
		}
	}
	second.put("a/4.bin", "BIN forged")
	second.with(func() { delete(second.files, "a/2.bin"); second.status = 503 })
	h.restart()
	if got := h.file("a", "2.bin"); got != "BIN a 2" {
		t.Errorf("with all mirrors gone, what is here answered %q", got)
	}
	if got := h.file("a", "4.bin"); strings.HasPrefix(got, "BIN") {
		t.Errorf("a version that no listing has answered %q", got)
	}
}

package registry

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
)

// elsewhere is the toy whose files lie at another host, which a document
// "neighbours" tells, a line each; a listing's file is there.
type elsewhere struct {
	toy
	files string
}

func (e elsewhere) Format() ecosystem.Format { return e }
func (e elsewhere) Tells() ecosystem.Source  { return ecosystem.Source{Path: "neighbours"} }
func (e elsewhere) Neighbours(doc ecosystem.Document) ([]string, error) {
	text := make([]byte, doc.Size)
	if _, err := doc.Content.ReadAt(text, 0); err != nil {
		return nil, err
	}
	return strings.Fields(string(text)), nil
}
func (e elsewhere) Locate(name, file string, l ecosystem.Listing) (ecosystem.File, error) {
	f, err := e.toy.Locate(name, file, l)
	f.Source = ecosystem.Source{URL: e.files + "/" + name + "/" + file}
	return f, err
}

func TestFilesAtAnotherPrivateHost(t *testing.T) {
	h := newHouse(t)
	files, trap := newUpstream(t), newUpstream(t)
	h.publish(files, "a", "1", "2")
	h.publish(h.up, "a", "1", "2")
	h.publish(trap, "a", "1", "2")
	h.up.put("neighbours", files.URL+"/some/path "+h.up.URL+" not-an-address")
	h.up.put("a/1.bin", "the origin itself is not asked")
	h.elsewhere = &elsewhere{files: files.URL}
	h.restart()
	for range 2 {
		if got := h.file("a", "1.bin"); got != "BIN a 1" {
			t.Errorf("answered %q", got)
		}
	}
	if n := h.up.count("neighbours"); n != 1 {
		t.Errorf("the document that tells was asked for %d times", n)
	}
	if hosts, err := h.svc.Beside(t.Context(), "toy", h.up.URL+"/"); err != nil || len(hosts) != 1 || hosts[0] != files.URL+"/" {
		t.Errorf("known are %q, %v", hosts, err)
	}
	// What a document names later gets no trust: a place inside the network
	// must not be asked because a listing says so.
	h.up.put("neighbours", trap.URL)
	h.elsewhere.files = trap.URL
	h.restart()
	h.later(time.Hour)
	if got := h.file("a", "2.bin"); got == "BIN a 2" || trap.count("a/2.bin") != 0 {
		t.Errorf("another private host was asked, and answered %q", got)
	}
}

func TestNeighboursThatCannotBeLearned(t *testing.T) {
	h := newHouse(t)
	files := newUpstream(t)
	h.publish(files, "a", "1")
	h.publish(h.up, "a", "1")
	h.elsewhere = &elsewhere{files: files.URL} // and no document that tells
	h.restart()
	if _, err := h.place().File(t.Context(), "a", "1.bin"); err == nil || assay.Is(err, assay.NotFound) {
		t.Errorf("a private host that nobody vouches for: %v", err)
	}
	h.up.put("neighbours", files.URL)
	if got := h.file("a", "1.bin"); got != "BIN a 1" {
		t.Errorf("once it can be learned: %q", got)
	}
}

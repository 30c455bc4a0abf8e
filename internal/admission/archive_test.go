package admission

import (
	"archive/zip"
	"bytes"
	"context"
	"testing"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

func zipOf(t *testing.T, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	if _, err := zw.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchive(t *testing.T) {
	step := archiveStep{Limits{Archive: archive.Limits{Name: 20}}}
	walks := func(names ...string) []File {
		var files []File
		for _, name := range names {
			f := fileOf("x.zip", zipOf(t, name))
			f.Walk = archive.WalkZip
			files = append(files, f)
		}
		return files
	}
	c := candidate()
	c.Inspect, c.Files = nil, walks("a", "b")
	admitted(t, "sound archives", step, c)
	if _, ok := c.Report(); ok {
		t.Error("an archive that nobody inspects has a report")
	}

	c = candidate()
	c.Inspect, c.Files = nil, walks("a", "../b")
	refused(t, "a second archive that leads out", step, c, assay.Invalid, "dotted segment")

	c = candidate()
	c.Files = append([]File{content("main")}, walks("a/name/beyond/the/limit")...)
	refused(t, "an archive over a limit beside the main file", step, c, assay.TooLarge, "longer than 20")

	c = candidate()
	c.Inspect = func(context.Context) (Report, error) { return Report{}, assay.Errorf(assay.TooLarge, "it is a bomb") }
	refused(t, "what the ecosystem's reading finds", step, c, assay.TooLarge, "bomb")

	c = candidate()
	c.Inspect, c.Files = nil, []File{content("signature")}
	admitted(t, "a file that is no archive", step, c)
}

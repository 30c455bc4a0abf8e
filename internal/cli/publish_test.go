package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/datadir"
	"assay.invalid/internal/server/api"
)

// fakeServer answers publish on a data directory's socket.
type fakeServer struct {
	api.Control
	answer api.Published
	err    error
	asked  []string
}

func (f *fakeServer) PublishModule(_ context.Context, place, name, version string, zip io.Reader, size int64) (api.Published, error) {
	n, err := io.Copy(io.Discard, zip)
	if err != nil || n != size {
		return api.Published{}, assay.Errorf(assay.Invalid, "%d bytes came, not %d", n, size)
	}
	f.asked = append(f.asked, place+" "+name+" "+version)
	return f.answer, f.err
}

// serveSocket runs the fake as the server of a new data directory.
func (f *fakeServer) serveSocket(t *testing.T) (data string) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	dir, _, err := datadir.Make(data)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := dir.Lock(t.Context(), datadir.Serve, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := lock.Listen()
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: &api.Handler{Control: f, Reach: api.FromSocket}, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln) // until it is closed below
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
		if err := lock.Release(); err != nil {
			t.Error(err)
		}
	})
	return data
}

func TestPublishCommand(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", kettleMod)
	tr.write("kettle.go", "package kettle\n")
	tr.commit("v1.2.3")
	m, _, err := tr.packTag("", "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	f := &fakeServer{answer: api.Published{
		Coordinate: assay.Coordinate{Ecosystem: assay.Golang, Name: "corp.example/kettle", Version: "v1.2.3"}, H1: m.h1, LogIndex: 12,
		Use: []string{"export GOPROXY=http://assay.example/go/", "go get corp.example/kettle@v1.2.3"},
	}}
	data := f.serveSocket(t)
	run := func(args ...string) (int, string, string) {
		return call(t, os.Environ(), append([]string{"publish", "--data", data}, args...)...)
	}
	code, out, errs := run(tr.dir, "--tag", "v1.2.3")
	want := "Published corp.example/kettle@v1.2.3\n  digest     " + string(m.h1) + "\n  log index  12\n\nUse it\n" +
		"  export GOPROXY=http://assay.example/go/\n  go get corp.example/kettle@v1.2.3\n"
	if code != exitOK || out != want || errs != "" {
		t.Errorf("exit %d, %q, want %q; errors %q", code, out, want, errs)
	}
	f.answer.LogIndex = -1
	if code, out, _ = run(tr.dir, "--version", "v1.2.3"); code != exitOK || !strings.Contains(out, "log index  not yet") {
		t.Errorf("without an index: exit %d, %q", code, out)
	}
	tr.write(".env", "x")
	if _, _, errs = run(tr.dir, "--version", "v1.2.3"); !strings.Contains(errs, "Note: 1 file in the zip that git does not know (.env)") {
		t.Errorf("the notes are %q", errs)
	}
	// .env changed the digest, and the server still answers with the old one.
	if code, out, errs = run(tr.dir, "--version", "v1.2.3"); code != exitFailed || out != "" || !strings.Contains(errs, "assay remove") {
		t.Errorf("another digest: exit %d, %q, %q", code, out, errs)
	}
	f.err = assay.Errorf(assay.Conflict, "corp.example/kettle@v1.2.3 is there already")
	if code, out, errs = run(tr.dir, "--tag", "v1.2.3"); code != exitFailed || out != "" || !strings.Contains(errs, "is there already") {
		t.Errorf("refused: exit %d, %q, %q", code, out, errs)
	}
	before := len(f.asked)
	for name, args := range map[string][]string{
		"a tag that is not there":  {tr.dir, "--tag", "v1.9.0"},
		"no module":                {t.TempDir(), "--version", "v1.2.3"},
		"no directory":             {filepath.Join(tr.dir, "none"), "--version", "v1.2.3"},
		"a version that is none":   {tr.dir, "--version", "main"},
		"another major version":    {tr.dir, "--version", "v2.0.0"},
		"a version that is no tag": {tr.dir, "--tag", "main"},
	} {
		if code, out, errs := run(args...); code != exitFailed || out != "" || !strings.HasPrefix(errs, "assay: ") {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
	}
	if len(f.asked) != before {
		t.Errorf("what was refused here was sent: %v", f.asked[before:])
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMistakesInPublish(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no version":          {[]string{"publish"}, "--tag v1.2.3"},
		"a tag and a version": {[]string{"publish", "--tag", "v1.2.3", "--version", "v1.2.3"}, "exclude each other"},
		"two directories":     {[]string{"publish", "a", "b", "--tag", "v1.2.3"}, `"b" is one word too many`},
	} {
		code, out, errs := call(t, []string{"ASSAY_DATA=" + data}, c.args...)
		if code != exitUsage || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit %d, %q, %q", name, code, out, errs)
		}
		if _, err := os.Stat(data); err == nil {
			t.Errorf("%s: a mistake made a data directory", name)
		}
	}
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"assay.invalid/internal/server/api"
)

// spoil changes files as a failing disk does. They are replaced, because a
// backup may share them.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: spoil DIR")
	}
	n := 0
	ts.Check(filepath.WalkDir(args[0], func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil || len(data) == 0 {
			return err
		}
		data[len(data)-1] ^= 1
		n++
		if err := os.Remove(name); err != nil {
			return err
		}
		return os.WriteFile(name, data, 0o600)
	}))
	if n == 0 {
		ts.Fatalf("no file lies below %s", args[0])
	}
}

// Whoever switches the log to public must read what becomes public.
func TestTheRiskOfAPublicLogIsNamed(t *testing.T) {
	_, out, _ := call(t, nil, "serve", "--help")
	if text := strings.Join(strings.Fields(out), " "); !strings.Contains(text, "of what kind it was, private packages included; names are never in it") {
		t.Errorf("%s", out)
	}
}

func TestDetailsInBrief(t *testing.T) {
	for details, want := range map[string]string{
		``:                         "",
		`{}`:                       "",
		`{"b":"x y","a":1,"c":""}`: "a=1 b=x y",
		`{"list":["a","b"]}`:       `list=["a","b"]`,
		`["no object"]`:            `["no object"]`,
		`{"a":"` + strings.Repeat("ü", 200) + `"}`: "a=" + strings.Repeat("ü", maxBrief-3) + "…",
	} {
		if got := inBrief(json.RawMessage(details)); got != want {
			t.Errorf("%s: %q, want %q", details, got, want)
		}
	}
}

func TestProgressLeavesNothingOnTheLine(t *testing.T) {
	var shown strings.Builder
	err := showProgress(t.Context(), &shown, "Verifying", func(_ context.Context, progress api.Progress) error {
		progress(0, 0)
		time.Sleep(110 * time.Millisecond)
		progress(50, 200)
		progress(51, 200) // too soon to be shown
		return errors.New("no")
	})
	if err == nil || err.Error() != "no" {
		t.Errorf("%v", err)
	}
	if got := shown.String(); !strings.Contains(got, "Verifying ... 25% (50 of 200)") || strings.Contains(got, "51 of") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("%q", got)
	}
}

package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
)

// A command that is not written as it must be does nothing at all.
func TestMistakesInClaimsAndStatuses(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	const version = "pkg:npm/lodash@4.17.20"
	cases := []struct {
		name string
		args []string
		says []string
	}{
		{"a claim of nothing", []string{"claim"}, []string{"'assay claim' needs a pattern", "assay claim 'pkg:npm/@acme/*'"}},
		{"a claim the shell has spread", []string{"claim", "pkg:npm/a", "pkg:npm/b"}, []string{"one word too many", "quote"}},
		{"unclaiming nothing", []string{"unclaim"}, []string{"needs the id of a claim"}},
		{"a yank without a reason", []string{"yank", version}, []string{"needs a reason", `assay yank ` + version + ` --reason "`}},
		{"a yank with blanks for a reason", []string{"yank", version, "--reason", "  "}, []string{"needs a reason"}},
		{"a deprecation without a reason", []string{"deprecate", version}, []string{"needs a reason"}},
		{"an experiment without a reason", []string{"experimental", version}, []string{"needs a reason"}},
		{"a quarantine without a reason", []string{"quarantine", version}, []string{"needs a reason"}},
		{"a removal without a reason", []string{"remove", version, "--yes"}, []string{"needs a reason"}},
		{"a removal nobody confirms", []string{"remove", version, "--reason", "x"}, []string{"cannot be taken back", "--yes"}},
		{"a yank of a whole package", []string{"yank", "pkg:npm/lodash", "--reason", "x"}, []string{"is no version", version}},
		{"a release of no package URL", []string{"release", "lodash@4.17.20"}, []string{"is no version", version}},
		{"a release of nothing", []string{"release"}, []string{"needs a version", "assay release " + version}},
		{"an end for a status", []string{"quarantine", version, "--reason", "x", "--until", "3d"}, []string{"no flag --until"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := call(t, []string{"ASSAY_DATA=" + data}, c.args...)
			if code != exitUsage || out != "" || !strings.HasPrefix(errs, "assay: ") {
				t.Errorf("exit %d, output %q, errors %q; want exit 2 and one error", code, out, errs)
			}
			for _, want := range c.says {
				if !strings.Contains(errs, want) {
					t.Errorf("%q does not say %q", errs, want)
				}
			}
			if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a mistake made a data directory (%v)", err)
			}
		})
	}
}

func TestConfirm(t *testing.T) {
	const version = "pkg:npm/a@1.0.0"
	for name, c := range map[string]struct {
		typed string
		goes  bool
	}{
		"the version again": {version + "\n", true}, "with a carriage return": {version + "\r\n", true}, "without an end": {version, true},
		"yes": {"yes\n", false}, "nothing": {"\n", false}, "the input has ended": {"", false},
		"another version": {"pkg:npm/a@1.0.1\n", false}, "on the second line": {"\n" + version + "\n", false},
		"without end": {strings.Repeat("x", 10*maxAnswer), false},
	} {
		var asked strings.Builder
		err := confirm(strings.NewReader(c.typed), &asked, version)
		if (err == nil) != c.goes || err != nil && !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: answered %v", name, err)
		}
		if !strings.Contains(asked.String(), "cannot be taken back") || !strings.Contains(asked.String(), version) {
			t.Errorf("%s: asked %q", name, asked.String())
		}
	}
	if err := confirm(iotest.ErrReader(errors.New("torn")), &strings.Builder{}, version); !assay.Is(err, assay.Canceled) {
		t.Errorf("of an input that fails: %v", err)
	}
}

// Every change of status, from each to each, and the ways back by name.
func TestMayBecome(t *testing.T) {
	at := assay.Coordinate{Ecosystem: assay.NPM, Name: "a", Version: "1.0.0"}
	for was := assay.Active; was <= assay.Removed; was++ {
		for _, w := range statusWords() {
			want := was != assay.Removed
			switch w.name {
			case "unyank":
				want = was == assay.Yanked
			case "release":
				want = want && was != assay.Active
			case "yank", "deprecate", "experimental":
				want = want && was != assay.Quarantined
			}
			err := mayBecome(assay.Operator, at, was, api.NewStatus{Status: w.to, From: w.from})
			if (err == nil) != want || err != nil && (!assay.Is(err, assay.Conflict) || !strings.Contains(err.Error(), at.String())) {
				t.Errorf("%s a version that is %s: %v", w.name, was, err)
			}
		}
	}
}

func TestTheLogsPlaceIsSaid(t *testing.T) {
	if got := logPlace(41); got != "entry 41" {
		t.Errorf("a place is said as %q", got)
	}
	if got := logPlace(-1); strings.Contains(got, "-1") {
		t.Errorf("a late place is said as %q", got)
	}
}

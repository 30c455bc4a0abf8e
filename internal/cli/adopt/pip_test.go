package adopt

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// pipHelp is what pip prints, as far as it matters.
func pipHelp(index string) string {
	return `
Usage:
  pip install [options] <requirement specifier> [package-index-options] ...

Package Index Options:
  -i, --index-url <url>       Base URL of the Python Package Index (default ` + index + `). This should point to a repository.
  --extra-index-url <url>     Extra URLs of package indexes to use in addition to --index-url.
  --timeout <sec>             Set the socket timeout (default 15 seconds).
  --proxy <proxy>             A proxy (default http://proxy.example:3128/).
`
}

func TestPipAnswers(t *testing.T) {
	cases := []struct {
		name, help string
		origins    []string
		dropped    string
		kind       assay.Kind
		err        string
	}{
		{"an index", pipHelp("https://registry.example/simple"), []string{"https://registry.example/simple/"}, "", 0, ""},
		{"an index with its slash", pipHelp("https://registry.example/simple/"), []string{"https://registry.example/simple/"}, "", 0, ""},
		{"a mirror with a path of its own", pipHelp("https://mirror.example/user/py-all/+simple/"), []string{"https://mirror.example/user/py-all/+simple/"}, "", 0, ""},
		{"credentials as pip hides them", pipHelp("https://user:****@registry.example/simple"), []string{"https://registry.example/simple/"}, "credentials in the address of registry.example were cut", 0, ""},
		{"credentials as an old pip shows them", pipHelp("https://user:hunter2@registry.example/simple"), []string{"https://registry.example/simple/"}, "credentials", 0, ""},
		{"itself", pipHelp("http://127.0.0.1:8417/pypi/simple/"), nil, "this Assay itself", 0, ""},
		{"itself by name", pipHelp("http://localhost:8417/pypi/simple/"), nil, "this Assay itself", 0, ""},
		{"a directory", pipHelp("file:///srv/wheels"), nil, "a directory on this machine", 0, ""},
		{"a path", pipHelp("/srv/wheels"), nil, "does not begin with http", 0, ""},
		{"no default", pipHelp("")[:120], nil, "", assay.Unsound, "names no index"},
		{"a default of another option", strings.ReplaceAll(pipHelp("https://registry.example/simple"), "--index-url <url> ", "--other-url <url> "), nil, "", assay.Unsound, "names no index"},
		{"nothing", "", nil, "", assay.Unsound, "names no index"},
		{"terminal escapes", pipHelp("https://registry.example/\x1b[2J"), nil, "cannot be read", 0, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			m.program("pip", "cat <<'END'\n"+c.help+"\nEND")
			f := Pip(t.Context(), m.cfg)
			if !slices.Equal(f.Origins, c.origins) {
				t.Errorf("origins %q, want %q", f.Origins, c.origins)
			}
			if c.err == "" && f.Err != nil || c.err != "" && (!assay.Is(f.Err, c.kind) || !strings.Contains(f.Err.Error(), c.err)) {
				t.Errorf("error %v, want %v %q", f.Err, c.kind, c.err)
			}
			if c.dropped != "" {
				says(t, f.Dropped, c.dropped)
			}
			if all := fmt.Sprint(f); strings.Contains(all, "hunter2") || strings.Contains(all, "\x1b") {
				t.Errorf("a password or an escape is in %q", all)
			}
		})
	}
}

func TestPipIsFoundUnderEitherName(t *testing.T) {
	m := newMachine(t)
	m.cfg.Env[0] = "PATH=" + m.bin
	if f := Pip(t.Context(), m.cfg); !assay.Is(f.Err, assay.NotFound) || !strings.Contains(f.Err.Error(), "pip is not on this machine") {
		t.Errorf("without pip: %v, want NotFound", f.Err)
	}
	m.program("pip3", "echo '  -i, --index-url <url>  Base (default https://registry.example/simple).'")
	if f := Pip(t.Context(), m.cfg); !slices.Equal(f.Origins, []string{"https://registry.example/simple/"}) {
		t.Errorf("pip3 alone: %q, %v", f.Origins, f.Err)
	}
}

// TestPipIsAskedInTheRoot: shims of Python read .python-version in every
// directory above the one they run in.
func TestPipIsAskedInTheRoot(t *testing.T) {
	m := newMachine(t)
	m.program("pip", `test "$PWD" = / && test "$COLUMNS" -ge 1000 || exit 1; echo '  -i, --index-url <url>  Base (default https://registry.example/simple).'`)
	t.Chdir(t.TempDir())
	if f := Pip(t.Context(), m.cfg); f.Err != nil {
		t.Error(f.Err)
	}
}

func TestPipIsNotStartedForItsVariable(t *testing.T) {
	m := newMachine(t)
	m.program("pip", "exit 9")
	m.cfg.Env = append(m.cfg.Env, "PIP_INDEX_URL=https://u:hunter2@mirror.example/simple")
	f := Pip(t.Context(), m.cfg)
	if !slices.Equal(f.Origins, []string{"https://mirror.example/simple/"}) || f.Source != "PIP_INDEX_URL" || strings.Contains(fmt.Sprint(f), "hunter2") {
		t.Errorf("%q from %s, %v", f.Origins, f.Source, f.Err)
	}
}

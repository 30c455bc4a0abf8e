package cli

import (
	"archive/zip"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"assay.invalid/internal/assay"
)

// tree is a directory of files, for tests.
type tree struct {
	t   *testing.T
	dir string
}

func newTree(t *testing.T) tree {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// Nothing of the machine's own git settings: signing, hooks, templates.
	for name, value := range map[string]string{"HOME": dir, "XDG_CONFIG_HOME": dir, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.DevNull,
		"GIT_AUTHOR_NAME": "tests", "GIT_AUTHOR_EMAIL": "tests@works.invalid", "GIT_COMMITTER_NAME": "tests", "GIT_COMMITTER_EMAIL": "tests@works.invalid"} {
		t.Setenv(name, value)
	}
	return tree{t, filepath.Join(dir, "tree")}
}

func (tr tree) write(name, text string) {
	tr.t.Helper()
	name = filepath.Join(tr.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		tr.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		tr.t.Fatal(err)
	}
}

func (tr tree) git(args ...string) {
	tr.t.Helper()
	cmd := exec.CommandContext(tr.t.Context(), "git", args...)
	cmd.Dir = tr.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		tr.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// commit makes a repository of what lies there, with a tag.
func (tr tree) commit(tag string) {
	tr.t.Helper()
	if _, err := os.Stat(filepath.Join(tr.dir, ".git")); err != nil {
		tr.git("init", "-q", "-b", "main")
	}
	tr.git("add", "-A")
	tr.git("commit", "-q", "-m", tag)
	tr.git("tag", tag)
}

// pack packs into a file and returns the names inside, without the prefix.
func pack(t *testing.T, do func(*os.File) (packed, error)) (packed, []string, error) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "m.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := do(f)
	if err != nil {
		return m, nil, err
	}
	r, err := zip.NewReader(f, m.size)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range r.File {
		name, ok := strings.CutPrefix(entry.Name, m.path+"@"+m.version+"/")
		if !ok {
			t.Errorf("%s does not lie in %s@%s", entry.Name, m.path, m.version)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if sum, err := dirhash.HashZip(f.Name(), dirhash.Hash1); err != nil || assay.Digest(sum) != m.h1 {
		t.Errorf("the digest is %s, want %s, %v", m.h1, sum, err)
	}
	return m, names, nil
}

func (tr tree) packDirectory(version string) (packed, []string, error) {
	tr.t.Helper()
	return pack(tr.t, func(f *os.File) (packed, error) {
		return packDirectory(tr.t.Context(), os.Environ(), f, tr.dir, version)
	})
}

func (tr tree) packTag(below, tag string) (packed, []string, error) {
	tr.t.Helper()
	return pack(tr.t, func(f *os.File) (packed, error) {
		return packTag(tr.t.Context(), os.Environ(), f, filepath.Join(tr.dir, below), tag)
	})
}

const kettleMod = "module corp.example/kettle\n\ngo 1.21\n"

func TestPackDirectory(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", kettleMod)
	tr.write("kettle.go", "package kettle\n")
	tr.write("spout/spout.go", "package spout\n")
	want := []string{"go.mod", "kettle.go", "spout/spout.go"}
	tr.write("vendor/corp.example/a/a.go", "package a\n")
	tr.write("api/go.mod", "module corp.example/kettle/api\n")
	tr.write("api/api.go", "package api\n")
	tr.write(".git/HEAD", "not a repository\n")
	if err := os.Symlink("/etc/passwd", filepath.Join(tr.dir, "link")); err != nil {
		t.Fatal(err)
	}
	m, names, err := tr.packDirectory("v1.2.3")
	if err != nil || m.path != "corp.example/kettle" || m.version != "v1.2.3" || !slices.Equal(names, want) || len(m.notes) != 0 {
		t.Errorf("%+v holds %v, %v", m, names, err)
	}
	var reference bytes.Buffer
	if err := modzip.CreateFromDir(&reference, module.Version{Path: m.path, Version: m.version}, tr.dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "reference.zip")
	if err := os.WriteFile(name, reference.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if sum, err := dirhash.HashZip(name, dirhash.Hash1); err != nil || assay.Digest(sum) != m.h1 {
		t.Errorf("the go command's library makes %s of it, this %s, %v", sum, m.h1, err)
	}
}

// 'assay serve' makes a data directory where it is started, which is where
// people publish from. It holds the database and the keys.
func TestADataDirectoryIsNeverPacked(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", kettleMod)
	tr.write("kettle.go", "package kettle\n")
	tr.write("assay-data/assay.db", "secrets")
	tr.write("assay-data/blobs/sha256/aa/aabb", "bytes")
	tr.write("below/other/assay.db", "secrets")
	m, names, err := tr.packDirectory("v1.2.3")
	if err != nil || !slices.Equal(names, []string{"go.mod", "kettle.go"}) || len(m.notes) != 2 || !strings.Contains(m.notes[0], "assay-data is a data directory") {
		t.Errorf("%+v holds %v, %v", m, names, err)
	}
}

func TestPackDirectoryRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		files   map[string]string
		version string
		kind    assay.Kind
		says    string
	}{
		"no go.mod":                {map[string]string{"a.go": "package a\n"}, "v1.0.0", assay.NotFound, "no go.mod"},
		"no module in go.mod":      {map[string]string{"go.mod": "go 1.21\n"}, "v1.0.0", assay.Invalid, "declares no module"},
		"a path without a host":    {map[string]string{"go.mod": "module kettle\n"}, "v1.0.0", assay.Invalid, "no module path"},
		"no version":               {map[string]string{"go.mod": kettleMod}, "latest", assay.Invalid, "no Go version"},
		"a pseudo-version":         {map[string]string{"go.mod": kettleMod}, "v0.0.0-20191109021931-daa7c04131f5", assay.Invalid, "pseudo-version"},
		"another major version":    {map[string]string{"go.mod": kettleMod}, "v2.0.0", assay.Invalid, "corp.example/kettle/v2"},
		"names equal but for case": {map[string]string{"go.mod": kettleMod, "a.go": "package a\n", "A.go": "package a\n"}, "v1.0.0", assay.Invalid, "case"},
		"a name nobody can write":  {map[string]string{"go.mod": kettleMod, "con.go": "package a\n"}, "v1.0.0", assay.Invalid, "con.go"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTree(t)
			for file, text := range c.files {
				tr.write(file, text)
			}
			if m, _, err := tr.packDirectory(c.version); !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
}

func TestPackDirectoryInARepository(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", kettleMod)
	tr.write("kettle.go", "package kettle\n")
	tr.write(".gitignore", ".env\n")
	tr.commit("v1.2.3")
	if m, _, err := tr.packDirectory("v1.2.3"); err != nil || len(m.notes) != 0 {
		t.Errorf("as committed: %+v, %v", m, err)
	}
	tr.write(".env", "PASSWORD=x\n")
	tr.write("new.go", "package kettle\n")
	tr.write("kettle.go", "package kettle // changed\n")
	m, names, err := tr.packDirectory("v1.2.3")
	if err != nil || !slices.Contains(names, ".env") || len(m.notes) != 2 {
		t.Fatalf("%+v holds %v, %v", m, names, err)
	}
	if !strings.Contains(m.notes[0], "2 files in the zip that git does not know (.env, new.go)") || !strings.Contains(m.notes[1], "not committed") {
		t.Errorf("the notes are %q", m.notes)
	}
}

func TestPackTag(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", kettleMod)
	tr.write("kettle.go", "package kettle\n")
	tr.write("LICENSE", "free\n")
	tr.write("api/go.mod", "module corp.example/kettle/api\n")
	tr.write("api/api.go", "package api\n")
	tr.write("pot/v2/go.mod", "module corp.example/kettle/pot/v2\n")
	tr.write("pot/v2/pot.go", "package pot\n")
	tr.commit("v1.2.3")
	tr.git("tag", "-a", "-m", "api", "api/v0.1.0")
	tr.git("tag", "pot/v2.0.0")
	// What came after the tag, and what was never committed, is not in it.
	tr.write("later.go", "package kettle\n")
	tr.commit("v1.3.0")
	tr.git("branch", "v1.2.3") // a branch of the tag's name is not meant
	tr.write(".env", "PASSWORD=x\n")
	for name, c := range map[string]struct {
		below, tag    string
		path, version string
		files         []string
	}{
		"the root":                         {"", "v1.2.3", "corp.example/kettle", "v1.2.3", []string{"LICENSE", "go.mod", "kettle.go"}},
		"a later tag":                      {"", "v1.3.0", "corp.example/kettle", "v1.3.0", []string{"LICENSE", "go.mod", "kettle.go", "later.go"}},
		"a module below, by its whole tag": {"api", "api/v0.1.0", "corp.example/kettle/api", "v0.1.0", []string{"LICENSE", "api.go", "go.mod"}},
		"a module below, by its version":   {"api", "v0.1.0", "corp.example/kettle/api", "v0.1.0", []string{"LICENSE", "api.go", "go.mod"}},
		"a major version in its own place": {"pot/v2", "v2.0.0", "corp.example/kettle/pot/v2", "v2.0.0", []string{"LICENSE", "go.mod", "pot.go"}},
		"the same, by its whole tag":       {"pot/v2", "pot/v2.0.0", "corp.example/kettle/pot/v2", "v2.0.0", []string{"LICENSE", "go.mod", "pot.go"}},
	} {
		m, names, err := tr.packTag(c.below, c.tag)
		if err != nil || m.path != c.path || m.version != c.version || !slices.Equal(names, c.files) || len(m.notes) != 0 {
			t.Errorf("%s: %+v holds %v, %v", name, m, names, err)
		}
	}
	tr.write("kettle.go", "package kettle // changed\n")
	if m, _, err := tr.packTag("", "v1.2.3"); err != nil || len(m.notes) != 1 || !strings.Contains(m.notes[0], "not in the tag v1.2.3") {
		t.Errorf("with changes: %+v, %v", m, err)
	}
	for name, c := range map[string]struct {
		below, tag string
		kind       assay.Kind
		says       string
	}{
		"a tag that is not there":      {"", "v9.0.0", assay.Invalid, "v9"},
		"a version without a tag":      {"", "v1.9.0", assay.NotFound, "git tag v1.9.0"},
		"the tag of another module":    {"api", "pot/v0.1.0", assay.Invalid, "at the tag api/v0.1.0"},
		"a root's tag for one below":   {"api", "v1.2.3", assay.NotFound, "no tag api/v1.2.3"},
		"a branch":                     {"", "main", assay.Invalid, "no Go version"},
		"an option to git":             {"", "--output=x", assay.Invalid, "no Go version"},
		"an option before the version": {"", "--output=/v1.2.3", assay.Invalid, "is no tag of the module"},
		"no directory of a module":     {".git", "v1.2.3", assay.Invalid, "git repository"},
	} {
		if m, _, err := tr.packTag(c.below, c.tag); !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestPackTagOfAnotherModule(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", "module corp.example/pot\n")
	tr.commit("v1.0.0")
	tr.write("go.mod", kettleMod)
	if m, _, err := tr.packTag("", "v1.0.0"); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "declares the module corp.example/pot") {
		t.Errorf("%+v, %v", m, err)
	}
	tr.git("rm", "-q", "-f", "go.mod")
	tr.git("commit", "-q", "--allow-empty", "-m", "none")
	tr.git("tag", "v1.1.0")
	tr.write("go.mod", kettleMod)
	if m, _, err := tr.packTag("", "v1.1.0"); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "no Go module there") {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestPackTagOutsideOfARepository(t *testing.T) {
	tr := newTree(t)
	tr.write("go.mod", kettleMod)
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(tr.dir))
	if m, _, err := tr.packTag("", "v1.0.0"); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "--version") {
		t.Errorf("%+v, %v", m, err)
	}
	t.Setenv("PATH", "")
	if m, _, err := tr.packTag("", "v1.0.0"); !assay.Is(err, assay.NotFound) || !strings.Contains(err.Error(), "no git on this machine") {
		t.Errorf("without git: %+v, %v", m, err)
	}
	if m, names, err := tr.packDirectory("v1.0.0"); err != nil || len(names) != 1 || len(m.notes) != 0 {
		t.Errorf("the directory needs no git: %+v, %v", m, err)
	}
}

package endtoend_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestWall drives 'assay wall' and 'assay triage' as a person would:
// testdata/wall_*.txtar. Only the built command is on PATH.
func TestWall(t *testing.T) {
	scripts, err := filepath.Glob("testdata/wall_*.txtar")
	must(t, err)
	if len(scripts) == 0 {
		t.Fatal("there are no scripts")
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(binary))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"same": sameFolders},
	})
}

// sameFolders holds that two folders have the same files, byte for byte.
func sameFolders(ts *testscript.TestScript, not bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("same takes two folders")
	}
	one, two := readFolder(ts, args[0]), readFolder(ts, args[1])
	differ := len(one) != len(two)
	for name, body := range one {
		differ = differ || two[name] != body
	}
	if differ != not {
		ts.Fatalf("%s and %s: differ is %v", args[0], args[1], differ)
	}
}

func readFolder(ts *testscript.TestScript, dir string) map[string]string {
	out := map[string]string{}
	root := ts.MkAbs(dir)
	ts.Check(filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		out[name] = string(body)
		return err
	}))
	if len(out) == 0 {
		ts.Fatalf("%s is empty", dir)
	}
	return out
}

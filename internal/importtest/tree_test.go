package importtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "assay.invalid"

// top is the repository's top folder as seen from this one.
const top = "../.."

// folder is one package of the tree, as its files read.
type folder struct {
	path        string            // below the module: "internal/policy"
	imports     map[string]string // import path to a file that has it
	testImports map[string]string // the same of _test.go files
	hasInit     bool
}

// readTree reads the imports of every Go file, whatever its build tags: a
// rule must not be escaped by a file for another system.
func readTree(t *testing.T) []*folder {
	t.Helper()
	byPath := map[string]*folder{}
	var order []*folder
	walk(t, func(path string) {
		if !strings.HasSuffix(path, ".go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(top, path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		p := byPath[dir]
		if p == nil {
			p = &folder{path: dir, imports: map[string]string{}, testImports: map[string]string{}}
			byPath[dir] = p
			order = append(order, p)
		}
		isTest := strings.HasSuffix(path, "_test.go")
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if isTest {
				p.testImports[imported] = path
			} else {
				p.imports[imported] = path
			}
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				p.hasInit = true
			}
		}
	})
	return order
}

// walk calls fn with every file of the tree that belongs to the project, by
// its path below the top.
func walk(t *testing.T, fn func(path string)) {
	t.Helper()
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case ".git", "node_modules", "assay-data", "vendor":
				return fs.SkipDir
			}
			return nil
		}
		if entry.Type().IsRegular() {
			rel, err := filepath.Rel(top, path)
			if err != nil {
				return err
			}
			fn(filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(top, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

package importtest

import (
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// outside is an outside module: why it is used rather than written here, and
// the rooms that may import it. Tests are free to use any that is listed.
type outside struct {
	module string
	rooms  []string
	why    string
}

var modules = []outside{
	{"cel.dev/cel-go", []string{"internal/policy"}, "conditions in the policy file: a language that is typed, ends, and has no way out"},
	{"deps.dev/util/semver", []string{"internal/ecosystem/npm/wire"}, "version order and ranges as the ecosystems' own clients know them"},
	{"github.com/chromedp/chromedp", nil, "drives the browser that the pages are checked in; tests only"},
	{"github.com/chromedp/cdproto", nil, "the words that chromedp and the browser exchange; tests only"},
	{"github.com/go-json-experiment/json", []string{"internal/ecosystem/npm/wire", "internal/ecosystem/golang/wire", "internal/ecosystem/pypi/wire", "internal/ecosystem/cargo/wire", "internal/insight", "internal/insight/osv", "internal/server/api", "internal/store/sqlite", "internal/rulebook", "internal/cli/..."}, "reads a document of 10 MB as a stream and refuses duplicate keys, which encoding/json does not"},
	{"github.com/klauspost/compress", []string{"internal/registry", "internal/upstream", "internal/ecosystem/npm/wire"}, "gzip at a fraction of the standard library's time"},
	{"github.com/pelletier/go-toml/v2", []string{"internal/ecosystem/cargo/wire", "internal/cli/adopt"}, "Cargo's manifests and settings, in a parser that refuses what TOML forbids"},
	{"github.com/pressly/goose/v3", []string{"internal/store/sqlite"}, "migrations from plain SQL files"},
	{"github.com/prometheus/client_golang", []string{"internal/cli/...", "internal/server/..."}, "the metrics format that everyone reads"},
	{"github.com/rogpeppe/go-internal", nil, "test scripts that a person can read; tests only"},
	{"github.com/spf13/cobra", []string{"internal/cli/..."}, "subcommands, help and completion"},
	{"github.com/spf13/pflag", []string{"internal/cli/..."}, "cobra's flags, where their errors are put in our own words"},
	{"github.com/santhosh-tekuri/jsonschema/v6", nil, "holds the catalogue's files to their schema; tests only"},
	{"github.com/secure-systems-lab/go-securesystemslib", []string{"internal/scorecard/..."}, "DSSE envelopes and canonical JSON as in-toto and TUF know them"},
	{"go.yaml.in/yaml/v3", []string{"internal/policy", "internal/scorecard/..."}, "the policy file, the catalogue and assessments, with line numbers and comments kept"},
	{"golang.org/x/mod", []string{"internal/ecosystem/golang/...", "internal/ecosystem/ecosystemtest", "internal/cli/...", "internal/journal/...", "internal/scorecard/...", "bench/..."}, "module paths, zips and the checksum database as the go command knows them; Merkle trees and signed notes"},
	{"golang.org/x/net", []string{"internal/upstream", "internal/server/...", "internal/web/webtest", "internal/scorecard/probe", "internal/ecosystem/pypi/wire", "internal/scorecard/protocol/pypi"}, "what may stand in a header; an HTML parser for indexes that are pages, for tests of pages, and for pages that probes read"},
	{"golang.org/x/sync", []string{"internal/registry", "internal/upstream", "internal/ecosystem/npm", "internal/ecosystem/cargo", "internal/ecosystem/maven", "internal/ecosystem/pypi"}, "one flight for many waiters, semaphores"},
	{"golang.org/x/sys", []string{"internal/blob/dir", "internal/cli/...", "internal/server"}, "what only the system can tell: locks, a full disk, unsent bytes"},
	{"golang.org/x/time", []string{"internal/server/...", "internal/registry"}, "limits on how often something may be asked"},
	{"modernc.org/sqlite", []string{"internal/store/sqlite"}, "a database inside the one binary, without a C compiler"},
	{"pgregory.net/rapid", []string{"internal/store/storetest"}, "property tests that shrink their counter-examples"},
	{"golang.org/x/tools", nil, "required by the check's tools; tests only"},
	{"honnef.co/go/tools", nil, "staticcheck, run by ./check as a tool"},
}

func TestOutsideModulesAreListed(t *testing.T) {
	required := map[string]bool{} // module to: is it a direct requirement
	file, err := modfile.Parse("go.mod", []byte(readFile(t, "go.mod")), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range file.Require {
		required[r.Mod.Path] = !r.Indirect
	}
	if file.Module.Mod.Path != module {
		t.Errorf("the module is %s, this test reads %s", file.Module.Mod.Path, module)
	}
	for _, r := range file.Replace {
		t.Errorf("go.mod replaces %s: what is built here must be what others build", r.Old.Path)
	}
	listed := map[string]outside{}
	for _, m := range modules {
		listed[m.module] = m
		if len(m.why) < 15 {
			t.Errorf("%s is listed without a reason", m.module)
		}
	}
	for path, direct := range required {
		if _, ok := listed[path]; direct && !ok {
			t.Errorf("go.mod requires %s directly, and it is not listed here with a reason (if nothing imports it, go mod tidy marks it indirect or drops it)", path)
		}
	}
	for _, p := range readTree(t) {
		for imported, file := range p.imports {
			m, ok := owner(imported, listed)
			switch {
			case isStandard(imported) || strings.HasPrefix(imported, module+"/"):
			case !ok:
				t.Errorf("%s imports %s, whose module is not listed here with a reason", file, imported)
			case !matchesAny(m.rooms, p.path):
				t.Errorf("%s: %s may not import %s, only %q may: %s", file, p.path, imported, m.rooms, m.why)
			}
		}
		for imported, file := range p.testImports {
			if _, ok := owner(imported, listed); !ok && !isStandard(imported) && !strings.HasPrefix(imported, module+"/") {
				t.Errorf("%s imports %s, whose module is not listed here with a reason", file, imported)
			}
		}
	}
}

// owner finds the listed module that an import path lies in.
func owner(imported string, listed map[string]outside) (outside, bool) {
	for path := imported; ; {
		if m, ok := listed[path]; ok {
			return m, true
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			return outside{}, false
		}
		path = path[:i]
	}
}

// isStandard tells a path of the standard library: its first segment has no
// dot.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module
}

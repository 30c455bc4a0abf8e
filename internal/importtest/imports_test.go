package importtest

import (
	"strings"
	"testing"
)

// rule lets the packages of from import those of to, or forbids it. Both are
// paths below the module, with these wildcards: "*" is one segment, "..." at
// the end is the rest, also none; "{eco}" is one segment that must be the
// same in from and to.
type rule struct {
	from, to string
	allow    bool
	why      string
}

// rules are tried in order; the first that matches decides, and no match
// means no.
var rules = []rule{
	{"cmd/assay", "internal/cli", true, "main is a doorbell: one call into cli"},
	{"cmd/assay", "...", false, "a second wiring beside cli would drift from the tested one"},
	{"...", "internal/cli", false, "cli builds everything, so whoever imports it imports everything, and in a circle"},
	{"internal/cli/...", "...", true, "cli is the one room that knows concrete back ends"},
	{"...", "internal/cli/...", false, "cli's rooms run commands of the machine and open the data directory; nothing else may"},

	{"internal/assay", "...", false, "the vocabulary must be readable alone, and importable by all"},
	{"...", "internal/assay", true, "everyone speaks the vocabulary"},

	{"internal/policy", "...", false, "a decision is a pure function of facts: given the same facts it must come out the same everywhere"},
	{"internal/archive", "...", false, "archives are read the same way for every ecosystem, and need nothing for it"},

	{"internal/ecosystem/{eco}/wire", "internal/archive", true, "files are archives"},
	{"internal/ecosystem/{eco}/wire", "...", false, "the pure half is used by those who have no server; it must not drag one in"},
	{"internal/ecosystem/ecosystemtest", "...", false, "the suite looks from outside, over HTTP, or it would test what it trusts"},
	{"internal/ecosystem/list", "internal/ecosystem/...", true, "the one table of all ecosystems"},
	{"internal/ecosystem/{eco}", "internal/ecosystem/{eco}/wire", true, "an adapter's own pure half"},
	{"internal/ecosystem/{eco}", "internal/ecosystem", true, "the contracts it implements"},
	{"internal/ecosystem/...", "...", false, "an adapter that reached registry, store, blob or upstream could hand out bytes that nobody decided on"},

	{"internal/store/...", "internal/store/...", true, "back ends implement the contract beside them"},
	{"internal/blob/...", "internal/blob/...", true, "back ends implement the contract beside them"},
	{"internal/upstream/...", "internal/upstream/...", true, "its own subfolders"},
	{"internal/store/...", "...", false, "metadata is kept without knowing what it is for"},
	{"internal/blob/...", "...", false, "bytes are kept without knowing what they are"},
	{"internal/upstream/...", "...", false, "fetching must not depend on what is fetched: the guard judges every address alike"},

	{"internal/rulebook", "internal/policy", true, "it compiles what it keeps"},
	{"internal/rulebook", "internal/store", true, "the contract; the back end is cli's choice"},
	{"internal/rulebook", "...", false, "only the rulebook writes rules, and rules are all it writes"},
	{"internal/usage", "internal/store", true, "the contract; the back end is cli's choice"},
	{"internal/usage", "...", false, "counting stays off the request path"},

	{"internal/auth", "internal/store", true, "the contract; the back end is cli's choice"},
	{"internal/auth", "...", false, "who somebody is must not depend on what they ask for"},

	{"internal/admission", "internal/archive", true, "it bounds what archives may hold"},
	{"internal/admission", "...", false, "its steps judge what they are given and store nothing: a refusal cannot leave anything behind"},

	{"internal/journal/tlog", "...", false, "entries, tiles, checkpoints and proofs are checked by those who have no database"},
	{"internal/journal/feed", "internal/journal/tlog", true, "an item of the feed says where in the log it stands"},
	{"internal/journal/feed", "internal/store", true, "it reads the entries that it sends"},
	{"internal/journal", "internal/journal/*", true, "its own subfolders"},
	{"internal/journal", "internal/store", true, "the contract; the back end is cli's choice"},
	{"internal/journal", "internal/blob", true, "the contract: stored files are checked against their events"},
	{"internal/journal/...", "...", false, "the log is made of committed events alone; it must not know how they came about"},

	{"internal/registry", "internal/admission", true, "what is published is judged before it is kept"},
	{"internal/registry", "internal/ecosystem", true, "the contract through which adapters see it"},
	{"internal/registry", "internal/policy", true, "it is the only caller of the policy on the request path"},
	{"internal/registry", "internal/rulebook", true, "the rules in force"},
	{"internal/registry", "internal/upstream", true, "it is the only room that sends requests out"},
	{"internal/registry", "internal/store", true, "the contract, not a back end: another must be able to follow"},
	{"internal/registry", "internal/blob", true, "the contract, not a back end: another must be able to follow"},
	{"internal/registry", "...", false, "it serves every ecosystem alike and knows none"},

	{"internal/insight/content", "internal/archive", true, "files are archives, and are read within bounds"},
	{"internal/insight/*", "...", false, "advisories, names and content are judged by pure functions, which those who have no server use too"},
	{"internal/insight", "internal/insight/*", true, "its own subfolders"},
	{"internal/insight", "internal/store", true, "the contract; the back end is cli's choice"},
	{"internal/insight", "internal/ecosystem", true, "the order of versions"},
	{"internal/insight", "...", false, "it answers what is known, and must not depend on who asks"},

	{"internal/server/...", "internal/server/...", true, "its own subfolders"},
	{"internal/server/...", "internal/web/...", true, "it mounts the pages"},
	{"internal/server/...", "internal/ecosystem", true, "it mounts adapters and sets their reason phrases"},
	{"internal/server/...", "...", false, "it takes what it serves through interfaces, so that no request has a second way to the data"},
	{"internal/web/...", "internal/web/...", true, "pages share their frame"},
	{"internal/web/...", "...", false, "a page shows what it is given"},

	{"internal/scorecard/...", "internal/scorecard/...", true, "its own subfolders"},
	{"internal/scorecard/...", "internal/ecosystem/*/wire", true, "names, versions and documents as the ecosystem writes them"},
	{"internal/scorecard/...", "...", false, "Assay is scored from outside, like anyone: a look into the registry or the store would be one that nobody else has"},

	{"bench/...", "internal/ecosystem/ecosystemtest", true, "the benchmark's upstream is the tests' fake"},
	{"bench/names", "internal/insight/names", true, "what is measured is what decides"},
	{"bench/publish", "internal/store/...", true, "it fills a journal with more events than could be published in the time"},
}

func TestImports(t *testing.T) {
	packages := readTree(t)
	for _, p := range packages {
		for imported, file := range p.imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			i, allowed := decide(p.path, to)
			switch {
			case allowed:
			case i >= 0:
				t.Errorf("%s: %s may not import %s: %s", file, p.path, to, rules[i].why)
			default:
				t.Errorf("%s: %s may not import %s: no rule allows it; if it is right, add a rule and its reason", file, p.path, to)
			}
		}
		for imported, file := range p.testImports {
			if to, ours := strings.CutPrefix(imported, module+"/"); ours && to == "internal/cli" && p.path != "internal/cli" && p.path != "cmd/assay" {
				t.Errorf("%s: a test imports cli: drive the binary, or the room itself", file)
			}
		}
	}
	if len(packages) < 5 {
		t.Errorf("only %d packages were read: the test does not see the tree", len(packages))
	}
}

// decide returns the index of the first rule that speaks of the import, or
// -1, and whether the import is allowed.
func decide(from, to string) (int, bool) {
	for i, r := range rules {
		if eco, ok := match(r.from, from, ""); ok {
			if _, ok := match(r.to, to, eco); ok {
				return i, r.allow
			}
		}
	}
	return -1, false
}

// match matches a path and returns what {eco} stood for.
func match(pattern, path, eco string) (string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, w := range want {
		if w == "..." {
			return eco, true
		}
		if i >= len(got) {
			return eco, false
		}
		switch {
		case w == "{eco}" && (eco == "" || eco == got[i]):
			eco = got[i]
		case w == "*" || w == got[i]:
		default:
			return eco, false
		}
	}
	return eco, len(want) == len(got)
}

func TestRulesDecideAsTheirReasonsSay(t *testing.T) {
	for _, c := range []struct {
		from, to string
		allowed  bool
	}{
		{"cmd/assay", "internal/cli", true},
		{"cmd/assay", "internal/registry", false},
		{"internal/registry", "internal/cli", false},
		{"internal/cli", "internal/store/sqlite", true},
		{"internal/assay", "internal/policy", false},
		{"internal/policy", "internal/assay", true},
		{"internal/policy", "internal/store", false},
		{"internal/ecosystem/npm", "internal/ecosystem/npm/wire", true},
		{"internal/ecosystem/npm", "internal/ecosystem/golang/wire", false},
		{"internal/ecosystem/npm", "internal/registry", false},
		{"internal/ecosystem/npm", "internal/upstream", false},
		{"internal/ecosystem/npm/wire", "internal/ecosystem", false},
		{"internal/store/sqlite", "internal/store", true},
		{"internal/store/sqlite", "internal/blob", false},
		{"internal/registry", "internal/store", true},
		{"internal/registry", "internal/store/sqlite", false},
		{"internal/web/why", "internal/registry", false},
		{"internal/server", "internal/policy", false},
		{"internal/newroom", "internal/store", false},
		{"internal/registry", "internal/admission", true},
		{"internal/registry", "internal/journal", false},
		{"internal/registry", "internal/auth", false},
		{"internal/admission", "internal/store", false},
		{"internal/archive", "internal/admission", false},
		{"internal/auth", "internal/rulebook", false},
		{"internal/journal", "internal/store/sqlite", false},
		{"internal/journal", "internal/registry", false},
		{"internal/journal/tlog", "internal/store", false},
		{"internal/server", "internal/journal", false},
		{"internal/ecosystem/npm/wire", "internal/archive", true},
		{"internal/ecosystem/npm", "internal/admission", false},
	} {
		if _, allowed := decide(c.from, c.to); allowed != c.allowed {
			t.Errorf("%s importing %s: allowed is %v, want %v", c.from, c.to, allowed, c.allowed)
		}
	}
	for _, r := range rules {
		if len(r.why) < 15 {
			t.Errorf("the rule %s -> %s gives no reason", r.from, r.to)
		}
	}
}

// standardBans keep parts of the standard library out of rooms. Tests are
// free.
var standardBans = []struct{ from, to, why string }{
	{"internal/assay", "net/http", "the vocabulary does no input or output"},
	{"internal/assay", "os", "the vocabulary does no input or output"},
	{"internal/assay", "database/sql", "the vocabulary does no input or output"},
	{"internal/policy", "net...", "a decision asks nobody"},
	{"internal/policy", "os...", "a decision reads nothing but the facts"},
	{"internal/policy", "database/sql...", "a decision reads nothing but the facts"},
	{"internal/policy", "math/rand...", "a decision must come out the same each time"},
	{"internal/ecosystem/{eco}/wire", "net/http...", "documents are read the same way whether they came over a wire or not"},
	{"internal/ecosystem/{eco}/wire", "os...", "the pure half does no input or output of its own"},
	{"internal/archive", "os...", "an archive is read where it lies and never unpacked: a traversal has nowhere to go"},
	{"internal/archive", "net...", "archives are judged without asking anybody"},
	{"internal/admission", "os...", "a refused upload leaves nothing behind"},
	{"internal/admission", "net...", "what is published is judged without asking anybody: the question would give the name away"},
	{"internal/auth", "math/rand...", "a secret that can be guessed is none"},
}

// commandRooms may run commands of the machine: cli adopts what the package
// managers say and reads git tags, benchmarks start what they measure, and
// nothing on a request's way may start a process.
var commandRooms = []string{"internal/cli/...", "internal/ecosystem/ecosystemtest", "bench/..."}

// testingRooms are compiled for tests although their files are not _test.go.
var testingRooms = []string{
	"internal/ecosystem/ecosystemtest", "internal/store/storetest", "internal/blob/blobtest", "internal/web/webtest",
	"internal/scorecard/badregistry", "internal/scorecard/probe/probetest", "internal/scorecard/trial/trialtest", "internal/scorecard/trial/served/servedtest",
}

func TestStandardLibraryBans(t *testing.T) {
	for _, p := range readTree(t) {
		for imported, file := range p.imports {
			for _, ban := range standardBans {
				if _, from := match(ban.from, p.path, ""); from && standardMatch(ban.to, imported) {
					t.Errorf("%s: %s may not import %s: %s", file, p.path, imported, ban.why)
				}
			}
			if imported == "os/exec" && !matchesAny(commandRooms, p.path) {
				t.Errorf("%s: only cli runs commands of the machine: on a request's way it would be a hole", file)
			}
			if (imported == "testing" || imported == "net/http/httptest") && !matchesAny(testingRooms, p.path) {
				t.Errorf("%s: %s is for tests, and this is not one", file, imported)
			}
			if imported == "unsafe" || imported == "C" || imported == "plugin" {
				t.Errorf("%s: %s has no place here: memory safety and a build without a C compiler are promises", file, imported)
			}
		}
		if p.hasInit {
			t.Errorf("%s has an init function: what happens at start stands in cli, where it can be read", p.path)
		}
	}
}

func standardMatch(pattern, imported string) bool {
	prefix, open := strings.CutSuffix(pattern, "...")
	if !open {
		return imported == pattern
	}
	return imported == prefix || strings.HasPrefix(imported, prefix+"/")
}

func matchesAny(patterns []string, path string) bool {
	for _, pattern := range patterns {
		if _, ok := match(pattern, path, ""); ok {
			return true
		}
	}
	return false
}

package names

import (
	"strings"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
	cargo "assay.invalid/internal/ecosystem/cargo/wire"
	golang "assay.invalid/internal/ecosystem/golang/wire"
	maven "assay.invalid/internal/ecosystem/maven/wire"
	npm "assay.invalid/internal/ecosystem/npm/wire"
	pypi "assay.invalid/internal/ecosystem/pypi/wire"
)

var grammarOf = map[assay.Ecosystem]assay.Grammar{
	assay.NPM: npm.Grammar{}, assay.PyPI: pypi.Grammar{}, assay.Cargo: cargo.Grammar{}, assay.Golang: golang.Grammar{}, assay.Maven: maven.Grammar{},
}

// shipped is the checker that comes with Assay.
func shipped(t *testing.T, eco assay.Ecosystem) *Checker {
	t.Helper()
	c, ok := Default(eco)
	if !ok {
		t.Fatalf("no names of %s come with Assay", eco)
	}
	return c
}

func TestClassAndTarget(t *testing.T) {
	for _, c := range []struct {
		what   string
		eco    assay.Ecosystem
		name   string
		class  Class
		target string
	}{
		{"a letter left out", assay.NPM, "expres", Omission, "express"},
		{"one of two letters left out", assay.NPM, "comander", Omission, "commander"},
		{"a letter too many", assay.NPM, "lodazsh", Insertion, "lodash"},
		{"a letter twice", assay.NPM, "expresss", Repetition, "express"},
		{"two letters swapped", assay.PyPI, "reqeusts", Transposition, "requests"},
		{"the key beside the right one", assay.NPM, "lodasj", Keyboard, "lodash"},
		{"another letter", assay.PyPI, "tensorflaw", Substitution, "tensorflow"},
		{"two slips", assay.PyPI, "tensrfloww", MultiEdit, "tensorflow"},
		{"a digit for a letter", assay.NPM, "1odash", Homoglyph, "lodash"},
		{"two letters that look like one", assay.PyPI, "rnatplotlib", Homoglyph, "matplotlib"},
		{"two letters that look like another one", assay.NPM, "vvebpack", Homoglyph, "webpack"},
		{"a Cyrillic letter", assay.NPM, "r\u0435act", Homoglyph, "react"},
		{"a Greek letter", assay.PyPI, "p\u03b1ndas", Homoglyph, "pandas"},
		{"a full-width letter", assay.Cargo, "\uff53erde", Homoglyph, "serde"},
		{"a letter with a mark", assay.NPM, "expr\u00e9ss", Homoglyph, "express"},
		{"a character that takes no room", assay.NPM, "lod\u200bash", Homoglyph, "lodash"},
		{"a sign that becomes a letter in lower case", assay.NPM, "mar\u212aed", Homoglyph, "marked"},
		{"no separator", assay.NPM, "crossenv", Separator, "cross-env"},
		{"another separator", assay.NPM, "cross_env", Separator, "cross-env"},
		{"a separator too many", assay.PyPI, "setup-tools", Separator, "setuptools"},
		{"capitals", assay.NPM, "LoDash", Case, "lodash"},
		{"capitals that Go tells apart", assay.Golang, "gopkg.in/YAML.v3", Case, "gopkg.in/yaml.v3"},
		{"another order", assay.PyPI, "dateutil-python", WordOrder, "python-dateutil"},
		{"a version", assay.NPM, "eslint-v9", VersionSuffix, "eslint"},
		{"a version in words", assay.NPM, "webpack-latest", VersionSuffix, "webpack"},
		{"another digit", assay.Cargo, "proc-macro1", VersionSuffix, "proc-macro2"},
		{"a scope that looks like a known one", assay.NPM, "@tpyes/node", Scope, "@types/node"},
		{"a scope that looks like a known one, with a name of its own", assay.NPM, "@bable/something-new", Scope, "@babel/types"},
		{"a scope and a word", assay.NPM, "@angular-official/core", Scope, "@angular/core"},
		{"a scope written into the name", assay.NPM, "types-node", Scope, "@types/node"},
		{"a scoped name without its scope", assay.NPM, "platform-browser-dynamic", Scope, "@angular/platform-browser-dynamic"},
		{"a name under another scope", assay.NPM, "@acme/lodash", Scope, "lodash"},
		{"an account that looks like a known one", assay.Golang, "github.com/sprf13/cobra", Scope, "github.com/spf13/cobra"},
		{"a host that looks like a known one", assay.Golang, "githib.com/spf13/cobra", Scope, "github.com/spf13/cobra"},
		{"a group that looks like a known one", assay.Maven, "com.fastrxml.jackson.core/jackson-databind", Scope, "com.fasterxml.jackson.core/jackson-databind"},
		{"a known name and the language", assay.NPM, "moment-js", Combosquat, "moment"},
		{"the language and a known name, written as one", assay.NPM, "noderequest", Combosquat, "request"},
		{"a claim", assay.PyPI, "numpy-official", Combosquat, "numpy"},
		{"a known name misspelt, and a word", assay.NPM, "puppeter-kettle", Combosquat, "puppeteer"},
		{"nothing that is like it", assay.NPM, "kettlewright", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			got, found := shipped(t, c.eco).Nearest(c.name)
			if Class(got.Class) != c.class || got.Target != c.target || found != (c.target != "") {
				t.Errorf("%s: %v, %v, want %s of %s", c.name, got, found, c.class, c.target)
			}
			if found && (got.Score <= 0 || got.Score > 1) {
				t.Errorf("%s: the score is %v", c.name, got.Score)
			}
		})
	}
}

func TestWhatIsFoundAndWhatIsNot(t *testing.T) {
	for _, c := range []struct {
		eco   assay.Ecosystem
		name  string
		found bool
	}{
		{assay.NPM, "lodahs", true},
		{assay.NPM, "expresss", true},
		{assay.NPM, "r\u0435act", true},
		{assay.NPM, "@tpyes/node", true},
		{assay.PyPI, "reqeusts", true},
		{assay.PyPI, "tensrflow", true},
		{assay.Cargo, "tokoi", true},
		{assay.Golang, "githib.com/spf13/cobra", true},
		{assay.Maven, "org.sl4fj/slf4j-api", true},
		// Under an owner of one's own anything may be called as it likes.
		{assay.NPM, "@acme/lodash", false},
		{assay.Golang, "github.com/acme/cobra", false},
		{assay.Maven, "org.example.acme/guava", false},
		// Extensions of a framework are named after it.
		{assay.NPM, "react-kettle-hooks", false},
		{assay.NPM, "eslint-plugin-kettle", false},
		{assay.PyPI, "django-kettle", false},
		{assay.PyPI, "acme-billing", false},
	} {
		if got, found := shipped(t, c.eco).Check(c.name); found != c.found || !found && got != (assay.NameFinding{}) {
			t.Errorf("%s of %s: %v, %v, want it found: %v", c.name, c.eco, got, found, c.found)
		}
	}
}

func TestPopularNamesAreNeverFound(t *testing.T) {
	for eco, grammar := range grammarOf {
		c, listed := shipped(t, eco), Listed(eco)
		if len(listed) < 200 {
			t.Errorf("only %d names of %s come with Assay", len(listed), eco)
		}
		if c.Len() != len(listed) {
			t.Errorf("%d names of %s come with Assay, and the checker knows %d: some come twice", len(listed), eco, c.Len())
		}
		for _, p := range listed {
			if got, found := c.Nearest(p.Name); found || !c.Known(p.Name) {
				t.Errorf("%s of %s stands on the list, and looks like %v", p.Name, eco, got)
			}
			if name, err := grammar.Name(p.Name); err != nil || name != p.Name {
				t.Errorf("%q on the list of %s is spelt %q, %v", p.Name, eco, name, err)
			}
		}
	}
}

func TestNamesOfKnownOwnersAreNeverFound(t *testing.T) {
	for _, c := range []struct {
		what string
		eco  assay.Ecosystem
		name string
		own  bool
	}{
		{"a scope", assay.NPM, "@types/nodee", true},
		{"an account", assay.Golang, "github.com/spf13/cobras", true},
		{"an account in capitals, which the host takes for the same", assay.Golang, "github.com/Spf13/cobra", true},
		{"a later major version", assay.Golang, "github.com/urfave/cli/v3", true},
		{"a group", assay.Maven, "org.springframework/spring-cor", true},
		{"a group below it", assay.Maven, "org.springframework.ai/spring-boot-starter", true},
		{"a group that only begins like it", assay.Maven, "org.springframeworks/spring-core", false},
		{"a group above it", assay.Maven, "org.apache/commons-lang3", false},
		{"an account at the same host", assay.Golang, "github.com/someone/cobra", false},
		{"a name below gopkg.in, which anybody can have", assay.Golang, "gopkg.in/yml.v3", false},
		{"a flat name that begins like a known one", assay.PyPI, "google-cloud-stroage", false},
	} {
		if got := shipped(t, c.eco).Known(c.name); got != c.own {
			t.Errorf("%s: %s belongs to a known owner: %v, want %v", c.what, c.name, got, c.own)
		}
	}
}

func TestSpellingsOfOneNameDoNotLookLikeEachOther(t *testing.T) {
	for eco, spellings := range map[assay.Ecosystem][]string{
		assay.Cargo: {"serde-json", "Serde_JSON", "lazy-static"},
		assay.PyPI:  {"Requests", "typing.extensions", "Typing--Extensions"},
	} {
		for _, name := range spellings {
			if got, found := shipped(t, eco).Nearest(name); found {
				t.Errorf("%s of %s looks like %v, and is one name with it", name, eco, got)
			}
		}
	}
	if got, found := shipped(t, assay.NPM).Nearest("lodash.get_"); !found || got.Target != "lodash.get" {
		t.Errorf("npm tells lodash.get_ from lodash.get, and this says %v", got)
	}
}

func TestAListOfOnesOwn(t *testing.T) {
	c := New([]Popular{{"acme-kettle-server", 10}, {"acme-kettle-server", 5}, {"", 3}, {"acme-teapot", 1}, {strings.Repeat("x", maxName+1), 1}})
	if c.Len() != 2 {
		t.Errorf("the list has two names, the checker knows %d", c.Len())
	}
	if got, found := c.Check("acme-kettel-server"); !found || got.Target != "acme-kettle-server" || Class(got.Class) != Transposition {
		t.Errorf("acme-kettel-server: %v", got)
	}
	if got, found := c.Check("lodahs"); found {
		t.Errorf("lodash is not on the list, and lodahs is found to be %v", got)
	}
	if _, found := New(nil).Check("lodahs"); found {
		t.Error("an empty list finds something")
	}
}

func TestBrandsThatAreNoPackages(t *testing.T) {
	c := NewFor(assay.Cargo, []Popular{{"kettle", 1}})
	for _, known := range []struct {
		what, name, target string
	}{
		{"a slip away from a brand", "etheruim", "ethereum"},
		{"another one", "pytohn", "python"},
		{"the brand itself", "ethereum", ""},
		{"a brand and a word, which is how extensions are called", "ethereum-teapot", ""},
		{"a misspelt brand and a word", "etheruim-teapot", ""},
	} {
		if got, found := c.Check(known.name); got.Target != known.target || found != (known.target != "") {
			t.Errorf("%s: %v", known.what, got)
		}
	}
	if c.Len() != 1 {
		t.Errorf("the list has one name, the checker counts %d", c.Len())
	}
	if got, found := New([]Popular{{"kettle", 1}}).Nearest("pytohn"); found {
		t.Errorf("a plain list knows of nothing else, and pytohn looks like %v", got)
	}
}

func TestTheMoreUsedOfTwoIsTheTarget(t *testing.T) {
	for _, c := range []struct{ first, second float64 }{{1000, 1}, {1, 1000}} {
		want := "kettleware"
		if c.second > c.first {
			want = "kettlewarf"
		}
		checker := New(append(stuffing(500), Popular{"kettleware", c.first}, Popular{"kettlewarf", c.second}))
		if got, _ := checker.Nearest("kettlewarx"); got.Target != want {
			t.Errorf("with %v and %v uses the target is %s, want %s", c.first, c.second, got.Target, want)
		}
	}
}

// stuffing are so many names that are like no others, used 2 to 999 times.
func stuffing(count int) []Popular {
	var list []Popular
	for i := range count {
		list = append(list, Popular{Name: strings.Repeat(string(alphabet[i%26]), 3) + strings.Repeat(string(alphabet[i/26]), 20), Weight: float64(2 + i%998)})
	}
	return list
}

func TestOddNames(t *testing.T) {
	for what, name := range map[string]string{
		"nothing": "", "separators alone": "-_./", "one letter": "a", "one sign": "\u00e4", "no text": "\xff\xfe\x00", "a slash in front": "/lodash",
		"a slash behind": "lodash/", "a scope alone": "@types", "an empty scope": "@/lodash", "too long": strings.Repeat("lodash", 100),
		"as long as may be": strings.Repeat("a", maxName), "a letter for ever": strings.Repeat("a", maxTyped),
		"words for ever": strings.Repeat("lodahs-", 70), "letters that grow in lower case": strings.Repeat("\u0130", 200),
	} {
		for eco := range grammarOf {
			if got, found := shipped(t, eco).Check(name); found && got.Target == name {
				t.Errorf("%s, %s: it looks like itself", what, eco)
			}
		}
	}
	if got, found := shipped(t, assay.NPM).Nearest(strings.Repeat("lodash", 100)); found {
		t.Errorf("a name of 600 letters looks like %v", got)
	}
}

func TestNoChecker(t *testing.T) {
	var c *Checker
	if _, found := c.Check("lodahs"); found || c.Known("lodash") || c.Len() != 0 || c.Likenesses("lodahs") != nil {
		t.Error("a checker that is not there knows something")
	}
	if c, ok := Default("conan"); ok || c != nil || Listed("conan") != nil {
		t.Error("names of an ecosystem that Assay does not know come with it")
	}
}

func TestManyAskAtOnce(t *testing.T) {
	c := shipped(t, assay.NPM)
	want, _ := c.Check("lodahs")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if got, found := c.Check("lodahs"); !found || got != want {
					t.Errorf("%v, want %v", got, want)
				}
			}
		})
	}
	all.Wait()
}

func TestLikenessesForgetWhatIsKnown(t *testing.T) {
	all := shipped(t, assay.NPM).Likenesses("inquirer")
	if len(all) == 0 {
		t.Fatal("inquirer stands beside enquirer, and resembles nothing")
	}
	for _, l := range all {
		if l.Target == "inquirer" {
			t.Error("inquirer resembles itself")
		}
		if l.Score != l.Evidence.score() {
			t.Errorf("%s: the score is %v, the evidence says %v", l.Target, l.Score, l.Evidence.score())
		}
	}
}

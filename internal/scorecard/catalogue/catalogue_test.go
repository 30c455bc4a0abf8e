package catalogue

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func current(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Current()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTheCatalogueIsItsOutline(t *testing.T) {
	c := current(t)
	if len(c.Outcomes) != 11 || len(c.All()) != 87 || len(outline) != 11 {
		t.Fatalf("%d outcomes, %d capabilities, outline of %d", len(c.Outcomes), len(c.All()), len(outline))
	}
	for i, o := range c.Outcomes {
		var got []string
		for _, k := range o.Capabilities {
			got = append(got, fmt.Sprintf("%s | %s | %s | %s | %s", k.ID, k.Colour, strings.Join(k.From, " "), k.Verify.Method, k.MapsTo.SSDF[0]))
		}
		if o.Title != outline[i].title {
			t.Errorf("outcome %d is %q, want %q", o.Number, o.Title, outline[i].title)
		}
		if !slices.Equal(got, outline[i].capabilities) {
			t.Errorf("outcome %d:\n%s\nwant\n%s", o.Number, strings.Join(got, "\n"), strings.Join(outline[i].capabilities, "\n"))
		}
	}
}

// ssdfTasks are the tasks of NIST SP 800-218, version 1.1 (February 2022).
const ssdfTasks = `PO.1.1 PO.1.2 PO.1.3 PO.2.1 PO.2.2 PO.2.3 PO.3.1 PO.3.2 PO.3.3 PO.4.1 PO.4.2 PO.5.1 PO.5.2
PS.1.1 PS.2.1 PS.3.1 PS.3.2
PW.1.1 PW.1.2 PW.1.3 PW.2.1 PW.4.1 PW.4.2 PW.4.4 PW.5.1 PW.6.1 PW.6.2 PW.7.1 PW.7.2 PW.8.1 PW.8.2 PW.9.1 PW.9.2
RV.1.1 RV.1.2 RV.1.3 RV.2.1 RV.2.2 RV.3.1 RV.3.2 RV.3.3 RV.3.4`

func TestMappingsLeadSomewhere(t *testing.T) {
	tasks := strings.Fields(ssdfTasks)
	if len(tasks) != 42 {
		t.Fatalf("%d tasks", len(tasks))
	}
	for _, k := range current(t).All() {
		for _, task := range k.MapsTo.SSDF {
			if !slices.Contains(tasks, task) {
				t.Errorf("%s: SP 800-218 has no task %s", k.ID, task)
			}
		}
		for _, threat := range k.MapsTo.SLSA {
			if len(threat) != 1 || threat < "A" || threat > "I" {
				t.Errorf("%s: SLSA has no threat %s", k.ID, threat)
			}
		}
		if slices.Contains(k.From, "P") != (k.MapsTo.Principles != nil) {
			t.Errorf("%s: from %v, and in the Principles at %v", k.ID, k.From, k.MapsTo.Principles)
		}
	}
}

func TestEveryCapabilityIsWrittenOut(t *testing.T) {
	for _, k := range current(t).All() {
		for what, n := range map[string]int{"requires": len(k.How.Requires), "does_not_count": len(k.How.DoesNotCount),
			"mistakes": len(k.How.Mistakes), "verify": len(k.Verify.Text), "threat": len(k.Why.Threat), "publishers": len(k.Effort.Publishers),
			"consumers": len(k.Effort.Consumers), "keep": len(k.Effort.Keep), "from": len(k.From)} {
			if n == 0 {
				t.Errorf("%s has no %s", k.ID, what)
			}
		}
		for whose, w := range map[string]Weeks{"volunteers": k.Effort.VolunteerWeeks, "staff": k.Effort.StaffedWeeks} {
			if w.To <= 0 || w.From > w.To {
				t.Errorf("%s: %g to %g weeks for %s", k.ID, w.From, w.To, whose)
			}
		}
		words := 0
		for _, text := range slices.Concat([]string{k.Statement, k.Why.Threat, k.Verify.Text, k.Effort.Publishers, k.Effort.Consumers, k.Effort.Keep},
			k.How.Requires, k.How.DoesNotCount, k.How.Mistakes) {
			words += len(strings.Fields(text))
		}
		if words < 120 || words > 400 {
			t.Errorf("%s has %d words: 120 to 400 can be read in two minutes", k.ID, words)
		}
	}
}

func TestNothingIsSaidTwice(t *testing.T) {
	seen := map[string]string{}
	once := func(where, text string) {
		t.Helper()
		folded := strings.ToLower(strings.Join(strings.Fields(text), " "))
		if first, twice := seen[folded]; twice {
			t.Errorf("%s says the same as %s: %s", where, first, text)
		}
		seen[folded] = where
	}
	for _, o := range current(t).Outcomes {
		once("outcome "+o.ID, o.Title)
		once("outcome "+o.ID, o.Why)
		for _, k := range o.Capabilities {
			once(k.ID, k.Title)
			once(k.ID, k.Statement)
			once(k.ID, k.Why.Threat)
			once(k.ID, k.Verify.Text)
			named := map[string]bool{}
			for _, e := range k.Examples {
				if named[e.Repository] {
					t.Errorf("%s gives %s twice as an example", k.ID, e.Repository)
				}
				named[e.Repository] = true
			}
		}
	}
}

// repositories are the spellings, one each.
var repositories = []string{"CRAN", "Cargo's registry", "Debian", "Go modules", "Hex", "Homebrew", "Maven Central", "NuGet", "Packagist",
	"Pub (Dart)", "PyPI", "RubyGems", "conda-forge", "npm"}

func TestRepositoriesHaveOneSpelling(t *testing.T) {
	c := current(t)
	for _, k := range c.All() {
		for _, e := range k.Examples {
			if !slices.Contains(repositories, e.Repository) {
				t.Errorf("%s: %q is spelt in no known way", k.ID, e.Repository)
			}
		}
	}
	for _, i := range c.Incidents {
		for name := range strings.SplitSeq(i.Repository, ", ") {
			if name != "Fedora" && !slices.Contains(repositories, name) {
				t.Errorf("%s: %q is spelt in no known way", i.ID, name)
			}
		}
	}
}

// registryHosts are hosts of public package registries, in pieces, so that
// this file does not hold them either.
var registryHosts = [][]string{{"npmjs", "org"}, {"npmjs", "com"}, {"yarnpkg", "com"}, {"pypi", "org"}, {"pythonhosted", "org"},
	{"proxy", "golang", "org"}, {"sum", "golang", "org"}, {"crates", "io"}, {"maven", "org"}, {"maven", "apache", "org"}, {"sonatype", "com"},
	{"deb", "debian", "org"}, {"rubygems", "org"}, {"packagist", "org"}, {"packagist", "com"}, {"nuget", "org"}, {"r-project", "org"},
	{"hex", "pm"}, {"pub", "dev"}, {"anaconda", "org"}, {"brew", "sh"}}

func TestCitationsKeepAwayFromRegistries(t *testing.T) {
	for _, k := range current(t).All() {
		for _, e := range k.Examples {
			c := e.Citation
			if (c.URL == "") == (c.Where == "") {
				t.Errorf("%s, %s: a citation has an address or a place", k.ID, e.Repository)
			}
			if c.URL == "" {
				continue
			}
			u, err := url.Parse(c.URL)
			if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
				t.Errorf("%s, %s: %s is no address to cite", k.ID, e.Repository, c.URL)
				continue
			}
			for _, pieces := range registryHosts {
				host := strings.Join(pieces, ".")
				if h := strings.ToLower(u.Hostname()); h == host || strings.HasSuffix(h, "."+host) {
					t.Errorf("%s, %s: %s is a page of a registry: say in words where it is", k.ID, e.Repository, c.URL)
				}
			}
		}
	}
	for _, name := range []string{"schema.json", "CHANGELOG.md"} {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		withoutHosts(t, name, string(raw))
	}
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			withoutHosts(t, path, string(file(t, path)))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func withoutHosts(t *testing.T, name, text string) {
	t.Helper()
	var hosts []string
	for _, pieces := range registryHosts {
		hosts = append(hosts, regexp.QuoteMeta(strings.Join(pieces, ".")))
	}
	host := regexp.MustCompile(`(?i)(^|[^a-z0-9-])(` + strings.Join(hosts, "|") + `)($|[^a-z0-9-])`)
	if at := host.FindStringIndex(text); at != nil {
		t.Errorf("%s, line %d, holds the host of a registry", name, 1+strings.Count(text[:at[0]], "\n"))
	}
}

func TestTheChangeLogNamesTheVersion(t *testing.T) {
	raw, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, newest, _ := strings.Cut(string(raw), "\n## ")
	if version, _, _ := strings.Cut(newest, "\n"); version != current(t).Version {
		t.Errorf("the newest entry is of %s, and the version is %s", version, current(t).Version)
	}
}

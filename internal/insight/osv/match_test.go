package osv

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// rec writes a record of one npm package.
func rec(id, name, ranges, more string) string {
	return fmt.Sprintf(`{"id":%q,"modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":%q},"ranges":[%s]%s}]}`, id, name, ranges, more)
}

func semver(events string) string { return `{"type":"SEMVER","events":[` + events + `]}` }

func indexOf(t testing.TB, report *Report, texts ...string) *Index {
	t.Helper()
	b := NewBuilder(testGrammars, report)
	for _, text := range texts {
		r, err := Parse([]byte(text), Limits{})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		b.Add(r, "a test")
	}
	return b.Build()
}

func TestRanges(t *testing.T) {
	for name, tc := range map[string]struct {
		record  string
		in, out string // versions, blank-separated
	}{
		"from the beginning to a fix":                  {rec("A-1", "a", semver(`{"introduced":"0"},{"fixed":"1.2.0"}`), ""), "0.0.1 1.1.9 1.2.0-rc.1", "1.2.0 1.2.1 9.0.0"},
		"a last affected version":                      {rec("A-1", "a", semver(`{"introduced":"1.0.0"},{"last_affected":"1.2.0"}`), ""), "1.0.0 1.2.0", "0.9.9 1.2.1"},
		"events out of order":                          {rec("A-1", "a", semver(`{"fixed":"2.1.0"},{"introduced":"2.0.0"},{"fixed":"1.2.0"},{"introduced":"1.0.0"}`), ""), "1.0.0 1.1.0 2.0.5", "0.9.0 1.2.0 1.9.0 2.1.0"},
		"several ranges":                               {rec("A-1", "a", semver(`{"introduced":"1.0.0"},{"fixed":"1.1.0"}`)+","+semver(`{"introduced":"3.0.0"}`), ""), "1.0.0 3.0.0 9.0.0", "1.1.0 2.0.0"},
		"all versions":                                 {rec("A-1", "a", semver(`{"introduced":"0"}`), ""), "0.0.1 99.0.0", ""},
		"enumerated versions":                          {rec("A-1", "a", ``, `,"versions":["1.0.0","v2.0.0+build"]`), "1.0.0 2.0.0", "1.0.1 3.0.0"},
		"enumerated beside a range":                    {rec("A-1", "a", semver(`{"introduced":"5.0.0"}`), `,"versions":["1.0.0"]`), "1.0.0 5.0.0", "2.0.0"},
		"a limit":                                      {rec("A-1", "a", semver(`{"introduced":"1.0.0"},{"limit":"2.0.0"}`), ""), "1.0.0 1.9.0", "2.0.0 3.0.0"},
		"a limit that is none":                         {rec("A-1", "a", semver(`{"introduced":"1.0.0"},{"limit":"*"}`), ""), "1.0.0 99.0.0", "0.1.0"},
		"fixed and introduced again at once":           {rec("A-1", "a", semver(`{"introduced":"0"},{"fixed":"1.0.0"},{"introduced":"1.0.0"},{"fixed":"2.0.0"}`), ""), "0.5.0 1.0.0 1.5.0", "2.0.0"},
		"introduced and fixed at once":                 {rec("A-1", "a", semver(`{"introduced":"0"},{"fixed":"1.0.0"},{"introduced":"3.0.0"},{"fixed":"3.0.0"}`), ""), "0.5.0", "1.0.0 3.0.0 4.0.0"},
		"neither ranges nor versions":                  {rec("A-1", "a", ``, ""), "0.0.1 99.0.0", ""},
		"ranges of commits alone":                      {rec("A-1", "a", `{"type":"GIT","events":[{"introduced":"0"}]}`, ""), "", "1.0.0 99.0.0"},
		"a beginning that cannot be ordered":           {rec("A-1", "a", semver(`{"introduced":"one"},{"fixed":"2.0.0"}`), ""), "0.1.0 1.9.0", "2.0.0"},
		"an end that cannot be ordered":                {rec("A-1", "a", semver(`{"introduced":"1.0.0"},{"fixed":"two"}`), ""), "1.0.0 99.0.0", "0.9.0"},
		"build metadata is no part of the order":       {rec("A-1", "a", semver(`{"introduced":"1.0.0+a"},{"fixed":"1.2.0+b"}`), ""), "1.0.0 1.0.0+c", "1.2.0 1.2.0+z"},
		"another package of the same record's spellin": {rec("A-1", "b", semver(`{"introduced":"0"}`), ""), "", "1.0.0"},
		"withdrawn":                                    {`{"id":"A-1","modified":"2026-01-01T00:00:00Z","withdrawn":"2026-01-02T00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"a"},"ranges":[` + semver(`{"introduced":"0"}`) + `]}]}`, "", "1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			x := indexOf(t, nil, tc.record)
			for _, v := range strings.Fields(tc.in) {
				if got := x.IDs(npm("a", v)); len(got) != 1 {
					t.Errorf("%s is not concerned", v)
				}
			}
			for _, v := range strings.Fields(tc.out) {
				if got := x.IDs(npm("a", v)); len(got) != 0 {
					t.Errorf("%s is concerned by %v", v, got)
				}
			}
		})
	}
}

func npm(name, version string) assay.Coordinate {
	return assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: version}
}

func TestWhatCannotBeOrderedLiesInside(t *testing.T) {
	x := indexOf(t, nil, rec("A-1", "a", semver(`{"introduced":"1.0.0"},{"fixed":"1.0.1"}`), ""), rec("A-2", "a", ``, `,"versions":["1.0.0"]`))
	if got := x.IDs(npm("a", "what-is-this")); !slices.Equal(got, []string{"A-1"}) {
		t.Errorf("concerned by %v", got)
	}
}

func TestTheNewerCopyCounts(t *testing.T) {
	all := semver(`{"introduced":"0"}`)
	old := rec("A-1", "a", all, "")
	withdrawn := strings.Replace(strings.Replace(old, "2026-01-01", "2026-02-01", 1), `"affected"`, `"withdrawn":"2026-02-01T00:00:00Z","affected"`, 1)
	for _, order := range [][]string{{old, withdrawn}, {withdrawn, old}} {
		if got := indexOf(t, nil, order...).IDs(npm("a", "1.0.0")); len(got) != 0 {
			t.Errorf("a record that was withdrawn matches: %v", got)
		}
	}
}

func TestAliasesAreOneAdvisory(t *testing.T) {
	all := semver(`{"introduced":"0"},{"fixed":"2.0.0"}`)
	alias := func(text, aliases, severity string) string {
		return strings.Replace(text, `"modified"`, `"aliases":[`+aliases+`],"database_specific":{"severity":"`+severity+`"},"modified"`, 1)
	}
	x := indexOf(t, nil,
		alias(rec("CVE-2026-1", "a", all, ""), ``, "LOW"),
		alias(rec("GHSA-1", "a", all, ""), `"CVE-2026-1"`, "MODERATE"),
		alias(rec("OTHER-1", "a", all, ""), `"CVE-2026-1"`, "CRITICAL"),
		alias(rec("MAL-2026-1", "a", all, ""), ``, ""),
		alias(rec("GHSA-2", "a", semver(`{"introduced":"0"},{"fixed":"1.0.0"}`), ""), `"CVE-2026-2"`, "HIGH"))
	got, fixes := x.Match(npm("a", "1.0.0"))
	if len(got) != 2 || got[0].ID != "MAL-2026-1" || !got[0].Malicious || got[1].ID != "GHSA-1" || got[1].Severity != assay.SeverityCritical ||
		!slices.Equal(got[1].Aliases, []string{"CVE-2026-1", "OTHER-1"}) || got[1].Source != "a test" {
		t.Errorf("advisories %+v", got)
	}
	if !slices.Equal(fixes, []string{"GHSA-2"}) {
		t.Errorf("it fixes %v", fixes)
	}
	if got, fixes := x.Match(npm("a", "2.0.0")); len(got) != 0 || !slices.Equal(fixes, []string{"CVE-2026-1", "GHSA-1", "OTHER-1"}) {
		t.Errorf("the fix itself: %+v, %v", got, fixes) // a malicious record names no fix
	}
	if packages, ids, ok := x.Lookup("CVE-2026-1"); !ok || len(packages) != 1 || packages[0] != npm("a", "") || !slices.Equal(ids, []string{"CVE-2026-1", "GHSA-1", "OTHER-1"}) {
		t.Errorf("looked up: %v, %v, %v", packages, ids, ok)
	}
	if !x.Concerns("CVE-2026-2", npm("a", "0.1.0")) || x.Concerns("CVE-2026-2", npm("a", "1.0.0")) {
		t.Error("an alias concerns other versions than its record")
	}
	if _, _, ok := x.Lookup("GHSA-9"); ok {
		t.Error("what there is not was found")
	}
}

func TestAVersionIsNoFixOfWhatConcernsIt(t *testing.T) {
	x := indexOf(t, nil,
		rec("GHSA-1", "a", semver(`{"introduced":"0"},{"fixed":"1.0.0"}`), ""),
		strings.Replace(rec("GHSA-2", "a", semver(`{"introduced":"0"}`), ""), `"modified"`, `"aliases":["GHSA-1"],"modified"`, 1))
	if got, fixes := x.Match(npm("a", "1.0.0")); len(got) != 1 || len(fixes) != 0 {
		t.Errorf("%+v, and it fixes %v", got, fixes)
	}
}

func TestNamesOfOtherEcosystems(t *testing.T) {
	record := func(id, ecosystem, name, version string) string {
		return fmt.Sprintf(`{"id":%q,"modified":"2026-01-01T00:00:00Z","affected":[{"package":{"ecosystem":%q,"name":%q},"versions":[%q]}]}`, id, ecosystem, name, version)
	}
	report := &Report{}
	x := indexOf(t, report, record("A-1", "Maven", "com.corp:kettle", "1.0"), record("A-2", "PyPI", "Kettle_Tea", "1.0"), record("A-3", cargo, "Kettle", "1.0.0"),
		record("A-4", "Go", "corp.example/Kettle", "1.0.0"), record("A-5", "Go", "stdlib", "1.20.0"), record("A-6", "Debian:12", "kettle", "1"), record("A-7", "Maven", "kettle", "1"))
	for purl, want := range map[string]string{
		"pkg:maven/com.corp/kettle@1.0": "A-1", "pkg:pypi/kettle-tea@1.0": "A-2", "pkg:cargo/kettle@1.0.0": "A-3",
		"pkg:golang/corp.example/Kettle@v1.0.0": "A-4", "pkg:golang/stdlib@v1.20.0": "A-5", "pkg:golang/corp.example/kettle@v1.0.0": "",
	} {
		if got := strings.Join(x.IDs(coordinate(t, purl)), " "); got != want {
			t.Errorf("%s: %q, want %q", purl, got, want)
		}
	}
	if report.Elsewhere["Debian:12"] != 1 || report.Broken != 1 {
		t.Errorf("the report says %+v", report)
	}
}

func TestChanged(t *testing.T) {
	a, b := rec("A-1", "a", semver(`{"introduced":"0"}`), ""), rec("A-2", "b", semver(`{"introduced":"0"}`), "")
	one, two := indexOf(t, nil, a, b), indexOf(t, nil, b, strings.Replace(a, `"0"`, `"1.0.0"`, 1), rec("A-3", "c", ``, `,"versions":["1.0.0"]`))
	if got := Changed(one, two); !slices.Equal(got, []assay.Coordinate{npm("a", ""), npm("c", "")}) {
		t.Errorf("changed %v", got)
	}
	if got := Changed(two, one); len(got) != 2 {
		t.Errorf("changed back %v", got)
	}
	if got := Changed(one, indexOf(t, nil, b, a)); len(got) != 0 {
		t.Errorf("the same in another order: %v", got)
	}
	if got := Changed(nil, one); len(got) != 2 {
		t.Errorf("from nothing: %v", got)
	}
}

func TestSeverities(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want assay.Severity
	}{
		"a word":                             {`"database_specific":{"severity":"MODERATE"}`, assay.SeverityMedium},
		"a word before a vector":             {`"database_specific":{"severity":"LOW"},"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]`, assay.SeverityLow},
		"version 3.1, all lost":              {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]`, assay.SeverityCritical}, // 9.8
		"version 3.1, a denial of service":   {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}]`, assay.SeverityHigh},     // 7.5
		"version 3.0, scripts in a page":     {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}]`, assay.SeverityMedium},   // 6.1
		"version 3.1, hard and local":        {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}]`, assay.SeverityLow},      // 1.6
		"version 2, all lost":                {`"severity":[{"type":"CVSS_V2","score":"AV:N/AC:L/Au:N/C:C/I:C/A:C"}]`, assay.SeverityHigh},                       // 10.0
		"version 4 before version 3":         {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"},{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}]`, assay.SeverityCritical},
		"a vector with a metric twice":       {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]`, assay.SeverityUnknown},
		"a vector that lacks a metric":       {`"severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L"}]`, assay.SeverityUnknown},
		"nothing":                            {`"details":"x"`, assay.SeverityUnknown},
		"advice that a crate has no keeper":  {`"affected":[{"package":{"ecosystem":"npm","name":"a"},"versions":["1.0.0"],"database_specific":{"informational":"unmaintained"}}]`, assay.SeverityLow},
		"a database that means other things": {`"database_specific":{"severity":7}`, assay.SeverityUnknown},
	} {
		r, err := Parse([]byte(`{"id":"A-1",`+tc.text+`}`), Limits{})
		if err != nil || r.Severity != tc.want {
			t.Errorf("%s: %v, %v, want %v", name, r.Severity, err, tc.want)
		}
	}
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H": 9.8, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": 10, "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N": 6.1,
		"CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H": 7.8, "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N": 5.9, "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": 0,
	} {
		if got, ok := score3(metrics(vector)); !ok || got != want {
			t.Errorf("%s is %v, want %v", vector, got, want)
		}
	}
	for vector, want := range map[string]float64{"AV:N/AC:L/Au:N/C:C/I:C/A:C": 10, "AV:N/AC:M/Au:N/C:N/I:P/A:N": 4.3, "AV:L/AC:H/Au:N/C:C/I:C/A:C": 6.2} {
		if got, ok := score2(metrics(vector)); !ok || got != want {
			t.Errorf("%s is %v, want %v", vector, got, want)
		}
	}
}

func TestWhatWeWriteWeRead(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, purl := range []string{"pkg:npm/%40acme/x@1.0.0", "pkg:pypi/kettle@1.0", "pkg:maven/com.corp/kettle@1.0", "pkg:cargo/kettle@1.0.0", "pkg:golang/corp.example/Kettle@v1.0.0"} {
		c := coordinate(t, purl)
		text, err := Write(OwnPrefix+"2026-1", c, "it reads <tokens> & sends them", at)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := indexOf(t, nil, string(text)).Match(c)
		if len(got) != 1 || !got[0].Malicious || got[0].ID != OwnPrefix+"2026-1" || !got[0].Modified.Equal(at) {
			t.Errorf("%s: %+v\n%s", purl, got, text)
		}
	}
	if _, err := Write("X-1", assay.Coordinate{Ecosystem: "conan", Name: "a", Version: "1"}, "x", at); !assay.Is(err, assay.Invalid) {
		t.Errorf("of an ecosystem that OSV's words do not cover here: %v", err)
	}
}

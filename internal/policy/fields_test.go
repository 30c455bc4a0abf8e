package policy

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// Every fact, known and unknown: the question holds of the one and cannot be
// judged, or does not hold, of the other.
func TestEveryFactIsKnownOrNot(t *testing.T) {
	full := &assay.Facts{
		Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: "lodash", Version: "4.17.20"}, Registry: "npm", Origin: "https://registry.example",
		Published: noon.In(time.FixedZone("elsewhere", 3600)), FirstListed: noon, LastAbsent: noon, Vanished: noon,
		Hosted: true, PublishedBy: "t1", Status: assay.Yanked, StatusReason: "broken", InstallScripts: assay.Yes, Scripts: []string{"preinstall", "install"},
		Deprecated: "use b", Yanked: "oops", Placeholder: true, Digest: "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
		Advisories: []assay.Advisory{{ID: "GHSA-1", Aliases: []string{"CVE-1"}, Severity: assay.SeverityHigh}, {ID: "MAL-1", Malicious: true}}, AdvisoriesRead: noon,
		Fixes: []string{"GHSA-2"}, Name: &assay.NameFinding{Target: "lodash"}, NameSince: noon, Signals: []assay.Signal{{ID: "credential-read"}}, Scanned: noon,
	}
	questions := map[string]string{
		"name": `version.name == "lodash"`, "number": `version.number == "4.17.20"`, "ecosystem": `version.ecosystem == "npm"`, "registry": `version.registry == "npm"`,
		"origin": `version.origin == "https://registry.example"`, "hosted": `version.hosted`, "published_by": `version.published_by == "t1"`,
		"published": `version.published == timestamp("2026-11-22T12:00:00Z") && version.published.getHours() == 12`, "first_listed": `version.first_listed <= now`,
		"last_absent": `version.last_absent <= now`, "status": `version.status == "yanked"`, "status_reason": `version.status_reason == "broken"`,
		"install_scripts": `version.install_scripts`, "scripts": `version.scripts == ["preinstall", "install"]`, "deprecated": `version.deprecated == "use b"`,
		"yanked": `version.yanked == "oops"`, "is_vanished": `version.is_vanished`, "placeholder": `version.placeholder`, "digest": `version.digest.startsWith("sha1:")`,
		"advisories": `version.advisories == ["GHSA-1", "CVE-1", "MAL-1"]`, "severity": `version.severity == "high"`, "is_malicious": `version.is_malicious`,
		"fixes": `"GHSA-2" in version.fixes`, "looks_like": `version.looks_like == "lodash"`, "name_since": `version.name_since <= now`,
		"signals": `version.signals == ["credential-read"]`,
	}
	none := &assay.Facts{Status: assay.Removed + 1}
	for _, f := range Fields() {
		t.Run(f.Name, func(t *testing.T) {
			ask := func(text string, facts *assay.Facts) outcome {
				e, flaws := compile(text)
				if len(flaws) > 0 {
					t.Fatalf("%s: %v", text, flaws)
				}
				return e.judge(facts, noon)
			}
			if o := ask(questions[f.Name], full); o.err != nil || !o.holds {
				t.Errorf("%s, where it is known: %v, %v", questions[f.Name], o.holds, o.err)
			}
			o := ask(questions[f.Name], none)
			if f.Unknown == "" && (o.err != nil || o.holds) {
				t.Errorf("it is always known, and %v, %v", o.holds, o.err)
			}
			if f.Unknown != "" && (o.err == nil || o.holds || !strings.Contains(o.err.Error(), f.Name+" is not known; write has(version."+f.Name+")")) {
				t.Errorf("where it is unknown: %v, %v", o.holds, o.err)
			}
			has := "has(version." + f.Name + ")"
			if o := ask(has, full); o.err != nil || !o.holds {
				t.Errorf("%s, where it is known: %v, %v", has, o.holds, o.err)
			}
			if o := ask(has, none); o.err != nil || o.holds != (f.Unknown == "") {
				t.Errorf("%s, where it is unknown: %v, %v", has, o.holds, o.err)
			}
			if typed := strings.ToLower(strings.TrimPrefix(f.cel.String(), "google.protobuf.")); f.Meaning == "" || typed != f.Type {
				t.Errorf("it is %q, of the type %q, which CEL calls %s", f.Meaning, f.Type, f.cel)
			}
		})
	}
	if len(questions) != len(Fields()) {
		t.Errorf("%d facts, %d questions", len(Fields()), len(questions))
	}
}

// A caller cannot change what conditions can ask for.
func TestFieldsAreACopy(t *testing.T) {
	Fields()[0].Name = "other"
	if Fields()[0].Name != "name" {
		t.Error("the list of facts was changed from outside")
	}
}

func TestInstallScriptsOfAModule(t *testing.T) {
	e, flaws := compile("version.install_scripts")
	if flaws != nil {
		t.Fatal(flaws)
	}
	module := lodash(func(f *assay.Facts) { f.Coordinate.Ecosystem, f.InstallScripts = assay.Golang, assay.Unknown })
	if o := e.judge(module, noon); o.err != nil || o.holds {
		t.Errorf("of a Go module: %v, %v", o.holds, o.err)
	}
}

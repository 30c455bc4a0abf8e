package cli

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func lodash(version string) assay.Coordinate {
	return assay.Coordinate{Ecosystem: assay.NPM, Name: "lodash", Version: version}
}

func printed(t *testing.T, x assay.Explanation, all bool) string {
	t.Helper()
	var b strings.Builder
	if err := printExplanation(&b, x, all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExplainDeniedVersion(t *testing.T) {
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	got := printed(t, assay.Explanation{
		Coordinate: lodash("4.17.20"), Registry: "npm", Epoch: 7, Why: "http://127.0.0.1:8417/why/abc", Stale: 90, Nearest: "4.17.21",
		Facts: []assay.Fact{
			{Name: "published", Value: "2020-08-13T16:53:54Z", Source: "packument time", Known: true},
			{Name: "digest", Value: "sha256:" + strings.Repeat("ab", 32), Source: "first promised or seen", Known: true},
			{Name: "install scripts", Value: "unknown", Source: "the version's manifest\x1b[2J"},
		},
		Decision: assay.Decision{Effect: assay.Deny, Until: end, Opinions: []assay.Opinion{
			{Rule: "block", Effect: assay.Deny, Reason: "prototype pollution", Until: end},
			{Rule: "cooldown", Effect: assay.Deny, Mode: assay.Observe, Reason: "published today"},
			{Rule: "vanished", Effect: assay.Warn, Reason: "no longer listed"},
			{Rule: "age-unknown", Effect: assay.Deny, Reason: "no date", LiftedBy: "x1"},
		}},
		Advice: []string{"ask the operator."},
	}, false)
	want := `pkg:npm/lodash@4.17.20  (in npm)
The upstream could not be asked; what is known is 1m30s old.

✗ deny by the rule block: prototype pollution
This can change by itself on 2027-01-01 00:00 UTC.

Rules
  ✗ deny     block        prototype pollution
  ○ observe  cooldown     would deny: published today
  ▲ warn     vanished     no longer listed
  ✗ deny     age-unknown  no date (lifted by the exception x1)

Facts
  published        2020-08-13T16:53:54Z                 from packument time
  digest           sha256:ababababababababababababa...  from first promised or seen
  install scripts  unknown                              from the version's manifest[2J

What you can do
  Take lodash@4.17.21, the nearest version that is allowed.
  Ask the operator.

Policy epoch 7, http://127.0.0.1:8417/why/abc
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestExplainAllowedVersion(t *testing.T) {
	got := printed(t, assay.Explanation{Coordinate: lodash("4.17.21"), Decision: assay.Decision{Effect: assay.Allow}, Nearest: "4.17.20"}, false)
	if !strings.Contains(got, "✓ allow: no rule speaks against it") {
		t.Errorf("got\n%s", got)
	}
	for _, absent := range []string{"Rules", "Facts", "What you can do", "by itself"} {
		if strings.Contains(got, absent) {
			t.Errorf("%q stands there though there is nothing to say:\n%s", absent, got)
		}
	}
}

func TestExplainAllowedAgainstARule(t *testing.T) {
	for want, o := range map[string]assay.Opinion{
		"✓ allow: the exception e1 lifts the rule block\n":   {Rule: "block", Effect: assay.Deny, Reason: "old", LiftedBy: "e1"},
		"✓ allow: what speaks against it is only observed\n": {Rule: "cooldown", Effect: assay.Deny, Reason: "new", Mode: assay.Observe},
	} {
		got := printed(t, assay.Explanation{Coordinate: lodash("4.17.20"), Decision: assay.Decision{Effect: assay.Allow, Opinions: []assay.Opinion{o}}}, false)
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestExplainPackage(t *testing.T) {
	x := assay.Explanation{Coordinate: lodash("")}
	for i := range shownVersions + 3 {
		d := assay.Decision{Effect: assay.Allow}
		if i > shownVersions {
			d = assay.Decision{Effect: assay.Deny, Opinions: []assay.Opinion{{Rule: "block", Effect: assay.Deny, Reason: "old"}}}
		}
		x.Versions = append(x.Versions, assay.VersionDecision{Version: "v" + strings.Repeat("i", i), Decision: d, Listed: i != 1})
	}
	short, long := printed(t, x, false), printed(t, x, true)
	if !strings.Contains(short, "and 3 versions more: 1 allowed, 0 with a warning, 2 denied") {
		t.Errorf("got\n%s", short)
	}
	if !strings.Contains(short, "no longer listed upstream\n") {
		t.Errorf("the version that vanished is not marked:\n%s", short)
	}
	if strings.Contains(long, " more: ") || strings.Count(long, "block: old") != 2 {
		t.Errorf("got\n%s", long)
	}
	if none := printed(t, assay.Explanation{Coordinate: lodash("")}, false); !strings.Contains(none, "No version is known.") {
		t.Errorf("got\n%s", none)
	}
}

func TestHowToWriteAPackageURL(t *testing.T) {
	for typed, want := range map[string]string{
		"npm/lodash@4.17.20":     "write 'pkg:npm/lodash@4.17.20'",
		"golang/x.example/m":     "write 'pkg:golang/x.example/m'",
		"go/x.example/m@v1.0.0":  "write 'pkg:golang/x.example/m@v1.0.0'",
		"lodash":                 "write 'pkg:npm/lodash', if",
		"x.example/m@v1.2.3":     "write 'pkg:golang/x.example/m@v1.2.3', if",
		"@scope/name@1.0.0\x1b[": "write 'pkg:npm/@scope/name@1.0.0[', if",
	} {
		if got := notAPackageURL(typed); !strings.Contains(got, want) {
			t.Errorf("%q: %q does not say %q", typed, got, want)
		}
	}
}

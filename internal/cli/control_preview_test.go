package cli

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

// preview previews and returns the changes as lines.
func (f *furnished) preview(text string, days int) (api.Preview, []string) {
	f.t.Helper()
	p := must[api.Preview](f.t)(f.c.PreviewTraffic(f.operator(), api.NewPreview{Text: text, Days: days}, nil))
	var lines []string
	for _, c := range p.Changes {
		line := fmt.Sprintf("%s %s %+v:", c.Rule, c.Change, c.Reach)
		for _, e := range c.Examples {
			line += fmt.Sprintf(" %s %d", e.Coordinate.Short(), e.Downloads)
		}
		lines = append(lines, line)
	}
	return p, lines
}

func breadthLine(downloads, versions, packages, principals, anonymous int64) string {
	return fmt.Sprintf("%+v:", api.Breadth{Downloads: downloads, Versions: versions, Packages: packages, Principals: principals, Anonymous: anonymous})
}

func TestPreviewJudgesTheTrafficAgain(t *testing.T) {
	f := newFurnished(t)
	const day = 24 * time.Hour
	// young was published 20 days ago, and fetched 15 days ago.
	f.upstream("young", map[string]time.Duration{"1.0.0": 20 * day})
	f.upstream("old", map[string]time.Duration{"1.0.0": 900 * day, "2.0.0": 800 * day})
	f.upstream("new", map[string]time.Duration{"1.0.0": day})
	for _, name := range []string{"young", "old", "new"} {
		if _, err := f.c.Explain(f.operator(), "pkg:npm/"+name); err != nil {
			t.Fatal(err)
		}
	}
	f.count([]store.Fetch{
		{Day: f.day(15), Coordinate: "pkg:npm/young@1.0.0", Principal: "t1", Count: 3},
		{Day: f.day(15), Coordinate: "pkg:npm/young@1.0.0", Count: 4},
		{Day: f.day(2), Coordinate: "pkg:npm/young@1.0.0", Principal: "t2", Count: 5},
		{Day: f.day(2), Coordinate: "pkg:npm/old@1.0.0", Principal: "t1", Count: 6},
		{Day: f.day(0), Coordinate: "pkg:npm/old@2.0.0", Principal: "t1", Count: 7},
		{Day: f.day(2), Coordinate: "pkg:npm/unheard-of@1.0.0", Principal: "t1", Count: 8},
		{Day: f.day(2), Coordinate: "pkg:npm/old@9.9.9", Principal: "t1", Count: 9},
		{Day: f.day(30), Coordinate: "pkg:npm/old@1.0.0", Principal: "t9", Count: 1000},
	}, []store.Verdict{
		// One request is counted by each rule that refuses it.
		{Day: f.day(0), Registry: "npm", Coordinate: "pkg:npm/new@1.0.0", Rule: "cooldown", Effect: "deny", Principal: "t3", Count: 10, Last: f.now().Add(-time.Minute)},
		{Day: f.day(0), Registry: "npm", Coordinate: "pkg:npm/new@1.0.0", Rule: "block", Effect: "deny", Principal: "t3", Count: 9, Last: f.now().Add(-time.Minute)},
		{Day: f.day(0), Registry: "npm", Coordinate: "pkg:npm/new@1.0.0", Rule: "age", Effect: "would deny", Principal: "t3", Count: 77, Last: f.now()},
		{Day: f.day(0), Registry: "npm", Coordinate: "pkg:npm/new", Rule: "cooldown", Effect: "deny", Principal: "t3", Count: 88, Last: f.now()},
	})
	asked := f.npm.Count("")

	seen := api.Breadth{Downloads: 3 + 4 + 5 + 6 + 7 + 10, Versions: 4, Packages: 3, Principals: 3, Anonymous: 4}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"the policy in force", policy.DefaultText, nil},
		{"a longer cooldown refuses what was young when it was asked for", "version: 1\nrules:\n  cooldown: {minimum: 10d}\n",
			[]string{"cooldown newly refused " + breadthLine(7, 1, 1, 1, 4) + " young@1.0.0 7"}},
		{"no cooldown lets through what was refused", "version: 1\nrules:\n  cooldown: {mode: observe}\n",
			[]string{"cooldown no longer refused " + breadthLine(10, 1, 1, 1, 0) + " new@1.0.0 10"}},
		{"a block", "version: 1\nblocks:\n  - {pattern: pkg:npm/old, reason: worn}\n",
			[]string{"block newly refused " + breadthLine(13, 2, 1, 1, 0) + " old@2.0.0 7 old@1.0.0 6"}},
		{"a refusal by another rule is no difference", "version: 1\nrules:\n  cooldown: {mode: observe}\nblocks:\n  - {pattern: pkg:npm/new, reason: not wanted}\n", nil},
		{"a condition that warns", "version: 1\nconditions:\n  - {name: mine, match: 'pkg:npm/old', when: 'version.number == \"1.0.0\"', effect: warn, reason: look at it}\n",
			[]string{"mine newly warned " + breadthLine(6, 1, 1, 1, 0) + " old@1.0.0 6"}},
		{"two at once, the wider first", "version: 1\nrules:\n  cooldown: {minimum: 10d}\nblocks:\n  - {pattern: pkg:npm/old, reason: worn}\n",
			[]string{"block newly refused " + breadthLine(13, 2, 1, 1, 0) + " old@2.0.0 7 old@1.0.0 6", "cooldown newly refused " + breadthLine(7, 1, 1, 1, 4) + " young@1.0.0 7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, lines := f.preview(c.text, 0)
			if !reflect.DeepEqual(lines, c.want) {
				t.Errorf("changes\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(c.want, "\n"))
			}
			if p.Seen != seen || p.Days != 30 || p.Unjudged != 2 {
				t.Errorf("seen %+v of %d days, %d not judged", p.Seen, p.Days, p.Unjudged)
			}
		})
	}
	if p, _ := f.preview(policy.DefaultText, 1); p.Days != 1 || p.Seen.Downloads != 7+10 {
		t.Errorf("of today: %+v", p)
	}
	if p, _ := f.preview(policy.DefaultText, 31); p.Seen.Downloads != seen.Downloads+1000 {
		t.Errorf("of 31 days: %+v", p)
	}
	if n := f.npm.Count(""); n != asked {
		t.Errorf("the upstream was asked %d times", n-asked)
	}
}

// A warning that goes is one of the four changes too.
func TestPreviewOfAWarningLess(t *testing.T) {
	f := newFurnished(t)
	f.upstream("old", map[string]time.Duration{"1.0.0": 9000 * time.Hour})
	f.file(f.stranger(), "npm", "old", "old-1.0.0.tgz")
	f.count([]store.Fetch{{Day: f.day(1), Coordinate: "pkg:npm/old@1.0.0", Principal: "t1", Count: 6}}, nil)
	text := "version: 1\nconditions:\n  - {name: mine, when: 'true', effect: warn, reason: look at it}\n"
	if _, err := f.c.ApplyPolicy(f.operator(), text); err != nil {
		t.Fatal(err)
	}
	_, lines := f.preview(policy.DefaultText, 2)
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "mine no longer warned ") {
		t.Errorf("changes %q", lines)
	}
}

func TestPreviewOfHostedPackages(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	f.publish(secretModule, "v1.0.0")
	f.count([]store.Fetch{{Day: f.day(1), Coordinate: secretPURL + "@v1.0.0", Principal: "t1", Count: 6}}, nil)
	_, lines := f.preview("version: 1\nblocks:\n  - {pattern: '"+secretPURL+"', reason: worn}\n", 0)
	if want := "block newly refused " + breadthLine(6, 1, 1, 1, 0) + " " + secretModule + "@v1.0.0 6"; len(lines) != 1 || lines[0] != want {
		t.Errorf("changes %q, want %q", lines, want)
	}
}

func TestPreviewRefuses(t *testing.T) {
	f := newFurnished(t)
	f.c.house.previewing.Lock()
	if _, err := f.c.Preview(f.operator(), policy.DefaultText); !assay.Is(err, assay.Conflict) {
		t.Errorf("a second preview: %v", err)
	}
	f.c.house.previewing.Unlock()
	for name, ctx := range map[string]context.Context{"a stranger": f.stranger(), "a reader": f.reader("pkg:npm/*")} {
		if _, err := f.c.Preview(ctx, policy.DefaultText); !assay.Is(err, assay.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := f.c.Preview(f.operator(), "version: 1\nrules:\n  cooldwn: {}\n"); !assay.Is(err, assay.Invalid) || !strings.HasPrefix(err.Error(), "line 3: ") {
		t.Errorf("a mistake: %v", err)
	}
	ctx, cancel := context.WithCancel(f.operator())
	f.count([]store.Fetch{{Day: f.day(0), Coordinate: "pkg:npm/a@1.0.0", Count: 1}}, nil)
	cancel()
	if _, err := f.c.Preview(ctx, policy.DefaultText); !assay.Is(err, assay.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// Nothing of a preview is written, and nothing of it is in force.
func TestPreviewChangesNothing(t *testing.T) {
	f := newFurnished(t)
	f.upstream("old", map[string]time.Duration{"1.0.0": 9000 * time.Hour})
	f.file(f.stranger(), "npm", "old", "old-1.0.0.tgz")
	f.count([]store.Fetch{{Day: f.day(1), Coordinate: "pkg:npm/old@1.0.0", Count: 6}}, nil)
	state := func() string {
		var out string
		err := f.c.house.store.View(t.Context(), func(tx store.Tx) error {
			last, err1 := tx.LastEventID(t.Context())
			_, err2 := tx.Policy(t.Context())
			verdicts, err3 := tx.Verdicts(t.Context(), 100)
			if err1 != nil || err3 != nil {
				t.Error(err1, err3)
			}
			out = fmt.Sprint(last, assay.KindOf(err2), verdicts, f.c.house.rules.Current().Epoch())
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := state()
	if _, lines := f.preview("version: 1\nblocks:\n  - {pattern: pkg:npm/old, reason: worn}\n", 0); len(lines) != 1 {
		t.Fatalf("changes %q", lines)
	}
	if after := state(); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	if got := f.file(f.stranger(), "npm", "old", "old-1.0.0.tgz"); got != "passed" {
		t.Errorf("after a preview the file is %s", got)
	}
}

func TestPreviewIsBoundedAndTellsItsProgress(t *testing.T) {
	f := newFurnished(t)
	var rows []store.Fetch
	for i := range 3 * readAtOnce {
		rows = append(rows, store.Fetch{Day: f.day(i % 3), Coordinate: "pkg:npm/a@1.0.0", Principal: fmt.Sprint("t", i), Count: 1})
	}
	f.count(rows, nil)
	for most, want := range map[int]struct{ rows, days int }{1: {1, 1}, readAtOnce: {readAtOnce, 1}, readAtOnce + 1: {readAtOnce + 1, 2}, 1 << 20: {3 * readAtOnce, 7}} {
		seen, err := f.c.gatherTraffic(t.Context(), 7, most)
		if err != nil || seen.rows != want.rows || seen.days != want.days {
			t.Errorf("at most %d: %d rows of %d days, %v; want %+v", most, seen.rows, seen.days, err, want)
		}
	}
	var done, total int64
	if _, err := f.c.PreviewTraffic(f.operator(), api.NewPreview{Text: policy.DefaultText}, func(d, t int64) { done, total = d, t }); err != nil {
		t.Fatal(err)
	}
	if done != int64(3*readAtOnce) || total != done {
		t.Errorf("told of %d of %d", done, total)
	}
}

func TestTheExamplesWithTheMostDownloadsAreKept(t *testing.T) {
	c := &changed{}
	for i := range 50 {
		c.keep(api.PreviewExample{Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: fmt.Sprint("p", i), Version: "1"}, Downloads: int64(i * 7 % 50)})
	}
	if len(c.examples) != mostExamples {
		t.Fatalf("%d are kept", len(c.examples))
	}
	for i, e := range c.examples {
		if e.Downloads != int64(49-i) {
			t.Errorf("example %d has %d downloads", i, e.Downloads)
		}
	}
}

func TestDifference(t *testing.T) {
	op := func(rule string, effect assay.Effect, mode assay.Mode, lifted string) assay.Opinion {
		return assay.Opinion{Rule: rule, Effect: effect, Mode: mode, LiftedBy: lifted, Reason: "of " + rule}
	}
	of := func(opinions ...assay.Opinion) *assay.Decision {
		d := &assay.Decision{Effect: assay.Allow, Opinions: opinions}
		for i := range opinions {
			if opinions[i].Counts() {
				d.Effect = max(d.Effect, opinions[i].Effect)
			}
		}
		return d
	}
	deny := func(rule string) assay.Opinion { return op(rule, assay.Deny, assay.Enforce, "") }
	warn := func(rule string) assay.Opinion { return op(rule, assay.Warn, assay.Enforce, "") }
	for _, c := range []struct {
		name          string
		before, after *assay.Decision
		want          map[ruleChange]string
	}{
		{"nothing", of(), of(), map[ruleChange]string{}},
		{"two rules refuse", of(), of(deny("a"), deny("b"), warn("c")), map[ruleChange]string{{"a", newlyRefused}: "of a", {"b", newlyRefused}: "of b"}},
		{"only observed", of(), of(op("a", assay.Deny, assay.Observe, "")), map[ruleChange]string{}},
		{"lifted", of(), of(op("a", assay.Deny, assay.Enforce, "e")), map[ruleChange]string{}},
		{"enforced at last", of(op("a", assay.Deny, assay.Observe, "")), of(deny("a")), map[ruleChange]string{{"a", newlyRefused}: "of a"}},
		{"refused by another", of(deny("a")), of(deny("b")), map[ruleChange]string{}},
		{"no longer", of(deny("a"), warn("b")), of(warn("b")), map[ruleChange]string{{"a", noLongerRefused}: "of a"}},
		{"a refusal becomes a warning", of(deny("a")), of(warn("a")), map[ruleChange]string{{"a", noLongerRefused}: "of a"}},
		{"a warning becomes a refusal", of(warn("a")), of(deny("a")), map[ruleChange]string{{"a", newlyRefused}: "of a"}},
		{"one warning for another", of(warn("a"), warn("b")), of(warn("b"), warn("c")), map[ruleChange]string{{"a", noLongerWarned}: "of a", {"c", newlyWarned}: "of c"}},
	} {
		if got := difference(c.before, c.after); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestPrintPreview(t *testing.T) {
	v := api.Preview{Days: 12, Unjudged: 1, Seen: api.Breadth{Downloads: 5, Versions: 2, Packages: 1, Principals: 1, Anonymous: 1},
		Changes: []api.PreviewChange{{Rule: "block", Change: newlyRefused, Reach: api.Breadth{Downloads: 5, Versions: 2, Packages: 1, Principals: 1, Anonymous: 1}}}}
	for i := range 5 {
		v.Changes[0].Examples = append(v.Changes[0].Examples, api.PreviewExample{
			Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: fmt.Sprint("p", i), Version: "1.0.0"}, Downloads: int64(5 - i), Reason: "worn\x1b[31m"})
	}
	var b strings.Builder
	if err := printPreview(&b, v, "my file.yaml", 30); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"on the traffic of the last 12 days", "too much of it to go back 30 days", "5 downloads, those that were refused too, of 2 versions in 1 package, by 1 principal; 1 anonymous.",
		"1 version could not be judged", "RULE   CHANGE         DOWNLOADS  VERSIONS  PACKAGES  PRINCIPALS", "pkg:npm/p2@1.0.0", "assay policy apply 'my file.yaml'"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "p3@") || strings.Contains(b.String(), "\x1b") {
		t.Errorf("it says too much:\n%q", b.String())
	}
}

package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// conditions reads a policy of conditions alone, one a line of YAML's flow
// style; what a line leaves out is filled in.
func conditions(t testing.TB, lines ...string) *File {
	t.Helper()
	text := "conditions:\n"
	for i, line := range lines {
		for key, value := range map[string]string{"name": fmt.Sprint("c", i+1), "effect": "deny", "reason": fmt.Sprint("r", i+1)} {
			if !strings.Contains(line, key+": ") {
				line = key + ": " + value + ", " + line
			}
		}
		text += "  - {" + line + "}\n"
	}
	return parse(t, text)
}

// own are the opinions of conditions.
func own(d assay.Decision) []assay.Opinion {
	return slices.DeleteFunc(slices.Clone(d.Opinions), func(o assay.Opinion) bool { return slices.Contains(Rules(), o.Rule) })
}

func TestConditionsSpeak(t *testing.T) {
	named := func(name, version string) func(*assay.Facts) {
		return func(f *assay.Facts) { f.Coordinate.Name, f.Coordinate.Version = name, version }
	}
	undated := func(f *assay.Facts) { f.Published = time.Time{} }
	cases := []struct {
		name       string
		conditions []string
		facts      *assay.Facts
		effect     assay.Effect
		want       []said
		until      string
	}{
		{"one that does not hold", []string{`when: 'version.name == "x"'`}, lodash(), assay.Allow, nil, ""},
		{"one that denies", []string{`when: 'version.name == "lodash"'`}, lodash(), assay.Deny, []said{{"c1", assay.Deny, "r1", ""}}, ""},
		{"one that warns", []string{`when: 'true', effect: warn`}, lodash(), assay.Warn, []said{{"c1", assay.Warn, "r1", ""}}, ""},
		{"several, in the order of the file", []string{`when: 'true', name: z, effect: warn`, `when: 'true', name: a`}, lodash(), assay.Deny,
			[]said{{"z", assay.Warn, "r1", ""}, {"a", assay.Deny, "r2", ""}}, ""},
		{"after the built-in rules", []string{`when: 'true', effect: warn`}, lodash(func(f *assay.Facts) { f.Vanished = noon }), assay.Warn,
			[]said{{RuleVanished, assay.Warn, "", ""}, {"c1", assay.Warn, "r1", ""}}, ""},
		{"one that is only observed", []string{`when: 'true', mode: observe`}, lodash(), assay.Allow, []said{{"c1", assay.Deny, "r1", ""}}, ""},
		{"one that is only observed and cannot be judged", []string{`when: 'version.published < now', mode: observe`}, lodash(undated), assay.Allow,
			[]said{{"c1", assay.Deny, "the condition c1 cannot be judged: published is not known", ""}}, "2026-11-22 13:00"},

		{"what is unknown denies, also where the condition would warn", []string{`when: 'version.published > timestamp("2026-01-01T00:00:00Z")', effect: warn`}, lodash(undated),
			assay.Deny, []said{{"c1", assay.Deny, "published is not known; write has(version.published) && ...", ""}}, ""},
		{"what cannot be told denies", []string{`when: 'version.scripts[0] == "x"', effect: warn`}, lodash(), assay.Deny, []said{{"c1", assay.Deny, "cannot be judged: index out of bounds", ""}}, ""},
		{"an unknown that cannot change the answer", []string{`when: 'version.published < now || version.name == "lodash"', effect: warn`,
			`when: 'version.published < now && version.name == "x"'`}, lodash(undated), assay.Warn, []said{{"c1", assay.Warn, "r1", ""}}, "2026-11-22 13:00"},
		{"a reason that a publisher sent", []string{`when: '{"a": true}[version.deprecated]'`}, lodash(func(f *assay.Facts) { f.Deprecated = "\x1b[31m\n" + strings.Repeat("é", 1000) }),
			assay.Deny, []said{{"c1", assay.Deny, "no such key: [31m éé", ""}}, ""},
		{"a text that is too long to be read", []string{`when: 'version.deprecated.contains("x")'`}, lodash(func(f *assay.Facts) { f.Deprecated = strings.Repeat("a", maxFact+1) }),
			assay.Deny, []said{{"c1", assay.Deny, "cannot be judged: deprecated is longer than 4000 bytes", ""}}, ""},
		{"a hundred thousand scripts", []string{`when: 'version.scripts.exists(s, s == "x")'`}, lodash(func(f *assay.Facts) { f.Scripts = make([]string, 100_000) }),
			assay.Deny, []said{{"c1", assay.Deny, "cannot be judged: scripts are longer, or more, than 4000", ""}}, ""},

		{"another package", []string{`when: 'true', match: pkg:npm/underscore`}, lodash(), assay.Allow, nil, ""},
		{"another ecosystem", []string{`when: 'true', match: pkg:golang/*`}, lodash(), assay.Allow, nil, ""},
		{"one of several patterns", []string{`when: 'true', match: ['pkg:golang/*', 'pkg:npm/lod*']`}, lodash(), assay.Deny, []said{{"c1", assay.Deny, "r1", ""}}, ""},
		{"inside a range", []string{`when: 'true', match: 'pkg:npm/lodash@<4.17.21'`}, lodash(), assay.Deny, []said{{"c1", assay.Deny, "r1", ""}}, ""},
		{"outside a range", []string{`when: 'true', match: 'pkg:npm/lodash@<4.17.21'`}, lodash(named("lodash", "4.17.21")), assay.Allow, nil, ""},
		{"a version that cannot be ordered lies inside", []string{`when: 'true', match: 'pkg:npm/lodash@<4.17.21'`}, lodash(named("lodash", "99x")), assay.Deny, []said{{"c1", assay.Deny, "r1", ""}}, ""},
		{"the unknown of what does not match", []string{`when: 'version.published < now', match: pkg:golang/*`}, lodash(undated), assay.Allow, nil, ""},
		{"a pattern in another spelling", []string{`when: 'true', match: pkg:npm/LODASH`}, lodash(), assay.Deny, []said{{"c1", assay.Deny, "r1", ""}}, ""},

		{"one that looks at the time and speaks", []string{`when: 'now > version.published', effect: warn`}, lodash(), assay.Warn, []said{{"c1", assay.Warn, "r1", ""}}, "2026-11-22 13:00"},
		{"one that looks at the time and is silent", []string{`when: 'now < version.published'`}, lodash(), assay.Allow, nil, "2026-11-22 13:00"},
		{"one that looks at the time, of another package", []string{`when: 'now < version.published', match: pkg:npm/x`}, lodash(), assay.Allow, nil, ""},
		{"one that looks at the time where a loop's variable has its name", []string{`when: '[1].exists(now, .now < version.published)'`}, lodash(), assay.Allow, nil, "2026-11-22 13:00"},
		{"a removed version is denied whatever conditions say", []string{`when: 'version.status == "removed"', effect: warn`}, lodash(func(f *assay.Facts) { f.Status = assay.Removed }), assay.Deny,
			[]said{{RuleStatus, assay.Deny, "removed", ""}, {"c1", assay.Warn, "r1", ""}}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := Compile(7, conditions(t, c.conditions...), nil, nil).Decide(c.facts, noon.Add(20*time.Minute))
			if d.Effect != c.effect || !d.Until.Equal(moments(c.until)) {
				t.Errorf("%s until %v, want %s until %q: %+v", d.Effect, d.Until, c.effect, c.until, d.Opinions)
			}
			if len(d.Opinions) != len(c.want) {
				t.Fatalf("%d opinions, want %d: %+v", len(d.Opinions), len(c.want), d.Opinions)
			}
			for i, w := range c.want {
				o := d.Opinions[i]
				if o.Rule != w.rule || o.Effect != w.effect || !strings.Contains(o.Reason, w.reason) || !o.Until.IsZero() {
					t.Errorf("opinion %d is\n%+v, want\n%+v", i, o, w)
				}
				if o.Effect == assay.Deny && o.Remedy == "" || len(o.Reason) > MaxReason || strings.ContainsAny(o.Reason, "\x1b\n") {
					t.Errorf("opinion %d is not fit to be shown: %+v", i, o)
				}
			}
		})
	}
}

func TestRemediesOfConditions(t *testing.T) {
	f := conditions(t, `when: 'true'`, `when: 'true', remedy: publish it here`, `when: 'true', effect: warn`, `when: '1/0 == 1', remedy: publish it here`)
	const except = "let this one through: assay except pkg:npm/lodash@4.17.20 --rule "
	want := []string{except + `c1 --reason "..."`, "publish it here", "", except + `c4 --reason "..."`}
	for i, o := range own(Compile(1, f, nil, nil).Decide(lodash(), noon)) {
		if o.Remedy != want[i] {
			t.Errorf("%s advises %q, want %q", o.Rule, o.Remedy, want[i])
		}
	}
}

func TestExceptionsLiftConditions(t *testing.T) {
	f := conditions(t, `when: 'true'`, `when: '1/0 == 1', effect: warn`, `when: 'true', effect: warn`)
	except := func(id, rule, until string) Exception {
		return Exception{ID: id, Rule: rule, Coordinate: lodash().Coordinate, Until: moments(until)}
	}
	r := Compile(1, f, nil, []Exception{except("e1", "c1", ""), except("e2", "c2", "2026-11-23 00:00"), except("e3", "c3", ""), except("e4", "c9", "")})
	d := r.Decide(lodash(), noon)
	var lifted []string
	for _, o := range d.Opinions {
		lifted = append(lifted, o.LiftedBy)
	}
	if d.Effect != assay.Warn || !slices.Equal(lifted, []string{"e1", "e2", ""}) || !d.Until.Equal(at("2026-11-23 00:00")) {
		t.Errorf("%s until %v, lifted by %q", d.Effect, d.Until, lifted)
	}
	if d := r.Decide(lodash(func(f *assay.Facts) { f.Coordinate.Version = "4.17.21" }), noon); d.Effect != assay.Deny {
		t.Errorf("another version is let through too: %+v", d)
	}
	for rule, ok := range map[string]bool{"c1": true, RuleCooldown: true, "c9": false, RuleDigestChanged: false, "": false} {
		if err := r.CheckLiftable(rule); (err == nil) != ok || err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("the rule %q: %v", rule, err)
		}
	}
	if err := r.CheckLiftable("c9"); !strings.Contains(err.Error(), "install-scripts, vulnerability, look-alike, content, c1, c2, c3") {
		t.Errorf("who misspells a rule is told %v", err)
	}
}

func TestConditionsSpeakOfThemselves(t *testing.T) {
	f := conditions(t, `when: 'true', name: b, match: ['pkg:npm/a@<2.0', 'pkg:golang/*']`, `when: 'true', name: a, effect: warn, mode: observe`)
	got := Compile(1, f, nil, nil).Summaries()[len(Rules()):]
	want := []RuleSummary{
		{"b", assay.Enforce, "refuses what its condition matches: r1 (pkg:npm/a@<2.0, pkg:golang/*)"},
		{"a", assay.Observe, "warns of what its condition matches: r2"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("summaries are %q, want %q", got, want)
	}
}

// A condition that nobody compiled must not pass for one that is silent.
func TestAConditionMadeByHandCannotBeJudged(t *testing.T) {
	f := Default()
	f.Conditions = []Condition{{Name: "c", When: "false", Effect: assay.Warn, Reason: "r"}}
	d := Compile(1, f, nil, nil).Decide(lodash(), noon)
	if !d.Denied() || !strings.Contains(d.Lead().Reason, "has not been read") {
		t.Errorf("decided %+v", d)
	}
}

// An hour is one moment to a condition, so that listings stay true.
func TestConditionsSeeTheTimeByTheHour(t *testing.T) {
	r := Compile(1, conditions(t, `when: 'now >= timestamp("2026-11-22T12:30:00Z")'`), nil, nil)
	zone := time.FixedZone("half an hour apart", 5*3600+1800)
	for moment, denied := range map[string]bool{"12:00": false, "12:29": false, "12:30": false, "12:59": false, "13:00": true, "13:30": true} {
		if d := r.Decide(lodash(), at("2026-11-22 "+moment).In(zone)); d.Denied() != denied {
			t.Errorf("at %s it is %s", moment, d.Effect)
		}
	}
}

// All conditions together may not cost more than costTogether, and those that
// are only observed do not use up what the others may.
func TestConditionsShareACost(t *testing.T) {
	// Each costs nearly all that one may.
	const dear = `when: 'version.scripts.all(a, version.scripts.all(b, version.scripts.all(c, a != "x")))', mode: `
	facts := lodash(func(f *assay.Facts) { f.Scripts = slices.Repeat([]string{"a"}, 11) })
	lines := slices.Repeat([]string{dear + "observe"}, 20)
	d := Compile(1, conditions(t, append(lines, `when: 'version.name == "x"'`)...), nil, nil).Decide(facts, noon)
	if d.Effect != assay.Allow {
		t.Errorf("observed conditions changed the decision: %+v", d.Lead())
	}
	opinions := own(d)
	if len(opinions) != 20 || strings.Contains(opinions[0].Reason, "cost") || !strings.Contains(opinions[19].Reason, "the conditions before it cost more than all may together") {
		t.Errorf("%d opinions: %+v", len(opinions), opinions)
	}
	lines = slices.Repeat([]string{dear + "enforce, effect: warn"}, 20)
	if d := Compile(1, conditions(t, lines...), nil, nil).Decide(facts, noon); d.Effect != assay.Deny {
		t.Errorf("beyond the cost of all it is %s", d.Effect)
	}
}

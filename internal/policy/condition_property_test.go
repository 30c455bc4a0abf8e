package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"assay.invalid/internal/assay"
)

// questions are atoms of which the generators make expressions; those that
// begin with a fact that may be unknown, cost too much or fail are among them.
var questions = []string{
	`version.name == "a"`, `version.number == "odd"`, `version.hosted`, `version.published < now`, `version.first_listed > now - duration("50h")`,
	`version.install_scripts`, `version.last_absent < version.published`, `version.status != "active"`, `version.scripts[0] == "x"`, `1 / size(version.scripts) == 1`,
	`now.getDayOfWeek() == 0`, `now.getHours() < 14`, `version.is_vanished`, `true`, `false`,
	strings.Repeat("[1,2,3,4,5,6,7,8,9].all(i, ", 5) + "true" + strings.Repeat(")", 5),
}

func drawQuestion(t *rapid.T, depth int) string {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "simple") == 0 {
		return rapid.SampledFrom(questions).Draw(t, "question")
	}
	a, b := drawQuestion(t, depth-1), drawQuestion(t, depth-1)
	return fmt.Sprintf(rapid.SampledFrom([]string{"(%s && %s)", "(%s || %s)", "!(%s) || %s", "(%s ? %s : true)", "[1, 2].exists(i, i == 2 && %s || %s)"}).Draw(t, "join"), a, b)
}

func drawConditions(t *rapid.T, most int) []Condition {
	var out []Condition
	for i := range rapid.IntRange(0, most).Draw(t, "conditions") {
		c := Condition{
			Name: fmt.Sprint("c", i), When: drawQuestion(t, 2), Reason: "because",
			Mode:   rapid.SampledFrom([]assay.Mode{assay.Enforce, assay.Enforce, assay.Observe}).Draw(t, "mode"),
			Effect: rapid.SampledFrom([]assay.Effect{assay.Warn, assay.Deny}).Draw(t, "effect"),
			Match:  drawScopes(t, "match"),
		}
		program, flaws := compile(c.When)
		if len(flaws) > 0 {
			t.Fatalf("%s: %v", c.When, flaws)
		}
		c.program = program
		out = append(out, c)
	}
	return out
}

// From now until Decision.Until the decision stays the same to the letter,
// whether its conditions speak or are silent.
func TestConditionsHoldUntilTheySay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := drawFile(t)
		file.Conditions = drawConditions(t, 3)
		r, facts := Compile(1, file, drawBlocks(t), drawExceptions(t)), drawFacts(t)
		now := noon.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Hour)).Draw(t, "now")))
		d := r.Decide(facts, now)
		span := 30 * day
		if !d.Until.IsZero() {
			if !d.Until.After(now) {
				t.Fatalf("the decision of %v has run out before it was taken: %v", now, d.Until)
			}
			span = d.Until.Sub(now) - 1
		}
		for _, passed := range []time.Duration{span, time.Duration(rapid.Int64Range(0, int64(span)).Draw(t, "passed"))} {
			if then := r.Decide(facts, now.Add(passed).In(time.FixedZone("elsewhere", 5400))); !reflect.DeepEqual(d, then) {
				t.Fatalf("after %v, before %v, it has changed from\n%+v to\n%+v", passed, d.Until, d, then)
			}
		}
	})
}

// A condition that cannot be judged denies, whatever its effect; one that can
// says its effect or nothing; and none makes a decision laxer.
func TestAConditionNeverAllows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, facts, blocks, exceptions := drawFile(t), drawFacts(t), drawBlocks(t), drawExceptions(t)
		before := Compile(1, file, blocks, exceptions).Decide(facts, noon)
		file.Conditions = drawConditions(t, 4)
		after := Compile(1, file, blocks, exceptions).Decide(facts, noon)
		if after.Effect < before.Effect {
			t.Fatalf("from %s to %s by %+v", before.Effect, after.Effect, file.Conditions)
		}
		at := 0
		for _, c := range file.Conditions {
			matches := len(c.Match) == 0 || slices.ContainsFunc(c.Match, func(s Scope) bool { return s.Pattern.Matches(facts.Coordinate) })
			truth := c.program.judge(facts, noon)
			opinions := own(after)[at:]
			if !matches || truth.err == nil && !truth.holds {
				if len(opinions) > 0 && opinions[0].Rule == c.Name {
					t.Fatalf("%s speaks, and should not: %+v", c.Name, opinions[0])
				}
				continue
			}
			want := c.Effect
			if truth.err != nil {
				want = assay.Deny
			}
			if len(opinions) == 0 || opinions[0].Rule != c.Name || opinions[0].Effect != want || opinions[0].Mode != c.Mode {
				t.Fatalf("%s should say %s: %+v", c.Name, want, opinions)
			}
			if want == assay.Deny && c.Mode == assay.Enforce && after.Effect != assay.Deny {
				t.Fatalf("%s denies, and the decision is %s", c.Name, after.Effect)
			}
			at++
		}
	})
}

// Where a question has an answer although a fact is unknown, the answer is
// the same whatever the fact is.
func TestAnAnswerWithoutAFactHoldsWithIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, flaws := compile(drawQuestion(t, 3))
		if len(flaws) > 0 {
			t.Fatal(flaws)
		}
		facts := drawFacts(t)
		facts.Published, facts.InstallScripts = time.Time{}, assay.Unknown
		without := e.judge(facts, noon)
		facts.Published = noon.Add(time.Duration(rapid.IntRange(-100, 100).Draw(t, "hours")) * time.Hour)
		if facts.Coordinate.Ecosystem != assay.Golang { // of modules it is always known
			facts.InstallScripts = rapid.SampledFrom([]assay.Tristate{assay.No, assay.Yes}).Draw(t, "known scripts")
		}
		with := e.judge(facts, noon)
		if without.err == nil && with.err == nil && with.holds != without.holds {
			t.Fatalf("without the facts %v, with them %v", without.holds, with.holds)
		}
	})
}

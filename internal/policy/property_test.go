package policy

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"assay.invalid/internal/assay"
)

// The generators draw from few names, versions and moments, so that blocks,
// exceptions and facts meet often.

func drawMoment(t *rapid.T, label string) time.Time {
	if rapid.IntRange(0, 3).Draw(t, label+" known") == 0 {
		return time.Time{}
	}
	minutes := rapid.IntRange(-8*24*60, 8*24*60).Draw(t, label)
	return noon.Add(time.Duration(minutes) * time.Minute)
}

// statuses are all, the silent one more often, and one that does not exist.
var statuses = []assay.Status{assay.Active, assay.Active, assay.Active, assay.Deprecated, assay.Experimental, assay.Yanked,
	assay.Quarantined, assay.Removed, assay.Removed + 1}

func drawCoordinate(t *rapid.T) assay.Coordinate {
	return assay.Coordinate{
		Ecosystem: rapid.SampledFrom([]assay.Ecosystem{assay.NPM, assay.Golang}).Draw(t, "ecosystem"),
		Name:      rapid.SampledFrom([]string{"a", "b", "s/a"}).Draw(t, "name"),
		Version:   rapid.SampledFrom([]string{"1.0", "2.0", "odd"}).Draw(t, "version"),
	}
}

func drawFacts(t *rapid.T) *assay.Facts {
	f := &assay.Facts{
		Coordinate:     drawCoordinate(t),
		Published:      drawMoment(t, "published"),
		FirstListed:    drawMoment(t, "first listed"),
		LastAbsent:     drawMoment(t, "last absent"),
		Vanished:       drawMoment(t, "vanished"),
		InstallScripts: rapid.SampledFrom([]assay.Tristate{assay.Unknown, assay.No, assay.Yes}).Draw(t, "scripts"),
		Placeholder:    rapid.IntRange(0, 9).Draw(t, "placeholder") == 0,
		Hosted:         rapid.IntRange(0, 3).Draw(t, "hosted") == 0,
		Status:         rapid.SampledFrom(statuses).Draw(t, "status"),
		StatusReason:   rapid.SampledFrom([]string{"", "because"}).Draw(t, "status reason"),
	}
	if rapid.IntRange(0, 9).Draw(t, "changed") == 0 {
		f.ChangedTo = assay.NewDigest("sha256", make([]byte, 32))
	}
	return f
}

func drawPattern(t *rapid.T) string {
	return rapid.SampledFrom([]string{"pkg:npm/a", "pkg:npm/a@<2.0", "pkg:npm/*", "pkg:npm/s/*@>=2.0", "pkg:golang/b", "pkg:golang/*@1.0"}).Draw(t, "pattern")
}

func drawScopes(t *rapid.T, label string) []Scope {
	var out []Scope
	for range rapid.IntRange(0, 2).Draw(t, label) {
		s, err := NewScope(drawPattern(t), plainGrammar{})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

func drawFile(t *rapid.T) *File {
	mode := func(label string) assay.Mode {
		return rapid.SampledFrom([]assay.Mode{assay.Enforce, assay.Enforce, assay.Observe}).Draw(t, label)
	}
	effect := func(label string) assay.Effect {
		return rapid.SampledFrom([]assay.Effect{assay.Allow, assay.Warn, assay.Deny}).Draw(t, label)
	}
	wait := func(label string) time.Duration {
		return time.Duration(rapid.IntRange(0, 9).Draw(t, label)) * 12 * time.Hour
	}
	f := &File{
		Block:    BlockSettings{mode("block mode")},
		Vanished: VanishedSettings{mode("vanished mode"), effect("vanished effect")},
		Cooldown: CooldownSettings{
			Mode: mode("cooldown mode"), Minimum: wait("minimum"),
			Age:    rapid.SampledFrom([]Age{AgeUpstream, AgeFirstSeen}).Draw(t, "age"),
			Exempt: drawScopes(t, "exempt"),
		},
		AgeUnknown:     AgeUnknownSettings{mode("age-unknown mode"), effect("age-unknown effect")},
		InstallScripts: InstallScriptsSettings{mode("scripts mode"), effect("scripts effect"), drawScopes(t, "scripts exempt")},
	}
	if rapid.IntRange(0, 2).Draw(t, "hard date") == 0 {
		f.Cooldown.NothingAfter = drawMoment(t, "nothing after")
	}
	for _, s := range drawScopes(t, "per") {
		f.Cooldown.Per = append(f.Cooldown.Per, Wait{s, wait("other minimum")})
	}
	return f
}

func drawBlock(t *rapid.T, id string) Block {
	p, err := assay.ParsePattern(drawPattern(t), plainGrammar{})
	if err != nil {
		t.Fatal(err)
	}
	return Block{ID: id, Pattern: p, Reason: "because", Until: drawMoment(t, "block until")}
}

func drawBlocks(t *rapid.T) []Block {
	var out []Block
	for i := range rapid.IntRange(0, 3).Draw(t, "blocks") {
		out = append(out, drawBlock(t, fmt.Sprint("b", i)))
	}
	return out
}

func drawException(t *rapid.T, id string) Exception {
	return Exception{ID: id, Coordinate: drawCoordinate(t), Rule: rapid.SampledFrom(Rules()).Draw(t, "rule"), Until: drawMoment(t, "exception until")}
}

func drawExceptions(t *rapid.T) []Exception {
	var out []Exception
	for i := range rapid.IntRange(0, 6).Draw(t, "exceptions") {
		out = append(out, drawException(t, fmt.Sprint("e", i)))
	}
	return out
}

// The effect is the strongest opinion that counts, opinions stand in rule
// order, and the lead is one of that effect.
func TestDenyBeatsWarnBeatsAllow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Compile(1, drawFile(t), drawBlocks(t), drawExceptions(t)).Decide(drawFacts(t), noon)
		want, place := assay.Allow, 0
		for _, o := range d.Opinions {
			if o.Mode == assay.Enforce && o.LiftedBy == "" && o.Effect > want {
				want = o.Effect
			}
			at := slices.Index(Rules(), o.Rule)
			if at < place {
				t.Fatalf("opinions are not in rule order: %+v", d.Opinions)
			}
			place = at
			if o.Effect == assay.Nothing || o.Reason == "" {
				t.Fatalf("an opinion says nothing: %+v", o)
			}
			if !o.Until.IsZero() && !o.Until.After(noon) {
				t.Fatalf("an opinion has ended already: %+v", o)
			}
		}
		if d.Effect != want {
			t.Fatalf("decision %s, strongest opinion %s", d.Effect, want)
		}
		if lead := d.Lead(); (lead == nil || lead.Effect != d.Effect) && d.Effect != assay.Allow {
			t.Fatalf("a %s without a reason to show: %+v", d.Effect, d)
		}
	})
}

func TestOneMoreBlockNeverAllowsMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, blocks, exceptions, facts := drawFile(t), drawBlocks(t), drawExceptions(t), drawFacts(t)
		before := Compile(1, file, blocks, exceptions).Decide(facts, noon)
		after := Compile(2, file, append(slices.Clone(blocks), drawBlock(t, "new")), exceptions).Decide(facts, noon)
		if after.Effect < before.Effect {
			t.Fatalf("from %s to %s", before.Effect, after.Effect)
		}
	})
}

func TestOneMoreExceptionLiftsOnlyItsRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, blocks, exceptions, facts := drawFile(t), drawBlocks(t), drawExceptions(t), drawFacts(t)
		e := drawException(t, "new")
		before := Compile(1, file, blocks, exceptions).Decide(facts, noon)
		after := Compile(2, file, blocks, append(slices.Clone(exceptions), e)).Decide(facts, noon)
		if len(before.Opinions) != len(after.Opinions) {
			t.Fatal("an exception silenced or woke a rule")
		}
		for i := range before.Opinions {
			b, a := before.Opinions[i], after.Opinions[i]
			if reflect.DeepEqual(a, b) {
				continue
			}
			if a.Rule != e.Rule || a.Rule == RuleDigestChanged || a.Rule == RuleStatus && facts.Status == assay.Removed || a.Effect != assay.Deny || facts.Coordinate != e.Coordinate || a.LiftedBy != "new" {
				t.Fatalf("the exception %+v changed\n%+v to\n%+v", e, b, a)
			}
		}
	})
}

// The same question has the same answer in whatever order blocks and
// exceptions are given, and judging changes no facts.
func TestDecisionsAreDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, blocks, exceptions, facts := drawFile(t), drawBlocks(t), drawExceptions(t), drawFacts(t)
		copied := *facts
		first := Compile(1, file, blocks, exceptions).Decide(facts, noon)
		slices.Reverse(blocks)
		slices.Reverse(exceptions)
		second := Compile(1, file, blocks, exceptions).Decide(facts, noon.In(time.FixedZone("elsewhere", 3600)))
		if !reflect.DeepEqual(first, second) {
			t.Fatalf("first %+v\nthen %+v", first, second)
		}
		if !reflect.DeepEqual(copied, *facts) {
			t.Fatal("the facts were changed")
		}
	})
}

// From now until Decision.Until the decision stays the same to the letter,
// and at Until it does change.
func TestUntilIsWhenTheDecisionChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Compile(1, drawFile(t), drawBlocks(t), drawExceptions(t))
		facts := drawFacts(t)
		d := r.Decide(facts, noon)
		span := 30 * day
		if !d.Until.IsZero() {
			if !d.Until.After(noon) {
				t.Fatalf("the decision has run out before it was taken: %v", d.Until)
			}
			span = d.Until.Sub(noon) - 1
			if reflect.DeepEqual(d, r.Decide(facts, d.Until)) {
				t.Fatalf("nothing changes at %v: %+v", d.Until, d)
			}
		}
		for _, passed := range []time.Duration{span, time.Duration(rapid.Int64Range(0, int64(span)).Draw(t, "passed"))} {
			if then := r.Decide(facts, noon.Add(passed)); !reflect.DeepEqual(d, then) {
				t.Fatalf("after %v, before %v, it has changed from\n%+v to\n%+v", passed, d.Until, d, then)
			}
		}
	})
}

// The strict way to count ages never lets through what the other holds back.
func TestFirstSeenIsNeverLaxer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file, facts := drawFile(t), drawFacts(t)
		if facts.Published.IsZero() {
			facts.Published = noon.Add(-time.Hour) // undated versions are another rule's
		}
		facts.Hosted = false // hosted ones do not wait
		file.Cooldown.Mode = assay.Enforce
		denied := func(age Age) bool {
			file.Cooldown.Age = age
			d := Compile(1, file, nil, nil).Decide(facts, noon)
			return slices.ContainsFunc(d.Opinions, func(o assay.Opinion) bool { return o.Rule == RuleCooldown && o.Effect == assay.Deny })
		}
		if denied(AgeUpstream) && !denied(AgeFirstSeen) {
			t.Fatalf("let through by first-seen alone: %+v", facts)
		}
	})
}

// Whatever the policy says and whoever excepts it: what was removed is denied,
// what is quarantined is denied unless an exception lifts that very deny, and
// what was yanked is in no listing.
func TestAStatusIsAlwaysInForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		exceptions, facts := drawExceptions(t), drawFacts(t)
		d := Compile(1, drawFile(t), drawBlocks(t), exceptions).Decide(facts, noon)
		lifted := slices.ContainsFunc(exceptions, func(e Exception) bool {
			return e.Rule == RuleStatus && e.Coordinate == facts.Coordinate && (e.Until.IsZero() || e.Until.After(noon))
		})
		switch facts.Status {
		case assay.Active:
			if slices.ContainsFunc(d.Opinions, func(o assay.Opinion) bool { return o.Rule == RuleStatus }) {
				t.Fatalf("an active version has a word against it: %+v", d)
			}
			return
		case assay.Removed:
			lifted = false
			fallthrough
		case assay.Quarantined, assay.Removed + 1:
			if !d.Denied() && !lifted {
				t.Fatalf("a %s version is handed out: %+v", facts.Status, d)
			}
			return
		case assay.Yanked:
			if _, unlisted := d.Unlisted(); !unlisted {
				t.Fatalf("a yanked version is listed: %+v", d)
			}
		}
		if d.Effect < assay.Warn {
			t.Fatalf("nobody is warned of a %s version: %+v", facts.Status, d)
		}
	})
}

// The rules about what an upstream says and when are silent on what was
// published here.
func TestHostedVersionsDoNotWait(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := drawFacts(t)
		facts.Hosted = true
		for _, o := range Compile(1, drawFile(t), drawBlocks(t), drawExceptions(t)).Decide(facts, noon).Opinions {
			if slices.Contains([]string{RuleVanished, RuleCooldown, RuleAgeUnknown}, o.Rule) {
				t.Fatalf("a hosted version is judged by %+v", o)
			}
		}
	})
}

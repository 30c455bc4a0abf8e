package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func compiled(t testing.TB, text string) *expression {
	t.Helper()
	e, flaws := compile(text)
	if len(flaws) > 0 {
		t.Fatalf("%s: %v", text, flaws)
	}
	return e
}

func TestWhatCannotBeToldIsAnError(t *testing.T) {
	bare := lodash(func(f *assay.Facts) { f.Published = time.Time{} })
	cases := []struct{ name, when, want string }{
		{"an unknown fact", `version.published < now`, "published is not known"},
		{"its negation", `!(version.published < now)`, "published is not known"},
		{"an unknown fact that decides", `version.published < now ? true : true`, "published is not known"},
		{"an unknown fact behind a list", `[version][0].published < now`, "published is not known"},
		{"an unknown fact behind a map", `{"a": version}["a"].published < now`, "published is not known"},
		{"an unknown fact in a list", `now in [version.published]`, "published is not known"},
		{"an unknown fact in every round of a loop", `[1, 2].all(i, version.published < now)`, "published is not known"},
		{"division by zero", `1 / 0 == 1`, "division by zero"},
		{"a number that is too large", `9223372036854775807 + 1 > 0`, "integer overflow"},
		{"a number that is too small", `-9223372036854775807 - 2 < 0`, "integer overflow"},
		{"a moment after all", `timestamp("9999-12-31T23:59:59Z") + duration("1h") > now`, "timestamp overflow"},
		{"a duration that is too long", `timestamp("9999-01-01T00:00:00Z") - timestamp("0001-01-01T00:00:00Z") > duration("1h")`, "overflow"},
		{"an element that there is not", `version.scripts[5] == "a"`, "index out of bounds"},
		{"a key that there is not", `{"a": 1}[version.name] == 1`, "no such key"},
		{"a key that is a version", `{version: 1}[version] == 1`, ""},
		{"a text that is no number", `int(version.name) > 1`, "type conversion error"},
		{"a text that is no moment", `timestamp(version.name) > now`, ""},
		{"a loop in a loop in a loop", strings.Repeat("[1,2,3,4,5,6,7,8,9].all(i, ", 6) + "true" + strings.Repeat(")", 6), "it costs more than a condition may"},
		{"which && and || do not swallow", strings.Repeat("[1,2,3,4,5,6,7,8,9].all(i, ", 6) + "true" + strings.Repeat(")", 6) + " || true", "it costs more than a condition may"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := compiled(t, c.when).judge(bare, noon)
			if o.err == nil || o.holds || !strings.Contains(o.err.Error(), c.want) {
				t.Errorf("%v, %v; want an error that says %q", o.holds, o.err, c.want)
			}
		})
	}
}

func TestAnUnknownThatChangesNothing(t *testing.T) {
	bare := lodash(func(f *assay.Facts) { f.Published = time.Time{} })
	for when, want := range map[string]bool{
		`version.published < now || true`: true, `true || version.published < now`: true, `version.published < now && false`: false, `1/0 == 1 || version.name == "lodash"`: true,
		`has(version.published) && version.published < now`: false, `!has(version.published) || version.published < now`: true,
		`version.name == "lodash" ? true : version.published < now`: true, `[1, 2].exists(i, i == 2 || version.published < now)`: true, `[1, 2].all(i, i == 2 && version.published < now)`: false,
	} {
		if o := compiled(t, when).judge(bare, noon); o.err != nil || o.holds != want {
			t.Errorf("%s: %v, %v; want %v", when, o.holds, o.err, want)
		}
	}
}

// Whoever was found not to look at the time is not given it, and so cannot
// give an answer that is kept for too long.
func TestTheTimeIsGivenToThoseWhoMentionIt(t *testing.T) {
	for when, timed := range map[string]bool{
		`version.hosted`: false, `"now" == version.name`: false, `now > version.published`: true, `.now > version.published`: true,
		// A loop's variable of that name is taken for the time, which costs a look an hour.
		`[1].exists(now, now == 1)`: true, `[1].exists(now, .now > version.published)`: true, `version.hosted && has(version.published) && [now].exists(t, t > version.published)`: true,
	} {
		e := compiled(t, when)
		if e.timed != timed || e.judge(lodash(), noon).until.IsZero() == timed {
			t.Errorf("%s: looks at the time: %v", when, e.timed)
		}
	}
	e := compiled(t, `now > version.published`)
	e.timed = false
	if o := e.judge(lodash(), noon); o.err == nil {
		t.Error("an expression that is not to know the time was told it")
	}
}

// What an expression may take to be read and to be judged is bounded, by
// what it may be and what it may cost. The bounds here are generous: the
// machine may be busy, while what they stop takes minutes or all memory.
func TestExpressionsAreBounded(t *testing.T) {
	long := lodash(func(f *assay.Facts) {
		f.Deprecated, f.Scripts = strings.Repeat("a", maxFact), slices.Repeat([]string{"install"}, maxFact)
	})
	loops := func(over string, n int) string {
		return strings.Repeat("version.hosted || "+over+".all(v, ", n) + "true" + strings.Repeat(")", n)
	}
	for name, when := range map[string]string{
		"parentheses":         strings.Repeat("(", maxExpression),
		"brackets":            strings.Repeat("[", maxExpression),
		"braces":              strings.Repeat("{", maxExpression),
		"quotes":              strings.Repeat("'", maxExpression),
		"negations":           strings.Repeat("!", 1990) + "true",
		"signs":               strings.Repeat("-", 1990) + "1 == 1",
		"questions":           strings.Repeat("true?", 300) + "true" + strings.Repeat(":true", 90),
		"alternatives":        strings.Repeat("true||", 330) + "true",
		"dots":                "version" + strings.Repeat(".name", 390),
		"lists of lists":      strings.Repeat("[", 45) + strings.Repeat("]", 45) + " == []",
		"loops in loops":      loops("[1,2,3,4,5,6,7,8,9]", 20),
		"loops over facts":    loops("version.scripts", 8),
		"a slow pattern":      `version.deprecated.matches("(a|aa)*b$")`,
		"slow patterns":       strings.Repeat(`version.deprecated.matches("(a*){90}c$") || `, 40) + "true",
		"patterns in a loop":  `version.scripts.all(s, !version.deprecated.matches("(a*){100}c$"))`,
		"texts in a loop":     `version.scripts.all(s, !version.deprecated.contains("aaaaaaaaaaaab"))`,
		"lists in a loop":     `version.scripts.all(s, version.scripts == version.scripts)`,
		"numbers in a loop":   `version.scripts.all(s, int(version.deprecated) > 1 || true)`,
		"moments in a loop":   `version.scripts.all(s, timestamp(version.deprecated) > now || true)`,
		"durations in a loop": `version.scripts.all(s, duration(version.deprecated) > duration("1h") || true)`,
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			e, flaws := compile(when)
			if took := time.Since(begun); took > time.Second {
				t.Errorf("to be read it takes %v", took)
			}
			if len(flaws) > 0 {
				return
			}
			begun = time.Now()
			o := e.judge(long, noon)
			if took := time.Since(begun); took > time.Second {
				t.Errorf("to be judged it takes %v", took)
			}
			if o.cost > costLimit && o.err == nil {
				t.Errorf("it cost %d and was answered", o.cost)
			}
		})
	}
}

// A hundred of the longest conditions are read and asked in bounded time.
func TestTheMostConditionsAreBounded(t *testing.T) {
	when := strings.TrimSuffix(strings.Repeat(`version.name == "a" || `, 60), " || ")
	text := "version: 1\nconditions:\n"
	for i := range maxConditions {
		text += fmt.Sprintf("  - {name: c%d, when: '%s', effect: deny, reason: r}\n", i, when)
	}
	begun := time.Now()
	f, err := Parse([]byte(text), grammars)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("to be read they take %v", took)
	}
	begun = time.Now()
	if d := Compile(1, f, nil, nil).Decide(lodash(), noon); d.Effect != assay.Allow {
		t.Errorf("%+v", d.Lead())
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("to be asked they take %v", took)
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`version.deprecated != ""`, `version.nam == 1`, `has(version.published) && now - version.published < duration("72h")`, `[1].exists(now, .now > version.published)`,
		`version.name.matches("(a{9}){9}")`, "a\n&& 'é\u202e", `assay.Version{name: ""} == null`, `{version: 1}[version] == 1`, `version.scripts.all(s, s in ["a"])`, "((((", "`", `b"\xff" == b""`,
	} {
		f.Add(seed)
	}
	facts := []*assay.Facts{lodash(), {Status: assay.Removed + 1}}
	f.Fuzz(func(t *testing.T, text string) {
		e, flaws := compile(text)
		if (e == nil) == (len(flaws) == 0) {
			t.Fatalf("%q is both read and refused, or neither: %v", text, flaws)
		}
		lines := strings.Split(text, "\n")
		for _, flaw := range flaws {
			if flaw.line < 1 || flaw.column < 1 || flaw.line > len(lines)+1 || flaw.text == "" || strings.ContainsFunc(flaw.text, func(r rune) bool { return r != ' ' && !visible(r) }) {
				t.Fatalf("%q has the flaw %+v", text, flaw)
			}
		}
		if e == nil {
			return
		}
		for _, f := range facts {
			first, later := e.judge(f, noon), e.judge(f, noon.Add(59*time.Minute))
			if first.holds != later.holds || fmt.Sprint(first.err) != fmt.Sprint(later.err) || !first.until.Equal(later.until) {
				t.Fatalf("%q: first %+v, then %+v", text, first, later)
			}
			if first.err != nil && (first.holds || len(first.err.Error()) > maxSaid+3) {
				t.Fatalf("%q: %+v", text, first)
			}
			if next := e.judge(f, noon.Add(tick)); !e.timed && (next.holds != first.holds) {
				t.Fatalf("%q changes with the time, and says that it does not look at it", text)
			}
		}
	})
}

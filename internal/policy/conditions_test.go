package policy

import (
	"fmt"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

// Mistakes in an expression are named by line and column of the file, in
// whatever way of YAML's it is written.
func TestMistakesInConditionsHaveTheirPlace(t *testing.T) {
	const head = "version: 1\nconditions:\n  - name: c\n    effect: deny\n    reason: r\n    when: "
	cases := []struct {
		name, when string
		want       []string
	}{
		{"plain", "version.nam == 1", []string{`line 6: when, column 18: version has no fact "nam" (did you mean name?)`}},
		{"plain, over two lines", "version.hosted &&\n          version.nam == 1", []string{`line 7: when, column 18: version has no fact "nam"`}},
		{"in single quotes", `'"it''s" == version.nam'`, []string{`line 6: when, column 30: version has no fact "nam"`}},
		{"in single quotes, over two lines", "'\"it''s\" == \"a\" ||\n\n      version.nam == \"\"'", []string{`line 8: when, column 14: version has no fact "nam"`}},
		{"in double quotes", `"\"\u00e9\x41\" == version.nam"`, []string{`line 6: when, column 37: version has no fact "nam"`}},
		{"in double quotes, over two lines", "\"\\\"a\\\" ==\\n\\tversion.hosted \\\n      && version.nam\"", []string{
			`line 6: when, column 18: == cannot be used with (string, bool)`, `line 7: when, column 17: version has no fact "nam"`}},
		{"a literal block", "|\n      version.hosted\n      && version.nam\n", []string{`line 8: when, column 17: version has no fact "nam"`}},
		{"a literal block with a comment at its sign", "|-  # why\n\n      version.hosted\n        && version.nam\n", []string{`line 9: when, column 19: version has no fact "nam"`}},
		{"a literal block that says how far it is indented", "|2\n        version.hosted\n      && version.nam\n", []string{`line 8: when, column 17: version has no fact "nam"`}},
		{"a folded block", ">\n      version.hosted\n      && version.nam\n      && version.published\n", []string{
			`line 8: when, column 17: version has no fact "nam"`, `line 9: when, column 17: true or false is needed here, not timestamp`}},
		{"a folded block with an empty line and a deeper one", ">-\n      version.hosted\n\n        && version.nam\n", []string{`line 9: when, column 19: version has no fact "nam"`}},
		{"characters of several bytes before it", `'"éé" == version.nam'`, []string{`line 6: when, column 27: version has no fact "nam"`}},
		{"it ends too early", "version.hosted &&", []string{"line 6: when, column 28: the expression ends too early"}},
		{"it ends too early in a block", "|\n      version.hosted &&\n\n", []string{"line 7: when, column 24: the expression ends too early"}},
		{"two mistakes", "version.nam == vresion.name", []string{`column 18: version has no fact "nam"`, `column 26: "vresion" is not known here: there are version, whose facts`}},

		{"a fact without version", "name == \"x\"", []string{`"name" is not known here: write version.name`}},
		{"no truth value", "version.name", []string{"gives string: it must give true or false"}},
		{"types that do not fit", "version.name == 1", []string{"== cannot be used with (string, int)"}},
		{"a fact by index", "version[\"name\"] == \"x\"", []string{"[] cannot be used with (version, string): write version.name"}},
		{"has of all", "has(version)", []string{"has asks for one fact: write has(version.name)"}},
		{"has of what there is not", "has(version.nam)", []string{`version has no fact "nam" (did you mean name?)`}},
		{"null", "version.published == null", []string{"nothing is null here: has(version.name) asks"}},
		{"a version that is made", "assay.Version{} == version", []string{"nothing can be made here"}},
		{"a message that is made", "google.protobuf.Any{} == google.protobuf.Any{}", []string{"nothing can be made here", "nothing can be made here"}},
		{"what looks behind types", "dyn(version) == type(1)", []string{"dyn is not known here", "type is not known here"}},
		{"text that is built", `version.name + "x" == "y"`, []string{"+ cannot be used with (string, string): a condition asks about what is there"}},
		{"a list that is built", `'[1] + [2] == [1]'`, []string{"+ cannot be used with (list(int), list(int)): a condition asks"}},
		{"text that is replaced", `version.name.replace("a", "b") == ""`, []string{"replace is not known here: a condition asks"}},
		{"a list of different things", `'[1, "a"][0] == 1'`, []string{"expected type 'int' but found 'string'"}},
		{"a time zone of the machine", `version.published.getHours("Europe/Berlin") > 1`, []string{"getHours cannot be used with timestamp.(string): times are in UTC alone"}},
		{"optional syntax", `version.?name == "x"`, []string{"unsupported syntax '.?'"}},
		{"a pattern that is none", `version.name.matches("(")`, []string{"the pattern is no regular expression"}},
		{"a pattern that grows", `version.name.matches("(a{90}){11}")`, []string{"the pattern is too large"}},
		{"a pattern that a publisher writes", `version.name.matches(version.deprecated)`, []string{"the pattern must stand here as text, in quotes"}},
		{"days", `now - version.published < duration("3d")`, []string{`the duration is none: write duration("72h"), with h, m and s; a day is 24h`}},
		{"a duration that overflows", `duration("9999999999h") > duration("1h")`, []string{"the duration is none"}},
		{"a date alone", `now > timestamp("2027-01-01")`, []string{`the moment is none: write timestamp("2027-01-01T00:00:00Z")`}},
		{"an open quote", `version.name == "x`, []string{`this cannot be read: '"x'`, "the expression ends too early"}},
		{"two questions", "version.hosted version.placeholder", []string{`"version" is not expected here`}},
		{"an escape that turns the writing", "version.name == \"\u202egnp\u202c\"", []string{"the character U+202E cannot be seen: in text in quotes write it as \\u202e", "U+202C"}},
		{"nothing", `""`, []string{"the expression ends too early"}},
		{"too long", "'" + strings.Repeat("!", maxExpression) + "true'", []string{"the expression has 2004 characters, and 2000 are the most"}},
		{"too deep", strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60), []string{"nested too deeply: 50 levels"}},
		{"too deep by far", "'" + strings.Repeat("[", 1900) + "'", []string{"nested too deeply: 50 levels"}},
		{"too many parts", "'" + strings.Repeat("true||", 300) + "true'", []string{"too many parts: 500"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse([]byte(head+c.when+"\n"), grammars)
			if f != nil || !assay.Is(err, assay.Invalid) {
				t.Fatalf("answered %+v, %v", f, err)
			}
			lines := strings.Split(assay.PublicMessage(err), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("%d mistakes, want %d:\n%v", len(lines), len(c.want), err)
			}
			for i := range lines {
				if !strings.Contains(lines[i], c.want[i]) || len(lines[i]) > 2*maxSaid {
					t.Errorf("says %q, want %q", lines[i], c.want[i])
				}
			}
		})
	}
}

func TestParseRefusesConditions(t *testing.T) {
	const rest = ", when: 'true', effect: deny, reason: r}"
	cases := []struct {
		name, item string
		want       []string
	}{
		{"nothing in it", "{}", []string{"the condition has no name", "no when", "no effect", "no reason"}},
		{"a word", "no-deprecated", []string{"a condition must have settings below it"}},
		{"a key that there is not", "{name: c, unless: 'true'" + rest, []string{`"unless" is no key of a condition: there are name, match, when, effect, reason, remedy, mode`}},
		{"the name of a built-in rule", "{name: cooldown" + rest, []string{`"cooldown" is a built-in rule: give the condition a name of its own`}},
		{"no name", "{name: ''" + rest, []string{`"" is no name for a condition`}},
		{"a name in capitals", "{name: Cooldown" + rest, []string{`"Cooldown" is no name for a condition`}},
		{"a name that looks like a built-in rule's", "{name: \u0441ooldown" + rest, []string{"is no name for a condition: at most 40 small letters"}},
		{"a name that begins with a digit", "{name: 1st" + rest, []string{"is no name for a condition"}},
		{"a name that begins with a hyphen", "{name: --all" + rest, []string{"is no name for a condition"}},
		{"a name that ends in a hyphen", "{name: all-" + rest, []string{"is no name for a condition"}},
		{"a name with a blank", "{name: a b" + rest, []string{"is no name for a condition"}},
		{"a name that is too long", "{name: " + strings.Repeat("a", maxName+1) + rest, []string{"is no name for a condition"}},
		{"a name that YAML takes for a truth value", "{name: true" + rest, []string{"name must be text: put true in quotes"}},
		{"an expression that YAML takes for one", "{name: c, when: true, effect: deny, reason: r}", []string{"when must be text: put true in quotes"}},
		{"a list of expressions", "{name: c, when: ['true'], effect: deny, reason: r}", []string{"when must have one value"}},
		{"an effect that would change nothing", "{name: c, when: 'true', effect: allow, reason: r}", []string{`"allow" is no effect of a condition: write warn or deny`}},
		{"an unknown mode", "{name: c, mode: audit" + rest, []string{`"audit" is no mode: write enforce or observe`}},
		{"an empty reason", "{name: c, when: 'true', effect: deny, reason: ' '}", []string{"a reason is needed"}},
		{"an empty remedy", "{name: c, remedy: ''" + rest, []string{"remedy: say it in a few words"}},
		{"a remedy that is a number", "{name: c, remedy: 4" + rest, []string{"remedy must be text: put 4 in quotes"}},
		{"a pattern that is none", "{name: c, match: lodash" + rest, []string{`"lodash" is not a package URL`}},
		{"a pattern of no ecosystem here", "{name: c, match: [pkg:npm/a, pkg:cobol/a]" + rest, []string{`there is no ecosystem "cobol" here`}},
		{"an empty list of patterns", "{name: c, match: []" + rest, []string{"match names no pattern: leave it out to mean everything"}},
		{"a mapping of patterns", "{name: c, match: {a: b}" + rest, []string{"match must be a list"}},
		{"no pattern", "{name: c, match: " + rest, []string{"a pattern must have one value"}},
		{"an anchor", "{name: c, when: &w 'true', effect: deny, reason: r}", []string{"anchors and aliases are not known here"}},
		{"a reason that drives the terminal", "{name: \"\\e[31m\"" + rest, []string{"is no name for a condition"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte("version: 1\nconditions:\n  - "+c.item+"\n"), grammars)
			lines := strings.Split(fmt.Sprint(err), "\n")
			if !assay.Is(err, assay.Invalid) || len(lines) != len(c.want) {
				t.Fatalf("%d mistakes, want %d:\n%v", len(lines), len(c.want), err)
			}
			for i := range lines {
				if !strings.HasPrefix(lines[i], "line 3: ") || !strings.Contains(lines[i], c.want[i]) || strings.ContainsRune(lines[i], '\x1b') {
					t.Errorf("says %q, want %q", lines[i], c.want[i])
				}
			}
		})
	}
	t.Run("a name that stands there twice", func(t *testing.T) {
		_, err := Parse([]byte("version: 1\nconditions:\n  - {name: c"+rest+"\n  - {name: c"+rest+"\n"), grammars)
		if err == nil || err.Error() != "line 4: a condition in line 3 is called c already" {
			t.Error(err)
		}
	})
	t.Run("too many", func(t *testing.T) {
		text := "version: 1\nconditions:\n"
		for i := range maxConditions + 1 {
			text += fmt.Sprintf("  - {name: c%d%s\n", i, rest)
		}
		_, err := Parse([]byte(text), grammars)
		if err == nil || err.Error() != "line 103: there are more than 100 conditions: join some of them" {
			t.Error(err)
		}
	})
}

func TestParseReadsConditions(t *testing.T) {
	f := parse(t, `
conditions:
  - name: a-1
    match: pkg:npm/Lodash@<4.17.21
    when: |
      version.hosted ||
      version.name == "x"
    effect: warn
    reason: "two\n lines"
    remedy: leave it
    mode: observe
  - {name: b, when: 'true', effect: deny, reason: r}
`)
	if len(f.Conditions) != 2 {
		t.Fatalf("%+v", f.Conditions)
	}
	a, b := f.Conditions[0], f.Conditions[1]
	if a.Name != "a-1" || a.Effect != assay.Warn || a.Mode != assay.Observe || a.Reason != "two lines" || a.Remedy != "leave it" ||
		a.When != "version.hosted ||\nversion.name == \"x\"\n" || len(a.Match) != 1 || a.Match[0].String() != "pkg:npm/lodash@<4.17.21" {
		t.Errorf("the first is %+v", a)
	}
	if b.Effect != assay.Deny || b.Mode != assay.Enforce || b.Match != nil || b.Remedy != "" {
		t.Errorf("the second is %+v", b)
	}
}

func TestSetModeOfConditions(t *testing.T) {
	const other = "version: 1\nconditions:\n  - {name: other, when: 'true', effect: deny, reason: r}\n"
	cases := []struct{ name, text, want string }{
		{"the word is replaced", other + "  # why\n  - name: c\n\n    mode: enforce   # note\n    when: 'true'\n", other + "  # why\n  - name: c\n\n    mode: observe   # note\n    when: 'true'\n"},
		{"in quotes", other + "  - {name: c, mode: \"enforce\", when: 'true'}\n", other + "  - {name: c, mode: observe, when: 'true'}\n"},
		{"without a mode", other + "  - name: c   # first\n    # why\n    when: 'true'\n", other + "  - mode: observe\n    name: c   # first\n    # why\n    when: 'true'\n"},
		{"without a mode, a comment after the dash", other + "  - # mine\n    name: c\n    when: 'true'\n", other + "  - # mine\n    mode: observe\n    name: c\n    when: 'true'\n"},
		{"in braces without a mode", other + "  - {name: c, when: 'true'}\n", other + "  - {mode: observe, name: c, when: 'true'}\n"},
		{"a list in brackets", "version: 1\nconditions: [{name: a}, {name: \"c\", mode: 'enforce'}]\n", "version: 1\nconditions: [{name: a}, {name: \"c\", mode: observe}]\n"},
		{"after a block that speaks of modes", other + "  - when: |\n      # mode: enforce\n      true\n    name: c\n    mode: enforce\n", other + "  - when: |\n      # mode: enforce\n      true\n    name: c\n    mode: observe\n"},
		{"already so", other + "  - {name: c, mode:   observe}\n", other + "  - {name: c, mode:   observe}\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := SetMode([]byte(c.text), "c", assay.Observe)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
	for name, c := range map[string]struct{ text, want string }{
		"a name that there is not":      {other, "there is no rule \"c\": the rules are block, status, malware, digest-changed, vanished, cooldown, age-unknown, install-scripts, vulnerability, look-alike, content, other"},
		"a mode that is folded":         {"version: 1\nconditions:\n  - name: c\n    mode: >-\n      enforce\n", "set mode: observe of the condition c by hand"},
		"a mode that is an alias":       {"version: 1\nconditions:\n  - {name: a, mode: &m enforce}\n  - {name: c, mode: *m}\n", "by hand"},
		"conditions that are no list":   {"version: 1\nconditions: {name: c}\n", "there is no rule"},
		"a name behind a byte order":    {"\ufeffversion: 1\nconditions: [{mode: enforce, name: x}]\n", "there is no rule"},
		"a name that is no name at all": {"version: 1\nconditions: [{name: C}]\n", "there is no rule"},
	} {
		got, err := SetMode([]byte(c.text), "c", assay.Observe)
		if got != nil || !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: answered %q, %v", name, got, err)
		}
	}
	if got, err := SetMode([]byte("version: 1\nconditions: [{name: Cooldown}]\n"), "Cooldown", assay.Observe); err == nil {
		t.Errorf("a condition that cannot be has its mode set: %s", got)
	}
}

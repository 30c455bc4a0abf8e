package policy

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func TestDefaultTextIsTheDefault(t *testing.T) {
	got, err := Parse([]byte(DefaultText), grammars)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, Default()) {
		t.Errorf("the text reads as\n%+v, the default is\n%+v", got, Default())
	}
	// What stands there commented out is right too, once the hash is taken
	// away.
	examples := regexp.MustCompile(`(?m)^( *)#(  |[^ \n])`).ReplaceAllString(DefaultText, "$1$2")
	f, err := Parse([]byte(examples), grammars)
	if err != nil {
		t.Fatalf("%v\n%s", err, examples)
	}
	if len(f.Cooldown.Exempt) != 1 || len(f.Cooldown.Per) != 1 || f.Cooldown.NothingAfter.IsZero() || len(f.InstallScripts.Exempt) != 1 || len(f.Blocks) != 1 {
		t.Errorf("the examples read as %+v", f)
	}
}

func TestParseReadsEverySetting(t *testing.T) {
	got := parse(t, `
rules:
  block: {mode: observe}
  status: {mode: enforce}
  digest-changed: {mode: enforce}
  vanished: {mode: observe, effect: deny}
  cooldown:
    mode: observe
    minimum: 1d12h
    age: first-seen
    nothing-after: 2026-06-01T10:00:00+02:00
    fixes: wait
    exempt: [pkg:npm/@acme/*]
    per:
      - match: pkg:golang/a.example/b
        minimum: 0
  age-unknown: {mode: observe, effect: allow}
  install-scripts: {mode: observe, effect: deny, exempt: [pkg:npm/esbuild]}
  malware: {mode: observe}
  vulnerability: {mode: observe, effect: deny, deny-from: medium, exempt: [pkg:npm/esbuild]}
  look-alike: {mode: observe, effect: allow, exempt: [pkg:npm/esbuild]}
  content: {mode: enforce, effect: warn, exempt: [pkg:npm/esbuild]}
blocks:
  - pattern: pkg:npm/Lodash@<4.17.21
    reason: "prototype\n pollution"
    until: 2027-01-01
`)
	scope := func(s string) Scope { return Scope{pattern(t, s), plainGrammar{}} }
	want := &File{
		Block:         BlockSettings{assay.Observe},
		DigestChanged: DigestChangedSettings{assay.Enforce},
		Vanished:      VanishedSettings{assay.Observe, assay.Deny},
		Cooldown: CooldownSettings{
			Mode: assay.Observe, Minimum: 36 * time.Hour, Age: AgeFirstSeen, FixesWait: true, NothingAfter: at("2026-06-01 08:00"),
			Exempt: []Scope{scope("pkg:npm/@acme/*")}, Per: []Wait{{Match: scope("pkg:golang/a.example/b")}},
		},
		AgeUnknown:     AgeUnknownSettings{assay.Observe, assay.Allow},
		InstallScripts: InstallScriptsSettings{assay.Observe, assay.Deny, []Scope{scope("pkg:npm/esbuild")}},
		Malware:        MalwareSettings{assay.Observe},
		Vulnerability:  VulnerabilitySettings{assay.Observe, assay.Deny, assay.SeverityMedium, []Scope{scope("pkg:npm/esbuild")}},
		LookAlike:      LookAlikeSettings{assay.Observe, assay.Allow, []Scope{scope("pkg:npm/esbuild")}},
		Content:        ContentSettings{assay.Enforce, assay.Warn, []Scope{scope("pkg:npm/esbuild")}},
		Blocks: []Block{{ID: "policy-1", Pattern: pattern(t, "pkg:npm/lodash@<4.17.21"), Reason: "prototype pollution",
			Until: at("2027-01-01 00:00"), FromFile: true}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read as\n%+v, want\n%+v", got, want)
	}
	if short := parse(t, "rules: {cooldown: {minimum: 5d}}"); short.Cooldown.Minimum != 120*time.Hour || short.Vanished.Effect != assay.Warn || short.AgeUnknown.Effect != assay.Deny {
		t.Errorf("what is left out is not the default: %+v", short)
	}
}

func TestParseRefuses(t *testing.T) {
	cases := []struct {
		name string
		text string
		want []string // one a line of the message, each a part of it
	}{
		{"nothing", "", []string{"line 1: the policy is empty"}},
		{"comments only", "# nothing here\n", []string{"line 1: the policy is empty"}},
		{"a list", "- version: 1\n", []string{"line 1: a policy is a mapping"}},
		{"a word", "enforce\n", []string{"line 1: a policy is a mapping"}},
		{"no YAML", "version: 1\nrules: {\n", []string{"line 2: not readable as YAML"}},
		{"two documents", "version: 1\n---\nversion: 1\n", []string{"line 2: a second document"}},
		{"no version", "rules: {}\n", []string{"line 1: version is missing"}},
		{"a version to come", "version: 2\n", []string{`line 1: this Assay reads policies of version 1, not "2"`}},
		{"an unknown key", "version: 1\nrule: {}\n", []string{`line 2: "rule" is no key of the policy: there are version, rules, conditions, blocks`}},
		{"an unknown rule", "version: 1\nrules:\n  coldown: {mode: observe}\n",
			[]string{`line 3: "coldown" is no key of rules: there are block, status, malware, digest-changed, vanished, cooldown, age-unknown, install-scripts, vulnerability, look-alike, content`}},
		{"a key in another case", "version: 1\nrules:\n  Cooldown: {mode: observe}\n", []string{`line 3: "Cooldown" is no key of rules`}},
		{"a setting of another rule", "version: 1\nrules:\n  block: {effect: warn}\n", []string{`line 3: "effect" is no key of block: there are mode`}},
		{"a doubled rule", "version: 1\nrules:\n  cooldown: {mode: enforce}\n  cooldown: {mode: observe}\n", []string{`line 4: "cooldown" stands twice in rules`}},
		{"a doubled setting", "version: 1\nrules:\n  cooldown:\n    minimum: 3d\n    minimum: 0\n", []string{`line 5: "minimum" stands twice in cooldown`}},
		{"a rule without settings", "version: 1\nrules:\n  cooldown:\n  #  mode: observe\n", []string{"line 3: cooldown must have settings below it"}},
		{"a list where settings are", "version: 1\nrules: [cooldown]\n", []string{"line 2: rules must have settings below it"}},
		{"settings where a list is", "version: 1\nblocks: {pattern: pkg:npm/a, reason: b}\n", []string{"line 2: blocks must be a list"}},
		{"an unknown mode", "version: 1\nrules: {cooldown: {mode: warn}}\n", []string{`line 2: "warn" is no mode: write enforce or observe`}},
		{"changed bytes observed only", "version: 1\nrules: {digest-changed: {mode: observe}}\n", []string{"line 2: the rule digest-changed cannot be observed only"}},
		{"a status observed only", "version: 1\nrules: {status: {mode: observe}}\n", []string{"line 2: the rule status cannot be observed only"}},
		{"an unknown effect", "version: 1\nrules: {vanished: {effect: nothing}}\n", []string{`line 2: "nothing" is no effect: write allow, warn or deny`}},
		{"an unknown age", "version: 1\nrules: {cooldown: {age: last-seen}}\n", []string{`line 2: "last-seen" is no way to count an age: write upstream or first-seen`}},
		{"a duration without a unit", "version: 1\nrules: {cooldown: {minimum: 72}}\n", []string{`line 2: "72" is no duration: it has no unit`}},
		{"a list for one value", "version: 1\nrules: {cooldown: {minimum: [72h]}}\n", []string{"line 2: minimum must have one value"}},
		{"no value", "version: 1\nrules: {cooldown: {minimum: }}\n", []string{"line 2: minimum must have one value"}},
		{"a moment that is none", "version: 1\nrules: {cooldown: {nothing-after: next week}}\n", []string{`line 2: "next week" is no moment`}},
		{"a pattern that is none", "version: 1\nrules: {cooldown: {exempt: [lodash]}}\n", []string{`line 2: "lodash" is not a package URL`}},
		{"a pattern of no ecosystem here", "version: 1\nrules: {cooldown: {exempt: [pkg:cobol/a]}}\n", []string{`line 2: "pkg:cobol/a": there is no ecosystem "cobol" here`}},
		{"a pattern with a range that is none", "version: 1\nblocks: [{pattern: 'pkg:npm/a@=>x', reason: b}]\n", []string{`line 2: "pkg:npm/a@=>x": "=>x" is no range`}},
		{"a pattern that hides an escape", "version: 1\nblocks: [{pattern: 'pkg:npm/%1b[31m*', reason: b}]\n", []string{"line 2: the pattern "}},
		{"a block without a pattern", "version: 1\nblocks:\n  - reason: b\n", []string{"line 3: the block has no pattern"}},
		{"a block without a reason", "version: 1\nblocks:\n  - pattern: pkg:npm/a\n", []string{"line 3: the block has no reason"}},
		{"a block with an empty reason", "version: 1\nblocks:\n  - pattern: pkg:npm/a\n    reason: \"\\e \"\n", []string{"line 4: a reason is needed"}},
		{"a block that is a word", "version: 1\nblocks: [pkg:npm/a]\n", []string{"line 2: a block must have settings below it"}},
		{"the same block twice", "version: 1\nblocks:\n  - {pattern: pkg:npm/a, reason: b}\n  - {pattern: pkg:npm/A, reason: c}\n", []string{"line 4: pkg:npm/a is blocked in line 3 already"}},
		{"an item of per that is incomplete", "version: 1\nrules: {cooldown: {per: [{match: pkg:npm/a}, {minimum: 3d}]}}\n",
			[]string{"line 2: the item of per has no minimum", "line 2: the item of per has no match"}},
		{"a number where text is", "version: 1\nblocks:\n  - {pattern: pkg:npm/a, reason: 404}\n", []string{"line 3: reason must be text: put 404 in quotes"}},
		{"a key that is no text", "version: 1\n1: 2\n", []string{"line 2: a key must be text"}},
		{"a key that is a mapping", "version: 1\n? {a: b}\n: 2\n", []string{"line 2: a key must have one value"}},
		{"an anchor", "version: 1\nrules: &r {}\n", []string{"line 2: anchors and aliases are not known here"}},
		{"an alias", "version: 1\nrules:\n  block: {mode: &m enforce}\n  vanished: {mode: *m}\n", []string{"line 3: anchors and aliases", "line 4: anchors and aliases"}},
		{"a merge of keys", "version: 1\nrules:\n  <<: {cooldown: {mode: observe}}\n", []string{"line 3: a key must be text"}},
		{"a tag", "version: 1\nrules: {cooldown: {minimum: !!str 3d}}\n", []string{`line 2: tags are not known here`}},
		{"a forged line", "version: 1\n\"a\\nline 9: fine\": 2\n", []string{`line 2: "a\nline 9: fine" is no key`}},
		{"all mistakes at once, by line", "rules:\n  cooldown: {minimum: 72, age: never}\nblocks:\n  - {pattern: x, reason: y}\nversion: 3\n",
			[]string{`line 2: "72"`, `line 2: "never"`, `line 4: "x"`, `line 5: this Assay`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse([]byte(c.text), grammars)
			if f != nil || !assay.Is(err, assay.Invalid) {
				t.Fatalf("answered %+v, %v", f, err)
			}
			lines := strings.Split(assay.PublicMessage(err), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("%d mistakes, want %d:\n%v", len(lines), len(c.want), err)
			}
			for i := range lines {
				if !strings.Contains(lines[i], c.want[i]) {
					t.Errorf("says %q, want %q", lines[i], c.want[i])
				}
			}
		})
	}
}

func TestParseIsBounded(t *testing.T) {
	if _, err := Parse(make([]byte, maxText+1), grammars); !assay.Is(err, assay.TooLarge) {
		t.Errorf("a text over the limit: %v", err)
	}
	var b strings.Builder
	b.WriteString("version: 1\nblocks:\n")
	for range 200 {
		b.WriteString("  - {pattern: x, reason: y}\n")
	}
	_, err := Parse([]byte(b.String()), grammars)
	lines := strings.Split(fmt.Sprint(err), "\n")
	if len(lines) != maxMistakes+1 || lines[maxMistakes] != "and 150 mistakes more" {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-1])
	}
	deep := "version: 1\nrules: " + strings.Repeat("[", 20000)
	if _, err := Parse([]byte(deep), grammars); !assay.Is(err, assay.Invalid) {
		t.Errorf("a deep nesting: %v", err)
	}
}

func TestSetMode(t *testing.T) {
	cases := []struct {
		name, text, want string
	}{
		{"the word is replaced", "version: 1\nrules:\n\n  # why\n  cooldown:\n    mode: enforce   # note\n    minimum: 1d\n",
			"version: 1\nrules:\n\n  # why\n  cooldown:\n    mode: observe   # note\n    minimum: 1d\n"},
		{"in quotes", "version: 1\nrules: {cooldown: {mode: \"enforce\"}}\n", "version: 1\nrules: {cooldown: {mode: observe}}\n"},
		{"after characters of several bytes", "version: 1\nrules: {vanished: {effect: 'é'}, cooldown: {mode: 'enforce'}}\n",
			"version: 1\nrules: {vanished: {effect: 'é'}, cooldown: {mode: observe}}\n"},
		{"with line ends of two characters", "version: 1\r\nrules:\r\n  cooldown:\r\n    mode: enforce\r\n", "version: 1\r\nrules:\r\n  cooldown:\r\n    mode: observe\r\n"},
		{"a rule that has no mode", "version: 1\nrules:\n  cooldown:\n    # three days\n    minimum: 3d\n",
			"version: 1\nrules:\n  cooldown:\n    # three days\n    mode: observe\n    minimum: 3d\n"},
		{"a rule in braces that has no mode", "version: 1\nrules: {cooldown: {minimum: 3d}}\n", "version: 1\nrules: {cooldown: {mode: observe, minimum: 3d}}\n"},
		{"a rule in empty braces", "version: 1\nrules:\n  cooldown: {}\n", "version: 1\nrules:\n  cooldown: {mode: observe}\n"},
		{"rules without the rule", "version: 1\nrules:\n   block: {mode: enforce}\n", "version: 1\nrules:\n   cooldown:\n     mode: observe\n   block: {mode: enforce}\n"},
		{"rules in braces without the rule", "version: 1\nrules: {block: {mode: enforce}}\n", "version: 1\nrules: {cooldown: {mode: observe}, block: {mode: enforce}}\n"},
		{"no rules", "# mine\nversion: 1\n", "# mine\nrules:\n  cooldown:\n    mode: observe\nversion: 1\n"},
		{"no rules, all in braces", "{version: 1}", "{rules: {cooldown: {mode: observe}}, version: 1}"},
		{"already so", "version: 1\nrules: {cooldown: {mode:   observe}}\n", "version: 1\nrules: {cooldown: {mode:   observe}}\n"},
		{"the default text", DefaultText, strings.Replace(DefaultText, "cooldown:\n    mode: enforce", "cooldown:\n    mode: observe", 1)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := SetMode([]byte(c.text), RuleCooldown, assay.Observe)
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}

func TestSetModeRefuses(t *testing.T) {
	const fine = "version: 1\n"
	cases := []struct {
		name, text, rule string
		mode             assay.Mode
		want             string
	}{
		{"an unknown rule", fine, "cooldwn", assay.Observe, "there is no rule"},
		{"changed bytes observed only", fine, RuleDigestChanged, assay.Observe, "cannot be observed only"},
		{"a status observed only", fine, RuleStatus, assay.Observe, "cannot be observed only"},
		{"a text that is no YAML", "{", RuleCooldown, assay.Observe, "not readable"},
		{"an empty text", "", RuleCooldown, assay.Observe, "empty"},
		{"rules that are a list", "version: 1\nrules: [a]\n", RuleCooldown, assay.Observe, "by hand"},
		{"a rule without settings", "version: 1\nrules:\n  cooldown:\n", RuleCooldown, assay.Observe, "by hand"},
		{"a mode that is an alias", "version: 1\nrules:\n  block: {mode: &m enforce}\n  cooldown: {mode: *m}\n", RuleCooldown, assay.Observe, "by hand"},
		{"a word in folded form", "version: 1\nrules:\n  cooldown:\n    mode: >-\n      enforce\n", RuleCooldown, assay.Observe, "by hand"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := SetMode([]byte(c.text), c.rule, c.mode)
			if got != nil || !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("answered %q, %v", got, err)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(DefaultText))
	f.Add([]byte("version: 1\nrules: {cooldown: {minimum: 3d, per: [{match: 'pkg:npm/a@<2', minimum: 0}]}}\n"))
	f.Add([]byte("version: 1\nblocks:\n  - {pattern: \"pkg:npm/%1b*\", reason: \"\\e\", until: 2027-01-01}\n"))
	f.Add([]byte("a: &a [*a]\n---\n"))
	f.Add([]byte("version: 1\nconditions:\n  - {name: c, match: pkg:npm/a, when: 'version.published < now', effect: deny, reason: r}\n"))
	f.Add([]byte("version: 1\nconditions:\n  - name: c\n    when: >-\n      version.nam\n\n       && \"\\\"\n"))
	f.Add([]byte("\ufeffversion: 1\r\nrules:\r  cooldown:\u2028    mode: enforce\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Parse(text, grammars)
		if err != nil {
			if !assay.Is(err, assay.Invalid) && !assay.Is(err, assay.TooLarge) {
				t.Fatalf("kind %v: %v", assay.KindOf(err), err)
			}
			for line := range strings.SplitSeq(err.Error(), "\n") {
				if !strings.HasPrefix(line, "line ") && !strings.HasPrefix(line, "and ") && assay.Is(err, assay.Invalid) {
					t.Fatalf("a mistake names no line: %q", err)
				}
			}
			return
		}
		for _, b := range file.Blocks {
			if b.Reason == "" || b.Pattern.Name == "" {
				t.Fatalf("a block that says nothing: %+v", b)
			}
		}
		Compile(1, file, nil, nil).Decide(lodash(), noon)

		// A text that is read can have its mode changed, or says why not; the
		// change reaches that rule and nothing else.
		edited, err := SetMode(text, RuleCooldown, assay.Observe)
		if err != nil {
			return
		}
		again, err := Parse(edited, grammars)
		if err != nil {
			t.Fatalf("the edited text is not read: %v\n%q\n%q", err, text, edited)
		}
		file.Cooldown.Mode = assay.Observe
		for _, f := range []*File{file, again} {
			for i := range f.Conditions {
				f.Conditions[i].program = nil // no two compare equal
			}
		}
		if !reflect.DeepEqual(file, again) {
			t.Fatalf("the edit changed more than the mode:\n%q\n%q", text, edited)
		}
	})
}

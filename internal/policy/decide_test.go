package policy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// said is what a test expects of one opinion: the rule, what it says, a part
// of its reason, and when it ends.
type said struct {
	rule   string
	effect assay.Effect
	reason string
	until  string // as for at; "" for never
}

func moments(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	return at(s)
}

func TestDecide(t *testing.T) {
	published := func(s string) func(*assay.Facts) { return func(f *assay.Facts) { f.Published = moments(s) } }
	firstListed := func(s string) func(*assay.Facts) { return func(f *assay.Facts) { f.FirstListed = moments(s) } }
	lastAbsent := func(s string) func(*assay.Facts) { return func(f *assay.Facts) { f.LastAbsent = moments(s) } }
	versionIs := func(s string) func(*assay.Facts) { return func(f *assay.Facts) { f.Coordinate.Version = s } }
	scripts := func(f *assay.Facts) {
		f.InstallScripts, f.Scripts = assay.Yes, []string{"preinstall", "post\x1b[31minstall"}
	}
	undated := published("")
	hosted := func(f *assay.Facts) { f.Hosted, f.PublishedBy = true, "t1" }
	advisory := func(id string, malicious bool, s assay.Severity) func(*assay.Facts) {
		return func(f *assay.Facts) {
			f.AdvisoriesRead = at("2026-11-22 11:00")
			f.Advisories = append(f.Advisories, assay.Advisory{ID: id, Malicious: malicious, Severity: s, Summary: "of " + id})
		}
	}
	lookAlike := func(f *assay.Facts) {
		f.Name = &assay.NameFinding{Class: "transposition", Target: "lodash", Score: 0.9}
	}
	signals := func(f *assay.Facts) {
		f.Scanned = at("2026-11-22 11:00")
		f.Signals = []assay.Signal{{ID: "credential-read", File: "lib/a.js", Line: 7, Saw: "reads .npmrc"}, {ID: "binary", File: "b"}}
	}
	fixes := func(f *assay.Facts) { f.Fixes = []string{"GHSA-9"} }
	standing := func(s assay.Status, reason string) func(*assay.Facts) {
		return func(f *assay.Facts) { f.Status, f.StatusReason = s, reason }
	}

	cases := []struct {
		name   string
		policy string
		blocks []string // patterns; "pattern until moment"
		facts  *assay.Facts
		effect assay.Effect
		want   []said
		until  string
	}{
		{name: "an old version that nobody objects to", facts: lodash(), effect: assay.Allow},

		// block
		{name: "a version in a blocked range", blocks: []string{"pkg:npm/lodash@<4.17.21"}, facts: lodash(), effect: assay.Deny,
			want: []said{{RuleBlock, assay.Deny, "bad 0", ""}}},
		{name: "a version outside the blocked range", blocks: []string{"pkg:npm/lodash@<4.17.21"}, facts: lodash(versionIs("4.17.21")), effect: assay.Allow},
		{name: "a version that cannot be ordered lies inside", blocks: []string{"pkg:npm/lodash@<4.17.21"}, facts: lodash(versionIs("99x")), effect: assay.Deny,
			want: []said{{RuleBlock, assay.Deny, "bad 0", ""}}},
		{name: "a blocked scope", blocks: []string{"pkg:npm/lod*"}, facts: lodash(), effect: assay.Deny,
			want: []said{{RuleBlock, assay.Deny, "bad 0", ""}}},
		{name: "the same name in another ecosystem", blocks: []string{"pkg:golang/lodash", "pkg:golang/*"}, facts: lodash(), effect: assay.Allow},
		{name: "a block with an end", blocks: []string{"pkg:npm/lodash until 2027-01-01 00:00"}, facts: lodash(), effect: assay.Deny,
			want: []said{{RuleBlock, assay.Deny, "bad 0", "2027-01-01 00:00"}}, until: "2027-01-01 00:00"},
		{name: "a block that has just run out", blocks: []string{"pkg:npm/lodash until 2026-11-22 12:00"}, facts: lodash(), effect: assay.Allow},
		{name: "of several blocks the one that lasts longest comes first", facts: lodash(), effect: assay.Deny,
			blocks: []string{"pkg:npm/lodash until 2027-01-01 00:00", "pkg:npm/*", "pkg:npm/lodash@4.17.20 until 2028-01-01 00:00"},
			want: []said{{RuleBlock, assay.Deny, "bad 1", ""}, {RuleBlock, assay.Deny, "bad 2", "2028-01-01 00:00"},
				{RuleBlock, assay.Deny, "bad 0", "2027-01-01 00:00"}}, until: "2027-01-01 00:00"},
		{name: "an observed block", policy: "rules: {block: {mode: observe}}", blocks: []string{"pkg:npm/lodash"}, facts: lodash(), effect: assay.Allow,
			want: []said{{RuleBlock, assay.Deny, "bad 0", ""}}},
		{name: "a block in the policy file", policy: "blocks: [{pattern: pkg:npm/lodash, reason: in the file}]", facts: lodash(), effect: assay.Deny,
			want: []said{{RuleBlock, assay.Deny, "in the file", ""}}},

		// status
		{name: "removed", facts: lodash(standing(assay.Removed, "leaked a key")), effect: assay.Deny,
			want: []said{{RuleStatus, assay.Deny, "removed: leaked a key", ""}}},
		{name: "quarantined", facts: lodash(standing(assay.Quarantined, "looks odd")), effect: assay.Deny,
			want: []said{{RuleStatus, assay.Deny, "quarantined: looks odd", ""}}},
		{name: "yanked", facts: lodash(standing(assay.Yanked, "broken on Tuesdays")), effect: assay.Warn,
			want: []said{{RuleStatus, assay.Warn, "yanked: broken on Tuesdays", ""}}},
		{name: "deprecated", facts: lodash(standing(assay.Deprecated, "use underscore")), effect: assay.Warn,
			want: []said{{RuleStatus, assay.Warn, "deprecated: use underscore", ""}}},
		{name: "experimental", facts: lodash(standing(assay.Experimental, "a sketch")), effect: assay.Warn,
			want: []said{{RuleStatus, assay.Warn, "experimental: not for production: a sketch", ""}}},
		{name: "a status of a later Assay", facts: lodash(standing(assay.Removed+1, "")), effect: assay.Deny,
			want: []said{{RuleStatus, assay.Deny, "not understood by this Assay", ""}}},
		{name: "a reason that would drive a terminal", facts: lodash(standing(assay.Yanked, "\x1b[31m two\nlines\u202e")), effect: assay.Warn,
			want: []said{{RuleStatus, assay.Warn, "yanked: [31m two lines", ""}}},
		{name: "a novel for a reason", facts: lodash(standing(assay.Yanked, strings.Repeat("é", MaxReason))), effect: assay.Warn,
			want: []said{{RuleStatus, assay.Warn, "yanked: " + strings.Repeat("é", MaxReason/2) + "...", ""}}},
		{name: "of an upstream's and a hosted version alike", facts: lodash(hosted, standing(assay.Removed, "x")), effect: assay.Deny,
			want: []said{{RuleStatus, assay.Deny, "removed: x", ""}}},

		// hosted
		{name: "a hosted version of today", facts: lodash(hosted, published("2026-11-22 11:59")), effect: assay.Allow},
		{name: "a hosted version of today, where nothing new is let through", policy: "rules: {cooldown: {nothing-after: 2026-01-01, age: first-seen}}",
			facts: lodash(hosted, published("2026-11-22 11:59"), firstListed("")), effect: assay.Allow},
		{name: "a hosted version without a date", facts: lodash(hosted, undated, firstListed("")), effect: assay.Allow},
		{name: "a hosted version that a listing lacked", facts: lodash(hosted, func(f *assay.Facts) { f.Vanished = at("2026-11-01 00:00") }), effect: assay.Allow},
		{name: "a hosted version in a block", blocks: []string{"pkg:npm/lodash"}, facts: lodash(hosted), effect: assay.Deny,
			want: []said{{RuleBlock, assay.Deny, "bad 0", ""}}},
		{name: "a hosted version with install scripts", facts: lodash(hosted, scripts), effect: assay.Warn,
			want: []said{{RuleInstallScripts, assay.Warn, "runs its own code", ""}}},

		// digest-changed
		{name: "other bytes than before", effect: assay.Deny,
			facts: lodash(func(f *assay.Facts) {
				f.ChangedTo, f.ChangedAt = assay.NewDigest("sha512", []byte(strings.Repeat("\xab", 64))), at("2026-11-20 08:00")
			}),
			want: []said{{RuleDigestChanged, assay.Deny,
				"other bytes than it did first: sha512:abababababababab... since 2026-11-20 08:00 UTC, sha512:0000000000000000... before", ""}}},

		// malware
		{name: "an advisory calls it malicious", facts: lodash(advisory("MAL-1", true, assay.SeverityUnknown), advisory("GHSA-1", false, assay.SeverityLow)), effect: assay.Deny,
			want: []said{{RuleMalware, assay.Deny, "known to be malicious: MAL-1 (of MAL-1)", ""}, {RuleVulnerability, assay.Warn, "vulnerable, low: GHSA-1", ""}}},
		{name: "on a list of known-bad versions", facts: lodash(func(f *assay.Facts) { f.KnownBad = "the worm of \x1b[31mNovember" }), effect: assay.Deny,
			want: []said{{RuleMalware, assay.Deny, "known to be malicious: the worm of [31mNovember", ""}}},
		{name: "a hosted version that is malicious", facts: lodash(hosted, advisory("MAL-1", true, assay.SeverityUnknown)), effect: assay.Deny,
			want: []said{{RuleMalware, assay.Deny, "MAL-1", ""}}},
		{name: "malicious, observed only", policy: "rules: {malware: {mode: observe}}", facts: lodash(advisory("MAL-1", true, assay.SeverityUnknown)), effect: assay.Allow,
			want: []said{{RuleMalware, assay.Deny, "MAL-1", ""}}},

		// vulnerability
		{name: "vulnerable, as set by default", facts: lodash(advisory("GHSA-1", false, assay.SeverityCritical)), effect: assay.Warn,
			want: []said{{RuleVulnerability, assay.Warn, "vulnerable, critical: GHSA-1 (of GHSA-1)", ""}}},
		{name: "below the severity that denies", policy: "rules: {vulnerability: {deny-from: high}}", facts: lodash(advisory("GHSA-1", false, assay.SeverityMedium)), effect: assay.Warn,
			want: []said{{RuleVulnerability, assay.Warn, "medium", ""}}},
		{name: "at the severity that denies", policy: "rules: {vulnerability: {deny-from: high}}", facts: lodash(advisory("GHSA-1", false, assay.SeverityHigh), advisory("GHSA-2", false, assay.SeverityLow)), effect: assay.Deny,
			want: []said{{RuleVulnerability, assay.Deny, "vulnerable, high: GHSA-1 (of GHSA-1), GHSA-2", ""}}},
		{name: "of unknown severity, where one denies", policy: "rules: {vulnerability: {effect: allow, deny-from: critical}}", facts: lodash(advisory("GHSA-1", false, assay.SeverityUnknown)), effect: assay.Deny,
			want: []said{{RuleVulnerability, assay.Deny, "unknown severity: GHSA-1", ""}}},
		{name: "of many advisories three are named", facts: lodash(advisory("A-1", false, 1), advisory("A-2", false, 1), advisory("A-3", false, 1), advisory("A-4", false, 1), advisory("A-5", false, 1)), effect: assay.Warn,
			want: []said{{RuleVulnerability, assay.Warn, "A-3 (of A-3), and 2 others", ""}}},
		{name: "vulnerable and exempt", policy: "rules: {vulnerability: {deny-from: low, exempt: [pkg:npm/lodash]}}", facts: lodash(advisory("GHSA-1", false, assay.SeverityHigh)), effect: assay.Allow,
			want: []said{{RuleVulnerability, assay.Allow, "exempt as pkg:npm/lodash", ""}}},

		// look-alike
		{name: "a name that looks like another", facts: lodash(lookAlike), effect: assay.Warn,
			want: []said{{RuleLookAlike, assay.Warn, "its name looks like lodash (transposition)", ""}}},
		{name: "a look-alike, set to deny", policy: "rules: {look-alike: {effect: deny}}", facts: lodash(lookAlike), effect: assay.Deny,
			want: []said{{RuleLookAlike, assay.Deny, "nobody here has used it before", ""}}},
		{name: "a hosted look-alike", facts: lodash(hosted, lookAlike), effect: assay.Allow},

		// content
		{name: "signals, as set by default", facts: lodash(signals), effect: assay.Allow,
			want: []said{{RuleContent, assay.Deny, "credential-read in lib/a.js, line 7: reads .npmrc, and 1 other signal", ""}}},
		{name: "signals, enforced", policy: "rules: {content: {mode: enforce}}", facts: lodash(signals), effect: assay.Deny,
			want: []said{{RuleContent, assay.Deny, "credential-read", ""}}},
		{name: "scanned, and nothing found", policy: "rules: {content: {mode: enforce}}", facts: lodash(func(f *assay.Facts) { f.Scanned = at("2026-11-22 11:00") }), effect: assay.Allow},

		// fixes
		{name: "a fix does not wait", facts: lodash(published("2026-11-22 07:00"), fixes), effect: assay.Allow, until: "2026-11-25 07:00",
			want: []said{{RuleCooldown, assay.Allow, "new versions wait 3 days; does not wait, because it fixes GHSA-9", "2026-11-25 07:00"}}},
		{name: "a fix waits where it is set to", policy: "rules: {cooldown: {fixes: wait}}", facts: lodash(published("2026-11-22 07:00"), fixes), effect: assay.Deny, until: "2026-11-25 07:00",
			want: []said{{RuleCooldown, assay.Deny, "new versions wait 3 days", "2026-11-25 07:00"}}},
		{name: "a fix from the future", facts: lodash(published("2027-11-22 07:00"), fixes), effect: assay.Deny, until: "2027-11-22 06:55",
			want: []said{{RuleCooldown, assay.Deny, "in the future", "2027-11-22 06:55"}}},
		{name: "a fix after the hard date", policy: "rules: {cooldown: {nothing-after: 2026-01-01}}", facts: lodash(published("2026-11-22 07:00"), fixes), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "nothing published after", ""}}},

		// vanished
		{name: "vanished upstream", facts: lodash(func(f *assay.Facts) { f.Vanished = at("2026-11-01 00:00") }), effect: assay.Warn,
			want: []said{{RuleVanished, assay.Warn, "no longer lists it (noticed 2026-11-01 00:00 UTC)", ""}}},
		{name: "vanished, and set to deny", policy: "rules: {vanished: {effect: deny}}", effect: assay.Deny,
			facts: lodash(func(f *assay.Facts) { f.Vanished = at("2026-11-01 00:00") }),
			want:  []said{{RuleVanished, assay.Deny, "no longer lists it", ""}}},
		{name: "vanished, and set to allow", policy: "rules: {vanished: {effect: allow}}", effect: assay.Allow,
			facts: lodash(func(f *assay.Facts) { f.Vanished = at("2026-11-01 00:00") }),
			want:  []said{{RuleVanished, assay.Allow, "no longer lists it", ""}}},
		{name: "a placeholder, whatever is set", policy: "rules: {vanished: {effect: allow}}", effect: assay.Deny,
			facts: lodash(func(f *assay.Facts) { f.Placeholder = true }),
			want:  []said{{RuleVanished, assay.Deny, "security placeholder", ""}}},

		// cooldown
		{name: "published five hours ago", facts: lodash(published("2026-11-22 07:00")), effect: assay.Deny,
			want:  []said{{RuleCooldown, assay.Deny, "published 2026-11-22 07:00 UTC; new versions wait 3 days", "2026-11-25 07:00"}},
			until: "2026-11-25 07:00"},
		{name: "a minute short of the minimum", facts: lodash(published("2026-11-19 12:01")), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "new versions wait 3 days", "2026-11-22 12:01"}}, until: "2026-11-22 12:01"},
		{name: "exactly of the minimum age", facts: lodash(published("2026-11-19 12:00")), effect: assay.Allow},
		{name: "observed", policy: "rules: {cooldown: {mode: observe}}", facts: lodash(published("2026-11-22 07:00")), effect: assay.Allow,
			want: []said{{RuleCooldown, assay.Deny, "wait 3 days", "2026-11-25 07:00"}}, until: "2026-11-25 07:00"},
		{name: "antedated, but absent from our listing of yesterday", facts: lodash(lastAbsent("2026-11-21 12:00")), effect: assay.Deny,
			want:  []said{{RuleCooldown, assay.Deny, "not yet in the upstream's listing of 2026-11-21 12:00 UTC", "2026-11-24 12:00"}},
			until: "2026-11-24 12:00"},
		{name: "last listed without it a year ago", facts: lodash(lastAbsent("2025-11-21 12:00"), firstListed("2026-11-22 11:59")), effect: assay.Allow},
		{name: "by first-seen, first listed today", policy: "rules: {cooldown: {age: first-seen}}", facts: lodash(firstListed("2026-11-22 11:00")), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "first listed here 2026-11-22 11:00 UTC", "2026-11-25 11:00"}}, until: "2026-11-25 11:00"},
		{name: "by first-seen, never listed", policy: "rules: {cooldown: {age: first-seen}}", facts: lodash(firstListed("")), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "not listed here before, so it is new now", ""}}},
		{name: "by first-seen, no date is needed", policy: "rules: {cooldown: {age: first-seen}}", facts: lodash(undated), effect: assay.Allow},
		{name: "a date in the future", facts: lodash(published("2026-11-23 12:00")), effect: assay.Deny,
			want:  []said{{RuleCooldown, assay.Deny, "in the future: the date is wrong, or this machine's clock is", "2026-11-23 11:55"}},
			until: "2026-11-23 11:55"},
		{name: "a date in the future, where nothing waits and all is exempt", effect: assay.Deny,
			policy: "rules: {cooldown: {minimum: 0, exempt: ['pkg:npm/*']}}", facts: lodash(published("2026-11-23 12:00")),
			want: []said{{RuleCooldown, assay.Deny, "in the future", "2026-11-23 11:55"}}, until: "2026-11-23 11:55"},
		{name: "our clock has jumped back", facts: lodash(lastAbsent("2026-12-01 00:00")), effect: assay.Deny,
			want:  []said{{RuleCooldown, assay.Deny, "this machine's clock", "2026-11-30 23:55"}},
			until: "2026-11-30 23:55"},
		{name: "a date within the skew of clocks is just new", facts: lodash(published("2026-11-22 12:04")), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "published 2026-11-22 12:04 UTC; new versions wait", "2026-11-25 12:04"}}, until: "2026-11-25 12:04"},
		{name: "nothing waits", policy: "rules: {cooldown: {minimum: 0}}", facts: lodash(published("2026-11-22 11:59")), effect: assay.Allow},
		{name: "exempt", policy: "rules: {cooldown: {exempt: ['pkg:npm/lodash@>=4.0.0']}}", facts: lodash(published("2026-11-22 07:00")), effect: assay.Allow,
			want: []said{{RuleCooldown, assay.Allow, "exempt as pkg:npm/lodash@>=4.0.0", "2026-11-25 07:00"}}, until: "2026-11-25 07:00"},
		{name: "an odd spelling buys no exemption", policy: "rules: {cooldown: {exempt: ['pkg:npm/lodash@>=4.0.0']}}", effect: assay.Deny,
			facts: lodash(published("2026-11-22 07:00"), versionIs("99x")),
			want:  []said{{RuleCooldown, assay.Deny, "wait 3 days", "2026-11-25 07:00"}}, until: "2026-11-25 07:00"},
		{name: "the first other minimum counts", effect: assay.Deny,
			policy: "rules: {cooldown: {per: [{match: 'pkg:npm/lodash@<5.0.0', minimum: 1d}, {match: pkg:npm/*, minimum: 9d}]}}",
			facts:  lodash(published("2026-11-22 07:00")),
			want:   []said{{RuleCooldown, assay.Deny, "wait 1 day", "2026-11-23 07:00"}}, until: "2026-11-23 07:00"},
		{name: "a longer minimum for some", effect: assay.Deny, policy: "rules: {cooldown: {per: [{match: pkg:npm/*, minimum: 2w}]}}",
			facts: lodash(published("2026-11-15 12:00")),
			want:  []said{{RuleCooldown, assay.Deny, "wait 14 days", "2026-11-29 12:00"}}, until: "2026-11-29 12:00"},
		{name: "an odd spelling buys no shorter wait", effect: assay.Deny,
			policy: "rules: {cooldown: {per: [{match: 'pkg:npm/lodash@<5.0.0', minimum: 0}]}}",
			facts:  lodash(published("2026-11-22 07:00"), versionIs("99x")),
			want:   []said{{RuleCooldown, assay.Deny, "wait 3 days", "2026-11-25 07:00"}}, until: "2026-11-25 07:00"},
		{name: "an odd spelling escapes no longer wait", effect: assay.Deny,
			policy: "rules: {cooldown: {per: [{match: 'pkg:npm/lodash@<5.0.0', minimum: 9d}, {match: pkg:npm/*, minimum: 1d}]}}",
			facts:  lodash(published("2026-11-22 07:00"), versionIs("99x")),
			want:   []said{{RuleCooldown, assay.Deny, "wait 9 days", "2026-12-01 07:00"}}, until: "2026-12-01 07:00"},
		{name: "published after the hard date", policy: "rules: {cooldown: {nothing-after: 2020-01-01}}", facts: lodash(), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "published 2020-08-13 16:53 UTC; nothing published after 2020-01-01 00:00 UTC is let through", ""}}},
		{name: "antedated, but absent after the hard date", policy: "rules: {cooldown: {nothing-after: 2026-01-01}}",
			facts: lodash(lastAbsent("2026-06-01 00:00")), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "not yet in the upstream's listing of 2026-06-01", ""}}},
		{name: "published before the hard date", policy: "rules: {cooldown: {nothing-after: 2026-01-01}}", facts: lodash(), effect: assay.Allow},
		{name: "no date where there is a hard one", policy: "rules: {cooldown: {nothing-after: 2025-01-01}}", facts: lodash(undated), effect: assay.Deny,
			want: []said{{RuleCooldown, assay.Deny, "gives no date; nothing published after", ""}}},
		{name: "no date, but listed here before the hard one", policy: "rules: {cooldown: {nothing-after: 2026-06-01}}", facts: lodash(undated), effect: assay.Allow},
		{name: "exempt from the hard date", policy: "rules: {cooldown: {nothing-after: 2020-01-01, exempt: [pkg:npm/lodash]}}", facts: lodash(), effect: assay.Allow,
			want: []said{{RuleCooldown, assay.Allow, "exempt as pkg:npm/lodash", ""}}},

		// age-unknown
		{name: "no date and never listed", facts: lodash(undated, firstListed("")), effect: assay.Deny,
			want: []said{{RuleAgeUnknown, assay.Deny, "gives no date, so its age is unknown; new versions wait 3 days", ""}}},
		{name: "no date, listed since yesterday", facts: lodash(undated, firstListed("2026-11-21 12:00")), effect: assay.Deny,
			want:  []said{{RuleAgeUnknown, assay.Deny, "this one until 2026-11-24 12:00 UTC", "2026-11-24 12:00"}},
			until: "2026-11-24 12:00"},
		{name: "no date, listed long ago, but absent since", facts: lodash(undated, lastAbsent("2026-11-21 12:00")), effect: assay.Deny,
			want:  []said{{RuleAgeUnknown, assay.Deny, "this one until 2026-11-24 12:00 UTC", "2026-11-24 12:00"}},
			until: "2026-11-24 12:00"},
		{name: "no date by first-seen is the cooldown's business alone", policy: "rules: {cooldown: {age: first-seen}}", effect: assay.Deny,
			facts: lodash(undated, firstListed("2026-11-21 12:00")),
			want:  []said{{RuleCooldown, assay.Deny, "first listed here", "2026-11-24 12:00"}}, until: "2026-11-24 12:00"},
		{name: "no date, listed for longer than the minimum", facts: lodash(undated), effect: assay.Allow},
		{name: "no date, set to warn", policy: "rules: {age-unknown: {effect: warn}}", facts: lodash(undated, firstListed("")), effect: assay.Warn,
			want: []said{{RuleAgeUnknown, assay.Warn, "gives no date", ""}}},
		{name: "no date, exempt from the cooldown", policy: "rules: {cooldown: {exempt: [pkg:npm/lodash]}}", facts: lodash(undated, firstListed("")), effect: assay.Allow},
		{name: "no date where nothing waits", policy: "rules: {cooldown: {minimum: 0}}", facts: lodash(undated, firstListed("")), effect: assay.Allow},

		// install-scripts
		{name: "install scripts", facts: lodash(scripts), effect: assay.Warn,
			want: []said{{RuleInstallScripts, assay.Warn, "runs its own code when it is installed (preinstall, post[31minstall)", ""}}},
		{name: "install scripts denied", policy: "rules: {install-scripts: {effect: deny}}", facts: lodash(scripts), effect: assay.Deny,
			want: []said{{RuleInstallScripts, assay.Deny, "runs its own code", ""}}},
		{name: "install scripts allowed", policy: "rules: {install-scripts: {effect: allow}}", facts: lodash(scripts), effect: assay.Allow,
			want: []said{{RuleInstallScripts, assay.Allow, "runs its own code", ""}}},
		{name: "install scripts of an exempt package", policy: "rules: {install-scripts: {effect: deny, exempt: [pkg:npm/lodash]}}", facts: lodash(scripts), effect: assay.Allow,
			want: []said{{RuleInstallScripts, assay.Allow, "exempt as pkg:npm/lodash", ""}}},
		{name: "unknown scripts, by default", facts: lodash(func(f *assay.Facts) { f.InstallScripts = assay.Unknown }), effect: assay.Allow},
		{name: "unknown scripts, set to deny", policy: "rules: {install-scripts: {effect: deny}}", effect: assay.Deny,
			facts: lodash(func(f *assay.Facts) { f.InstallScripts = assay.Unknown }),
			want:  []said{{RuleInstallScripts, assay.Deny, "unknown whether it runs", ""}}},
		{name: "unknown scripts of a Go module, set to deny", policy: "rules: {install-scripts: {effect: deny}}", effect: assay.Allow,
			facts: lodash(func(f *assay.Facts) {
				f.Coordinate.Ecosystem, f.InstallScripts = assay.Golang, assay.Unknown
			})},

		// together
		{name: "every rule is asked, and deny beats warn", blocks: []string{"pkg:npm/lodash until 2026-11-23 00:00"}, effect: assay.Deny,
			facts: lodash(scripts, published("2026-11-22 07:00"), func(f *assay.Facts) {
				f.Vanished, f.ChangedTo = at("2026-11-22 11:00"), assay.NewDigest("sha256", make([]byte, 32))
			}, standing(assay.Yanked, "x")),
			want: []said{{RuleBlock, assay.Deny, "", "2026-11-23 00:00"}, {RuleStatus, assay.Warn, "", ""}, {RuleDigestChanged, assay.Deny, "", ""}, {RuleVanished, assay.Warn, "", ""},
				{RuleCooldown, assay.Deny, "", "2026-11-25 07:00"}, {RuleInstallScripts, assay.Warn, "", ""}},
			until: "2026-11-23 00:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var blocks []Block
			for i, b := range c.blocks {
				text, until, _ := strings.Cut(b, " until ")
				blocks = append(blocks, Block{ID: "b" + string(rune('0'+i)), Pattern: pattern(t, text), Reason: "bad " + string(rune('0'+i)), Until: moments(until)})
			}
			d := Compile(7, parse(t, c.policy), blocks, nil).Decide(c.facts, noon)
			if d.Effect != c.effect {
				t.Errorf("the decision is %s, want %s: %+v", d.Effect, c.effect, d.Opinions)
			}
			if !d.Until.Equal(moments(c.until)) {
				t.Errorf("the decision holds until %v, want %q", d.Until, c.until)
			}
			if len(d.Opinions) != len(c.want) {
				t.Fatalf("%d opinions, want %d: %+v", len(d.Opinions), len(c.want), d.Opinions)
			}
			for i, w := range c.want {
				o := d.Opinions[i]
				if o.Rule != w.rule || o.Effect != w.effect || !strings.Contains(o.Reason, w.reason) || !o.Until.Equal(moments(w.until)) {
					t.Errorf("opinion %d is\n%+v, want\n%+v", i, o, w)
				}
				if o.Effect == assay.Deny && o.Remedy == "" {
					t.Errorf("opinion %d denies and says nothing of what to do: %+v", i, o)
				}
			}
		})
	}
}

func TestExceptions(t *testing.T) {
	young := lodash(func(f *assay.Facts) { f.Published = at("2026-11-22 07:00") })
	except := func(id, rule, version, until string) Exception {
		return Exception{ID: id, Rule: rule, Coordinate: young.Coordinate.At(version), Until: moments(until)}
	}
	quarantined := lodash(func(f *assay.Facts) { f.Status = assay.Quarantined })
	removed := lodash(func(f *assay.Facts) { f.Status = assay.Removed })
	changed := lodash(func(f *assay.Facts) { f.ChangedTo = assay.NewDigest("sha256", make([]byte, 32)) })
	cases := []struct {
		name       string
		policy     string
		facts      *assay.Facts
		exceptions []Exception
		effect     assay.Effect
		lifted     []string // by opinion
		until      string
	}{
		{"the very version and rule", "", young, []Exception{except("e1", RuleCooldown, "4.17.20", "")}, assay.Allow, []string{"e1"}, "2026-11-25 07:00"},
		{"another rule", "", young, []Exception{except("e1", RuleBlock, "4.17.20", "")}, assay.Deny, []string{""}, "2026-11-25 07:00"},
		{"another version", "", young, []Exception{except("e1", RuleCooldown, "4.17.21", "")}, assay.Deny, []string{""}, "2026-11-25 07:00"},
		{"no version at all", "", young, []Exception{except("e1", RuleCooldown, "", "")}, assay.Deny, []string{""}, "2026-11-25 07:00"},
		{"one that ends before the wait", "", young, []Exception{except("e1", RuleCooldown, "4.17.20", "2026-11-23 00:00")}, assay.Allow, []string{"e1"}, "2026-11-23 00:00"},
		{"one that has run out", "", young, []Exception{except("e1", RuleCooldown, "4.17.20", "2026-11-22 12:00")}, assay.Deny, []string{""}, "2026-11-25 07:00"},
		{"of two, the one that lasts longer", "", young,
			[]Exception{except("e1", RuleCooldown, "4.17.20", "2026-11-23 00:00"), except("e2", RuleCooldown, "4.17.20", ""), except("e3", RuleCooldown, "4.17.20", "2026-11-24 00:00")},
			assay.Allow, []string{"e2"}, "2026-11-25 07:00"},
		{"an opinion that is only observed", "rules: {cooldown: {mode: observe}}", young, []Exception{except("e1", RuleCooldown, "4.17.20", "")}, assay.Allow, []string{"e1"}, "2026-11-25 07:00"},
		{"changed bytes are not waved through", "", changed, []Exception{except("e1", RuleDigestChanged, "4.17.20", "")}, assay.Deny, []string{""}, ""},
		{"a quarantine", "", quarantined, []Exception{except("e1", RuleStatus, "4.17.20", "2026-11-23 00:00")}, assay.Allow, []string{"e1"}, "2026-11-23 00:00"},
		{"a removal stays", "", removed, []Exception{except("e1", RuleStatus, "4.17.20", "")}, assay.Deny, []string{""}, ""},
		{"a warning stays", "", lodash(func(f *assay.Facts) { f.Vanished = noon }), []Exception{except("e1", RuleVanished, "4.17.20", "")}, assay.Warn, []string{""}, ""},
		{"a block", "blocks: [{pattern: pkg:npm/lodash, reason: no}, {pattern: 'pkg:npm/*', reason: neither}]", lodash(),
			[]Exception{except("e1", RuleBlock, "4.17.20", "")}, assay.Allow, []string{"e1", "e1"}, ""},
		{"a file of the version", "", lodash(func(f *assay.Facts) { f.Published, f.Coordinate.File = noon, "lodash-4.17.20.tgz" }),
			[]Exception{except("e1", RuleCooldown, "4.17.20", "")}, assay.Allow, []string{"e1"}, "2026-11-25 12:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := Compile(1, parse(t, c.policy), nil, c.exceptions).Decide(c.facts, noon)
			var lifted []string
			for _, o := range d.Opinions {
				lifted = append(lifted, o.LiftedBy)
			}
			if d.Effect != c.effect || !slices.Equal(lifted, c.lifted) || !d.Until.Equal(moments(c.until)) {
				t.Errorf("%s until %v, lifted by %q; want %s until %q, %q", d.Effect, d.Until, lifted, c.effect, c.until, c.lifted)
			}
		})
	}
}

func TestRulesetSpeaksOfItself(t *testing.T) {
	f := parse(t, `
rules:
  cooldown: {minimum: 36h, age: first-seen, nothing-after: 2026-06-01, exempt: [pkg:npm/a], per: [{match: pkg:npm/b, minimum: 0}, {match: pkg:npm/c, minimum: 9d}]}
  install-scripts: {mode: observe, effect: deny, exempt: [pkg:npm/a, pkg:npm/b]}
  vanished: {effect: allow}
  vulnerability: {deny-from: high, exempt: [pkg:npm/f]}
  look-alike: {effect: deny}
  content: {mode: enforce, effect: warn}
blocks: [{pattern: pkg:npm/d, reason: in the file}]
`)
	r := Compile(42, f, []Block{{ID: "b1", Pattern: pattern(t, "pkg:npm/e"), Reason: "x"}}, nil)
	want := []RuleSummary{
		{RuleBlock, assay.Enforce, "refuses every version that a block names (2 blocks, 1 in the policy file)"},
		{RuleStatus, assay.Enforce, "refuses versions that were removed or quarantined here, leaves yanked ones out of listings, and warns of deprecated and experimental ones"},
		{RuleMalware, assay.Enforce, "refuses what an advisory or a list of known-bad versions and digests calls malicious"},
		{RuleDigestChanged, assay.Enforce, "refuses versions whose bytes the upstream has changed"},
		{RuleVanished, assay.Enforce, "lets through versions that the upstream no longer lists, and refuses security placeholders"},
		{RuleCooldown, assay.Enforce, "holds new versions back for 1 day 12 hours after they were first listed here, with 2 other minimums; refuses everything published after 2026-06-01 00:00 UTC; 1 pattern exempt"},
		{RuleAgeUnknown, assay.Enforce, "refuses versions that have no date, where the cooldown needs one"},
		{RuleInstallScripts, assay.Observe, "refuses versions that run their own code when they are installed; 2 patterns exempt"},
		{RuleVulnerability, assay.Enforce, "warns of versions that an advisory names as vulnerable, and refuses them from severity high on; 1 pattern exempt"},
		{RuleLookAlike, assay.Enforce, "refuses packages never used here whose names look like better known ones"},
		{RuleContent, assay.Enforce, "warns of versions in whose files a scan found what malware does"},
	}
	if got := r.Summaries(); !slices.Equal(got, want) {
		t.Errorf("the rules say\n%+v, want\n%+v", got, want)
	}
	if got := Compile(1, nil, nil, nil).Summaries()[5].Summary; got != "holds new versions back for 3 days after the upstream published them" {
		t.Errorf("the default cooldown says %q", got)
	}
	if r.Epoch() != 42 || !r.NeedsContent(assay.NPM) || Compile(1, nil, nil, nil).NeedsContent(assay.NPM) {
		t.Error("epoch or need of content are wrong")
	}
	blocks := r.Blocks()
	if len(blocks) != 2 || blocks[0].ID != "policy-1" || !blocks[0].FromFile || blocks[1].ID != "b1" || blocks[1].FromFile {
		t.Errorf("the blocks are %+v", blocks)
	}
	blocks[0].Reason = "changed by the caller"
	if r.Blocks()[0].Reason != "in the file" {
		t.Error("a caller can change the ruleset's blocks")
	}
}

// Every rule of the table gives an opinion somewhere, and its name is in the
// default text: a rule cannot be forgotten in one of the places.
func TestRulesAreOneList(t *testing.T) {
	var names []string
	for _, s := range Compile(1, nil, nil, nil).Summaries() {
		names = append(names, s.Rule)
	}
	if !slices.Equal(names, Rules()) {
		t.Errorf("summaries are of %q, rules are %q", names, Rules())
	}
	for _, rule := range Rules() {
		if !strings.Contains(DefaultText, "\n  "+rule+":\n") {
			t.Errorf("the default text does not set %s", rule)
		}
		liftable := checkLiftable(rule, nil) == nil
		if liftable != (rule != RuleDigestChanged) {
			t.Errorf("%s liftable: %v", rule, liftable)
		}
	}
	if err := checkLiftable("cooldwn", nil); !assay.Is(err, assay.Invalid) || !strings.Contains(err.Error(), "cooldown") {
		t.Errorf("an exception to an unknown rule says %v", err)
	}
}

func TestAllowAllocatesNothing(t *testing.T) {
	r := bigRuleset(t)
	f := lodash()
	allocations := testing.AllocsPerRun(100, func() {
		if d := r.Decide(f, noon); d.Effect != assay.Allow || d.Opinions != nil {
			t.Fatalf("not the silent path: %+v", d)
		}
	})
	if allocations != 0 {
		t.Errorf("a decision on which no rule speaks allocates %v times", allocations)
	}
}

// bigRuleset has 10,000 blocked names, 20 globs and 1,000 exceptions.
func bigRuleset(t testing.TB) *Ruleset {
	var blocks []Block
	var exceptions []Exception
	for i := range 10000 {
		name := "bad" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + time.Duration(i).String()
		blocks = append(blocks, Block{ID: name, Pattern: pattern(t, "pkg:npm/"+name), Reason: "malware"})
		if i < 20 {
			blocks = append(blocks, Block{ID: "g" + name, Pattern: pattern(t, "pkg:npm/@"+name+"/*"), Reason: "malware"})
		}
		if i < 1000 {
			exceptions = append(exceptions, Exception{ID: name, Rule: RuleCooldown,
				Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: name, Version: "1.0.0"}})
		}
	}
	return Compile(1, Default(), blocks, exceptions)
}

func BenchmarkDecide(b *testing.B) {
	r := bigRuleset(b)
	for _, c := range []struct {
		name  string
		facts *assay.Facts
	}{
		{"nobody speaks", lodash()},
		{"held back and warned of", lodash(func(f *assay.Facts) { f.Published, f.InstallScripts = noon, assay.Yes })},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.Decide(c.facts, noon)
			}
		})
	}
}

package policy

import (
	"time"

	"assay.invalid/internal/assay"
)

// File is a policy file that has been read. What a file leaves out has the
// value of Default. DefaultText shows every key with its meaning.
type File struct {
	Block          BlockSettings
	Status         StatusSettings
	Malware        MalwareSettings
	DigestChanged  DigestChangedSettings
	Vanished       VanishedSettings
	Cooldown       CooldownSettings
	AgeUnknown     AgeUnknownSettings
	InstallScripts InstallScriptsSettings
	Vulnerability  VulnerabilitySettings
	LookAlike      LookAlikeSettings
	Content        ContentSettings
	// Blocks stand in the file itself (blocks:), beside those that the
	// operator makes one by one.
	Blocks []Block
	// Conditions are rules of the operator's own (conditions:), asked after
	// the others in the order of the file.
	Conditions []Condition
}

// BlockSettings are the settings of the rule block (rules: block:).
type BlockSettings struct {
	Mode assay.Mode // mode
}

// StatusSettings are the settings of the rule status. Its mode is always
// enforce.
type StatusSettings struct {
	Mode assay.Mode // mode
}

// MalwareSettings are the settings of the rule malware.
type MalwareSettings struct {
	Mode assay.Mode // mode
}

// VulnerabilitySettings are the settings of the rule vulnerability.
type VulnerabilitySettings struct {
	Mode   assay.Mode   // mode
	Effect assay.Effect // effect
	// DenyFrom is the severity from which on the rule denies, whatever its
	// effect (deny-from); unknown: none.
	DenyFrom assay.Severity
	Exempt   []Scope // exempt
}

// LookAlikeSettings are the settings of the rule look-alike.
type LookAlikeSettings struct {
	Mode   assay.Mode   // mode
	Effect assay.Effect // effect
	Exempt []Scope      // exempt
}

// ContentSettings are the settings of the rule content.
type ContentSettings struct {
	Mode   assay.Mode   // mode
	Effect assay.Effect // effect
	Exempt []Scope      // exempt
}

// DigestChangedSettings are the settings of the rule digest-changed. Its
// mode is always enforce.
type DigestChangedSettings struct {
	Mode assay.Mode // mode
}

// VanishedSettings are the settings of the rule vanished.
type VanishedSettings struct {
	Mode assay.Mode // mode
	// Effect is what the rule says of a version that left the upstream's
	// listing (effect). A security placeholder is denied whatever it is.
	Effect assay.Effect
}

// CooldownSettings are the settings of the rule cooldown.
type CooldownSettings struct {
	Mode assay.Mode // mode
	// Minimum is the age that a version must have (minimum); zero: none.
	Minimum time.Duration
	// Age says from when the age counts (age).
	Age Age
	// NothingAfter is the hard date: nothing published after it is let
	// through (nothing-after); zero: none.
	NothingAfter time.Time
	// FixesWait makes a version wait even where an advisory names it as the
	// fix of a vulnerability (fixes: wait).
	FixesWait bool
	// Exempt is let through at any age and date (exempt). A date in the
	// future is refused all the same.
	Exempt []Scope
	// Per gives other minimums (per). The first that matches counts, in the
	// order of the file, so the narrower patterns are written first.
	Per []Wait
}

// Age says from when the age of a version counts.
type Age uint8

// The two ways to count.
const (
	// AgeUpstream counts from the later of the upstream's own date and our
	// last listing without the version, before which it cannot have existed.
	AgeUpstream Age = iota
	// AgeFirstSeen counts from when Assay first listed it, or from the
	// moment of AgeUpstream where that is later: it is never the laxer one.
	AgeFirstSeen
)

func (a Age) String() string { return [...]string{"upstream", "first-seen"}[a] }

// AgeUnknownSettings are the settings of the rule age-unknown.
type AgeUnknownSettings struct {
	Mode   assay.Mode   // mode
	Effect assay.Effect // effect
}

// InstallScriptsSettings are the settings of the rule install-scripts.
type InstallScriptsSettings struct {
	Mode   assay.Mode   // mode
	Effect assay.Effect // effect
	Exempt []Scope      // exempt
}

// Block refuses every version in a pattern.
type Block struct {
	ID      string
	Pattern assay.Pattern
	Reason  string
	Until   time.Time // zero: until it is ended
	// FromFile is set for a block of the policy file, which is ended there.
	FromFile bool
}

// Exception lifts one rule's deny of one version.
type Exception struct {
	ID         string
	Coordinate assay.Coordinate // normalised, with a version and no file
	Rule       string
	Reason     string
	Until      time.Time // zero: until it is revoked
}

// Default returns the policy of a data directory to which none has been
// applied. It equals DefaultText, and every value is the safe one.
func Default() *File {
	return &File{
		Vanished:       VanishedSettings{Effect: assay.Warn},
		Cooldown:       CooldownSettings{Minimum: 72 * time.Hour},
		AgeUnknown:     AgeUnknownSettings{Effect: assay.Deny},
		InstallScripts: InstallScriptsSettings{Effect: assay.Warn},
		Vulnerability:  VulnerabilitySettings{Effect: assay.Warn},
		LookAlike:      LookAlikeSettings{Effect: assay.Warn},
		Content:        ContentSettings{Mode: assay.Observe, Effect: assay.Deny},
	}
}

// DefaultText is the default policy as a file that a person can edit.
const DefaultText = `# The policy: what this package repository hands out, and what it refuses.
#
# Each rule is in one of two modes. "enforce": its opinion counts. "observe":
# its opinion is recorded and shown, and nothing is refused because of it.
#
# Patterns are written pkg:<ecosystem>/<name>[@<range>]. In a name, * stands
# for any characters: pkg:npm/@acme/* is everything in a scope. The range is
# in the ecosystem's own syntax: "pkg:npm/lodash@<4.17.21". Durations: 72h, 3d, 2w.
# Moments: 2027-01-01 (its beginning, in UTC) or 2027-01-01T12:00:00Z.
#
# Keys that are left out have the values below, unknown keys are refused. To
# use what is commented out, take the # away and leave the rest as it stands.
version: 1

rules:
  # Refuses what has been blocked: here under "blocks", or one by one with
  # the command "assay block".
  block:
    mode: enforce

  # Refuses what was removed or quarantined here, leaves out of listings what
  # was yanked, and warns of what was called deprecated or experimental. It
  # cannot be observed only; an exception lifts a quarantine, not a removal.
  status:
    mode: enforce

  # Refuses what is known to be malicious: by an advisory, or by a list of
  # known-bad versions and digests. See docs/advisories.md for their sources.
  malware:
    mode: enforce

  # Refuses a version whose bytes changed at the upstream after they were
  # first seen. It can be neither observed only nor lifted by an exception.
  digest-changed:
    mode: enforce

  # What to say of a version that the upstream no longer lists: allow, warn
  # or deny. A security placeholder is refused whatever stands here.
  vanished:
    mode: enforce
    effect: warn

  # Holds new versions back: most malicious ones are found within days. What
  # is published here does not wait.
  cooldown:
    mode: enforce
    minimum: 72h
    # From when the age counts. "upstream": from the date that the upstream
    # gives, or from our last listing without the version where that is
    # later. "first-seen": from when it was first listed here, which no
    # upstream can antedate.
    age: upstream
    # What to do with a version that an advisory names as the fix of a
    # vulnerability: "through" lets it through at any age, "wait" does not.
    fixes: through
    # A hard date: nothing published after it is let through.
    #nothing-after: 2027-01-01
    # Not held back at all.
    #exempt:
    #  - pkg:npm/@acme/*
    # Other minimums. The first match counts: write the narrower ones first.
    #per:
    #  - match: pkg:golang/github.com/acme/*
    #    minimum: 0

  # What to say where the cooldown needs a date and the upstream gives none:
  # allow, warn or deny. A version that has been listed here for longer than
  # the minimum has proved its age.
  age-unknown:
    mode: enforce
    effect: deny

  # What to say of a version that runs its own code when it is installed:
  # allow, warn or deny. With deny, an npm version of which that is unknown is
  # refused too.
  install-scripts:
    mode: enforce
    effect: warn
    #exempt:
    #  - pkg:npm/esbuild

  # What to say of a version that an advisory names as vulnerable: allow, warn
  # or deny. From the severity of deny-from on (none, low, medium, high or
  # critical) it is refused whatever the effect; an advisory without a severity
  # counts as critical.
  vulnerability:
    mode: enforce
    effect: warn
    deny-from: none
    #exempt:
    #  - pkg:npm/lodash@4.17.20

  # What to say of a package that nobody here has used before and whose name
  # looks like a better known one: allow, warn or deny.
  look-alike:
    mode: enforce
    effect: warn
    #exempt:
    #  - pkg:npm/preact

  # What to say of a version in whose files a scan found what malware does:
  # allow, warn or deny. While it is enforced, every version is scanned before
  # its first byte is handed out.
  content:
    mode: observe
    effect: deny
    #exempt:
    #  - pkg:npm/esbuild

# Rules of your own, over the facts of a version: see docs/conditions.md, and
# "assay policy fields" for the facts.
#conditions:
#  - name: no-deprecated
#    when: version.deprecated != ""
#    effect: warn
#    reason: its publisher calls it deprecated

# Refused until this file says otherwise, or until the moment given.
#blocks:
#  - pattern: pkg:npm/lodash@<4.17.21
#    reason: prototype pollution
#    until: 2027-01-01
`

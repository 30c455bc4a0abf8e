// Package policy makes a decision of facts: pure, deterministic, one file a
// rule.
//
// It owns the policy file (File, Parse, DefaultText), its compiled form
// together with blocks, exceptions and claims (Ruleset), and the one function
// that judges (Ruleset.Decide). A listing, a direct download, an explanation
// and a dry run all ask that same function.
//
// The rules, in the fixed order in which their reasons are shown:
//
//   - block: what the operator has blocked
//   - status: what was said of it here: removed, quarantined, yanked, ...
//   - malware: an advisory or a list of known-bad versions calls it malicious
//   - digest-changed: the upstream offers other bytes than it did first
//   - vanished: the upstream no longer lists it, or put a placeholder there
//   - cooldown: too young, or later than the hard date
//   - age-unknown: no date, where the cooldown needs one
//   - install-scripts: installing it runs its code
//   - vulnerability: an advisory names it as vulnerable
//   - look-alike: nobody here has used it, and its name looks like a better
//     known one
//   - content: a scan found in its files what malware does
//   - the conditions of the policy file, in its order: expressions in CEL over
//     the facts (Fields), each with a name of its own, that deny or warn
//
// All rules are always evaluated; each says allow, warn, deny or nothing.
// Deny beats warn beats allow, and where nobody speaks the decision is to
// allow. The opinion of an observed rule is recorded and left out of the
// decision. An exception lifts one rule's deny of one version; that of a
// removed version or of changed bytes nothing lifts.
//
// The rules vanished, cooldown and age-unknown judge what an upstream says of
// a version and when. They say nothing of hosted versions: those you
// published yourself, and their date is your own server's.
//
// A claim is no rule, because no version of a claimed name may come from an
// upstream in the first place: Ruleset.Claimed is asked before anything goes
// out, and Ruleset.ClaimedBelow for the parents of claimed paths.
//
// Promises:
//
//   - An equal question has an equal answer: a Decision depends on the
//     facts, the ruleset and the time alone.
//   - At every moment from now until Decision.Until (or for ever, when that
//     is zero) the same question has the same answer, to the letter. Texts
//     therefore give moments ("until 2026-11-25 14:00 UTC") and never
//     distances ("5 hours ago"), which would be false in a kept listing.
//   - What is unknown is never an implicit allow: it is judged by a setting.
//     A condition whose answer depends on it, or that costs more than it may,
//     denies.
//   - A condition sees the time by the hour, so that what depends on it holds
//     until the next one. It has no way to anything but the facts and the
//     time, and both what it may say and what it may cost are bounded.
//   - Where no rule speaks and no condition is asked, Decide allocates
//     nothing; Claimed and ClaimedBelow never do.
//
// It never does input or output, reads no clock, starts no goroutine and
// keeps no state; a Ruleset is immutable and safe for concurrent use.
package policy

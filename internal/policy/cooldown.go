package policy

import (
	"fmt"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// skew is how far a date may lie in the future: clocks differ a little.
const skew = 5 * time.Minute

// cooldownRule holds new versions back. Most malicious versions are found
// out within days, so one that nobody has had time to look at waits.
//
// The age counts from the later of the upstream's date and our last listing
// without the version: an upstream or author that antedates gains nothing. In
// the stricter setting it counts from our own first listing. Three things
// are judged, the first that applies is said:
//
//   - A date in the future, beyond a small skew, is denied whatever else is
//     set, exempt or not: a wrong date would lift the wait by itself one day,
//     and after this machine's clock has jumped back no age can be trusted.
//   - The hard date: what was published later, or cannot be shown to have
//     been there by then, is denied.
//   - The minimum age. No date at all is the business of the rule
//     age-unknown, unless the age counts from our own listings: then a
//     version that we have not listed yet is new now.
//
// Hosted versions do not wait: you published them yourself.
//
// A version that an advisory names as the fix of a known vulnerability does
// not wait, unless it is set to: to hold it back would keep people on the
// version that is known to be bad. That lifts the minimum age and nothing
// else, and is recorded with the advisory as its reason.
type cooldownRule struct {
	CooldownSettings
	longest time.Duration // of all minimums
}

func newCooldownRule(s CooldownSettings) cooldownRule {
	r := cooldownRule{CooldownSettings: s, longest: s.Minimum}
	for _, w := range s.Per {
		r.longest = max(r.longest, w.Minimum)
	}
	return r
}

// wait returns the minimum age for a coordinate. Of a version that cannot be
// ordered, ranges may raise it and never lower it.
func (r *cooldownRule) wait(c assay.Coordinate) time.Duration {
	var raised time.Duration
	for i := range r.Per {
		w := &r.Per[i]
		switch {
		case !w.Match.Pattern.Matches(c):
		case w.Match.certain(c):
			return max(raised, w.Minimum)
		default:
			raised = max(raised, w.Minimum)
		}
	}
	return max(raised, r.Minimum)
}

func (r *cooldownRule) speak(h *hearing) {
	if h.facts.Hosted {
		return
	}
	reason, until, future, hard := r.objection(h)
	if reason == "" {
		return
	}
	o := assay.Opinion{Rule: RuleCooldown, Effect: assay.Deny, Mode: r.Mode, Reason: reason, Until: until}
	if pattern, ok := exemptBy(r.Exempt, version(h.facts.Coordinate)); ok && !future {
		o.Effect = assay.Allow
		o.Reason += "; exempt as " + pattern
	} else if fixes := h.facts.Fixes; len(fixes) > 0 && !r.FixesWait && !future && !hard {
		o.Effect = assay.Allow
		o.Reason += "; does not wait, because it fixes " + clipped(strings.Join(fixes, ", "), 120)
	} else if future {
		o.Remedy = "check the clock of this machine and the date in the listing, or " + exceptRemedy(h.facts, RuleCooldown)
	} else {
		o.Remedy = "take an older version, or " + exceptRemedy(h.facts, RuleCooldown)
	}
	h.say(o)
}

// objection says why the version would be held back, "" if it would not, and
// until when; future marks an objection from which nothing is exempt, hard one
// by the hard date.
func (r *cooldownRule) objection(h *hearing) (reason string, until time.Time, future, hard bool) {
	f := h.facts
	existed := later(f.Published, f.LastAbsent) // not before this
	born := existed
	if r.Age == AgeFirstSeen {
		born = later(born, f.FirstListed)
	}
	if born.After(h.now.Add(skew)) {
		return origin(f, born) + ", which is in the future: the date is wrong, or this machine's clock is", born.Add(-skew), true, false
	}
	if !r.NothingAfter.IsZero() {
		const rule = "nothing published after %s is let through"
		if existed.After(r.NothingAfter) {
			return fmt.Sprintf("%s; "+rule, origin(f, existed), moment(r.NothingAfter)), time.Time{}, false, true
		}
		if f.Published.IsZero() && (f.FirstListed.IsZero() || f.FirstListed.After(r.NothingAfter)) {
			return fmt.Sprintf("the upstream gives no date; "+rule, moment(r.NothingAfter)), time.Time{}, false, true
		}
	}
	unseen := r.Age == AgeFirstSeen && f.FirstListed.IsZero()
	undated := r.Age == AgeUpstream && f.Published.IsZero()
	if undated || !unseen && h.passed(born.Add(r.longest)) {
		return "", time.Time{}, false, false
	}
	wait := r.wait(version(f.Coordinate))
	if wait == 0 {
		return "", time.Time{}, false, false
	}
	if unseen {
		return fmt.Sprintf("not listed here before, so it is new now; new versions wait %s", duration(wait)), time.Time{}, false, false
	}
	until = born.Add(wait)
	if h.passed(until) {
		return "", time.Time{}, false, false
	}
	return fmt.Sprintf("%s; new versions wait %s", origin(f, born), duration(wait)), until, false, false
}

// origin says what is known of the moment from which an age counts.
func origin(f *assay.Facts, born time.Time) string {
	switch {
	case born.Equal(f.Published):
		return "published " + moment(born)
	case born.Equal(f.FirstListed):
		return "first listed here " + moment(born)
	default:
		return "not yet in the upstream's listing of " + moment(born)
	}
}

func (r *cooldownRule) summary() string {
	from := "after the upstream published them"
	if r.Age == AgeFirstSeen {
		from = "after they were first listed here"
	}
	s := "does not hold new versions back"
	if r.Minimum > 0 {
		s = "holds new versions back for " + duration(r.Minimum) + " " + from
	}
	if len(r.Per) > 0 {
		s += ", with " + count(len(r.Per), "other minimum")
	}
	if !r.NothingAfter.IsZero() {
		s += "; refuses everything published after " + moment(r.NothingAfter)
	}
	if len(r.Exempt) > 0 {
		s += "; " + count(len(r.Exempt), "pattern") + " exempt"
	}
	return s
}

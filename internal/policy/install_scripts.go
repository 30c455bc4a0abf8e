package policy

import (
	"strings"

	"assay.invalid/internal/assay"
)

// installScriptsRule speaks of versions that run their own code when they
// are installed: the way most malicious packages strike.
//
// Where it is unknown whether a version has such scripts, the rule says
// nothing while it allows or warns, and denies npm's when it is set to deny: a
// ban that an unreadable manifest escapes is none. Elsewhere the listing seldom
// tells, and a ban on all that it does not tell of would be one on everything.
type installScriptsRule struct{ InstallScriptsSettings }

func (r *installScriptsRule) speak(h *hearing) {
	f := h.facts
	if f.Coordinate.Ecosystem.RunsNothing() {
		return
	}
	o := assay.Opinion{Rule: RuleInstallScripts, Effect: r.Effect, Mode: r.Mode}
	switch {
	case f.InstallScripts == assay.Yes:
		o.Reason = "runs its own code when it is installed" + named(f.Scripts)
	case f.InstallScripts == assay.Unknown && r.Effect == assay.Deny && f.Coordinate.Ecosystem == assay.NPM:
		o.Reason = "it is unknown whether it runs its own code when it is installed"
	default:
		return
	}
	switch pattern, exempt := exemptBy(r.Exempt, version(f.Coordinate)); {
	case exempt:
		o.Effect = assay.Allow
		o.Reason += "; exempt as " + pattern
	case r.Effect == assay.Deny:
		o.Remedy = "take a version without install scripts, or " + exceptRemedy(f, RuleInstallScripts)
	case r.Effect == assay.Warn:
		o.Remedy = "read the scripts first, or install with --ignore-scripts"
	}
	h.say(o)
}

// named lists the scripts. Their names come from the package itself, so what
// would drive a terminal is stripped here too, and the list is kept short.
func named(scripts []string) string {
	if len(scripts) == 0 {
		return ""
	}
	const most = 100
	s := strings.Map(shown, strings.Join(scripts, ", "))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return " (" + s + ")"
}

func (r *installScriptsRule) summary() string {
	s := verb(r.Effect) + " versions that run their own code when they are installed"
	if len(r.Exempt) > 0 {
		s += "; " + count(len(r.Exempt), "pattern") + " exempt"
	}
	return s
}

package policy

import (
	"slices"
	"strings"

	"assay.invalid/internal/assay"
)

// The names of the rules, as they stand in the policy file, in opinions and
// in exceptions.
const (
	RuleBlock          = "block"
	RuleStatus         = "status"
	RuleMalware        = "malware"
	RuleDigestChanged  = "digest-changed"
	RuleVanished       = "vanished"
	RuleCooldown       = "cooldown"
	RuleAgeUnknown     = "age-unknown"
	RuleInstallScripts = "install-scripts"
	RuleVulnerability  = "vulnerability"
	RuleLookAlike      = "look-alike"
	RuleContent        = "content"
)

// Rules returns the names of all rules in the order in which they are asked.
func Rules() []string {
	return []string{RuleBlock, RuleStatus, RuleMalware, RuleDigestChanged, RuleVanished, RuleCooldown, RuleAgeUnknown,
		RuleInstallScripts, RuleVulnerability, RuleLookAlike, RuleContent}
}

// checkLiftable answers an error of kind Invalid when the rule is neither
// built in nor one of the conditions, or when nothing lifts its deny. Other
// bytes under a known name are the mark of an attack on the upstream: nobody
// may wave them through one version at a time.
func checkLiftable(rule string, conditions []Condition) error {
	if err := checkRule(rule, conditions); err != nil {
		return err
	}
	if rule == RuleDigestChanged {
		return assay.Errorf(assay.Invalid, "no exception lifts the rule %s: bytes that changed under a known name are never handed out", rule)
	}
	return nil
}

// checkMode answers an error of kind Invalid for a rule that does not exist
// or that cannot be in the mode.
func checkMode(rule string, mode assay.Mode, conditions []Condition) error {
	if err := checkRule(rule, conditions); err != nil {
		return err
	}
	if rule == RuleStatus && mode == assay.Observe {
		return assay.Errorf(assay.Invalid, "the rule %s cannot be observed only: what was removed or quarantined is never handed out; to take a word back, say assay release or assay unyank", rule)
	}
	if rule == RuleDigestChanged && mode == assay.Observe {
		return assay.Errorf(assay.Invalid, "the rule %s cannot be observed only: bytes that changed under a known name are never handed out", rule)
	}
	return nil
}

func checkRule(rule string, conditions []Condition) error {
	names := Rules()
	for _, c := range conditions {
		names = append(names, c.Name)
	}
	if !slices.Contains(names, rule) {
		return assay.Errorf(assay.Invalid, "there is no rule %q: the rules are %s", rule, strings.Join(names, ", "))
	}
	return nil
}

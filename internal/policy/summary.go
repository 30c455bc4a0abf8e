package policy

import "assay.invalid/internal/assay"

// RuleSummary is one rule as it is in force.
type RuleSummary struct {
	Rule string
	Mode assay.Mode
	// Summary says what the rule does, as a clause: "holds new versions back
	// for 3 days". In an observed rule it is what it would do.
	Summary string
}

// Summaries says of every rule, in their order, what it does.
func (r *Ruleset) Summaries() []RuleSummary {
	out := []RuleSummary{
		{RuleBlock, r.block.mode, r.block.summary()},
		{RuleStatus, r.status.mode, r.status.summary()},
		{RuleMalware, r.malware.mode, "refuses what an advisory or a list of known-bad versions and digests calls malicious"},
		{RuleDigestChanged, r.digestChanged.mode, r.digestChanged.summary()},
		{RuleVanished, r.vanished.Mode, r.vanished.summary()},
		{RuleCooldown, r.cooldown.Mode, r.cooldown.summary()},
		{RuleAgeUnknown, r.ageUnknown.Mode, r.ageUnknown.summary()},
		{RuleInstallScripts, r.installScripts.Mode, r.installScripts.summary()},
		{RuleVulnerability, r.vulnerability.Mode, r.vulnerability.summary()},
		{RuleLookAlike, r.lookAlike.Mode, r.lookAlike.summary()},
		{RuleContent, r.content.Mode, r.content.summary()},
	}
	for i := range r.conditions {
		out = append(out, RuleSummary{r.conditions[i].Name, r.conditions[i].Mode, r.conditions[i].summary()})
	}
	return out
}

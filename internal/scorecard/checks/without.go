package checks

// Without says, for each capability that the catalogue marks as checked by a
// probe or a trial and that has none, why.
func Without() map[string]string {
	return map[string]string{
		"mfa-phishing-resistant":          "A security key is enrolled in a browser, against the page of the server itself. The npm protocol only points to that page, and the others know no people.",
		"mfa-required-critical":           "Which packages a repository calls critical is told by no call. Where a factor is required of everybody, the check of mfa-required-all shows it.",
		"abandoned-domain-detection":      "It takes a domain that lapses while an account depends on it. That can be staged only on an instance whose name service is ours, and no driver has one.",
		"passkey-login":                   "A log-in with a passkey happens in a browser, on the page of the server itself; no protocol has a call for it.",
		"mfa-phishing-resistant-critical": "It takes a browser and a package that the repository calls critical; no protocol tells either.",
		"organization-accounts":           "npm's team calls manage organisations that exist and create none, and the other protocols know no people. A person must look.",
		"two-person-publish":              "A release that waits for a second person is staged and approved outside of the protocols.",
		"source-match":                    "No protocol has a call that says how a package compares with its source.",
		"mirror-staleness-visible":        "There is no agreed form in which a repository lists its mirrors and how far behind they are. A person must look at the page.",
		"impact-visible":                  "No protocol has a call that says whom an incident reaches.",
		"dependents-on-vulnerable":        "No protocol has a call that says which packages still need a vulnerable version.",
		"pinned-installs":                 "It is a property of the client and not of what the server answers. What the server must give for it is asked by lockfile-with-hashes.",
		"pinned-by-default":               "It is a property of the client and not of what the server answers.",
		"install-scripts-off":             "It is a property of the client and not of what the server answers.",
		"sbom":                            "It is a property of the client and not of what the server answers.",
		"auto-remediation":                "It is a property of the client and not of what the server answers.",
		"libyears":                        "It is a property of the client; no protocol has a call for a repository's average.",
		"policy-preview":                  "No protocol has a call that measures a rule before it is in force.",
		"login-provider-independence":     "It takes an instance that trusts a log-in provider of ours, which is then switched off; no driver has one.",
	}
}

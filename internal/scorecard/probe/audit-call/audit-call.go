// Package auditcall asks whether the subject answers the call by which a
// client warns of known vulnerabilities.
//
// The client's warning is only as good as what it is told. npm sends the
// names and versions of a tree to the bulk advisories call of its registry, and
// pip-audit asks an index what is known of each version; a registry that
// answers "nothing" to everything, or that swallows the call, makes every
// client say that all is well. Some versions are asked about whose
// vulnerabilities have been public for years; they need not be hosted by the
// subject.
package auditcall

import (
	"context"
	"fmt"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
)

// Seen is what is written down.
type Seen struct {
	Asked []Asked `json:"asked"`
}

// Asked is one version, and what the call says of it.
type Asked struct {
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	Verdict    scorecard.Verdict `json:"verdict"`
	Said       string            `json:"said,omitempty"`
	Advisories []string          `json:"advisories,omitempty"`
}

// Check is the probe.
func Check() scorecard.Check {
	return scorecard.Make(scorecard.Definition{
		ID: "audit-call", Kind: scorecard.Probe, Version: 1, Capability: "cli-vulnerability-warning",
		Question:  "Does the call by which clients learn of vulnerabilities know well-known ones?",
		Decisive:  true,
		Protocols: []assay.Ecosystem{assay.NPM, assay.PyPI},
	}, probe.Within(collect), judge)
}

// vulnerable are versions with vulnerabilities that have been public for
// years: of npm CVE-2020-8203, CVE-2020-7598, CVE-2019-19919 and CVE-2020-7720,
// of PyPI CVE-2018-18074, CVE-2019-11324, CVE-2019-10906 and CVE-2020-14343.
func vulnerable(e assay.Ecosystem) []Asked {
	if e == assay.PyPI {
		return []Asked{
			{Name: "requests", Version: "2.19.1"},
			{Name: "urllib3", Version: "1.24.1"},
			{Name: "jinja2", Version: "2.10"},
			{Name: "pyyaml", Version: "5.3"},
		}
	}
	return []Asked{
		{Name: "lodash", Version: "4.17.15"},
		{Name: "minimist", Version: "0.0.8"},
		{Name: "handlebars", Version: "4.0.11"},
		{Name: "node-forge", Version: "0.9.0"},
	}
}

func collect(ctx context.Context, b *scorecard.Bench) (Seen, error) {
	var seen Seen
	for _, v := range vulnerable(b.Protocol.Ecosystem()) {
		ids, a := b.Advisories(ctx, scorecard.Credential{}, v.Name, v.Version)
		if a.Verdict == scorecard.Refused && b.Publisher.Secret != "" {
			ids, a = b.Advisories(ctx, b.Publisher, v.Name, v.Version)
		}
		if a.Verdict == scorecard.Absent && b.Protocol.Ecosystem() == assay.PyPI {
			continue // it answers for the versions alone that it has
		}
		if a.Verdict == scorecard.NoCall || a.Verdict == scorecard.Absent && len(seen.Asked) == 0 {
			return Seen{}, scorecard.Unsupported("there is no call by which clients learn of vulnerabilities")
		}
		v.Verdict, v.Said = a.Verdict, a.Reason
		for _, id := range ids {
			v.Advisories = probe.Note(v.Advisories, id)
		}
		seen.Asked = append(seen.Asked, v)
		if a.Verdict == scorecard.Accepted && len(ids) > 0 {
			break
		}
	}
	if len(seen.Asked) == 0 {
		return Seen{}, scorecard.Untold("none of the versions with well-known vulnerabilities is there, so what the call knows cannot be told")
	}
	return seen, nil
}

func judge(s Seen) scorecard.Finding {
	silent := 0
	var unclear *Asked
	for i, v := range s.Asked {
		switch {
		case v.Verdict == scorecard.Accepted && len(v.Advisories) > 0:
			return scorecard.Found(scorecard.Holds, fmt.Sprintf("asked about %s %s, the call knows %d advisories, such as %s", v.Name, v.Version, len(v.Advisories), v.Advisories[0]))
		case v.Verdict == scorecard.Accepted:
			silent++
		case unclear == nil:
			unclear = &s.Asked[i]
		}
	}
	switch {
	case unclear != nil:
		return scorecard.Found(scorecard.CouldNotTell, fmt.Sprintf("asked about %s %s, the call answers %s: %s", unclear.Name, unclear.Version, unclear.Verdict, unclear.Said))
	case silent < 2:
		return scorecard.Found(scorecard.CouldNotTell, "the call was not asked about enough versions")
	}
	return scorecard.Found(scorecard.Fails, fmt.Sprintf("asked about %d versions with vulnerabilities known for years, such as %s %s, the call knows of none", silent, s.Asked[0].Name, s.Asked[0].Version))
}

package assessment

import (
	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/assess"
	"assay.invalid/internal/scorecard/catalogue"
)

func addresses(e assay.Ecosystem, address string) map[assay.Ecosystem]string {
	return map[assay.Ecosystem]string{e: address}
}

// refuted is an assessment beside one trial that fails.
func refuted(cat *catalogue.Catalogue, a *Assessment) assess.Input {
	return assess.Input{
		Catalogue:   cat,
		Definitions: map[string]scorecard.Definition{"unverified-mail": {ID: "unverified-mail", Capability: "email-verified", Decisive: true}},
		Taxonomy:    a.Taxonomy(),
		Entries:     a.Entries(),
		Judged: []scorecard.Judged{{
			Evidence: scorecard.Evidence{Check: "unverified-mail", Version: 1, Protocol: "npm"},
			Finding:  scorecard.Found(scorecard.Fails, "it went through"),
		}},
	}
}

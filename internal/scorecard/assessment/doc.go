// Package assessment reads, writes and checks self-assessments: what those
// who run a package repository say of it, capability by capability, in a YAML
// file that people edit by hand and others can read.
//
// It owns the form of that file. Form 1:
//
//	assessment: 1              # the version of this form
//	catalogue: "2026.1"        # the catalogue that it was made against
//	made: 2026-11-22
//	by: who made it, if it was not the repository itself
//	repository:
//	  name: Example Registry
//	  addresses: {npm: https://registry.example/npm/}    # by ecosystem
//	  pages: {releases: https://registry.example/releases}  # names of scorecard.PageNames
//	  governance: who runs it, in a sentence
//	  ecosystems: [npm]        # where addresses do not say so
//	  evidence: []             # what shows governance and taxonomy
//	  reach: [{of: downloads, number: 1000000, per: year, evidence: {...}}]
//	  correction: how a reader has a mistake corrected
//	taxonomy: {accounts: true, built: true, builds: false}
//	capabilities:
//	  email-verified:
//	    state: met             # partial, planned, not_met, unknown
//	    since: 2024-03         # if evidence dates it
//	    evidence: [{url: https://registry.example/docs, title: Sign-up, date: 2026-10-01}]
//	    note: what a reader should know
//	    plan: {by: 2027-06-30, weeks: 3, waits_for: people, note: what is missing}
//
// The same stands in schema.json, in JSON Schema 2020-12, for editors and for
// those who read assessments with other tools.
//
// An item of evidence has a url, or says in words where it stands, and a date:
// a day, a month or a year, of when it was written, or with undated: true of
// when it was read. It may have a title, a publisher, a basis (how strong it
// is, in the words of assess.Bases), and says, a sentence on what it says; with
// against: true it speaks against the state, and is shown all the same. A trait
// that the taxonomy does not name is not known, and what depends on it counts
// as applying. The state not_applicable follows from the taxonomy; a file may
// repeat it and may not claim it.
//
// Read promises to find every mistake at once, each with its line and column,
// never to panic, and to return an assessment only if there is none. It reads
// nothing that does not stand there: anchors, aliases, tags and second
// documents are refused. It does not look at the clock, so a file that is
// sound today is sound tomorrow; what time and the world make of it is
// Check's to say.
//
// The package never makes a request, and derives no state; package assess
// does that from the entries.
package assessment

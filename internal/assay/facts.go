package assay

import (
	"strconv"
	"time"
)

// Tristate is a yes or no that may be unknown; unknown is a fact too.
type Tristate uint8

// The three states.
const (
	Unknown Tristate = iota
	No
	Yes
)

func (t Tristate) String() string { return [...]string{"unknown", "no", "yes"}[t] }

// Facts is what is known about one version when a decision is taken. Every
// field has a source, which List names. Zero times mean "not known".
//
// Facts are read-only once made and may be shared between goroutines.
type Facts struct {
	Coordinate Coordinate
	Registry   string // the named place, "npm" or "go"
	Origin     string // address of the upstream origin that owns the name

	// Published is the upstream's own date. PublishedSource says how far it
	// can be trusted, e.g. "packument time" or "commit time (author-set)".
	Published       time.Time
	PublishedSource string
	// FirstListed is when Assay first saw the version in a sound listing, or
	// first asked for it; LastAbsent is our last sound listing without it,
	// before which it cannot have existed.
	FirstListed time.Time
	LastAbsent  time.Time

	// Hosted is set for a version that was published here, by PublishedBy.
	Hosted      bool
	PublishedBy string
	// Status is what was said of the version here, and StatusReason why.
	Status       Status
	StatusReason string

	// InstallScripts says whether installing runs code of the package.
	InstallScripts Tristate
	// Scripts names them ("preinstall", "postinstall"), where known.
	Scripts []string

	Yanked     string // the upstream's or author's reason; "" if not yanked
	Deprecated string // the deprecation message; "" if not deprecated

	// Vanished is when a sound listing first lacked a version that an earlier
	// one had.
	Vanished time.Time
	// Placeholder is set when the upstream replaced the package by a security
	// placeholder.
	Placeholder bool

	// Digest is the strongest digest first promised or seen for the version's
	// main file, for ever. ChangedTo is what the upstream offered later, at
	// ChangedAt; empty when it never did, or when an administrator accepted.
	Digest Digest
	// Files is how many files the version has side by side, each with a digest
	// pinned for itself; 0 where it has one main file.
	Files     int
	ChangedTo Digest
	ChangedAt time.Time

	// Advisories concern the version, malicious ones first, then by id; nil
	// where none does, or none are known: AdvisoriesRead tells when advisories
	// were last read, zero if never.
	Advisories     []Advisory
	AdvisoriesRead time.Time
	// Fixes are the ids of the advisories that name this version as their
	// fix, and that do not concern it.
	Fixes []string
	// Name says that the package's name looks like a better known one. It is
	// looked for only where this place has never used the package.
	Name *NameFinding
	// NameSince is when the name is known to have been there first.
	NameSince time.Time
	// KnownBad names the list on which the version or a digest of it stands,
	// and why; "" if on none.
	KnownBad string
	// Signals are what a scan of its files found; Scanned is when, zero if
	// they were never scanned.
	Signals []Signal
	Scanned time.Time
}

// Fact is one line of an explanation: a name, a value, and who says so.
type Fact struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Known  bool   `json:"known"`
}

// List spells the facts out for people, unknown ones too.
func (f *Facts) List() []Fact {
	const here = "Assay's own listings"
	var out []Fact
	add := func(name, value, source string, known bool) {
		if !known {
			value = "unknown"
		}
		out = append(out, Fact{Name: name, Value: value, Source: source, Known: known})
	}
	when := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	if f.Hosted {
		add("origin", "hosted here", "the journal", true)
	} else {
		add("origin", f.Origin, "the registry's upstream", f.Origin != "")
	}
	source := f.PublishedSource
	if source == "" {
		source = "the upstream"
	}
	add("published", when(f.Published), source, !f.Published.IsZero())
	add("first listed", when(f.FirstListed), here, !f.FirstListed.IsZero())
	add("last listing without it", when(f.LastAbsent), here, !f.LastAbsent.IsZero())
	if f.Files > 0 {
		add("digests", "of "+strconv.Itoa(f.Files)+" files, each pinned for itself", "first promised", true)
	} else {
		add("digest", string(f.Digest), "first promised or seen", f.Digest != "")
	}
	if f.ChangedTo != "" {
		add("digest offered later", string(f.ChangedTo), "the upstream, "+when(f.ChangedAt), true)
	}
	scripts := f.InstallScripts.String()
	for i, s := range f.Scripts {
		if i == 0 {
			scripts += ": "
		} else {
			scripts += ", "
		}
		scripts += s
	}
	if !f.Coordinate.Ecosystem.RunsNothing() {
		add("install scripts", scripts, "the version's manifest", f.InstallScripts != Unknown)
	}
	if f.Hosted {
		add("published by", f.PublishedBy, "the journal", f.PublishedBy != "")
	}
	if f.Status != Active {
		add("status", f.Status.String()+": "+f.StatusReason, "said here", true)
	}
	if f.Deprecated != "" {
		add("deprecated", f.Deprecated, "the upstream", true)
	}
	if f.Yanked != "" {
		add("yanked", f.Yanked, "the upstream", true)
	}
	f.listInsight(add, when)
	if !f.Vanished.IsZero() {
		add("vanished", when(f.Vanished), "a sound listing lacked it", true)
	}
	if f.Placeholder {
		add("security placeholder", "yes", "the upstream", true)
	}
	return out
}

// listInsight spells out what is known beyond the upstream's documents.
func (f *Facts) listInsight(add func(name, value, source string, known bool), when func(time.Time) string) {
	read := "no source of advisories is set"
	if !f.AdvisoriesRead.IsZero() {
		read = "advisories as of " + when(f.AdvisoriesRead)
	}
	if len(f.Advisories) == 0 {
		add("advisories", "none", read, !f.AdvisoriesRead.IsZero())
	}
	for _, a := range f.Advisories {
		value := a.ID + " (" + a.Severity.String() + ")"
		if a.Malicious {
			value = a.ID + " (malicious)"
		}
		if a.Summary != "" {
			value += ": " + a.Summary
		}
		add("advisory", value, a.Source, true)
	}
	for _, id := range f.Fixes {
		add("fixes", id, read, true)
	}
	if f.KnownBad != "" {
		add("known bad", f.KnownBad, "a list of known-bad versions and digests", true)
	}
	if f.Name != nil {
		add("name", "looks like "+f.Name.Target+" ("+f.Name.Class+")", "names that are used most", true)
	}
	if !f.NameSince.IsZero() {
		add("name known since", when(f.NameSince), "the upstream's dates and our own listings", true)
	}
	if !f.Scanned.IsZero() && len(f.Signals) == 0 {
		add("content", "nothing found", "a scan of "+when(f.Scanned), true)
	}
	for _, s := range f.Signals {
		value := s.ID + " in " + s.File + ": " + s.Saw
		if s.Line > 0 {
			value = s.ID + " in " + s.File + ", line " + strconv.Itoa(s.Line) + ": " + s.Saw
		}
		add("content", value, "a scan of "+when(f.Scanned), true)
	}
}

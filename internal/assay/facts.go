package assay

import "time"

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
	Digest    Digest
	ChangedTo Digest
	ChangedAt time.Time
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
	add("digest", string(f.Digest), "first promised or seen", f.Digest != "")
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
	if !f.Vanished.IsZero() {
		add("vanished", when(f.Vanished), "a sound listing lacked it", true)
	}
	if f.Placeholder {
		add("security placeholder", "yes", "the upstream", true)
	}
	return out
}

package osv

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"assay.invalid/internal/assay"
)

// Record is what Assay uses of one OSV record.
type Record struct {
	ID        string
	Aliases   []string
	Modified  time.Time
	Withdrawn time.Time // zero: it stands
	Summary   string
	Severity  assay.Severity
	Malicious bool
	Affected  []Affected
}

// Affected is one package of a record. Name is as the record spells it.
type Affected struct {
	Ecosystem string // as OSV spells it: "npm", "Go", "PyPI", "Debian:12"
	Name      string
	Versions  []string
	Ranges    []Range
	// Severity of this package, where the record gives one of its own.
	Severity assay.Severity

	commits bool // it has ranges of commits, which say nothing of versions
}

// Range is a range of versions. Ranges of commits are not kept.
type Range struct{ Events []Event }

// Event is one event of a range.
type Event struct {
	Kind    EventKind
	Version string
}

// EventKind says what begins or ends at a version.
type EventKind uint8

// The kinds of events.
const (
	Introduced EventKind = iota
	Fixed
	LastAffected
	Limit
)

// wireRecord is a record as it stands in JSON. Names are compared exactly, and
// a name that stands twice is an error: two readers could read two things.
type wireRecord struct {
	ID        string         `json:"id"`
	Aliases   []string       `json:"aliases"`
	Modified  string         `json:"modified"`
	Withdrawn string         `json:"withdrawn"`
	Summary   string         `json:"summary"`
	Severity  []wireSeverity `json:"severity"`
	Affected  []wireAffected `json:"affected"`
	Specific  jsontext.Value `json:"database_specific"`
}

type wireSeverity struct {
	Type  string `json:"type"`
	Score string `json:"score"`
}

type wireAffected struct {
	Package struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	} `json:"package"`
	Ranges []struct {
		Type   string      `json:"type"`
		Events []wireEvent `json:"events"`
	} `json:"ranges"`
	Versions          []string       `json:"versions"`
	Severity          []wireSeverity `json:"severity"`
	DatabaseSpecific  jsontext.Value `json:"database_specific"`
	EcosystemSpecific jsontext.Value `json:"ecosystem_specific"`
}

type wireEvent struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed"`
	LastAffected string `json:"last_affected"`
	Limit        string `json:"limit"`
}

// maxText bounds the texts that are kept of a record, in bytes.
const (
	maxID      = 128
	maxName    = 512
	maxVersion = 256
	maxSummary = 300
)

// Parse reads one record. What is malformed, or larger than the limits, is
// Invalid.
func Parse(text []byte, limits Limits) (Record, error) {
	limits = limits.withDefaults()
	if len(text) > limits.Record {
		return Record{}, assay.Errorf(assay.TooLarge, "the record has %d bytes, and %d is the most", len(text), limits.Record)
	}
	var w wireRecord
	if err := json.Unmarshal(text, &w); err != nil {
		return Record{}, assay.Wrap(assay.Invalid, err, "the record is no sound JSON of the form that OSV asks for: %s", shorten(err.Error(), 200))
	}
	r := Record{ID: w.ID, Summary: shorten(w.Summary, maxSummary)}
	if !word(r.ID, maxID) {
		return Record{}, assay.Errorf(assay.Invalid, "the record has no id that can be used: %q", shorten(w.ID, 60))
	}
	if r.Summary == "" {
		r.Summary = firstLine(text)
	}
	var err error
	if r.Modified, err = when(w.Modified); err != nil {
		return Record{}, assay.Errorf(assay.Invalid, "%s: modified is no date: %q", r.ID, shorten(w.Modified, 60))
	}
	if r.Withdrawn, err = when(w.Withdrawn); err != nil {
		return Record{}, assay.Errorf(assay.Invalid, "%s: withdrawn is no date: %q", r.ID, shorten(w.Withdrawn, 60))
	}
	if len(w.Aliases) > limits.Aliases || len(w.Affected) > limits.Affected {
		return Record{}, assay.Errorf(assay.TooLarge, "%s: it has %d aliases and %d packages, and %d and %d are the most", r.ID, len(w.Aliases), len(w.Affected), limits.Aliases, limits.Affected)
	}
	for _, alias := range w.Aliases {
		if word(alias, maxID) && alias != r.ID && !slices.Contains(r.Aliases, alias) {
			r.Aliases = append(r.Aliases, alias)
		}
	}
	versions, events := 0, 0
	for i := range w.Affected {
		a, n, err := affected(&w.Affected[i])
		if err != nil {
			return Record{}, assay.Errorf(assay.Invalid, "%s: %s", r.ID, assay.PublicMessage(err))
		}
		versions, events = versions+len(a.Versions), events+n
		if versions > limits.Versions || events > limits.Events {
			return Record{}, assay.Errorf(assay.TooLarge, "%s: it names more versions or events than the %d and %d that are read", r.ID, limits.Versions, limits.Events)
		}
		r.Affected = append(r.Affected, a)
	}
	r.Malicious = malicious(&r, &w)
	r.Severity = severity(w.Severity, w.Specific)
	if r.Severity == assay.SeverityUnknown && informational(&w) {
		// "unmaintained" and the like are advice, not holes.
		r.Severity = assay.SeverityLow
	}
	return r, nil
}

// firstLine is the beginning of what a record without a summary says. The
// details are long, and are not read of any other.
func firstLine(text []byte) string {
	var w struct {
		Details string `json:"details"`
	}
	if json.Unmarshal(text, &w) != nil {
		return "" // the rest was read before
	}
	first, _, _ := strings.Cut(strings.TrimSpace(w.Details), "\n")
	return shorten(first, 160)
}

func affected(w *wireAffected) (Affected, int, error) {
	a := Affected{Ecosystem: w.Package.Ecosystem, Name: w.Package.Name, Severity: severity(w.Severity, w.EcosystemSpecific)}
	if a.Severity == assay.SeverityUnknown {
		a.Severity = severity(nil, w.DatabaseSpecific)
	}
	if len(a.Ecosystem) > maxName || len(a.Name) > maxName || !utf8.ValidString(a.Name) {
		return a, 0, assay.Errorf(assay.Invalid, "the name of a package is too long or no text")
	}
	for _, v := range w.Versions {
		if len(v) > maxVersion {
			return a, 0, assay.Errorf(assay.Invalid, "a version of %s is %d bytes long, and %d is the most", shorten(a.Name, 80), len(v), maxVersion)
		}
	}
	a.Versions = w.Versions
	n := 0
	for _, wr := range w.Ranges {
		if wr.Type == "GIT" {
			a.commits = true
			continue
		}
		if wr.Type != "SEMVER" && wr.Type != "ECOSYSTEM" {
			return a, 0, assay.Errorf(assay.Invalid, "a range of %s is of the type %q, which is not known", shorten(a.Name, 80), shorten(wr.Type, 40))
		}
		var r Range
		for _, we := range wr.Events {
			for kind, version := range []string{we.Introduced, we.Fixed, we.LastAffected, we.Limit} {
				if version == "" {
					continue
				}
				if len(version) > maxVersion {
					return a, 0, assay.Errorf(assay.Invalid, "a version of %s is %d bytes long, and %d is the most", shorten(a.Name, 80), len(version), maxVersion)
				}
				r.Events = append(r.Events, Event{EventKind(kind), version})
			}
		}
		n += len(r.Events)
		a.Ranges = append(a.Ranges, r)
	}
	return a, n, nil
}

// malicious tells whether the record calls the package itself the attack: by
// the names of the databases that hold nothing else, or by CWE-506 (embedded
// malicious code).
func malicious(r *Record, w *wireRecord) bool {
	for _, id := range append([]string{r.ID}, r.Aliases...) {
		if strings.HasPrefix(id, "MAL-") || strings.HasPrefix(id, OwnPrefix) {
			return true
		}
	}
	if namesCWE506(w.Specific) {
		return true
	}
	return slices.ContainsFunc(w.Affected, func(a wireAffected) bool {
		return namesCWE506(a.DatabaseSpecific) || namesCWE506(a.EcosystemSpecific)
	})
}

// namesCWE506 looks into what a database adds in its own form: a list of ids,
// or of objects that have one.
func namesCWE506(specific jsontext.Value) bool {
	var form struct {
		IDs  []string `json:"cwe_ids"`
		CWEs []struct {
			ID string `json:"cweId"`
		} `json:"cwes"`
	}
	// Other databases use the same words in other forms: then it says nothing.
	if len(specific) == 0 || json.Unmarshal(specific, &form) != nil {
		return false
	}
	for _, c := range form.CWEs {
		form.IDs = append(form.IDs, c.ID)
	}
	return slices.Contains(form.IDs, "CWE-506")
}

func informational(w *wireRecord) bool {
	return len(w.Affected) > 0 && !slices.ContainsFunc(w.Affected, func(a wireAffected) bool {
		var form struct {
			Informational *string `json:"informational"`
		}
		return len(a.DatabaseSpecific) == 0 || json.Unmarshal(a.DatabaseSpecific, &form) != nil || form.Informational == nil
	})
}

func when(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err
}

// word tells whether a text can stand as an id: printable ASCII without
// blanks.
func word(s string, most int) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// shorten keeps a text to one short line of what can be shown.
func shorten(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

package policy

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"assay.invalid/internal/assay"
)

// factsType is the name of the type of version in expressions.
const factsType = "assay.Version"

// maxFact bounds a text, in bytes, and the number of scripts, that a
// condition reads. Formats cut what they keep far below.
const maxFact = 4000

var celFacts = types.NewObjectType(factsType, traits.FieldTesterType|traits.IndexerType)

// Field is a fact that conditions can ask for.
type Field struct {
	Name string `json:"name"`
	Type string `json:"type"` // as CEL names it
	// Meaning says what it is, Unknown when it is not set: has(version.name)
	// is false then, and reading it is an error. Empty: it always is.
	Meaning string `json:"meaning"`
	Unknown string `json:"unknown,omitempty"`

	cel   *types.Type
	known func(*assay.Facts) bool
	value func(*assay.Facts) ref.Val
}

func always(*assay.Facts) bool { return true }

func textField(name, meaning string, get func(*assay.Facts) string) Field {
	return Field{Name: name, Type: "string", Meaning: meaning, cel: types.StringType, known: always,
		value: func(f *assay.Facts) ref.Val {
			// A publisher wrote some of them, and functions read all of a
			// text before its cost is known.
			if text := get(f); len(text) <= maxFact {
				return types.String(text)
			}
			return types.NewErr("%s is longer than %d bytes", name, maxFact)
		}}
}

func timeField(name, meaning, unknown string, get func(*assay.Facts) time.Time) Field {
	return Field{Name: name, Type: "timestamp", Meaning: meaning, Unknown: unknown, cel: types.TimestampType,
		known: func(f *assay.Facts) bool { return !get(f).IsZero() },
		value: func(f *assay.Facts) ref.Val { return types.Timestamp{Time: get(f).UTC()} }}
}

func boolField(name, meaning string, get func(*assay.Facts) bool) Field {
	return Field{Name: name, Type: "bool", Meaning: meaning, cel: types.BoolType, known: always,
		value: func(f *assay.Facts) ref.Val { return types.Bool(get(f)) }}
}

// statusField is unknown where the status is none of ours: String calls that
// active, which must not let it slip past a condition.
func statusField(name, meaning, unknown string) Field {
	f := textField(name, meaning, func(f *assay.Facts) string { return f.Status.String() })
	f.Unknown, f.known = unknown, func(f *assay.Facts) bool { return f.Status <= assay.Removed }
	return f
}

// unlessEmpty makes a text unknown where it is empty.
func unlessEmpty(f Field, unknown string, get func(*assay.Facts) string) Field {
	f.Unknown, f.known = unknown, func(a *assay.Facts) bool { return get(a) != "" }
	return f
}

var fields = []Field{
	textField("name", "the package's name, as its ecosystem normalises it", func(f *assay.Facts) string { return f.Coordinate.Name }),
	textField("number", "the version itself: \"4.17.21\"", func(f *assay.Facts) string { return f.Coordinate.Version }),
	textField("ecosystem", "npm, golang ...", func(f *assay.Facts) string { return string(f.Coordinate.Ecosystem) }),
	textField("registry", "the place that it is asked for at: npm, go", func(f *assay.Facts) string { return f.Registry }),
	unlessEmpty(textField("origin", "the address of the upstream that owns the name", func(f *assay.Facts) string { return f.Origin }),
		"of a hosted version", func(f *assay.Facts) string { return f.Origin }),
	boolField("hosted", "it was published here", func(f *assay.Facts) bool { return f.Hosted }),
	unlessEmpty(textField("published_by", "who published it here", func(f *assay.Facts) string { return f.PublishedBy }),
		"of a version that was not published here", func(f *assay.Facts) string { return f.PublishedBy }),
	timeField("published", "when it was published, as the upstream says", "where the upstream gives no date", func(f *assay.Facts) time.Time { return f.Published }),
	timeField("first_listed", "when this place first listed it, or first asked for it", "before the first listing", func(f *assay.Facts) time.Time { return f.FirstListed }),
	timeField("last_absent", "the last sound listing without it", "where no listing ever lacked it", func(f *assay.Facts) time.Time { return f.LastAbsent }),
	statusField("status", "active, yanked, experimental, deprecated, quarantined or removed, as said here", "where a later Assay said what this one does not understand"),
	textField("status_reason", "why; \"\" where nothing was said", func(f *assay.Facts) string { return f.StatusReason }),
	// The go command runs nothing of a module when it installs it.
	{Name: "install_scripts", Type: "bool", Meaning: "installing it runs its own code; always false of Go modules", Unknown: "where its manifest does not tell",
		cel: types.BoolType, known: func(f *assay.Facts) bool {
			return f.InstallScripts != assay.Unknown || f.Coordinate.Ecosystem.RunsNothing()
		},
		value: func(f *assay.Facts) ref.Val { return types.Bool(f.InstallScripts == assay.Yes) }},
	{Name: "scripts", Type: "list(string)", Meaning: "the names of those scripts, where they are known", cel: types.NewListType(types.StringType), known: always,
		value: func(f *assay.Facts) ref.Val {
			if len(f.Scripts) > maxFact || slices.ContainsFunc(f.Scripts, func(s string) bool { return len(s) > maxFact }) {
				return types.NewErr("scripts are longer, or more, than %d", maxFact)
			}
			return types.DefaultTypeAdapter.NativeToValue(f.Scripts)
		}},
	textField("deprecated", "its publisher's words at the upstream; \"\" if it is not deprecated", func(f *assay.Facts) string { return f.Deprecated }),
	textField("yanked", "why it was yanked at the upstream; \"\" if it was not", func(f *assay.Facts) string { return f.Yanked }),
	boolField("is_vanished", "the upstream listed it once and no longer does", func(f *assay.Facts) bool { return !f.Vanished.IsZero() }),
	boolField("placeholder", "the upstream put a security placeholder there", func(f *assay.Facts) bool { return f.Placeholder }),
	unlessEmpty(textField("digest", "the strongest digest first promised or seen", func(f *assay.Facts) string { return string(f.Digest) }),
		"before anything promised one", func(f *assay.Facts) string { return string(f.Digest) }),
	textsField("advisories", "the ids of the advisories that concern it, and their aliases", "before any source of advisories was read",
		func(f *assay.Facts) bool { return !f.AdvisoriesRead.IsZero() }, func(f *assay.Facts) []string {
			var ids []string
			for i := range f.Advisories {
				ids = append(append(ids, f.Advisories[i].ID), f.Advisories[i].Aliases...)
			}
			return ids
		}),
	textField("severity", "the worst severity of those: unknown, low, medium, high or critical; \"\" where no advisory concerns it", func(f *assay.Facts) string {
		worst, n := assay.SeverityUnknown, len(f.Advisories)
		for i := range f.Advisories {
			worst = max(worst, f.Advisories[i].Severity)
		}
		if n == 0 {
			return ""
		}
		return worst.String()
	}),
	boolField("is_malicious", "an advisory or a list of known-bad versions calls it malicious", func(f *assay.Facts) bool {
		return f.KnownBad != "" || slices.ContainsFunc(f.Advisories, func(a assay.Advisory) bool { return a.Malicious })
	}),
	textsField("fixes", "the ids of the advisories that name it as their fix", "", nil, func(f *assay.Facts) []string { return f.Fixes }),
	textField("looks_like", "the better known name that its name looks like; \"\" for none, and for packages used here before", func(f *assay.Facts) string {
		if f.Name == nil {
			return ""
		}
		return f.Name.Target
	}),
	timeField("name_since", "when the package's name is known to have been there first", "where no version of it has a date", func(f *assay.Facts) time.Time { return f.NameSince }),
	textsField("signals", "the ids of what a scan found in its files", "before it was scanned",
		func(f *assay.Facts) bool { return !f.Scanned.IsZero() }, func(f *assay.Facts) []string {
			var ids []string
			for i := range f.Signals {
				ids = append(ids, f.Signals[i].ID)
			}
			return ids
		}),
}

// textsField is a list of texts; known nil: it always is.
func textsField(name, meaning, unknown string, known func(*assay.Facts) bool, get func(*assay.Facts) []string) Field {
	if known == nil {
		known = always
	}
	return Field{Name: name, Type: "list(string)", Meaning: meaning, Unknown: unknown, cel: types.NewListType(types.StringType), known: known,
		value: func(f *assay.Facts) ref.Val {
			texts := get(f)
			if len(texts) > maxFact || slices.ContainsFunc(texts, func(s string) bool { return len(s) > maxFact }) {
				return types.NewErr("%s are longer, or more, than %d", name, maxFact)
			}
			return types.DefaultTypeAdapter.NativeToValue(append([]string{}, texts...))
		}}
}

// Fields are the facts that conditions can ask for, in the order in which
// they are documented.
func Fields() []Field { return append([]Field(nil), fields...) }

func factNames() []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.Name
	}
	return out
}

func factByName(name string) (*Field, bool) {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i], true
		}
	}
	return nil, false
}

// versionValue is version in an expression.
type versionValue struct{ facts *assay.Facts }

func (v versionValue) read(f *Field) ref.Val {
	if !f.known(v.facts) {
		return types.NewErr("%s is not known; write has(version.%s) && ... to say what then", f.Name, f.Name)
	}
	return f.value(v.facts)
}

// Get implements CEL's Indexer.
func (v versionValue) Get(index ref.Val) ref.Val {
	name, ok := index.Value().(string)
	if f, known := factByName(name); ok && known {
		return v.read(f)
	}
	return types.NewErr("version has no fact %v", index)
}

// IsSet implements CEL's FieldTester, behind has().
func (v versionValue) IsSet(field ref.Val) ref.Val {
	name, ok := field.Value().(string)
	if f, known := factByName(name); ok && known {
		return types.Bool(f.known(v.facts))
	}
	return types.NewErr("version has no fact %v", field)
}

// ConvertToNative is asked for by CEL's contract; a version never leaves.
func (v versionValue) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("a version is no %s", t)
}

// ConvertToType is asked for by CEL's contract.
func (v versionValue) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("a version is no %s", t.TypeName())
}

// Equal is the same version.
func (v versionValue) Equal(other ref.Val) ref.Val {
	o, ok := other.(versionValue)
	return types.Bool(ok && o.facts == v.facts)
}

// Type is the type of version.
func (v versionValue) Type() ref.Type { return celFacts }

// Value is the version itself.
func (v versionValue) Value() any { return v }

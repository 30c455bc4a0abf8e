package served

import (
	"context"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard"
)

// Typed is what became of something that a publisher typed into a manifest
// and that nobody proved.
type Typed struct {
	// Shown says that the listing shows it.
	Shown bool `json:"shown,omitempty"`
	// Verified and Unverified say how the listing marks it.
	Verified   bool `json:"verified,omitempty"`
	Unverified bool `json:"unverified,omitempty"`
}

// Honest reports that nobody is led to believe it.
func (t Typed) Honest() bool { return !t.Shown || t.Unverified && !t.Verified }

// Manifest is how it went to publish a version with typed metadata.
type Manifest struct {
	// Publish is the answer, and Without the answer to the same version
	// without the metadata, asked for where the first was refused.
	Publish scorecard.Answer `json:"publish"`
	Without scorecard.Answer `json:"without,omitzero"`
	// Listed says that the version was then listed.
	Listed bool `json:"listed,omitempty"`
	// Fields are what became of each: "repository", "homepage", "mail".
	Fields map[string]Typed `json:"fields,omitempty"`
}

// Refused reports that the metadata is why the version was not taken.
func (m Manifest) Refused() bool {
	return Denied(m.Publish) && m.Without.Verdict == scorecard.Accepted
}

// Type publishes a release with typed metadata and reads its listing.
func Type(ctx context.Context, b *scorecard.Bench, r scorecard.Release) (Manifest, error) {
	m := Manifest{Publish: b.Publish(ctx, b.Publisher, r)}
	if err := Decided(m.Publish, "publish "+r.Name); err != nil {
		return m, err
	}
	if m.Publish.Verdict != scorecard.Accepted {
		plain := r
		plain.Repository, plain.Homepage, plain.Mail = "", "", ""
		m.Without = b.Publish(ctx, b.Publisher, plain)
		return m, scorecard.Unless(m.Without, "publish "+r.Name, scorecard.Accepted)
	}
	if _, err := Until(ctx, b, b.Publisher, r.Name, r.Version, func(s Sight) bool { return s.Listed }); err != nil {
		return m, err
	}
	l, a := b.Listing(ctx, b.Publisher, r.Name)
	if err := scorecard.Unless(a, "read the listing of "+r.Name, scorecard.Accepted); err != nil {
		return m, err
	}
	var v scorecard.Version
	if v, m.Listed = l.Versions[r.Version]; !m.Listed {
		return m, scorecard.Untold("%s %s was published, but it is not listed", r.Name, r.Version)
	}
	m.Fields = map[string]Typed{}
	for _, field := range []struct{ name, typed, shown string }{
		{"repository", r.Repository, v.Repository},
		{"homepage", r.Homepage, v.Homepage},
		{"mail", r.Mail, v.Mail},
	} {
		if field.typed == "" {
			continue
		}
		m.Fields[field.name] = Typed{
			Shown:      strings.Contains(field.shown, core(field.typed)),
			Verified:   slices.Contains(v.Verified, field.name),
			Unverified: slices.Contains(v.Unverified, field.name),
		}
	}
	return m, nil
}

// core is an address without what servers add or take away: the scheme in
// front, the .git and the slash behind.
func core(address string) string {
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	return strings.TrimSuffix(strings.TrimSuffix(address, "/"), ".git")
}

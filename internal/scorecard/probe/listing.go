package probe

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Sample is a package that exists, and what is listed of it.
type Sample struct {
	Name string
	// As is whose credential it took to read it: nobody's where the subject
	// lets everybody read.
	As      scorecard.Credential
	Listing scorecard.Listing
}

// List reads the listing of one package: as anybody, and where that is
// refused, with the publisher's credential if there is one.
func List(ctx context.Context, b *scorecard.Bench, name string) (Sample, scorecard.Answer) {
	s := Sample{Name: name}
	l, a := b.Listing(ctx, s.As, name)
	if (a.Verdict == scorecard.Refused || a.Verdict == scorecard.Absent) && b.Publisher.Secret != "" {
		s.As = b.Publisher
		l, a = b.Listing(ctx, s.As, name)
	}
	s.Listing = l
	return s, a
}

// Samples reads the listings of at most n samples, leaving out those that list
// no version. Where none can be read its error says why. In Go and in Maven a
// listing takes some twenty requests, so that one sample has to do.
func Samples(ctx context.Context, b *scorecard.Bench, n int) ([]Sample, error) {
	var samples []Sample
	why := scorecard.Untold("no package is known to look at")
	for i, name := range b.Samples {
		if i == n || len(samples) > 0 && versionByVersion(b.Protocol.Ecosystem()) {
			break
		}
		s, a := List(ctx, b, name)
		switch {
		case a.Verdict != scorecard.Accepted:
			why = scorecard.Unless(a, "read the listing of "+name, scorecard.Accepted)
		case len(s.Listing.Versions) == 0:
			why = scorecard.Untold("%s lists no version", name)
		default:
			samples = append(samples, s)
		}
	}
	if len(samples) == 0 {
		return nil, why
	}
	return samples, nil
}

// versionByVersion tells ecosystems whose lists are names alone: dates and
// digests are asked version by version, and only of the newest.
func versionByVersion(e assay.Ecosystem) bool { return e == assay.Golang || e == assay.Maven }

// Newest are a listing's versions, newest first, at most n: by the date of
// publishing, and where there is none by number.
func Newest(l scorecard.Listing, n int) []string {
	names := make([]string, 0, len(l.Versions))
	for v := range l.Versions {
		names = append(names, v)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := l.Versions[b].Published.Compare(l.Versions[a].Published); c != 0 {
			return c
		}
		if c := semver.Compare(canonical(b), canonical(a)); c != 0 {
			return c
		}
		return strings.Compare(b, a)
	})
	return names[:min(n, len(names))]
}

func canonical(v string) string { return "v" + strings.TrimPrefix(v, "v") }

// Chosen is the version that a client would take, else the newest.
func Chosen(l scorecard.Listing) string {
	if _, ok := l.Versions[l.Latest]; ok && l.Latest != "" {
		return l.Latest
	}
	if v := Newest(l, 1); len(v) == 1 {
		return v[0]
	}
	return ""
}

// Looked are the versions of a listing of which everything was asked, newest
// first, at most n. Where they are asked version by version, one without date
// and digest was not asked about.
func Looked(e assay.Ecosystem, l scorecard.Listing, n int) []string {
	all := Newest(l, len(l.Versions))
	if versionByVersion(e) {
		for _, asked := range []func(scorecard.Version) bool{
			func(v scorecard.Version) bool { return v.Digests != nil },
			func(v scorecard.Version) bool { return !v.Published.IsZero() },
		} {
			if some := only(all, l, asked); len(some) > 0 {
				all = some
				break
			}
		}
	}
	return all[:min(n, len(all))]
}

func only(all []string, l scorecard.Listing, asked func(scorecard.Version) bool) []string {
	return slices.DeleteFunc(slices.Clone(all), func(v string) bool { return !asked(l.Versions[v]) })
}

// DigestsUnasked reports that nothing was asked that could know digests: in
// Go they are in a checksum database, which is asked only where its key is
// known and the subject passes it on. That a listing of names holds none is
// no lack.
func DigestsUnasked(e assay.Ecosystem, l scorecard.Listing) bool {
	for _, v := range l.Versions {
		if v.Digests != nil {
			return false
		}
	}
	return e == assay.Golang
}

// Unasked says the same for a reader.
const Unasked = "no checksum database could be asked: its key is not known here, or the subject does not pass one on"

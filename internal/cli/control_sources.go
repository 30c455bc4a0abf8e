package cli

import (
	"context"
	"path/filepath"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight"
	"assay.invalid/internal/server/api"
)

// informing returns what advisories and lists are kept in.
func (c *control) informing(kind api.SourceKind) (*insight.Service, error) {
	if kind != api.AdvisorySources && kind != api.KnownBadSources {
		return nil, assay.Errorf(assay.NotFound, "there are no sources of the kind %q: there are %s and %s", kind, api.AdvisorySources, api.KnownBadSources)
	}
	if c.house.insight == nil {
		return nil, assay.Errorf(assay.Internal, "this process reads no advisories")
	}
	return c.house.insight, nil
}

// Sources implements api.Informing.
func (c *control) Sources(_ context.Context, kind api.SourceKind) ([]api.Source, error) {
	known, err := c.informing(kind)
	if err != nil {
		return nil, err
	}
	return sourcesOf(known.Sources(insight.Kind(kind))), nil
}

// AddSource implements api.Informing.
func (c *control) AddSource(ctx context.Context, kind api.SourceKind, n api.NewSource) (api.Source, error) {
	known, err := c.informing(kind)
	if err != nil {
		return api.Source{}, err
	}
	by := assay.PrincipalOf(ctx)
	if by.ID != assay.Operator.ID && filepath.IsAbs(n.From) {
		// A stolen token must not make the server open files of its machine
		// and tell what is wrong with them.
		return api.Source{}, assay.Errorf(assay.Forbidden, "a file or directory is named at the machine that serves, over its data directory: from here name an address")
	}
	added, err := known.Add(ctx, insight.Source{Kind: insight.Kind(kind), Name: n.Name, From: n.From, By: by.ID})
	if err != nil {
		return api.Source{}, err
	}
	return sourceOf(added), nil
}

// RemoveSource implements api.Informing.
func (c *control) RemoveSource(ctx context.Context, kind api.SourceKind, name string) (api.Source, error) {
	known, err := c.informing(kind)
	if err != nil {
		return api.Source{}, err
	}
	removed, err := known.Remove(ctx, insight.Kind(kind), name)
	if err != nil {
		return api.Source{}, err
	}
	return sourceOf(removed), nil
}

// RefreshSources implements api.Informing.
func (c *control) RefreshSources(ctx context.Context, kind api.SourceKind, name string) ([]api.Source, error) {
	known, err := c.informing(kind)
	if err != nil {
		return nil, err
	}
	read, err := known.Refresh(ctx, insight.Kind(kind), name)
	if err != nil {
		return nil, err
	}
	return sourcesOf(read), nil
}

func sourcesOf(all []insight.Status) []api.Source {
	out := make([]api.Source, len(all))
	for i := range all {
		out[i] = sourceOf(all[i])
	}
	return out
}

func sourceOf(s insight.Status) api.Source {
	return api.Source{Kind: api.SourceKind(s.Kind), Name: s.Name, From: s.From, Always: s.Always, Given: s.Given, Added: s.Added, By: s.By,
		Records: s.Records, Withdrawn: s.Withdrawn, Elsewhere: s.Elsewhere, Broken: s.Broken,
		Read: s.Read, Tried: s.Tried, Next: s.Next, Problems: append([]string{}, s.Problems...)}
}

// Exposure implements api.Informing.
func (c *control) Exposure(ctx context.Context, subject string) (api.Exposure, error) {
	if c.house.insight == nil {
		return api.Exposure{}, assay.Errorf(assay.Internal, "this process reads no advisories")
	}
	found, err := c.house.insight.Exposure(ctx, subject)
	if err != nil {
		return api.Exposure{}, err
	}
	notes, err := c.tokenNotes(ctx)
	if err != nil {
		return api.Exposure{}, err
	}
	out := api.Exposure{Subject: found.Subject, Advisories: found.Advisories, Packages: found.Packages, RecordsSince: found.RecordsSince,
		Versions: make([]api.ExposedVersion, 0, len(found.Versions)), More: found.More}
	for i := range found.Versions {
		v := &found.Versions[i]
		e := api.ExposedVersion{Version: v.Version, Hosted: v.Hosted, PublishedBy: v.PublishedBy, Stored: v.Stored, Gone: v.Gone,
			First: v.First, Last: v.Last, Fetches: make([]api.ExposedFetch, 0, len(v.Fetches))}
		for _, f := range v.Fetches {
			e.Fetched += f.Count
			e.Fetches = append(e.Fetches, api.ExposedFetch{Day: f.Day, Principal: f.Principal, Note: notes[f.Principal], Count: f.Count})
		}
		out.Versions = append(out.Versions, e)
	}
	return out, nil
}

// tokenNotes says what each token was made for.
func (c *control) tokenNotes(ctx context.Context) (map[string]string, error) {
	tokens, err := c.house.tokens.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	notes := make(map[string]string, len(tokens))
	for _, t := range tokens {
		notes[t.ID] = t.Note
	}
	return notes, nil
}

// absoluteSource makes a path of a source absolute: whoever reads it stands in
// another directory.
func absoluteSource(from string) (string, error) {
	if strings.Contains(from, "://") || filepath.IsAbs(from) {
		return from, nil
	}
	abs, err := filepath.Abs(from)
	if err != nil {
		return "", assay.Wrap(assay.Invalid, err, "%s has no absolute path", clean(from))
	}
	return abs, nil
}

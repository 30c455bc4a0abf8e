package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"assay.invalid/internal/assay"
)

// SourceKind says what a source holds.
type SourceKind string

// The kinds of sources.
const (
	AdvisorySources SourceKind = "advisories" // records in the OSV format
	KnownBadSources SourceKind = "known-bad"  // lists of known-bad versions and digests
)

// Informing sets where advisories and lists of what is known to be bad come
// from, and tells what here had something. It is for administrators. When a
// call that changes sources returns, what they say is in force.
type Informing interface {
	// Sources lists the sources of a kind, those that are always there first.
	Sources(ctx context.Context, kind SourceKind) ([]Source, error)
	// AddSource adds one. It must be sound; a path must be of the machine that
	// serves, and can be given over the socket alone.
	AddSource(ctx context.Context, kind SourceKind, n NewSource) (Source, error)
	// RemoveSource ends one by its name, and returns it as it was.
	RemoveSource(ctx context.Context, kind SourceKind, name string) (Source, error)
	// RefreshSources reads one anew, or all of the kind for "". What is wrong
	// with one is told in its problems.
	RefreshSources(ctx context.Context, kind SourceKind, name string) ([]Source, error)
	// Exposure tells what here had what an advisory (by id), a version or a
	// pattern means, and who fetched it.
	Exposure(ctx context.Context, subject string) (Exposure, error)
}

// NewSource asks for a source: an absolute path or an address.
type NewSource struct {
	Name string `json:"name"`
	From string `json:"from"`
}

// Source is a source, and how it does.
type Source struct {
	Kind SourceKind `json:"kind"`
	Name string     `json:"name"`
	From string     `json:"from"`
	// Always is set for what cannot be removed; Given for what was named when
	// the server was started.
	Always bool      `json:"always,omitempty"`
	Given  bool      `json:"given,omitempty"`
	Added  time.Time `json:"added,omitzero"`
	By     string    `json:"by,omitempty"`

	Records   int `json:"records"` // that are in use
	Withdrawn int `json:"withdrawn,omitempty"`
	Elsewhere int `json:"elsewhere,omitempty"` // of ecosystems that are not known here
	Broken    int `json:"broken,omitempty"`    // that could not be read

	Read     time.Time `json:"read,omitzero"`  // when it was last found to be as it was read
	Tried    time.Time `json:"tried,omitzero"` // when that was last tried
	Next     time.Time `json:"next,omitzero"`  // when it is looked at next
	Problems []string  `json:"problems"`       // the first of them
}

// Exposure says what here had something, and who fetched it.
type Exposure struct {
	Subject    string             `json:"subject"`
	Advisories []string           `json:"advisories,omitempty"` // the ids of the records that were meant
	Packages   []assay.Coordinate `json:"packages,omitempty"`   // that were looked for
	// RecordsSince is the first day of which fetches are recorded; absent if
	// there is none.
	RecordsSince string           `json:"records_since,omitempty"`
	Versions     []ExposedVersion `json:"versions"`
	More         bool             `json:"more,omitempty"` // there are more than are told
}

// ExposedVersion is a version that was here.
type ExposedVersion struct {
	Version     assay.Coordinate `json:"version"`
	Hosted      bool             `json:"hosted,omitempty"`
	PublishedBy string           `json:"published_by,omitempty"`
	Stored      int              `json:"files_stored"`
	Gone        int              `json:"files_gone,omitempty"` // were here, and their bytes are not kept any more
	First       time.Time        `json:"first,omitzero"`
	Last        time.Time        `json:"last_used,omitzero"`
	Fetched     int64            `json:"fetched"`
	Fetches     []ExposedFetch   `json:"fetches"`
}

// ExposedFetch is how often a principal fetched a version on a day.
type ExposedFetch struct {
	Day       string `json:"day"`
	Principal string `json:"principal"` // "": nobody said who they were
	Note      string `json:"note,omitempty"`
	Count     int64  `json:"count"`
}

// Sources implements Informing.
func (c *Client) Sources(ctx context.Context, kind SourceKind) ([]Source, error) {
	return call[[]Source](ctx, c, http.MethodGet, sourcesPath(kind), nil, nil)
}

// AddSource implements Informing.
func (c *Client) AddSource(ctx context.Context, kind SourceKind, n NewSource) (Source, error) {
	return call[Source](ctx, c, http.MethodPost, sourcesPath(kind), nil, n)
}

// RemoveSource implements Informing.
func (c *Client) RemoveSource(ctx context.Context, kind SourceKind, name string) (Source, error) {
	return call[Source](ctx, c, http.MethodDelete, sourcesPath(kind), url.Values{"which": {name}}, nil)
}

// RefreshSources implements Informing.
func (c *Client) RefreshSources(ctx context.Context, kind SourceKind, name string) ([]Source, error) {
	return call[[]Source](ctx, c, http.MethodPost, "refreshes/"+url.PathEscape(string(kind)), nil, sourceName{name})
}

// Exposure implements Informing.
func (c *Client) Exposure(ctx context.Context, subject string) (Exposure, error) {
	return call[Exposure](ctx, c, http.MethodGet, "exposure", url.Values{"subject": {subject}}, nil)
}

func sourcesPath(kind SourceKind) string { return "sources/" + url.PathEscape(string(kind)) }

func sources(h *Handler, r *http.Request, kind string) (any, error) {
	return h.Control.Sources(h.asker(r), SourceKind(kind))
}

func addSource(h *Handler, r *http.Request, kind string) (any, error) {
	var n NewSource
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	return h.Control.AddSource(h.asker(r), SourceKind(kind), n)
}

func removeSource(h *Handler, r *http.Request, kind string) (any, error) {
	name, err := parameter(r, "which", "the source's name")
	if err != nil {
		return nil, err
	}
	return h.Control.RemoveSource(h.asker(r), SourceKind(kind), name)
}

// sourceName is the body of POST /refreshes/{kind}; "" means all.
type sourceName struct {
	Name string `json:"name"`
}

func refreshSources(h *Handler, r *http.Request, kind string) (any, error) {
	var n sourceName
	if err := h.decode(r, &n); err != nil {
		return nil, err
	}
	return h.Control.RefreshSources(h.asker(r), SourceKind(kind), n.Name)
}

func exposure(h *Handler, r *http.Request, _ string) (any, error) {
	subject, err := parameter(r, "subject", "the id of an advisory, a version or a pattern")
	if err != nil {
		return nil, err
	}
	return h.Control.Exposure(h.asker(r), subject)
}

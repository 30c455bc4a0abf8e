package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"assay.invalid/internal/assay"
)

// The questions of Browsing are asked with GET, each field of a query by its
// name in small letters; q is the text of a search.

func search(h *Handler, r *http.Request, _ string) (any, error) {
	f, err := fields(r, "q", "registry", "after", "limit")
	if err != nil {
		return nil, err
	}
	limit, err := f.limit()
	if err != nil {
		return nil, err
	}
	return h.Control.Search(h.asker(r), SearchQuery{Text: f["q"], Registry: f["registry"], After: f["after"], Limit: limit})
}

func packages(h *Handler, r *http.Request, _ string) (any, error) {
	purl, err := parameter(r, "purl", "a package URL such as pkg:npm/lodash or pkg:npm/lodash@4.17.21")
	if err != nil {
		return nil, err
	}
	return h.Control.Package(h.asker(r), purl)
}

func decisions(h *Handler, r *http.Request, _ string) (any, error) {
	f, err := fields(r, "rule", "registry", "effect", "after", "limit")
	if err != nil {
		return nil, err
	}
	limit, err := f.limit()
	if err != nil {
		return nil, err
	}
	return h.Control.Decisions(h.asker(r), DecisionQuery{Rule: f["rule"], Registry: f["registry"], Effect: f["effect"], After: f["after"], Limit: limit})
}

func traffic(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Traffic(h.asker(r))
}

func rules(h *Handler, r *http.Request, _ string) (any, error) {
	return h.Control.Rules(h.asker(r))
}

// query is the parameters of a request.
type query map[string]string

// fields reads parameters that may be left out. One that is not known, or is
// there twice, is a mistake: a filter that is misspelt must not show
// everything.
func fields(r *http.Request, names ...string) (query, error) {
	out := query{}
	for _, name := range names {
		out[name] = ""
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, assay.Errorf(assay.Invalid, "the request's parameters cannot be read")
	}
	for name, all := range values {
		if _, known := out[name]; !known {
			return nil, assay.Errorf(assay.Invalid, "the request has no parameter %q", name)
		}
		if len(all) > 1 {
			return nil, assay.Errorf(assay.Invalid, "the request's %s must be there once", name)
		}
		out[name] = all[0]
	}
	return out, nil
}

// limit is how many items are asked for; 0 leaves it to the answer.
func (q query) limit() (int, error) {
	if q["limit"] == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(q["limit"])
	if err != nil || n < 1 || n > MaxPage {
		return 0, assay.Errorf(assay.Invalid, "limit must be a number from 1 to %d", MaxPage)
	}
	return n, nil
}

// ask sends a question with those of the parameters that are set.
func ask[T any](ctx context.Context, c *Client, path string, limit int, pairs ...string) (T, error) {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if limit != 0 {
		values.Set("limit", strconv.Itoa(limit))
	}
	return call[T](ctx, c, http.MethodGet, path, values, nil)
}

// Search implements Browsing.
func (c *Client) Search(ctx context.Context, q SearchQuery) (Found, error) {
	return ask[Found](ctx, c, "search", q.Limit, "q", q.Text, "registry", q.Registry, "after", q.After)
}

// Package implements Browsing.
func (c *Client) Package(ctx context.Context, purl string) (PackageView, error) {
	return ask[PackageView](ctx, c, "packages", 0, "purl", purl)
}

// Decisions implements Browsing.
func (c *Client) Decisions(ctx context.Context, q DecisionQuery) (Decisions, error) {
	return ask[Decisions](ctx, c, "decisions", q.Limit, "rule", q.Rule, "registry", q.Registry, "effect", q.Effect, "after", q.After)
}

// Traffic implements Browsing.
func (c *Client) Traffic(ctx context.Context) (Traffic, error) {
	return ask[Traffic](ctx, c, "traffic", 0)
}

// Rules implements Browsing.
func (c *Client) Rules(ctx context.Context) (Rules, error) {
	return ask[Rules](ctx, c, "rules", 0)
}

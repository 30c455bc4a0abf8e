package cli

import (
	"context"
	"net/url"
	"path"
	"strings"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight"
	"assay.invalid/internal/upstream"
)

// sourceFetcher asks the addresses of advisories and lists as upstreams are
// asked: guarded, bounded, and with no more redirects. The address itself may
// be private, because an administrator gave it; where it leads on to may not.
type sourceFetcher struct{ client *upstream.Client }

// Fetch implements insight.Fetcher.
func (f sourceFetcher) Fetch(ctx context.Context, q insight.Query) (*insight.Reply, error) {
	u, err := url.Parse(q.Address)
	if err != nil {
		return nil, assay.Wrap(assay.Invalid, err, "%s is no address", q.Address)
	}
	origin := upstream.Origin{Address: u.Scheme + "://" + u.Host + "/"}
	response, err := f.client.Do(ctx, origin, upstream.Request{
		Path: strings.TrimPrefix(u.EscapedPath(), "/"), Query: u.Query(), ETag: q.ETag, LastModified: q.LastModified, Limit: q.Limit,
		Compressed: !alreadyPacked(u.Path),
	})
	if err != nil {
		return nil, err
	}
	switch response.Status {
	case 200:
		return &insight.Reply{ETag: response.ETag, LastModified: response.LastModified, Body: response.Body}, nil
	case 304:
		return &insight.Reply{Unchanged: true}, response.Body.Close()
	}
	_ = response.Body.Close() // nothing of it is used
	return nil, assay.Errorf(assay.NotFound, "%s answered %d: there is nothing at that address", q.Address, response.Status)
}

// alreadyPacked tells whether a file is packed by its own form: to pack it for the
// way again would only take time.
func alreadyPacked(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".gz", ".tgz", ".zip":
		return true
	}
	return false
}

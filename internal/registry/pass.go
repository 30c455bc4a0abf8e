package registry

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// Pass asks the upstream for something that is no package. A good answer to a
// GET with a Keep is written down, serves for that long, and stands in while
// the upstream is away: a build must work with the checksum database's tiles
// that it used yesterday.
func (pl *Place) Pass(ctx context.Context, p ecosystem.Passage) (*ecosystem.Content, error) {
	for _, name := range p.Names {
		if pl.private(name) {
			return nil, pl.unknown(name)
		}
	}
	keep := p.Keep > 0 && p.Method == http.MethodGet
	key := "pass/" + p.Source.Path + p.Source.URL + "?" + p.Query.Encode()
	now := pl.s.now()
	var prior store.Document
	if keep {
		err := pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
			var err error
			prior, err = tx.Document(ctx, pl.name, "", key)
			return err
		})
		if err != nil && !assay.Is(err, assay.NotFound) {
			return nil, err
		}
		if age := now.Sub(prior.Checked); prior.Blob != "" && age >= 0 && age < p.Keep {
			if content, err := pl.passed(ctx, prior, 0); err == nil {
				return content, nil
			}
		}
	}
	content, doc, err := pl.pass(ctx, p, key, keep)
	if err == nil && keep && content.Status == http.StatusOK {
		if werr := pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.PutDocument(ctx, doc) }); werr != nil {
			pl.s.log.Warn("a passed answer could not be written down", "registry", pl.name, "source", key, "error", werr.Error())
		}
	}
	if err != nil && prior.Blob != "" && staleMayServe(err) {
		if kept, kerr := pl.passed(ctx, prior, max(now.Sub(prior.Checked), time.Second)); kerr == nil {
			pl.s.stats.Stale.Add(1)
			return kept, nil
		}
	}
	return content, err
}

// passed serves a kept answer.
func (pl *Place) passed(ctx context.Context, doc store.Document, stale time.Duration) (*ecosystem.Content, error) {
	b, err := pl.s.cfg.Blobs.Open(ctx, doc.Blob)
	if err != nil {
		return nil, err
	}
	return &ecosystem.Content{Status: http.StatusOK, ContentType: doc.ContentType, Size: doc.Size, Seeker: b.Reader(),
		ETag: `"` + doc.Blob.Value()[:32] + `"`, Stale: stale, Release: func() { _ = b.Close() }}, nil
}

// pass asks each origin until one has an answer other than "not found".
func (pl *Place) pass(ctx context.Context, p ecosystem.Passage, key string, keep bool) (*ecosystem.Content, store.Document, error) {
	var doc store.Document
	origins := *pl.origins.Load()
	if len(origins) == 0 {
		return nil, doc, pl.noUpstream()
	}
	limit := p.Source.Limit
	if limit == 0 {
		limit = pl.s.lim.Passed
	}
	var last *ecosystem.Content
	for _, origin := range origins {
		at, src := pl.addressed(origin, p.Source)
		resp, err := pl.ask(ctx, at, upstream.Request{
			Method: p.Method, Path: src.Path, URL: src.URL, Query: p.Query, Accept: p.Source.Accept,
			Header: p.Header, Body: p.Body, Limit: limit, AnyStatus: true}, p.Names...)
		if err != nil {
			return nil, doc, fromUpstream(err, "asking the upstream")
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // read to its end
		if err != nil {
			return nil, doc, fromUpstream(err, "reading the upstream's answer")
		}
		last = &ecosystem.Content{Status: resp.Status, ContentType: resp.Header.Get("Content-Type"), Size: int64(len(body)), Seeker: bytes.NewReader(body)}
		if resp.Status == http.StatusOK {
			if keep {
				doc, err = pl.keepPassed(ctx, origin, key, last.ContentType, body)
			}
			return last, doc, err
		}
		if resp.Status != http.StatusNotFound && resp.Status != http.StatusGone {
			break
		}
	}
	return last, doc, nil
}

// keepPassed stores the bytes.
func (pl *Place) keepPassed(ctx context.Context, origin store.Origin, key, contentType string, body []byte) (store.Document, error) {
	staged, err := pl.s.cfg.Blobs.Stage(ctx)
	if err != nil {
		return store.Document{}, err
	}
	defer staged.Discard()
	if _, err := staged.Write(body); err != nil {
		return store.Document{}, err
	}
	info, err := staged.Commit(ctx)
	if err != nil {
		return store.Document{}, err
	}
	now := pl.s.now()
	return store.Document{Registry: pl.name, Source: key, Origin: origin.Address, ContentType: contentType,
		Blob: info.Digest, Size: info.Size, Fetched: now, Checked: now}, nil
}

// addressed tells whom to ask for a source: the origin, or, for an absolute
// URL below an address that the operator configured, that address.
func (pl *Place) addressed(origin store.Origin, src ecosystem.Source) (upstream.Origin, ecosystem.Source) {
	if c, ok := pl.format.(ecosystem.Configured); ok && src.URL != "" {
		for _, address := range c.Configured() {
			base := strings.TrimRight(address, "/") + "/"
			if path, below := strings.CutPrefix(src.URL, base); below {
				src.Path, src.URL = path, ""
				return upstream.Origin{Address: base}, src
			}
		}
	}
	return pl.upstreamOrigin(origin), src
}

// world is what an Attester may do outside, on behalf of one package.
type world struct {
	pl    *Place
	name  string
	owner string // the origin that owns the name; "" if none does yet
}

// Fetch asks the origin that owns the name, or, while none does, each until
// one has the document: what vouches for a file must come from where the file
// comes from.
func (w *world) Fetch(ctx context.Context, src ecosystem.Source) ([]byte, error) {
	origins := w.pl.candidates(w.owner)
	if len(origins) == 0 {
		return nil, w.pl.noUpstream()
	}
	for _, origin := range origins {
		body, err := w.pl.fetchSmall(ctx, origin, src, w.pl.s.lim.Passed, w.name)
		if !isGone(err) {
			return body, err
		}
	}
	return nil, assay.Errorf(assay.NotFound, "no upstream of %s has %s", w.pl.name, src.Path+src.URL)
}

func (w *world) setting(key string) string { return "attest/" + w.pl.name + "/" + key }

// Recall reads what was remembered, nil if nothing was.
func (w *world) Recall(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := w.pl.s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		value, err = tx.Setting(ctx, w.setting(key))
		return err
	})
	if assay.Is(err, assay.NotFound) {
		return nil, nil
	}
	return value, err
}

// Remember replaces old by new.
func (w *world) Remember(ctx context.Context, key string, old, new []byte) error {
	return w.pl.s.cfg.Store.Update(ctx, func(tx store.Tx) error {
		now, err := tx.Setting(ctx, w.setting(key))
		if err != nil && !assay.Is(err, assay.NotFound) {
			return err
		}
		if !bytes.Equal(now, old) {
			return assay.Errorf(assay.Conflict, "%s was changed meanwhile", key)
		}
		return tx.PutSetting(ctx, w.setting(key), new)
	})
}

package cli

import (
	"context"
	"path/filepath"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight"
	"assay.invalid/internal/upstream"
)

// copiesDir is where, in the data directory, the last good copies of
// advisories and lists lie that come from addresses.
const copiesDir = "advisories"

// loadPatience is how long a server waits at its start for its advisories. It
// is meant never to be reached: without them malware would be let through.
const loadPatience = time.Minute

// fetching makes the client that asks upstreams and other addresses.
func (h *house) fetching() *upstream.Client {
	if h.client == nil {
		cfg := upstream.DefaultConfig()
		cfg.InstanceID = h.kept.instance
		cfg.UserAgent = "assay/" + readBuild().Version
		cfg.Log = h.log
		h.client = upstream.New(cfg)
	}
	return h.client
}

// openInsight opens what is known beyond upstreams' documents. Its sources are
// not read yet.
func (h *house) openInsight(ctx context.Context, given []insight.Source) error {
	places := map[assay.Ecosystem]string{}
	for _, a := range h.table.Adapters() {
		places[a.Ecosystem()] = a.Place()
	}
	var err error
	h.insight, err = insight.Open(ctx, h.store, insight.Options{
		Grammars: h.table.Grammar, Places: places, Dir: filepath.Join(h.dir.Path(), copiesDir),
		Fetcher: sourceFetcher{h.fetching()}, Given: given, Log: h.log, Now: h.now,
	})
	return err
}

// informed waits until the sources of advisories are read, and has what is
// stored judged by the lists.
func (h *house) informed(ctx context.Context, loaded <-chan error) error {
	if err := h.preparePublishing(ctx); err != nil {
		return err
	}
	timer := time.NewTimer(loadPatience)
	defer timer.Stop()
	select {
	case err := <-loaded:
		if err != nil {
			return err
		}
	case <-timer.C:
		h.log.Error("the advisories are still being read, and the server starts without those that are missing: until then what they speak of is let through",
			"waited", loadPatience)
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, ctx.Err(), "waiting for advisories")
	}
	return h.insight.Connect(ctx, h.registry.Rejudge)
}

// preparePublishing makes ready what a first publication needs, where packages
// may be published: the others need not pay for it.
func (h *house) preparePublishing(ctx context.Context) error {
	claims, err := h.rules.Claims(ctx)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if eco, err := assay.PatternEcosystem(c.Pattern); err == nil { // the rulebook has read it before
			h.insight.Prepare(eco)
		}
	}
	return nil
}

// givenSources are the sources named on the command line.
func givenSources(written []string) ([]insight.Source, error) {
	var given []insight.Source
	for i, from := range written {
		from, err := absoluteSource(from)
		if err != nil {
			return nil, err
		}
		given = append(given, insight.Source{Kind: insight.Advisories, Name: insight.GivenName(i + 1), From: from})
	}
	return given, nil
}

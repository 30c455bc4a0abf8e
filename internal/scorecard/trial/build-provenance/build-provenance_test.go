package buildprovenance

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	open := served.Sight{Listed: true, File: trialtest.Accepted, SHA256: "aa"}
	no := trialtest.Refused("not trusted")
	servedtest.Judge(t, Check(), []servedtest.Seen{
		servedtest.Saw("refused, and sound ones are served", Seen{no, false, open, "signed 1.0.0", 2}, scorecard.Holds, "signed 1.0.0"),
		servedtest.Saw("accepted and listed", Seen{Forged: trialtest.Accepted, Listed: true, Version: open}, scorecard.Fails, "listed as provenance"),
		servedtest.Saw("accepted and dropped", Seen{Forged: trialtest.Accepted, Version: open}, scorecard.Fails, "without a look"),
		servedtest.Saw("refused, and nothing else is known", Seen{no, false, open, "", 0}, scorecard.CouldNotTell, "no package with provenance"),
		servedtest.Saw("refused, and what is served cannot be read", Seen{no, false, open, "signed 1.0.0", 0}, scorecard.Partly, "could not be read"),
		servedtest.Saw("refused without one too", Seen{no, false, served.Sight{}, "signed 1.0.0", 2}, scorecard.CouldNotTell, "same version"),
		servedtest.Saw("accepted, and never served", Seen{Forged: trialtest.Accepted, Listed: true}, scorecard.CouldNotTell, "is served"),
		servedtest.Saw("no answer", Seen{Forged: trialtest.Unclear, Version: open}, scorecard.CouldNotTell, "answered"),
	})
}

// visitor answers every address with one document.
type visitor struct {
	status int
	body   []byte
	err    error
}

func (v visitor) Do(context.Context, scorecard.Request) (scorecard.Response, error) {
	return scorecard.Response{Status: v.status, Body: v.body}, v.err
}

func TestCollect(t *testing.T) {
	raw, digests := forged(t)
	refuses := func(g *servedtest.Registry, r scorecard.Release) scorecard.Answer {
		if r.Provenance != nil {
			return trialtest.Refused("its signer is not trusted")
		}
		return g.Takes(r)
	}
	// with is a repository that publishes so, and has a sample with
	// attestations.
	with := func(publish func(g *servedtest.Registry, r scorecard.Release) scorecard.Answer, listed bool) func(*servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			return trialtest.Acts{
				Otherwise: g,
				OnPublish: func(_ context.Context, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
					return publish(g, r)
				},
				OnListing: func(ctx context.Context, as scorecard.Credential, name string) (scorecard.Listing, scorecard.Answer) {
					switch name {
					case "signed":
						return scorecard.Listing{Name: name, Latest: "1.0.1", Versions: map[string]scorecard.Version{
							"1.0.0": {Provenance: "https://registry.example/attestations", Digests: digests}, "1.0.1": {}}}, trialtest.Accepted
					case "plain":
						return scorecard.Listing{Name: name, Versions: map[string]scorecard.Version{"1.0.0": {}}}, trialtest.Accepted
					}
					l, a := g.Listing(ctx, as, name)
					for v, known := range l.Versions {
						if listed {
							known.Provenance = "https://registry.example/attestations"
						}
						l.Versions[v] = known
					}
					return l, a
				},
			}
		}
	}
	takes := func(g *servedtest.Registry, r scorecard.Release) scorecard.Answer { return g.Takes(r) }
	visits := func(v visitor, samples ...string) func(*trialtest.Bench) {
		return func(b *trialtest.Bench) { b.Visit, b.Samples = v, samples }
	}
	served := visitor{status: http.StatusOK, body: raw}
	servedtest.Collect(t, Check(), []servedtest.Case{
		{What: "a good repository", Acts: with(refuses, false), Bench: visits(served, "missing", "plain", "signed"), Want: scorecard.Holds, Words: "signed 1.0.0"},
		{What: "bundles are stored unseen", Acts: with(takes, true), Bench: visits(served, "signed"), Want: scorecard.Fails, Words: "listed as provenance"},
		{What: "bundles are dropped", Acts: with(takes, false), Bench: visits(served, "signed"), Want: scorecard.Fails, Words: "without a look"},
		{What: "no sample with provenance", Acts: with(refuses, false), Bench: visits(served, "plain"), Want: scorecard.CouldNotTell, Words: "no package with provenance"},
		{What: "attestations that are a web page", Acts: with(refuses, false), Bench: visits(visitor{status: 200, body: []byte("<html>")}, "signed"), Want: scorecard.Partly, Words: "could not be read"},
		{What: "attestations that cannot be fetched", Acts: with(refuses, false), Bench: visits(visitor{err: errors.New("no connection")}, "signed"), Want: scorecard.Partly, Words: "could not be read"},
		{What: "attestations that are not there", Acts: with(refuses, false), Bench: visits(visitor{status: 404, body: raw}, "signed"), Want: scorecard.Partly, Words: "could not be read"},
		{What: "no publish at all", Want: scorecard.CouldNotTell, Words: "read only",
			Acts: with(func(*servedtest.Registry, scorecard.Release) scorecard.Answer { return trialtest.Refused("read only") }, false)},
	})
}

// The same archive goes along with the bundle and without it, so that the
// bundle is all that differs.
func TestCollectPublishesTheSameArchive(t *testing.T) {
	g := servedtest.New(assay.NPM)
	var sent []scorecard.Release
	trialtest.Run(t, Check(), g.Bench(trialtest.Acts{Otherwise: g, OnPublish: func(_ context.Context, _ scorecard.Credential, r scorecard.Release) scorecard.Answer {
		sent = append(sent, r)
		if r.Provenance != nil {
			return trialtest.Refused("no")
		}
		return g.Takes(r)
	}}))
	if len(sent) != 2 || sent[0].Provenance == nil || sent[1].Provenance != nil || string(sent[0].Archive) != string(sent[1].Archive) {
		t.Errorf("sent %d releases, not one with and one without the bundle", len(sent))
	}
}

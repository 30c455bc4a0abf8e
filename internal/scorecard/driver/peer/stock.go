package peer

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// stockTime is how long publishing one version of the stock may take.
const stockTime = 30 * time.Second

// StockHosted publishes a few packages under well-known names, for a server
// that has no upstream: probes need something to look at.
func (p *Peer) StockHosted(ctx context.Context, protocol scorecard.Protocol) error {
	const packages = 2
	acts := protocol.Open(p.Base, p.Visit())
	names := protocol.WellKnown()
	for _, name := range names[:min(packages, len(names))] {
		r := scorecard.Release{
			Name: name, Version: protocol.Version("1.0.0"),
			Files: map[string]string{"README.md": "Not " + name + ", but in its place in a repository of a trial.\n"},
		}
		ctx, cancel := context.WithTimeout(ctx, stockTime)
		answer := acts.Publish(ctx, p.PublisherCredential, r)
		cancel()
		if answer.Verdict != scorecard.Accepted {
			return assay.Errorf(assay.Unavailable, "%s cannot be published at %s: %s", name, p.Name, answer)
		}
	}
	return nil
}

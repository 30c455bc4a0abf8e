package assay

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/visit"
)

// instance is an Assay that runs.
type instance struct {
	// Acts are those of the first ecosystem, through a visitor of our own.
	scorecard.Acts

	machine driver.Machine
	options driver.Options
	folder  string
	version string
	base    string // ends in a slash
	process driver.Process
	visitor *visit.Visitor

	worlds        map[assay.Ecosystem]*world
	administrator scorecard.Credential

	mu        sync.Mutex
	secrets   []string
	known     map[string]string   // blocks by pattern
	published map[string][]string // versions by module: a listing does not name those that were removed
}

var (
	_ scorecard.Instance      = (*instance)(nil)
	_ driver.ChecksumDatabase = (*instance)(nil)
)

// first is the ecosystem that stands for all.
func (i *instance) first() assay.Ecosystem {
	if _, ok := i.worlds[assay.NPM]; ok {
		return assay.NPM
	}
	return slices.Sorted(maps.Keys(i.worlds))[0] // there is at least one
}

// Subject implements scorecard.Instance.
func (i *instance) Subject() scorecard.Subject {
	addresses := map[assay.Ecosystem]string{}
	for e, w := range i.worlds {
		addresses[e] = i.base + w.place + "/"
	}
	return scorecard.Subject{
		Name: "Assay", Addresses: addresses, Software: "Assay", Version: i.version,
		Pages: map[string]string{
			"log": i.base + "log", "events": i.base + "log/feed?from=0", "advisories": i.base + "log/advisories",
			"package": i.base + "packages/pkg:{ecosystem}/{name}",
		},
	}
}

// of is what there is of an ecosystem; nothing for one that was not asked for.
func (i *instance) of(e assay.Ecosystem) world {
	if w, ok := i.worlds[e]; ok {
		return *w
	}
	return world{}
}

// Publisher implements scorecard.Instance.
func (i *instance) Publisher(e assay.Ecosystem) scorecard.Credential { return i.of(e).publisher }

// Stranger implements scorecard.Instance.
func (i *instance) Stranger(e assay.Ecosystem) scorecard.Credential { return i.of(e).stranger }

// Under implements scorecard.Instance.
func (i *instance) Under(e assay.Ecosystem) string { return i.of(e).under }

// UnderStranger implements scorecard.Instance.
func (i *instance) UnderStranger(e assay.Ecosystem) string { return i.of(e).elsewhere }

// Upstream implements scorecard.Instance.
func (i *instance) Upstream(e assay.Ecosystem) scorecard.Upstream {
	if u := i.of(e).upstream; u != nil {
		return u
	}
	return nil
}

// ChecksumDatabase implements driver.ChecksumDatabase.
func (i *instance) ChecksumDatabase() (name, key string) {
	if u := i.of(assay.Golang).upstream; u != nil {
		return u.ChecksumDatabase()
	}
	return "", ""
}

// Identity implements scorecard.Instance.
func (i *instance) Identity(assay.Ecosystem, string) (string, bool) { return "", false }

// Mail implements scorecard.Instance.
func (i *instance) Mail() scorecard.Mailbox { return nil }

// For implements scorecard.Instance.
func (i *instance) For(e assay.Ecosystem, v scorecard.Visitor) scorecard.Acts {
	w, ok := i.worlds[e]
	if !ok {
		return scorecard.NoActs{}
	}
	return &acts{instance: i, ecosystem: e, world: w, visit: v}
}

// Secrets implements scorecard.Instance.
func (i *instance) Secrets() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.secrets)
}

func (i *instance) keep(secret string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.secrets = append(i.secrets, secret)
}

// Close implements scorecard.Instance. A second call does nothing.
func (i *instance) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, i.options.Limits.Stop)
	defer cancel()
	var err error
	if i.process != nil {
		err = i.process.Stop(ctx)
	}
	for _, w := range i.worlds {
		if w.upstream != nil {
			w.upstream.Close()
		}
	}
	if i.visitor != nil {
		i.visitor.Close()
	}
	if i.folder != "" {
		if removed := os.RemoveAll(i.folder); removed != nil {
			err = errors.Join(err, assay.Wrap(assay.Unavailable, removed, "the temporary folder %s could not be removed: remove it by hand", i.folder))
		}
	}
	return err
}

// owner is who may act for a credential because the name is its own: the
// administrator. Any other credential acts for itself alone.
func (a *acts) owner(as scorecard.Credential, name string) (scorecard.Credential, bool) {
	mine := as.Secret != "" && as.Secret == a.world.publisher.Secret
	theirs := as.Secret != "" && as.Secret == a.world.stranger.Secret &&
		strings.HasPrefix(name, strings.TrimSuffix(a.world.elsewhere, "*"))
	return a.instance.administrator, mine || theirs
}

package badregistry

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	goworld "assay.invalid/internal/ecosystem/golang/wire"
	npmworld "assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard/order"
)

// pack is one package.
type pack struct {
	ecosystem assay.Ecosystem
	name      string
	owners    []string
	// releases in the order in which they came, removed ones included: a
	// tombstone is what keeps a name from being taken again.
	releases []*release
	// gone is why the whole package was removed, "" if it was not.
	gone string
	// changes counts what happened to it.
	changes int
}

// release is one version of a package.
type release struct {
	Number    string         `json:"number"`
	Published time.Time      `json:"published"`
	Manifest  map[string]any `json:"manifest,omitempty"`
	Archive   []byte         `json:"archive"`
	// POM is Maven's, as it was deployed; nil where it is made of the manifest.
	POM []byte `json:"pom,omitempty"`

	upstream   bool
	status     assay.Status
	reason     string // of the status
	deprecated string // npm's own message
	bundle     []byte // attestations
	fetched    int
}

// cooldown is how old an upstream's version must be.
const cooldown = 72 * time.Hour

// stand is what may be done with a release.
type stand struct {
	listed bool  // a resolver may choose it
	served error // nil, or why its file is refused
}

// stands decides on one release, for listings and files alike.
func (r *Registry) stands(p *pack, v *release) stand {
	coordinate := coordinateOf(p.name, v.Number)
	if b, ok := r.blocked(p.ecosystem, p.name, v.Number); ok && !r.sins[BlockIgnored] {
		return stand{served: refuse(http.StatusForbidden, "%s is blocked here: %s", coordinate, b.reason)}
	}
	if left := cooldown - r.now().Sub(v.Published); v.upstream && left > 0 && !r.sins[NoCooldown] && !r.fixed(p, v) {
		return stand{served: refuse(http.StatusForbidden,
			"%s was published less than 72 hours ago and waits for another %s: ask for an older version", coordinate, left.Round(time.Minute))}
	}
	switch {
	case v.status == assay.Removed:
		if r.sins[NoTombstones] {
			return stand{served: notFound(coordinate)}
		}
		return stand{served: refuse(http.StatusGone, "%s was removed: %s", coordinate, v.reason)}
	case v.status == assay.Quarantined && !r.sins[QuarantineIgnored]:
		return stand{served: refuse(http.StatusForbidden, "%s is held while it is looked at: %s", coordinate, v.reason)}
	case v.Archive == nil:
		return stand{served: notFound("file of " + coordinate)}
	case v.status == assay.Yanked && !r.sins[YankIgnored]:
		return stand{}
	}
	return stand{listed: true}
}

// fixed says whether an advisory names the release as the fix: holding that
// back would protect nobody.
func (r *Registry) fixed(p *pack, v *release) bool {
	return r.fixes[string(p.ecosystem)+" "+p.name+" "+v.Number] && !r.sins[CooldownBlind]
}

// find is a package as it stands: hosted here, or of the upstream. A claimed
// or hosted name is never asked for upstream: it would tell strangers the
// name, and let them answer for it.
func (r *Registry) find(ctx context.Context, e assay.Ecosystem, name string) (*pack, error) {
	own := r.packages[e][name]
	mine := own != nil || r.claimed(e, name)
	if mine && !r.sins[NamesFallThrough] {
		if own == nil {
			return nil, notFound(name)
		}
		return own, nil
	}
	offered, err := r.upstreams[e].ask(ctx, name, r.sins[OneUpstream])
	if err != nil && own == nil {
		return nil, err
	}
	if own == nil && len(offered) == 0 {
		return nil, notFound(name)
	}
	found := &pack{ecosystem: e, name: name}
	if own != nil {
		*found = *own
		found.releases = slices.Clone(own.releases)
	}
	found.releases = append(found.releases, offered...)
	return found, nil
}

// release finds one by its number, or answers nil.
func (p *pack) release(number string) *release {
	i := slices.IndexFunc(p.releases, func(v *release) bool { return v.Number == number })
	if i < 0 {
		return nil
	}
	return p.releases[i]
}

// listed are the releases that a resolver may choose from, oldest first.
func (r *Registry) listed(p *pack) []*release {
	var out []*release
	for _, v := range p.releases {
		if r.stands(p, v).listed {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b *release) int { return compare(p.ecosystem, a.Number, b.Number) })
	return out
}

// latest is the release to choose unasked, or nil.
func (r *Registry) latest(p *pack) *release {
	var newest *release
	for _, v := range r.listed(p) {
		if newest == nil || prerelease(p.ecosystem, newest.Number) || !prerelease(p.ecosystem, v.Number) {
			newest = v
		}
	}
	return newest
}

func compare(e assay.Ecosystem, a, b string) int {
	switch e {
	case assay.NPM:
		return npmworld.Grammar{}.Compare(a, b)
	case assay.Golang:
		return goworld.Grammar{}.Compare(a, b)
	}
	return order.Compare(e, a, b)
}

func prerelease(e assay.Ecosystem, number string) bool {
	switch e {
	case assay.NPM:
		return npmworld.Grammar{}.Prerelease(number)
	case assay.Golang:
		return goworld.Grammar{}.Prerelease(number)
	}
	return order.Prerelease(e, number)
}

// file is the main file of a release, or why it is refused.
func (r *Registry) file(p *pack, number string) ([]byte, error) {
	v := p.release(number)
	if v == nil {
		return nil, notFound(coordinateOf(p.name, number))
	}
	if err := r.stands(p, v).served; err != nil {
		return nil, err
	}
	if r.sins[FilesChange] {
		v.fetched++
		return again(p.ecosystem, p.name, v, v.fetched)
	}
	return v.Archive, nil
}

// remove takes a release away and leaves a tombstone.
func (r *Registry) remove(p *pack, v *release, reason string) {
	v.status, v.reason, v.Archive = assay.Removed, reason, nil
	v.bundle, v.deprecated = nil, ""
	p.changes++
	r.happened(event{Kind: "removed", Ecosystem: p.ecosystem, Name: p.name, Version: v.Number, Reason: reason})
}

// removeAll takes a whole package away.
func (r *Registry) removeAll(p *pack, reason string) {
	for _, v := range p.releases {
		if v.status != assay.Removed {
			r.remove(p, v, reason)
		}
	}
	p.gone = reason
	r.happened(event{Kind: "removed", Ecosystem: p.ecosystem, Name: p.name, Reason: reason})
}

// setStatus says something of a release.
func (r *Registry) setStatus(p *pack, v *release, s assay.Status, reason string) error {
	if v.status == assay.Removed {
		return refuse(http.StatusConflict, "%s was removed, and nothing brings it back", coordinateOf(p.name, v.Number))
	}
	if s == assay.Removed {
		r.remove(p, v, reason)
		return nil
	}
	v.status, v.reason = s, reason
	if s == assay.Yanked && r.sins[YankDestroys] || s == assay.Quarantined && r.sins[QuarantineDestroys] {
		v.Archive = nil
	}
	p.changes++
	r.happened(event{Kind: s.String(), Ecosystem: p.ecosystem, Name: p.name, Version: v.Number, Reason: reason})
	return nil
}

// notice is what a person is told who installs the release.
func (r *Registry) notice(v *release) string {
	if r.sins[NoSignal] {
		return ""
	}
	switch v.status {
	case assay.Experimental:
		return strings.TrimSpace("experimental, not for production: " + v.reason)
	case assay.Deprecated:
		return v.reason
	}
	return v.deprecated
}

func coordinateOf(name, number string) string { return name + "@" + number }

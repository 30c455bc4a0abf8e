package servedtest

import (
	"slices"
	"time"

	"assay.invalid/internal/scorecard"
)

// Upstream is an upstream in memory with two mirrors.
type Upstream struct {
	offered map[string]map[string]*version
	stopped []bool
	asked   []string
	// Single lets it answer at its first mirror alone, whatever Mirrors says.
	Single bool
	// Fewer takes that many mirrors away.
	Fewer int
}

var _ scorecard.Upstream = (*Upstream)(nil)

// Offer implements scorecard.Upstream.
func (u *Upstream) Offer(r scorecard.Release, published time.Time) error {
	if u.offered == nil {
		u.offered = map[string]map[string]*version{}
	}
	if u.offered[r.Name] == nil {
		u.offered[r.Name] = map[string]*version{}
	}
	u.offered[r.Name][r.Version] = &version{release: r, body: []byte("of the upstream: " + r.Name + " " + r.Version), published: published}
	return nil
}

// Withdraw implements scorecard.Upstream.
func (u *Upstream) Withdraw(name, version string) { delete(u.offered[name], version) }

// Mirrors implements scorecard.Upstream.
func (u *Upstream) Mirrors() int { return len(u.stopped) - u.Fewer }

// Stop implements scorecard.Upstream.
func (u *Upstream) Stop(i int) { u.stopped[i] = true }

// Start implements scorecard.Upstream.
func (u *Upstream) Start(i int) { u.stopped[i] = false }

// Asked implements scorecard.Upstream.
func (u *Upstream) Asked() []string { return slices.Clone(u.asked) }

// Offers tells whether a version is on offer.
func (u *Upstream) Offers(name, version string) bool { return u.offered[name][version] != nil }

// Offered tells whether anything is.
func (u *Upstream) Offered() bool {
	for _, versions := range u.offered {
		if len(versions) > 0 {
			return true
		}
	}
	return false
}

// Ask asks for a name, as a repository does that tells too much.
func (u *Upstream) Ask(name string) { u.ask(name) }

// Stopped tells whether any mirror stands still.
func (u *Upstream) Stopped() bool { return slices.Contains(u.stopped, true) }

// ask is what the repository asks; false means that nobody answered.
func (u *Upstream) ask(name string) (map[string]*version, bool) {
	if u.stopped[0] && (u.Single || u.stopped[1]) {
		return nil, false
	}
	u.asked = append(u.asked, name)
	return u.offered[name], true
}

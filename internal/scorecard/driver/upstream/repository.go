package upstream

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Repository is an upstream that runs. It is safe for concurrent use.
type Repository struct {
	shelf   *shelf
	mirrors []*mirror
	sumdb   *database // nil but for Go
}

var _ scorecard.Upstream = (*Repository)(nil)

// Start starts an empty upstream that packs releases as the protocol does and
// answers at so many addresses. Close ends it.
func Start(ctx context.Context, protocol scorecard.Protocol, mirrors int) (*Repository, error) {
	r := &Repository{shelf: newShelf(protocol)}
	var door door
	switch e := protocol.Ecosystem(); e {
	case assay.NPM:
		door = npmDoor{r.shelf}
	case assay.Golang:
		db, err := newSumDB(r.shelf)
		if err != nil {
			return nil, err
		}
		r.sumdb = db
		door = golangDoor{r.shelf, db}
	case assay.PyPI:
		door = pypiDoor{r.shelf}
	case assay.Cargo:
		door = cargoDoor{r.shelf}
	case assay.Maven:
		door = mavenDoor{r.shelf}
	default:
		return nil, assay.Errorf(assay.Invalid, "there is no upstream that speaks %s: it can be %s, %s, %s, %s or %s",
			e, assay.NPM, assay.PyPI, assay.Golang, assay.Cargo, assay.Maven)
	}
	for range max(1, mirrors) {
		m, err := newMirror(ctx, door)
		if err != nil {
			r.Close()
			return nil, err
		}
		r.mirrors = append(r.mirrors, m)
	}
	return r, nil
}

// Close ends it and waits until nothing of it is left.
func (r *Repository) Close() {
	for _, m := range r.mirrors {
		m.close()
	}
}

// Addresses are where it answers, each ending in a slash.
func (r *Repository) Addresses() []string {
	var out []string
	for _, m := range r.mirrors {
		out = append(out, m.address)
	}
	return out
}

// ChecksumDatabase is the name and the note verifier key of the checksum
// database that vouches for its modules; both are empty where there is none.
func (r *Repository) ChecksumDatabase() (name, key string) {
	if r.sumdb == nil {
		return "", ""
	}
	return sumdbName, r.sumdb.key
}

// Offer implements scorecard.Upstream. A version that is there already is
// replaced.
func (r *Repository) Offer(release scorecard.Release, published time.Time) error {
	return r.shelf.put(release, published)
}

// Stock offers a few packages under well-known names, published long ago, as
// any upstream has: probes need something to look at.
func (r *Repository) Stock() error {
	const packages = 3
	names := r.shelf.protocol.WellKnown()
	for _, name := range names[:min(packages, len(names))] {
		for i, version := range []string{"1.0.0", "1.1.0"} {
			release := scorecard.Release{
				Name: name, Version: r.shelf.protocol.Version(version),
				Files: map[string]string{"README.md": "Not " + name + ", but in its place in an upstream of a trial: " + version + ".\n"},
			}
			if err := r.Offer(release, time.Now().AddDate(-2, i, 0)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Withdraw implements scorecard.Upstream.
func (r *Repository) Withdraw(name, version string) { r.shelf.drop(name, version) }

// Mirrors implements scorecard.Upstream.
func (r *Repository) Mirrors() int { return len(r.mirrors) }

// Stop implements scorecard.Upstream: from now on the mirror closes every
// connection without a word.
func (r *Repository) Stop(i int) { r.turn(i, true) }

// Start implements scorecard.Upstream.
func (r *Repository) Start(i int) { r.turn(i, false) }

func (r *Repository) turn(i int, off bool) {
	if i >= 0 && i < len(r.mirrors) {
		r.mirrors[i].stopped.Store(off)
	}
}

// Asked implements scorecard.Upstream. Searches and audits count too: they
// tell names as well.
func (r *Repository) Asked() []string {
	r.shelf.mu.Lock()
	defer r.shelf.mu.Unlock()
	return slices.Clone(r.shelf.asked)
}

// version is one that is offered.
type version struct {
	release   scorecard.Release
	published time.Time
	body      []byte
	mod       []byte // go.mod of a module
	h1        string // digest of a module's zip
}

// shelf is what is offered.
type shelf struct {
	protocol scorecard.Protocol
	// key is how a name is kept and looked for, where several spellings mean
	// one package.
	key func(name string) string

	mu       sync.Mutex
	packages map[string][]*version
	asked    []string
}

func newShelf(protocol scorecard.Protocol) *shelf {
	s := &shelf{protocol: protocol, key: func(name string) string { return name }, packages: map[string][]*version{}}
	switch protocol.Ecosystem() {
	case assay.PyPI:
		s.key = pypiName
	case assay.Cargo:
		s.key = strings.ToLower
	}
	return s
}

func (s *shelf) put(r scorecard.Release, published time.Time) error {
	v := &version{release: r, published: published.UTC(), body: r.Archive}
	if v.body == nil {
		var err error
		if v.body, err = s.protocol.Archive(r); err != nil {
			return assay.Wrap(assay.Invalid, err, "%s %s cannot be offered by the upstream", r.Name, r.Version)
		}
	}
	if s.protocol.Ecosystem() == assay.Golang {
		if err := v.readModule(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.key(r.Name)
	s.packages[name] = append(slices.DeleteFunc(s.packages[name], numbered(r.Version)), v)
	return nil
}

func numbered(number string) func(*version) bool {
	return func(v *version) bool { return v.release.Version == number }
}

func (s *shelf) drop(name, number string) {
	name = s.key(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	left := slices.DeleteFunc(s.packages[name], numbered(number))
	if len(left) == 0 {
		delete(s.packages, name)
		return
	}
	s.packages[name] = left
}

// find returns the versions of a package, for somebody who asked for it.
func (s *shelf) find(name string) []*version {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, name)
	return slices.Clone(s.packages[s.key(name)])
}

// found returns the versions of a package that a search came to.
func (s *shelf) found(name string) []*version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.packages[s.key(name)])
}

// note remembers names that were told without being asked for.
func (s *shelf) note(names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, names...)
}

// names are the names that hold a text.
func (s *shelf) names(text string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, name := range slices.Sorted(maps.Keys(s.packages)) {
		if strings.Contains(name, text) {
			found = append(found, name)
		}
	}
	return found
}

// one returns a version of a package.
func (s *shelf) one(name, number string) *version {
	versions := s.find(name)
	if i := slices.IndexFunc(versions, numbered(number)); i >= 0 {
		return versions[i]
	}
	return nil
}

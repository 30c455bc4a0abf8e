package insight

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/names"
	"assay.invalid/internal/insight/osv"
	"assay.invalid/internal/store"
)

// Options are what a Service needs beside its store.
type Options struct {
	// Grammars are those of the ecosystems that are served.
	Grammars osv.Grammars
	// Places are the registries by ecosystem, for Exposure.
	Places map[assay.Ecosystem]string
	// Dir is where the last good copies of addresses are kept; it is made when
	// it is needed. "": none are kept.
	Dir string
	// Fetcher asks addresses; nil: none is asked, and their copies are used.
	Fetcher Fetcher
	// Given are sources that are not kept: those named when the server was
	// started. One that cannot be read, and is no address, fails Load.
	Given  []Source
	Every  time.Duration // how often an address is asked; an hour
	Look   time.Duration // how often files and directories are looked at; 2 s
	Bytes  int64         // of one address's answer; 1 GiB
	Limits osv.Limits
	Lists  ListLimits

	Log *slog.Logger
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	o.Every = cmp.Or(o.Every, time.Hour)
	o.Look = cmp.Or(o.Look, 2*time.Second)
	o.Bytes = cmp.Or(o.Bytes, 1<<30)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Service is the insight of one data directory. It is safe for concurrent use.
type Service struct {
	o        Options
	store    store.Store
	grammars osv.Grammars

	known atomic.Pointer[knowledge]

	mu       sync.Mutex // guards what follows, and every change of known
	sources  []*reading
	own      *shelf
	embedded *badList
	watchers []func([]assay.Coordinate)

	changing chan struct{} // holds one token: one adding or removing at a time

	judging chan struct{} // holds one token, and guards what follows
	judge   Judge         // nil until Connect
	judged  []*badList    // the lists by which what is stored was judged; nil: not yet
	again   []assay.Digest
	againAt time.Time

	cancel context.CancelFunc
	base   context.Context
	wg     sync.WaitGroup
}

// Open reads what is kept of sources and the advisories that were written
// here. What the sources say is not known until Load, or until Start has
// loaded it. Close ends it.
func Open(ctx context.Context, st store.Store, o Options) (*Service, error) {
	o = o.withDefaults()
	s := &Service{o: o, store: st, grammars: o.Grammars, changing: make(chan struct{}, 1), judging: make(chan struct{}, 1)}
	s.base, s.cancel = context.WithCancel(context.Background())
	var err error
	if s.embedded, err = embeddedList(o.Grammars); err != nil {
		return nil, err
	}
	var kept []Source
	err = st.View(ctx, func(tx store.Tx) error {
		kept, err = readSources(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, src := range append(slices.Clone(o.Given), kept...) {
		if err := src.check(); err != nil {
			return nil, err
		}
		s.sources = append(s.sources, newReading(src))
	}
	for _, r := range s.sources[:len(o.Given)] {
		r.given = true
	}
	if s.own, err = s.ownShelf(ctx); err != nil {
		return nil, err
	}
	s.known.Store(s.collect())
	return s, nil
}

// Close ends what runs and waits for it.
func (s *Service) Close() error {
	s.cancel()
	s.wg.Wait()
	return nil
}

// Watch calls fn when more is known of packages, in force when it is called;
// nil means all of them. It is called before the change is answered, and may
// ask the Service nothing but Tell, KnownBad and Name.
func (s *Service) Watch(fn func(packages []assay.Coordinate)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, fn)
}

// collect makes the knowledge of what the sources said last. The caller holds
// mu.
func (s *Service) collect() *knowledge {
	var shelves []*shelf
	if s.own != nil && s.own.index.Len() > 0 {
		shelves = append(shelves, s.own)
	}
	lists := []*badList{s.embedded}
	for _, r := range s.sources {
		if r.shelf != nil {
			shelves = append(shelves, r.shelf)
		}
		if r.list != nil {
			lists = append(lists, r.list)
		}
	}
	return newKnowledge(shelves, lists)
}

// inForce makes a change known and tells those who watch. The caller holds mu
// and has made the change.
func (s *Service) inForce(packages []assay.Coordinate, all bool) {
	s.known.Store(s.collect())
	if len(packages) == 0 && !all {
		return
	}
	if all {
		packages = nil
	}
	for _, fn := range s.watchers {
		fn(packages)
	}
}

// asOf is when the sources were last found to be as they were read: of several
// the oldest, because what one of them would have said since is not known. It
// is zero while none was read.
func (s *Service) asOf() time.Time {
	k := s.known.Load()
	var oldest int64
	for _, sh := range k.shelves {
		if at := sh.confirmed.Load(); at != 0 && (oldest == 0 || at < oldest) {
			oldest = at
		}
	}
	if oldest == 0 {
		return time.Time{}
	}
	return time.UnixMicro(oldest).UTC()
}

// Tell adds what is known of a version to its facts.
func (s *Service) Tell(f *assay.Facts) {
	k := s.known.Load()
	c := f.Coordinate.At(f.Coordinate.Version)
	f.Advisories, f.Fixes = k.match(c)
	f.AdvisoriesRead = s.asOf()
	if f.KnownBad == "" {
		f.KnownBad = k.bad(c, f.Digest, s.grammars)
	}
}

// KnownBad names the list on which a digest stands, and why; "" if on none.
func (s *Service) KnownBad(d assay.Digest) string {
	for _, l := range s.known.Load().lists {
		if why := l.digests[d]; why != "" {
			return why
		}
	}
	return ""
}

// Prepare makes what Name needs for an ecosystem, so that the first question
// need not wait for it: some hundredths of a second, and some megabytes.
func (s *Service) Prepare(eco assay.Ecosystem) { _, _ = names.Default(eco) }

// Name judges the name of a package against the best known ones of its
// ecosystem; nil: it looks like none of them.
func (s *Service) Name(pkg assay.Coordinate) *assay.NameFinding {
	checker, ok := names.Default(pkg.Ecosystem)
	if !ok {
		return nil
	}
	finding, ok := checker.Check(pkg.Name)
	if !ok {
		return nil
	}
	return &finding
}

// Near judges the name of a package against those that are hosted; nil: it
// looks like none of them. It makes a checker of them, which takes about as
// long as there are names, so it is for what is rare: a first publication.
func (s *Service) Near(pkg assay.Coordinate, hosted []string) *assay.NameFinding {
	list := make([]names.Popular, len(hosted))
	for i, name := range hosted {
		list[i] = names.Popular{Name: name, Weight: 1}
	}
	finding, ok := names.New(list).Check(pkg.Name)
	if !ok {
		return nil
	}
	return &finding
}

// Record writes the advisory, in the OSV format, by which this place says that
// a version is malicious.
func (s *Service) Record(id string, version assay.Coordinate, reason string, at time.Time) ([]byte, error) {
	return osv.Write(id, version, reason, at)
}

func (s *Service) ownRecords(ctx context.Context) (own []store.OwnAdvisory, err error) {
	err = s.store.View(ctx, func(tx store.Tx) error {
		own, err = tx.OwnAdvisories(ctx)
		return err
	})
	return own, err
}

// OwnChanged reads this place's own advisories again.
func (s *Service) OwnChanged(ctx context.Context) error {
	// Read under the lock: of two changes at once the one that is put in force
	// last has seen both.
	s.mu.Lock()
	defer s.mu.Unlock()
	own, err := s.ownShelf(ctx)
	if err != nil {
		return err
	}
	packages, all := s.known.Load().changed(s.own, own)
	s.own = own
	s.inForce(packages, all)
	return nil
}

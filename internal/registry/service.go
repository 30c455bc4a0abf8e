package registry

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"assay.invalid/internal/admission"
	"assay.invalid/internal/assay"
	"assay.invalid/internal/blob"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
	"assay.invalid/internal/upstream"
)

// Rules is the rulebook as the registry uses it.
type Rules interface {
	// Current returns the rules in force; never nil.
	Current() *policy.Ruleset
	// Watch calls fn after each change is in force and before the change is
	// answered.
	Watch(fn func(old, new *policy.Ruleset))
}

// Fetcher asks an upstream. upstream.Client is one.
type Fetcher interface {
	Do(ctx context.Context, origin upstream.Origin, req upstream.Request) (*upstream.Response, error)
}

// Counter counts what was handed out and what was refused or warned of.
type Counter interface {
	Fetch(c assay.Coordinate, p assay.Principal)
	Verdict(registry string, c assay.Coordinate, op assay.Opinion, denied bool, p assay.Principal, why string)
	// Decided counts a decision that was taken on a request for a file, once
	// a request; one without opinions need not be told.
	Decided(c assay.Coordinate, d *assay.Decision)
	// Explained notes the why id of an explanation that was asked for. It is
	// no request for a package, and counts as none.
	Explained(c assay.Coordinate, why string)
	// Why returns the package URL that a why id was given for, or NotFound.
	Why(ctx context.Context, id string) (string, error)
}

// Limits bound what the registry keeps and how long it waits.
type Limits struct {
	Fresh       time.Duration // a listing younger than this is not checked again
	StaleAfter  time.Duration // how long a known package waits for a slow upstream
	Missing     time.Duration // how long "does not exist" is believed
	Refresh     time.Duration // the longest a listing's refresh may take
	Dating      time.Duration // the longest the dates of a listing's versions are waited for
	Transfer    time.Duration // the longest one file's transfer may take
	Document    int64         // bytes of one upstream document
	File        int64         // bytes of one file
	Passed      int64         // bytes of one passed answer
	DateAtOnce  int           // versions dated by their own documents, at once
	DateMost    int           // and at most in one refresh
	Snapshots   int64         // bytes of listings kept in memory, roughly
	Answers     int64         // bytes of rendered answers kept in memory
	AnswerInRAM int64         // a larger rendered answer lies on disk, and the kernel sends it from there
	HotFiles    int64         // bytes of small files kept in memory, and a share for larger ones kept open
	HotFile     int64         // a larger file is kept open, and the kernel sends it
	Cache       int64         // bytes of pulled-through files kept; the least used go
	Upkeep      time.Duration // how often use is written down and the cache is trimmed
	Garbage     time.Duration // age at which an unreferenced blob is deleted
}

// DefaultLimits are the limits of a server that nobody has tuned.
func DefaultLimits() Limits {
	return Limits{
		Fresh: 60 * time.Second, StaleAfter: 700 * time.Millisecond, Missing: 30 * time.Second,
		Refresh: 90 * time.Second, Dating: 10 * time.Second, Transfer: 30 * time.Minute,
		Document: 256 << 20, File: 2 << 30, Passed: 16 << 20,
		DateAtOnce: 16, DateMost: 512,
		Snapshots: 48 << 20, Answers: 32 << 20, AnswerInRAM: 16 << 10,
		HotFiles: 24 << 20, HotFile: 16 << 10,
		Cache: 20 << 30, Upkeep: 10 * time.Second, Garbage: 24 * time.Hour,
	}
}

// Config is what a Service is made of.
type Config struct {
	Store    store.Store
	Blobs    blob.Store
	Upstream Fetcher
	Rules    Rules
	// Sequencer tells publishers their place in the log; nil: they are not
	// told.
	Sequencer Sequencer
	Usage     Counter
	// Insight knows more of versions than upstreams say; nil: nothing does.
	Insight Insight
	// Scanner looks into files for what malware does; nil: nobody looks.
	Scanner Scanner
	// Holders knows who may publish; nil: nobody is named as an owner.
	Holders  Holders
	Adapters []ecosystem.Adapter
	BaseURL  string // the public address, without a slash at the end
	Limits   Limits // DefaultLimits if zero
	// Admission bounds what one publication may carry; zero fields mean
	// their defaults.
	Admission admission.Limits
	Log       *slog.Logger
	Now       func() time.Time // time.Now if nil
}

// Service is the registry of one data directory.
type Service struct {
	cfg    Config
	lim    Limits
	log    *slog.Logger
	now    func() time.Time
	whyKey []byte

	places map[string]*Place // by name; not changed after New
	byEco  map[assay.Ecosystem]*Place

	admission *admission.Pipeline
	transfers *upstream.Flights
	flights   *flights
	refreshes *shared[*snapshot]
	renders   *shared[*answer]
	answers   *lru[string, *answer]
	hot       *lru[store.FileKey, *hotFile]

	base   context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	usedMu sync.Mutex
	used   map[store.FileKey]time.Time

	stats Stats
}

// Stats are counters since the start, read at any time.
type Stats struct {
	UpstreamRequests, ListingsWarm, ListingsRendered, FilesWarm, FilesFetched, Stale, Cut, Evicted atomic.Int64
}

const whyKeySetting = "why-key"

// New makes a service over an open store. It starts the upkeep; Close ends
// it.
func New(ctx context.Context, cfg Config) (*Service, error) {
	if cfg.Limits == (Limits{}) {
		cfg.Limits = DefaultLimits()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.BaseURL = strings.TrimRight(cfg.BaseURL, "/")
	base, cancel := context.WithCancel(context.Background())
	s := &Service{cfg: cfg, lim: cfg.Limits, log: cfg.Log, now: cfg.Now,
		places: map[string]*Place{}, byEco: map[assay.Ecosystem]*Place{},
		admission: admission.Standard(cfg.Admission),
		transfers: upstream.NewFlights(), flights: newFlights(),
		base: base, cancel: cancel, used: map[store.FileKey]time.Time{}}
	s.refreshes = newShared[*snapshot](base, &s.wg)
	s.renders = newShared[*answer](base, &s.wg)
	s.answers = newLRU[string](cfg.Limits.Answers, (*answer).dropped)
	s.hot = newLRU[store.FileKey](cfg.Limits.HotFiles, (*hotFile).dropped)
	for _, a := range cfg.Adapters {
		p := &Place{s: s, name: a.Place(), adapter: a, eco: a.Ecosystem(), grammar: a.Grammar(), format: a.Format(),
			packages: newLRU[string, *pack](cfg.Limits.Snapshots, nil)}
		p.origins.Store(&[]store.Origin{})
		s.places[p.name] = p
		s.byEco[p.eco] = p
	}
	if err := s.prepare(ctx); err != nil {
		cancel()
		return nil, err
	}
	cfg.Rules.Watch(s.rulesChanged)
	if cfg.Insight != nil {
		cfg.Insight.Watch(s.insightChanged)
	}
	s.wg.Add(1)
	go s.upkeep()
	return s, nil
}

// prepare reads the origins and the key of the why ids.
func (s *Service) prepare(ctx context.Context) error {
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		var err error
		s.whyKey, err = tx.Setting(ctx, whyKeySetting)
		return err
	})
	if assay.Is(err, assay.NotFound) {
		s.whyKey = make([]byte, 32)
		_, _ = rand.Read(s.whyKey) // never fails (crypto/rand)
		err = s.cfg.Store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(ctx, whyKeySetting, s.whyKey) })
	}
	if err != nil {
		return err
	}
	return s.ReloadOrigins(ctx)
}

// ReloadOrigins reads the upstreams of all places again after they were set.
func (s *Service) ReloadOrigins(ctx context.Context) error {
	byPlace := map[string][]store.Origin{}
	err := s.cfg.Store.View(ctx, func(tx store.Tx) error {
		origins, err := tx.Origins(ctx)
		for _, o := range origins {
			byPlace[o.Registry] = append(byPlace[o.Registry], o)
		}
		return err
	})
	if err != nil {
		return err
	}
	for name, p := range s.places {
		origins := byPlace[name]
		p.origins.Store(&origins)
		p.packages.clear()
	}
	return nil
}

// Place returns the named place as adapters see it.
func (s *Service) Place(name string) (ecosystem.Repository, bool) {
	p, ok := s.places[name]
	if !ok {
		return nil, false
	}
	return p, true
}

// Stats returns the service's counters.
func (s *Service) Stats() *Stats { return &s.stats }

// Close ends background work, waits for it and writes down what is due. The
// answers under way must have ended before.
func (s *Service) Close() error {
	s.cancel()
	err := s.transfers.Close()
	s.wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.writeUse(ctx)
	s.answers.clear()
	s.hot.clear()
	return err
}

// rulesChanged cuts what the new rules deny. It runs before the change is
// answered.
func (s *Service) rulesChanged(_, rules *policy.Ruleset) {
	now := s.now()
	n := s.flights.review(func(f *assay.Facts) bool {
		if rules.Claimed(f.Coordinate.Ecosystem, f.Coordinate.Name) != f.Hosted {
			return true // what is claimed now is no longer the upstream's to give
		}
		d := rules.Decide(f, now)
		return d.Denied()
	})
	if n > 0 {
		s.stats.Cut.Add(int64(n))
		s.log.Info("answers under way were cut", "count", n, "epoch", rules.Epoch())
	}
}

// whyID is a keyed hash of coordinate, epoch and audience: it can be found
// again, but tells a stranger nothing.
func (s *Service) whyID(c assay.Coordinate, epoch uint64) string {
	mac := hmac.New(sha256.New, s.whyKey)
	mac.Write([]byte(c.String()))
	var b [9]byte
	binary.BigEndian.PutUint64(b[1:], epoch)
	mac.Write(b[:])
	mac.Write([]byte("anonymous"))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:10]))
}

// fromUpstream gives an error met while asking an upstream one of our kinds.
// An answer that is too large is the upstream's fault, not the asker's.
func fromUpstream(err error, doing string) error {
	if assay.Is(err, assay.TooLarge) {
		return assay.Wrap(assay.Unsound, err, "%s: the upstream's answer is larger than Assay takes", doing)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		var e *assay.Error
		if !errors.As(err, &e) {
			return assay.Wrap(assay.Canceled, err, "%s", doing)
		}
	}
	return err
}

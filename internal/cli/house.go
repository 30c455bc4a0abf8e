package cli

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/auth"
	"assay.invalid/internal/blob/dir"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/cli/datadir"
	"assay.invalid/internal/ecosystem/golang"
	"assay.invalid/internal/ecosystem/list"
	"assay.invalid/internal/insight"
	"assay.invalid/internal/insight/content"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/registry"
	"assay.invalid/internal/rulebook"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
	"assay.invalid/internal/upstream"
	"assay.invalid/internal/usage"
)

// house is the rooms of one data directory, wired. It is built in two steps,
// because the upstreams, which may have to be asked for, are known only with
// the store at hand: openHouse, then furnish.
type house struct {
	dir    *datadir.Dir
	log    *slog.Logger
	now    func() time.Time
	store  *keptStore
	kept   kept
	self   adopt.Self
	rules  *rulebook.Book
	tokens *auth.Book
	table  *list.Table
	blobs  *dir.Store // nil until openBlobs
	heavy  sync.Mutex // held by a verification or a backup; see alone

	reach      ruleReaches // counted for the page of the rules
	previewing sync.Mutex  // held by a preview of a policy

	// The log; nil until openLog, or openLogFiles.
	logFiles  *journal.Directory
	sequencer *journal.Sequencer
	stopLog   func()
	logEnded  chan struct{} // closed when the sequencer has ended
	logFault  error         // why, if nobody told it to; set before logEnded is closed

	// Set by furnish.
	client   *upstream.Client // or by openInsight
	counts   *usage.Recorder
	insight  *insight.Service // or by openInsight
	registry *registry.Service
}

// lastWrite bounds how long the last counts may take to be written.
const lastWrite = 10 * time.Second

// grammars is the table of ecosystems for those who only read names,
// versions and patterns.
func grammars() *list.Table { return list.NewTable(list.Adapters(list.Config{})) }

// openHouse opens the store and the rules, which is all that most commands
// need. The caller holds the lock on the data directory until after Close.
func openHouse(ctx context.Context, d *datadir.Dir, log *slog.Logger, now func() time.Time) (*house, error) {
	h := &house{dir: d, log: log, now: now, table: grammars()}
	opened, err := sqlite.Open(ctx, d.Database(), log)
	if err != nil {
		return nil, err
	}
	h.store = &keptStore{Store: opened}
	if h.kept, err = readKept(ctx, h.store, h.table.Places(), now()); err == nil {
		h.rules, err = rulebook.Open(ctx, h.store, h.table.Grammar, now)
	}
	if err != nil {
		return nil, errors.Join(err, h.store.Close())
	}
	h.rules.Connect(rulebook.Surroundings{Known: h.knownUpstream, Hosts: h.hosted})
	h.tokens = auth.Start(h.store, h.table.Grammar, auth.Options{Log: log, Now: now})
	return h, nil
}

// furniture is what furnish needs to know.
type furniture struct {
	base  string // the address that clients use
	sumdb *golang.SumDB
	cache int64 // bytes; 0 for the default
}

// furnish adds what packages are pulled through with.
func (h *house) furnish(ctx context.Context, f furniture) error {
	h.table = list.NewTable(list.Adapters(list.Config{SumDB: f.sumdb}))
	blobs, err := h.openBlobs()
	if err != nil {
		return err
	}
	follows := h.insight != nil // it has been started, and reads by itself
	if !follows {
		if err := h.openInsight(ctx, nil); err != nil {
			return err
		}
		if err := h.insight.Load(ctx); err != nil {
			return err
		}
	}
	h.counts = usage.Start(h.store, usage.Options{Log: h.log, Now: h.now, Hosted: h.isClaimed})
	limits := registry.DefaultLimits()
	if f.cache > 0 {
		limits.Cache = f.cache
	}
	var holders registry.Holders
	if h.tokens != nil { // a nil pointer in an interface is not nil
		holders = h.tokens
	}
	var sequencer registry.Sequencer
	if h.sequencer != nil { // a nil pointer in an interface is not nil
		sequencer = h.sequencer
	}
	h.registry, err = registry.New(ctx, registry.Config{
		Sequencer: sequencer, Holders: holders,
		Store: h.store, Blobs: blobs, Upstream: h.fetching(), Insight: h.insight, Scanner: scanner{content.New(content.Limits{})}, Rules: h.rules, Usage: h.counts,
		Adapters: h.table.Adapters(), BaseURL: f.base, Limits: limits, Log: h.log, Now: h.now,
	})
	if err != nil || follows {
		return err
	}
	return h.insight.Connect(ctx, h.registry.Rejudge)
}

// isClaimed tells whether a package is hosted here.
func (h *house) isClaimed(c assay.Coordinate) bool {
	return h.rules.Current().Claimed(c.Ecosystem, c.Name)
}

// knownUpstream and hosted answer the rulebook's questions before a claim is
// made or ended. Without a registry nobody can say, and so nothing is changed.
func (h *house) knownUpstream(ctx context.Context, p assay.Pattern) ([]string, error) {
	if h.registry == nil {
		return nil, errNoRegistry()
	}
	return h.registry.KnownUpstream(ctx, p)
}

func (h *house) hosted(ctx context.Context, p assay.Pattern) ([]string, error) {
	if h.registry == nil {
		return nil, errNoRegistry()
	}
	return h.registry.Hosted(ctx, p)
}

func errNoRegistry() error {
	return assay.Errorf(assay.Internal, "this process has no registry to ask for the names of packages")
}

// adopt asks the package managers for upstreams.
func (h *house) adopt(ctx context.Context, env []string, askers map[string]adopt.Asker) ([]supply, *golang.SumDB, error) {
	a := adopter{
		store: h.store, places: h.table.Places(), kept: h.kept, askers: askers, now: h.now(),
		config: adopt.Config{Env: env, Self: h.self},
	}
	return a.run(ctx)
}

// Close closes the rooms, the ones that use others first. What they still
// have to write down is written.
func (h *house) Close() error {
	var errs []error
	if h.insight != nil {
		errs = append(errs, h.insight.Close())
	}
	if h.registry != nil {
		errs = append(errs, h.registry.Close())
	}
	// The context that ended the server has ended; the last counts and uses
	// are written all the same.
	ctx, cancel := context.WithTimeout(context.Background(), lastWrite)
	defer cancel()
	if h.counts != nil {
		errs = append(errs, h.counts.Close(ctx))
	}
	errs = append(errs, h.tokens.Close(ctx))
	if h.client != nil {
		errs = append(errs, h.client.Close())
	}
	// After all who commit: their last events get their place in the log.
	errs = append(errs, h.closeLog())
	return errors.Join(append(errs, h.store.Close())...)
}

// ready says why the server cannot do its work.
func (h *house) ready(ctx context.Context) error {
	return h.store.View(ctx, func(tx store.Tx) error {
		_, err := tx.Setting(ctx, settingInstance)
		return err
	})
}

// selfOf makes the address that must not be adopted of the listen address,
// invalid when nothing listens, and the one that clients use.
func selfOf(listen netip.AddrPort, base string) (adopt.Self, error) {
	u, err := url.Parse(base)
	if err != nil {
		return adopt.Self{}, assay.Wrap(assay.Internal, err, "the base address %s cannot be read", base)
	}
	if address, err := netip.ParseAddrPort(u.Host); err == nil && !listen.IsValid() {
		listen = address
	}
	return adopt.Self{Listen: listen, Public: u}, nil
}

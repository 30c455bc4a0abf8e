package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/cli/adopt"
	"assay.invalid/internal/cli/datadir"
	"assay.invalid/internal/server/api"
)

// defaultBase is the address that explanations link to before any server has
// run on the data directory.
const defaultBase = "http://127.0.0.1:8417/"

// patience is how long a command waits for another that holds the lock, or
// for a server that is starting or stopping.
const patience = 10 * time.Second

// need is what a command wants of a data directory.
type need struct {
	holder   string // the command's name, for whoever finds the lock taken
	change   bool   // makes the directory if there is none
	packages bool   // asks what packages there are
	registry bool   // and asks upstreams for them
	log      bool   // needs the log's signed checkpoint; a change opens the log always
}

func asking(holder string) need { return need{holder: holder} }

func changing(holder string) need { return need{holder: holder, change: true} }

// control runs fn with whoever answers: the server that --server names, else,
// for the data directory, the running server or this process under the
// directory's lock.
func (p *program) control(ctx context.Context, n need, fn func(context.Context, api.Control) error) error {
	if p.reach.server != "" {
		return p.remotely(ctx, fn)
	}
	dir, err := p.openDir(n)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	for {
		conn, err := dir.Dial(ctx)
		if err == nil {
			conn.Close() // it only told that a server listens
			client := api.NewDialClient(dir.Dial)
			defer client.Close()
			return fn(ctx, client)
		}
		if !assay.Is(err, assay.NotFound) {
			return err
		}
		lock, held, err := dir.TryLock(n.holder)
		if err == nil {
			return p.alone(ctx, dir, lock, n, fn)
		}
		if !assay.Is(err, assay.Conflict) {
			return err
		}
		if time.Now().After(deadline) {
			if held.Holder == datadir.Serve {
				return assay.Errorf(assay.Unavailable,
					"%s holds the data directory %s but does not answer: it is starting or stopping; try again in a moment", held, dir.Path())
			}
			return assay.Errorf(assay.Conflict, "the data directory %s is in use by %s: try again when that has finished", dir.Path(), held)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// openDir finds the data directory. A change may be made before the first
// server runs, so it makes a missing one, and says so: with a mistyped path
// the change would otherwise seem to be in force where it is not.
func (p *program) openDir(n need) (*datadir.Dir, error) {
	if !n.change {
		return datadir.Open(p.data)
	}
	dir, made, err := datadir.Make(p.data)
	if err == nil && made {
		fmt.Fprintf(p.err, "Note: made a new data directory, %s.\n", dir.Path())
	}
	return dir, err
}

// alone runs fn in this process.
func (p *program) alone(ctx context.Context, dir *datadir.Dir, lock *datadir.Lock, n need, fn func(context.Context, api.Control) error) (err error) {
	defer func() { err = errors.Join(err, lock.Release()) }()
	h, err := openHouse(ctx, dir, slog.New(slog.DiscardHandler), p.now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	base := h.kept.base
	if base == "" {
		base = defaultBase
	}
	if h.self, err = selfOf(netip.AddrPort{}, base); err != nil {
		return err
	}
	if n.change || n.log {
		if err := h.openLog(ctx, nil); err != nil {
			return err
		}
	}
	if n.registry || n.packages {
		sumdb := h.kept.sumdb
		if n.registry && len(h.kept.origins) == 0 {
			// No server has run here yet.
			err := p.waiting(ctx, "Asking the package managers for their upstreams", func(ctx context.Context) error {
				_, found, err := h.adopt(ctx, p.env, adopt.Askers())
				sumdb = found
				return err
			})
			if err != nil {
				return err
			}
		}
		if err := h.furnish(ctx, furniture{base: base, sumdb: sumdb}); err != nil {
			return err
		}
	}
	// Whoever holds the lock could open the data directory.
	ctx = assay.WithPrincipal(ctx, assay.Operator)
	if err := fn(ctx, &control{house: h}); err != nil {
		return err
	}
	if n.change {
		// What is committed is committed: a late log makes nobody fail.
		if err := h.sequencer.Flush(ctx); err != nil {
			fmt.Fprintf(p.err, "Note: the change has no place in the log yet, and gets it from the next command or server: %s\n", sentence(err))
		}
		fmt.Fprintln(p.err, "No server runs on this data directory: the change is kept, and in force when one starts.")
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, ctx.Err(), "stopped")
	case <-timer.C:
		return nil
	}
}

package insight

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/insight/osv"
)

// reading is a source and what is made of it.
type reading struct {
	Source
	given bool
	busy  chan struct{}   // holds one token: it is read once at a time
	life  context.Context // ends when it is removed
	end   context.CancelFunc

	// Guarded by Service.mu.
	content
	attempted time.Time
	confirmed time.Time // when it was last found to be as it was read
	problem   string    // why the last attempt was not used; "": it was
	due       time.Time // when it is looked at next
	failures  int       // in a row
	removed   bool

	// Belongs to the holder of busy.
	signature string    // of files, as they were when they were read
	copied    *copyNote // of an address; nil: there is no copy
}

func newReading(src Source) *reading {
	r := &reading{Source: src, busy: make(chan struct{}, 1)}
	r.life, r.end = context.WithCancel(context.Background())
	return r
}

// content is what one reading of a source gave: a shelf or a list; nil for a
// source that was never read.
type content struct {
	shelf *shelf
	list  *badList
}

func (c content) empty() bool { return c.shelf == nil && c.list == nil }

// report says what became of what was read.
func (c content) report() osv.Report {
	switch {
	case c.shelf != nil:
		return c.shelf.report
	case c.list != nil:
		return c.list.report
	}
	return osv.Report{}
}

// found is how many records or entries there are, withdrawn ones too.
func (c content) found() int {
	r := c.report()
	return r.Records + r.Withdrawn
}

// hold waits for its turn with a source; release ends it.
func (r *reading) hold(ctx context.Context) error {
	select {
	case r.busy <- struct{}{}:
		return nil
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "waiting for the source %s", r.Name)
	}
}

func (r *reading) release() { <-r.busy }

// whileThere ends a context when the source is removed.
func (r *reading) whileThere(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(r.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// sound says why a reading may not take the place of the last good one; nil
// where it may. What got lost because it broke is not taken back.
func sound(last, now content) error {
	report := now.report()
	first := ""
	if len(report.Problems) > 0 {
		first = ": " + report.Problems[0].Where + ": " + report.Problems[0].What
	}
	switch {
	case now.found() == 0 && report.Broken > 0:
		return assay.Errorf(assay.Unsound, "nothing in it could be read%s", first)
	case !last.empty() && report.Broken > last.report().Broken && now.found() < last.found():
		return assay.Errorf(assay.Unsound, "more of it is broken than before, and it holds %d where it held %d%s; what it said before stays", now.found(), last.found(), first)
	}
	return nil
}

// parse makes content of one file's bytes.
func (s *Service) parse(ctx context.Context, src *Source, name string, f io.Reader, size int64) (content, error) {
	if src.Kind == KnownBad {
		l, err := readList(src.Name, f, s.grammars, s.o.Lists)
		return content{list: l}, err
	}
	sh, err := readShelf(src.Name, s.grammars, func(report *osv.Report, add func(osv.Record)) error {
		return osv.ReadFile(ctx, name, f, size, s.o.Limits, report, add)
	})
	return content{shelf: sh}, err
}

// read reads a source: a file or directory if it has changed, or anew says so;
// an address if it says that it has. What is sound is in force when it
// returns.
func (s *Service) read(ctx context.Context, r *reading, anew bool) error {
	if err := r.hold(ctx); err != nil {
		return err
	}
	defer r.release()
	ctx, cancel := r.whileThere(ctx)
	defer cancel()
	began := s.o.Now()
	var now content
	var err error
	if r.address() {
		now, err = s.readAddress(ctx, r)
	} else {
		now, err = s.readLocal(ctx, r, anew)
	}
	if ctx.Err() != nil {
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "reading the source %s was given up", r.Name)
	}
	s.done(r, now, began, err)
	if err != nil {
		return err
	}
	giveBack(now.found())
	return s.rejudge(ctx)
}

// giveBack returns what a large reading has used, several times what it leaves,
// to the system at once: an hour passes until the next.
func giveBack(found int) {
	if found >= largeReading {
		debug.FreeOSMemory()
	}
}

// largeReading is how many records make it worth a pass of the collector.
const largeReading = 20_000

// done notes how a reading ended, and puts what is new in force: now is empty
// where nothing is.
func (s *Service) done(r *reading, now content, began time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.attempted = s.o.Now()
	if err != nil {
		what := assay.PublicMessage(err)
		if r.problem != what {
			s.o.Log.Warn("a source of "+string(r.Kind)+" cannot be used; what it said last stays", "source", r.Name, "from", r.From, "problem", what)
		}
		r.problem = what
		r.failures++
		r.due = r.attempted.Add(s.after(r, r.attempted.Sub(began)))
		return
	}
	if r.problem != "" {
		s.o.Log.Info("a source of "+string(r.Kind)+" is well again", "source", r.Name)
	}
	r.problem, r.failures, r.confirmed = "", 0, r.attempted
	r.due = r.attempted.Add(s.after(r, r.attempted.Sub(began)))
	if r.removed {
		return
	}
	if !now.empty() {
		s.put(r, now)
	}
	if r.shelf != nil {
		r.shelf.confirmed.Store(r.confirmed.UnixMicro())
	}
}

// put puts what a source says now in force. The caller holds mu.
func (s *Service) put(r *reading, now content) {
	old := r.content
	r.content = now
	if now.shelf != nil {
		now.shelf.confirmed.Store(r.confirmed.UnixMicro())
	}
	var packages []assay.Coordinate
	all := false
	if old.shelf != nil || now.shelf != nil {
		packages, all = s.known.Load().changed(old.shelf, now.shelf)
	}
	packages = append(packages, differ(old.list, now.list)...)
	s.inForce(packages, all)
	report := now.report()
	s.o.Log.Info("a source of "+string(r.Kind)+" was read", "source", r.Name, "records", report.Records, "broken", report.Broken, "packages_changed", len(packages))
}

// problems is what is wrong with a source, as a person is told.
func (r *reading) problems() []string {
	var out []string
	if r.problem != "" {
		out = append(out, r.problem)
	}
	report := r.report()
	for _, p := range report.Problems {
		out = append(out, p.Where+": "+p.What)
	}
	if more := report.Broken - len(report.Problems); more > 0 {
		out = append(out, fmt.Sprintf("and %d more that could not be read", more))
	}
	return out
}

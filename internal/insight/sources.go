package insight

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// Status is a source and how it does.
type Status struct {
	Source
	Always  bool // it is part of the program or of the data directory
	Given   bool // it was named when the server was started
	Records int  // records or entries in use
	// Withdrawn records match nothing; Elsewhere are packages of ecosystems
	// that Assay does not know.
	Withdrawn, Elsewhere, Broken int
	Read                         time.Time // when it was last found to be as it was read; zero if never
	Tried                        time.Time // when that was last tried
	Next                         time.Time // when it is looked at next; zero if nobody does
	Problems                     []string  // the first of them
}

// maxProblems bounds the problems that are told of a source.
const maxProblems = 10

// Sources are all sources of a kind, those that are always there first.
func (s *Service) Sources(kind Kind) []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Status
	if kind == Advisories {
		r := reading{Source: Source{Kind: kind, Name: OwnName, From: "the advisories that were written here"}, content: content{shelf: s.own}}
		out = append(out, r.status(true))
	} else {
		r := reading{Source: Source{Kind: kind, Name: EmbeddedName, From: "part of the program"}, content: content{list: s.embedded}}
		out = append(out, r.status(true))
	}
	for _, r := range s.sources {
		if r.Kind == kind {
			out = append(out, r.status(false))
		}
	}
	return out
}

func (r *reading) status(always bool) Status {
	report := r.report()
	st := Status{Source: r.Source, Always: always, Given: r.given, Records: report.Records, Withdrawn: report.Withdrawn, Broken: report.Broken,
		Read: r.confirmed, Tried: r.attempted, Next: r.due, Problems: r.problems()}
	for _, n := range report.Elsewhere {
		st.Elsewhere += n
	}
	st.Problems = st.Problems[:min(len(st.Problems), maxProblems)]
	return st
}

// Add adds a source, which must be sound: it is in force when Add returns.
func (s *Service) Add(ctx context.Context, src Source) (Status, error) {
	if err := src.check(); err != nil {
		return Status{}, err
	}
	if err := s.change(ctx); err != nil {
		return Status{}, err
	}
	defer func() { <-s.changing }()
	if err := s.room(src); err != nil {
		return Status{}, err
	}
	src.Added = s.o.Now().UTC()
	r := newReading(src)
	// It is read before it is kept: a mistyped path that gives nothing, for
	// ever and in silence, would be worse than none.
	now, err := s.firstReading(ctx, r)
	if err == nil {
		err = changeSources(ctx, s.store, func(kept []Source) ([]Source, error) {
			kept = slices.DeleteFunc(kept, func(k Source) bool { return k.Kind == src.Kind && k.Name == src.Name })
			return append(kept, src), nil
		})
	}
	if err != nil {
		return Status{}, errors.Join(err, s.forget(&src))
	}
	s.mu.Lock()
	s.sources = append(s.sources, r)
	r.attempted = s.o.Now()
	r.confirmed = r.attempted
	r.due = r.attempted.Add(s.after(r, 0))
	s.put(r, now)
	st := r.status(false)
	s.mu.Unlock()
	return st, s.rejudge(ctx)
}

// firstReading reads a source that is not in use yet.
func (s *Service) firstReading(ctx context.Context, r *reading) (content, error) {
	var now content
	var err error
	if r.address() {
		now, err = s.readAddress(ctx, r)
	} else {
		now, err = s.readLocal(ctx, r, true)
	}
	if err == nil && now.empty() {
		err = assay.Errorf(assay.Unsound, "%s gave nothing", r.From)
	}
	return now, err
}

func (s *Service) change(ctx context.Context) error {
	select {
	case s.changing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return assay.Wrap(assay.Canceled, context.Cause(ctx), "waiting for another change of the sources")
	}
}

// room says why there is none for a source.
func (s *Service) room(src Source) error {
	if strings.HasPrefix(src.Name, givenPrefix) {
		return assay.Errorf(assay.Invalid, "names that begin with %q are those of sources named when a server is started: take another", givenPrefix)
	}
	all := s.all()
	for _, r := range all {
		switch {
		case r.Kind != src.Kind:
		case r.Name == src.Name:
			return assay.Errorf(assay.Conflict, "there is a source %q already, from %s: remove it first, or take another name", src.Name, r.From)
		case r.From == src.From:
			return assay.Errorf(assay.Conflict, "%s is read already, as the source %q", src.From, r.Name)
		}
	}
	if len(all) >= maxSources {
		return assay.Errorf(assay.Exhausted, "there are %d sources already, and that is the most: put several files into one directory or archive", len(all))
	}
	return nil
}

// Remove ends a source. What it said is not known any more when Remove
// returns.
func (s *Service) Remove(ctx context.Context, kind Kind, name string) (Status, error) {
	if name == OwnName && kind == Advisories || name == EmbeddedName && kind == KnownBad {
		return Status{}, assay.Errorf(assay.Invalid, "the source %q is always there", name)
	}
	if err := s.change(ctx); err != nil {
		return Status{}, err
	}
	defer func() { <-s.changing }()
	r, err := s.find(kind, name)
	if err != nil {
		return Status{}, err
	}
	if r.given {
		return Status{}, assay.Errorf(assay.Conflict, "the source %q was named when the server was started: start it without", name)
	}
	err = changeSources(ctx, s.store, func(kept []Source) ([]Source, error) {
		return slices.DeleteFunc(kept, func(k Source) bool { return k.Kind == kind && k.Name == name }), nil
	})
	if err != nil {
		return Status{}, err
	}
	s.mu.Lock()
	st := r.status(false)
	r.removed = true
	r.end()
	s.sources = slices.DeleteFunc(s.sources, func(o *reading) bool { return o == r })
	s.put(r, content{})
	s.mu.Unlock()
	// A reading under way ends now; after it nothing is written for the source.
	if err := r.hold(ctx); err != nil {
		return st, err
	}
	defer r.release()
	return st, errors.Join(s.rejudge(ctx), s.forget(&r.Source))
}

// forget removes the copy of a source.
func (s *Service) forget(src *Source) error {
	dir := s.sourceDir(src)
	if dir == "" || !src.address() {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return assay.Wrap(assay.Unavailable, err, "the copy of %s could not be removed", src.From)
	}
	return nil
}

func (s *Service) find(kind Kind, name string) (*reading, error) {
	for _, r := range s.all() {
		if r.Kind == kind && r.Name == name {
			return r, nil
		}
	}
	return nil, assay.Errorf(assay.NotFound, "there is no source %q", name)
}

// Refresh reads the named source anew, or all of a kind for "". What is wrong
// with one is told in its status; the error is of what kept it from trying.
func (s *Service) Refresh(ctx context.Context, kind Kind, name string) ([]Status, error) {
	var chosen []*reading
	if name == "" {
		for _, r := range s.all() {
			if r.Kind == kind {
				chosen = append(chosen, r)
			}
		}
	} else {
		r, err := s.find(kind, name)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, r)
	}
	for _, r := range chosen {
		if err := s.read(ctx, r, true); assay.Is(err, assay.Canceled) {
			return nil, err
		}
	}
	out := []Status{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range chosen {
		out = append(out, r.status(false))
	}
	return out, nil
}

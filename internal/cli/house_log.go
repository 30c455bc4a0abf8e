package cli

import (
	"context"
	"errors"
	"sync/atomic"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/journal"
	"assay.invalid/internal/store"
	"assay.invalid/internal/store/sqlite"
)

// keptStore is the metadata store as the rooms get it: after each commit it
// wakes whoever puts the events into the log.
type keptStore struct {
	*sqlite.Store
	sequencer atomic.Pointer[journal.Sequencer]
}

var _ store.Store = (*keptStore)(nil)

// Update implements store.Store. The sequencer itself writes past it, or it
// would wake itself.
func (s *keptStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := s.Store.Update(ctx, fn)
	if sequencer := s.sequencer.Load(); sequencer != nil && err == nil {
		sequencer.Wake()
	}
	return err
}

// openLog opens the transparency log and begins to put events into it. One
// that would fork is refused, before anything is changed.
func (h *house) openLog(ctx context.Context, witnesses []journal.Witness) error {
	if err := h.openLogFiles(); err != nil {
		return err
	}
	sequencer, err := journal.New(ctx, journal.Config{
		Store: h.store.Store, Files: h.logFiles, KeyFile: h.dir.LogKey(), InstanceID: h.kept.instance,
		Witnesses: witnesses, Log: h.log,
	})
	if err != nil {
		return err
	}
	// It outlives the context that ends the server: what is committed on the
	// way out still gets its place.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.logFault = sequencer.Run(running)
	}()
	h.sequencer, h.stopLog, h.logEnded = sequencer, stop, ended
	h.store.sequencer.Store(sequencer)
	return nil
}

// openLogFiles makes the log's files readable, which needs no key.
func (h *house) openLogFiles() (err error) {
	if h.logFiles == nil {
		h.logFiles, err = journal.OpenDirectory(h.dir.Log())
	}
	return err
}

// closeLog ends the log, after all who commit. What waits gets its place.
func (h *house) closeLog() error {
	var errs []error
	if h.sequencer != nil {
		h.stopLog()
		<-h.logEnded
		errs = append(errs, h.logFault)
	}
	if h.logFiles != nil {
		errs = append(errs, h.logFiles.Close())
	}
	return errors.Join(errs...)
}

// errNoLog is for a question that this process was not opened for.
func errNoLog() error {
	return assay.Errorf(assay.Internal, "this process has not opened the log")
}

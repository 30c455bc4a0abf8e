package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"assay.invalid/internal/server/api"
)

// waiting runs fn, and when that takes more than a moment tells a person at
// the terminal what is being waited for and how long already. Nothing is left
// on the line, and nothing is printed where nobody looks.
func (p *program) waiting(ctx context.Context, what string, fn func(context.Context) error) error {
	if !isTerminal(p.err) {
		return fn(ctx)
	}
	return showWaiting(ctx, p.err, time.Second, what, fn)
}

func showWaiting(ctx context.Context, w io.Writer, every time.Duration, what string, fn func(context.Context) error) error {
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		started := time.Now()
		shown := false
		for {
			select {
			case <-done:
				if shown {
					fmt.Fprint(w, "\r\x1b[K")
				}
				return
			case <-ticker.C:
				shown = true
				fmt.Fprintf(w, "\r\x1b[K%s ... %s", clean(what), time.Since(started).Round(every))
			}
		}
	}()
	err := fn(ctx)
	close(done)
	<-stopped
	return err
}

// progressing runs fn, and shows a person at the terminal how far it is.
// Nothing is left on the line, and nothing is printed where nobody looks.
func (p *program) progressing(ctx context.Context, what string, fn func(context.Context, api.Progress) error) error {
	if !isTerminal(p.err) {
		return fn(ctx, nil)
	}
	return showProgress(ctx, p.err, what, fn)
}

func showProgress(ctx context.Context, w io.Writer, what string, fn func(context.Context, api.Progress) error) error {
	var last time.Time
	shown := false
	err := fn(ctx, func(done, total int64) {
		if now := time.Now(); now.Sub(last) >= 100*time.Millisecond {
			last, shown = now, true
			percent := int64(100)
			if total > 0 {
				percent = 100 * done / total
			}
			fmt.Fprintf(w, "\r\x1b[K%s ... %d%% (%d of %d)", clean(what), percent, done, total)
		}
	})
	if shown {
		fmt.Fprint(w, "\r\x1b[K")
	}
	return err
}

package cli

import (
	"context"
	"fmt"
	"io"
	"time"
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

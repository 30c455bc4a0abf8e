package cli

import (
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/scorecard/run"
)

// scoreProgress shows how far a run is: on a terminal one line that is
// rewritten, elsewhere a line now and then.
type scoreProgress struct {
	w        io.Writer
	terminal bool
	quiet    bool
	now      func() time.Time

	done, of int
	last     time.Time
	shown    bool
}

func (p *program) scoreProgress(quiet bool) *scoreProgress {
	return &scoreProgress{w: p.err, terminal: isTerminal(p.err), quiet: quiet, now: time.Now}
}

// step takes one piece of progress. It is called by one goroutine at a time.
func (s *scoreProgress) step(st run.Step) {
	s.done, s.of = max(s.done, st.Done), st.Of
	if s.quiet {
		return
	}
	every := 2 * time.Second
	if s.terminal {
		every = 100 * time.Millisecond
	}
	now := s.now()
	if now.Sub(s.last) < every {
		return
	}
	s.last = now
	line := s.line(st)
	if s.terminal {
		// A line that wrapped could not be taken back.
		if runes := []rune(line); utf8.RuneCountInString(line) > 78 {
			line = string(runes[:77]) + "…"
		}
		s.shown = true
		fmt.Fprintf(s.w, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(s.w, line)
}

func (s *scoreProgress) line(st run.Step) string {
	what := clean(st.Text)
	if st.Check != "" {
		what = st.Check
		if st.Protocol != "" {
			what += " (" + string(st.Protocol) + ")"
		}
		switch {
		case st.Finding != nil:
			what += ": " + clean(string(st.Finding.Outcome))
		case st.Text != "":
			what += ": " + clean(st.Text)
		}
	}
	if s.of == 0 {
		return what
	}
	return fmt.Sprintf("%d of %d  %s", s.done, s.of, what)
}

// end takes the line away.
func (s *scoreProgress) end() {
	if s.shown {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}

package cli

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/run"
)

// steps plays a run of 50 checks, one each 100 ms.
func steps(s *scoreProgress) {
	at := time.Unix(0, 0)
	s.now = func() time.Time { return at }
	finding := scorecard.Found(scorecard.Holds, "x")
	for i := range 50 {
		at = at.Add(100 * time.Millisecond)
		s.step(run.Step{Of: 50, Check: "other-bytes", Protocol: assay.NPM, Text: strings.Repeat("long \x1b[2J", 30)})
		s.step(run.Step{Done: i + 1, Of: 50, Check: "other-bytes", Protocol: assay.NPM, Finding: &finding})
	}
	s.end()
}

func TestProgressIsALineNowAndThenWhereNoTerminalIs(t *testing.T) {
	var b strings.Builder
	steps(&scoreProgress{w: &b})
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 || strings.Contains(b.String(), "\x1b") {
		t.Errorf("%d lines in five seconds: %q", len(lines), lines)
	}
	if !strings.HasPrefix(lines[1], "20 of 50  other-bytes (npm): long ") {
		t.Errorf("%q", lines[1])
	}
}

func TestProgressOnATerminalIsOneLineThatGoesAway(t *testing.T) {
	var b strings.Builder
	steps(&scoreProgress{w: &b, terminal: true})
	text := b.String()
	if strings.Contains(text, "\n") || !strings.HasSuffix(text, "\r\x1b[K") || strings.Contains(text, "\x1b[2J") {
		t.Errorf("%q", text)
	}
	for part := range strings.SplitSeq(text, "\r\x1b[K") {
		if utf8.RuneCountInString(part) > 79 {
			t.Errorf("a line wraps: %q", part)
		}
	}
}

func TestQuietMeansNoProgress(t *testing.T) {
	var b strings.Builder
	steps(&scoreProgress{w: &b, terminal: true, quiet: true})
	if b.Len() > 0 {
		t.Errorf("%q", b.String())
	}
}

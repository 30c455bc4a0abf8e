package adminauditlog

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

func TestJudge(t *testing.T) {
	yes, no := trialtest.Accepted, trialtest.Refused("append only")
	tests := []struct {
		name  string
		seen  Seen
		want  scorecard.Outcome
		words string
	}{
		{"written, erasing refused", Seen{Act: yes, Named: true, Erase: no, Reread: yes, Still: true}, scorecard.Holds, "append only"},
		{"written, nothing to erase with", Seen{Act: yes, Named: true, Erase: trialtest.NoCall, Reread: yes, Still: true}, scorecard.Holds, "no call to erase"},
		{"not written", Seen{Act: yes}, scorecard.Fails, "did not say so"},
		{"erased", Seen{Act: yes, Named: true, Erase: yes, Reread: yes}, scorecard.Fails, "erased an act"},
		{"gone although erasing was refused", Seen{Act: yes, Named: true, Erase: no, Reread: yes}, scorecard.Fails, "erased an act"},
		{"erasing accepted, and still there", Seen{Act: yes, Named: true, Erase: yes, Reread: yes, Still: true}, scorecard.CouldNotTell, "another entry"},
		{"erasing failed", Seen{Act: yes, Named: true, Erase: trialtest.Unclear, Reread: yes, Still: true}, scorecard.CouldNotTell, "bad gateway"},
		{"not readable again", Seen{Act: yes, Named: true, Erase: no, Reread: trialtest.Unclear}, scorecard.CouldNotTell, "read again"},
		{"not done", Seen{Act: no}, scorecard.CouldNotTell, "not done"},
		{"nothing at all", Seen{}, scorecard.CouldNotTell, "not done"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			trialtest.Expect(t, trialtest.Judge(t, Check(), tt.seen), tt.want, tt.words)
		})
	}
}

func TestCollect(t *testing.T) {
	tests := []struct {
		name string
		// after is when an act comes into the log.
		after  time.Duration
		erases bool
		change func(*trialtest.Acts)
		want   scorecard.Outcome
		words  string
	}{
		{name: "writes at once", want: scorecard.Holds, words: "append only"},
		{name: "writes after a second", after: time.Second, want: scorecard.Holds, words: "append only"},
		{name: "writes after a minute", after: time.Minute, want: scorecard.Fails, words: "within 2s"},
		{name: "lets it be erased", erases: true, want: scorecard.Fails, words: "erased an act"},
		{name: "has nothing to erase with", change: func(a *trialtest.Acts) { a.OnEraseActed = nil }, want: scorecard.Holds, words: "no call to erase"},
		{name: "has no audit log", change: func(a *trialtest.Acts) { a.OnActed = nil }, want: scorecard.NotSupported, words: "no call to read the audit log"},
		{name: "cannot block", change: func(a *trialtest.Acts) { a.OnBlock = nil }, want: scorecard.NotSupported, words: "no call to do what"},
		{name: "dead", change: func(a *trialtest.Acts) { *a = trialtest.Acts{Otherwise: trialtest.Dead()} }, want: scorecard.CouldNotTell, words: "no answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var clock time.Duration
			blocked := ""
			erased := false
			acts := trialtest.Acts{Otherwise: trialtest.Missing(),
				OnBlock: func(_ context.Context, pattern, _ string) scorecard.Answer {
					blocked = pattern
					return trialtest.Accepted
				},
				OnUnblock: func(_ context.Context, pattern string) scorecard.Answer { blocked = ""; return trialtest.Accepted },
				OnActed: func(context.Context) ([]string, scorecard.Answer) {
					lines := []string{"someone blocked pkg:npm/something-else"}
					if clock >= tt.after && !erased {
						lines = append(lines, "someone blocked "+blocked)
					}
					return lines, trialtest.Accepted
				},
				OnEraseActed: func(context.Context) scorecard.Answer {
					if !tt.erases {
						return trialtest.Refused("append only")
					}
					erased = true
					return trialtest.Accepted
				}}
			if tt.change != nil {
				tt.change(&acts)
			}
			b := trialtest.New(acts)
			b.Under = "@trial/*"
			b.OnWait = func(d time.Duration) { clock += d }
			trialtest.Expect(t, trialtest.Run(t, Check(), b), tt.want, tt.words)
			if blocked != "" {
				t.Errorf("%s is still blocked", blocked)
			}
		})
	}
}

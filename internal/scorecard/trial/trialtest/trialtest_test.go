package trialtest

import (
	"context"
	"testing"
	"time"

	"assay.invalid/internal/scorecard"
)

func TestActsFallBackToOtherwise(t *testing.T) {
	a := Acts{Otherwise: Missing(), OnReport: func(context.Context, scorecard.Credential, string, string, string) scorecard.Answer {
		return Accepted
	}}
	if got := a.Report(t.Context(), scorecard.Credential{}, "", "", ""); got.Verdict != scorecard.Accepted {
		t.Errorf("the test's own function was not called: %s", got)
	}
	if got := a.Block(t.Context(), "", ""); got.Verdict != scorecard.NoCall {
		t.Errorf("a missing call answered %s", got)
	}
	a.Otherwise = Dead()
	if got := a.Block(t.Context(), "", ""); got.Verdict != scorecard.Unclear {
		t.Errorf("a dead subject answered %s", got)
	}
}

func TestWaitingTakesNoTime(t *testing.T) {
	b := New(Missing())
	began := time.Now()
	if err := b.Wait(t.Context(), time.Hour); err != nil || b.Waited != time.Hour || time.Since(began) > time.Minute {
		t.Errorf("waited %s with %v", b.Waited, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Wait(ended, time.Second); err == nil {
		t.Error("waiting went on after the run was ended")
	}
}

package usage

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"assay.invalid/internal/assay"
)

var kettle = assay.Coordinate{Ecosystem: assay.NPM, Name: "@acme/kettle", Version: "1.0.0"}

func hostsKettle(c assay.Coordinate) bool { return c.Name == kettle.Name }

func decision(effect assay.Effect, opinions ...assay.Opinion) *assay.Decision {
	return &assay.Decision{Effect: effect, Opinions: opinions}
}

func TestWhatADecisionCountsAs(t *testing.T) {
	deny := assay.Opinion{Rule: "block", Effect: assay.Deny}
	observed := assay.Opinion{Rule: "cooldown", Effect: assay.Deny, Mode: assay.Observe}
	lifted := assay.Opinion{Rule: "block", Effect: assay.Deny, Mode: assay.Observe, LiftedBy: "e-1"}
	warning := assay.Opinion{Rule: "vanished", Effect: assay.Warn}
	for _, c := range []struct {
		name     string
		decision *assay.Decision
		want     Traffic
	}{
		{"allowed", decision(assay.Allow), Traffic{}},
		{"denied by two rules", decision(assay.Deny, deny, deny, warning), Traffic{Refused: 1}},
		{"denied, and an observed rule agrees", decision(assay.Deny, deny, observed), Traffic{Refused: 1}},
		{"warned of by two rules", decision(assay.Warn, warning, warning), Traffic{Warned: 1}},
		{"an observed rule would refuse", decision(assay.Allow, observed, observed), Traffic{WouldRefuse: 1}},
		{"warned of, and an observed rule would refuse", decision(assay.Warn, warning, observed), Traffic{Warned: 1, WouldRefuse: 1}},
		{"an exception lifts what is observed", decision(assay.Allow, lifted), Traffic{}},
		{"an observed warning", decision(assay.Allow, assay.Opinion{Effect: assay.Warn, Mode: assay.Observe}), Traffic{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(newMemory(), Options{Flush: time.Hour})
			defer closed(t, r)
			r.Decided(lodash, c.decision)
			got := r.Traffic(false)
			got.From, got.To = time.Time{}, time.Time{}
			if got != c.want {
				t.Errorf("counted %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestTrafficIsOfTheLastHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(newMemory(), Options{Flush: 24 * time.Hour})
		defer closed(t, r)
		begun := time.Now().UTC()
		r.Fetch(lodash, anonymous)
		r.Decided(lodash, decision(assay.Deny))
		time.Sleep(30 * time.Minute)
		r.Fetch(lodash, anonymous)
		if got := r.Traffic(false); got != (Traffic{From: begun, To: begun.Add(30 * time.Minute), Passed: 2, Refused: 1}) {
			t.Errorf("after half an hour: %+v", got)
		}
		time.Sleep(30 * time.Minute)
		if got := r.Traffic(false); got.Passed != 1 || got.Refused != 0 || got.From != begun.Add(time.Minute) {
			t.Errorf("after an hour: %+v", got)
		}
		r.Fetch(lodash, clerk) // in the slot of the first
		if got := r.Traffic(false); got.Passed != 2 {
			t.Errorf("the slot's old minute was not left behind: %+v", got)
		}
		time.Sleep(3 * time.Hour)
		if got := r.Traffic(false); got.Passed != 0 {
			t.Errorf("after three quiet hours: %+v", got)
		}
	})
}

func TestTrafficOfHostedPackagesIsForThoseWhoMayReadAll(t *testing.T) {
	r := start(newMemory(), Options{Flush: time.Hour, Hosted: hostsKettle})
	defer closed(t, r)
	r.Fetch(lodash, anonymous)
	r.Fetch(kettle, clerk)
	r.Fetch(kettle, clerk)
	r.Decided(kettle, decision(assay.Deny))
	if got := r.Traffic(false); got.Passed != 1 || got.Refused != 0 {
		t.Errorf("a stranger is told %+v", got)
	}
	if got := r.Traffic(true); got.Passed != 3 || got.Refused != 1 {
		t.Errorf("an administrator is told %+v", got)
	}
}

// A clock that is set back must not bring an old minute's counts back, nor
// count what lies in the future.
func TestTrafficWhenTheClockIsSetBack(t *testing.T) {
	clock := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	r := start(newMemory(), Options{Flush: time.Hour, Now: func() time.Time { return clock }})
	defer closed(t, r)
	r.Fetch(lodash, anonymous)
	clock = clock.Add(-2 * time.Hour)
	if got := r.Traffic(false); got.Passed != 0 {
		t.Errorf("what lies in the future is counted: %+v", got)
	}
	r.Fetch(lodash, anonymous)
	if got := r.Traffic(false); got.Passed != 1 {
		t.Errorf("after the clock was set back: %+v", got)
	}
}

func TestTrafficAtOnce(t *testing.T) {
	r := start(newMemory(), Options{Flush: time.Millisecond})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 500 {
				r.Fetch(lodash, anonymous)
				r.Decided(lodash, decision(assay.Deny))
				r.Traffic(true)
			}
		})
	}
	wg.Wait()
	if got := r.Traffic(false); got.Passed != 2000 || got.Refused != 2000 {
		t.Errorf("counted %+v", got)
	}
	closed(t, r)
}

func TestMinutes(t *testing.T) {
	for at, want := range map[string]int64{"1970-01-01T00:00:59Z": 0, "1970-01-01T00:01:00Z": 1, "1970-01-02T00:00:00Z": 1440, "1969-12-31T23:59:59Z": -1} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := minuteOf(moment); got != want {
			t.Errorf("%s lies in the minute %d, want %d", at, got, want)
		}
	}
}

func TestCountingADecisionAllocatesNothing(t *testing.T) {
	r := start(newMemory(), Options{Flush: time.Hour, Hosted: hostsKettle})
	defer closed(t, r)
	d := decision(assay.Warn, assay.Opinion{Rule: "vanished", Effect: assay.Warn})
	r.Fetch(kettle, anonymous)
	if n := testing.AllocsPerRun(100, func() { r.Decided(kettle, d); r.Fetch(kettle, anonymous) }); n != 0 {
		t.Errorf("counting allocates %v times", n)
	}
}

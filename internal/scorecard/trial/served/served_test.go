package served_test

import (
	"context"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/trial/served"
	"assay.invalid/internal/scorecard/trial/served/servedtest"
	"assay.invalid/internal/scorecard/trial/trialtest"
)

var one = scorecard.Release{Name: "thing", Version: "1.0.0"}

// missing fails the test unless the error is of the outcome.
func missing(t *testing.T, err error, want scorecard.Outcome) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if m := scorecard.MissingOf(err); m.Outcome != want || m.Reason == "" {
		t.Errorf("%s: %s; want %s", m.Outcome, m.Reason, want)
	}
}

func TestPublishIsSeen(t *testing.T) {
	g := servedtest.New(assay.NPM)
	b := g.Bench(g)
	s, err := served.Publish(t.Context(), b.Bench, b.Publisher, one)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Listed || s.Latest != "1.0.0" || !s.Open() || s.Shut() || s.SHA256 == "" || s.Digest == "" || !s.Same(s) {
		t.Errorf("saw %+v", s)
	}
	if made := b.Made(); len(made) != 1 || made[0].Name != "thing" {
		t.Errorf("to be removed: %v", made)
	}
}

// A fault is never taken for an answer.
func TestSeeFaults(t *testing.T) {
	for _, c := range []struct {
		what string
		acts func(*servedtest.Registry) scorecard.Acts
		want scorecard.Outcome
	}{
		{"a dead server", func(*servedtest.Registry) scorecard.Acts { return trialtest.Dead() }, scorecard.CouldNotTell},
		{"no call", func(*servedtest.Registry) scorecard.Acts { return trialtest.Missing() }, scorecard.NotSupported},
		{"files are throttled", servedtest.Serves(func(*servedtest.Registry, string, string) (scorecard.File, scorecard.Answer) {
			return scorecard.File{}, trialtest.Throttled(1)
		}), scorecard.CouldNotTell},
	} {
		t.Run(c.what, func(t *testing.T) {
			g := servedtest.New(assay.NPM)
			g.Put(one)
			b := g.Bench(c.acts(g))
			_, err := served.See(t.Context(), b.Bench, b.Publisher, one.Name, one.Version)
			missing(t, err, c.want)
		})
	}
}

func TestSeeWhatIsNotThere(t *testing.T) {
	g := servedtest.New(assay.Golang)
	b := g.Bench(g)
	s, err := served.See(t.Context(), b.Bench, b.Publisher, "nothing", "v1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Listed || s.Open() || !s.Shut() || s.Same(s) {
		t.Errorf("saw %+v", s)
	}
}

// An effect has some time to show, and not more.
func TestUntil(t *testing.T) {
	g := servedtest.New(assay.NPM)
	g.Put(one)
	asked := 0
	b := g.Bench(servedtest.Serves(func(g *servedtest.Registry, name, version string) (scorecard.File, scorecard.Answer) {
		if asked++; asked < 3 {
			return scorecard.File{}, trialtest.Absent
		}
		return g.Hands(name, version)
	})(g))
	s, err := served.Until(t.Context(), b.Bench, b.Publisher, one.Name, one.Version, served.Sight.Open)
	if err != nil || !s.Open() || asked != 3 {
		t.Errorf("asked %d times: %+v, %v", asked, s, err)
	}
	never := func(served.Sight) bool { return false }
	b.Waited = 0
	if s, err = served.Until(t.Context(), b.Bench, b.Publisher, one.Name, one.Version, never); err != nil || !s.Open() {
		t.Errorf("what was seen last is %+v, %v", s, err)
	}
	if b.Waited == 0 || b.Waited.Seconds() > 2 {
		t.Errorf("waited %s", b.Waited)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = served.Until(ended, b.Bench, b.Publisher, one.Name, one.Version, never); err == nil {
		t.Error("looking went on after the run was ended")
	}
}

func TestSecond(t *testing.T) {
	b := servedtest.New(assay.NPM).Bench(trialtest.Missing())
	if got := served.Second(b.Bench); got.Who != "stranger" {
		t.Errorf("in one place: %s", got)
	}
	b.UnderStranger = "@other/*"
	if got := served.Second(b.Bench); got.Who != "publisher" {
		t.Errorf("where the stranger publishes elsewhere: %s", got)
	}
	b.UnderStranger, b.Stranger = "", scorecard.Credential{}
	if got := served.Second(b.Bench); got.Who != "publisher" {
		t.Errorf("without a stranger: %s", got)
	}
}

// A package of the upstream must not lie where the publisher's own are.
func TestElsewhere(t *testing.T) {
	for eco, want := range map[assay.Ecosystem]string{assay.NPM: "assay-trial-k3xw-x", assay.Golang: "upstream.example/k3xw-x"} {
		b := servedtest.New(eco).Bench(trialtest.Missing())
		b.Under = "@trial/*"
		if got := served.Elsewhere(b.Bench, "x"); got != want {
			t.Errorf("%s: %s, want %s", eco, got, want)
		}
	}
}

func TestTake(t *testing.T) {
	claims := func(a scorecard.Answer) func(*servedtest.Registry) scorecard.Acts {
		return func(g *servedtest.Registry) scorecard.Acts {
			return trialtest.Acts{Otherwise: g, OnClaim: func(context.Context, string) scorecard.Answer { return a }}
		}
	}
	for _, c := range []struct {
		what        string
		acts        func(*servedtest.Registry) scorecard.Acts
		taken, held bool
	}{
		{"claimed and taken", claims(trialtest.Accepted), true, false},
		{"taken where nothing is claimed", claims(trialtest.NoCall), true, false},
		{"the claim is refused", claims(trialtest.Refused("no")), false, true},
		{"publishing is refused", servedtest.Publishes(func(*servedtest.Registry, scorecard.Credential, scorecard.Release) scorecard.Answer {
			return trialtest.Refused("no")
		}), false, true},
		{"accepted and held back", servedtest.Serves(func(*servedtest.Registry, string, string) (scorecard.File, scorecard.Answer) {
			return scorecard.File{}, trialtest.Refused("in review")
		}), false, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			g := servedtest.New(assay.NPM)
			a, err := served.Take(t.Context(), g.Bench(c.acts(g)).Bench, "thing")
			if err != nil || a.Taken() != c.taken || a.Held() != c.held {
				t.Errorf("%+v, %v: taken %t, held %t", a, err, a.Taken(), a.Held())
			}
		})
	}
	g := servedtest.New(assay.NPM)
	_, err := served.Take(t.Context(), g.Bench(claims(trialtest.Unclear)(g)).Bench, "thing")
	missing(t, err, scorecard.CouldNotTell)
	if (served.Attempt{}).Held() || (served.Attempt{}).Taken() {
		t.Error("an attempt that never was counts")
	}
}

func TestRemovalExplains(t *testing.T) {
	given := served.Removal{Reason: "broken on arrival"}
	wordless := served.Removal{Reason: "broken on arrival", Wordless: true}
	for _, c := range []struct {
		what, text string
		r          served.Removal
		want       bool
	}{
		{"the reason itself", "removed: broken on arrival", given, true},
		{"who did it, where the reason could be said", "removed by its owner", given, false},
		{"who did it, where it could not", "Removed by its Owner", wordless, true},
		{"the reason all the same", "broken on arrival", wordless, true},
		{"that it is gone", "gone", wordless, false},
		{"nothing", "", wordless, false},
		{"no reason was given", "", served.Removal{}, false},
	} {
		if got := c.r.Explains(c.text); got != c.want {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}

func TestNames(t *testing.T) {
	for want, names := range map[string][]string{"none": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"}} {
		if got := served.Names(names); got != want {
			t.Errorf("%v: %q", names, got)
		}
	}
}

func TestTypedIsHonest(t *testing.T) {
	for _, c := range []struct {
		what  string
		typed served.Typed
		want  bool
	}{
		{"not shown", served.Typed{}, true},
		{"shown as not verified", served.Typed{Shown: true, Unverified: true}, true},
		{"shown", served.Typed{Shown: true}, false},
		{"shown as verified", served.Typed{Shown: true, Verified: true}, false},
		{"shown as both", served.Typed{Shown: true, Verified: true, Unverified: true}, false},
	} {
		if got := c.typed.Honest(); got != c.want {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}

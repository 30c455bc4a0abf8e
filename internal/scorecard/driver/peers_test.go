package driver_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver"
	"assay.invalid/internal/scorecard/driver/devpi"
	"assay.invalid/internal/scorecard/driver/nginxdav"
	"assay.invalid/internal/scorecard/driver/pypiserver"
	"assay.invalid/internal/scorecard/protocol/maven"
	"assay.invalid/internal/scorecard/protocol/pypi"
)

func TestPeers(t *testing.T) {
	for name, c := range map[string]struct {
		start func(context.Context, driver.Machine, driver.Options) (scorecard.Instance, error)
		needs string // a program that is not on every machine
		pack  scorecard.Protocol
		// again is what becomes of a file that is published a second time, and
		// foreign of a version that somebody else adds.
		again, foreign   scorecard.Verdict
		upstream, people bool
	}{
		"pypiserver": {pypiserver.Start, "python3", pypi.New(), scorecard.Refused, scorecard.Accepted, false, false},
		"devpi":      {devpi.Start, "python3", pypi.New(), scorecard.Accepted, scorecard.Accepted, true, true},
		"nginx-dav":  {nginxdav.Start, "nginx", maven.New(), scorecard.Accepted, scorecard.Accepted, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			temp := t.TempDir()
			i, err := c.start(ctx, machine{t: t, temp: temp}, driver.Options{Cache: peers(t), Log: func(text string) { t.Log(text) }})
			if err != nil {
				if strings.Contains(err.Error(), c.needs+" is not on this machine") {
					return // and it said so
				}
				t.Fatal(err)
			}
			defer func() {
				for range 2 { // the second time does nothing
					if err := i.Close(context.Background()); err != nil {
						t.Error(err)
					}
				}
				if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
					t.Errorf("it left %v behind: %v", left, err)
				}
			}()
			e := c.pack.Ecosystem()
			if s := i.Subject(); s.Version == "" || len(s.Addresses) != 1 || s.Addresses[e] == "" {
				t.Errorf("the subject is %+v", s)
			}
			o := openAs(t, i, c.pack)
			if a := o.protocol.Recognise(ctx); a.Verdict != scorecard.Accepted {
				t.Errorf("it is not recognised: %s", a)
			}
			if names, a := o.protocol.Samples(ctx, 2); len(names) == 0 {
				t.Errorf("it has no samples: %s", a)
			}
			one := scorecard.Release{Name: c.pack.ThrowAway(i.Under(e), "seed", "kettle"), Version: "1.0.0"}
			two := scorecard.Release{Name: one.Name, Version: "1.1.0"}
			file := func(version string) scorecard.Verdict {
				_, a := o.protocol.File(ctx, i.Publisher(e), one.Name, version)
				return a.Verdict
			}
			for _, step := range []struct {
				what string
				do   func() scorecard.Answer
				want scorecard.Verdict
			}{
				{"nobody publishes", func() scorecard.Answer { return o.protocol.Publish(ctx, scorecard.Credential{}, one) }, scorecard.Refused},
				{"somebody with a wrong password publishes", func() scorecard.Answer {
					return o.protocol.Publish(ctx, scorecard.Credential{Who: "guess", Secret: "publisher:wrong"}, one)
				}, scorecard.Refused},
				{"the publisher publishes", func() scorecard.Answer { return o.protocol.Publish(ctx, i.Publisher(e), one) }, scorecard.Accepted},
				{"and once more", func() scorecard.Answer { return o.protocol.Publish(ctx, i.Publisher(e), one) }, c.again},
				{"the stranger publishes the next", func() scorecard.Answer { return o.protocol.Publish(ctx, i.Stranger(e), two) }, c.foreign},
				{"nobody removes it", func() scorecard.Answer {
					return o.driver.Remove(ctx, scorecard.Credential{}, one.Name, "1.0.0", "")
				}, scorecard.Refused},
				{"the publisher removes it", func() scorecard.Answer { return o.driver.Remove(ctx, i.Publisher(e), one.Name, "1.0.0", "") }, scorecard.Accepted},
				{"the publisher removes the whole", func() scorecard.Answer { return o.driver.Remove(ctx, i.Publisher(e), one.Name, "", "") }, scorecard.Accepted},
				{"a block", func() scorecard.Answer { return o.driver.Block(ctx, "pkg:"+string(e)+"/"+one.Name, "for a trial") }, scorecard.NoCall},
			} {
				if a := step.do(); a.Verdict != step.want {
					t.Errorf("%s: %s, want %s", step.what, a, step.want)
				}
				if step.what == "the stranger publishes the next" && (file("1.0.0") != scorecard.Accepted || file("1.1.0") != scorecard.Accepted) {
					t.Error("what was published is not there")
				}
			}
			if file("1.1.0") == scorecard.Accepted {
				t.Error("what was removed is still there")
			}
			peerUpstream(ctx, t, o, c.upstream)
			if c.people {
				peerPeople(t, o)
			}
			if i.Publisher(assay.NPM).Secret != "" || i.Upstream(assay.NPM) != nil || i.Mail() != nil || len(i.Secrets()) < 4 {
				t.Error("it has what it cannot have, or does not know its secrets")
			}
			if a := i.For(assay.NPM, nil).Remove(ctx, i.Publisher(e), one.Name, "", ""); a.Verdict != scorecard.NoCall {
				t.Errorf("a package of npm is removed: %s", a)
			}
		})
	}
}

// peerUpstream looks whether what the upstream has can be had.
func peerUpstream(ctx context.Context, t *testing.T, o open, has bool) {
	e := o.pack.Ecosystem()
	up := o.instance.Upstream(e)
	if !has {
		if up != nil {
			t.Error("it has an upstream")
		}
		return
	}
	if err := up.Offer(scorecard.Release{Name: "spout", Version: "1.0.0"}, time.Now().AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	if _, a := o.protocol.File(ctx, scorecard.Credential{}, "spout", "1.0.0"); a.Verdict != scorecard.Accepted {
		t.Errorf("a package of the upstream is %s", a)
	}
	if asked := up.Asked(); !slices.Contains(asked, "spout") {
		t.Errorf("the upstream was asked for %q", asked)
	}
}

// peerPeople looks after somebody who signs up by themselves.
func peerPeople(t *testing.T, o open) {
	t.Helper()
	p := scorecard.Person{Name: "newcomer", Password: "Blue-harbour-41", Mail: "newcomer@mail.example"}
	c, a := o.driver.SignUp(t.Context(), p)
	if a.Verdict != scorecard.Accepted {
		t.Fatalf("a newcomer signs up: %s", a)
	}
	if _, a := o.driver.SignUp(t.Context(), p); a.Verdict != scorecard.Refused {
		t.Errorf("a second time: %s", a)
	}
	if who, a := o.driver.WhoAmI(t.Context(), c); who != p.Name {
		t.Errorf("they are %q: %s", who, a)
	}
	if _, a := o.driver.WhoAmI(t.Context(), scorecard.Credential{Who: "guess", Secret: p.Name + ":wrong"}); a.Verdict != scorecard.Refused {
		t.Errorf("somebody with a wrong password is: %s", a)
	}
	if a := o.driver.ChangePassword(t.Context(), c, p, "Green-harbour-42"); a.Verdict != scorecard.Accepted {
		t.Errorf("another password: %s", a)
	}
	if _, a := o.driver.LogIn(t.Context(), p); a.Verdict != scorecard.Refused {
		t.Errorf("with the password of before: %s", a)
	}
	p.Password = "Green-harbour-42"
	if c, a := o.driver.LogIn(t.Context(), p); a.Verdict != scorecard.Accepted || c.Secret == "" {
		t.Errorf("with the new one: %s", a)
	}
}

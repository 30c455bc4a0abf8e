package driver_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/checks"
	"assay.invalid/internal/scorecard/driver"
	assaydriver "assay.invalid/internal/scorecard/driver/assay"
	"assay.invalid/internal/scorecard/visit"
)

// open is an instance through a visitor whose record can be read, as a check
// sees it: its protocol's acts, and its driver's.
type open struct {
	instance scorecard.Instance
	record   *visit.Record
	protocol scorecard.Acts
	driver   scorecard.Acts
	pack     scorecard.Protocol
}

func openWith(t *testing.T, i scorecard.Instance, e assay.Ecosystem) open {
	t.Helper()
	c := checks.Config{}
	if db, ok := i.(driver.ChecksumDatabase); ok {
		c.Go.SumDB, c.Go.Key = db.ChecksumDatabase()
	}
	for _, pack := range checks.Protocols(c) {
		if pack.Ecosystem() == e {
			return openAs(t, i, pack)
		}
	}
	t.Fatalf("there is no protocol for %s", e)
	return open{}
}

func openAs(t *testing.T, i scorecard.Instance, pack scorecard.Protocol) open {
	t.Helper()
	e := pack.Ecosystem()
	base := i.Subject().Addresses[e]
	v := visit.New(visit.Config{Subject: []string{base}, Acting: true})
	t.Cleanup(v.Close)
	o := open{instance: i, record: v.Record(), pack: pack}
	o.protocol, o.driver = o.pack.Open(base, o.record), i.For(e, o.record)
	return o
}

func startAssay(t *testing.T) scorecard.Instance {
	t.Helper()
	i, err := assaydriver.Start(t.Context(), machine{t: t}, driver.Options{Binary: binary, Log: func(text string) { t.Log(text) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return i
}

func TestAssayCanBeAskedWhatTheProtocolsCannot(t *testing.T) {
	i := startAssay(t)
	for _, e := range []assay.Ecosystem{assay.NPM, assay.Golang, assay.PyPI, assay.Cargo, assay.Maven} {
		t.Run(string(e), func(t *testing.T) { assayActs(t, openWith(t, i, e), e) })
	}
}

// assayActs does a little of everything, in order, through For.
func assayActs(t *testing.T, o open, e assay.Ecosystem) {
	i, ctx := o.instance, t.Context()
	publisher, stranger, nobody := i.Publisher(e), i.Stranger(e), scorecard.Credential{}
	name := o.pack.ThrowAway(i.Under(e), "seed", "kettle")
	theirs := o.pack.ThrowAway(i.UnderStranger(e), "seed", "kettle")
	one, two := o.pack.Version("1.0.0"), o.pack.Version("1.0.1")
	publish := func(as scorecard.Credential, name, version string) scorecard.Answer {
		r := scorecard.Release{Name: name, Version: version}
		if a := o.protocol.Publish(ctx, as, r); a.Verdict != scorecard.NoCall {
			return a
		}
		return o.driver.Publish(ctx, as, r)
	}
	file := func(as scorecard.Credential, name, version string) scorecard.Answer {
		_, a := o.protocol.File(ctx, as, name, version)
		return a
	}
	status := func(as scorecard.Credential, s assay.Status) scorecard.Answer {
		return o.driver.SetStatus(ctx, as, name, two, s, "for a trial")
	}
	token := func(as scorecard.Credential, w scorecard.Wish) scorecard.Answer {
		_, a := o.driver.MakeToken(ctx, as, scorecard.Person{}, w)
		return a
	}
	hidden := scorecard.Absent
	if e == assay.Maven {
		hidden = scorecard.Refused // else Maven would never send its credentials
	}
	pattern := assay.Coordinate{Ecosystem: e, Name: name, Version: one}.String()
	for _, step := range []struct {
		what string
		do   func() scorecard.Answer
		want scorecard.Verdict
	}{
		{"the publisher publishes", func() scorecard.Answer { return publish(publisher, name, one) }, scorecard.Accepted},
		{"and once more", func() scorecard.Answer { return publish(publisher, name, two) }, scorecard.Accepted},
		{"the stranger publishes its own", func() scorecard.Answer { return publish(stranger, theirs, one) }, scorecard.Accepted},
		{"the stranger publishes the publisher's", func() scorecard.Answer { return publish(stranger, name, o.pack.Version("6.6.6")) }, scorecard.Refused},
		{"nobody publishes", func() scorecard.Answer { return publish(nobody, name, o.pack.Version("6.6.7")) }, scorecard.Refused},
		{"nobody reads what is private", func() scorecard.Answer { return file(nobody, name, one) }, hidden},
		{"the publisher reads it", func() scorecard.Answer { return file(publisher, name, one) }, scorecard.Accepted},

		{"a stranger yanks", func() scorecard.Answer { return status(stranger, assay.Yanked) }, scorecard.Refused},
		{"nobody yanks", func() scorecard.Answer { return status(nobody, assay.Yanked) }, scorecard.Refused},
		{"the publisher has no word for an experiment", func() scorecard.Answer { return status(publisher, assay.Experimental) }, scorecard.NoCall},
		{"a yank", func() scorecard.Answer { return status(publisher, assay.Yanked) }, scorecard.Accepted},
		{"taken back", func() scorecard.Answer { return status(publisher, assay.Active) }, scorecard.Accepted},
		{"a quarantine", func() scorecard.Answer { return status(publisher, assay.Quarantined) }, scorecard.Accepted},
		{"is in force", func() scorecard.Answer { return file(publisher, name, two) }, scorecard.Refused},
		{"and lifted", func() scorecard.Answer { return status(publisher, assay.Active) }, scorecard.Accepted},
		{"is no longer in force", func() scorecard.Answer { return file(publisher, name, two) }, scorecard.Accepted},

		{"a block", func() scorecard.Answer { return o.driver.Block(ctx, pattern, "for a trial") }, scorecard.Accepted},
		{"is in force", func() scorecard.Answer { return file(publisher, name, one) }, scorecard.Refused},
		{"and taken back", func() scorecard.Answer { return o.driver.Unblock(ctx, pattern) }, scorecard.Accepted},
		{"a second time", func() scorecard.Answer { return o.driver.Unblock(ctx, pattern) }, scorecard.Absent},
		{"is no longer in force", func() scorecard.Answer { return file(publisher, name, one) }, scorecard.Accepted},

		{"a claim", func() scorecard.Answer { return o.driver.Claim(ctx, o.pack.ThrowAway("", "seed", "claimed")) }, scorecard.Accepted},
		{"the same claim", func() scorecard.Answer { return o.driver.Claim(ctx, o.pack.ThrowAway("", "seed", "claimed")) }, scorecard.Accepted},
		{"a claim of everything", func() scorecard.Answer { return o.driver.Claim(ctx, "*") }, scorecard.Refused},

		{"a token without limits", func() scorecard.Answer { return token(publisher, scorecard.Wish{}) }, scorecard.Refused},
		{"a token for one name", func() scorecard.Answer { return token(publisher, scorecard.Wish{Names: []string{name}}) }, scorecard.Accepted},
		{"a stranger's token for the publisher's name", func() scorecard.Answer { return token(stranger, scorecard.Wish{Names: []string{theirs, name}}) }, scorecard.Refused},
		{"nobody's token", func() scorecard.Answer { return token(nobody, scorecard.Wish{Names: []string{name}}) }, scorecard.Refused},

		{"a stranger removes", func() scorecard.Answer { return o.driver.Remove(ctx, stranger, name, two, "for a trial") }, scorecard.Refused},
		{"the publisher removes", func() scorecard.Answer { return o.driver.Remove(ctx, publisher, name, two, "for a trial") }, scorecard.Accepted},
		{"what was removed is not handed out", func() scorecard.Answer { return file(publisher, name, two) }, scorecard.Refused},
		{"nor published again", func() scorecard.Answer { return publish(publisher, name, two) }, scorecard.Refused},
	} {
		if a := step.do(); a.Verdict != step.want {
			t.Errorf("%s: %s, want %s", step.what, a, step.want)
		}
	}

	made, a := o.driver.MakeToken(ctx, publisher, scorecard.Person{}, scorecard.Wish{Names: []string{name}})
	if a.Verdict != scorecard.Accepted || made.Key == "" || made.Expires.IsZero() || len(made.Names) != 1 {
		t.Fatalf("a token is %+v: %s", made, a)
	}
	if !slices.Contains(i.Secrets(), made.Credential.Secret) {
		t.Error("the instance does not know a token that it made")
	}
	third := o.pack.Version("1.0.2")
	if a := o.driver.RevokeToken(ctx, stranger, made.Key); a.Verdict != scorecard.Refused {
		t.Errorf("a stranger revokes it: %s", a)
	}
	if a := o.driver.RevokeToken(ctx, publisher, made.Key); a.Verdict != scorecard.Accepted {
		t.Errorf("revoking it: %s", a)
	}
	if a := publish(made.Credential, name, third); a.Verdict != scorecard.Refused {
		t.Errorf("a token that was revoked publishes: %s", a)
	}

	assayLog(t, o, e, name)
	assayUpstream(t, o, e)
	for _, x := range o.record.Exchanges() {
		for _, secret := range i.Secrets() {
			if strings.Contains(x.URL+x.Fault+x.As, secret) {
				t.Errorf("a secret stands in the record of %s %s", x.Method, x.URL)
			}
		}
	}
}

// assayLog looks at what the log tells whom.
func assayLog(t *testing.T, o open, e assay.Ecosystem, name string) {
	removed := "removed " + assay.Coordinate{Ecosystem: e, Name: name, Version: o.pack.Version("1.0.1")}.String() + " for a trial"
	holds := func(lines []string, text string) bool {
		return slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, text) })
	}
	lines, a := o.driver.Events(t.Context(), o.instance.Publisher(e))
	if a.Verdict != scorecard.Accepted || !holds(lines, removed) {
		t.Errorf("the publisher's events do not say %q: %s\n%s", removed, a, strings.Join(lines, "\n"))
	}
	lines, a = o.driver.Events(t.Context(), scorecard.Credential{})
	if a.Verdict != scorecard.Accepted || len(lines) == 0 || holds(lines, "kettle") {
		t.Errorf("a stranger's events name what is private, or there are none: %s\n%s", a, strings.Join(lines, "\n"))
	}
	for _, line := range lines {
		if n := len(strings.Fields(line)); n != 2 && !strings.Contains(line, "pkg:") {
			t.Errorf("an event without a name has words that could be taken for one: %q", line)
		}
	}
	lines, a = o.driver.Acted(t.Context())
	if a.Verdict != scorecard.Accepted || !holds(lines, "blocked") || !holds(lines, " by t-") {
		t.Errorf("the audit log does not tell of the block: %s\n%s", a, strings.Join(lines, "\n"))
	}
	if a := o.driver.EraseActed(t.Context()); a.Verdict != scorecard.NoCall {
		t.Errorf("erasing an act: %s", a)
	}
	if who, a := o.driver.WhoAmI(t.Context(), o.instance.Publisher(e)); e != assay.NPM && (a.Verdict != scorecard.Accepted || who == "") {
		t.Errorf("the publisher is %q: %s", who, a)
	}
}

// assayUpstream looks whether the upstream is used, and only for what it may
// be asked.
func assayUpstream(t *testing.T, o open, e assay.Ecosystem) {
	up := o.instance.Upstream(e)
	name, version := o.pack.ThrowAway("", "seed", "of-the-upstream"), o.pack.Version("1.0.0")
	switch e {
	case assay.Golang:
		name = "upstream.example/kettle"
	case assay.Maven:
		name = "example.upstream/kettle"
	}
	if err := up.Offer(scorecard.Release{Name: name, Version: version}, time.Now().Add(-90*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	up.Stop(0)
	if _, a := o.protocol.File(t.Context(), scorecard.Credential{}, name, version); a.Verdict != scorecard.Accepted || up.Mirrors() != 2 {
		t.Errorf("with one of %d mirrors gone, the file is %s", up.Mirrors(), a)
	}
	up.Start(0)
	if l, a := o.protocol.Listing(t.Context(), scorecard.Credential{}, name); len(l.Versions[version].Digests) == 0 {
		t.Errorf("the listing of %s has no digest: %s", name, a)
	}
	// It is known upstream now, and an administrator wants it all the same.
	if a := o.driver.Claim(t.Context(), name); a.Verdict != scorecard.Accepted {
		t.Errorf("claiming it: %s", a)
	}
	if _, a := o.protocol.File(t.Context(), o.instance.Publisher(e), name, version); a.Verdict == scorecard.Accepted {
		t.Error("a claimed name is still served from the upstream")
	}
	for _, asked := range up.Asked() {
		if strings.HasPrefix(asked, strings.TrimSuffix(o.instance.Under(e), "*")) {
			t.Errorf("the upstream was asked for %s, which is claimed", asked)
		}
	}
}

func TestAssayLeavesNothingBehind(t *testing.T) {
	for name, c := range map[string]struct {
		binary string
		limits driver.Limits
		kind   assay.Kind
		words  string
	}{
		"closed":                    {binary: binary},
		"it is not there":           {binary: filepath.Join(t.TempDir(), "assay"), kind: assay.NotFound, words: "not on this machine"},
		"it is another program":     {binary: "/bin/echo", kind: assay.Invalid, words: "is it an assay binary?"},
		"it is not ready in time":   {binary: binary, limits: driver.Limits{Ready: time.Nanosecond, Command: time.Minute, Stop: time.Minute}, kind: assay.Unavailable, words: "not ready within"},
		"nobody says what to start": {kind: assay.Invalid, words: "no assay binary"},
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			i, err := assaydriver.Start(t.Context(), machine{t: t, temp: temp}, driver.Options{Binary: c.binary, Limits: c.limits})
			if c.words == "" {
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // the second time does nothing
					if err := i.Close(t.Context()); err != nil {
						t.Error(err)
					}
				}
			} else if !assay.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
				t.Errorf("it says %v (%s), want %s and %q", err, assay.KindOf(err), c.kind, c.words)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("it left %v behind: %v", left, err)
			}
		})
	}
	_, err := assaydriver.Start(t.Context(), machine{t: t}, driver.Options{Binary: binary, Ecosystems: []assay.Ecosystem{"gem"}})
	if !assay.Is(err, assay.Invalid) {
		t.Errorf("an ecosystem that Assay does not speak: %v", err)
	}
}

func TestAssayOfOneEcosystem(t *testing.T) {
	i, err := assaydriver.Start(t.Context(), machine{t: t}, driver.Options{Binary: binary, Ecosystems: []assay.Ecosystem{assay.NPM}})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close(context.Background())
	if len(i.Subject().Addresses) != 1 || i.Upstream(assay.Golang) != nil || i.Publisher(assay.Golang) != (scorecard.Credential{}) {
		t.Errorf("it has more than was asked for: %+v", i.Subject())
	}
	if a := i.For(assay.Golang, nil).Publish(t.Context(), i.Publisher(assay.NPM), scorecard.Release{Name: "a.example/b", Version: "v1.0.0"}); a.Verdict != scorecard.NoCall {
		t.Errorf("a module is published: %s", a)
	}
	if _, a := i.Events(t.Context(), scorecard.Credential{}); a.Verdict != scorecard.Accepted {
		t.Errorf("its own acts: %s", a)
	}
}

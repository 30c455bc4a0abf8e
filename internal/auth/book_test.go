package auth

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/store"
)

var stranger = assay.Principal{ID: "t-somebody", Publish: []assay.Pattern{{Ecosystem: assay.NPM, Name: "left"}}}

// open starts a book on an empty store; whatever is logged is checked to
// hold no secret and no digest of one.
func open(t *testing.T, o Options) (*Book, *shelf, *clock) {
	t.Helper()
	s, c := &shelf{}, newClock()
	var logs bytes.Buffer
	o.Now, o.Log = c.now, slog.New(slog.NewTextHandler(&logs, nil))
	if o.Flush == 0 {
		o.Flush = time.Hour // tests write by closing
	}
	b := Start(s, grammars, o)
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if strings.Contains(logs.String(), Prefix) {
			t.Errorf("a secret is logged: %s", logs.String())
		}
	})
	return b, s, c
}

func create(t *testing.T, b *Book, n NewToken) (store.Token, string) {
	t.Helper()
	made, secret, err := b.Create(t.Context(), assay.Operator, n)
	if err != nil {
		t.Fatal(err)
	}
	return made, secret
}

func TestAToken(t *testing.T) {
	b, s, c := open(t, Options{})
	made, secret := create(t, b, NewToken{
		Note: "  the build\tmachine ", Publish: []string{"pkg:npm/@Acme/x", "pkg:npm/@acme/*", "pkg:npm/@acme/x"}, Read: []string{"pkg:golang/acme.example/*"},
		Expires: c.now().Add(time.Hour + time.Nanosecond),
	})
	want := store.Token{ID: made.ID, Note: "the build machine", Publish: []string{"pkg:npm/@acme/x", "pkg:npm/@acme/*"},
		Read: []string{"pkg:golang/acme.example/*"}, Created: c.now(), Expires: c.now().Add(time.Hour), By: "operator"}
	if !reflect.DeepEqual(made, want) {
		t.Errorf("made %+v\nwant %+v", made, want)
	}
	p, err := b.Authenticate(t.Context(), secret)
	if err != nil || p.ID != made.ID || p.Admin {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, may := range []struct {
		name          string
		eco           assay.Ecosystem
		pkg           string
		publish, read bool
	}{
		{"what it publishes", assay.NPM, "@acme/y", true, true},
		{"what it reads", assay.Golang, "acme.example/m", false, true},
		{"another ecosystem", assay.Golang, "@acme/y", false, false},
		{"another scope", assay.NPM, "@acme-evil/y", false, false},
	} {
		if p.MayPublish(may.eco, may.pkg) != may.publish || p.MayRead(may.eco, may.pkg) != may.read {
			t.Errorf("%s: publish %v, read %v", may.name, p.MayPublish(may.eco, may.pkg), p.MayRead(may.eco, may.pkg))
		}
	}
	listed, err := b.Tokens(t.Context())
	if err != nil || len(listed) != 1 || !reflect.DeepEqual(listed[0], want) {
		t.Errorf("listed %+v, %v", listed, err)
	}
	wantEvent := fmt.Sprintf(`{"admin":false,"expires":"2026-11-22T11:00:00Z","id":%q,"note":"the build machine","publish":["pkg:npm/@acme/x","pkg:npm/@acme/*"],"read":["pkg:golang/acme.example/*"]}`, made.ID)
	if e := s.events[0]; len(s.events) != 1 || e.Kind != assay.EventTokenCreated || e.By != "operator" || string(e.Body) != wantEvent || !e.Time.Equal(c.now()) {
		t.Errorf("event %+v, body %s", e, e.Body)
	}
	if strings.Contains(s.state(), secret) {
		t.Error("the secret is kept")
	}
	sum := digest(secret)
	for _, e := range s.events {
		if strings.Contains(string(e.Body), fmt.Sprintf("%x", sum)) || strings.Contains(string(e.Body), "hash") {
			t.Errorf("the digest stands in an event: %s", e.Body)
		}
	}
}

func TestTokensThatAreNotMade(t *testing.T) {
	long := strings.Repeat("x", 301)
	many := slices.Repeat([]string{"pkg:npm/x"}, 51)
	for _, tt := range []struct {
		name string
		by   assay.Principal
		ask  NewToken
		kind assay.Kind
		says string
	}{
		{"by nobody", assay.Principal{}, NewToken{}, assay.Forbidden, "only an administrator"},
		{"by somebody who publishes", stranger, NewToken{Publish: []string{"pkg:npm/left"}}, assay.Forbidden, "only an administrator"},
		{"with a range", assay.Operator, NewToken{Publish: []string{"pkg:npm/left@<2"}}, assay.Invalid, "whole packages"},
		{"for a name that is none", assay.Operator, NewToken{Read: []string{"pkg:npm/bad!"}}, assay.Invalid, "no name"},
		{"for no ecosystem of ours", assay.Operator, NewToken{Read: []string{"pkg:conan/zlib"}}, assay.Invalid, "not served"},
		{"for no pattern", assay.Operator, NewToken{Publish: []string{"@acme/*"}}, assay.Invalid, "pkg:"},
		{"with an endless pattern", assay.Operator, NewToken{Publish: []string{"pkg:npm/" + long}}, assay.Invalid, "300"},
		{"with too many patterns", assay.Operator, NewToken{Publish: many}, assay.Invalid, "too many"},
		{"with a star inside an escape", assay.Operator, NewToken{Publish: []string{"pkg:npm/@acme/*-%252a"}}, assay.Invalid, "escapes"},
		{"with a range inside an escape", assay.Operator, NewToken{Publish: []string{"pkg:npm/@acme/*%40x"}}, assay.Invalid, "escapes"},
		{"with an endless note", assay.Operator, NewToken{Note: long}, assay.Invalid, "200"},
		{"with a note that hides", assay.Operator, NewToken{Note: "a\u202eb"}, assay.Invalid, "cannot be shown"},
		{"with a note that is no text", assay.Operator, NewToken{Note: "a\xffb"}, assay.Invalid, "cannot be shown"},
		{"with a pattern that drives a terminal", assay.Operator, NewToken{Read: []string{"pkg:npm/*\x1b[2J"}}, assay.Invalid, "cannot be shown"},
		{"that has ended", assay.Operator, NewToken{Expires: newClock().now()}, assay.Invalid, "has passed"},
		{"for ever, until tomorrow", assay.Operator, NewToken{Forever: true, Expires: newClock().now().Add(time.Hour)}, assay.Invalid, "one of the two"},
	} {
		b, s, _ := open(t, Options{})
		made, secret, err := b.Create(t.Context(), tt.by, tt.ask)
		if !assay.Is(err, tt.kind) || !strings.Contains(assay.PublicMessage(err), tt.says) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if secret != "" || made.ID != "" || s.state() != "[null,null]" {
			t.Errorf("%s: was refused and yet made: %s", tt.name, s.state())
		}
	}
}

func TestHowLongTokensLive(t *testing.T) {
	for _, tt := range []struct {
		name string
		ask  NewToken
		last time.Duration // it is let in until then; 0: always
	}{
		{"unless said otherwise 90 days", NewToken{}, 90 * 24 * time.Hour},
		{"as long as said", NewToken{Expires: newClock().now().Add(time.Minute)}, time.Minute},
		{"for ever when said in words", NewToken{Forever: true}, 0},
	} {
		b, _, c := open(t, Options{Remember: 1000 * time.Hour})
		made, secret := create(t, b, tt.ask)
		if tt.last == 0 {
			c.pass(100 * 365 * 24 * time.Hour)
			if _, err := b.Authenticate(t.Context(), secret); err != nil || !made.Expires.IsZero() {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		c.pass(tt.last - 1)
		if _, err := b.Authenticate(t.Context(), secret); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		c.pass(1)
		if _, ok := b.Remembered(secret); ok {
			t.Errorf("%s: it is remembered after its end", tt.name)
		}
		_, err := b.Authenticate(t.Context(), secret)
		if !assay.Is(err, assay.Unauthenticated) || !strings.Contains(err.Error(), made.ID+" expired on 20") {
			t.Errorf("%s, after that: %v", tt.name, err)
		}
	}
}

func TestStrangersLearnNothing(t *testing.T) {
	b, s, _ := open(t, Options{})
	create(t, b, NewToken{})
	for _, tt := range []struct {
		name, secret string
		asks         int // questions to the store
	}{
		{"nothing", "", 0},
		{"no secret", "hunter2", 0},
		{"one without its checksum", known, 0},
		{"a mistyped one", known + "000000", 0},
		{"one of another server", newSecret(), 1},
	} {
		before := s.viewed()
		_, err := b.Authenticate(t.Context(), tt.secret)
		if !assay.Is(err, assay.Unauthenticated) || err.Error() != unknown().Error() {
			t.Errorf("%s: %v", tt.name, err)
		}
		if asked := s.viewed() - before; asked != tt.asks {
			t.Errorf("%s: the store was asked %d times", tt.name, asked)
		}
		if _, ok := b.Remembered(tt.secret); ok {
			t.Errorf("%s: is remembered", tt.name)
		}
	}
	if len(b.memory.known) != 0 {
		t.Error("wrong secrets use memory")
	}
}

func TestAStoreThatFailsLetsNobodyIn(t *testing.T) {
	b, s, _ := open(t, Options{})
	_, secret := create(t, b, NewToken{Admin: true})
	s.down = true
	if p, err := b.Authenticate(t.Context(), secret); !assay.Is(err, assay.Internal) || p.ID != "" || p.Admin {
		t.Errorf("%+v, %v", p, err)
	}
	s.down = false
	if p, err := b.Authenticate(t.Context(), secret); err != nil || !p.Admin {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTokensAreRememberedBriefly(t *testing.T) {
	b, s, c := open(t, Options{Remember: time.Minute, MostRemembered: 3})
	_, secret := create(t, b, NewToken{})
	auth := func() int {
		before := s.viewed()
		if _, err := b.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		return s.viewed() - before
	}
	if first, second := auth(), auth(); first != 1 || second != 0 {
		t.Errorf("the store was asked %d, then %d times", first, second)
	}
	if _, ok := b.Remembered(secret); !ok {
		t.Error("not remembered")
	}
	c.pass(time.Minute)
	if again := auth(); again != 1 {
		t.Errorf("after a minute the store was asked %d times", again)
	}
	for range 10 {
		_, other := create(t, b, NewToken{})
		if _, err := b.Authenticate(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		if len(b.memory.known) > 3 {
			t.Fatalf("%d are remembered", len(b.memory.known))
		}
	}
}

func TestRevoking(t *testing.T) {
	for _, tt := range []struct {
		name  string
		by    func(made store.Token) assay.Principal
		which func(made store.Token, secret string) string
		kind  assay.Kind // Canceled: it works
	}{
		{"by id", operator, func(made store.Token, _ string) string { return made.ID }, assay.Canceled},
		{"by the secret that was found", operator, func(_ store.Token, secret string) string { return " " + secret + "\n" }, assay.Canceled},
		{"by its own holder", func(made store.Token) assay.Principal { return assay.Principal{ID: made.ID} },
			func(made store.Token, _ string) string { return made.ID }, assay.Canceled},
		{"by another", func(store.Token) assay.Principal { return stranger }, func(made store.Token, _ string) string { return made.ID }, assay.Forbidden},
		{"by nobody", func(store.Token) assay.Principal { return assay.Principal{} }, func(made store.Token, _ string) string { return made.ID }, assay.Forbidden},
		{"an unknown id", operator, func(store.Token, string) string { return "t-none" }, assay.NotFound},
		{"an unknown secret", operator, func(store.Token, string) string { return newSecret() }, assay.NotFound},
		{"a mistyped secret", operator, func(_ store.Token, s string) string { return s[:len(s)-1] }, assay.NotFound},
		{"nothing", operator, func(store.Token, string) string { return "" }, assay.NotFound},
	} {
		b, s, c := open(t, Options{})
		made, secret := create(t, b, NewToken{})
		if _, err := b.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Second)
		before := s.state()
		which := tt.which(made, secret)
		got, err := b.Revoke(t.Context(), tt.by(made), which)
		_, authErr := b.Authenticate(t.Context(), secret)
		if tt.kind != assay.Canceled {
			if !assay.Is(err, tt.kind) || authErr != nil || s.state() != before {
				t.Errorf("%s: %v, then %v\n%s", tt.name, err, authErr, s.state())
			}
			if strings.HasPrefix(which, Prefix) && strings.Contains(err.Error(), which[len(Prefix):]) {
				t.Errorf("%s: the error repeats a secret: %v", tt.name, err)
			}
			continue
		}
		want := made
		want.Revoked = c.now()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
		if !assay.Is(authErr, assay.Unauthenticated) || !strings.Contains(authErr.Error(), made.ID+" was revoked on 2026-11-22 10:00 UTC") {
			t.Errorf("%s: still let in: %v", tt.name, authErr)
		}
		if _, ok := b.Remembered(secret); ok {
			t.Errorf("%s: still remembered", tt.name)
		}
		e := s.events[len(s.events)-1]
		if len(s.events) != 2 || e.Kind != assay.EventTokenRevoked || e.By != tt.by(made).ID || string(e.Body) != fmt.Sprintf(`{"id":%q}`, made.ID) {
			t.Errorf("%s: event %+v %s", tt.name, e, e.Body)
		}
		c.pass(time.Hour)
		if again, err := b.Revoke(t.Context(), assay.Operator, made.ID); err != nil || !again.Revoked.Equal(got.Revoked) || len(s.events) != 2 {
			t.Errorf("%s, again: %+v, %v", tt.name, again, err)
		}
	}
}

func operator(store.Token) assay.Principal { return assay.Operator }

// TestALookUpUnderWayIsNotRememberedAfterARevocation: the store was read
// before, the answer comes after.
func TestALookUpUnderWayIsNotRememberedAfterARevocation(t *testing.T) {
	b, s, _ := open(t, Options{})
	made, secret := create(t, b, NewToken{})
	var once sync.Once
	s.reading = func() {
		once.Do(func() {
			if _, err := b.Revoke(t.Context(), assay.Operator, made.ID); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := b.Authenticate(t.Context(), secret); err != nil {
		t.Errorf("it was good when it was looked up: %v", err)
	}
	if _, ok := b.Remembered(secret); ok {
		t.Error("a revoked token is remembered")
	}
	if _, err := b.Authenticate(t.Context(), secret); !assay.Is(err, assay.Unauthenticated) {
		t.Errorf("a revoked token is let in: %v", err)
	}
}

// TestFailures breaks each write of each change, and the commit in both
// ways, and checks that the answer, the store and the door agree.
func TestFailures(t *testing.T) {
	type outcome uint8
	const (
		undone outcome = iota // an error, and nothing changed
		done                  // no error, and all of it changed
		open_                 // an error that says that it is not known
	)
	for _, tt := range []struct {
		name   string
		fail   failure
		failAt int
		down   bool // and what was kept cannot be read
		want   outcome
	}{
		{"the token cannot be written", none, 1, false, undone},
		{"the event cannot be written", none, 2, false, undone},
		{"failed", failed, 0, false, undone},
		{"failed but was stored", failedButStored, 0, false, done},
		{"failed, and the store is gone", failed, 0, true, open_},
		{"failed but was stored, and the store is gone", failedButStored, 0, true, open_},
	} {
		t.Run("create: "+tt.name, func(t *testing.T) {
			b, s, _ := open(t, Options{})
			before := s.state()
			s.fail, s.failAt, s.down = tt.fail, tt.failAt, tt.down
			made, secret, err := b.Create(t.Context(), assay.Operator, NewToken{})
			s.failAt, s.down = 0, false
			switch tt.want {
			case undone:
				if err == nil || secret != "" || s.state() != before {
					t.Errorf("%+v, %v\n%s", made, err, s.state())
				}
			case done:
				if _, authErr := b.Authenticate(t.Context(), secret); err != nil || authErr != nil || len(s.events) != 1 || made.ID != s.tokens[0].ID {
					t.Errorf("%+v, %v, then %v", made, err, authErr)
				}
			case open_:
				if !assay.Is(err, assay.Unavailable) || secret != "" || !strings.Contains(assay.PublicMessage(err), "unknown") {
					t.Errorf("%v", err)
				}
				if len(s.tokens) == 1 && !strings.Contains(assay.PublicMessage(err), s.tokens[0].ID) {
					t.Errorf("the token that was kept is not named: %v", err)
				}
			}
		})
		t.Run("revoke: "+tt.name, func(t *testing.T) {
			b, s, c := open(t, Options{})
			made, secret := create(t, b, NewToken{})
			if _, err := b.Authenticate(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			before := s.state()
			c.pass(time.Second)
			s.fail, s.failAt, s.down = tt.fail, tt.failAt, tt.down
			got, err := b.Revoke(t.Context(), assay.Operator, made.ID)
			s.failAt, s.down = 0, false
			_, authErr := b.Authenticate(t.Context(), secret)
			kept := s.tokens[0].Revoked.IsZero()
			if kept != (authErr == nil) {
				t.Errorf("let in: %v, kept as good: %v", authErr, kept)
			}
			switch tt.want {
			case undone:
				if err == nil || s.state() != before {
					t.Errorf("%+v, %v\n%s", got, err, s.state())
				}
			case done:
				if err != nil || got.Revoked.IsZero() || authErr == nil || len(s.events) != 2 {
					t.Errorf("%+v, %v, then %v", got, err, authErr)
				}
			case open_:
				if !assay.Is(err, assay.Unavailable) || !strings.Contains(assay.PublicMessage(err), "unknown") {
					t.Errorf("%v", err)
				}
			}
		})
	}
}

func TestLastUseIsKeptToTheHour(t *testing.T) {
	b, s, c := open(t, Options{Touch: time.Hour, Remember: time.Minute})
	made, secret := create(t, b, NewToken{})
	first := c.now()
	use := func() {
		t.Helper()
		if _, err := b.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	flush := func() {
		t.Helper()
		if err := b.uses.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	use()
	if !s.tokens[0].LastUsed.IsZero() {
		t.Error("a request waited for the write")
	}
	flush()
	for range 59 {
		c.pass(time.Minute)
		use()
		if len(b.uses.pending) != 0 {
			t.Fatal("a use is gathered again within the hour")
		}
	}
	if !s.tokens[0].LastUsed.Equal(first) {
		t.Errorf("last used %v, want %v", s.tokens[0].LastUsed, first)
	}
	c.pass(time.Minute)
	use()
	// A revocation in between must not be taken back by the later write.
	if _, err := b.Revoke(t.Context(), assay.Operator, made.ID); err != nil {
		t.Fatal(err)
	}
	flush()
	if got := s.tokens[0]; got.Revoked.IsZero() || !got.LastUsed.Equal(c.now()) {
		t.Errorf("revoked %v, last used %v", got.Revoked, got.LastUsed)
	}
	if len(s.events) != 2 {
		t.Errorf("a use is an event: %+v", s.events)
	}
}

func TestUsesSurviveAFailingStore(t *testing.T) {
	for _, how := range []failure{failed, failedButStored} {
		b, s, c := open(t, Options{})
		_, secret := create(t, b, NewToken{})
		if _, err := b.Authenticate(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		s.fail = how
		if err := b.uses.flush(t.Context()); err == nil {
			t.Errorf("%s: no error", how)
		}
		if err := b.Close(t.Context()); err != nil || !s.tokens[0].LastUsed.Equal(c.now()) {
			t.Errorf("%s: %v, last used %v", how, err, s.tokens[0].LastUsed)
		}
		if err := b.Close(t.Context()); err != nil {
			t.Errorf("%s: closing again: %v", how, err)
		}
	}
}

func TestTheWriterWritesByItself(t *testing.T) {
	b, s, c := open(t, Options{Flush: time.Millisecond})
	_, secret := create(t, b, NewToken{})
	if _, err := b.Authenticate(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		s.mu.Lock()
		used := s.tokens[0].LastUsed
		s.mu.Unlock()
		if used.Equal(c.now()) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the use was not written")
		}
	}
}

func TestAGrantThatIsNotUnderstoodGrantsNothing(t *testing.T) {
	b, s, _ := open(t, Options{})
	_, secret := create(t, b, NewToken{Publish: []string{"pkg:npm/left", "pkg:npm/right"}})
	s.tokens[0].Publish[0] = "pkg:gone/*" // as of an ecosystem that is no more
	p, err := b.Authenticate(t.Context(), secret)
	if err != nil || len(p.Publish) != 1 || p.MayPublish(assay.NPM, "left") || !p.MayPublish(assay.NPM, "right") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestManyAtOnce(t *testing.T) {
	b, _, _ := open(t, Options{MostRemembered: 4, Flush: time.Millisecond})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				made, secret, err := b.Create(t.Context(), assay.Operator, NewToken{})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := b.Authenticate(t.Context(), secret); err != nil {
					t.Error(err)
				}
				if _, err := b.Revoke(t.Context(), assay.Operator, made.ID); err != nil {
					t.Error(err)
				}
				if _, err := b.Authenticate(t.Context(), secret); err == nil {
					t.Error("revoked, and let in")
				}
			}
		})
	}
	all.Wait()
}

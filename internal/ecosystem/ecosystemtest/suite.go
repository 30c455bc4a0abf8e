package ecosystemtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// Subject is an ecosystem under the suite.
type Subject struct {
	// World makes a fresh fake upstream; it ends with the test.
	World func(t *testing.T) World
	// Place starts a place with an empty data directory that pulls from the
	// world's upstream, with the safe default policy (new versions wait three
	// days) and small limits: at most a second or two until an upstream that
	// hangs is given up, a few MB for a document or file. It ends with the
	// test.
	Place func(t *testing.T, w World) Place
}

// Place is a running named place of an Assay.
type Place struct {
	Base string // its address, ending in a slash
	// Block and Except change the policy; what they changed is in force when
	// they return.
	Block  func(pattern, reason string) error
	Except func(version, rule, reason string) error
	// Advance moves the clock by which the place lives.
	Advance func(time.Duration)
	// Now tells that clock.
	Now func() time.Time

	// What RunHosted needs besides.

	// Claim gives the names in a pattern to hosted packages alone.
	Claim func(pattern string) error
	// Token makes a token that may publish, and read, what lies in some
	// patterns of hosted packages, and read what lies in others.
	Token func(publish, read []string) (string, error)
	// SetStatus says something of a hosted version, as an administrator.
	SetStatus func(name, version string, status assay.Status, reason string) error
	// Kept describes all that is kept of packages: it comes out differently
	// once an event, a row or a byte more is there.
	Kept func() (string, error)
}

// patience bounds every wait of the suite.
const patience = 30 * time.Second

// old is long enough ago for every cooldown.
const old = 90 * 24 * time.Hour

// bench is one test's place, its world and its package.
type bench struct {
	*testing.T
	Place
	world World
	name  string
	ctx   context.Context
}

// Run is the suite that every ecosystem passes.
func Run(t *testing.T, subject Subject) {
	cases := []struct {
		name string
		run  func(b *bench)
	}{
		{"ordinary versions are listed and their files are the upstream's", ordinary},
		{"no resolver chooses a blocked version", blockedIsNotChosen},
		{"a blocked file refuses with rule, reason and link", blockedFileRefuses},
		{"a file that was handed out before refuses once it is blocked", blockedAfterwards},
		{"the default version moves to one that is allowed", defaultMoves},
		{"with every version blocked nothing is chosen and the reason is said", everythingBlocked},
		{"an exception lets one version through and no other", exception},
		{"a new version waits for its cooldown", cooldown},
		{"a version that turns up with an old date waits as a new one", backdated},
		{"a version without a date is not handed out", undated},
		{"a version from the future is not handed out", future},
		{"the digest first seen is for ever", digestPinned},
		{"wrong bytes are neither handed out nor kept", sinfulFiles},
		{"an unsound listing is an error and never an absence", sinfulListings},
		{"a hanging upstream gives a stale listing within seconds, and it says so", staleListing},
		{"what was fetched is served with the upstream gone", upstreamGone},
		{"a withdrawn version is no longer chosen", withdrawn},
		{"HEAD, ranges and conditional requests", conditional},
		{"64 clients are one upstream request", stampede},
		{"no path leads out of the place or the upstream", traversal},
		{"what does not exist is a 404", absent},
		{"one connection goes on after a refusal", keepAlive},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			world := subject.World(t)
			c.run(&bench{T: t, Place: subject.Place(t, world), world: world, name: world.Name("kettle"), ctx: ctx})
		})
	}
}

// publish adds versions of the package, all old.
func (b *bench) publish(short ...string) {
	b.Helper()
	for _, s := range short {
		b.must(b.world.Publish(b.name, b.world.Version(s), b.Now().Add(-old), 0))
	}
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) purl(short string) string {
	c := assay.Coordinate{Ecosystem: b.world.Ecosystem(), Name: b.name}
	if short != "" {
		c.Version = b.world.Version(short)
	}
	return c.String()
}

// pattern means one version, as a pattern's range.
func (b *bench) pattern(short string) string {
	return "pkg:" + string(b.world.Ecosystem()) + "/" + b.name + "@" + b.world.Version(short)
}

// chosen asserts which versions a resolver could choose.
func (b *bench) chosen(short ...string) {
	b.Helper()
	got, err := b.world.Choices(b.ctx, b.Base, b.name)
	b.must(err)
	want := []string{}
	for _, s := range short {
		want = append(want, b.world.Version(s))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Fatalf("a resolver could choose %q, want %q", got, want)
	}
}

// answer is an answer read to its end.
type answer struct {
	status int
	line   string // "403 Forbidden", or with our own phrase
	header http.Header
	body   []byte
	err    error // the body did not come whole
}

// ask sends a request to a path below the base and reads the whole answer.
func (b *bench) ask(method, path string, header ...string) answer {
	b.Helper()
	a, err := b.tryAsk(method, path, header...)
	b.must(err)
	return a
}

func (b *bench) tryAsk(method, path string, header ...string) (answer, error) {
	return b.tryAskBody(method, path, "", header...)
}

// tryAskBody sends a body too. Headers without a value are left out.
func (b *bench) tryAskBody(method, path, body string, header ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, b.Base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("asking for %s: %w", path, err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i+1] != "" {
			r.Header.Set(header[i], header[i+1])
		}
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, fmt.Errorf("asking for %s: %w", path, err)
	}
	defer got.Body.Close()
	a := answer{status: got.StatusCode, line: got.Status, header: got.Header}
	a.body, a.err = io.ReadAll(got.Body)
	return a, nil
}

func (b *bench) file(short string) answer {
	b.Helper()
	return b.ask(http.MethodGet, b.world.FilePath(b.name, b.world.Version(short)))
}

// served asserts that the version's file comes whole and is the upstream's.
func (b *bench) served(short string) {
	b.Helper()
	a := b.file(short)
	if a.status != http.StatusOK || a.err != nil {
		b.Fatalf("%s answered %s (%v): %s", short, a.line, a.err, head(a.body))
	}
	if want := b.world.Bytes(b.name, b.world.Version(short)); !bytes.Equal(a.body, want) {
		b.Fatalf("%s came with %d bytes that are not the upstream's %d", short, len(a.body), len(want))
	}
}

// refused asserts that the version's file is refused in the words that must
// reach the person.
func (b *bench) refused(short string, words ...string) answer {
	b.Helper()
	a := b.file(short)
	if a.status != http.StatusForbidden {
		b.Fatalf("%s answered %s, want 403: %s", short, a.line, head(a.body))
	}
	text := strings.Join(strings.Fields(string(a.body)), " ")
	for _, word := range append(words, "/why/") {
		if !strings.Contains(text, word) {
			b.Errorf("the refusal of %s does not say %q: %s", short, word, text)
		}
	}
	if bytes.Contains(a.body, b.world.Bytes(b.name, b.world.Version(short))[:64]) {
		b.Errorf("the refusal of %s holds bytes of the file", short)
	}
	return a
}

func head(body []byte) string { return fmt.Sprintf("%.600q", body) }

func ordinary(b *bench) {
	b.publish("1.0.0", "1.1.0", "1.3.0-rc.1")
	b.chosen("1.0.0", "1.1.0", "1.3.0-rc.1")
	for _, v := range []string{"1.0.0", "1.1.0", "1.3.0-rc.1"} {
		b.served(v)
		b.served(v) // the second time from here
	}
	for _, v := range []string{"1.0.0", "1.1.0"} {
		if n := b.world.Upstream().Count(b.world.FileMark(b.name, b.world.Version(v))); n != 1 {
			b.Errorf("the upstream was asked %d times for the file of %s, want once", n, v)
		}
	}
	got, err := b.world.Default(b.ctx, b.Base, b.name)
	b.must(err)
	if got != b.world.Version("1.1.0") {
		b.Errorf("the default version is %s, want 1.1.0", got)
	}
}

func blockedIsNotChosen(b *bench) {
	b.publish("1.0.0", "1.1.0", "1.2.0")
	b.chosen("1.0.0", "1.1.0", "1.2.0")
	b.must(b.Block(b.pattern("1.1.0"), "it leaks"))
	b.chosen("1.0.0", "1.2.0") // at once, though the listing was cached
}

func blockedFileRefuses(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.must(b.Block(b.pattern("1.1.0"), "it leaks the tea"))
	a := b.refused("1.1.0", "block", "it leaks the tea")
	if n := b.world.Upstream().Count(b.world.FileMark(b.name, b.world.Version("1.1.0"))); n != 0 {
		b.Errorf("the upstream was asked %d times for a file that is refused", n)
	}
	if !strings.Contains(a.line, "/why/") && !strings.Contains(a.line, "it leaks") {
		b.Errorf("the reason phrase is %q: for some clients it is the only channel", a.line)
	}
	path := b.world.FilePath(b.name, b.world.Version("1.1.0"))
	if h := b.ask(http.MethodHead, path); h.status != http.StatusForbidden || len(h.body) != 0 {
		b.Errorf("HEAD of a refused file answered %s with %d bytes", h.line, len(h.body))
	}
	if r := b.ask(http.MethodGet, path, "Range", "bytes=0-9"); r.status != http.StatusForbidden {
		b.Errorf("a range of a refused file answered %s", r.line)
	}
	if strings.ContainsAny(a.line+a.header.Get("Content-Type"), "\r\n\x1b\x00") {
		b.Errorf("control characters in %q", a.line)
	}
	b.served("1.0.0")
}

func blockedAfterwards(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.served("1.1.0")
	etag := b.file("1.1.0").header.Get("ETag")
	b.must(b.Block(b.pattern("1.1.0"), "it leaks"))
	b.refused("1.1.0", "it leaks")
	// A client that has the bytes already must not be told that they are fine.
	if etag != "" {
		a := b.ask(http.MethodGet, b.world.FilePath(b.name, b.world.Version("1.1.0")), "If-None-Match", etag)
		if a.status != http.StatusForbidden {
			b.Errorf("a conditional request for a refused file answered %s", a.line)
		}
	}
}

func defaultMoves(b *bench) {
	b.publish("1.0.0", "1.1.0", "1.2.0", "1.3.0-rc.1")
	b.must(b.Block(b.pattern("1.2.0"), "it leaks"))
	got, err := b.world.Default(b.ctx, b.Base, b.name)
	b.must(err)
	if got != b.world.Version("1.1.0") {
		b.Errorf("with 1.2.0 blocked the default version is %s, want 1.1.0: the newest allowed that is no pre-release", got)
	}
}

func everythingBlocked(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.must(b.Block("pkg:"+string(b.world.Ecosystem())+"/"+b.name, "it leaks the tea"))
	if versions, err := b.world.Choices(b.ctx, b.Base, b.name); err == nil && len(versions) > 0 {
		b.Errorf("a resolver could choose %q, want nothing", versions)
	}
	if got, err := b.world.Default(b.ctx, b.Base, b.name); err == nil {
		b.Errorf("the default version is %s, want none", got)
	} else if strings.Contains(err.Error(), "answered 404") || strings.Contains(err.Error(), "answered 410") {
		b.Errorf("a refusal looks like an absence: %v", err)
	}
	b.refused("1.0.0", "it leaks the tea")
}

func exception(b *bench) {
	b.publish("1.0.0", "1.1.0", "1.2.0")
	b.must(b.Block("pkg:"+string(b.world.Ecosystem())+"/"+b.name, "it leaks"))
	b.must(b.Except(b.purl("1.1.0"), "block", "we hold a cup under it"))
	b.chosen("1.1.0")
	b.served("1.1.0")
	b.refused("1.2.0", "it leaks")
}

func cooldown(b *bench) {
	b.publish("1.0.0")
	b.must(b.world.Publish(b.name, b.world.Version("1.1.0"), b.Now().Add(-time.Hour), 0))
	b.chosen("1.0.0")
	b.refused("1.1.0", "cooldown")
	got, err := b.world.Default(b.ctx, b.Base, b.name)
	b.must(err)
	if got != b.world.Version("1.0.0") {
		b.Errorf("the default version is %s while 1.1.0 waits, want 1.0.0", got)
	}
	b.Advance(80 * time.Hour)
	b.chosen("1.0.0", "1.1.0")
	b.served("1.1.0")
}

func backdated(b *bench) {
	b.publish("1.0.0")
	b.chosen("1.0.0") // now it is known that 1.1.0 does not exist
	b.publish("1.1.0")
	b.Advance(2 * time.Hour)
	b.chosen("1.0.0")
	b.refused("1.1.0", "cooldown")
	b.Advance(80 * time.Hour)
	b.chosen("1.0.0", "1.1.0")
	b.served("1.1.0")
}

func undated(b *bench) {
	b.publish("1.0.0")
	b.must(b.world.Publish(b.name, b.world.Version("1.1.0"), time.Time{}, 0))
	b.chosen("1.0.0")
	b.notHandedOut("1.1.0")
}

func future(b *bench) {
	b.publish("1.0.0")
	b.must(b.world.Publish(b.name, b.world.Version("1.1.0"), b.Now().AddDate(1, 0, 0), 0))
	b.chosen("1.0.0")
	b.notHandedOut("1.1.0")
	b.Advance(80 * time.Hour)
	b.notHandedOut("1.1.0")
}

// notHandedOut asserts that the file does not come, whatever the reason, and
// that this does not look like an absence.
func (b *bench) notHandedOut(short string) {
	b.Helper()
	a := b.file(short)
	if a.status < 400 || a.status == http.StatusNotFound || a.status == http.StatusGone {
		b.Errorf("%s answered %s with %d bytes, want a refusal or an error", short, a.line, len(a.body))
	}
}

func digestPinned(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.served("1.1.0")
	first := b.world.Bytes(b.name, b.world.Version("1.1.0"))
	b.chosen("1.0.0", "1.1.0")
	b.must(b.world.Rewrite(b.name, b.world.Version("1.1.0")))
	second := b.world.Bytes(b.name, b.world.Version("1.1.0"))
	if bytes.Equal(first, second) {
		b.Fatal("the fake did not change its bytes")
	}
	b.Advance(2 * time.Hour)                           // past the freshness of everything cached
	b.ask(http.MethodGet, b.world.ListingPath(b.name)) // the change is noticed here, where listings carry digests
	switch a := b.file("1.1.0"); {
	case bytes.Equal(a.body, second):
		b.Error("other bytes were handed out for a version that was seen before")
	case a.status == http.StatusOK && !bytes.Equal(a.body, first):
		b.Error("bytes were handed out that the upstream never had")
	case a.status != http.StatusOK && a.status != http.StatusForbidden:
		b.Errorf("the rewritten version answered %s", a.line)
	}
	b.served("1.0.0")
}

func sinfulFiles(b *bench) {
	sins := []Sin{WrongBytes, WrongBytes, Truncated, Truncated, ShortButConsistent, ShortButConsistent, HangsInBody, HangsInBody,
		HangsBeforeHeader, ServerError, Overloaded, Garbage, HTMLPage, EndlessBody, FiveGigabytes,
		RedirectsToPrivate, RedirectsToMapped, RedirectsForEver}
	trap := newTrap(b.T)
	b.world.Upstream().SetTrap(trap.address)
	b.publish("0.9.0")
	for i, sin := range sins {
		// A refresh that is still under way would find the next version
		// missing, and make it wait as a new one.
		b.ask(http.MethodGet, b.world.ListingPath(b.name))
		short := fmt.Sprintf("1.%d.0", i)
		version := b.world.Version(short)
		// Every other file is longer than what may be held back until the
		// digest is right: the sin is known when much has been sent already.
		size := (i % 2) * 300 << 10
		b.must(b.world.Publish(b.name, version, b.Now().Add(-old), size))
		b.Advance(2 * time.Hour) // a fresh listing, and no breaker left open
		b.Advance(80 * time.Hour)
		b.world.Upstream().Misbehave(b.world.FileMark(b.name, version), sin)
		started := time.Now()
		a, err := b.tryAsk(http.MethodGet, b.world.FilePath(b.name, version))
		if took := time.Since(started); took > 15*time.Second {
			b.Errorf("%s: the answer took %v", sin, took)
		}
		// A long file has begun to flow, so that only cutting the connection
		// says that it is wrong. Nothing of a short one has been sent, so the
		// person can be told.
		if short := size == 0; err != nil {
			if short {
				b.Errorf("%s: the connection was cut before anything was sent, want an error that a person can read: %v", sin, err)
			}
			a.err = err
		}
		if a.status == http.StatusOK && a.err == nil {
			b.Errorf("%s: %d bytes were handed out as a whole file", sin, len(a.body))
		}
		if a.status >= 500 && len(bytes.TrimSpace(a.body)) == 0 {
			b.Errorf("%s: %s without a word", sin, a.line)
		}
		if a.status == http.StatusNotFound || a.status == http.StatusGone {
			b.Errorf("%s: looks like an absence: %s", sin, a.line)
		}
		if bytes.Equal(a.body, b.world.Bytes(b.name, version)) {
			b.Errorf("%s: the fake did not sin", sin)
		}
		b.world.Upstream().Repent()
		b.Advance(2 * time.Hour)
		b.eventuallyServed(sin, short)
	}
	if n := trap.hits.Load(); n != 0 {
		b.Errorf("a redirect to a private address was followed %d times", n)
	}
}

// eventuallyServed gives a circuit breaker, which may live by another clock,
// a few seconds.
func (b *bench) eventuallyServed(sin Sin, short string) {
	b.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		a := b.file(short)
		if a.status == http.StatusOK && a.err == nil {
			if !bytes.Equal(a.body, b.world.Bytes(b.name, b.world.Version(short))) {
				b.Errorf("after %s: wrong bytes were kept", sin)
			}
			return
		}
		if time.Now().After(deadline) {
			b.Errorf("after %s: the file still answers %s (%v): %s", sin, a.line, a.err, head(a.body))
			return
		}
	}
}

func sinfulListings(b *bench) {
	trap := newTrap(b.T)
	b.world.Upstream().SetTrap(trap.address)
	for i, sin := range b.world.ListingSins() {
		name := b.world.Name(fmt.Sprintf("kettle%d", i))
		b.must(b.world.Publish(name, b.world.Version("1.0.0"), b.Now().Add(-old), 0))
		b.world.Upstream().Misbehave("", sin)
		started := time.Now()
		a := b.ask(http.MethodGet, b.world.ListingPath(name))
		if took := time.Since(started); took > 15*time.Second {
			b.Errorf("%s: the answer took %v", sin, took)
		}
		switch {
		case a.status == http.StatusOK && a.err == nil:
			b.Errorf("%s: the listing was believed: %s", sin, head(a.body))
		case a.status == http.StatusNotFound || a.status == http.StatusGone:
			b.Errorf("%s: looks like an absence: %s", sin, a.line)
		case (sin == ServerError || sin == Overloaded) && a.status < 500:
			b.Errorf("%s: a 5xx of the upstream became %s", sin, a.line)
		}
		b.world.Upstream().Repent()
		b.Advance(2 * time.Hour)
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			a := b.ask(http.MethodGet, b.world.ListingPath(name))
			if a.status == http.StatusOK && a.err == nil {
				break
			}
			if time.Now().After(deadline) {
				b.Errorf("after %s: the listing still answers %s: %s", sin, a.line, head(a.body))
				break
			}
		}
	}
	if n := trap.hits.Load(); n != 0 {
		b.Errorf("a redirect to a private address was followed %d times", n)
	}
}

func staleListing(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.chosen("1.0.0", "1.1.0")
	b.Advance(2 * time.Hour)
	b.world.Upstream().Misbehave("", HangsBeforeHeader)
	started := time.Now()
	a := b.ask(http.MethodGet, b.world.ListingPath(b.name))
	if took := time.Since(started); took > 3*time.Second {
		b.Errorf("the stale answer took %v", took)
	}
	if a.status != http.StatusOK {
		b.Fatalf("a listing that is known answered %s while the upstream hangs: %s", a.line, head(a.body))
	}
	if a.header.Get("Assay-Stale") == "" {
		b.Error("the stale answer does not say that it is: no Assay-Stale header")
	}
	// What is known is still judged.
	b.must(b.Block(b.pattern("1.1.0"), "it leaks"))
	a = b.ask(http.MethodGet, b.world.ListingPath(b.name))
	if a.status != http.StatusOK {
		b.Errorf("the stale listing answered %s: %s", a.line, head(a.body))
	}
	if versions, err := b.world.Choices(b.ctx, b.Base, b.name); err != nil || slices.Contains(versions, b.world.Version("1.1.0")) {
		b.Errorf("a resolver could choose %q (%v) from the stale listing, and 1.1.0 is blocked", versions, err)
	}
}

func upstreamGone(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.chosen("1.0.0", "1.1.0")
	b.served("1.0.0")
	b.world.Upstream().Stop()
	b.Advance(2 * time.Hour)
	b.chosen("1.0.0", "1.1.0")
	b.served("1.0.0")
	b.notHandedOut("1.1.0") // never fetched: an error, and no absence
	b.publish("1.2.0")      // it exists, and we cannot know
	if a := b.file("1.2.0"); a.status < 500 {
		b.Errorf("a version that may have been published since answered %s with the upstream gone, want a 5xx: %s", a.line, head(a.body))
	}
	other := b.ask(http.MethodGet, b.world.ListingPath(b.world.Name("teapot")))
	if other.status < 500 {
		b.Errorf("a package that was never seen answered %s with the upstream gone, want a 5xx", other.line)
	}
	b.must(b.world.Upstream().Start())
	b.Advance(2 * time.Hour)
	b.eventuallyServed(Honest, "1.1.0")
}

func withdrawn(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.chosen("1.0.0", "1.1.0")
	b.world.Withdraw(b.name, b.world.Version("1.1.0"))
	b.Advance(2 * time.Hour)
	a := b.ask(http.MethodGet, b.world.ListingPath(b.name))
	if a.status != http.StatusOK {
		b.Fatalf("the listing answered %s", a.line)
	}
	got, err := b.world.Default(b.ctx, b.Base, b.name)
	b.must(err)
	if got != b.world.Version("1.0.0") {
		b.Errorf("the default version is %s, want 1.0.0: 1.1.0 is withdrawn", got)
	}
}

func conditional(b *bench) {
	b.publish("1.0.0")
	path := b.world.FilePath(b.name, b.world.Version("1.0.0"))
	whole := b.file("1.0.0").body
	if h := b.ask(http.MethodHead, path); h.status != http.StatusOK || len(h.body) != 0 ||
		h.header.Get("Content-Length") != fmt.Sprint(len(whole)) {
		b.Errorf("HEAD answered %s, length %s, with %d bytes", h.line, h.header.Get("Content-Length"), len(h.body))
	}
	r := b.ask(http.MethodGet, path, "Range", "bytes=5-14")
	if r.status != http.StatusPartialContent || !bytes.Equal(r.body, whole[5:15]) {
		b.Errorf("a range answered %s with %d bytes", r.line, len(r.body))
	}
	if r := b.ask(http.MethodGet, path, "Range", "bytes=99999999-"); r.status != http.StatusRequestedRangeNotSatisfiable {
		b.Errorf("a range past the end answered %s", r.line)
	}
	for what, path := range map[string]string{"file": path, "listing": b.world.ListingPath(b.name)} {
		etag := b.ask(http.MethodGet, path).header.Get("ETag")
		if etag == "" {
			b.Errorf("the %s has no ETag", what)
			continue
		}
		if c := b.ask(http.MethodGet, path, "If-None-Match", etag); c.status != http.StatusNotModified || len(c.body) != 0 {
			b.Errorf("a conditional request for the %s answered %s", what, c.line)
		}
		if c := b.ask(http.MethodGet, path, "If-None-Match", `"another"`); c.status != http.StatusOK {
			b.Errorf("a conditional request for the %s with another tag answered %s", what, c.line)
		}
	}
	// A HEAD before any GET must not need the bytes to be here already.
	b.publish("1.1.0")
	b.Advance(80 * time.Hour)
	if h := b.ask(http.MethodHead, b.world.FilePath(b.name, b.world.Version("1.1.0"))); h.status != http.StatusOK || len(h.body) != 0 {
		b.Errorf("HEAD of a file that is not here yet answered %s", h.line)
	}
	if a := b.ask(http.MethodDelete, path); a.status < 400 || a.status >= 500 {
		b.Errorf("DELETE answered %s", a.line)
	}
}

func stampede(b *bench) {
	b.publish("1.0.0")
	version := b.world.Version("1.0.0")
	path, want := b.world.FilePath(b.name, version), b.world.Bytes(b.name, version)
	b.world.Upstream().Misbehave(b.world.FileMark(b.name, version), Slow)
	const clients = 64
	var wg sync.WaitGroup
	errs := make([]error, clients)
	for i := range clients {
		wg.Go(func() {
			a, err := b.tryAsk(http.MethodGet, path)
			switch {
			case err != nil:
				errs[i] = err
			case a.status != http.StatusOK || a.err != nil:
				errs[i] = fmt.Errorf("answered %s (%v): %s", a.line, a.err, head(a.body))
			case !bytes.Equal(a.body, want):
				errs[i] = fmt.Errorf("got %d bytes that are not the upstream's %d", len(a.body), len(want))
			}
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			b.Errorf("client %d: %v", i, err)
		}
	}
	if n := b.world.Upstream().Count(b.world.FileMark(b.name, version)); n != 1 {
		b.Errorf("the upstream was asked %d times for the file, want once", n)
	}
	teapot := b.world.Name("teapot")
	b.must(b.world.Publish(teapot, version, b.Now().Add(-old), 0))
	b.world.Upstream().Forget()
	for i := range clients {
		wg.Go(func() { _, errs[i] = b.tryAsk(http.MethodGet, b.world.ListingPath(teapot)) })
	}
	wg.Wait()
	asked := map[string]int{}
	for _, r := range b.world.Upstream().Requests() {
		asked[r.Path]++
	}
	for path, n := range asked {
		if n > 1 {
			b.Errorf("the upstream was asked %d times for %s, want once", n, path)
		}
	}
	if len(asked) == 0 {
		b.Error("the upstream was not asked for a listing that nobody has seen")
	}
}

func traversal(b *bench) {
	b.publish("1.0.0")
	b.world.Upstream().Forget()
	for _, path := range b.world.Traversals() {
		if a := b.ask(http.MethodGet, path); a.status < 400 || a.status >= 500 {
			b.Errorf("%s answered %s: %s", path, a.line, head(a.body))
		}
	}
	for _, r := range b.world.Upstream().Requests() {
		lower := strings.ToLower(r.Path)
		for _, mark := range []string{"..", "%2e%2e", "%00", "%0d", "%0a", "%25", "passwd"} {
			if strings.Contains(lower, mark) {
				b.Errorf("the upstream was asked for %s", r.Path)
			}
		}
	}
}

func absent(b *bench) {
	b.publish("1.0.0")
	for what, path := range map[string]string{
		"an unknown package": b.world.ListingPath(b.world.Name("teapot")),
		"an unknown version": b.world.FilePath(b.name, b.world.Version("9.9.9")),
	} {
		if a := b.ask(http.MethodGet, path); a.status != http.StatusNotFound {
			b.Errorf("%s answered %s, want 404: %s", what, a.line, head(a.body))
		}
	}
}

func keepAlive(b *bench) {
	b.publish("1.0.0", "1.1.0")
	b.must(b.Block(b.pattern("1.1.0"), "it leaks"))
	var dials atomic.Int64
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		var d net.Dialer
		return d.DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	for _, step := range []struct {
		method, short string
		status        int
	}{{"GET", "1.1.0", 403}, {"HEAD", "1.1.0", 403}, {"GET", "1.0.0", 200}, {"GET", "1.1.0", 403}, {"HEAD", "1.0.0", 200}, {"GET", "1.0.0", 200}} {
		r, err := http.NewRequestWithContext(b.ctx, step.method, b.Base+b.world.FilePath(b.name, b.world.Version(step.short)), nil)
		b.must(err)
		got, err := client.Do(r)
		b.must(err)
		_, err = io.Copy(io.Discard, got.Body)
		got.Body.Close()
		b.must(err)
		if got.StatusCode != step.status {
			b.Errorf("%s of %s answered %s, want %d", step.method, step.short, got.Status, step.status)
		}
		if step.status == 200 && got.Status != "200 OK" {
			b.Errorf("the phrase of a refusal clings to the connection: %q", got.Status)
		}
	}
	if n := dials.Load(); n != 1 {
		b.Errorf("six requests took %d connections, want one", n)
	}
}

// trap is a server that nobody may ever be led to.
type trap struct {
	address string
	hits    atomic.Int64
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	trapped := &trap{}
	server, err := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		trapped.hits.Add(1)
		io.WriteString(w, "a secret of the internal network")
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	trapped.address = strings.TrimSuffix(strings.TrimPrefix(server.URL(), "http://"), "/")
	return trapped
}

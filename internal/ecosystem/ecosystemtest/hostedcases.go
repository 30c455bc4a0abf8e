package ecosystemtest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// Private short forms. The first is published in most cases, the second is
// claimed and never published; they are equally long, so that answers about
// them can be compared byte for byte. The words stand nowhere else.
const (
	present = "quartzite"
	missing = "soapstone"
)

// privateWords are what gives a private name away.
var privateWords = []string{present, missing, "vaultworks"}

// RunHosted is the publishing half of the suite: every ecosystem whose
// packages can be published passes it. The subject's worlds are Hosted, and
// its places have all fields set.
func RunHosted(t *testing.T, subject Subject) {
	cases := []struct {
		name string
		run  func(b *hostedBench)
	}{
		{"what is published is read back with a token", publishedIsRead},
		{"a version published twice is a conflict and nothing changes", publishedTwice},
		{"of many who publish one version at once one does", publishedAtOnce},
		{"an unclaimed name is refused", unclaimed},
		{"without a token 401, with a wrong one 403, and nothing is kept", tokens},
		{"a stranger sees no difference between a private name and none", strangers},
		{"a yanked version is not chosen and is served", yanked},
		{"a quarantined version is refused until it is let go", quarantined},
		{"a removed version is gone for ever and its number with it", removed},
		{"a blocked version of a private package refuses", privateBlocked},
		{"a claimed name never leaves the place", claimedStays},
		{"publishing and reading need no upstream", publishedWithoutUpstream},
		{"a broken archive leaves nothing behind", brokenArchive},
	}
	for _, c := range cases {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			world, ok := subject.World(t).(Hosted)
			if !ok {
				t.Fatal("the subject's world is not Hosted: nothing can be published to it")
			}
			place := subject.Place(t, world)
			if place.Claim == nil || place.Token == nil || place.SetStatus == nil || place.Kept == nil {
				t.Fatal("the subject's place lacks what publishing needs: Claim, Token, SetStatus or Kept")
			}
			c.run(newHostedBench(&bench{T: t, Place: place, world: world, name: world.Private(present), ctx: ctx}, world))
		})
	}
}

// hostedBench is a bench whose package is private, with the claim made and
// tokens at hand.
type hostedBench struct {
	*bench
	world     Hosted
	publisher string // may publish what is claimed, and read it
	reader    string // may read it
	other     string // may publish and read something else
}

func newHostedBench(b *bench, world Hosted) *hostedBench {
	b.Helper()
	b.must(b.Claim(world.Claim()))
	token := func(publish, read []string) string {
		secret, err := b.Token(publish, read)
		b.must(err)
		return secret
	}
	claim, kettle := []string{world.Claim()}, []string{"pkg:" + string(world.Ecosystem()) + "/" + world.Name("kettle")}
	return &hostedBench{bench: b, world: world, publisher: token(claim, nil), reader: token(nil, claim), other: token(kettle, kettle)}
}

// upload publishes a version of the package, which must succeed, and returns
// its main file.
func (b *hostedBench) upload(short string) []byte {
	b.Helper()
	return b.uploadAs(b.publisher, Upload{Name: b.name, Version: b.world.Version(short)}, true).Sent
}

// uploadAs publishes, and asserts whether it succeeds.
func (b *hostedBench) uploadAs(token string, up Upload, succeeds bool) Reply {
	b.Helper()
	reply, err := b.world.Upload(b.ctx, b.Base, token, up)
	b.must(err)
	if ok := reply.Status >= 200 && reply.Status < 300; ok != succeeds {
		b.Fatalf("publishing %s@%s was answered %d, success wanted: %v: %.600s", up.Name, up.Version, reply.Status, succeeds, reply.Text)
	}
	return reply
}

// refusedUpload publishes what must be refused with one of the statuses, in
// the words, and without keeping anything.
func (b *hostedBench) refusedUpload(token string, up Upload, statuses []int, words ...string) {
	b.Helper()
	before := b.kept()
	reply := b.uploadAs(token, up, false)
	if !slices.Contains(statuses, reply.Status) {
		b.Errorf("publishing %s@%s was answered %d, want one of %v: %.600s", up.Name, up.Version, reply.Status, statuses, reply.Text)
	}
	for _, word := range words {
		if !strings.Contains(strings.ToLower(reply.Text), word) {
			b.Errorf("the refusal does not say %q: %.600s", word, reply.Text)
		}
	}
	if after := b.kept(); after != before {
		b.Errorf("a refused publish left something behind:\nbefore\n%s\nafter\n%s", before, after)
	}
}

func (b *hostedBench) kept() string {
	b.Helper()
	text, err := b.Kept()
	b.must(err)
	return text
}

// fileAs asks for a version's file with a token.
func (b *hostedBench) fileAs(token, short string) answer {
	b.Helper()
	return b.askAs(token, Probe{Path: b.world.FilePath(b.name, b.world.Version(short))})
}

// askAs sends a probe with a token; "" sends none.
func (b *hostedBench) askAs(token string, p Probe) answer {
	b.Helper()
	a, err := b.tryProbe(token, p)
	b.must(err)
	return a
}

func (b *hostedBench) tryProbe(token string, p Probe) (answer, error) {
	method := p.Method
	if method == "" {
		method = http.MethodGet
	}
	return b.tryAskBody(method, p.Path, p.Body, "Accept", p.Accept, "Content-Type", p.ContentType, "Authorization", bearer(token))
}

// gives asserts that the version's file comes whole to who may read it.
func (b *hostedBench) gives(short string, want []byte) {
	b.Helper()
	if a := b.fileAs(b.reader, short); a.status != http.StatusOK || a.err != nil || !bytes.Equal(a.body, want) {
		b.Errorf("the file of %s answered %s (%v) with %d bytes, want the %d that were published: %s", short, a.line, a.err, len(a.body), len(want), head(a.body))
	}
}

// keeps asserts that the version's file is refused to who may read it, in
// the words.
func (b *hostedBench) keeps(short string, bytesOf []byte, words ...string) {
	b.Helper()
	a := b.fileAs(b.reader, short)
	if a.status != http.StatusForbidden {
		b.Errorf("the file of %s answered %s, want 403: %s", short, a.line, head(a.body))
	}
	if bytes.Contains(a.body, bytesOf[:64]) {
		b.Errorf("the refusal of %s holds bytes of the file", short)
	}
	for _, word := range words {
		if !strings.Contains(strings.Join(strings.Fields(string(a.body)), " "), word) {
			b.Errorf("the refusal of %s does not say %q: %s", short, word, head(a.body))
		}
	}
}

// offers asserts which versions a resolver with a token could choose.
func (b *hostedBench) offers(short ...string) {
	b.Helper()
	got, err := b.world.Choices(WithToken(b.ctx, b.reader), b.Base, b.name)
	if err != nil && len(short) == 0 {
		return // nothing to choose may be said by an error
	}
	b.must(err)
	var want []string
	for _, s := range short {
		want = append(want, b.world.Version(s))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.Errorf("who may read could choose %q, want %q", got, want)
	}
}

func publishedIsRead(b *hostedBench) {
	first, second := b.upload("1.0.0"), b.upload("1.1.0")
	b.offers("1.0.0", "1.1.0") // at once: what is published here waits for no cooldown
	b.gives("1.0.0", first)
	b.gives("1.1.0", second)
	got, err := b.world.Default(WithToken(b.ctx, b.publisher), b.Base, b.name)
	b.must(err)
	if got != b.world.Version("1.1.0") {
		b.Errorf("the default version is %s, want 1.1.0", got)
	}
	for what, path := range map[string]string{
		"listing": b.world.ListingPath(b.name), "file": b.world.FilePath(b.name, b.world.Version("1.0.0")),
	} {
		a := b.askAs(b.reader, Probe{Path: path})
		if cache := a.header.Get("Cache-Control"); a.status != http.StatusOK || !strings.Contains(cache, "private") {
			b.Errorf("the %s answered %s with Cache-Control %q: a cache on the way could give it to others", what, a.line, cache)
		}
		if vary := strings.Join(a.header["Vary"], ","); !strings.Contains(vary, "Authorization") {
			b.Errorf("the %s answers with Vary %q, without Authorization", what, vary)
		}
		if h := b.askAs(b.reader, Probe{Method: http.MethodHead, Path: path}); h.status != http.StatusOK || len(h.body) != 0 {
			b.Errorf("HEAD of the %s answered %s with %d bytes", what, h.line, len(h.body))
		}
	}
}

func publishedTwice(b *hostedBench) {
	first := b.upload("1.0.0")
	for what, edition := range map[string]int{"the same bytes": 0, "other bytes": 1} {
		b.Run(strings.ReplaceAll(what, " ", "-"), func(t *testing.T) {
			again := *b.bench
			again.T = t
			h := *b
			h.bench = &again
			// 400 is how some clients know it (uploads to PyPI).
			h.refusedUpload(b.publisher, Upload{Name: b.name, Version: b.world.Version("1.0.0"), Edition: edition},
				[]int{http.StatusConflict, http.StatusForbidden, http.StatusBadRequest})
		})
	}
	b.gives("1.0.0", first)
	b.offers("1.0.0")
}

func publishedAtOnce(b *hostedBench) {
	const publishers = 8
	var wg sync.WaitGroup
	replies, errs := make([]Reply, publishers), make([]error, publishers)
	for i := range publishers {
		wg.Go(func() {
			replies[i], errs[i] = b.world.Upload(b.ctx, b.Base, b.publisher, Upload{Name: b.name, Version: b.world.Version("1.0.0"), Edition: i})
		})
	}
	wg.Wait()
	var won [][]byte
	for i, reply := range replies {
		b.must(errs[i])
		switch {
		case reply.Status >= 200 && reply.Status < 300:
			won = append(won, reply.Sent)
		case reply.Status >= 500:
			b.Errorf("a publisher who came late was answered %d: %.300s", reply.Status, reply.Text)
		}
	}
	if len(won) != 1 {
		b.Fatalf("%d of %d publishers of one version were told that they did it", len(won), publishers)
	}
	b.gives("1.0.0", won[0])
}

func unclaimed(b *hostedBench) {
	name := b.world.Name("kettle")
	b.refusedUpload(b.other, Upload{Name: name, Version: b.world.Version("1.0.0")}, []int{http.StatusForbidden}, "claim")
}

func tokens(b *hostedBench) {
	up := Upload{Name: b.name, Version: b.world.Version("1.0.0")}
	b.refusedUpload("", up, []int{http.StatusUnauthorized}, "token")
	b.refusedUpload("assay_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", up, []int{http.StatusUnauthorized})
	b.refusedUpload(b.reader, up, []int{http.StatusForbidden})
	b.refusedUpload(b.other, up, []int{http.StatusForbidden})
	b.upload("1.0.0") // the number was not spent by the refusals
}

// perRequest are headers that differ from one answer to the next, whatever it
// is about.
var perRequest = []string{"Date", "Assay-Request"}

// strangers compares what is told of a private package that exists with what
// is told of one that does not, for everybody who may not read either.
func strangers(b *hostedBench) {
	b.upload("1.0.0")
	b.offers("1.0.0")
	b.must(b.SetStatus(b.name, b.world.Version("1.0.0"), assay.Deprecated, "there is a better stone"))
	version := b.world.Version("1.0.0")
	exists, does := b.world.Probes(b.name, version), b.world.Probes(b.world.Private(missing), version)
	if len(exists) != len(does) || len(exists) < 3 {
		b.Fatalf("%d probes of one private name and %d of another", len(exists), len(does))
	}
	for who, token := range map[string]string{"nobody": "", "the holder of another token": b.other} {
		for i := range exists {
			one, err := b.tryProbe(token, exists[i])
			b.must(err)
			two, err := b.tryProbe(token, does[i])
			b.must(err)
			if told, other := describe(one), describe(two); told != other {
				b.Errorf("%s can tell by %s %s that the package exists:\n%s\nand for one that does not\n%s", who, exists[i].Method, exists[i].Path, told, other)
			}
			if one.status == http.StatusOK && bytes.Contains(one.body, []byte("there is a better stone")) {
				b.Errorf("%s reads by %s what was said of a private version", who, exists[i].Path)
			}
		}
	}
	if a := b.askAs("", Probe{Path: b.world.FilePath(b.name, version)}); a.status != http.StatusNotFound && a.status != http.StatusUnauthorized {
		b.Errorf("a stranger who asks for a private file is answered %s, want an absence, or 401", a.line)
	}
}

// moment is when an answer was made, where it says so (npm's searches do).
var moment = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// privateName is a private short form, however it is spelt.
var privateName = regexp.MustCompile("(?i)" + present + "|" + missing)

// describe is all that a client sees of an answer, with the private name and
// moments in it made neutral.
func describe(a answer) string {
	var text strings.Builder
	fmt.Fprintln(&text, a.line)
	var keys []string
	for key := range a.header {
		if !slices.Contains(perRequest, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(&text, "%s: %s\n", key, strings.Join(a.header[key], ", "))
	}
	text.Write(a.body)
	return moment.ReplaceAllString(privateName.ReplaceAllString(text.String(), "a-private-name"), "a-moment")
}

func yanked(b *hostedBench) {
	b.upload("1.0.0")
	second := b.upload("1.1.0")
	b.offers("1.0.0", "1.1.0")
	b.must(b.SetStatus(b.name, b.world.Version("1.1.0"), assay.Yanked, "it splinters"))
	b.offers("1.0.0")
	b.gives("1.1.0", second) // lock files go on
	got, err := b.world.Default(WithToken(b.ctx, b.reader), b.Base, b.name)
	b.must(err)
	if got != b.world.Version("1.0.0") {
		b.Errorf("the default version is %s, want 1.0.0: 1.1.0 is yanked", got)
	}
	b.must(b.SetStatus(b.name, b.world.Version("1.1.0"), assay.Active, ""))
	b.offers("1.0.0", "1.1.0")
	if world, ok := b.world.(Yanker); ok {
		yankedByClient(b, world, second)
	}
}

// yankedByClient does with the protocol's own request what yanked does with
// the status, to a package that has 1.0.0 and 1.1.0.
func yankedByClient(b *hostedBench, world Yanker, second []byte) {
	version := b.world.Version("1.1.0")
	for who, token := range map[string]string{"nobody": "", "a reader": b.reader, "the holder of another token": b.other} {
		before := b.kept()
		reply, err := world.Yank(b.ctx, b.Base, token, b.name, version, false)
		b.must(err)
		if reply.Status < 400 || reply.Status >= 500 {
			b.Errorf("%s yanks a version, and is answered %d: %.300s", who, reply.Status, reply.Text)
		}
		if b.kept() != before {
			b.Errorf("%s changed something", who)
		}
	}
	for _, step := range []struct {
		undo bool
		left []string
	}{{false, []string{"1.0.0"}}, {true, []string{"1.0.0", "1.1.0"}}, {false, []string{"1.0.0"}}} {
		reply, err := world.Yank(b.ctx, b.Base, b.publisher, b.name, version, step.undo)
		b.must(err)
		if reply.Status < 200 || reply.Status >= 300 {
			b.Fatalf("yanking (undo: %v) was answered %d: %.300s", step.undo, reply.Status, reply.Text)
		}
		b.offers(step.left...)
		b.gives("1.1.0", second)
	}
}

func quarantined(b *hostedBench) {
	first, second := b.upload("1.0.0"), b.upload("1.1.0")
	b.gives("1.1.0", second)
	b.must(b.SetStatus(b.name, b.world.Version("1.1.0"), assay.Quarantined, "the mason is asked"))
	b.offers("1.0.0")
	b.keeps("1.1.0", second, "the mason is asked")
	b.gives("1.0.0", first)
	b.must(b.SetStatus(b.name, b.world.Version("1.1.0"), assay.Active, ""))
	b.offers("1.0.0", "1.1.0")
	b.gives("1.1.0", second)
}

func removed(b *hostedBench) {
	first, second := b.upload("1.0.0"), b.upload("1.1.0")
	b.must(b.SetStatus(b.name, b.world.Version("1.1.0"), assay.Removed, "it was never ours"))
	b.offers("1.0.0")
	a := b.fileAs(b.reader, "1.1.0")
	if a.status < 400 || a.status >= 500 || bytes.Equal(a.body, second) {
		b.Errorf("the file of a removed version answered %s with %d bytes", a.line, len(a.body))
	}
	if err := b.SetStatus(b.name, b.world.Version("1.1.0"), assay.Active, ""); err == nil {
		b.Error("a removal was taken back")
	}
	for _, edition := range []int{0, 1} {
		b.refusedUpload(b.publisher, Upload{Name: b.name, Version: b.world.Version("1.1.0"), Edition: edition},
			[]int{http.StatusConflict, http.StatusForbidden, http.StatusBadRequest})
	}
	b.gives("1.0.0", first)
	b.must(b.SetStatus(b.name, b.world.Version("1.0.0"), assay.Removed, "nor was this"))
	b.offers()
	b.gives("1.2.0", b.upload("1.2.0"))
	b.offers("1.2.0")
}

func privateBlocked(b *hostedBench) {
	b.upload("1.0.0")
	second := b.upload("1.1.0")
	b.offers("1.0.0", "1.1.0")
	b.must(b.Block(b.pattern("1.1.0"), "it crumbles"))
	b.offers("1.0.0")
	b.keeps("1.1.0", second, "it crumbles", "/why/")
}

// claimedStays asks for everything in every way, as everybody, with the
// upstream having packages of those names: whoever asked it would get an
// answer.
func claimedStays(b *hostedBench) {
	b.publishPublic("1.0.0")
	public, absent := b.world.Name("kettle"), b.world.Private(missing)
	// Of a higher version than ours, which would win where the two are mixed.
	theirs := b.world.Version("1.9.0")
	for _, name := range []string{b.name, absent} {
		b.must(b.world.Publish(name, theirs, b.Now().Add(-old), 0))
	}
	b.gives("1.0.0", b.upload("1.0.0"))
	b.offers("1.0.0")
	for _, token := range []string{"", b.other, b.reader, b.publisher} {
		for _, name := range []string{b.name, absent} {
			for _, version := range []string{b.world.Version("1.0.0"), theirs} {
				for _, p := range b.world.Probes(name, version) {
					a, err := b.tryProbe(token, p)
					b.must(err)
					if bytes.Equal(a.body, b.world.Bytes(name, theirs)) {
						b.Errorf("%s %s was answered with the upstream's file of a claimed name", p.Method, p.Path)
					}
					if p.Method == "" {
						p.Method = http.MethodHead
						b.askAs(token, p)
					}
				}
			}
		}
	}
	// Nobody resolves to what the upstream has of the name, and a token
	// makes no difference to what is public.
	b.offers("1.0.0")
	if got, err := b.world.Choices(b.ctx, b.Base, b.name); err == nil && len(got) > 0 {
		b.Errorf("a stranger could choose %q of a claimed name", got)
	}
	got, err := b.world.Choices(WithToken(b.ctx, b.reader), b.Base, public)
	b.must(err)
	if !slices.Equal(got, []string{b.world.Version("1.0.0")}) {
		b.Errorf("of the public package a reader could choose %q", got)
	}
	b.Advance(2 * time.Hour) // what is refreshed by itself carries no name either
	b.offers("1.0.0")
	requests := b.world.Upstream().Requests()
	if len(requests) == 0 {
		b.Error("the upstream was asked for nothing at all: this has seen nothing")
	}
	for _, r := range requests {
		text := strings.ToLower(r.Text())
		for _, word := range privateWords {
			if strings.Contains(text, word) {
				b.Errorf("the upstream was told %q: %s %s?%s", word, r.Method, r.Path, r.Query)
			}
		}
	}
}

// publishPublic adds old versions of the public package to the upstream, and
// has them listed.
func (b *hostedBench) publishPublic(short ...string) {
	b.Helper()
	name := b.world.Name("kettle")
	for _, s := range short {
		b.must(b.world.Publish(name, b.world.Version(s), b.Now().Add(-old), 0))
	}
	if a := b.ask(http.MethodGet, b.world.ListingPath(name)); a.status != http.StatusOK {
		b.Fatalf("the listing of a public package answered %s: %s", a.line, head(a.body))
	}
}

func publishedWithoutUpstream(b *hostedBench) {
	b.world.Upstream().Stop()
	first := b.upload("1.0.0")
	b.offers("1.0.0")
	b.gives("1.0.0", first)
	b.must(b.world.Upstream().Start())
}

func brokenArchive(b *hostedBench) {
	up := Upload{Name: b.name, Version: b.world.Version("1.0.0"), Broken: true}
	b.refusedUpload(b.publisher, up, []int{http.StatusBadRequest, http.StatusUnprocessableEntity})
	b.offers()
	b.gives("1.0.0", b.upload("1.0.0"))
	b.offers("1.0.0")
}

package rulebook

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// names answers with those that lie in the pattern, as a registry would.
func names(all ...string) func(context.Context, assay.Pattern) ([]string, error) {
	return func(_ context.Context, p assay.Pattern) ([]string, error) {
		return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return !p.MatchesPackage(assay.NPM, n) }), nil
	}
}

func TestAClaimIsInForceWhenTheCallReturns(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	told := 0
	b.Watch(func(_, now *policy.Ruleset) {
		told++
		if b.Current() != now {
			t.Error("a watcher is told before the rules are in force")
		}
	})
	row := must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/*", false))(t)
	want := store.Claim{ID: row.ID, Pattern: "pkg:npm/@acme/*", Created: asKept(noon), By: "clerk"}
	if row != want || !strings.HasPrefix(row.ID, "c-") {
		t.Errorf("answered %+v, want %+v", row, want)
	}
	if !b.Current().Claimed(assay.NPM, "@acme/x") || b.Current().Claimed(assay.NPM, "lodash") {
		t.Error("the claim is not in force, or claims too much")
	}
	if rows := must(b.Claims(t.Context()))(t); !slices.Equal(rows, []store.Claim{want}) {
		t.Errorf("the claims are %+v", rows)
	}
	agree(t, b, m)
	for _, wanted := range []string{row.ID, " pkg:npm/@acme/* "} {
		if ended := must(b.Unclaim(t.Context(), clerk, wanted))(t); ended.Pattern != want.Pattern || b.Current().Claimed(assay.NPM, "@acme/x") {
			t.Errorf("unclaiming %s ended %+v", wanted, ended)
		}
		must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/*", false))(t)
	}
	if told != 5 || b.Current().Epoch() != 5 {
		t.Errorf("watchers were told %d times, epoch %d", told, b.Current().Epoch())
	}
	agree(t, b, m)
}

func TestAClaimOverAnUpstreamsNamesNeedsShadow(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	b.Connect(Surroundings{Known: names("lodash", "@acme/a", "@acme/b", "@acme/c", "@acme/d")})
	_, err := b.Claim(t.Context(), clerk, "pkg:npm/@acme/*", false)
	if !assay.Is(err, assay.Conflict) || !strings.Contains(err.Error(), "@acme/a, @acme/b, @acme/c and more") || !strings.Contains(err.Error(), "--shadow") {
		t.Errorf("answered %v", err)
	}
	if len(m.kept.claims) != 0 || len(m.kept.events) != 0 {
		t.Error("a refusal was stored")
	}
	if row := must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/*", true))(t); !row.Shadow || !b.Current().Claims()[0].Shadow {
		t.Errorf("answered %+v", row)
	}
	must(b.Claim(t.Context(), clerk, "pkg:npm/@other/*", false))(t)
	agree(t, b, m)
}

func TestAClaimIsNotEndedOverHostedPackages(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	b.Connect(Surroundings{Hosts: names("@acme/x")})
	must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/*", false))(t)
	must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/x", false))(t)
	must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/x*", false))(t)
	must(b.Claim(t.Context(), clerk, "pkg:npm/@other/*", false))(t)
	// One by one: a claim goes as long as another covers all of it.
	for _, pattern := range []string{"pkg:npm/@acme/x", "pkg:npm/@other/*", "pkg:npm/@acme/x*"} {
		must(b.Unclaim(t.Context(), clerk, pattern))(t)
	}
	before := m.kept.clone()
	if _, err := b.Unclaim(t.Context(), clerk, "pkg:npm/@acme/*"); !assay.Is(err, assay.Conflict) || !strings.Contains(err.Error(), "@acme/x") {
		t.Errorf("answered %v", err)
	}
	// A narrower claim covers what is hosted, but not all that was claimed;
	// only a few hosted names are known, so that is not enough.
	must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/x", false))(t)
	if _, err := b.Unclaim(t.Context(), clerk, "pkg:npm/@acme/*"); !assay.Is(err, assay.Conflict) {
		t.Errorf("answered %v", err)
	}
	if len(m.kept.claims) != len(before.claims)+1 || !b.Current().Claimed(assay.NPM, "@acme/y") {
		t.Error("a refusal changed something")
	}
	agree(t, b, m)
}

// Two claims that cover each other do not both go at once.
func TestClaimsThatCoverEachOther(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	b.Connect(Surroundings{Hosts: names("@acme/x")})
	patterns := []string{"pkg:npm/@acme/*", "pkg:npm/@acme/**"}
	for _, p := range patterns {
		must(b.Claim(t.Context(), clerk, p, false))(t)
	}
	var wg sync.WaitGroup
	failures := make([]error, len(patterns))
	for i, p := range patterns {
		wg.Go(func() { _, failures[i] = b.Unclaim(t.Context(), clerk, p) })
	}
	wg.Wait()
	if (failures[0] == nil) == (failures[1] == nil) || !b.Current().Claimed(assay.NPM, "@acme/x") {
		t.Errorf("answered %v", failures)
	}
	agree(t, b, m)
}

// spelled is the small ecosystem with stricter names: a first segment with a
// scope or a dot.
type spelled struct{ numbered }

func (spelled) Name(raw string) (string, error) {
	first, _, _ := strings.Cut(raw, "/")
	if !strings.HasPrefix(raw, "@") && !strings.Contains(first, ".") {
		return "", assay.Errorf(assay.Invalid, "the first part of %q has no dot", raw)
	}
	return strings.ToLower(raw), nil
}

func TestRefusalsOfClaims(t *testing.T) {
	stranger := assay.Principal{ID: "stranger"}
	claim := func(pattern string) func(context.Context, *Book) error {
		return func(ctx context.Context, b *Book) error {
			_, err := b.Claim(ctx, clerk, pattern, false)
			return err
		}
	}
	unclaim := func(which string) func(context.Context, *Book) error {
		return func(ctx context.Context, b *Book) error {
			_, err := b.Unclaim(ctx, clerk, which)
			return err
		}
	}
	cases := []struct {
		name string
		call func(context.Context, *Book) error
		kind assay.Kind
		says string
	}{
		{"no package URL", claim("@acme/*"), assay.Invalid, "not a package URL"},
		{"an unknown ecosystem", claim("pkg:cobol/a"), assay.Invalid, `no ecosystem "cobol"`},
		{"a range", claim("pkg:npm/@acme/x@<3"), assay.Invalid, "leave @<3 out"},
		{"a range over a scope", claim("pkg:npm/@acme/*@<3"), assay.Invalid, "write pkg:npm/@acme/*"},
		{"everything", claim("pkg:npm/*"), assay.Invalid, "claims too much"},
		{"everything in other words", claim("pkg:npm/**"), assay.Invalid, "claims too much"},
		{"every scope", claim("pkg:npm/@*/*"), assay.Invalid, "claims too much"},
		{"everything that ends in a word", claim("pkg:npm/*acme"), assay.Invalid, "claims too much"},
		{"a glob that no name can match", claim("pkg:npm/acme/*"), assay.Invalid, "would match nothing: the first part of"},
		{"a glob in another spelling", claim("pkg:npm/@Acme/*"), assay.Invalid, "is written @acme/x"},
		{"an escape in the pattern", claim("pkg:npm/@a%1b[0m/*"), assay.Invalid, "cannot be shown"},
		{"a glob that would read otherwise when it is kept", claim("pkg:npm/@a%2540b/*"), assay.Invalid, "characters that no name has"},
		{"a glob that could not be read when it is kept", claim("pkg:npm/@a%25zz/*"), assay.Invalid, "characters that no name has"},
		{"a pattern that is claimed", claim("pkg:npm/@known/*"), assay.Conflict, "claimed already (c-"},
		{"a name that is claimed, spelt otherwise", claim("pkg:npm/@ACME/one"), assay.Conflict, "claimed already (c-"},
		{"a name that an upstream has", claim("pkg:npm/up.stream"), assay.Conflict, "up.stream"},
		{"a claim of a stranger", func(ctx context.Context, b *Book) error {
			_, err := b.Claim(ctx, stranger, "pkg:npm/up.stream", false)
			return err
		}, assay.Forbidden, "administrator"},
		{"after the asker has gone", func(ctx context.Context, b *Book) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := b.Claim(ctx, clerk, "pkg:npm/@new/*", false)
			return err
		}, assay.Canceled, ""},
		{"where nobody can say what upstreams have", func(ctx context.Context, b *Book) error {
			b.Connect(Surroundings{Known: func(context.Context, assay.Pattern) ([]string, error) { return nil, errDisk }})
			return claim("pkg:npm/@new/*")(ctx, b)
		}, assay.Internal, "fire"},
		{"ending what is not claimed", unclaim("pkg:npm/@acme/two"), assay.NotFound, "no claim"},
		{"ending nothing", unclaim(""), assay.NotFound, "no claim"},
		{"ending a claim over a hosted package", unclaim("pkg:npm/@known/*"), assay.Conflict, "@known/hosted is hosted here"},
		{"ending as a stranger", func(ctx context.Context, b *Book) error {
			_, err := b.Unclaim(ctx, stranger, "pkg:npm/@acme/one")
			return err
		}, assay.Forbidden, "administrator"},
		{"ending where nobody can say what is hosted", func(ctx context.Context, b *Book) error {
			b.Connect(Surroundings{Hosts: func(context.Context, assay.Pattern) ([]string, error) { return nil, errDisk }})
			return unclaim("pkg:npm/@acme/one")(ctx, b)
		}, assay.Internal, "fire"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			b := open(t, m)
			b.grammars = func(eco assay.Ecosystem) (assay.Grammar, bool) { return spelled{}, eco == assay.NPM }
			must(b.Claim(t.Context(), clerk, "pkg:npm/@known/*", false))(t)
			must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/one", false))(t)
			b.Connect(Surroundings{Known: names("up.stream"), Hosts: names("@known/hosted")})
			before, rules := m.kept.clone(), b.Current()
			b.Watch(func(_, _ *policy.Ruleset) { t.Error("a watcher was told of a refusal") })
			err := c.call(t.Context(), b)
			if !assay.Is(err, c.kind) || !strings.Contains(assay.PublicMessage(err), c.says) {
				t.Errorf("answered %v (%v), want %v and %q", err, assay.KindOf(err), c.kind, c.says)
			}
			if !reflect.DeepEqual(before, m.kept) || b.Current() != rules {
				t.Error("a refusal changed something")
			}
		})
	}
}

// forgetful is a store of which another process deletes the claims after each
// look.
type forgetful struct{ *memory }

func (f *forgetful) View(ctx context.Context, fn func(store.Tx) error) error {
	err := f.memory.View(ctx, fn)
	f.kept.claims = nil
	return err
}

// A claim that another process has ended meanwhile is not ended twice.
func TestAClaimThatIsGone(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	row := must(b.Claim(t.Context(), clerk, "pkg:npm/ours", false))(t)
	b.store = &forgetful{m}
	var e *assay.Error
	if _, err := b.Unclaim(t.Context(), clerk, row.ID); !errors.As(err, &e) || e.Kind != assay.NotFound {
		t.Errorf("answered %v", err)
	}
	if len(m.kept.events) != 1 {
		t.Errorf("the events are %+v", m.kept.events)
	}
}

// What can be claimed can be read again and claims something, though never
// everything; the rest is Invalid.
func FuzzClaimable(f *testing.F) {
	for _, seed := range []string{"pkg:npm/@acme/*", "pkg:npm/acme", "pkg:npm/*", "pkg:npm/@a%2540b/*", "pkg:npm/a%25zz*", "pkg:npm/a*@<3", "pkg:npm/@A*/b", "pkg:npm/a.b*%2f..%2f"} {
		f.Add(seed)
	}
	strict := func(eco assay.Ecosystem) (assay.Grammar, bool) { return spelled{}, eco == assay.NPM }
	f.Fuzz(func(t *testing.T, text string) {
		b := &Book{grammars: strict}
		p, err := b.claimable(text)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, known, err := b.claimed(store.Claim{Pattern: p.String()})
		if err != nil || !known || again.Name != p.Name || again.Expr != "" {
			t.Fatalf("%q is kept as %q, which reads as %+v, %v", text, p, again, err)
		}
		r := policy.Compile(1, nil, nil, nil, policy.Claim{Pattern: again})
		matched := slices.ContainsFunc(samples[:], func(s string) bool {
			return r.Claimed(assay.NPM, strings.ReplaceAll(p.Name, "*", s))
		})
		if !matched || r.Claimed(assay.NPM, "!") {
			t.Fatalf("%q claims nothing, or everything", text)
		}
	})
}

package rulebook

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/store"
)

// numbered is a small ecosystem of its own: names in lower case, versions
// that are one number, ranges "<n" and "n".
type numbered struct{}

func (numbered) Name(raw string) (string, error) { return strings.ToLower(raw), nil }

func (numbered) Version(raw string) (string, error) {
	if _, err := strconv.Atoi(raw); err != nil {
		return "", assay.Errorf(assay.Invalid, "%q is no version", raw)
	}
	return raw, nil
}

func (numbered) Compare(a, b string) int {
	x, _ := strconv.Atoi(a)
	y, _ := strconv.Atoi(b)
	return cmp.Compare(x, y)
}

func (numbered) Prerelease(string) bool { return false }

func (g numbered) Range(expr string) (assay.Range, error) {
	if _, err := g.Version(strings.TrimPrefix(expr, "<")); err != nil {
		return nil, err
	}
	return within(expr), nil
}

type within string

func (w within) Contains(version string) bool {
	if bound, below := strings.CutPrefix(string(w), "<"); below {
		return numbered{}.Compare(version, bound) < 0
	}
	return version == string(w)
}

func grammars(eco assay.Ecosystem) (assay.Grammar, bool) { return numbered{}, eco == assay.NPM }

var (
	noon  = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.FixedZone("here", 3600))
	clerk = assay.Principal{ID: "clerk", Admin: true}
	never time.Time
)

func open(t *testing.T, m *memory) *Book {
	t.Helper()
	b, err := Open(t.Context(), m, grammars, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// effect is the decision on pkg:npm/lodash at a version, published long ago.
func effect(r *policy.Ruleset, version string) assay.Effect {
	d := r.Decide(&assay.Facts{
		Coordinate: assay.Coordinate{Ecosystem: assay.NPM, Name: "lodash", Version: version},
		Published:  noon.AddDate(-1, 0, 0), InstallScripts: assay.No,
	}, noon)
	return d.Effect
}

func must[T any](value T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// agree is the invariant that holds after every call: the rules in force are
// those that a new process would read, the epoch never falls, and there is
// an event for every rise of it.
func agree(t *testing.T, b *Book, m *memory) {
	t.Helper()
	other := open(t, m)
	if b.Current().Epoch() != other.Current().Epoch() || !reflect.DeepEqual(b.Current().Blocks(), other.Current().Blocks()) ||
		!reflect.DeepEqual(b.Current().Claims(), other.Current().Claims()) || !reflect.DeepEqual(b.Current().Summaries(), other.Current().Summaries()) {
		t.Errorf("in force: epoch %d, %+v; a new process reads epoch %d, %+v",
			b.Current().Epoch(), b.Current().Blocks(), other.Current().Epoch(), other.Current().Blocks())
	}
	for _, v := range []string{"1", "2", "3"} {
		if effect(b.Current(), v) != effect(other.Current(), v) {
			t.Errorf("version %s is judged in another way by a new process", v)
		}
	}
	for i := uint64(1); i <= b.Current().Epoch(); i++ {
		if !slices.ContainsFunc(m.kept.events, func(e assay.Event) bool {
			return strings.Contains(string(e.Body), fmt.Sprintf(`"epoch":%d,`, i))
		}) {
			t.Errorf("no event tells of epoch %d", i)
		}
	}
}

func TestABlockIsInForceWhenTheCallReturns(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	var told []string
	b.Watch(func(old, new *policy.Ruleset) {
		told = append(told, fmt.Sprintf("%d>%d", old.Epoch(), new.Epoch()))
		if b.Current() != new {
			t.Error("a watcher is told before the rules are in force")
		}
	})
	until := noon.AddDate(0, 1, 0)
	row := must(b.Block(t.Context(), clerk, "pkg:npm/Lodash@<3", " prototype\n pollution\x1b ", until))(t)
	want := store.Block{ID: row.ID, Pattern: "pkg:npm/lodash@<3", Reason: "prototype pollution", Created: asKept(noon), Until: asKept(until), By: "clerk"}
	if row != want || !strings.HasPrefix(row.ID, "b-") {
		t.Errorf("answered %+v, want %+v", row, want)
	}
	if effect(b.Current(), "2") != assay.Deny || effect(b.Current(), "3") != assay.Allow {
		t.Error("the block is not in force")
	}
	if rows := must(b.Blocks(t.Context()))(t); !slices.Equal(rows, []store.Block{want}) {
		t.Errorf("the blocks are %+v", rows)
	}
	agree(t, b, m)

	for _, wanted := range []string{row.ID, "pkg:npm/LODASH@<3"} {
		ended := must(b.Unblock(t.Context(), clerk, wanted))(t)
		if len(ended) != 1 || ended[0].Pattern != want.Pattern || effect(b.Current(), "2") != assay.Allow {
			t.Errorf("unblocking %s ended %+v", wanted, ended)
		}
		must(b.Block(t.Context(), clerk, "pkg:npm/lodash@<3", "again", never))(t)
	}
	if !slices.Equal(told, []string{"0>1", "1>2", "2>3", "3>4", "4>5"}) {
		t.Errorf("watchers were told %q", told)
	}
	agree(t, b, m)
}

func TestEventsAreCanonical(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	block := must(b.Block(t.Context(), clerk, "pkg:npm/lodash@<3", "a < b & \"c\" é", noon.AddDate(0, 1, 0)))(t)
	must(b.Unblock(t.Context(), clerk, block.ID))(t)
	glob := must(b.Block(t.Context(), clerk, "pkg:npm/*", "all", never))(t)
	exception := must(b.Except(t.Context(), clerk, "pkg:npm/lodash@2", "block", "needed", never))(t)
	must(b.Unexcept(t.Context(), clerk, "pkg:npm/LODASH@2"))(t)
	must(b.ApplyPolicy(t.Context(), clerk, "version: 1\n"))(t)
	must(b.SetMode(t.Context(), clerk, "cooldown", assay.Observe))(t)
	scope := must(b.Claim(t.Context(), clerk, "pkg:npm/@acme/*", false))(t)
	name := must(b.Claim(t.Context(), clerk, "pkg:npm/Acme", true))(t)
	must(b.Unclaim(t.Context(), clerk, "pkg:npm/acme"))(t)
	want := []string{
		`blocked pkg:npm/lodash {"epoch":1,"id":"` + block.ID + `","pattern":"pkg:npm/lodash@<3","reason":"a < b & \"c\" é","until":"2026-12-22T11:00:00.123456Z"}`,
		`unblocked pkg:npm/lodash {"epoch":2,"id":"` + block.ID + `","pattern":"pkg:npm/lodash@<3"}`,
		`blocked  {"epoch":3,"id":"` + glob.ID + `","pattern":"pkg:npm/*","reason":"all"}`,
		`excepted pkg:npm/lodash@2 {"epoch":4,"id":"` + exception.ID + `","reason":"needed","rule":"block","version":"pkg:npm/lodash@2"}`,
		`exception-revoked pkg:npm/lodash@2 {"epoch":5,"id":"` + exception.ID + `","rule":"block","version":"pkg:npm/lodash@2"}`,
		`policy-changed  {"epoch":6,"sha256":"` + sum("version: 1\n") + `"}`,
		`policy-changed  {"epoch":7,"previous":"` + sum("version: 1\n") + `","sha256":"` + sum("rules:\n  cooldown:\n    mode: observe\nversion: 1\n") + `"}`,
		`claimed  {"epoch":8,"id":"` + scope.ID + `","pattern":"pkg:npm/@acme/*","shadow":false}`,
		`claimed pkg:npm/acme {"epoch":9,"id":"` + name.ID + `","pattern":"pkg:npm/acme","shadow":true}`,
		`unclaimed pkg:npm/acme {"epoch":10,"id":"` + name.ID + `","pattern":"pkg:npm/acme"}`,
	}
	if len(m.kept.events) != len(want) {
		t.Fatalf("%d events, want %d", len(m.kept.events), len(want))
	}
	for i, e := range m.kept.events {
		subject, _ := e.Subject.MarshalText()
		if got := fmt.Sprintf("%s %s %s", e.Kind, subject, e.Body); got != want[i] || e.By != "clerk" || !e.Time.Equal(asKept(noon)) {
			t.Errorf("event %d is\n%s by %s at %v, want\n%s", i, got, e.By, e.Time, want[i])
		}
	}
}

func TestExceptionsLetThrough(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	must(b.Block(t.Context(), clerk, "pkg:npm/lodash", "no", never))(t)
	e := must(b.Except(t.Context(), clerk, "pkg:npm/LODASH@2", "block", "we need it", noon.AddDate(0, 1, 0)))(t)
	if effect(b.Current(), "2") != assay.Allow || effect(b.Current(), "1") != assay.Deny {
		t.Error("the exception is not in force, or lifts too much")
	}
	if rows := must(b.Exceptions(t.Context()))(t); len(rows) != 1 || rows[0] != e || e.Coordinate != "pkg:npm/lodash@2" {
		t.Errorf("the exceptions are %+v, answered was %+v", rows, e)
	}
	agree(t, b, m)
	if revoked := must(b.Unexcept(t.Context(), clerk, e.ID))(t); len(revoked) != 1 || effect(b.Current(), "2") != assay.Deny {
		t.Errorf("revoked %+v", revoked)
	}
	agree(t, b, m)
}

func TestWhatHasRunOutIsReplaced(t *testing.T) {
	m := newMemory()
	clock := noon
	b := must(Open(t.Context(), m, grammars, func() time.Time { return clock }))(t)
	must(b.Block(t.Context(), clerk, "pkg:npm/lodash", "old", noon.Add(time.Hour)))(t)
	must(b.Except(t.Context(), clerk, "pkg:npm/lodash@2", "block", "old", noon.Add(time.Hour)))(t)
	clock = noon.Add(time.Hour)
	must(b.Block(t.Context(), clerk, "pkg:npm/lodash", "new", never))(t)
	must(b.Except(t.Context(), clerk, "pkg:npm/lodash@2", "block", "new", never))(t)
	blocks, exceptions := must(b.Blocks(t.Context()))(t), must(b.Exceptions(t.Context()))(t)
	if len(blocks) != 1 || blocks[0].Reason != "new" || len(exceptions) != 1 || exceptions[0].Reason != "new" {
		t.Errorf("kept are %+v and %+v", blocks, exceptions)
	}
	agree(t, b, m)
}

func TestPolicyIsKeptAsItWasWritten(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	text, p, isDefault, err := b.Policy(t.Context())
	if err != nil || text != policy.DefaultText || !isDefault || p != (store.Policy{}) {
		t.Fatalf("before the first policy: %+v, %v, %v", p, isDefault, err)
	}
	if p := must(b.SetMode(t.Context(), clerk, "cooldown", assay.Enforce))(t); p.ID != 0 || b.Current().Epoch() != 0 {
		t.Errorf("a mode that is in force already made policy %d, epoch %d", p.ID, b.Current().Epoch())
	}
	p = must(b.SetMode(t.Context(), clerk, "cooldown", assay.Observe))(t)
	want := strings.Replace(policy.DefaultText, "cooldown:\n    mode: enforce", "cooldown:\n    mode: observe", 1)
	if p.ID != 1 || p.Text != want || p.By != "clerk" || b.Current().Summaries()[5].Mode != assay.Observe {
		t.Errorf("policy %+v", p)
	}
	agree(t, b, m)

	const mine = "# mine\nversion: 1\nblocks: [{pattern: pkg:npm/lodash, reason: no}]\n"
	p = must(b.ApplyPolicy(t.Context(), clerk, mine))(t)
	again := must(b.ApplyPolicy(t.Context(), assay.Principal{ID: "other", Admin: true}, mine))(t)
	if p.ID != 2 || again != p || b.Current().Epoch() != 2 || effect(b.Current(), "1") != assay.Deny {
		t.Errorf("policy %+v, applied again %+v, epoch %d", p, again, b.Current().Epoch())
	}
	if text, stands, isDefault, err := b.Policy(t.Context()); err != nil || text != mine || stands != p || isDefault {
		t.Errorf("in force is %q, %+v, %v, %v", text, stands, isDefault, err)
	}
	agree(t, b, m)
}

// Nothing that is refused is stored, changes the epoch or tells a watcher.
func TestRefusals(t *testing.T) {
	stranger := assay.Principal{ID: "stranger"}
	past := noon.Add(-time.Second)
	block := func(pattern, reason string, until time.Time) func(context.Context, *Book) error {
		return func(ctx context.Context, b *Book) error {
			_, err := b.Block(ctx, clerk, pattern, reason, until)
			return err
		}
	}
	except := func(purl, rule, reason string, until time.Time) func(context.Context, *Book) error {
		return func(ctx context.Context, b *Book) error {
			_, err := b.Except(ctx, clerk, purl, rule, reason, until)
			return err
		}
	}
	cases := []struct {
		name string
		call func(context.Context, *Book) error
		kind assay.Kind
		says string
	}{
		{"blocking without a package URL", block("lodash", "no", never), assay.Invalid, "not a package URL"},
		{"blocking in an unknown ecosystem", block("pkg:cobol/a", "no", never), assay.Invalid, `no ecosystem "cobol"`},
		{"blocking a range that is none", block("pkg:npm/a@x", "no", never), assay.Invalid, "no version"},
		{"blocking with an escape in the pattern", block("pkg:npm/%1b[0m*", "no", never), assay.Invalid, "cannot be shown"},
		{"blocking without a reason", block("pkg:npm/a", " \x00\n", never), assay.Invalid, "reason is needed"},
		{"blocking with a novel for a reason", block("pkg:npm/a", strings.Repeat("x", 501), never), assay.Invalid, "501 bytes"},
		{"blocking until yesterday", block("pkg:npm/a", "no", past), assay.Invalid, "passed already"},
		{"blocking what is blocked", block("pkg:npm/KNOWN", "other reason", never), assay.Conflict, "known reason"},
		{"blocking as a stranger", func(ctx context.Context, b *Book) error {
			_, err := b.Block(ctx, stranger, "pkg:npm/a", "no", never)
			return err
		}, assay.Forbidden, "administrator"},
		{"unblocking what is not blocked", func(ctx context.Context, b *Book) error {
			_, err := b.Unblock(ctx, clerk, "pkg:npm/a")
			return err
		}, assay.NotFound, "no block"},
		{"unblocking what the file blocks", func(ctx context.Context, b *Book) error {
			_, err := b.Unblock(ctx, clerk, "pkg:npm/infile")
			return err
		}, assay.NotFound, "policy file"},
		{"unblocking as a stranger", func(ctx context.Context, b *Book) error {
			_, err := b.Unblock(ctx, stranger, "pkg:npm/known")
			return err
		}, assay.Forbidden, "administrator"},
		{"excepting a package", except("pkg:npm/a", "cooldown", "need", never), assay.Invalid, "names no version"},
		{"excepting a file", except("pkg:npm/a@1?file_name=a.tgz", "cooldown", "need", never), assay.Invalid, "names a file"},
		{"excepting a version that cannot be ordered", except("pkg:npm/a@x", "cooldown", "need", never), assay.Invalid, "no version"},
		{"excepting in an unknown ecosystem", except("pkg:cobol/a@1", "cooldown", "need", never), assay.Invalid, `no ecosystem "cobol"`},
		{"excepting from an unknown rule", except("pkg:npm/a@1", "cooldwn", "need", never), assay.Invalid, "there is no rule"},
		{"excepting from changed bytes", except("pkg:npm/a@1", "digest-changed", "need", never), assay.Invalid, "no exception lifts"},
		{"excepting without a reason", except("pkg:npm/a@1", "cooldown", "", never), assay.Invalid, "reason is needed"},
		{"excepting until yesterday", except("pkg:npm/a@1", "cooldown", "need", past), assay.Invalid, "passed already"},
		{"excepting what is excepted", except("pkg:npm/known@1", "cooldown", "need", never), assay.Conflict, "known need"},
		{"excepting as a stranger", func(ctx context.Context, b *Book) error {
			_, err := b.Except(ctx, stranger, "pkg:npm/a@1", "cooldown", "need", never)
			return err
		}, assay.Forbidden, "administrator"},
		{"revoking what is not excepted", func(ctx context.Context, b *Book) error {
			_, err := b.Unexcept(ctx, clerk, "pkg:npm/known@2")
			return err
		}, assay.NotFound, "no exception"},
		{"a policy with mistakes", func(ctx context.Context, b *Book) error {
			_, err := b.ApplyPolicy(ctx, clerk, "version: 1\nrules:\n  coldown: {}\n")
			return err
		}, assay.Invalid, "line 3: "},
		{"a policy of a stranger", func(ctx context.Context, b *Book) error {
			_, err := b.ApplyPolicy(ctx, stranger, "version: 1\n")
			return err
		}, assay.Forbidden, "administrator"},
		{"the mode of an unknown rule", func(ctx context.Context, b *Book) error {
			_, err := b.SetMode(ctx, clerk, "cooldwn", assay.Observe)
			return err
		}, assay.Invalid, "there is no rule"},
		{"observing changed bytes", func(ctx context.Context, b *Book) error {
			_, err := b.SetMode(ctx, clerk, "digest-changed", assay.Observe)
			return err
		}, assay.Invalid, "observed only"},
		{"after the asker has gone", func(ctx context.Context, b *Book) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := b.Block(ctx, clerk, "pkg:npm/a", "no", never)
			return err
		}, assay.Canceled, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			b := open(t, m)
			must(b.Block(t.Context(), clerk, "pkg:npm/known", "known reason", never))(t)
			must(b.Except(t.Context(), clerk, "pkg:npm/known@1", "cooldown", "known need", never))(t)
			must(b.ApplyPolicy(t.Context(), clerk, "version: 1\nblocks: [{pattern: pkg:npm/infile, reason: no}]\n"))(t)
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

// changes are all calls that write, on a book with two blocks, one exception,
// one claim and one policy.
func changes() map[string]func(context.Context, *Book) error {
	return map[string]func(context.Context, *Book) error{
		"block": func(ctx context.Context, b *Book) error {
			_, err := b.Block(ctx, clerk, "pkg:npm/lodash@<3", "no", never)
			return err
		},
		"unblock": func(ctx context.Context, b *Book) error {
			_, err := b.Unblock(ctx, clerk, "pkg:npm/lodash@2")
			return err
		},
		"except": func(ctx context.Context, b *Book) error {
			_, err := b.Except(ctx, clerk, "pkg:npm/lodash@2", "block", "need", never)
			return err
		},
		"unexcept": func(ctx context.Context, b *Book) error {
			_, err := b.Unexcept(ctx, clerk, "pkg:npm/lodash@3")
			return err
		},
		"claim": func(ctx context.Context, b *Book) error {
			_, err := b.Claim(ctx, clerk, "pkg:npm/@acme/*", false)
			return err
		},
		"unclaim": func(ctx context.Context, b *Book) error {
			_, err := b.Unclaim(ctx, clerk, "pkg:npm/ours")
			return err
		},
		"apply a policy": func(ctx context.Context, b *Book) error {
			_, err := b.ApplyPolicy(ctx, clerk, "version: 1\nblocks: [{pattern: pkg:npm/lodash, reason: no}]\n")
			return err
		},
		"set a mode": func(ctx context.Context, b *Book) error {
			_, err := b.SetMode(ctx, clerk, "block", assay.Observe)
			return err
		},
	}
}

func prepared(t *testing.T) (*memory, *Book) {
	m := newMemory()
	b := open(t, m)
	must(b.Block(t.Context(), clerk, "pkg:npm/lodash@2", "known", never))(t)
	must(b.Block(t.Context(), clerk, "pkg:npm/lodash@3", "known", never))(t)
	must(b.Except(t.Context(), clerk, "pkg:npm/lodash@3", "block", "known", never))(t)
	must(b.Claim(t.Context(), clerk, "pkg:npm/ours", false))(t)
	must(b.ApplyPolicy(t.Context(), clerk, "version: 1\n"))(t)
	return m, b
}

func TestACommitThatFails(t *testing.T) {
	for name, change := range changes() {
		for _, how := range []failure{none, failed, failedButStored} {
			t.Run(name+" "+string(how), func(t *testing.T) {
				m, b := prepared(t)
				before, epoch := m.kept.clone(), b.Current().Epoch()
				told := 0
				b.Watch(func(_, _ *policy.Ruleset) { told++ })
				m.fail = how
				err := change(t.Context(), b)
				if how == failed {
					if err != errDisk || !reflect.DeepEqual(before, m.kept) || told != 0 || b.Current().Epoch() != epoch {
						t.Errorf("answered %v, epoch %d, watchers told %d times", err, b.Current().Epoch(), told)
					}
				} else if err != nil || told != 1 || b.Current().Epoch() != epoch+1 {
					t.Errorf("it was stored, but answered %v, epoch %d, watchers told %d times", err, b.Current().Epoch(), told)
				}
				agree(t, b, m)
			})
		}
	}
}

// Each write of a change fails once: nothing of it is stored or in force.
func TestAStepThatFails(t *testing.T) {
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			for step := 1; ; step++ {
				m, b := prepared(t)
				before, rules := m.kept.clone(), b.Current()
				told := false
				b.Watch(func(_, _ *policy.Ruleset) { told = true })
				m.failAt = step
				err := change(t.Context(), b)
				if told != (err == nil) {
					t.Errorf("at write %d: answered %v, watchers told: %v", step, err, told)
				}
				if err == nil {
					if step != 4 { // the row, the epoch and the event
						t.Errorf("it made %d writes", step-1)
					}
					return
				}
				if err != errDisk || !reflect.DeepEqual(before, m.kept) || b.Current() != rules {
					t.Errorf("write %d failed, answered %v, epoch %d", step, err, b.Current().Epoch())
				}
				agree(t, b, m)
			}
		})
	}
}

// silent is a store that fails a commit and cannot be read afterwards.
type silent struct {
	*memory
	after bool // it goes silent after the next commit
}

func (s *silent) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := s.memory.Update(ctx, fn)
	if s.after {
		s.after, s.down = false, true
	}
	return err
}

func TestACommitOfWhichNothingCanBeLearnt(t *testing.T) {
	for name, change := range changes() {
		for _, how := range []failure{failed, failedButStored} {
			t.Run(name+" "+string(how), func(t *testing.T) {
				m, _ := prepared(t)
				s := &silent{memory: m}
				b := must(Open(t.Context(), s, grammars, func() time.Time { return noon }))(t)
				m.fail, s.after = how, true
				err := change(t.Context(), b)
				if !assay.Is(err, assay.Unavailable) || !strings.Contains(err.Error(), "unknown") {
					t.Errorf("answered %v", err)
				}
				if _, err := b.Blocks(t.Context()); err == nil {
					t.Error("reading works while the store is down")
				}
				m.down = false
				// Whatever is asked next, the truth is found out first.
				if _, err := b.Blocks(t.Context()); err != nil {
					t.Errorf("the store is back, but reading answers %v", err)
				}
				agree(t, b, m)
				must(b.Block(t.Context(), clerk, "pkg:npm/another", "no", never))(t)
				agree(t, b, m)
			})
		}
	}
}

// repeating is a store that keeps a transaction and runs it again all the
// same.
type repeating struct{ *memory }

func (r *repeating) Update(ctx context.Context, fn func(store.Tx) error) error {
	if err := r.memory.Update(ctx, fn); err != nil {
		return err
	}
	return r.memory.Update(ctx, fn)
}

// Whatever a store answers, what is in force is what it holds.
func TestAStoreThatRepeatsItself(t *testing.T) {
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			m, b := prepared(t)
			b.store = &repeating{m}
			err := change(t.Context(), b)
			if err != nil && !assay.Is(err, assay.Conflict) && !assay.Is(err, assay.NotFound) {
				t.Errorf("answered %v", err)
			}
			agree(t, b, m)
		})
	}
}

// An asker who leaves while the commit is under way does not leave the book
// in doubt.
func TestTheAskerLeavesDuringTheCommit(t *testing.T) {
	m, b := prepared(t)
	ctx, cancel := context.WithCancel(t.Context())
	m.fail = failedButStored
	epoch := b.Current().Epoch()
	b.now = func() time.Time { return noon }
	leaving := &leaver{memory: m, leave: cancel}
	b.store = leaving
	if _, err := b.Block(ctx, clerk, "pkg:npm/lodash", "no", never); err != nil {
		t.Errorf("it was stored, but answered %v", err)
	}
	if b.Current().Epoch() != epoch+1 || effect(b.Current(), "9") != assay.Deny {
		t.Error("the block is not in force")
	}
	agree(t, b, m)
}

type leaver struct {
	*memory
	leave func()
}

func (l *leaver) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := l.memory.Update(ctx, fn)
	l.leave()
	return err
}

func TestOpenReadsWhatItCan(t *testing.T) {
	ctx := t.Context()
	cases := []struct {
		name string
		put  func(*memory)
		want string // effects of versions 1 and 2, or a part of the error
	}{
		{"a block whose range is no longer understood refuses the package",
			func(m *memory) { m.kept.blocks = []store.Block{{ID: "b1", Pattern: "pkg:npm/lodash@~~2", Reason: "x"}} }, "deny deny"},
		{"a block of an ecosystem that is gone",
			func(m *memory) { m.kept.blocks = []store.Block{{ID: "b1", Pattern: "pkg:cobol/lodash", Reason: "x"}} }, "allow allow"},
		{"a block that is no pattern",
			func(m *memory) { m.kept.blocks = []store.Block{{ID: "b1", Pattern: "lodash", Reason: "x"}} }, "the block b1 can no longer be read"},
		{"a block that cannot be widened either",
			func(m *memory) { m.kept.blocks = []store.Block{{ID: "b1", Pattern: "pkg:npm/a/../b", Reason: "x"}} }, "the block b1 can no longer be read"},
		{"an exception that is no longer understood lifts nothing", func(m *memory) {
			m.kept.blocks = []store.Block{{ID: "b1", Pattern: "pkg:npm/lodash@1", Reason: "x"}}
			m.kept.exceptions = []store.Exception{{ID: "e1", Coordinate: "pkg:npm/lodash@one", Rule: "block"}}
		}, "deny allow"},
		{"a claim that is no pattern: its names would be asked of upstreams",
			func(m *memory) { m.kept.claims = []store.Claim{{ID: "c1", Pattern: "acme"}} }, "the claim c1 can no longer be read"},
		{"a claim of an ecosystem that is gone",
			func(m *memory) { m.kept.claims = []store.Claim{{ID: "c1", Pattern: "pkg:cobol/acme"}} }, "allow allow"},
		{"a policy that is no longer understood",
			func(m *memory) { m.kept.policies = []store.Policy{{ID: 9, Text: "version: 0\n"}} }, "the policy in force (version 9) can no longer be read"},
		{"an epoch that is no number", func(m *memory) { m.kept.settings[epochSetting] = []byte("x") }, "no number"},
		{"a store that is down", func(m *memory) { m.down = true }, "fire"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := newMemory()
			c.put(m)
			b, err := Open(ctx, m, grammars, func() time.Time { return noon })
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("answered %v", err)
				}
				return
			}
			if got := effect(b.Current(), "1").String() + " " + effect(b.Current(), "2").String(); got != c.want {
				t.Errorf("decides %s, want %s", got, c.want)
			}
		})
	}
}

// Another process has written: Refresh puts its rules in force, once.
func TestRefresh(t *testing.T) {
	m, b := prepared(t)
	other := open(t, m)
	told := 0
	other.Watch(func(_, _ *policy.Ruleset) { told++ })
	must(b.Block(t.Context(), clerk, "pkg:npm/lodash", "no", never))(t)
	for range 2 {
		if err := other.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if told != 1 || effect(other.Current(), "9") != assay.Deny {
		t.Errorf("watchers were told %d times", told)
	}
	agree(t, other, m)
}

func TestManyAtOnce(t *testing.T) {
	m := newMemory()
	b := open(t, m)
	var last uint64
	b.Watch(func(old, new *policy.Ruleset) { // one call at a time, so no lock
		if old.Epoch() != last || new.Epoch() != last+1 {
			t.Errorf("from %d to %d after %d", old.Epoch(), new.Epoch(), last)
		}
		last = new.Epoch()
	})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			pattern := fmt.Sprintf("pkg:npm/p%d", i)
			for range 5 {
				if _, err := b.Block(t.Context(), clerk, pattern, "no", never); err != nil {
					t.Error(err)
				}
				b.Current().Epoch()
				if _, err := b.Unblock(t.Context(), clerk, pattern); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if last != 80 || b.Current().Epoch() != 80 {
		t.Errorf("epoch %d, the last that watchers heard of is %d", b.Current().Epoch(), last)
	}
	agree(t, b, m)
}

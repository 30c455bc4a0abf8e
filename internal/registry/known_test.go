package registry

import (
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

// known asks for the facts of versions and returns the versions that are
// known.
func (h *house) known(principal assay.Principal, name string, versions ...string) string {
	h.t.Helper()
	ctx := assay.WithPrincipal(h.t.Context(), principal)
	facts, err := h.svc.KnownFacts(ctx, assay.Coordinate{Ecosystem: toyEco, Name: name}, versions)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for v, f := range facts {
		if f.Coordinate.Version != v || f.Coordinate.Name != name {
			h.t.Errorf("the facts of %s are about %s", v, f.Coordinate)
		}
		out = append(out, v)
	}
	sort.Strings(out)
	return strings.Join(out, " ")
}

func TestKnownFactsAskNobody(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2", "3")
	h.list("a")
	h.publish(h.up, "a", "1", "3") // 2 has vanished
	h.later(2 * time.Hour)
	h.list("a")
	asked := h.up.count("a/list")
	for _, from := range []string{"memory", "the store"} {
		if from == "the store" {
			h.restart()
		}
		h.later(48 * time.Hour)
		if got := h.known(assay.Operator, "a", "1", "2", "9"); got != "1 2" {
			t.Errorf("from %s: %q is known", from, got)
		}
		if got := h.known(assay.Operator, "never-seen", "1"); got != "" {
			t.Errorf("from %s: %q is known of a package that is not", from, got)
		}
	}
	if n := h.up.count("a/list"); n != asked {
		t.Errorf("the upstream was asked %d times more", n-asked)
	}
	if h.svc.places["toy"].current("a") != nil {
		t.Error("what was read from the store was kept in memory")
	}
	facts, err := h.svc.KnownFacts(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a"}, []string{"2"})
	if err != nil || facts["2"].Vanished.IsZero() || facts["2"].Digest == "" {
		t.Errorf("of the vanished version is known %+v, %v", facts["2"], err)
	}
	if facts, err := h.svc.KnownFacts(t.Context(), assay.Coordinate{Ecosystem: "none", Name: "a"}, []string{"2"}); err != nil || len(facts) != 0 {
		t.Errorf("of an ecosystem that is not here: %v, %v", facts, err)
	}
	h.check()
}

// Versions that were asked for by name alone have no listing: their rows are
// what is known.
func TestKnownFactsOfVersionsDatedOneByOne(t *testing.T) {
	h := newHouse(t, func(h *house) { h.toy.dated = true })
	h.up.put("m/7.date", old)
	h.up.put("m/7.bin", "BIN m 7")
	if got := h.file("m", "7.bin"); got != "BIN m 7" {
		t.Fatalf("answered %q", got)
	}
	for range 2 {
		if got := h.known(assay.Operator, "m", "7", "8"); got != "7" {
			t.Errorf("%q is known", got)
		}
		h.restart()
	}
	if n := h.up.count("m/8.date"); n != 0 {
		t.Errorf("the upstream was asked %d times about a version that nobody wanted", n)
	}
}

func TestKnownFactsOfHostedPackages(t *testing.T) {
	h, ctx := mine(t)
	h.publishHere(ctx, "@a/x", "1")
	for range 2 {
		if got := h.known(assay.Operator, "@a/x", "1", "2"); got != "1" {
			t.Errorf("the operator knows %q", got)
		}
		if got := h.known(assay.Principal{}, "@a/x", "1"); got != "" {
			t.Errorf("a stranger knows %q", got)
		}
		h.restart()
	}
}

func TestMayRead(t *testing.T) {
	h, ctx := mine(t)
	at := func(name string) assay.Coordinate { return assay.Coordinate{Ecosystem: toyEco, Name: name} }
	stranger := t.Context()
	for name, want := range map[string]bool{"@a/x": false, "@a": false, "b": true} {
		if got := h.svc.MayRead(stranger, at(name)); got != want {
			t.Errorf("a stranger may read %s: %v", name, got)
		}
	}
	if !h.svc.MayRead(ctx, at("@a/x")) || h.svc.MayRead(ctx, assay.Coordinate{Ecosystem: "none", Name: "b"}) {
		t.Error("who may publish it may not read it, or an ecosystem that is not here may be read")
	}
}

// A decision on a request is told once, a refusal and a warning alike; an
// explanation is no request.
func TestDecisionsOnRequestsAreCounted(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	h.list("a")
	h.file("a", "1.bin") // no rule speaks
	h.rules.set("pkg:toy/a@<2", "pkg:toy/a@1")
	h.file("a", "1.bin")
	h.file("a", "2.bin")
	counted := len(h.usage.verdicts)
	for _, version := range []string{"", "1"} {
		ex, err := h.svc.Explain(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a", Version: version})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := h.svc.ExplainWhy(t.Context(), lastSegment(ex.Why)); err != nil || again.Coordinate.Version != version {
			t.Errorf("the address of the explanation of %q leads to %s, %v", version, again.Coordinate, err)
		}
	}
	h.usage.mu.Lock()
	defer h.usage.mu.Unlock()
	if n := len(h.usage.verdicts); n != counted {
		t.Errorf("explanations were counted as %d verdicts", n-counted)
	}
	if want := []string{"pkg:toy/a@1 deny"}; !slices.Equal(h.usage.decided, want) {
		t.Errorf("counted %q, want %q", h.usage.decided, want)
	}
}

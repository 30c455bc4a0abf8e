package registry

import (
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

func TestWhatIsSaidOfAVersionInAnySpelling(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	operator := assay.WithPrincipal(t.Context(), assay.Principal{ID: "operator", Admin: true})
	say := func(version string, status assay.Status) {
		t.Helper()
		if _, err := h.publisher().SetStatus(operator, "a", version, status, "a reason"); err != nil {
			t.Fatal(err)
		}
	}
	// Before the package was ever listed, nobody knows how it is spelt.
	say("001", assay.Quarantined)
	if got := h.list("a") + ", " + h.file("a", "1.bin"); got != "2, denied" {
		t.Errorf("quarantined in a spelling of its own: %s", got)
	}
	say("0002", assay.Yanked)
	if got := h.list("a"); got != "" && got != "denied" {
		t.Errorf("yanked in another spelling, the listing is %q", got)
	}
	h.restart()
	say("01", assay.Active)
	say("2", assay.Active)
	for range 2 {
		if got := h.list("a") + ", " + h.file("a", "1.bin"); got != "1 2, BIN a 1" {
			t.Errorf("taken back: %s", got)
		}
		h.restart()
	}
	if c := h.svc.Spelled(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "a", Version: "0001"}); c.Version != "1" {
		t.Errorf("spelt %q", c.Version)
	}
	if c := h.svc.Spelled(t.Context(), assay.Coordinate{Ecosystem: toyEco, Name: "never-seen", Version: "0001"}); c.Version != "0001" {
		t.Errorf("spelt %q", c.Version)
	}
}

func TestAPackageThatItsUpstreamWithdrew(t *testing.T) {
	h := newHouse(t)
	h.publish(h.up, "a", "1", "2")
	if got := h.list("a") + ", " + h.file("a", "1.bin"); got != "1 2, BIN a 1" {
		t.Fatal(got)
	}
	h.up.put("a/list", "withdrawn\n")
	h.later(time.Hour)
	if got := h.list("a"); got != "" {
		t.Errorf("listed %q", got)
	}
	for file, want := range map[string]string{"1.bin": "denied", "2.bin": "not found"} { // the second was never pulled through
		if got := h.file("a", file); got != want {
			t.Errorf("%s answered %q", file, got)
		}
	}
	h.restart()
	if got := h.file("a", "1.bin"); got != "denied" {
		t.Errorf("after a restart it answered %q", got)
	}
	h.publish(h.up, "a", "1", "2")
	h.later(time.Hour)
	if got := h.list("a") + ", " + h.file("a", "1.bin"); got != "1 2, BIN a 1" {
		t.Errorf("once it is back: %s", got)
	}
}

// The publisher of one spelling may not even read the other: what is compared
// is all that was published.
func TestNamesThatAreOneToClients(t *testing.T) {
	h, ctx := mine(t)
	pl := h.publisher()
	if _, err := pl.Publish(ctx, upload("@a/x-y", "1")); err != nil {
		t.Fatal(err)
	}
	events := h.events()
	_, err := pl.Publish(h.as("pkg:toy/@a/x_y"), upload("@a/x_y", "1"))
	if !assay.Is(err, assay.Conflict) || strings.Contains(err.Error(), "x-y") {
		t.Errorf("another spelling: %v", err)
	}
	if h.events() != events {
		t.Error("what was refused left events")
	}
	if _, err := pl.Publish(ctx, upload("@a/x-y", "2")); err != nil {
		t.Errorf("the first spelling, again: %v", err)
	}
	if _, err := pl.SetStatus(ctx, "@a/x-y", "1", assay.Removed, "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := pl.SetStatus(ctx, "@a/x-y", "2", assay.Removed, "r"); err != nil {
		t.Fatal(err)
	}
	if _, err := pl.Publish(ctx, upload("@a/x_y", "1")); !assay.Is(err, assay.Conflict) {
		t.Errorf("a spelling of what was removed: %v", err)
	}
}

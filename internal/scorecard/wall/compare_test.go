package wall

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"assay.invalid/internal/scorecard/assess"
)

func TestWhatChangedBetweenTwoWalls(t *testing.T) {
	for _, tt := range []struct {
		name, from, to string
		says           []string
	}{
		{"nothing", telling, telling, nil},
		{"a state", telling, strings.Replace(telling, "state: partial", "state: met", 1), []string{"Was partial, and is met."}},
		{"a source that shows what was stated", telling, strings.Replace(telling, "email-verified:\n    state: met", "email-verified:\n    state: met\n    evidence: [{url: \"https://docs.example/mail\", date: 2026-11-01}]", 1),
			[]string{"It was stated, and is now documented.", "New source: https://docs.example/mail, 2026-11-01."}},
		{"a source that went", telling, strings.Replace(telling, "evidence: [{where: our own look, date: 2026-10-01}]", "note: nothing", 1),
			[]string{"It was documented, and is now stated.", "No longer a source: our own look, 2026-10-01."}},
		{"a plan that slips", telling, strings.Replace(telling, "by: 2027-06-30", "by: 2028-01-31", 1), []string{"The plan has moved to a later day, from 2027-06-30 to 2028-01-31."}},
		{"a plan that is nearer", telling, strings.Replace(telling, "by: 2027-06-30", "by: 2027-01-31", 1), []string{"The plan has moved to an earlier day, from 2027-06-30 to 2027-01-31."}},
		{"a plan that got its money", telling, strings.Replace(telling, ", waits_for: money", "", 1), []string{"The plan waited for money, and waits for nothing that is said."}},
		{"an estimate", telling, strings.Replace(telling, "weeks: 3", "weeks: 9", 1), []string{"The plan’s estimate was 3 person-weeks, and is 9 person-weeks."}},
		{"a plan that is gone", telling, strings.Replace(telling, "plan: {by", "#plan: {by", 1), []string{"The plan is gone; it was: By 2027-06-30, 3 person-weeks, waits for money."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			of := func(entries string) *Wall {
				return readAll(t, fstest.MapFS{"kettle.yaml": {Data: written("Kettle", entries)}}, options(t))
			}
			var said []string
			for _, c := range Compare(of(tt.from), of(tt.to)) {
				if c.Kind != Changed || c.Entry != "kettle" || c.Date != "2026-11-20" {
					t.Errorf("the change is %+v", c)
				}
				said = append(said, c.Says...)
			}
			if !slices.Equal(said, tt.says) {
				t.Errorf("it says %q\nwant %q", said, tt.says)
			}
		})
	}
}

func TestEntriesComeAndGo(t *testing.T) {
	older, newer := folder(t), folder(t)
	delete(older, "anvil.yaml")
	delete(newer, "kettle.yaml")
	changes := Compare(readAll(t, older, options(t)), readAll(t, newer, options(t)))
	if len(changes) != 2 || changes[0].Kind != Gone || changes[0].Entry != "kettle" || changes[1].Kind != Appeared || changes[1].Entry != "anvil" {
		t.Errorf("%+v", changes)
	}
}

func TestSourcesOfATimeAreListed(t *testing.T) {
	files := folder(t)
	files["anvil.yaml"].Data = append(files["anvil.yaml"].Data, "  yank: {state: met, evidence: [{where: a page without a date, date: 2026-11-01, undated: true}]}\n"...)
	w := readAll(t, files, options(t))
	var got []string
	for _, c := range Dated(w, time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC)) {
		got = append(got, c.Date+" "+c.Capability)
	}
	want := []string{"2026-10-01 security-txt", "2026-09-30 two-person-publish"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAChangeHasOneNameForEver(t *testing.T) {
	c := Change{Kind: Changed, Date: "2026-11-20", Part: Public, Entry: "kettle", Capability: "yank", From: assess.Unknown, To: assess.Met, Says: []string{"Was unknown, and is met."}}
	other := c
	other.To = assess.Partial
	if c.id() == other.id() || len(c.id()) != 36 || c.id()[14] != '8' {
		t.Errorf("%s and %s", c.id(), other.id())
	}
}

package browser_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

// lookingChangesNothing opens pages about refused versions, and asserts that
// nobody is counted who only read why. The counts are what a change of policy
// is discussed by, and the order of the list is by them: a page that is
// reloaded would make a refusal look wide and new.
func lookingChangesNothing(t *testing.T, d *day) {
	here := *d
	here.place = &place{}
	*here.place = *d.place
	here.t = t
	before := here.counts("block")
	if len(before) == 0 {
		t.Fatal("no decision of the rule block is listed, though one was made")
	}
	for _, path := range []string{
		"/", "/?q=kettle", "/decisions", "/policy", "/why/" + d.blocked, "/packages/pkg:npm/kettle", "/packages/pkg:npm/kettle@1.2.0",
	} {
		here.gets(http.StatusOK, path, "")
	}
	// What comes last is written last: when it is there, so is the rest.
	last := "pkg:npm/" + manyVersions + "@0.0.7"
	barrier := here.counts("status")[last]
	here.gets(http.StatusForbidden, "/npm/"+manyVersions+"/-/"+manyVersions+"-0.0.7.tgz", "")
	for deadline := time.Now().Add(10 * time.Second); here.counts("status")[last] == barrier; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a refusal was not counted")
		}
	}
	after := here.counts("block")
	for what, count := range after {
		if count != before[what] {
			t.Errorf("%s was refused %d times before some pages were read, and %d times after", what, before[what], count)
		}
	}
}

// counts are how often each version was refused or warned of by a rule.
func (d *day) counts(rule string) map[string]int64 {
	d.t.Helper()
	status, text := d.ask(http.MethodGet, "/decisions?rule="+rule, "", nil, "Accept", "application/json")
	if status != http.StatusOK {
		d.t.Fatalf("the decisions of %s were answered %d: %s", rule, status, text)
	}
	var listed struct {
		Decisions []struct {
			Coordinate string
			Count      int64
		}
	}
	must(d.t, json.Unmarshal([]byte(text), &listed))
	counts := map[string]int64{}
	for _, row := range listed.Decisions {
		counts[row.Coordinate] += row.Count
	}
	return counts
}

package wall

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"assay.invalid/internal/scorecard/assess"
)

// whole is a site with something of everything on it.
func whole(t testing.TB) Site {
	t.Helper()
	files := folder(t)
	files["hostile.yaml"] = &fstest.MapFile{Data: written("Hostile <b>", strings.ReplaceAll(telling, "Sources differ.", `"`+strings.ReplaceAll(strings.NewReplacer("\u0007", "", "\u202e", "").Replace(hostile), `"`, `\"`)+`"`))}
	files["kettle.json"] = &fstest.MapFile{Data: sealed(t, "Kettle Index", true, today.Add(-2*time.Hour))}
	files["software/hostile.json"] = &fstest.MapFile{Data: sealed(t, hostile, true, today.Add(-2*time.Hour))}
	files["broken.yaml"] = &fstest.MapFile{Data: []byte("assessment: 1\n" + hostile)}
	o := weighed(t)
	older := folder(t)
	older["gone.yaml"] = &fstest.MapFile{Data: written("Gone", "  yank: {state: met}\n")}
	delete(older, "anvil.yaml")
	o.Previous = readAll(t, older, options(t))
	return built(t, readAll(t, files, options(t)), o)
}

// document parses a page.
func document(t testing.TB, s Site, name string) *html.Node {
	t.Helper()
	n, err := html.Parse(bytes.NewReader(s[name]))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// ids are the ids of a page, and those that stand there twice.
func ids(root *html.Node) (all map[string]bool, twice []string) {
	all = map[string]bool{}
	for n := range root.Descendants() {
		if id, ok := attribute(n, "id"); ok {
			if all[id] {
				twice = append(twice, id)
			}
			all[id] = true
		}
	}
	return all, twice
}

func TestEveryLinkOfTheSiteLeadsSomewhere(t *testing.T) {
	s := whole(t)
	places := map[string]map[string]bool{}
	for name := range s {
		if path.Ext(name) == ".html" {
			var twice []string
			if places[name], twice = ids(document(t, s, name)); len(twice) > 0 {
				t.Errorf("%s has ids twice: %v", name, twice)
			}
		}
	}
	reached, walked := map[string]bool{first: true}, 0
	for name := range places {
		for n := range document(t, s, name).Descendants() {
			for _, key := range []string{"href", "src"} {
				link, ok := attribute(n, key)
				if !ok || strings.HasPrefix(link, "https://") && n.Data == "a" {
					continue
				}
				walked++
				file, fragment, _ := strings.Cut(link, "#")
				target := name
				if file != "" {
					target = path.Join(path.Dir(name), file)
				}
				reached[target] = true
				if strings.Contains(file, ":") || strings.HasPrefix(file, "/") {
					t.Errorf("%s: %q is not relative", name, link)
				} else if s[target] == nil {
					t.Errorf("%s: %q leads nowhere", name, link)
				} else if fragment != "" && !places[target][fragment] {
					t.Errorf("%s: %q leads to no place of %s", name, link, target)
				}
			}
		}
	}
	if walked < 5000 {
		t.Errorf("only %d links were followed: the test does not see the site", walked)
	}
	for name := range s {
		if !reached[name] && name != "changes.json" && path.Ext(name) != ".svg" {
			t.Errorf("no link leads to %s", name)
		}
	}
}

func TestPagesHoldTheStrictPolicyAndTheStructureOfADocument(t *testing.T) {
	s := whole(t)
	for name := range s {
		if path.Ext(name) != ".html" {
			continue
		}
		headings, level, found := 0, 0, false
		for n := range document(t, s, name).Descendants() {
			switch n.Data {
			case "script", "style", "iframe", "form", "object", "base":
				t.Errorf("%s has a <%s>", name, n.Data)
			case "meta":
				if v, _ := attribute(n, "http-equiv"); v == "Content-Security-Policy" {
					content, _ := attribute(n, "content")
					found = content == policy && !strings.Contains(content, "unsafe") && strings.HasPrefix(content, "default-src 'none'")
				}
			case "h1", "h2", "h3", "h4":
				at := int(n.Data[1] - '0')
				if at == 1 {
					headings++
				}
				if at > level+1 {
					t.Errorf("%s: a heading of level %d follows one of %d", name, at, level)
				}
				level = at
			case "th":
				if _, ok := attribute(n, "scope"); !ok {
					t.Errorf("%s: the head of a table has no scope", name)
				}
			case "img":
				if alt, _ := attribute(n, "alt"); alt == "" {
					t.Errorf("%s: a picture says nothing", name)
				}
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") && n.Data != "svg" || a.Key == "style" || strings.HasPrefix(strings.TrimSpace(a.Val), "javascript:") {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
			}
		}
		if headings != 1 || !found {
			t.Errorf("%s: %d headings of the first level, policy %v", name, headings, found)
		}
		if bytes.ContainsAny(s[name], "\u202e\u0007") || bytes.Contains(s[name], []byte("ZgotmplZ")) {
			t.Errorf("%s shows what a terminal or reader would obey, or what the template refused", name)
		}
	}
}

func TestWhatTheFirstPageSays(t *testing.T) {
	s := whole(t)
	page := s[first]
	has(t, page, "3 public repositories and 11 outcomes", "There are no totals and there is no ranking", "Left out.", "broken.yaml",
		`<th scope="row" role="rowheader"><a href="repositories/anvil.html">anvil</a>`, "anvil, Accounts: 1 partial (1 only stated), 11 unknown",
		`<svg class="partial said"`, `(stated)`)
	// The order is the alphabet's, whatever is known.
	order := []int{bytes.Index(page, []byte(`id="r-anvil"`)), bytes.Index(page, []byte(`id="r-hostile"`)), bytes.Index(page, []byte(`id="r-kettle"`))}
	if !slices.IsSorted(order) || order[0] < 0 {
		t.Errorf("the rows stand at %v", order)
	}
	if bytes.Contains(page, []byte("Server")) {
		t.Error("software stands among the public repositories")
	}
	has(t, s["software.html"], "Server 6.8.0", "no statement on an instance")
}

func TestAStateIsShownWithItsSourcesTheirDatesAndHowItIsKnown(t *testing.T) {
	has(t, whole(t)["repositories/kettle.html"],
		"Second factors", "Example · ", `<time datetime="2024-05-01">2024-05-01</time>`, "(2 years 6 months old)", "documentation", "Codes work.",
		"speaks against the state", `undated, read <time datetime="2022">2022</time> <span class="age">(at least 3 years ago)</span>`, "Codes do not work.", "sources differ", "Sources contradict each other on 1 capability",
		"since 2024-03", "By 2027-06-30, 3 person-weeks, waits for money.", "The form is drawn.", "a foundation", "No source was found.",
		"unknown: no source states it", `<a href="kettle.yaml">Assessment</a>`, "How an entry is corrected", "6 of 87 known")
}

func TestTheRoadmapSaysWhatPlansWaitForAndCost(t *testing.T) {
	page := string(whole(t)["roadmap.html"])
	money, people := strings.Index(page, `id="money"`), strings.Index(page, `id="people"`)
	nothing := strings.Index(page, `id="nothing"`)
	plan := strings.Index(page, "repositories/kettle.html#cap-two-person-publish")
	if plan < money || plan > people {
		t.Errorf("the plan that waits for money stands at %d, and money at %d to %d", plan, money, people)
	}
	if other := strings.Index(page, "repositories/kettle.html#cap-trusted-publishing-oidc"); other < nothing {
		t.Errorf("the plan without a word on waiting stands at %d, before %d", other, nothing)
	}
	has(t, []byte(page), "3 person-weeks, by their own estimate", "by the catalogue’s estimate", "No source states it.")
}

func TestAPlanThatIsLeftOverIsNone(t *testing.T) {
	plan := ", plan: {by: 2027-06-30, waits_for: money}}\n"
	s := built(t, readAll(t, fstest.MapFS{"kettle.yaml": {Data: written("Kettle", "  yank: {state: met"+plan+"  cooldown: {state: partial"+plan+"  namespaces: {state: not_met"+plan)}}, options(t)), weighed(t))
	for capability, want := range map[string]bool{"yank": false, "cooldown": true, "namespaces": true} {
		if got := bytes.Contains(s["roadmap.html"], []byte("repositories/kettle.html#cap-"+capability)); got != want {
			t.Errorf("%s is on the roadmap: %v", capability, got)
		}
	}
}

func TestCapabilitiesOfAnotherCatalogueAreShown(t *testing.T) {
	w := readAll(t, folder(t), options(t))
	e := find(t, w, "anvil")
	e.Standings = append(e.Standings, assess.Standing{Capability: "MFA-TOTP", State: "splendid"}, assess.Standing{Capability: hostile, State: assess.Met, Reasons: []string{hostile}})
	s := built(t, w, weighed(t))
	has(t, s["repositories/anvil.html"], "Capabilities of another version of the catalogue", `id="cap-other-1"`, `id="cap-other-2"`, "MFA-TOTP", "&lt;script&gt;")
	if _, twice := ids(document(t, s, "repositories/anvil.html")); len(twice) > 0 || bytes.Contains(s["repositories/anvil.html"], []byte("splendid")) {
		t.Errorf("twice there are %v", twice)
	}
}

func TestACapabilityNamesPeopleToAsk(t *testing.T) {
	has(t, whole(t)["capabilities/mfa-totp.html"], "Who does it", `<a href="../repositories/kettle.html#cap-mfa-totp">Kettle Index</a>`, "Who does a part of it",
		`<a href="../repositories/anvil.html#cap-mfa-totp">anvil</a>`, "Incidents that it would have prevented", "Cost to keep", "What does not count", "How anyone can check it")
}

func TestTheTriagePageKeepsWhatIsNotKnownApart(t *testing.T) {
	has(t, whole(t)["triage.html"], "worth = missing × reach × incidents ÷ weeks", "There is no row", "That is not zero", "assay triage weights",
		`repositories/anvil.html#cap-cooldown`, "Nobody knows whether it is missing")
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	files := folder(t)
	one := built(t, readAll(t, files, options(t)), weighed(t))
	later := options(t)
	later.Now = today.AddDate(3, 0, 0)
	two := built(t, readAll(t, files, later), weighed(t))
	// What a reader would ask about may have aged, and stands on one page and
	// in one document; all else is the same three years later.
	for _, name := range slices.Sorted(maps.Keys(one)) {
		if name != "wall.json" && name != "correct.html" && !bytes.Equal(one[name], two[name]) {
			t.Errorf("%s differs", name)
		}
	}
	three := built(t, readAll(t, maps.Clone(files), options(t)), weighed(t))
	for _, name := range slices.Sorted(maps.Keys(one)) {
		if !bytes.Equal(one[name], three[name]) {
			t.Errorf("%s differs in a second build", name)
		}
	}
}

func TestDocumentsAndTheFeedAreWhatTheySay(t *testing.T) {
	s := whole(t)
	var all wallDocument
	if err := json.Unmarshal(s["wall.json"], &all); err != nil {
		t.Fatal(err)
	}
	if all.Form != Form || len(all.Public) != 3 || len(all.Software) != 2 || len(all.LeftOut) == 0 || len(all.Catalogue.Outcomes) != 11 || len(all.Public[0].Standings) != len(current(t).All()) {
		t.Errorf("wall.json has %d and %d entries, %d left out", len(all.Public), len(all.Software), len(all.LeftOut))
	}
	var changed changesDocument
	if err := json.Unmarshal(s["changes.json"], &changed); err != nil {
		t.Fatal(err)
	}
	kinds := map[ChangeKind]int{}
	for _, c := range slices.Concat(changed.Compared, changed.Sourced) {
		kinds[c.Kind]++
	}
	for _, k := range []ChangeKind{Appeared, Gone, Changed, Sourced} {
		if kinds[k] == 0 {
			t.Errorf("changes.json has none that %s", k)
		}
	}
	var feed atomFeed
	if err := xml.Unmarshal(s["changes.atom"], &feed); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range feed.Entries {
		if seen[e.ID] || !strings.HasPrefix(e.ID, "urn:uuid:") || e.Title == "" || e.Summary == "" || s[strings.Split(e.Link.Href, "#")[0]] == nil {
			t.Errorf("the feed's entry %+v", e)
		}
		seen[e.ID] = true
		if _, err := time.Parse(time.RFC3339, e.Updated); err != nil {
			t.Error(err)
		}
	}
	if len(feed.Entries) < 5 {
		t.Errorf("the feed has %d entries", len(feed.Entries))
	}
}

func TestABadgeIsNoGrade(t *testing.T) {
	for name, body := range whole(t) {
		if !strings.HasPrefix(name, "repositories/") || path.Ext(name) != ".svg" {
			continue
		}
		if err := xml.Unmarshal(body, new(struct{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		has(t, body, " of 87 known")
		if bytes.Contains(body, []byte("%!")) || bytes.Count(body, []byte("#8c4510")) != 2 {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestUnderAServerTheBrandLeadsUp(t *testing.T) {
	o := weighed(t)
	o.Above = "../"
	s := built(t, readAll(t, folder(t), options(t)), o)
	has(t, s[first], `<a class="brand" href="../">`)
	has(t, s["repositories/anvil.html"], `<a class="brand" href="../../">`)
}

// many is a folder of n repositories that say something of everything.
func many(t testing.TB, n int) fstest.MapFS {
	var all strings.Builder
	for i, c := range current(t).All() {
		state := []assess.State{assess.Met, assess.Partial, assess.NotMet, assess.Planned}[i%4]
		fmt.Fprintf(&all, "  %s:\n    state: %s\n    note: What a reader should know of it, in a sentence.\n    evidence:\n", c.ID, state)
		for j := range 3 {
			fmt.Fprintf(&all, "      - {url: \"https://docs.example/%d\", title: A document, publisher: Example, date: 202%d-05, basis: documentation, says: That it is so.}\n", j, j+3)
		}
	}
	files := fstest.MapFS{}
	for i := range n {
		files[fmt.Sprintf("r%02d.yaml", i)] = &fstest.MapFile{Data: written(fmt.Sprintf("Repository %02d", i), all.String())}
	}
	return files
}

func TestFiftyRepositoriesAreAWall(t *testing.T) {
	s := built(t, readAll(t, many(t, 50), options(t)), weighed(t))
	has(t, s[first], "50 public repositories", `id="r-r49"`)
}

// BenchmarkFiftyRepositories reads and builds a wall of fifty repositories
// with three sources for each capability.
func BenchmarkFiftyRepositories(b *testing.B) {
	files := many(b, 50)
	for b.Loop() {
		built(b, readAll(b, files, options(b)), weighed(b))
	}
}

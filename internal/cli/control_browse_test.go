package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/policy"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/store"
)

const (
	secretModule = "corp.example/vaultworks/quartzite"
	secretClaim  = "pkg:golang/corp.example/vaultworks/*"
	secretPURL   = "pkg:golang/" + secretModule
)

// found is what a search shows, page by page.
func (f *furnished) found(ctx context.Context, q api.SearchQuery) []string {
	f.t.Helper()
	out := []string{}
	for {
		page := must[api.Found](f.t)(f.c.Search(ctx, q))
		for _, p := range page.Packages {
			line := p.Registry + " " + p.Package.Name
			if p.Hosted {
				line += " hosted"
			}
			out = append(out, line)
		}
		if page.Next == "" {
			return out
		}
		q.After = page.Next
	}
}

func TestSearchShowsWhatTheAskerMayRead(t *testing.T) {
	f := newFurnished(t)
	f.upstream("quartz", map[string]time.Duration{"1.0.0": 9000 * time.Hour})
	f.file(f.stranger(), "npm", "quartz", "quartz-1.0.0.tgz")
	f.claim(secretClaim)
	f.publish(secretModule, "v1.0.0")
	f.publish("corp.example/vaultworks/onyx", "v1.0.0")
	everything := []string{"go corp.example/vaultworks/onyx hosted", "go corp.example/vaultworks/quartzite hosted", "npm quartz"}
	for _, c := range []struct {
		name string
		ctx  context.Context
		want []string
	}{
		{"the operator", f.operator(), everything},
		{"a reader of all hosted packages", assay.WithPrincipal(t.Context(), assay.Principal{ReadHosted: true}), everything},
		{"a reader of one", f.reader(secretPURL), everything[1:]},
		{"a stranger", f.stranger(), everything[2:]},
		{"a reader of something else", f.reader("pkg:npm/@other/*"), everything[2:]},
	} {
		for _, limit := range []int{0, 1, 2} {
			if got := f.found(c.ctx, api.SearchQuery{Limit: limit}); !slices.Equal(got, c.want) {
				t.Errorf("%s, in pages of %d: %q, want %q", c.name, limit, got, c.want)
			}
		}
	}
	if got := f.found(f.operator(), api.SearchQuery{Text: "QUARTZ"}); !slices.Equal(got, []string{"npm quartz", "go corp.example/vaultworks/quartzite hosted"}) {
		t.Errorf("by a word: %q", got)
	}
	// What was pulled through under a name that is claimed since is nobody's.
	if _, err := f.c.Claim(f.operator(), api.NewClaim{Pattern: "pkg:npm/quartz", Shadow: true}); err != nil {
		t.Fatal(err)
	}
	if got := f.found(f.operator(), api.SearchQuery{Registry: "npm"}); len(got) != 0 {
		t.Errorf("a shadowed package is found: %q", got)
	}
}

func TestQuestionsThatMakeNoSense(t *testing.T) {
	f := newFurnished(t)
	for name, do := range map[string]func() error{
		"a negative limit": func() error { _, err := f.c.Search(f.operator(), api.SearchQuery{Limit: -1}); return err },
		"a page too large": func() error {
			_, err := f.c.Decisions(f.operator(), api.DecisionQuery{Limit: api.MaxPage + 1})
			return err
		},
		"no such registry": func() error { _, err := f.c.Search(f.operator(), api.SearchQuery{Registry: "cran"}); return err },
		"no such registry's decisions": func() error {
			_, err := f.c.Decisions(f.operator(), api.DecisionQuery{Registry: "NPM"})
			return err
		},
		"no such effect": func() error { _, err := f.c.Decisions(f.operator(), api.DecisionQuery{Effect: "allow"}); return err },
		"a long text": func() error {
			_, err := f.c.Search(f.operator(), api.SearchQuery{Text: strings.Repeat("a", 501)})
			return err
		},
		"a search's place": func() error { _, err := f.c.Search(f.operator(), api.SearchQuery{After: "x"}); return err },
		"decisions' place": func() error { _, err := f.c.Decisions(f.operator(), api.DecisionQuery{After: "x"}); return err },
		"a search's place among decisions": func() error {
			_, err := f.c.Decisions(f.operator(), api.DecisionQuery{After: packagePlace{store.PackageCursor{Match: 1, Registry: "npm", Name: "a"}}.text()})
			return err
		},
		"no package URL":     func() error { _, err := f.c.Package(f.operator(), "left"); return err },
		"a preview of never": func() error { _, err := f.c.PreviewTraffic(f.operator(), api.NewPreview{Days: 401}, nil); return err },
	} {
		if err := do(); !assay.Is(err, assay.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A command that has no registry at hand says so.
	empty := &control{house: &house{table: f.c.house.table, rules: f.c.house.rules, store: f.c.house.store}}
	for name, do := range map[string]func() error{
		"search":    func() error { _, err := empty.Search(f.operator(), api.SearchQuery{}); return err },
		"decisions": func() error { _, err := empty.Decisions(f.operator(), api.DecisionQuery{}); return err },
		"traffic":   func() error { _, err := empty.Traffic(f.operator()); return err },
		"rules":     func() error { _, err := empty.Rules(f.operator()); return err },
		"preview":   func() error { _, err := empty.Preview(f.operator(), policy.DefaultText); return err },
		"package":   func() error { _, err := empty.Package(f.operator(), "pkg:npm/a"); return err },
	} {
		if err := do(); !assay.Is(err, assay.Internal) {
			t.Errorf("%s without a registry: %v", name, err)
		}
	}
}

func TestDecisionsAreFilteredAndTurnedOver(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	var all []store.Verdict
	for i := range 40 {
		v := f.verdict([]string{"block", "cooldown"}[i%2], []string{"deny", "would deny"}[i/2%2], fmt.Sprintf("pkg:npm/left@1.0.%d", i), "token-7", int64(i+1))
		v.Last = v.Last.Add(time.Duration(i) * time.Second)
		all = append(all, v)
		hidden := f.verdict("block", "deny", fmt.Sprintf("%s@v1.0.%d", secretPURL, i), "", 1)
		hidden.Last = v.Last
		all = append(all, hidden)
	}
	f.count(nil, all)
	list := func(ctx context.Context, q api.DecisionQuery) (rows []api.DecisionRow) {
		t.Helper()
		for {
			page := must[api.Decisions](t)(f.c.Decisions(ctx, q))
			rows = append(rows, page.Decisions...)
			if page.Next == "" {
				return rows
			}
			q.After = page.Next
		}
	}
	for _, q := range []api.DecisionQuery{{}, {Rule: "block"}, {Effect: "would deny"}, {Registry: "npm", Rule: "cooldown", Effect: "deny"}, {Registry: "go"}} {
		for _, who := range []struct {
			name   string
			ctx    context.Context
			hidden bool
			admin  bool
		}{{"the operator", f.operator(), true, true}, {"a stranger", f.stranger(), false, false}, {"a reader", f.reader(secretClaim), true, false}} {
			want := 0
			for _, v := range all {
				if (q.Rule == "" || v.Rule == q.Rule) && (q.Effect == "" || v.Effect == q.Effect) && (q.Registry == "" || v.Registry == q.Registry) &&
					(who.hidden || v.Registry == "npm") {
					want++
				}
			}
			for _, limit := range []int{0, 3, 200} {
				q := q
				q.Limit = limit
				rows := list(who.ctx, q)
				if len(rows) != want {
					t.Errorf("%s, %+v: %d rows, want %d", who.name, q, len(rows), want)
				}
				for i, r := range rows {
					if i > 0 && r.Last.After(rows[i-1].Last) {
						t.Errorf("%s, %+v: row %d is newer than the one before", who.name, q, i)
					}
					if told := r.Principal != ""; told != (who.admin && r.Registry == "npm") {
						t.Errorf("%s is told of the principal %q", who.name, r.Principal)
					}
					if r.Reason == "" || r.Why == "" || r.Count == 0 || r.Day != f.day(1) || r.Coordinate.Version == "" {
						t.Errorf("a row is %+v", r)
					}
				}
			}
		}
	}
}

// Whoever may read few of many rows gets short pages, and comes to the end.
func TestDecisionsOfAReaderWhoMayReadFew(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	var all []store.Verdict
	for i := range mostLooked + 700 {
		v := f.verdict("block", "deny", secretPURL+"@v1.0.0", fmt.Sprint("token-", i), 1)
		v.Last = v.Last.Add(time.Duration(i) * time.Millisecond)
		all = append(all, v)
	}
	all = append(all, f.verdict("block", "deny", "pkg:npm/left@1.0.0", "", 1))
	all[len(all)-1].Last = f.now().Add(-30 * time.Hour)
	f.count(nil, all)
	first := must[api.Decisions](t)(f.c.Decisions(f.stranger(), api.DecisionQuery{}))
	if len(first.Decisions) != 0 || first.Next == "" {
		t.Fatalf("the first page has %d rows and goes on at %q", len(first.Decisions), first.Next)
	}
	second := must[api.Decisions](t)(f.c.Decisions(f.stranger(), api.DecisionQuery{After: first.Next}))
	if len(second.Decisions) != 1 || second.Next != "" {
		t.Errorf("the second page has %d rows and goes on at %q", len(second.Decisions), second.Next)
	}
}

func TestPackageShowsWhatIsKept(t *testing.T) {
	f := newFurnished(t)
	f.upstream("left", map[string]time.Duration{"1.0.0": 9000 * time.Hour, "1.1.0": 8000 * time.Hour, "2.0.0": time.Hour})
	if got := f.file(f.stranger(), "npm", "left", "left-1.0.0.tgz"); got != "passed" {
		t.Fatal(got)
	}
	if _, err := f.c.SetStatus(f.operator(), api.NewStatus{Version: "pkg:npm/left@1.0.0", Status: assay.Yanked, Reason: "cracks"}); err != nil {
		t.Fatal(err)
	}
	for _, e := range []api.NewException{
		{Version: "pkg:npm/left@2.0.0", Rule: "cooldown", Reason: "needed"},
		{Version: "pkg:npm/left@1.1.0", Rule: "block", Reason: "is over soon", Until: f.now().Add(time.Hour)},
		{Version: "pkg:npm/other@1.0.0", Rule: "block", Reason: "another's"},
	} {
		if _, err := f.c.Except(f.operator(), e); err != nil {
			t.Fatal(err)
		}
	}
	f.later(2 * time.Hour)
	f.count([]store.Fetch{
		{Day: f.day(29), Coordinate: "pkg:npm/left@1.1.0", Count: 5}, {Day: f.day(30), Coordinate: "pkg:npm/left@1.1.0", Count: 100},
		{Day: f.day(3), Coordinate: "pkg:npm/left@2.0.0", Principal: "token-7", Count: 2}, {Day: f.day(3), Coordinate: "pkg:npm/left-pad@1.0.0", Count: 7},
	}, nil)

	v := must[api.PackageView](t)(f.c.Package(f.operator(), "pkg:npm/left"))
	if v.Hosted || v.Claimed != "" || len(v.Versions) != 3 || v.Nearest != "2.0.0" { // by the exception
		t.Errorf("%+v", v)
	}
	if want := []api.VersionStatus{{Version: "1.0.0", Status: assay.Yanked, Reason: "cracks"}}; !reflect.DeepEqual(v.Statuses, want) {
		t.Errorf("statuses %+v", v.Statuses)
	}
	if len(v.Exceptions) != 1 || v.Exceptions[0].Version != "pkg:npm/left@2.0.0" || v.Exceptions[0].By != "operator" {
		t.Errorf("exceptions %+v", v.Exceptions)
	}
	delete(v.Downloads, "1.0.0") // written when the recorder comes to it
	if want := map[string]int64{"1.1.0": 5, "2.0.0": 2}; !reflect.DeepEqual(v.Downloads, want) {
		t.Errorf("downloads %v", v.Downloads)
	}
	if v.Install[0].Line != "npm install --registry http://127.0.0.1:8417/npm/ left@2.0.0" {
		t.Errorf("install %+v", v.Install)
	}
	var kinds []string
	for _, e := range v.Events {
		kinds = append(kinds, e.Kind+" "+e.Version+" "+e.By+" "+e.Reason)
	}
	want := []string{"excepted 1.1.0 operator is over soon", "excepted 2.0.0 operator needed", "status-changed 1.0.0 operator cracks", "stored 1.0.0  "}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %q, want %q", kinds, want)
	}

	// Of one version, what is about it.
	v = must[api.PackageView](t)(f.c.Package(f.stranger(), "pkg:npm/left@2.0.0?file_name=left-2.0.0.tgz"))
	if len(v.Statuses) != 0 || len(v.Exceptions) != 1 || !reflect.DeepEqual(v.Downloads, map[string]int64{"2.0.0": 2}) || len(v.Events) != 1 {
		t.Errorf("of a version: %+v", v)
	}
	if v.Exceptions[0].By != "" || v.Events[0].By != "" {
		t.Errorf("a stranger is told who: %+v %+v", v.Exceptions, v.Events)
	}
	if _, err := f.c.Unexcept(f.operator(), "pkg:npm/left@2.0.0"); err != nil {
		t.Fatal(err)
	}
	if v = must[api.PackageView](t)(f.c.Package(f.stranger(), "pkg:npm/left@2.0.0")); !v.Decision.Denied() || len(v.Install) != 0 {
		t.Errorf("a refused version is to be installed with %+v", v.Install)
	}
}

func TestPackageThatIsHosted(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	f.claim("pkg:golang/corp.example/elsewhere/*")
	f.publish(secretModule, "v1.0.0")
	v := must[api.PackageView](t)(f.c.Package(f.reader(secretClaim), secretPURL))
	if !v.Hosted || v.Claimed != secretClaim || len(v.Events) != 1 || v.Events[0].Kind != "published" {
		t.Errorf("%+v", v)
	}
	want := []api.InstallLine{{Client: "go", Line: "GOPROXY=http://127.0.0.1:8417/go/ GONOSUMDB='corp.example/vaultworks/*' go get " + secretModule + "@v1.0.0"}}
	if !reflect.DeepEqual(v.Install, want) {
		t.Errorf("install %+v", v.Install)
	}
	_, there := f.c.Package(f.stranger(), secretPURL)
	_, absent := f.c.Package(f.stranger(), strings.ReplaceAll(secretPURL, "quartzite", "obsidian"))
	if !assay.Is(there, assay.NotFound) || strings.ReplaceAll(there.Error(), "quartzite", "obsidian") != absent.Error() {
		t.Errorf("what is there answers %v, and what is not %v", there, absent)
	}
}

func TestInstallLinesAreSafeToPaste(t *testing.T) {
	at := func(eco assay.Ecosystem, name, version string) assay.Coordinate {
		return assay.Coordinate{Ecosystem: eco, Name: name, Version: version}
	}
	for name, c := range map[string]struct {
		at   assay.Coordinate
		base string
		want string // the last line
	}{
		"a scope":                              {at(assay.NPM, "@acme/a", "1.0.0+b"), "https://packages.example/npm/", "YARN_NPM_REGISTRY_SERVER=https://packages.example/npm/ yarn add @acme/a@1.0.0+b"},
		"without TLS":                          {at(assay.NPM, "a", "1.0.0"), "http://[::1]:8417/npm/", "YARN_NPM_REGISTRY_SERVER='http://[::1]:8417/npm/' YARN_UNSAFE_HTTP_WHITELIST=::1 yarn add a@1.0.0"},
		"a name that runs a shell":             {at(assay.NPM, "a$(b)'c", "1.0.0"), "https://p.example/npm/", `YARN_NPM_REGISTRY_SERVER=https://p.example/npm/ yarn add 'a$(b)'\''c@1.0.0'`},
		"a name that is a flag":                {at(assay.NPM, "--global", "1.0.0"), "https://p.example/npm/", ""},
		"a module":                             {at(assay.Golang, "example.org/~m", "v1.0.0"), "https://p.example/go/", "GOPROXY=https://p.example/go/ go get 'example.org/~m@v1.0.0'"},
		"a project":                            {at(assay.PyPI, "idna", "3.19"), "https://p.example/pypi/", "uv pip install --default-index https://p.example/pypi/simple/ idna==3.19"},
		"an epoch that a shell has no use for": {at(assay.PyPI, "a", "1!2.0"), "https://p.example/pypi/", "uv pip install --default-index https://p.example/pypi/simple/ 'a==1!2.0'"},
		"a crate": {at(assay.Cargo, "itoa", "1.0.18"), "https://p.example/cargo/",
			`cargo add --config 'source.crates-io.replace-with="assay-pull"' --config 'source.assay-pull.registry="sparse+https://p.example/cargo/"' itoa@1.0.18`},
		"a package of Maven's": {at(assay.Maven, "org.x/y", "1.0"), "https://p.example/maven/",
			"echo '<settings><mirrors><mirror><id>assay</id><mirrorOf>*</mirrorOf><url>https://p.example/maven/</url></mirror></mirrors></settings>' > assay-settings.xml && mvn -s assay-settings.xml dependency:get -Dartifact=org.x:y:1.0"},
		"no ecosystem": {at("none", "a", "1"), "https://p.example/", ""},
	} {
		lines, got := installLines(c.at, c.base, ""), ""
		if len(lines) > 0 {
			got = lines[len(lines)-1].Line
		}
		if got != c.want {
			t.Errorf("%s: %s\nwant %s", name, got, c.want)
		}
	}
	hosted := installLines(at(assay.Cargo, "acme-a", "0.1.0"), "https://p.example/cargo/", "acme-*")
	if want := "CARGO_REGISTRIES_ASSAY_INDEX=sparse+https://p.example/cargo/auth/ cargo add --registry assay acme-a@0.1.0"; len(hosted) != 1 || hosted[0].Line != want {
		t.Errorf("a hosted crate: %+v", hosted)
	}
}

func TestTrafficIsCountedForWhoMayReadIt(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	f.publish(secretModule, "v1.0.0")
	f.upstream("left", map[string]time.Duration{"1.0.0": 9000 * time.Hour, "2.0.0": time.Hour})
	for _, what := range []struct {
		ctx               context.Context
		place, name, file string
		want              string
	}{
		{f.stranger(), "npm", "left", "left-1.0.0.tgz", "passed"},
		{f.stranger(), "npm", "left", "left-2.0.0.tgz", "denied"},
		{f.operator(), "go", secretModule, "v1.0.0.zip", "passed"},
		{f.stranger(), "go", secretModule, "v1.0.0.zip", "not found"},
	} {
		if got := f.file(what.ctx, what.place, what.name, what.file); got != what.want {
			t.Errorf("%s: %s, want %s", what.file, got, what.want)
		}
	}
	if _, err := f.c.SetMode(f.operator(), "cooldown", assay.Observe); err != nil {
		t.Fatal(err)
	}
	if got := f.file(f.stranger(), "npm", "left", "left-2.0.0.tgz"); got != "passed" {
		t.Errorf("an observed rule: %s", got)
	}
	all := must[api.Traffic](t)(f.c.Traffic(f.operator()))
	if all.Passed != 3 || all.Refused != 1 || all.WouldRefuse != 1 || all.Warned != 0 || all.To.Before(all.From) {
		t.Errorf("the operator is told %+v", all)
	}
	for name, ctx := range map[string]context.Context{"a stranger": f.stranger(), "a reader of some": f.reader(secretClaim)} {
		if some := must[api.Traffic](t)(f.c.Traffic(ctx)); some.Passed != 2 || some.Refused != 1 {
			t.Errorf("%s is told %+v", name, some)
		}
	}
	f.later(2 * time.Hour)
	if late := must[api.Traffic](t)(f.c.Traffic(f.operator())); late.Passed != 0 || late.Refused != 0 {
		t.Errorf("two hours later: %+v", late)
	}
}

func TestRulesSayHowFarTheyReached(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	if _, err := f.c.SetMode(f.operator(), "cooldown", assay.Observe); err != nil {
		t.Fatal(err)
	}
	long := f.verdict("block", "deny", "pkg:npm/old@1.0.0", "t1", 100)
	long.Day = f.day(rulesDays)
	f.count(nil, []store.Verdict{
		f.verdict("cooldown", "would deny", "pkg:npm/a@1.0.0", "t1", 2),
		f.verdict("cooldown", "would deny", "pkg:npm/a@1.0.0", "", 3),
		f.verdict("cooldown", "would warn", "pkg:npm/a@1.1.0", "t2", 4),
		f.verdict("cooldown", "deny", "pkg:npm/a@1.2.0", "t2", 50), // before it was observed
		f.verdict("cooldown", "would deny", secretPURL+"@v1.0.0", "t3", 8),
		f.verdict("block", "deny", "pkg:npm/b@1.0.0", "t1", 16),
		f.verdict("block", "deny", "pkg:npm/b", "t1", 32), // a listing
		f.verdict("block", "warn", secretPURL+"@v1.0.0", "t3", 1),
		long,
	})
	reach := func(ctx context.Context, rule string) api.RuleInForce {
		t.Helper()
		rules := must[api.Rules](t)(f.c.Rules(ctx))
		if rules.Days != rulesDays || rules.Epoch != f.c.house.rules.Current().Epoch() || len(rules.Rules) < 7 {
			t.Errorf("%+v", rules)
		}
		for _, r := range rules.Rules {
			if r.Rule == rule {
				return r
			}
		}
		t.Fatalf("there is no rule %s", rule)
		return api.RuleInForce{}
	}
	for _, c := range []struct {
		name     string
		ctx      context.Context
		cooldown api.Breadth
		block    api.Breadth
	}{
		{"the operator", f.operator(), api.Breadth{Downloads: 17, Versions: 3, Packages: 2, Principals: 3, Anonymous: 3}, api.Breadth{Downloads: 17, Versions: 2, Packages: 2, Principals: 2}},
		{"a reader", f.reader(secretClaim), api.Breadth{Downloads: 17, Versions: 3, Packages: 2, Principals: 3, Anonymous: 3}, api.Breadth{Downloads: 17, Versions: 2, Packages: 2, Principals: 2}},
		{"a stranger", f.stranger(), api.Breadth{Downloads: 9, Versions: 2, Packages: 1, Principals: 2, Anonymous: 3}, api.Breadth{Downloads: 16, Versions: 1, Packages: 1, Principals: 1}},
	} {
		for range 2 { // counted, and kept
			cooldown, block := reach(c.ctx, "cooldown"), reach(c.ctx, "block")
			if cooldown.Mode != assay.Observe || cooldown.Observed == nil || *cooldown.Observed != c.cooldown || cooldown.Enforced != nil {
				t.Errorf("%s, cooldown: %+v %+v", c.name, cooldown, cooldown.Observed)
			}
			if block.Enforced == nil || *block.Enforced != c.block || block.Observed != nil {
				t.Errorf("%s, block: %+v %+v", c.name, block, block.Enforced)
			}
		}
	}
	// A count is kept for a while.
	f.count(nil, []store.Verdict{f.verdict("block", "deny", "pkg:npm/c@1.0.0", "", 1000)})
	if got := reach(f.operator(), "block").Enforced.Downloads; got != 17 {
		t.Errorf("counted anew at once: %d", got)
	}
	f.later(time.Hour)
	if got := reach(f.operator(), "block").Enforced.Downloads; got != 1017 {
		t.Errorf("after an hour: %d", got)
	}
}

// What an operator wrote into a condition is not for those who may not read
// what it names.
func TestRulesDoNotNameWhatIsHidden(t *testing.T) {
	f := newFurnished(t)
	f.claim(secretClaim)
	text := `version: 1
conditions:
  - name: open
    when: version.number == "v9.9.9"
    effect: warn
    reason: nobody knows it
  - name: hidden
    match: [pkg:golang/corp.example/vaultworks/quartzite]
    when: version.number == "v9.9.9"
    effect: deny
    reason: it cracks
`
	if _, err := f.c.ApplyPolicy(f.operator(), text); err != nil {
		t.Fatal(err)
	}
	said := func(ctx context.Context) string {
		text, err := json.Marshal(must[api.Rules](t)(f.c.Rules(ctx)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := said(f.operator()); !strings.Contains(got, "quartzite") {
		t.Errorf("the operator is told %s", got)
	}
	if got := said(f.stranger()); strings.Contains(got, "vaultworks") || !strings.Contains(got, "nobody knows it") || !strings.Contains(got, `"hidden"`) {
		t.Errorf("a stranger is told %s", got)
	}
	acme := must[assay.Pattern](t)(assay.ParsePattern("pkg:npm/@acme/*", grammarOf(t, assay.NPM)))
	for text, want := range map[string]bool{
		"of @acme/kettle": true, "of %40ACME/kettle": true, "of the acme corporation": false, "no-@acme": true, "": false,
	} {
		if got := namesClaimed(text, []policy.Claim{{Pattern: acme}}); got != want {
			t.Errorf("%q names the claim: %v", text, got)
		}
	}
}

func grammarOf(t *testing.T, eco assay.Ecosystem) assay.Grammar {
	t.Helper()
	g, ok := grammars().Grammar(eco)
	if !ok {
		t.Fatalf("there is no ecosystem %s", eco)
	}
	return g
}

// TestStrangersAreNotToldOfHostedPackages publishes a private package, lets
// things happen to it, and searches every answer to a stranger for its name.
func TestStrangersAreNotToldOfHostedPackages(t *testing.T) {
	f := newFurnished(t)
	f.upstream("left", map[string]time.Duration{"1.0.0": 9000 * time.Hour, "2.0.0": time.Hour})
	f.file(f.stranger(), "npm", "left", "left-1.0.0.tgz")
	f.file(f.stranger(), "npm", "left", "left-2.0.0.tgz")
	f.claim(secretClaim)
	for _, version := range []string{"v1.0.0", "v1.1.0"} {
		f.publish(secretModule, version)
	}
	if _, err := f.c.SetStatus(f.operator(), api.NewStatus{Version: secretPURL + "@v1.1.0", Status: assay.Quarantined, Reason: "quartzite cracks"}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.c.Block(f.operator(), api.NewBlock{Pattern: secretPURL + "@<v1.1.0", Reason: "vaultworks is blocked"}); err != nil {
		t.Fatal(err)
	}
	f.file(f.operator(), "go", secretModule, "v1.0.0.zip")
	f.file(f.operator(), "go", secretModule, "v1.1.0.zip")
	f.count([]store.Fetch{{Day: f.day(1), Coordinate: secretPURL + "@v1.0.0", Principal: "quartzite-reader", Count: 3}},
		[]store.Verdict{f.verdict("block", "deny", secretPURL+"@v1.0.0", "quartzite-reader", 3)})
	answers := func(ctx context.Context) map[string]any {
		out := map[string]any{}
		note := func(what string, answer any, err error) {
			out[what] = answer
			if err != nil {
				out[what+", refused"] = err.Error()
			}
		}
		for _, text := range []string{"", "corp", "example/v", "left", "v1"} {
			for _, limit := range []int{0, 1} {
				found, err := f.c.Search(ctx, api.SearchQuery{Text: text, Limit: limit})
				note(fmt.Sprintf("search %q %d", text, limit), found, err)
			}
		}
		for _, q := range []api.DecisionQuery{{}, {Rule: "block"}, {Registry: "go"}, {Effect: "deny", Limit: 1}} {
			decisions, err := f.c.Decisions(ctx, q)
			note(fmt.Sprintf("decisions %+v", q), decisions, err)
		}
		for _, purl := range []string{"pkg:npm/left", "pkg:npm/left@2.0.0", "pkg:golang/corp.example"} {
			view, err := f.c.Package(ctx, purl)
			note(purl, view, err)
		}
		traffic, err := f.c.Traffic(ctx)
		note("traffic", traffic, err)
		rules, err := f.c.Rules(ctx)
		note("rules", rules, err)
		preview, err := f.c.Preview(ctx, policy.DefaultText)
		note("preview", preview, err)
		return out
	}
	named := func(ctx context.Context) (in []string) {
		for what, answer := range answers(ctx) {
			text, err := json.Marshal(answer)
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.ToLower(string(text)); strings.Contains(s, "quartzite") || strings.Contains(s, "vaultworks") {
				in = append(in, what)
			}
		}
		return in
	}
	if in := named(f.stranger()); len(in) != 0 {
		t.Errorf("a stranger is told the name in the answers to %q", in)
	}
	if in := named(f.reader("pkg:npm/@other/*")); len(in) != 0 {
		t.Errorf("another reader is told the name in the answers to %q", in)
	}
	if in := named(f.operator()); len(in) < 8 {
		t.Errorf("the operator is told the name only in the answers to %q: this test has seen nothing", in)
	}
	if in := named(f.reader(secretClaim)); len(in) < 6 {
		t.Errorf("who may read it is told the name only in the answers to %q", in)
	}
}

func FuzzCursors(f *testing.F) {
	f.Add(packagePlace{store.PackageCursor{Match: store.MatchName, Registry: "npm", Name: "left"}}.text())
	f.Add(verdictPlace{store.VerdictCursor{Last: time.UnixMicro(5), ID: 7}}.text())
	f.Add("WzEsMl0")
	f.Add("bnVsbA")
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := packageCursor(text); err == nil && text != "" {
			again, err := packageCursor(p.text())
			if err != nil || again != p {
				t.Errorf("%q is %+v, and again %+v, %v", text, p, again, err)
			}
		} else if err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
		if v, err := verdictCursor(text); err == nil && text != "" {
			again, err := verdictCursor(v.text())
			if err != nil || again != v {
				t.Errorf("%q is %+v, and again %+v, %v", text, v, again, err)
			}
		} else if err != nil && !assay.Is(err, assay.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	})
}

package probe_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/probe"
	"assay.invalid/internal/scorecard/probe/probetest"
)

func TestReadEvents(t *testing.T) {
	cases := map[string]struct {
		document string
		form     string
		names    []string
		timed    int
	}{
		"JSON lines":          {`{"kind":"published","name":"lodash","time":"2026-11-01T10:00:00Z"}` + "\n" + `{"name":"react","time":"2026-11-01T11:00:00Z"}` + "\n", "JSON lines", []string{"lodash", "react"}, 2},
		"index of Go":         {`{"Path":"rsc.io/quote","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:52.997264Z"}`, "JSON lines", []string{"rsc.io/quote"}, 1},
		"an array":            {`[{"package":{"name":"lodash"},"at":1700000000}]`, "a JSON array", []string{"lodash"}, 1},
		"a change feed":       {`{"results":[{"seq":1,"id":"lodash","changes":[]}]}`, `a JSON object with "results"`, []string{"lodash"}, 0},
		"a body inside":       {`{"index":1,"time":"2026-11-01T10:00:00Z","body":{"subject":"pkg:npm/lodash@1"}}`, "JSON lines", []string{"pkg:npm/lodash@1"}, 1},
		"nothing named":       {`[{"index":1,"time":"2026-11-01T10:00:00Z","commitment":"aa"}]`, "a JSON array", []string{""}, 1},
		"a number of its own": {`[{"id":"evt_1","time":"2026-11-01T10:00:00Z"}]`, "a JSON array", []string{""}, 1},
		"an empty array":      {`[]`, "a JSON array", nil, 0},
		"a web page":          {`<!doctype html>`, "", nil, 0},
		"other JSON":          {`{"status":"ok"}`, "", nil, 0},
		"texts in an array":   {`["a","b"]`, "a JSON array", nil, 0},
		"a cut last line":     {`{"name":"a","time":"2026-11-01T10:00:00Z"}` + "\n" + `{"name":"b","ti`, "JSON lines", []string{"a"}, 1},
		"wrong types":         {`[{"name":7,"time":{}}]`, "a JSON array", []string{""}, 0},
		"nothing":             {"  ", "", nil, 0},
	}
	for name, c := range cases {
		events, form := probe.ReadEvents([]byte(c.document))
		var names []string
		timed := 0
		for _, e := range events {
			names = append(names, e.Name)
			if !e.Time.IsZero() {
				timed++
			}
		}
		if form != c.form || strings.Join(names, " ") != strings.Join(c.names, " ") || timed != c.timed {
			t.Errorf("%s: %q, names %q, %d timed", name, form, names, timed)
		}
	}
}

func TestEventLogByCallAndByPage(t *testing.T) {
	said := func(lines ...string) probetest.Acts {
		return probetest.Acts{OnEvents: func() ([]string, scorecard.Answer) { return lines, probetest.Yes() }}
	}
	page := probetest.Pages{"https://registry.example/events": probetest.Text("application/json", `[{"name":"a","time":"2026-11-01T10:00:00Z"}]`)}
	cases := map[string]struct {
		acts scorecard.Acts
		page scorecard.Visitor
		want func(probe.EventLog) bool
	}{
		"a line with kind, name and time":    {said("2026-11-01T10:00:00Z published pkg:npm/lodash@1.0.0"), nil, probe.EventLog.Public},
		"a line of JSON":                     {said(`{"name":"lodash","time":"2026-11-01T10:00:00Z"}`), nil, probe.EventLog.Public},
		"lines without time, and a page":     {said("published lodash"), page, probe.EventLog.Public},
		"lines without time":                 {said("published lodash 1.0.0"), nil, func(l probe.EventLog) bool { return !l.Public() && l.Named == 1 }},
		"a kind alone":                       {said("2026-11-01T10:00:00Z published"), nil, func(l probe.EventLog) bool { return l.Events == 1 && l.Named == 0 }},
		"no call and no page":                {probetest.Acts{}, nil, func(l probe.EventLog) bool { return !l.Asked() }},
		"no call, and a page":                {probetest.Acts{}, page, probe.EventLog.Public},
		"a page that does not come":          {probetest.Acts{}, probetest.Dead(), func(l probe.EventLog) bool { return l.Untold != "" && !l.Public() }},
		"a page for those who are logged in": {probetest.Acts{}, probetest.Pages{"https://registry.example/events": probetest.Status(401)}, probe.EventLog.Refused},
	}
	for name, c := range cases {
		b := probetest.Bench(c.acts, c.page)
		if c.page != nil {
			b.Subject.Pages["events"] = "https://registry.example/events"
		}
		if l := probe.ReadEventLog(t.Context(), b); !c.want(l) {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

func TestReadDocument(t *testing.T) {
	d := probe.ReadDocument([]byte(`<!doctype html><body><script>var hidden = "report"</script><h1>lodash</h1>
<a href="/report?name=lodash" title="tell us"><img alt="flag"> Report <b>malware</b></a>
<button aria-label="Close">x</button><form action="/abuse" name=f></form><input type=submit value="Send">
<include-fragment src="/x/expanded_assets/v1"></include-fragment><a href="/open">never closed`))
	want := []probe.Control{
		{Kind: "link", Text: "tell us flag Report malware", Target: "/report?name=lodash"},
		{Kind: "button", Text: "Close x"}, {Kind: "form", Target: "/abuse"}, {Kind: "button", Text: "Send"},
		{Kind: "link", Text: "never closed", Target: "/open"},
	}
	if len(d.Controls) != len(want) {
		t.Fatalf("%+v", d.Controls)
	}
	for i, c := range want {
		if d.Controls[i] != c {
			t.Errorf("control %d is %+v, want %+v", i, d.Controls[i], c)
		}
	}
	if strings.Contains(d.Text, "hidden") || !strings.Contains(d.Text, "lodash flag Report malware") {
		t.Errorf("the text is %q", d.Text)
	}
	if len(d.Fragments) != 1 {
		t.Errorf("fragments %v", d.Fragments)
	}
}

func TestPageOfOpenedLinksIsBounded(t *testing.T) {
	d := probe.ReadDocument([]byte(strings.Repeat("<a href=x>word ", 20_000)))
	if len(d.Controls) != 5000 {
		t.Errorf("%d controls are kept", len(d.Controls))
	}
	for _, c := range d.Controls {
		if words := len(strings.Fields(c.Text)); words > 10 {
			t.Fatalf("a link holds %d words of those after it", words)
		}
	}
}

func TestPackagePageIsReadOrSaidWhyNot(t *testing.T) {
	pages := probetest.Pages{
		"https://registry.example/package/@s/n":      probetest.Text("text/html", "<p>@s/n is a package"),
		"https://registry.example/package/drawn":     probetest.Text("text/html", "<div id=app></div>"),
		"https://registry.example/package/data":      probetest.Text("application/json", "{}"),
		"https://registry.example/package/private":   probetest.Status(403),
		"https://registry.example/package/broken":    probetest.Status(502),
		"https://registry.example/package/elsewhere": probetest.Status(302),
	}
	b := probetest.Bench(probetest.Acts{}, pages)
	if _, _, err := probe.PackagePage(t.Context(), b, "@s/n", ""); scorecard.MissingOf(err).Outcome != scorecard.NotSupported {
		t.Errorf("without a stated address: %v", err)
	}
	b.Subject.Pages["package"] = "https://registry.example/package/{name}"
	if _, d, err := probe.PackagePage(t.Context(), b, "@s/n", ""); err != nil || !strings.Contains(d.Text, "is a package") {
		t.Errorf("a sound page: %v", err)
	}
	for _, name := range []string{"drawn", "data", "private", "broken", "elsewhere", "missing"} {
		if _, _, err := probe.PackagePage(t.Context(), b, name, ""); err == nil || scorecard.MissingOf(err).Outcome != scorecard.CouldNotTell {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPageOfEachEcosystem(t *testing.T) {
	b := probetest.Bench(probetest.Acts{}, probetest.Pages{
		"https://registry.example/pkg:npm/drawn": probetest.Text("text/html", "<p>drawn is a package of npm"),
	})
	b.Subject.Pages["package"] = "https://registry.example/pkg:{ecosystem}/{name}"
	if p, d, err := probe.PackagePage(t.Context(), b, "drawn", ""); err != nil || !strings.Contains(d.Text, "of npm") {
		t.Errorf("the page of an npm package is %s: %v", p.URL, err)
	}
}

func TestShownHidesSecrets(t *testing.T) {
	if got := probe.Shown("https://user:secret@registry.example/a?token=secret#secret"); strings.Contains(got, "secret") {
		t.Errorf("an address is shown as %s", got)
	}
}

func TestListAsksAgainAsPublisher(t *testing.T) {
	acts := probetest.Acts{OnListing: func(as scorecard.Credential, _ string) (scorecard.Listing, scorecard.Answer) {
		if as.Secret == "" {
			return scorecard.Listing{}, probetest.No(scorecard.Refused)
		}
		return scorecard.Listing{Versions: map[string]scorecard.Version{"1.0.0": {}}}, probetest.Yes()
	}}
	b := probetest.Bench(acts, probetest.Pages{})
	b.Samples = []string{"private"}
	if _, err := probe.Samples(t.Context(), b, 3); scorecard.MissingOf(err).Outcome != scorecard.CouldNotTell {
		t.Errorf("as nobody: %v", err)
	}
	b.Publisher = scorecard.Credential{Who: "publisher", Secret: "s"}
	s, err := probe.Samples(t.Context(), b, 3)
	if err != nil || len(s) != 1 || s[0].As.Who != "publisher" {
		t.Errorf("as the publisher: %v, %v", s, err)
	}
}

func TestOrderOfVersions(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	dated := scorecard.Listing{Versions: map[string]scorecard.Version{"2.0.0": {Published: day(1)}, "1.9.9": {Published: day(9)}}}
	if got := probe.Newest(dated, 5); strings.Join(got, " ") != "1.9.9 2.0.0" {
		t.Errorf("by date: %v", got)
	}
	bare := scorecard.Listing{Versions: map[string]scorecard.Version{"10.0.0": {}, "9.0.0": {}, "9.0.0-rc.1": {}, "odd": {}}}
	if got := probe.Newest(bare, 3); strings.Join(got, " ") != "10.0.0 9.0.0 9.0.0-rc.1" {
		t.Errorf("by number: %v", got)
	}
	bare.Latest = "gone"
	if got := probe.Chosen(bare); got != "10.0.0" {
		t.Errorf("with a latest that dangles %q is chosen", got)
	}
	if probe.Chosen(scorecard.Listing{}) != "" {
		t.Error("of nothing something is chosen")
	}
}

func TestGoIsAskedVersionByVersion(t *testing.T) {
	l := scorecard.Listing{Versions: map[string]scorecard.Version{"v1.0.0": {}, "v1.1.0": {Digests: map[string]string{}}, "v1.2.0": {Digests: map[string]string{"h1": "h1:x"}}}}
	if got := probe.Looked(assay.Golang, l, 50); strings.Join(got, " ") != "v1.2.0 v1.1.0" {
		t.Errorf("looked at %v", got)
	}
	if got := probe.Looked(assay.NPM, l, 50); len(got) != 3 {
		t.Errorf("of npm looked at %v", got)
	}
	bare := scorecard.Listing{Versions: map[string]scorecard.Version{"v1.0.0": {}}}
	if got := probe.Looked(assay.Maven, l, 50); strings.Join(got, " ") != "v1.2.0 v1.1.0" {
		t.Errorf("of Maven were looked at %v", got)
	}
	if probe.DigestsUnasked(assay.Maven, bare) {
		t.Error("Maven's side files are always asked for, and one without any has none")
	}
	if !probe.DigestsUnasked(assay.Golang, bare) || probe.DigestsUnasked(assay.Golang, l) || probe.DigestsUnasked(assay.NPM, bare) {
		t.Error("what was asked for digests is told wrongly")
	}
}

func TestTimeIsBounded(t *testing.T) {
	collect := probe.Within(func(ctx context.Context, _ *scorecard.Bench) (bool, error) {
		at, ok := ctx.Deadline()
		return ok && time.Until(at) < 8*time.Second, nil
	})
	if bounded, err := collect(context.Background(), nil); err != nil || !bounded {
		t.Errorf("a probe may take as long as it likes: %v", err)
	}
}

func FuzzReadDocument(f *testing.F) {
	f.Add([]byte("<a href=x><button>y</a>"))
	f.Add([]byte("<script><!--<script></script>"))
	f.Fuzz(func(t *testing.T, page []byte) {
		d := probe.ReadDocument(page)
		if len(d.Controls) > 5000 || len(d.Fragments) > 20 {
			t.Errorf("%d controls", len(d.Controls))
		}
	})
}

func FuzzReadEvents(f *testing.F) {
	f.Add([]byte(`{"results":[{"id":"a","seq":1}]}`))
	f.Add([]byte("{\"name\":\"a\"}\n{"))
	f.Fuzz(func(t *testing.T, document []byte) {
		events, form := probe.ReadEvents(document)
		if form == "" && len(events) > 0 {
			t.Errorf("%d events in no form", len(events))
		}
		for _, e := range events {
			if e.Time.Year() < 0 {
				t.Errorf("an event of the year %d", e.Time.Year())
			}
		}
	})
}

package golang

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/golang/wire"
)

type reply struct {
	status int
	body   string
	header http.Header
	phrase string
}

func ask(t *testing.T, h http.Handler, method, path string) reply {
	t.Helper()
	r := httptest.NewRequest(method, "http://assay.example"+path, nil)
	var out reply
	r = r.WithContext(ecosystem.WithPhraser(r.Context(), func(_ int, phrase string) { out.phrase = phrase }))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	out.status, out.body, out.header = w.Code, string(body), w.Result().Header
	return out
}

func get(t *testing.T, h http.Handler, path string) reply { return ask(t, h, http.MethodGet, path) }

// shown is what the go command makes of an error's body: the rules of its
// source, written down once more.
func shown(body string) string {
	if !utf8.ValidString(body) {
		return ""
	}
	for _, r := range body {
		if !unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return ""
		}
	}
	var detail strings.Builder
	for i, line := range strings.Split(body, "\n") {
		if strings.TrimSpace(line) == "" {
			break
		}
		if i > 0 {
			detail.WriteString("\n\t")
		}
		if i >= 8 || detail.Len()+len(line) > 648 {
			detail.WriteString("[truncated]")
			break
		}
		detail.WriteString(line)
	}
	return detail.String()
}

func checkRefusal(t *testing.T, what string, r reply, status int, says ...string) {
	t.Helper()
	text := shown(r.body)
	if r.status != status || text == "" || strings.Contains(text, "[truncated]") {
		t.Errorf("%s: status %d, and the go command shows %q of %q", what, r.status, text, r.body)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			t.Errorf("%s: %q does not say %q", what, text, s)
		}
	}
	if r.header.Get("Content-Type") != "text/plain; charset=utf-8" || r.header.Get("Cache-Control") != "no-store" || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: headers %v", what, r.header)
	}
}

func TestServe(t *testing.T) {
	p, h := newPlace(t, "v1.0.0", "v1.1.0-rc.1", "v1.1.0")
	for path, contentType := range map[string]string{
		"/example.com/m/@v/list":        "text/plain; charset=utf-8",
		"/example.com/m/@v/v1.0.0.info": "application/json",
		"/example.com/m/@v/v1.0.0.mod":  "text/plain; charset=utf-8",
		"/example.com/m/@v/v1.0.0.zip":  "application/zip",
	} {
		r := get(t, h, path)
		want := p.upstream[path[1:]]
		if strings.HasSuffix(path, "list") {
			want += "\n"
		}
		if r.status != 200 || r.body != want || r.header.Get("Content-Type") != contentType {
			t.Errorf("%s: %d %q %v", path, r.status, r.body, r.header)
		}
		if head := ask(t, h, http.MethodHead, path); head.status != 200 || head.body != "" || head.header.Get("Content-Type") != contentType {
			t.Errorf("HEAD %s: %d %q", path, head.status, head.body)
		}
	}
	if r := get(t, h, "/example.com/m/@latest"); r.status != 200 || r.body != p.upstream["example.com/m/@v/v1.1.0.info"] {
		t.Errorf("latest: %d %q", r.status, r.body)
	}
}

func TestRefusedVersion(t *testing.T) {
	p, h := newPlace(t, "v1.0.0", "v1.1.0")
	p.denied["v1.1.0"] = "it steals \x1b[31mwallets\x1b[0m\r\n\r\nand more"
	if r := get(t, h, "/example.com/m/@v/list"); r.status != 200 || r.body != "v1.0.0\n" || strings.Contains(r.header.Get("Content-Type"), "hidden") {
		t.Errorf("list: %d %q %v", r.status, r.body, r.header)
	}
	for _, ext := range []string{".info", ".zip"} {
		r := get(t, h, "/example.com/m/@v/v1.1.0"+ext)
		checkRefusal(t, ext, r, 403, "example.com/m@v1.1.0", "rule block", "it steals", "and more", "nearest allowed: v1.0.0", "http://assay.example/why/v1.1.0")
		if !strings.Contains(r.phrase, "http://assay.example/why/v1.1.0") {
			t.Errorf("%s: the phrase %q has no link", ext, r.phrase)
		}
		head := ask(t, h, http.MethodHead, "/example.com/m/@v/v1.1.0"+ext)
		if head.status != 403 || head.body != "" {
			t.Errorf("HEAD of %s: %d %q", ext, head.status, head.body)
		}
	}
	if r := get(t, h, "/example.com/m/@v/v1.1.0.mod"); r.status != 200 || r.body != "module example.com/m\n" {
		t.Errorf(".mod: %d %q", r.status, r.body)
	}
	if r := get(t, h, "/example.com/m/@latest"); r.status != 200 || !strings.Contains(r.body, "v1.0.0") {
		t.Errorf("latest: %d %q", r.status, r.body)
	}
}

func TestEverythingRefused(t *testing.T) {
	p, h := newPlace(t, "v1.0.0", "v1.1.0")
	p.denied["v1.0.0"], p.denied["v1.1.0"] = "too old", "too new"
	if r := get(t, h, "/example.com/m/@v/list"); r.status != 200 || r.body != "" {
		t.Errorf("list: %d %q", r.status, r.body)
	}
	checkRefusal(t, "latest", get(t, h, "/example.com/m/@latest"), 403, "2 versions of example.com/m are refused", "v1.1.0", "too new", "http://assay.example/why/v1.1.0")
	// The decision is known, so an outage does not hide it.
	p.fails["v1.1.0.info"] = assay.Errorf(assay.Unavailable, "the upstream is down")
	checkRefusal(t, "latest in an outage", get(t, h, "/example.com/m/@latest"), 403, "too new")
}

func TestHiddenNewestVersionStillRetracts(t *testing.T) {
	p, h := newPlace(t, "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0-rc.1")
	p.publish("v1.3.0", "module example.com/m\nretract [v1.1.0, v1.2.0] // data loss\n", time.Now())
	if r := get(t, h, "/example.com/m/@v/list"); r.status != 200 || r.body != "v1.0.0\nv1.1.0\nv1.2.0\nv1.3.0\nv1.4.0-rc.1\n" {
		t.Errorf("nothing denied, so the go command reads the retractions itself: %d %q", r.status, r.body)
	}
	if p.askedFor("v1.3.0.mod") {
		t.Error("the ordinary list costs a look at a go.mod")
	}
	p.denied["v1.3.0"] = "too new"
	p.gone = []string{"v0.9.0"}
	r := get(t, h, "/example.com/m/@v/list")
	if r.status != 200 || r.body != "v1.0.0\nv1.4.0-rc.1\n" || r.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("the newest denied: %d %q %v", r.status, r.body, r.header)
	}
	if r.header.Get("ETag") == `"as-rendered"` || r.header.Get("ETag") == "" {
		t.Errorf("another content has the same ETag: %v", r.header)
	}
	request := httptest.NewRequest(http.MethodGet, "http://assay.example/example.com/m/@v/list", nil)
	request.Header.Set("If-None-Match", r.header.Get("ETag"))
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, request); w.Code != http.StatusNotModified {
		t.Errorf("conditional: %d", w.Code)
	}
	if r := get(t, h, "/example.com/m/@latest"); r.status != 200 || !strings.Contains(r.body, `"v1.0.0"`) {
		t.Errorf("latest: %d %q", r.status, r.body)
	}
	// Without the go.mod nothing is known to be retracted, and the author's
	// advice is not worth withholding the list for.
	p.fails["v1.3.0.mod"] = assay.Errorf(assay.NotFound, "not there")
	if r := get(t, h, "/example.com/m/@v/list"); r.status != 200 || r.body != "v1.0.0\nv1.1.0\nv1.2.0\nv1.4.0-rc.1\n" {
		t.Errorf("go.mod missing: %d %q", r.status, r.body)
	}
	p.fails["v1.3.0.mod"] = assay.Errorf(assay.Unavailable, "the upstream is down")
	if r := get(t, h, "/example.com/m/@v/list"); r.status != 200 || r.body != "v1.0.0\nv1.1.0\nv1.2.0\nv1.4.0-rc.1\n" {
		t.Errorf("go.mod out of reach: %d %q", r.status, r.body)
	}
	if r := get(t, h, "/example.com/m/@latest"); r.status != 200 || !strings.Contains(r.body, `"v1.2.0"`) {
		t.Errorf("go.mod out of reach, latest: %d %q", r.status, r.body)
	}
	p.fails = map[string]error{"versions": assay.Errorf(assay.Unavailable, "no versions now")}
	checkRefusal(t, "versions out of reach", get(t, h, "/example.com/m/@v/list"), 503, "no versions now")
}

func TestLatest(t *testing.T) {
	const retractAll = "module example.com/m\nretract [v1.0.0, v1.9.0]\n"
	for what, c := range map[string]struct {
		versions string
		latest   string // the upstream's @latest
		mod      string // of the newest
		denied   []string
		late     []string
		want     string // "" for a refusal
		status   int
		says     string
	}{
		"release before pre-release":     {versions: "v1.0.0 v1.1.0-rc.1", want: "v1.0.0", status: 200},
		"highest release":                {versions: "v1.10.0 v1.9.0", want: "v1.10.0", status: 200},
		"pre-release when nothing else":  {versions: "v1.0.0-a v1.0.0-b", want: "v1.0.0-b", status: 200},
		"pseudo-version of the upstream": {latest: pseudo, want: pseudo, status: 200},
		"pseudo-version denied":          {latest: pseudo, denied: []string{pseudo}, status: 403, says: pseudo},
		"denied release, pre-release":    {versions: "v1.0.0 v1.1.0-rc.1", denied: []string{"v1.0.0"}, want: "v1.1.0-rc.1", status: 200},
		"denied only when its date is known": {versions: "v1.0.0 v1.1.0", late: []string{"v1.1.0"}, want: "v1.0.0",
			status: 200},
		"all denied when their dates are known": {versions: "v1.0.0 v1.1.0", late: []string{"v1.0.0", "v1.1.0"}, status: 403, says: "2 versions"},
		"newest retracts itself":                {versions: "v1.0.0 v1.1.0", mod: "module example.com/m\nretract v1.1.0\n", want: "v1.0.0", status: 200},
		"all retracted":                         {versions: "v1.0.0 v1.1.0", mod: retractAll, status: 403, says: "retracted"},
		"retracted and denied":                  {versions: "v1.0.0 v1.1.0", mod: retractAll, denied: []string{"v1.0.0"}, status: 403, says: "example.com/m@v1.0.0"},
		"no versions":                           {status: 404, says: "no version"},
	} {
		p, h := newPlace(t, strings.Fields(c.versions)...)
		if c.latest != "" {
			p.publish(c.latest, "module example.com/m\n", time.Now())
			p.upstream["example.com/m/@latest"] = p.upstream["example.com/m/@v/"+c.latest+".info"]
		}
		if c.mod != "" {
			fields := strings.Fields(c.versions)
			p.publish(fields[len(fields)-1], c.mod, time.Now())
		}
		for _, v := range c.denied {
			p.denied[v] = "blocked"
		}
		for _, v := range c.late {
			p.late[v] = "too young"
		}
		r := get(t, h, "/example.com/m/@latest")
		if c.want == "" {
			checkRefusal(t, what, r, c.status, c.says)
		} else if r.status != 200 || !strings.Contains(r.body, `"`+c.want+`"`) {
			t.Errorf("%s: %d %q", what, r.status, r.body)
		}
	}
}

func TestLatestTriesAFewVersionsOnly(t *testing.T) {
	versions := strings.Fields("v1.0.0 v1.1.0 v1.2.0 v1.3.0 v1.4.0 v1.5.0 v1.6.0 v1.7.0 v1.8.0 v1.9.0 v1.10.0 v1.11.0")
	p, h := newPlace(t, versions...)
	for _, v := range versions {
		p.late[v] = "too young"
	}
	checkRefusal(t, "latest", get(t, h, "/example.com/m/@latest"), 403, "v1.11.0", "too young")
	infos := 0
	for _, file := range p.asked {
		if strings.HasSuffix(file, ".info") {
			infos++
		}
	}
	if infos > maxCandidates+1 {
		t.Errorf("%d versions were tried", infos)
	}
}

func TestLatestOfVersionsThatAreNotThere(t *testing.T) {
	p, h := newPlace(t, "v1.0.0", "v1.1.0")
	delete(p.upstream, "example.com/m/@v/v1.1.0.info")
	if r := get(t, h, "/example.com/m/@latest"); r.status != 200 || !strings.Contains(r.body, "v1.0.0") {
		t.Errorf("the newest has no .info: %d %q", r.status, r.body)
	}
	delete(p.upstream, "example.com/m/@v/v1.0.0.info")
	checkRefusal(t, "none has an .info", get(t, h, "/example.com/m/@latest"), 404, "has none of them")
	p.denied["v1.0.0"] = "blocked"
	checkRefusal(t, "one is refused and one not there", get(t, h, "/example.com/m/@latest"), 403, "example.com/m@v1.0.0")
}

func TestQueries(t *testing.T) {
	p, h := newPlace(t, "v1.0.0", "v1.1.0")
	p.publish(pseudo, "module example.com/m\n", time.Now())
	p.upstream["example.com/m/@v/master.info"] = `{"Version":"` + pseudo + `","Time":"2000-01-01T00:00:00Z","Evil":"not what the version's own document says"}`
	p.upstream["example.com/m/@v/!feature.info"] = `{"Version":"v1.1.0"}`
	p.upstream["example.com/m/@v/v2.0.0.info"] = `{"Version":"v1.0.0"}`
	p.upstream["example.com/m/@v/page.info"] = "<html>"
	p.upstream["example.com/m/@v/loop.info"] = `{"Version":"master"}`
	p.upstream["example.com/m/@v/huge.info"] = `{"Version":"v1.0.0","x":"` + strings.Repeat("x", 300<<10) + `"}`
	p.upstream["example.com/m/@v/absent.info"] = `{"Version":"v9.9.9+incompatible"}`
	p.status["example.com/m/@v/down.info"] = 502
	p.status["example.com/m/@v/shut.info"] = 403
	p.status["example.com/m/@v/gone.info"] = 410
	p.fails["example.com/m/@v/dead.info"] = assay.Errorf(assay.Unavailable, "the upstream cannot be reached")

	if r := get(t, h, "/example.com/m/@v/master.info"); r.status != 200 || r.body != p.upstream["example.com/m/@v/"+pseudo+".info"] {
		t.Errorf("branch: %d %q", r.status, r.body)
	}
	if got := p.passages[0]; !slices.Equal(got.Names, []string{"example.com/m"}) || got.Method != "GET" || got.Source.Limit == 0 {
		t.Errorf("passed as %+v", got)
	}
	if r := get(t, h, "/example.com/m/@v/!feature.info"); r.status != 200 || !strings.Contains(r.body, "v1.1.0") {
		t.Errorf("branch in upper case: %d %q", r.status, r.body)
	}
	if r := get(t, h, "/example.com/m/@v/v2.0.0.info"); r.status != 200 || !strings.Contains(r.body, "v1.0.0") {
		t.Errorf("version of another major: %d %q", r.status, r.body)
	}
	p.denied[pseudo], p.denied["v1.1.0"] = "blocked", "blocked as well"
	checkRefusal(t, "branch of a denied version", get(t, h, "/example.com/m/@v/master.info"), 403, pseudo, "blocked")
	checkRefusal(t, "branch of a denied release", get(t, h, "/example.com/m/@v/!feature.info"), 403, "v1.1.0", "blocked as well")
	for query, status := range map[string]int{"page": 502, "loop": 502, "huge": 502, "absent": 404, "down": 502, "shut": 502, "gone": 404, "nowhere": 404, "dead": 503} {
		checkRefusal(t, query, get(t, h, "/example.com/m/@v/"+query+".info"), status)
	}
}

func TestErrorsKeepTheirMeaning(t *testing.T) {
	p, h := newPlace(t, "v1.0.0")
	for what, c := range map[string]struct {
		err    error
		status int
	}{
		"not found":        {assay.Errorf(assay.NotFound, "no such version"), 404},
		"upstream's 500":   {&assay.Error{Kind: assay.Unavailable, Message: "broken", Status: 500, RetryAfter: 1500 * time.Millisecond}, 500},
		"upstream's 404?":  {&assay.Error{Kind: assay.Unavailable, Message: "broken", Status: 404}, 502},
		"unreachable":      {assay.Errorf(assay.Unavailable, "out of reach"), 503},
		"unsound":          {assay.Errorf(assay.Unsound, "garbage"), 502},
		"our own fault":    {errDisk, 500},
		"too large":        {assay.Errorf(assay.TooLarge, "too large"), 413},
		"denied, no words": {&assay.Error{Kind: assay.Denied}, 403},
	} {
		for _, file := range []string{"listing", "versions", "v1.0.0.zip"} {
			p.fails = map[string]error{file: c.err}
			path := map[string]string{"listing": "@v/list", "versions": "@latest", "v1.0.0.zip": "@v/v1.0.0.zip"}[file]
			r := get(t, h, "/example.com/m/"+path)
			checkRefusal(t, what+" at "+path, r, c.status)
			if strings.Contains(r.body, "disk on fire") {
				t.Errorf("%s: a private cause is told", what)
			}
			if retry := r.header.Get("Retry-After"); (retry == "2") != (c.status == 500 && c.err != errDisk) {
				t.Errorf("%s: Retry-After %q", what, retry)
			}
		}
	}
}

func TestPathsRefused(t *testing.T) {
	p, h := newPlace(t, "v1.0.0")
	for path, status := range map[string]int{
		"/":                                       404,
		"/cached-only/example.com/m/@v/list":      404,
		"/example.com/m":                          404,
		"/example.com/M/@v/list":                  400,
		"/example.com/m/@v/V1.0.0.info":           400,
		"/example.com/%2e%2e/@v/list":             400,
		"/example.com%2fm/@v/list":                400,
		"/example.com/m/@v/%252e.info":            400,
		"/example.com/m/@v/master.zip":            404,
		"/example.com/m/@v/v1.0.0.zip.asc":        404,
		"/sumdb/other.registry.example/supported": 404,
	} {
		checkRefusal(t, path, get(t, h, path), status)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		r := ask(t, h, method, "/example.com/m/@v/list")
		if r.status != 405 || r.header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %v", method, r.status, r.header)
		}
	}
	if len(p.asked)+len(p.passages) > 0 {
		t.Errorf("something was asked for: %q %v", p.asked, p.passages)
	}
}

func TestSumDBIsPassedOn(t *testing.T) {
	p, h := newPlace(t)
	base := "sumdb/" + sumName + "/"
	tile := strings.Repeat("\x00\xff", 100)
	p.upstream[base+"latest"] = "signed tree"
	p.upstream[base+"lookup/github.com/!a/b@v1.0.0"] = "record <script>"
	p.upstream[base+"tile/8/0/x001/000"] = tile
	p.upstream[base+"tile/8/data/000"] = "records"
	p.status[base+"lookup/example.com/down@v1.0.0"] = 500
	p.fails[base+"lookup/example.com/claimed@v1.0.0"] = assay.Errorf(assay.Forbidden, "example.com/claimed belongs here and is asked about nowhere else")

	if r := get(t, h, "/"+base+"supported"); r.status != 200 || r.body != "" || len(p.passages) != 0 {
		t.Errorf("supported: %d %q", r.status, r.body)
	}
	for path, c := range map[string]struct {
		contentType string
		names       []string
		keep        time.Duration
	}{
		"latest":                        {"text/plain; charset=utf-8", nil, keepLatest},
		"lookup/github.com/!a/b@v1.0.0": {"text/plain; charset=utf-8", []string{"github.com/A/b"}, keepRecord},
		"tile/8/0/x001/000":             {"application/octet-stream", nil, keepTile},
		"tile/8/data/000":               {"text/plain; charset=utf-8", nil, keepTile},
	} {
		r := get(t, h, "/"+base+path)
		if r.status != 200 || r.body != p.upstream[base+path] || r.header.Get("Content-Type") != c.contentType || r.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %q %v", path, r.status, r.body, r.header)
		}
		passed := p.passages[len(p.passages)-1]
		if !slices.Equal(passed.Names, c.names) || passed.Keep != c.keep || passed.Source.Path != base+path || passed.Source.Limit == 0 {
			t.Errorf("%s is passed as %+v", path, passed)
		}
	}
	checkRefusal(t, "unknown version", get(t, h, "/"+base+"lookup/example.com/unknown@v1.0.0"), 404)
	checkRefusal(t, "down", get(t, h, "/"+base+"lookup/example.com/down@v1.0.0"), 500)
	checkRefusal(t, "claimed", get(t, h, "/"+base+"lookup/example.com/claimed@v1.0.0"), 403, "belongs here")
	before := len(p.passages)
	for path, status := range map[string]int{"lookup/example.com/m@master": 400, "tile/8/0/1": 400, "lookup/../../x@v1.0.0": 400, "admin": 404, "tile/8/0/%2e%2e": 400} {
		checkRefusal(t, path, get(t, h, "/"+base+path), status)
	}
	if len(p.passages) != before {
		t.Errorf("what is no request was passed on: %+v", p.passages[before:])
	}
}

func TestSumDBSetUpOtherwise(t *testing.T) {
	p, _ := newPlace(t)
	checkRefusal(t, "without one", get(t, New(Config{}).Handler(p), "/sumdb/"+sumName+"/supported"), 404, "without a checksum database")
	db := testSumDB(t)
	db.URL = "https://direct.registry.example/base/"
	p.upstream["https://direct.registry.example/base/latest"] = "signed tree"
	if r := get(t, New(Config{SumDB: db}).Handler(p), "/sumdb/"+sumName+"/latest"); r.status != 200 || r.body != "signed tree" {
		t.Errorf("at its own address: %d %q", r.status, r.body)
	}
}

func TestBodyFitsWhatTheGoCommandShows(t *testing.T) {
	link := "http://assay.example/why/abc"
	for what, lines := range map[string][]string{
		"nothing":              nil,
		"blank lines between":  {"a", "", " \t ", "\u3000", link},
		"many lines":           append(slices.Repeat([]string{"line"}, 30), link),
		"long lines":           append(slices.Repeat([]string{strings.Repeat("long ", 60)}, 7), link),
		"one very long line":   {strings.Repeat("x", 5000)},
		"very long link":       {"why", "http://assay.example/" + strings.Repeat("y", 2000)},
		"control characters":   {"\x1b]0;title\x07 \x00 \u202e\u2066 \u00ad \ue000 \u0600", link},
		"invalid UTF-8":        {"\xff\xfe", link},
		"many bytes a letter":  append(slices.Repeat([]string{strings.Repeat("\U0001f600", 100)}, 8), link),
		"line breaks in lines": {"a\nb\r\n\r\nc", link},
	} {
		body := fit(lines)
		text := shown(body)
		if text == "" || strings.Contains(text, "[truncated]") {
			t.Errorf("%s: %q is shown as %q", what, body, text)
		}
		if slices.Contains(lines, link) && !strings.Contains(text, link) {
			t.Errorf("%s: the link is lost: %q", what, text)
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add("reason\x1b[31m", "http://assay.example/why/abc")
	f.Add(strings.Repeat("long ", 300), "\u202e")
	f.Add("\n\n\xff", "\u00ad")
	f.Fuzz(func(t *testing.T, text, last string) {
		lines := append(strings.Split(text, "|"), last)
		body := fit(lines)
		if got := shown(body); got == "" || strings.Contains(got, "[truncated]") && !strings.Contains(text+last, "[truncated]") {
			t.Fatalf("%q is shown as %q", body, got)
		}
	})
}

func TestAdapterAgreesWithItsOwnWords(t *testing.T) {
	// The handler takes the mark off exactly what Render puts on.
	for _, version := range []string{"v1.0.0", "v2.0.0+incompatible", "v1.0.0-a.b-c"} {
		if plain, newest := hiddenNewest(textType + hiddenMark + version); plain != textType || newest != version {
			t.Errorf("%q, %q", plain, newest)
		}
		if !wire.Canonical("example.com/m", version) {
			t.Errorf("%q is no version", version)
		}
	}
	if plain, newest := hiddenNewest(textType); plain != textType || newest != "" {
		t.Errorf("%q, %q", plain, newest)
	}
}

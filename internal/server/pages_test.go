package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/server/api"
	"assay.invalid/internal/web"
	"assay.invalid/internal/web/home"
	"assay.invalid/internal/web/webtest"
)

const browser = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// everyPage are addresses that answer with a page when all is well.
var everyPage = []string{
	"/", "/?q=", "/?q=lodash&registry=npm", "/packages/pkg:npm/lodash", "/packages/pkg:npm/lodash@4.17.21", "/why/" + knownWhy,
	"/decisions", "/decisions?rule=cooldown", "/decisions?after=c2", "/policy", "/log", "/log?entry=3", "/log?before=4", "/scorecard",
}

// setup is what the first page shows of it.
type setup struct{}

func (setup) Home(context.Context) (home.Page, error) {
	return home.Page{Notes: []string{"The cooldown holds new versions back."}, Places: []home.Place{
		{Name: "npm", Base: "http://127.0.0.1:8417/npm/", Upstream: "registry.example", Lines: []home.Line{{Client: "npm", Line: "export npm_config_registry=http://127.0.0.1:8417/npm/"}}},
	}}, nil
}

func startPages(t *testing.T, public bool) (*running, *house) {
	t.Helper()
	h := &house{}
	return start(t, Config{Control: h, Journal: newLedger(t, public), Home: setup{}, Auth: twoTokens{}, Version: "v1.2.3",
		SecurityContact: "mailto:security@packages.example", Places: map[string]http.Handler{"npm": http.HandlerFunc(echo), "go": http.HandlerFunc(echo)}}), h
}

// served checks a page that was served as one that was written.
func served(t *testing.T, body string) webtest.Page {
	t.Helper()
	write := func(w io.Writer, _ web.Frame) error {
		_, err := io.WriteString(w, body)
		return err
	}
	return webtest.Check(t, write)
}

func TestEveryPage(t *testing.T) {
	run, _ := startPages(t, true)
	for _, path := range everyPage {
		for _, method := range []string{"GET", "HEAD"} {
			resp, body := ask(t, run.addr, method+" "+path+" HTTP/1.1\nHost: $HOST\n"+browser+"\nConnection: close\n\n")
			h := resp.Header
			if resp.StatusCode != 200 || h.Get("Content-Type") != "text/html; charset=utf-8" || h.Get("Cache-Control") != "no-store" ||
				!strings.Contains(h.Get("Vary"), "Accept") || !strings.Contains(h.Get("Vary"), "Authorization") || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("%s %s: %s %v", method, path, resp.Status, h)
			}
			if method == "GET" && !strings.Contains(body, "<script") {
				page := served(t, body)
				if foot := page.Text("footer"); !strings.Contains(foot, "7 entries") || !strings.Contains(foot, "v1.2.3") || !strings.Contains(foot, "Security contact") {
					t.Errorf("%s has the foot %q", path, foot)
				}
				if host := page.Text("header"); !strings.Contains(host, run.addr) {
					t.Errorf("%s does not say which Assay it is of: %q", path, host)
				}
			}
		}
		resp, body := ask(t, run.addr, "POST "+path+" HTTP/1.1\nHost: $HOST\n"+browser+"\nContent-Length: 0\nConnection: close\n\n")
		if resp.StatusCode != 405 || resp.Header.Get("Allow") != "GET, HEAD" || !strings.Contains(body, "can only be read") {
			t.Errorf("POST %s: %s %v", path, resp.Status, resp.Header)
		}
	}
}

func TestPagesAsJSON(t *testing.T) {
	run, _ := startPages(t, true)
	for path, has := range map[string]string{
		"/?q=lodash":                       `"packages":[{"package":"pkg:npm/lodash"`,
		"/packages/pkg:npm/lodash":         `"downloads":{`,
		"/packages/pkg:npm/lodash@4.17.21": `"nearest_allowed":"4.17.20"`,
		"/why/" + knownWhy:                 `"reason":"prototype pollution"`,
		"/decisions?effect=warn":           `"rule":"vanished"`,
		"/policy":                          `"epoch":231`,
	} {
		resp, body := get(t, run.addr, path, "Accept: application/json")
		if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" || !strings.Contains(body, has) || !json.Valid([]byte(body)) {
			t.Errorf("%s: %s %q", path, resp.Status, body)
		}
		if vary := resp.Header.Get("Vary"); !strings.Contains(vary, "Accept") || !strings.Contains(vary, "Authorization") {
			t.Errorf("%s varies by %q", path, vary)
		}
	}
}

// Whatever goes wrong is said in the form that was asked for.
func TestErrorsOfPages(t *testing.T) {
	run, h := startPages(t, false)
	for _, tt := range []struct {
		name, path string
		status     int
		words      string
	}{
		{"a package that is not there", "/packages/pkg:npm/nosuch", 404, "nosuch does not exist here"},
		{"no package URL", "/packages/lodash", 400, "is not a package URL"},
		{"a traversal", "/packages/pkg:npm/..%2f..%2fetc", 400, "dotted segment"},
		{"no package at all", "/packages/", 404, "/packages/pkg:npm/lodash"},
		{"no package and no slash", "/packages", 404, "/packages/pkg:npm/lodash"},
		{"a private package", "/packages/pkg:npm/%40vaultworks/quartzite", 404, "does not exist here"},
		{"a decision that is not known", "/why/nosuch", 404, "no decision has the id"},
		{"no effect", "/decisions?effect=frown", 400, "is no effect"},
		{"below the decisions", "/decisions/x", 404, "nothing is served at"},
		{"below the policy", "/policy/x", 404, "nothing is served at"},
		{"below the scorecard", "/scorecard/", 404, "nothing is served at"},
		{"something well known", "/.well-known/change-password", 404, "nothing is served at"},
	} {
		for _, accept := range []string{browser, "Accept: application/json", "Accept: text/plain"} {
			resp, body := get(t, run.addr, tt.path, accept)
			if resp.StatusCode != tt.status {
				t.Errorf("%s, %s: %s", tt.name, accept, resp.Status)
				continue
			}
			content := resp.Header.Get("Content-Type")
			switch accept {
			case browser:
				if page := served(t, body); !strings.Contains(strings.ToLower(page.Text("main")), strings.ToLower(tt.words)) {
					t.Errorf("%s: the page says %q", tt.name, page.Text("main"))
				}
			case "Accept: application/json":
				var f api.Failure
				if err := json.Unmarshal([]byte(body), &f); err != nil || content != "application/json" || !strings.Contains(f.Message, tt.words) {
					t.Errorf("%s: the JSON is %q", tt.name, body)
				}
			default:
				if !strings.HasPrefix(content, "text/plain") || !strings.Contains(body, tt.words) {
					t.Errorf("%s: the text is %q", tt.name, body)
				}
			}
		}
	}
	h.mu.Lock()
	h.failed = assay.Wrap(assay.Internal, io.ErrUnexpectedEOF, "the database is on fire")
	h.mu.Unlock()
	for _, path := range []string{"/", "/?q=x", "/packages/pkg:npm/lodash", "/decisions", "/policy"} {
		resp, body := get(t, run.addr, path, browser)
		if resp.StatusCode != 500 || strings.Contains(body, "unexpected EOF") {
			t.Errorf("%s of a broken house: %s %q", path, resp.Status, body)
		}
		served(t, body).Has("Assay could not answer")
	}
	// A decision is explained all the same.
	resp, body := get(t, run.addr, "/why/"+knownWhy, browser)
	if resp.StatusCode != 200 || !strings.Contains(body, "prototype pollution") || !strings.Contains(run.logs.String(), "the exceptions of a decision are not known") {
		t.Errorf("a decision in a broken house: %s %q", resp.Status, body)
	}
}

// A private package is told to who may read it, and to nobody else, by no
// page.
func TestPagesKeepPrivatePackages(t *testing.T) {
	run, _ := startPages(t, true)
	pages := append([]string{"/packages/pkg:npm/%40vaultworks/quartzite", "/packages/pkg:npm/%40vaultworks/quartzite@1.1.0", "/?q=quartzite"}, everyPage...)
	seen := 0
	for _, path := range pages {
		for _, accept := range []string{browser, "Accept: application/json"} {
			for _, token := range []string{"", "Authorization: Bearer reader\n"} {
				_, body := ask(t, run.addr, "GET "+path+" HTTP/1.1\nHost: $HOST\n"+accept+"\n"+token+"Connection: close\n\n")
				for _, private := range []string{"vaultworks", "quartzite", "Grinds"} {
					// What was asked for may be said back.
					if !strings.Contains(path, "quartzite") && strings.Contains(body, private) || private == "Grinds" && strings.Contains(body, private) {
						t.Errorf("%s tells a stranger of %s:\n%s", path, private, body)
					}
				}
			}
			resp, body := ask(t, run.addr, "GET "+path+" HTTP/1.1\nHost: $HOST\n"+accept+"\nAuthorization: Bearer admin\nConnection: close\n\n")
			if strings.Contains(body, "vaultworks") {
				seen++
			}
			if !strings.Contains(resp.Header.Get("Cache-Control"), "private") {
				t.Errorf("%s for an administrator may be kept: %q", path, resp.Header.Get("Cache-Control"))
			}
		}
	}
	if seen < 10 {
		t.Errorf("the administrator was told in %d answers: this test has seen nothing", seen)
	}
}

// On a network address the first page tells a stranger how to set up a
// client, and nothing of what others do.
func TestTheFirstPageForStrangersOnTheNetwork(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		ln, err := Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := ln.Addr().String()
		h := &house{}
		startOn(t, Config{Control: h, Home: setup{}, Auth: twoTokens{}, AnonymousNetworkReads: allowed}, networkListener{ln})
		request := "GET / HTTP/1.1\nHost: 192.0.2.7:8417\n" + browser + "\nConnection: close\n"
		_, body := ask(t, addr, request+"\n")
		if told := strings.Contains(body, "The last hour"); told != allowed || !strings.Contains(body, "npm_config_registry") {
			t.Errorf("allowed %v: the page says %s", allowed, body)
		}
		if !allowed && h.last() != nil {
			t.Errorf("for a stranger the house was asked for %v", h.last())
		}
		if _, body := ask(t, addr, request+"Authorization: Bearer reader\n\n"); !strings.Contains(body, "The last hour") {
			t.Errorf("a reader is not told of the last hour: %s", body)
		}
		if resp, body := ask(t, addr, strings.Replace(request, "GET / ", "GET /?q=x ", 1)+"\n"); allowed != (resp.StatusCode == 200) {
			t.Errorf("allowed %v: a search answers %s", allowed, resp.Status)
		} else if !allowed {
			served(t, body).Has("Say who you are", "assay token create")
		}
	}
}

func TestPackagesAreAskedForAsTheyWereWritten(t *testing.T) {
	run, h := startPages(t, false)
	for path, want := range map[string]string{
		"/packages/pkg:npm/lodash":                          "pkg:npm/lodash",
		"/packages/pkg:npm/%40acme/left@1.0.0":              "pkg:npm/%40acme/left@1.0.0",
		"/packages/pkg:npm/@acme/left@1.0.0":                "pkg:npm/@acme/left@1.0.0",
		"/packages/pkg:npm/%40acme%2fleft":                  "pkg:npm/%40acme%2fleft",
		"/packages/pkg%3Anpm/left":                          "pkg%3Anpm/left",
		"/packages/pkg:npm/left@1.0.0%2Bb%20c?after=x":      "pkg:npm/left@1.0.0%2Bb%20c",
		"/packages/pkg:npm/%2525":                           "pkg:npm/%2525",
		"/packages/pkg:golang/github.com/BurntSushi/toml@v": "pkg:golang/github.com/BurntSushi/toml@v",
	} {
		get(t, run.addr, path, browser)
		if got := h.last(); got != want {
			t.Errorf("%s asked for %v", path, got)
		}
	}
	// The address that a page gives a package leads back to that package.
	for _, c := range []assay.Coordinate{npm("@acme/left pad", "1.0.0+b&c=d"), npm("100%", "1"), npm("a?b#c", ""), npm("..;x", "2"), npm("ünï", "3")} {
		get(t, run.addr, web.PackagePath(c), browser)
		asked, _ := h.last().(string)
		if got, err := assay.ParseCoordinate(asked); err != nil || got != c {
			t.Errorf("%s led to %v (%v)", web.PackagePath(c), got, err)
		}
	}
}

func TestVersionsOfAPackageArePaged(t *testing.T) {
	run, _ := startPages(t, false)
	_, first := get(t, run.addr, "/packages/pkg:npm/lodash", browser)
	page := served(t, first)
	page.Has("5.0.0-next.1+build.2026 deny cooldown", "4.17.21 allow would deny", "4.17.19 quarantined deny status", "22,907", "npm install lodash@4.17.21",
		"excepted 4.17.20 by token-9f2c : the release of Thursday needs it", "pkg:npm/ lodash @4.17.20 cooldown the release of Thursday")
	page.Lacks("4.16.100")
	_, second := get(t, run.addr, "/packages/pkg:npm/lodash?after=4.16.200", browser)
	page = served(t, second)
	page.Has("4.16.199 allow", "4.16.100 allow", "Newest", "Older")
	page.Lacks("4.16.200 ", "4.16.99 ")
	for _, gone := range []string{"9.9.9", strings.Repeat("x", 5000)} {
		if _, body := get(t, run.addr, "/packages/pkg:npm/lodash?after="+gone, browser); !strings.Contains(body, "5.0.0-next.1") {
			t.Errorf("a cursor that is gone does not lead to the newest")
		}
	}
}

func TestAVersion(t *testing.T) {
	run, _ := startPages(t, false)
	_, body := get(t, run.addr, "/packages/pkg:npm/lodash@4.17.21", browser)
	page := served(t, body)
	page.Has("lodash@4.17.21 is refused.", "Rule cooldown", "Use instead pkg:npm/ lodash @4.17.20", "install-scripts would deny only observed",
		"block deny lifted by exception e7", "install scripts unknown source: the version's manifest", "Take 4.17.20 now", "22,907")
	// The line would not work.
	page.Lacks("npm install")
	if !strings.Contains(body, `href="/why/7f3k-91qd"`) {
		t.Error("the version's page does not lead to its decision")
	}
}

func TestASearch(t *testing.T) {
	run, h := startPages(t, false)
	_, body := get(t, run.addr, "/?q=+lodash+&registry=npm&after=c1", browser)
	if got, want := h.last(), (api.SearchQuery{Text: "lodash", Registry: "npm", After: "c1"}); got != want {
		t.Errorf("asked for %+v", got)
	}
	served(t, body).Has("Packages named “lodash”", "Lodash modular utilities.")
	_, body = get(t, run.addr, "/?q=", browser)
	if !strings.Contains(body, "after=cursor%2F2%2B%26%3D") {
		t.Errorf("the page does not lead to the next: %s", body)
	}
	get(t, run.addr, "/?q="+strings.Repeat("x", 5000), browser)
	if q, ok := h.last().(api.SearchQuery); !ok || len(q.Text) != maxQuery {
		t.Errorf("a long search is asked for as %d bytes", len(q.Text))
	}
}

// A whole package URL leads to its page, and never to another place.
func TestASearchForAPackageURL(t *testing.T) {
	run, _ := startPages(t, false)
	for q, want := range map[string]string{
		"pkg:npm/nosuch@1.0.0":                   "/packages/pkg:npm/nosuch@1.0.0",
		"pkg:npm/@acme/left":                     "/packages/pkg:npm/%40acme/left",
		"pkg:npm/x%0d%0aSet-Cookie:%20a=b":       "/packages/pkg:npm/x%0D%0ASet-Cookie:%20a%3Db",
		"pkg:%0d%0aLocation:%20//evil.example/x": "",
		"//evil.example/":                        "",
		"https://evil.example/":                  "",
	} {
		resp, _ := get(t, run.addr, "/?q="+strings.NewReplacer("%", "%25", "+", "%2B", "&", "%26", "#", "%23").Replace(q), browser)
		location := resp.Header.Get("Location")
		if want == "" && strings.HasPrefix(location, web.PackagesPrefix+"pkg:") && !strings.ContainsAny(location, "\r\n") {
			continue // it was read as a package URL, and stays here
		}
		if location != want || (want != "") != (resp.StatusCode == http.StatusSeeOther) || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %s to %q", q, resp.Status, location)
		}
	}
	if resp, _ := get(t, run.addr, "/?q=pkg:npm/lodash", "Accept: application/json"); resp.StatusCode != 200 {
		t.Errorf("a program that searches: %s", resp.Status)
	}
}

func TestDecisionsAreFilteredAndLive(t *testing.T) {
	run, h := startPages(t, false)
	nonces := map[string]bool{}
	for range 3 {
		resp, body := get(t, run.addr, "/decisions?rule=cooldown&registry=npm&effect=deny", browser)
		_, rest, _ := strings.Cut(resp.Header.Get("Content-Security-Policy"), "script-src 'nonce-")
		nonce, _, _ := strings.Cut(rest, "'")
		if len(nonce) < 22 || nonces[nonce] || strings.Count(body, "<script") != 1 || !strings.Contains(body, `<script src="/assets/live.js?v=`) ||
			!strings.Contains(body, `nonce="`+nonce+`"`) {
			t.Errorf("the script's nonce is %q of %v", nonce, nonces)
		}
		nonces[nonce] = true
	}
	want := api.DecisionQuery{Rule: "cooldown", Registry: "npm", Effect: "deny"}
	found := false
	for _, q := range h.asked {
		found = found || q == want
	}
	if !found {
		t.Errorf("asked for %+v", h.asked)
	}
	// What is no longer the newest has nothing to keep up to date.
	resp, body := get(t, run.addr, "/decisions?after=c2", browser)
	if strings.Contains(body, "<script") || resp.Header.Get("Content-Security-Policy") != web.ContentPolicy {
		t.Errorf("an older page has %v", resp.Header)
	}
	served(t, body).Has("No older decisions are kept.")
	_, body = ask(t, run.addr, "GET /decisions HTTP/1.1\nHost: $HOST\n"+browser+"\nAuthorization: Bearer admin\nConnection: close\n\n")
	if !strings.Contains(body, "token-9f2c") {
		t.Error("an administrator is not told who asked")
	}
}

func TestTheSecurityContact(t *testing.T) {
	now := time.Date(2026, 12, 31, 23, 59, 0, 0, time.FixedZone("west", -5*3600)) // it is 2027 in UTC
	got := securityFields("mailto:security@packages.example", "https://packages.example/", now)
	want := "Contact: mailto:security@packages.example\nExpires: 2028-01-01T00:00:00Z\nCanonical: https://packages.example/.well-known/security.txt\n"
	if got != want {
		t.Errorf("got %q", got)
	}
	if got := securityFields("tel:+1-201-555-0123", "http://127.0.0.1:8417/", now); strings.Contains(got, "Canonical") {
		t.Errorf("over plain http: %q", got)
	}
	run, _ := startPages(t, false)
	resp, body := get(t, run.addr, "/.well-known/security.txt")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" || !strings.HasPrefix(body, "Contact: mailto:security@packages.example\nExpires: ") {
		t.Errorf("%s %q", resp.Status, body)
	}
	resp, body = get(t, start(t, Config{}).addr, "/.well-known/security.txt", browser)
	if resp.StatusCode != 404 {
		t.Errorf("without a contact: %s", resp.Status)
	}
	served(t, body).Has("has not said where to report a vulnerability")
}

func TestContactsOfOtherForms(t *testing.T) {
	for contact, ok := range map[string]bool{
		"mailto:a@b.example": true, "https://b.example/security": true, "tel:+1-201-555-0123": true,
		"a@b.example": false, "http://b.example/": false, "https:": false, "https:///x": false, "mailto:": false, "javascript:alert(1)": false,
		"mailto:a@b.example\nCanonical: https://evil.example/": false, "mailto:a@b.example x": false, "mailto:a@b.example\u2028x": false,
	} {
		_, err := New(Config{InstanceID: "i", Control: &house{}, SecurityContact: contact})
		if (err == nil) != ok || !ok && !assay.Is(err, assay.Invalid) {
			t.Errorf("%q: %v", contact, err)
		}
	}
}

func TestTheScorecard(t *testing.T) {
	config := Config{Control: &house{}, Places: map[string]http.Handler{"npm": http.HandlerFunc(echo), "go": http.HandlerFunc(echo)}}
	run := start(t, config)
	_, body := get(t, run.addr, "/scorecard", browser)
	served(t, body).Has("There is no card of this Assay yet.",
		"assay score --as go=http://"+run.addr+"/go/ --as npm=http://"+run.addr+"/npm/ -o json --output card.json")
	config.Scorecard = card(`<header class="head"><h1>packages.example</h1></header><p>12 &lt; 13</p>`)
	_, body = get(t, start(t, config).addr, "/scorecard", browser)
	served(t, body).Has("packages.example 12 < 13")
	config.Scorecard = card("")
	_, body = get(t, start(t, config).addr, "/scorecard", browser)
	served(t, body).Has("There is no card of this Assay yet.")
}

package browser_test

import (
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// sound is a page without a fault, for the faults to be put into.
const sound = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>A page · Assay</title>
  <link rel="icon" href="/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/sheet.css">
</head>
<body>
  <a class="skip" href="#main">Skip to content</a>
  <header><nav aria-label="Pages"><a href="/one">One</a> <a href="/two">Two</a></nav></header>
  <main id="main" tabindex="-1">
    <h1>A page</h1>
    <h2>A part</h2>
    <p>Some words, and <a href="/three">a link</a>.</p>
    <form action="/"><label for="q">Search</label> <input id="q" name="q"> <button>Search</button></form>
    <details><summary>More</summary><p>What else there is.</p></details>
  </main>
  <footer><p>The end.</p></footer>
</body>
</html>
`

// sheet is the stylesheet of the sound page; a fault is put at its end.
const sheet = `
:root { color-scheme: light dark; color: #111; background: #fff; }
a { color: #004a8f; }
a, summary, button { display: inline-block; min-height: 24px; min-width: 24px; }
:focus-visible { outline: 3px solid #b35900; }
#main:focus { outline: none; }
@media (prefers-color-scheme: dark) { :root { color: #eee; background: #111; } a { color: #9cc8ff; } }
@media print { details::details-content { content-visibility: visible; block-size: auto; } }
`

// fault is one thing that is wrong with a page.
type fault struct {
	name     string
	old, new string // replaced in the page; old is "" for none
	style    string // added to the sheet
	check    string
	finds    string // what the check must say; "" for nothing
}

var faults = []fault{
	{name: "nothing", check: "structure"},
	{name: "nothing", check: "layout"},
	{name: "nothing", check: "schemes"},
	{name: "nothing", check: "axe"},
	{name: "nothing", check: "motion"},
	{name: "nothing", check: "keyboard"},
	{name: "nothing", check: "scripts"},
	{name: "nothing", check: "quiet"},
	{name: "nothing", check: "links"},

	{name: "no language", old: ` lang="en"`, check: "structure", finds: "language"},
	{name: "no doctype", old: "<!DOCTYPE html>\n", check: "structure", finds: "quirks"},
	{name: "no words in the title", old: "A page · ", check: "structure", finds: "title"},
	{name: "no enlarging", old: "initial-scale=1", new: "initial-scale=1, user-scalable=no", check: "structure", finds: "enlarging"},
	{name: "two h1", old: "<h2>A part</h2>", new: "<h1>A part</h1>", check: "structure", finds: "2 h1"},
	{name: "a gap in the headings", old: "<h2>A part</h2>", new: "<h4>A part</h4>", check: "structure", finds: "after a heading of level 1"},
	{name: "no footer", old: "<footer><p>The end.</p></footer>", check: "structure", finds: "content information"},
	{name: "a second main", old: "<footer>", new: "<main><p>Also.</p></main><footer>", check: "structure", finds: "2 landmarks “main”"},
	{name: "navigations that are called the same", old: "<footer>", new: `<nav aria-label="Pages"><a href="/">x</a></nav><footer>`, check: "structure", finds: "tell them apart"},
	{name: "an id twice", old: "<h2>", new: `<h2 id="q">`, check: "structure", finds: "two elements have the id q"},
	{name: "a label of what is not there", old: "<h2>", new: `<h2 aria-labelledby="gone">`, check: "structure", finds: "refers to the id gone"},
	{name: "a style attribute", old: "<h2>", new: `<h2 style="color: red">`, check: "structure", finds: "style or script in the page"},

	{name: "a word that cannot be broken", old: "Some words", new: strings.Repeat("word", 60), check: "layout", finds: "at 390 pixels: the page is"},
	{name: "a table that is too wide on a small phone", old: "Some words", new: `</p><table class="wide"><tr><td>x</td></tr></table><p>`, style: ".wide { width: 350px; }",
		check: "layout", finds: "at 320 pixels: the page is"},
	{name: "a short word in pieces", old: "Some words", new: `</p><table><tr><td class="slim"><a href="/one">Why<i class="more"></i></a></td></tr></table><p>`, style: ".slim a { min-width: 0; width: 5px; overflow-wrap: anywhere; }",
		check: "layout", finds: "has a short word, “Why”, in 3 pieces"},
	{name: "too wide at twice the size", style: "h1 { width: 660px; }", check: "layout", finds: "at twice the size: the page is"},
	{name: "text cut off", old: "Some words", new: strings.Repeat("word", 60), style: "p { overflow: hidden; white-space: nowrap; }", check: "layout", finds: "cut off on the right"},
	{name: "lines cut off", style: "p { overflow: hidden; height: 8px; }", check: "layout", finds: "cut off below"},
	{name: "text left of the page", style: "h1 { margin-left: -40px; }", check: "layout", finds: "left of the page"},
	{name: "a drawer closed on paper", style: "@media print { details::details-content { content-visibility: hidden !important; } }", check: "layout", finds: "on paper: <details> “More” stays closed"},
	{name: "something to be scrolled on paper", style: "form { height: 10px; overflow: auto; }", check: "layout", finds: "have to be scrolled on paper"},
	{name: "a header on every sheet", style: "header { position: fixed; }", check: "layout", finds: "on every sheet"},

	{name: "nothing for those who prefer it dark", style: ":root { background: #fff !important; }", check: "schemes", finds: "prefer it dark"},
	{name: "dark for everybody", style: ":root { background: #111; }", check: "schemes", finds: "prefer it light"},

	{name: "grey on grey", style: "p { color: #999; }", check: "axe", finds: "light, 1280 pixels: serious: color-contrast"},
	{name: "black on black", style: "@media (prefers-color-scheme: dark) { p { color: #333; } }", check: "axe", finds: "dark, 1280 pixels: serious: color-contrast"},
	{name: "grey on a phone", style: "@media (max-width: 400px) { p { color: #999; } }", check: "axe", finds: "light, 390 pixels: serious: color-contrast"},
	{name: "a field without a label", old: ` for="q"`, check: "axe", finds: "critical: label"},
	{name: "a button without a name", old: "<button>Search", new: "<button>", check: "axe", finds: "critical: button-name"},
	{name: "a target that is too small", old: "Some words", new: `</p><div><a class="tiny" href="/x">x</a><a class="tiny" href="/y">y</a><a class="tiny" href="/z">z</a></div><p>`,
		style: ".tiny { min-width: 5px; min-height: 5px; width: 5px; height: 8px; font-size: 6px; }", check: "axe", finds: "target-size"},

	{name: "an animation", style: "@keyframes turn { to { rotate: 1turn; } } h1 { animation: turn 2s infinite; }", check: "motion", finds: "has the animation turn"},
	{name: "a transition", style: "a { transition: color 200ms; }", check: "motion", finds: "has a transition of 0.2s"},
	{name: "smooth scrolling", style: "html { scroll-behavior: smooth; }", check: "motion", finds: "scrolls smoothly"},
	{name: "motion for those who did not decline it", style: "@media (prefers-reduced-motion: no-preference) { a { transition: color 200ms; } }", check: "motion"},

	{name: "a focus that cannot be seen", style: "a:focus-visible { outline: none; }", check: "keyboard", finds: "cannot be seen"},
	{name: "a focus in a shadow", style: "a:focus-visible { outline: none; box-shadow: 0 0 0 3px #b35900; }", check: "keyboard"},
	{name: "a focus that looks as without", style: "a { box-shadow: 0 0 1px #111; } a:focus-visible { outline: none; }", check: "keyboard", finds: "cannot be seen"},
	{name: "a button out of reach", old: "<button>", new: `<button tabindex="-1">`, check: "keyboard", finds: "never reaches <button>"},
	{name: "an order of its own", old: `href="/three"`, new: `href="/three" tabindex="3"`, check: "keyboard", finds: "to the front"},
	{name: "a trap", old: "</body>", new: `<script src="/trap.js"></script></body>`, check: "keyboard", finds: "is caught"},
	{name: "a stop that the keyboard loses", old: "</body>", new: `<script src="/flee.js"></script></body>`, check: "keyboard", finds: "never reaches <input#q>"},
	{name: "no link that skips", old: `<a class="skip" href="#main">Skip to content</a>`, check: "keyboard", finds: "first stop"},
	{name: "a link that skips to nothing", old: ` tabindex="-1"`, check: "keyboard", finds: "after the link that skips"},
	{name: "a focus outside the window", style: ".skip { position: absolute; left: -999px; }", check: "keyboard", finds: "outside the window"},

	{name: "words from a script", old: "</body>", new: `<script src="/words.js"></script></body>`, check: "scripts", finds: "\"Only for some.\" with scripts"},
	{name: "a live region from a script", old: "</main>", new: `<p role="status"></p></main><script src="/live.js"></script>`, check: "scripts"},

	{name: "a link to nothing", old: `href="/two"`, new: `href="/gone"`, check: "links", finds: "leads to /gone, which answers 404"},
	{name: "a form that asks nothing", old: `action="/"`, new: `action="/gone"`, check: "links", finds: "leads to /gone, which answers 404"},
	{name: "a link to no part of the page", old: `href="/two"`, new: `href="#gone"`, check: "links", finds: "#gone, which is not in the page"},
	{name: "a link elsewhere", old: `href="/two"`, new: `href="https://elsewhere.example/"`, check: "links"},

	{name: "another origin", old: "<footer>", new: `<img alt="" src="http://elsewhere.example/dot.png"><footer>`, check: "quiet", finds: "another origin"},
	{name: "a script in the page", old: "<footer>", new: `<script>let x = 1</script><footer>`, check: "quiet", finds: "content policy"},
	{name: "a style in the page", old: "<h2>", new: `<h2 style="color: red">`, check: "quiet", finds: "content policy"},
	{name: "a script that fails", old: "<footer>", new: `<script src="/fails.js"></script><footer>`, check: "quiet", finds: "a script failed"},
	{name: "a complaint on the console", old: "<footer>", new: `<script src="/complains.js"></script><footer>`, check: "quiet", finds: "console.error"},
	{name: "a picture that is not there", old: "<footer>", new: `<img alt="" src="/gone.png"><footer>`, check: "quiet", finds: "404"},
}

// scripts are what the wrong pages load.
var scripts = map[string]string{
	"/trap.js":      `document.querySelector("#q").addEventListener("keydown", (e) => { if (e.key === "Tab") e.preventDefault() })`,
	"/flee.js":      `document.querySelector("#q").addEventListener("focus", () => document.querySelector("button").focus())`,
	"/words.js":     `document.querySelector("main").append(Object.assign(document.createElement("p"), { textContent: "Only for some." }))`,
	"/live.js":      `document.querySelector("[role=status]").textContent = "Listening."`,
	"/fails.js":     `undefined.anything`,
	"/complains.js": `console.error("no")`,
}

func TestChecksFindWhatIsWrong(t *testing.T) {
	for _, f := range faults {
		if f.old != "" && !strings.Contains(sound, f.old) {
			t.Fatalf("%s: the sound page has no %q to put the fault in", f.name, f.old)
		}
	}
	server := httptest.NewServer(http.HandlerFunc(serveFault))
	t.Cleanup(server.Close)
	browser := launch(t)
	tabs := map[string]*tab{} // one for each check
	for _, f := range faults {
		if tabs[f.check] == nil {
			tabs[f.check] = browser.tab(t, server.URL, "")
		}
	}
	for i, f := range faults {
		t.Run(f.check+" and "+f.name, func(t *testing.T) {
			b := tabs[f.check]
			path := fmt.Sprintf("/page/%d", i)
			all := &leads{place: &place{base: server.URL, client: server.Client()}, tried: map[string]bool{}}
			if _, err := b.open(path); err != nil {
				t.Fatal(err)
			}
			checks := map[string]func() ([]string, error){
				"structure": b.structure, "layout": b.layout, "schemes": b.schemes, "axe": b.axeFindings, "motion": b.motion, "keyboard": b.keyboard,
				"links":   func() ([]string, error) { return all.dead(b, "") },
				"quiet":   func() ([]string, error) { return b.seen(), nil },
				"scripts": func() ([]string, error) { return b.scriptless(path) },
			}
			found, err := checks[f.check]()
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Join(found, "\n")
			if f.finds == "" && said != "" {
				t.Errorf("the check finds fault with a page that has none:\n%s", said)
			}
			if !strings.Contains(said, f.finds) {
				t.Errorf("the check does not find %q; it finds:\n%s", f.finds, said)
			}
		})
	}
}

// serveFault serves the page or the sheet of the fault whose number ends the
// path of the page, and the scripts.
func serveFault(w http.ResponseWriter, r *http.Request) {
	var number int
	if _, err := fmt.Sscanf(r.URL.Path, "/page/%d", &number); err == nil && number < len(faults) {
		page := strings.ReplaceAll(sound, "/sheet.css", fmt.Sprintf("/sheet/%d", number))
		if f := faults[number]; f.old != "" {
			page = strings.Replace(page, f.old, f.new, 1)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		fmt.Fprint(w, page)
		return
	}
	if _, err := fmt.Sscanf(r.URL.Path, "/sheet/%d", &number); err == nil && number < len(faults) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		fmt.Fprint(w, sheet, faults[number].style)
		return
	}
	if slices.Contains([]string{"/", "/one", "/two", "/three"}, r.URL.Path) {
		fmt.Fprint(w, "It is there.")
		return
	}
	if script, ok := scripts[r.URL.Path]; ok {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		fmt.Fprint(w, script)
		return
	}
	if r.URL.Path == "/icon.svg" {
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
		return
	}
	http.Error(w, html.EscapeString(r.URL.Path)+" is not here", http.StatusNotFound)
}

func TestContentPolicyIsJudged(t *testing.T) {
	const right = "default-src 'self'; script-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	for _, c := range []struct{ name, policy, kind, finds string }{
		{"one that is right", right, "text/html; charset=utf-8", ""},
		{"one with a script of its own", strings.Replace(right, "'none'", "'nonce-4f2A+/='", 1), "text/html; charset=utf-8", ""},
		{"none", "", "text/html; charset=utf-8", "everything in by default"},
		{"scripts in the page", right + "; style-src 'unsafe-inline'", "text/html; charset=utf-8", "unsafe-"},
		{"everything from everywhere", strings.Replace(right, "default-src 'self'", "default-src *", 1), "text/html; charset=utf-8", "by default"},
		{"pictures from everywhere", right + "; img-src https:", "text/html; charset=utf-8", "https:"},
		{"in anybody's frame", strings.Replace(right, "; frame-ancestors 'none'", "", 1), "text/html; charset=utf-8", "frame-ancestors"},
		{"a base that can be moved", strings.Replace(right, "base-uri 'none'; ", "", 1), "text/html; charset=utf-8", "base-uri"},
		{"forms that send elsewhere", strings.Replace(right, "form-action 'self'; ", "", 1), "text/html; charset=utf-8", "forms send elsewhere"},
		{"bytes of no known writing", right, "text/html", `sent as "text/html"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := strings.Join(policyOf(&network.Response{Headers: network.Headers{"Content-Security-Policy": c.policy, "content-type": c.kind}}), "\n")
			if c.finds == "" && said != "" || !strings.Contains(said, c.finds) {
				t.Errorf("it finds %q, want %q", said, c.finds)
			}
		})
	}
}

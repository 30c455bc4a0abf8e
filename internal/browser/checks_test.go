package browser_test

import (
	_ "embed" // the probes
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The probes are scripts that are evaluated in the page. words stands before
// each.
var (
	//go:embed probe/words.js
	wordsProbe string
	//go:embed probe/structure.js
	structureProbe string
	//go:embed probe/layout.js
	layoutProbe string
	//go:embed probe/scheme.js
	schemeProbe string
	//go:embed probe/paper.js
	paperProbe string
	//go:embed probe/motion.js
	motionProbe string
	//go:embed probe/axe.js
	axeProbe string
	//go:embed probe/keyboard.js
	keyboardProbe string
)

// probe makes one script of the words that probes share and the probe. Inside
// a block, it leaves nothing behind in the page.
func probe(script string) string {
	return "{" + wordsProbe + "\n" + script + "}"
}

// widths are those at which a page must fit: a desk, a phone, and the least
// that the guidelines ask for (WCAG 2.2, 1.4.10).
var widths = []int64{desk, phone, 320}

const (
	desk  = 1280
	phone = 390
	// paper is the width between the margins of a sheet of A4.
	paper = 718
)

// policyOf checks the content policy that came with a page: it must forbid
// what the page does not need, by default and not by a list.
func policyOf(answer *network.Response) []string {
	var found []string
	header := map[string]string{}
	for key, value := range answer.Headers {
		header[strings.ToLower(key)] = fmt.Sprint(value)
	}
	policy := header["content-security-policy"]
	directives := map[string]string{}
	for _, directive := range strings.Split(policy, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		directives[name] = value
	}
	for _, want := range []string{"base-uri", "frame-ancestors"} {
		if directives[want] != "'none'" {
			found = append(found, fmt.Sprintf("the content policy does not forbid %s: %s", want, policy))
		}
	}
	if d := directives["default-src"]; d != "'none'" && d != "'self'" {
		found = append(found, fmt.Sprintf("the content policy lets everything in by default: %s", policy))
	}
	if d := directives["form-action"]; d != "'none'" && d != "'self'" {
		found = append(found, fmt.Sprintf("the content policy lets forms send elsewhere: %s", policy))
	}
	for _, word := range []string{"unsafe-", "*", "http:", "https:", "data:"} {
		if strings.Contains(policy, word) {
			found = append(found, fmt.Sprintf("the content policy has %s in it: %s", word, policy))
		}
	}
	if kind := header["content-type"]; kind != "text/html; charset=utf-8" {
		found = append(found, fmt.Sprintf("the page is sent as %q", kind))
	}
	return found
}

// structure checks the document as a screen reader meets it.
func (b *tab) structure() ([]string, error) {
	if err := b.show(medium{width: desk}); err != nil {
		return nil, err
	}
	return b.findings(probe(structureProbe))
}

// layout checks that the page fits wherever it is shown.
func (b *tab) layout() ([]string, error) {
	type view struct {
		name string
		medium
	}
	views := []view{{"at twice the size", medium{width: desk / 2, scale: 2}}}
	for _, width := range widths {
		views = append(views, view{fmt.Sprintf("at %d pixels", width), medium{width: width}})
	}
	views = append(views, view{"on paper", medium{width: paper, print: true}})
	var all []string
	for _, v := range views {
		if err := b.show(v.medium); err != nil {
			return nil, err
		}
		found, err := b.findings(probe(fmt.Sprintf("%s(%d)", strings.TrimSpace(layoutProbe), v.width)))
		if err != nil {
			return nil, err
		}
		if v.print {
			more, err := b.findings(probe(paperProbe))
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
		for _, f := range found {
			all = append(all, v.name+": "+f)
		}
	}
	return all, nil
}

// schemes checks that there are two: axe-core would be content with a page
// that is light for everybody.
func (b *tab) schemes() ([]string, error) {
	var all []string
	for _, s := range []scheme{light, dark} {
		if err := b.show(medium{width: desk, scheme: s}); err != nil {
			return nil, err
		}
		found, err := b.findings(fmt.Sprintf("%s(%q)", strings.TrimSpace(schemeProbe), s))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// axeFindings asks axe-core, in both schemes, at a desk and on a phone. What
// does not depend on how the page looks is asked twice and not four times.
func (b *tab) axeFindings() ([]string, error) {
	// By Evaluate and not by an element: the content policy of the page holds
	// for what is in the page.
	if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](b.axe)); err != nil {
		return nil, fmt.Errorf("putting axe-core into the page: %w", err)
	}
	var all []string
	for _, view := range []struct {
		medium
		whole bool
	}{
		{medium{width: desk, scheme: light}, true},
		{medium{width: desk, scheme: dark}, false},
		{medium{width: phone, scheme: light}, false},
		{medium{width: phone, scheme: dark}, true},
	} {
		if err := b.show(view.medium); err != nil {
			return nil, err
		}
		found, err := b.findings(fmt.Sprintf("%s(%t)", strings.TrimSpace(axeProbe), view.whole))
		if err != nil {
			return nil, fmt.Errorf("asking axe-core: %w", err)
		}
		for _, f := range found {
			all = append(all, fmt.Sprintf("%s, %d pixels: %s", view.scheme, view.width, f))
		}
	}
	return all, nil
}

// motion checks the page as people see it who get dizzy.
func (b *tab) motion() ([]string, error) {
	if err := b.show(medium{width: desk, unmoved: true}); err != nil {
		return nil, err
	}
	return b.findings(probe(motionProbe))
}

// keyboard walks through the page by Tab. The page must have been opened and
// nothing in it focused yet.
func (b *tab) keyboard() ([]string, error) {
	if err := b.show(medium{width: desk, unmoved: true}); err != nil {
		return nil, err
	}
	due, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](probe(keyboardProbe+"assayWalk.begin()")))
	if err != nil {
		return nil, err
	}
	// A page may have stops of which the list does not know, such as what can
	// be scrolled; a trap has as many as one likes.
	for pressed, most := 0, 2*due+20; pressed < most; {
		keys := max(5, due+1-pressed)
		if err := chromedp.Do(b.ctx, chromedp.KeyEvent(strings.Repeat(kb.Tab, keys))); err != nil {
			return nil, fmt.Errorf("pressing Tab: %w", err)
		}
		pressed += keys
		done, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("assayWalk.done()"))
		if err != nil {
			return nil, err
		}
		if done {
			break
		}
	}
	found, err := b.findings("assayWalk.found()")
	if err != nil {
		return nil, err
	}
	if err := chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void]("assayWalk.skip()"), chromedp.KeyEvent(kb.Enter)); err != nil {
		return nil, fmt.Errorf("pressing Enter on the link that skips to the content: %w", err)
	}
	more, err := b.findings("assayWalk.skipped()")
	return append(found, more...), err
}

// scriptless opens the page once more without scripts, and compares what it
// says. A live region is what a script may add: it is left out.
func (b *tab) scriptless(path string) ([]string, error) {
	const said = `[...document.querySelectorAll("noscript, [aria-live], [role=status], [role=log]")].forEach((e) => e.remove()), document.body.innerText`
	var with, without string
	// A page speaks of now: what it says may change between two looks.
	for range 3 {
		for _, off := range []bool{false, true} {
			_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
			if err != nil {
				return nil, fmt.Errorf("switching scripts: %w", err)
			}
			if _, err := b.open(path); err != nil {
				return nil, err
			}
			text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](said))
			if err != nil {
				return nil, err
			}
			if off {
				without = text
			} else {
				with = text
			}
		}
		if with == without {
			break
		}
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{}); err != nil {
		return nil, fmt.Errorf("switching scripts: %w", err)
	}
	if with == without {
		return nil, nil
	}
	return []string{"without scripts the page says something else: " + differing(with, without)}, nil
}

// differing shows where two texts begin to differ.
func differing(with, without string) string {
	a, b := strings.Split(with, "\n"), strings.Split(without, "\n")
	for i := range max(len(a), len(b)) {
		one, other := "nothing more", "nothing more"
		if i < len(a) {
			one = a[i]
		}
		if i < len(b) {
			other = b[i]
		}
		if one != other {
			return fmt.Sprintf("line %d is %q with scripts and %q without", i+1, one, other)
		}
	}
	return "nothing"
}

// addresses returns every address of its own origin that the page leads to,
// or needs, itself left out.
func (b *tab) addresses() ([]string, error) {
	return b.findings(`[...new Set([...document.querySelectorAll("a[href], link[href], img[src], script[src], use[href], form")].map((e) => {
		const address = new URL(e.localName === "form" ? (e.method === "get" ? e.action : location.href) : e.href?.baseVal ?? e.href ?? e.src, location.href);
		const path = address.pathname + address.search;
		return address.origin === location.origin && path !== location.pathname + location.search ? path : "";
	}))].filter(Boolean)`)
}

// fragments returns the links into the page itself that lead nowhere.
func (b *tab) fragments() ([]string, error) {
	return b.findings(`[...document.querySelectorAll("a[href^='#']")].map((e) => e.hash.slice(1)).filter((id) => !document.getElementById(decodeURIComponent(id)))
		.map((id) => "a link leads to #" + id + ", which is not in the page")`)
}

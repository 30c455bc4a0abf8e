package browser_test

import (
	"net/http"
	"testing"
	"time"

	"assay.invalid/internal/ecosystem/ecosystemtest"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// hurry makes the waits of a page's scripts short, so that the test need not
// wait as long as a person does.
const hurry = `{ const wait = setTimeout; globalThis.setTimeout = (f, ms, ...rest) => wait(f, Math.min(ms, 300), ...rest) }`

// decisionsAppear watches the list of decisions while something is refused
// that was never asked for before.
func decisionsAppear(t *testing.T, browser *chromium, d *day) {
	here := *d.place
	here.t = t
	must(t, d.npm.Publish(ecosystemtest.NPMVersion{Name: "newcomer", Version: "0.0.1", Published: time.Now().Add(-time.Hour)}))
	b := browser.tab(t, d.base, "")
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: hurry})
	must(t, err)
	answer, err := b.open("/decisions")
	must(t, err)
	for _, f := range policyOf(answer) {
		t.Error(f)
	}
	must(t, chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](`document.querySelector("select").focus()`)))
	status, text := here.ask(http.MethodGet, "/npm/newcomer/-/newcomer-0.0.1.tgz", "", nil)
	if status != http.StatusForbidden {
		t.Fatalf("a version of an hour ago was answered %d: %s", status, text)
	}
	// Asked from here: a wait in the page would be hurried too.
	const listed = `document.querySelector("main").innerText.includes("newcomer")`
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](listed))
		must(t, err)
		if there {
			break
		}
		if time.Now().After(deadline) {
			t.Error("what was refused does not appear by itself")
			break
		}
	}
	said, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`[...document.querySelectorAll("[role=status], [aria-live]")].map((e) => e.innerText).join(" ")`))
	must(t, err)
	if said == "" {
		t.Error("nothing tells somebody who does not see the list that it has changed")
	}
	focused, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.activeElement.localName === "select"`))
	must(t, err)
	if !focused {
		t.Error("the new line took the keyboard's focus away")
	}
	report(t, b.structure)
	report(t, b.layout)
	report(t, b.axeFindings)
	for _, f := range b.seen() {
		t.Error(f)
	}
}

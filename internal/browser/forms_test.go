package browser_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// formsLead fills forms in by the keyboard and without scripts, and sends
// them: what a content policy that is too strict would keep from working.
func formsLead(t *testing.T, browser *chromium, d *day) {
	for _, c := range []struct {
		name, path string
		field      string // the selector of the field
		keys       string // what is typed into it
		want       url.Values
		says       string
	}{
		{"search on the first page", "/", "main input[name=q]", "kettle", url.Values{"q": {"kettle"}}, "kettle"},
		{"search in the head of a page", "/policy", "header input[name=q]", "kettle", url.Values{"q": {"kettle"}}, "kettle"},
		{"choice of a rule", "/decisions", "select[name=rule]", "coo", url.Values{"rule": {"cooldown"}, "registry": {""}, "effect": {""}}, "cooldown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := browser.tab(t, d.base, "")
			_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
			must(t, err)
			_, err = b.open(c.path)
			must(t, err)
			there, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("document.querySelector('"+c.field+"')?.focus() === undefined && document.activeElement.matches('"+c.field+"')"))
			must(t, err)
			if !there {
				t.Fatalf("%s has no field %s", c.path, c.field)
			}
			must(t, chromedp.Do(b.ctx, chromedp.KeyEvent(c.keys)))
			send := chromedp.KeyEvent(kb.Enter)
			if strings.HasPrefix(c.field, "select") {
				// Enter in a list of choices opens it: the button is at the end.
				send = chromedp.Evaluate[chromedp.Void]("document.querySelector('" + c.field + "').form.querySelector('button').click()")
			}
			answer, err := chromedp.RunResponse(b.ctx, send)
			if err != nil {
				t.Fatalf("the form leads nowhere: %v; %s", err, strings.Join(b.seen(), "; "))
			}
			if answer.Status != http.StatusOK {
				t.Errorf("the form leads to %s, which answers %d", answer.URL, answer.Status)
			}
			at, err := url.Parse(answer.URL)
			must(t, err)
			if at.Query().Encode() != c.want.Encode() {
				t.Errorf("the form asks for %q, want %q", at.Query().Encode(), c.want.Encode())
			}
			text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.querySelector('main').innerText"))
			must(t, err)
			if !strings.Contains(text, c.says) {
				t.Errorf("the page that the form leads to does not say %q: %.1000s", c.says, text)
			}
			for _, f := range b.seen() {
				t.Error(f)
			}
		})
	}
}

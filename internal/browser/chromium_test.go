package browser_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// limits bound the waits, so that a browser that hangs is a failure and not a
// check without an end.
var limits = struct{ browser, tab time.Duration }{browser: 4 * time.Minute, tab: 90 * time.Second}

// chromium is the one browser process.
type chromium struct {
	ctx context.Context
	axe string // the source of axe-core
}

// launch starts the browser that ./check has installed. It ends with the test.
func launch(t *testing.T) *chromium {
	t.Helper()
	program, axe := os.Getenv("ASSAY_CHROMIUM"), os.Getenv("ASSAY_AXE")
	if program == "" || axe == "" {
		t.Fatal("the pages are looked at in Chromium with axe-core, and ASSAY_CHROMIUM or ASSAY_AXE does not say where they are: " +
			"run ./check browser, which installs both and sets the two variables")
	}
	source, err := os.ReadFile(axe)
	must(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		// The browser must not be the one that asks the network for something.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
	)
	bounded, cancel := context.WithTimeout(context.Background(), limits.browser)
	t.Cleanup(cancel)
	allocator, stop := chromedp.NewExecAllocator(bounded, options...)
	t.Cleanup(stop)
	ctx, stopBrowser := chromedp.NewContext(allocator)
	t.Cleanup(stopBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting %s: %v", program, err)
	}
	return &chromium{ctx: ctx, axe: string(source)}
}

// tab is one page in the browser, and what was seen of it.
type tab struct {
	ctx  context.Context
	base string // the origin that the page and all it needs must come from
	axe  string

	mu      sync.Mutex // guards what the browser's events fill
	address string
	noise   []string
}

// tab opens an empty one. It is closed with the test.
func (c *chromium) tab(t *testing.T, base, token string) *tab {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(c.ctx)
	t.Cleanup(closeTab)
	b := &tab{base: base, axe: c.axe}
	must(t, chromedp.Listen(ctx, b.notice))
	var cancel context.CancelFunc
	b.ctx, cancel = context.WithTimeout(ctx, limits.tab)
	t.Cleanup(cancel)
	_, err := chromedp.Call(b.ctx, audits.Enable, cdp.Empty{})
	must(t, err)
	_, err = chromedp.Call(b.ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	must(t, err)
	if token != "" {
		_, err = chromedp.Call(b.ctx, network.SetExtraHTTPHeaders,
			network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Authorization": "Bearer " + token}})
		must(t, err)
	}
	return b
}

// notice keeps what the browser tells of the page. It runs on the goroutine
// that reads the browser's messages and must not ask it for anything.
func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			b.noise = append(b.noise, fmt.Sprintf("the console has a call of console.%s", e.Type))
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.noise = append(b.noise, "a script failed: "+text)
	case *log.EventEntryAdded:
		loud := e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning
		// A page that is an error is logged as one, and its status is checked
		// by itself.
		itself := e.Entry.Source == log.EntrySourceNetwork && sameAddress(e.Entry.URL, b.address)
		if loud && !itself {
			b.noise = append(b.noise, fmt.Sprintf("the console says, of %s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *audits.EventIssueAdded:
		if found := issue(e.Issue); found != "" {
			b.noise = append(b.noise, found)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.base+"/") {
			b.noise = append(b.noise, "the page asks another origin: "+e.Request.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			b.noise = append(b.noise, "something of the page did not load: "+e.ErrorText)
		}
	}
}

// issue says what the browser's audit found; "" where a page need not answer
// for it. Browsers learn new opinions with each version: these are faults.
func issue(i *audits.InspectorIssue) string {
	if i.Details != nil && i.Details.ContentSecurityPolicyIssueDetails != nil {
		d := i.Details.ContentSecurityPolicyIssueDetails
		return fmt.Sprintf("the content policy had to stop something (%s): %s %s", d.ContentSecurityPolicyViolationType, d.ViolatedDirective, d.BlockedURL)
	}
	switch i.Code {
	case audits.InspectorIssueCodeMixedContentIssue, audits.InspectorIssueCodeBlockedByResponseIssue, audits.InspectorIssueCodeCorsIssue,
		audits.InspectorIssueCodeStylesheetLoadingIssue, audits.InspectorIssueCodeQuirksModeIssue, audits.InspectorIssueCodeDeprecationIssue,
		audits.InspectorIssueCodeGenericIssue:
		return fmt.Sprintf("the browser has an issue with the page: %s", i.Code)
	}
	return ""
}

// sameAddress compares addresses without their fragments.
func sameAddress(one, other string) bool {
	a, errA := url.Parse(one)
	b, errB := url.Parse(other)
	if errA != nil || errB != nil {
		return one == other
	}
	a.Fragment, b.Fragment = "", ""
	return a.String() == b.String()
}

// seen returns what was noticed since it was last asked.
func (b *tab) seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := b.noise
	b.noise = nil
	return found
}

// open goes to an address below the base, and returns the answer for the
// document.
func (b *tab) open(path string) (*network.Response, error) {
	b.mu.Lock()
	b.address = b.base + path
	b.mu.Unlock()
	answer, err := chromedp.Run(b.ctx, chromedp.NavigateResponse(b.base+path))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return answer, nil
}

// scheme is what a person prefers, as far as pages are told.
type scheme string

const (
	light scheme = "light"
	dark  scheme = "dark"
)

// medium says where the page is shown and to whom.
type medium struct {
	width   int64
	scale   float64 // device pixels for one of the page's; 0 is 1
	scheme  scheme
	print   bool
	unmoved bool // prefers less motion
}

// show shows the page so.
func (b *tab) show(m medium) error {
	if m.scale == 0 {
		m.scale = 1
	}
	if m.scheme == "" {
		m.scheme = light
	}
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		// Not as a phone: a phone's browser would shrink what is too wide, and
		// hide what is looked for.
		Width: m.width, Height: 900, DeviceScaleFactor: m.scale,
	})
	if err != nil {
		return fmt.Errorf("setting the size of the window: %w", err)
	}
	media, motion := "screen", "no-preference"
	if m.print {
		media = "print"
	}
	if m.unmoved {
		motion = "reduce"
	}
	_, err = chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: string(m.scheme)}, {Name: "prefers-reduced-motion", Value: motion},
	}})
	if err != nil {
		return fmt.Errorf("setting the medium: %w", err)
	}
	return nil
}

// findings evaluates a script that answers with findings in words.
func (b *tab) findings(script string) ([]string, error) {
	return chromedp.Run(b.ctx, chromedp.Evaluate[[]string](script, chromedp.EvalAwaitPromise))
}

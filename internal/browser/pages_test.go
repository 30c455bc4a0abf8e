package browser_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// maxLinks bounds how many new addresses are tried from one page: a list of
// hundreds leads to as many pages that are all of one kind.
const maxLinks = 40

// maxFindings bounds what one check says: a rule of the stylesheet may be
// wrong in each of hundreds of lines.
const maxFindings = 8

func TestPages(t *testing.T) {
	browser := launch(t)
	d := newDay(t)
	leads := &leads{place: d.place, tried: map[string]bool{}}
	screens := os.Getenv("ASSAY_SCREENS")
	t.Run("looking changes nothing", func(t *testing.T) { lookingChangesNothing(t, d) })
	t.Run("decisions that appear by themselves", func(t *testing.T) {
		t.Parallel()
		decisionsAppear(t, browser, d)
	})
	t.Run("forms", func(t *testing.T) {
		t.Parallel()
		formsLead(t, browser, d)
	})
	for _, a := range d.addresses() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel() // each in a tab of its own
			b := browser.tab(t, d.base, a.token)
			if !load(t, b, a) {
				return // there is nothing to look at
			}
			for _, check := range []struct {
				name string
				find func() ([]string, error)
			}{
				{"structure", b.structure},
				{"layout", b.layout},
				{"schemes", b.schemes},
				{"axe", b.axeFindings},
				{"motion", b.motion},
				{"keyboard", b.keyboard},
				{"links", func() ([]string, error) { return leads.dead(b, a.token) }},
				{"quiet", func() ([]string, error) { return b.seen(), nil }},
				{"scripts", func() ([]string, error) { return b.scriptless(a.path) }},
			} {
				t.Run(check.name, func(t *testing.T) { report(t, check.find) })
			}
			if screens != "" {
				t.Run("screens", func(t *testing.T) { must(t, b.screens(screens, a.name)) })
			}
		})
	}
}

// report fails the test for each finding.
func report(t *testing.T, find func() ([]string, error)) {
	t.Helper()
	found, err := find()
	if err != nil {
		t.Errorf("it could not be checked: %v", err)
	}
	for i, f := range found {
		if i == maxFindings {
			t.Errorf("and %d more", len(found)-i)
			break
		}
		t.Error(f)
	}
}

// load opens the page, and checks what came before it is looked at.
func load(t *testing.T, b *tab, a address) (opened bool) {
	t.Helper()
	return t.Run("loading", func(t *testing.T) {
		answer, err := b.open(a.path)
		if err != nil {
			t.Fatal(err)
		}
		want := a.status
		if want == 0 {
			want = http.StatusOK
		}
		if answer.Status != want {
			t.Fatalf("%s answered %d, want %d", a.path, answer.Status, want)
		}
		if !strings.HasPrefix(answer.MimeType, "text/html") {
			t.Fatalf("%s is no page but %s", a.path, answer.MimeType)
		}
		for _, f := range policyOf(answer) {
			t.Error(f)
		}
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.title + '\\n' + document.body.innerText + '\\n' + [...document.querySelectorAll('input')].map((e) => e.value).join('\\n')"))
		must(t, err)
		for _, word := range a.says {
			if !strings.Contains(squeezed(text), squeezed(word)) {
				t.Errorf("the page does not say %q; it says:\n%.3000s", word, text)
			}
		}
		if a.token == "" && !strings.Contains(a.path, "quartzite") {
			source, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
			must(t, err)
			if secret := private.FindString(source); secret != "" {
				t.Errorf("the page tells a stranger of %q", secret)
			}
		}
		for _, f := range b.seen() {
			t.Error(f)
		}
	})
}

// private is what a page must not tell strangers: the names of hosted
// packages, and who it was that asked.
var private = regexp.MustCompile(`quartzite|vaultworks|\bt-[a-z2-7]{12}\b`)

// squeezed leaves out white space, with which a page may break a long name
// and set its words in other cells.
func squeezed(s string) string { return strings.Join(strings.Fields(s), "") }

// leads follows what pages lead to, each address once.
type leads struct {
	*place

	mu    sync.Mutex // guards tried
	tried map[string]bool
}

// first tells whether nobody has followed the link yet.
func (l *leads) first(link, token string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := token + " " + link
	if l.tried[key] {
		return false
	}
	l.tried[key] = true
	return true
}

// dead returns the links of a page that lead nowhere, for whoever looks at it.
func (l *leads) dead(b *tab, token string) ([]string, error) {
	found, err := b.fragments()
	if err != nil {
		return nil, err
	}
	links, err := b.addresses()
	if err != nil {
		return nil, err
	}
	if len(links) == 0 {
		found = append(found, "the page leads nowhere, and needs nothing: not even a stylesheet")
	}
	left := maxLinks
	for _, link := range links {
		if left == 0 {
			break
		}
		if !l.first(link, token) {
			continue
		}
		left--
		status, err := l.head(b.ctx, link, token)
		if err != nil {
			return nil, err
		}
		// What this visitor may not read says so; it is there all the same.
		if status != http.StatusOK && status != http.StatusUnauthorized && status != http.StatusForbidden {
			found = append(found, fmt.Sprintf("the page leads to %s, which answers %d", link, status))
		}
	}
	return found, nil
}

// head asks for a link as a browser does, and returns the status.
func (l *leads) head(ctx context.Context, link, token string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.base+link, nil)
	if err != nil {
		return 0, fmt.Errorf("following %s: %w", link, err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := l.client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("following %s: %w", link, err)
	}
	defer answer.Body.Close()
	return answer.StatusCode, nil
}

package secret

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

func TestASecretIsCutOutInEveryForm(t *testing.T) {
	const s = `sesame/open "now"+41`
	c := NewCutter([]string{"", s, s + "-and-more"})
	for name, text := range map[string]string{
		"as it is":              s,
		"a longer one":          s + "-and-more",
		"in JSON":               `sesame/open \"now\"+41`,
		"in a path":             url.PathEscape(s),
		"in a query":            url.QueryEscape(s),
		"in hex":                hex.EncodeToString([]byte(s)),
		"in basic credentials":  base64.StdEncoding.EncodeToString([]byte("somebody:" + s)),
		"in base64, one offset": base64.StdEncoding.EncodeToString([]byte("x" + s)),
	} {
		got := c.Cut("before " + text + " after")
		for _, form := range append(Forms(s), "-and-more") {
			if strings.Contains(got, form) {
				t.Errorf("%s: %q holds %q", name, got, form)
			}
		}
		if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") || !strings.Contains(got, Mark) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheBeginningOfASecretIsCutOutWhereATextEnds(t *testing.T) {
	c := NewCutter([]string{"good_0123456789abcdef"})
	for text, want := range map[string]string{
		"you sent good_0123456789a…":   "you sent [secret]…",
		"you sent good_0123… and more": "you sent [secret]… and more",
		"you sent good_0…":             "you sent good_0…",
		"you sent good_0123456789a":    "you sent good_0123456789a",
		"nothing…":                     "nothing…",
	} {
		if got := c.Cut(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWithoutSecretsNothingIsCut(t *testing.T) {
	if got := NewCutter(nil).Cut("all of it…"); got != "all of it…" {
		t.Errorf("%q", got)
	}
}

func FuzzCut(f *testing.F) {
	f.Add("before secret-secret after", "secret-secret")
	f.Add("secret-s…", "secret-secret")
	f.Add("%73ecret", "s e\"cr+et/x")
	f.Fuzz(func(t *testing.T, text, s string) {
		// What stands around a mark may form the secret anew only if the
		// secret holds a part of the mark.
		if len(s) < shortest || strings.ContainsAny(s, Mark) {
			return
		}
		if got := NewCutter([]string{s}).Cut(text); strings.Contains(got, s) {
			t.Errorf("%q is still in %q", s, got)
		}
	})
}

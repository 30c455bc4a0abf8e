package upstream

import (
	"net/url"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
)

func TestJoin(t *testing.T) {
	cases := []struct{ name, base, path, want string }{
		{"a name", "https://registry.example", "lodash", "https://registry.example/lodash"},
		{"a leading slash", "https://registry.example/", "/lodash", "https://registry.example/lodash"},
		{"nothing", "https://registry.example/npm", "", "https://registry.example/npm/"},
		{"below a base", "https://registry.example/npm", "-/ping", "https://registry.example/npm/-/ping"},
		{"a scope", "https://registry.example/npm/", "@s/n", "https://registry.example/npm/@s/n"},
		{"an escaped slash is kept", "https://registry.example/npm/", "@s%2fn", "https://registry.example/npm/@s%2fn"},
		{"in its own case", "https://registry.example/", "@s%2Fn", "https://registry.example/@s%2Fn"},
		{"a Go path", "https://registry.example/", "github.com/!burnt!sushi/toml/@v/list", "https://registry.example/github.com/!burnt!sushi/toml/@v/list"},
		{"a pseudo-version", "https://registry.example/", "m/@v/v1.0.0+incompatible.info", "https://registry.example/m/@v/v1.0.0+incompatible.info"},
		{"a trailing slash", "https://registry.example/", "simple/x/", "https://registry.example/simple/x/"},
		{"a question mark", "https://registry.example/", "a?b=c", "https://registry.example/a%3Fb=c"},
		{"a hash", "https://registry.example/", "a#b", "https://registry.example/a%23b"},
		{"a blank", "https://registry.example/", "a b", "https://registry.example/a%20b"},
		{"letters beyond ASCII", "https://registry.example/", "é", "https://registry.example/%C3%A9"},
		{"what looks like a host", "https://registry.example/", "evil.example:80/x", "https://registry.example/evil.example:80/x"},
		{"what looks like credentials", "https://registry.example/", "u:p@evil.example", "https://registry.example/u:p@evil.example"},
		{"dots in a name", "https://registry.example/", "..a/b..", "https://registry.example/..a/b.."},
		{"an escaped base", "https://registry.example/a%2fb", "c", "https://registry.example/a%2fb/c"},
	}
	for _, c := range cases {
		p, err := placeOf(c.base)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		u, err := join(p.base, c.path)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if u.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, u, c.want)
		}
	}
}

func TestJoinRefusesEveryWayOut(t *testing.T) {
	base, err := url.Parse("https://registry.example/npm/")
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"up":                              "../admin",
		"up in the middle":                "a/../../admin",
		"up at the end":                   "a/..",
		"here":                            "./a",
		"escaped dots":                    "%2e%2e/admin",
		"one escaped dot":                 ".%2E/admin",
		"escaped slash":                   "..%2fadmin",
		"escaped slash behind a name":     "a%2f..%2f..%2fadmin",
		"escaped twice":                   "%252e%252e%252fadmin",
		"escaped three times":             "%25252e%25252e/admin",
		"escaped very often":              "%2525252525252e",
		"parameters behind dots":          "..;/admin",
		"escaped parameters":              "..%3bx=y/admin",
		"backslash":                       `..\admin`,
		"escaped backslash":               "..%5cadmin",
		"two slashes at the start":        "//evil.example/x",
		"two slashes":                     "a//b",
		"escaped second slash":            "a/%2fb",
		"line break":                      "a\r\nHost: evil.example",
		"escaped line break":              "a%0d%0aHost: evil.example",
		"NUL":                             "a\x00b",
		"escaped NUL":                     "a%00b",
		"delete":                          "a\x7f",
		"overlong dots":                   "%c0%ae%c0%ae/admin",
		"a malformed escape":              "a%zz",
		"half an escape":                  "a%2",
		"an escape of an escape, cut off": "a%25%",
	} {
		if u, err := join(base, path); err == nil {
			t.Errorf("%s: %q became %s", name, path, u)
		} else {
			wantError(t, err, assay.Invalid, "cannot be asked for")
		}
	}
}

func TestPlaceRefusesWhatIsNoBaseAddress(t *testing.T) {
	for name, address := range map[string]string{
		"nothing":            "",
		"no scheme":          "registry.example/npm",
		"another scheme":     "ftp://registry.example/",
		"a file":             "file:///etc/passwd",
		"no host":            "https:///npm",
		"only a port":        "https://:8080/",
		"opaque":             "https:registry.example",
		"credentials":        "https://user:hunter2@registry.example/",
		"a query":            "https://registry.example/?a=b",
		"an empty query":     "https://registry.example/?",
		"a fragment":         "https://registry.example/#a",
		"dot segments":       "https://registry.example/a/../b/",
		"a control":          "https://registry.example/\n",
		"credentials, blank": "https://user:hunter2@registry .example/",
	} {
		_, err := placeOf(address)
		e := wantError(t, err, assay.Invalid, "must look like")
		if strings.Contains(e.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", name, e)
		}
	}
}

// FuzzJoin checks that whatever is joined stays on the host and below the
// base, also for a server that unescapes and resolves twice.
func FuzzJoin(f *testing.F) {
	for _, s := range []string{"lodash", "@s%2fn", "../x", "%2e%2e%2fx", "a?b#c", "..;/x", "//h/x", "a%252e", "é", "a\\b", "a%25b"} {
		f.Add(s)
	}
	base, err := url.Parse("https://registry.example/npm/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := join(base, path)
		if err != nil {
			return
		}
		again, err := url.Parse(u.String())
		if err != nil {
			t.Fatalf("%q became %q, which is no URL: %v", path, u, err)
		}
		if again.Host != "registry.example" || again.Scheme != "https" || again.User != nil || again.RawQuery != "" || again.Fragment != "" {
			t.Fatalf("%q became %q", path, u)
		}
		seen := again.EscapedPath()
		for range 3 {
			resolved, err := url.Parse("https://registry.example" + escapeForTest(seen))
			if err != nil {
				t.Fatalf("%q became %q: %v", path, seen, err)
			}
			if clean := resolved.JoinPath().Path; !strings.HasPrefix(clean+"/", "/npm/") {
				t.Fatalf("%q leads to %q", path, clean)
			}
			if seen, err = url.PathUnescape(seen); err != nil {
				return
			}
		}
	})
}

// escapeForTest makes an unescaped path parse as a path.
func escapeForTest(path string) string {
	if _, err := url.PathUnescape(path); err != nil {
		return (&url.URL{Path: path}).EscapedPath()
	}
	return escape(path)
}

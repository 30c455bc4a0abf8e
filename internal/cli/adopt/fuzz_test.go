package adopt

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"assay.invalid/internal/assay"
)

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"https://registry.example/", "http://u:p@registry.example", "https://registry.example/a/../b", "//registry.example",
		"https://", "https:opaque", "https://[::1]:80/x", "https://registry.example/%2e%2e/", "https://registry.example/a?b#c",
		"https://registry.example:port/", "https://registry.example/\x1b[2J", "HTTPS://REGISTRY.EXAMPLE/Path", "https://u@", "file:///x",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		address, _, err := Address(raw)
		if err != nil {
			if !assay.Is(err, assay.Invalid) {
				t.Errorf("%q: kind %v", raw, assay.KindOf(err))
			}
			return
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q became %q: %v", raw, address, err)
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Hostname() == "" || !strings.HasSuffix(address, "/") {
			t.Errorf("%q became %q", raw, address)
		}
		again, notes, err := Address(address)
		if err != nil || again != address || len(notes) != 0 {
			t.Errorf("%q became %q, and that %q (%v, %v)", raw, address, again, notes, err)
		}
	})
}

func FuzzParseGoProxy(f *testing.F) {
	for _, seed := range []string{"", ",", "direct", "off,x", "https://a.example|https://b.example,direct", "a.example", " , |", "/srv/x", "https://u:p@x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		proxies, _ := parseGoProxy(list)
		for _, p := range proxies {
			if p == "" || p == "direct" || p == "off" || strings.ContainsAny(p, ",|") {
				t.Errorf("%q has the proxy %q", list, p)
			}
		}
	})
}

func FuzzParseSumDB(f *testing.F) {
	_, key, err := note.GenerateKey(nil, "sums.example")
	if err != nil {
		f.Fatal(err)
	}
	known := map[string]string{"sums.example": key}
	for _, seed := range []string{"off", "", "sums.example", key, key + " https://sums.example", "a b c", "x+1+y", "sums.example http://u:p@h", "../x+0+0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		db, _, err := parseSumDB(text, known)
		if err != nil {
			if db != nil || !assay.Is(err, assay.Invalid) {
				t.Errorf("%q: %+v, %v", text, db, err)
			}
			return
		}
		if db == nil {
			return
		}
		verifier, err := note.NewVerifier(db.Key)
		if err != nil || verifier.Name() != db.Name || strings.Contains(db.Name, "..") {
			t.Errorf("%q became %+v (%v)", text, db, err)
		}
	})
}

func FuzzParseKnownKeys(f *testing.F) {
	_, key, err := note.GenerateKey(nil, "sums.example")
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"package p", `package p; var k = map[string]string{"sums.example": "` + key + `"}`,
		`package p; var k = map[string]string{"other.example": "` + key + `"}`, "not go", "package p; var k = map[string]string{`a`: b}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		known, err := parseKnownKeys(src)
		if (err == nil) != (len(known) > 0) {
			t.Errorf("%q: %v, %v", src, known, err)
		}
		for name, key := range known {
			if v, err := note.NewVerifier(key); err != nil || v.Name() != name {
				t.Errorf("%q: %q has the key %q", src, name, key)
			}
		}
	})
}

package adopt

import (
	"net/url"
	"path/filepath"
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

func FuzzParsePipHelp(f *testing.F) {
	for _, seed := range []string{pipHelp("https://registry.example/simple"), pipHelp("x y"), "-i, --index-url <url>  (default", "--index-url (default: a)", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		index, err := parsePipHelp(out)
		if (err == nil) != (index != "") || strings.ContainsAny(index, " \n()") {
			t.Errorf("%q: %q, %v", out, index, err)
		}
		if err != nil && !assay.Is(err, assay.Unsound) {
			t.Errorf("%q: kind %v", out, assay.KindOf(err))
		}
	})
}

func FuzzParseCargoConfig(f *testing.F) {
	for _, seed := range []string{
		"[source.crates-io]\nreplace-with = \"m\"\n[source.m]\nregistry = \"sparse+https://u:p@mirror.example/\"\n",
		"[source]\ncrates-io = { replace-with = \"crates-io\" }\n", "[registries.x]\nindex = \"\"\n", "source = 1\n", "[[source]]\n", "\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseCargoConfig(text)
		if err != nil {
			if !assay.Is(err, assay.Unsound) {
				t.Errorf("%q: kind %v", text, assay.KindOf(err))
			}
			return
		}
		address, replaced, note := c.replacement(nil)
		if !replaced && (address != "" || note != "") || note != "" && address != "" {
			t.Errorf("%q: %q, %v, %q", text, address, replaced, note)
		}
		if strings.ContainsAny(note, "\x1b\n\r") {
			t.Errorf("%q: the note %q has control characters", text, note)
		}
		_ = c.hosts(nil)
	})
}

func FuzzCargoIndexNames(f *testing.F) {
	for _, seed := range []string{"index.registry.example-19", "..", "-", "a-b-c", "[::1]-1", "x.y:80-1", "a.b/c-1", "A.B-1"} {
		f.Add(seed, `{"dl": "https://files.registry.example/"}`)
	}
	f.Fuzz(func(t *testing.T, name, config string) {
		if isHost(name) && (strings.ContainsAny(name, "/@:?# \\") || filepath.Base(name) != name) {
			t.Errorf("%q passes for a host", name)
		}
		_ = isDefaultIndex([]byte(config))
	})
}

func FuzzParseConnect(f *testing.F) {
	for _, seed := range []string{
		"CONNECT index.registry.example:443 HTTP/1.1\r\nHost: index.registry.example:443\r\nProxy-Authorization: Basic YXNzYXk6c2VzYW1l\r\nUser-Agent: cargo/1.95.0\r\n\r\n",
		"CONNECT u@x.example:443/path HTTP/1.1\r\nProxy-Authorization: Basic YXNzYXk6c2VzYW1l\r\nUser-Agent: cargo/1.95.0\r\n\r\n",
		"GET http://x.example/ HTTP/1.1\r\nHost: x.example\r\nProxy-Authorization: Basic YXNzYXk6c2VzYW1l\r\nUser-Agent: cargo/1.95.0\r\n\r\n", "CONNECT", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, request string) {
		address, err := parseConnect(strings.NewReader(request), "sesame")
		if err != nil {
			return
		}
		// What is told must be readable as it is by what takes it over.
		if u, err := url.Parse(address); err == nil && (u.Scheme != "https" || u.User != nil || u.Path != "/" || u.RawQuery != "" || u.Fragment != "") {
			t.Errorf("%q led to %q", request, address)
		}
		if !strings.Contains(request, "YXNzYXk6c2VzYW1l") {
			t.Errorf("%q was believed without the password", request)
		}
	})
}

func FuzzParseSettings(f *testing.F) {
	for _, seed := range []string{
		"<settings><mirrors><mirror><id>a</id><mirrorOf>*,!central</mirrorOf><url>https://${env.A}/x</url></mirror></mirrors></settings>",
		"<settings><profiles><profile><id>p</id><repositories><repository><id>central</id><url>u</url></repository></repositories></profile></profiles><activeProfiles><activeProfile>p</activeProfile></activeProfiles></settings>",
		"<!DOCTYPE x><settings/>", "<a", `<?xml version="1.0" encoding="ISO-8859-1"?><settings/>`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := parseSettings(text)
		if err != nil {
			if !assay.Is(err, assay.Unsound) || strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		s.interpolate([]string{"A=registry.example"})
		layers := mavenSettings{s}
		address, layer, note := layers.addressOf(mavenRepository{ID: "central", URL: "https://registry.example/"})
		if note != "" && address != "" || layer > 0 || strings.Contains(note, "\x1b") {
			t.Errorf("%q: %q in layer %d, %q", text, address, layer, note)
		}
		for _, note := range layers.others(mavenProject{}) {
			if strings.ContainsAny(note, "\x1b\n") {
				t.Errorf("%q: the note %q has control characters", text, note)
			}
		}
	})
}

func FuzzParseMavenVersion(f *testing.F) {
	for _, seed := range []string{"\x1b[1mApache Maven 3.8.7\x1b[m\nMaven home: /usr/share/maven\nJava version: 17\n", "Maven home: relative\n", "Maven home: /a\r\n", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		home, err := parseMavenVersion(out)
		if err == nil && (!filepath.IsAbs(home) || strings.ContainsAny(home, "\x1b\n\r ")) {
			t.Errorf("%q: %q", out, home)
		}
	})
}

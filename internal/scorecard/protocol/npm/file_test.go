package npm

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

// lists serves a package x whose version 1.0.0 has its file at an address.
func lists(tarball string, file http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/npm/x" {
			says(200, "application/json", `{"name":"x","versions":{"1.0.0":{"version":"1.0.0","dist":{"tarball":"`+strings.ReplaceAll(tarball, "HOST", r.Host)+`"}}}}`)(w, r)
			return
		}
		file(w, r)
	}
}

func TestFiles(t *testing.T) {
	sound := says(200, "application/octet-stream", "\x1f\x8b anything")
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		version string
		want    scorecard.Verdict
		says    string
	}{
		"where the listing says":        {lists("http://HOST/elsewhere/x.tgz", sound), "1.0.0", scorecard.Accepted, ""},
		"called text by the server":     {lists("http://HOST/x.tgz", says(200, "text/html", "\x1f\x8b anything")), "1.0.0", scorecard.Accepted, ""},
		"bytes that are no archive":     {lists("http://HOST/x.tgz", says(200, "application/octet-stream", "no archive")), "1.0.0", scorecard.Accepted, ""},
		"on a host that is not visited": {lists("http://elsewhere.example/x.tgz", sound), "1.0.0", scorecard.Unclear, "elsewhere.example"},
		"at no address":                 {lists("file:///etc/passwd", sound), "1.0.0", scorecard.Accepted, ""}, // the usual one then
		"of a version that is no more":  {lists("http://HOST/x.tgz", says(410, "application/json", `{"error":"removed: was malware"}`)), "2.0.0", scorecard.Absent, "was malware"},
		"refused with a reason":         {lists("http://HOST/x.tgz", says(403, "application/json", `{"error":"held back"}`)), "1.0.0", scorecard.Refused, "held back"},
		"a web page":                    {lists("http://HOST/x.tgz", says(200, "application/octet-stream", "<!DOCTYPE html>")), "1.0.0", scorecard.Unclear, "a web page instead of a file"},
		"JSON":                          {lists("http://HOST/x.tgz", says(200, "application/json", `{"error":"no"}`)), "1.0.0", scorecard.Unclear, "JSON"},
		"nothing":                       {lists("http://HOST/x.tgz", says(200, "application/octet-stream", "")), "1.0.0", scorecard.Unclear, "nothing"},
		"the listing is a page, file ok": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/npm/x" {
				says(200, "text/html", "<html>")(w, r)
				return
			}
			sound(w, r)
		}, "1.0.0", scorecard.Accepted, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, _ := serve(t, c.handler)
			f, got := a.File(context.Background(), publisher, "x", c.version)
			if got.Verdict != c.want || !strings.Contains(got.Reason, c.says) {
				t.Errorf("%s, want %s that says %q", got, c.want, c.says)
			}
			if (got.Verdict == scorecard.Accepted) != (len(f.Body) > 0) || got.Verdict == scorecard.Accepted && len(f.Digests["sha512"]) != 128 {
				t.Errorf("the file is %+v", f)
			}
		})
	}
}

func TestTokensDoNotFollowAListingElsewhere(t *testing.T) {
	for name, tarball := range map[string]string{
		"another host":   "http://elsewhere.example/x.tgz",
		"another port":   "http://127.0.0.1:1/x.tgz",
		"another scheme": "https://HOST/x.tgz",
		"credentials":    "http://name:secret@elsewhere.example/x.tgz",
	} {
		t.Run(name, func(t *testing.T) {
			a, v, base := serve(t, lists(tarball, says(404, "", "")))
			as := publisher
			as.Code = "123456"
			_, _ = a.File(context.Background(), as, "x", "1.0.0")
			for _, r := range v.asked {
				if !strings.HasPrefix(r.URL, base) && (r.Header.Get("Authorization") != "" || r.Header.Get("Npm-Otp") != "" || r.As.Secret != "") {
					t.Errorf("the token went to %s", r.URL)
				}
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	const base = "https://registry.example/npm/"
	for address, same := range map[string]bool{
		"https://registry.example/x":            true,
		"https://REGISTRY.example:443/x":        true,
		"http://registry.example/x":             false,
		"https://registry.example:8443/x":       false,
		"https://registry.example.elsewhere/x":  false,
		"https://registry.example@elsewhere/x":  false,
		"//registry.example/x":                  false,
		"x":                                     false,
		"https://registry.example%00.elsewhere": false,
	} {
		if got := sameOrigin(base, address); got != same {
			t.Errorf("%s is of one origin with %s: %v", address, base, got)
		}
	}
	if sameOrigin("", "") {
		t.Error("no address is of one origin with none")
	}
}

func TestADeleteIsNotLedElsewhere(t *testing.T) {
	a, _, base := serve(t, says(404, "", ""))
	for address, want := range map[string]string{
		base + "x/-/x-1.0.0.tgz":          "x/-/x-1.0.0.tgz",
		base + "files/x.tgz":              "files/x.tgz",
		base + "../admin":                 "x/-/x-1.0.0.tgz",
		base + "x.tgz?all=true":           "x/-/x-1.0.0.tgz",
		"https://elsewhere.example/x.tgz": "x/-/x-1.0.0.tgz",
		"":                                "x/-/x-1.0.0.tgz",
	} {
		a.files = newAddresses(1)
		a.files.put("x", "1.0.0", address)
		if got := a.filePath("x", "1.0.0"); got != want {
			t.Errorf("%s is deleted at %s, want %s", address, got, want)
		}
	}
}

func TestNamesThatAreNone(t *testing.T) {
	a, v, base := serve(t, says(404, "application/json", `{"error":"no"}`))
	for name, path := range map[string]string{
		"": "", ".": "", "..": "", "-": "", "@a/..": "", "@a/": "",
		"lodash": "lodash", "@acme/x": "@acme%2fx", "UPPER": "UPPER", "node_modules": "node_modules",
		"l\u043edash": "l%D0%BEdash", "a/b": "a%2Fb", "../x": "..%2Fx", "x?write=true": "x%3Fwrite=true", "x#y": "x%23y", "@a/b/c": "@a%2fb%2Fc",
	} {
		v.asked = nil
		_, got := a.Listing(context.Background(), scorecard.Credential{}, name)
		switch {
		case path == "" && (len(v.asked) != 0 || got.Verdict != scorecard.Unclear):
			t.Errorf("%q was asked for: %s", name, got)
		case path != "" && (len(v.asked) != 1 || v.asked[0].URL != base+path):
			t.Errorf("%q was asked for as %+v", name, v.asked)
		}
	}
}

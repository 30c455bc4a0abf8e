package asking

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

func TestAddressesInDocumentsAreReadWithCare(t *testing.T) {
	const document = "https://registry.example/simple/x/"
	for address, want := range map[string]string{
		"../../f/a.whl#sha256=00":         "https://registry.example/f/a.whl",
		"//files.registry.example/a":      "https://files.registry.example/a",
		"https://files.registry.example/": "https://files.registry.example/",
		"":                                "",
		"file:///etc/passwd":              "",
		"javascript:alert(1)":             "",
		"https://me:secret@h.example/":    "",
		"http://%zz/":                     "",
		strings.Repeat("a", 5000):         "",
	} {
		if got := Absolute(document, address); got != want {
			t.Errorf("%q leads to %q, want %q", address, got, want)
		}
	}
	for other, same := range map[string]bool{
		"https://Registry.example:443/y": true, "http://registry.example/": false, "https://registry.example.evil.example/": false,
		"https://registry.example:8443/": false, "registry.example": false,
	} {
		if SameOrigin(document, other) != same {
			t.Errorf("%s is of the same origin: %v", other, !same)
		}
	}
}

func TestDigestsAndSecretsMustHaveTheirForm(t *testing.T) {
	for _, c := range []struct {
		algorithm, value string
		ok               bool
	}{
		{"sha1", strings.Repeat("A", 40), true}, {"SHA256", " " + strings.Repeat("0", 64) + "\n", true}, {"sha256", strings.Repeat("0", 40), false},
		{"md5", strings.Repeat("x", 32), false}, {"crc", "", false}, {"sha512", "", false},
	} {
		if got, ok := Digest(c.algorithm, c.value); ok != c.ok || ok && got != strings.ToLower(strings.TrimSpace(c.value)) {
			t.Errorf("%s %q is read as %q, %v", c.algorithm, c.value, got, ok)
		}
	}
	for secret, ok := range map[string]bool{"pypi-AgE_x": true, "": false, "a b": false, "a\nX: y": false, "é": false, strings.Repeat("a", 9000): false} {
		if Sendable(secret) != ok {
			t.Errorf("%.20q can be sent: %v", secret, !ok)
		}
	}
}

func TestWhatCameIsNamed(t *testing.T) {
	for body, want := range map[string]string{
		"": "nothing", " <!DOCTYPE HTML>": "a web page", "\ufeff<html>": "a web page", "PK\x03\x04": "a zip", "\x1f\x8b": "compressed bytes",
		"[1]": "JSON of another kind", "{": "broken JSON", "<x/>": "XML of another kind", "a\x00b": "bytes of another kind", "hello": "text",
	} {
		if got := KindOf(scorecard.Response{Body: []byte(body)}); got != want {
			t.Errorf("%q is %s, want %s", body, got, want)
		}
	}
}

// answers gives one answer to everything and keeps what it was asked.
type answers struct {
	res   scorecard.Response
	asked []scorecard.Request
}

func (a *answers) Do(_ context.Context, r scorecard.Request) (scorecard.Response, error) {
	a.asked = append(a.asked, r)
	return a.res, nil
}

func TestAskingSaysTheWordsOfARefusalAndKeepsTheSecretHome(t *testing.T) {
	said := func(scorecard.Response) string { return "its own words" }
	for name, c := range map[string]struct {
		res  scorecard.Response
		said func(scorecard.Response) string
		want string
	}{
		"text":                  {scorecard.Response{Status: 403, Body: []byte("no\x1b[2J\nway")}, nil, "no[2J way"},
		"words in a document":   {scorecard.Response{Status: 403, Body: []byte("{}")}, said, "its own words"},
		"a message":             {scorecard.Response{Status: 429, Body: []byte(`{"kind":"x","message":"wait"}`)}, nil, "wait"},
		"a list of errors":      {scorecard.Response{Status: 400, Body: []byte(`{"errors":[{"status":400,"description":"bad"}]}`)}, nil, "bad"},
		"a page":                {scorecard.Response{Status: 403, Body: []byte("<html>")}, said, "answered with a web page"},
		"a way to another host": {scorecard.Response{Status: 302, Header: http.Header{"Location": {"https://other.example/x?token=y"}}}, said, "redirects to other.example"},
		"a way back":            {scorecard.Response{Status: 302, Header: http.Header{"Location": {"/x"}}}, said, "redirects to another address"},
		"a success":             {scorecard.Response{Status: 200, Body: []byte("text")}, said, ""},
	} {
		visit := &answers{res: c.res}
		s := Subject{Base: "https://registry.example/", Visit: visit, Authorise: func(h http.Header, secret string) { h.Set("Authorization", secret) }}
		for url, sent := range map[string]string{"https://registry.example/a": "s", "https://files.registry.example/a": ""} {
			_, answer := s.Ask(t.Context(), Question{URL: url, As: scorecard.Credential{Secret: "s"}}, c.said)
			if answer.Reason != c.want {
				t.Errorf("%s: %q, want %q", name, answer.Reason, c.want)
			}
			last := visit.asked[len(visit.asked)-1]
			if last.Header.Get("Authorization") != sent || last.As.Secret != sent {
				t.Errorf("%s got the secret %q", url, last.As.Secret)
			}
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := NewMemory(2)
	m.Put("a", "1", "x")
	m.Put("b", "1", "")
	if at, ok := m.Get("a", "1"); at != "x" || !ok {
		t.Errorf("forgotten: %q", at)
	}
	m.Put("b", "1", "y")
	m.Put("c", "1", "z")
	if _, ok := m.Get("a", "1"); ok || len(m.at) != 1 {
		t.Errorf("%d are remembered", len(m.at))
	}
}

package asking

import (
	"bytes"
	"crypto/md5" // Maven's side files have one
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
)

// wordsOf are the subject's own words in an answer that is no success.
func wordsOf(res scorecard.Response, said func(scorecard.Response) string) string {
	if to := res.Header.Get("Location"); res.Status < 400 && to != "" {
		if u, err := url.Parse(to); err == nil && u.Host != "" {
			return "redirects to " + u.Host
		}
		return "redirects to another address"
	}
	if IsWebPage(res) {
		return "answered with a web page"
	}
	if said != nil {
		if words := said(res); words != "" {
			return words
		}
	}
	if words := WordsIn(res); words != "" {
		return words
	}
	const most = 4 << 10
	return string(res.Body[:min(len(res.Body), most)])
}

// WordsIn are the words of a refusal in a JSON document, in the fields in which
// servers write them; "" for none.
func WordsIn(res scorecard.Response) string {
	m := Members(res.Body)
	for _, key := range []string{"message", "detail", "error", "errors"} {
		if s := Text(m[key]); s != "" {
			return s
		}
		for _, e := range List(m[key]) {
			if s := Text(e); s != "" {
				return s
			}
			inside := Members(e)
			for _, key := range []string{"detail", "message", "description"} {
				if s := Text(inside[key]); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// IsWebPage tells pages of a proxy, a login or a site. A server may call one
// something else, so its first bytes count too.
func IsWebPage(res scorecard.Response) bool {
	start := bytes.ToLower(bytes.TrimLeft(res.Body[:min(len(res.Body), 1024)], "\ufeff \t\r\n"))
	if bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) {
		return true
	}
	media := MediaType(res)
	return (media == "text/html" || media == "application/xhtml+xml") && bytes.HasPrefix(start, []byte("<"))
}

// MediaType is what an answer calls itself, without parameters; "" for nothing.
func MediaType(res scorecard.Response) string {
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// KindOf names what came, for a reason.
func KindOf(res scorecard.Response) string {
	body := bytes.TrimSpace(res.Body)
	switch {
	case len(body) == 0:
		return "nothing"
	case IsWebPage(res):
		return "a web page"
	case bytes.HasPrefix(body, []byte("PK\x03\x04")):
		return "a zip"
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		return "compressed bytes"
	case body[0] == '{' || body[0] == '[':
		if json.Valid(body) {
			return "JSON of another kind"
		}
		return "broken JSON"
	case body[0] == '<':
		return "XML of another kind"
	case bytes.IndexByte(body[:min(len(body), 512)], 0) >= 0:
		return "bytes of another kind"
	}
	return "text"
}

// KeptHeaders are those that say how an answer may be kept and how old it is.
func KeptHeaders(h http.Header) map[string]string {
	kept := map[string]string{}
	for _, key := range []string{"Age", "Cache-Control", "Content-Type", "Etag", "Expires", "Last-Modified", "Vary"} {
		if v := scorecard.Words(h.Get(key)); v != "" {
			kept[key] = v
		}
	}
	return kept
}

// ReadFile makes sure that a file came and no document. What a trial
// published may be no archive, and is a file all the same.
func ReadFile(res scorecard.Response, answer scorecard.Answer) (scorecard.File, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.File{}, answer
	}
	media := MediaType(res)
	document := strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "json")
	archive := bytes.HasPrefix(res.Body, []byte{0x1f, 0x8b}) || bytes.HasPrefix(res.Body, []byte("PK"))
	if !archive && (len(res.Body) == 0 || document || IsWebPage(res)) {
		return scorecard.File{}, Spoilt(answer, "answered with %s instead of a file", KindOf(res))
	}
	return scorecard.File{Body: res.Body, Digests: Digests(res.Body)}, answer
}

// Digests are all that a listing may name, as lower-case hex.
func Digests(body []byte) map[string]string {
	weak, s1, s256, s384, s512 := md5.Sum(body), sha1.Sum(body), sha256.Sum256(body), sha512.Sum384(body), sha512.Sum512(body)
	return map[string]string{
		"md5":    hex.EncodeToString(weak[:]),
		"sha1":   hex.EncodeToString(s1[:]),
		"sha256": hex.EncodeToString(s256[:]),
		"sha384": hex.EncodeToString(s384[:]),
		"sha512": hex.EncodeToString(s512[:]),
	}
}

// digestLength is how many hexadecimal digits a digest has.
var digestLength = map[string]int{"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}

// Digest is a digest as listings compare it; false for what is none.
func Digest(algorithm, value string) (string, bool) {
	value = strings.ToLower(strings.TrimSpace(value))
	if len(value) != digestLength[strings.ToLower(algorithm)] || len(value) == 0 {
		return "", false
	}
	if _, err := hex.DecodeString(value); err != nil {
		return "", false
	}
	return value, true
}

// typedBound is the most of a text that a publisher typed that is kept.
const typedBound = 2048

// Typed is a text that a publisher typed, cut to what is kept of one.
func Typed(s string) string { return strings.ToValidUTF8(s[:min(len(s), typedBound)], "") }

// Members are the members of a JSON object by their exact names, nil if it
// is none. (A struct would take "Versions" for "versions".)
func Members(raw []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// List are the elements of a JSON array, nil if it is none.
func List(raw []byte) []json.RawMessage {
	var l []json.RawMessage
	if json.Unmarshal(raw, &l) != nil {
		return nil
	}
	return l
}

// Text is a JSON string, "" if it is none.
func Text(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// Sendable tells whether a secret can stand in a header: one with a line
// break would write headers of its own.
func Sendable(secret string) bool {
	const longest = 8 << 10
	if secret == "" || len(secret) > longest {
		return false
	}
	return !strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' })
}

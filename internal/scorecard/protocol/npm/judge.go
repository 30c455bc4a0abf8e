package npm

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"assay.invalid/internal/scorecard"
)

// judge says what an answer's status means, in the subject's own words.
// Whether a success holds what it must is for the act to say.
func judge(res scorecard.Response, err error) scorecard.Answer {
	words := ""
	if err == nil && res.Status >= 300 {
		words = said(res)
	}
	a := scorecard.AnswerTo(res, err, words)
	if err == nil && (res.Status == http.StatusUnauthorized || res.Status == http.StatusForbidden) {
		a.SecondFactor = asksForCode(res, words)
	}
	return a
}

// missing turns "no such thing" into "no such call", for addresses that only
// exist where the call does.
func missing(a scorecard.Answer) scorecard.Answer {
	if a.Verdict == scorecard.Absent {
		a.Verdict = scorecard.NoCall
	}
	return a
}

// said are the words of a refusal: npm's clients print "error", other
// registries write "message" or a list of errors.
func said(res scorecard.Response) string {
	if to := res.Header.Get("Location"); res.Status < 400 && to != "" {
		if u, err := url.Parse(to); err == nil && u.Host != "" {
			return "redirects to " + u.Host
		}
		return "redirects to another address"
	}
	const most = 64 << 10
	body := res.Body[:min(len(res.Body), most)]
	if isWebPage(res) {
		return "answered with a web page"
	}
	if m := members(body); m != nil {
		if s := saidIn(m); s != "" {
			return s
		}
		return res.Header.Get("Npm-Notice")
	}
	return string(body)
}

func saidIn(m map[string]json.RawMessage) string {
	var parts []string
	for _, key := range []string{"error", "message", "reason", "detail"} {
		s := text(m[key])
		if s == "" {
			s = text(members(m[key])["message"])
		}
		if s != "" && (len(parts) == 0 || !strings.Contains(parts[0], s)) {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		for _, e := range list(m["errors"]) {
			if s := text(members(e)["message"]); s != "" {
				parts = append(parts, s)
				break
			}
		}
	}
	return strings.Join(parts, ": ")
}

// asksForCode tells the wish for a second factor. npm's clients look for the
// challenge OTP, and in its absence for the words in the body.
func asksForCode(res scorecard.Response, words string) bool {
	for _, line := range res.Header.Values("Www-Authenticate") {
		for field := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
			if strings.EqualFold(field, "otp") {
				return true
			}
		}
	}
	words = strings.ToLower(words)
	for _, sign := range []string{"one-time", "one time pass", "two-factor", "second factor", "second-factor"} {
		if strings.Contains(words, sign) {
			return true
		}
	}
	for word := range strings.FieldsFuncSeq(words, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if word == "otp" || word == "totp" {
			return true
		}
	}
	return false
}

// done judges the answer to a change. A server that answers any request with
// a page of its own would otherwise seem to have done it.
func done(res scorecard.Response, a scorecard.Answer) scorecard.Answer {
	if a.Verdict != scorecard.Accepted {
		return a
	}
	body := bytes.TrimSpace(res.Body)
	switch {
	case isWebPage(res):
		return spoilt(a, "answered with a web page instead of saying that it was done")
	case res.Status == http.StatusAccepted:
		return spoilt(a, "took it and says that it is not done yet (status 202)")
	case len(body) == 0:
		return a
	case !json.Valid(body):
		if res.Status == http.StatusCreated || res.Status == http.StatusNoContent {
			return a
		}
		return spoilt(a, "answered with %s instead of saying that it was done", kindOf(res))
	}
	m := members(body)
	for _, key := range []string{"ok", "success"} {
		if string(m[key]) == "false" {
			return spoilt(a, "answered with status %d and says that it failed: %s", res.Status, saidIn(m))
		}
	}
	if e := m["error"]; len(e) > 0 && string(e) != "null" && string(e) != "false" && string(e) != `""` {
		return spoilt(a, "answered with status %d and an error: %s", res.Status, saidIn(m))
	}
	return a
}

// object reads a successful answer that must be a JSON object; what names it
// in the reason if it is something else.
func object(res scorecard.Response, a scorecard.Answer, what string) (map[string]json.RawMessage, scorecard.Answer) {
	if a.Verdict != scorecard.Accepted {
		return nil, a
	}
	m := members(res.Body)
	if m == nil || isWebPage(res) {
		return nil, spoilt(a, "answered with %s instead of %s", kindOf(res), what)
	}
	return m, a
}

// isWebPage tells pages of a proxy, a login or a site. A server may call one
// JSON, so its first bytes count too.
func isWebPage(res scorecard.Response) bool {
	start := bytes.ToLower(bytes.TrimLeft(res.Body[:min(len(res.Body), 1024)], "\ufeff \t\r\n"))
	if bytes.HasPrefix(start, []byte("<!doctype")) || bytes.HasPrefix(start, []byte("<html")) {
		return true
	}
	media := mediaType(res)
	return (media == "text/html" || media == "application/xhtml+xml") && bytes.HasPrefix(start, []byte("<"))
}

func mediaType(res scorecard.Response) string {
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// kindOf names what came, for a reason.
func kindOf(res scorecard.Response) string {
	body := bytes.TrimSpace(res.Body)
	switch {
	case len(body) == 0:
		return "nothing"
	case isWebPage(res):
		return "a web page"
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		return "compressed bytes"
	case body[0] == '{' && json.Valid(body):
		return "another JSON object"
	case json.Valid(body):
		return "JSON that is no object"
	case body[0] == '{' || body[0] == '[':
		return "broken JSON"
	case bytes.HasPrefix(body, []byte("<")):
		return "XML"
	case strings.HasPrefix(mediaType(res), "text/"):
		return "text"
	}
	return "bytes of another kind"
}

// members are the members of a JSON object by their exact names, nil if it
// is none. (A struct would take "Versions" for "versions".)
func members(raw []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// list are the elements of a JSON array, nil if it is none.
func list(raw []byte) []json.RawMessage {
	var l []json.RawMessage
	if json.Unmarshal(raw, &l) != nil {
		return nil
	}
	return l
}

// text is a JSON string, "" if it is none.
func text(raw []byte) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

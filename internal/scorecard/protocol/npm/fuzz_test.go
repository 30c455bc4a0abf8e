package npm

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"name":"x","versions":{"1.0.0":{"name":"x","version":"1.0.0","deprecated":"y","dist":{"signatures":[{}],"attestations":{"url":"u"}}}},"time":{"unpublished":{"versions":["2.0.0"]}}}`))
	f.Add([]byte(`{"name":"x","versions":{},"removed":{"1.0.0":{"reason":"z"}},"policyRestrictions":{"message":"m","versions":{"1.0.0":{}}}}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		l, err := decodeListing("x", body, 1<<20)
		if err != nil {
			if scorecard.Words(err.Error()) == "" {
				t.Error("it is refused without a reason")
			}
			return
		}
		if _, there := l.Versions[l.Latest]; l.Latest != "" && !there {
			t.Errorf("latest is %q, which is not listed", l.Latest)
		}
		for version, words := range l.Gone {
			if _, there := l.Versions[version]; there || words != scorecard.Words(words) {
				t.Errorf("%q is gone and listed, or says %q", version, words)
			}
		}
		for version, v := range l.Versions {
			if v.Notice != scorecard.Words(v.Notice) || len(v.Repository) > typedBound || v.Signatures < 0 {
				t.Errorf("%q is read as %+v", version, v)
			}
		}
	})
}

// FuzzAnswers reads one body as the answer to each act.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		`{"ok":true,"token":"t","expires":"2026-01-01T00:00:00Z","packages":["a",{"name":"b"}],"key":"k"}`,
		`{"results":[{"seq":1,"id":"a","deleted":true},{"seq":"2-x"}]}`, `{"objects":[{"package":{"name":"a"}}]}`,
		`{"x":[{"id":1,"url":"https://a.example/GHSA-1-2","vulnerable_versions":"<2"}]}`, `{"error":{"message":"otp"}}`,
		`["a",{"name":"b"}]`, `<html>`, `{"expires":1e300}`, "",
	} {
		f.Add([]byte(seed), 200, "application/json")
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, media string) {
		res := scorecard.Response{Status: status, Header: http.Header{"Content-Type": {media}}, Body: body}
		first := judge(res, nil)
		all := []scorecard.Answer{first, done(res, first)}
		made, a := token(res, first, "x")
		if a.Verdict == scorecard.Accepted && !sendable(made.Credential.Secret) {
			t.Errorf("a token that cannot be sent: %q", made.Credential.Secret)
		}
		all = append(all, a)
		_, a = credential(res, first, scorecard.Person{Name: "x"}, "took it")
		all = append(all, a)
		lines, a := changed(res, first, 3)
		if len(lines) > 3 {
			t.Errorf("%d events", len(lines))
		}
		all = append(all, a)
		_, a = searched(res, first)
		all = append(all, a)
		_, a = listOfAll(res, first)
		all = append(all, a)
		m, a := object(res, first, "y")
		all = append(all, a)
		if ids, ok := advised(m, "x", "1.0.0", 2); ok && len(ids) > 2 {
			t.Errorf("%d advisories", len(ids))
		}
		_, a = readFile(res, first)
		all = append(all, a)
		for _, a := range all {
			if a.Verdict == scorecard.Accepted && (status < 200 || status > 299) {
				t.Errorf("status %d is accepted", status)
			}
			if a.Verdict == "" || len(a.Reason) > 310 || strings.ContainsAny(a.Reason, "\x1b\n\r") {
				t.Errorf("judged as %+v", a)
			}
			if _, err := json.Marshal(a); err != nil {
				t.Error(err)
			}
		}
	})
}

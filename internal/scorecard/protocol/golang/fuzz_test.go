package golang

import (
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/scorecard"
)

// FuzzAnswers reads one body as the answer to each act.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		"v1.0.0\nv1.1.0\n", "<html>", "", `{"Version":"v1.0.0"}`, `{"Path":"trial.example/a","Version":"v1.0.0"}`,
		"PK\x03\x04", "trial.example/a v1.0.0 h1:AAAA\n", "\xef\xbb\xbf<!doctype",
	} {
		f.Add([]byte(seed), 200, "text/plain")
	}
	sound, err := New(Config{}).Archive(scorecard.Release{Name: "trial.example/a", Version: "v1.0.0"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sound, 200, "application/zip")
	bounds := safeLimits().Wire
	f.Fuzz(func(t *testing.T, body []byte, status int, media string) {
		res := scorecard.Response{Status: status, Header: http.Header{"Content-Type": {media}}, Body: body}
		first := scorecard.AnswerTo(res, nil, said(res))
		_, listed := decodeList("trial.example/a", res, first, bounds)
		file, fetched := readFile(res, first, "trial.example/a", "v1.0.0", bounds)
		for _, a := range []scorecard.Answer{first, listed, fetched} {
			if a.Verdict == scorecard.Accepted && (status < 200 || status > 299) {
				t.Errorf("status %d is accepted", status)
			}
			if a.Verdict == "" || len(a.Reason) > 310 || strings.ContainsAny(a.Reason, "\x1b\n\r") {
				t.Errorf("judged as %+v", a)
			}
		}
		if (fetched.Verdict == scorecard.Accepted) != (file.Digests != nil) {
			t.Errorf("%s with %v", fetched, file.Digests)
		}
		if names := indexed(body, 2, 10); len(names) > 2 {
			t.Errorf("the index gives %v", names)
		}
		if sum := digestIn(strings.Split(string(body), "\n"), "trial.example/a", "v1.0.0"); sum != "" && !strings.HasPrefix(sum, "h1:") {
			t.Errorf("the digest is %q", sum)
		}
		if kindOf(res) == "" || refusesAsProxiesDo(res) && status < 400 {
			t.Error("the answer is taken for what it is not")
		}
	})
}

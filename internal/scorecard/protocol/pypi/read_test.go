package pypi

import (
	"net/http"
	"strings"
	"testing"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

func question(url, accept string) asking.Question {
	return asking.Question{URL: url, Accept: accept, Limit: 1 << 20}
}

func TestNamesOfFilesTellTheVersion(t *testing.T) {
	for file, c := range map[string]struct {
		version string
		kind    kind
	}{
		"zope_interface-5.0-py3-none-any.whl":                    {"5.0", anywhere},
		"zope.interface-5.0-cp311-cp311-manylinux1_x86_64.whl":   {"5.0", wheel},
		"zope.interface-5.0-1build-cp311-cp311-win32.whl":        {"5.0", wheel},
		"zope.interface-5.0.tar.gz":                              {"5.0", source},
		"Zope-Interface-5.0rc1.zip":                              {"5.0rc1", source},
		"zope.interface-5.0-py3.5.egg":                           {"5.0", other},
		"zope.interface-5.0.win-amd64.exe":                       {"5.0", other},
		"zope.interface-extras-5.0.tar.gz":                       {"", unknown},
		"zope-interface-.tar.gz":                                 {"", unknown},
		"other-5.0-py3-none-any.whl":                             {"", unknown},
		"zope_interface-5.0-any.whl":                             {"", unknown},
		"zope.interface-5.0.rpm":                                 {"", unknown},
		"zope.interface-" + strings.Repeat("1", 500) + ".tar.gz": {"", unknown},
		"../zope.interface-5.0.tar.gz":                           {"", unknown},
	} {
		if version, k := readFileName("zope-interface", file); version != c.version || k != c.kind {
			t.Errorf("%s is read as version %q of kind %d", file, version, k)
		}
	}
}

func TestAListingIsReadAsPipReadsIt(t *testing.T) {
	const digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	body := `{"meta":{"api-version":"1.3"},"name":"X.y","project-status":{"status":"deprecated","reason":"use z"},"files":[
	{"filename":"x_y-1.0.tar.gz","url":"/f/s","hashes":{"sha256":"` + strings.Repeat("0", 64) + `"},"upload-time":"2026-01-02T03:04:05.000000Z"},
	{"filename":"x_y-1.0-py3-none-any.whl","url":"https://files.registry.example/w","hashes":{"SHA256":"` + strings.ToUpper(digest) + `","md5":"xyz"},"upload-time":"2026-01-01T03:04:05Z","provenance":"https://files.registry.example/p","yanked":false},
	{"filename":"x_y-1.1.tar.gz","url":"/f/1.1","hashes":{},"yanked":"broken"},
	{"filename":"x_y-2.0rc1.tar.gz","url":"/f/2","hashes":{},"yanked":null},
	{"filename":"x_y-1.2.tar.gz","url":"/f/1.2","hashes":{},"yanked":""},
	{"filename":"README.txt","url":"/f/r","hashes":{}}]}`
	res := scorecard.Response{Status: 200, Header: http.Header{"Content-Type": {mediaJSON}}, Body: []byte(body), At: "https://registry.example/simple/x-y/"}
	l, a := readListing("X_Y", res, scorecard.AnswerTo(res, nil, ""), 100)
	if a.Verdict != scorecard.Accepted {
		t.Fatal(a)
	}
	one := l.Versions["1.0"]
	if one.File != "https://files.registry.example/w" || one.Digests["sha256"] != digest || len(one.Digests) != 1 || one.Provenance == "" ||
		one.Published.Day() != 1 || one.Status != assay.Deprecated || one.Notice != "use z" {
		t.Errorf("1.0 is %+v", one)
	}
	if v := l.Versions["1.1"]; v.Status != assay.Yanked || v.Notice != "broken" {
		t.Errorf("1.1 is %+v", v)
	}
	if v := l.Versions["1.2"]; v.Status != assay.Yanked || v.File != "https://registry.example/f/1.2" {
		t.Errorf("an empty reason is a yank too: %+v", v)
	}
	if l.Latest != "1.0" || len(l.Versions) != 4 {
		t.Errorf("newest is %q of %d", l.Latest, len(l.Versions))
	}
}

func FuzzListing(f *testing.F) {
	f.Add([]byte(`{"meta":{"api-version":"1.0"},"name":"x","files":[{"filename":"x-1.0.tar.gz","url":"a","hashes":{"sha256":"0"},"yanked":"y"}],"projects":[{"name":"x"}]}`), mediaJSON, 200)
	f.Add([]byte(`<html><base href="//h/"><meta name="pypi:project-status" content="quarantined"><a href="x-1.0.zip#md5=0" data-yanked>x-1.0.zip</a>`), "text/html", 200)
	f.Add([]byte(`{"vulnerabilities":[{"id":"a"}],"token":"t","message":"m"}`), "application/json", 403)
	f.Fuzz(func(t *testing.T, body []byte, media string, status int) {
		res := scorecard.Response{Status: status, Header: http.Header{"Content-Type": {media}}, Body: body, At: "https://registry.example/simple/x/"}
		first := scorecard.AnswerTo(res, nil, asking.WordsIn(res))
		l, a := readListing("x", res, first, 50)
		if _, there := l.Versions[l.Latest]; l.Latest != "" && !there {
			t.Errorf("latest is %q, which is not listed", l.Latest)
		}
		for version, v := range l.Versions {
			if v.Notice != scorecard.Words(v.Notice) || !isVersion(version) || v.File != "" && !strings.HasPrefix(v.File, "http") {
				t.Errorf("%q is read as %+v", version, v)
			}
		}
		names, b := readAll("https://registry.example/simple/", res, first, 50)
		ids, c := readAdvisories(res, first, 2)
		token, d := readMinted(res, first)
		if len(names) > 100 || len(ids) > 2 || d.Verdict == scorecard.Accepted && !asking.Sendable(token.Credential.Secret) {
			t.Errorf("read as %v, %v, %v", names, ids, token)
		}
		for _, answer := range []scorecard.Answer{a, b, c, d, done(res, first)} {
			if answer.Verdict == scorecard.Accepted && (status < 200 || status > 299) || answer.Verdict == "" || answer.Reason != scorecard.Words(answer.Reason) && len(answer.Reason) < 300 {
				t.Errorf("status %d is judged as %+v", status, answer)
			}
		}
	})
}

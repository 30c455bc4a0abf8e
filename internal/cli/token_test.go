package cli

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/auth"
	"assay.invalid/internal/server/api"
)

func TestEndsOfTokens(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	p := &program{now: func() time.Time { return now }}
	for _, tt := range []struct {
		s     string
		end   time.Time
		never bool
		wrong bool
	}{
		{"90d", now.Add(90 * 24 * time.Hour), false, false},
		{"2027-01-01", time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), false, false},
		{neverExpires, time.Time{}, true, false},
		{"never", time.Time{}, false, true},
		{"Never", time.Time{}, false, true},
		{"", time.Time{}, false, true},
		{"0", time.Time{}, false, true},
		{"soon", time.Time{}, false, true},
	} {
		end, never, err := p.tokenEnd(tt.s)
		if !end.Equal(tt.end) || never != tt.never || (err != nil) != tt.wrong {
			t.Errorf("%q: %v %v %v", tt.s, end, never, err)
		}
	}
}

func TestWhatAClaimCovers(t *testing.T) {
	for _, tt := range []struct {
		grant, claim string
		covered      bool
	}{
		{"pkg:npm/@acme/*", "pkg:npm/@acme/*", true},
		{"pkg:npm/@acme/x", "pkg:npm/@acme/*", true},
		{"pkg:npm/@acme/x*", "pkg:npm/@acme/*", true},
		{"pkg:npm/@acme/*", "pkg:npm/@acme/x", false},
		{"pkg:npm/@acme/*", "pkg:npm/@acme/x*", false},
		{"pkg:npm/*", "pkg:npm/@acme/*", false},
		{"pkg:npm/@acme/x", "pkg:golang/corp.example/*", false},
		{"pkg:npm/left", "pkg:npm/left", true},
		{"pkg:npm/lefty", "pkg:npm/left", false},
	} {
		grant, err := grantPattern(tt.grant)
		if err != nil {
			t.Fatal(err)
		}
		claim, err := grantPattern(tt.claim)
		if err != nil {
			t.Fatal(err)
		}
		if got := covered(grant, []assay.Pattern{claim}); got != tt.covered {
			t.Errorf("%s by %s: %v", tt.grant, tt.claim, got)
		}
	}
}

func TestHowATokenIsUsed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		token api.Token
		base  string
		want  []string
	}{
		{"npm alone", api.Token{Publish: []string{"pkg:npm/@acme/*"}}, "http://127.0.0.1:8417/",
			[]string{"npm config set //127.0.0.1:8417/npm/:_authToken TOKEN"}},
		{"go over https", api.Token{Publish: []string{"pkg:golang/corp.example/*"}}, "https://packages.example/",
			[]string{"echo 'machine packages.example login assay password TOKEN' >> ~/.netrc", "ASSAY_TOKEN=TOKEN assay publish --server https://packages.example/ --tag v1.2.3"}},
		{"go over http, which sends no password", api.Token{Read: []string{"pkg:golang/corp.example/*"}}, "http://127.0.0.1:8417/", nil},
		{"pip, to read over http", api.Token{Read: []string{"pkg:pypi/acme-*"}}, "http://127.0.0.1:8417/",
			[]string{"echo 'machine 127.0.0.1 login assay password TOKEN' >> ~/.netrc"}},
		{"pypi, to publish", api.Token{Publish: []string{"pkg:pypi/acme-*"}}, "https://packages.example/",
			[]string{"echo 'machine packages.example login assay password TOKEN' >> ~/.netrc",
				"TWINE_REPOSITORY_URL=https://packages.example/pypi/legacy/ TWINE_USERNAME=__token__ TWINE_PASSWORD=TOKEN twine upload dist/*",
				"UV_PUBLISH_URL=https://packages.example/pypi/legacy/ UV_PUBLISH_TOKEN=TOKEN uv publish"}},
		{"cargo", api.Token{Publish: []string{"pkg:cargo/acme-*"}}, "https://packages.example/",
			[]string{"export CARGO_REGISTRIES_ASSAY_INDEX=sparse+https://packages.example/cargo/auth/ CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS=cargo:token && echo TOKEN | cargo login --registry assay"}},
		{"maven", api.Token{Read: []string{"pkg:maven/com.corp/*"}}, "https://packages.example/",
			[]string{"in <servers> of ~/.m2/settings.xml: <server><id>assay</id><username>token</username><password>TOKEN</password></server>"}},
		{"an administrator", api.Token{Admin: true}, "https://packages.example/",
			[]string{"npm config set //packages.example/npm/:_authToken TOKEN", "echo 'machine packages.example login assay password TOKEN' >> ~/.netrc",
				"ASSAY_TOKEN=TOKEN assay tokens --server https://packages.example/"}},
	} {
		var got []string
		for _, row := range useOfToken(tt.token, tt.base) {
			got = append(got, row[1])
		}
		if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
}

// broken is a pipe whose reader has gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, assay.Errorf(assay.Canceled, "nobody reads") }

func TestATokenThatCannotBePrintedIsNamed(t *testing.T) {
	var errs strings.Builder
	data := filepath.Join(t.TempDir(), "data")
	code := Main(t.Context(), []string{"token", "create", "--data", data}, nil, strings.NewReader(""), broken{}, &errs)
	if code != exitFailed || !strings.Contains(errs.String(), "assay token revoke t-") || strings.Contains(errs.String(), auth.Prefix) {
		t.Errorf("exit %d, %s", code, errs.String())
	}
	if auth.CheckSecret(wellWritten) != nil {
		t.Error("the tests' own token is not well written")
	}
}

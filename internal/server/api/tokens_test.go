package api

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"assay.invalid/internal/assay"
)

var (
	oneToken = Token{ID: "t-1", Note: "the build machine", Publish: []string{"pkg:npm/@acme/*"}, Read: []string{"pkg:npm/@other/*"},
		Created: when, Expires: when.Add(time.Hour), LastUsed: when, By: "operator"}
	oneSecret = CreatedToken{Token: oneToken, Secret: "assay_secret"}
)

func (r *recorder) CreateToken(ctx context.Context, n NewToken) (CreatedToken, error) {
	return oneSecret, r.note(n)
}

func (r *recorder) RevokeToken(_ context.Context, idOrSecret string) (Token, error) {
	return oneToken, r.note(idOrSecret)
}

func (r *recorder) Tokens(context.Context) ([]Token, error) {
	return []Token{oneToken}, r.note("tokens")
}

func TestTokensThroughTheClient(t *testing.T) {
	ask := NewToken{Note: "n", Publish: []string{"pkg:npm/@acme/*"}, Read: []string{"pkg:npm/x"}, Admin: true, Expires: when}
	for _, call := range []struct {
		name  string
		do    func(Control) (any, error)
		asked []any
		want  any
	}{
		{"create", func(c Control) (any, error) { return c.CreateToken(t.Context(), ask) }, []any{ask}, oneSecret},
		{"create one for ever", func(c Control) (any, error) { return c.CreateToken(t.Context(), NewToken{NeverExpires: true}) },
			[]any{NewToken{NeverExpires: true}}, oneSecret},
		{"revoke", func(c Control) (any, error) { return c.RevokeToken(t.Context(), "assay_secret") }, []any{"assay_secret"}, oneToken},
		{"list", func(c Control) (any, error) { return c.Tokens(t.Context()) }, []any{"tokens"}, []Token{oneToken}},
	} {
		for _, from := range []struct {
			name  string
			reach Reach
			who   assay.Principal
			kind  assay.Kind // Internal: it is answered
		}{
			{"over the socket", FromSocket, assay.Principal{}, assay.Internal},
			{"an administrator's token", FromNetwork, assay.Principal{ID: "t-9", Admin: true}, assay.Internal},
			{"another token", FromNetwork, assay.Principal{ID: "t-8"}, assay.Forbidden},
			{"nobody", FromNetwork, assay.Principal{}, assay.Unauthenticated},
		} {
			behind := &recorder{}
			var paths []string
			h := asSomebody(&Handler{Control: behind, Reach: from.reach}, from.who)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				paths = append(paths, r.URL.String())
				h.ServeHTTP(w, r)
			}))
			got, err := call.do(NewClient(s.Client(), s.URL))
			s.Close()
			if strings.Contains(strings.Join(paths, " "), "secret") {
				t.Errorf("%s: a secret stands in an address: %q", call.name, paths)
			}
			if from.kind != assay.Internal {
				if !assay.Is(err, from.kind) || !strings.Contains(assay.PublicMessage(err), "--admin") || len(behind.asked) != 0 {
					t.Errorf("%s, %s: %v, asked %v", call.name, from.name, err, behind.asked)
				}
				continue
			}
			if err != nil || !reflect.DeepEqual(got, call.want) || !reflect.DeepEqual(behind.asked, call.asked) {
				t.Errorf("%s, %s: %+v, %v, asked %+v", call.name, from.name, got, err, behind.asked)
			}
		}
	}
}

func TestRequestsForTokensAreReadStrictly(t *testing.T) {
	behind := &recorder{}
	_, url := serveControl(t, behind, FromSocket)
	for _, tt := range []struct {
		name, method, path, content, body string
		status                            int
	}{
		{"a misspelt end", "POST", "tokens", "application/json", `{"expire":"2027-01-01T00:00:00Z"}`, 400},
		{"an end that is none", "POST", "tokens", "application/json", `{"expires":"never"}`, 400},
		{"a form of a hostile page", "POST", "tokens", "text/plain", `{"admin":true}`, 400},
		{"nothing to revoke", "POST", "tokens/revoke", "application/json", `{}`, 400},
		{"a secret in an address", "DELETE", "tokens?which=assay_secret", "", ``, 405},
		{"reading what is written", "GET", "tokens/revoke", "", ``, 405},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, url+Prefix+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		if tt.content != "" {
			req.Header.Set("Content-Type", tt.content)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tt.status || len(behind.asked) != 0 {
			t.Errorf("%s: %s %s %v, asked %v", tt.name, resp.Status, body, err, behind.asked)
		}
	}
}

package npm

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
)

const tokensPath = "-/npm/v1/tokens"

// MakeToken asks for a token in npm's old form, and adds the members of the
// granular one where the wish needs them.
func (a *acts) MakeToken(ctx context.Context, as scorecard.Credential, p scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
	res, answer := a.ask(ctx, question{method: http.MethodPost, path: tokensPath, as: as, body: wished(p, w)})
	return token(res, missing(answer), p.Name)
}

func wished(p scorecard.Person, w scorecard.Wish) map[string]any {
	body := map[string]any{"password": p.Password, "readonly": w.ReadOnly, "cidr_whitelist": []string{}}
	if len(w.Names) == 0 && w.Lifetime <= 0 {
		return body
	}
	body["name"] = "assay-trial"
	if len(w.Names) > 0 {
		body["packages"] = w.Names
		body["scopes"] = []string{}
		body["packages_and_scopes_permission"] = "read-write"
		if w.ReadOnly {
			body["packages_and_scopes_permission"] = "read-only"
		}
	}
	switch day := 24 * time.Hour; {
	case w.Lifetime <= 0:
	case w.Lifetime%day == 0:
		body["expires"] = int64(w.Lifetime / day) // npm counts days
	default:
		// Registries that know nothing shorter than a day refuse this, which
		// is an answer too.
		body["expires"] = time.Now().Add(w.Lifetime).UTC().Format(time.RFC3339Nano)
	}
	return body
}

// token reads what was made.
func token(res scorecard.Response, answer scorecard.Answer, who string) (scorecard.Token, scorecard.Answer) {
	m, answer := object(res, done(res, answer), "a token")
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Token{}, answer
	}
	secret := text(m["token"])
	if !sendable(secret) {
		return scorecard.Token{}, spoilt(answer, "answered with JSON that has no token that could be used")
	}
	t := scorecard.Token{Credential: scorecard.Credential{Who: who, Secret: secret}}
	for _, key := range []string{"key", "id", "token_id"} {
		if t.Key == "" {
			t.Key = scorecard.Words(text(m[key]))
		}
	}
	for _, key := range []string{"expires", "expiry", "expires_at", "expiration"} {
		if t.Expires.IsZero() {
			t.Expires = moment(m[key])
		}
	}
	for _, key := range []string{"packages", "scopes"} {
		t.Names = append(t.Names, names(m[key])...)
	}
	return t, answer
}

// moment reads a date, or a number of seconds or milliseconds since 1970;
// zero is what cannot be read. A number too small for a date is a length of
// time, of which the unit is anybody's guess.
func moment(raw json.RawMessage) time.Time {
	if s := text(raw); s != "" {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return time.Time{}
		}
		return at.UTC()
	}
	const year2001, year2286 = 1e9, 1e10
	var n float64
	if json.Unmarshal(raw, &n) != nil || math.IsNaN(n) {
		return time.Time{}
	}
	if n >= year2001*1000 && n < year2286*1000 {
		n /= 1000
	}
	if n < year2001 || n >= year2286 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC()
}

// names are texts, or objects that have a name.
func names(raw json.RawMessage) []string {
	const most = 100
	var all []string
	for _, e := range list(raw) {
		name := text(e)
		if name == "" {
			name = text(members(e)["name"])
		}
		if name = scorecard.Words(name); name != "" && len(all) < most && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// RevokeToken implements scorecard.Acts.
func (a *acts) RevokeToken(ctx context.Context, as scorecard.Credential, key string) scorecard.Answer {
	if key == "" {
		return unclear("the token was made without a key to revoke it by")
	}
	res, answer := a.ask(ctx, question{method: http.MethodDelete, path: tokensPath + "/token/" + url.PathEscape(key), as: as})
	return done(res, missing(answer))
}

// ExchangeIdentity implements scorecard.Acts.
func (a *acts) ExchangeIdentity(ctx context.Context, name, identity string) (scorecard.Token, scorecard.Answer) {
	path, answer, ok := packagePath(name)
	if !ok {
		return scorecard.Token{}, answer
	}
	if !sendable(identity) {
		return scorecard.Token{}, unclear("the identity token cannot be sent in a header")
	}
	res, answer := a.ask(ctx, question{
		method: http.MethodPost, path: "-/npm/v1/oidc/token/exchange/package/" + path,
		as: scorecard.Credential{Who: "identity", Secret: identity}, body: map[string]any{},
	})
	// Registries hide whether a package trusts anybody behind a 404, and
	// name the exchange in it.
	if answer.Verdict == scorecard.Absent && speaksOfIdentity(answer.Reason) {
		answer.Verdict = scorecard.Refused
	}
	return token(res, missing(answer), "identity")
}

func speaksOfIdentity(reason string) bool {
	reason = strings.ToLower(reason)
	for _, word := range []string{"oidc", "trusted publish", "identity token", "token exchange"} {
		if strings.Contains(reason, word) {
			return true
		}
	}
	return false
}

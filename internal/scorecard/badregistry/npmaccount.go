package badregistry

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay.invalid/internal/assay"
)

// npmAccount answers npm's calls on people, profiles and tokens.
func (r *Registry) npmAccount(req *http.Request, by asker, path string) (answer, error) {
	const users, exchange = "user/org.couchdb.user:", "npm/v1/oidc/token/exchange/package/"
	switch {
	case strings.HasPrefix(path, users) && req.Method == http.MethodPut:
		name, _, _ := strings.Cut(strings.TrimPrefix(path, users), "/")
		return r.npmUser(req, by, name)
	case strings.HasPrefix(path, "user/token/") && req.Method == http.MethodDelete:
		return asJSON(http.StatusOK, map[string]bool{"ok": true}), r.revoke(by, strings.TrimPrefix(path, "user/token/"))
	case path == "npm/v1/user" && req.Method == http.MethodPost:
		return r.npmProfile(req, by)
	case path == "npm/v1/user":
		p, err := r.personOf(by)
		if err != nil {
			return answer{}, err
		}
		return asJSON(http.StatusOK, map[string]any{"name": p.name, "email": p.mail, "email_verified": p.verified, "tfa": p.factor != nil}), nil
	case path == "npm/v1/tokens" && req.Method == http.MethodPost:
		return r.npmToken(req, by)
	case path == "npm/v1/tokens":
		return r.npmTokens(by)
	case strings.HasPrefix(path, "npm/v1/tokens/token/") && req.Method == http.MethodDelete:
		return answer{status: http.StatusNoContent, kind: kindJSON}, r.revoke(by, strings.TrimPrefix(path, "npm/v1/tokens/token/"))
	case strings.HasPrefix(path, exchange) && req.Method == http.MethodPost:
		name := strings.TrimPrefix(path, exchange)
		identity, _ := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
		t, err := r.exchange(assay.NPM, name, identity)
		if err != nil {
			return answer{}, err
		}
		return asJSON(http.StatusCreated, map[string]any{"token_type": "oidc", "token": t.secret, "created": r.now().UTC().Format(npmTime),
			"expires": t.expires.UTC().Format(npmTime)}), nil
	}
	return answer{}, notFound("/-/" + path)
}

// npmUser signs somebody up who sends a mail address, and logs in who does
// not.
func (r *Registry) npmUser(req *http.Request, by asker, name string) (answer, error) {
	var sent struct {
		Name, Password string
		Email          string
	}
	if err := json.NewDecoder(req.Body).Decode(&sent); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "what was sent is no user")
	}
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if sent.Password == "" {
		_, sent.Password, _ = req.BasicAuth()
	}
	var t *token
	var err error
	if r.people[name] == nil && sent.Email != "" {
		t, err = r.signUp(name, sent.Password, sent.Email)
	} else {
		t, err = r.logIn(name, sent.Password, by.code, by.source)
	}
	if err != nil {
		return answer{}, err
	}
	return asJSON(http.StatusCreated, map[string]any{"ok": true, "id": "org.couchdb.user:" + name, "token": t.secret}), nil
}

// npmProfile changes the password, or sets a second factor up.
func (r *Registry) npmProfile(req *http.Request, by asker) (answer, error) {
	var sent struct {
		Password *struct{ Old, New string } `json:"password"`
		Factor   json.RawMessage            `json:"tfa"`
	}
	if err := json.NewDecoder(req.Body).Decode(&sent); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "what was sent is no profile")
	}
	said := map[string]any{"tfa": false}
	if sent.Password != nil {
		if err := r.changePassword(by, sent.Password.Old, sent.Password.New); err != nil {
			return answer{}, err
		}
	}
	var start struct{ Password, Mode string }
	var codes []string
	switch {
	case json.Unmarshal(sent.Factor, &codes) == nil && len(codes) > 0:
		if err := r.confirmFactor(by, codes[0]); err != nil {
			return answer{}, err
		}
		said["tfa"] = []string{}
	case json.Unmarshal(sent.Factor, &start) == nil && start.Mode != "":
		address, err := r.offerFactor(by, start.Password)
		if err != nil {
			return answer{}, err
		}
		said["tfa"] = address
	}
	return asJSON(http.StatusOK, said), nil
}

// npmWish is what npm sends to make a token.
type npmWish struct {
	Password string          `json:"password"`
	ReadOnly bool            `json:"readonly"`
	Packages []string        `json:"packages"`
	Scopes   []string        `json:"scopes"`
	Expires  json.RawMessage `json:"expires"`
	// Permission is read-only or read-write.
	Permission string `json:"packages_and_scopes_permission"`
}

func (r *Registry) npmToken(req *http.Request, by asker) (answer, error) {
	var sent npmWish
	if err := json.NewDecoder(req.Body).Decode(&sent); err != nil {
		return answer{}, refuse(http.StatusBadRequest, "what was sent is no wish for a token")
	}
	w := wish{ecosystem: assay.NPM, names: sent.Packages, password: sent.Password, readOnly: sent.ReadOnly || sent.Permission == "read-only"}
	for _, scope := range sent.Scopes {
		w.names = append(w.names, scope+"/*")
	}
	var err error
	if w.life, err = r.lifeOf(sent.Expires); err != nil {
		return answer{}, err
	}
	t, err := r.makeToken(by, w)
	if err != nil {
		return answer{}, err
	}
	return asJSON(http.StatusCreated, r.describe(t, true)), nil
}

// lifeOf reads a lifetime: a date, or a number of days.
func (r *Registry) lifeOf(raw json.RawMessage) (time.Duration, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return 0, nil
	}
	var days float64
	if json.Unmarshal(raw, &days) == nil && days > 0 && days < 10_000 {
		return time.Duration(days * float64(24*time.Hour)), nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(r.now()) {
			return at.Sub(r.now()), nil
		}
		if life, err := time.ParseDuration(text); err == nil && life > 0 {
			return life, nil
		}
	}
	return 0, refuse(http.StatusBadRequest, "a token's end is a date in the future, or a number of days")
}

// describe is a token as npm lists it; with its secret only when it was made.
func (r *Registry) describe(t *token, whole bool) map[string]any {
	said := map[string]any{"key": t.key, "id": t.key, "readonly": t.readOnly, "token": t.secret[:min(len(t.secret), 8)] + "...", "cidr_whitelist": []string{}}
	if whole {
		said["token"] = t.secret
	}
	if !t.expires.IsZero() {
		said["expires"] = t.expires.UTC().Format(time.RFC3339Nano)
	}
	packages := []string{}
	for _, name := range t.names {
		_, plain, _ := strings.Cut(name, " ")
		packages = append(packages, plain)
	}
	said["packages"] = packages
	return said
}

func (r *Registry) npmTokens(by asker) (answer, error) {
	if by.token == nil {
		return answer{}, refuse(http.StatusUnauthorized, "listing tokens needs a log-in first")
	}
	out := []any{}
	for _, t := range r.tokens {
		if t.owner == by.token.owner && !t.revoked {
			out = append(out, r.describe(t, false))
		}
	}
	return asJSON(http.StatusOK, map[string]any{"objects": out, "urls": map[string]any{}}), nil
}

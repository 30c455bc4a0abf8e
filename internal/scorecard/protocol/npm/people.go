package npm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"assay.invalid/internal/scorecard"
)

// userPath is the address of a person, in the form that npm kept from the
// database it began with.
func userPath(name string) string { return "-/user/org.couchdb.user:" + url.PathEscape(name) }

// profilePath is where one's own account is read and changed.
const profilePath = "-/npm/v1/user"

func user(p scorecard.Person) map[string]any {
	return map[string]any{
		"_id": "org.couchdb.user:" + p.Name, "name": p.Name, "password": p.Password,
		"type": "user", "roles": []string{},
	}
}

// SignUp implements scorecard.Acts.
func (a *acts) SignUp(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	body := user(p)
	body["email"] = p.Mail
	body["date"] = time.Now().UTC().Format(time.RFC3339)
	res, answer := a.ask(ctx, question{method: http.MethodPut, path: userPath(p.Name), body: body})
	return credential(res, missing(answer), p, "took the account")
}

// LogIn asks for the same address with the name and password as the
// credential, and without what only a new account has.
func (a *acts) LogIn(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	res, answer := a.ask(ctx, question{method: http.MethodPut, path: userPath(p.Name), basic: &p, body: user(p)})
	return credential(res, missing(answer), p, "took the password")
}

// credential reads the token that an account answers with. One without a
// token is no success: what is then tried with "its" credential would be
// tried by nobody, and refused for that.
func credential(res scorecard.Response, a scorecard.Answer, p scorecard.Person, did string) (scorecard.Credential, scorecard.Answer) {
	m, a := object(res, done(res, a), "a token")
	if a.Verdict != scorecard.Accepted {
		return scorecard.Credential{}, a
	}
	token := text(m["token"])
	if !sendable(token) {
		return scorecard.Credential{}, spoilt(a, "%s and gave no token that could be used", did)
	}
	return scorecard.Credential{Who: p.Name, Secret: token}, a
}

// sendable tells whether a token can stand in a header: one with a line break
// would write headers of its own.
func sendable(token string) bool {
	const longest = 16 << 10
	if token == "" || len(token) > longest {
		return false
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] >= 0x7f {
			return false
		}
	}
	return true
}

// WhoAmI implements scorecard.Acts. Some registries answer strangers with
// success and nobody's name: that is a no.
func (a *acts) WhoAmI(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
	res, answer := a.ask(ctx, question{path: "-/whoami", as: as})
	m, answer := object(res, missing(answer), "a name")
	if answer.Verdict != scorecard.Accepted {
		return "", answer
	}
	name := scorecard.Words(text(m["username"]))
	switch {
	case !absent(m["username"]) && text(m["username"]) == "" && string(m["username"]) != `""`:
		return "", spoilt(answer, "answered with a username that is no text")
	case name == "" || strings.EqualFold(name, "anonymous") || name == "undefined":
		answer.Verdict, answer.Reason = scorecard.Refused, "knows nobody by this credential"
		return "", answer
	}
	return name, answer
}

// profile changes something of one's own account.
func (a *acts) profile(ctx context.Context, as scorecard.Credential, change map[string]any) (map[string]json.RawMessage, scorecard.Answer) {
	res, answer := a.ask(ctx, question{method: http.MethodPost, path: profilePath, as: as, body: change})
	return object(res, done(res, missing(answer)), "a profile")
}

// ChangePassword implements scorecard.Acts.
func (a *acts) ChangePassword(ctx context.Context, as scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
	_, answer := a.profile(ctx, as, map[string]any{"password": map[string]string{"old": p.Password, "new": to}})
	return answer
}

// StartSecondFactor implements scorecard.Acts.
func (a *acts) StartSecondFactor(ctx context.Context, as scorecard.Credential, p scorecard.Person) (string, scorecard.Answer) {
	m, answer := a.profile(ctx, as, map[string]any{"tfa": map[string]string{"password": p.Password, "mode": "auth-and-writes"}})
	if answer.Verdict != scorecard.Accepted {
		return "", answer
	}
	otpauth := text(m["tfa"])
	if !strings.HasPrefix(otpauth, "otpauth://") || len(otpauth) > typedBound {
		return "", spoilt(answer, "answered with no otpauth address to make codes from")
	}
	return otpauth, answer
}

// ConfirmSecondFactor implements scorecard.Acts. npm answers with the codes
// for a lost device; a profile that does not speak of a second factor has
// confirmed none.
func (a *acts) ConfirmSecondFactor(ctx context.Context, as scorecard.Credential, _ scorecard.Person, code string) scorecard.Answer {
	m, answer := a.profile(ctx, as, map[string]any{"tfa": []string{code}})
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	if tfa := m["tfa"]; absent(tfa) || string(tfa) == "false" {
		return spoilt(answer, "answered with a profile that has no second factor")
	}
	return answer
}

package ktra

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// acts are what it can be asked beyond Cargo's protocol
// (https://book.ktra.dev).
type acts struct {
	scorecard.NoActs
	subject asking.Subject
}

func open(root string, v scorecard.Visitor) *acts {
	return &acts{subject: asking.Subject{Base: root, Visit: v, Authorise: func(h http.Header, secret string) { h.Set("Authorization", secret) }}}
}

// answerBound is how much of an answer is read, in bytes.
const answerBound = 1 << 20

// people makes one of the calls about a person, each of which answers with a
// new token.
func (a *acts) people(ctx context.Context, call string, p scorecard.Person, body map[string]string) (scorecard.Credential, scorecard.Answer) {
	text, err := json.Marshal(body)
	if err != nil {
		return scorecard.Credential{}, asking.Unclear("the request cannot be written as JSON")
	}
	res, answer := a.subject.Ask(ctx, asking.Question{
		Method: http.MethodPost, URL: a.subject.Base + "ktra/api/v1/" + call + "/" + url.PathEscape(p.Name), Limit: answerBound,
		Accept: "application/json", Header: map[string]string{"Content-Type": "application/json"}, Body: text,
	}, said)
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Credential{}, answer
	}
	if words := said(res); words != "" {
		// Its refusals come with a success, as those of registries used to.
		answer.Verdict, answer.Reason = scorecard.Refused, scorecard.Words(words)
		return scorecard.Credential{}, answer
	}
	secret := asking.Text(asking.Members(res.Body)["token"])
	if !asking.Sendable(secret) {
		return scorecard.Credential{}, asking.Spoilt(answer, "answered with %s instead of a token", asking.KindOf(res))
	}
	return scorecard.Credential{Who: p.Name, Secret: secret}, answer
}

// said are the words of a refusal.
func said(res scorecard.Response) string {
	var words []string
	for _, e := range asking.List(asking.Members(res.Body)["errors"]) {
		if s := asking.Text(asking.Members(e)["detail"]); s != "" {
			words = append(words, s)
		}
	}
	return strings.Join(words, "; ")
}

// SignUp implements scorecard.Acts: by default anybody may. It asks for no
// address of mail.
func (a *acts) SignUp(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	return a.people(ctx, "new_user", p, map[string]string{"password": p.Password})
}

// LogIn implements scorecard.Acts. The token of before is good no more.
func (a *acts) LogIn(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	return a.people(ctx, "login", p, map[string]string{"password": p.Password})
}

// ChangePassword implements scorecard.Acts: it wants the password of before
// rather than a token.
func (a *acts) ChangePassword(ctx context.Context, _ scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
	_, answer := a.people(ctx, "change_password", p, map[string]string{"old_password": p.Password, "new_password": to})
	return answer
}

package devpi

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// acts are what it can be asked beyond PyPI's protocol
// (https://devpi.net/docs/devpi/devpi/latest/+doc/curl.html).
type acts struct {
	scorecard.NoActs
	subject asking.Subject
	index   string // below the root: user/name/
}

func open(root string, v scorecard.Visitor) *acts {
	return &acts{subject: asking.Subject{Base: root, Visit: v, Authorise: peer.Basic}}
}

// parted are the name and the password of a credential.
func parted(c scorecard.Credential) (name, password string) {
	name, password, _ = strings.Cut(c.Secret, ":")
	return name, password
}

// answerBound is how much of an answer is read, in bytes.
const answerBound = 1 << 20

// ask makes a request below the root; body is sent as JSON, nil for none.
func (a *acts) ask(ctx context.Context, as scorecard.Credential, method, path string, body any) (scorecard.Response, scorecard.Answer) {
	q := asking.Question{Method: method, URL: a.subject.Base + path, As: as, Limit: answerBound, Accept: "application/json"}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return scorecard.Response{}, asking.Unclear("the request cannot be written as JSON")
		}
		q.Body, q.Header = text, map[string]string{"Content-Type": "application/json"}
	}
	return a.subject.Ask(ctx, q, said)
}

// said is what a refusal says.
func said(res scorecard.Response) string { return asking.Text(asking.Members(res.Body)["message"]) }

func (a *acts) put(ctx context.Context, as scorecard.Credential, path string, body any) scorecard.Answer {
	_, answer := a.ask(ctx, as, http.MethodPut, path, body)
	return answer
}

// Remove implements scorecard.Acts.
func (a *acts) Remove(ctx context.Context, as scorecard.Credential, name, version, _ string) scorecard.Answer {
	path := a.index + url.PathEscape(name)
	if version != "" {
		path += "/" + url.PathEscape(version)
	}
	_, answer := a.ask(ctx, as, http.MethodDelete, path, nil)
	return answer
}

// SignUp implements scorecard.Acts: by default anybody may.
func (a *acts) SignUp(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	answer := a.put(ctx, scorecard.Credential{}, url.PathEscape(p.Name), map[string]string{"password": p.Password, "email": p.Mail})
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Credential{}, answer
	}
	return scorecard.Credential{Who: p.Name, Secret: p.Name + ":" + p.Password}, answer
}

// LogIn implements scorecard.Acts. What it answers is good for some hours in
// the place of the password.
func (a *acts) LogIn(ctx context.Context, p scorecard.Person) (scorecard.Credential, scorecard.Answer) {
	res, answer := a.ask(ctx, scorecard.Credential{}, http.MethodPost, "+login", map[string]string{"user": p.Name, "password": p.Password})
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Credential{}, answer
	}
	const longest = 4 << 10
	token := asking.Text(asking.Members(asking.Members(res.Body)["result"])["password"])
	if token == "" || len(token) > longest {
		return scorecard.Credential{}, asking.Spoilt(answer, "answered with %s instead of a credential", asking.KindOf(res))
	}
	return scorecard.Credential{Who: p.Name, Secret: p.Name + ":" + token}, answer
}

// WhoAmI implements scorecard.Acts.
func (a *acts) WhoAmI(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
	res, answer := a.ask(ctx, as, http.MethodGet, "+api", nil)
	if answer.Verdict != scorecard.Accepted {
		return "", answer
	}
	status := asking.List(asking.Members(asking.Members(res.Body)["result"])["authstatus"])
	if len(status) < 2 {
		return "", asking.Spoilt(answer, "answered with %s instead of who asked", asking.KindOf(res))
	}
	if asking.Text(status[0]) != "ok" {
		// It says so with a success, because anybody may ask.
		return "", scorecard.Answer{Verdict: scorecard.Refused, Status: answer.Status, Reason: scorecard.Words(asking.Text(status[0]))}
	}
	return scorecard.Words(asking.Text(status[1])), answer
}

// ChangePassword implements scorecard.Acts.
func (a *acts) ChangePassword(ctx context.Context, as scorecard.Credential, p scorecard.Person, to string) scorecard.Answer {
	_, answer := a.ask(ctx, as, http.MethodPatch, url.PathEscape(p.Name), map[string]string{"password": to})
	return answer
}

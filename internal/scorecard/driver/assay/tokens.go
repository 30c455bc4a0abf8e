package assay

import (
	"context"
	"net/http"
	"time"

	"assay.invalid/internal/scorecard"
)

// MakeToken implements scorecard.Acts. A token for less than its owner may is
// made by the administrator where the owner cannot; one for all that the owner
// may is not, so that a publisher who asks for it is told so.
func (a *acts) MakeToken(ctx context.Context, as scorecard.Credential, _ scorecard.Person, w scorecard.Wish) (scorecard.Token, scorecard.Answer) {
	body := map[string]any{"note": "made by a trial"}
	grant := "publish"
	if w.ReadOnly {
		grant = "read"
	}
	patterns := make([]string, 0, len(w.Names))
	for _, name := range w.Names {
		patterns = append(patterns, pattern(a.ecosystem, name))
	}
	if len(w.Names) == 0 {
		patterns = append(patterns, pattern(a.ecosystem, "*"))
	}
	body[grant] = patterns
	if w.Lifetime > 0 {
		body["expires"] = time.Now().Add(w.Lifetime).UTC()
	}
	q := question{as: as, method: http.MethodPost, path: api + "tokens", body: body}
	var made struct {
		Token struct {
			ID      string    `json:"id"`
			Publish []string  `json:"publish"`
			Read    []string  `json:"read"`
			Expires time.Time `json:"expires"`
		} `json:"token"`
		Secret string `json:"secret"`
	}
	answer := a.read(ctx, q, &made)
	if forbidden(answer) && a.ownsAll(as, w.Names) {
		q.as = a.instance.administrator
		answer = a.read(ctx, q, &made)
	}
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Token{}, answer
	}
	if made.Secret == "" {
		answer.Verdict, answer.Reason = scorecard.Unclear, "the answer holds no token"
		return scorecard.Token{}, answer
	}
	a.instance.keep(made.Secret)
	return scorecard.Token{
		Credential: scorecard.Credential{Who: as.Who, Secret: made.Secret},
		Key:        made.Token.ID,
		Expires:    made.Token.Expires,
		Names:      append(made.Token.Publish, made.Token.Read...),
	}, answer
}

// ownsAll reports whether the names, of which there is at least one, are all
// the credential's own.
func (a *acts) ownsAll(as scorecard.Credential, names []string) bool {
	for _, name := range names {
		if _, may := a.owner(as, name); !may {
			return false
		}
	}
	return len(names) > 0
}

// RevokeToken implements scorecard.Acts.
func (a *acts) RevokeToken(ctx context.Context, as scorecard.Credential, key string) scorecard.Answer {
	q := question{as: as, method: http.MethodPost, path: api + "tokens/revoke", body: map[string]string{"which": key}}
	_, answer := a.ask(ctx, q)
	if administrator, may := a.owner(as, ""); forbidden(answer) && may {
		q.as = administrator
		_, answer = a.ask(ctx, q)
	}
	return answer
}

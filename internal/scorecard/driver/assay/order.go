package assay

import (
	"context"
	"net/http"
	"net/url"

	"assay.invalid/internal/scorecard"
)

// Block implements scorecard.Acts.
func (a *acts) Block(ctx context.Context, pattern, reason string) scorecard.Answer {
	var made struct {
		ID string `json:"id"`
	}
	answer := a.read(ctx, question{
		as: a.instance.administrator, method: http.MethodPost, path: api + "blocks",
		body: map[string]string{"pattern": pattern, "reason": reason},
	}, &made)
	if answer.Verdict == scorecard.Accepted {
		a.instance.mu.Lock()
		a.instance.known[pattern] = made.ID
		a.instance.mu.Unlock()
	}
	return answer
}

// Unblock implements scorecard.Acts. The server keeps a pattern in its own
// spelling, so a block of ours is ended by its id.
func (a *acts) Unblock(ctx context.Context, pattern string) scorecard.Answer {
	a.instance.mu.Lock()
	which, ok := a.instance.known[pattern]
	delete(a.instance.known, pattern)
	a.instance.mu.Unlock()
	if !ok {
		which = pattern
	}
	_, answer := a.ask(ctx, question{
		as: a.instance.administrator, method: http.MethodDelete, path: api + "blocks", query: url.Values{"which": {which}},
	})
	return answer
}

// Claim implements scorecard.Acts. A name that is claimed already is claimed;
// one that the upstream is known to have is claimed in spite of it, as the
// server asks an administrator to say.
func (a *acts) Claim(ctx context.Context, name string) scorecard.Answer {
	wanted := pattern(a.ecosystem, name)
	body := map[string]any{"pattern": wanted}
	q := question{as: a.instance.administrator, method: http.MethodPost, path: api + "claims", body: body}
	_, answer := a.ask(ctx, q)
	if answer.Status != http.StatusConflict {
		return answer
	}
	var claims []struct {
		Pattern string `json:"pattern"`
	}
	if all := a.read(ctx, question{as: a.instance.administrator, path: api + "claims"}, &claims); all.Verdict != scorecard.Accepted {
		return all
	}
	for _, c := range claims {
		if c.Pattern == wanted {
			return scorecard.Answer{Verdict: scorecard.Accepted, Status: answer.Status, Reason: answer.Reason}
		}
	}
	body["shadow"] = true
	_, answer = a.ask(ctx, q)
	return answer
}

package assay

import (
	"context"
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// SetStatus implements scorecard.Acts.
func (a *acts) SetStatus(ctx context.Context, as scorecard.Credential, name, version string, s assay.Status, reason string) scorecard.Answer {
	return a.stand(ctx, as, name, version, s, reason)
}

// stand asks with the credential that was given, and where that may not, and
// it is a matter of keeping order, as the administrator does for the owner.
func (a *acts) stand(ctx context.Context, as scorecard.Credential, name, version string, s assay.Status, reason string) scorecard.Answer {
	if reason == "" && s != assay.Active {
		reason = "a trial" // the server wants one for everything but a release
	}
	q := question{as: as, method: http.MethodPut, path: api + "standing", body: map[string]any{
		"version": assay.Coordinate{Ecosystem: a.ecosystem, Name: name, Version: version}.String(),
		"status":  s, "reason": reason,
	}}
	_, answer := a.ask(ctx, q)
	administrator, may := a.owner(as, name)
	switch {
	case !forbidden(answer) || !may:
		return answer
	case s == assay.Experimental || s == assay.Deprecated:
		// It is the publisher's to say, and the server answers only an
		// administrator.
		answer.Verdict = scorecard.NoCall
		return answer
	}
	q.as = administrator
	_, answer = a.ask(ctx, q)
	return answer
}

package assay

import (
	"context"
	"net/http"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Report implements scorecard.Acts. Who may not read a hosted package is told
// that there is none, whatever is asked about it, and so cannot report it
// either: then the administrator gives a token that reads the package, as
// everybody has who installs it, and the report is made with that one. The
// exchanges show both.
func (a *acts) Report(ctx context.Context, as scorecard.Credential, name, version, reason string) scorecard.Answer {
	q := question{as: as, method: http.MethodPost, path: api + "reports", body: map[string]string{
		"version": assay.Coordinate{Ecosystem: a.ecosystem, Name: name, Version: version}.String(), "reason": reason,
	}}
	_, answer := a.ask(ctx, q)
	if answer.Verdict != scorecard.Absent || as.Secret == "" {
		return answer
	}
	reader, made := a.MakeToken(ctx, a.instance.administrator, scorecard.Person{}, scorecard.Wish{Names: []string{name}, ReadOnly: true})
	if made.Verdict != scorecard.Accepted {
		return answer
	}
	q.as = reader.Credential
	q.as.Who = "a reader"
	_, answer = a.ask(ctx, q)
	return answer
}

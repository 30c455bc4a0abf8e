package maven

import (
	"context"
	"net/http"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// nobodyHas is an artifact that cannot exist: the domain is reserved for what
// does not (RFC 2606).
const nobodyHas = "invalid.assay-scorecard/asks-for-what-nobody-has"

// Recognise asks for the metadata of an artifact that most repositories have,
// then for that of one that nobody has. A repository has no sign of its own:
// one that has nothing known is told only by the words of its refusal, if they
// speak of artifacts.
func (a *acts) Recognise(ctx context.Context) scorecard.Answer {
	known := scorecard.Answer{Verdict: scorecard.Absent}
	for _, name := range wellKnown()[:min(2, len(wellKnown()))] {
		l, answer := a.list(ctx, scorecard.Credential{}, name)
		if answer.Status == 0 {
			return answer // no answer at all: there is nothing more to ask
		}
		if answer.Verdict == scorecard.Accepted && len(l.Versions) > 0 {
			known = answer
			break
		}
		if answer.Verdict == scorecard.Throttled || answer.Verdict == scorecard.Refused {
			return answer
		}
	}
	of, _ := readName(nobodyHas)
	res, none := a.ask(ctx, asking.Question{URL: a.base + of.folder() + metadataFile, Limit: a.limits.Metadata})
	switch {
	case none.Verdict == scorecard.Accepted:
		return asking.Spoilt(none, "does not answer as a Maven repository: an artifact that nobody has is answered with %s", asking.KindOf(res))
	case known.Verdict == scorecard.Accepted:
		return known
	case none.Verdict == scorecard.Absent && refusesAsRepositoriesDo(res):
		return scorecard.Answer{Verdict: scorecard.Accepted, Status: res.Status, Reason: none.Reason}
	case none.Verdict == scorecard.Refused, none.Verdict == scorecard.Throttled, none.Status == 0:
		return none
	}
	return asking.Spoilt(none, "does not answer as a Maven repository: it has nothing that most have, and answered %d with %s", res.Status, asking.KindOf(res))
}

// refusesAsRepositoriesDo tells a refusal that speaks of an artifact from the
// "404 page not found" of any web server.
func refusesAsRepositoriesDo(res scorecard.Response) bool {
	if res.Status != http.StatusNotFound || asking.IsWebPage(res) {
		return false
	}
	words := strings.ToLower(string(res.Body[:min(len(res.Body), 4<<10)]))
	for _, sign := range []string{"artifact", "asks-for-what-nobody-has"} {
		if strings.Contains(words, sign) {
			return true
		}
	}
	return false
}

// Samples asks for well-known artifacts: the layout has no list of all.
func (a *acts) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	if n <= 0 {
		return nil, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	var found []string
	worst := scorecard.Answer{Verdict: scorecard.Absent, Reason: "none of the well-known artifacts is there"}
	for i, name := range wellKnown() {
		if i >= a.limits.WellKnown || len(found) >= n {
			break
		}
		l, answer := a.list(ctx, scorecard.Credential{}, name)
		switch {
		case answer.Verdict == scorecard.Accepted && len(l.Versions) > 0:
			found = append(found, name)
		case answer.Verdict != scorecard.Accepted && answer.Verdict != scorecard.Absent && worst.Verdict == scorecard.Absent:
			worst = answer
		}
		if answer.Status == 0 {
			break
		}
	}
	if len(found) == 0 {
		return nil, worst
	}
	return found, scorecard.Answer{Verdict: scorecard.Accepted}
}

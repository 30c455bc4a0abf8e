package npm

import (
	"context"

	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// nobodyHas is a name that no registry should have a package of.
const nobodyHas = "assay-scorecard-asks-for-a-package-that-nobody-has"

const mediaAbbreviated = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"

// Recognise asks for the ping of npm's protocol, then for a package that most
// have, then for one that nobody has. A server that has that one as well
// answers anything, and is not recognised.
func (a *acts) Recognise(ctx context.Context) scorecard.Answer {
	res, ping := a.ask(ctx, question{path: "-/ping"})
	if res.Status == 0 {
		return ping // no answer at all: there is nothing more to ask
	}
	_, pong := object(res, ping, "npm's answer to a ping")
	known := scorecard.Answer{Verdict: scorecard.Absent}
	if pong.Verdict != scorecard.Accepted {
		known = a.exists(ctx, wellKnown()[0])
	}
	res, none := a.ask(ctx, question{path: wire.EscapeName(nobodyHas), accept: mediaAbbreviated, limit: a.limits.Document})
	switch {
	case none.Verdict == scorecard.Accepted:
		return spoilt(none, "does not answer as an npm registry: a package that nobody has is answered with %s", kindOf(res))
	case pong.Verdict == scorecard.Accepted:
		return pong
	case known.Verdict == scorecard.Accepted:
		return known
	case res.Status == 404 && text(members(res.Body)["error"]) != "":
		return scorecard.Answer{Verdict: scorecard.Accepted, Status: res.Status, Reason: none.Reason}
	case none.Verdict == scorecard.Refused, none.Verdict == scorecard.Throttled:
		return none
	case none.Status == 0:
		return none
	}
	return spoilt(none, "does not answer as an npm registry: it answered %d with %s", res.Status, kindOf(res))
}

// exists asks whether a package is there, in the form that is cheapest.
func (a *acts) exists(ctx context.Context, name string) scorecard.Answer {
	path, answer, ok := packagePath(name)
	if !ok {
		return answer
	}
	res, answer := a.ask(ctx, question{path: path, accept: mediaAbbreviated, limit: a.limits.Document})
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	l, answer := a.read(res, answer, name)
	if answer.Verdict == scorecard.Accepted && len(l.Versions) == 0 {
		return scorecard.Answer{Verdict: scorecard.Absent, Status: answer.Status, Reason: "it has no versions"}
	}
	return answer
}

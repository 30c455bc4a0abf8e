package pypiserver

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/driver/peer"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// acts are what it can be asked beyond PyPI's protocol.
type acts struct {
	scorecard.NoActs
	subject asking.Subject
}

func open(base string, v scorecard.Visitor) scorecard.Acts {
	return acts{subject: asking.Subject{Base: base, Visit: v, Authorise: peer.Basic}}
}

// answerBound is how much of an answer is read, in bytes.
const answerBound = 1 << 20

// Remove implements scorecard.Acts. There is no call for a whole project, so
// its versions are removed one by one.
func (a acts) Remove(ctx context.Context, as scorecard.Credential, name, version, _ string) scorecard.Answer {
	versions := []string{version}
	if version == "" {
		var answer scorecard.Answer
		if versions, answer = a.versions(ctx, as, name); answer.Verdict != scorecard.Accepted {
			return answer
		}
	}
	answer := scorecard.Answer{Verdict: scorecard.Absent, Reason: "it has no versions"}
	for _, v := range versions {
		// It knows a package by the name that its file begins with.
		form := url.Values{":action": {"remove_pkg"}, "name": {strings.ReplaceAll(name, "-", "_")}, "version": {v}}
		_, answer = a.subject.Ask(ctx, asking.Question{
			Method: http.MethodPost, URL: a.subject.Base, As: as, Limit: answerBound, Body: []byte(form.Encode()),
			Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"},
		}, nil)
		if answer.Verdict != scorecard.Accepted {
			return answer
		}
	}
	return answer
}

// versions are all that it has of a project.
func (a acts) versions(ctx context.Context, as scorecard.Credential, name string) ([]string, scorecard.Answer) {
	res, answer := a.subject.Ask(ctx, asking.Question{
		URL: a.subject.Base + url.PathEscape(name) + "/json", As: as, Limit: answerBound, Accept: "application/json",
	}, nil)
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	var said struct {
		Releases map[string]json.RawMessage `json:"releases"`
	}
	if err := json.Unmarshal(res.Body, &said); err != nil {
		return nil, asking.Spoilt(answer, "answered with %s instead of a project's releases", asking.KindOf(res))
	}
	return slices.Sorted(maps.Keys(said.Releases)), answer
}

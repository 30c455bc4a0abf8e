package cargo

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// nobodyHas is a name that no registry should have a crate of.
const nobodyHas = "assay-scorecard-asks-for-a-crate-that-nobody-has"

// Recognise asks for config.json, which every index has, then for a crate that
// nobody has. A server that has that one as well answers anything, and is not
// recognised.
func (a *acts) Recognise(ctx context.Context) scorecard.Answer {
	_, res, configured := a.readConfig(ctx, scorecard.Credential{})
	switch configured.Verdict {
	case scorecard.Accepted:
	case scorecard.Absent:
		return asking.Spoilt(configured, "does not answer as a Cargo index: it has no config.json")
	default:
		if letsInByToken(res) {
			configured.Verdict = scorecard.Accepted
		}
		return configured
	}
	_, none := a.Listing(ctx, scorecard.Credential{}, nobodyHas)
	if none.Verdict == scorecard.Accepted || none.Verdict == scorecard.Unclear && none.Status >= 200 && none.Status < 300 {
		return asking.Spoilt(none, "does not answer as a Cargo index: a crate that nobody has is there")
	}
	return configured
}

// letsInByToken tells the refusal of an index that wants a token for
// everything: cargo is told so in a scheme of its own.
func letsInByToken(res scorecard.Response) bool {
	scheme, _, _ := strings.Cut(res.Header.Get("Www-Authenticate"), " ")
	return res.Status == http.StatusUnauthorized && strings.EqualFold(scheme, "Cargo")
}

// Samples asks the search, then for well-known crates.
func (a *acts) Samples(ctx context.Context, n int) ([]string, scorecard.Answer) {
	if n <= 0 {
		return nil, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	var found []string
	worst := scorecard.Answer{Verdict: scorecard.Absent, Reason: "neither its search nor well-known names led to a crate"}
	note := func(answer scorecard.Answer) {
		if worst.Verdict == scorecard.Absent && (answer.Verdict == scorecard.Unclear || answer.Verdict == scorecard.Refused || answer.Verdict == scorecard.Throttled) {
			worst = answer
		}
	}
	// Registries that search by words need one that is common; others take
	// the empty one for "everything".
	for _, word := range []string{"a", ""} {
		if len(found) > 0 {
			break
		}
		res, answer := a.call(ctx, scorecard.Credential{}, http.MethodGet, fmt.Sprintf("crates?q=%s&per_page=%d", url.QueryEscape(word), min(n*2, 100)), nil, "")
		names, answer := searched(res, asking.Missing(answer))
		note(answer)
		for _, name := range names {
			// The search of a registry is not its index: a crate counts that
			// is listed.
			if len(found) < n && addressable(name) && !slices.Contains(found, name) && a.listed(ctx, name) {
				found = append(found, name)
			}
		}
		if answer.Verdict != scorecard.Accepted {
			break
		}
	}
	for i, name := range wellKnown() {
		if i >= a.limits.WellKnown || len(found) >= n {
			break
		}
		l, answer := a.Listing(ctx, scorecard.Credential{}, name)
		note(answer)
		if answer.Verdict == scorecard.Accepted && len(l.Versions) > 0 && !slices.Contains(found, name) {
			found = append(found, name)
		}
		if answer.Status == 0 && answer.Verdict == scorecard.Unclear {
			break
		}
	}
	if len(found) == 0 {
		return nil, worst
	}
	return found, scorecard.Answer{Verdict: scorecard.Accepted}
}

func (a *acts) listed(ctx context.Context, name string) bool {
	l, answer := a.Listing(ctx, scorecard.Credential{}, name)
	return answer.Verdict == scorecard.Accepted && len(l.Versions) > 0
}

func searched(res scorecard.Response, answer scorecard.Answer) ([]string, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	all := asking.List(asking.Members(res.Body)["crates"])
	if all == nil {
		return nil, asking.Spoilt(answer, "its search answered with %s instead of crates", asking.KindOf(res))
	}
	const most = 100
	var names []string
	for _, c := range all[:min(len(all), most)] {
		if name := asking.Text(asking.Members(c)["name"]); name != "" {
			names = append(names, name)
		}
	}
	return names, answer
}

package cargo

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
	"assay.invalid/internal/scorecard/protocol/asking"
)

// call makes a call of the registry's API; NoCall where it has none.
func (a *acts) call(ctx context.Context, as scorecard.Credential, method, path string, body []byte, kind string) (scorecard.Response, scorecard.Answer) {
	c, answer := a.configured(ctx, as)
	switch {
	case answer.Verdict != scorecard.Accepted:
		return scorecard.Response{}, answer
	case c.api == "":
		return scorecard.Response{}, scorecard.Answer{Verdict: scorecard.NoCall, Reason: "its config.json names no address of calls"}
	}
	q := asking.Question{Method: method, URL: c.api + "/api/v1/" + path, As: as, Accept: "application/json", Limit: a.limits.Answer, Body: body}
	if kind != "" {
		q.Header = map[string]string{"Content-Type": kind}
	}
	return a.ask(ctx, q)
}

// done judges the answer to a change, as cargo does: JSON, and no errors in
// it. Registries used to send errors with a success.
func done(res scorecard.Response, answer scorecard.Answer) scorecard.Answer {
	if answer.Verdict != scorecard.Accepted {
		return answer
	}
	body := bytes.TrimSpace(res.Body)
	m := asking.Members(body)
	switch {
	case asking.IsWebPage(res), len(body) > 0 && m == nil:
		return asking.Spoilt(answer, "answered with %s instead of saying that it was done", asking.KindOf(res))
	case len(asking.List(m["errors"])) > 0:
		answer.Verdict, answer.Reason = scorecard.Refused, scorecard.Words(said(res))
	case string(m["ok"]) == "false":
		return asking.Spoilt(answer, "answered with status %d and says that it failed", res.Status)
	}
	return answer
}

// Publish sends what cargo publish sends: the description and the crate, each
// behind its length.
func (a *acts) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	content := r.Archive
	if content == nil {
		var err error
		if content, err = (protocol{}).Archive(r); err != nil {
			return asking.Unclear("the release cannot be packed: %v", err)
		}
	}
	described, err := json.Marshal(description(r))
	if err != nil {
		return asking.Unclear("the release cannot be described: %v", err)
	}
	body := binary.LittleEndian.AppendUint32(nil, uint32(len(described)))
	body = append(body, described...)
	body = binary.LittleEndian.AppendUint32(body, uint32(len(content)))
	body = append(body, content...)
	res, answer := a.call(ctx, as, http.MethodPut, "crates/new", body, "application/octet-stream")
	if answer.Verdict == scorecard.Absent {
		// Nothing can be missing at the address for new crates. Registries
		// that say so in cargo's manner hide what one may not do; others have
		// no such call.
		answer.Verdict = scorecard.NoCall
		if said(res) != "" {
			answer.Verdict = scorecard.Refused
		}
	}
	return done(res, answer)
}

// SetStatus yanks a version, and takes back what these acts yanked.
func (a *acts) SetStatus(ctx context.Context, as scorecard.Credential, name, version string, s assay.Status, _ string) scorecard.Answer {
	key := [2]string{fold(name), version}
	a.mu.Lock()
	ours := a.yanked[key]
	a.mu.Unlock()
	if s != assay.Yanked && (s != assay.Active || !ours) {
		return scorecard.Answer{Verdict: scorecard.NoCall}
	}
	method, act := http.MethodDelete, "yank"
	if s == assay.Active {
		method, act = http.MethodPut, "unyank"
	}
	answer := done(a.call(ctx, as, method, "crates/"+url.PathEscape(name)+"/"+url.PathEscape(version)+"/"+act, nil, ""))
	if answer.Verdict == scorecard.Accepted {
		a.mu.Lock()
		a.yanked[key] = s == assay.Yanked
		a.mu.Unlock()
	}
	return answer
}

// AddOwner lets somebody else publish a crate.
func (a *acts) AddOwner(ctx context.Context, as scorecard.Credential, name, person string) scorecard.Answer {
	body, err := json.Marshal(map[string][]string{"users": {person}})
	if err != nil {
		return asking.Unclear("%q cannot be made an owner", person)
	}
	return done(a.call(ctx, as, http.MethodPut, "crates/"+url.PathEscape(name)+"/owners", body, "application/json"))
}

// ExchangeIdentity offers an identity token to the call of trusted publishing.
func (a *acts) ExchangeIdentity(ctx context.Context, _, identity string) (scorecard.Token, scorecard.Answer) {
	body, err := json.Marshal(map[string]string{"jwt": identity})
	if err != nil {
		return scorecard.Token{}, asking.Unclear("the identity token cannot be sent: %v", err)
	}
	res, answer := a.call(ctx, scorecard.Credential{}, http.MethodPost, "trusted_publishing/tokens", body, "application/json")
	return readToken(res, asking.Missing(answer))
}

func readToken(res scorecard.Response, answer scorecard.Answer) (scorecard.Token, scorecard.Answer) {
	if answer.Verdict != scorecard.Accepted {
		return scorecard.Token{}, answer
	}
	secret := asking.Text(asking.Members(res.Body)["token"])
	if !asking.Sendable(secret) {
		return scorecard.Token{}, asking.Spoilt(answer, "answered with %s instead of a token", asking.KindOf(res))
	}
	return scorecard.Token{Credential: scorecard.Credential{Who: "identity", Secret: secret}}, answer
}

// dependency is one of a description.
type dependency struct {
	Name     string   `json:"name"`
	Wanted   string   `json:"version_req"`
	Features []string `json:"features"`
	Optional bool     `json:"optional"`
	Default  bool     `json:"default_features"`
	Target   *string  `json:"target"`
	Kind     string   `json:"kind"`
	Registry *string  `json:"registry"`
	Explicit *string  `json:"explicit_name_in_toml"`
}

// description is the JSON that goes along with a crate.
func description(r scorecard.Release) map[string]any {
	dependencies := []dependency{}
	for _, name := range slices.Sorted(maps.Keys(r.Dependencies)) {
		dependencies = append(dependencies, dependency{Name: name, Wanted: wanted(r.Dependencies[name]), Features: []string{}, Default: true, Kind: "normal"})
	}
	optional := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return map[string]any{
		"name": r.Name, "vers": r.Version, "deps": dependencies, "features": map[string]any{}, "authors": authors(r),
		"description": summary, "documentation": nil, "homepage": optional(r.Homepage), "readme": nil, "readme_file": nil,
		"keywords": []string{}, "categories": []string{}, "license": "CC0-1.0", "license_file": nil,
		"repository": optional(r.Repository), "badges": map[string]any{}, "links": nil, "rust_version": nil,
	}
}

const summary = "Made by a trial of a scorecard, to be removed when it is over."

func authors(r scorecard.Release) []string {
	if r.Mail == "" {
		return []string{}
	}
	return []string{"Assay trial <" + r.Mail + ">"}
}

// wanted is a requirement as the index has it.
func wanted(version string) string {
	if version == "" {
		return "*"
	}
	if version[0] >= '0' && version[0] <= '9' {
		return "^" + version
	}
	return version
}

package assay

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/scorecard"
)

// Publish implements scorecard.Acts for modules, which have no publishing
// protocol of their own.
func (a *acts) Publish(ctx context.Context, as scorecard.Credential, r scorecard.Release) scorecard.Answer {
	if a.ecosystem != assay.Golang {
		return a.NoActs.Publish(ctx, as, r)
	}
	zip := r.Archive
	if zip == nil {
		var err error
		if zip, err = a.world.protocol.Archive(r); err != nil {
			return unclear("the release cannot be packed: " + scorecard.Words(err.Error()))
		}
	}
	_, answer := a.ask(ctx, question{
		as: as, method: http.MethodPut, path: api + "publish/" + a.world.place,
		query: url.Values{"module": {r.Name}, "version": {r.Version}}, zip: zip,
	})
	if answer.Verdict == scorecard.Accepted {
		a.instance.remember(r.Name, r.Version)
	}
	return answer
}

// remember keeps in mind what has to be removed one by one.
func (i *instance) remember(name, version string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !slices.Contains(i.published[name], version) {
		i.published[name] = append(i.published[name], version)
	}
}

// Remove implements scorecard.Acts. A whole package is removed version by
// version, because Assay has no call for it.
func (a *acts) Remove(ctx context.Context, as scorecard.Credential, name, version, reason string) scorecard.Answer {
	versions := []string{version}
	answer := a.NoActs.Remove(ctx, as, name, version, reason)
	if version == "" {
		if versions, answer = a.versions(ctx, as, name); answer.Verdict != scorecard.Accepted {
			return answer
		}
	}
	for _, v := range versions {
		answer = a.stand(ctx, as, name, v, assay.Removed, reason)
		// One that is removed already is what was wanted of the whole.
		if version == "" && answer.Status == http.StatusConflict {
			answer = scorecard.Answer{Verdict: scorecard.Accepted, Status: answer.Status, Reason: answer.Reason}
		}
		if answer.Verdict != scorecard.Accepted {
			return answer
		}
	}
	return answer
}

// versions are all of a package that there are to remove.
func (a *acts) versions(ctx context.Context, as scorecard.Credential, name string) ([]string, scorecard.Answer) {
	if a.ecosystem == assay.Golang {
		a.instance.mu.Lock()
		defer a.instance.mu.Unlock()
		known := slices.Clone(a.instance.published[name])
		if len(known) == 0 {
			return nil, scorecard.Answer{Verdict: scorecard.NoCall}
		}
		return known, scorecard.Answer{Verdict: scorecard.Accepted}
	}
	listed, answer := a.world.protocol.Open(a.instance.base+a.world.place+"/", a.visit).Listing(ctx, as, name)
	return slices.Sorted(maps.Keys(listed.Versions)), answer
}

// WhoAmI implements scorecard.Acts where the protocol has no call: tokens are
// good for the whole server, and npm's call on it names their owner.
func (a *acts) WhoAmI(ctx context.Context, as scorecard.Credential) (string, scorecard.Answer) {
	if a.ecosystem == assay.NPM {
		return a.NoActs.WhoAmI(ctx, as)
	}
	var said struct {
		Username string `json:"username"`
	}
	answer := a.read(ctx, question{as: as, path: "npm/-/whoami"}, &said)
	return scorecard.Words(said.Username), answer
}

package golang

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"assay.invalid/internal/ecosystem/golang/wire"
	"assay.invalid/internal/scorecard"
)

// nobodyHas is a module that cannot exist: the domain is reserved for what
// does not (RFC 2606).
const nobodyHas = "assay-scorecard.invalid/asks/for/what/nobody/has"

// Recognise asks for the list of a module that most proxies have, and for the
// description of its newest version, which no server gives that answers
// anything with the same words. Where none of them is there it asks for one
// that nobody has, and looks at how that is refused: that comes last, because
// it may send a proxy far to look for it.
func (a *acts) Recognise(ctx context.Context) scorecard.Answer {
	for _, name := range wellKnown()[:min(a.limits.Tries, len(wellKnown()))] {
		versions, known := a.list(ctx, scorecard.Credential{}, name)
		if known.Status == 0 {
			return known // no answer at all: there is nothing more to ask
		}
		if known.Verdict == scorecard.Accepted && len(versions) > 0 && a.describes(ctx, name, wire.Newest(versions)) {
			return known
		}
		if known.Verdict == scorecard.Unclear && known.Status < http.StatusInternalServerError || known.Verdict == scorecard.Throttled {
			break // whatever it is, the next module will not be answered better
		}
	}
	path, err := wire.ListPath(nobodyHas)
	if err != nil {
		return unclear("the list of %s cannot be asked for: %v", nobodyHas, err)
	}
	res, none := a.ask(ctx, scorecard.Credential{}, path, a.limits.Wire.List)
	switch {
	case none.Verdict == scorecard.Accepted:
		return spoilt(none, "does not answer as a Go module proxy: a module that nobody has is answered with %s", kindOf(res))
	case refusesAsProxiesDo(res):
		none.Verdict = scorecard.Accepted
		return none
	case none.Status == http.StatusUnauthorized, none.Status == http.StatusForbidden, none.Verdict == scorecard.Throttled, none.Status == 0:
		return none
	}
	return spoilt(none, "does not answer as a Go module proxy: it answered %d with %s", res.Status, kindOf(res))
}

// describes tells whether a version's description is one.
func (a *acts) describes(ctx context.Context, name, version string) bool {
	path, err := wire.FilePath(name, version, wire.Info)
	if err != nil {
		return false
	}
	res, answer := a.ask(ctx, scorecard.Credential{}, path, a.limits.Wire.Info)
	if answer.Verdict != scorecard.Accepted {
		return false
	}
	_, err = wire.DecodeInfo(name, version, res.Body, a.limits.Wire)
	return err == nil
}

// refusesAsProxiesDo tells the refusals of a proxy, which the go command
// prints and which therefore speak of modules, from the "404 page not found"
// of any web server.
func refusesAsProxiesDo(res scorecard.Response) bool {
	switch res.Status {
	case http.StatusNotFound, http.StatusGone, http.StatusForbidden:
	default:
		return false
	}
	media := res.Header.Get("Content-Type")
	if isWebPage(res) || media != "" && !strings.HasPrefix(media, "text/plain") {
		return false
	}
	words := strings.ToLower(string(res.Body[:min(len(res.Body), 4<<10)]))
	return strings.HasPrefix(words, "not found: ") || strings.Contains(words, "module") || strings.Contains(words, nobodyHas)
}

// kindOf names what came, for a reason.
func kindOf(res scorecard.Response) string {
	body := bytes.TrimSpace(res.Body)
	switch {
	case len(body) == 0:
		return "nothing"
	case isWebPage(res):
		return "a web page"
	case bytes.HasPrefix(body, []byte("PK\x03\x04")):
		return "a zip"
	case body[0] == '{' || body[0] == '[':
		return "JSON"
	case bytes.IndexByte(body[:min(len(body), 512)], 0) >= 0:
		return "bytes of another kind"
	}
	return "text"
}

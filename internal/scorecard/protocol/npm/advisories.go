package npm

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strings"

	"assay.invalid/internal/ecosystem/npm/wire"
	"assay.invalid/internal/scorecard"
)

// Advisories makes the bulk request of npm audit. It is sent plainly first,
// and compressed as npm does where that was not understood.
func (a *acts) Advisories(ctx context.Context, as scorecard.Credential, name, version string) ([]string, scorecard.Answer) {
	body, err := json.Marshal(map[string][]string{name: {version}})
	if err != nil {
		return nil, unclear("%q cannot be asked about", name)
	}
	q := question{
		method: http.MethodPost, path: "-/npm/v1/security/advisories/bulk", as: as, raw: body,
		header: map[string]string{"Content-Type": mediaJSON},
	}
	res, answer := a.ask(ctx, q)
	if answer.Status == http.StatusBadRequest || answer.Status == http.StatusUnsupportedMediaType {
		if q.raw, err = compressed(body); err != nil {
			return nil, unclear("the request could not be compressed: %v", err)
		}
		q.header["Content-Encoding"] = "gzip"
		res, answer = a.ask(ctx, q)
	}
	m, answer := object(res, missing(answer), "advisories")
	if answer.Verdict != scorecard.Accepted {
		return nil, answer
	}
	ids, ok := advised(m, name, version, a.limits.Advisories)
	if !ok {
		return nil, spoilt(answer, "answered with JSON that is not advisories by package")
	}
	return ids, answer
}

func compressed(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(body)
	if closed := w.Close(); err == nil {
		err = closed
	}
	return b.Bytes(), err
}

// advised are the ids of advisories whose range holds the version. The range
// is judged here because npm judges it itself: the answer may speak of other
// versions, too.
func advised(m map[string]json.RawMessage, name, version string, most int) ([]string, bool) {
	raw, there := m[name]
	if !there {
		// An empty object is the answer "nothing known". Any other must at
		// least be of the right shape.
		for _, other := range m {
			if list(other) == nil {
				return nil, false
			}
		}
		return nil, true
	}
	all := list(raw)
	if all == nil {
		return nil, false
	}
	var ids []string
	for _, e := range all {
		o := members(e)
		if o == nil {
			return nil, false
		}
		if r, err := (wire.Grammar{}).Range(text(o["vulnerable_versions"])); err == nil && !r.Contains(version) {
			continue
		}
		if id := advisoryID(o); id != "" && !slices.Contains(ids, id) && len(ids) < most {
			ids = append(ids, id)
		}
	}
	return ids, true
}

// advisoryID prefers the id that people look advisories up by, which npm's
// form has in the address alone.
func advisoryID(o map[string]json.RawMessage) string {
	const longest = 64
	id := path.Base(text(o["url"]))
	if !strings.Contains(id, "-") || strings.ContainsAny(id, "?#= ") {
		id = text(o["id"])
		var n json.Number
		if id == "" && json.Unmarshal(o["id"], &n) == nil {
			id = n.String()
		}
	}
	if id = scorecard.Words(id); len(id) > longest {
		return ""
	}
	return id
}

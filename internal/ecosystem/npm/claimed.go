package npm

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"assay.invalid/internal/assay"
	"assay.invalid/internal/ecosystem"
	"assay.invalid/internal/ecosystem/npm/wire"
)

// Sizes of a search's answer, in results.
const (
	searchSize    = 20
	maxSearchSize = 250
)

// maxSearchAnswer bounds what is read of an upstream's answer to a search.
const maxSearchAnswer = 8 << 20

// searchBoth answers with the hosted packages that the asker may read and,
// behind them, what the upstream finds. A search with a claimed name or scope
// in it stays here: the name must not leave in a search either, whatever
// stands around it.
func (h *handler) searchBoth(w http.ResponseWriter, r *http.Request, asked url.Values) {
	text := asked.Get("text")
	size := number(asked.Get("size"), searchSize, maxSearchSize)
	from := number(asked.Get("from"), 0, 1<<20)
	found, err := h.publisher.Search(r.Context(), text, from+size)
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	var hits []wire.Hit
	for _, f := range found[min(from, len(found)):] {
		hits = append(hits, wire.Hit{Name: f.Name, Version: f.Version, Description: f.Description, At: f.Published})
	}
	var theirs []byte
	if !claimedText(text, h.publisher.Claimed) {
		theirs, err = h.searchUpstream(r.Context(), asked)
		if err != nil && len(hits) == 0 {
			h.refuse(w, r, err, assay.Coordinate{})
			return
		}
		// An upstream that cannot be asked does not hide what is hosted.
	}
	merged, err := wire.MergeSearch(hits, theirs, size, h.publisher.Claimed, time.Now())
	if err != nil {
		h.refuse(w, r, err, assay.Coordinate{})
		return
	}
	h.personal(w)
	writeOwn(w, r, string(merged))
}

// searchUpstream passes a search on. Of the parameters beside the text only
// numbers go out, because a name could stand in any of them.
func (h *handler) searchUpstream(ctx context.Context, asked url.Values) ([]byte, error) {
	query := url.Values{}
	for _, key := range searchParameters {
		value := asked.Get(key)
		if _, err := strconv.ParseFloat(value, 64); err == nil || key == "text" && value != "" {
			query.Set(key, value)
		}
	}
	content, err := h.repo.Pass(ctx, ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{Key: "search", Path: "-/v1/search", Accept: mediaFull},
		Query:  query,
		Names:  searchNames(query.Get("text")),
	})
	if err != nil {
		return nil, err
	}
	if content.Release != nil {
		defer content.Release()
	}
	if content.Status >= http.StatusBadRequest {
		return nil, &assay.Error{Kind: assay.Unavailable, Status: content.Status, Message: "the upstream answered the search with " + strconv.Itoa(content.Status)}
	}
	body := content.Stream
	if content.Seeker != nil {
		body = content.Seeker
	}
	answer, err := io.ReadAll(io.LimitReader(body, maxSearchAnswer+1))
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "the upstream's answer to the search broke off")
	}
	if len(answer) > maxSearchAnswer {
		return nil, assay.Errorf(assay.Unsound, "the upstream's answer to the search is larger than %d bytes", maxSearchAnswer)
	}
	return answer, nil
}

// number reads a whole number of a query, or the default, within a bound.
func number(text string, otherwise, most int) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return otherwise
	}
	return min(n, most)
}

// claimedText tells whether a search holds a claimed name or a claimed scope,
// however it is wrapped: in quotes, behind a qualifier ("scope:acme"), in a
// list, percent-encoded, with a version behind it, or without the at sign.
func claimedText(text string, claimed func(string) bool) bool {
	for _, form := range []string{text, strings.ToLower(text)} {
		// Decoded as often as anybody might: what looks like an escape after
		// that is no name.
		for range 3 {
			if claimedWord(form, claimed) {
				return true
			}
			plain, err := url.PathUnescape(form)
			if err != nil || plain == form {
				break
			}
			form = plain
		}
	}
	return false
}

func claimedWord(text string, claimed func(string) bool) bool {
	// Cut at what no name holds, and again at what only old names hold.
	for _, keep := range []string{"@/-._~!*'()", "@/-._"} {
		words := strings.FieldsFunc(text, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(keep, r))
		})
		for _, word := range words {
			for _, candidate := range readings(word) {
				if name, err := wire.Name(candidate); err == nil && claimed(name) {
					return true
				}
			}
		}
	}
	return false
}

// readings are the names that a word of a search can mean.
func readings(word string) []string {
	word = strings.Trim(word, "/-._")
	if at := strings.LastIndexByte(word, '@'); at > 0 {
		return append(readings(word[:at]), readings(word[at:])...)
	}
	bare := strings.TrimPrefix(word, "@")
	scope, _, _ := strings.Cut(bare, "/")
	// A scope is claimed when any name in it would be.
	names := []string{word, bare, "@" + bare, "@" + scope + "/a"}
	for part := range strings.SplitSeq(bare, "/") {
		names = append(names, part)
	}
	return names
}

// stripAudit takes the claimed names out of an audit request. With none of
// the others left there is nothing to ask.
func (h *handler) stripAudit(body []byte, path string) (stripped []byte, names []string, err error) {
	return wire.StripAudit(body, path != pathBulk, h.publisher.Claimed)
}

// nothingFound is the answer to an audit of hosted packages alone: nobody
// outside knows anything of them.
func nothingFound(path string) string {
	if path == pathBulk {
		return `{}`
	}
	return `{"actions":[],"advisories":{},"muted":[],"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":0,"critical":0},"dependencies":0,"devDependencies":0,"optionalDependencies":0,"totalDependencies":0}}`
}

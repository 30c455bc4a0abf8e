package cargo

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
	"assay.invalid/internal/ecosystem/cargo/wire"
)

// Sizes of a search's answer, in results; cargo asks for 10 and 100 at most.
const (
	searchSize    = 10
	maxSearchSize = 100
)

// maxSearchAnswer bounds what is read of an upstream's answer to a search.
const maxSearchAnswer = 4 << 20

// keepConfig is how long the upstream's address for searches is kept.
const keepConfig = 10 * time.Minute

// search answers with the hosted crates that the asker may read and, behind
// them, what the upstream finds. A search with a claimed name in it, or with
// the begin of one, stays here.
func (h *handler) search(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RawQuery) > h.limits.query {
		h.refuse(w, r, assay.Errorf(assay.TooLarge, "the search is longer than %d bytes", h.limits.query), assay.Coordinate{})
		return
	}
	asked, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		h.refuse(w, r, assay.Errorf(assay.Invalid, "the search is not percent-encoded correctly"), assay.Coordinate{})
		return
	}
	text, size := asked.Get("q"), searchSize
	if n, err := strconv.Atoi(asked.Get("per_page")); err == nil && n > 0 {
		size = min(n, maxSearchSize)
	}
	var hosted []wire.Hit
	claimed := func(string) bool { return false }
	if h.publisher != nil {
		claimed = h.publisher.Claimed
		found, err := h.publisher.Search(r.Context(), text, size)
		if err != nil {
			h.refuse(w, r, err, assay.Coordinate{})
			return
		}
		for _, f := range found {
			hosted = append(hosted, wire.Hit{Name: f.Name, Version: f.Version, Description: f.Description})
		}
	}
	var theirs wire.Results
	if !claimedText(text, claimed) {
		// An upstream that cannot be asked does not hide what is hosted.
		if theirs, err = h.searchUpstream(r.Context(), text, size); err != nil && len(hosted) == 0 {
			h.refuse(w, r, err, assay.Coordinate{})
			return
		}
	}
	w.Header().Set("Vary", "Authorization")
	writeOwn(w, r, http.StatusOK, jsonType, string(wire.Merge(hosted, theirs, size, claimed).Encode()))
}

// searchUpstream asks where the upstream's config.json says. One that has no
// such address finds nothing.
func (h *handler) searchUpstream(ctx context.Context, text string, size int) (wire.Results, error) {
	raw, err := h.pass(ctx, ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{Key: "config", Path: wire.ConfigPath, Limit: h.limits.document.Config},
		Keep:   keepConfig,
	}, h.limits.document.Config)
	if err != nil {
		return wire.Results{}, err
	}
	config, err := wire.ReadConfig(strings.NewReader(string(raw)), int64(len(raw)), h.limits.document)
	if err != nil || config.Search() == "" {
		return wire.Results{}, err
	}
	raw, err = h.pass(ctx, ecosystem.Passage{
		Method: http.MethodGet,
		Source: ecosystem.Source{Key: "search", URL: config.Search(), Accept: jsonType, Limit: maxSearchAnswer},
		Query:  url.Values{"q": {text}, "per_page": {strconv.Itoa(size)}},
		Names:  searchNames(text),
	}, maxSearchAnswer)
	if err != nil {
		return wire.Results{}, err
	}
	return wire.ReadSearch(raw)
}

// pass reads a small answer of the upstream's whole.
func (h *handler) pass(ctx context.Context, p ecosystem.Passage, most int64) ([]byte, error) {
	content, err := h.repo.Pass(ctx, p)
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
	raw, err := io.ReadAll(io.LimitReader(body, most+1))
	if err != nil {
		return nil, assay.Wrap(assay.Unavailable, err, "the upstream's answer to the search broke off")
	}
	if int64(len(raw)) > most {
		return nil, assay.Errorf(assay.Unsound, "the upstream's answer to the search is larger than %d bytes", most)
	}
	return raw, nil
}

// searchNames are the words of a search that can be crates' names.
func searchNames(text string) []string {
	var names []string
	for _, word := range splitWords(text) {
		if name, err := wire.Name(word); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// claimedText tells whether a search holds a claimed name or what could be the
// begin of one, percent-encoded or not, however many words stand around it.
// Decoded as often as anybody might: what looks like an escape after that is
// no name.
func claimedText(text string, claimed func(string) bool) bool {
	for range 3 {
		for _, word := range splitWords(text) {
			// A hyphen may stand for a blank, so the parts of a word count too,
			// and a claim of acme-* makes acme a word that gives it away.
			for _, part := range append(splitName(word), word) {
				for _, candidate := range []string{part, part + "-a"} {
					if name, err := wire.Name(candidate); err == nil && claimed(name) {
						return true
					}
				}
			}
		}
		if joined := strings.Join(splitWords(text), "-"); joined != "" {
			if name, err := wire.Name(joined); err == nil && claimed(name) {
				return true
			}
		}
		plain := decode(text)
		if plain == text {
			return false
		}
		text = plain
	}
	return false
}

// decode undoes every percent-encoding that there is, and leaves other percent
// signs as they are: one that is broken must not hide the others.
func decode(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := strconv.ParseUint(text[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// splitWords cuts a text at what no crate's name holds.
func splitWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
	})
}

// splitName cuts a name at its hyphens and underscores.
func splitName(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' })
}

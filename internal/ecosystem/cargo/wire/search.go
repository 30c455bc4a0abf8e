package wire

import (
	"encoding/json"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"assay.invalid/internal/assay"
)

// Hit is one result of a search.
type Hit struct {
	Name        string `json:"name"`
	Version     string `json:"max_version"`
	Description string `json:"description"`
}

// Results are the results of a search, and how many there are in all.
type Results struct {
	Hits  []Hit
	Total int
}

type searchAnswer struct {
	Crates []Hit      `json:"crates"`
	Meta   searchMeta `json:"meta"`
}

type searchMeta struct {
	Total int `json:"total"`
}

// ReadSearch reads an upstream's answer to a search. Errors are of kind
// Unsound.
func ReadSearch(raw []byte) (Results, error) {
	var a searchAnswer
	if err := jsonv2.Unmarshal(raw, &a); err != nil {
		return Results{}, assay.Wrap(assay.Unsound, err, "the upstream's answer to the search is not sound: %s", brief(err))
	}
	r := Results{Total: max(a.Meta.Total, 0)}
	for _, h := range a.Crates {
		if _, err := Name(h.Name); err == nil && ValidVersion(h.Version) {
			r.Hits = append(r.Hits, h)
		}
	}
	return r, nil
}

// Merge puts the hosted crates before the upstream's, leaves out what only
// looks like one of them, and keeps as many as were asked for.
func Merge(hosted []Hit, theirs Results, size int, claimed func(string) bool) Results {
	all := Results{Hits: hosted, Total: len(hosted) + theirs.Total}
	for _, h := range theirs.Hits {
		if claimed(strings.ToLower(h.Name)) {
			all.Total--
			continue
		}
		all.Hits = append(all.Hits, h)
	}
	all.Hits = all.Hits[:min(size, len(all.Hits))]
	all.Total = max(all.Total, len(all.Hits))
	return all
}

// Encode writes the answer to a search.
func (r Results) Encode() []byte {
	hits := r.Hits
	if hits == nil {
		hits = []Hit{}
	}
	raw, err := json.Marshal(searchAnswer{Crates: hits, Meta: searchMeta{r.Total}})
	if err != nil { // texts and a number always encode
		return []byte(`{"crates":[],"meta":{"total":0}}`)
	}
	return raw
}

package wire

import (
	"bytes"
	"encoding/json"
	"time"

	"assay.invalid/internal/assay"
)

// Hit is one hosted package in the answer to a search.
type Hit struct {
	Name, Version, Description string
	At                         time.Time
}

// searched is the answer to a search. Of an object only the package's name is
// looked at.
type searched struct {
	Objects []json.RawMessage `json:"objects"`
	Total   int64             `json:"total"`
	Time    string            `json:"time"`
}

// MergeSearch writes an answer to a search: the hits, then the upstream's
// results, at most size together. Results for which drop is true are left
// out: an upstream must not speak for a name that belongs here. upstream may
// be nil for hits alone; errors are of kind Unsound.
func MergeSearch(hits []Hit, upstream []byte, size int, drop func(name string) bool, now time.Time) ([]byte, error) {
	all := searched{Objects: []json.RawMessage{}, Time: stamp(now)}
	mine := map[string]bool{}
	for _, hit := range hits {
		raw, err := json.Marshal(hitObject(hit))
		if err != nil {
			return nil, assay.Wrap(assay.Internal, err, "a search result cannot be written")
		}
		mine[hit.Name] = true
		all.Objects = append(all.Objects, raw)
	}
	all.Total = int64(len(hits))
	if upstream != nil {
		var theirs searched
		if err := json.Unmarshal(upstream, &theirs); err != nil {
			return nil, assay.Wrap(assay.Unsound, err, "the upstream's answer to the search cannot be read: %s", brief(err))
		}
		all.Total += max(theirs.Total, 0)
		for _, raw := range theirs.Objects {
			name, err := searchedName(raw)
			if err != nil {
				return nil, assay.Wrap(assay.Unsound, err, "the upstream's answer to the search cannot be read: %s", brief(err))
			}
			if mine[name] || drop(name) {
				all.Total--
				continue
			}
			all.Objects = append(all.Objects, raw)
		}
	}
	if len(all.Objects) > size {
		all.Objects = all.Objects[:size]
	}
	all.Total = max(all.Total, int64(len(all.Objects)))
	out, err := json.Marshal(all)
	if err != nil {
		return nil, assay.Wrap(assay.Internal, err, "the answer to the search cannot be written")
	}
	return out, nil
}

// searchedName is the name of the package in a result. It is read as strictly
// as a document: a result that named one package to us and another to npm
// would pass for what it is not.
func searchedName(raw []byte) (string, error) {
	const depth, keys = 32, 10_000
	s := newScanner(bytes.NewReader(raw), depth, int64(len(raw))+1, keys)
	name := ""
	outer, inner := watch{names: []string{"package"}}, watch{names: []string{"name"}}
	err := s.object(func(key []byte, _ int64) error {
		if err := outer.see(key); err != nil {
			return err
		}
		if string(key) != "package" {
			return s.skip()
		}
		return s.object(func(key []byte, _ int64) error {
			if err := inner.see(key); err != nil {
				return err
			}
			if string(key) != "name" {
				return s.skip()
			}
			text, _, err := s.text()
			name = text
			return err
		})
	})
	return name, err
}

// hitObject is a result as npm's clients read one: those that show people and
// scores expect the members to be there.
func hitObject(hit Hit) any {
	about := map[string]any{
		"name": hit.Name, "version": hit.Version, "description": hit.Description,
		"keywords": []string{}, "maintainers": []string{}, "links": map[string]string{},
	}
	if !hit.At.IsZero() {
		about["date"] = stamp(hit.At)
	}
	return map[string]any{
		"package":     about,
		"score":       map[string]any{"final": 1, "detail": map[string]any{"quality": 1, "popularity": 1, "maintenance": 1}},
		"searchScore": 1,
	}
}

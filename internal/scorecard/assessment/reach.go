package assessment

import (
	"math"

	"go.yaml.in/yaml/v3"

	"assay.invalid/internal/scorecard/assess"
)

// Reach is one number that a document gives for how many a repository reaches.
type Reach struct {
	// Of is what was counted, one of Counted.
	Of string `json:"of"`
	// Number is what the document says; where it only says "over", or
	// "hundreds of millions", the least that this can mean.
	Number int64 `json:"number"`
	// Per is the time in which it was counted: day, month or year; "" for
	// all time, or for what there is at the moment.
	Per  string `json:"per,omitempty"`
	Note string `json:"note,omitempty"`
	// Evidence is the document.
	Evidence assess.Link `json:"evidence"`
}

// Counted are the things that a reach can be of.
var Counted = []string{"downloads", "requests", "packages", "files", "dependents", "publishers", "organisations", "bytes"}

// spans are the times in which something can be counted.
var spans = []string{"day", "month", "year"}

func (r *reader) reach(n *yaml.Node, path string) Reach {
	var out Reach
	seen := r.fields(n, path,
		field{"of", func(n *yaml.Node, path string) { out.Of, _ = r.choice(n, path, "thing to count", Counted) }},
		field{"number", func(n *yaml.Node, path string) { out.Number = r.number(n, path) }},
		field{"per", func(n *yaml.Node, path string) { out.Per, _ = r.choice(n, path, "span of time", spans) }},
		field{"note", func(n *yaml.Node, path string) { out.Note, _ = r.text(n, path, r.limits.long) }},
		field{"evidence", func(n *yaml.Node, path string) { out.Evidence = r.link(n, path) }},
	)
	for _, must := range []struct{ key, say string }{
		{"of", "what was counted: " + orList(Counted)},
		{"number", "how many the document says"},
		{"evidence", "the document that says so"},
	} {
		if !seen[must.key] {
			r.wrong(n, below(path, must.key), "is missing: it is %s", must.say)
		}
	}
	return out
}

// number reads how many. What no double can hold exactly is refused: readers
// in other languages would see another number.
func (r *reader) number(n *yaml.Node, path string) int64 {
	const most = 1<<53 - 1
	var count float64
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" && n.ShortTag() != "!!float" || n.Decode(&count) != nil {
		r.wrong(n, path, "%s where a number belongs", kindOf(n))
		return 0
	}
	if !(count >= 1 && count <= most) || count != math.Trunc(count) {
		r.wrong(n, path, "%s: a whole number from 1 to %d belongs here", quoted(n.Value), most)
		return 0
	}
	return int64(count)
}

package osv

// Report says what became of what was read.
type Report struct {
	Records   int            // that are used
	Withdrawn int            // that were withdrawn, and match nothing
	Elsewhere map[string]int // packages of ecosystems that Assay does not know, by OSV's word
	Broken    int            // records and files that could not be read, and parts of records
	Problems  []Problem      // the first of those

	most int
}

// Problem is something that could not be used.
type Problem struct {
	Where string `json:"where"` // file and line, or the record's id
	What  string `json:"what"`
}

func (r *Report) problem(where, what string) {
	r.Broken++
	most := r.most
	if most == 0 {
		most = Limits{}.withDefaults().Problems
	}
	if len(r.Problems) < most {
		r.Problems = append(r.Problems, Problem{shorten(where, 200), shorten(what, 400)})
	}
}

// maxElsewhere bounds the words that are counted one by one.
const maxElsewhere = 200

func (r *Report) elsewhere(ecosystem string) {
	if r.Elsewhere == nil {
		r.Elsewhere = map[string]int{}
	}
	word := shorten(ecosystem, 60)
	if _, known := r.Elsewhere[word]; !known && len(r.Elsewhere) >= maxElsewhere {
		word = "others"
	}
	r.Elsewhere[word]++
}

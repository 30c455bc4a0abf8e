package assessment

// limits bound what is read. The file may come from a repository that is
// being scored, so its author is not to be trusted with memory.
type limits struct {
	bytes    int // of the file
	problems int // that are told; the rest is only mentioned
	depth    int // of nesting: the form needs 6
	short    int // bytes of a name or title
	long     int // bytes of a note, an address or a description
	evidence int // items of one capability
}

func safe() limits {
	return limits{bytes: 2 << 20, problems: 100, depth: 16, short: 400, long: 4000, evidence: 50}
}

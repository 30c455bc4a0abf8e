package osv

import "cmp"

// Limits bound what is read. A zero field means its default.
type Limits struct {
	Record   int   // bytes of one record; 4 MiB
	Affected int   // packages of one record; 5,000
	Versions int   // enumerated versions of one record; 200,000
	Events   int   // events of one record; 50,000
	Aliases  int   // of one record; 1,000
	Records  int   // in all; 2,000,000
	Total    int64 // bytes in all, unpacked; 8 GiB
	Files    int   // of a directory or an archive; 2,000,000
	Problems int   // named in a Report; the rest is counted; 100
}

func (l Limits) withDefaults() Limits {
	l.Record = cmp.Or(l.Record, 4<<20)
	l.Affected = cmp.Or(l.Affected, 5_000)
	l.Versions = cmp.Or(l.Versions, 200_000)
	l.Events = cmp.Or(l.Events, 50_000)
	l.Aliases = cmp.Or(l.Aliases, 1_000)
	l.Records = cmp.Or(l.Records, 2_000_000)
	l.Total = cmp.Or(l.Total, 8<<30)
	l.Files = cmp.Or(l.Files, 2_000_000)
	l.Problems = cmp.Or(l.Problems, 100)
	return l
}

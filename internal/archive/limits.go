package archive

import "cmp"

// Limits bound what reading one archive may cost. A zero field means its
// default.
type Limits struct {
	Packed    int64 // bytes of the archive as sent; 256 MiB
	Unpacked  int64 // bytes of all entries together, tar's own headers counted; 1 GiB
	Entry     int64 // bytes of one entry; 512 MiB
	Entries   int   // files, folders and links; 100,000
	Ratio     int64 // unpacked bytes to a packed one, beyond a first MiB; 200
	Name      int   // bytes of one name; 1,024
	Depth     int   // segments of one name; 64
	Directory int64 // bytes of a zip's table of contents; 32 MiB
}

// withDefaults fills in what was left zero. Deflate reaches 1,000 to 1 only on
// runs of one byte; source code lies below 10.
func (l Limits) withDefaults() Limits {
	l.Packed = cmp.Or(l.Packed, 256<<20)
	l.Unpacked = cmp.Or(l.Unpacked, 1<<30)
	l.Entry = cmp.Or(l.Entry, 512<<20)
	l.Entries = cmp.Or(l.Entries, 100_000)
	l.Ratio = cmp.Or(l.Ratio, 200)
	l.Name = cmp.Or(l.Name, 1024)
	l.Depth = cmp.Or(l.Depth, 64)
	l.Directory = cmp.Or(l.Directory, 32<<20)
	return l
}

// ratioFloor is how many bytes any archive may unpack to: small files of
// little content compress very well.
const ratioFloor = 1 << 20

// unpacked is how many bytes an archive of that size may unpack to, and
// whether the ratio, not the total, sets the bound.
func (l Limits) unpacked(packed int64) (most int64, byRatio bool) {
	if byRatio := ratioFloor + packed*l.Ratio; byRatio < l.Unpacked {
		return byRatio, true
	}
	return l.Unpacked, false
}

package wire

import modzip "golang.org/x/mod/zip"

// Limits bound the work that documents from outside can cause. All are in
// bytes but Versions and Names.
type Limits struct {
	List     int64 // a list of versions
	Line     int   // one of its lines
	Versions int   // how many it may name
	Info     int64 // a version's .info document
	Mod      int64 // a go.mod file; parsing takes many times its size in memory
	Zip      int64 // a module zip
	Unpacked int64 // all its files together
	// Directory is the zip's table of contents, which is held in memory
	// several times over while the zip is checked.
	Directory int64
	Names     int // files and directories in a zip
}

// DefaultLimits are the go command's own where it has one, else far above
// what real modules need.
func DefaultLimits() Limits {
	return Limits{
		List:      8 << 20,
		Line:      1 << 10,
		Versions:  100_000,
		Info:      256 << 10,
		Mod:       2 << 20,
		Zip:       modzip.MaxZipFile,
		Unpacked:  modzip.MaxZipFile,
		Directory: 16 << 20,
		Names:     300_000,
	}
}

package wire

import "assay.invalid/internal/archive"

// Limits bound what one index document may make us hold and do.
type Limits struct {
	Size     int64 // bytes of the document
	Line     int   // bytes of one line
	Versions int   // lines
	Config   int64 // bytes of a config.json
}

// DefaultLimits hold the largest documents there are several times over: a
// line with the features of a crate that has thousands reaches 200 KB.
func DefaultLimits() Limits {
	return Limits{Size: 512 << 20, Line: 4 << 20, Versions: 100_000, Config: 64 << 10}
}

// SentLimits bound an upload.
type SentLimits struct {
	Metadata int64 // bytes of the JSON part
	Crate    int64 // bytes of the .crate file
	Deps     int   // dependencies
	Features int   // features, and what they enable
}

// DefaultSentLimits fit the largest crates that people publish.
func DefaultSentLimits() SentLimits {
	return SentLimits{Metadata: 4 << 20, Crate: 64 << 20, Deps: 5_000, Features: 20_000}
}

// InspectLimits bound what reading a .crate file that somebody publishes may
// cost.
type InspectLimits struct {
	Archive  archive.Limits
	Manifest int64 // bytes of the Cargo.toml inside
}

// DefaultInspectLimits fit the largest crates that people publish.
func DefaultInspectLimits() InspectLimits {
	return InspectLimits{
		Archive:  archive.Limits{Packed: 64 << 20, Unpacked: 512 << 20, Entry: 256 << 20, Entries: 50_000},
		Manifest: 1 << 20,
	}
}

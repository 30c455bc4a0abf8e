package admission

import (
	"context"
	"io"

	"assay.invalid/internal/archive"
	"assay.invalid/internal/assay"
)

// Candidate is a version that wants to be published. One candidate goes
// through one pipeline once, on one goroutine.
type Candidate struct {
	// Coordinate is the ecosystem, name and version, as they were sent.
	Coordinate assay.Coordinate
	// Grammar spells and orders the ecosystem's versions.
	Grammar assay.Grammar
	// Admissible is the ecosystem's own judgement of a new name and version.
	Admissible func(name, version string) error
	// Existing are the versions published before, removed ones too: a version
	// is never used twice.
	Existing []string
	// Manifest is what was sent beside the archive; empty where the protocol
	// has none.
	Manifest []byte
	// Tags are those that shall point at the version.
	Tags []string
	// Files are what was sent; the first is the main one.
	Files []File
	// Inspect reads the main file as the ecosystem does, within bounds; nil
	// for ecosystems whose archive says nothing of itself.
	Inspect func(ctx context.Context) (Report, error)

	report *Report // what Inspect found, once the archive step has asked
}

// File is one file of a candidate.
type File struct {
	Name    string
	Content io.ReaderAt
	Size    int64
	// Digests are those that the publisher sent; all must hold.
	Digests []assay.Digest
	// Walk reads the file as an archive, for files that Inspect does not
	// read (archive.WalkTarGz, archive.WalkZip); nil for one that is none.
	Walk Walk
	// Structural computes digests that a plain hash cannot give (h1); nil
	// where the ecosystem has none.
	Structural func(ctx context.Context) ([]assay.Digest, error)

	// Computed are the digests of the content, set by the digests step:
	// sha256, sha512, sha1, md5 if one was sent, and the structural ones.
	Computed []assay.Digest
}

// Walk is the form of archive.WalkTarGz and archive.WalkZip.
type Walk func(ctx context.Context, r io.ReaderAt, size int64, limits archive.Limits, fn func(*archive.Entry) error) error

// Report is what the main file says of itself.
type Report struct {
	Name, Version string // empty where it does not say
	Manifest      []byte
	// Disagreements name the fields in which the manifest that was sent
	// would mislead about the one in the archive.
	Disagreements []string
}

// Report returns what Inspect found, once the candidate has passed the
// archive step.
func (c *Candidate) Report() (Report, bool) {
	if c.report == nil {
		return Report{}, false
	}
	return *c.report, true
}

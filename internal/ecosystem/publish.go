package ecosystem

import (
	"context"
	"io"
	"time"

	"assay.invalid/internal/assay"
)

// Publisher is the writing half of a Repository: hosted packages of one
// place. The asker is the context's principal; who may not publish a name
// gets Forbidden, or NotFound for a name that they may not even know of. A
// change is in the journal and in force when the call returns.
type Publisher interface {
	// Publish admits and keeps one version. The same version again is a
	// Conflict, whatever the bytes; nothing is stored of what is refused.
	Publish(ctx context.Context, up *Upload) (Receipt, error)
	// Tag points a tag at a version, or drops it for "".
	Tag(ctx context.Context, name, tag, version string) (Receipt, error)
	// Tags returns a hosted package's tags.
	Tags(ctx context.Context, name string) (map[string]string, error)
	// SetStatus says something of a version. Removed leaves a tombstone and
	// cannot be taken back.
	SetStatus(ctx context.Context, name, version string, status assay.Status, reason string) (Receipt, error)
	// Search looks through the hosted packages that the asker may read.
	Search(ctx context.Context, text string, limit int) ([]Found, error)
	// Claimed tells whether a name belongs to hosted packages alone.
	Claimed(name string) bool
}

// Promiser is the part of a Publisher for protocols that send the digests of a
// file by themselves (Maven). A Repository that is a Publisher is one too.
type Promiser interface {
	// Promise keeps a digest that a publisher sends for a file before or
	// after the file itself (Maven). A file that is there and has another is a
	// Conflict; one that comes later and has another is refused.
	Promise(ctx context.Context, name, version, file string, digest assay.Digest) error
}

// Ownership is the part of a Publisher for protocols that speak of owners
// (Cargo). A Repository that is a Publisher has it too.
type Ownership interface {
	// Owners lists who may publish a package, for those who may read it.
	Owners(ctx context.Context, name string) ([]Owner, error)
	// SetOwner lets a token publish a package, or takes that away; it is an
	// administrator's act. An id that no token has is NotFound.
	SetOwner(ctx context.Context, name, id string, owner bool) error
}

// Owner is one who may publish a package.
type Owner struct {
	ID   string // of the token
	Note string // what its maker wrote beside it
}

// Receipt says what became of a change. Index is its place in the log, or -1
// when the sequencer was late; the change stands all the same.
type Receipt struct {
	Coordinate assay.Coordinate
	Index      int64
}

// Upload is one version as a publisher sent it, decoded by an adapter.
type Upload struct {
	Name, Version string
	// Manifest is what was sent beside the archive, as JSON (npm: the
	// version's object); empty where the protocol has none.
	Manifest []byte
	Tags     []string // tags to point at the new version
	// Adds lets the upload add files to a version that is there, in
	// ecosystems where each file is sent by itself (PyPI, Maven). Files never
	// change: one that is there already is a Conflict all the same.
	Adds  bool
	Files []UploadFile
}

// UploadFile is one file of an upload. The first is the main one.
type UploadFile struct {
	Name        string // as it will be served
	ContentType string
	Content     io.ReaderAt
	Size        int64
	Digests     []assay.Digest // those that the publisher sent; all must hold
}

// Inspected is what an archive says of itself.
type Inspected struct {
	Name, Version string
	// Manifest is the one inside the archive, as JSON where it is.
	Manifest []byte
	// Disagreements name the fields in which the manifest that was sent and
	// the one inside differ, where a difference would mislead ("name",
	// "version", "scripts.postinstall", "dependencies"): manifest confusion.
	Disagreements []string
}

// Hosting is implemented by a Format whose packages can be published here.
type Hosting interface {
	// Admissible checks a new package name and version by the ecosystem's
	// rules for new ones, which may be stricter than those for reading.
	Admissible(name, version string) error
	// Inspect reads the archive within bounds. Traversal, bombs and other
	// malformed archives are Invalid.
	Inspect(up *Upload) (Inspected, error)
	// Compose makes the documents of a hosted package, in the order of
	// Sources, as an upstream would serve them; after them may come more, for
	// what upstreams keep elsewhere. Read and Render are given all of them.
	// Removed versions are not among the releases, unless their manifest is
	// kept: then the policy denies them.
	Compose(name string, releases []Release, tags map[string]string) ([][]byte, error)
}

// Folding is implemented by a Format whose clients take names for one that are
// written differently: Cargo's hyphens and underscores. Of names with one fold
// only the first is published here, else the one could stand in for the other.
type Folding interface {
	Fold(name string) string
}

// Release is a published version as Compose sees it.
type Release struct {
	Version   string
	Published time.Time
	Manifest  []byte
	File      string // name of the main file
	Size      int64
	Digests   []assay.Digest // of the main file: sha512, sha1, sha256, h1 as far as computed
	Files     []ReleasedFile // all of them, the main one too, in the order of their names
}

// ReleasedFile is one file of a release.
type ReleasedFile struct {
	Name      string
	Size      int64
	Published time.Time // when it was added
	Digests   []assay.Digest
}

// Found is one result of a search.
type Found struct {
	Name        string
	Version     string // the newest listed
	Description string
	Published   time.Time
}

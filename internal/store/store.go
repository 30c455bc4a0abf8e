// Package store is the contract for metadata: what Assay remembers, apart
// from the bytes of files. store/sqlite keeps it in the data directory;
// store/storetest is the suite that every implementation passes.
//
// Promises of every implementation:
//
//   - Update runs its function in one transaction that can be serialised:
//     rows and events are committed together or not at all, and are durable
//     when Update returns nil. The function may be run more than once, so it
//     must have no effect but on the Tx.
//   - View sees one consistent state and cannot write.
//   - What does not exist is an error of kind assay.NotFound, never nil, nil.
//   - A full disk is assay.Exhausted; a canceled context assay.Canceled.
//   - Times are kept in UTC with microseconds; the zero time stays zero.
//
// A Tx is used by one goroutine, and only inside the function it was given to.
package store

import (
	"context"
	"time"

	"assay.invalid/internal/assay"
)

// Store is a metadata store.
type Store interface {
	View(ctx context.Context, fn func(Tx) error) error
	Update(ctx context.Context, fn func(Tx) error) error
	Close() error
}

// Tx is one transaction. Each part is small and can be asked for on its own.
type Tx interface {
	Settings
	Upstreams
	Documents
	Packages
	Files
	Rules
	Events
	Usage
}

// Settings are small values by name: instance id, keys, the epoch, the head
// of a checksum database.
type Settings interface {
	Setting(ctx context.Context, key string) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte) error
}

// Origin is one upstream origin of a registry, with its mirrors.
type Origin struct {
	Registry string
	Address  string   // base URL without credentials, ending in a slash
	Mirrors  []string // further addresses that serve the same
	Source   string   // who said so: "npm config get registry", "assay upstream set"
	Set      time.Time
}

// Upstreams are the origins of each registry, in order.
type Upstreams interface {
	// Origins returns all, by registry, then in order.
	Origins(ctx context.Context) ([]Origin, error)
	// PutOrigins replaces those of a registry.
	PutOrigins(ctx context.Context, registry string, origins []Origin) error
}

// Document is what an upstream answered for a document of a package. Blob
// holds the bytes. Missing is a negative answer.
type Document struct {
	Registry, Name, Source string // Source is ecosystem.Source.Key
	Origin                 string
	Missing                bool
	ETag, LastModified     string
	ContentType            string // of a passed answer; documents know their own
	Blob                   assay.Digest
	Size                   int64
	Fetched                time.Time // when the bytes were taken
	Checked                time.Time // when the upstream last confirmed them
}

// Documents are kept by (registry, name, source).
type Documents interface {
	Document(ctx context.Context, registry, name, source string) (Document, error)
	PutDocument(ctx context.Context, d Document) error
}

// Package is what is known of a name in a registry.
type Package struct {
	Registry, Name string
	Origin         string    // the origin that owns the name
	Owned          time.Time // since when
	Listed         time.Time // our last sound listing
}

// Version is what is kept of a version beyond the upstream's documents.
type Version struct {
	Version         string
	Published       time.Time
	PublishedSource string
	FirstListed     time.Time
	LastAbsent      time.Time
	Vanished        time.Time
	Digest          assay.Digest // first promised or seen, for ever
	ChangedTo       assay.Digest
	ChangedAt       time.Time
}

// Packages are kept by (registry, name), versions below them.
type Packages interface {
	Package(ctx context.Context, registry, name string) (Package, error)
	PutPackage(ctx context.Context, p Package) error
	// Versions returns all kept versions of a package, in no order.
	Versions(ctx context.Context, registry, name string) ([]Version, error)
	// Version returns one.
	Version(ctx context.Context, registry, name, version string) (Version, error)
	// PutVersions inserts or replaces.
	PutVersions(ctx context.Context, registry, name string, versions []Version) error
}

// File is a file that was pulled through.
type File struct {
	Registry, Name, Version, File string
	Origin                        string
	Blob                          assay.Digest // SHA-256, for ever
	Size                          int64
	Digests                       []assay.Digest // all that were checked or computed
	// Verified says against what the bytes were checked: "integrity of the
	// listing", "checksum database", "" for first seen.
	Verified  string
	FirstSeen time.Time
	LastUsed  time.Time
	Stored    bool // the bytes are in the blob store; false once evicted
}

// FileKey names a file.
type FileKey struct{ Registry, Name, Version, File string }

// Files are kept by (registry, name, version, file). Their digests stay when
// their bytes are evicted.
type Files interface {
	File(ctx context.Context, key FileKey) (File, error)
	PutFile(ctx context.Context, f File) error
	// TouchFiles moves LastUsed forward.
	TouchFiles(ctx context.Context, used map[FileKey]time.Time) error
	// LeastUsed returns stored files, the least recently used first.
	LeastUsed(ctx context.Context, limit int) ([]File, error)
	// StoredFiles counts the stored files and sums their sizes in bytes, a
	// blob that several share once.
	StoredFiles(ctx context.Context) (files, bytes int64, err error)
	// BlobInUse tells whether a stored file or a document refers to a blob.
	BlobInUse(ctx context.Context, blob assay.Digest) (bool, error)
}

// Block refuses every version in a pattern.
type Block struct {
	ID      string
	Pattern string
	Reason  string
	Created time.Time
	Until   time.Time // zero: until unblocked
	By      string
}

// Exception lifts one rule's deny of one version.
type Exception struct {
	ID         string
	Coordinate string // package URL, normalised
	Rule       string
	Reason     string
	Created    time.Time
	Until      time.Time // zero: until revoked
	By         string
}

// Policy is one version of the policy file.
type Policy struct {
	ID      int64 // given by the store, rising
	Text    string
	Created time.Time
	By      string
}

// Rules are what the rulebook keeps; it is their only writer.
type Rules interface {
	Blocks(ctx context.Context) ([]Block, error)
	PutBlock(ctx context.Context, b Block) error
	DeleteBlock(ctx context.Context, id string) error
	Exceptions(ctx context.Context) ([]Exception, error)
	PutException(ctx context.Context, e Exception) error
	DeleteException(ctx context.Context, id string) error
	// Policy returns the newest, or NotFound.
	Policy(ctx context.Context) (Policy, error)
	PutPolicy(ctx context.Context, p Policy) error
}

// Events are appended with the rows they speak of.
type Events interface {
	AppendEvent(ctx context.Context, e assay.Event) error
	// Events returns those with a higher ID than after, oldest first.
	Events(ctx context.Context, after int64, limit int) ([]assay.Event, error)
}

// Fetch counts the downloads of a version by a principal on a day.
type Fetch struct {
	Day        string // 2006-01-02, UTC
	Coordinate string // package URL of the version
	Principal  string // "" anonymous
	Count      int64
}

// Verdict counts the denied and warned decisions on a coordinate by one rule
// for one principal on one day.
type Verdict struct {
	Day        string
	Registry   string
	Coordinate string
	Rule       string
	Effect     string // "deny", "warn"; "would deny", "would warn" for observed rules
	Reason     string
	Principal  string
	Why        string // the id of /why/<id>
	Count      int64
	Last       time.Time
}

// Usage is counted in batches, outside the journal, with retention.
type Usage interface {
	AddFetches(ctx context.Context, f []Fetch) error
	AddVerdicts(ctx context.Context, v []Verdict) error
	// Why returns the coordinate (package URL) that a why id was given for.
	Why(ctx context.Context, id string) (string, error)
	// Verdicts returns the latest, newest first.
	Verdicts(ctx context.Context, limit int) ([]Verdict, error)
	// PruneUsage drops the days before the given one.
	PruneUsage(ctx context.Context, beforeDay string) error
}
